//! Interviews with their transcript and answers.

use super::{StateError, first};
use crate::hook::time::Timestamp;
use rusqlite::{Row, Transaction, params};
use serde_json::Value;

/// An interview of either vendor.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Interview {
    /// Its id, a UUID.
    pub id: String,
    /// The study's id.
    pub study: String,
    /// The project's id.
    pub project: String,
    /// `userjourneys` or `koji`.
    pub provider: String,
    /// `started`, `processing` or `completed`.
    pub status: String,
    /// What the link or Koji's `external_id` carried.
    pub reference_id: Option<String>,
    /// Typed by the participant.
    pub respondent_email: Option<String>,
    /// Koji's `display_name`.
    pub respondent_name: Option<String>,
    /// Koji's free attributes; an object.
    pub metadata: Value,
    /// A language code.
    pub language: String,
    /// `text` or `voice`.
    pub mode: String,
    /// userjourneys' grade.
    pub quality: Option<String>,
    /// Koji's score, 1 to 5.
    pub score: Option<u8>,
    /// How long it took; not the time between start and end.
    pub duration_secs: Option<u32>,
    /// One line.
    pub headline: Option<String>,
    /// One paragraph.
    pub summary: Option<String>,
    /// Why it ended: Koji's `reason`.
    pub reason: Option<String>,
    /// Koji's `feedback`, as JSON text.
    pub feedback: Option<String>,
    /// Koji's session token.
    pub session_token: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// One answer to a structured question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question's id.
    pub question_id: String,
    /// What was asked.
    pub question: String,
    /// The question's type.
    pub kind: String,
    /// A number, a text or a list of texts, as the type wants it.
    pub value: Value,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its id.
    pub id: String,
    /// `interviewer` or `respondent`.
    pub role: String,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Interview {
    fn of(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let moment = |name: &str| row.get::<_, Option<i64>>(name).map(|at| at.map(Timestamp::from_micros));
        let interview = Self {
            id: row.get("id")?,
            study: row.get("study")?,
            project: row.get("project")?,
            provider: row.get("provider")?,
            status: row.get("status")?,
            reference_id: row.get("reference_id")?,
            respondent_email: row.get("respondent_email")?,
            respondent_name: row.get("respondent_name")?,
            metadata: Value::Null,
            language: row.get("language")?,
            mode: row.get("mode")?,
            quality: row.get("quality")?,
            score: row.get("score")?,
            duration_secs: row.get("duration_secs")?,
            headline: row.get("headline")?,
            summary: row.get("summary")?,
            reason: row.get("reason")?,
            feedback: row.get("feedback")?,
            session_token: row.get("session_token")?,
            started_at: moment("started_at")?.unwrap_or_default(),
            completed_at: moment("completed_at")?,
            created_at: moment("created_at")?.unwrap_or_default(),
        };
        Ok((interview, row.get("metadata")?))
    }

    fn whole((interview, metadata): (Self, String)) -> Result<Self, StateError> {
        Ok(Self { metadata: serde_json::from_str(&metadata)?, ..interview })
    }

    /// Keeps the interview, new or changed.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn put(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        db.prepare_cached(
            "INSERT OR REPLACE INTO interviews(id, study, project, provider, status, reference_id, respondent_email,
               respondent_name, metadata, language, mode, quality, score, duration_secs, headline, summary, reason,
               feedback, session_token, started_at, completed_at, created_at)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
        )?
        .execute(params![
            self.id,
            self.study,
            self.project,
            self.provider,
            self.status,
            self.reference_id,
            self.respondent_email,
            self.respondent_name,
            self.metadata.to_string(),
            self.language,
            self.mode,
            self.quality,
            self.score,
            self.duration_secs,
            self.headline,
            self.summary,
            self.reason,
            self.feedback,
            self.session_token,
            self.started_at.micros(),
            self.completed_at.map(Timestamp::micros),
            self.created_at.micros()
        ])?;
        Ok(())
    }

    /// The interview of this id.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, id: &str) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM interviews WHERE id = ?1", [id], Self::of))?
            .map(Self::whole)
            .transpose()
    }

    /// The interviews of a study, newest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn of_study(db: &Transaction<'_>, study: &str) -> Result<Vec<Self>, StateError> {
        let mut found =
            db.prepare("SELECT * FROM interviews WHERE study = ?1 ORDER BY created_at DESC, id DESC")?;
        let rows = found.query_map([study], Self::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(Self::whole).collect()
    }

    /// Its conversation in order.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn turns(&self, db: &Transaction<'_>) -> Result<Vec<Turn>, StateError> {
        let mut found =
            db.prepare("SELECT id, role, text, at FROM turns WHERE interview = ?1 ORDER BY position")?;
        let turns = found.query_map([&self.id], |row| {
            Ok(Turn {
                id: row.get(0)?,
                role: row.get(1)?,
                text: row.get(2)?,
                at: Timestamp::from_micros(row.get(3)?),
            })
        })?;
        Ok(turns.collect::<rusqlite::Result<_>>()?)
    }

    /// Adds a turn at the end of its conversation.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn add_turn(&self, db: &Transaction<'_>, turn: &Turn) -> Result<(), StateError> {
        db.prepare_cached(
            "INSERT INTO turns(interview, position, id, role, text, at)
             SELECT ?1, coalesce(max(position) + 1, 0), ?2, ?3, ?4, ?5 FROM turns WHERE interview = ?1",
        )?
        .execute(params![self.id, turn.id, turn.role, turn.text, turn.at.micros()])?;
        Ok(())
    }

    /// Its answers in the order of the questions.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn answers(&self, db: &Transaction<'_>) -> Result<Vec<Answer>, StateError> {
        let mut found = db.prepare(
            "SELECT question_id, question, type, value FROM answers WHERE interview = ?1 ORDER BY position",
        )?;
        let rows = found
            .query_map([&self.id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter()
            .map(|(question_id, question, kind, value)| {
                Ok(Answer { question_id, question, kind, value: serde_json::from_str(&value)? })
            })
            .collect()
    }

    /// Keeps its answers in place of former ones.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn put_answers(&self, db: &Transaction<'_>, answers: &[Answer]) -> Result<(), StateError> {
        db.execute("DELETE FROM answers WHERE interview = ?1", [&self.id])?;
        let mut insert = db.prepare_cached(
            "INSERT INTO answers(interview, position, question_id, question, type, value) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (position, answer) in (0_i64..).zip(answers) {
            let Answer { question_id, question, kind, value } = answer;
            insert.execute(params![self.id, position, question_id, question, kind, value.to_string()])?;
        }
        Ok(())
    }
}
