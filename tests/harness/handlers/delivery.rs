//! Signed deliveries for handlers that look at the real clock.

use hookctl::hook::delivery::Message;
use hookctl::hook::encoding::Encoding;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Kind, Place, Provider, SecretForm};
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the handlers are told of their scheme and host.
pub const ORIGIN: &str = "https://example.test";
pub const TARGET: &str = "/hooks?x=1&name=It's";

/// A request as a sender writes it.
#[derive(Clone)]
pub struct Delivery {
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// What a handler is given: the secret, or the public half of a key pair.
pub fn shown(provider: &Provider, secret: &str) -> String {
    let keys = provider.keys(&[Secret::new(secret.as_bytes()).unwrap()]).unwrap();
    provider.public_key(&keys).map_or_else(|| secret.to_owned(), |public| public.text)
}

/// Private keys that were made, by provider and seed: signing again takes the same.
static PAIRS: Mutex<BTreeMap<(String, String), String>> = Mutex::new(BTreeMap::new());

/// A secret in the form that the vendor shows.
pub fn secret(provider: &Provider, seed: &str) -> String {
    let mut pairs = PAIRS.lock().unwrap();
    let name = (provider.id().to_string(), seed.to_owned());
    if let Some(made) = pairs.get(&name) {
        return made.clone();
    }
    if let Ok(made) = provider.generate_secret() {
        let text = String::from_utf8(made.expose().to_vec()).unwrap();
        pairs.insert(name, text.clone());
        return text;
    }
    let prefix = provider.setting("secret_prefix").unwrap_or_default();
    let prefix = prefix.trim_matches('"');
    match (provider.kind(), provider.secret_form()) {
        (Kind::Basic, _) => format!("user:{seed}"),
        (_, SecretForm::Base64) => format!("{prefix}{}", Encoding::Base64.encode(seed.as_bytes())),
        (_, SecretForm::Hex) => hex::encode(seed),
        (_, SecretForm::Nfkd) => format!("{seed}-\u{e9}"),
        _ => seed.to_owned(),
    }
}

/// A body that has what the scheme signs.
fn body(provider: &Provider, at: i64) -> Vec<u8> {
    let text = "Zo\u{eb}";
    match (provider.place(), &**provider.id()) {
        (_, "adyen-standard") => format!(
            r#"{{"live":"false","notificationItems":[{{"NotificationRequestItem":{{"pspReference":"{text}1","success":"true"}}}},{{"NotificationRequestItem":{{"pspReference":"p2","amount":{{"value":1130,"currency":"EUR"}}}}}}]}}"#
        ),
        (Place::Json(_), _) => format!(r#"{{"signature":{{"timestamp":"{at}","token":"{text}"}}}}"#),
        (Place::Form(_), _) => "a=1&bt_payload=Zo%C3%AB+x".to_owned(),
        (_, "twilio" | "mandrill") => "b=2&a=1&a=Zo%C3%AB+x&b=2&A=".to_owned(),
        (_, "linear") => format!(r#"{{"webhookTimestamp":{at}000,"a":"{text}"}}"#),
        _ => format!("{{ \"a\" : \"{text}\", \"n\": 1.0 }}\r\n"),
    }
    .into_bytes()
}

/// A delivery that was signed at this moment with these secrets.
pub fn signed(provider: &Provider, secrets: &[String], at: i64) -> Delivery {
    signed_body(provider, secrets, at, body(provider, at))
}

/// The same with a body of one's own.
pub fn signed_body(provider: &Provider, secrets: &[String], at: i64, body: Vec<u8>) -> Delivery {
    let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text.as_bytes()).unwrap()).collect();
    let keys = provider.keys(&secrets).unwrap().with_webhook_id(Some("pk_1"));
    let (headers, url) = (Headers::default(), format!("{ORIGIN}{TARGET}"));
    let message = Message { method: "POST", target: TARGET, headers: &headers, body: &body, url: Some(&url) };
    let at = Timestamp::from_seconds(at);
    let signed = provider.sign(&keys, &message, at, Some("msg_1"), Some("pk_1")).unwrap();
    Delivery {
        target: signed.target.unwrap_or_else(|| TARGET.to_owned()),
        headers: signed.headers,
        body: signed.body.unwrap_or(body),
    }
}

impl Delivery {
    /// The request's bytes.
    pub fn request(&self) -> Vec<u8> {
        let mut text = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", self.target);
        text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        let mut bytes = text.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The same with these headers' values changed; `None` removes one.
    pub fn with(&self, names: &[Box<str>], change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Self {
        let change = |(name, value): &(String, Vec<u8>)| {
            if names.iter().any(|known| **known == **name) {
                Some((name.clone(), change(value)?))
            } else {
                Some((name.clone(), value.clone()))
            }
        };
        Self { headers: self.headers.iter().filter_map(change).collect(), ..self.clone() }
    }

    /// The same with a text replaced wherever it is.
    pub fn replaced(&self, old: &str, new: &str) -> Self {
        let replace = |bytes: &[u8]| -> Vec<u8> {
            match std::str::from_utf8(bytes) {
                Ok(text) => text.replace(old, new).into_bytes(),
                Err(_) => bytes.to_vec(),
            }
        };
        Self {
            target: self.target.replace(old, new),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), replace(value))).collect(),
            body: replace(&self.body),
        }
    }
}
