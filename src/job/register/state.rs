//! What is kept of a registration on this machine, a record a profile.
//!
//! It never holds a secret. An intent is written before the vendor is asked to
//! change anything and taken back when everything that came of it is kept; one
//! that is found says that hookctl ended in between.

use super::endpoint::Endpoint;
use serde::{Deserialize, Serialize};

/// The version of the record.
const VERSION: u8 = 1;

/// What is kept of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// The version of this record.
    pub v: u8,
    /// What hookctl registered last.
    pub current: Option<Endpoint>,
    /// Whether the profile's signing secret is that of this registration.
    pub secret_known: bool,
    /// What was registered before: what `--restore` puts back.
    pub former: Option<Former>,
    /// What is being changed at this moment, or was when hookctl ended.
    pub intent: Option<Intent>,
    /// What a listener has registered for the time it runs.
    pub temporary: Option<Temporary>,
}

/// The registration before a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// What it was; `None` when there was none.
    pub endpoint: Option<Endpoint>,
    /// When it was taken down, RFC 3339.
    pub saved: String,
}

/// A change that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What is to be registered; `None` when it is to be removed.
    pub wanted: Option<Endpoint>,
    /// Whether a new secret may come of it.
    pub mints: bool,
    /// The fingerprint of the profile's secret before.
    pub before: Option<String>,
    /// When, RFC 3339.
    pub begun: String,
}

/// A registration that lasts as long as a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temporary {
    /// What the listener registered.
    pub endpoint: Endpoint,
    /// What is to be put back; `None` when there was none.
    pub former: Option<Endpoint>,
    /// Whether the profile's signing secret was that of the former one.
    pub secret_known: bool,
    /// When, RFC 3339.
    pub begun: String,
}

/// What is known about the signing secret of what is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// The profile holds it.
    Known,
    /// Somebody else may hold it; it cannot be asked for.
    Unknown,
    /// It was made for hookctl, and hookctl ended before it was kept.
    Lost,
}

impl Default for Saved {
    fn default() -> Self {
        Self { v: VERSION, current: None, secret_known: false, former: None, intent: None, temporary: None }
    }
}

impl Saved {
    /// What is known about the secret of what the vendor has, when the
    /// profile's own secret has this fingerprint.
    pub fn secret(&self, found: Option<&Endpoint>, held: Option<&str>) -> SecretState {
        let (Some(found), held) = (found, held) else { return SecretState::Unknown };
        match &self.intent {
            Some(intent) if intent.mints && held.is_some() && held != intent.before.as_deref() => {
                SecretState::Known
            }
            Some(intent)
                if intent.mints && intent.wanted.as_ref().is_some_and(|wanted| wanted.same(found)) =>
            {
                SecretState::Lost
            }
            // A webhook keeps its secret through changes of its URL, and nobody but hookctl deleted it.
            _ if self.secret_known && held.is_some() => SecretState::Known,
            _ => SecretState::Unknown,
        }
    }

    /// Whether hookctl registered this itself, so that it takes nobody's URL away.
    pub fn is_ours(&self, found: &Endpoint) -> bool {
        let wanted = self.intent.as_ref().and_then(|intent| intent.wanted.as_ref());
        let temporary = self.temporary.as_ref().map(|temporary| &temporary.endpoint);
        [self.current.as_ref(), wanted, temporary].into_iter().flatten().any(|own| own.same(found))
    }
}
