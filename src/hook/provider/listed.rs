//! Reads a profile's `signed_headers`: how the headers are signed that the
//! sender lists.

use super::error::ProfileError;
use super::reader::Reader;
use crate::hook::signature::covered::{NamesPlace, SignedHeaders};
use crate::hook::template::{Source, nearest};

pub(super) fn signed_headers(read: &Reader<'_>) -> Result<Option<SignedHeaders>, ProfileError> {
    let pairs = read.pairs("signed_headers")?;
    if pairs.is_empty() {
        return Ok(None);
    }
    let known = ["names", "split", "join", "pair", "always", "also"];
    if let Some((name, _, spot)) = pairs.iter().find(|(name, ..)| !known.contains(name)) {
        let near = nearest(name, known);
        return Err(spot.error("signed_headers", format!("there is no such setting `{name}`{near}")));
    }
    let text = |wanted: &str| pairs.iter().find(|(name, ..)| *name == wanted).map(|(_, text, _)| *text);
    let names = match text("names").map(|text| (text, Source::parse(text))) {
        Some(("sig", _)) => NamesPlace::Value,
        Some((_, Ok(Source::Header(name)))) => NamesPlace::Header(name),
        _ => return Err(read.error("signed_headers", "needs `names`: sig or header:NAME")),
    };
    let split = text("split").filter(|split| !split.is_empty());
    let split = split.ok_or_else(|| read.error("signed_headers", "needs `split`, between two names"))?;
    let list = |name| {
        let names = text(name).unwrap_or_default().split(split).map(str::trim);
        names.filter(|name| !name.is_empty()).map(|name| name.to_ascii_lowercase().into()).collect()
    };
    Ok(Some(SignedHeaders {
        names,
        split: split.into(),
        join: text("join").unwrap_or_default().into(),
        pair: text("pair").map(Into::into),
        always: list("always"),
        also: list("also"),
    }))
}
