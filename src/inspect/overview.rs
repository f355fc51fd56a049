//! Deliveries counted, for the charts.

use super::answer::{Answer, record};
use super::desk::Desk;
use super::query::Query;
use crate::clock;
use crate::job::wanted::Wanted;
use crate::journal::{Bucket, Counting, Order, Overview, Took};
use crate::ui::record::milliseconds;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So many of the newest are counted unless named, and the most.
const USUAL: usize = 10_000;
const MOST: usize = 20_000;

/// How long a jq expression may look.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize)]
struct OverviewRecord<'a> {
    v: u8,
    r#type: &'static str,
    considered: u64,
    from: Option<String>,
    to: Option<String>,
    buckets: Vec<BucketRecord>,
    events: Vec<EventRecord<'a>>,
    took: TookRecord,
    verdicts: Vec<VerdictCount>,
}

#[derive(Debug, Serialize)]
struct BucketRecord {
    at: String,
    verified: u64,
    failed: u64,
    unjudged: u64,
}

#[derive(Debug, Serialize)]
struct EventRecord<'a> {
    event: Option<&'a str>,
    count: u64,
}

#[derive(Debug, Serialize)]
struct VerdictCount {
    code: &'static str,
    count: u64,
}

/// Nothing of it where no answer was given.
#[derive(Debug, Default, Serialize)]
struct TookRecord {
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    max_ms: Option<f64>,
    histogram: Vec<StepRecord>,
}

/// Answers that took at most so long; `null` for any longer one.
#[derive(Debug, Serialize)]
struct StepRecord {
    up_to_ms: Option<f64>,
    count: u64,
}

/// `GET /api/overview`.
pub(super) async fn overview(State(desk): State<Arc<Desk>>, RawQuery(query): RawQuery) -> Answer {
    let mut query = Query::read(query.as_deref());
    let words = query.words()?;
    let most = query.number("most")?.unwrap_or(USUAL).clamp(1, MOST);
    query.end()?;
    let wanted: Wanted = words.wanted(clock::now(), most, Order::NewestFirst)?;
    let counted = desk.readers.with(move |reader| {
        if wanted.jq.is_none() {
            return Ok(reader.overview(&wanted.filter)?);
        }
        let mut counting = Counting::default();
        let (found, _) = wanted.page(reader, Instant::now() + PATIENCE)?;
        found.iter().for_each(|listed| counting.add(listed));
        Ok(counting.overview())
    });
    record(&OverviewRecord::from(&counted.await?))
}

impl<'a> From<&'a Overview> for OverviewRecord<'a> {
    fn from(overview: &'a Overview) -> Self {
        let events = overview.events.iter();
        let verdicts = overview.verdicts.iter();
        Self {
            v: 1,
            r#type: "overview",
            considered: overview.considered,
            from: overview.received.map(|(from, _)| from.rfc3339_millis()),
            to: overview.received.map(|(_, to)| to.rfc3339_millis()),
            buckets: overview.buckets.iter().map(BucketRecord::from).collect(),
            events: events
                .map(|(event, count)| EventRecord { event: event.as_deref(), count: *count })
                .collect(),
            took: overview.took.as_ref().map(TookRecord::from).unwrap_or_default(),
            verdicts: verdicts
                .map(|(code, count)| VerdictCount { code: code.as_str(), count: *count })
                .collect(),
        }
    }
}

impl From<&Bucket> for BucketRecord {
    fn from(bucket: &Bucket) -> Self {
        let Bucket { at, verified, failed, unjudged } = *bucket;
        Self { at: at.rfc3339_millis(), verified, failed, unjudged }
    }
}

impl From<&Took> for TookRecord {
    fn from(took: &Took) -> Self {
        let step = |(up_to, count): &(Option<Duration>, u64)| StepRecord {
            up_to_ms: up_to.map(milliseconds),
            count: *count,
        };
        Self {
            p50_ms: Some(milliseconds(took.p50)),
            p95_ms: Some(milliseconds(took.p95)),
            max_ms: Some(milliseconds(took.max)),
            histogram: took.histogram.iter().map(step).collect(),
        }
    }
}
