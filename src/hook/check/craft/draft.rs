//! A request in the making.

use super::{CraftError, Workshop};
use crate::hook::check::request::Request;
use crate::hook::encoding::Encoding;
use crate::hook::headers::{Head, Headers};
use crate::hook::provider::Kind;
use crate::hook::sample::Sample;
use crate::hook::signature::Key;
use crate::hook::target::{PathMode, Target};
use crate::hook::time::Timestamp;

/// One header field.
pub(super) type Field = (String, Vec<u8>);

/// What says where the body ends: the cases' own, never the user's.
const FRAMING: [&str; 2] = ["Content-Length", "Transfer-Encoding"];

/// How the body's end is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length.
    Length,
    /// In chunks.
    Chunks,
    /// Not at all: there is no body.
    Nothing,
}

/// How the names of header fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// As the vendor writes them.
    Vendors,
    /// In capitals.
    Upper,
    /// In small letters.
    Lower,
}

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
    pub(super) framing: Framing,
    pub(super) names: Names,
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
            framing: Framing::Length,
            names: Names::Vendors,
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

    /// Frames it: the user's own fields, Host and the end of the body. `right` are its right signatures.
    pub(super) fn finish(
        mut self,
        workshop: &Workshop,
        id: &str,
        right: Vec<Vec<u8>>,
    ) -> Result<Request, CraftError> {
        let framing = |name: &str| FRAMING.iter().any(|known| known.eq_ignore_ascii_case(name));
        for (name, value) in workshop.headers.iter().filter(|(name, _)| !framing(name)) {
            self.set(name, value.clone());
        }
        if !self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Host")) {
            self.fields.insert(0, ("Host".to_owned(), workshop.target.authority().as_bytes().to_vec()));
        }
        match self.framing {
            Framing::Length => self.set("Content-Length", self.body.len().to_string()),
            Framing::Chunks => {
                self.body = chunks(&self.body);
                self.set("Transfer-Encoding", "chunked");
            }
            Framing::Nothing => {}
        }
        let name = |name: &str| match self.names {
            Names::Vendors => name.to_owned(),
            Names::Upper => name.to_ascii_uppercase(),
            Names::Lower => name.to_ascii_lowercase(),
        };
        let fields = self.fields.iter().map(|(known, value)| (name(known), value.as_slice()));
        let head = Head::build(&self.method, &self.target, fields)?;
        let secret_header = secret_header(workshop, &self.fields);
        Ok(Request { head, body: self.body.into(), id: id.to_owned(), secret_header, right })
    }
}

/// The body in three chunks (RFC 9112, 7.1), so that no one chunk is the whole.
fn chunks(body: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(body.len().div_ceil(3).max(1)) {
        framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    framed
}

/// The header that holds the secret itself, or as much as half of it. Where a
/// case has put something else there, the header may be shown.
fn secret_header(workshop: &Workshop, fields: &[Field]) -> Option<String> {
    let key = workshop.keys.first().map(Key::secret)?;
    let written = match workshop.provider.kind() {
        Kind::Token => key.to_vec(),
        Kind::Basic => Encoding::Base64.encode(key).into_bytes(),
        _ => return None,
    };
    let half = written.get(..written.len().div_ceil(2)).filter(|half| !half.is_empty())?;
    let holds = |value: &[u8]| value.windows(half.len()).any(|part| part == half);
    fields.iter().find(|(_, value)| holds(value)).map(|(name, _)| name.clone())
}
