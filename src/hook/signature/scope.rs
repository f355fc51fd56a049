//! What the placeholders of a template stand for in one message.

use super::covered::{Added, SignedHeaders, header};
use super::key::Key;
use super::{params, url};
use crate::hook::delivery::Message;
use crate::hook::digest::{Sink as _, Tag};
use crate::hook::form;
use crate::hook::json::{Path, PathSet, Picks};
use crate::hook::template::{Lookup, Source};
use std::borrow::Cow;

/// A message with what goes with it.
pub(in crate::hook) struct Scope<'a> {
    pub(in crate::hook) message: &'a Message<'a>,
    /// The JSON that paths start from: the body, or one element of an array in it.
    pub(in crate::hook) json: &'a [u8],
    pub(in crate::hook) picks: Option<Picks<'a>>,
    pub(in crate::hook) url: Option<&'a str>,
    pub(in crate::hook) timestamp: Option<&'a [u8]>,
    pub(in crate::hook) id: Option<&'a [u8]>,
    pub(in crate::hook) public_key: Option<&'a str>,
    pub(in crate::hook) webhook_id: Option<&'a str>,
    pub(in crate::hook) key: Option<&'a Key>,
    /// The list of signed headers, and how the profile writes them.
    pub(in crate::hook) names: Option<&'a [u8]>,
    pub(in crate::hook) covered: Option<&'a SignedHeaders>,
    /// Headers that are about to be sent with the message.
    pub(in crate::hook) added: Added<'a>,
}

impl<'a> Scope<'a> {
    pub(in crate::hook) fn new(message: &'a Message<'a>) -> Self {
        Self {
            message,
            json: message.body,
            picks: None,
            url: None,
            timestamp: None,
            id: None,
            public_key: None,
            webhook_id: None,
            key: None,
            names: None,
            covered: None,
            added: &[],
        }
    }

    /// Reads these paths now, in one pass, instead of one by one.
    pub(in crate::hook) fn with_paths(mut self, paths: &'a PathSet) -> Self {
        self.picks = Some(paths.pick(self.json));
        self
    }

    /// The same message with its paths starting at one element of its body.
    pub(in crate::hook) fn within(mut self, json: &'a [u8]) -> Self {
        self.json = json;
        self.picks = None;
        self
    }

    fn json_text(&self, path: &Path) -> Option<Cow<'_, [u8]>> {
        let found = match self.picks.as_ref().and_then(|picks| picks.get(path)) {
            Some(found) => found?,
            None => path.find(self.json)?,
        };
        Some(match found.text()? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    fn url(&self) -> Cow<'_, str> {
        self.url.map_or_else(|| url::url_of(self.message), Cow::Borrowed)
    }
}

impl Lookup for Scope<'_> {
    fn lookup(&self, source: &Source) -> Option<Cow<'_, [u8]>> {
        let (path, query) = match self.message.target.split_once('?') {
            Some((path, query)) => (path, query),
            None => (self.message.target, ""),
        };
        match source {
            Source::Body => Some(Cow::Borrowed(self.message.body)),
            Source::Ts => self.timestamp.map(Cow::Borrowed),
            Source::Id => self.id.map(Cow::Borrowed),
            Source::Url => Some(match self.url() {
                Cow::Borrowed(url) => Cow::Borrowed(url.as_bytes()),
                Cow::Owned(url) => Cow::Owned(url.into_bytes()),
            }),
            Source::Method => Some(Cow::Borrowed(self.message.method.as_bytes())),
            Source::Path => Some(Cow::Borrowed(path.as_bytes())),
            Source::Target => Some(Cow::Borrowed(self.message.target.as_bytes())),
            Source::Secret => self.key.map(|key| Cow::Borrowed(key.secret())),
            Source::Sig => None,
            Source::Params => Some(Cow::Owned(params::params(&self.url(), self.message.body))),
            Source::PublicKey => self.public_key.map(|key| Cow::Borrowed(key.as_bytes())),
            Source::WebhookId => self.webhook_id.map(|id| Cow::Borrowed(id.as_bytes())),
            Source::SignedNames => self.names.map(Cow::Borrowed),
            Source::SignedHeaders => {
                let written = self.covered?.write(self.names?, self.added, self.message.headers);
                Some(Cow::Owned(written))
            }
            Source::Header(name) => header(self.added, self.message.headers, name).map(Cow::Borrowed),
            Source::Json(path) => self.json_text(path),
            Source::Form(name) => form::find(self.message.body, name),
            Source::Query(name) => form::find(query.as_bytes(), name),
        }
    }

    fn hmac(&self, data: &[u8]) -> Option<Tag> {
        let mut mac = self.key?.mac();
        mac.write(data);
        Some(mac.finish())
    }
}
