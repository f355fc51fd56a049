//! One delivery: its record, what is made of it, and its bytes.

use super::answer::{Answer, Refused, file, record};
use super::desk::Desk;
use super::signature::{self, Known, NoteRecord, SignatureRecord};
use crate::hook::attempt::Outcome;
use crate::hook::delivery::Delivery;
use crate::hook::remarks::remarks;
use crate::journal::Entry;
use crate::ui::listing::{EntryParts, EntryRecord};
use axum::extract::{Path, State};
use serde::Serialize;
use std::sync::Arc;

/// Duplicates that are told.
const MOST_DUPLICATES: usize = 100;

/// A delivery with what is found out about it.
#[derive(Serialize)]
struct Inspection<'a> {
    v: u8,
    r#type: &'static str,
    /// What `events show --json` prints.
    delivery: EntryRecord<'a>,
    /// How it was signed.
    signature: SignatureRecord,
    /// Others with the same key.
    duplicates: Vec<u64>,
    /// What is odd about the payload.
    notes: Vec<NoteRecord>,
}

/// The delivery of this number.
pub(super) async fn entry(desk: &Desk, seq: u64) -> Result<Entry, Refused> {
    desk.readers.with(move |reader| reader.get(seq)?.ok_or_else(|| Refused::missing(seq))).await
}

/// `GET /api/deliveries/N`.
pub(super) async fn delivery(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>) -> Answer {
    let (entry, near, duplicates) = desk
        .readers
        .with(move |reader| {
            let entry = reader.get(seq)?.ok_or_else(|| Refused::missing(seq))?;
            let near = signature::near(reader, &entry);
            let duplicates = reader.duplicates(seq, MOST_DUPLICATES)?;
            Ok((Arc::new(entry), near, duplicates))
        })
        .await?;
    let (signature, notes) = explained(&desk, Arc::clone(&entry), near).await?;
    let parts = EntryParts::from(&*entry);
    record(&Inspection {
        v: 1,
        r#type: "inspection",
        delivery: parts.record(&entry),
        signature,
        duplicates,
        notes,
    })
}

/// What is made of a delivery, away from what answers others. Explaining a failure may hash much: one at a time.
async fn explained(
    desk: &Arc<Desk>,
    entry: Arc<Entry>,
    near: Vec<(u64, Delivery)>,
) -> Result<(SignatureRecord, Vec<NoteRecord>), Refused> {
    let turn = match signature::is_explained(&entry) {
        true => Some(Arc::clone(&desk.explaining).acquire_owned().await),
        false => None,
    };
    let turn = turn.transpose().map_err(|error| Refused::failed(&error))?;
    let desk = Arc::clone(desk);
    let explaining = tokio::task::spawn_blocking(move || {
        // Held until it is done, also when nobody waits any more.
        let _turn = turn;
        let (judge, bases) = (&*desk.judge, desk.bases.as_slice());
        let known = Known { judge, public_url: desk.public_url.as_deref(), bases, near: &near };
        let panel = signature::panel(&entry, &known);
        (panel, remarks(&entry.delivery.body).into_iter().map(NoteRecord::from).collect())
    });
    explaining.await.map_err(|error| Refused::failed(&error))
}

/// `GET /api/deliveries/N/body`.
pub(super) async fn body(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>) -> Answer {
    let entry = entry(&desk, seq).await?;
    file(&format!("delivery-{seq}.body"), entry.delivery.body)
}

/// `GET /api/deliveries/N/raw`.
pub(super) async fn raw(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>) -> Answer {
    let entry = entry(&desk, seq).await?;
    let whole = [&**entry.delivery.head.as_bytes(), &entry.delivery.body].concat();
    file(&format!("delivery-{seq}.http"), whole.into())
}

/// `GET /api/deliveries/N/attempts/K/body`; the first attempt is 1.
pub(super) async fn attempt_body(
    State(desk): State<Arc<Desk>>,
    Path((seq, number)): Path<(u64, usize)>,
) -> Answer {
    let entry = entry(&desk, seq).await?;
    let missing = || Refused::new(404, "no_attempt", format!("delivery {seq} has no attempt {number}"));
    let kept = number.checked_sub(1).and_then(|at| entry.attempts.into_iter().nth(at)).ok_or_else(missing)?;
    match kept.attempt.outcome {
        Outcome::Answered(answer) => file(&format!("delivery-{seq}-attempt-{number}.body"), answer.body),
        Outcome::Failed(_) => {
            Err(Refused::new(404, "no_answer", format!("attempt {number} of delivery {seq} got no answer")))
        }
    }
}
