//! What all connections of one server share, and the decisions that concern
//! more than one of them: who gives way when there is no room.

use super::answering::Answering;
use super::budget::{Budget, Reservation};
use super::seats::{Seat, Seats};
use super::stream::Stream;
use super::{Limits, Rejection};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How often to let other tasks run while an evicted one ends.
const MAX_YIELDS: usize = 1000;

/// How long a request waits for the room of those that are being answered.
const ROOM_PATIENCE: Duration = Duration::from_secs(2);

/// One server.
pub(super) struct Shared {
    pub(super) handler: Arc<dyn Answering>,
    pub(super) limits: Limits,
    pub(super) seats: Seats,
    budget: Arc<Budget>,
    /// One at a time decides who gives way: two that refuse each other would both be refused.
    shortage: tokio::sync::Mutex<()>,
    in_hand: Arc<AtomicUsize>,
    stopping: AtomicBool,
    stopped: Arc<Notify>,
    started: Instant,
    runtime: Handle,
    /// HTTP/2 streams, and handlers whose connection went away.
    tasks: Mutex<JoinSet<()>>,
}

/// A request that counts as in hand until dropped.
#[derive(Debug)]
pub(super) struct InHand(Arc<AtomicUsize>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(handler: Arc<dyn Answering>, limits: Limits, max_connections: usize) -> Self {
        Self {
            seats: Seats::new(max_connections),
            budget: Arc::new(Budget::new(
                limits.max_bytes_in_flight.max(limits.max_body.saturating_add(limits.max_head)),
                limits.pace_window,
            )),
            shortage: tokio::sync::Mutex::default(),
            handler,
            limits,
            in_hand: Arc::default(),
            stopping: AtomicBool::new(false),
            stopped: Arc::default(),
            started: Instant::now(),
            runtime: Handle::current(),
            tasks: Mutex::default(),
        }
    }

    /// Microseconds since the server started, for the order of seats.
    pub(super) fn micros(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.started).as_micros()).unwrap_or(u64::MAX)
    }

    /// The moment that `micros` gave this number for.
    pub(super) fn instant(&self, micros: u64) -> Instant {
        self.started + Duration::from_micros(micros)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.stopped.notify_waiters();
        self.seats.wake_all();
    }

    /// Lets a stream hold `guard` until it ends; the stop ends it.
    pub(super) fn hold(&self, stream: &mut Stream, guard: impl Send + 'static) {
        let mut stopped = Box::pin(Arc::clone(&self.stopped).notified_owned());
        // Listens before it looks: a stop in between is heard.
        stopped.as_mut().enable();
        stream.hold(guard, stopped);
        if self.is_stopping() {
            stream.end();
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn reject(&self, peer: SocketAddr, status: Option<u16>, code: &'static str, reason: &str) {
        self.handler.rejected(Rejection { peer, status, code, reason: reason.to_owned() });
    }

    /// Makes one seat or file descriptor free, if anybody may be evicted.
    pub(super) fn evict_one(&self, why: &str) -> bool {
        let gone = self.seats.evict_idlest();
        gone.is_some_and(|gone| {
            self.reject(gone.peer, None, "evicted", why);
            true
        })
    }

    pub(super) fn reservation(&self, seat: &Arc<Seat>, free: usize) -> Reservation {
        Reservation::new(Arc::clone(&self.budget), Arc::clone(seat), free)
    }

    /// Holds `more` bytes, at the cost of connections whose request comes much
    /// more slowly, or after a short wait for requests that are whole already.
    /// False, and nothing is held any more, when there is none: then the others
    /// go on, and this one comes again.
    pub(super) async fn grow(&self, seat: &Arc<Seat>, reservation: &mut Reservation, more: usize) -> bool {
        if reservation.grow(more) {
            return true;
        }
        let patience = tokio::time::sleep(ROOM_PATIENCE);
        tokio::pin!(patience);
        loop {
            // Listens before it looks: what is given back in between is heard.
            let freed = self.budget.freed();
            if self.grow_by_eviction(seat, reservation, more).await {
                return true;
            }
            // Parts that wait for each other's room would wait for ever; whole requests end by themselves.
            let hopeful = self.budget.held_by_whole() >= reservation.missing(more);
            tokio::select! {
                () = freed, if hopeful => {}
                () = &mut patience, if hopeful => break,
                else => break,
            }
        }
        reservation.clear();
        false
    }

    async fn grow_by_eviction(&self, seat: &Arc<Seat>, reservation: &mut Reservation, more: usize) -> bool {
        let _one_at_a_time = self.shortage.lock().await;
        while !reservation.grow(more) {
            let Some(gone) = self.seats.evict_slower(seat, Instant::now()) else { return false };
            let why = "its request came too slowly, and memory was short";
            self.reject(gone.peer, None, "evicted", why);
            // Its memory goes before ours grows, or for a moment there are both.
            for _ in 0..MAX_YIELDS {
                if gone.held.load(Ordering::Relaxed) == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        true
    }

    /// Counts a request as in hand, unless there are too many.
    pub(super) fn take_in_hand(&self) -> Option<InHand> {
        let more = |count: usize| (count < self.limits.max_requests_in_hand).then_some(count + 1);
        self.in_hand.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(InHand(Arc::clone(&self.in_hand)))
    }

    pub(super) fn requests_in_hand(&self) -> usize {
        self.in_hand.load(Ordering::Relaxed)
    }

    /// Runs `task` as the server's own; it is awaited at the stop.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime);
    }

    /// The server's own tasks, to be awaited.
    pub(super) fn take_tasks(&self) -> JoinSet<()> {
        std::mem::take(&mut self.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
