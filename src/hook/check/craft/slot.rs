//! Where the signature stands in a draft, and where in its value.

use super::draft::Draft;
use super::jsonedit::with_members;
use crate::hook::form;
use crate::hook::json::{self, Path, elements};
use crate::hook::provider::{Kind, Place, Provider};
use std::ops::Range;

/// More elements than any sample has.
const MOST_ELEMENTS: usize = 100;

/// Replaces every written value of the signature by what `edit` makes of it.
pub(super) fn edit_values(provider: &Provider, draft: &mut Draft, edit: impl Fn(&[u8]) -> Vec<u8>) {
    match provider.place() {
        Place::Headers(names) => {
            let ours = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
            for (_, value) in draft.fields.iter_mut().filter(|(name, _)| ours(name)) {
                *value = edit(value);
            }
        }
        Place::Json(path) => {
            for path in paths(provider, path, &draft.body) {
                let Some(value) = text_at(&path, &draft.body) else { continue };
                let edited = edit(value.as_bytes());
                let edited = String::from_utf8_lossy(&edited);
                draft.body = json::set(&draft.body, &path, &edited).unwrap_or_default();
            }
        }
        Place::Form(name) => {
            if let Some(value) = form::find(&draft.body, name) {
                draft.body = form::set(&draft.body, name, &edit(&value));
            }
        }
        Place::Query(name) => {
            let (path, query) = draft.target.split_once('?').unwrap_or((&draft.target, ""));
            if let Some(value) = form::find(query.as_bytes(), name) {
                let query = form::set(query.as_bytes(), name, &edit(&value));
                draft.target = format!("{path}?{}", String::from_utf8_lossy(&query));
            }
        }
    }
}

/// Takes the signature away.
pub(super) fn remove(provider: &Provider, draft: &mut Draft) {
    match provider.place() {
        Place::Headers(names) => names.iter().for_each(|name| draft.remove(name)),
        Place::Json(path) => {
            let places = paths(provider, path, &draft.body);
            let ours = |path: &str| places.iter().any(|place| place.as_str() == path);
            let without = with_members(&draft.body, |path, mut members| {
                members.retain(|member| !ours(&member.path_in(path)));
                members
            });
            if let Some(body) = without {
                draft.body = body;
            }
        }
        Place::Form(name) => draft.body = without(&draft.body, name),
        Place::Query(name) => {
            let Some((path, query)) = draft.target.split_once('?') else { return };
            let query = without(query.as_bytes(), name);
            let mark = if query.is_empty() { "" } else { "?" };
            draft.target = format!("{path}{mark}{}", String::from_utf8_lossy(&query));
        }
    }
}

fn text_at(path: &Path, body: &[u8]) -> Option<String> {
    path.find(body)?.text().map(std::borrow::Cow::into_owned)
}

/// The places in the body: one, or one an element.
fn paths(provider: &Provider, inner: &Path, body: &[u8]) -> Vec<Path> {
    let Some(array) = &provider.each else { return vec![inner.clone()] };
    let count = elements(body, array, MOST_ELEMENTS).map_or(0, |items| items.len());
    let path = |at| Path::parse(&format!("{}.{at}.{}", array.as_str(), inner.as_str()));
    (0..count).filter_map(path).collect()
}

/// The fields of a form, each byte for byte, without those of a name.
fn without(form: &[u8], name: &str) -> Vec<u8> {
    let ours = |field: &&[u8]| form::find(field, name).is_none();
    form.split(|byte| *byte == b'&').filter(ours).collect::<Vec<_>>().join(&b'&')
}

/// Where in a written value the signatures are; the whole value when there is none.
pub(super) fn spans(provider: &Provider, value: &[u8]) -> Vec<Range<usize>> {
    let rest = |mark: Option<usize>| mark.map_or(0, |at| at + 1)..value.len();
    let mut spans = Vec::new();
    match provider.kind() {
        Kind::Basic => spans.push(rest(value.iter().position(|byte| *byte == b' '))),
        kind if kind.is_token() => spans.push(rest(value.iter().rposition(|byte| *byte == b'.'))),
        _ => spans.extend(provider.value.read(value).signatures.iter().map(|part| {
            let start = (part.as_ptr() as usize).wrapping_sub(value.as_ptr() as usize);
            start..start.saturating_add(part.len())
        })),
    }
    if spans.is_empty() {
        spans.push(rest(None));
    }
    spans
}

/// The value with every signature in it replaced by what `edit` makes of it.
pub(super) fn edit_signatures(provider: &Provider, value: &[u8], edit: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (mut edited, mut at) = (Vec::with_capacity(value.len()), 0);
    for span in spans(provider, value) {
        edited.extend_from_slice(value.get(at..span.start).unwrap_or_default());
        edited.extend(edit(value.get(span.clone()).unwrap_or_default()));
        at = span.end;
    }
    edited.extend_from_slice(value.get(at..).unwrap_or_default());
    edited
}
