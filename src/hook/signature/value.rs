//! The written form of a signature, such as `t={ts},v1={sig}`: written when
//! signing, read back when verifying.
//!
//! Reading is exact: a literal must be there letter for letter. In a list,
//! elements that the scheme does not know are skipped, as vendors add new
//! versions beside old ones.

use crate::hook::template::{Part, Source, Template, TemplateError};
use smallvec::SmallVec;

/// A parsed `value` of a profile.
#[derive(Clone, Debug, PartialEq, Default)]
pub(in crate::hook) struct Value {
    separator: Option<Box<str>>,
    elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq)]
struct Element {
    /// White space before the element, kept for writing.
    lead: Box<str>,
    template: Template,
}

/// What a written value holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::hook) struct Written<'v> {
    pub(in crate::hook) signatures: SmallVec<[&'v [u8]; 2]>,
    pub(in crate::hook) timestamp: Option<&'v [u8]>,
    /// The list of signed headers.
    pub(in crate::hook) names: Option<&'v [u8]>,
}

impl Value {
    /// Reads the `value` and the `list` of a profile.
    ///
    /// # Errors
    /// Says what is wrong with a placeholder.
    pub(in crate::hook) fn parse(text: &str, separator: Option<&str>) -> Result<Self, TemplateError> {
        let element = |text: &str| {
            let trimmed = text.trim();
            let lead = text.split_at_checked(text.len() - text.trim_start().len());
            let lead = lead.map_or("", |(lead, _)| lead).into();
            Ok(Element { lead, template: Template::parse(trimmed)? })
        };
        let elements = match separator {
            Some(separator) => text.split(separator).map(element).collect::<Result<_, _>>()?,
            None => vec![element(text)?],
        };
        Ok(Self { separator: separator.map(Into::into), elements })
    }

    /// Whether one value may carry several signatures.
    pub(in crate::hook) fn is_list(&self) -> bool {
        self.separator.is_some()
    }

    /// What stands between the elements of a list.
    pub(in crate::hook) fn separator(&self) -> Option<&str> {
        self.separator.as_deref()
    }

    /// The parts of every element, in their order.
    pub(in crate::hook) fn elements(&self) -> impl Iterator<Item = &[Part]> {
        self.elements.iter().map(|element| element.template.parts())
    }

    /// Whether the form has a place for `source`.
    pub(in crate::hook) fn holds(&self, source: &Source) -> bool {
        self.elements.iter().any(|element| element.template.uses(source))
    }

    /// The sources of all placeholders.
    pub(in crate::hook) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.elements.iter().flat_map(|element| element.template.sources())
    }

    /// The literal before `source`, such as `sha256=`.
    pub(in crate::hook) fn prefix(&self, source: &Source) -> &str {
        let element = self.elements.iter().find(|element| element.template.uses(source));
        match element.and_then(|element| element.template.parts().first()) {
            Some(Part::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// Reads a written value.
    pub(in crate::hook) fn read<'v>(&self, text: &'v [u8]) -> Written<'v> {
        let mut written = Written::default();
        match &self.separator {
            None => self.read_element(text, &mut written),
            Some(separator) => {
                for element in split(text, separator.as_bytes()) {
                    self.read_element(element.trim_ascii(), &mut written);
                }
            }
        }
        written
    }

    fn read_element<'v>(&self, text: &'v [u8], written: &mut Written<'v>) {
        for element in &self.elements {
            let Some(captures) = captures(element.template.parts(), text) else { continue };
            for (source, bytes) in captures {
                match source {
                    Source::Sig | Source::Secret => written.signatures.push(bytes),
                    Source::Ts if written.timestamp.is_none() => written.timestamp = Some(bytes),
                    Source::SignedNames if written.names.is_none() => written.names = Some(bytes),
                    _ => {}
                }
            }
            return;
        }
    }

    /// Writes a value with these signatures; `other` gives what else it holds.
    pub(in crate::hook) fn write(
        &self,
        signatures: &[String],
        other: impl Fn(&Source) -> Option<String>,
    ) -> String {
        let mut written = Vec::new();
        for element in &self.elements {
            let count = if element.template.uses(&Source::Sig) { signatures.len() } else { 1 };
            for at in 0..count {
                let mut text = element.lead.to_string();
                for part in element.template.parts() {
                    match part {
                        Part::Literal(literal) => text.push_str(literal),
                        Part::Placeholder(Source::Sig, _) => {
                            text.push_str(signatures.get(at).map_or("", String::as_str));
                        }
                        Part::Placeholder(source, _) => text.push_str(&other(source).unwrap_or_default()),
                    }
                }
                written.push(text);
            }
        }
        written.join(self.separator.as_deref().unwrap_or_default())
    }
}

/// Splits at every `separator`, without turning the text into a string.
fn split<'t, 's>(text: &'t [u8], separator: &'s [u8]) -> impl Iterator<Item = &'t [u8]> + use<'t, 's> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (element, after) = match find(text, separator) {
            Some(at) => (text.get(..at)?, text.get(at + separator.len()..)),
            None => (text, None),
        };
        rest = after;
        Some(element)
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// What the placeholders of an element stand for; `None` when the literals do not match.
fn captures<'p, 't>(parts: &'p [Part], text: &'t [u8]) -> Option<Captures<'p, 't>> {
    let mut found = Captures::default();
    let mut rest = text;
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Literal(literal) => rest = rest.strip_prefix(literal.as_bytes())?,
            Part::Placeholder(source, _) => {
                let end = match parts.peek() {
                    Some(Part::Literal(literal)) => find(rest, literal.as_bytes())?,
                    _ => rest.len(),
                };
                let (bytes, after) = rest.split_at_checked(end)?;
                found.push(source, bytes);
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(found)
}

/// At most two captures an element occur; more are not kept off the heap.
#[derive(Default)]
struct Captures<'p, 't> {
    first: [Option<(&'p Source, &'t [u8])>; 2],
    more: Vec<(&'p Source, &'t [u8])>,
}

impl<'p, 't> Captures<'p, 't> {
    fn push(&mut self, source: &'p Source, bytes: &'t [u8]) {
        match self.first.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some((source, bytes)),
            None => self.more.push((source, bytes)),
        }
    }
}

impl<'p, 't> IntoIterator for Captures<'p, 't> {
    type Item = (&'p Source, &'t [u8]);
    type IntoIter = std::iter::Chain<
        std::iter::Flatten<std::array::IntoIter<Option<Self::Item>, 2>>,
        std::vec::IntoIter<Self::Item>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().flatten().chain(self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'v>(value: &str, list: Option<&str>, text: &'v str) -> (Vec<&'v str>, Option<&'v str>) {
        let written = Value::parse(value, list).unwrap().read(text.as_bytes());
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (written.signatures.into_iter().map(text).collect(), written.timestamp.map(text))
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        assert_eq!(read("sha256={sig}", None, "sha256=ab"), (vec!["ab"], None));
        assert_eq!(read("sha256={sig}", None, "sha1=ab"), (vec![], None));
        assert_eq!(read("sha256={sig}", None, "SHA256=ab"), (vec![], None));
        assert_eq!(read("{sig}", None, "a,b"), (vec!["a,b"], None));
        assert_eq!(read("{public_key}|{sig}", None, "k|ab"), (vec!["ab"], None));
        assert_eq!(read("{public_key}|{sig}", None, "ab"), (vec![], None));
    }

    #[test]
    fn lists_give_every_signature_and_the_first_time() {
        let stripe = "t={ts},v1={sig}";
        assert_eq!(read(stripe, Some(","), "t=1, v1=a ,v0=x,v1=b,t=2,,v1="), (vec!["a", "b", ""], Some("1")));
        assert_eq!(read(stripe, Some(","), "v1=a;t=1"), (vec!["a;t=1"], None));
        assert_eq!(read("v1,{sig}", Some(" "), "v1a,x v1,y v1,z"), (vec!["y", "z"], None));
        assert_eq!(read("ts={ts};h1={sig}", Some(";"), "ts=1;h1=a;h2=b"), (vec!["a"], Some("1")));
        assert_eq!(read("t={ts}, v1={sig}", Some(","), "t=1,v1=a"), (vec!["a"], Some("1")));
    }

    #[test]
    fn values_are_written_in_the_vendors_order() {
        let write = |value, list| {
            Value::parse(value, list)
                .unwrap()
                .write(&["a".to_owned(), "b".to_owned()], |source| Some(format!("<{source}>")))
        };
        assert_eq!(write("t={ts},v1={sig}", Some(",")), "t=<ts>,v1=a,v1=b");
        assert_eq!(write("v1,{sig}", Some(" ")), "v1,a v1,b");
        assert_eq!(write("t={ts}, v1={sig}", Some(",")), "t=<ts>, v1=a, v1=b");
    }

    #[test]
    fn the_prefix_is_the_literal_before_the_signature() {
        let prefix = |value, list| Value::parse(value, list).unwrap().prefix(&Source::Sig).to_owned();
        assert_eq!(prefix("t={ts},v1={sig}", Some(",")), "v1=");
        assert_eq!(prefix("{sig}", None), "");
        assert_eq!(prefix("{public_key}|{sig}", None), "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(text: Vec<u8>) {
            for (value, list) in [("t={ts},v1={sig}", Some(",")), ("{public_key}|{sig}", None)] {
                let _ = Value::parse(value, list).unwrap().read(&text);
            }
        }
    }
}
