//! From rows of the sandbox's state to what an event tells.

use crate::hook::time::Timestamp;
use crate::job::sandbox::payload::{Finished, Published, Report};
use crate::job::sandbox::state::interviews::{Answer, Interview};
use crate::job::sandbox::state::studies::Study;
use crate::job::sandbox::state::{StateError, random_uuid};
use crate::job::sandbox::world::World;
use rusqlite::Transaction;
use serde_json::{Map, Value, json};

/// A finished interview with its provider and project; `None` when there is none of this id.
pub(super) fn finished(
    db: &Transaction<'_>,
    world: &World,
    id: &str,
) -> Result<Option<(Finished, String, String)>, StateError> {
    let Some(interview) = Interview::find(db, id)? else { return Ok(None) };
    let Some(study) = Study::find(db, &interview.study)? else { return Ok(None) };
    let answers = interview.answers(db)?;
    let participant = participant(&interview);
    let completed_at = interview.completed_at.unwrap_or_else(|| world.clock.now());
    let finished = Finished {
        transcript_url: format!("{}/studies/{}/interviews/{}", world.url, study.id, interview.id),
        interview_link: world.link(&study.code),
        study_id: study.id,
        study_name: study.name,
        started_at: interview.started_at,
        completed_at,
        duration_secs: interview
            .duration_secs
            .map_or_else(|| completed_at.since(interview.started_at).as_secs(), u64::from),
        language: interview.language,
        reference_id: interview.reference_id,
        respondent_email: interview.respondent_email,
        participant,
        grade: interview.quality.unwrap_or_else(|| "successful".to_owned()),
        score: interview.score.unwrap_or(4),
        mode: interview.mode,
        structured_answers: answers.iter().map(structured).collect(),
        summary: interview.summary.unwrap_or_default(),
        interview_id: interview.id,
    };
    Ok(Some((finished, interview.provider, interview.project)))
}

fn structured(answer: &Answer) -> Value {
    json!({ "question_id": answer.question_id, "type": answer.kind, "value": answer.value })
}

/// Koji's free attributes; empty for somebody who gave none.
fn participant(interview: &Interview) -> Map<String, Value> {
    let known = [
        ("name", &interview.respondent_name),
        ("email", &interview.respondent_email),
        ("external_id", &interview.reference_id),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
    let mut participant: Map<String, Value> = known.collect();
    if let Value::Object(free) = &interview.metadata {
        participant.extend(free.clone());
    }
    participant
}

/// A study that has gone live.
pub(super) fn published(world: &World, study: &Study, now: Timestamp) -> Published {
    Published {
        study_id: study.id.clone(),
        study_title: study.name.clone(),
        published_at: now,
        study_url: format!("{}/studies/{}", world.url, study.id),
        interview_link: world.link(&study.code),
    }
}

/// A report of a study as it stands.
pub(super) fn report(
    db: &Transaction<'_>,
    world: &World,
    study: &Study,
    now: Timestamp,
) -> Result<Report, StateError> {
    let report_id = random_uuid();
    let interviews = Interview::of_study(db, &study.id)?;
    Ok(Report {
        report_url: format!("{}/studies/{}/reports/{report_id}", world.url, study.id),
        report_id,
        study_id: study.id.clone(),
        study_title: study.name.clone(),
        generated_at: now,
        scores: interviews.iter().filter_map(|interview| interview.score).collect(),
    })
}
