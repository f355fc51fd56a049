//! What every route works with, and which route does what.

use super::readers::Readers;
use super::{Options, actions, assets, detail, list, session};
use crate::job::judge::Judge;
use crate::journal::OpenError;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// What every route works with.
pub(super) struct Desk {
    pub(super) readers: Readers,
    pub(super) listening: Option<String>,
    pub(super) targets: Vec<String>,
    pub(super) judge: Arc<Judge>,
}

impl Desk {
    pub(super) fn open(options: Options) -> Result<Self, OpenError> {
        let Options { journal, listening, targets, judge } = options;
        Ok(Self { readers: Readers::open(journal)?, listening, targets, judge })
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
        .route("/api/overview", get(actions::overview))
        // serve's limits are the limits.
        .layer(DefaultBodyLimit::disable())
}
