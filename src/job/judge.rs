//! Judges deliveries: which provider, which secret, does the signature hold.
//!
//! Used by everything that verifies. Looks a provider's secret up once and
//! keeps the decoded keys. Never parses a body before the signature was
//! judged, and never lets "could not be judged" pass as "holds".

mod explaining;

pub use explaining::neighbours;

use crate::hook::delivery::Message;
use crate::hook::detect::{Detection, Detector, Evidence, Recognised, Sureness};
use crate::hook::explain::NamedSecret;
use crate::hook::provider::{Catalogue, Provider, UnknownProvider};
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// Where secrets come from; implemented by the settings and by tests.
pub trait SecretSource: Send + Sync {
    /// The secrets of a provider; empty when none is known.
    ///
    /// # Errors
    /// Says why a source that is there cannot be used.
    fn secrets_of(&self, provider: &str) -> Result<Vec<Secret>, String>;

    /// Whether the secrets were given for whatever provider, and not for one of its name.
    fn for_any_provider(&self) -> bool;

    /// Keeps a secret that a handshake brought, where none is kept, and says in which file.
    ///
    /// # Errors
    /// Says why it is not kept.
    fn keep(&self, _provider: &str, _secret: &Secret) -> Result<PathBuf, String> {
        Err("no secrets are kept here".to_owned())
    }

    /// Secrets that are stored for whatever endpoint, to find out whether one was mixed up with another.
    fn others(&self) -> Vec<NamedSecret> {
        Vec::new()
    }
}

/// A provider with its keys, looked up once.
pub struct Judged {
    /// The provider's profile.
    pub provider: Arc<Provider>,
    /// Its keys; the error says why there are none.
    pub keys: Result<Keys, (Code, String)>,
}

/// Judges deliveries.
pub struct Judge {
    catalogue: Arc<Catalogue>,
    /// Made when a delivery names no provider; a named one needs none of it.
    detector: OnceLock<Detector>,
    named: Option<Arc<Provider>>,
    source: Box<dyn SecretSource>,
    known: RwLock<HashMap<Arc<str>, Arc<Judged>>>,
    tolerance: Option<Duration>,
    public_key: Option<Box<str>>,
    webhook_id: Option<String>,
}

impl Judge {
    /// Judges by the scheme of `named`, or recognises the provider of each delivery.
    pub fn new(
        catalogue: Catalogue,
        named: Option<Arc<Provider>>,
        source: Box<dyn SecretSource>,
        tolerance: Option<Duration>,
    ) -> Self {
        let (catalogue, detector, known) = (Arc::new(catalogue), OnceLock::new(), RwLock::default());
        Self { catalogue, detector, named, source, known, tolerance, public_key: None, webhook_id: None }
    }

    /// The same with the public key or key id that goes with the secret, for
    /// handshakes that are answered with it.
    #[must_use]
    pub fn with_public_key(mut self, public_key: Option<&str>) -> Self {
        self.public_key = public_key.map(Into::into);
        self
    }

    /// With the id that the vendor gave the webhook, for schemes that sign it without sending it.
    #[must_use]
    pub fn with_webhook_id(mut self, webhook_id: Option<String>) -> Self {
        self.webhook_id = webhook_id;
        self
    }

    /// The schemes that it knows.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The provider that was named, if one was.
    pub fn named(&self) -> Option<&Arc<Provider>> {
        self.named.as_ref()
    }

    /// Applies the scheme to one message. The profile comes with the verdict
    /// wherever one was settled on.
    pub fn judge(&self, message: &Message<'_>, now: Timestamp) -> (Verdict, Option<Arc<Judged>>) {
        if let Some(provider) = &self.named {
            let judged = self.lookup(provider);
            return (self.apply(&judged, message, now), Some(judged));
        }
        let detector = self.detector.get_or_init(|| Detector::new(Arc::clone(&self.catalogue)));
        let detection = detector.detect(message);
        let recognised = detection.recognised();
        let (verdict, judged) = match (detection.sureness, detection.ids.first()) {
            (Sureness::Certain, Some(id)) => self.judge_as(id, message, now),
            (Sureness::Likely | Sureness::Unsure, Some(_)) => {
                return self.judge_among(&detection, recognised, message, now);
            }
            _ => (Verdict::without_provider("no provider recognised; name it with `--provider`"), None),
        };
        (verdict.recognised(recognised), judged)
    }

    /// A provider with its keys, by its id.
    ///
    /// # Errors
    /// When there is no provider of this id.
    pub fn provider(&self, id: &str) -> Result<Arc<Judged>, UnknownProvider> {
        Ok(self.lookup(&self.catalogue.get(id)?))
    }

    /// The keys that a handshake of this provider may be answered with.
    ///
    /// None when the secret was given for any provider and the request itself
    /// says whose it is: a challenge that one scheme has signed would then be a
    /// valid signature under another scheme that a stranger chooses.
    pub fn keys_for_answers<'j>(&self, judged: &'j Judged) -> Option<&'j Keys> {
        let chosen_by_us = self.named.is_some() || !self.source.for_any_provider();
        judged.keys.as_ref().ok().filter(|_| chosen_by_us)
    }

    fn judge_as(&self, id: &str, message: &Message<'_>, now: Timestamp) -> (Verdict, Option<Arc<Judged>>) {
        match self.catalogue.get(id) {
            Ok(provider) => {
                let judged = self.lookup(&provider);
                (self.apply(&judged, message, now), Some(judged))
            }
            Err(unknown) => (Verdict::without_provider(unknown.to_string()), None),
        }
    }

    /// Several providers write their header the same way: the one whose
    /// signature holds is the one. Where none holds, the likeliest is judged,
    /// and nobody can say which of equals it was.
    fn judge_among(
        &self,
        detection: &Detection,
        recognised: Recognised,
        message: &Message<'_>,
        now: Timestamp,
    ) -> (Verdict, Option<Arc<Judged>>) {
        let mut first = None;
        for id in &detection.ids {
            let (verdict, judged) = self.judge_as(id, message, now);
            if verdict.verified() {
                let recognised = self.held(id, detection, recognised);
                return (verdict.recognised(recognised), judged);
            }
            first.get_or_insert((verdict, judged));
        }
        match first {
            Some((verdict, judged)) if detection.sureness == Sureness::Likely => {
                (verdict.recognised(recognised), judged)
            }
            _ => {
                let names = detection.ids.join(", ");
                let reason = format!("not sure who sent it: {names}; name it with `--provider`");
                (Verdict::without_provider(reason).recognised(recognised), None)
            }
        }
    }

    /// What a signature that holds says about who sent it. It is proof under a
    /// secret that is that provider's own; under one that was given for any,
    /// others with the same scheme would have held as well.
    fn held(&self, id: &Arc<str>, detection: &Detection, mut recognised: Recognised) -> Recognised {
        recognised.by.add(Evidence::Signature);
        recognised.rivals = detection.ids.iter().filter(|other| *other != id).cloned().collect();
        if !self.source.for_any_provider() || recognised.rivals.is_empty() {
            recognised.sureness = Sureness::Certain;
            recognised.rivals = Vec::new();
        }
        recognised
    }

    fn apply(&self, judged: &Judged, message: &Message<'_>, now: Timestamp) -> Verdict {
        match &judged.keys {
            Ok(keys) => judged.provider.verify(keys, message, now, self.tolerance),
            Err((code, reason)) => Verdict::of(judged.provider.id(), *code, reason.clone()),
        }
    }

    /// Looks a provider's keys up once; for a secret that is not known yet, each
    /// time, because it may be stored while this runs.
    fn lookup(&self, provider: &Arc<Provider>) -> Arc<Judged> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(provider.id()).cloned();
        known.unwrap_or_else(|| match self.find_keys(provider) {
            Err((Code::NoSecret, reason)) => {
                Arc::new(Judged { provider: Arc::clone(provider), keys: Err((Code::NoSecret, reason)) })
            }
            keys => self.learn(provider, keys),
        })
    }

    fn find_keys(&self, provider: &Arc<Provider>) -> Result<Keys, (Code, String)> {
        let secrets = self.source.secrets_of(provider.id()).map_err(|reason| (Code::BadSecret, reason))?;
        if secrets.is_empty() {
            return Err((Code::NoSecret, format!("no signing secret is known for {}", provider.id())));
        }
        let keys = provider.keys(&secrets).map_err(|error| (Code::BadSecret, error.to_string()))?;
        let keys = keys.with_webhook_id(self.webhook_id.as_deref());
        Ok(match &self.public_key {
            Some(public_key) => keys.with_public_key(public_key),
            None => keys,
        })
    }

    fn learn(&self, provider: &Arc<Provider>, keys: Result<Keys, (Code, String)>) -> Arc<Judged> {
        let judged = Arc::new(Judged { provider: Arc::clone(provider), keys });
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::clone(provider.id()), Arc::clone(&judged));
        judged
    }

    /// Keeps a secret that a handshake brought, and says in which file.
    ///
    /// # Errors
    /// Says why it is not kept.
    pub fn keep_secret(&self, provider: &Provider, secret: &Secret) -> Result<PathBuf, String> {
        self.source.keep(provider.id(), secret)
    }

    /// Whether a secret that a handshake brought is one of the known ones.
    pub fn knows_secret(&self, judged: &Judged, secret: &Secret) -> bool {
        let brought = judged.provider.keys(std::slice::from_ref(secret));
        judged.keys.as_ref().is_ok_and(|known| brought.is_ok_and(|brought| known.share_a_secret(&brought)))
    }

    /// Takes over a secret that a handshake brought, such as Asana's.
    ///
    /// # Errors
    /// When the secret cannot be decoded the way the scheme wants it.
    pub fn take_secret(&self, provider: &Arc<Provider>, secret: Secret) -> Result<(), String> {
        let keys = provider.keys(&[secret]).map_err(|error| error.to_string())?;
        self.learn(provider, Ok(keys));
        Ok(())
    }
}
