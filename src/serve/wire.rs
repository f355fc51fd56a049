//! What is known about an HTTP/1 connection: how far its current message has
//! come, and by when it must come further. Shared, within one task, by the
//! stream under hyper, the request on top of it and the watch beside it.

use super::budget::Reservation;
use super::framing::{Framing, Loss, Place};
use super::limits::{Limits, Progress};
use crate::hook::headers::Head;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How far the current message has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Nothing of it has come; since when, and whether it would be the first.
    Waiting { since: Instant, first: bool },
    /// Its head is not whole.
    Head { since: Instant },
    /// Its body is not whole.
    Body(Progress),
    /// It is whole.
    Whole,
}

/// What a connection is late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// The first byte of a request.
    Silent,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// Taking the answer.
    Write,
}

/// One HTTP/1 connection.
#[derive(Debug)]
pub(super) struct Wire {
    framing: Framing,
    stage: Stage,
    reservation: Reservation,
    write_blocked: Option<Instant>,
    /// The body is late: whoever reads it gives up.
    pub(super) body_late: bool,
    /// There was no room for the head.
    pub(super) overloaded: bool,
    /// A refusal was answered while the sender may still be sending.
    pub(super) linger: bool,
    /// hyper's own refusal was kept from the sender: the reason is still to be said.
    pub(super) unsaid: bool,
}

/// A wire shared within one task; the lock is never contended.
#[derive(Clone, Debug)]
pub(super) struct SharedWire(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wire: Mutex<Wire>,
    /// No request has the message in hand, and no answer before it is unwritten:
    /// what hyper writes now is a refusal of its own, without a reason. Beside
    /// the lock, because each write asks.
    nobody_answers: AtomicBool,
}

impl SharedWire {
    pub(super) fn new(max_head: usize, since: Instant, reservation: Reservation) -> Self {
        let wire = Wire {
            framing: Framing::new(max_head),
            stage: Stage::Waiting { since, first: true },
            reservation,
            write_blocked: None,
            body_late: false,
            overloaded: false,
            linger: false,
            unsaid: false,
        };
        Self(Arc::new(Shared { wire: Mutex::new(wire), nobody_answers: AtomicBool::new(false) }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Wire> {
        self.0.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows bytes that go to hyper; says how many may go in this read, or
    /// `None` when there is no room to keep them.
    pub(super) fn follow(&self, bytes: &[u8]) -> Option<usize> {
        let mut wire = self.lock();
        let (taken, place) = wire.framing.follow(bytes);
        let in_head = match place {
            Place::Between | Place::Head => true,
            Place::Lost if wire.loss() != Some(Loss::BadChunk) => true,
            Place::Body | Place::End | Place::Lost => wire.framing.has_head(),
        };
        // hyper reads a head when it has written the answer before it, as far as the sender took it.
        self.0.nobody_answers.store(in_head && !wire.is_write_blocked(), Ordering::Relaxed);
        wire.moved(taken, place).then_some(taken)
    }

    /// The head of the message that hyper has just parsed; a request has it in hand now.
    pub(super) fn take_head(&self) -> Option<Head> {
        self.0.nobody_answers.store(false, Ordering::Relaxed);
        self.lock().framing.take_head()
    }

    /// Whether what hyper writes now would be a refusal of its own.
    pub(super) fn nobody_answers(&self) -> bool {
        self.0.nobody_answers.load(Ordering::Relaxed)
    }
}

impl Wire {
    /// Notes that `taken` bytes led to `place`; false when there is no room to keep them.
    fn moved(&mut self, taken: usize, place: Place) -> bool {
        match place {
            // Line ends may come before a request, and the first one begins with them. Behind a
            // request they are nobody's: some senders end a body with them.
            Place::Between => {
                if let Stage::Waiting { since, first: true } = self.stage {
                    self.stage = Stage::Head { since };
                }
            }
            Place::Head => {
                if let Stage::Waiting { since, first } = self.stage {
                    // A new connection's silence counts: the deadline is the head's, from the start.
                    self.stage = Stage::Head { since: if first { since } else { Instant::now() } };
                }
                // hyper holds the same bytes once more, with as much room again.
                if !self.reservation.grow_to(self.framing.partial() * 3) {
                    self.overloaded = true;
                    return false;
                }
            }
            Place::Body => {
                let now = Instant::now();
                if let Stage::Body(progress) = &mut self.stage {
                    progress.last = now;
                    progress.received += taken as u64;
                } else {
                    self.reservation.clear();
                    self.stage = Stage::Body(Progress::new(now));
                }
            }
            Place::End => {
                self.reservation.clear();
                self.stage = Stage::Whole;
            }
            Place::Lost => {
                self.reservation.clear();
                // hyper is about to refuse it. Should it wait instead, the deadline holds.
                if let Stage::Waiting { since, .. } = self.stage {
                    self.stage = Stage::Head { since };
                }
            }
        }
        true
    }

    /// How many bytes of an unfinished head have come.
    pub(super) fn partial_head(&self) -> usize {
        self.framing.partial()
    }

    /// Whether there is a whole head that no request has taken.
    pub(super) fn has_head(&self) -> bool {
        self.framing.has_head()
    }

    /// Why the stream could not be followed, when it could not.
    pub(super) fn loss(&self) -> Option<Loss> {
        self.framing.loss()
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// The current message was answered.
    pub(super) fn answered(&mut self, now: Instant) {
        // An answer given before the end of the body ends the connection.
        if matches!(self.stage, Stage::Whole) {
            self.stage = Stage::Waiting { since: now, first: false };
        }
    }

    /// The sender does not take what is written, or takes it again.
    pub(super) fn set_write_blocked(&mut self, blocked: bool) {
        self.write_blocked = blocked.then(Instant::now);
    }

    pub(super) fn is_write_blocked(&self) -> bool {
        self.write_blocked.is_some()
    }

    /// By when what must happen next, or nothing when it is our turn.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Late)> {
        if let Some(since) = self.write_blocked {
            return Some((since + limits.write_timeout, Late::Write));
        }
        match &self.stage {
            Stage::Waiting { since, first: true } => Some((*since + limits.head_timeout, Late::Silent)),
            Stage::Waiting { since, first: false } => {
                Some((*since + limits.keep_alive_timeout, Late::Silent))
            }
            Stage::Head { since } => Some((*since + limits.head_timeout, Late::Head)),
            Stage::Body(_) if self.body_late => None,
            Stage::Body(progress) => Some((limits.body_deadline(progress), Late::Body)),
            Stage::Whole => None,
        }
    }
}
