//! What a stranger sends: every line of the table is answered 401, and the
//! handler goes on.

use super::delivery::{Delivery, TARGET, now, secret, shown, signed};
use super::running::Handler;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::{Catalogue, Cover, Kind, Place, Provider};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One provider under attack.
pub(super) struct Attack {
    provider: Arc<Provider>,
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

fn beyond_ascii(good: &[u8]) -> Vec<u8> {
    let mut value = good.to_vec();
    value.pop();
    value.extend_from_slice("é".as_bytes());
    value
}

impl Attack {
    pub(super) fn new(provider: Arc<Provider>) -> Self {
        let secrets = vec![secret(&provider, "fake-secret-one")];
        let good = signed(&provider, &secrets, now());
        Self { provider, secrets, good }
    }

    /// What a handler is told: its secret, the one that is being replaced, and PayPal's number.
    pub(super) fn variables(&self, variable: &str) -> Vec<(String, String)> {
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
            let (_, text) = self.provider.settings().iter().find(|(name, _)| *name == field)?;
            text.trim_matches('"').strip_prefix("header:").map(Box::from)
        };
        let content = self.provider.settings().iter().find(|(name, _)| *name == "content");
        let signs = |word: &str| content.is_some_and(|(_, text)| text.contains(word));
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

    /// Everything that goes wrong with this handler.
    pub(super) fn run(&self, handler: &mut Handler) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |status: u16, what: &str, found: u16| {
            if status != found {
                wrong.push(format!("{}: {what} is answered {found}", self.provider.id()));
            }
        };
        expect(200, "the signed sample", handler.answer(&self.good));
        for (what, change) in TABLE {
            if let Some(delivery) = change(self) {
                expect(401, what, handler.answer(&delivery));
            }
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

/// Runs the handlers of a language for every provider that has one, two at a time.
fn attack(language: Language, program: &[&str], file: &str, at_least: usize) {
    let catalogue = Catalogue::builtin();
    let providers: Vec<_> = catalogue
        .all()
        .into_iter()
        .filter_map(|provider| {
            let source = write(language, &provider, "FAKE_SECRET").ok()?;
            Some((provider, source))
        })
        .collect();
    assert!(providers.len() >= at_least, "{language} has {} handlers", providers.len());
    let (next, home) = (AtomicUsize::new(0), tempfile::tempdir().unwrap());
    let work = || {
        let mut wrong = Vec::new();
        while let Some((provider, source)) = providers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let folder = home.path().join(&**provider.id());
            std::fs::create_dir(&folder).unwrap();
            let attack = Attack::new(Arc::clone(provider));
            let variables = attack.variables("FAKE_SECRET");
            let mut handler = Handler::start(program, &folder, file, source, &variables);
            wrong.extend(attack.run(&mut handler));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

#[test]
fn the_handlers_for_node_hold() {
    attack(Language::Node, &["node"], "handler.mjs", 90);
}

#[test]
fn the_handlers_for_python_hold() {
    // The interpreter itself: what stands before it on the path may be a slow script.
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let python = String::from_utf8(asked.stdout).unwrap();
    attack(Language::Python, &[python.trim()], "handler.py", 90);
}

#[test]
fn a_handler_that_is_spoiled_is_found_out() {
    let provider = Catalogue::builtin().get("stripe").unwrap();
    let source = write(Language::Node, &provider, "FAKE_SECRET").unwrap();
    for (good, bad, finds) in [
        // The vendors' own samples: they throw at a signature of another length.
        ("a.length === b.length && ", "", "a short signature is answered 0"),
        ("<= TOLERANCE", "< Infinity", "yesterday is answered 200"),
        ("values?.length === 1", "values?.length >= 1", "the header twice is answered 200"),
        (", body])", ", body.subarray(0, body.lastIndexOf(10) + 1)])", "one byte more is answered 200"),
    ] {
        assert!(source.contains(good), "{source}");
        let home = tempfile::tempdir().unwrap();
        let attack = Attack::new(Arc::clone(&provider));
        let variables = [("FAKE_SECRET".to_owned(), attack.secrets[0].clone())];
        let spoiled = source.replace(good, bad);
        let mut handler = Handler::start(&["node"], home.path(), "handler.mjs", &spoiled, &variables);
        let wrong = attack.run(&mut handler);
        assert!(wrong.iter().any(|line| line.contains(finds)), "{bad}: {wrong:?}");
    }
}
