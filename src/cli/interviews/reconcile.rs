//! `hookctl interviews reconcile`.

use super::{KOJI, ReconcileArgs};
use crate::cli::access::call_failed;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::journal::not_opened;
use crate::cli::values::since;
use crate::cli::vendors;
use crate::clock;
use crate::hook::provider::Provider;
use crate::hook::time::Timestamp;
use crate::job::interviews::{self, Wanted};
use crate::job::reconcile::{self, Arrivals, Arrived};
use crate::journal::{Journal, OpenError, Options, Reader};
use crate::ui::human;
use crate::ui::interview;
use crate::ui::record::{MissingRecord, Reconciled, ReconciledRecord};
use crate::vendor::userjourneys::InterviewQuery;
use crate::vendor::{Interview, Item as _, Study, UserJourneys};
use std::path::Path;
use std::sync::Arc;

/// An interview without its webhook.
struct Missing {
    interview: Interview,
    refused: bool,
    synthesized: Option<u64>,
}

pub(super) async fn run(args: &ReconcileArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "reconcile the interviews", KOJI)?;
    let since = args.since.as_deref().map(|text| since("--since", text, clock::now())).transpose()?;
    let path = context.journal(args.journal.as_deref())?;
    // Who is to write must own the journal, and whoever cannot is told before anything is asked.
    let owned = args.synthesize.then(|| own(&path, context)).transpose()?;
    let study_id = vendors::study_id(&api, &args.study).await?;
    let completed = completed(&api, &study_id, since).await?;
    let arrivals = arrivals(&path, &access.provider)?;
    if let Some(begins) = arrivals.begins.filter(|begins| since.is_none_or(|since| since < *begins)) {
        let text = format!(
            "the journal begins at {}: older deliveries were let go of, and count as missing",
            begins.rfc3339_seconds()
        );
        context.streams().warn(&text, Some("ask for later ones with `--since WHEN`"));
    }
    let (mut missing, mut counts) = compare(completed, &arrivals);
    if let Some(journal) = owned {
        let catalogue = context.catalogue(&[])?;
        let provider = context.provider(&catalogue, &access.provider)?;
        let study = study_of(&api, &study_id).await?;
        counts.synthesized = synthesize(&journal, &mut missing, &study, &provider).await?;
    }
    show(context, &access.provider, &missing, counts)?;
    Ok(if counts.missing > counts.synthesized { Exit::No } else { Exit::Done })
}

fn own(path: &Path, context: &Context) -> Result<Journal, CommandError> {
    // With the user's limits: others would let go of what a listener keeps.
    let options = Options { retention: context.retention(None)?, ..Options::default() };
    Journal::open(path, options).map_err(|error| {
        let told = not_opened(&error, path);
        match error {
            OpenError::Locked { .. } => {
                told.hint("stop the listener first: only one process gives out numbers")
            }
            _ => told,
        }
    })
}

async fn completed(
    api: &UserJourneys,
    study_id: &str,
    since: Option<Timestamp>,
) -> Result<Vec<Interview>, CommandError> {
    let status = Some("completed".to_owned());
    let query = InterviewQuery { study_id: study_id.to_owned(), status, ..InterviewQuery::default() };
    let found = interviews::list(api, &Wanted { query, since, most: None }).await;
    found.map_err(|error| call_failed("reconcile the interviews", &error))
}

/// The study, or as much of it as is known when it is not active any more.
async fn study_of(api: &UserJourneys, id: &str) -> Result<Study, CommandError> {
    match api.study(id).await {
        Ok(study) => Ok(study),
        Err(error) => match Study::read(serde_json::json!({"id": id})) {
            Some(study) if error.status() == Some(404) => Ok(study),
            _ => Err(call_failed("find the study", &error)),
        },
    }
}

/// Where there is no journal yet, nothing has arrived.
fn arrivals(path: &Path, provider: &str) -> Result<Arrivals, CommandError> {
    let reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(OpenError::NotFound { .. }) => return Ok(Arrivals::default()),
        Err(error) => return Err(not_opened(&error, path)),
    };
    Arrivals::of(&reader, provider)
        .map_err(|error| CommandError::local("could not read the journal").because(&error))
}

fn compare(completed: Vec<Interview>, arrivals: &Arrivals) -> (Vec<Missing>, Reconciled) {
    let mut counts = Reconciled { completed: completed.len() as u64, ..Reconciled::default() };
    let mut missing = Vec::new();
    for interview in completed {
        match arrivals.of_interview(&interview.id) {
            Arrived::Arrived => counts.arrived += 1,
            Arrived::Synthesized => counts.synthesized_before += 1,
            arrived @ (Arrived::Not | Arrived::Refused) => {
                missing.push(Missing { interview, refused: arrived == Arrived::Refused, synthesized: None });
            }
        }
    }
    counts.missing = missing.len() as u64;
    (missing, counts)
}

/// Puts a delivery in place of each missing one; how many.
async fn synthesize(
    journal: &Journal,
    missing: &mut [Missing],
    study: &Study,
    provider: &Provider,
) -> Result<u64, CommandError> {
    let failed = |error: &dyn std::error::Error| {
        CommandError::local("could not put a delivery into the journal").because(error)
    };
    let mut made = 0;
    for missing in missing {
        let checked = reconcile::synthesized(&missing.interview, study, provider, clock::now())
            .map_err(|error| failed(&error))?;
        let stored = journal.append(Arc::new(checked)).await.map_err(|error| failed(&error))?;
        missing.synthesized = Some(stored.into_parts().0);
        made += 1;
    }
    journal.close().await.map_err(|error| failed(&error))?;
    Ok(made)
}

fn show(
    context: &Context,
    provider: &str,
    missing: &[Missing],
    counts: Reconciled,
) -> Result<(), CommandError> {
    if context.json() {
        for missing in missing {
            let Missing { interview, refused, synthesized } = missing;
            context.record(&MissingRecord::new(provider, interview, *refused, *synthesized))?;
        }
        return context.record(&ReconciledRecord::new(provider, counts));
    }
    let mut page = context.streams().page();
    let rows: Vec<interview::Missing<'_>> = missing
        .iter()
        .map(|missing| interview::Missing {
            interview: &missing.interview,
            refused: missing.refused,
            synthesized: missing.synthesized,
        })
        .collect();
    interview::missing(&mut page, &rows);
    context.streams().show(&page)?;
    let mut said = format!(
        "{}: {} arrived, {} missing",
        human::counted(counts.completed, "completed interview", "completed interviews"),
        human::count(counts.arrived),
        human::count(counts.missing)
    );
    if counts.synthesized_before > 0 {
        said.push_str(&format!(", {} made by an earlier run", human::count(counts.synthesized_before)));
    }
    context.streams().say(&said);
    if counts.missing > counts.synthesized {
        context.streams().hint("`--synthesize` puts them into the journal, marked as made by hookctl");
    } else if counts.synthesized > 0 {
        context.streams().hint("hookctl events list --verdict synthesized");
    }
    Ok(())
}
