//! A request in the making.

use super::{CraftError, Workshop};
use crate::hook::check::request::Request;
use crate::hook::headers::{Head, Headers};
use crate::hook::provider::{Kind, Place};
use crate::hook::sample::Sample;
use crate::hook::target::{PathMode, Target};
use crate::hook::time::Timestamp;

/// One header field.
pub(super) type Field = (String, Vec<u8>);

/// A request before it is framed.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Scheme and authority.
    pub(super) origin: String,
    /// In their order; without Host and framing.
    pub(super) fields: Vec<Field>,
    pub(super) body: Vec<u8>,
}

impl Draft {
    /// A delivery of a sample, unsigned.
    pub(super) fn of(sample: &Sample, id: &str, happened: Timestamp, target: &Target) -> Self {
        let mut fields = vec![("Content-Type".to_owned(), sample.content_type.clone().into_bytes())];
        let vendors = sample.headers(happened, id).into_iter();
        fields.extend(vendors.map(|(name, value)| (name, value.into_bytes())));
        Self {
            method: sample.method.clone(),
            target: target.request_target("/", PathMode::Fixed),
            origin: target.origin().to_owned(),
            fields,
            body: sample.fresh(happened, id),
        }
    }

    /// The whole URL.
    pub(super) fn url(&self) -> String {
        format!("{}{}", self.origin, self.target)
    }

    /// The fields as a block.
    pub(super) fn headers(&self) -> Headers {
        Headers::from_pairs(self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    /// Takes every field of this name away.
    pub(super) fn remove(&mut self, name: &str) {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Puts a field in the place of those of its name, at the end.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.remove(name);
        self.fields.push((name.to_owned(), value.into()));
    }

    /// Frames it: the user's own fields, Host and the length.
    pub(super) fn finish(mut self, workshop: &Workshop, id: &str) -> Result<Request, CraftError> {
        for (name, value) in &workshop.headers {
            self.set(name, value.clone());
        }
        self.fields.insert(0, ("Host".to_owned(), workshop.target.authority().as_bytes().to_vec()));
        self.fields.push(("Content-Length".to_owned(), self.body.len().to_string().into_bytes()));
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let head = Head::build(&self.method, &self.target, fields)?;
        let secret_header = secret_header(workshop);
        Ok(Request { head, body: self.body.into(), id: id.to_owned(), secret_header })
    }
}

/// The header that carries the secret itself.
fn secret_header(workshop: &Workshop) -> Option<String> {
    let provider = &workshop.provider;
    match provider.place() {
        Place::Headers(names) if matches!(provider.kind(), Kind::Token | Kind::Basic) => {
            names.first().map(|name| name.to_string())
        }
        _ => None,
    }
}
