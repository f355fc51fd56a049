//! The bodies of every event of both vendors, from what happened in the sandbox.
//!
//! Pure: facts in, bytes out. Members stand in the order of the vendors'
//! examples; what they leave undocumented is the same as in `hook::sample`.
//! userjourneys writes times with milliseconds, Koji without.

use crate::hook::time::Timestamp;
use serde_json::{Map, Value, json};

/// An interview that ended, as its events tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Its id.
    pub interview_id: String,
    /// Its study's id.
    pub study_id: String,
    /// Its study's name (userjourneys) or title (Koji).
    pub study_name: String,
    /// The study's public link.
    pub interview_link: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Timestamp,
    /// How long it took without pauses.
    pub duration_secs: u64,
    /// The language that was detected, such as `en`.
    pub language: String,
    /// The id that the link carried.
    pub reference_id: Option<String>,
    /// The address the respondent typed.
    pub respondent_email: Option<String>,
    /// Koji's `participant`: free attributes, empty when anonymous.
    pub participant: Map<String, Value>,
    /// userjourneys' grade: `insightful`, `successful` or `unsuccessful`.
    pub grade: String,
    /// Koji's score from 1 to 5.
    pub score: u8,
    /// `text` or `voice`.
    pub mode: String,
    /// Where the interview is shown.
    pub transcript_url: String,
    /// Koji's structured answers: `question_id`, `type`, `value`; empty where the study has none.
    pub structured_answers: Vec<Value>,
    /// One paragraph about it.
    pub summary: String,
}

/// A study that went live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub study_id: String,
    /// Its title.
    pub study_title: String,
    /// When it went live.
    pub published_at: Timestamp,
    /// Where it is shown to its owner.
    pub study_url: String,
    /// The participant's link.
    pub interview_link: String,
}

/// A report that was generated or refreshed.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its id.
    pub report_id: String,
    /// Its study's id.
    pub study_id: String,
    /// Its study's title.
    pub study_title: String,
    /// Where it is read.
    pub report_url: String,
    /// When it was made.
    pub generated_at: Timestamp,
    /// The scores of the interviews in it.
    pub scores: Vec<u8>,
}

/// Koji's threshold: below it an interview does not pass the quality gate.
pub const GATE: u8 = 3;

/// The event of userjourneys.
pub const UJ_COMPLETED: &str = "interview.completed";
/// Koji's event for an interview that passed the gate.
pub const COMPLETED: &str = "interview.completed";
/// Koji's event for one that did not.
pub const FAILED_GATE: &str = "interview.failed_quality_gate";
/// Koji's event for the judgement itself.
pub const QUALITY_SCORED: &str = "interview.quality_scored";
/// Koji's event for an analysis that can be read.
pub const ANALYSIS_READY: &str = "interview.analysis_ready";
/// Koji's event for a study that went live.
pub const STUDY_PUBLISHED: &str = "study.published";
/// Koji's event for a report.
pub const REPORT_GENERATED: &str = "report.generated";
/// What the sandbox sends while an endpoint is saved; the vendor's own name for it is not documented.
pub const PING: &str = "webhook.test";

/// Every event that a Koji endpoint can be registered for.
pub const KOJI_EVENTS: [&str; 6] =
    [COMPLETED, ANALYSIS_READY, QUALITY_SCORED, FAILED_GATE, STUDY_PUBLISHED, REPORT_GENERATED];

/// Which of Koji's two descriptions the sandbox follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KojiEvents {
    /// The guide: `completed` or `failed_quality_gate`, once.
    Guide,
    /// The set-up page: `completed` however good, `quality_scored`, `analysis_ready`.
    Setup,
    /// Both: `completed` or `failed_quality_gate`, `quality_scored`, `analysis_ready`.
    #[default]
    Union,
}

impl KojiEvents {
    /// The events of one interview that ended, and how many seconds after its end each is due.
    pub fn of_interview(self, score: u8) -> Vec<(&'static str, u64)> {
        let judged = if score < GATE { FAILED_GATE } else { COMPLETED };
        let later = [(QUALITY_SCORED, 1), (ANALYSIS_READY, 3)];
        match self {
            Self::Guide => vec![(judged, 0)],
            Self::Setup => [(COMPLETED, 0)].into_iter().chain(later).collect(),
            Self::Union => [(judged, 0)].into_iter().chain(later).collect(),
        }
    }
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

/// The body of userjourneys' `interview.completed`, sent at `now`.
pub fn userjourneys(interview: &Finished, now: Timestamp) -> Vec<u8> {
    bytes(&json!({
        "event": UJ_COMPLETED,
        "timestamp": now.rfc3339_millis(),
        "data": {
            "interview_id": interview.interview_id,
            "study_id": interview.study_id,
            "study_name": interview.study_name,
            "interview_link": interview.interview_link,
            "status": "completed",
            "started_at": interview.started_at.rfc3339_millis(),
            "completed_at": interview.completed_at.rfc3339_millis(),
            "duration_secs": interview.duration_secs,
            "quality_score": interview.grade,
            "language": interview.language,
            "reference_id": interview.reference_id,
            "respondent_email": interview.respondent_email,
            "respondent_id": null,
        },
    }))
}

/// The body of one of Koji's events of an interview, sent at `now`.
pub fn koji_interview(event: &str, interview: &Finished, now: Timestamp) -> Vec<u8> {
    let mut data = match event {
        QUALITY_SCORED => scored(interview),
        _ => told(interview),
    };
    if event == ANALYSIS_READY {
        analysed(&mut data, interview);
    }
    if matches!(event, COMPLETED | ANALYSIS_READY) && !interview.structured_answers.is_empty() {
        data.insert("structured_answers".to_owned(), Value::Array(interview.structured_answers.clone()));
    }
    enveloped(event, now, &Value::Object(data))
}

fn enveloped(event: &str, now: Timestamp, data: &Value) -> Vec<u8> {
    bytes(&json!({ "type": event, "timestamp": now.rfc3339_seconds(), "data": data }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn told(interview: &Finished) -> Map<String, Value> {
    object(json!({
        "interview_id": interview.interview_id,
        "study_id": interview.study_id,
        "study_title": interview.study_name,
        "participant": interview.participant,
        "quality_score": interview.score,
        "interaction_mode": interview.mode,
        "completed_at": interview.completed_at.rfc3339_seconds(),
        "transcript_url": interview.transcript_url,
    }))
}

fn scored(interview: &Finished) -> Map<String, Value> {
    let score = interview.score;
    object(json!({
        "interview_id": interview.interview_id,
        "study_id": interview.study_id,
        "study_title": interview.study_name,
        "quality_score": score,
        "passed": score >= GATE,
        "quality": {
            "relevance": score,
            "depth": score.saturating_sub(1).max(1),
            "coverage": score,
            "completion": 5,
            "structured_quality": score,
        },
    }))
}

fn analysed(data: &mut Map<String, Value>, interview: &Finished) {
    let (themes, sentiment) = match interview.score {
        0..GATE => (json!(["short answers"]), "neutral"),
        GATE => (json!(["mixed impression"]), "mixed"),
        _ => (json!(["clear impression", "concrete wishes"]), "positive"),
    };
    let quotes = interview.structured_answers.iter().filter(|answer| is_open(answer));
    let quotes: Vec<&Value> = quotes.filter_map(|answer| answer.get("value")).collect();
    data.insert("themes".to_owned(), themes);
    data.insert("sentiment".to_owned(), json!(sentiment));
    data.insert("summary".to_owned(), json!(interview.summary));
    data.insert("quotes".to_owned(), json!(quotes));
}

fn is_open(answer: &Value) -> bool {
    answer.get("type").and_then(Value::as_str) == Some("open_ended")
}

/// The body of Koji's `study.published`, sent at `now`.
pub fn koji_published(study: &Published, now: Timestamp) -> Vec<u8> {
    let data = json!({
        "study_id": study.study_id,
        "study_title": study.study_title,
        "published_at": study.published_at.rfc3339_seconds(),
        "study_url": study.study_url,
        "interview_link": study.interview_link,
    });
    enveloped(STUDY_PUBLISHED, now, &data)
}

/// The body of Koji's `report.generated`, sent at `now`.
pub fn koji_report(report: &Report, now: Timestamp) -> Vec<u8> {
    let sum: u32 = report.scores.iter().copied().map(u32::from).sum();
    let count = u32::try_from(report.scores.len()).unwrap_or(u32::MAX);
    // One decimal, as in the vendor's words; no interview, no average.
    let average = (count > 0).then(|| (f64::from(sum) * 10.0 / f64::from(count)).round() / 10.0);
    let data = json!({
        "report_id": report.report_id,
        "study_id": report.study_id,
        "study_title": report.study_title,
        "report_url": report.report_url,
        "generated_at": report.generated_at.rfc3339_seconds(),
        "summary": {
            "interview_count": count,
            "average_quality_score": average,
            "top_themes": ["clear impression", "concrete wishes"],
        },
    });
    enveloped(REPORT_GENERATED, now, &data)
}

/// The body of the ping that is sent while a Koji endpoint is saved.
pub fn koji_ping(now: Timestamp) -> Vec<u8> {
    enveloped(PING, now, &json!({ "message": "Koji webhook verification" }))
}

#[cfg(test)]
mod tests;
