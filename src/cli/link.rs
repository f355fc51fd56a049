//! `hookctl link`: the participant's link.

use super::access::AccessArgs;
use super::browser;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::vendors;
use crate::hook::link;
use crate::job::capacity::{self, Given};
use crate::ui::qr;
use crate::ui::record::LinkRecord;
use crate::vendor::Study;
use clap::Args;

const EXAMPLES: &str = "Examples:
  hookctl link 'Onboarding Feedback' --reference-id user_12345
  hookctl link 'Onboarding Feedback' --reference-id user_12345 --qr
  hookctl link e5f6a7b8-1234-56cd-ef78-222222222222 --open";

/// What Koji's users do instead.
const KOJI: (&str, &str) = (
    "the link of a study",
    "copy the link from the study's page in Koji's dashboard; `?rid=ID` ties it to a participant that was imported",
);

/// The parameter that comes back in webhook and API.
const PARAMETER: &str = "reference_id";

/// Print the participant's link of a study, with your own id of the person
///
/// The reference id comes back in the webhook and in the API, so that a response is yours to match. It is
/// encoded; a query that the link has already is kept. A study that takes no responses is warned of.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct LinkArgs {
    /// The study's id, or its exact name
    #[arg(value_name = "STUDY")]
    pub study: String,
    /// Your own id of the person: any text
    #[arg(long, value_name = "ID")]
    pub reference_id: Option<String>,
    /// Open the link in the browser as well
    #[arg(long)]
    pub open: bool,
    /// Show the link as a QR code as well
    #[arg(long)]
    pub qr: bool,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Runs `hookctl link`.
pub fn run(args: &LinkArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "make the link", KOJI)?;
    let study = context.runtime()?.block_on(vendors::study(&api, &args.study, None))?.study;
    let url = url_of(&study, args.reference_id.as_deref())?;
    let verdict = capacity::judge(&Given::from(&study));
    if !verdict.accepting {
        let why: Vec<&str> = verdict.reasons.iter().map(|reason| reason.words()).collect();
        let text = format!("the study takes no responses now: {}", why.join("; "));
        context.streams().warn(&text, Some(&format!("hookctl capacity {}", study.id)));
    }
    if context.json() {
        context.record(&LinkRecord::new(
            &access.provider,
            &study,
            &url,
            args.reference_id.as_deref(),
            verdict.accepting,
        ))?;
    } else {
        context.line(&url)?;
    }
    if args.qr {
        show_qr(context, &url)?;
    }
    if args.open {
        browser::open(&url, context)?;
    }
    Ok(Exit::Done)
}

fn url_of(study: &Study, reference: Option<&str>) -> Result<String, CommandError> {
    let look = format!("hookctl studies show {}", study.id);
    let unusable = |error: &dyn std::error::Error| {
        CommandError::new(Exit::Network, "could not make the link").because(error).hint(&look)
    };
    let Some(link) = &study.interview_link else {
        return Err(CommandError::new(Exit::Network, "the vendor names no link of the study").hint(&look));
    };
    match reference {
        None => link::check(link).map(|()| link.clone()).map_err(|error| unusable(&error)),
        Some(reference) => link::with_parameter(link, PARAMETER, reference).map_err(|error| match error {
            link::LinkError::NotHttp => unusable(&error),
            link::LinkError::Empty | link::LinkError::TooLong { .. } => {
                CommandError::usage("could not use `--reference-id`")
                    .because(&error)
                    .hint("give your own id of the person, such as a user id or an e-mail address")
            }
        }),
    }
}

/// Below the link; beside records it is talk, because standard output is theirs.
fn show_qr(context: &Context, url: &str) -> Result<(), CommandError> {
    let streams = context.streams();
    let mut page = if context.json() { streams.narration() } else { streams.page() };
    match qr::code(&mut page, url) {
        Ok(()) if context.json() => streams.talk(&page),
        Ok(()) => streams.show(&page)?,
        Err(error) => streams.warn(&format!("no QR code: {error}"), None),
    }
    Ok(())
}
