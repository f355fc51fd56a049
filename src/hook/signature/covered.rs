//! Headers that a signature covers because the sender lists them with it.
//!
//! The list comes from a stranger: it is bounded, every name in it must be
//! there, and what the profile says is always signed must be in it.

use crate::hook::headers::Headers;
use std::borrow::Cow;

/// More names than any sender lists.
const MOST_NAMES: usize = 64;

/// Where the list of names is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::hook) enum NamesPlace {
    /// Inside the signature's value, at `{signed_names}`.
    Value,
    /// In a header of its own.
    Header(Box<str>),
}

/// A profile's `signed_headers`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::hook) struct SignedHeaders {
    pub(in crate::hook) names: NamesPlace,
    /// Between two names of the list.
    pub(in crate::hook) split: Box<str>,
    /// Between two signed headers.
    pub(in crate::hook) join: Box<str>,
    /// Between the name and the value of one; `None` where only the values are signed.
    pub(in crate::hook) pair: Option<Box<str>>,
    /// Names in small letters that every list must hold.
    pub(in crate::hook) always: Vec<Box<str>>,
    /// Names in small letters that hookctl lists as well when it signs and they are there.
    pub(in crate::hook) also: Vec<Box<str>>,
}

/// Headers that a signature adds to a message, and that it covers itself.
pub(in crate::hook) type Added<'a> = &'a [(String, Vec<u8>)];

/// The value of a header, of those that are about to be sent before those that are there.
pub(in crate::hook) fn header<'a>(added: Added<'a>, headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    let new = added.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    new.map(|(_, value)| value.as_slice()).or_else(|| headers.get(name))
}

/// Why a list cannot be what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListError {
    /// It has more names than any sender lists.
    TooMany,
    /// It holds something that is no name.
    BadName,
    /// A header that must be signed is not listed.
    LeftOut(Box<str>),
    /// A listed header is not there.
    Missing(String),
}

impl SignedHeaders {
    fn names<'n>(&'n self, list: &'n [u8]) -> impl Iterator<Item = &'n str> {
        let text = std::str::from_utf8(list).unwrap_or_default();
        text.split(&*self.split).map(str::trim).filter(|name| !name.is_empty()).take(MOST_NAMES + 1)
    }

    /// Whether the time in this header is signed in any case.
    pub(in crate::hook) fn always_signs(&self, header: &str) -> bool {
        self.always.iter().any(|name| name.eq_ignore_ascii_case(header))
    }

    /// Judges a list that came from outside.
    pub(super) fn check(&self, list: &[u8], headers: &Headers) -> Result<(), ListError> {
        if std::str::from_utf8(list).is_err() {
            return Err(ListError::BadName);
        }
        if self.names(list).nth(MOST_NAMES).is_some() {
            return Err(ListError::TooMany);
        }
        let listed = |name: &str| self.names(list).any(|known| known.eq_ignore_ascii_case(name));
        if let Some(left_out) = self.always.iter().find(|name| !listed(name)) {
            return Err(ListError::LeftOut(left_out.clone()));
        }
        match self.names(list).find(|name| headers.get(name).is_none()) {
            Some(missing) => Err(ListError::Missing(missing.to_owned())),
            None => Ok(()),
        }
    }

    /// The list for a message about to be signed.
    pub(super) fn choose(&self, added: Added<'_>, headers: &Headers) -> String {
        let there = self.also.iter().filter(|name| header(added, headers, name).is_some());
        let mut names: Vec<&str> = self.always.iter().chain(there).map(|name| &**name).collect();
        names.sort_unstable();
        names.dedup();
        names.join(&self.split)
    }

    /// The listed headers as they are signed.
    pub(in crate::hook) fn write(&self, list: &[u8], added: Added<'_>, headers: &Headers) -> Vec<u8> {
        let mut written = Vec::new();
        for (at, name) in self.names(list).take(MOST_NAMES).enumerate() {
            if at > 0 {
                written.extend_from_slice(self.join.as_bytes());
            }
            if let Some(between) = &self.pair {
                written.extend_from_slice(name.to_ascii_lowercase().as_bytes());
                written.extend_from_slice(between.as_bytes());
            }
            written.extend_from_slice(header(added, headers, name).unwrap_or_default().trim_ascii());
        }
        written
    }
}

impl ListError {
    /// What is wrong, for a person.
    pub(super) fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::TooMany => format!("the list of signed headers has more than {MOST_NAMES} names").into(),
            Self::BadName => "the list of signed headers holds something that is no name".into(),
            Self::LeftOut(name) => format!("the list of signed headers leaves `{name}` out").into(),
            Self::Missing(name) => {
                let name: String = name.chars().take(64).collect();
                format!("the signature covers the header `{name}`, which is not there").into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contentful() -> SignedHeaders {
        SignedHeaders {
            names: NamesPlace::Header("l".into()),
            split: ",".into(),
            join: ";".into(),
            pair: Some(":".into()),
            always: vec!["l".into(), "t".into()],
            also: vec!["x".into(), "a".into()],
        }
    }

    #[test]
    fn a_list_must_hold_what_is_always_signed_and_nothing_that_is_not_there() {
        let headers = Headers::from_pairs([("T", "1"), ("L", "t,l"), ("X", " v ")]);
        let check = |list: &str| contentful().check(list.as_bytes(), &headers);
        assert_eq!(check("l,t"), Ok(()));
        assert_eq!(check("L, T ,x,"), Ok(()));
        assert_eq!(check("l,x"), Err(ListError::LeftOut("t".into())));
        assert_eq!(check(""), Err(ListError::LeftOut("l".into())));
        assert_eq!(check("l,t,y"), Err(ListError::Missing("y".into())));
        assert_eq!(check(&format!("l,t{}", ",x".repeat(62))), Ok(()));
        assert_eq!(check(&format!("l,t{}", ",x".repeat(63))), Err(ListError::TooMany));
        assert_eq!(contentful().check(b"\xff", &headers), Err(ListError::BadName));
    }

    #[test]
    fn headers_are_chosen_sorted_and_written_in_the_order_of_the_list() {
        let headers = Headers::from_pairs([("T", "old"), ("X", " v ")]);
        let added = [("T".to_owned(), b"1".to_vec()), ("L".to_owned(), b"l,t,x".to_vec())];
        assert_eq!(contentful().choose(&added, &headers), "l,t,x");
        assert_eq!(contentful().write(b"l,t,x", &added, &headers), b"l:l,t,x;t:1;x:v");
        let values = SignedHeaders { pair: None, join: ".".into(), ..contentful() };
        assert_eq!(values.write(b"X,T", &added, &headers), b"v.1");
    }
}
