//! What a stranger sends: every line of the table is answered 401, and the
//! handler goes on.

use super::delivery::{Delivery, TARGET, now, secret, shown, signed, signed_body};
use super::running::Handler;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::{Catalogue, Cover, Kind, Place, Provider};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The variable that the handlers read their secret from.
pub const VARIABLE: &str = "FAKE_SECRET";

/// One provider under attack.
pub struct Attack {
    provider: Arc<Provider>,
    language: Language,
    secrets: Vec<String>,
    good: Delivery,
}

/// What is sent in place of the good delivery; `None` where the scheme has no such thing.
type Change = fn(&Attack) -> Option<Delivery>;

const TABLE: &[(&str, Change)] = &[
    ("no signature", |attack| Some(attack.unsigned())),
    ("an empty signature", |attack| attack.value(|_| Some(Vec::new()))),
    ("spaces for a signature", |attack| attack.value(|_| Some(b"  ".to_vec()))),
    ("a short signature", |attack| attack.signature(|good| good[..8].to_owned())),
    ("a truncated signature", |attack| attack.signature(|good| good[..good.len() - 1].to_owned())),
    ("one digit too many", |attack| attack.signature(|good| format!("{good}0"))),
    ("a doubled signature", |attack| attack.signature(|good| format!("{good}{good}"))),
    ("garbage of the right length", |attack| attack.signature(|good| "z~".repeat(good.len() / 2))),
    ("another signature", |attack| attack.signature(|good| good.chars().rev().collect())),
    ("a long signature", |attack| attack.signature(|_| "0".repeat(4_000))),
    ("letters beyond ASCII", |attack| attack.value(|good| Some(beyond_ascii(good)))),
    ("bytes that are no text", |attack| attack.value(|good| Some([&good[..4], b"\xff\xfe\x80"].concat()))),
    ("words of JavaScript", |attack| {
        attack.value(|_| Some(b"__proto__,constructor=[object Object]".to_vec()))
    }),
    ("separators", |attack| attack.value(|_| Some(b",;, =,v1=,t=,=|,".to_vec()))),
    ("the header twice", |attack| attack.twice(<[u8]>::to_vec)),
    ("the header and garbage", |attack| attack.twice(|_| b"garbage".to_vec())),
    ("another secret", |attack| {
        Some(signed(&attack.provider, &[secret(&attack.provider, "fake-secret-two")], now()))
    }),
    ("another body", |attack| {
        (attack.provider.cover() == Cover::Body).then(|| attack.with_body(b"{\"a\":1}"))
    }),
    ("one byte more", |attack| {
        let more = [&attack.good.body[..], b" "].concat();
        (attack.provider.cover() == Cover::Body && !attack.signs_params()).then(|| attack.with_body(&more))
    }),
    ("another field", |attack| {
        (attack.provider.cover() == Cover::Fields).then(|| attack.good.replaced("Zo", "Za"))
    }),
    ("no body", |attack| (attack.provider.cover() != Cover::Nothing).then(|| attack.with_body(b""))),
    ("a body that is no text", |attack| {
        (attack.provider.cover() != Cover::Nothing).then(|| attack.with_body(b"\xff\x00\xfe"))
    }),
    ("deep JSON", |attack| {
        (attack.provider.cover() != Cover::Nothing).then(|| attack.with_body("[".repeat(100_000).as_bytes()))
    }),
    ("JSON of other types", |attack| attack.json(r#"{"signature":[],"notificationItems":{}}"#)),
    ("JSON of other types inside", |attack| {
        attack.json(r#"{"signature":{"timestamp":[],"token":{},"signature":1},"webhookTimestamp":"x"}"#)
    }),
    ("JSON of other elements", |attack| {
        attack.json(r#"{"notificationItems":[null,7,{"NotificationRequestItem":[]}]}"#)
    }),
    ("half a letter in JSON", |attack| attack.json(r#"{"signatur\udc00":1,"signature":{"token":"\ud800"}}"#)),
    ("a number beyond all numbers", |attack| attack.json(r#"{"webhookTimestamp":1e999}"#)),
    ("an odd form", |attack| attack.json("&&=&bt_payload=%zz&bt_payload&%ff=%00&=%")),
    ("a form of many fields", |attack| {
        let mut delivery = attack.unsigned();
        let kind = "application/x-www-form-urlencoded".as_bytes().to_vec();
        delivery.headers.push(("Content-Type".to_owned(), kind));
        Some(Delivery { body: "a=1&".repeat(2_000).into_bytes(), ..delivery })
    }),
    ("a query of many fields", |attack| {
        Some(Delivery { target: format!("/?{}", "a&".repeat(2_000)), ..attack.unsigned() })
    }),
    ("a megabyte", |attack| {
        let unsigned = attack.unsigned();
        Some(Delivery { body: vec![b'x'; 1 << 20], ..unsigned })
    }),
    ("a megabyte under a good header", |attack| {
        (attack.provider.cover() != Cover::Nothing).then(|| attack.with_body(&vec![b'x'; 1 << 20]))
    }),
    ("yesterday", |attack| attack.at(-86_400)),
    ("a second too old", |attack| attack.at(-1 - attack.tolerance()?)),
    // The clock may tick between here and there, so the future is a little further.
    ("the future", |attack| attack.at(30 + attack.tolerance()?)),
    ("another time beside", |attack| attack.beside(b"1")),
    ("no time or id beside", |attack| attack.without_beside()),
    ("words for a time", |attack| attack.beside(b"yesterday")),
    ("a huge number for a time", |attack| attack.beside(b"99999999999999999999999999")),
    ("bytes for a time", |attack| attack.beside(b"\xff\xfe")),
    ("another URL", |attack| {
        let target = "/other?x=1".to_owned();
        attack.provider.signs_url().then(|| Delivery { target, ..attack.good.clone() })
    }),
];

/// Targets that a server may refuse by itself.
const TARGETS: [&str; 6] =
    ["//x", "/%zz?%=%zz&=&&", "/a[b|c]?{}", "http://localhost/x", "/..//../etc/passwd?..", "/%00%ff?%00"];

fn beyond_ascii(good: &[u8]) -> Vec<u8> {
    let mut value = good.to_vec();
    value.pop();
    value.extend_from_slice("é".as_bytes());
    value
}

impl Attack {
    pub fn new(provider: Arc<Provider>, language: Language) -> Self {
        let secrets = vec![secret(&provider, "fake-secret-one")];
        let good = signed(&provider, &secrets, now());
        Self { provider, language, secrets, good }
    }

    /// What a line of the table is answered with. Some servers join a header that came twice. A list with
    /// commas is then the list that it would be in one header (RFC 9110, 5.3); but it has one time.
    fn expected(&self, what: &str) -> u16 {
        let setting = |field: &str, wanted: &str| {
            let found = self.provider.settings().find(|(name, _)| *name == field);
            found.is_some_and(|(_, text)| text.trim_matches('"') == wanted)
        };
        let same_list = match what {
            "the header twice" => !setting("timestamp", "sig"),
            "the header and garbage" => true,
            _ => false,
        };
        let joined = matches!(self.language, Language::Ruby | Language::Php | Language::Deno);
        if joined && setting("list", ",") && same_list { 200 } else { 401 }
    }

    /// What a handler is told: its secret, the one that is being replaced, and PayPal's number.
    pub fn variables(&self, variable: &str) -> Vec<(String, String)> {
        let old = secret(&self.provider, "fake-secret-old");
        vec![
            (variable.to_owned(), shown(&self.provider, &self.secrets[0])),
            (format!("{variable}_PREVIOUS"), shown(&self.provider, &old)),
            ("WEBHOOK_ID".to_owned(), "pk_1".to_owned()),
        ]
    }

    fn names(&self) -> &[Box<str>] {
        self.provider.signature_headers()
    }

    fn signs_params(&self) -> bool {
        matches!(&**self.provider.id(), "twilio" | "mandrill")
    }

    fn tolerance(&self) -> Option<i64> {
        self.provider.tolerance().map(|tolerance| tolerance.as_secs() as i64)
    }

    fn unsigned(&self) -> Delivery {
        let bare = self.good.with(self.names(), |_| None);
        match self.provider.place() {
            Place::Headers(_) => bare,
            Place::Query(_) => Delivery { target: TARGET.to_owned(), ..bare },
            Place::Form(_) => Delivery { body: b"bt_payload=x".to_vec(), ..bare },
            Place::Json(_) => {
                bare.replaced("\"signature\":\"", "\"other\":\"").replaced("hmacSignature", "other")
            }
        }
    }

    /// The header's value changed.
    fn value(&self, change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Delivery> {
        (!self.names().is_empty()).then(|| self.good.with(self.names(), change))
    }

    /// The first signature, as it is written.
    fn written(&self) -> Option<String> {
        let length = self.provider.encode().length(self.provider.hash().bytes());
        let whole = match self.provider.place() {
            Place::Headers(names) => {
                let (_, value) = self.good.headers.iter().find(|(name, _)| *name == *names[0])?;
                String::from_utf8(value.clone()).ok()?
            }
            Place::Query(_) => self.good.target.clone(),
            Place::Form(_) => String::from_utf8(self.good.body.clone()).ok()?,
            Place::Json(_) => {
                let text = String::from_utf8(self.good.body.clone()).ok()?;
                let mark =
                    if text.contains("hmacSignature") { "hmacSignature\":\"" } else { "\"signature\":\"" };
                text.split(mark).nth(1)?.split('"').next()?.to_owned()
            }
        };
        matches!(self.provider.kind(), Kind::Hmac | Kind::Hash)
            .then(|| whole[whole.len() - length..].to_owned())
    }

    fn signature(&self, change: impl Fn(&str) -> String) -> Option<Delivery> {
        let good = self.written()?;
        Some(self.good.replaced(&good, &change(&good)))
    }

    fn twice(&self, second: impl Fn(&[u8]) -> Vec<u8>) -> Option<Delivery> {
        let name = self.names().first()?;
        let mut delivery = self.good.clone();
        let at = delivery.headers.iter().position(|(found, _)| *found == **name)?;
        let value = second(&delivery.headers[at].1);
        delivery.headers.insert(at + 1, (name.to_string(), value));
        Some(delivery)
    }

    /// Another body, which may be read before it is judged.
    fn json(&self, body: &str) -> Option<Delivery> {
        (self.provider.cover() != Cover::Nothing).then(|| self.with_body(body.as_bytes()))
    }

    fn with_body(&self, body: &[u8]) -> Delivery {
        Delivery { body: body.to_vec(), ..self.good.clone() }
    }

    fn at(&self, offset: i64) -> Option<Delivery> {
        let judged = self.provider.replay_detectable() && self.provider.tolerance().is_some();
        judged.then(|| signed(&self.provider, &self.secrets, now() + offset))
    }

    /// The names of signed headers that go along.
    fn along(&self) -> Vec<Box<str>> {
        let named = |field: &str| {
            let text = self.provider.setting(field)?;
            text.trim_matches('"').strip_prefix("header:").map(Box::from)
        };
        let content = self.provider.setting("content");
        let signs = |word: &str| content.as_ref().is_some_and(|text| text.contains(word));
        let id = named("id").filter(|_| signs("{id}"));
        id.into_iter().chain(named("timestamp").filter(|_| signs("{ts}"))).collect()
    }

    fn beside(&self, value: &[u8]) -> Option<Delivery> {
        let names = self.along();
        (!names.is_empty()).then(|| self.good.with(&names, |_| Some(value.to_vec())))
    }

    fn without_beside(&self) -> Option<Delivery> {
        let names = self.along();
        (!names.is_empty()).then(|| self.good.with(&names, |_| None))
    }

    /// A body of this kind, signed and not.
    pub fn of_kind(&self, kind: &str, body: &[u8]) -> (Delivery, Delivery) {
        let kind = ("Content-Type".to_owned(), kind.as_bytes().to_vec());
        let mut good = signed_body(&self.provider, &self.secrets, now(), body.to_vec());
        good.headers.push(kind);
        let bad = good.with(self.names(), |_| None);
        (good, bad)
    }

    /// Everything that goes wrong with this handler.
    pub fn run(&self, handler: &mut Handler) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |status: u16, what: &str, found: u16| {
            if status != found {
                wrong.push(format!("{}: {what} is answered {found}", self.provider.id()));
            }
        };
        expect(200, "the signed sample", handler.answer(&self.good));
        for (what, change) in TABLE {
            if let Some(delivery) = change(self) {
                expect(self.expected(what), what, handler.answer(&delivery));
            }
        }
        for target in TARGETS {
            let delivery = Delivery { target: target.to_owned(), ..self.unsigned() };
            let found = handler.answer(&delivery);
            expect(401, target, if (400..500).contains(&found) { 401 } else { found });
        }
        // PHP's own server, which is for development, makes room for what is announced; its page says so.
        if self.language != Language::Php {
            handler
                .leave(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4611686018427387904\r\n\r\nx");
        }
        let second = signed(&self.provider, &[secret(&self.provider, "fake-secret-old")], now());
        expect(200, "the secret that is being replaced", handler.answer(&second));
        expect(
            200,
            "a fresh sample after all that",
            handler.answer(&signed(&self.provider, &self.secrets, now())),
        );
        expect(200, "the process", if handler.lives() { 200 } else { 0 });
        wrong
    }
}

/// A provider and the text of its handler.
pub type Written = (Arc<Provider>, String);

/// The handlers of every provider that has one in this language.
pub fn written(language: Language, at_least: usize) -> Vec<Written> {
    let text = |provider: Arc<Provider>| {
        let source = write(language, &provider, VARIABLE).ok()?;
        Some((provider, source))
    };
    let written: Vec<_> = Catalogue::builtin().all().into_iter().filter_map(text).collect();
    assert!(written.len() >= at_least, "{language} has {} handlers", written.len());
    written
}

/// Attacks handlers, two at a time. `start` runs the handler with this text in this folder, under these variables.
#[track_caller]
pub fn hold<S>(language: Language, written: &[Written], start: S)
where
    S: Fn(&Written, &Path, &[(String, String)]) -> Handler + Sync,
{
    let (next, home) = (AtomicUsize::new(0), tempfile::tempdir().unwrap());
    let work = || {
        let mut wrong = Vec::new();
        while let Some(handler) = written.get(next.fetch_add(1, Ordering::Relaxed)) {
            let folder = home.path().join(&**handler.0.id());
            std::fs::create_dir(&folder).unwrap();
            let attack = Attack::new(Arc::clone(&handler.0), language);
            wrong.extend(attack.run(&mut start(handler, &folder, &attack.variables(VARIABLE))));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}
