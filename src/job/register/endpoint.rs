//! Where a vendor posts to, and what may stand there.

use crate::hook::target::is_loopback_host;
use serde::{Deserialize, Serialize};

/// A URL and the events that are posted to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The URL, as it was typed or as the vendor gave it.
    pub url: String,
    /// The names of the events.
    pub events: Vec<String>,
}

/// What cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL at all, or one without a host.
    #[error("`{0}` is no https URL with a host")]
    NotUrl(String),
    /// Plain http: the vendors post to https alone.
    #[error("`{0}` is not https, and the vendor posts to https URLs only")]
    NotHttps(String),
    /// Plain http, which is this machine's own affair when the vendor is a sandbox on it.
    #[error("`{0}` is on this machine, where only a sandbox on this machine can reach it")]
    OnlyHere(String),
    /// A name or a password in the URL, which the vendor would show in its dashboard.
    #[error("the URL holds a user name or a password, which everybody who sees the registration can read")]
    Credentials,
    /// A fragment never reaches a server.
    #[error("`{0}` has a part after `#`, which is never sent")]
    Fragment(String),
    /// An event that the vendor does not have.
    #[error("`{event}` is no event of {provider}; it has {known}")]
    UnknownEvent {
        /// What was asked for.
        event: String,
        /// Whose event it is not.
        provider: String,
        /// What there is, comma-separated.
        known: String,
    },
    /// No event at all would be a webhook that never comes.
    #[error("no event is named")]
    NoEvent,
}

/// Refuses a URL that a vendor would refuse, or should have. Plain http is for
/// loopback, and only while the vendor is a sandbox on this machine.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_url(text: &str, sandbox: bool) -> Result<(), EndpointError> {
    let not_url = || EndpointError::NotUrl(text.to_owned());
    let parts = Parts::of(text).ok_or_else(not_url)?;
    // The credentials must not be repeated in the message.
    if parts.credentials {
        return Err(EndpointError::Credentials);
    }
    if text.contains('#') {
        return Err(EndpointError::Fragment(text.to_owned()));
    }
    match (parts.scheme.as_str(), is_loopback_host(&parts.host)) {
        ("https", false) => Ok(()),
        ("https" | "http", true) if sandbox => Ok(()),
        ("https" | "http", true) => Err(EndpointError::OnlyHere(text.to_owned())),
        ("http", false) => Err(EndpointError::NotHttps(text.to_owned())),
        _ => Err(not_url()),
    }
}

/// Refuses events that the vendor does not have. Nothing is refused where no list is known.
///
/// # Errors
/// Names the event and what there is.
pub fn check_events(events: &[String], provider: &str, known: &[&str]) -> Result<(), EndpointError> {
    if events.is_empty() {
        return Err(EndpointError::NoEvent);
    }
    match events.iter().find(|event| !known.is_empty() && !known.contains(&event.as_str())) {
        None => Ok(()),
        Some(event) => Err(EndpointError::UnknownEvent {
            event: event.clone(),
            provider: provider.to_owned(),
            known: known.join(", "),
        }),
    }
}

/// Whether two URLs name the same place: the case of the host, the usual port
/// and a missing path make no other.
pub fn same_url(one: &str, other: &str) -> bool {
    one == other || Parts::of(one).is_some_and(|parts| Some(parts) == Parts::of(other))
}

impl Endpoint {
    /// Whether it is the same place and the same events, in whatever order.
    pub fn same(&self, other: &Self) -> bool {
        let sorted = |endpoint: &Self| {
            let mut events = endpoint.events.clone();
            events.sort();
            events.dedup();
            events
        };
        same_url(&self.url, &other.url) && sorted(self) == sorted(other)
    }
}

#[derive(PartialEq, Eq)]
struct Parts {
    scheme: String,
    host: String,
    port: Option<u16>,
    path: String,
    credentials: bool,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let uri: http::Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual = if scheme == "https" { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        (!host.is_empty()).then(|| Self {
            port: authority.port_u16().filter(|port| *port != usual),
            path: uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
            credentials: authority.as_str().contains('@'),
            scheme,
            host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_registered_and_http_only_for_a_sandbox_on_this_machine() {
        assert_eq!(check_url("https://app.example/hooks?a=1", false), Ok(()));
        for here in ["http://127.0.0.1:4400/", "http://localhost:4400", "http://[::1]:4400/x"] {
            assert_eq!(check_url(here, true), Ok(()), "{here}");
            assert_eq!(check_url(here, false), Err(EndpointError::OnlyHere(here.to_owned())));
        }
        let plain = "http://app.example/hooks".to_owned();
        for sandbox in [true, false] {
            assert_eq!(check_url(&plain, sandbox), Err(EndpointError::NotHttps(plain.clone())));
        }
        for wrong in ["", "app.example", "/hooks", "ftp://app.example/", "https://", "https://a b/", "4400"] {
            assert!(matches!(check_url(wrong, true), Err(EndpointError::NotUrl(_))), "{wrong}");
        }
        assert!(matches!(check_url("https://a.example/#top", false), Err(EndpointError::Fragment(_))));
    }

    #[test]
    fn credentials_in_a_url_are_refused_and_not_repeated() {
        let error = check_url("https://me:CANARY@app.example/", false).unwrap_err();
        assert_eq!(error, EndpointError::Credentials);
        assert!(!error.to_string().contains("CANARY"));
    }

    #[test]
    fn an_unknown_event_is_refused_with_what_there_is() {
        let events = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = ["interview.completed"];
        assert_eq!(check_events(&events(&known), "userjourneys", &known), Ok(()));
        let error = check_events(&events(&["interview.complete"]), "userjourneys", &known).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`interview.complete` is no event of userjourneys; it has interview.completed"
        );
        assert_eq!(check_events(&[], "userjourneys", &known), Err(EndpointError::NoEvent));
    }

    #[test]
    fn the_same_place_may_be_written_in_several_ways() {
        assert!(same_url("https://App.example", "https://app.example:443/"));
        for other in [
            "http://app.example/",
            "https://app.example/x",
            "https://app.example:444/",
            "https://app.example/?a",
        ] {
            assert!(!same_url("https://app.example/", other), "{other}");
        }
        assert!(!same_url("no url", "another") && same_url("no url", "no url"));
        let endpoint = |events: &[&str]| Endpoint {
            url: "https://a.example/".to_owned(),
            events: events.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert!(endpoint(&["a", "b"]).same(&endpoint(&["b", "a", "b"])));
        assert!(!endpoint(&["a", "b"]).same(&endpoint(&["a"])));
    }
}
