//! Who believes whom.

use super::super::handler::Does::{Believe, Refuse, Status};
use super::super::handler::Fault::When;
use super::super::handler::Seen;
use super::{PLAIN, Row, good};
use crate::harness::hmac_sha256_hex;
use hookctl::hook::check::Symptom::{ReadFirst, RefusedGood, ServerError};
use hookctl::hook::verdict::Code;

pub(super) const ROWS: &[Row] = &[
    Row { case: "good-delivery", faults: &[When(good, Refuse)], symptom: RefusedGood, ..PLAIN },
    Row { case: "no-signature", faults: &[When(|seen| seen.signatures().is_empty(), Believe)], ..PLAIN },
    Row { case: "empty-signature", faults: &[When(|seen| seen.signature() == Some(""), Believe)], ..PLAIN },
    Row {
        // Compares as many digits as were given.
        case: "short-signature",
        faults: &[When(|seen| (2..64).contains(&begun(seen)), Believe)],
        ..PLAIN
    },
    Row { case: "one-digit-signature", faults: &[When(|seen| begun(seen) == 1, Believe)], ..PLAIN },
    Row {
        // Compares as many digits as it made.
        case: "long-signature",
        faults: &[When(|seen| digits(seen).len() > 64 && digits(seen).starts_with(&seen.right()), Believe)],
        ..PLAIN
    },
    Row {
        // Decodes hex, and compares what comes out of it: nothing.
        case: "garbage-signature",
        faults: &[When(|seen| digits(seen).starts_with('~'), Believe)],
        ..PLAIN
    },
    Row {
        case: "non-ascii-signature",
        faults: &[When(|seen| seen.signatures().iter().any(|value| !value.is_ascii()), Status(500))],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        case: "huge-signature",
        faults: &[When(|seen| digits(seen).len() > 1_000, Status(500))],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        case: "bare-signature",
        faults: &[When(|seen| seen.signature() == Some(&seen.right()), Believe)],
        ..PLAIN
    },
    Row {
        case: "upper-case-signature",
        faults: &[When(|seen| digits(seen).bytes().any(|byte| byte.is_ascii_uppercase()), Status(500))],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        // Cuts off whatever stands before the signature.
        case: "wrong-prefix",
        faults: &[When(|seen| digits(seen) == seen.right() && !seen.verified(), Believe)],
        ..PLAIN
    },
    Row {
        case: "other-secret",
        faults: &[When(|seen| !seen.verified() && seen.holds_under_other_keys(), Believe)],
        ..PLAIN
    },
    Row {
        // Its secret is not set, and it goes on with none.
        case: "empty-secret",
        faults: &[When(|seen| digits(seen) == hmac_sha256_hex("", seen.body()), Believe)],
        ..PLAIN
    },
    Row {
        // Lets the sender choose the hash.
        case: "weaker-hash",
        faults: &[When(|seen| seen.signature().is_some_and(|value| value.starts_with("sha1=")), Believe)],
        ..PLAIN
    },
    Row {
        case: "alg-none",
        provider: "netlify",
        faults: &[When(|seen| token_head(seen).contains(r#""none""#), Believe)],
        ..PLAIN
    },
    Row {
        // Takes the signature from where it finds one.
        case: "other-header",
        faults: &[When(
            |seen| {
                let right = format!("sha256={}", seen.right());
                let mut fields = seen.request.head.headers().iter();
                seen.signatures().is_empty() && fields.any(|field| field.value == right.as_bytes())
            },
            Believe,
        )],
        ..PLAIN
    },
    Row {
        case: "two-wrong-headers",
        faults: &[When(|seen| !seen.verified() && seen.signatures().len() == 2, Believe)],
        ..PLAIN
    },
    Row {
        // A list where it wants a text.
        case: "one-right-header",
        faults: &[When(|seen| seen.signatures().len() == 2, Status(500))],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        // Looks at the first signature only, and so refuses a change of secrets.
        case: "one-right-value",
        provider: "standard-webhooks",
        faults: &[When(|seen| seen.signature().is_some_and(|value| value.contains(' ')), Refuse)],
        symptom: RefusedGood,
        ..PLAIN
    },
    Row { case: "byte-changed", faults: &[When(well_formed, Believe)], ..PLAIN },
    Row { case: "of-another-body", faults: &[When(well_formed, Believe)], ..PLAIN },
    Row {
        // Parses the body, and only then looks who sent it.
        case: "reads-first",
        faults: &[When(|seen| !seen.verified() && seen.json().is_none(), Status(400))],
        symptom: ReadFirst,
        ..PLAIN
    },
    Row {
        case: "stale-timestamp",
        provider: "stripe",
        faults: &[When(|seen| seen.judged(Code::TooOld), Believe)],
        ..PLAIN
    },
    Row {
        case: "future-timestamp",
        provider: "stripe",
        faults: &[When(|seen| seen.judged(Code::InFuture), Believe)],
        ..PLAIN
    },
    Row {
        // Judges a time that it does not sign.
        case: "reused-timestamp",
        provider: "slack",
        faults: &[When(|seen| seen.judged(Code::Mismatch), Believe)],
        ..PLAIN
    },
];

fn digits<'h>(seen: &Seen<'h>) -> &'h str {
    seen.digits().unwrap_or_default()
}

/// How many of the right digits are there, when there is nothing else.
fn begun(seen: &Seen<'_>) -> usize {
    if seen.right().starts_with(digits(seen)) { digits(seen).len() } else { 0 }
}

/// A signature as long as one, of whatever.
fn well_formed(seen: &Seen<'_>) -> bool {
    digits(seen).len() == 64 && digits(seen).bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The head of a token, decoded.
fn token_head(seen: &Seen<'_>) -> String {
    use base64::Engine as _;
    let value = seen.signature().unwrap_or_default();
    let token = value.strip_prefix("Bearer ").unwrap_or(value);
    let head = token.split('.').next().unwrap_or_default();
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap_or_default();
    String::from_utf8(decoded).unwrap_or_default()
}
