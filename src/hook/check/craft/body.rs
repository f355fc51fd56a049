//! What is done to a body before it is signed, and the one byte afterwards.

use super::draft::Draft;
use super::fields;
use super::jsonedit::{Member, escaped_slashes, indented, outermost, prose, spaced, with_members, with_more};
use super::signature::next_letter;
use crate::hook::check::change::Change;
use crate::hook::form;
use crate::hook::json;
use crate::hook::jsontext::{Kind, tokens};
use crate::hook::provider::Provider;
use crate::hook::template::Source;

const KIB: usize = 1024;
/// A little over Express's default of 100 KiB.
const OVER_100_KIB: usize = 102 * KIB;
/// Deeper than readers that call themselves for each level go.
const DEEP: usize = 10_000;
/// The member or field that cases add.
const ADDED: &str = "hookctl_check";
const UNKNOWN_EVENT: &str = "hookctl.check.unknown_event";
/// Whole numbers that a double does not hold, and spellings that no writer gives back.
const NUMBERS: &str = "[9007199254740993,12345678901234567890,1.0,1.10,1e2,-0.0,0.1E-6]";

/// Makes one change; false when it cannot be made of this body.
pub(super) fn apply(draft: &mut Draft, provider: &Provider, change: Change) -> bool {
    if let Some(bytes) = fixed(change) {
        draft.body = bytes;
        return true;
    }
    if change == Change::UnknownEvent {
        return unknown_event(draft, provider);
    }
    match made(draft, provider, change) {
        Some(body) => {
            draft.body = body;
            true
        }
        None => false,
    }
}

/// Bodies that have nothing of the sample.
fn fixed(change: Change) -> Option<Vec<u8>> {
    Some(match change {
        Change::EmptyObject => b"{}".to_vec(),
        Change::EmptyArray => b"[]".to_vec(),
        Change::EmptyBody => Vec::new(),
        Change::NotJson => b"this is no JSON: {\"type\":".to_vec(),
        Change::NotUtf8 => b"{\"type\":\"\xff\xfe\xc3\"}".to_vec(),
        Change::OneByte => b"1".to_vec(),
        Change::Deep => ["[".repeat(DEEP), "]".repeat(DEEP)].concat().into_bytes(),
        _ => return None,
    })
}

fn made(draft: &Draft, provider: &Provider, change: Change) -> Option<Vec<u8>> {
    let body = &draft.body;
    match change {
        Change::Indented => indented(body, "\n"),
        Change::Crlf => indented(body, "\r\n"),
        Change::Spaced => spaced(body),
        Change::Reordered => with_members(body, |_, mut members| {
            members.reverse();
            members
        }),
        Change::EscapedSlashes => slashes(body),
        Change::NonAscii => {
            with_text(body, " Gr\u{fc}\u{df}e, \u{141}\u{f3}d\u{17a}, \u{65e5}\u{672c}\u{8a9e}")
        }
        Change::Emoji => with_text(body, " \u{1f389} \u{1f469}\u{200d}\u{1f680}"),
        Change::UnicodeEscapes => with_text(body, r" Gr\u00fc\u00DFe \ud83c\uDF89"),
        Change::LargeNumbers => with_more(body, &[Member::new(ADDED, NUMBERS)]),
        Change::DuplicateKeys => with_more(body, &[Member::new(ADDED, "1"), Member::new(ADDED, "1")]),
        Change::TrailingNewline => outermost(body).map(|_| [body.as_slice(), b"\n"].concat()),
        Change::Bom => outermost(body).map(|_| [b"\xef\xbb\xbf", body.as_slice()].concat()),
        Change::UnknownFields => unknown_fields(body),
        Change::MissingFields => missing_fields(body, provider),
        Change::NullData => null_data(body, provider),
        Change::Size100Kib => sized(draft, OVER_100_KIB),
        Change::Size1Mib => sized(draft, KIB * KIB),
        Change::Size5Mib => sized(draft, 5 * KIB * KIB),
        _ => None,
    }
}

fn slashes(body: &[u8]) -> Option<Vec<u8>> {
    outermost(body)?;
    match escaped_slashes(body) {
        (escaped, true) => Some(escaped),
        _ => with_more(body, &[Member::new(ADDED, r#""https:\/\/example.com\/""#)]),
    }
}

/// The body with more text at the end of something a person wrote, else in a member of its own.
fn with_text(body: &[u8], more: &str) -> Option<Vec<u8>> {
    let Some(prose) = prose(body) else {
        return with_more(body, &[Member::new(ADDED, &format!("\"{}\"", more.trim_start()))]);
    };
    let quote = prose.at + prose.text.len() - 1;
    let (before, after) = body.split_at_checked(quote)?;
    Some([before, more.as_bytes(), after].concat())
}

fn unknown_event(draft: &mut Draft, provider: &Provider) -> bool {
    let mut named = false;
    for source in &provider.event {
        match source {
            Source::Header(name) => {
                draft.set(name, UNKNOWN_EVENT);
                named = true;
            }
            // The first place is made where it is not there; of the others those count that are.
            Source::Json(path) if !named || path.find(&draft.body).is_some() => {
                if let Ok(body) = json::set(&draft.body, path, UNKNOWN_EVENT) {
                    draft.body = body;
                    named = true;
                }
            }
            Source::Form(name) => {
                draft.body = form::set(&draft.body, name, UNKNOWN_EVENT.as_bytes());
                named = true;
            }
            _ => {}
        }
    }
    named
}

/// Unknown members in the outermost object and in those right inside of it.
fn unknown_fields(body: &[u8]) -> Option<Vec<u8>> {
    let place = outermost(body)?;
    let depth = |path: &str| path.split('.').filter(|key| !key.is_empty()).count();
    let deepest = depth(place) + 1;
    with_members(body, |path, mut members| {
        if path.starts_with(place) && depth(path) <= deepest {
            members.push(Member::new(ADDED, r#"{"nested":[1,null,true,{"text":"new"}]}"#));
        }
        members
    })
}

/// Without what the vendor says may be absent, else without every `null`, else
/// without the last member that the profile does not need.
fn missing_fields(body: &[u8], provider: &Provider) -> Option<Vec<u8>> {
    outermost(body)?;
    let optional = fields::optional(provider);
    let without = |gone: &dyn Fn(&str, &Member) -> bool| {
        with_members(body, |path, mut members| {
            members.retain(|member| {
                let path = member.path_in(path);
                fields::is_needed(provider, &path) || !gone(&path, member)
            });
            members
        })
    };
    let by_page = without(&|path, _| optional.contains(&path))?;
    if by_page.len() < body.len() && !optional.is_empty() {
        return Some(by_page);
    }
    let nulls = without(&|_, member| member.text.ends_with(b":null"))?;
    if nulls.len() < body.len() {
        return Some(nulls);
    }
    let last = last_path(body, |path, _| !fields::is_needed(provider, path))?;
    without(&|path, _| path == last)
}

/// The last path whose member is as wanted.
fn last_path(body: &[u8], wanted: impl Fn(&str, &Member) -> bool) -> Option<String> {
    let mut found = None;
    with_members(body, |path, members| {
        for member in &members {
            let path = member.path_in(path);
            if wanted(&path, member) {
                found = Some(path);
            }
        }
        members
    })?;
    found
}

/// `null` for an object that the profile does not need, else for any value that it does not need.
fn null_data(body: &[u8], provider: &Provider) -> Option<Vec<u8>> {
    outermost(body)?;
    let scheme = |path: &str| fields::belongs_to_scheme(provider, path);
    let is_object = |member: &Member| {
        let name = member.key.as_deref().map_or(0, |key| serde_json::Value::from(key).to_string().len());
        member.text.get(name..).is_some_and(|rest| rest.starts_with(b":{"))
    };
    let chosen = last_path(body, |path, member| is_object(member) && !scheme(path))
        .or_else(|| last_path(body, |path, _| !scheme(path)))?;
    with_members(body, |path, members| {
        let null = |member: Member| match &member.key {
            Some(key) if member.path_in(path) == chosen => Member::new(key, "null"),
            _ => member,
        };
        members.into_iter().map(null).collect()
    })
}

/// The body with so much in it that it is of this size.
fn sized(draft: &Draft, size: usize) -> Option<Vec<u8>> {
    let body = &draft.body;
    if outermost(body).is_some() {
        let empty = with_more(body, &[Member::new(ADDED, "\"\"")])?;
        let padding = "x".repeat(size.checked_sub(empty.len())?);
        return with_more(body, &[Member::new(ADDED, &format!("\"{padding}\""))]);
    }
    let is_form = draft.fields.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("Content-Type") && value.starts_with(b"application/x-www-form-urlencoded")
    });
    if is_form {
        let empty = form::set(body, ADDED, b"");
        return Some(form::set(body, ADDED, "x".repeat(size.checked_sub(empty.len())?).as_bytes()));
    }
    Some([body.as_slice(), "x".repeat(size.checked_sub(body.len())?).as_bytes()].concat())
}

/// The body with one letter or digit of its last value changed.
pub(super) fn with_another_byte(body: &[u8]) -> Vec<u8> {
    let value = |kind| matches!(kind, Kind::String | Kind::Number);
    let values = tokens(body).map_while(Result::ok).filter(|token| value(token.kind));
    let letters = values.filter(|token| token.text.iter().any(u8::is_ascii_alphanumeric));
    let end = letters.last().map_or(body.len(), |token| token.at + token.text.len());
    let last = body.get(..end).unwrap_or(body).iter().rposition(u8::is_ascii_alphanumeric);
    let mut changed = body.to_vec();
    match last.and_then(|at| changed.get_mut(at)) {
        Some(byte) => *byte = next_letter(*byte),
        None => changed.push(b' '),
    }
    changed
}
