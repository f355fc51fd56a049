//! What a new sandbox begins with: the data of `seed.json`, dated back from the
//! moment of the start. Ids of studies are the same in every sandbox, so that
//! scripts can name them; keys are drawn anew.

use super::Options;
use super::conversation::{self, End};
use super::period;
use super::script::Quality;
use super::state::documents::{self, Document};
use super::state::interviews::Interview;
use super::state::keys::{Key, PERMISSIONS, Project};
use super::state::studies::{Question, Study};
use super::state::{StateError, Store, named_uuid, random_hex};
use super::world::{MAIN, OTHER, World};
use crate::hook::time::Timestamp;
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const SEED: &str = include_str!("seed.json");
const MOMENT: &str = "moment";
const HOUR: u64 = 3_600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    projects: Vec<Project>,
    studies: Vec<StudySeed>,
    releases: Vec<ReleaseSeed>,
    chats: Vec<ChatSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StudySeed {
    provider: String,
    name: String,
    id: Option<String>,
    code: Option<String>,
    project: Option<String>,
    status: Option<String>,
    goal: String,
    languages: Option<Vec<String>>,
    weekly: Option<u32>,
    monthly: Option<u32>,
    age_days: u64,
    questions: Vec<QuestionSeed>,
    #[serde(default)]
    interviews: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionSeed {
    text: String,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    config: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseSeed {
    age_hours: u64,
    status: String,
    number: u32,
    title: String,
    author: String,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChatSeed {
    age_hours: u64,
    title: String,
    messages: u32,
}

/// What the clock shows at first: never earlier than it was when a kept state ended.
pub(super) fn first_moment(
    store: &Store,
    options: &Options,
    now: Timestamp,
) -> Result<Timestamp, StateError> {
    let kept = store.fact(MOMENT)?.and_then(|text| text.parse().ok()).map(Timestamp::from_micros);
    Ok(options.start_at.unwrap_or(now).max(kept.unwrap_or_default()))
}

/// Keeps what the clock shows, for the next start.
pub(super) fn keep_moment(world: &World) -> Result<(), StateError> {
    world.store.set_fact(MOMENT, &world.clock.now().micros().to_string())
}

/// Keys, studies and interviews of the start.
pub(super) fn plant(store: &Store, now: Timestamp) -> Result<(), StateError> {
    store.with(|db| {
        keys().iter().try_for_each(|key| key.insert(db))?;
        plant_all(db, now)
    })
}

/// Everything but the keys as at the start: applications keep working.
pub(super) fn replant(store: &Store, now: Timestamp) -> Result<(), StateError> {
    store.with(|db| {
        for table in [
            "projects",
            "studies",
            "questions",
            "interviews",
            "answers",
            "turns",
            "registrations",
            "documents",
        ] {
            db.execute(&format!("DELETE FROM {table}"), [])?;
        }
        plant_all(db, now)
    })
}

/// The first of each vendor is the one to use.
fn keys() -> Vec<Key> {
    let all = || PERMISSIONS.map(str::to_owned).to_vec();
    let read = || vec!["interview:read".to_owned()];
    let key =
        |prefix: &str, provider: &str, project: &str, name: &str, permissions: Vec<String>, revoked: bool| {
            Key {
                // Koji: `pk_live_` and 32 characters.
                key: format!("{prefix}sandbox{}", random_hex(25)),
                provider: provider.to_owned(),
                project: project.to_owned(),
                name: name.to_owned(),
                permissions,
                revoked,
            }
        };
    vec![
        key("uj_live_", "userjourneys", MAIN, "the main project", Vec::new(), false),
        key("uj_live_", "userjourneys", OTHER, "another project, its quota used up", Vec::new(), false),
        key("uj_live_", "userjourneys", MAIN, "a key that was revoked", Vec::new(), true),
        key("pk_live_", "koji", MAIN, "the main project", all(), false),
        key("koji_sk_", "koji", MAIN, "the older form of a key", all(), false),
        key("pk_live_", "koji", MAIN, "a key that may only read", read(), false),
        key("pk_live_", "koji", OTHER, "another project, without a study", all(), false),
        key("pk_live_", "koji", MAIN, "a key that was revoked", all(), true),
    ]
}

fn plant_all(db: &Transaction<'_>, now: Timestamp) -> Result<(), StateError> {
    let seed: Seed = serde_json::from_str(SEED)?;
    seed.projects.iter().try_for_each(|project| project.put(db))?;
    for (number, study) in seed.studies.iter().enumerate() {
        plant_study(db, study, number, &seed.projects, now)?;
    }
    for release in &seed.releases {
        plant_release(db, release, now)?;
    }
    seed.chats.iter().try_for_each(|chat| plant_chat(db, chat, now))
}

fn plant_study(
    db: &Transaction<'_>,
    seed: &StudySeed,
    number: usize,
    projects: &[Project],
    now: Timestamp,
) -> Result<(), StateError> {
    let id = seed.id.clone().unwrap_or_else(|| named_uuid(&format!("study {number} {}", seed.name)));
    let project = seed.project.clone().unwrap_or_else(|| MAIN.to_owned());
    let study = Study {
        code: seed.code.clone().unwrap_or_else(|| id.chars().take(8).collect()),
        provider: seed.provider.clone(),
        name: seed.name.clone(),
        status: seed.status.clone().unwrap_or_else(|| "active".to_owned()),
        research_goal: seed.goal.clone(),
        product_name: "Acme App".to_owned(),
        languages: seed.languages.clone().unwrap_or_else(|| vec!["en".to_owned()]),
        weekly_limit: seed.weekly,
        monthly_limit: seed.monthly,
        created_at: now.minus(Duration::from_secs(seed.age_days * 24 * HOUR)),
        project,
        id,
    };
    study.put(db)?;
    let questions: Vec<Question> = seed.questions.iter().enumerate().map(question).collect();
    study.put_questions(db, &questions)?;
    let day = projects
        .iter()
        .find(|project| project.id == study.project)
        .map_or(1, |project| project.subscription_day);
    let month = period::month_start(now, day);
    (0..seed.interviews).try_for_each(|number| plant_interview(db, &study, number, now, month))
}

fn question((number, seed): (usize, &QuestionSeed)) -> Question {
    Question {
        id: seed.id.clone().unwrap_or_else(|| format!("q_{}", number + 1)),
        text: seed.text.clone(),
        kind: seed.kind.clone().unwrap_or_else(|| "open_ended".to_owned()),
        config: seed.config.clone().unwrap_or_else(|| json!({})),
    }
}

/// One a few hours, newest first; the first three of many are not finished or not good.
fn plant_interview(
    db: &Transaction<'_>,
    study: &Study,
    number: u64,
    now: Timestamp,
    month: Timestamp,
) -> Result<(), StateError> {
    let since = now.minus(Duration::from_secs((number + 1) * 5 * HOUR));
    // The quota of the other project must be used up in this very month.
    let begun = if study.project == OTHER { since.max(month) } else { since };
    let many = study.interviews_are_many();
    let interview = Interview {
        id: named_uuid(&format!("interview {number} {}", study.id)),
        study: study.id.clone(),
        project: study.project.clone(),
        provider: study.provider.clone(),
        status: if many && number == 1 { "processing" } else { "started" }.to_owned(),
        reference_id: Some(format!("user_{}", 12_345 + number)),
        respondent_email: (number % 4 == 3).then(|| format!("user{number}@example.com")),
        metadata: json!({}),
        language: if number % 5 == 4 { "es" } else { "en" }.to_owned(),
        mode: if study.provider == "koji" { "text" } else { "voice" }.to_owned(),
        started_at: begun,
        created_at: begun,
        ..Interview::default()
    };
    interview.put(db)?;
    let first = study.questions(db)?.into_iter().next().map(|question| question.text).unwrap_or_default();
    interview.add_turn(db, &conversation::turn("interviewer", &first, begun))?;
    if many && number < 2 {
        return Ok(());
    }
    let grades = ["5", "4", "2", "5", "3"];
    let grade = usize::try_from(number).ok().and_then(|number| grades.get(number % grades.len())).copied();
    let quality = Quality::parse(grade.unwrap_or("5"));
    let ended = begun.plus(Duration::from_millis(600_456)).min(now);
    let mut ended = conversation::finish(db, interview, End { quality, ..End::default() }, ended)?;
    ended.duration_secs = Some(580);
    ended.put(db)
}

impl Study {
    /// The study with a history: with interviews in every state.
    fn interviews_are_many(&self) -> bool {
        self.code == "xK9mR2pQ"
    }
}

fn plant_release(db: &Transaction<'_>, seed: &ReleaseSeed, now: Timestamp) -> Result<(), StateError> {
    let merged = now.minus(Duration::from_secs(seed.age_hours * HOUR));
    let after = |seconds| merged.plus(Duration::from_secs(seconds)).rfc3339_millis();
    let ReleaseSeed { number, title, author, .. } = seed;
    let id = named_uuid(&format!("release {number}"));
    let body = json!({
        "id": id,
        "object": "release",
        "status": seed.status,
        // A chat of its own, which the list of chats leaves out.
        "chat_id": named_uuid(&format!("chat of release {number}")),
        "github_pr_number": number,
        "github_pr_title": title,
        "github_pr_url": format!("https://github.com/acme/product/pull/{number}"),
        "github_pr_author": author,
        "merged_at": merged.rfc3339_millis(),
        "last_analysis_at": after(211),
        "created_at": after(7),
    });
    let detail = json!({ "github_pr_description": seed.description });
    documents::insert(db, "release", MAIN, merged.micros(), &Document { id, body, detail })
}

fn plant_chat(db: &Transaction<'_>, seed: &ChatSeed, now: Timestamp) -> Result<(), StateError> {
    let created = now.minus(Duration::from_secs(seed.age_hours * HOUR));
    let id = named_uuid(&format!("chat {}", seed.title));
    let body = json!({
        "id": id,
        "object": "chat",
        "title": seed.title,
        "source": "web",
        "is_streaming": false,
        "created_at": created.rfc3339_millis(),
        "updated_at": created.plus(Duration::from_secs(375)).rfc3339_millis(),
    });
    let detail = json!({ "message_count": seed.messages });
    documents::insert(db, "chat", MAIN, created.micros(), &Document { id, body, detail })
}
