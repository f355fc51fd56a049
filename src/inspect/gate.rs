//! Who may come in: the user's own page and tools, and nobody's page else.
//!
//! A page on the internet can make a browser send requests to this machine, and
//! can give its own name this machine's address. So each request must name the
//! address it came to (`Host`), come from no other page (`Origin`,
//! `Sec-Fetch-Site`), and prove for everything but the bare page that it knows
//! this run's token. The token reaches the page in the fragment of its address, which
//! no browser sends, and comes back in a header that no other page can set.
//! There are no cookies. The lists are exact: no wildcards, no ranges.

use crate::clock;
use crate::hook::encoding::Encoding;
use crate::hook::headers::{Head, Headers};
use crate::serve::Refusal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a token.
const TOKEN: usize = 32;

/// What guards one inspector.
pub(super) struct Gate {
    bound: SocketAddr,
    token: Zeroizing<String>,
}

impl Gate {
    /// A gate for this address, with a fresh token.
    pub(super) fn new(bound: SocketAddr) -> std::io::Result<Self> {
        let bytes = Zeroizing::new(clock::unguessable::<TOKEN>()?);
        Ok(Self { bound, token: Zeroizing::new(Encoding::Base64Url.encode(&*bytes)) })
    }

    /// The address of the page, with the token.
    pub(super) fn url(&self) -> String {
        let shown = match self.bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}/#token={}", SocketAddr::new(shown, self.bound.port()), *self.token)
    }

    /// Whether a request may come in that was sent to `local`.
    ///
    /// # Errors
    /// With the status and the reason to answer.
    pub(super) fn check(&self, head: &Head, local: SocketAddr) -> Result<(), Refusal> {
        let headers = head.headers();
        if !head.target().starts_with('/') {
            return Err(Refusal::new(400, "bad_target", "the request target is not a path"));
        }
        let hosts = self.hosts(local);
        check_host(headers, &hosts)?;
        check_origin(headers, &hosts)?;
        check_site(headers)?;
        check_method(head)?;
        if !is_open(head.path()) {
            self.check_token(headers)?;
            check_type(head)?;
        }
        Ok(())
    }

    /// The hosts under which this address may be asked for.
    fn hosts(&self, local: SocketAddr) -> Vec<String> {
        // Bound to every address, it is asked under the one that was connected to.
        let own = if self.bound.ip().is_unspecified() { local.ip().to_canonical() } else { self.bound.ip() };
        let own = SocketAddr::new(own, self.bound.port());
        let mut hosts = vec![own.to_string()];
        if own.ip().is_loopback() {
            hosts.push(format!("localhost:{}", own.port()));
        }
        if own.port() == 80 {
            // Browsers leave out the port that is usual.
            let bare: Vec<String> =
                hosts.iter().filter_map(|host| host.strip_suffix(":80")).map(str::to_owned).collect();
            hosts.extend(bare);
        }
        hosts
    }

    fn check_token(&self, headers: &Headers) -> Result<(), Refusal> {
        let given = only(headers, "authorization").and_then(|value| value.strip_prefix(b"Bearer "));
        let right = given.is_some_and(|given| bool::from(given.ct_eq(self.token.as_bytes())));
        if right {
            return Ok(());
        }
        Err(Refusal::new(401, "no_token", "the token of this run is missing, or it is that of another run"))
    }
}

/// The value of a field that is there exactly once.
fn only<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    let mut found = headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    let first = found.next()?;
    found.next().is_none().then_some(first.value)
}

/// The values of a field, however often it is there.
fn all<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

fn check_host(headers: &Headers, hosts: &[String]) -> Result<(), Refusal> {
    let host = only(headers, "host");
    if host.is_some_and(|host| hosts.iter().any(|own| own.as_bytes() == host)) {
        return Ok(());
    }
    Err(Refusal::new(403, "bad_host", "the request is not for this address"))
}

/// A browser leaves `Origin` out where it is the user who asks for a page.
fn check_origin(headers: &Headers, hosts: &[String]) -> Result<(), Refusal> {
    let own = |origin: &[u8]| {
        let host = origin.strip_prefix(b"http://");
        host.is_some_and(|host| hosts.iter().any(|own| own.as_bytes() == host))
    };
    if all(headers, "origin").take(2).all(own) && all(headers, "origin").count() <= 1 {
        return Ok(());
    }
    Err(Refusal::new(403, "bad_origin", "the request comes from another page"))
}

fn check_site(headers: &Headers) -> Result<(), Refusal> {
    if all(headers, "sec-fetch-site").all(|site| site == b"same-origin" || site == b"none") {
        return Ok(());
    }
    Err(Refusal::new(403, "cross_site", "the request comes from another site"))
}

fn check_method(head: &Head) -> Result<(), Refusal> {
    match head.method() {
        "GET" | "HEAD" | "POST" | "DELETE" => Ok(()),
        // That of a preflight, too: no other origin may ask for anything.
        _ => Err(Refusal::new(405, "bad_method", "nothing here takes this method")),
    }
}

/// The page and its files say nothing of anybody; everything else needs the token.
fn is_open(path: &str) -> bool {
    path == "/" || path.starts_with("/assets/")
}

/// A form of another page can send every type but this one.
fn check_type(head: &Head) -> Result<(), Refusal> {
    let changes = !matches!(head.method(), "GET" | "HEAD");
    if !changes || only(head.headers(), "content-type") == Some(b"application/json") {
        return Ok(());
    }
    Err(Refusal::new(415, "not_json", "what changes something is sent as `Content-Type: application/json`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gate() -> Gate {
        Gate::new(SocketAddr::from(([127, 0, 0, 1], 4401))).unwrap()
    }

    fn asked(gate: &Gate, host: &str, origin: Option<&str>, token: &str) -> Result<(), Refusal> {
        let bearer = format!("Bearer {token}");
        let mut fields = vec![("Host", host), ("Authorization", bearer.as_str())];
        fields.extend(origin.map(|origin| ("Origin", origin)));
        let head = Head::build("GET", "/api/session", fields).unwrap();
        gate.check(&head, SocketAddr::from(([127, 0, 0, 1], 4401)))
    }

    #[test]
    fn a_token_has_256_bits_and_no_two_runs_share_one() {
        let (one, other) = (gate(), gate());
        assert_eq!(one.token.len(), 43);
        assert_ne!(*one.token, *other.token);
        assert!(one.url().starts_with("http://127.0.0.1:4401/#token="));
        assert!(asked(&one, "127.0.0.1:4401", None, &one.token).is_ok());
        assert_eq!(asked(&one, "127.0.0.1:4401", None, &other.token).unwrap_err().status, 401);
    }

    #[test]
    fn the_usual_port_may_be_left_out_and_no_other() {
        let gate = Gate::new(SocketAddr::from(([127, 0, 0, 1], 80))).unwrap();
        let hosts = gate.hosts(SocketAddr::from(([127, 0, 0, 1], 80)));
        assert_eq!(hosts, ["127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"]);
        let gate = Gate::new("[::1]:4401".parse().unwrap()).unwrap();
        assert_eq!(gate.hosts("[::1]:4401".parse().unwrap()), ["[::1]:4401", "localhost:4401"]);
        let gate = Gate::new("192.0.2.7:4401".parse().unwrap()).unwrap();
        assert_eq!(gate.hosts("192.0.2.7:4401".parse().unwrap()), ["192.0.2.7:4401"]);
    }

    proptest! {
        #[test]
        fn no_other_host_origin_or_token_comes_in(
            host in "[a-z0-9.:@\\[\\]-]{0,24}",
            origin in "(http://|https://|null|)[a-z0-9.:@-]{0,20}",
            token in "[A-Za-z0-9_-]{0,50}",
        ) {
            let gate = gate();
            let own = ["127.0.0.1:4401", "localhost:4401"];
            prop_assert_eq!(asked(&gate, &host, None, &gate.token).is_ok(), own.contains(&host.as_str()));
            let from_us = own.iter().any(|own| origin == format!("http://{own}"));
            prop_assert_eq!(asked(&gate, own[0], Some(&origin), &gate.token).is_ok(), from_us);
            prop_assert!(asked(&gate, own[0], None, &token).is_err());
        }
    }
}
