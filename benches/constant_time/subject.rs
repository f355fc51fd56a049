//! What is measured: hookctl's comparisons, and two that stop early.

use crate::random::Random;
use hmac::{Hmac, KeyInit, Mac};
use hookctl::hook::delivery::Message;
use hookctl::hook::digest::Tag;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use sha2::Sha256;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

/// 32 bytes as text: the secret of the schemes, and the token itself of one.
const SECRET: &[u8; 32] = b"fake-secret-of-thirty-two-bytes!";

/// A comparison alone takes less than a clock can see.
const REPEATS: usize = 50;

/// Which byte of a signature is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    FirstWrong,
    LastWrong,
    Right,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::FirstWrong, Self::LastWrong, Self::Right];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::FirstWrong => "first wrong",
            Self::LastWrong => "last wrong",
            Self::Right => "right",
        }
    }

    /// Spoils one byte in a random way; what is right has one spoiled and mended.
    fn spoil(self, bytes: &mut [u8; 32], random: &mut Random) {
        let change = u8::try_from(random.below(255) + 1).unwrap_or(1);
        match self {
            Self::FirstWrong => bytes[0] ^= change,
            Self::LastWrong => bytes[31] ^= change,
            Self::Right => bytes[31] = bytes[31].wrapping_add(change).wrapping_sub(change),
        }
    }
}

/// One delivery of a class, for every subject.
pub(crate) struct Trial {
    body: [u8; 64],
    expected: Tag,
    given: Tag,
    signature: Headers,
    token: Headers,
}

impl Trial {
    pub(crate) fn new(class: Class, random: &mut Random) -> Self {
        let body = random.bytes();
        let right = mac(&body);
        let (mut given, mut token) = (right, *SECRET);
        class.spoil(&mut given, random);
        class.spoil(&mut token, random);
        Self {
            body,
            expected: Tag::from_bytes(&right).unwrap(),
            given: Tag::from_bytes(&given).unwrap(),
            signature: Headers::from_pairs([(
                "X-Hub-Signature-256",
                format!("sha256={}", hex::encode(given)),
            )]),
            token: Headers::from_pairs([("X-Gitlab-Token", token)]),
        }
    }

    fn message<'m>(&'m self, headers: &'m Headers) -> Message<'m> {
        Message { method: "POST", target: "/hooks", headers, body: &self.body, url: None }
    }
}

/// Something whose time is measured.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Whether it stops early and must be found out.
    pub(crate) control: bool,
    /// The classes whose times are compared.
    pub(crate) pairs: &'static [(Class, Class)],
    pub(crate) run: fn(&Trial),
}

const WRONG: &[(Class, Class)] = &[(Class::FirstWrong, Class::LastWrong)];
const ALL: &[(Class, Class)] = &[
    (Class::FirstWrong, Class::LastWrong),
    (Class::FirstWrong, Class::Right),
    (Class::LastWrong, Class::Right),
];

pub(crate) const SUBJECTS: &[Subject] = &[
    Subject { name: "comparing two tags", control: false, pairs: ALL, run: compare },
    Subject { name: "verifying an HMAC (github)", control: false, pairs: WRONG, run: verify_hmac },
    Subject { name: "verifying a token (gitlab-token)", control: false, pairs: WRONG, run: verify_token },
    Subject { name: "control: comparing byte by byte", control: true, pairs: WRONG, run: compare_early },
    Subject {
        name: "control: an HMAC compared byte by byte",
        control: true,
        pairs: WRONG,
        run: verify_early,
    },
];

struct Scheme {
    provider: Arc<Provider>,
    keys: Keys,
}

impl Scheme {
    fn new(id: &str) -> Self {
        let provider = Catalogue::builtin().get(id).unwrap();
        let keys = provider.keys(&[Secret::new(*SECRET).unwrap()]).unwrap();
        Self { provider, keys }
    }

    fn verify(&self, message: &Message<'_>) {
        black_box(self.provider.verify(&self.keys, black_box(message), Timestamp::default(), None));
    }
}

fn compare(trial: &Trial) {
    for _ in 0..REPEATS {
        black_box(black_box(&trial.expected).same(black_box(&trial.given)));
    }
}

fn verify_hmac(trial: &Trial) {
    static GITHUB: LazyLock<Scheme> = LazyLock::new(|| Scheme::new("github"));
    GITHUB.verify(&trial.message(&trial.signature));
}

fn verify_token(trial: &Trial) {
    static GITLAB: LazyLock<Scheme> = LazyLock::new(|| Scheme::new("gitlab-token"));
    GITLAB.verify(&trial.message(&trial.token));
}

fn compare_early(trial: &Trial) {
    for _ in 0..REPEATS {
        black_box(early(black_box(trial.expected.as_bytes()), black_box(trial.given.as_bytes())));
    }
}

fn verify_early(trial: &Trial) {
    let given = trial.signature.get("x-hub-signature-256").and_then(|value| value.strip_prefix(b"sha256="));
    let given = hex::decode(given.unwrap_or_default()).unwrap_or_default();
    black_box(early(&mac(&trial.body), &given));
}

/// What nobody should write.
#[inline(never)]
fn early(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(a, b)| black_box(a) == black_box(b))
}

fn mac(body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().into()
}
