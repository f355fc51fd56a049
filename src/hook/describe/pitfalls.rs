//! What people get wrong: the profile's own remarks, then what follows from the
//! scheme itself.

use super::words::{code, listed, sentence};
use crate::hook::json::Path;
use crate::hook::provider::{Cover, Kind, Provider};
use crate::hook::template::{Source, Template};
use std::sync::Arc;

/// The pitfalls of a provider among others.
pub(super) fn pitfalls(provider: &Provider, others: &[Arc<Provider>]) -> Vec<String> {
    let note = provider.note().map(sentence);
    let own = provider.pitfalls().iter().map(ToString::to_string);
    let follow = [
        fields_alone(provider),
        url(provider),
        unsigned_headers(provider),
        several_events(provider),
        superseded(provider, others),
    ];
    note.into_iter().chain(own).chain(follow.into_iter().flatten()).collect()
}

/// A note on such a scheme says it already.
fn fields_alone(provider: &Provider) -> Option<String> {
    let unsaid = provider.note().is_none() && matches!(provider.kind(), Kind::Hmac | Kind::Hash);
    (unsaid && provider.cover() == Cover::Fields)
        .then(|| "Only some fields are signed: the rest of the body could be anybody's.".to_owned())
}

fn url(provider: &Provider) -> Option<String> {
    let whole = |source: &Source| matches!(source, Source::Url | Source::Params);
    let claims = provider.claims.iter().map(|(_, claim)| claim);
    let signed = claims.chain([&provider.content]).flat_map(Template::sources).any(whole);
    (provider.signs_url() && signed).then(|| {
        "The URL is signed as the vendor knows it: behind a tunnel or a proxy the application sees another one, and has \
         to put the public scheme, host and query back."
            .to_owned()
    })
}

/// Event and id are often read from headers that the signature does not cover.
fn unsigned_headers(provider: &Provider) -> Option<String> {
    // Where nothing is signed, that is said; where headers are, which ones is the sender's choice.
    if matches!(provider.kind, Kind::Token | Kind::Basic) || provider.signed_headers.is_some() {
        return None;
    }
    let signed = |place: &Source| {
        let as_id = provider.id_source.as_ref() == Some(place) && provider.content.uses(&Source::Id);
        as_id || provider.content.uses(place)
    };
    let mut names: Vec<String> = Vec::new();
    for place in provider.event.iter().chain(&provider.delivery).filter(|place| !signed(place)) {
        if let Source::Header(name) = place
            && !names.contains(&code(name))
        {
            names.push(code(name));
        }
    }
    let (are, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    let names = Some(listed(&names, "and")).filter(|names| !names.is_empty())?;
    Some(format!("{names} {are} not signed: whoever sends a recorded delivery again can change {them}."))
}

/// A list of which only the first is named.
fn several_events(provider: &Provider) -> Option<String> {
    let list = provider.event.iter().find_map(|place| match place {
        Source::Json(path) => list_in(path),
        _ => None,
    })?;
    let list = if list.is_empty() { "The body".to_owned() } else { format!("The body's {}", code(list)) };
    Some(format!(
        "{list} is a list: one delivery may bring several events, of which hookctl names the first."
    ))
}

/// The part of a path before its first index.
fn list_in(path: &Path) -> Option<&str> {
    let text = path.as_str();
    let mut start = 0;
    for part in text.split('.') {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(text.get(..start).unwrap_or_default().trim_end_matches('.'));
        }
        start += part.len() + 1;
    }
    None
}

fn superseded(provider: &Provider, others: &[Arc<Provider>]) -> Option<String> {
    let by = others.iter().filter(|other| other.supersedes.iter().any(|id| **id == **provider.id()));
    let by: Vec<String> = by.map(|other| code(other.id())).collect();
    let by = Some(listed(&by, "or")).filter(|by| !by.is_empty())?;
    Some(format!("Where a delivery carries the signature of {by} as well, hookctl judges that one."))
}
