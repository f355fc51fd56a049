//! The scheme: another one of the same vendor, another hash, another content.

use super::Mistake;
use super::attempts::{Attempts, changed, idea};
use super::spelling::{self, Observed};
use crate::hook::digest::HashName;
use crate::hook::provider::{Catalogue, Kind, Provider};
use crate::hook::template::{Source, Template};
use std::sync::Arc;

/// More schemes than any vendor has.
const MOST_RELATIVES: usize = 8;

/// The other schemes of the same vendor: those whose id begins with the same
/// word, and those that one of them names as superseded.
pub fn relatives(catalogue: &Catalogue, provider: &Provider) -> Vec<Arc<Provider>> {
    let family = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
    let own = family(provider.id());
    let ids = catalogue.ids();
    let kin =
        ids.iter().filter(|id| family(id) == own || provider.supersedes.iter().any(|old| **old == ***id));
    kin.filter(|id| ***id != **provider.id())
        .take(MOST_RELATIVES)
        .filter_map(|id| catalogue.get(id).ok())
        .collect()
}

/// What people sign in place of what the scheme signs.
const CONTENTS: [&str; 24] = [
    "{body}",
    "{ts}.{body}",
    "{ts}{body}",
    "{ts}:{body}",
    "v0:{ts}:{body}",
    "v1:{ts}:{body}",
    "{body}{ts}",
    "{body}.{ts}",
    "{id}.{ts}.{body}",
    "{ts}.{id}.{body}",
    "{id}{ts}{body}",
    "{id}.{body}",
    "{url}{body}",
    "{body}{url}",
    "{url}{ts}{body}",
    "{method}{url}{body}",
    "{url}",
    "{path}{body}",
    "{method}{path}{body}",
    "{body|sha256|hex}",
    "{body|sha256}",
    "{body|base64}",
    "{body|lower}",
    "{ts}\n{body}",
];

/// What people hash in place of an HMAC.
const HASHED: [(&str, &str); 5] = [
    ("{body}", "of the body, without any secret"),
    ("{secret}{body}", "of the secret and the body"),
    ("{body}{secret}", "of the body and the secret"),
    ("{secret}.{body}", "of the secret, a dot and the body"),
    ("{secret}:{body}", "of the secret, a colon and the body"),
];

const HASHES: [HashName; 3] = [HashName::Sha256, HashName::Sha1, HashName::Sha512];

/// What may be the case whatever form the signature has.
pub(super) fn of_family(attempts: &mut Attempts<'_>) -> bool {
    let found = spelling::observed(attempts);
    of_relatives(attempts, &found)
        || (is_keyed(attempts.case.provider)
            && (other_hash(attempts, &found) || plain_hash(attempts, &found)))
}

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    is_keyed(attempts.case.provider) && other_content(attempts)
}

fn is_keyed(provider: &Provider) -> bool {
    provider.kind == Kind::Hmac && provider.each.is_none()
}

/// The relative's own delivery, or its scheme written into this one's header.
fn of_relatives(attempts: &mut Attempts<'_>, found: &[Observed]) -> bool {
    let case = attempts.case;
    case.relatives.iter().any(|relative| {
        let try_as =
            || idea(Mistake::OtherScheme, format!("`{}`, another scheme of the vendor", relative.id()));
        if attempts.scheme_holds(try_as(), relative) {
            return true;
        }
        let mixed = changed(relative, |provider| {
            provider.place = case.provider.place.clone();
            provider.value = case.provider.value.clone();
        });
        let written_here = || {
            let what = format!("`{}` in the header of `{}`", relative.id(), case.provider.id());
            idea(Mistake::OtherScheme, what)
        };
        matches!(relative.kind, Kind::Hmac | Kind::Hash)
            && on_each(attempts, found, &mixed, |attempts, headers| {
                attempts.scheme_holds_on(written_here(), &mixed, headers)
            })
    })
}

/// Tries a scheme with each digest of its length written the way it writes them.
fn on_each(
    attempts: &mut Attempts<'_>,
    found: &[Observed],
    provider: &Provider,
    mut holds: impl FnMut(&mut Attempts<'_>, &crate::hook::headers::Headers) -> bool,
) -> bool {
    found.iter().filter(|found| found.tag.len() == provider.hash.bytes()).any(|found| {
        spelling::written(attempts, provider, found).is_some_and(|headers| holds(attempts, &headers))
    })
}

fn other_hash(attempts: &mut Attempts<'_>, found: &[Observed]) -> bool {
    let own = attempts.case.provider;
    HASHES.into_iter().filter(|hash| *hash != own.hash).any(|hash| {
        let provider = changed(own, |provider| provider.hash = hash);
        let what = format!("an HMAC with {} and not {}", hash.title(), own.hash.title());
        on_each(attempts, found, &provider, |attempts, headers| {
            attempts.scheme_holds_on(idea(Mistake::OtherHash, what.clone()), &provider, headers)
        })
    })
}

fn plain_hash(attempts: &mut Attempts<'_>, found: &[Observed]) -> bool {
    let own = attempts.case.provider;
    HASHES.into_iter().any(|hash| {
        HASHED.iter().any(|(content, words)| {
            let Ok(content) = Template::parse(content) else { return false };
            let provider = changed(own, |provider| {
                (provider.kind, provider.hash, provider.content) = (Kind::Hash, hash, content);
            });
            let what = format!("a plain {} {words}", hash.title());
            on_each(attempts, found, &provider, |attempts, headers| {
                attempts.scheme_holds_on(idea(Mistake::PlainHash, what.clone()), &provider, headers)
            })
        })
    })
}

fn other_content(attempts: &mut Attempts<'_>) -> bool {
    let own = attempts.case.provider;
    CONTENTS.iter().any(|text| {
        let Ok(content) = Template::parse(text) else { return false };
        let known = |source: &Source| match source {
            Source::Ts => own.timestamp.is_some(),
            Source::Id => own.id_source.is_some(),
            _ => true,
        };
        if content == own.content || !content.sources().all(known) {
            return false;
        }
        let what = format!("a signature of `{}`", text.escape_default());
        let provider = changed(own, |provider| provider.content = content);
        attempts.scheme_holds(idea(Mistake::ContentOtherwise, what), &provider)
    })
}
