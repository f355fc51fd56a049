//! New and changed deliveries as they come, as an event stream.

use super::answer::Refused;
use super::desk::Desk;
use super::door::refusal;
use crate::hook::headers::Head;
use crate::serve::Response;

/// `GET /api/stream`.
pub(super) async fn answer(_desk: &Desk, _head: &Head) -> Response {
    refusal(Refused::new(501, "not_yet", "there is no event stream yet")).await
}
