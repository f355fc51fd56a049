//! Ctrl-C and its kin: the first asks for a graceful stop, the second ends at once.

use std::sync::Arc;
use tokio::sync::watch;

/// Counts the signals that ask the program to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    asked: Arc<watch::Sender<u32>>,
}

impl Stop {
    /// Starts to listen for signals; call it inside the runtime.
    ///
    /// A write past a file size limit is made an error instead of a death, so
    /// that a full quota is answered like a full disk.
    pub(super) fn new() -> std::io::Result<Self> {
        let asked = Arc::new(watch::channel(0).0);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
                let mut signals = signal(kind)?;
                let asked = Arc::clone(&asked);
                tokio::spawn(async move {
                    while signals.recv().await.is_some() {
                        asked.send_modify(|count| *count += 1);
                    }
                });
            }
            let mut too_large = signal(SignalKind::from_raw(SIGXFSZ))?;
            tokio::spawn(async move { while too_large.recv().await.is_some() {} });
        }
        #[cfg(not(unix))]
        {
            let asked = Arc::clone(&asked);
            tokio::spawn(async move {
                while tokio::signal::ctrl_c().await.is_ok() {
                    asked.send_modify(|count| *count += 1);
                }
            });
        }
        Ok(Self { asked })
    }

    /// Asks for a stop as a signal would; the `q` key and a broken output do.
    pub(super) fn ask(&self) {
        self.asked.send_modify(|count| *count += 1);
    }

    /// Stops when the process that started this one is gone, however it ended:
    /// the kernel says so with a signal. Elsewhere than on Linux it does nothing.
    pub(super) fn with_parent(&self, parent: i32) {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Signal, getppid, set_parent_process_death_signal};
            // Nothing but a signal that there is none of can be refused.
            let _ = set_parent_process_death_signal(Some(Signal::TERM));
            // It may have gone before that.
            if getppid().is_none_or(|now| now.as_raw_nonzero().get() != parent) {
                self.ask();
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = parent;
    }

    /// Resolves at the first signal.
    pub(super) async fn first(&self) {
        self.at_least(1).await;
    }

    /// Resolves at the second signal.
    pub(super) async fn second(&self) {
        self.at_least(2).await;
    }

    /// Resolves at the third signal.
    pub(super) async fn third(&self) {
        self.at_least(3).await;
    }

    async fn at_least(&self, count: u32) {
        // The sender lives as long as `self`, so this cannot fail.
        drop(self.asked.subscribe().wait_for(|asked| *asked >= count).await);
    }
}

/// The signal for a file that would grow over its limit; the same number on Linux and macOS.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;
