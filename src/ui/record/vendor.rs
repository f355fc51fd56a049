//! The records of what vendors tell of: studies, their room, links, interviews.
//!
//! The vendor's object is in it whole, under a name of its own, so that no
//! field of it can be taken for one of ours.

use super::VERSION;
use crate::job::capacity::{Usage, next_weekly_reset};
use crate::job::report::Interviewed;
use crate::ui::study::{MONTHLY_RESET, Room};
use crate::vendor::{Interview, Study};
use serde::Serialize;
use serde_json::Value;

/// A study: `study` is the vendor's object.
#[derive(Clone, Debug, Serialize)]
pub struct StudyRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    study: &'a Value,
}

impl<'a> StudyRecord<'a> {
    /// The record of a study.
    pub fn new(provider: &'a str, study: &'a Study) -> Self {
        Self { v: VERSION, r#type: "study", provider, study: &study.raw }
    }
}

/// A study in few words.
#[derive(Clone, Debug, Serialize)]
struct NamedStudy<'a> {
    id: &'a str,
    name: Option<&'a str>,
    status: Option<&'a str>,
}

impl<'a> From<&'a Study> for NamedStudy<'a> {
    fn from(study: &'a Study) -> Self {
        Self { id: &study.id, name: study.name.as_deref(), status: study.status.as_deref() }
    }
}

/// A limit, how much of it is used, and when it starts anew.
#[derive(Clone, Debug, Serialize)]
struct LimitRecord {
    limit: Option<u64>,
    used: Option<u64>,
    left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
struct LimitsRecord {
    weekly: Option<LimitRecord>,
    monthly: Option<LimitRecord>,
}

/// Whether a study takes another response: the output of `capacity`.
#[derive(Clone, Debug, Serialize)]
pub struct CapacityRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    study: NamedStudy<'a>,
    accepting_responses: bool,
    /// `vendor`, or `limits` where the vendor does not say.
    decided_by: &'static str,
    reasons: Vec<&'static str>,
    limits: LimitsRecord,
    fetched: String,
    cached: bool,
}

impl<'a> CapacityRecord<'a> {
    /// The record of a study's room.
    pub fn new(provider: &'a str, room: &Room<'a>) -> Self {
        let limit = |usage: Usage, resets_at, resets| LimitRecord {
            limit: usage.limit,
            used: usage.used,
            left: usage.left(),
            resets_at,
            resets,
        };
        let limits = room.study.limits;
        let monday = next_weekly_reset(room.now).rfc3339_millis();
        Self {
            v: VERSION,
            r#type: "capacity",
            provider,
            study: NamedStudy::from(room.study),
            accepting_responses: room.verdict.accepting,
            decided_by: if room.verdict.said_by_vendor { "vendor" } else { "limits" },
            reasons: room.verdict.reasons.iter().map(|reason| reason.as_str()).collect(),
            limits: LimitsRecord {
                weekly: limits.weekly.map(|weekly| limit(weekly.into(), Some(monday), None)),
                monthly: limits.monthly.map(|monthly| limit(monthly.into(), None, Some(MONTHLY_RESET))),
            },
            fetched: room.fetched.rfc3339_millis(),
            cached: room.cached,
        }
    }
}

/// A participant's link: the output of `link`.
#[derive(Clone, Debug, Serialize)]
pub struct LinkRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    study: NamedStudy<'a>,
    url: &'a str,
    reference_id: Option<&'a str>,
    accepting_responses: bool,
}

impl<'a> LinkRecord<'a> {
    /// The record of a link.
    pub fn new(
        provider: &'a str,
        study: &'a Study,
        url: &'a str,
        reference_id: Option<&'a str>,
        accepting_responses: bool,
    ) -> Self {
        let study = NamedStudy::from(study);
        Self { v: VERSION, r#type: "link", provider, study, url, reference_id, accepting_responses }
    }
}

/// An interview: `interview` is the vendor's object. From `listen --enrich` it
/// has the number of its delivery, and says why where it could not be fetched.
#[derive(Clone, Debug, Serialize)]
pub struct InterviewRecord<'a> {
    v: u8,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    interview: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

impl<'a> InterviewRecord<'a> {
    /// The record of an interview.
    pub fn new(provider: &'a str, interview: &'a Interview) -> Self {
        Self {
            v: VERSION,
            r#type: "interview",
            seq: None,
            provider,
            id: None,
            interview: Some(&interview.raw),
            failure: None,
        }
    }
}

impl<'a> From<&'a Interviewed> for InterviewRecord<'a> {
    fn from(interviewed: &'a Interviewed) -> Self {
        let (interview, failure) = match &interviewed.outcome {
            Ok(interview) => (Some(&interview.raw), None),
            Err(reason) => (None, Some(reason.as_str())),
        };
        Self {
            v: VERSION,
            r#type: "interview",
            seq: Some(interviewed.seq),
            provider: interviewed.provider,
            id: Some(&interviewed.id),
            interview,
            failure,
        }
    }
}

/// An interview whose webhook never arrived: a line of `interviews reconcile`.
#[derive(Clone, Debug, Serialize)]
pub struct MissingRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    /// A delivery of its id is there whose signature does not hold.
    refused: bool,
    /// The number of the delivery that was made in its place.
    synthesized: Option<u64>,
    interview: &'a Value,
}

impl<'a> MissingRecord<'a> {
    /// The record of an interview without its webhook.
    pub fn new(provider: &'a str, interview: &'a Interview, refused: bool, synthesized: Option<u64>) -> Self {
        let interview = &interview.raw;
        Self { v: VERSION, r#type: "missing", provider, refused, synthesized, interview }
    }
}

/// What `interviews reconcile` found in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// Interviews that the vendor says are completed.
    pub completed: u64,
    /// Of these, whose webhook is in the journal.
    pub arrived: u64,
    /// Whose delivery was made by an earlier run.
    pub synthesized_before: u64,
    /// Whose webhook never arrived.
    pub missing: u64,
    /// Of these, whose delivery was made now.
    pub synthesized: u64,
}

/// The last line of `interviews reconcile`.
#[derive(Clone, Debug, Serialize)]
pub struct ReconciledRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    #[serde(flatten)]
    counts: Reconciled,
}

impl<'a> ReconciledRecord<'a> {
    /// The record of the whole comparison.
    pub fn new(provider: &'a str, counts: Reconciled) -> Self {
        Self { v: VERSION, r#type: "summary", provider, counts }
    }
}
