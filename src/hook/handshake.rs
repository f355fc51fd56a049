//! Answers what a provider asks to find out whether an endpoint is there: a
//! ping, a challenge, a verification.
//!
//! Builds the answer and sends nothing. Refuses to sign a challenge that does
//! not look like a token: the answer would be a signature for whoever asked,
//! and a challenge that looks like a delivery would make it a forged one.

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
        let mut scope = Scope::new(message).with_paths(&self.handshake_paths);
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
        refused: None,
    })
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
