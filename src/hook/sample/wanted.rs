//! A small unsigned request of a provider: what its profile looks at, and nothing else.

use crate::hook::form;
use crate::hook::provider::{Place, Provider, TimeForm, TimePlace};
use crate::hook::template::{Source, Template};
use crate::hook::time::Timestamp;
use serde_json::Value;

/// What the profile looks at beside the signature.
#[derive(Default)]
pub(in crate::hook) struct Wanted {
    /// Headers with their values.
    pub(in crate::hook) headers: Vec<(String, String)>,
    /// The members of a JSON body; of one element of it, where each is signed.
    pub(in crate::hook) json: Value,
    /// The fields of a form body; empty where the body is JSON.
    pub(in crate::hook) form: Vec<u8>,
    /// The body.
    pub(in crate::hook) body: Vec<u8>,
}

impl Wanted {
    /// What `provider` looks at, for a delivery of this id at this moment. The
    /// event's name is that of the provider's first sample, else `event`.
    pub(in crate::hook) fn of(provider: &Provider, event: &str, at: Timestamp, id: &str) -> Self {
        let mut wanted = Self::default();
        let event = super::samples(provider.id()).first().map_or(event, |sample| sample.event.as_str());
        for (source, value) in provider.detect.iter().filter_map(|condition| condition.tests().next()) {
            wanted.put(source, value.unwrap_or("example"));
        }
        for source in provider.event.iter().take(1) {
            wanted.put(source, event);
        }
        for source in provider.delivery.iter().take(1) {
            wanted.put(source, id);
        }
        let claims = provider.claims.iter().map(|(_, claim)| claim);
        for source in claims.chain([&provider.content]).flat_map(Template::sources) {
            wanted.put(source, "example");
        }
        if let Some(TimePlace::Source(Source::Json(path))) = &provider.timestamp {
            let time = match provider.time_form {
                TimeForm::Unix => at.seconds().into(),
                TimeForm::UnixMillis => at.millis().into(),
                form => Value::from(form.write(at)),
            };
            insert(&mut wanted.json, path.as_str(), time, true);
        }
        wanted.body = wanted.written(provider);
        wanted
    }

    /// Puts a value where a source looks, unless something is there.
    fn put(&mut self, source: &Source, value: &str) {
        match source {
            Source::Header(name) if !self.has(name) => {
                self.headers.push((name.to_string(), value.to_owned()));
            }
            Source::Json(path) => insert(&mut self.json, path.as_str(), value.into(), false),
            Source::Form(name) if form::find(&self.form, name).is_none() => {
                self.form = form::set(&self.form, name, value.as_bytes());
            }
            Source::Params if self.form.is_empty() => self.form = form::set(b"", "Body", b"example"),
            _ => {}
        }
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn written(&self, provider: &Provider) -> Vec<u8> {
        if !self.form.is_empty() || matches!(provider.place, Place::Form(_)) {
            return self.form.clone();
        }
        let mut json =
            if self.json.is_null() { Value::Object(serde_json::Map::new()) } else { self.json.clone() };
        if let Some(array) = &provider.each {
            let mut whole = Value::Null;
            insert(&mut whole, &format!("{}.0", array.as_str()), json, true);
            json = whole;
        }
        json.to_string().into_bytes()
    }
}

/// Puts a value at a path, making what is missing on the way. A part that is
/// a number makes an array; what is no place for a value is left as it is.
pub(super) fn insert(at: &mut Value, path: &str, value: Value, replace: bool) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    if at.is_null() {
        *at = match key.parse::<usize>() {
            Ok(_index) => Value::Array(Vec::new()),
            Err(_name) => Value::Object(serde_json::Map::new()),
        };
    }
    let slot = match at {
        Value::Array(items) => {
            if items.is_empty() {
                items.push(Value::Null);
            }
            items.first_mut()
        }
        Value::Object(fields) => Some(fields.entry(key).or_insert(Value::Null)),
        _ => None,
    };
    match (slot, rest) {
        (Some(slot), Some(rest)) => insert(slot, rest, value, replace),
        (Some(slot), None) if replace || slot.is_null() => *slot = value,
        _ => {}
    }
}
