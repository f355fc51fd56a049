//! Every way in which the signature that a handler expected may stand in an answer.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use std::ops::Range;

/// Shorter ones are no signatures, and stand in many an honest answer.
const SHORTEST: usize = 16;

/// The spellings of signatures that a request did not hold: who sent it already knows those.
pub(super) fn untold(signatures: &[Vec<u8>], request: [&[u8]; 2]) -> Vec<Vec<u8>> {
    let told = |spelled: &[Vec<u8>]| request.iter().any(|part| find(part, spelled).is_some());
    let spelled = signatures.iter().filter(|bytes| bytes.len() >= SHORTEST).map(|bytes| spellings(bytes));
    spelled.filter(|spelled| !told(spelled)).flatten().collect()
}

/// Where one of the spellings stands.
pub(super) fn find(text: &[u8], spellings: &[Vec<u8>]) -> Option<Range<usize>> {
    spellings.iter().find_map(|spelling| memmem::find(text, spelling).map(|at| at..at + spelling.len()))
}

/// In hex and base64 with whatever stands before it, as these are escaped, and as the
/// bytes that languages print when nobody has encoded them.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let plain = STANDARD_NO_PAD.encode(bytes);
    let escaped = |plus: &str, stroke: &str| plain.replace('+', plus).replace('/', stroke);
    let texts = [
        hex::encode(bytes),
        hex::encode_upper(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        escaped("+", "\\/"),
        escaped("&#43;", "/"),
        escaped("\\u002b", "/"),
        escaped("%2B", "%2F"),
        escaped("%2b", "%2f"),
        // Node's <Buffer ab cd>, Go's [171 205], JSON's [171,205] and Rust's [171, 205].
        joined(bytes, " ", |byte| format!("{byte:02x}")),
        joined(bytes, " ", ToString::to_string),
        joined(bytes, ",", ToString::to_string),
        joined(bytes, ", ", ToString::to_string),
    ];
    texts.into_iter().chain([plain]).map(String::into_bytes).collect()
}

fn joined(bytes: &[u8], between: &str, write: impl Fn(&u8) -> String) -> String {
    bytes.iter().map(write).collect::<Vec<_>>().join(between)
}
