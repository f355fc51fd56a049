//! The list of deliveries, newest first, page by page.

use super::answer::{Answer, record};
use super::desk::Desk;
use super::query::Query;
use crate::clock;
use crate::job::wanted::Wanted;
use crate::journal::Order;
use crate::ui::listing::ListedRecord;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Items of a page unless named, and the most.
const USUAL: usize = 50;
const MOST: usize = 500;

/// How long a jq expression may look for a page.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct DeliveriesRecord<'a> {
    v: u8,
    r#type: &'static str,
    items: Vec<ListedRecord<'a>>,
    next: Option<u64>,
}

/// `GET /api/deliveries`.
pub(super) async fn deliveries(State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery) -> Answer {
    let mut query = Query::read(query.as_deref());
    let words = query.words()?;
    let limit = query.number("limit")?.unwrap_or(USUAL).clamp(1, MOST);
    let before = query.number("before")?;
    query.end()?;
    let mut wanted: Wanted = words.wanted(clock::now(), limit, Order::NewestFirst)?;
    wanted.filter.after = before;
    let found = desk.readers.with(move |reader| Ok(wanted.page(reader, Instant::now() + PATIENCE)?));
    let (items, next) = found.await?;
    record(&DeliveriesRecord {
        v: 1,
        r#type: "deliveries",
        items: items.iter().map(ListedRecord::new).collect(),
        next,
    })
}
