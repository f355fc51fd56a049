//! Other providers that use the same header, and what tells them apart.

use super::settings;
use super::words::{code, condition, listed, setting, written};
use crate::hook::provider::{Kind, Provider, TimePlace};
use crate::hook::template::Source;
use std::sync::Arc;

/// Providers that share a header with another, and are told from it in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rivals {
    /// Their ids, in the order of the catalogue.
    pub ids: Vec<Arc<str>>,
    /// What tells them apart; `None` when nothing in a request does.
    pub told_by: Option<String>,
}

/// Everybody among `others` whose signature is in a header that `provider` uses too.
pub(super) fn rivals(provider: &Provider, others: &[Arc<Provider>]) -> Vec<Rivals> {
    let mut groups: Vec<Rivals> = Vec::new();
    for other in others.iter().filter(|other| other.id() != provider.id() && shares(provider, other)) {
        let told_by = told_by(provider, other);
        match groups.iter_mut().find(|group| group.told_by == told_by) {
            Some(group) => group.ids.push(Arc::clone(other.id())),
            None => groups.push(Rivals { ids: vec![Arc::clone(other.id())], told_by }),
        }
    }
    // What cannot be told apart is what has to be known first.
    groups.sort_by_key(|group| group.told_by.is_some());
    groups
}

fn shares(provider: &Provider, other: &Provider) -> bool {
    let known = |name: &str| provider.signature_headers().iter().any(|own| own.eq_ignore_ascii_case(name));
    other.signature_headers().iter().any(|name| known(name))
}

/// The first difference, from the surest to the weakest.
fn told_by(provider: &Provider, other: &Provider) -> Option<String> {
    if provider.kind != other.kind {
        return Some(carried(other));
    }
    if form(provider) != form(other) {
        let value = setting(other, "value", "{sig}");
        return Some(format!("written as {} ({})", code(&value), other.algorithm()));
    }
    if !other.detect.is_empty() && settings(provider).get("detect") != settings(other).get("detect") {
        let conditions: Vec<String> = other.detect.iter().map(|one| condition(other, one)).collect();
        return Some(format!("where {}", listed(&conditions, "and")));
    }
    let (own, its) = (headers(provider), headers(other));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let known = |name: &String| those.iter().any(|other| other.eq_ignore_ascii_case(name));
        these.iter().filter(|name| !known(name)).map(|name| code(name)).collect()
    };
    let (missing, more) = (only(&own, &its), only(&its, &own));
    if !more.is_empty() {
        return Some(format!("sent with {}", listed(&more, "and")));
    }
    if !missing.is_empty() {
        return Some(format!("sent without {}", listed(&missing, "and")));
    }
    if !provider.detect.is_empty() {
        let conditions: Vec<String> = provider.detect.iter().map(|one| condition(provider, one)).collect();
        return Some(format!("not where {}", listed(&conditions, "and")));
    }
    let paths = |provider: &Provider| -> Vec<String> {
        let facts = provider.event.iter().chain(&provider.delivery);
        facts.filter(|place| matches!(place, Source::Json(_))).map(ToString::to_string).collect()
    };
    let (own, its) = (paths(provider), paths(other));
    let fields: Vec<String> = its
        .iter()
        .filter(|path| !own.contains(path))
        .map(|path| code(path.strip_prefix("json:").unwrap_or(path)))
        .collect();
    (!fields.is_empty()).then(|| format!("perhaps by {} in the body", listed(&fields, "and")))
}

/// What a header of this kind carries.
fn carried(other: &Provider) -> String {
    match other.kind {
        Kind::Token => "carries the secret itself".to_owned(),
        Kind::Basic => "carries HTTP Basic credentials".to_owned(),
        Kind::JwtHs | Kind::JwtEs256 => "carries a JSON Web Token".to_owned(),
        _ => format!("written as {} ({})", code(&setting(other, "value", "{sig}")), other.algorithm()),
    }
}

/// What the value looks like.
fn form(provider: &Provider) -> (String, String, String) {
    (setting(provider, "value", "{sig}"), setting(provider, "list", ""), provider.algorithm())
}

/// The headers beside the signature.
fn headers(provider: &Provider) -> Vec<String> {
    let time = match &provider.timestamp {
        Some(TimePlace::Source(source)) => Some(source),
        _ => None,
    };
    let sources = provider.id_source.iter().chain(time).chain(&provider.event).chain(&provider.delivery);
    let named = sources.filter_map(|source| match source {
        Source::Header(name) => Some(name.to_string()),
        _ => None,
    });
    // A header that always says the same is told by what it says.
    let extra = provider.extra.iter().map(|(name, value)| format!("{name}: {}", written(value)));
    let mut names: Vec<String> = named.chain(extra).collect();
    names.dedup();
    names
}
