//! From the arguments of `listen` to a running listener: everything that can be
//! wrong is found before a socket is opened, each with the command that mends it.

use super::env;
use super::hands::{Given, Keeper};
use super::hints;
use super::inspector::{self, Listening};
use super::itself;
use super::registered::{self, Registered};
use super::{ListenArgs, RetryArg};
use crate::cli::access::AccessArgs;
use crate::cli::bound::not_bound;
use crate::cli::check::PARENT;
use crate::cli::context::{Context, unusable};
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::faults;
use crate::cli::journal::not_opened;
use crate::cli::screen::{self, Screen};
use crate::cli::signals::Stop;
use crate::cli::values::{duration, filter, headers, size, statuses};
use crate::cli::vendors;
use crate::config::secrets::{Origin, Secrets};
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::provider::{Catalogue, Provider};
use crate::hook::schedule::Schedule;
use crate::hook::secret::Secret;
use crate::hook::signature::KeyError;
use crate::hook::target::Target;
use crate::job::interviews::Source;
use crate::job::judge::Judge;
use crate::job::listen::{self, Ended, Ledger, Options, Rooms, Until};
use crate::job::report::{AnswerPolicy, SecretOrigin};
use crate::journal::{Counter, Journal};
use crate::serve::{self, Limits};
use crate::ui::view::Hands;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Everything that can be wrong about the arguments, checked before a socket is opened.
pub(super) struct Setup {
    judge: Judge,
    forwarder: Forwarder,
    interviews: Option<Source>,
    options: Options,
}

impl Setup {
    pub(super) fn new(args: &ListenArgs, context: &Context) -> Result<Self, CommandError> {
        let catalogue = context.catalogue(&args.provider.provider_file)?;
        let named =
            args.provider.provider.as_deref().map(|id| context.provider(&catalogue, id)).transpose()?;
        let secrets = context.secrets(&args.secret)?;
        let known = known_secrets(&secrets, &catalogue, named.as_deref())?;
        // A sender must not be able to have its own signature dropped on the way.
        let protected: Vec<String> = match &named {
            Some(provider) => signature_headers(provider),
            None => catalogue.all().iter().flat_map(|provider| signature_headers(provider)).collect(),
        };
        let forwarder = forwarder(args, protected.clone())?;
        let options = options(args, context, known, protected)?;
        if args.port != 0 {
            let address = SocketAddr::new(args.host, args.port);
            itself::refuse(&options.targets, address, args.public_url.as_deref())?;
        }
        inspector::place(args)?;
        let tolerance = args.tolerance.as_deref().map(|text| duration("--tolerance", text)).transpose()?;
        let interviews = args.enrich.then(|| interviews(args, context)).transpose()?;
        let judge = Judge::new(catalogue, named, Box::new(secrets), tolerance)
            .with_public_key(args.public_key.as_deref())
            .with_webhook_id(args.provider.webhook_id.clone());
        Ok(Self { judge, forwarder, interviews, options })
    }

    pub(super) fn warn(&self, args: &ListenArgs, context: &Context) {
        let streams = context.streams();
        if !args.host.is_loopback() {
            streams.warn(
                &format!(
                    "other machines can send to {}: everything that reaches this address is received",
                    args.host
                ),
                Some("drop `--host` to listen on this machine only"),
            );
        }
        if self.options.answer == AnswerPolicy::Strict && !self.options.targets.is_empty() {
            streams.warn(
                "`--answer strict` forwards nothing by itself: targets get only what is sent again by hand",
                Some("drop `--answer strict` to forward each delivery, or take `--answer ack`"),
            );
        }
        if args.insecure {
            streams.warn("the TLS certificates of targets are not checked", None);
        }
        if args.no_verify_signature {
            streams.warn("signatures are not required: anybody can send", None);
        } else if self.options.secrets.is_empty() {
            streams.warn(
                "no signing secret is known: deliveries are marked as unverified and passed on",
                Some("give it with `--secret-file FILE`, or in a variable such as KOJI_WEBHOOK_SECRET"),
            );
        }
    }

    pub(super) async fn run(
        self,
        args: &ListenArgs,
        context: &Context,
        registered: Option<Registered>,
    ) -> Result<Exit, CommandError> {
        // First of all: opening the journal may run into a file size limit, which is a signal.
        let stop = Stop::new().map_err(|error| not_started(&error))?;
        if let Some(parent) = context.environment().text(PARENT).and_then(|text| text.parse().ok()) {
            stop.with_parent(parent);
        }
        if registered.is_none() {
            self.warn(args, context);
            registered::mend(args, &stop, context).await;
        }
        let ledger = ledger(args, context)?;
        let socket =
            serve::bind(args.host, args.port).map_err(|error| not_bound("could not listen", &error))?;
        let Some(registered) = registered else {
            return self.listen((ledger, socket), args, &stop, context).await;
        };
        let ended = match registered.begin(context).await {
            // The secret may be known only now.
            Ok(()) => match Self::new(args, context) {
                Ok(setup) => {
                    setup.warn(args, context);
                    setup.listen((ledger, socket), args, &stop, context).await
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let back = registered.end(&stop, context).await;
        ended.and_then(|exit| back.map(|()| exit))
    }

    /// Listens with somebody else's stop.
    pub(super) async fn beside(
        self,
        args: &ListenArgs,
        stop: &Stop,
        context: &Context,
    ) -> Result<Exit, CommandError> {
        let ledger = ledger(args, context)?;
        let socket =
            serve::bind(args.host, args.port).map_err(|error| not_bound("could not listen", &error))?;
        self.listen((ledger, socket), args, stop, context).await
    }

    async fn listen(
        self,
        (ledger, socket): (Ledger, TcpListener),
        args: &ListenArgs,
        stop: &Stop,
        context: &Context,
    ) -> Result<Exit, CommandError> {
        let address = socket.local_addr().map_err(|error| not_started(&error))?;
        // A free port is known only now.
        itself::refuse(&self.options.targets, address, args.public_url.as_deref())?;
        let judge = Arc::new(self.judge);
        let targets = self.options.targets.iter().map(ToString::to_string).collect();
        let beside = Listening { ledger: &ledger, judge: &judge, address, targets };
        let inspector = inspector::beside(args, &beside, context)?;
        if args.print_env {
            env::print(&self.options.secrets, &format!("http://{address}"), context)?;
        }
        let broken = stop.clone();
        context.streams().when_broken(move |_| broken.ask());
        let url = inspector.as_ref().map(|inspector| inspector.url.clone());
        let hands = Self::hands(&self.options, args, ledger.path(), (address, url), stop, context)?;
        let hands = ledger.path().zip(hands);
        let Screen { report, commands, held } =
            screen::of_listen(args, inspector.as_ref(), context, stop, hands)?;
        let bounded = args.until.is_some() || args.run_for.is_some();
        let rooms = Rooms {
            ledger,
            judge,
            forwarder: self.forwarder,
            interviews: self.interviews,
            report,
            commands,
            inspector,
        };
        let ended = tokio::select! {
            ended = listen::run(socket, rooms, self.options, stop.first()) => ended,
            () = stop.second() => return Ok(Exit::Interrupted),
        };
        let crashed = held.crashed();
        drop(held);
        let outcome =
            ended.map_err(|error| CommandError::local("could not listen to the end").because(&error))?;
        if !outcome.heard {
            // Nobody takes the output, so nothing can be said about it, or asked of it.
            return Ok(Exit::Local);
        }
        if let Some(failure) = context.streams().failure() {
            return Err(failure.into());
        }
        Ok(match outcome.ended {
            _ if crashed => Exit::Bug,
            _ if outcome.unexpected > 0 => Exit::No,
            Ended::TimeUp => Exit::TimeUp,
            // A script that waits for something did not get it.
            Ended::Stopped if bounded => Exit::Interrupted,
            Ended::Stopped | Ended::Enough => Exit::Done,
        })
    }
}

impl Setup {
    /// What the keys of a list do; none where nothing is kept that could be listed.
    fn hands(
        options: &Options,
        args: &ListenArgs,
        journal: Option<&Path>,
        (address, inspector): (SocketAddr, Option<String>),
        stop: &Stop,
        context: &Context,
    ) -> Result<Option<Arc<dyn Hands>>, CommandError> {
        let Some(journal) = journal else { return Ok(None) };
        let (targets, kept_headers) = (&options.targets, &options.protected);
        let given = Given { journal, targets, kept_headers, address, inspector };
        Ok(Some(Arc::new(Keeper::new(args, given, stop, context)?)))
    }
}

/// Where `--enrich` fetches from: the account of the named provider, or the only one there is.
fn interviews(args: &ListenArgs, context: &Context) -> Result<Source, CommandError> {
    let access = AccessArgs { provider: args.provider.provider.clone(), ..AccessArgs::default() };
    vendors::interviews(context, &access)
}

fn not_started(error: &std::io::Error) -> CommandError {
    CommandError::local("could not start").because(error)
}

fn options(
    args: &ListenArgs,
    context: &Context,
    known: Vec<SecretOrigin>,
    protected: Vec<String>,
) -> Result<Options, CommandError> {
    let targets = targets(args, context)?;
    let answer = args.policy();
    if answer == AnswerPolicy::Ack && args.no_journal {
        return Err(CommandError::usage("`--answer ack` needs the journal")
            .hint("drop `--no-journal`: what is acknowledged before it is forwarded must be on disk"));
    }
    if answer != AnswerPolicy::Strict && targets.is_empty() {
        return Err(needs_target(&format!("--answer {}", answer.as_str())));
    }
    if args.retry.is_some() && answer != AnswerPolicy::Ack {
        return Err(CommandError::usage("`--retry` needs `--answer ack`")
            .hint("drop `--retry`: without `--answer ack` it is the sender that tries again"));
    }
    let expect_status = args.expect_status.as_deref().map(|text| statuses("--expect-status", text));
    let expect_status = expect_status.transpose()?;
    if expect_status.is_some() && targets.is_empty() {
        return Err(needs_target("--expect-status"));
    }
    Ok(Options {
        answer,
        targets,
        verify: !args.no_verify_signature,
        require_signature: !args.no_verify_signature && !known.is_empty(),
        forward_unverified: args.forward_unverified,
        events: args.events.clone(),
        filter: args.filter.as_deref().map(|text| filter("--filter", text)).transpose()?,
        until: args.until.as_deref().map_or(Ok(Until::Stopped), until)?,
        run_for: args.run_for.as_deref().map(|text| duration("--for", text)).transpose()?,
        expect_status,
        public_url: args.public_url.clone(),
        timeout: args.timeout.as_deref().map(|text| duration("--timeout", text)).transpose()?,
        schedule: match args.retry {
            None | Some(RetryArg::Schedule) => Schedule::forward(),
            Some(RetryArg::None) => Schedule::none(),
        },
        protected,
        limits: Limits { max_body: size("--max-body", &args.max_body)?, ..Limits::default() },
        secrets: known,
        replay: hints::replay(args, context),
        journal: hints::journal(args, context),
        judging: hints::verify(args, context),
        again: hints::again(args, context),
    })
}

/// An option that means nothing where nothing is forwarded.
fn needs_target(option: &str) -> CommandError {
    CommandError::usage(format!("`{option}` needs a target"))
        .hint("add `--forward TARGET`, such as `--forward 3000`")
}

/// The targets. Named twice, one would get every delivery twice.
fn targets(args: &ListenArgs, context: &Context) -> Result<Vec<Target>, CommandError> {
    let mut targets: Vec<Target> = Vec::new();
    for text in &args.forward {
        let found = context.target("--forward", text, args.provider.provider.as_deref())?;
        if targets.iter().any(|other| other.to_string() == found.to_string()) {
            return Err(CommandError::usage(format!("`--forward {text}` names `{found}` a second time"))
                .hint("name each target once: it gets every delivery"));
        }
        targets.push(found);
    }
    Ok(targets)
}

fn until(text: &str) -> Result<Until, CommandError> {
    match text.parse() {
        Ok(0) => Err(CommandError::usage("could not use `--until`: 0 deliveries are there at once")),
        Ok(count) => Ok(Until::Count(count)),
        Err(_) => filter("--until", text).map(Until::Matches),
    }
}

fn forwarder(args: &ListenArgs, kept: Vec<String>) -> Result<Forwarder, CommandError> {
    Forwarder::new(ForwardOptions {
        path_mode: args.path_mode.into(),
        extra_headers: headers("--header", &args.headers)?,
        kept_headers: kept,
        insecure: args.insecure,
        ..ForwardOptions::default()
    })
    .map_err(|error| CommandError::usage("could not use `--header`").because(&error))
}

fn signature_headers(provider: &Provider) -> Vec<String> {
    provider.signature_headers().iter().map(ToString::to_string).collect()
}

/// Where the secrets that are known come from. Any makes verification compulsory.
fn known_secrets(
    secrets: &Secrets,
    catalogue: &Catalogue,
    named: Option<&Provider>,
) -> Result<Vec<SecretOrigin>, CommandError> {
    let ids = match named {
        Some(provider) => vec![provider.id().to_string()],
        None if secrets.any_given() => {
            let given = secrets.of("").map_err(|error| unusable(&error))?;
            return Ok(given.into_iter().map(|(_, origin)| origin_of(None, &origin)).collect());
        }
        None => catalogue.ids(),
    };
    let mut known = Vec::new();
    for id in ids {
        let found = secrets.of(&id).map_err(|error| unusable(&error))?;
        if let Some(provider) = named {
            require_usable(provider, &found)?;
        }
        known.extend(found.into_iter().map(|(_, origin)| origin_of(Some(id.clone()), &origin)));
    }
    Ok(known)
}

fn origin_of(provider: Option<String>, origin: &Origin) -> SecretOrigin {
    SecretOrigin { provider, origin: origin.to_string(), file: origin.file().map(Path::to_owned) }
}

/// A secret that the named scheme cannot use would refuse every delivery: better said at the start.
fn require_usable(provider: &Provider, found: &[(Secret, Origin)]) -> Result<(), CommandError> {
    let secrets: Vec<Secret> = found.iter().map(|(secret, _)| secret.clone()).collect();
    match provider.keys(&secrets) {
        Err(error @ KeyError::BadSecret { .. }) => {
            Err(CommandError::config("could not use the signing secret").because(&error))
        }
        // No secret yet: said elsewhere.
        Ok(_) | Err(KeyError::NoSecret(_)) => Ok(()),
    }
}

fn ledger(args: &ListenArgs, context: &Context) -> Result<Ledger, CommandError> {
    if args.no_journal {
        return Ok(Ledger::Counter(Counter::default()));
    }
    let path = context.journal(args.journal.as_deref())?;
    let options = faults::journal_options(context, context.retention(args.keep.as_deref())?);
    let journal = Journal::open(&path, options).map_err(|error| not_opened(&error, &path))?;
    for warning in journal.warnings() {
        context.streams().warn(warning, None);
    }
    Ok(Ledger::Journal(journal))
}
