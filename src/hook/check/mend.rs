//! What to do about a finding, in the user's language where that is known.

use super::case::Case;
use super::finding::Symptom;
use crate::hook::headers::Headers;
use std::borrow::Cow;

pub use crate::hook::handler::Language;

impl Language {
    /// What the fields of an answer give away, such as `X-Powered-By: Express`.
    pub fn of(headers: &Headers) -> Option<Self> {
        let _ = headers;
        None
    }
}

/// What to do: by symptom and language where there is such advice, else the case's own.
pub fn mend(case: &'static Case, symptom: Option<Symptom>, language: Option<Language>) -> Cow<'static, str> {
    let _ = (symptom, language);
    Cow::Borrowed(&case.mend)
}
