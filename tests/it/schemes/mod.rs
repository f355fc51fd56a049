//! Every scheme of the catalogue.
//!
//! `table` holds what is expected of each row and tries all of it; `rules` goes
//! rule by rule; `forms` holds what single vendors do in their own way.

mod forms;
mod rules;
mod table;

use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Kind, Place, Provider, SecretForm};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::{Keys, Signed};
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use std::sync::Arc;
use std::time::Duration;

const NOW: i64 = 1_760_000_000;
const URL: &str = "https://example.test/hooks?x=1";
const TARGET: &str = "/hooks?x=1";

/// A provider with a fitting secret and body.
struct Scheme {
    provider: Arc<Provider>,
    keys: Keys,
}

/// A whole delivery as it would arrive.
#[derive(Clone, Debug)]
struct Arrived {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    target: String,
    body: Vec<u8>,
}

impl Arrived {
    /// A delivery that nobody signed.
    fn bare(body: &[u8]) -> Self {
        Self {
            method: "POST".to_owned(),
            url: URL.to_owned(),
            headers: Vec::new(),
            target: TARGET.to_owned(),
            body: body.to_vec(),
        }
    }

    /// The header of this name, to be changed.
    fn header(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A secret of the form that the scheme wants; for key pairs, a new one each time.
fn secret(provider: &Provider, seed: &str) -> Secret {
    if provider.kind().has_key_pair() {
        return provider.generate_secret().unwrap();
    }
    let text = match (provider.kind(), provider.secret_form()) {
        (Kind::Basic, _) => format!("user:{seed}"),
        (_, SecretForm::Base64) => {
            format!("whsec_{}", hookctl::hook::encoding::Encoding::Base64.encode(seed.as_bytes()))
        }
        (_, SecretForm::Hex) => hex::encode(seed),
        _ => seed.to_owned(),
    };
    // Only the family that strips the prefix writes it.
    let prefixed = provider.setting("secret_prefix").is_some();
    let text = if prefixed { text } else { text.trim_start_matches("whsec_").to_owned() };
    Secret::new(text).unwrap()
}

/// Every scheme with a shared secret that is not a JSON Web Token.
fn schemes() -> Vec<Scheme> {
    let supported = Catalogue::builtin()
        .all()
        .into_iter()
        .filter(|provider| !provider.kind().has_key_pair() && !provider.kind().is_token());
    let schemes: Vec<Scheme> = supported
        .map(|provider| {
            let keys = provider.keys(&[secret(&provider, "fake-secret-one")]).unwrap();
            Scheme { provider, keys }
        })
        .collect();
    assert!(schemes.len() >= 93, "rows with a shared secret and no token were lost");
    schemes
}

impl Scheme {
    /// A body that has what the scheme signs; `text` is anything that JSON need not escape.
    fn body(&self, text: &str) -> Vec<u8> {
        match (self.provider.place(), self.provider.id().as_ref()) {
            (_, "adyen-standard") => format!(
                r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"{text}1","success":"true"}}}},{{"NotificationRequestItem":{{"pspReference":"{text}2","amount":{{"value":1}}}}}}]}}"#
            )
            .into_bytes(),
            (Place::Json(_), _) => {
                format!(r#"{{"signature":{{"timestamp":"{NOW}","token":"{text}"}}}}"#).into_bytes()
            }
            (Place::Form(_), _) => format!("a=1&bt_payload={text}").into_bytes(),
            (_, "twilio" | "mandrill") => format!("b=2&a=1&a={text}").into_bytes(),
            (_, "linear") => format!(r#"{{"webhookTimestamp":{NOW}000,"a":"{text}"}}"#).into_bytes(),
            _ => format!(r#"{{"a":"{text}"}}"#).into_bytes(),
        }
    }

    /// What arrives when the vendor sends this body.
    fn arrived(&self, body: &[u8]) -> Arrived {
        let form = matches!(self.provider.place(), Place::Form(_)) || body.starts_with(b"b=");
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let sent = Headers::from_pairs([("Content-Type", content_type)]);
        let message = Message { method: "POST", target: TARGET, headers: &sent, body, url: Some(URL) };
        let signed = self.provider.sign(&self.keys, &message, now(), Some("msg_1"), Some("pk_1")).unwrap();
        let Signed { mut headers, body: new_body, target } = signed;
        headers.push(("Content-Type".to_owned(), content_type.as_bytes().to_vec()));
        let target = target.unwrap_or_else(|| TARGET.to_owned());
        // What the scheme puts into the query is in the URL as well: Twilio signs that.
        let url = format!("{}{target}", URL.strip_suffix(TARGET).unwrap());
        Arrived { headers, target, url, ..Arrived::bare(&new_body.unwrap_or_else(|| body.to_vec())) }
    }

    fn verify_at(&self, arrived: &Arrived, at: Timestamp, tolerance: Option<Duration>) -> Verdict {
        let headers = Headers::from_pairs(arrived.headers.iter().map(|(name, value)| (name, value)));
        let message = Message {
            method: &arrived.method,
            target: &arrived.target,
            headers: &headers,
            body: &arrived.body,
            url: Some(&arrived.url),
        };
        self.provider.verify(&self.keys, &message, at, tolerance)
    }

    fn verify(&self, arrived: &Arrived) -> Verdict {
        self.verify_at(arrived, now(), None)
    }

    /// The value that carries the first signature.
    fn value(&self, arrived: &Arrived) -> String {
        let body = String::from_utf8_lossy(&arrived.body).into_owned();
        match self.provider.place() {
            Place::Headers(names) => {
                let header = arrived.headers.iter().find(|(name, _)| *name == *names[0]).unwrap();
                String::from_utf8(header.1.clone()).unwrap()
            }
            Place::Query(_) => arrived.target.rsplit('=').next().unwrap().to_owned(),
            Place::Form(_) => body.rsplit("bt_signature=").next().unwrap().replace("%7C", "|"),
            Place::Json(_) if body.contains("hmacSignature") => {
                body.split("hmacSignature\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
            }
            Place::Json(_) => {
                body.split("\"signature\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
            }
        }
    }

    /// The first signature as it is written, without what stands before it.
    fn signature(&self, arrived: &Arrived) -> String {
        let value = self.value(arrived);
        let length = self.provider.encode().length(self.provider.hash().bytes());
        value[value.len() - length..].to_owned()
    }

    /// The same delivery with every occurrence of the signature replaced.
    fn with_signature(&self, arrived: &Arrived, new: &str) -> Arrived {
        let old = self.signature(arrived);
        let replace = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&old, new).into_bytes();
        Arrived {
            headers: arrived.headers.iter().map(|(name, value)| (name.clone(), replace(value))).collect(),
            target: arrived.target.replace(&old, new),
            body: replace(&arrived.body),
            ..arrived.clone()
        }
    }

    /// The same delivery with another value where the signature is.
    fn with_value(&self, arrived: &Arrived, value: &[u8]) -> Arrived {
        let mut changed = arrived.clone();
        let names = self.provider.signature_headers();
        for (name, old) in &mut changed.headers {
            if names.iter().any(|known| **known == **name) {
                *old = value.to_vec();
            }
        }
        if names.is_empty() {
            let (old, new) = (self.value(arrived), String::from_utf8_lossy(value));
            let body = String::from_utf8_lossy(&arrived.body).into_owned();
            changed.target = arrived.target.replace(&old, &new);
            changed.body = body.replace(&old, &new).replace(&old.replace('|', "%7C"), &new).into_bytes();
        }
        changed
    }

    fn without_headers(&self, arrived: &Arrived) -> Arrived {
        let names = self.provider.signature_headers();
        let mut arrived = arrived.clone();
        arrived.headers.retain(|(name, _)| !names.iter().any(|known| **known == **name));
        arrived
    }

    fn signs(&self) -> bool {
        matches!(self.provider.kind(), Kind::Hmac | Kind::Hash)
    }

    fn refused(&self, arrived: &Arrived, code: Code, what: &str) {
        let verdict = self.verify(arrived);
        assert_eq!(verdict.code, code, "{} with {what}: {}", self.provider.id(), verdict.reason);
        assert_eq!(verdict.provider.as_ref(), Some(self.provider.id()));
    }
}
