//! What handlers read of a request: the key, the query, a JSON body.

use super::paging::Query;
use super::reply::Refused;
use super::state::keys::Key;
use super::world::World;
use crate::hook::target::is_loopback_host;
use axum::extract::FromRequestParts;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use std::sync::Arc;

/// Whoever called with a good key of the side's vendor.
pub(super) struct Caller(pub(super) Key);

impl Caller {
    /// Refuses a key that lacks a permission of Koji's.
    pub(super) fn may(&self, permission: &str) -> Result<(), Refused> {
        if self.0.permissions.iter().any(|has| has == permission) {
            return Ok(());
        }
        Err(Refused::new(403, "forbidden", format!("the API key lacks the permission `{permission}`")))
    }
}

impl FromRequestParts<Arc<World>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refused> {
        let refuse = |message: &'static str| Refused::new(401, "unauthorized", message);
        let given = bearer(&parts.headers)
            .ok_or_else(|| refuse("the API key is missing; send `Authorization: Bearer KEY`"))?;
        let side = super::reply::Side::of(parts.uri.path());
        let key = world.store.with(|db| Key::find(db, given))?;
        match key {
            Some(key) if Some(key.provider.as_str()) != side.provider() => {
                Err(refuse("the API key belongs to another vendor"))
            }
            Some(key) if key.revoked => Err(refuse("the API key was revoked")),
            Some(key) => Ok(Self(key)),
            None => Err(refuse("the API key is not valid")),
        }
    }
}

/// The token of `Authorization: Bearer TOKEN`; the word's case does not matter (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

impl FromRequestParts<Arc<World>> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _world: &Arc<World>) -> Result<Self, Refused> {
        Ok(Self::of(parts.uri.query()))
    }
}

/// A body that must be a JSON object and say so.
pub(super) fn object(headers: &HeaderMap, body: &Bytes) -> Result<Value, Refused> {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let plain = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !plain.eq_ignore_ascii_case(b"application/json") {
        return Err(Refused::invalid("the body must be JSON; send `Content-Type: application/json`"));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Refused::invalid(format!("the body is no JSON: {error}")))?;
    if value.is_object() { Ok(value) } else { Err(Refused::invalid("the body must be a JSON object")) }
}

/// A member that must be a text where it is given.
pub(super) fn text(body: &Value, name: &str) -> Result<Option<String>, Refused> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refused::invalid(format!("`{name}` must be a string"))),
    }
}

/// A URL that webhooks may be posted to: HTTPS, or plain HTTP to this machine.
/// The vendors want HTTPS alone; the exception is ours, for trying things out.
pub(super) fn webhook_url(url: &str) -> Result<(), Refused> {
    let parsed = url.parse::<http::Uri>().ok();
    let host = parsed.as_ref().and_then(|url| url.host()).unwrap_or_default();
    let scheme = parsed.as_ref().and_then(http::Uri::scheme_str).unwrap_or_default();
    match scheme {
        "https" if !host.is_empty() => Ok(()),
        "http" if is_loopback_host(host) => Ok(()),
        _ => Err(Refused::invalid(
            "`url` must be an HTTPS URL (or http on this machine, which only the sandbox takes)",
        )),
    }
}

/// The events of a registration: a list of known ones, not empty.
pub(super) fn events(body: &Value, known: &[&str]) -> Result<Vec<String>, Refused> {
    let wrong = || Refused::invalid(format!("`events` must be a list of some of: {}", known.join(", ")));
    let given = body.get("events").and_then(Value::as_array).ok_or_else(wrong)?;
    let mut events = Vec::new();
    for event in given {
        let event = event.as_str().filter(|event| known.contains(event)).ok_or_else(wrong)?;
        if !events.iter().any(|other| other == event) {
            events.push(event.to_owned());
        }
    }
    if events.is_empty() { Err(wrong()) } else { Ok(events) }
}
