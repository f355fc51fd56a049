//! Receives deliveries, verifies and keeps them, answers, and passes them on.
//!
//! Everything comes from outside (listener, ledger, report, stop signal), so a
//! test runs the whole job in-process on port 0. Never prints, never reads the
//! environment, never answers "received" for what is not stored.

mod answers;
mod aside;
mod brought;
mod diagnose;
mod dispatch;
mod ending;
mod enrich;
mod intake;
mod last;
mod ledger;
mod pump;
mod tally;

pub use ledger::Ledger;

use crate::forward::Forwarder;
use crate::hook::curl::words;
use crate::hook::jq::Filter;
use crate::hook::schedule::Schedule;
use crate::hook::target::Target;
use crate::job::interviews::Source;
use crate::job::judge::Judge;
use crate::job::report::{AnswerPolicy, Event, Ready, Report, SecretOrigin};
use crate::receive::Receiver;
use crate::serve::{self, Limits};
use aside::Aside;
use diagnose::Diagnoser;
use ending::{Ending, Manner};
use enrich::Enricher;
use intake::Intake;
use last::Last;
use pump::Pump;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::Tally;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What a listener is asked to do.
pub struct Options {
    /// How deliveries are answered.
    pub answer: AnswerPolicy,
    /// Where deliveries are forwarded to; the first one's answer is mirrored.
    pub targets: Vec<Target>,
    /// Whether signatures count at all.
    pub verify: bool,
    /// Whether what could not be judged is refused as well: true once any secret is known.
    pub require_signature: bool,
    /// Pass on what does not verify as well.
    pub forward_unverified: bool,
    /// Only these event types; empty for all. A trailing `*` stands for anything.
    pub events: Vec<String>,
    /// Only deliveries whose payload makes this true.
    pub filter: Option<Filter>,
    /// When to stop by itself.
    pub until: Until,
    /// Stop after this time.
    pub run_for: Option<Duration>,
    /// The statuses a target is expected to answer.
    pub expect_status: Option<RangeInclusive<u16>>,
    /// The URL the sender uses, for schemes that sign it.
    pub public_url: Option<String>,
    /// The target's deadline, in place of the provider's; zero for none.
    pub timeout: Option<Duration>,
    /// When failed deliveries are tried again (`ack`).
    pub schedule: Schedule,
    /// Header fields that no sender may have dropped on the way: the signatures'.
    pub protected: Vec<String>,
    /// Limits of the receiver.
    pub limits: Limits,
    /// Said at the start: where secrets came from.
    pub secrets: Vec<SecretOrigin>,
    /// Said with a dead letter: the options of `events replay` beside its target,
    /// with which it goes where the listener sends.
    pub replay: Vec<String>,
    /// Said with the commands of hints: the options that name the journal to `events`;
    /// empty for the usual one.
    pub journal: Vec<String>,
    /// Said of a failure that nothing explains: the options of `verify --event` beside
    /// the URL, with which it judges as the listener does.
    pub judging: Vec<String>,
    /// Said at the start: the options beside its targets with which `listen` is started
    /// again, over the same journal.
    pub again: Vec<String>,
}

/// When a listener stops by itself.
#[derive(Debug, Default)]
pub enum Until {
    /// Never.
    #[default]
    Stopped,
    /// After so many matching events; neither handshakes nor repeats count.
    Count(u64),
    /// After the delivery whose payload makes this true.
    Matches(Filter),
}

/// Why a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The stop signal.
    Stopped,
    /// `--until` was met.
    Enough,
    /// `--for` ran out.
    TimeUp,
}

/// What a person asks of a running listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Forward the last delivery again, to every target.
    ReplayLast,
}

/// How a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why.
    pub ended: Ended,
    /// Attempts answered otherwise than expected.
    pub unexpected: u64,
    /// Deliveries that could not be kept.
    pub not_kept: u64,
    /// The report has taken everything; otherwise it stood still, and may hold its streams for ever.
    pub heard: bool,
}

/// A listener that cannot start or stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The operating system refuses a thread or a socket.
    #[error("cannot start the listener")]
    Start(#[source] std::io::Error),
    /// The journal could not be closed: its last records may not be on disk.
    #[error("cannot close the journal")]
    Close(#[source] crate::journal::WriteError),
}

/// The rooms a listener works with.
pub struct Rooms {
    /// Where deliveries are kept.
    pub ledger: Ledger,
    /// Judges their signatures.
    pub judge: Arc<Judge>,
    /// Passes them on.
    pub forwarder: Forwarder,
    /// Where the interviews of deliveries are fetched from; `None` fetches none.
    pub interviews: Option<Source>,
    /// Hears what happens.
    pub report: Arc<dyn Report>,
    /// What a person asks for meanwhile.
    pub commands: mpsc::Receiver<Command>,
    /// Shows the same journal to a browser, if anything does.
    pub inspector: Option<Inspector>,
}

/// What runs beside a listener and reads its journal.
pub struct Inspector {
    /// Its address, for the user alone.
    pub url: String,
    /// Ends it. Awaited before the journal is closed: the last who closes it
    /// folds its log into the file.
    pub end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Runs until `stop` resolves or the options say it is enough.
///
/// # Errors
/// When the listener cannot start, or the journal cannot be closed.
pub async fn run(
    listener: TcpListener,
    rooms: Rooms,
    mut options: Options,
    stop: impl Future<Output = ()> + Send,
) -> Result<Outcome, ListenError> {
    let begun = Instant::now();
    // Before anybody hears of the listener: what they then do to it must not change its size.
    options.limits.max_connections = Some(options.limits.most_connections());
    let Rooms { ledger, judge, forwarder, interviews, report, mut commands, inspector } = rooms;
    let pump = Pump::start(report, ledger.path().map(Into::into), words(&options.journal))
        .map_err(ListenError::Start)?;
    let mut ready = ready(&listener, &ledger, &judge, &options)?;
    ready.inspector = inspector.as_ref().map(|inspector| inspector.url.clone());
    pump.say(Event::Ready(Arc::new(ready)));
    let (ledger, pump, tally) = (Arc::new(ledger), Arc::new(pump), Arc::new(Tally::default()));
    let (forwarder, options) = (Arc::new(forwarder), Arc::new(options));
    dispatch::say_what_waits(&ledger, &options, &pump);
    let ending = Ending::new(options.limits.drain);
    let dispatch = dispatch::start(&ledger, &forwarder, &options, &pump, &tally, &ending);
    let enricher = Enricher::start(interviews, &ledger, &pump, &ending);
    let diagnoser = Diagnoser::start(diagnose::Rooms {
        judge: Arc::clone(&judge),
        ledger: Arc::clone(&ledger),
        pump: Arc::clone(&pump),
        bases: bases(listener.local_addr().map_err(ListenError::Start)?, options.public_url.as_deref()),
        verify: words(&options.judging),
    })
    .map_err(ListenError::Start)?;
    let intake = Intake {
        judge,
        ledger: Arc::clone(&ledger),
        forwarder,
        options: Arc::clone(&options),
        tally: Arc::clone(&tally),
        pump: Arc::clone(&pump),
        new_work: dispatch.new_work(),
        aside: Aside::default(),
        enricher,
        diagnoser,
        ending: ending.clone(),
        last: Last::default(),
    };
    let receiver = Arc::new(Receiver::new(intake, options.protected.clone()));
    let obeying = async {
        while let Some(command) = commands.recv().await {
            match command {
                Command::ReplayLast => receiver.sink().replay_last().await,
            }
        }
        std::future::pending::<()>().await;
    };
    let mut ended = Ended::Stopped;
    let finish = async {
        ended = tokio::select! {
            () = stop => Ended::Stopped,
            () = tally.until_enough() => Ended::Enough,
            () = time_up(options.run_for) => Ended::TimeUp,
            () = obeying => Ended::Stopped,
        };
        // A script that waits for deliveries wants them passed on, too.
        ending.begin(if ended == Ended::Stopped { Manner::Halt } else { Manner::Finish });
    };
    let served = serve::run(listener, options.limits.clone(), Arc::clone(&receiver), finish).await;
    if served.cut_off > 0 {
        pump.warn(format!("{} requests got no answer before the stop", served.cut_off));
    }
    receiver.sink().finish().await;
    dispatch.finish().await;
    drop(receiver);
    if let Some(inspector) = inspector {
        inspector.end.await;
    }
    conclude(&ledger, &tally, pump, begun, ended).await
}

/// Closes the journal, and then says the summary: it counts as kept what is.
async fn conclude(
    ledger: &Ledger,
    tally: &Tally,
    pump: Arc<Pump>,
    begun: Instant,
    ended: Ended,
) -> Result<Outcome, ListenError> {
    let closed = ledger.close().await;
    let summary = tally.summary(ledger.waiting().unwrap_or_default(), begun.elapsed());
    let (unexpected, not_kept) = (tally.unexpected(), summary.not_kept);
    let pump = Arc::into_inner(pump).expect("every holder of the pump has ended");
    // The report may be a stopped terminal: waiting for it must not hold a worker.
    let heard = tokio::task::spawn_blocking(move || pump.finish(summary)).await.unwrap_or(false);
    closed.map_err(ListenError::Close)?;
    Ok(Outcome { ended, unexpected, not_kept, heard })
}

async fn time_up(run_for: Option<Duration>) {
    match run_for {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The URLs under which an endpoint may be known: the public one and its own.
pub fn bases(address: SocketAddr, public_url: Option<&str>) -> Vec<String> {
    let own = [format!("http://{address}"), format!("http://localhost:{}", address.port())];
    public_url.map(str::to_owned).into_iter().chain(own).collect()
}

fn ready(
    listener: &TcpListener,
    ledger: &Ledger,
    judge: &Judge,
    options: &Options,
) -> Result<Ready, ListenError> {
    let address = listener.local_addr().map_err(ListenError::Start)?;
    Ok(Ready {
        address,
        url: format!("http://{address}"),
        answer: options.answer,
        retries: options.schedule.tries() != Some(1),
        targets: options.targets.iter().map(ToString::to_string).collect(),
        provider: judge.named().map(|provider| provider.id().to_string()),
        secrets: options.secrets.clone(),
        journal: ledger.path().map(|path| path.display().to_string()),
        named_journal: words(&options.journal),
        inspector: None,
    })
}
