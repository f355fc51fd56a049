//! Whatever text is a template: it is read or refused, and what is read says
//! its sources in words that read back, and writes the same however it is asked.

use hookctl::hook::digest::{HashName, Tag};
use hookctl::hook::template::{Lookup, Source, Template};
use std::borrow::Cow;

/// A longer body finds nothing more and is only slower.
const LONGEST_BODY: usize = 256;

/// Every placeholder stands for the body, save for a few that stand for nothing.
struct Everything<'b>(&'b [u8]);

impl Lookup for Everything<'_> {
    fn lookup(&self, source: &Source) -> Option<Cow<'_, [u8]>> {
        match source {
            Source::Sig | Source::PublicKey => None,
            Source::Id => Some(Cow::Borrowed(b"")),
            _ => Some(Cow::Borrowed(self.0)),
        }
    }

    fn hmac(&self, data: &[u8]) -> Option<Tag> {
        Some(HashName::Sha256.digest(data))
    }
}

/// Parses the first line and renders it over the rest.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (text, body) = data.split_at(end);
    let Ok(text) = std::str::from_utf8(text) else { return };
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "a mistake is named");
            return;
        }
    };
    for source in template.sources() {
        assert_eq!(Source::parse(&source.to_string()).as_ref(), Ok(source), "a source reads back");
    }
    let lookup = Everything(body.get(..body.len().min(LONGEST_BODY)).unwrap_or_default());
    let mut written = Vec::new();
    template.render(&lookup, &mut written);
    if let Some(complete) = template.render_complete(&lookup) {
        assert_eq!(complete, written, "a complete rendering is the rendering");
    }
    if !text.contains('{') {
        assert_eq!(written, text.as_bytes(), "a literal stands for itself");
    }
}
