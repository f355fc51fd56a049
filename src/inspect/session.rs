//! What the page asks first: what is shown here, and who shows it.

use super::answer::{Answer, record};
use super::desk::Desk;
use super::replay::PathWord;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct SessionRecord<'a> {
    v: u8,
    r#type: &'static str,
    version: &'static str,
    journal: String,
    journal_usual: bool,
    listening: Option<&'a str>,
    targets: &'a [String],
    path_mode: PathWord,
    providers: Vec<String>,
    newest: Option<u64>,
    count: u64,
}

/// `GET /api/session`.
pub(super) async fn session(State(desk): State<Arc<Desk>>) -> Answer {
    let stats = desk.readers.with(|reader| Ok(reader.stats()?)).await?;
    record(&SessionRecord {
        v: 1,
        r#type: "session",
        version: env!("CARGO_PKG_VERSION"),
        journal: desk.readers.path().display().to_string(),
        journal_usual: desk.usual_journal,
        listening: desk.listening.as_deref(),
        targets: &desk.targets,
        path_mode: desk.path_mode.into(),
        providers: desk.judge.catalogue().ids(),
        newest: stats.seqs.map(|(_, newest)| newest),
        count: stats.deliveries,
    })
}
