//! The fields of `hookctl api`: `key=value`, with `key[]` for lists and
//! `key[inner]` for objects, as the query or as a JSON body. Pure.

use serde_json::{Map, Value};

/// One field as it was given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// The name before the first bracket.
    name: String,
    /// What stands in the brackets; the empty text is the end of a list.
    inner: Vec<String>,
    value: Value,
}

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As text.
    Text,
    /// As JSON where it is JSON, else as text.
    Typed,
}

/// The deepest field: nobody means more.
const DEEPEST: usize = 16;

impl Field {
    /// Reads `key=value`.
    pub(super) fn parse(given: &str, reading: Reading) -> Result<Self, String> {
        let (key, value) = given.split_once('=').ok_or("there is no `=` in it")?;
        let (name, brackets) = match key.find('[') {
            Some(at) => key.split_at(at),
            None => (key, ""),
        };
        if name.is_empty() {
            return Err("there is no name before the `=`".to_owned());
        }
        let mut inner = Vec::new();
        let mut rest = brackets;
        while !rest.is_empty() {
            let (part, after) = rest
                .strip_prefix('[')
                .and_then(|rest| rest.split_once(']'))
                .ok_or_else(|| format!("the brackets of `{key}` are not closed"))?;
            inner.push(part.to_owned());
            rest = after;
        }
        if inner.len() > DEEPEST {
            return Err(format!("`{name}` is over {DEEPEST} deep"));
        }
        let text = || Value::String(value.to_owned());
        let value = match reading {
            Reading::Text => text(),
            Reading::Typed => serde_json::from_str(value).unwrap_or_else(|_| text()),
        };
        Ok(Self { name: name.to_owned(), inner, value })
    }

    /// Its key as it was given.
    fn key(&self) -> String {
        self.inner.iter().fold(self.name.clone(), |key, inner| format!("{key}[{inner}]"))
    }
}

/// The fields as pairs of a query.
pub(super) fn query(fields: &[Field]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.iter().map(|field| (field.key(), text(&field.value))).collect()
}

/// The fields as a JSON object, in the order in which they were given.
pub(super) fn body(fields: Vec<Field>) -> Result<Value, String> {
    let mut object = Value::Object(Map::new());
    for field in fields {
        let key = field.key();
        let place = object.as_object_mut().map(|object| object.entry(field.name).or_insert(Value::Null));
        let placed = place.is_some_and(|place| put(place, &field.inner, field.value));
        if !placed {
            return Err(format!("`{key}` does not go together with a field before it"));
        }
    }
    Ok(object)
}

/// Puts a value where the brackets say; false when something else is there.
fn put(place: &mut Value, inner: &[String], value: Value) -> bool {
    let Some((first, rest)) = inner.split_first() else {
        let free = place.is_null();
        *place = value;
        return free;
    };
    if first.is_empty() {
        if place.is_null() {
            *place = Value::Array(Vec::new());
        }
        let Some(list) = place.as_array_mut() else { return false };
        let mut element = Value::Null;
        let placed = put(&mut element, rest, value);
        list.push(element);
        return placed;
    }
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    place
        .as_object_mut()
        .is_some_and(|object| put(object.entry(first.clone()).or_insert(Value::Null), rest, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(given: &[&str], reading: Reading) -> Vec<Field> {
        given.iter().map(|text| Field::parse(text, reading).unwrap()).collect()
    }

    #[test]
    fn texts_lists_and_objects() {
        let fields = read(
            &[
                "url=https://a.example/?b=c",
                "events[]=a",
                "events[]=b",
                "respondent[metadata][plan]=pro",
                "n=1",
                "empty=",
            ],
            Reading::Text,
        );
        assert_eq!(
            body(fields).unwrap(),
            json!({"url": "https://a.example/?b=c", "events": ["a", "b"], "respondent": {"metadata": {"plan": "pro"}}, "n": "1", "empty": ""})
        );
    }

    #[test]
    fn typed_values_are_json_where_they_are_json() {
        let fields = read(
            &[
                "a=1",
                "b=true",
                "c=null",
                "d=[1,\"x\"]",
                "e=word",
                "f=\"1\"",
                "g={\"h\":2}",
                "i[][j]=1",
                "i[][j]=2",
            ],
            Reading::Typed,
        );
        assert_eq!(
            body(fields).unwrap(),
            json!({"a": 1, "b": true, "c": null, "d": [1, "x"], "e": "word", "f": "1", "g": {"h": 2}, "i": [{"j": 1}, {"j": 2}]})
        );
    }

    #[test]
    fn a_query_keeps_every_pair_in_order() {
        let fields = read(&["a=x y", "b[]=1", "b[]=2", "c[d]=&="], Reading::Text);
        let pairs = query(&fields);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "x y"), ("b[]", "1"), ("b[]", "2"), ("c[d]", "&=")]);
        assert_eq!(query(&read(&["n=1", "t=true"], Reading::Typed))[0].1, "1");
    }

    #[test]
    fn what_is_no_field_and_what_does_not_go_together() {
        for (given, why) in [
            ("word", "there is no `=` in it"),
            ("=x", "there is no name before the `=`"),
            ("[a]=x", "there is no name before the `=`"),
            ("a[b=x", "the brackets of `a[b` are not closed"),
            ("a[b]c=x", "the brackets of `a[b]c` are not closed"),
        ] {
            assert_eq!(Field::parse(given, Reading::Text).unwrap_err(), why, "{given}");
        }
        let deep = format!("a{}=x", "[]".repeat(17));
        assert_eq!(Field::parse(&deep, Reading::Text).unwrap_err(), "`a` is over 16 deep");
        for (given, key) in [(["a=1", "a=2"], "a"), (["a=1", "a[]=2"], "a[]"), (["a[]=1", "a[b]=2"], "a[b]")]
        {
            let error = body(read(&given, Reading::Text)).unwrap_err();
            assert_eq!(error, format!("`{key}` does not go together with a field before it"));
        }
    }
}
