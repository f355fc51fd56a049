//! `hookctl capacity`: may this study take another response?

use super::access::{Access, AccessArgs};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::values::duration;
use super::vendors;
use crate::clock;
use crate::hook::time::Timestamp;
use crate::job::capacity::{self, Given};
use crate::job::studies::Keep;
use crate::journal::Cache;
use crate::ui::record::CapacityRecord;
use crate::ui::study::{self, Room};
use clap::{Args, ValueHint};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  hookctl capacity 'Onboarding Feedback'
  hookctl capacity 'Onboarding Feedback' --max-age 0
  hookctl capacity 'Onboarding Feedback' --json --jq .reasons";

/// What Koji's users do instead.
const KOJI: (&str, &str) =
    ("the capacity of a study", "see the study's status and the plan's credits in Koji's dashboard");

/// Say whether a study takes another response: exit 0 for yes, 1 for no
///
/// The vendor's own flag decides; the weekly and the monthly limit say why. The flag is also false when the
/// project's monthly quota is reached, which the API does not show. The answer is kept for 5 minutes in the
/// journal's database, so that a script may ask before each prompt. With `--quiet` only the exit code says it.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CapacityArgs {
    /// The study's id, or its exact name
    #[arg(value_name = "STUDY")]
    pub study: String,
    /// How old a kept answer may be; 0 asks anew
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub max_age: String,
    /// Ask anew, and keep nothing
    #[arg(long)]
    pub no_cache: bool,
    /// The journal whose database keeps the answer
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Runs `hookctl capacity`.
pub fn run(args: &CapacityArgs, context: &Context) -> Result<Exit, CommandError> {
    let max_age = duration("--max-age", &args.max_age)?;
    let (access, api) = vendors::userjourneys(context, &args.access, "ask for the capacity", KOJI)?;
    let mut kept = (!args.no_cache).then(|| Kept::open(args, context, &access, max_age)).flatten();
    let keep = kept.as_mut().map(|kept| kept as &mut (dyn Keep + Send));
    let known = context.runtime()?.block_on(vendors::study(&api, &args.study, keep))?;
    let verdict = capacity::judge(&Given::from(&known.study));
    let room = Room {
        study: &known.study,
        verdict: &verdict,
        fetched: known.fetched,
        cached: known.cached,
        now: clock::now(),
    };
    if context.json() {
        context.record(&CapacityRecord::new(&access.provider, &room))?;
    } else if !context.streams().quiet() {
        let mut page = context.streams().page();
        study::room(&mut page, &room);
        context.streams().show(&page)?;
    }
    Ok(if verdict.accepting { Exit::Done } else { Exit::No })
}

/// The cache in the journal's file, for one key at one address.
struct Kept {
    cache: Cache,
    whose: String,
    oldest: Timestamp,
}

impl Kept {
    /// Without a cache the vendor is asked each time: that is worth a word, not a failure.
    fn open(args: &CapacityArgs, context: &Context, access: &Access, max_age: Duration) -> Option<Self> {
        let path = context.journal(args.journal.as_deref()).ok()?;
        match Cache::open(&path) {
            Ok(cache) => Some(Self { cache, whose: whose(access), oldest: clock::now().minus(max_age) }),
            Err(error) => {
                let text = format!("nothing is kept: {error}");
                if args.journal.is_some() {
                    context.streams().warn(&text, Some("`--no-cache` keeps nothing on purpose"));
                } else {
                    context.detail(&text);
                }
                None
            }
        }
    }

    fn named(&self, name: &str) -> String {
        format!("{} {name}", self.whose)
    }
}

/// Whose answers these are: another key may see another project. Of the key only
/// as much as tells two apart, and from which nothing can be learned.
fn whose(access: &Access) -> String {
    let key = access.key.as_ref().map(|key| Sha256::digest(key.expose())).unwrap_or_default();
    let short: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{} {} {short}", access.provider, access.base)
}

impl Keep for Kept {
    fn get(&self, name: &str) -> Option<(Timestamp, Vec<u8>)> {
        let found = self.cache.get(&self.named(name), self.oldest).ok()?;
        // What a clock that was set back left in the future is not fresh.
        found.filter(|(fetched, _)| *fetched <= clock::now())
    }

    fn put(&mut self, name: &str, answer: &[u8], now: Timestamp) {
        let name = self.named(name);
        drop(self.cache.put(&name, answer, now));
    }
}
