//! What every route works with, and which route does what.

use super::indexing::Indexing;
use super::readers::Readers;
use super::watch::Watch;
use super::{Options, actions, assets, detail, list, overview, replay, session, stream};
use crate::forward::Forwarder;
use crate::hook::target::PathMode;
use crate::job::judge::Judge;
use crate::journal::OpenError;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What every route works with.
pub(super) struct Desk {
    pub(super) readers: Readers,
    pub(super) usual_journal: bool,
    pub(super) listening: Option<String>,
    pub(super) targets: Vec<String>,
    pub(super) path_mode: PathMode,
    pub(super) public_url: Option<String>,
    pub(super) bases: Vec<String>,
    pub(super) judge: Arc<Judge>,
    pub(super) watch: Arc<Watch>,
    /// Room for streams.
    pub(super) streams: Arc<Semaphore>,
    /// Who writes them.
    tasks: Mutex<JoinSet<()>>,
    /// Sends again; its target has the whole path.
    pub(super) forwarder: Forwarder,
    pub(super) indexing: Arc<Indexing>,
    /// Explaining costs what many deliveries cost: one at a time.
    pub(super) explaining: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn open(options: Options) -> Result<Self, OpenError> {
        let Options { journal, usual_journal, listening, targets, path_mode, public_url, bases, judge } =
            options;
        let watch = Arc::new(Watch::new(&journal));
        // Beside a listener the journal has just been opened, and its writer makes the index.
        let (readers, indexing) = if listening.is_some() {
            (Readers::new(journal), Indexing::default())
        } else {
            let readers = Readers::open(journal)?;
            let indexing = Indexing::start(readers.path());
            (readers, indexing)
        };
        let (forwarder, explaining) = (replay::forwarder(), Arc::new(Semaphore::new(1)));
        let (streams, tasks) = (stream::room(), Mutex::default());
        Ok(Self {
            readers,
            usual_journal,
            listening,
            targets,
            path_mode,
            public_url,
            bases,
            judge,
            forwarder,
            explaining,
            watch,
            streams,
            tasks,
            indexing: Arc::new(indexing),
        })
    }

    /// Runs a task that ends with its stream, or with the inspector.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends what runs beside the routes, and lets go of the journal: who owns it
    /// can then fold its log into the file.
    pub(super) async fn close(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
        let (watch, indexing) = (Arc::clone(&self.watch), Arc::clone(&self.indexing));
        let end = move || {
            indexing.end();
            watch.end();
        };
        drop(tokio::task::spawn_blocking(end).await);
        self.readers.close().await;
    }
}

/// Every path but the event stream's.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{hash}/{*name}", get(assets::asset))
        .route("/api/session", get(session::session))
        .route("/api/deliveries", get(list::deliveries))
        .route("/api/deliveries/{seq}", get(detail::delivery).delete(actions::delete))
        .route("/api/deliveries/{seq}/body", get(detail::body))
        .route("/api/deliveries/{seq}/raw", get(detail::raw))
        .route("/api/deliveries/{seq}/attempts/{number}/body", get(detail::attempt_body))
        .route("/api/deliveries/{seq}/code", get(actions::code))
        .route("/api/deliveries/{seq}/replay", post(actions::replay))
        .route("/api/deliveries/{seq}/mark", post(actions::mark))
        .route("/api/overview", get(overview::overview))
        // serve's limits are the limits.
        .layer(DefaultBodyLimit::disable())
}
