//! The baseline: what a careful handler or sender does for one row, with the
//! libraries that everybody takes. It makes a key for each delivery, parses JSON
//! with serde, decodes the signature and lets the HMAC compare it.
//!
//! What it does is decided once a row (`scheme`), so that a run holds no more than
//! straight-line code with a branch a step.

mod listed;
mod scheme;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use hookctl::hook::digest::HashName;
use hookctl::hook::encoding::Encoding;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Provider;
use hookctl::hook::secret::Secret;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use std::borrow::Cow;

use crate::sample::{ID, NOW, PUBLIC_KEY};
use scheme::{Element, Scheme, Spot, Step, TimeForm, TimeSpot};

/// A request as a framework hands it over.
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    pub(crate) url: &'r str,
    pub(crate) target: &'r str,
    pub(crate) headers: &'r Headers,
    pub(crate) body: &'r [u8],
}

/// What a sender sends: headers, and a body or a target with the signature in it.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) target: Option<String>,
}

/// One row's handler and sender.
pub(crate) struct Hand {
    scheme: Scheme,
}

/// What goes into the content beside the request.
struct Along<'a> {
    time: Cow<'a, str>,
    id: &'a str,
    /// The list of signed headers.
    names: Cow<'a, str>,
    /// The headers that a sender sends along.
    added: &'a [(String, String)],
    json: Option<&'a Value>,
}

/// What stands in a signature's value.
#[derive(Default)]
struct Written<'v> {
    signatures: Vec<&'v str>,
    time: &'v str,
    names: &'v str,
}

impl Hand {
    pub(crate) fn new(provider: &Provider) -> Self {
        Self { scheme: Scheme::of(provider) }
    }

    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.scheme.secret.as_str()).unwrap()
    }

    /// Whether a delivery is signed and fresh.
    pub(crate) fn verify(&self, request: &Request<'_>) -> bool {
        let json = self.scheme.reads_json.then(|| serde_json::from_slice::<Value>(request.body).ok());
        let json = json.flatten();
        match (&self.scheme.each, &json) {
            (Some(each), Some(json)) => {
                let items = json.pointer(each).and_then(Value::as_array);
                items.is_some_and(|items| items.iter().all(|item| self.verify_one(request, Some(item))))
            }
            _ => self.verify_one(request, json.as_ref()),
        }
    }

    fn verify_one(&self, request: &Request<'_>, json: Option<&Value>) -> bool {
        let Some(value) = self.value(request, json) else { return false };
        let written = self.read(&value);
        let id = self.scheme.id.as_ref().map(|name| text(request.headers.get(name)));
        let time = match &self.scheme.time {
            TimeSpot::None => Cow::Borrowed(""),
            TimeSpot::Value => Cow::Borrowed(written.time),
            TimeSpot::Header(name) => Cow::Borrowed(text(request.headers.get(name))),
            TimeSpot::Json(pointer) => json.and_then(|json| json.pointer(pointer)).map_or("".into(), as_text),
        };
        let Some(names) = self.listed_names(request, written.names) else { return false };
        let along = Along { time, id: id.unwrap_or_default(), names: names.into(), added: &[], json };
        let same = written.signatures.iter().any(|signature| {
            let Some(signature) = self.decode(signature) else { return false };
            match self.scheme.hash {
                HashName::Sha1 => self.holds::<Hmac<Sha1>>(request, &along, &signature),
                HashName::Sha256 => self.holds::<Hmac<Sha256>>(request, &along, &signature),
                HashName::Sha512 => self.holds::<Hmac<Sha512>>(request, &along, &signature),
            }
        });
        same && self.fresh(&along.time)
    }

    fn holds<M: Mac + KeyInit>(&self, request: &Request<'_>, along: &Along<'_>, signature: &[u8]) -> bool {
        self.mac::<M>(request, along).verify_slice(signature).is_ok()
    }

    fn mac<M: Mac + KeyInit>(&self, request: &Request<'_>, along: &Along<'_>) -> M {
        let mut mac = <M as KeyInit>::new_from_slice(std::hint::black_box(&self.scheme.key)).unwrap();
        for step in &self.scheme.content {
            match step {
                Step::Text(text) => mac.update(text.as_bytes()),
                Step::Body => mac.update(request.body),
                Step::BodyDigest => mac.update(hex::encode(Sha256::digest(request.body)).as_bytes()),
                Step::Time => mac.update(along.time.as_bytes()),
                Step::Id => mac.update(along.id.as_bytes()),
                Step::Method => mac.update(request.method.as_bytes()),
                Step::Url => mac.update(request.url.as_bytes()),
                Step::Uri => mac.update(listed::uri(request.target).as_bytes()),
                Step::SignedNames => mac.update(along.names.as_bytes()),
                Step::SignedHeaders => mac.update(self.listed_headers(request, along).as_bytes()),
                Step::Header(name) => mac.update(request.headers.get(name).unwrap_or_default()),
                Step::Form(name) => mac.update(form_field(request.body, name).as_bytes()),
                Step::Json(pointer) => {
                    let found = along.json.and_then(|json| json.pointer(pointer));
                    mac.update(found.map_or("".into(), as_text).as_bytes());
                }
                Step::Params => {
                    let mut fields: Vec<_> = form_urlencoded::parse(request.body).collect();
                    fields.sort();
                    fields.dedup();
                    for (name, value) in &fields {
                        mac.update(name.as_bytes());
                        mac.update(value.as_bytes());
                    }
                }
            }
        }
        mac
    }

    fn value<'r>(&self, request: &'r Request<'_>, json: Option<&'r Value>) -> Option<Cow<'r, str>> {
        match &self.scheme.spot {
            Spot::Header(name) => request.headers.get(name).map(|value| text(Some(value)).into()),
            Spot::Json(pointer) => json?.pointer(pointer).map(as_text),
            Spot::Form(name) => Some(form_field(request.body, name)),
            Spot::Query(name) => {
                let (_, query) = request.target.split_once('?')?;
                Some(form_field(query.as_bytes(), name))
            }
        }
    }

    /// What stands in a value.
    fn read<'v>(&self, value: &'v str) -> Written<'v> {
        let mut written = Written::default();
        let mut element = |text: &'v str| {
            for element in &self.scheme.value {
                match element {
                    Element::Signature(prefix) => written.signatures.extend(text.strip_prefix(&**prefix)),
                    Element::Time(prefix) => {
                        written.time = text.strip_prefix(&**prefix).unwrap_or(written.time);
                    }
                    Element::Names(prefix) => {
                        written.names = text.strip_prefix(&**prefix).unwrap_or(written.names);
                    }
                    Element::BehindKey(bar) => {
                        written.signatures.extend(text.split_once(&**bar).map(|(_, rest)| rest));
                    }
                }
            }
        };
        match &self.scheme.list {
            Some(separator) => value.split(&**separator).for_each(|text| element(text.trim())),
            None => element(value),
        }
        written
    }

    fn decode(&self, signature: &str) -> Option<Vec<u8>> {
        match self.scheme.encode {
            Encoding::Hex => hex::decode(signature).ok(),
            Encoding::Base64 => STANDARD.decode(signature).ok(),
            Encoding::Base64Url => {
                URL_SAFE_NO_PAD.decode(signature).or_else(|_| URL_SAFE.decode(signature)).ok()
            }
        }
    }

    fn fresh(&self, time: &str) -> bool {
        let Some(tolerance) = self.scheme.tolerance else { return true };
        let seconds = match self.scheme.time_form {
            TimeForm::Seconds => time.parse().ok(),
            TimeForm::Millis => time.parse::<i64>().ok().map(|millis| millis / 1_000),
            TimeForm::Rfc3339 => time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second),
            TimeForm::HttpDate => {
                let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(time);
                parsed.ok().map(jiff::Timestamp::as_second)
            }
        };
        seconds.is_some_and(|seconds: i64| (NOW - seconds).abs() <= tolerance)
    }

    /// What a sender sends with this request.
    pub(crate) fn sign(&self, request: &Request<'_>) -> Made {
        let mut json = self.scheme.reads_json.then(|| serde_json::from_slice::<Value>(request.body).unwrap());
        let time = self.scheme.written_time(NOW);
        if let (Some(each), Some(json)) = (&self.scheme.each, &mut json) {
            for item in json.pointer_mut(each).and_then(Value::as_array_mut).unwrap() {
                let along = Along {
                    time: time.as_str().into(),
                    id: ID,
                    names: "".into(),
                    added: &[],
                    json: Some(item),
                };
                let value = self.written(&self.signature(request, &along), &along);
                self.put(item, value);
            }
            return Made { body: Some(serde_json::to_vec(&json).unwrap()), ..Made::default() };
        }
        let mut headers = self.beside(&time);
        let names = self.choose(request, &mut headers).into();
        let along = Along { time: time.as_str().into(), id: ID, names, added: &headers, json: json.as_ref() };
        let value = self.written(&self.signature(request, &along), &along);
        let mut made = Made { headers, ..Made::default() };
        match &self.scheme.spot {
            Spot::Header(name) => made.headers.push((name.to_string(), value)),
            Spot::Json(_) => {
                let mut json = json.unwrap();
                self.put(&mut json, value);
                made.body = Some(serde_json::to_vec(&json).unwrap());
            }
            Spot::Form(name) => {
                let body = String::from_utf8(request.body.to_vec()).unwrap();
                let mut form = form_urlencoded::Serializer::for_suffix(body, 0);
                made.body = Some(form.append_pair(name, &value).finish().into_bytes());
            }
            Spot::Query(name) => {
                let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
                made.target = Some(format!("{}&{name}={value}", request.target));
            }
        }
        made
    }

    /// The headers that go along.
    fn beside(&self, time: &str) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        headers.extend(self.scheme.id.as_ref().map(|name| (name.to_string(), ID.to_owned())));
        if let TimeSpot::Header(name) = &self.scheme.time {
            headers.push((name.to_string(), time.to_owned()));
        }
        headers.extend(self.scheme.extra.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        headers
    }

    fn put(&self, json: &mut Value, value: String) {
        let Spot::Json(pointer) = &self.scheme.spot else { panic!("the signature is not in the JSON") };
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap()[name] = Value::String(value);
    }

    fn signature(&self, request: &Request<'_>, along: &Along<'_>) -> String {
        match self.scheme.hash {
            HashName::Sha1 => self.encode(&self.mac::<Hmac<Sha1>>(request, along).finalize().into_bytes()),
            HashName::Sha256 => {
                self.encode(&self.mac::<Hmac<Sha256>>(request, along).finalize().into_bytes())
            }
            HashName::Sha512 => {
                self.encode(&self.mac::<Hmac<Sha512>>(request, along).finalize().into_bytes())
            }
        }
    }

    fn encode(&self, mac: &[u8]) -> String {
        match self.scheme.encode {
            Encoding::Hex => hex::encode(mac),
            Encoding::Base64 => STANDARD.encode(mac),
            Encoding::Base64Url => URL_SAFE_NO_PAD.encode(mac),
        }
    }

    fn written(&self, signature: &str, along: &Along<'_>) -> String {
        let mut written = String::new();
        for (at, element) in self.scheme.value.iter().enumerate() {
            if at > 0 {
                written.push_str(self.scheme.list.as_deref().unwrap_or_default());
                written.push_str(&self.scheme.gap);
            }
            match element {
                Element::Signature(prefix) => written.extend([&**prefix, signature]),
                Element::Time(prefix) => written.extend([&**prefix, &*along.time]),
                Element::Names(prefix) => written.extend([&**prefix, &*along.names]),
                Element::BehindKey(bar) => written.extend([PUBLIC_KEY, &**bar, signature]),
            }
        }
        written
    }

    /// Whether what is signed by hand is what arrives from the profile.
    pub(crate) fn agrees(&self, plain: &Request<'_>, arrived: &Request<'_>) -> bool {
        let made = self.sign(plain);
        let given = |name: &str| arrived.headers.get(name).map(<[u8]>::to_vec);
        let value = |request: &Request<'_>| {
            let json = serde_json::from_slice::<Value>(request.body).ok();
            let item = match &self.scheme.each {
                Some(each) => json.as_ref().and_then(|json| json.pointer(&format!("{each}/0"))),
                None => json.as_ref(),
            };
            self.value(request, item).map(Cow::into_owned)
        };
        let by_hand = Request {
            target: made.target.as_deref().unwrap_or(plain.target),
            body: made.body.as_deref().unwrap_or(plain.body),
            ..*plain
        };
        let headers =
            made.headers.iter().all(|(name, value)| given(name).as_deref() == Some(value.as_bytes()));
        headers && (matches!(self.scheme.spot, Spot::Header(_)) || value(&by_hand) == value(arrived))
    }
}

fn text(bytes: Option<&[u8]>) -> &str {
    std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}

fn as_text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed)
}

fn form_field<'f>(form: &'f [u8], name: &str) -> Cow<'f, str> {
    form_urlencoded::parse(form).find(|(found, _)| found == name).map(|(_, value)| value).unwrap_or_default()
}
