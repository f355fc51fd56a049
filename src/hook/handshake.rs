//! Answers what a provider asks to find out whether an endpoint is there: a
//! ping, a challenge, a verification.
//!
//! Builds the answer and sends nothing. Refuses to sign a challenge that does
//! not look like a token: the answer would be a signature for whoever asked,
//! and a challenge that looks like a delivery would make it a forged one.

mod ask;
mod compare;
mod draft;

pub use ask::{Ask, AskError, Bodies, Expected, Making, Statuses, Step};
pub use compare::{Finding, Findings, Flaw, compare};

use super::delivery::Message;
use super::provider::{Handshake, Provider};
use super::secret::Secret;
use super::signature::Keys;
use super::signature::scope::Scope;
use super::template::{Filter, Lookup as _, Part, Source, Template};
use subtle::ConstantTimeEq as _;

/// Longer than any vendor's challenge.
const LONGEST_CHALLENGE: usize = 64;

/// What to answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What it is, such as `ping` or `url verification`.
    pub name: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// The signing secret that the request brought along. Whoever keeps it
    /// should ask first when there is one already: the request is not signed.
    pub secret: Option<Secret>,
    /// The status for a request whose signature does not hold, where the
    /// provider sends such ones to see them refused.
    pub forged: Option<u16>,
    /// Why the handshake is refused, when it is.
    pub refused: Option<Refusal>,
}

/// Why a handshake is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What the request must know to be the provider's is wrong.
    #[error("the request does not know the verify token")]
    WrongToken,
    /// The answer is made with the secret and there is none.
    #[error("the answer needs the signing secret, and there is none")]
    NoSecret,
    /// The answer names the public key and there is none.
    #[error("the answer needs the public key, and there is none")]
    NoPublicKey,
    /// The challenge does not look like one.
    #[error("the challenge does not look like one, and signing it could sign a forged delivery")]
    OddChallenge,
    /// The request lacks what the answer repeats.
    #[error("the request lacks what must be repeated, or it cannot be sent in a header")]
    Incomplete,
}

impl Refusal {
    const fn status(self) -> u16 {
        match self {
            Self::WrongToken | Self::OddChallenge => 403,
            Self::Incomplete => 400,
            Self::NoSecret | Self::NoPublicKey => 503,
        }
    }
}

impl Provider {
    /// The answer to a handshake; `None` when the message is none.
    pub fn handshake(&self, keys: Option<&Keys>, message: &Message<'_>) -> Option<Reply> {
        if self.handshakes.is_empty() {
            return None;
        }
        self.handshake_in(Scope::new(message).with_paths(&self.paths), keys)
    }

    pub(super) fn handshake_in<'s>(&'s self, mut scope: Scope<'s>, keys: Option<&'s Keys>) -> Option<Reply> {
        let handshake = self.handshakes.iter().find(|handshake| handshake.when.holds(&scope))?;
        let keys = keys.filter(|keys| keys.provider() == self.id());
        scope.key = keys.and_then(Keys::first);
        scope.public_key = keys.and_then(Keys::public_key);
        Some(answer(handshake, keys, &scope).unwrap_or_else(|refusal| Reply {
            name: handshake.name.to_string(),
            status: refusal.status(),
            headers: Vec::new(),
            body: Vec::new(),
            secret: None,
            forged: handshake.forged,
            refused: Some(refusal),
        }))
    }
}

fn answer(handshake: &Handshake, keys: Option<&Keys>, scope: &Scope<'_>) -> Result<Reply, Refusal> {
    if let Some(source) = &handshake.check {
        let keys = keys.ok_or(Refusal::NoSecret)?;
        let token = scope.lookup(source).unwrap_or_default();
        let known = keys.iter().any(|key| bool::from(key.secret().ct_eq(&token)));
        if !known {
            return Err(Refusal::WrongToken);
        }
    }
    let mut headers = Vec::new();
    for (name, template) in &handshake.headers {
        let value = render(template, scope)?;
        if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Refusal::Incomplete);
        }
        headers.push((name.to_string(), value));
    }
    let secret = match &handshake.capture {
        None => None,
        Some(source) => {
            let bytes = scope.lookup(source).ok_or(Refusal::Incomplete)?;
            Some(Secret::new(bytes.into_owned()).map_err(|_empty| Refusal::Incomplete)?)
        }
    };
    Ok(Reply {
        name: handshake.name.to_string(),
        status: handshake.status,
        headers,
        body: render(&handshake.body, scope)?,
        secret,
        forged: handshake.forged,
        refused: None,
    })
}

/// The other bodies that the vendor takes.
fn answers_beside(
    provider: &Provider,
    handshake: &Handshake,
    keys: Option<&Keys>,
    message: &Message<'_>,
) -> Vec<Vec<u8>> {
    let mut scope = Scope::new(message).with_paths(&provider.paths);
    scope.key = keys.and_then(Keys::first);
    handshake.also.iter().filter_map(|body| render(body, &scope).ok()).collect()
}

fn render(template: &Template, scope: &Scope<'_>) -> Result<Vec<u8>, Refusal> {
    if template.needs_key() && scope.key.is_none() {
        return Err(Refusal::NoSecret);
    }
    for part in template.parts() {
        let Part::Placeholder(source, filters) = part else { continue };
        let missing = if *source == Source::PublicKey { Refusal::NoPublicKey } else { Refusal::Incomplete };
        let value = scope.lookup(source).ok_or(missing)?;
        if filters.contains(&Filter::Hmac) && !looks_like_a_token(&value) {
            return Err(Refusal::OddChallenge);
        }
    }
    let mut text = Vec::new();
    template.render(scope, &mut text);
    Ok(text)
}

/// Letters, digits, `-`, `_` and `=`: no JSON, no `v0:time:body`, no form.
fn looks_like_a_token(challenge: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    !challenge.is_empty() && challenge.len() <= LONGEST_CHALLENGE && challenge.iter().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;
    use crate::hook::provider::Catalogue;

    struct Request<'r>(&'r str, &'r str, &'r [(&'r str, &'r str)], &'r str);

    const PLAIN: Request<'_> = Request("POST", "/hooks", &[], "{}");

    fn ask(provider: &str, secret: Option<&str>, request: &Request<'_>) -> Option<Reply> {
        let provider = Catalogue::builtin().get(provider).unwrap();
        let keys = secret.map(|secret| provider.keys(&[Secret::new(secret).unwrap()]).unwrap());
        let headers = Headers::from_pairs(request.2.iter().copied());
        let message = Message {
            method: request.0,
            target: request.1,
            headers: &headers,
            body: request.3.as_bytes(),
            url: None,
        };
        provider.handshake(keys.as_ref(), &message)
    }

    fn body(reply: &Reply) -> &str {
        std::str::from_utf8(&reply.body).unwrap()
    }

    #[test]
    fn kojis_ping_is_answered_however_it_is_written() {
        for ping in [
            "",
            r#"{"type":"ping"}"#,
            r#"{"type":"webhook.test","data":{}}"#,
            r#"{"type":"endpoint.verification"}"#,
        ] {
            let reply = ask("koji", None, &Request("POST", "/", &[], ping)).unwrap();
            assert_eq!((reply.status, reply.name.as_str(), body(&reply)), (200, "ping", ""), "{ping}");
        }
        let reply =
            ask("koji", None, &Request("POST", "/", &[], r#"{"type":"ping","challenge":"a\"b"}"#)).unwrap();
        assert_eq!(reply.name, "endpoint verification");
        assert_eq!(body(&reply), r#"{"challenge":"a\"b"}"#);
        for delivery in [r#"{"type":"interview.completed"}"#, "{}", "ping", " "] {
            assert!(ask("koji", None, &Request("POST", "/", &[], delivery)).is_none(), "{delivery}");
        }
    }

    #[test]
    fn every_vendors_handshake_is_answered_as_its_documentation_says() {
        let slack = Request("POST", "/", &[], r#"{"type":"url_verification","challenge":"3eZ"}"#);
        let reply = ask("slack", None, &slack).unwrap();
        assert_eq!(body(&reply), "3eZ");
        assert_eq!(reply.headers, [("Content-Type".to_owned(), b"text/plain".to_vec())]);
        assert_eq!(
            body(&ask("discord", None, &Request("POST", "/", &[], r#"{"type":1}"#)).unwrap()),
            r#"{"type":1}"#
        );
        assert!(ask("trello", None, &Request("HEAD", "/", &[], "")).is_some());
        assert!(ask("trello", None, &PLAIN).is_none());
        let dropbox = ask("dropbox", None, &Request("GET", "/?challenge=a%20b", &[], "")).unwrap();
        assert_eq!(body(&dropbox), "a b");
        assert_eq!(dropbox.headers.len(), 2);
        let twitch = [("Twitch-Eventsub-Message-Type", "webhook_callback_verification")];
        let reply = ask("twitch", None, &Request("POST", "/", &twitch, r#"{"challenge":"c"}"#)).unwrap();
        assert_eq!(body(&reply), "c");
        let okta = [("X-Okta-Verification-Challenge", "c")];
        assert_eq!(
            body(&ask("okta", None, &Request("GET", "/", &okta, "")).unwrap()),
            r#"{"verification":"c"}"#
        );
        assert_eq!(
            body(&ask("monday", None, &Request("POST", "/", &[], r#"{"challenge":"c"}"#)).unwrap()),
            r#"{"challenge":"c"}"#
        );
    }

    /// The expected values were computed with Python's `hmac`.
    #[test]
    fn challenges_are_signed_with_the_secret() {
        let zoom = Request(
            "POST",
            "/",
            &[],
            r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#,
        );
        let reply = ask("zoom", Some("fake"), &zoom).unwrap();
        assert_eq!(
            body(&reply),
            r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"c2ae1a28aa31ec01114076dfb7b3441444b0b7a73c16675337c4d4c79da77f86"}"#
        );
        let twitter = Request("GET", "/?crc_token=abc123", &[], "");
        let reply = ask("twitter", Some("fake"), &twitter).unwrap();
        assert_eq!(
            body(&reply),
            r#"{"response_token":"sha256=lM3p0u0lHbW1U7KmmHRYQow/pn+xpk55kiG7JSCghVg="}"#
        );
        let without = ask("zoom", None, &zoom).unwrap();
        assert_eq!((without.status, without.refused), (503, Some(Refusal::NoSecret)));
    }

    #[test]
    fn no_forged_delivery_can_be_had_as_a_challenge() {
        let long = "a".repeat(65);
        for challenge in [r#"{\"a\":1}"#, "v0:1760000000:{}", "a b", "", &long] {
            let text =
                format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":"{challenge}"}}}}"#);
            let reply = ask("zoom", Some("fake"), &Request("POST", "/", &[], &text)).unwrap();
            assert_eq!(reply.refused, Some(Refusal::OddChallenge), "{challenge}");
            assert_eq!((reply.status, reply.body.len()), (403, 0));
        }
    }

    #[test]
    fn a_verify_token_is_checked() {
        let ask = |token: &str, secret| {
            let target = format!("/?hub.mode=subscribe&hub.challenge=42&hub.verify_token={token}");
            ask("facebook", secret, &Request("GET", &target, &[], "")).unwrap()
        };
        assert_eq!((ask("fake", Some("fake")).status, body(&ask("fake", Some("fake")))), (200, "42"));
        for wrong in ["", "fak", "faker", "other"] {
            let reply = ask(wrong, Some("fake"));
            assert_eq!((reply.status, reply.refused), (403, Some(Refusal::WrongToken)), "{wrong}");
        }
        assert_eq!(ask("fake", None).refused, Some(Refusal::NoSecret));
    }

    #[test]
    fn a_secret_that_is_brought_along_is_captured() {
        let reply = ask("asana", None, &Request("POST", "/", &[("x-hook-secret", "fake")], "{}")).unwrap();
        assert_eq!(reply.headers, [("X-Hook-Secret".to_owned(), b"fake".to_vec())]);
        assert_eq!(reply.secret.unwrap().expose(), b"fake");
        let notion = Request("POST", "/", &[], r#"{"verification_token":"secret_fake"}"#);
        assert_eq!(ask("notion", None, &notion).unwrap().secret.unwrap().expose(), b"secret_fake");
        assert_eq!(
            ask("asana", None, &Request("POST", "/", &[("x-hook-secret", "")], "{}")).unwrap().refused,
            Some(Refusal::Incomplete)
        );
    }

    #[test]
    fn an_answer_that_cannot_be_completed_is_refused() {
        let slack = Request("POST", "/", &[], r#"{"type":"url_verification"}"#);
        let reply = ask("slack", None, &slack).unwrap();
        assert_eq!((reply.status, reply.refused), (400, Some(Refusal::Incomplete)));
    }
}
