//! API keys and the projects they belong to. A sandbox's keys open nothing but
//! the sandbox and are printed at its start, so they are text and no `Secret`.

use super::{StateError, first};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

/// Koji's permissions, in the order of its documentation.
pub const PERMISSIONS: [&str; 4] =
    ["interview:start", "interview:chat", "interview:complete", "interview:read"];

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The key as a client sends it.
    pub key: String,
    /// `userjourneys` or `koji`.
    pub provider: String,
    /// The project that its calls see.
    pub project: String,
    /// What it is for.
    pub name: String,
    /// Koji's permissions; empty with userjourneys, which has none.
    pub permissions: Vec<String>,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// A vendor's project: what one key sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many responses a month all its studies may take together.
    pub monthly_limit: Option<u32>,
    /// The day of the month on which monthly limits start anew.
    pub subscription_day: u8,
}

impl Key {
    fn of(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let key = Self {
            key: row.get("key")?,
            provider: row.get("provider")?,
            project: row.get("project")?,
            name: row.get("name")?,
            permissions: Vec::new(),
            revoked: row.get("revoked")?,
        };
        Ok((key, row.get("permissions")?))
    }

    fn whole((key, permissions): (Self, String)) -> Result<Self, StateError> {
        Ok(Self { permissions: serde_json::from_str(&permissions)?, ..key })
    }

    /// Keeps the key.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn insert(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        db.execute(
            "INSERT INTO keys(key, provider, project, name, permissions, revoked) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.key,
                self.provider,
                self.project,
                self.name,
                serde_json::to_string(&self.permissions)?,
                self.revoked
            ],
        )?;
        Ok(())
    }

    /// The key of these characters.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, key: &str) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM keys WHERE key = ?1", [key], Self::of))?
            .map(Self::whole)
            .transpose()
    }

    /// Every key, in the order they were made.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn all(db: &Transaction<'_>) -> Result<Vec<Self>, StateError> {
        let mut found = db.prepare("SELECT * FROM keys ORDER BY rowid")?;
        let rows = found.query_map([], Self::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(Self::whole).collect()
    }
}

impl Project {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            monthly_limit: row.get("monthly_limit")?,
            subscription_day: row.get("subscription_day")?,
        })
    }

    /// Keeps the project, or its new limits.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn put(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        db.execute(
            "INSERT OR REPLACE INTO projects(id, name, monthly_limit, subscription_day) VALUES(?1, ?2, ?3, ?4)",
            params![self.id, self.name, self.monthly_limit, self.subscription_day],
        )?;
        Ok(())
    }

    /// The project of this id.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, id: &str) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM projects WHERE id = ?1", [id], Self::of))
    }
}
