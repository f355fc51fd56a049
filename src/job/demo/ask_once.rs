//! The guide of userjourneys, "ask once": register, look whether the study has
//! room, let a user take the interview, fetch what was said, never ask again.

use super::stage::{client, drawn};
use super::step::Step;
use super::{Done, Failed, Stage, Teller, tell as told};
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::attempt::Outcome;
use crate::hook::provider::Catalogue;
use crate::hook::sample;
use crate::hook::schedule::Schedule;
use crate::hook::target::{PathMode, Target};
use crate::job::report::{Delivered, Event, Report};
use crate::job::sandbox::conversation::{self, End, Start};
use crate::job::sandbox::state::interviews::Interview;
use crate::job::sandbox::state::studies::Study as Kept;
use crate::job::sandbox::trouble::Trouble;
use crate::job::trigger::{self, Payload, Plan};
use crate::vendor::userjourneys::UserJourneys;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const PROVIDER: &str = "userjourneys";
const EVENT: &str = "interview.completed";
const USER: &str = "user_12345";
/// How long a person may take over the interview, and how often it is looked for.
const A_PERSON: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(200);

/// Tells it.
pub(super) async fn tell(stage: &mut Stage, teller: &dyn Teller) -> Result<(), Failed> {
    told(teller, Step::Register, register(stage)).await?;
    let study = told(teller, Step::Capacity, capacity(stage)).await?;
    let interview = told(teller, Step::Interview, interview(stage, &study, teller)).await?;
    told(teller, Step::Webhook, webhook(stage, &interview)).await?;
    told(teller, Step::Transcript, transcript(stage, &interview)).await?;
    told(teller, Step::AskOnce, std::future::ready(ask_once(stage))).await?;
    told(teller, Step::Forged, forged(stage)).await
}

fn vendor(stage: &Stage, key: Option<&str>) -> Result<UserJourneys, String> {
    let key = key.or_else(|| stage.sandbox.key(PROVIDER)).ok_or("the sandbox has no key")?;
    Ok(UserJourneys::new(client(&stage.sandbox.uj_base, key)?))
}

async fn register(stage: &Stage) -> Result<((), Done), String> {
    let wrong = stage.breaks(Step::Register).then_some("uj_live_of_nobody");
    let url = stage.endpoint(PROVIDER);
    let put = vendor(stage, wrong)?.put_webhook(&url, &[EVENT.to_owned()]).await;
    let put = put.map_err(|error| error.to_string())?;
    let secret = put.secret.ok_or("the vendor gave no signing secret")?;
    stage.application.learn(PROVIDER, &secret)?;
    stage.listener.secrets.keep(PROVIDER, secret);
    let what = format!("{url}; the signing secret, which is shown once, is kept");
    Ok(((), Done { what, commands: vec![format!("hookctl register {url}")] }))
}

/// The study of the story; closed where the step is to fail.
fn study(stage: &Stage, closed: bool) -> Result<Kept, String> {
    let found =
        stage.sandbox.studies.iter().find(|study| study.provider == PROVIDER && study.status == "active");
    let mut study = found.cloned().ok_or("the sandbox has no active study")?;
    if closed {
        study.weekly_limit = Some(0);
        stage.sandbox.world.store.with(|db| study.put(db)).map_err(|error| error.to_string())?;
    }
    Ok(study)
}

async fn capacity(stage: &Stage) -> Result<(Kept, Done), String> {
    let study = study(stage, stage.breaks(Step::Capacity))?;
    let said = vendor(stage, None)?.study(&study.id).await.map_err(|error| error.to_string())?;
    if said.accepting_responses != Some(true) {
        return Err(format!("`{}` takes no more responses", study.name));
    }
    if !stage.application.asks(USER) {
        return Err(format!("`{USER}` was asked before"));
    }
    let what = format!("`{}` takes responses, and {USER} was not asked yet", study.name);
    let commands = vec![format!("hookctl capacity '{}'", study.name)];
    Ok((study, Done { what, commands }))
}

/// The interview: by the person whom the page was opened for, else by the
/// sandbox's participant, for the story asks nobody anything.
async fn interview(stage: &Stage, study: &Kept, teller: &dyn Teller) -> Result<(String, Done), String> {
    let world = &stage.sandbox.world;
    if stage.breaks(Step::Interview) {
        self::study(stage, true)?;
    }
    let link = format!("{}?reference_id={USER}", world.link(&study.code));
    let before = held(stage, study)?;
    let held = if teller.opens(&link)? {
        by_hand(stage, study, &before).await?
    } else {
        let open = world.store.with(|db| Kept::find(db, &study.id)).map_err(|error| error.to_string())?;
        let open = open.ok_or("the study is gone")?;
        let start = Start { reference_id: Some(USER.to_owned()), ..Start::default() };
        conversation::complete(world, &open, start, End::default()).map_err(|error| error.to_string())?.id
    };
    let commands = vec![
        format!("hookctl link '{}' --reference-id {USER}", study.name),
        format!("hookctl sandbox complete --study {} --reference-id {USER}", study.id),
    ];
    Ok((held, Done { what: format!("{USER} finished it at {link}"), commands }))
}

/// The user's finished interviews.
fn held(stage: &Stage, study: &Kept) -> Result<Vec<String>, String> {
    let all = stage.sandbox.world.store.with(|db| Interview::of_study(db, &study.id));
    let all = all.map_err(|error| error.to_string())?.into_iter();
    let theirs = all.filter(|one| one.completed_at.is_some() && one.reference_id.as_deref() == Some(USER));
    Ok(theirs.map(|interview| interview.id).collect())
}

/// Waits for a person in front of the page.
async fn by_hand(stage: &Stage, study: &Kept, before: &[String]) -> Result<String, String> {
    let new = async {
        loop {
            if let Some(new) = held(stage, study)?.into_iter().find(|id| !before.contains(id)) {
                return Ok(new);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let late = || format!("nobody finished the interview within {} minutes", A_PERSON.as_secs() / 60);
    tokio::time::timeout(A_PERSON, new).await.unwrap_or_else(|_late| Err(late()))
}

fn number(delivered: &Delivered) -> String {
    delivered.seq.map_or_else(|| "a delivery that was not kept".to_owned(), |seq| format!("#{seq}"))
}

async fn webhook(stage: &mut Stage, interview: &str) -> Result<((), Done), String> {
    let mentions = |delivered: &Delivered| {
        let body: Value = serde_json::from_slice(&delivered.checked.delivery.body).unwrap_or_default();
        body.pointer("/data/interview_id").and_then(Value::as_str) == Some(interview)
    };
    let delivered = stage.listener.hears("the webhook", mentions).await?;
    let number = number(&delivered);
    if !delivered.checked.verdict.verified() {
        return Err(format!("{number} was not verified: {}", delivered.checked.verdict.reason));
    }
    if delivered.status != 200 || stage.application.taken() != 1 {
        return Err(format!("{number} was answered {}", delivered.status));
    }
    let what = format!("{number} verified, kept, forwarded, and answered 200 by the application");
    let commands = delivered.seq.map(|seq| format!("hookctl events show {seq}")).into_iter().collect();
    Ok(((), Done { what, commands }))
}

async fn transcript(stage: &Stage, interview: &str) -> Result<((), Done), String> {
    if stage.breaks(Step::Transcript) {
        stage.sandbox.world.troubles.add(Trouble::parse("401")?);
    }
    let said = vendor(stage, None)?.interview(interview).await.map_err(|error| error.to_string())?;
    let turns = said.raw.get("transcript").and_then(Value::as_array).map_or(0, Vec::len);
    if turns == 0 {
        return Err("the interview has no transcript".to_owned());
    }
    let headline = said.raw.get("headline").and_then(Value::as_str).unwrap_or("no headline");
    let what = format!("{turns} turns: \u{201c}{headline}\u{201d}");
    Ok(((), Done { what, commands: vec![format!("hookctl interviews show {interview} --transcript")] }))
}

fn ask_once(stage: &Stage) -> Result<((), Done), String> {
    if stage.application.asks(USER) {
        return Err(format!("the application would ask {USER} again"));
    }
    Ok(((), Done { what: format!("the application has marked {USER} as done"), commands: Vec::new() }))
}

/// Sends what a stranger could send: the right shape, signed with a secret of his own.
async fn forged(stage: &mut Stage) -> Result<((), Done), String> {
    let before = stage.application.taken();
    let status = send_forged(&stage.endpoint(PROVIDER)).await?;
    let delivered =
        stage.listener.hears("the forged webhook", |heard| !heard.checked.verdict.verified()).await?;
    let passed_on = !delivered.attempts.is_empty() || stage.application.taken() != before;
    if status != Some(401) || delivered.not_forwarded.is_none() || passed_on {
        let status = status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        return Err(format!("{} was answered {status} and reached the application", number(&delivered)));
    }
    let what = format!(
        "{} answered 401, kept, not forwarded: {}",
        number(&delivered),
        delivered.checked.verdict.reason
    );
    let commands = vec![format!(
        "hookctl trigger {EVENT} --provider {PROVIDER} --secret forged --to {}",
        stage.endpoint(PROVIDER)
    )];
    Ok(((), Done { what, commands }))
}

/// Remembers the status of the one attempt.
#[derive(Default)]
struct Status(Mutex<Option<u16>>);

impl Report for Status {
    fn report(&self, event: &Event) {
        if let Event::Attempt(attempted) = event
            && let Outcome::Answered(answer) = &attempted.attempt.outcome
        {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.status);
        }
    }
}

async fn send_forged(url: &str) -> Result<Option<u16>, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let provider = Catalogue::builtin().get(PROVIDER).map_err(|error| said(&error))?;
    let keys = provider.keys(&[drawn("forged_")?]).map_err(|error| said(&error))?;
    let sample = sample::find(PROVIDER, EVENT).map_err(|error| said(&error))?;
    let plan = Plan {
        provider,
        keys: Some(Arc::new(keys)),
        event: EVENT.to_owned(),
        payload: Payload::Sample { sample, edits: Vec::new() },
        target: Target::parse(url, None).map_err(|error| said(&error))?,
        headers: Vec::new(),
        id: None,
        at: None,
        public_key: None,
        count: 1,
        interval: None,
        schedule: Schedule::none(),
    };
    let options = ForwardOptions { path_mode: PathMode::Fixed, ..ForwardOptions::default() };
    let forwarder = Arc::new(Forwarder::new(options).map_err(|error| said(&error))?);
    let heard = Arc::new(Status::default());
    trigger::run(Arc::new(plan), forwarder, Arc::clone(&heard) as Arc<dyn Report>)
        .await
        .map_err(|error| said(&error))?;
    let status = *heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(status)
}
