//! Headers that are signed because the sender lists them, by hand.

use super::{Along, Hand, Request, text};
use std::borrow::Cow;
use std::fmt::Write as _;

impl Hand {
    /// The list that came with a request: `None` when what must be in it is not.
    pub(super) fn listed_names<'r>(&self, request: &Request<'r>, inside: &'r str) -> Option<&'r str> {
        let Some(listed) = &self.scheme.listed else { return Some("") };
        let list = listed.header.as_ref().map_or(inside, |name| text(request.headers.get(name)));
        let names: Vec<&str> = list.split(&*listed.split).collect();
        let whole =
            listed.always.iter().all(|name| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
        whole.then_some(list)
    }

    /// The list of a message that is about to be signed, which goes along in a
    /// header where the row has one.
    pub(super) fn choose(&self, request: &Request<'_>, added: &mut Vec<(String, String)>) -> String {
        let Some(listed) = &self.scheme.listed else { return String::new() };
        let there = |name: &&String| value_of(name, request, added).is_some();
        let mut names: Vec<&str> = listed.always.iter().map(String::as_str).collect();
        names.extend(listed.also.iter().filter(there).map(String::as_str));
        names.sort_unstable();
        let list = names.join(&listed.split);
        added.extend(listed.header.as_ref().map(|name| (name.to_string(), list.clone())));
        list
    }

    /// The listed headers as they are signed.
    pub(super) fn listed_headers(&self, request: &Request<'_>, along: &Along<'_>) -> String {
        let Some(listed) = &self.scheme.listed else { return String::new() };
        let header = |name: &str| {
            let value = value_of(name, request, along.added).unwrap_or_default().trim();
            match &listed.pair {
                Some(between) => Cow::Owned(format!("{}{between}{value}", name.to_ascii_lowercase())),
                None => Cow::Borrowed(value),
            }
        };
        let headers: Vec<Cow<'_, str>> = along.names.split(&*listed.split).map(header).collect();
        headers.join(&listed.join)
    }
}

fn value_of<'a>(name: &str, request: &'a Request<'_>, added: &'a [(String, String)]) -> Option<&'a str> {
    let new = added.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    new.map(|(_, value)| value.as_str()).or_else(|| request.headers.get(name).map(|value| text(Some(value))))
}

/// `encodeURI` of the path, and of the query that `encodeURIComponent` wrote.
pub(super) fn uri(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = escape(path, ";/?:@&=+$,#");
    if query.is_empty() { path } else { format!("{path}?{}", escape(&escape(query, ""), ";/?:@&=+$,#")) }
}

fn escape(text: &str, also_plain: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-_.!~*'()".contains(letter) || also_plain.contains(letter) {
            written.push(letter);
        } else {
            // Writing to a string does not fail.
            write!(written, "%{byte:02X}").unwrap();
        }
    }
    written
}
