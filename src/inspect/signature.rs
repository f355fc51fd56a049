//! The signature panel: what was signed, with which key, what it should have
//! been, what came, and what went wrong.
//!
//! The scheme's words are read off its profile, the values are computed by its
//! own code, and the sentence is the explainer's. Costs what explaining costs;
//! its caller sees that few do that at a time.

use crate::hook::delivery::Delivery;
use crate::hook::describe::describe;
use crate::hook::explain::{Context, Explanation, Neighbour};
use crate::hook::remarks::{Place, Remark};
use crate::hook::signature::Shown;
use crate::hook::verdict::Code;
use crate::job::judge::{Judge, Judged, neighbours};
use crate::journal::{Entry, Reader};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// What is shown of signed text as text; the whole beginning is in base64.
const MOST_TEXT: usize = 400;
/// The longest body that is explained, as `listen` does.
const LONGEST: usize = 256 << 10;

/// The panel of a delivery.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SignatureRecord {
    /// The scheme in words.
    scheme: Option<String>,
    provider: Option<String>,
    /// The beginning of what is signed.
    signed: Option<String>,
    /// The first 4 KiB of it.
    signed_base64: Option<String>,
    /// How much of it there is.
    signed_bytes: Option<u64>,
    /// How the secret becomes the key, in words.
    key: Option<String>,
    expected: Option<String>,
    received: Option<String>,
    /// The header that carries it.
    header: Option<String>,
    verdict: &'static str,
    reason: String,
    /// The explainer's sentence, code and mend.
    sentence: Option<String>,
    code: Option<&'static str>,
    mend: Option<String>,
    /// How many usual mistakes were looked for in vain.
    tried: Option<usize>,
}

/// What an inspector knows beside the journal.
pub(super) struct Known<'a> {
    /// Who judges, with the secrets.
    pub(super) judge: &'a Judge,
    /// The URL that senders were given, where that is known; else a request's own Host counts.
    pub(super) public_url: Option<&'a str>,
    /// URLs under which the endpoint may be known.
    pub(super) bases: &'a [String],
    /// Other deliveries, the nearest first.
    pub(super) near: &'a [(u64, Delivery)],
}

/// Deliveries on both sides of one whose parts may have been mixed up with it.
const AROUND: u64 = 4;

/// The neighbours of a delivery that is to be explained.
pub(super) fn near(reader: &Reader, entry: &Entry) -> Vec<(u64, Delivery)> {
    if !is_explained(entry) {
        return Vec::new();
    }
    let seq = entry.listed.seq;
    neighbours(reader, seq.saturating_sub(AROUND)..=seq.saturating_add(AROUND), seq, LONGEST as u64)
}

/// Whether a delivery failed in a way that the explainer looks into.
pub(super) fn is_explained(entry: &Entry) -> bool {
    !entry.listed.verdict.verified() && entry.delivery.body.len() <= LONGEST
}

/// The panel of an entry of the journal.
pub(super) fn panel(entry: &Entry, known: &Known<'_>) -> SignatureRecord {
    let verdict = &entry.listed.verdict;
    let bare = SignatureRecord {
        scheme: None,
        provider: verdict.provider.as_deref().map(str::to_owned),
        signed: None,
        signed_base64: None,
        signed_bytes: None,
        key: None,
        expected: None,
        received: None,
        header: None,
        verdict: verdict.code.as_str(),
        reason: verdict.reason.clone().into_owned(),
        sentence: None,
        code: None,
        mend: None,
        tried: None,
    };
    let url = known.public_url.map(|base| joined(base, entry.delivery.head.target()));
    let bare = explained(bare, explanation(entry, known, url.as_deref()));
    let judged = verdict.provider.as_deref().and_then(|id| known.judge.provider(id).ok());
    let Some(judged) = judged else { return bare };
    let words = describe(&judged.provider, &[]);
    let Shown { signed, signed_bytes, expected, received, header } =
        shown(entry, known, &judged, url.as_deref());
    SignatureRecord {
        scheme: Some(words.scheme),
        key: Some(words.key),
        signed: signed.as_deref().map(beginning),
        signed_bytes: signed.as_ref().map(|_| signed_bytes),
        signed_base64: signed.map(|signed| STANDARD.encode(signed)),
        expected,
        received,
        header,
        ..bare
    }
}

/// The signature over the URL that was judged; where another base makes it hold, over that one.
fn shown(entry: &Entry, known: &Known<'_>, judged: &Judged, url: Option<&str>) -> Shown {
    let delivery = &entry.delivery;
    let keys = judged.keys.as_ref().ok();
    let show = |url: Option<&str>| judged.provider.show_signature(keys, &delivery.message(url));
    let first = show(url);
    if first.expected == first.received || !judged.provider.signs_url() {
        return first;
    }
    let others = known.bases.iter().map(|base| show(Some(&joined(base, delivery.head.target()))));
    others.into_iter().find(|shown| shown.expected == shown.received).unwrap_or(first)
}

/// The explainer's word on a delivery that did not verify.
fn explanation(entry: &Entry, known: &Known<'_>, url: Option<&str>) -> Explanation {
    let (delivery, verdict) = (&entry.delivery, &entry.listed.verdict);
    if !is_explained(entry) {
        return Explanation::default();
    }
    let near = known.near.iter();
    let deliveries: Vec<Neighbour<'_>> =
        near.map(|(seq, other)| Neighbour { seq: *seq, message: other.message(None) }).collect();
    let context = Context { bases: known.bases, deliveries: &deliveries };
    known.judge.explain(&delivery.message(url), delivery.received, verdict, context)
}

fn explained(bare: SignatureRecord, explanation: Explanation) -> SignatureRecord {
    let Some(found) = explanation.found else {
        // Of a signature that is not even well formed the reason says enough.
        let tried = explanation.tried.len();
        let tried = (tried > 0 && bare.verdict == Code::Mismatch.as_str()).then_some(tried);
        return SignatureRecord { tried, ..bare };
    };
    SignatureRecord {
        sentence: Some(found.sentence),
        code: Some(found.mistake.as_str()),
        mend: Some(found.mend.into_owned()),
        ..bare
    }
}

/// The URL that a sender used, from the one that it was given.
fn joined(base: &str, target: &str) -> String {
    format!("{}{target}", base.trim_end_matches('/'))
}

/// The first characters of bytes that may be no text.
fn beginning(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut letters = text.chars();
    let mut short: String = letters.by_ref().take(MOST_TEXT).collect();
    if letters.next().is_some() {
        short.push('\u{2026}');
    }
    short
}

/// What to know about a place of a body; `pointer` or `offset`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NoteRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    text: String,
}

impl From<Remark> for NoteRecord {
    fn from(remark: Remark) -> Self {
        let (pointer, offset) = match remark.place {
            Place::Pointer(pointer) => (Some(pointer), None),
            Place::Offset(offset) => (None, Some(offset)),
        };
        Self { pointer, offset, text: remark.text }
    }
}
