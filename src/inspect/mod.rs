//! The inspector: the journal as a page in one person's browser.
//!
//! An HTTP server of its own, beside the one that receives. What it shows comes
//! from the journal, in the records of `--output json`, so that a delivery of
//! yesterday, or of another process, is there as well. Every request passes the
//! gate before anything else: no other page may read or do anything here.
//! It changes no settings, runs no command and opens no tunnel.

mod actions;
mod answer;
mod assets;
mod code;
mod desk;
mod detail;
mod door;
mod gate;
mod indexing;
mod list;
mod older;
mod overview;
mod query;
mod readers;
mod replay;
mod session;
mod signature;
mod stream;
mod watch;

use crate::hook::target::PathMode;
use crate::job::judge::Judge;
use crate::journal::OpenError;
use crate::serve::{self, Limits};
use desk::Desk;
use door::Door;
use gate::Gate;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What an inspector is started with.
pub struct Options {
    /// The journal it shows; it must be there.
    pub journal: PathBuf,
    /// Whether commands find that journal without its name.
    pub usual_journal: bool,
    /// Where the listener of this process receives, if there is one.
    pub listening: Option<String>,
    /// Where that listener forwards to.
    pub targets: Vec<String>,
    /// Whether it sends a delivery's own path there.
    pub path_mode: PathMode,
    /// The URL that senders were given, where that is known.
    pub public_url: Option<String>,
    /// URLs under which the endpoint may be known.
    pub bases: Vec<String>,
    /// Explains signatures, and signs what is sent again.
    pub judge: Arc<Judge>,
}

/// Why there is no inspector.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The operating system refuses something.
    #[error("the system refuses")]
    System(#[from] std::io::Error),
}

/// An inspector that runs until it is stopped or dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    url: String,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

/// Starts an inspector on `socket`; it answers once this returns. Needs a tokio
/// runtime around it.
///
/// # Errors
/// When the journal cannot be read, or the system gives no random bytes.
pub fn start(socket: TcpListener, options: Options) -> Result<Running, StartError> {
    let address = socket.local_addr()?;
    let gate = Gate::new(address)?;
    let url = gate.url();
    let desk = Arc::new(Desk::open(options)?);
    let door = Arc::new(Door::new(gate, Arc::clone(&desk)));
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async move { drop(stopped.await) };
    let server = tokio::spawn(async move {
        serve::run(socket, limits(), door, until).await;
    });
    Ok(Running { address, url, desk, stop: Some(stop), server: Some(server) })
}

impl Running {
    /// The address to open in a browser, with this run's token in its fragment:
    /// for the user alone.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends streams, answers what is in hand, and lets go of the journal.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            drop(server.await);
        }
        self.desk.close().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

/// For one person's browser: few connections, and bodies as large as a delivery may be, in base64.
fn limits() -> Limits {
    Limits {
        max_body: 36 << 20,
        max_bytes_in_flight: 64 << 20,
        max_connections: Some(Limits::default().most_connections().min(128)),
        max_requests_in_hand: 128,
        drain: Duration::from_secs(2),
        ..Limits::default()
    }
}
