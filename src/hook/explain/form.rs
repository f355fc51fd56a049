//! Form bodies that were read and written again.

use super::Mistake;
use super::attempts::{Attempts, idea};
use crate::hook::form;
use crate::hook::json::quoted;
use std::borrow::Cow;

/// More fields than any vendor sends.
const MOST_FIELDS: usize = 10_000;
/// What reading a form costs, for each byte, and writing it: for each byte of what may come of it.
const READING: usize = 8;
const WRITING: usize = 4;

/// How a library writes a form.
struct Writer {
    what: &'static str,
    /// What stands for itself beside letters and digits.
    plain: &'static [u8],
    space: &'static str,
    capitals: bool,
    sorted: bool,
}

const fn writer(what: &'static str, plain: &'static [u8], space: &'static str) -> Writer {
    Writer { what, plain, space, capitals: true, sorted: false }
}

const WRITERS: [Writer; 8] = [
    writer("the form as URLSearchParams writes it", b"*-._", "+"),
    writer("the form as encodeURIComponent and querystring write it", b"-_.!~*'()", "%20"),
    writer("the form as Python's urlencode writes it", b"_.-~", "+"),
    writer("the form escaped as RFC 3986 says", b"_.-~", "%20"),
    writer("the form as PHP's http_build_query writes it", b"-_.", "+"),
    Writer { capitals: false, ..writer("the form as .NET writes it", b"-_.!*()", "+") },
    Writer { sorted: true, ..writer("the form with its fields sorted", b"_.-~", "+") },
    Writer {
        sorted: true,
        ..writer("the form with its fields sorted, escaped as RFC 3986 says", b"_.-~", "%20")
    },
];

type Field<'b> = (Cow<'b, [u8]>, Cow<'b, [u8]>);

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    if !is_form(attempts, body) {
        return false;
    }
    let whole = || idea(Mistake::BodyFormReencoded, "the form written in other ways");
    if !attempts.afford(READING * body.len()) {
        attempts.skip(whole());
        return false;
    }
    let fields: Vec<Field<'_>> = form::fields(body).take(MOST_FIELDS + 1).collect();
    if fields.len() > MOST_FIELDS {
        attempts.skip(whole());
        return false;
    }
    let work = WRITING * body.len();
    let mut written = |what: &'static str, write: &dyn Fn() -> Vec<u8>| {
        attempts.rewritten_holds(idea(Mistake::BodyFormReencoded, what), work, |_| Some(write()))
    };
    WRITERS.iter().any(|writer| written(writer.what, &|| writer.write(&fields)))
        || written("the form with its escapes resolved", &|| joined(&fields))
        || written("the fields of the form as JSON", &|| as_json(&fields, ",", ":"))
        || written("the fields of the form as spaced JSON", &|| as_json(&fields, ", ", ": "))
        || payload(attempts, &fields)
}

fn is_form(attempts: &Attempts<'_>, body: &[u8]) -> bool {
    let typed =
        attempts.message().headers.get("content-type").is_some_and(|value| {
            value.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
        });
    let looks = !matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'"' | b'<'));
    body.contains(&b'=') && (typed || looks)
}

/// A JSON document in a field, as GitHub sends it when asked for a form.
fn payload(attempts: &mut Attempts<'_>, fields: &[Field<'_>]) -> bool {
    fields.iter().filter(|(_, value)| value.starts_with(b"{")).take(2).any(|(name, value)| {
        let what = format!("the field `{}` of the form alone", String::from_utf8_lossy(name));
        attempts.body_holds(idea(Mistake::BodyPart, what), value)
    })
}

fn joined(fields: &[Field<'_>]) -> Vec<u8> {
    let field = |(name, value): &Field<'_>| [&**name, b"=", &**value].concat();
    fields.iter().map(field).collect::<Vec<_>>().join(&b'&')
}

fn as_json(fields: &[Field<'_>], comma: &str, colon: &str) -> Vec<u8> {
    let text = |bytes: &[u8]| quoted(&String::from_utf8_lossy(bytes));
    let field = |(name, value): &Field<'_>| format!("{}{colon}{}", text(name), text(value));
    let fields: Vec<String> = fields.iter().map(field).collect();
    format!("{{{}}}", fields.join(comma)).into_bytes()
}

impl Writer {
    fn write(&self, fields: &[Field<'_>]) -> Vec<u8> {
        let mut fields: Vec<&Field<'_>> = fields.iter().collect();
        if self.sorted {
            fields.sort_by(|one, other| one.0.cmp(&other.0));
        }
        let mut out = Vec::new();
        for (at, (name, value)) in fields.into_iter().enumerate() {
            if at > 0 {
                out.push(b'&');
            }
            self.text(name, &mut out);
            out.push(b'=');
            self.text(value, &mut out);
        }
        out
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        for byte in text {
            match byte {
                b' ' => out.extend_from_slice(self.space.as_bytes()),
                byte if byte.is_ascii_alphanumeric() || self.plain.contains(byte) => out.push(*byte),
                byte => {
                    let digits: &[u8; 16] =
                        if self.capitals { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
                    let digit = |at: u8| digits.get(usize::from(at)).copied().unwrap_or(b'0');
                    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
                }
            }
        }
    }
}
