//! What userjourneys tells of: studies, interviews, releases, chats, and the webhook.
//!
//! Each keeps the whole object beside the fields that hookctl works with. A
//! field that is missing, null or of another type is `None`, never an error:
//! only an object without an id cannot be read.

use super::page::Item;
use super::reading::{self, Answered, Transcript};
use serde_json::Value;

/// Under which names an interview has its id.
const INTERVIEW_IDS: [&str; 3] = ["id", "interview_id", "conversation_id"];

/// A limit of responses within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// How many; `None` when there is no limit.
    pub limit: Option<u64>,
    /// How many of them are used.
    pub used: Option<u64>,
}

/// The limits of a study; `None` where the vendor names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// From Monday 00:00 UTC.
    pub weekly: Option<Limit>,
    /// From the day of the month on which the subscription began.
    pub monthly: Option<Limit>,
}

/// A study.
#[derive(Clone, Debug)]
pub struct Study {
    /// Its id.
    pub id: String,
    /// Its name, which others may have too.
    pub name: Option<String>,
    /// Such as `active`.
    pub status: Option<String>,
    /// The participant's link.
    pub interview_link: Option<String>,
    /// Whether it takes another response.
    pub accepting_responses: Option<bool>,
    /// The languages that it can be held in.
    pub supported_languages: Vec<String>,
    /// Its limits.
    pub limits: Limits,
    /// When it was made.
    pub created_at: Option<String>,
    /// What is to be learned; only where one study is asked for.
    pub research_goal: Option<String>,
    /// The product; only where one study is asked for.
    pub product_name: Option<String>,
    /// The questions; only where one study is asked for.
    pub questions: Vec<String>,
    /// How many interviews it has; only where one study is asked for.
    pub interview_count: Option<u64>,
    /// The whole object.
    pub raw: Value,
}

/// An interview.
#[derive(Clone, Debug)]
pub struct Interview {
    /// Its id.
    pub id: String,
    /// Its study.
    pub study_id: Option<String>,
    /// `completed`, `started`, `processing`, or what else there may be.
    pub status: Option<String>,
    /// The caller's own id of the person.
    pub reference_id: Option<String>,
    /// Where the person gave it.
    pub respondent_email: Option<String>,
    /// The language spoken, such as `en`.
    pub language: Option<String>,
    /// `insightful`, `successful`, `unsuccessful`, a number from 0 to 5 (Koji), or what else there may be.
    pub quality_score: Option<String>,
    /// How long it took. Not the time between start and end.
    pub duration_secs: Option<f64>,
    /// One line.
    pub headline: Option<String>,
    /// One paragraph.
    pub summary: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// The whole object.
    pub raw: Value,
}

/// A merged pull request.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its id.
    pub id: String,
    /// `active` or `dismissed`.
    pub status: Option<String>,
    /// The chat in which it was analysed, which `/chats` does not show.
    pub chat_id: Option<String>,
    /// The number of the pull request.
    pub github_pr_number: Option<u64>,
    /// Its title.
    pub github_pr_title: Option<String>,
    /// Its text; only where one release is asked for.
    pub github_pr_description: Option<String>,
    /// Its address.
    pub github_pr_url: Option<String>,
    /// Who wrote it.
    pub github_pr_author: Option<String>,
    /// When it was merged.
    pub merged_at: Option<String>,
    /// When it was analysed last.
    pub last_analysis_at: Option<String>,
    /// When the release was made.
    pub created_at: Option<String>,
    /// The whole object.
    pub raw: Value,
}

/// A chat: what is known about it, never its messages.
#[derive(Clone, Debug)]
pub struct Chat {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Such as `web`.
    pub source: Option<String>,
    /// Whether an answer is being written.
    pub is_streaming: Option<bool>,
    /// How many messages can be seen; only where one chat is asked for.
    pub message_count: Option<u64>,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it changed last.
    pub updated_at: Option<String>,
    /// The whole object.
    pub raw: Value,
}

/// The webhook of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// Where deliveries go.
    pub url: String,
    /// Which events.
    pub events: Vec<String>,
    /// The whole object, without the signing secret.
    pub raw: Value,
}

impl Interview {
    /// Reads an object that may lack its id; `None` when it is no object.
    pub(super) fn known_as(id: &str, raw: Value) -> Option<Self> {
        let mut found = raw.as_object()?.clone();
        found.insert("id".to_owned(), id.into());
        // The id is filled in for reading only: what the vendor sent stays as it is.
        let read = if reading::id(&raw, &INTERVIEW_IDS).is_some() { raw.clone() } else { found.into() };
        Self::read(read).map(|interview| Self { raw, ..interview })
    }

    /// What was said; `None` where the object has no transcript.
    pub fn transcript(&self) -> Option<Transcript> {
        reading::transcript(&self.raw)
    }

    /// The structured answers; none where the object has none.
    pub fn answers(&self) -> Vec<Answered> {
        reading::answers(&self.raw)
    }
}

impl Item for Study {
    const WHAT: &'static str = "study";

    fn read(raw: Value) -> Option<Self> {
        let text = |name: &str| reading::text(&raw, &[name]);
        Some(Self {
            id: reading::id(&raw, &["id"])?,
            name: text("name"),
            status: text("status"),
            interview_link: text("interview_link"),
            accepting_responses: reading::flag(&raw, &["accepting_responses", "accepting_interviews"]),
            supported_languages: reading::texts(&raw, &["supported_languages"]),
            limits: reading::limits(&raw),
            created_at: text("created_at"),
            research_goal: text("research_goal"),
            product_name: text("product_name"),
            questions: reading::questions(&raw),
            interview_count: reading::count(&raw, &["interview_count", "interviews_count", "interviews"]),
            raw,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Interview {
    const WHAT: &'static str = "interview";

    fn read(raw: Value) -> Option<Self> {
        let text = |name: &str| reading::text(&raw, &[name]);
        Some(Self {
            id: reading::id(&raw, &INTERVIEW_IDS)?,
            study_id: reading::id(&raw, &["study_id", "experiment_id"]),
            status: reading::text(&raw, &["status", "interview_status"]),
            reference_id: text("reference_id"),
            respondent_email: text("respondent_email"),
            language: reading::text(&raw, &["language", "locale"]),
            quality_score: reading::quality(&raw),
            duration_secs: reading::number(&raw, &["duration_secs", "duration_seconds"]),
            headline: text("headline"),
            summary: reading::summary(&raw),
            started_at: text("started_at"),
            completed_at: text("completed_at"),
            created_at: text("created_at"),
            raw,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Release {
    const WHAT: &'static str = "release";

    fn read(raw: Value) -> Option<Self> {
        let text = |name: &str| reading::text(&raw, &[name]);
        Some(Self {
            id: reading::id(&raw, &["id"])?,
            status: text("status"),
            chat_id: reading::id(&raw, &["chat_id"]),
            github_pr_number: reading::count(&raw, &["github_pr_number"]),
            github_pr_title: text("github_pr_title"),
            github_pr_description: text("github_pr_description"),
            github_pr_url: text("github_pr_url"),
            github_pr_author: text("github_pr_author"),
            merged_at: text("merged_at"),
            last_analysis_at: text("last_analysis_at"),
            created_at: text("created_at"),
            raw,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Chat {
    const WHAT: &'static str = "chat";

    fn read(raw: Value) -> Option<Self> {
        let text = |name: &str| reading::text(&raw, &[name]);
        Some(Self {
            id: reading::id(&raw, &["id"])?,
            title: text("title"),
            source: text("source"),
            is_streaming: reading::flag(&raw, &["is_streaming"]),
            message_count: reading::count(&raw, &["message_count"]),
            created_at: text("created_at"),
            updated_at: text("updated_at"),
            raw,
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}
