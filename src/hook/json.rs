//! Picks values out of a JSON text by path, in one pass and without building a
//! tree, and sets one value without touching any other byte.
//!
//! Of duplicate keys the last one counts, as in `JSON.parse`, so that what is
//! shown is what most applications see. A text that is not JSON holds nothing.
//! Never re-serialises, and never recurses deeper than the paths asked for.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;

/// A path such as `data.interview_id` or `events.0.action`.
#[derive(Clone, Debug)]
pub struct Path {
    text: Box<str>,
    picker: Picker,
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Path {
    /// Reads a path; `None` when a part of it is empty.
    pub fn parse(text: &str) -> Option<Self> {
        if text.split('.').any(str::is_empty) {
            return None;
        }
        Some(Self { text: text.into(), picker: Picker::new([text]) })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value at this path.
    pub fn find<'a>(&self, json: &'a [u8]) -> Option<Found<'a>> {
        self.picker.pick(json).first().copied().flatten()
    }
}

/// A value that was found, as it is written in the text.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a>(&'a RawValue);

impl<'a> Found<'a> {
    /// The value as it is written, quotes and escapes included.
    pub fn raw(self) -> &'a str {
        self.0.get()
    }

    /// What a string says; a number, `true` or `false` as it is written.
    /// `None` for null, objects and arrays, and for a string that is no text
    /// (half of a surrogate pair).
    pub fn text(self) -> Option<Cow<'a, str>> {
        let raw = self.raw();
        match raw.as_bytes().first()? {
            b'"' if !raw.contains('\\') => raw.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed),
            b'"' => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
            b'n' | b'{' | b'[' => None,
            _ => Some(Cow::Borrowed(raw)),
        }
    }

    /// Whether it is anything but null.
    pub fn is_some(self) -> bool {
        self.raw() != "null"
    }
}

/// Several paths, to be looked for in one pass.
#[derive(Clone, Debug, Default)]
pub struct Picker {
    root: Node,
    slots: usize,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Mostly one.
    wanted: SmallVec<[usize; 2]>,
    children: Vec<Child>,
}

#[derive(Clone, Debug)]
struct Child {
    key: Box<str>,
    index: Option<usize>,
    node: Node,
}

impl Picker {
    /// Prepares paths; what is found comes back in their order.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut picker = Self::default();
        for path in paths {
            picker.root.insert(path.split('.').filter(|key| !key.is_empty()), picker.slots);
            picker.slots += 1;
        }
        picker
    }

    /// What is at each path; all `None` when the text is not JSON.
    pub fn pick<'a>(&self, json: &'a [u8]) -> Vec<Option<Found<'a>>> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let mut found = vec![None; self.slots];
        if self.slots == 0 {
            return found;
        }
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = Seed { node: &self.root, found: &mut found }.deserialize(&mut reader);
        if read.and_then(|()| reader.end()).is_err() {
            found.fill(None);
        }
        found
    }
}

impl Node {
    fn insert<'p>(&mut self, mut path: impl Iterator<Item = &'p str>, slot: usize) {
        let Some(key) = path.next() else {
            self.wanted.push(slot);
            return;
        };
        if let Some(child) = self.children.iter_mut().find(|child| *child.key == *key) {
            return child.node.insert(path, slot);
        }
        let mut node = Self::default();
        node.insert(path, slot);
        // Mostly the only one.
        self.children.reserve_exact(1);
        self.children.push(Child { key: key.into(), index: key.parse().ok(), node });
    }

    /// Forgets what an earlier duplicate of this key held.
    fn forget(&self, found: &mut [Option<Found<'_>>]) {
        for slot in &self.wanted {
            if let Some(found) = found.get_mut(*slot) {
                *found = None;
            }
        }
        for child in &self.children {
            child.node.forget(found);
        }
    }
}

struct Seed<'n, 'f, 'a> {
    node: &'n Node,
    found: &'f mut [Option<Found<'a>>],
}

impl<'a> DeserializeSeed<'a> for Seed<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<(), D::Error> {
        self.node.forget(self.found);
        if self.node.wanted.is_empty() {
            return reader.deserialize_any(self);
        }
        let raw = <&'a RawValue as serde::Deserialize>::deserialize(reader)?;
        for slot in &self.node.wanted {
            if let Some(found) = self.found.get_mut(*slot) {
                *found = Some(Found(raw));
            }
        }
        if !self.node.children.is_empty() {
            let mut inner = serde_json::Deserializer::from_str(raw.get());
            inner.deserialize_any(self).map_err(D::Error::custom)?;
        }
        Ok(())
    }
}

/// A scalar where an object was expected holds nothing; that is no error.
macro_rules! nothing_in {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<(), E> { Ok(()) })*
    };
}

impl<'a> Visitor<'a> for Seed<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    nothing_in!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(child) = map.next_key_seed(KeySeed(self.node))? {
            match child {
                Some(child) => map.next_value_seed(Seed { node: &child.node, found: self.found })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        for at in 0.. {
            let child = self.node.children.iter().find(|child| child.index == Some(at));
            let more = match child {
                Some(child) => {
                    seq.next_element_seed(Seed { node: &child.node, found: self.found })?.is_some()
                }
                None => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

struct KeySeed<'n>(&'n Node);

impl<'a, 'n> DeserializeSeed<'a> for KeySeed<'n> {
    type Value = Option<&'n Child>;

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for KeySeed<'n> {
    type Value = Option<&'n Child>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.children.iter().find(|child| *child.key == *key))
    }
}

/// Several [`Path`]s that are read together.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    paths: Vec<Box<str>>,
    picker: Picker,
}

impl PathSet {
    /// Puts paths together, each once.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut kept: Vec<Box<str>> = Vec::new();
        for path in paths {
            if !kept.contains(&path.text) {
                kept.push(path.text.clone());
            }
        }
        let picker = Picker::new(kept.iter().map(AsRef::as_ref));
        Self { paths: kept, picker }
    }

    /// Reads all of them in one pass.
    pub fn pick<'a>(&'a self, json: &'a [u8]) -> Picks<'a> {
        Picks { paths: &self.paths, found: self.picker.pick(json) }
    }
}

/// What a [`PathSet`] found.
#[derive(Debug)]
pub struct Picks<'a> {
    paths: &'a [Box<str>],
    found: Vec<Option<Found<'a>>>,
}

impl<'a> Picks<'a> {
    /// What is at `path`; the outer `None` says that it was not asked for.
    pub fn get(&self, path: &Path) -> Option<Option<Found<'a>>> {
        let at = self.paths.iter().position(|known| *known == path.text)?;
        self.found.get(at).copied()
    }
}

/// The elements of the array at `path`; `None` when there is no array or it
/// has more than `most` elements, so that a stranger cannot ask for endless work.
pub fn elements<'a>(json: &'a [u8], path: &Path, most: usize) -> Option<Vec<&'a str>> {
    let raw = path.find(json)?.raw();
    serde_json::Deserializer::from_str(raw).deserialize_seq(Elements(most)).ok()
}

struct Elements(usize);

impl<'a> Visitor<'a> for Elements {
    type Value = Vec<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(raw) = seq.next_element::<&'a RawValue>()? {
            if elements.len() == self.0 {
                return Err(A::Error::custom("too many elements"));
            }
            elements.push(raw.get());
        }
        Ok(elements)
    }
}

/// Why a value cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The text is not JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// A part of the path is there but is no object, so nothing can be put into it.
    #[error("the body has no object to put it into")]
    NoObject,
}

/// The same text with a string at `path`; every other byte stays as it is.
/// Objects that the path needs and that are missing are made.
///
/// # Errors
/// When the text is not JSON, or a part of the path is no object.
pub fn set(json: &[u8], path: &Path, value: &str) -> Result<Vec<u8>, SetError> {
    let value = quoted(value);
    let keys: Vec<&str> = path.as_str().split('.').collect();
    let (at, depth) = deepest(json, path.as_str()).ok_or(SetError::NotJson)?;
    let start = (at.as_ptr() as usize).saturating_sub(json.as_ptr() as usize);
    let rest = keys.get(depth..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(splice(json, start, at.len(), value.as_bytes()));
    }
    let inside = at.strip_prefix('{').ok_or(SetError::NoObject)?;
    let mut member = value;
    for (above, key) in rest.iter().rev().enumerate() {
        member = format!("{}:{member}", quoted(key));
        if above + 1 < rest.len() {
            member = format!("{{{member}}}");
        }
    }
    if !inside.trim_start().starts_with('}') {
        member.push(',');
    }
    Ok(splice(json, start + 1, 0, member.as_bytes()))
}

/// The value at the longest beginning of a path that is there, and how many keys lead to it.
fn deepest<'a>(json: &'a [u8], path: &str) -> Option<(&'a str, usize)> {
    let ends = path.match_indices('.').map(|(dot, _)| dot).chain([path.len()]);
    let beginnings = Picker::new(ends.filter_map(|end| path.get(..end)));
    let found: Vec<&str> = beginnings.pick(json).into_iter().map_while(|found| Some(found?.raw())).collect();
    let whole = || Some(Picker::new([""]).pick(json).first().copied().flatten()?.raw());
    let at = found.last().copied().or_else(whole)?;
    Some((at, found.len()))
}

/// A JSON string that says `text`.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn splice(text: &[u8], start: usize, length: usize, new: &[u8]) -> Vec<u8> {
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, b""));
    [before, new, rest.get(length..).unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(json: &str, path: &str) -> Option<String> {
        Path::parse(path).unwrap().find(json.as_bytes())?.text().map(Cow::into_owned)
    }

    #[test]
    fn scalars_are_found_by_key_and_index() {
        let json = r#"{"a":{"b":[{"c":"x\u00e9\n"},2.50]},"n":null,"t":true,"big":1e999,"é":"k"}"#;
        assert_eq!(text(json, "a.b.0.c").as_deref(), Some("xé\n"));
        assert_eq!(text(json, "a.b.1").as_deref(), Some("2.50"));
        assert_eq!(text(json, "t").as_deref(), Some("true"));
        assert_eq!(text(json, "big").as_deref(), Some("1e999"));
        assert_eq!(text(json, "é").as_deref(), Some("k"));
        for absent in ["n", "a", "a.b", "a.b.2", "a.b.0.d", "t.x", "zz"] {
            assert_eq!(text(json, absent), None, "{absent}");
        }
    }

    #[test]
    fn the_last_of_duplicate_keys_counts_even_below_it() {
        assert_eq!(text(r#"{"a":1,"a":2}"#, "a").as_deref(), Some("2"));
        assert_eq!(text(r#"{"a":{"b":1},"a":{"c":2}}"#, "a.b"), None);
        assert_eq!(text(r#"{"a":{"b":1},"a":null}"#, "a.b"), None);
        assert_eq!(text(r#"{"\u0061":{"b":1}}"#, "a.b").as_deref(), Some("1"));
    }

    #[test]
    fn a_text_that_is_not_json_holds_nothing() {
        for json in [r#"{"a":1"#, r#"{"a":1}x"#, "", "a", "{\"a\":1,\"b\":\"\u{1}\"}", "{'a':1}"] {
            assert_eq!(text(json, "a"), None, "{json}");
        }
        assert_eq!(text("\u{feff}{\"a\":1}\r\n", "a").as_deref(), Some("1"));
    }

    #[test]
    fn deep_nesting_is_skipped_without_recursion() {
        let deep = format!("{{\"x\":{}{},\"a\":1}}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(text(&deep, "a").as_deref(), Some("1"));
        let deeper = "[".repeat(1_000_000);
        assert_eq!(text(&deeper, "0.0"), None);
    }

    #[test]
    fn a_path_and_a_path_below_it_are_both_found() {
        let picker = Picker::new(["a", "a.b", "a.b"]);
        let found = picker.pick(br#"{"a":{"b":1}}"#);
        assert_eq!(found[0].unwrap().raw(), r#"{"b":1}"#);
        assert_eq!(found[1].unwrap().raw(), "1");
        assert_eq!(found[2].unwrap().raw(), "1");
    }

    #[test]
    fn setting_touches_no_other_byte() {
        let set = |json: &str, path: &str| {
            set(json.as_bytes(), &Path::parse(path).unwrap(), "v\"")
                .map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(set(r#" { "a" : 1.0, "b":{ } }"#, "a").unwrap(), r#" { "a" : "v\"", "b":{ } }"#);
        assert_eq!(set(r#"{"b":{ }}"#, "b.c").unwrap(), r#"{"b":{"c":"v\"" }}"#);
        assert_eq!(set(r#"{"b":1}"#, "c.d").unwrap(), r#"{"c":{"d":"v\""},"b":1}"#);
        assert_eq!(set(r#"[{"b":1}]"#, "0.b").unwrap(), r#"[{"b":"v\""}]"#);
        assert_eq!(set(r#"{"b":1}"#, "b.c"), Err(SetError::NoObject));
        assert_eq!(set("[]", "0.b"), Err(SetError::NoObject));
        assert_eq!(set("{", "b"), Err(SetError::NotJson));
        assert_eq!(set("\u{feff}{}", "b").unwrap(), "\u{feff}{\"b\":\"v\\\"\"}");
    }

    #[test]
    fn elements_are_bounded() {
        let path = Path::parse("i").unwrap();
        assert_eq!(elements(br#"{"i":[1, {"a":2}]}"#, &path, 2).unwrap(), ["1", r#"{"a":2}"#]);
        assert!(elements(br#"{"i":[1,2,3]}"#, &path, 2).is_none());
        assert!(elements(br#"{"i":{}}"#, &path, 2).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_and_any_path_are_answered(json: Vec<u8>, path in "[a-z0-9.]{0,8}") {
            if let Some(path) = Path::parse(&path) {
                let _ = path.find(&json).map(|found| (found.text(), found.is_some()));
                let _ = elements(&json, &path, 3);
                let _ = set(&json, &path, "x");
            }
        }

        #[test]
        fn what_is_set_is_found(keys in proptest::collection::vec("[a-c]{1}", 1..4), value: String) {
            let path = Path::parse(&keys.join(".")).unwrap();
            let once = set(br#"{"a":{"b":{"c":{"a":1}}}}"#, &path, &value).unwrap();
            prop_assert_eq!(path.find(&once).unwrap().text().unwrap(), value.as_str());
        }
    }
}
