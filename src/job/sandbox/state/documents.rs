//! Releases and chats: shown as they are, never changed.

use super::{StateError, first};
use rusqlite::{Row, Transaction, params};
use serde_json::{Map, Value};

/// A release or a chat.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// What lists show of it.
    pub body: Value,
    /// What only its own page adds; an object.
    pub detail: Value,
}

impl Document {
    fn of(row: &Row<'_>) -> rusqlite::Result<(String, String, String)> {
        Ok((row.get("id")?, row.get("body")?, row.get("detail")?))
    }

    fn whole_of((id, body, detail): (String, String, String)) -> Result<Self, StateError> {
        Ok(Self { id, body: serde_json::from_str(&body)?, detail: serde_json::from_str(&detail)? })
    }

    /// The whole document: what only its own page adds stands behind the member `after`.
    pub fn whole(&self, after: &str) -> Value {
        let mut whole = Map::new();
        let mut detail = self.detail.as_object().cloned();
        for (name, value) in self.body.as_object().into_iter().flatten() {
            whole.insert(name.clone(), value.clone());
            if name == after {
                whole.extend(detail.take().unwrap_or_default());
            }
        }
        whole.extend(detail.unwrap_or_default());
        Value::Object(whole)
    }
}

/// The documents of a kind in a project, newest first.
///
/// # Errors
/// What SQLite said.
pub fn of_project(db: &Transaction<'_>, kind: &str, project: &str) -> Result<Vec<Document>, StateError> {
    let mut found = db.prepare(
        "SELECT id, body, detail FROM documents WHERE kind = ?1 AND project = ?2 ORDER BY sorted_by DESC, id DESC",
    )?;
    let rows = found.query_map([kind, project], Document::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(Document::whole_of).collect()
}

/// The document of this id in a project.
///
/// # Errors
/// What SQLite said.
pub fn find(
    db: &Transaction<'_>,
    kind: &str,
    project: &str,
    id: &str,
) -> Result<Option<Document>, StateError> {
    let sql = "SELECT id, body, detail FROM documents WHERE kind = ?1 AND project = ?2 AND id = ?3";
    first(db.query_row(sql, [kind, project, id], Document::of))?.map(Document::whole_of).transpose()
}

/// Keeps a document.
///
/// # Errors
/// What SQLite said.
pub fn insert(
    db: &Transaction<'_>,
    kind: &str,
    project: &str,
    sorted_by: i64,
    document: &Document,
) -> Result<(), StateError> {
    let Document { id, body, detail } = document;
    db.execute(
        "INSERT INTO documents(kind, id, project, sorted_by, body, detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        params![kind, id, project, sorted_by, body.to_string(), detail.to_string()],
    )?;
    Ok(())
}
