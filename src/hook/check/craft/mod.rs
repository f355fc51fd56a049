//! Makes good deliveries, and what the cases make of them.
//!
//! A delivery is drafted from a sample, changed as the vendor itself might have
//! written it, signed, changed as a stranger or a network might, and framed.
//! Which change belongs where is said by [`Change::stage`]; each stage has a
//! file of its own. Nothing here is random but by the seed.

mod body;
mod draft;
mod fields;
mod gzip;
mod head;
mod jsonedit;
mod keys;
mod right;
mod signature;
mod signing;
mod slot;
mod time;

use super::change::{Change, Stage};
use super::request::Request;
use crate::hook::provider::Provider;
use crate::hook::sample::Sample;
use crate::hook::signature::{KeyError, KeygenError, Keys, SignError};
use crate::hook::target::Target;
use crate::hook::time::Timestamp;
use draft::Draft;
pub use keys::fresh_secret;
pub(super) use signature::prefix;
use std::sync::Arc;

/// Makes requests for one provider and one target. The same seed makes the
/// same requests, save signatures of ECDSA, which are random.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// Whose deliveries.
    pub provider: Arc<Provider>,
    /// The keys that the handler knows.
    pub keys: Keys,
    /// Keys that it does not know.
    pub other_keys: Keys,
    /// Where to.
    pub target: Target,
    /// Headers added or replaced, last.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What every random choice and every id is made from.
    pub seed: u64,
}

/// A request that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CraftError {
    /// It cannot be signed.
    #[error("cannot sign a delivery")]
    Sign(#[from] SignError),
    /// It cannot be written.
    #[error("the request cannot be written")]
    Head(#[from] crate::hook::headers::HeadError),
    /// There is no other key pair to forge with.
    #[error("cannot make a key that the handler does not know")]
    OtherPair(#[from] KeygenError),
    /// There is no other secret to forge with.
    #[error("cannot make a secret that the handler does not know")]
    OtherSecret(#[from] KeyError),
    /// The change means nothing for this provider or this payload; the case's
    /// facts should have said so, or the payload is the user's own.
    #[error("the payload has nothing that the case could change")]
    Change(Change),
}

impl Workshop {
    /// A workshop with keys of its own making that the handler does not know.
    ///
    /// # Errors
    /// When no such key can be made.
    pub fn new(provider: Arc<Provider>, keys: Keys, target: Target, seed: u64) -> Result<Self, CraftError> {
        let other_keys = keys::other(&provider, &keys, seed)?;
        Ok(Self { provider, keys, other_keys, target, headers: Vec::new(), seed })
    }

    /// The id of the `number`th delivery of a run, the same for the same seed.
    pub fn id(&self, number: u64) -> String {
        format!("chk_{:x}_{number}", self.seed)
    }

    /// A delivery of `sample` with this id at this moment, with the changes made to it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(
        &self,
        sample: &Sample,
        id: &str,
        now: Timestamp,
        changes: &[Change],
    ) -> Result<Request, CraftError> {
        let at = |stage| changes.iter().copied().filter(move |change| change.belongs_to(stage));
        let signing = signing::Signing::of(self, sample, id, now, at(Stage::Signing));
        let mut draft = Draft::of(sample, id, signing.happened, &self.target);
        for change in at(Stage::Before) {
            if !head::apply(&mut draft, change) && !body::apply(&mut draft, &self.provider, change) {
                return Err(CraftError::Change(change));
            }
        }
        time::write(&self.provider, &mut draft, signing.at);
        signing.sign(&mut draft)?;
        for change in at(Stage::After) {
            signature::apply(&mut draft, self, change, now)?;
        }
        let right = right::signatures(self, sample, &draft, id, [signing.at, now]);
        at(Stage::Wire).for_each(|change| head::frame(&mut draft, change));
        draft.finish(self, id, right)
    }
}

#[cfg(test)]
mod tests;
