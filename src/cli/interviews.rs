//! `hookctl interviews`: the vendor's interviews.

mod export;
mod list;
mod reconcile;
mod show;

use super::access::AccessArgs;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::values::since;
use crate::clock;
use crate::job::interviews::Wanted;
use crate::vendor::userjourneys::InterviewQuery;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl interviews list --study 'Onboarding Feedback' --status completed
  hookctl interviews show a1b2c3d4-5678-90ab-cdef-111111111111 --transcript
  hookctl interviews export --study Onboarding --format csv --out all.csv
  hookctl interviews reconcile --study Onboarding --since 7d";

/// What Koji's users do instead.
const KOJI: (&str, &str) = (
    "lists of interviews",
    "`hookctl events list --provider koji` shows those whose webhooks came; \
     `hookctl interviews show ID --provider koji` fetches one",
);

/// List, show, export and reconcile the vendor's interviews
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InterviewsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: InterviewsCommand,
}

/// What to do with interviews.
#[derive(Clone, Debug, Subcommand)]
pub enum InterviewsCommand {
    /// List the interviews of a study
    #[command(
        after_help = "Examples:\n  hookctl interviews list --study 'Onboarding Feedback'\n  hookctl interviews list --study 'Onboarding Feedback' --reference-id u1"
    )]
    List(ListArgs),
    /// Show one interview: summary, answers, transcript
    #[command(
        after_help = "Examples:\n  hookctl interviews show a1b2c3d4-5678-90ab-cdef-111111111111\n  hookctl interviews show abc123 --markdown > interview.md\n  hookctl interviews show abc123 --provider koji --json"
    )]
    Show(ShowArgs),
    /// Write the interviews of a study out: JSON lines, CSV or Markdown
    ///
    /// Each interview is fetched with its transcript and its answers. With `--out` the file appears when it is
    /// whole; what was fetched until a failure or Ctrl-C is kept beside it, and the same command goes on from
    /// there within a day. No cell of the CSV is a formula to a spreadsheet.
    #[command(
        after_help = "Examples:\n  hookctl interviews export --study Onboarding --since 30d --out all.jsonl\n  hookctl interviews export --study Onboarding --format csv --out all.csv\n  hookctl interviews export --study Onboarding --format markdown > all.md"
    )]
    Export(ExportArgs),
    /// List completed interviews whose webhook never arrived; exit 1 when there are any
    ///
    /// Compares what the vendor says is completed with the deliveries of the journal. `--synthesize` puts a
    /// delivery in place of each missing one: made from the API, without a signature, with the verdict
    /// `synthesized`, and sent on with `hookctl events replay N --resign`.
    #[command(
        after_help = "Examples:\n  hookctl interviews reconcile --study Onboarding --since 7d\n  hookctl interviews reconcile --study Onboarding --since 7d --synthesize"
    )]
    Reconcile(ReconcileArgs),
}

/// Which interviews.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Filters")]
pub struct QueryArgs {
    /// Of this study: its id, or its exact name
    #[arg(long, value_name = "STUDY")]
    pub study: String,
    /// Only those of this status: completed, started, processing
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only those of this grade: insightful, successful, unsuccessful
    #[arg(long, value_name = "GRADE")]
    pub quality: Option<String>,
    /// Only those of this person, by your own id
    #[arg(long, value_name = "ID")]
    pub reference_id: Option<String>,
    /// Only those that ended, or else began, since: 2h, 7d, or a time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
}

/// Arguments of `interviews list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// How many at the most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Which interviews.
    #[command(flatten)]
    pub query: QueryArgs,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Arguments of `interviews show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The interview's id, as in its webhook
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only who said what
    #[arg(long, group = "part")]
    pub transcript: bool,
    /// Only headline and summary
    #[arg(long, group = "part")]
    pub summary: bool,
    /// As Markdown
    #[arg(long, group = "part")]
    pub markdown: bool,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Arguments of `interviews export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// What to write
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "jsonl")]
    pub format: Format,
    /// The file; without it, standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Leave transcripts and answers away: one call for a hundred interviews, not for each
    #[arg(long)]
    pub no_transcripts: bool,
    /// Which interviews.
    #[command(flatten)]
    pub query: QueryArgs,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON record a line.
    Jsonl,
    /// One row an interview, for spreadsheets.
    Csv,
    /// One section an interview.
    Markdown,
}

/// Arguments of `interviews reconcile`.
#[derive(Args, Clone, Debug)]
pub struct ReconcileArgs {
    /// Of this study: its id, or its exact name
    #[arg(long, value_name = "STUDY")]
    pub study: String,
    /// Only those that were completed since: 2h, 7d, or a time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Put a delivery in place of each missing one, marked as made by hookctl
    #[arg(long)]
    pub synthesize: bool,
    /// The journal
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Runs `hookctl interviews`.
pub fn run(args: &InterviewsArgs, context: &Context) -> Result<Exit, CommandError> {
    let runtime = context.runtime()?;
    match &args.command {
        InterviewsCommand::List(args) => runtime.block_on(list::run(args, context)),
        InterviewsCommand::Show(args) => runtime.block_on(show::run(args, context)),
        InterviewsCommand::Export(args) => runtime.block_on(export::run(args, context)),
        InterviewsCommand::Reconcile(args) => runtime.block_on(reconcile::run(args, context)),
    }
}

impl QueryArgs {
    /// What is asked for, of the study of this id.
    fn wanted(&self, study_id: String) -> Result<Wanted, CommandError> {
        let since = self.since.as_deref().map(|text| since("--since", text, clock::now())).transpose()?;
        let query = InterviewQuery {
            study_id,
            status: self.status.clone(),
            reference_id: self.reference_id.clone(),
            quality_score: self.quality.clone(),
        };
        Ok(Wanted { query, since, most: None })
    }
}
