//! The form of the inputs that are messages: text that a person can write and
//! a fuzzer can cut anywhere.
//!
//! ```text
//! stripe
//! POST /hooks?x=1
//! Stripe-Signature: t=1760000000,v1=00
//!
//! {"id":"evt_1"}
//! ```
//!
//! A header's value may be any bytes but a line feed, the body any bytes.

use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use std::sync::{Arc, LazyLock};

/// The origin that signed URLs begin with.
const ORIGIN: &str = "https://example.test";

/// More headers than this are not read: a server takes no more either.
const MOST_HEADERS: usize = 128;

/// The built-in catalogue, compiled once a process.
pub static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::builtin()));

/// Every provider with keys of a fake secret, or `None` where the secret would
/// have to be a key of another kind.
static PROVIDERS: LazyLock<Vec<(Arc<Provider>, Option<Keys>)>> = LazyLock::new(|| {
    let with_keys = |provider: Arc<Provider>| {
        let keys = keys(&provider);
        (provider, keys)
    };
    CATALOGUE.all().into_iter().map(with_keys).collect()
});

/// The time that everything is judged at.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(1_760_000_000)
}

/// Keys of a fake secret that fits.
pub fn keys(provider: &Provider) -> Option<Keys> {
    provider.keys(&[secret(provider)?]).ok()
}

/// The first fake secret whose form the provider takes; where it takes none, a
/// private key made for this process.
pub fn secret(provider: &Provider) -> Option<Secret> {
    const SECRETS: [&str; 3] = [
        "whsec_ZmFrZS1zZWNyZXQtZm9yLWZ1enppbmctMDEyMzQ1Njc=",
        "66616b652d7365637265742d30303031",
        "user:fake",
    ];
    let fake = SECRETS.iter().filter_map(|secret| Secret::new(*secret).ok());
    // A text may pass for a public key, which signs nothing.
    let signs =
        |secret: &Secret| provider.keys(std::slice::from_ref(secret)).is_ok_and(|keys| keys.can_sign());
    fake.chain(provider.generate_secret().ok()).find(signs)
}

/// A message for one provider.
#[derive(Debug)]
pub struct Case {
    /// The line that names the provider; any bytes.
    name: Vec<u8>,
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Case {
    /// Reads any bytes; what is missing is empty.
    pub fn read(data: &[u8]) -> Self {
        let (name, rest) = line(data);
        let (start, mut rest) = line(rest);
        let start = String::from_utf8_lossy(start).into_owned();
        let (method, target) = start.split_once(' ').unwrap_or((&start, "/"));
        let mut headers = Vec::new();
        loop {
            let (field, after) = line(rest);
            rest = after;
            if field.is_empty() {
                break;
            }
            let colon = field.windows(2).position(|pair| pair == b": ").unwrap_or(field.len());
            let (name, value) = field.split_at(colon);
            if headers.len() < MOST_HEADERS {
                let value = value.strip_prefix(b": ").unwrap_or_default().to_vec();
                headers.push((String::from_utf8_lossy(name).into_owned(), value));
            }
        }
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { name: name.to_vec(), method, target, headers, body: rest.to_vec() }
    }

    /// The provider that is named, or any one that depends on the name alone;
    /// `None` where there are no keys for it.
    pub fn provider(&self) -> Option<(&'static Provider, &'static Keys)> {
        let named = PROVIDERS.iter().find(|(provider, _)| provider.id().as_bytes() == self.name);
        let any = || {
            let sum: usize = self.name.iter().map(|byte| usize::from(*byte)).sum();
            PROVIDERS.get(sum % PROVIDERS.len())
        };
        let (provider, keys) = named.or_else(any)?;
        Some((provider, keys.as_ref()?))
    }

    /// The header block.
    pub fn headers(&self) -> Headers {
        Headers::from_pairs(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    /// The absolute URL.
    pub fn url(&self) -> String {
        format!("{ORIGIN}{}", self.target)
    }

    /// The message, with the header block and the URL that belong to it.
    pub fn message<'m>(&'m self, headers: &'m Headers, url: &'m str) -> Message<'m> {
        Message { method: &self.method, target: &self.target, headers, body: &self.body, url: Some(url) }
    }

    /// The same message with what a signature adds to it.
    #[must_use]
    pub fn with(&self, signed: hookctl::hook::signature::Signed) -> Self {
        let is_new = |name: &str| signed.headers.iter().all(|(new, _)| !new.eq_ignore_ascii_case(name));
        let old = self.headers.iter().filter(|(name, _)| is_new(name)).cloned();
        Self {
            name: self.name.clone(),
            method: self.method.clone(),
            target: signed.target.unwrap_or_else(|| self.target.clone()),
            headers: old.chain(signed.headers.iter().cloned()).collect(),
            body: signed.body.unwrap_or_else(|| self.body.clone()),
        }
    }

    /// The same message with one byte more in its body.
    #[must_use]
    pub fn tampered(mut self) -> Self {
        self.body.push(b'x');
        self
    }
}

fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let (line, rest) = data.split_at(end);
            (line, rest.strip_prefix(b"\n").unwrap_or_default())
        }
        None => (data, &[]),
    }
}
