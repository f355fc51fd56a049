//! Where an API lives: `https`, or plain `http` on this machine alone.
//!
//! A call names a path below it and nothing else, so that a key cannot be sent
//! to another host.

use crate::hook::target::is_loopback_host;
use http::Uri;
use std::fmt;

/// The base URL of a vendor's API, without a slash at its end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    text: String,
    host: String,
}

/// Why a text is no base URL. No variant repeats the text: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not `https://host/...`.
    #[error("the address of the API is not a URL such as `https://app.userjourneys.ai/api/v1`")]
    NotAUrl,
    /// Plain `http` to another machine would show the key to everybody on the way.
    #[error(
        "`{host}` is another machine, and plain http would show the key to everybody on the way; use https"
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// A user name or a password.
    #[error("the address of the API holds a user name or a password; the API key is given on its own")]
    Credentials,
    /// A query or a fragment, which cannot be a part of every call.
    #[error("the address of the API has a query or a fragment; leave it away")]
    Query,
    /// `.` or `..` as a part of the path.
    #[error("the path of the address of the API has a part that is `.` or `..`")]
    Dots,
}

impl BaseUrl {
    /// Reads a base URL; slashes at its end are dropped.
    ///
    /// # Errors
    /// Says why the text is none.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        if text.contains('#') {
            return Err(BaseUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(BaseUrlError::NotAUrl);
        };
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        if uri.query().is_some() {
            return Err(BaseUrlError::Query);
        }
        let host = authority.host().to_owned();
        match scheme {
            "https" => {}
            "http" if is_loopback_host(&host) => {}
            "http" => return Err(BaseUrlError::PlainHttp { host }),
            _ => return Err(BaseUrlError::NotAUrl),
        }
        if host.is_empty() {
            return Err(BaseUrlError::NotAUrl);
        }
        let path = uri.path().trim_end_matches('/');
        if path.split('/').any(is_dots) {
            return Err(BaseUrlError::Dots);
        }
        Ok(Self { text: format!("{scheme}://{authority}{path}"), host })
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host that a key goes to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }

    /// Whether a path, encoded and with its slash in front, stays below a base:
    /// it has no empty parts and no dots, so no part of it names a host or goes up.
    pub fn has_below(path: &str) -> bool {
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#?\"<>".contains(&byte));
        plain && path.starts_with('/') && !path.contains("//") && !path.split('/').any(is_dots)
    }

    /// The path and query of a URL below this one; `None` for any other URL.
    pub fn below<'a>(&self, url: &'a str) -> Option<&'a str> {
        let rest = url.strip_prefix(&self.text)?;
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
    }
}

/// Whether a part of a path means "here" or "above", also when it is encoded:
/// both are taken away before the request is sent.
pub(super) fn is_dots(part: &str) -> bool {
    let part = part.replace("%2e", ".").replace("%2E", ".");
    part == "." || part == ".."
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_this_machine_are_taken_without_the_slash_at_the_end() {
        for (text, url) in [
            ("https://app.userjourneys.ai/api/v1", "https://app.userjourneys.ai/api/v1"),
            (" https://koji.so/ ", "https://koji.so"),
            ("https://koji.so:8443//", "https://koji.so:8443"),
            ("http://127.0.0.1:4410/api/v1/", "http://127.0.0.1:4410/api/v1"),
            ("http://[::1]:4410/koji", "http://[::1]:4410/koji"),
            ("http://localhost:4410", "http://localhost:4410"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().as_str(), url);
        }
    }

    #[test]
    fn plain_http_to_another_machine_and_what_is_no_address_are_refused() {
        use BaseUrlError::{Credentials, Dots, NotAUrl, PlainHttp, Query};
        for (text, expected) in [
            ("http://example.com/api", PlainHttp { host: "example.com".into() }),
            ("http://localhost.example.com", PlainHttp { host: "localhost.example.com".into() }),
            ("http://10.0.0.1", PlainHttp { host: "10.0.0.1".into() }),
            ("ftp://127.0.0.1/", NotAUrl),
            ("127.0.0.1:4410", NotAUrl),
            ("/api/v1", NotAUrl),
            ("", NotAUrl),
            ("https://", NotAUrl),
            ("https://user:password@koji.so", Credentials),
            ("https://koji.so@example.com", Credentials),
            ("https://koji.so/?a=b", Query),
            ("https://koji.so/#a", Query),
            ("https://koji.so/a/../b", Dots),
            ("https://koji.so/%2e%2E", Dots),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn only_a_url_below_the_base_is_a_path_of_it() {
        let base = BaseUrl::parse("https://koji.so/api").unwrap();
        assert_eq!(base.below("https://koji.so/api/v1?a=b"), Some("/v1?a=b"));
        assert_eq!(base.below("https://koji.so/apix"), None);
        assert_eq!(base.below("https://koji.so.example.com/api/v1"), None);
    }
}
