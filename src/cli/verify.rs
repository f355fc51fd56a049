//! `hookctl verify`: does the signature hold, and if not, which rule failed.

mod captured;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::journal::not_opened;
use super::shared::{PayloadArgs, ProviderArgs, SecretArgs};
use super::sign::moment;
use super::values::{duration, headers};
use crate::clock;
use crate::hook::delivery::{Delivery, Facts, Message};
use crate::hook::explain::{Context as Known, Explanation, Neighbour};
use crate::hook::handler::Language;
use crate::hook::headers::Head;
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use crate::job::judge::{Judge, neighbours};
use crate::journal::Reader;
use crate::ui::record::VerdictRecord;
use crate::ui::{delivery, explanation};
use bytes::Bytes;
use captured::{CaptureError, Captured, Remark};
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  hookctl verify body.json --provider koji -H 'X-Koji-Signature: sha256=...'
      Exit 0 when the signature holds, 1 with the rule that failed when not;
      the secret comes from KOJI_WEBHOOK_SECRET

  hookctl verify --request captured.http --provider stripe --now 1773239520
      Judge a captured request as of the moment it was sent

  hookctl verify --event 12 --explain
      Judge a delivery of the journal again, and when it does not hold, show
      every usual mistake that was tried

  hookctl verify --as node --provider stripe
      Print a handler that verifies Stripe's webhooks, to copy and change";

/// Verify a payload's signature, and when it fails say which rule
///
/// Exit code 0: the signature holds. 1: it does not; the reason names the rule. Other codes: the question
/// could not be put (no such file, no secret).
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// The payload.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// A header that came with the payload; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// A captured HTTP request: request line, headers, empty line, body; `-` for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["payload", "data", "headers", "event"])]
    pub request: Option<PathBuf>,
    /// A delivery of the journal, by its number
    #[arg(long, value_name = "N", conflicts_with_all = ["payload", "data", "headers"], add = ArgValueCandidates::new(super::complete::deliveries))]
    pub event: Option<u64>,
    /// The journal that `--event` reads
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
    /// The URL that the sender used, for schemes that sign it
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The request's method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub method: String,
    /// Judge as of this moment, unix seconds or RFC 3339; now unless named, for `--event` the moment it came
    #[arg(long, value_name = "T")]
    pub now: Option<String>,
    /// Accepted age of a signed timestamp, in place of the provider's
    #[arg(long, value_name = "DURATION")]
    pub tolerance: Option<String>,
    /// Print a correct handler in this language instead; needs a provider, but no payload and no secret
    #[arg(long = "as", value_name = "LANGUAGE", value_parser = super::handler::language(), conflicts_with_all = ["payload", "data", "headers", "request", "event"])]
    pub language: Option<Language>,
    /// When it does not hold, show everything that was tried to find the mistake
    #[arg(long)]
    pub explain: bool,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// How many deliveries before and after one may have been mixed up with it.
const AROUND: u64 = 4;

/// The longest body of such a delivery.
const LONGEST_AROUND: u64 = 1 << 20;

/// A request that is to be judged.
struct Case {
    head: Head,
    body: Bytes,
    /// What is odd about the end of a capture.
    remark: Option<Remark>,
    /// When it came, where that is known.
    received: Option<Timestamp>,
    /// The provider it was judged as before, where it was.
    provider: Option<String>,
    /// Deliveries of the journal around it, whose parts may have been mixed up with its own.
    around: Vec<(u64, Delivery)>,
}

/// Runs `hookctl verify`.
pub fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, CommandError> {
    if let Some(language) = args.language {
        return super::handler::run(language, args, context);
    }
    super::values::method("--method", &args.method)?;
    let url = args.url.as_deref().map(super::sign::whole_url).transpose()?;
    let case = case(args, url.as_deref(), context)?;
    if let Some(remark) = &case.remark {
        context.streams().warn(&remark.to_string(), None);
    }
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let of_profile = context.named_profile()?.map(|profile| profile.provider);
    let id = args.provider.provider.as_deref().or(case.provider.as_deref()).or(of_profile.as_deref());
    let named = id.map(|id| context.provider(&catalogue, id)).transpose()?;
    let secrets = context.secrets(&args.secret)?;
    let tolerance = args.tolerance.as_deref().map(|text| duration("--tolerance", text)).transpose()?;
    let now = moment(args.now.as_deref())?.or(case.received).unwrap_or_else(clock::now);
    if let Some(provider) = &named {
        let bare = args.request.is_none() && args.event.is_none();
        if bare && url.is_none() && provider.signs_url() {
            return Err(super::sign::url_missing(provider.id()));
        }
        context.secrets_of(&secrets, provider.id())?;
    }
    let judge = Judge::new(catalogue, named, Box::new(secrets), tolerance)
        .with_webhook_id(args.provider.webhook_id.clone());
    let message = Message {
        method: case.head.method(),
        target: case.head.target(),
        headers: case.head.headers(),
        body: &case.body,
        url: url.as_deref(),
    };
    let (verdict, judged) = judge.judge(&message, now);
    let facts = judged.map_or_else(Facts::default, |judged| judged.provider.facts(&message));
    let neighbours =
        case.around.iter().map(|(seq, other)| Neighbour { seq: *seq, message: other.message(None) });
    let neighbours: Vec<Neighbour<'_>> = neighbours.collect();
    let explanation = judge.explain(&message, now, &verdict, Known { bases: &[], deliveries: &neighbours });
    let cut_short = case.remark.as_ref().is_some_and(Remark::cut_short);
    print(&Found { verdict, facts, explanation, whole: args.explain, cut_short }, context)
}

/// What was found out about a request.
struct Found {
    verdict: Verdict,
    facts: Facts,
    explanation: Explanation,
    /// Everything that was tried is shown.
    whole: bool,
    /// A part of the body is missing.
    cut_short: bool,
}

/// 0 for yes, 1 for no; what could not be judged is neither.
fn exit_of(code: Code) -> Exit {
    match code {
        Code::Verified => Exit::Done,
        Code::NoSecret | Code::BadSecret | Code::NoWebhookId => Exit::Config,
        Code::Unsupported | Code::UnknownProvider => Exit::Usage,
        _ => Exit::No,
    }
}

fn print(found: &Found, context: &Context) -> Result<Exit, CommandError> {
    let Found { verdict, facts, explanation, whole, cut_short } = found;
    let exit = exit_of(verdict.code);
    if context.json() {
        let record = VerdictRecord::new(verdict, facts);
        context.record(&record.with_explanation(explanation, *whole && !verdict.verified()))?;
        return Ok(exit);
    }
    let streams = context.streams();
    let mut page = streams.page();
    delivery::judgement(&mut page, verdict, facts);
    explanation::cause(&mut page, explanation, verdict);
    if *whole {
        explanation::tried(&mut page, explanation);
    }
    streams.show(&page)?;
    if let Some(hint) = hint(verdict, *cut_short).filter(|_| explanation.found.is_none()) {
        streams.hint(&hint);
    }
    Ok(exit)
}

fn hint(verdict: &Verdict, cut_short: bool) -> Option<String> {
    let provider = verdict.provider.as_deref().unwrap_or("PROVIDER");
    match verdict.code {
        Code::NoSecret => {
            let variable = crate::config::secrets::variable_of(provider);
            Some(format!("give the signing secret with `--secret-file FILE` or in {variable}"))
        }
        Code::BadSecret => Some(super::keys::form_of_secret(provider)),
        Code::NoWebhookId => {
            Some("name it with `--webhook-id ID`; the vendor's dashboard shows it".to_owned())
        }
        Code::UnknownProvider => Some("`hookctl providers list` shows what `--provider` takes".to_owned()),
        Code::Mismatch if cut_short => {
            Some("a part of the signed body is missing: capture the whole request".to_owned())
        }
        Code::Mismatch => Some(
            "is it this endpoint's secret, and are these the bytes as they came, never parsed?".to_owned(),
        ),
        Code::TooOld => Some("judge a captured delivery as of its own moment with `--now T`".to_owned()),
        _ => None,
    }
}

fn case(args: &VerifyArgs, url: Option<&str>, context: &Context) -> Result<Case, CommandError> {
    if let Some(seq) = args.event {
        return of_journal(seq, args, context);
    }
    if let Some(path) = &args.request {
        let Captured { head, body, remark } =
            captured::read(&context.read(path)?).map_err(|error| not_captured(&error, path))?;
        return Ok(Case { head, body, remark, received: None, provider: None, around: Vec::new() });
    }
    let body = context.payload(&args.payload)?;
    let target = url.map_or_else(|| "/".to_owned(), super::sign::target_of);
    let head = Head::build(&args.method, &target, headers("--header", &args.headers)?)
        .map_err(|error| CommandError::usage("could not use the headers").because(&error))?;
    Ok(Case { head, body, remark: None, received: None, provider: None, around: Vec::new() })
}

fn not_captured(error: &CaptureError, path: &Path) -> CommandError {
    let name = path.display();
    match error {
        CaptureError::NoHead => CommandError::usage(format!("`{name}` is not an HTTP request"))
            .hint("it must hold a request line, header lines, an empty line and the body"),
        CaptureError::BadLength | CaptureError::BadChunk(_) => {
            CommandError::usage(format!("could not tell where the body of `{name}` ends"))
                .because(error)
                .hint("capture the request again, or name the body as PAYLOAD and its headers with `-H`")
        }
    }
}

fn of_journal(seq: u64, args: &VerifyArgs, context: &Context) -> Result<Case, CommandError> {
    let path = context.journal(args.journal.as_deref())?;
    let reader = Reader::open(&path).map_err(|error| not_opened(&error, &path))?;
    let entry = reader
        .get(seq)
        .map_err(|error| CommandError::local("could not read the journal").because(&error))?
        .ok_or_else(|| {
            CommandError::usage(format!("there is no delivery {seq}")).hint("hookctl events list")
        })?;
    let among = seq.saturating_sub(AROUND)..=seq.saturating_add(AROUND);
    let around = neighbours(&reader, among, seq, LONGEST_AROUND);
    Ok(Case {
        around,
        remark: None,
        head: entry.delivery.head,
        body: entry.delivery.body,
        received: Some(entry.delivery.received),
        provider: entry.listed.verdict.provider.map(|id| id.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_judged_is_not_a_no() {
        assert_eq!(exit_of(Code::Verified), Exit::Done);
        assert_eq!(exit_of(Code::Mismatch), Exit::No);
        assert_eq!(exit_of(Code::NoHeader), Exit::No);
        assert_eq!(exit_of(Code::NoSecret), Exit::Config);
    }
}
