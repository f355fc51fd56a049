//! The request of a finding as a curl command: one line of ASCII, to be pasted
//! into any POSIX shell, and into fish.
//!
//! A byte that a terminal or a log would change is written in `printf`'s
//! octal, so what is pasted sends the very bytes. The header that carries the
//! secret itself becomes `$SECRET`.

use crate::hook::check::{Case, Request, Script};
use crate::hook::curl::quote;
use crate::hook::target::Target;
use crate::ui::human;

/// The longest body that is written into the line.
const INLINE: usize = 4096;

/// Whether curl can send what the case is about, or at least one request of it:
/// it cannot stop in the middle, and writes its own framing.
pub(super) const fn can_send(script: Script) -> bool {
    !matches!(
        script,
        Script::HangUp
            | Script::Slow
            | Script::LongLength
            | Script::BadLength
            | Script::TwoLengths
            | Script::Pipelined
    )
}

/// The command that sends `request` to `target`'s origin.
pub(super) fn line(request: &Request, target: &Target, case: &Case) -> String {
    let head = &request.head;
    let plain = dechunked(request);
    let body = plain.as_deref().unwrap_or(&request.body);
    let mut text = String::from("curl -gisS");
    match head.method() {
        "HEAD" if body.is_empty() => text.push_str(" -I"),
        // What curl does by itself.
        "GET" if body.is_empty() => {}
        "POST" if !body.is_empty() => {}
        method => text.push_str(&format!(" -X {}", single(method.as_bytes()))),
    }
    if case.script == Script::Http2 {
        text.push_str(" --http2");
    }
    text.push_str(&format!(" {}", single(format!("{}{}", target.origin(), head.target()).as_bytes())));
    for field in head.headers().iter() {
        let secret =
            request.secret_header.as_deref().is_some_and(|name| field.name.eq_ignore_ascii_case(name));
        if secret {
            text.push_str(&format!(" -H \"{}: {}$SECRET\"", field.name, scheme(field.value)));
        } else if !curls_own(field.name, field.value, body.len(), head.method()) {
            text.push_str(" -H ");
            text.push_str(&header(field.name, field.value));
        }
    }
    if head.headers().get("content-type").is_none() && !body.is_empty() {
        text.push_str(" -H 'Content-Type:'");
    }
    with_body(text, body, &case.id)
}

/// Whether curl writes this field by itself, and rightly; or where a body is never sent, nobody misses it.
fn curls_own(name: &str, value: &[u8], length: usize, method: &str) -> bool {
    // Without a body it writes no length.
    let written = length > 0 || matches!(method, "GET" | "HEAD");
    let right = written && value == length.to_string().as_bytes();
    name.eq_ignore_ascii_case("host") || (right && name.eq_ignore_ascii_case("content-length"))
}

/// The word before a credential that is no secret.
fn scheme(value: &[u8]) -> &'static str {
    ["Basic ", "Bearer ", "Token "]
        .into_iter()
        .find(|word| value.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes())))
        .unwrap_or_default()
}

fn header(name: &str, value: &[u8]) -> String {
    let field = [name.as_bytes(), b": ", value].concat();
    match value {
        // curl drops `Name:`; `Name;` sends it empty.
        [] => single(format!("{name};").as_bytes()),
        _ if shown_as_it_is(&field) => single(&field),
        _ => format!("\"$(printf {})\"", formatted(&field)),
    }
}

fn with_body(text: String, body: &[u8], case: &str) -> String {
    match body {
        [] => text,
        _ if body.len() > INLINE => {
            let size = human::count(body.len() as u64);
            format!("{text} --data-binary @body # the {size} bytes that `--case {case}` sends")
        }
        _ if shown_as_it_is(body) => format!("{text} --data-raw {}", single(body)),
        _ => format!("printf {} | {text} --data-binary @-", formatted(body)),
    }
}

fn shown_as_it_is(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

fn single(word: &[u8]) -> String {
    String::from_utf8_lossy(&quote(word)).into_owned()
}

/// Bytes as the quoted format of a `printf` that prints them.
fn formatted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b'%' => text.push_str("%%"),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03o}")),
        }
    }
    single(text.as_bytes())
}

/// The body without the framing of its chunks, which curl writes by itself;
/// `None` when it has none or its framing is broken on purpose.
fn dechunked(request: &Request) -> Option<Vec<u8>> {
    let coding = request.head.headers().get("transfer-encoding")?;
    if !coding.eq_ignore_ascii_case(b"chunked") {
        return None;
    }
    let (mut rest, mut body) = (request.body.as_ref(), Vec::new());
    loop {
        let Ok(httparse::Status::Complete((begin, size))) = httparse::parse_chunk_size(rest) else {
            return None;
        };
        let size = usize::try_from(size).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, after) = rest.get(begin..)?.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
}
