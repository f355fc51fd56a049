//! Studies, their questions and how much of their limits is used.

use super::keys::Project;
use super::{StateError, first};
use crate::hook::time::Timestamp;
use crate::job::sandbox::period;
use rusqlite::{Row, Transaction, params};
use serde::Serialize;
use serde_json::Value;

/// A study of either vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Its id, a UUID.
    pub id: String,
    /// The project it belongs to.
    pub project: String,
    /// `userjourneys` or `koji`.
    pub provider: String,
    /// The code in its participant link, `/i/CODE`.
    pub code: String,
    /// Its name; not unique.
    pub name: String,
    /// `active`, `paused`, `completed` or `draft`.
    pub status: String,
    /// What it wants to find out.
    pub research_goal: String,
    /// Whose product it is about.
    pub product_name: String,
    /// Language codes.
    pub languages: Vec<String>,
    /// Responses a week; `None` is without limit.
    pub weekly_limit: Option<u32>,
    /// Responses a month; `None` is without limit.
    pub monthly_limit: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One question of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The stable id that answers name.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// `open_ended`, `scale`, `single_choice`, `multiple_choice`, `ranking` or `yes_no`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `{"scaleMin","scaleMax","options",...}`, as far as the type has them.
    pub config: Value,
}

/// How much of a study's limits is used, and whether it takes another response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Completed since Monday 00:00 UTC.
    pub weekly_used: u32,
    /// Completed since the subscription day.
    pub monthly_used: u32,
    /// Completed since the subscription day, over all studies of the project.
    pub project_used: u32,
    /// Active, and no limit reached.
    pub accepting: bool,
}

impl Study {
    fn of(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let study = Self {
            id: row.get("id")?,
            project: row.get("project")?,
            provider: row.get("provider")?,
            code: row.get("code")?,
            name: row.get("name")?,
            status: row.get("status")?,
            research_goal: row.get("research_goal")?,
            product_name: row.get("product_name")?,
            languages: Vec::new(),
            weekly_limit: row.get("weekly_limit")?,
            monthly_limit: row.get("monthly_limit")?,
            created_at: Timestamp::from_micros(row.get("created_at")?),
        };
        Ok((study, row.get("languages")?))
    }

    fn whole((study, languages): (Self, String)) -> Result<Self, StateError> {
        Ok(Self { languages: serde_json::from_str(&languages)?, ..study })
    }

    /// Keeps the study, new or changed.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn put(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        db.execute(
            "INSERT OR REPLACE INTO studies(id, project, provider, code, name, status, research_goal, product_name,
               languages, weekly_limit, monthly_limit, created_at)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                self.id,
                self.project,
                self.provider,
                self.code,
                self.name,
                self.status,
                self.research_goal,
                self.product_name,
                serde_json::to_string(&self.languages)?,
                self.weekly_limit,
                self.monthly_limit,
                self.created_at.micros()
            ],
        )?;
        Ok(())
    }

    /// The study of this id.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, id: &str) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM studies WHERE id = ?1", [id], Self::of))?
            .map(Self::whole)
            .transpose()
    }

    /// The study with this code in its link.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn by_code(db: &Transaction<'_>, code: &str) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM studies WHERE code = ?1", [code], Self::of))?
            .map(Self::whole)
            .transpose()
    }

    /// Every study of every project, newest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn all(db: &Transaction<'_>) -> Result<Vec<Self>, StateError> {
        let mut found = db.prepare("SELECT * FROM studies ORDER BY created_at DESC, id DESC")?;
        let rows = found.query_map([], Self::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(Self::whole).collect()
    }

    /// The active studies of a project with a vendor, newest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn active(db: &Transaction<'_>, provider: &str, project: &str) -> Result<Vec<Self>, StateError> {
        let mine =
            |study: &Self| study.provider == provider && study.project == project && study.status == "active";
        Ok(Self::all(db)?.into_iter().filter(mine).collect())
    }

    /// Its questions in their order.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn questions(&self, db: &Transaction<'_>) -> Result<Vec<Question>, StateError> {
        let mut found =
            db.prepare("SELECT id, text, type, config FROM questions WHERE study = ?1 ORDER BY position")?;
        let rows = found
            .query_map([&self.id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter()
            .map(|(id, text, kind, config)| {
                Ok(Question { id, text, kind, config: serde_json::from_str(&config)? })
            })
            .collect()
    }

    /// Keeps its questions.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn put_questions(&self, db: &Transaction<'_>, questions: &[Question]) -> Result<(), StateError> {
        db.execute("DELETE FROM questions WHERE study = ?1", [&self.id])?;
        let mut insert = db.prepare(
            "INSERT INTO questions(study, position, id, text, type, config) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (position, question) in (0_i64..).zip(questions) {
            let config = question.config.to_string();
            insert.execute(params![self.id, position, question.id, question.text, question.kind, config])?;
        }
        Ok(())
    }

    /// How much of its limits is used at `now`, and whether it takes another response.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn capacity(&self, db: &Transaction<'_>, now: Timestamp) -> Result<Capacity, StateError> {
        let project = Project::find(db, &self.project)?;
        let day = project.as_ref().map_or(1, |project| project.subscription_day);
        let month = period::month_start(now, day).micros();
        let weekly_used = self.completed_since(db, period::week_start(now).micros())?;
        let monthly_used = self.completed_since(db, month)?;
        let project_used = db.query_row(
            "SELECT count(*) FROM interviews WHERE provider = ?1 AND project = ?2 AND completed_at >= ?3",
            params![self.provider, self.project, month],
            |row| row.get(0),
        )?;
        let room = |limit: Option<u32>, used| limit.is_none_or(|limit| used < limit);
        let accepting = self.status == "active"
            && room(self.weekly_limit, weekly_used)
            && room(self.monthly_limit, monthly_used)
            && room(project.and_then(|project| project.monthly_limit), project_used);
        Ok(Capacity { weekly_used, monthly_used, project_used, accepting })
    }

    fn completed_since(&self, db: &Transaction<'_>, since: i64) -> Result<u32, StateError> {
        let sql = "SELECT count(*) FROM interviews WHERE study = ?1 AND completed_at >= ?2";
        Ok(db.query_row(sql, params![self.id, since], |row| row.get(0))?)
    }
}
