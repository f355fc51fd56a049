//! The last delivery that was wanted, for sending it again at a key press.
//!
//! A large body is not kept in memory for that, where it would take the room of
//! the next one: it is read from the journal when it is asked for.

use super::ledger::Ledger;
use crate::hook::delivery::Checked;
use std::sync::{Arc, Mutex, PoisonError};

/// The longest body that is kept.
const KEPT: usize = 1 << 20;

/// The number of the last delivery, and the delivery unless it is large.
#[derive(Default)]
pub(super) struct Last(Mutex<Option<(u64, Option<Arc<Checked>>)>>);

impl Last {
    /// This one is the last now.
    pub(super) fn set(&self, seq: u64, checked: &Arc<Checked>) {
        let kept = (checked.delivery.body.len() <= KEPT).then(|| Arc::clone(checked));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, kept));
    }

    /// The last delivery, or why it cannot be sent again.
    pub(super) fn get(&self, ledger: &Ledger) -> Result<(u64, Arc<Checked>), String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (last, ledger) {
            (None, _) => Err("there is no delivery to replay yet".to_owned()),
            (Some((seq, Some(checked))), _) => Ok((seq, checked)),
            (Some((seq, None)), Ledger::Counter(_)) => {
                Err(format!("#{seq} is too large to be replayed without a journal"))
            }
            (Some((seq, None)), Ledger::Journal(journal)) => match journal.read(|reader| reader.get(seq)) {
                Ok(Some(entry)) => Ok((seq, Arc::new(entry.checked()))),
                Ok(None) => Err(format!("#{seq} is no longer in the journal")),
                Err(error) => Err(format!("cannot read #{seq} from the journal: {error}")),
            },
        }
    }
}
