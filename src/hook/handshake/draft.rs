//! A request that is being put together: values put where sources look for them.

use super::ask::{Ask, AskError, Expected, Making, Step};
use crate::hook::delivery::Message;
use crate::hook::form;
use crate::hook::headers::Headers;
use crate::hook::json;
use crate::hook::provider::Provider;
use crate::hook::signature::Keys;
use crate::hook::template::Source;

/// A request that is being put together.
pub(super) struct Draft {
    pub(super) method: String,
    path: String,
    query: Vec<u8>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Draft {
    pub(super) fn new(with: &Making<'_>) -> Self {
        let (path, query) = with.target.split_once('?').unwrap_or((with.target, ""));
        Self {
            method: String::new(),
            path: path.to_owned(),
            query: query.as_bytes().to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn query_from(&mut self, query: &str) {
        for (name, value) in form::fields(query.as_bytes()) {
            self.query = form::set(&self.query, &String::from_utf8_lossy(&name), &value);
        }
    }

    pub(super) fn target(&self) -> String {
        let query = String::from_utf8_lossy(&self.query);
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// Puts a value where a source looks for it. With `kept`, what a payload
    /// already says is left as it is: a number is no string.
    pub(super) fn set(&mut self, source: &Source, value: &[u8], kept: bool) -> Result<(), AskError> {
        let text = String::from_utf8_lossy(value);
        match source {
            Source::Body if !kept => self.body = value.to_vec(),
            Source::Body | Source::Method => {}
            Source::Header(name) => {
                self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                self.headers.push((name.to_string(), value.to_vec()));
            }
            Source::Query(name) => self.query = form::set(&self.query, name, value),
            Source::Form(name) => self.body = form::set(&self.body, name, value),
            Source::Json(path) => {
                if kept && path.find(&self.body).is_some() {
                    return Ok(());
                }
                let body = if self.body.is_empty() { b"{}" } else { self.body.as_slice() };
                self.body = json::set(body, path, &text)
                    .map_err(|problem| AskError::Inconsistent(format!("`{source}`: {problem}")))?;
            }
            other => return Err(AskError::Inconsistent(format!("no request can be given a `{other}`"))),
        }
        Ok(())
    }

    /// Says what the body is.
    pub(super) fn typed(&mut self) {
        let is_json = matches!(self.body.first(), Some(b'{' | b'['));
        let kind = match (self.body.is_empty(), is_json) {
            (true, _) => return,
            (_, true) => "application/json",
            (_, false) => "application/x-www-form-urlencoded",
        };
        self.headers.insert(0, ("Content-Type".to_owned(), kind.as_bytes().to_vec()));
    }

    /// Signs it, or with `other` puts the signature of that body to it.
    pub(super) fn sign(
        &mut self,
        provider: &Provider,
        keys: &Keys,
        with: &Making<'_>,
        other: Option<&[u8]>,
    ) -> Result<(), AskError> {
        let headers = Headers::from_pairs(self.headers.iter().map(|(name, value)| (name.as_str(), value)));
        let target = self.target();
        let url = format!("{}{target}", with.origin);
        let message = Message {
            method: &self.method,
            target: &target,
            headers: &headers,
            body: other.unwrap_or(&self.body),
            url: Some(&url),
        };
        let signed = provider.sign(keys, &message, with.at, Some(with.id), None)?;
        for (name, value) in signed.headers {
            self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            self.headers.push((name, value));
        }
        if let Some(body) = signed.body {
            self.body = body;
        }
        if let Some((_, query)) = signed.target.as_deref().and_then(|target| target.split_once('?')) {
            self.query = query.as_bytes().to_vec();
        }
        Ok(())
    }

    pub(super) fn ask(self, step: Step, expected: Expected) -> Ask {
        let target = self.target();
        Ask { step, method: self.method, target, headers: self.headers, body: self.body, expected }
    }
}
