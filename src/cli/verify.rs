//! `hookctl verify`: does the signature hold, and if not, which rule failed.

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
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

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
    /// A captured HTTP request: request line, headers, empty line, body
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
    let case = case(args, context)?;
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let of_profile = context.named_profile()?.map(|profile| profile.provider);
    let id = args.provider.provider.as_deref().or(case.provider.as_deref()).or(of_profile.as_deref());
    let named = id.map(|id| context.provider(&catalogue, id)).transpose()?;
    let secrets = context.secrets(&args.secret)?;
    let tolerance = args.tolerance.as_deref().map(|text| duration("--tolerance", text)).transpose()?;
    let now = moment(args.now.as_deref())?.or(case.received).unwrap_or_else(clock::now);
    if let Some(provider) = &named {
        let bare = args.request.is_none() && args.event.is_none();
        if bare && args.url.is_none() && provider.signs_url() {
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
        url: args.url.as_deref(),
    };
    let (verdict, judged) = judge.judge(&message, now);
    let facts = judged.map_or_else(Facts::default, |judged| judged.provider.facts(&message));
    let neighbours =
        case.around.iter().map(|(seq, other)| Neighbour { seq: *seq, message: other.message(None) });
    let neighbours: Vec<Neighbour<'_>> = neighbours.collect();
    let explanation = judge.explain(&message, now, &verdict, Known { bases: &[], deliveries: &neighbours });
    print(&Found { verdict, facts, explanation, whole: args.explain }, context)
}

/// What was found out about a request.
struct Found {
    verdict: Verdict,
    facts: Facts,
    explanation: Explanation,
    /// Everything that was tried is shown.
    whole: bool,
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
    let Found { verdict, facts, explanation, whole } = found;
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
    if let Some(hint) = hint(verdict).filter(|_| explanation.found.is_none()) {
        streams.hint(&hint);
    }
    Ok(exit)
}

fn hint(verdict: &Verdict) -> Option<String> {
    let provider = verdict.provider.as_deref().unwrap_or("PROVIDER");
    match verdict.code {
        Code::NoSecret => {
            let variable = crate::config::secrets::variable_of(provider);
            Some(format!("give the signing secret with `--secret-file FILE` or in {variable}"))
        }
        Code::NoWebhookId => {
            Some("name it with `--webhook-id ID`; the vendor's dashboard shows it".to_owned())
        }
        Code::UnknownProvider => Some("`hookctl providers list` shows what `--provider` takes".to_owned()),
        Code::Mismatch => Some(
            "is it this endpoint's secret, and are these the bytes as they came, never parsed?".to_owned(),
        ),
        Code::TooOld => Some("judge a captured delivery as of its own moment with `--now T`".to_owned()),
        _ => None,
    }
}

fn case(args: &VerifyArgs, context: &Context) -> Result<Case, CommandError> {
    if let Some(seq) = args.event {
        return of_journal(seq, args, context);
    }
    if let Some(path) = &args.request {
        let text = context.read(path)?;
        let (head, body) = split_request(&text).ok_or_else(|| {
            CommandError::usage(format!("`{}` is not an HTTP request", path.display()))
                .hint("it must hold a request line, header lines, an empty line and the body")
        })?;
        return Ok(Case { head, body, received: None, provider: None, around: Vec::new() });
    }
    let body = context.payload(&args.payload)?;
    let target = args.url.as_deref().map_or_else(|| "/".to_owned(), super::sign::target_of);
    let head = Head::build(&args.method, &target, headers("--header", &args.headers)?)
        .map_err(|error| CommandError::usage("could not use the headers").because(&error))?;
    Ok(Case { head, body, received: None, provider: None, around: Vec::new() })
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
        head: entry.delivery.head,
        body: entry.delivery.body,
        received: Some(entry.delivery.received),
        provider: entry.listed.verdict.provider.map(|id| id.to_string()),
    })
}

/// Splits a captured request. Tools that save one often end its lines with a
/// bare line feed; the body is never touched.
fn split_request(text: &Bytes) -> Option<(Head, Bytes)> {
    let ends =
        |mark: &[u8]| text.windows(mark.len()).position(|window| window == mark).map(|at| at + mark.len());
    let end = match (ends(b"\r\n\r\n"), ends(b"\n\n")) {
        (Some(crlf), Some(lf)) => crlf.min(lf),
        (crlf, lf) => crlf.or(lf)?,
    };
    let head = Head::parse(text.slice(..end)).ok()?;
    Some((head, text.slice(end..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_request_is_split_at_its_first_empty_line() {
        for text in ["POST /a HTTP/1.1\r\nX: 1\r\n\r\nbody\n\n", "POST /a HTTP/1.1\nX: 1\n\nbody\n\n"] {
            let (head, body) = split_request(&Bytes::from_static(text.as_bytes())).unwrap();
            assert_eq!(
                (head.target(), head.headers().get("x"), &body[..]),
                ("/a", Some(&b"1"[..]), &b"body\n\n"[..])
            );
        }
        assert!(split_request(&Bytes::from_static(b"just a body")).is_none());
    }

    #[test]
    fn what_could_not_be_judged_is_not_a_no() {
        assert_eq!(exit_of(Code::Verified), Exit::Done);
        assert_eq!(exit_of(Code::Mismatch), Exit::No);
        assert_eq!(exit_of(Code::NoHeader), Exit::No);
        assert_eq!(exit_of(Code::NoSecret), Exit::Config);
    }
}
