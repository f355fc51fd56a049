//! What in a body belongs to the scheme and must stay when members are taken away.

use crate::hook::provider::{Place, Provider, TimePlace};
use crate::hook::template::{Source, Template};

/// Members that a vendor's pages say may be absent or null.
const OPTIONAL: [(&str, &[&str]); 2] = [
    ("koji", &["data.participant", "data.structured_answers", "data.transcript_url"]),
    ("userjourneys", &["data.reference_id", "data.respondent_email", "data.respondent_id"]),
];

/// The paths that a vendor may leave out; nothing for most.
pub(super) fn optional(provider: &Provider) -> &'static [&'static str] {
    let found = OPTIONAL.iter().find(|(id, _)| *id == &**provider.id());
    found.map_or(&[], |(_, paths)| paths)
}

/// Whether the profile looks at this path, at something in it, or at what it is in.
pub(super) fn is_needed(provider: &Provider, path: &str) -> bool {
    let inside =
        |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    in_elements(provider, path)
        || needed(provider).iter().any(|known| known == path || inside(known, path) || inside(path, known))
}

/// Every path of JSON that the profile reads.
fn needed(provider: &Provider) -> Vec<String> {
    let facts = provider.event.iter().chain(&provider.delivery);
    let facts = facts.chain(provider.dedup.iter().flat_map(Template::sources)).filter_map(json_path);
    facts.chain(scheme(provider)).collect()
}

/// Every path of JSON where the signature is, or that it covers by name.
fn scheme(provider: &Provider) -> Vec<String> {
    let mut paths: Vec<String> = provider.each.iter().map(|path| path.as_str().to_owned()).collect();
    if let Place::Json(path) = provider.place() {
        paths.push(path.as_str().to_owned());
    }
    let time = match &provider.timestamp {
        Some(TimePlace::Source(source)) => Some(source),
        _ => None,
    };
    let claims = provider.claims.iter().map(|(_, claim)| claim);
    let covered = claims.chain([&provider.content]).flat_map(Template::sources);
    paths.extend(provider.id_source.iter().chain(time).chain(covered).filter_map(json_path));
    paths
}

fn json_path(source: &Source) -> Option<String> {
    match source {
        Source::Json(path) => Some(path.as_str().to_owned()),
        _ => None,
    }
}

/// Whether the scheme itself puts or reads something at this path or in it.
pub(super) fn belongs_to_scheme(provider: &Provider, path: &str) -> bool {
    let inside =
        |inner: &str| inner == path || inner.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    in_elements(provider, path) || scheme(provider).iter().any(|known| inside(known))
}

/// Whether it is in an array whose elements are signed one by one.
fn in_elements(provider: &Provider, path: &str) -> bool {
    let array = provider.each.as_ref().and_then(|array| path.strip_prefix(array.as_str()));
    array.is_some_and(|rest| rest.starts_with('.'))
}
