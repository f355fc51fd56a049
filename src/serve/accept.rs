//! The accept loop: takes connections as long as the server lives, whatever the
//! system says, and brings the server to its end. It reads no byte.

use super::connection;
use super::last_words::written;
use super::seats::Seat;
use super::shared::Shared;
use super::{Handler, Limits, body};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

/// What a server did in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Connections accepted.
    pub connections: u64,
    /// Requests that were still with the handler when the drain ended, and were cut off.
    pub cut_off: usize,
}

/// After a failure that an eviction may have mended.
const SHORT_PAUSE: Duration = Duration::from_millis(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop`: then the listener is closed, connections without a
/// request in hand are closed, and requests in hand have `limits.drain` to end.
pub async fn run<H: Handler>(
    listener: TcpListener,
    limits: Limits,
    handler: Arc<H>,
    stop: impl Future<Output = ()>,
) -> Served {
    let max_connections = limits.most_connections();
    let shared = Arc::new(Shared::new(handler, limits, max_connections));
    let mut connections = JoinSet::new();
    let mut served = Served::default();
    let mut door =
        Door { shared: Arc::clone(&shared), pause: FIRST_PAUSE, failed: false, saturated_since: None };
    {
        let mut stop = pin!(stop);
        loop {
            let newcomer = tokio::select! {
                biased;
                () = stop.as_mut() => break,
                newcomer = door.next(&listener) => newcomer,
            };
            while connections.try_join_next().is_some() {}
            let Some((stream, seat)) = newcomer else { continue };
            served.connections += 1;
            let leaving = Leaving { shared: Arc::clone(&shared), seat: Arc::clone(&seat) };
            let shared = Arc::clone(&shared);
            connections.spawn(async move {
                let _leaving = leaving;
                connection::serve(shared, seat, stream).await;
            });
        }
    }
    drop(listener);
    served.cut_off = drain(&shared, connections).await;
    served
}

/// Frees a seat, also when its task is cut off.
struct Leaving {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.seats.leave(&self.seat);
    }
}

/// Waits for requests in hand, and cuts off what is left when the time is over.
async fn drain(shared: &Arc<Shared>, mut connections: JoinSet<()>) -> usize {
    let deadline = (Instant::now() + shared.limits.drain).into();
    shared.stop();
    let _ = timeout_at(deadline, async { while connections.join_next().await.is_some() {} }).await;
    // A connection can leave streams and handlers behind, and they each other.
    loop {
        let mut tasks = shared.take_tasks();
        if tasks.is_empty() && connections.is_empty() {
            return 0;
        }
        let ended = timeout_at(deadline, async { while tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() || !connections.is_empty() {
            let cut_off = shared.requests_in_hand();
            connections.shutdown().await;
            tasks.shutdown().await;
            shared.take_tasks().shutdown().await;
            return cut_off;
        }
    }
}

/// Lets connections in.
struct Door {
    shared: Arc<Shared>,
    pause: Duration,
    /// The last accept failed too.
    failed: bool,
    saturated_since: Option<Instant>,
}

impl Door {
    /// The next connection that has a seat; `None` when there was none this time.
    async fn next(&mut self, listener: &TcpListener) -> Option<(TcpStream, Arc<Seat>)> {
        match listener.accept().await {
            Ok((stream, peer)) => {
                self.pause = FIRST_PAUSE;
                self.failed = false;
                // Answers are small and final: waiting for more to send gains nothing.
                let _ = stream.set_nodelay(true);
                self.seat(stream, peer).await
            }
            Err(error) => {
                self.survive(&error).await;
                None
            }
        }
    }

    async fn survive(&mut self, error: &io::Error) {
        // The sender went away between knocking and being let in.
        let gone =
            [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::Interrupted];
        if gone.contains(&error.kind()) {
            return;
        }
        // Most likely no file descriptor is left, here or in the whole system.
        self.shared.handler.accept_failed(error);
        let why = "it had no request in hand, and the system could open no more connections";
        if self.shared.evict_one(why) && !self.failed {
            sleep(SHORT_PAUSE).await;
        } else {
            sleep(self.pause).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        self.failed = true;
    }

    /// A seat for a newcomer: a free one, that of whoever has been without a
    /// request the longest, or the next that gets free within the patience.
    async fn seat(&mut self, stream: TcpStream, peer: SocketAddr) -> Option<(TcpStream, Arc<Seat>)> {
        let shared = &self.shared;
        // A connection that the system knows no longer is served as one to nowhere.
        let local = stream.local_addr().unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
        loop {
            let now = Instant::now();
            let take = || shared.seats.take([peer, local], shared.micros(now));
            let seat = take().or_else(|| {
                shared.evict_one("it had no request in hand, and its place was needed").then(take).flatten()
            });
            if let Some(seat) = seat {
                shared.seats.saturated.store(false, Ordering::Relaxed);
                self.saturated_since = None;
                return Some((stream, seat));
            }
            // Every connection has a request in hand. Tell us from now on, and look once more.
            let since = *self.saturated_since.get_or_insert(now);
            if !shared.seats.saturated.swap(true, Ordering::SeqCst) {
                continue;
            }
            let freed = shared.seats.freed.notified();
            if timeout_at((since + shared.limits.saturation_wait).into(), freed).await.is_err() {
                let refusal = body::overloaded();
                let told = stream.try_write(&written(&shared.handler.refused(&refusal))).is_ok();
                shared.reject(peer, told.then_some(refusal.status), refusal.code, &refusal.reason);
                return None;
            }
        }
    }
}
