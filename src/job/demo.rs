//! The main job in a few seconds, offline: a listener, an application behind
//! it, a signed delivery of each vendor over real sockets, and a forged one.
//!
//! Uses the same rooms as `listen` and `trigger` do; nothing here is staged
//! except the application, which verifies by itself like any handler should.

use crate::clock;
use crate::forward::head::HeaderRefused;
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::attempt::Outcome;
use crate::hook::provider::{Catalogue, Provider, UnknownProvider};
use crate::hook::sample;
use crate::hook::schedule::Schedule;
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::target::{PathMode, Target, TargetError};
use crate::job::judge::{Judge, SecretSource};
use crate::job::listen::{self, Ledger, ListenError, Rooms, Until};
use crate::job::report::{AnswerPolicy, Event, Report, SecretOrigin};
use crate::job::trigger::{self, Payload, Plan, TriggerError};
use crate::serve::{self, BindError, Handler, Limits, Rejection, Request, Response};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// What is sent: provider, event, and whether it is signed with the right secret.
const SCENES: [(&str, &str, bool); 3] = [
    ("koji", "interview.completed", true),
    ("userjourneys", "interview.completed", true),
    ("koji", "interview.analysis_ready", false),
];

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Status of each delivery that was sent, in order; `None` for no answer.
    pub statuses: Vec<Option<u16>>,
    /// Deliveries that the application verified by itself.
    pub verified_by_application: u64,
}

impl Told {
    /// Whether the story went as it must: the two good ones taken, the forged one refused.
    pub fn went_well(&self) -> bool {
        self.statuses == [Some(200), Some(200), Some(401)] && self.verified_by_application == 2
    }
}

/// A story that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No socket on loopback.
    #[error("cannot listen on loopback")]
    Bind(#[from] BindError),
    /// The operating system refuses something.
    #[error("the system refuses")]
    System(#[from] std::io::Error),
    /// The listener failed.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A delivery could not be built.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// The catalogue or the samples lack a part: a bug.
    #[error("a part of the demo is missing: {0}")]
    Missing(String),
}

impl From<HeaderRefused> for DemoError {
    fn from(error: HeaderRefused) -> Self {
        Self::Missing(error.to_string())
    }
}

impl From<UnknownProvider> for DemoError {
    fn from(error: UnknownProvider) -> Self {
        Self::Missing(error.to_string())
    }
}

impl From<TargetError> for DemoError {
    fn from(error: TargetError) -> Self {
        Self::Missing(error.to_string())
    }
}

/// The secrets of this run; drawn anew each time.
#[derive(Clone)]
struct Drawn(HashMap<&'static str, Secret>);

impl SecretSource for Drawn {
    fn secrets_of(&self, provider: &str) -> Result<Vec<Secret>, String> {
        Ok(self.0.get(provider).cloned().into_iter().collect())
    }

    fn for_any_provider(&self) -> bool {
        false
    }
}

fn draw(prefix: &str) -> Result<Secret, DemoError> {
    let random = format!("{prefix}{}{}", clock::fresh_id(), clock::fresh_id()).replace('-', "");
    Secret::new(random).map_err(|error| DemoError::Missing(error.to_string()))
}

/// The application under test: verifies by itself and counts.
struct Application {
    providers: Vec<(Arc<Provider>, Keys)>,
    verified: Mutex<u64>,
}

impl Handler for Application {
    async fn handle(&self, request: Request) -> Response {
        let message = crate::hook::delivery::Message {
            method: request.head.method(),
            target: request.head.target(),
            headers: request.head.headers(),
            body: &request.body,
            url: None,
        };
        let now = clock::now();
        let good = self
            .providers
            .iter()
            .any(|(provider, keys)| provider.verify(keys, &message, now, None).verified());
        if !good {
            return Response::text(401, "bad signature");
        }
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Response::text(200, "saved")
    }

    fn rejected(&self, _rejection: Rejection) {}
}

/// Tells the story; everything the listener says goes to `report`.
///
/// # Errors
/// When no socket can be opened or a part is missing.
pub async fn run(ledger: Ledger, report: Arc<dyn Report>) -> Result<Told, DemoError> {
    let catalogue = Catalogue::builtin();
    let drawn = Drawn(HashMap::from([("koji", draw("koji_")?), ("userjourneys", draw("whsec_")?)]));
    let application =
        Arc::new(Application { providers: keyed(&catalogue, &drawn)?, verified: Mutex::new(0) });
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let app_socket = serve::bind(loopback, 0)?;
    let app_target = Target::parse(&app_socket.local_addr()?.to_string(), None)?;
    let (stop_app, app_stopped) = oneshot::channel::<()>();
    let app =
        tokio::spawn(serve::run(app_socket, Limits::default(), Arc::clone(&application), until(app_stopped)));

    let socket = serve::bind(loopback, 0)?;
    let endpoint = Target::parse(&socket.local_addr()?.to_string(), None)?;
    let (stop_listener, listener_stopped) = oneshot::channel::<()>();
    let judge = Judge::new(catalogue, None, Box::new(drawn.clone()), None);
    let forwarder = Forwarder::new(ForwardOptions::default())?;
    let (_no_keys, commands) = mpsc::channel(1);
    let rooms = Rooms { ledger, judge, forwarder, interviews: None, report, commands };
    let listener = tokio::spawn(listen::run(socket, rooms, options(app_target), until(listener_stopped)));

    let statuses = send_all(&endpoint, &drawn).await;
    drop(stop_listener);
    listener.await.map_err(std::io::Error::other)??;
    drop(stop_app);
    app.await.map_err(std::io::Error::other)?;
    let verified_by_application = *application.verified.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Told { statuses: statuses?, verified_by_application })
}

async fn until(stopped: oneshot::Receiver<()>) {
    // A dropped sender is the signal.
    drop(stopped.await);
}

fn keyed(catalogue: &Catalogue, drawn: &Drawn) -> Result<Vec<(Arc<Provider>, Keys)>, DemoError> {
    let mut keyed = Vec::new();
    for (id, secret) in &drawn.0 {
        let provider = catalogue.get(id)?;
        let keys = provider
            .keys(std::slice::from_ref(secret))
            .map_err(|error| DemoError::Missing(error.to_string()))?;
        keyed.push((provider, keys));
    }
    Ok(keyed)
}

fn options(target: Target) -> listen::Options {
    listen::Options {
        answer: AnswerPolicy::Mirror,
        targets: vec![target],
        verify: true,
        require_signature: true,
        forward_unverified: false,
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
            .map(|id| SecretOrigin { provider: Some(id.to_owned()), origin: "drawn for this run".to_owned() })
            .to_vec(),
    }
}

/// Hears the attempts of the sender and remembers their statuses.
#[derive(Default)]
struct Statuses(Mutex<Vec<Option<u16>>>);

impl Report for Statuses {
    fn report(&self, event: &Event) {
        if let Event::Attempt(attempted) = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(match &attempted.attempt.outcome {
                Outcome::Answered(answer) => Some(answer.status),
                Outcome::Failed(_) => None,
            });
        }
    }
}

async fn send_all(endpoint: &Target, drawn: &Drawn) -> Result<Vec<Option<u16>>, DemoError> {
    let catalogue = Catalogue::builtin();
    let forwarder =
        Arc::new(Forwarder::new(ForwardOptions { path_mode: PathMode::Fixed, ..ForwardOptions::default() })?);
    let heard = Arc::new(Statuses::default());
    for (id, event, genuine) in SCENES {
        let provider = catalogue.get(id)?;
        let secret = if genuine { drawn.0.get(id).cloned() } else { Some(draw("forged_")?) };
        let secret = secret.ok_or_else(|| DemoError::Missing(id.to_owned()))?;
        let keys = provider.keys(&[secret]).map_err(|error| DemoError::Missing(error.to_string()))?;
        let sample = sample::find(id, event).map_err(|error| DemoError::Missing(error.to_string()))?;
        let path = Target::parse(&format!("/webhooks/{id}"), Some(endpoint))?;
        let plan = Plan {
            provider,
            keys: Some(Arc::new(keys)),
            event: event.to_owned(),
            payload: Payload::Sample { sample, edits: Vec::new() },
            target: path,
            headers: Vec::new(),
            id: None,
            at: None,
            public_key: None,
            count: 1,
            interval: None,
            schedule: Schedule::none(),
        };
        trigger::run(Arc::new(plan), Arc::clone(&forwarder), Arc::clone(&heard) as Arc<dyn Report>).await?;
    }
    let heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(heard.clone())
}
