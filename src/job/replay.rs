//! Sends deliveries of the journal again: byte for byte, or signed anew.
//!
//! A replay is labelled in the journal as a further attempt of the delivery; it
//! passes no filter and no duplicate check. Does not retry.

use crate::clock;
use crate::forward::Forwarder;
use crate::hook::attempt::Attempt;
use crate::hook::delivery::{Delivery, Message};
use crate::hook::headers::{Head, HeadError, Headers};
use crate::hook::provider::Provider;
use crate::hook::signature::{Keys, SignError};
use crate::hook::target::{PathMode, Target};
use crate::job::report::{Attempted, Event, Next, Report};
use bytes::Bytes;
use std::sync::Arc;

/// Who signs a replay anew.
#[derive(Clone, Debug)]
pub struct Resign {
    /// The provider's profile.
    pub provider: Arc<Provider>,
    /// Its keys.
    pub keys: Arc<Keys>,
}

/// A delivery that cannot be sent again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be signed.
    #[error("cannot sign delivery {seq} again")]
    Sign {
        /// Its number.
        seq: u64,
        /// Why.
        source: SignError,
    },
    /// Its request cannot be written.
    #[error("cannot write the request of delivery {seq}")]
    Head {
        /// Its number.
        seq: u64,
        /// Why.
        source: HeadError,
    },
}

/// The request of a delivery with another body, signed anew at this moment.
///
/// The headers stay as they came, in their order, except those that the scheme
/// writes: they are replaced where they stood.
///
/// # Errors
/// When the scheme cannot sign it.
pub fn sign_again(
    seq: u64,
    delivery: &Delivery,
    body: Bytes,
    resign: &Resign,
    target: &Target,
    path_mode: PathMode,
) -> Result<(Head, Bytes), ReplayError> {
    let head = &delivery.head;
    let url = target.url_for(head.target(), path_mode);
    let id = delivery_id(delivery, &resign.provider);
    let message = Message {
        method: head.method(),
        target: head.target(),
        headers: head.headers(),
        body: &body,
        url: Some(&url),
    };
    let signed = resign
        .provider
        .sign(&resign.keys, &message, clock::now(), id.as_deref(), None)
        .map_err(|source| ReplayError::Sign { seq, source })?;
    let body = signed.body.map_or(body, Bytes::from);
    let mut fresh = signed.headers;
    fresh.push(("Content-Length".to_owned(), body.len().to_string().into_bytes()));
    let pairs = replaced(head.headers(), fresh);
    let request_target = signed.target.as_deref().unwrap_or(head.target());
    let head = Head::build(head.method(), request_target, pairs)
        .map_err(|source| ReplayError::Head { seq, source })?;
    Ok((head, body))
}

/// The id that the sender gave, so that a replay stays the same event.
fn delivery_id(delivery: &Delivery, provider: &Provider) -> Option<String> {
    provider.facts(&delivery.message(None)).delivery_id.or_else(|| Some(clock::fresh_id()))
}

/// `headers` with the `fresh` ones in the place of those of the same name, or at the end.
fn replaced(headers: &Headers, mut fresh: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let names: Vec<String> = fresh.iter().map(|(name, _)| name.clone()).collect();
    let mut pairs = Vec::new();
    for field in headers.iter() {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            continue;
        }
        if !names.iter().any(|name| name.eq_ignore_ascii_case(field.name)) {
            pairs.push((field.name.to_owned(), field.value.to_vec()));
            continue;
        }
        while let Some(at) = fresh.iter().position(|(name, _)| name.eq_ignore_ascii_case(field.name)) {
            let (_, value) = fresh.remove(at);
            pairs.push((field.name.to_owned(), value));
        }
    }
    pairs.extend(fresh);
    pairs
}

/// Sends one request again and says how it went.
pub async fn send(
    seq: u64,
    event: Option<String>,
    head: &Head,
    body: &Bytes,
    target: &Target,
    forwarder: &Forwarder,
    report: &dyn Report,
) -> Attempt {
    let attempt = forwarder.attempt(target, head, body, 1).await;
    report.report(&Event::Attempt(Arc::new(Attempted {
        seq,
        event,
        attempt: attempt.clone(),
        next: Next::Nothing,
    })));
    attempt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_headers_stand_where_the_old_ones_stood() {
        let headers =
            Headers::from_pairs([("A", "1"), ("x-sig", "old"), ("Transfer-Encoding", "chunked"), ("B", "2")]);
        let fresh = vec![("X-Sig".to_owned(), b"new".to_vec()), ("X-Time".to_owned(), b"9".to_vec())];
        let pairs = replaced(&headers, fresh);
        let text: Vec<_> = pairs.iter().map(|(n, v)| format!("{n}={}", String::from_utf8_lossy(v))).collect();
        assert_eq!(text, ["A=1", "x-sig=new", "B=2", "X-Time=9"]);
    }
}
