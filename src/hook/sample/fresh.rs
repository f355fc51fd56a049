//! Makes a sample into an event of its own: new ids, this moment's times.
//!
//! What changes is data: a place in the body and a template for its new value.
//! The same moment and id give the same bytes.

use super::edit;
use crate::hook::quantity::parse_duration;
use crate::hook::time::Timestamp;
use sha1::{Digest, Sha1};

/// What templates are filled with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed<'a> {
    pub(super) now: Timestamp,
    pub(super) id: &'a str,
    pub(super) event: &'a str,
}

/// Fills in a template: text with `{name}` or, for times, `{name-5s}`.
///
/// | name | value |
/// |---|---|
/// | `id` | the id as given |
/// | `plain` | its letters and digits |
/// | `uuid` | the id if it is a UUID, else one made from it |
/// | `sha1` | 40 hex digits made from it |
/// | `number` | a number of 13 digits made from it |
/// | `event` | the event's name |
/// | `seconds`, `millis` | the time in RFC 3339 |
/// | `unix`, `unix_ms` | the time as a number |
///
/// Anything else stays as it is.
pub(super) fn fill(template: &str, seed: Seed<'_>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| Some((value(name, seed)?, after)));
        if let Some((value, after)) = value {
            filled.push_str(&value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, seed: Seed<'_>) -> Option<String> {
    let (name, before) = match name.split_once('-') {
        Some((name, before)) => (name, parse_duration(before).ok()?),
        None => (name, std::time::Duration::ZERO),
    };
    let at = seed.now.minus(before);
    Some(match name {
        "id" => seed.id.to_owned(),
        "plain" => seed.id.chars().filter(char::is_ascii_alphanumeric).collect(),
        "uuid" => uuid::Uuid::parse_str(seed.id).unwrap_or_else(|_| made_uuid(seed.id)).to_string(),
        "sha1" => hex::encode(digest(seed.id)),
        "number" => number(seed.id),
        "event" => seed.event.to_owned(),
        "seconds" => at.rfc3339_seconds(),
        "millis" => at.rfc3339_millis(),
        "unix" => at.seconds().to_string(),
        "unix_ms" => at.millis().to_string(),
        _ => return None,
    })
}

fn digest(id: &str) -> [u8; 20] {
    Sha1::digest(id.as_bytes()).into()
}

/// A UUID of version 8 (RFC 9562, 5.8): made by a rule of our own.
fn made_uuid(id: &str) -> uuid::Uuid {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest(id)) {
        *byte = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Thirteen digits: below 2^53, so that every JSON reader keeps them.
fn number(id: &str) -> String {
    let whole = digest(id).iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    (1_000_000_000_000 + whole % 9_000_000_000_000).to_string()
}

/// Writes the filled template at a place of a JSON body: as a string where a
/// string stood, else as it is.
pub(super) fn in_json(body: &[u8], pointer: &str, filled: &str) -> Result<Vec<u8>, edit::EditError> {
    if edit::value_at(body, pointer)?.starts_with('"') {
        edit::replace(body, pointer, &edit::quoted(filled))
    } else {
        edit::replace(body, pointer, filled)
    }
}

/// Writes the filled template as the value of a form field.
pub(super) fn in_form(body: &[u8], name: &str, filled: &str) -> Vec<u8> {
    let encoded: String = form_urlencoded::byte_serialize(filled.as_bytes()).collect();
    let prefix = format!("{name}=");
    let fields = body.split(|byte| *byte == b'&').map(|field| {
        if field.starts_with(prefix.as_bytes()) {
            format!("{prefix}{encoded}").into_bytes()
        } else {
            field.to_vec()
        }
    });
    fields.collect::<Vec<_>>().join(&b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: Seed<'_> =
        Seed { now: Timestamp::from_micros(1_773_239_520_123_456), id: "abc-1", event: "x.y" };

    #[test]
    fn templates_are_filled_and_the_rest_stays() {
        for (template, filled) in [
            ("int_{plain}", "int_abc1"),
            ("{id}/{event}", "abc-1/x.y"),
            ("{seconds}", "2026-03-11T14:32:00Z"),
            ("{millis-10m}", "2026-03-11T14:22:00.123Z"),
            ("{unix}.{unix_ms-1s}", "1773239520.1773239519123"),
            ("{unknown} {", "{unknown} {"),
            ("{{id}}", "{abc-1}"),
            ("{seconds-x}", "{seconds-x}"),
        ] {
            assert_eq!(fill(template, SEED), filled, "{template}");
        }
    }

    #[test]
    fn made_ids_have_their_form_and_differ() {
        let made = |template, id| fill(template, Seed { id, ..SEED });
        let uuid = made("{uuid}", "one");
        assert_eq!(uuid::Uuid::parse_str(&uuid).unwrap().get_version_num(), 8);
        assert_eq!(made("{uuid}", &uuid), uuid);
        assert_eq!(made("{sha1}", "one").len(), 40);
        assert_eq!(made("{number}", "one").len(), 13);
        for template in ["{uuid}", "{sha1}", "{number}"] {
            assert_ne!(made(template, "one"), made(template, "two"));
            assert_eq!(made(template, "one"), made(template, "one"));
        }
    }

    #[test]
    fn a_form_field_is_replaced_whole() {
        assert_eq!(
            in_form(b"Sid=1&MessageSid=2&Sid=3", "MessageSid", "a b&c"),
            b"Sid=1&MessageSid=a+b%26c&Sid=3"
        );
    }
}
