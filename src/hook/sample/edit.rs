//! Changes one value in JSON text and not one byte beside it.
//!
//! A payload that is parsed and written again gets other bytes (key order,
//! spelling of numbers, white space) and with them another signature than a
//! vendor would send. So the value's place in the text is found and only that
//! place is written anew. Never creates a key.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How many places are looked at to suggest one, and how deep they lie.
const MOST_SUGGESTED_FROM: usize = 5_000;
const DEEPEST_SUGGESTED: usize = 16;

/// How many places are listed where none is like the one that was asked for.
const MOST_LISTED: usize = 8;

/// Why a value was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The body is not JSON text.
    #[error("the payload is not JSON, so nothing in it can be set by a pointer")]
    NotJson,
    /// The pointer is not written as RFC 6901 wants it.
    #[error("`{pointer}` is not a JSON pointer; write one such as `/data/quality_score`")]
    BadPointer {
        /// As given.
        pointer: String,
    },
    /// There is nothing at this place.
    #[error("the payload has nothing at `{pointer}`{}", suggestion(nearest.as_deref(), there))]
    UnknownPointer {
        /// As given.
        pointer: String,
        /// The most similar place that exists.
        nearest: Option<String>,
        /// Where none is like it: the first places as deep on the way to it as there are any.
        there: Vec<String>,
    },
}

fn suggestion(nearest: Option<&str>, there: &[String]) -> String {
    match (nearest, there) {
        (Some(nearest), _) => format!("; did you mean `{nearest}`?"),
        (None, []) => String::new(),
        (None, there) => format!("; it has `{}`", there.join("`, `")),
    }
}

/// Writes `value` at `pointer`; every other byte stays. A value that is JSON is
/// written as it is, any other text as a JSON string. Of repeated keys the last
/// counts, as most readers have it.
///
/// # Errors
/// When the body is not JSON or has nothing at `pointer`.
pub fn set_pointer(body: &[u8], pointer: &str, value: &str) -> Result<Vec<u8>, EditError> {
    let new = match serde_json::from_str::<&RawValue>(value) {
        Ok(json) => Cow::Borrowed(json.get()),
        Err(_) => Cow::Owned(quoted(value)),
    };
    replace(body, pointer, &new)
}

/// The text of a JSON string.
pub(in crate::hook) fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Writes `new`, which is JSON text, at `pointer`.
pub(in crate::hook) fn replace(body: &[u8], pointer: &str, new: &str) -> Result<Vec<u8>, EditError> {
    let Range { start, end } = find(body, pointer)?;
    let (before, after) = (body.get(..start).unwrap_or_default(), body.get(end..).unwrap_or_default());
    Ok([before, new.as_bytes(), after].concat())
}

/// The JSON text at `pointer`.
pub(in crate::hook) fn value_at<'a>(body: &'a [u8], pointer: &str) -> Result<&'a str, EditError> {
    let range = find(body, pointer)?;
    body.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(EditError::NotJson)
}

/// Where in `body` the value at `pointer` lies.
fn find(body: &[u8], pointer: &str) -> Result<Range<usize>, EditError> {
    let root: &RawValue = serde_json::from_slice(body).ok().ok_or(EditError::NotJson)?;
    let segments = segments(pointer).ok_or_else(|| EditError::BadPointer { pointer: pointer.to_owned() })?;
    let mut at = root;
    for segment in segments {
        let members = members(at);
        let found = members.iter().rev().find(|(key, _)| *key == segment);
        at = found.map(|(_, value)| *value).ok_or_else(|| unknown(root, pointer))?;
    }
    let start = (at.get().as_ptr() as usize).wrapping_sub(body.as_ptr() as usize);
    Ok(start..start.saturating_add(at.get().len()))
}

/// The unescaped parts of a pointer (RFC 6901); none for the whole document.
fn segments(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let parts = pointer.strip_prefix('/')?.split('/');
    Some(parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// The values right under a value, with their keys or indices, in their order.
fn members(value: &RawValue) -> Vec<(Cow<'_, str>, &RawValue)> {
    serde_json::from_str::<Members<'_>>(value.get()).map(|members| members.0).unwrap_or_default()
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or an array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(key), value));
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(value) = list.next_element::<&RawValue>()? {
                    members.push((Cow::Owned(members.len().to_string()), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_any(Collect)
    }
}

fn unknown(root: &RawValue, pointer: &str) -> EditError {
    let nearest = nearest(root, pointer);
    let there = if nearest.is_some() { Vec::new() } else { on_the_way(root, pointer) };
    EditError::UnknownPointer { pointer: pointer.to_owned(), nearest, there }
}

/// The first places under the deepest part of `pointer` that has any.
fn on_the_way(root: &RawValue, pointer: &str) -> Vec<String> {
    let (mut at, mut way, mut there) = (root, String::new(), Vec::new());
    for segment in segments(pointer).unwrap_or_default() {
        let members = members(at);
        if !members.is_empty() {
            let place = |(key, _): &(Cow<'_, str>, _)| format!("{way}/{}", in_pointer(key));
            there = members.iter().take(MOST_LISTED).map(place).collect();
        }
        let Some((key, value)) = members.iter().rev().find(|(key, _)| *key == segment) else { break };
        way = format!("{way}/{}", in_pointer(key));
        at = *value;
    }
    there
}

/// A key as a part of a pointer (RFC 6901).
fn in_pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The existing place that is most like `pointer`.
fn nearest(root: &RawValue, pointer: &str) -> Option<String> {
    let mut places = vec![(String::new(), root)];
    let mut next = 0;
    // Breadth first, so that a bounded search sees the outer places.
    while let Some((place, value)) = places.get(next).cloned() {
        next += 1;
        if place.matches('/').count() >= DEEPEST_SUGGESTED {
            break;
        }
        for (key, value) in members(value) {
            if places.len() >= MOST_SUGGESTED_FROM {
                break;
            }
            places.push((format!("{place}/{}", in_pointer(&key)), value));
        }
    }
    let last = |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let wanted = last(pointer);
    let likeness = |place: &str| {
        // The last part tells more of what was meant than the way to it.
        let ends = strsim::normalized_damerau_levenshtein(&last(place), &wanted);
        2.0 * ends + strsim::normalized_damerau_levenshtein(place, pointer)
    };
    places
        .iter()
        .skip(1)
        .map(|(place, _)| (likeness(place), place))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .filter(|(likeness, _)| *likeness > 1.0)
        .map(|(_, place)| place.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = "{ \"type\":\"a\" ,\"data\" : {\"score\": 4.50,\"list\":[1, {\"x\":null} ,3],\"\u{fc} ~/\":true,\"big\":12345678901234567890123},\"type\":\"last\"}\r\n";

    fn set(pointer: &str, value: &str) -> String {
        String::from_utf8(set_pointer(BODY.as_bytes(), pointer, value).unwrap()).unwrap()
    }

    #[test]
    fn only_the_value_changes() {
        for (pointer, value, from, to) in [
            ("/data/score", "2", "4.50", "2"),
            ("/data/score", "1e400", "4.50", "1e400"),
            ("/data/score", "high", "4.50", "\"high\""),
            ("/data/score", "", "4.50", "\"\""),
            ("/data/score", "say \"hi\"\n", "4.50", "\"say \\\"hi\\\"\\n\""),
            ("/data/score", "{\"b\": [1 ]}", "4.50", "{\"b\": [1 ]}"),
            ("/data/list/1/x", "false", "null", "false"),
            ("/data/list/1", "9", "{\"x\":null}", "9"),
            ("/data/\u{fc} ~0~1", "0", "true", "0"),
            ("/type", "b", "\"last\"", "\"b\""),
        ] {
            assert_eq!(set(pointer, value), BODY.replacen(from, to, 1), "{pointer} {value}");
        }
        assert_eq!(set("", "[]"), "[]\r\n");
    }

    #[test]
    fn an_unknown_place_is_refused_with_the_nearest_one() {
        for (pointer, nearest) in [
            ("/data/scroe", Some("/data/score")),
            ("/score", Some("/data/score")),
            ("/Data/Score", Some("/data/score")),
            ("/data/list/7/x", Some("/data/list/1/x")),
            ("/typ", Some("/type")),
        ] {
            let error = set_pointer(BODY.as_bytes(), pointer, "1").unwrap_err();
            let expected = EditError::UnknownPointer {
                pointer: pointer.to_owned(),
                nearest: nearest.map(str::to_owned),
                there: Vec::new(),
            };
            assert_eq!(error, expected);
        }
        let error = set_pointer(BODY.as_bytes(), "/scor", "1").unwrap_err().to_string();
        assert_eq!(error, "the payload has nothing at `/scor`; did you mean `/data/score`?");
    }

    #[test]
    fn where_no_place_is_like_it_those_on_the_way_are_listed() {
        for (pointer, there) in [
            ("/entirely-different", "`/type`, `/data`, `/type`"),
            ("/foo/bar", "`/type`, `/data`, `/type`"),
            ("/data/list/-", "`/data/list/0`, `/data/list/1`, `/data/list/2`"),
            ("/data/list/0/zzzzzz", "`/data/list/0`, `/data/list/1`, `/data/list/2`"),
            ("/data/\u{fc} ~0~1/zzzzzz", "`/data/score`, `/data/list`, `/data/\u{fc} ~0~1`, `/data/big`"),
        ] {
            let error = set_pointer(BODY.as_bytes(), pointer, "1").unwrap_err().to_string();
            assert_eq!(error, format!("the payload has nothing at `{pointer}`; it has {there}"));
        }
        assert_eq!(set_pointer(b"{}", "/a", "1").unwrap_err().to_string(), "the payload has nothing at `/a`");
    }

    #[test]
    fn what_is_no_pointer_or_no_json_is_refused() {
        for pointer in ["data", "data/score", " /data"] {
            let error = set_pointer(BODY.as_bytes(), pointer, "1").unwrap_err();
            assert_eq!(error, EditError::BadPointer { pointer: pointer.to_owned() });
        }
        for body in [&b""[..], b"a=b", b"{", b"\xef\xbb\xbf{}", b"{} {}", b"\xff"] {
            assert_eq!(set_pointer(body, "/a", "1"), Err(EditError::NotJson), "{body:?}");
        }
    }

    #[test]
    fn deep_nesting_neither_overflows_nor_hangs() {
        let body = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let error = set_pointer(body.as_bytes(), "/1", "1").unwrap_err();
        assert!(matches!(error, EditError::UnknownPointer { .. } | EditError::NotJson), "{error:?}");
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::vec(("\\PC{0,5}", inner), 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Every pointer of a document.
    fn pointers(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            serde_json::Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    pointers(value, &format!("{at}/{index}"), found);
                }
            }
            serde_json::Value::Object(members) => {
                for (key, value) in members {
                    pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn the_result_is_what_a_parser_would_make_of_the_change(document in json(), new in json(), pick: prop::sample::Index, pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
            let mut places = Vec::new();
            pointers(&document, "", &mut places);
            let pointer = pick.get(&places);
            let changed = set_pointer(text.as_bytes(), pointer, &new.to_string()).unwrap();
            let mut expected = document;
            *expected.pointer_mut(pointer).unwrap() = new;
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&changed).unwrap(), expected);
        }

        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..60), pointer in "\\PC{0,12}", value in "\\PC{0,12}") {
            let _ = set_pointer(&body, &pointer, &value);
        }
    }
}
