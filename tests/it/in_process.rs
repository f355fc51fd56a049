//! The listening job inside this process, with real sockets and a real journal,
//! for tests that need a compressed timetable or short limits. Its own runtime,
//! so that the tests stay ordinary threads.

use crate::application::{KOJI, Vendor};
use crate::harness::PATIENCE;
use hookctl::forward::{ForwardOptions, Forwarder};
use hookctl::hook::provider::Catalogue;
use hookctl::hook::schedule::Schedule;
use hookctl::hook::secret::Secret;
use hookctl::hook::target::Target;
use hookctl::job::judge::{Judge, SecretSource};
use hookctl::job::listen::{self, Command, Ledger, ListenError, Options, Outcome, Rooms, Until};
use hookctl::job::report::{AnswerPolicy, Attempted, Event, Next, Report};
use hookctl::journal::{self, Durability, Journal, Reader};
use hookctl::serve::{self, Limits};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Knows the secret of one vendor.
struct Knows(Vendor);

impl SecretSource for Knows {
    fn secrets_of(&self, provider: &str) -> Result<Vec<Secret>, String> {
        Ok((provider == self.0.id).then(|| Secret::new(self.0.secret).unwrap()).into_iter().collect())
    }

    fn for_any_provider(&self) -> bool {
        false
    }
}

/// Tells every event to the test.
struct Tells(Mutex<Sender<Event>>);

impl Report for Tells {
    fn report(&self, event: &Event) {
        // A test that has seen enough no longer listens.
        drop(self.0.lock().unwrap().send(event.clone()));
    }
}

/// A running job.
pub(crate) struct Job {
    pub(crate) address: SocketAddr,
    events: Receiver<Event>,
    keys: mpsc::Sender<Command>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Outcome, ListenError>>,
    runtime: Runtime,
}

/// The options of a listener that forwards Koji's deliveries to these targets.
pub(crate) fn options(answer: AnswerPolicy, targets: &[String]) -> Options {
    Options {
        answer,
        targets: targets.iter().map(|target| Target::parse(target, None).unwrap()).collect(),
        verify: true,
        require_signature: true,
        forward_unverified: false,
        events: Vec::new(),
        filter: None,
        until: Until::Stopped,
        run_for: None,
        expect_status: None,
        public_url: None,
        timeout: Some(PATIENCE),
        schedule: Schedule::none(),
        protected: Vec::new(),
        limits: Limits::default(),
        secrets: Vec::new(),
        replay: Vec::new(),
        journal: Vec::new(),
        judging: Vec::new(),
        again: Vec::new(),
    }
}

impl Job {
    /// Starts it on a free port.
    pub(crate) fn start(journal: &Path, options: Options) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (tell, events) = channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (keys, commands) = mpsc::channel(1);
        let keys_to_the_end = keys.clone();
        let ledger = journal::Options { durability: Durability::Off, ..journal::Options::default() };
        let rooms = Rooms {
            interviews: None,
            ledger: Ledger::Journal(Journal::open(journal, ledger).unwrap()),
            judge: Arc::new(Judge::new(Catalogue::builtin(), None, Box::new(Knows(KOJI)), None)),
            forwarder: Forwarder::new(ForwardOptions {
                timeout: Duration::ZERO,
                ..ForwardOptions::default()
            })
            .unwrap(),
            report: Arc::new(Tells(Mutex::new(tell))),
            commands,
            inspector: None,
        };
        let bind = async { serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).unwrap() };
        let socket = runtime.block_on(bind);
        let address = socket.local_addr().unwrap();
        let until_stopped = async { drop(stopped.await) };
        let task = runtime.spawn(async move {
            let outcome = listen::run(socket, rooms, options, until_stopped).await;
            drop(keys_to_the_end);
            outcome
        });
        Self { address, events, keys, stop, task, runtime }
    }

    /// What a key does in a terminal.
    pub(crate) fn press(&self, command: Command) {
        self.runtime.block_on(self.keys.send(command)).expect("it runs");
    }

    /// The next event that `pick` takes; others are passed over.
    #[track_caller]
    pub(crate) fn next<T>(&self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("the event comes");
            if let Some(picked) = pick(event) {
                return picked;
            }
        }
    }

    /// The next attempt after an answer.
    #[track_caller]
    pub(crate) fn next_attempt(&self) -> Arc<Attempted> {
        self.next(|event| match event {
            Event::Attempt(attempted) => Some(attempted),
            _ => None,
        })
    }

    /// Waits until nothing is to be tried any more for this delivery, and says how that ended.
    #[track_caller]
    pub(crate) fn settled(&self, seq: u64) -> Next {
        loop {
            let attempted = self.next_attempt();
            if attempted.seq == seq && !matches!(attempted.next, Next::RetryAt(_)) {
                return attempted.next;
            }
        }
    }

    /// Asks it to stop, without waiting.
    pub(crate) fn ask_to_stop(self) -> Stopping {
        self.stop.send(()).expect("it runs");
        Stopping { events: self.events, task: self.task, runtime: self.runtime }
    }

    /// Stops it and gives what it had to say.
    pub(crate) fn stop(self) -> (Outcome, Vec<Event>) {
        self.ask_to_stop().wait()
    }
}

/// A job that was asked to stop.
pub(crate) struct Stopping {
    events: Receiver<Event>,
    task: JoinHandle<Result<Outcome, ListenError>>,
    runtime: Runtime,
}

impl Stopping {
    pub(crate) fn wait(self) -> (Outcome, Vec<Event>) {
        let ended = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, self.task).await });
        let outcome = ended.expect("it stops").unwrap().unwrap();
        (outcome, self.events.try_iter().collect())
    }
}

/// Koji's delivery number n, signed.
pub(crate) fn koji(number: usize) -> (String, Vec<u8>) {
    let body = format!(
        "{{\"type\":\"interview.completed\",\"data\":{{\"interview_id\":\"n-{number}\",\"study_id\":\"s\"}}}}"
    );
    (KOJI.signature(body.as_bytes()), body.into_bytes())
}

/// The number in a body that `koji` made.
pub(crate) fn number_of(body: &[u8]) -> usize {
    let text = std::str::from_utf8(body).unwrap();
    let rest = text.split_once("\"n-").unwrap().1;
    rest.split_once('"').unwrap().0.parse().unwrap()
}

/// Reads the journal of a job, running or not.
pub(crate) fn reader(journal: &Path) -> Reader {
    Reader::open(journal).unwrap()
}
