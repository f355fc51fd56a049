//! What a signature covers and what it would be, for a person to compare.
//!
//! Judges nothing. A whole expected signature never leaves this file: it would
//! be a valid one; nor does anything of a secret that is sent as it is.

use super::covered::NamesPlace;
use super::key::{Key, Keys};
use super::scope::Scope;
use super::verify::{MOST_VALUES, Outcome};
use super::{MOST_ELEMENTS, url};
use crate::hook::delivery::Message;
use crate::hook::digest::{Sink, Tag};
use crate::hook::json::elements;
use crate::hook::provider::{Kind, Place, Provider, TimePlace};
use crate::hook::template::Source;
use std::borrow::Cow;

/// What is shown of signed bytes at the most.
pub const MOST_SIGNED: usize = 4096;

/// A signature for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The beginning of what is signed, up to [`MOST_SIGNED`] bytes, `(secret)` in the place of a
    /// secret; `None` where nothing is signed or a part of it is missing.
    pub signed: Option<Vec<u8>>,
    /// How long the whole of it is.
    pub signed_bytes: u64,
    /// The beginning and the end of what the signature would be under the known keys.
    pub expected: Option<String>,
    /// The beginning and the end of the one that came.
    pub received: Option<String>,
    /// The header that carries it, where a header does.
    pub header: Option<String>,
}

/// Keeps the first bytes and counts the rest.
#[derive(Default)]
struct First {
    kept: Vec<u8>,
    whole: u64,
}

impl Sink for First {
    fn write(&mut self, bytes: &[u8]) {
        let room = MOST_SIGNED.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.whole = self.whole.saturating_add(bytes.len() as u64);
    }
}

/// What goes along with a signature, as it came.
struct Along<'m> {
    timestamp: Option<Cow<'m, [u8]>>,
    id: Option<Cow<'m, [u8]>>,
    names: Option<Cow<'m, [u8]>>,
}

impl Provider {
    /// Shows the signature of a message, with what it would be where there are keys.
    pub fn show_signature(&self, keys: Option<&Keys>, message: &Message<'_>) -> Shown {
        let mut shown = Shown { header: self.header_of(message), ..Shown::default() };
        let is_secret = matches!(self.kind, Kind::Token | Kind::Basic);
        let element = match &self.each {
            None => Cow::Borrowed(message.body),
            Some(path) => match elements(message.body, path, MOST_ELEMENTS).as_deref() {
                Some([first, ..]) => Cow::Owned(first.as_bytes().to_vec()),
                _ => return shown,
            },
        };
        let outer = Scope::new(message).within(&element);
        let values = self.values(&outer).unwrap_or_default();
        let mut read = values.iter().take(MOST_VALUES).filter_map(|value| self.written_in(value).ok());
        let Some(written) = read.next().filter(|_| !is_secret) else { return shown };
        shown.received = written.signatures.first().map(|bytes| shortened(&String::from_utf8_lossy(bytes)));
        if self.kind.is_token() {
            return shown;
        }
        let inside = (written.timestamp, written.names);
        if let Ok(along) = self.along(&outer, inside) {
            self.show_content(&mut shown, keys, message, &element, &along);
        }
        shown
    }

    /// The header of the signature that is there, else the first that may be.
    fn header_of(&self, message: &Message<'_>) -> Option<String> {
        let Place::Headers(names) = &self.place else { return None };
        let there = names.iter().find(|name| message.headers.get(name).is_some());
        there.or(names.first()).map(ToString::to_string)
    }

    /// What the content needs beside the body; an error when something of it is missing.
    fn along<'m>(
        &self,
        scope: &'m Scope<'m>,
        (time, names): (Option<&'m [u8]>, Option<&'m [u8]>),
    ) -> Outcome<Along<'m>> {
        let timestamp = match (&self.timestamp, time) {
            (Some(TimePlace::Source(_)), _) if self.content.uses(&Source::Ts) => {
                self.timestamp_beside(scope)?
            }
            (_, time) => time.map(Cow::Borrowed),
        };
        let covered = self.signed_headers.as_ref().map(|covered| &covered.names);
        let names = match covered {
            Some(NamesPlace::Header(_)) => self.names_beside(scope)?,
            _ => names.map(Cow::Borrowed),
        };
        self.check_names(names.as_deref(), scope.message)?;
        Ok(Along { timestamp, id: self.id_beside(scope)?, names })
    }

    fn show_content(
        &self,
        shown: &mut Shown,
        keys: Option<&Keys>,
        message: &Message<'_>,
        json: &[u8],
        along: &Along<'_>,
    ) {
        if self.content.uses(&Source::Ts) && along.timestamp.is_none() {
            return;
        }
        let url = url::forms(self, url::url_of(message)).into_iter().next();
        let under = |key| Scope {
            timestamp: along.timestamp.as_deref(),
            id: along.id.as_deref(),
            url: url.as_deref(),
            webhook_id: keys.and_then(Keys::webhook_id),
            key,
            names: along.names.as_deref(),
            covered: self.signed_headers.as_ref(),
            ..Scope::new(message).within(json)
        };
        let content = self.content.with_text(&Source::Secret, "(secret)");
        if !content.needs_key() {
            let mut first = First::default();
            content.render(&under(None), &mut first);
            (shown.signed, shown.signed_bytes) = (Some(first.kept), first.whole);
        }
        let Some(keys) = keys.filter(|_| !self.kind.has_key_pair()) else { return };
        let tags: Vec<Tag> = keys.iter().map(|key: &Key| self.tag(key, &under(Some(key)))).collect();
        let expected = tags.iter().map(|tag| shortened(&self.encode.encode(tag.as_bytes())));
        // With several keys the one that holds, where one does: its ends are those that came.
        let mut expected: Vec<String> = expected.collect();
        let held = expected.iter().position(|text| Some(text) == shown.received.as_ref());
        shown.expected = match held {
            Some(at) => Some(expected.swap_remove(at)),
            None => expected.into_iter().next(),
        };
    }
}

/// The two ends of a signature; less of a short one.
fn shortened(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match letters.as_slice() {
        [a, b, c, d, e, f, g, h, _, _, _, _, _, .., w, x, y, z] => {
            [*a, *b, *c, *d, *e, *f, *g, *h, '\u{2026}', *w, *x, *y, *z].iter().collect()
        }
        [a, b, _, _, ..] => [*a, *b, '\u{2026}'].iter().collect(),
        _ => "\u{2026}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;
    use crate::hook::provider::Catalogue;
    use crate::hook::secret::Secret;
    use crate::hook::time::Timestamp;

    const BODY: &[u8] = br#"{"type":"a","id":"1","n":1}"#;

    fn shown(id: &str, secret: &str, body: &[u8]) -> (Shown, Shown) {
        let provider = Catalogue::builtin().get(id).unwrap();
        let keys = provider.keys(&[Secret::new(secret).unwrap()]).unwrap();
        let bare = Headers::from_pairs([("Host", "example.test")]);
        let url = Some("https://example.test/in");
        let message = Message { method: "POST", target: "/in", headers: &bare, body, url };
        let signed =
            provider.sign(&keys, &message, Timestamp::from_seconds(1_700_000_000), Some("msg_1"), None);
        let signed = signed.unwrap();
        let headers =
            Headers::from_pairs(signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
        let message = Message { headers: &headers, body: signed.body.as_deref().unwrap_or(body), ..message };
        (provider.show_signature(Some(&keys), &message), provider.show_signature(None, &message))
    }

    #[test]
    fn what_was_signed_and_both_values_stand_beside_each_other() {
        let (with, without) = shown("standard-webhooks", "whsec_ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtl", BODY);
        let signed = [b"msg_1.1700000000.", BODY].concat();
        assert_eq!(with.signed.as_deref(), Some(signed.as_slice()));
        assert_eq!(with.signed_bytes, signed.len() as u64);
        assert_eq!(with.header.as_deref(), Some("webhook-signature"));
        assert_eq!(
            (&with.expected, with.received.as_ref().map(|text| text.chars().count())),
            (&with.received, Some(13))
        );
        assert_eq!(without, Shown { expected: None, ..with });
    }

    #[test]
    fn a_long_body_is_shown_by_its_beginning() {
        let body = vec![b'x'; 3 * MOST_SIGNED];
        let (with, _) = shown("github", "fake-secret", &body);
        assert_eq!(with.signed.map(|signed| signed.len()), Some(MOST_SIGNED));
        assert_eq!(with.signed_bytes, body.len() as u64);
    }

    #[test]
    fn a_secret_that_is_sent_is_not_shown() {
        let (with, _) = shown("gitlab-token", "fake-secret-that-nobody-may-see", BODY);
        assert_eq!(with, Shown { header: with.header.clone(), ..Shown::default() });
    }

    #[test]
    fn no_scheme_shows_a_whole_signature_or_its_secret() {
        use crate::hook::template::Source;
        let mut compared = 0;
        for provider in Catalogue::builtin().all() {
            if provider.kind().has_key_pair() || provider.kind().is_token() {
                continue;
            }
            if provider.content.uses(&Source::Params)
                || provider.signs_webhook_id()
                || provider.sends_public_key()
            {
                continue;
            }
            let secret = "ZmFrZWZha2VmYWtlZmFrZWZha2VmYWtl";
            let secret = if provider.kind() == Kind::Basic { "user:fakefakefakefake" } else { secret };
            let Ok(keys) = provider.keys(&[Secret::new(secret).unwrap()]) else { continue };
            let bare = Headers::from_pairs([("Host", "example.test")]);
            let url = Some("https://example.test/in");
            let message = Message { method: "POST", target: "/in", headers: &bare, body: BODY, url };
            let at = Timestamp::from_seconds(1_700_000_000);
            let Ok(signed) = provider.sign(&keys, &message, at, Some("msg_1"), None) else { continue };
            let pairs = signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
            let (headers, body) = (Headers::from_pairs(pairs), signed.body.as_deref().unwrap_or(BODY));
            let target = signed.target.as_deref().unwrap_or("/in");
            let url = format!("https://example.test{target}");
            let message = Message { headers: &headers, body, target, url: Some(&url), ..message };
            let shown = provider.show_signature(Some(&keys), &message);
            let all =
                format!("{shown:?}{}", String::from_utf8_lossy(shown.signed.as_deref().unwrap_or_default()));
            assert!(!all.contains(secret), "{}: {all}", provider.id());
            for text in [&shown.expected, &shown.received].into_iter().flatten() {
                assert!(text.chars().count() <= 13, "{}: {text}", provider.id());
            }
            if shown.expected.is_some() {
                assert_eq!(shown.expected, shown.received, "{}", provider.id());
                compared += 1;
            }
        }
        assert!(compared > 40, "{compared}");
    }
}
