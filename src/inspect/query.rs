//! Reads the query of an address: the words of `events list`, and what a route
//! takes besides. A word that nobody takes is refused, never passed over.

use super::answer::Refused;
use crate::job::wanted::{WordError, Words};
use std::collections::BTreeMap;
use std::error::Error;
use std::str::FromStr;

/// What a query holds, by name; the last of equal names counts, as in a form.
#[derive(Debug)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of a name; an empty one is none.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    /// A number.
    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Refused> {
        let Some(text) = self.take(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_error| Refused::bad(format!("`{name}={text}` is no number")))
    }

    fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.take(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn flag(&mut self, name: &str) -> Result<bool, Refused> {
        match self.take(name).as_deref() {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(text) => Err(Refused::bad(format!("`{name}={text}` is neither 0 nor 1"))),
        }
    }

    /// The words that say which deliveries are wanted.
    pub(super) fn words(&mut self) -> Result<Words, Refused> {
        Ok(Words {
            types: self.list("type"),
            provider: self.take("provider"),
            verdict: self.list("verdict"),
            status: self.take("status"),
            since: self.take("since"),
            until: self.take("until"),
            text: self.take("text"),
            filter: self.take("filter"),
            undelivered: self.flag("undelivered")?,
            dead: self.flag("dead")?,
            marked: self.flag("marked")?,
        })
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), Refused> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refused::bad(format!("`{name}` is not known here"))),
        }
    }
}

impl From<WordError> for Refused {
    fn from(error: WordError) -> Self {
        let mut message = error.to_string();
        if let Some(source) = error.source() {
            message.push_str(": ");
            message.push_str(&source.to_string());
        }
        let refused = Self::new(400, "bad_filter", message);
        match error.hint() {
            Some(hint) => refused.hint(hint),
            None => refused,
        }
    }
}
