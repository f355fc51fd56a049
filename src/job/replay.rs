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
use crate::hook::time::Timestamp;
use crate::job::report::{Attempted, Event, Next, Report};
use bytes::Bytes;
use std::sync::Arc;

/// Who signs a replay anew.
#[derive(Clone, Debug)]
pub struct Resign {
    /// The provider's profile.
    pub provider: Arc<Provider>,
    /// Its keys; one of them signs where the scheme sends one signature.
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

/// What of a delivery is written anew before it is sent again; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// These header fields, in place of all that came.
    pub headers: Option<Vec<(String, Vec<u8>)>>,
    /// This body.
    pub body: Option<Bytes>,
    /// Signed again by this key, as of this moment.
    pub resign: Option<(Resign, Timestamp)>,
}

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Bytes,
    /// Where to, the whole path and query with it: for a forwarder with [`PathMode::Fixed`].
    pub target: Target,
}

/// The request of a delivery for a target.
///
/// What is not changed stays as it came, header lines byte for byte. Signed
/// again, the headers that the scheme writes are replaced where they stood; what
/// is signed is what the target will see, its own path too. Of several secrets the
/// one that verifies the delivery as it came signs, or the first, where the scheme
/// has no room for all.
///
/// # Errors
/// When the scheme cannot sign it, or a changed header cannot be sent.
pub fn prepare(
    seq: u64,
    delivery: &Delivery,
    changes: Changes,
    to: &Target,
    path_mode: PathMode,
) -> Result<Prepared, ReplayError> {
    let written = |source| ReplayError::Head { seq, source };
    let came = &delivery.head;
    let request_target = to.request_target(came.target(), path_mode);
    let body = changes.body.unwrap_or_else(|| delivery.body.clone());
    let head = match changes.headers {
        None => came.clone(),
        Some(pairs) => Head::build(came.method(), came.target(), pairs).map_err(written)?,
    };
    let Some((resign, at)) = changes.resign else {
        return Ok(Prepared { head, body, target: to.exactly(&request_target) });
    };
    let url = format!("{}{request_target}", to.origin());
    let message = Message {
        method: head.method(),
        target: &request_target,
        headers: head.headers(),
        body: &body,
        url: Some(&url),
    };
    let id = delivery_id(&message, &resign.provider);
    let keys = resign.provider.keys_for_again(&resign.keys, &delivery.message(None), delivery.received);
    let signed = resign
        .provider
        .sign(&keys, &message, at, id.as_deref(), None)
        .map_err(|source| ReplayError::Sign { seq, source })?;
    let body = signed.body.map_or_else(|| body.clone(), Bytes::from);
    let mut fresh = signed.headers;
    fresh.push(("Content-Length".to_owned(), body.len().to_string().into_bytes()));
    let request_target = signed.target.as_deref().unwrap_or(&request_target);
    let pairs = replaced(head.headers(), fresh);
    let head = Head::build(head.method(), request_target, pairs).map_err(written)?;
    Ok(Prepared { head, body, target: to.exactly(request_target) })
}

/// The id that the sender gave, so that a replay stays the same event.
fn delivery_id(message: &Message<'_>, provider: &Provider) -> Option<String> {
    provider.facts(message).delivery_id.or_else(|| Some(clock::fresh_id()))
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

impl Prepared {
    /// Sends it for the delivery that came.
    pub async fn send(&self, forwarder: &Forwarder, came: &Delivery) -> Attempt {
        forwarder.attempt_changed(&self.target, &self.head, &self.body, came).await
    }
}

/// Sends one request again and says how it went.
pub async fn send(
    (seq, event, came): (u64, Option<String>, &Delivery),
    prepared: &Prepared,
    forwarder: &Forwarder,
    report: &dyn Report,
) -> Attempt {
    let attempt = prepared.send(forwarder, came).await;
    report.report(&Event::Attempt(Arc::new(Attempted {
        seq,
        event,
        attempt: attempt.clone(),
        next: Next::Nothing,
        again: Vec::new(),
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
