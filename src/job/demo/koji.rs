//! Koji's guide up to structured answers: the verification request, an
//! interview over the API, a first delivery that fails, its retry, the answers.

use super::stage::client;
use super::step::Step;
use super::{Done, Failed, Stage, Teller, tell as told};
use crate::hook::secret::Secret;
use crate::job::report::{AnsweredBy, Delivered};
use crate::job::sandbox::deliveries::Deliveries;
use crate::job::sandbox::state::random_hex;
use crate::job::sandbox::state::registrations::Registration;
use crate::job::sandbox::world::MAIN;
use crate::vendor::koji::{Koji, Reason, Start};
use std::sync::Arc;
use std::time::Duration;

const PROVIDER: &str = "koji";
const EVENTS: [&str; 3] = ["interview.completed", "interview.quality_scored", "interview.analysis_ready"];

/// The times of Koji's retries after the first failure, one after the other.
const WAITS: [Duration; 3] = [Duration::from_secs(30), Duration::from_secs(270), Duration::from_secs(1_500)];

/// What the participant says, one answer a question of the sandbox's study: a scale, a
/// choice, several, a ranking, yes or no, and words of their own.
const SAID: [&str; 6] = [
    "4",
    "pricing",
    "dashboards, exports",
    "speed, price, support",
    "yes",
    "The export should be as fast as the rest of it.",
];

/// What nobody can read an answer from.
const MUMBLED: [&str; 1] = ["hm"];

/// Tells it.
pub(super) async fn tell(stage: &mut Stage, teller: &dyn Teller) -> Result<(), Failed> {
    told(teller, Step::Ping, ping(stage)).await?;
    told(teller, Step::Retry, retry(stage)).await?;
    told(teller, Step::Answers, std::future::ready(answers(stage))).await
}

/// Koji's webhooks are registered in its dashboard, which sends a request that must be answered with 200.
async fn ping(stage: &mut Stage) -> Result<((), Done), String> {
    let nobody = "http://127.0.0.1:1/".to_owned();
    let url = if stage.breaks(Step::Ping) { nobody } else { stage.endpoint(PROVIDER) };
    let world = Arc::clone(&stage.sandbox.world);
    let registration = Registration {
        id: 0,
        provider: PROVIDER.to_owned(),
        project: MAIN.to_owned(),
        url: url.clone(),
        events: EVENTS.map(str::to_owned).to_vec(),
        signing_secret: format!("koji_sandbox_{}", random_hex(32)),
        created_at: world.clock.now(),
    };
    world.deliveries.registered(&world, &registration).await.map_err(|error| error.to_string())?;
    let secret = Secret::new(registration.signing_secret.clone()).map_err(|error| error.to_string())?;
    world.store.with(|db| registration.insert(db)).map_err(|error| error.to_string())?;
    let heard =
        stage.listener.hears("the verification request", |heard| heard.answered_by == AnsweredBy::Handshake);
    heard.await?;
    stage.application.learn(PROVIDER, &secret)?;
    stage.listener.secrets.keep(PROVIDER, secret);
    let what = format!("{url}; its verification request was answered 200, and the signing secret is kept");
    Ok(((), Done { what, commands: vec![format!("hookctl register --provider koji {url}")] }))
}

/// An interview over the API; good enough for the quality gate unless the answers are to be missing.
async fn hold_interview(stage: &Stage) -> Result<(), String> {
    let key = stage.sandbox.key(PROVIDER).ok_or("the sandbox has no key of Koji")?;
    let koji = Koji::new(client(&stage.sandbox.koji_base, key)?);
    let said = |error: crate::vendor::VendorError| error.to_string();
    let start = Start { external_id: Some("user_67890".to_owned()), ..Start::default() };
    let started = koji.start(&start).await.map_err(said)?;
    let token = started.session_token.as_ref();
    let words = if stage.breaks(Step::Answers) { &MUMBLED[..] } else { &SAID[..] };
    for text in words {
        koji.message(&started.interview_id, token, text).await.map_err(said)?;
    }
    koji.complete(&started.interview_id, token, Reason::Natural, None).await.map_err(said)?;
    Ok(())
}

/// The first delivery meets an application that fails; Koji comes again after 30 seconds of its clock.
async fn retry(stage: &mut Stage) -> Result<((), Done), String> {
    let failures = if stage.breaks(Step::Retry) { u32::MAX } else { 1 };
    stage.application.fail_on(PROVIDER, failures);
    hold_interview(stage).await?;
    let world = Arc::clone(&stage.sandbox.world);
    let completed =
        |heard: &Delivered| heard.checked.facts.event.as_deref() == Some(EVENTS[0]) || heard.status == 500;
    let first = stage.listener.hears("Koji's webhook", completed).await?;
    if first.status != 500 {
        return Err(format!("the application did not fail, it answered {}", first.status));
    }
    for wait in WAITS {
        Deliveries::advance(&world, wait).await.map_err(|error| error.to_string())?;
        let again = stage.listener.hears("the retry", |heard| repeats(heard, &first)).await?;
        if again.status == 200 {
            return Ok(((), retried(&first, &again)));
        }
    }
    Err("the application failed on every try".to_owned())
}

fn repeats(heard: &Delivered, first: &Delivered) -> bool {
    heard.duplicate_of.is_some() && heard.duplicate_of == first.seq
}

fn retried(first: &Delivered, again: &Delivered) -> Done {
    let (first, again) = (first.seq.unwrap_or_default(), again.seq.unwrap_or_default());
    let what =
        format!("#{first} answered 500; after 30 s of the sandbox's clock #{again}, the same, answered 200");
    Done {
        what,
        commands: vec!["hookctl sandbox advance 30s".to_owned(), format!("hookctl events show {first}")],
    }
}

fn answers(stage: &Stage) -> Result<((), Done), String> {
    let answers = stage.application.answers();
    if answers.is_empty() {
        return Err("no structured answers came".to_owned());
    }
    let list: Vec<String> =
        answers.iter().map(|answer| format!("{} {}", answer.kind, answer.value)).collect();
    let what = list.join(", ");
    Ok(((), Done { what, commands: vec!["hookctl events list --provider koji".to_owned()] }))
}
