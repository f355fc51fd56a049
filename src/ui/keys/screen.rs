//! The terminal's second screen: whether it is shown, and what switches it.
//!
//! Whoever writes to it holds its lock, so that nothing is drawn on the ordinary
//! screen while the second one is left for a moment: for a stop, an editor, the
//! end.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// The second screen, without wrapping and with pastes marked, empty, and without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l\x1b[H\x1b[2J";
/// Everything that [`ENTER`] changed, the other way round.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?7h\x1b[?1049l";

/// How long somebody may draw before the screen is left all the same.
const DRAWING: Duration = Duration::from_millis(500);
/// How long a terminal that takes nothing is waited for.
const READY: Timespec = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };

/// Where the second screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nobody wants it.
    Closed,
    /// It is shown.
    Open,
    /// It was left for a while and comes back.
    Away,
}

static STAGE: Mutex<Stage> = Mutex::new(Stage::Closed);

fn lock() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock, unless whoever holds it is stuck in a terminal that takes nothing.
fn lock_soon() -> Option<MutexGuard<'static, Stage>> {
    let begun = Instant::now();
    loop {
        match STAGE.try_lock() {
            Ok(stage) => return Some(stage),
            Err(TryLockError::Poisoned(stage)) => return Some(stage.into_inner()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < DRAWING => std::thread::yield_now(),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}

/// Whether the terminal takes something now; a stopped one does not.
pub(super) fn takes(patience: Timespec) -> bool {
    let stdout = io::stdout();
    let mut ready = [PollFd::new(&stdout, PollFlags::OUT)];
    matches!(poll(&mut ready, Some(&patience)), Ok(1..))
        && ready.first().is_some_and(|ready| ready.revents().contains(PollFlags::OUT))
}

fn put(bytes: &[u8]) {
    if takes(READY) {
        let _ = rustix::io::write(io::stdout(), bytes);
    }
}

/// Shows the second screen.
pub(super) fn open() {
    let mut stage = lock();
    if *stage != Stage::Open {
        put(ENTER);
    }
    *stage = Stage::Open;
}

/// Shows it again if it was left for a while; whether it was.
pub(super) fn come_back() -> bool {
    let mut stage = lock();
    let away = *stage == Stage::Away;
    if away {
        put(ENTER);
        *stage = Stage::Open;
    }
    away
}

/// Leaves it for a while.
pub(super) fn leave() {
    change(Stage::Away);
}

/// Leaves it for good.
pub(super) fn close() {
    change(Stage::Closed);
}

fn change(to: Stage) {
    match lock_soon() {
        Some(mut stage) => match (*stage, to) {
            (Stage::Closed, _) => {}
            (Stage::Open, _) => {
                put(LEAVE);
                *stage = to;
            }
            (Stage::Away, _) => *stage = to,
        },
        None => put(LEAVE),
    }
}

/// Draws, if the screen is shown and the terminal takes something; whether it was done.
pub(super) fn draw(draw: impl FnOnce()) -> bool {
    let stage = lock();
    let shown = *stage == Stage::Open && takes(Timespec { tv_sec: 0, tv_nsec: 0 });
    if shown {
        draw();
    }
    drop(stage);
    shown
}
