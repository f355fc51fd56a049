//! Every event a provider documents, and every type of a structured answer.

use super::super::runner::{Runner, Step};
use super::super::verdict::Verdict;
use crate::clock;
use crate::hook::check::Case;
use crate::hook::sample::Sample;
use serde_json::Value;

/// The most samples of one provider that are sent.
const MOST: usize = 16;

/// One delivery of each documented event.
pub(super) async fn each_event(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let samples = runner.plan.samples.iter().take(MOST);
    let named: Vec<_> = samples.map(|sample| (sample.name.clone(), sample.clone())).collect();
    send_each(runner, case, &named, "events").await
}

/// One delivery for each type of a structured answer.
pub(super) async fn each_answer_type(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let Some(sample) = runner.plan.samples.iter().find(|sample| !answers(sample).is_empty()) else {
        return Ok(Verdict::skip("the provider's samples have no structured answers"));
    };
    let each: Vec<_> = answers(sample)
        .into_iter()
        .filter_map(|answer| {
            let kind = answer.get("type")?.as_str()?.to_owned();
            Some((kind, with_answers(sample, vec![answer])?))
        })
        .collect();
    send_each(runner, case, &each, "types").await
}

async fn send_each(
    runner: &mut Runner<'_>,
    case: &Case,
    named: &[(String, Sample)],
    what: &str,
) -> Step<Verdict> {
    let mut last = None;
    for (name, sample) in named {
        let id = runner.fresh_id();
        let request = runner.make_of(sample, &id, clock::now(), &case.change)?;
        let trial = runner.send(&request).await?;
        runner.record.note_good(&trial);
        let verdict = Verdict::of(case.expect, &trial);
        if verdict.failed() {
            return Ok(Verdict { reason: format!("{} to `{name}`", verdict.reason), ..verdict });
        }
        last = Some(trial);
    }
    Ok(match last {
        Some(trial) => Verdict::pass(format!("took all {} {what}", named.len()), Some(&trial)),
        None => Verdict::skip("the provider has no samples"),
    })
}

/// The structured answers of a sample.
fn answers(sample: &Sample) -> Vec<Value> {
    let body = serde_json::from_slice::<Value>(&sample.body).ok();
    let found = body.as_ref().and_then(|body| body.pointer("/data/structured_answers")?.as_array());
    found.cloned().unwrap_or_default()
}

/// The sample with these answers only.
fn with_answers(sample: &Sample, answers: Vec<Value>) -> Option<Sample> {
    let mut body: Value = serde_json::from_slice(&sample.body).ok()?;
    *body.pointer_mut("/data/structured_answers")? = Value::Array(answers);
    let mut sample = sample.clone();
    sample.body = serde_json::to_vec(&body).ok()?;
    Some(sample)
}
