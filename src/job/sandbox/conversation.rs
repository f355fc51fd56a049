//! An interview from its first to its last moment, whoever leads it: the
//! participant's page, Koji's API, or `sandbox complete`.

use super::script::{self, Quality};
use super::state::interviews::{Answer, Interview, Turn};
use super::state::studies::Study;
use super::state::{StateError, random_hex, random_uuid};
use super::understood;
use super::world::World;
use crate::hook::time::Timestamp;
use rusqlite::Transaction;
use serde_json::Value;
use std::time::Duration;

/// Who takes part, and how.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What the link or Koji's `external_id` carried.
    pub reference_id: Option<String>,
    /// An address that is known.
    pub email: Option<String>,
    /// A name that is known.
    pub name: Option<String>,
    /// Free attributes; an object or null.
    pub metadata: Value,
    /// `text` or `voice`; the vendor's usual one unless named.
    pub mode: Option<String>,
    /// A language code; English unless named.
    pub language: Option<String>,
}

/// How an interview ends.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// What was answered; the script answers when nothing was.
    pub answers: Vec<Answer>,
    /// How good it was; judged by what was said unless named.
    pub quality: Option<Quality>,
    /// Koji's `reason`.
    pub reason: Option<String>,
    /// Koji's `feedback`, as JSON text.
    pub feedback: Option<String>,
    /// The address the participant typed.
    pub email: Option<String>,
}

/// Why there is no interview.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// The study is paused or over, or a limit is reached.
    #[error("{0}, so it takes no more responses")]
    Closed(String),
    /// There is none of this id.
    #[error("there is no interview `{0}`")]
    Unknown(String),
    /// It has ended already.
    #[error("the interview `{0}` has ended")]
    Ended(String),
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Begins an interview when the study takes one, with the interviewer's first words.
///
/// # Errors
/// When the study is closed or the state fails.
pub fn begin(world: &World, study: &Study, start: Start) -> Result<Interview, ConversationError> {
    let now = world.clock.now();
    let interview = begun(study, start, now);
    let open = world.store.with(|db| {
        if !study.capacity(db, now)?.accepting {
            return Ok(false);
        }
        interview.put(db)?;
        let first = study.questions(db)?.into_iter().next().map_or_else(welcome, |question| question.text);
        interview.add_turn(db, &turn("interviewer", &first, now))?;
        Ok(true)
    })?;
    if open { Ok(interview) } else { Err(ConversationError::Closed(why_closed(study))) }
}

fn why_closed(study: &Study) -> String {
    let why = if study.status == "active" { "has reached a limit" } else { "is not active" };
    format!("the study `{}` {why}", study.name)
}

/// What the interviewer says when the study has no question.
fn welcome() -> String {
    "Thank you for taking the time. What brought you here?".to_owned()
}

fn begun(study: &Study, start: Start, now: Timestamp) -> Interview {
    let usual = if study.provider == "koji" { "text" } else { "voice" };
    Interview {
        id: random_uuid(),
        study: study.id.clone(),
        project: study.project.clone(),
        provider: study.provider.clone(),
        status: "started".to_owned(),
        reference_id: start.reference_id,
        respondent_email: start.email,
        respondent_name: start.name,
        metadata: start.metadata,
        language: start.language.unwrap_or_else(|| "en".to_owned()),
        mode: start.mode.unwrap_or_else(|| usual.to_owned()),
        session_token: Some(format!("sess_sandbox{}", random_hex(32))),
        started_at: now,
        created_at: now,
        ..Interview::default()
    }
}

/// A turn of the conversation with an id of its own.
pub fn turn(role: &str, text: &str, at: Timestamp) -> Turn {
    Turn { id: format!("msg_{}", random_hex(12)), role: role.to_owned(), text: text.to_owned(), at }
}

/// The participant says something; gives what they said and what the interviewer answers.
///
/// # Errors
/// When the interview has ended or the state fails.
pub fn say(world: &World, id: &str, text: &str) -> Result<(Turn, Turn), ConversationError> {
    let now = world.clock.now();
    world.store.with(|db| {
        let Some(interview) = Interview::find(db, id)? else {
            return Ok(Err(ConversationError::Unknown(id.to_owned())));
        };
        if interview.completed_at.is_some() {
            return Ok(Err(ConversationError::Ended(id.to_owned())));
        }
        let theirs = turn("respondent", text, now);
        interview.add_turn(db, &theirs)?;
        let ours = turn("interviewer", &next_question(db, &interview)?, now);
        interview.add_turn(db, &ours)?;
        Ok(Ok((theirs, ours)))
    })?
}

fn next_question(db: &Transaction<'_>, interview: &Interview) -> Result<String, StateError> {
    let asked = interview.turns(db)?.iter().filter(|turn| turn.role == "interviewer").count();
    let questions = match Study::find(db, &interview.study)? {
        Some(study) => study.questions(db)?,
        None => Vec::new(),
    };
    let thanks = "That's really interesting! Is there anything you would like to add?";
    Ok(questions.get(asked).map_or_else(|| thanks.to_owned(), |question| question.text.clone()))
}

/// Ends an interview, keeps what was learnt, and fires the webhooks. A second
/// call changes nothing and fires nothing.
///
/// # Errors
/// When there is no such interview or the state fails.
pub fn end(world: &World, id: &str, end: End) -> Result<Interview, ConversationError> {
    let now = world.clock.now();
    let ended = world.store.with(|db| {
        let Some(interview) = Interview::find(db, id)? else { return Ok(None) };
        if interview.completed_at.is_some() {
            return Ok(Some((interview, false)));
        }
        Ok(Some((finish(db, interview, end, now)?, true)))
    })?;
    let (interview, news) = ended.ok_or_else(|| ConversationError::Unknown(id.to_owned()))?;
    if news {
        world.deliveries.completed(world, &interview.id)?;
    }
    Ok(interview)
}

/// Writes the end of an interview, as of `now`.
pub(super) fn finish(
    db: &Transaction<'_>,
    mut interview: Interview,
    end: End,
    now: Timestamp,
) -> Result<Interview, StateError> {
    let questions = match Study::find(db, &interview.study)? {
        Some(study) => study.questions(db)?,
        None => Vec::new(),
    };
    let turns = interview.turns(db)?;
    let said = turns.into_iter().filter(|turn| turn.role == "respondent").map(|turn| turn.text);
    let said: Vec<String> = said.collect();
    let spoken = said.len();
    let quality = end.quality.unwrap_or_else(|| judged(&end, spoken));
    let seed = interview.id.bytes().fold(0_usize, |sum, byte| sum.wrapping_add(usize::from(byte)));
    let answers = match (end.answers.is_empty(), spoken) {
        (true, 0) => script::answers(&questions, quality, seed),
        (true, _) => understood::answers(&questions, &said),
        (false, _) => end.answers,
    };
    if spoken == 0 {
        for (position, answer) in answers.iter().enumerate() {
            // `begin` has asked the first one already.
            if position > 0 {
                interview.add_turn(db, &turn("interviewer", &answer.question, now))?;
            }
            interview.add_turn(db, &turn("respondent", &in_words(&answer.value), now))?;
        }
    }
    interview.put_answers(db, &answers)?;
    let (headline, summary) = script::findings(quality);
    let told = now.since(interview.started_at).as_secs();
    // Whoever lets the script speak is done at once; a real conversation takes its time.
    let spent = if told < 1 { Duration::from_secs(580).as_secs() } else { told };
    interview.status = "completed".to_owned();
    interview.quality = Some(quality.grade().to_owned());
    interview.score = Some(quality.score());
    interview.duration_secs = u32::try_from(spent).ok();
    interview.headline = Some(headline.to_owned());
    interview.summary = Some(summary.to_owned());
    interview.reason = end.reason;
    interview.feedback = end.feedback;
    interview.respondent_email = end.email.or(interview.respondent_email);
    interview.completed_at = Some(now);
    interview.put(db)?;
    Ok(interview)
}

/// Nothing said is the best, as the script speaks; otherwise by how much was answered.
fn judged(end: &End, spoken: usize) -> Quality {
    let answered = end.answers.len() + spoken;
    if answered == 0 {
        Quality::BEST
    } else {
        Quality::parse(&(answered + 2).min(5).to_string()).unwrap_or(Quality::BEST)
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Begins and ends an interview in one go; the script answers.
///
/// # Errors
/// When the study is closed or the state fails.
pub fn complete(
    world: &World,
    study: &Study,
    start: Start,
    ending: End,
) -> Result<Interview, ConversationError> {
    let interview = begin(world, study, start)?;
    end(world, &interview.id, ending)
}
