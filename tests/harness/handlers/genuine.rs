//! What vendors send: the vectors of `tests/vectors`, and deliveries in every form in which
//! a vendor may have signed them. What hookctl verifies, a handler verifies.

use super::delivery::{Delivery, now, shown};
use super::hostile::VARIABLE;
use super::running::Handler;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hookctl::hook::delivery::Message;
use hookctl::hook::encoding::Encoding;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;

/// One delivery that a handler must take, and what it must be told for it.
pub struct Genuine {
    pub name: String,
    provider: Arc<Provider>,
    secret: String,
    origin: String,
    delivery: Delivery,
    /// Others, of which a handler thinks as the program does.
    others: Vec<Delivery>,
    /// When the vendor signed it.
    at: Timestamp,
}

/// Scheme and host of a URL, and what comes after them.
fn parts(url: &str) -> (String, String) {
    let slash = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    (url[..slash].to_owned(), if slash < url.len() { url[slash..].to_owned() } else { "/".to_owned() })
}

/// The vectors that are requests, as handlers get them: with POST, and with a target that HTTP allows.
fn vectors() -> Vec<Genuine> {
    let whole: Value = serde_json::from_str(include_str!("../../vectors/vectors.json")).unwrap();
    let catalogue = Catalogue::builtin();
    let genuine = |vector: &Value| {
        let text = |field: &str| vector[field].as_str().unwrap().to_owned();
        let place = text("signature_header");
        let request = !place.starts_with('(') || place.starts_with("(body)");
        let (origin, target) = vector["url"].as_str().map_or((String::new(), "/".to_owned()), parts);
        if !request || text("method") != "POST" || target.contains(' ') {
            return None;
        }
        let id =
            if text("algorithm") == "ed25519" { "standard-webhooks-v1a".into() } else { text("provider") };
        // A name in parentheses says where in the body it is.
        let headers =
            vector["headers"].as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('('));
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect();
        let millis = ["X-HubSpot-Request-Timestamp", "X-Contentful-Timestamp"];
        let millis = millis.iter().find_map(|name| vector["headers"][*name].as_str());
        let at = match millis {
            Some(millis) => Timestamp::from_micros(millis.parse::<i64>().unwrap() * 1_000),
            None => Timestamp::from_seconds(vector["now"].as_i64().unwrap_or(1_760_000_000)),
        };
        Some(Genuine {
            name: text("id"),
            provider: catalogue.get(&id).unwrap(),
            secret: text("secret"),
            origin,
            delivery: Delivery { target, headers, body: text("body").into_bytes() },
            others: Vec::new(),
            at,
        })
    };
    whole["vectors"].as_array().unwrap().iter().filter_map(genuine).collect()
}

/// A delivery that was signed for one URL and body, and comes with another.
fn signed_as(id: &str, signed: (&str, &[u8]), sent: (&str, &[u8])) -> Genuine {
    let provider = Catalogue::builtin().get(id).unwrap();
    let secret = "fake-secret-one".to_owned();
    let keys = provider.keys(&[Secret::new(secret.as_bytes()).unwrap()]).unwrap();
    let (headers, at) = (Headers::default(), Timestamp::from_seconds(now()));
    let (_, target) = parts(signed.0);
    let message =
        Message { method: "POST", target: &target, headers: &headers, body: signed.1, url: Some(signed.0) };
    let headers = provider.sign(&keys, &message, at, Some("msg_1"), None).unwrap().headers;
    let (origin, target) = parts(sent.0);
    let delivery = Delivery { target, headers, body: sent.1.to_vec() };
    Genuine {
        name: format!("{id} sent as {sent:?}"),
        provider,
        secret,
        origin,
        delivery,
        others: Vec::new(),
        at,
    }
}

/// Deliveries that a proxy or a setting changed between the signature and the handler.
pub fn changed_on_the_way() -> Vec<Genuine> {
    let form = b"A=1".as_slice();
    let twilio = |signed, sent| signed_as("twilio", (signed, form), (sent, form));
    let hubspot = |signed, sent| signed_as("hubspot-v3", (signed, b"{}"), (sent, b"{}"));
    let text = "{\"a\":\"Zo\u{eb}/\\/\u{1f600}\u{7f}\"}";
    let escaped = r#"{"a":"Zo\u00eb\/\/\ud83d\ude00\u007f"}"#;
    let url = "https://example.com/h";
    vec![
        twilio("https://example.com:443/h?a=1", "https://example.com/h?a=1"),
        twilio("https://example.com/h?a=1", "https://example.com:443/h?a=1"),
        twilio("http://example.com:80/h?a=It%27s", "http://example.com/h?a=It's"),
        twilio("https://example.com:8443/h?a=1", "https://example.com:8443/h?a=1"),
        hubspot("https://example.com/h?x=:/", "https://example.com/h?x=%3A%2f"),
        hubspot("https://example.com/h?x=%20$", "https://example.com/h?x=%20%24"),
        signed_as("box", (url, escaped.as_bytes()), (url, text.as_bytes())),
        signed_as("box", (url, text.as_bytes()), (url, text.as_bytes())),
        adyen("1130", ""),
        adyen("1.0", ""),
        adyen("-1.50e2", ""),
        adyen("90071992547409931234", ""),
        adyen("1130", "\u{feff}"),
    ]
}

/// A notification of Adyen's, whose signature covers some members and not the bytes around them.
fn adyen(value: &str, before: &str) -> Genuine {
    let provider = Catalogue::builtin().get("adyen-standard").unwrap();
    let secret = "66616b652d736563726574".to_owned();
    let keys = provider.keys(&[Secret::new(secret.as_bytes()).unwrap()]).unwrap();
    let item =
        format!(r#""pspReference":"p\"1","amount":{{"value":{value},"currency":"EUR"}},"success":"true""#);
    let body = format!(r#"{{"notificationItems":[{{"NotificationRequestItem":{{{item}}}}}]}}"#);
    let (headers, at) = (Headers::default(), Timestamp::from_seconds(now()));
    let message =
        Message { method: "POST", target: "/", headers: &headers, body: body.as_bytes(), url: None };
    let body = provider.sign(&keys, &message, at, None, None).unwrap().body.unwrap();
    let body = [before.as_bytes(), &body].concat();
    let delivery = Delivery { target: "/".to_owned(), headers: Vec::new(), body };
    Genuine {
        name: format!("Adyen's {before}{value}"),
        provider,
        secret,
        origin: String::new(),
        delivery,
        others: Vec::new(),
        at,
    }
}

/// What stands in a token beside what its scheme asks for, and in its header.
const CLAIMS: [(&str, &str); 16] = [
    ("", ""),
    (r#","exp":FUTURE"#, ""),
    (r#","exp":PAST"#, ""),
    (r#","exp":null,"nbf":PAST,"iat":"x""#, ""),
    (r#","exp":"FUTURE""#, ""),
    (r#","exp":true"#, ""),
    (r#","exp":1e999"#, ""),
    (r#","exp":[FUTURE]"#, ""),
    (r#","nbf":FUTURE"#, ""),
    (r#","nbf":PAST.5,"exp":FUTURE.5"#, ""),
    (r#","iss":"other""#, ""),
    (r#","aud":["other"]"#, ""),
    ("", r#","crit":["b64"]"#),
    ("", r#","crit":null"#),
    ("", r#","alg":"none""#),
    ("", r#","alg":"HS512""#),
];

/// A token of HS256 with these claims.
fn token(secret: &str, header: &str, claims: &str) -> String {
    let part = |text: &str| Encoding::Base64Url.encode(text.as_bytes());
    let signed = format!(r"{}.{}", part(&format!(r#"{{"alg":"HS256"{header}}}"#)), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", Encoding::Base64Url.encode(&mac.finalize().into_bytes()))
}

/// A delivery with a token that claims this, and many whose tokens claim more.
fn tokens(id: &str, header: &str, claims: &str) -> Genuine {
    let provider = Catalogue::builtin().get(id).unwrap();
    let secret = "fake-secret-one".to_owned();
    let delivery = |token: String| Delivery {
        target: "/h?a=1".to_owned(),
        headers: vec![(header.to_owned(), token.into_bytes())],
        body: b"{}".to_vec(),
    };
    let moments = |text: &str| {
        let (past, future) = (now() - 3_600, now() + 3_600);
        text.replace("PAST", &past.to_string()).replace("FUTURE", &future.to_string())
    };
    let with = |(more, header): &(&str, &str)| {
        delivery(token(&secret, header, &moments(&format!("{{{claims}{more}}}"))))
    };
    let mut others: Vec<Delivery> = CLAIMS.iter().map(with).collect();
    let good = token(&secret, "", &format!("{{{claims}}}"));
    others.extend(
        [good.clone() + ".x", good.clone() + "=", format!("{good}A"), format!("x{good}")].map(delivery),
    );
    others.push(delivery(token(&secret, "", "[]")));
    others.push(delivery(token(&secret, "", "{}")));
    let (origin, at) = ("https://example.com".to_owned(), Timestamp::from_seconds(now()));
    Genuine {
        name: format!("{id} with {claims}"),
        provider,
        secret,
        origin,
        delivery: delivery(good),
        others,
        at,
    }
}

/// Tokens of every scheme that has some.
fn all_tokens() -> Vec<Genuine> {
    let digest = hex::encode(Sha256::digest(b"{}"));
    let in_base64 = Encoding::Base64.encode(&Sha256::digest(b"{}"));
    let netlify = format!(r#""iss":"netlify","sha256":"{digest}""#);
    vec![
        tokens("netlify", "X-Webhook-Signature", &netlify),
        tokens(
            "fusionauth",
            "X-FusionAuth-Signature-JWT",
            &format!(r#""request_body_sha256":"{in_base64}""#),
        ),
        tokens("monday", "Authorization", r#""aud":"https://example.com/h?a=1""#),
        tokens("monday", "Authorization", r#""aud":["https://other.test/","https://example.com/h?a=1"]"#),
    ]
}

/// Everything that was signed.
pub fn genuine() -> Vec<Genuine> {
    let all: Vec<Genuine> = vectors().into_iter().chain(changed_on_the_way()).chain(all_tokens()).collect();
    assert!(all.len() >= 52, "{} are left", all.len());
    all
}

/// The handler's text with a tolerance that takes the vendors' own examples, which are years old.
fn patient(source: &str) -> String {
    let declares = |line: &str| line.to_ascii_lowercase().contains("tolerance") && line.contains(" = ");
    let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
    if let Some(line) = lines.iter_mut().find(|line| declares(line)) {
        let start = line.find(" = ").unwrap();
        let start = start + line[start..].find(|letter: char| letter.is_ascii_digit()).unwrap();
        let digits = line[start..].chars().take_while(char::is_ascii_digit).count();
        line.replace_range(start..start + digits, "2000000000");
    }
    lines.join("\n") + "\n"
}

impl Genuine {
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What the handler is told.
    pub fn variables(&self, variable: &str) -> Vec<(String, String)> {
        let mut variables = vec![(variable.to_owned(), shown(&self.provider, &self.secret))];
        if !self.origin.is_empty() {
            variables.push(("WEBHOOK_ORIGIN".to_owned(), self.origin.clone()));
        }
        variables
    }

    /// Whether the program itself takes this.
    fn verifies(&self, delivery: &Delivery) -> bool {
        let headers = delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let (headers, url) = (Headers::from_pairs(headers), format!("{}{}", self.origin, delivery.target));
        let (target, body) = (delivery.target.as_str(), delivery.body.as_slice());
        let message = Message { method: "POST", target, headers: &headers, body, url: Some(&url) };
        let keys = self.provider.keys(&[Secret::new(self.secret.as_bytes()).unwrap()]).unwrap();
        self.provider.verify(&keys, &message, self.at, None).verified()
    }

    /// What this handler answers otherwise than the program would, to the delivery and to others.
    pub fn wrong(&self, handler: &Handler) -> Vec<String> {
        let good = &self.delivery;
        assert!(self.verifies(good), "{}", self.name);
        let bodies = [[&good.body, b" x".as_slice()].concat(), b"{\"other\":true}".to_vec()];
        let others = bodies.into_iter().map(|body| Delivery { body, ..good.clone() });
        let all = [good.clone()].into_iter().chain(others).chain(self.others.iter().cloned());
        let judge = |delivery: Delivery| {
            let expected = if self.verifies(&delivery) { 200 } else { 401 };
            let answer = handler.answer(&delivery);
            let said = || {
                format!(
                    "{}: answered {answer}: {:?}",
                    self.name,
                    String::from_utf8_lossy(&delivery.request())
                )
            };
            (answer != expected).then(said)
        };
        all.filter_map(judge).collect()
    }
}

/// Sends everything that was signed to the handlers of its row in this language.
#[track_caller]
pub fn take<S>(language: Language, start: S)
where
    S: Fn(&str, &Path, &[(String, String)]) -> Handler,
{
    let mut wrong = Vec::new();
    let mut seen = 0;
    for one in genuine() {
        let Ok(source) = write(language, &one.provider, VARIABLE) else { continue };
        let home = tempfile::tempdir().unwrap();
        let handler = start(&patient(&source), home.path(), &one.variables(VARIABLE));
        wrong.extend(one.wrong(&handler));
        seen += 1;
    }
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
    assert!(seen >= 40, "{language} has handlers for {seen} of them");
}
