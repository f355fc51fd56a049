//! What can be done with a delivery from the page.

use super::answer::{Answer, Refused};
use super::desk::Desk;
use axum::extract::{Path, RawQuery, State};
use bytes::Bytes;
use std::sync::Arc;

fn later() -> Answer {
    Err(Refused::new(501, "not_yet", "this is not there yet"))
}

/// `GET /api/deliveries/N/code`.
pub(super) async fn code(
    State(_desk): State<Arc<Desk>>,
    Path(_seq): Path<u64>,
    RawQuery(_query): RawQuery,
) -> Answer {
    later()
}

/// `POST /api/deliveries/N/replay`.
pub(super) async fn replay(State(_desk): State<Arc<Desk>>, Path(_seq): Path<u64>, _body: Bytes) -> Answer {
    later()
}

/// `POST /api/deliveries/N/mark`.
pub(super) async fn mark(State(_desk): State<Arc<Desk>>, Path(_seq): Path<u64>, _body: Bytes) -> Answer {
    later()
}

/// `DELETE /api/deliveries/N`.
pub(super) async fn delete(State(_desk): State<Arc<Desk>>, Path(_seq): Path<u64>, _body: Bytes) -> Answer {
    later()
}

/// `GET /api/overview`.
pub(super) async fn overview(State(_desk): State<Arc<Desk>>, RawQuery(_query): RawQuery) -> Answer {
    later()
}
