//! Where deliveries are forwarded to: what a person types, read into an URL.
//!
//! Accepts `3000`, `:3000`, `localhost:3000/path`, `[::1]:3000`, `http://…`,
//! `https://…` and, with a default host, `/path`. Refuses credentials in the
//! URL (they would be shown in every record), fragments and other schemes.
//! Never resolves a name and never rewrites a byte of a path or query.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Why a text is not a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Nothing was given.
    #[error(
        "the target is empty; write a port such as `3000` or a URL such as `http://localhost:3000/webhooks`"
    )]
    Empty,
    /// A scheme other than http and https.
    #[error("a target cannot have the scheme `{scheme}`; use `http` or `https`")]
    Scheme {
        /// The scheme as typed.
        scheme: String,
    },
    /// `user:password@host`.
    #[error("a target cannot hold a user name or password; send them with `-H 'Authorization: …'`")]
    Credentials,
    /// `#fragment`.
    #[error("a target cannot have a fragment (`#…`): it would never be sent")]
    Fragment,
    /// A port that is not 1 to 65535.
    #[error("`{port}` is not a port; a port is a number from 1 to 65535")]
    Port {
        /// What stands where the port should be.
        port: String,
    },
    /// A host that is neither a name nor an address.
    #[error("`{host}` is not a host name or address{}", if *.address { "; write an IPv6 address in brackets, such as `[::1]:3000`" } else { "" })]
    Host {
        /// The host as typed.
        host: String,
        /// Whether it is an IPv6 address without brackets.
        address: bool,
    },
    /// A white space, control or non-ASCII character in the path or query.
    #[error("a target cannot hold the character {character:?}; percent-encode it")]
    Character {
        /// The first such character.
        character: char,
    },
    /// `/path` where no default host is known.
    #[error("`{path}` has no host and no default target is set; write `localhost:PORT{path}`")]
    NoDefault {
        /// The path as typed.
        path: String,
    },
}

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// The scheme as in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Whether the incoming path and query reach the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathMode {
    /// The incoming path and query are appended to the target's own.
    #[default]
    Keep,
    /// Every delivery goes to the target's own path and query.
    Fixed,
}

/// Where deliveries are forwarded to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    scheme: Scheme,
    /// An IPv6 address keeps its brackets.
    host: String,
    port: u16,
    /// Scheme and authority, written once for all deliveries.
    origin: String,
    /// Starts with `/`.
    path: String,
    query: Option<String>,
}

impl Target {
    /// Reads what a person typed. `default` gives scheme, host and port to a
    /// text that is only a path.
    ///
    /// # Errors
    /// Says what is wrong and what to write instead.
    pub fn parse(text: &str, default: Option<&Self>) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        if text.contains('#') {
            return Err(TargetError::Fragment);
        }
        if text.starts_with('/') {
            let base = default.ok_or_else(|| TargetError::NoDefault { path: text.to_owned() })?;
            let (path, query) = path_and_query(text)?;
            return Ok(Self { path, query, ..base.clone() });
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => (read_scheme(scheme)?, rest),
            _ => (Scheme::Http, text),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (host, port) = read_authority(authority, scheme)?;
        let (path, query) = path_and_query(tail)?;
        let origin = write_origin(scheme, &host, port);
        Ok(Self { scheme, host, port, origin, path, query })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, named or implied.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the Host field: the port only where it is not the scheme's own.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Scheme and authority, such as `http://localhost:3000`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the target is this machine by name or address.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }

    /// What stands on the request line for a delivery that came for `incoming`.
    ///
    /// With [`PathMode::Keep`] the incoming path is put behind the target's own,
    /// byte for byte, with exactly one `/` between them; an incoming path of
    /// just `/` adds nothing, nor does a target's path of just `/`. The incoming
    /// query follows verbatim, after the target's own query and a `&` where the
    /// target has one. With [`PathMode::Fixed`] the incoming path and query
    /// are not used. An absolute-form `incoming` counts with its path and query.
    pub fn request_target(&self, incoming: &str, mode: PathMode) -> String {
        let (incoming_path, incoming_query) = match mode {
            PathMode::Fixed => ("", None),
            PathMode::Keep => split_incoming(incoming),
        };
        let room = self.path.len() + self.query.as_ref().map_or(0, String::len) + incoming.len() + "?&".len();
        let mut result = String::with_capacity(room);
        result.push_str(&self.path);
        if !incoming_path.is_empty() && incoming_path != "/" {
            if result.ends_with('/') {
                result.pop();
            }
            result.push_str(incoming_path);
        }
        let mut mark = '?';
        for query in [self.query.as_deref(), incoming_query].into_iter().flatten() {
            result.push(mark);
            result.push_str(query);
            mark = '&';
        }
        result
    }

    /// The same host with this path and query, as they are to stand on the request line.
    #[must_use]
    pub fn exactly(&self, request_target: &str) -> Self {
        let (path, query) = match request_target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (request_target, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        Self { path: path.to_owned(), query, ..self.clone() }
    }

    /// The whole URL that a delivery for `incoming` is sent to.
    pub fn url_for(&self, incoming: &str, mode: PathMode) -> String {
        format!("{}{}", self.origin(), self.request_target(incoming, mode))
    }
}

/// The target as it was named, from the URL of an attempt with [`PathMode::Keep`]:
/// without the path and query that the delivery came for. The whole URL where
/// these are not its end.
pub fn named_by(url: &str, incoming: &str) -> String {
    let (path, query) = split_incoming(incoming);
    let cut = || {
        let (front, own) = match query {
            None => (url, None),
            Some(query) => {
                let rest = url.strip_suffix(query)?;
                match rest.strip_suffix('?') {
                    Some(front) => (front, None),
                    None => rest.strip_suffix('&')?.split_once('?').map(|(front, own)| (front, Some(own)))?,
                }
            }
        };
        let (front, own) = front.split_once('?').map_or((front, own), |(front, own)| (front, Some(own)));
        let front = if path == "/" { front } else { front.strip_suffix(path)? };
        Some(own.map_or_else(|| front.to_owned(), |own| format!("{front}?{own}")))
    };
    cut().unwrap_or_else(|| url.to_owned())
}

fn write_origin(scheme: Scheme, host: &str, port: u16) -> String {
    let name = scheme.as_str();
    if port == scheme.default_port() { format!("{name}://{host}") } else { format!("{name}://{host}:{port}") }
}

/// Whether a host, as in a URL, is this machine by name or address.
pub fn is_loopback_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match IpAddr::from_str(bare) {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost")),
    }
}

/// The path and query of what stands on a request line.
fn split_incoming(incoming: &str) -> (&str, Option<&str>) {
    let from_path = if incoming.starts_with('/') || incoming.starts_with('?') {
        incoming
    } else {
        // Absolute form (RFC 9112, 3.2.2); `*` and authority form have no path.
        let rest = incoming.split_once("://").map_or("", |(_, rest)| rest);
        rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or_default()
    };
    from_path.split_once('?').map_or((from_path, None), |(path, query)| (path, Some(query)))
}

fn read_scheme(text: &str) -> Result<Scheme, TargetError> {
    if text.eq_ignore_ascii_case("http") {
        Ok(Scheme::Http)
    } else if text.eq_ignore_ascii_case("https") {
        Ok(Scheme::Https)
    } else {
        Err(TargetError::Scheme { scheme: text.to_owned() })
    }
}

fn read_authority(text: &str, scheme: Scheme) -> Result<(String, u16), TargetError> {
    if text.contains('@') {
        return Err(TargetError::Credentials);
    }
    let bad_host = |host: &str| TargetError::Host {
        host: host.to_owned(),
        address: Ipv6Addr::from_str(host).is_ok() || host.matches(':').count() > 1,
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or_else(|| bad_host(text))?;
        let address = Ipv6Addr::from_str(address).ok().ok_or_else(|| bad_host(text))?;
        let port = match after.strip_prefix(':') {
            Some(port) => read_port(port)?,
            None if after.is_empty() => scheme.default_port(),
            None => return Err(bad_host(text)),
        };
        return Ok((format!("[{address}]"), port));
    }
    if text.matches(':').count() > 1 {
        return Err(bad_host(text));
    }
    match text.split_once(':') {
        Some(("", port)) => Ok(("localhost".to_owned(), read_port(port)?)),
        Some((host, port)) => Ok((read_name(host).ok_or_else(|| bad_host(host))?, read_port(port)?)),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
            Ok(("localhost".to_owned(), read_port(text)?))
        }
        None => Ok((read_name(text).ok_or_else(|| bad_host(text))?, scheme.default_port())),
    }
}

fn read_port(text: &str) -> Result<u16, TargetError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(TargetError::Port { port: text.to_owned() }),
    }
}

/// A host name or an IPv4 address. A name may hold an underscore: container networks use it.
fn read_name(text: &str) -> Option<String> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if numeric {
        return Ipv4Addr::from_str(text).ok().map(|address| address.to_string());
    }
    let labels = text.strip_suffix('.').unwrap_or(text).split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    (labels && text.len() <= 253).then(|| text.to_ascii_lowercase())
}

fn path_and_query(text: &str) -> Result<(String, Option<String>), TargetError> {
    if let Some(character) = text.chars().find(|character| !character.is_ascii_graphic()) {
        return Err(TargetError::Character { character });
    }
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let path = if path.is_empty() { "/" } else { path };
    Ok((path.to_owned(), query.map(str::to_owned)))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.origin())?;
        if self.path != "/" || self.query.is_some() {
            f.write_str(&self.path)?;
        }
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
