//! What is still owed to other targets once a replay went well.
//!
//! A replay to another target settles nothing: the one that lacks the delivery
//! lacks it still, and the list goes on saying so.

use super::super::Place;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::hook::curl::word;
use crate::journal::{OutboxRow, OutboxState, Reader};

/// The first delivery that each target lacks, and how many there are.
#[derive(Default)]
pub(super) struct Owed(Vec<(u64, OutboxRow, u64)>);

impl Owed {
    /// Notes what is owed of a delivery that was just taken.
    pub(super) fn note(&mut self, seq: u64, reader: &Reader) -> Result<(), CommandError> {
        for row in reader.owed(seq)? {
            match self.0.iter_mut().find(|(_, known, _)| known.target == row.target) {
                Some((_, _, count)) => *count += 1,
                None => self.0.push((seq, row, 1)),
            }
        }
        Ok(())
    }

    /// Says it, with the command that settles it, or shows what is to be settled.
    pub(super) fn say(&self, place: &Place, context: &Context) {
        for (seq, row, count) in &self.0 {
            let target = &row.target;
            let what = match count {
                1 => format!("#{seq} still counts"),
                count => format!("{count} deliveries still count"),
            };
            context
                .streams()
                .say(&format!("{what} as undelivered for {target}, until that takes it or it is pruned"));
            // What was missed is owed to the whole URL that was called.
            let fixed = if row.state == OutboxState::Missed { " --path-mode fixed" } else { "" };
            let mend = match count {
                1 => format!("replay {seq} --to {}{fixed}", word(target)),
                _ => "list --undelivered".to_owned(),
            };
            context.streams().hint(&place.command(&mend));
        }
    }
}
