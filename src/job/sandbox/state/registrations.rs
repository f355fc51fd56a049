//! Where the sandbox posts its webhooks: one a project with userjourneys,
//! several with Koji.

use super::{StateError, first};
use crate::hook::time::Timestamp;
use rusqlite::{Row, Transaction, params};

/// A registered webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    /// The row's number; 0 before it is kept.
    pub id: i64,
    /// `userjourneys` or `koji`.
    pub provider: String,
    /// The project.
    pub project: String,
    /// Where to post.
    pub url: String,
    /// The events subscribed to.
    pub events: Vec<String>,
    /// What deliveries are signed with.
    pub signing_secret: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, provider, url, events, .. } = self;
        write!(f, "Registration {{ {id} {provider} {url} {events:?} }}")
    }
}

impl Registration {
    fn of(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let registration = Self {
            id: row.get("id")?,
            provider: row.get("provider")?,
            project: row.get("project")?,
            url: row.get("url")?,
            events: Vec::new(),
            signing_secret: row.get("signing_secret")?,
            created_at: Timestamp::from_micros(row.get("created_at")?),
        };
        Ok((registration, row.get("events")?))
    }

    fn whole((registration, events): (Self, String)) -> Result<Self, StateError> {
        Ok(Self { events: serde_json::from_str(&events)?, ..registration })
    }

    /// Keeps a new registration and gives it its number.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn insert(mut self, db: &Transaction<'_>) -> Result<Self, StateError> {
        db.execute(
            "INSERT INTO registrations(provider, project, url, events, signing_secret, created_at)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.provider,
                self.project,
                self.url,
                serde_json::to_string(&self.events)?,
                self.signing_secret,
                self.created_at.micros()
            ],
        )?;
        self.id = db.last_insert_rowid();
        Ok(self)
    }

    /// Keeps a new URL and new events; the secret stays as it was.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn update(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        let events = serde_json::to_string(&self.events)?;
        db.execute(
            "UPDATE registrations SET url = ?2, events = ?3 WHERE id = ?1",
            params![self.id, self.url, events],
        )?;
        Ok(())
    }

    /// The registrations of a project with a vendor, oldest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn of_project(db: &Transaction<'_>, provider: &str, project: &str) -> Result<Vec<Self>, StateError> {
        let mut found =
            db.prepare("SELECT * FROM registrations WHERE provider = ?1 AND project = ?2 ORDER BY id")?;
        let rows = found.query_map([provider, project], Self::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(Self::whole).collect()
    }

    /// The registration of this number.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, id: i64) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM registrations WHERE id = ?1", [id], Self::of))?
            .map(Self::whole)
            .transpose()
    }

    /// Forgets a registration; says whether there was one.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn delete(db: &Transaction<'_>, id: i64) -> Result<bool, StateError> {
        Ok(db.execute("DELETE FROM registrations WHERE id = ?1", [id])? > 0)
    }
}
