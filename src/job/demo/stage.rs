//! What the story is played on: sandbox, application, listener, each on a free
//! port of this machine, and the ear that hears what the listener says.

use super::application::Application;
use super::step::Step;
use super::{Done, SetUp};
use crate::clock;
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::provider::Catalogue;
use crate::hook::schedule::Schedule;
use crate::hook::secret::Secret;
use crate::hook::target::Target;
use crate::job::judge::{Judge, SecretSource};
use crate::job::listen::{self, Rooms, Until};
use crate::job::report::{AnswerPolicy, Delivered, Event, Report, SecretOrigin};
use crate::job::sandbox::{self, Running};
use crate::outbound::api::{Api, ApiOptions};
use crate::serve::{self, Limits};
use crate::vendor::{BaseUrl, Client};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as Socket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How long the story waits for anything that has to come.
const PATIENCE: Duration = Duration::from_secs(20);
/// More deliveries than a story has.
const MOST_HEARD: usize = 256;
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server of the story; it stops when this is dropped.
pub(super) struct Server<T> {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<T>,
}

impl<T> Server<T> {
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it and waits until it has ended.
    pub(super) async fn end(self) -> Option<T> {
        drop(self.stop);
        self.task.await.ok()
    }
}

/// A port of its own; one that is taken where the step is to fail.
fn port(taken: bool) -> Result<(u16, Option<Socket>), String> {
    if !taken {
        return Ok((0, None));
    }
    let socket = Socket::bind((LOOPBACK, 0)).map_err(|error| error.to_string())?;
    let port = socket.local_addr().map_err(|error| error.to_string())?.port();
    Ok((port, Some(socket)))
}

async fn until(stopped: oneshot::Receiver<()>) {
    // A dropped sender is the signal.
    drop(stopped.await);
}

/// Starts the stand-ins of both vendors.
pub(super) async fn sandbox(broken: bool) -> Result<(Running, Done), String> {
    let (port, _taken) = port(broken)?;
    let options = sandbox::Options { port, ..sandbox::Options::default() };
    let running = sandbox::start(options).await.map_err(|error| error.to_string())?;
    let what = format!("userjourneys at {}, Koji at {}", running.uj_base, running.koji_base);
    Ok((running, Done { what, commands: vec!["hookctl sandbox".to_owned()] }))
}

/// Starts the application.
pub(super) fn application(
    application: &Arc<Application>,
    broken: bool,
) -> Result<(Server<()>, Done), String> {
    let (port, _taken) = port(broken)?;
    let socket = serve::bind(LOOPBACK, port).map_err(|error| error.to_string())?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    let (stop, stopped) = oneshot::channel::<()>();
    let handler = Arc::clone(application);
    let task = tokio::spawn(async move {
        serve::run(socket, Limits::default(), handler, until(stopped)).await;
    });
    let server = Server { address, stop, task };
    let what = format!("at {}/webhooks/…", server.url());
    Ok((server, Done { what, commands: Vec::new() }))
}

/// The listener, and what is heard of it.
pub(super) struct Listener {
    pub(super) server: Server<Result<(), String>>,
    pub(super) secrets: Arc<Secrets>,
    heard: mpsc::Receiver<Arc<Delivered>>,
}

/// Starts the listener in front of the application.
pub(super) async fn listener(set_up: SetUp, app: SocketAddr) -> Result<(Listener, Done), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let (port, _taken) = port(set_up.broken == Some(Step::Listen))?;
    let socket = serve::bind(LOOPBACK, port).map_err(|error| said(&error))?;
    let address = socket.local_addr().map_err(|error| said(&error))?;
    let target = Target::parse(&app.to_string(), None).map_err(|error| said(&error))?;
    let (ear, heard) = mpsc::channel(MOST_HEARD);
    let secrets = Arc::new(Secrets::default());
    let (ready, is_ready) = oneshot::channel::<()>();
    let (_no_keys, commands) = mpsc::channel(1);
    let rooms = Rooms {
        ledger: set_up.ledger,
        judge: Arc::new(Judge::new(Catalogue::builtin(), None, Box::new(Arc::clone(&secrets)), None)),
        forwarder: Forwarder::new(ForwardOptions::default()).map_err(|error| said(&error))?,
        report: Arc::new(Ear { report: set_up.report, ear, ready: Mutex::new(Some(ready)) }),
        interviews: None,
        commands,
        inspector: None,
    };
    let options = options(target, set_up.broken == Some(Step::Forged));
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let ran = listen::run(socket, rooms, options, until(stopped)).await;
        ran.map(drop).map_err(|error| error.to_string())
    });
    until(is_ready).await;
    let server = Server { address, stop, task };
    let what = format!("at {}, in front of http://{app}", server.url());
    let commands = vec![format!("hookctl listen --forward http://{app}")];
    Ok((Listener { server, secrets, heard }, Done { what, commands }))
}

fn options(target: Target, trusting: bool) -> listen::Options {
    listen::Options {
        answer: AnswerPolicy::Mirror,
        targets: vec![target],
        verify: !trusting,
        require_signature: !trusting,
        forward_unverified: trusting,
        events: Vec::new(),
        filter: None,
        until: Until::Stopped,
        run_for: None,
        expect_status: None,
        public_url: None,
        schedule: Schedule::none(),
        timeout: None,
        protected: Vec::new(),
        limits: Limits::default(),
        secrets: ["koji", "userjourneys"]
            .map(|id| SecretOrigin {
                provider: Some(id.to_owned()),
                origin: "the sandbox".to_owned(),
                file: None,
            })
            .to_vec(),
        replay: Vec::new(),
        journal: Vec::new(),
        judging: Vec::new(),
        again: Vec::new(),
    }
}

impl Listener {
    /// The next delivery that is the wanted one.
    pub(super) async fn hears(
        &mut self,
        what: &str,
        wanted: impl Fn(&Delivered) -> bool,
    ) -> Result<Arc<Delivered>, String> {
        let heard = async {
            while let Some(delivered) = self.heard.recv().await {
                if wanted(&delivered) {
                    return Some(delivered);
                }
            }
            None
        };
        match tokio::time::timeout(PATIENCE, heard).await {
            Ok(Some(delivered)) => Ok(delivered),
            Ok(None) => Err("the listener ended".to_owned()),
            Err(_late) => Err(format!("{what} did not arrive within {} s", PATIENCE.as_secs())),
        }
    }
}

/// Passes on what the listener says, and keeps an ear on deliveries.
struct Ear {
    report: Arc<dyn Report>,
    ear: mpsc::Sender<Arc<Delivered>>,
    /// Dropped when the listener is ready.
    ready: Mutex<Option<oneshot::Sender<()>>>,
}

impl Report for Ear {
    fn report(&self, event: &Event) {
        // Shown first: the story goes on when it hears of it. Its forgery is no riddle.
        if !matches!(event, Event::Unexplained { .. }) {
            self.report.report(event);
        }
        match event {
            // A full ear hears no more; what is missing is then missed, and the story fails.
            Event::Delivery(delivered) => drop(self.ear.try_send(Arc::clone(delivered))),
            Event::Ready(_) => drop(self.ready.lock().unwrap_or_else(PoisonError::into_inner).take()),
            _ => {}
        }
    }
}

/// The signing secrets, as they become known.
#[derive(Default)]
pub(super) struct Secrets(Mutex<HashMap<String, Secret>>);

impl Secrets {
    pub(super) fn keep(&self, provider: &str, secret: Secret) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.to_owned(), secret);
    }
}

impl SecretSource for Arc<Secrets> {
    fn secrets_of(&self, provider: &str) -> Result<Vec<Secret>, String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.get(provider).cloned().into_iter().collect())
    }

    fn for_any_provider(&self) -> bool {
        false
    }
}

/// A client of the sandbox's API.
pub(super) fn client(base: &str, key: &str) -> Result<Client, String> {
    let base = BaseUrl::parse(base).map_err(|error| error.to_string())?;
    let key = Secret::new(key).map_err(|error| error.to_string())?;
    Ok(Client::new(Api::new(ApiOptions::default()), base, Some(key)))
}

/// A secret that nobody else has.
pub(super) fn drawn(prefix: &str) -> Result<Secret, String> {
    let random = format!("{prefix}{}{}", clock::fresh_id(), clock::fresh_id()).replace('-', "");
    Secret::new(random).map_err(|error| error.to_string())
}
