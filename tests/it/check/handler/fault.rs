//! What may be wrong with a handler, as data.

use super::wire::Request;
use crate::harness::hmac_sha256_hex;
use hookctl::hook::delivery::{Facts, Message};
use hookctl::hook::provider::Provider;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// One fault.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Does this with every request of which that holds; the first that holds counts.
    When(fn(&Seen<'_>) -> bool, Does),
    /// Does this when a client goes in the middle of its request.
    HungUp(Does),
    /// Does this with what cannot be framed, and with who stops in the middle.
    Unframed(Does),
    /// Waits only so long for the rest of a request.
    Impatient(Duration),
    /// Needs so long for every delivery it takes, which nobody else need wait for.
    Works(Duration),
}

/// What a broken handler does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// Takes it, whoever signed it.
    Believe,
    /// Takes it and forgets to do anything.
    Forget,
    /// Takes it and does it, be it done already.
    DoAgain,
    /// Takes it, and knows only after it is done that it was there.
    RememberLate(Duration),
    /// Fails at it, and believes that it is done.
    FailAndRemember,
    /// Refuses it as forged.
    Refuse,
    /// Refuses it as forged, and does it.
    RefuseAndDo,
    /// Answers this status.
    Status(u16),
    /// Refuses it with these words; `{secret}` is the secret, `{given}` the signature's header
    /// as it came, `{right}` what should have stood there in hex.
    Say(&'static str),
    /// Closes the connection without an answer.
    Close,
    /// Answers what is no HTTP.
    Garble,
    /// Answers as it should, after so long.
    Late(Duration),
    /// Refuses it, and everything after it.
    Jam,
    /// Ends, and takes every connection with it.
    Die,
    /// The same, and is started again by somebody.
    DieFor(Duration),
}

/// What a handler knows when it has read a request.
pub(crate) struct Seen<'h> {
    pub(crate) request: &'h Request,
    pub(crate) provider: &'h Provider,
    pub(crate) secret: &'h [u8],
    /// Of a secret that it should not know.
    pub(crate) other_keys: &'h Keys,
    pub(crate) now: Timestamp,
    pub(crate) verdict: Verdict,
    pub(crate) facts: Facts,
    pub(crate) past: Past,
}

/// What a handler remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// A delivery of this key was taken.
    pub(crate) repeat: bool,
    /// Another delivery about the same object was taken.
    pub(crate) familiar: bool,
    /// So many others are being answered.
    pub(crate) busy: usize,
    /// So many deliveries were taken.
    pub(crate) taken: usize,
}

impl<'h> Seen<'h> {
    pub(crate) fn message(&self) -> Message<'h> {
        message(self.request)
    }

    pub(crate) fn verified(&self) -> bool {
        self.verdict.verified()
    }

    /// A good signature of the moment over something else, or of another time.
    pub(crate) fn judged(&self, code: Code) -> bool {
        self.verdict.code == code
    }

    /// Whether it holds under the keys that are not the handler's.
    pub(crate) fn holds_under_other_keys(&self) -> bool {
        self.provider.verify(self.other_keys, &self.message(), self.now, None).verified()
    }

    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&'h [u8]> {
        self.request
            .head
            .headers()
            .iter()
            .filter(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
            .collect()
    }

    /// A header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<&'h str> {
        self.all(name).first().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All values of the signature's header.
    pub(crate) fn signatures(&self) -> Vec<&'h [u8]> {
        self.provider.signature_headers().first().map(|name| self.all(name)).unwrap_or_default()
    }

    /// The signature's header, as text.
    pub(crate) fn signature(&self) -> Option<&'h str> {
        self.signatures().first().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// What stands behind `=` in a signature such as `sha256=ab`.
    pub(crate) fn digits(&self) -> Option<&'h str> {
        self.signature()?.split_once('=').map(|(_, digits)| digits)
    }

    /// What should stand there: the HMAC-SHA-256 of the body in hex.
    pub(crate) fn right(&self) -> String {
        hmac_sha256_hex(std::str::from_utf8(self.secret).unwrap(), self.body())
    }

    pub(crate) fn body(&self) -> &'h [u8] {
        &self.request.body
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &'h str {
        std::str::from_utf8(self.body()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body()).ok()
    }

    pub(crate) fn method(&self) -> &'h str {
        self.request.head.method()
    }

    pub(crate) fn path(&self) -> &'h str {
        self.request.head.path()
    }
}

/// The view that verifying works on.
pub(super) fn message(request: &Request) -> Message<'_> {
    Message {
        method: request.head.method(),
        target: request.head.target(),
        headers: request.head.headers(),
        body: &request.body,
        url: None,
    }
}

/// A handler's faults; none for a good one.
pub(crate) type Faults = Arc<[Fault]>;
