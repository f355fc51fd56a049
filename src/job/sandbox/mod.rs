//! A stand-in of both vendors on this machine: REST API, participant page,
//! signed webhooks, on a clock that can be moved.
//!
//! Listens on loopback alone. It is one developer's toy: its keys open nothing
//! else, and what a vendor leaves undocumented is invented here and marked so.

mod asked;
pub mod clock;
mod control;
pub mod conversation;
pub mod deliveries;
pub mod faults;
mod guard;
pub mod history;
pub mod koji;
mod page;
mod paging;
pub mod payload;
pub mod period;
mod rates;
mod reply;
pub mod script;
mod seed;
pub mod state;
pub mod timetable;
pub mod trouble;
pub mod understood;
mod userjourneys;
mod web;
pub mod world;

use crate::clock as system;
use crate::hook::time::Timestamp;
use crate::serve::{self, BindError, Limits};
use clock::Clock;
use deliveries::{Deliveries, Delivering};
use koji::Generation;
use state::keys::Key;
use state::studies::Study;
use state::{Place, StateError, Store};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trouble::{Trouble, Troubles};
use world::World;

/// What a sandbox is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// How many times faster its clock goes; 0 stands still until it is advanced.
    pub speed: f64,
    /// What its clock shows at first; real time unless named. A kept state never goes back in time.
    pub start_at: Option<Timestamp>,
    /// Where its state is kept.
    pub state: Place,
    /// Whether the retired `GET /experiments` answers.
    pub legacy: bool,
    /// Which of Koji's two APIs answers.
    pub koji_api: Generation,
    /// Calls a minute that Koji's API takes from one key.
    pub koji_rate: u32,
    /// How its REST API misbehaves from the start.
    pub troubles: Vec<Trouble>,
    /// How it delivers webhooks.
    pub delivering: Delivering,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            speed: 1.0,
            start_at: None,
            state: Place::Memory,
            legacy: false,
            koji_api: Generation::Both,
            koji_rate: 60,
            troubles: Vec::new(),
            delivering: Delivering::default(),
        }
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port cannot be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The operating system refuses something.
    #[error("the system refuses")]
    System(#[from] std::io::Error),
}

/// A sandbox that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The base URL of userjourneys' API.
    pub uj_base: String,
    /// The base URL of Koji's API.
    pub koji_base: String,
    /// Its API keys; the first of each vendor is the one to use.
    pub keys: Vec<Key>,
    /// Its studies, newest first.
    pub studies: Vec<Study>,
    /// Everything inside it, for whoever runs in the same process.
    pub world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts a sandbox; it answers once this returns. Needs a tokio runtime around it.
///
/// # Errors
/// When the port or the state cannot be had.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    let socket = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port)?;
    let address = socket.local_addr()?;
    let (store, fresh) = Store::open(&options.state)?;
    let shown = seed::first_moment(&store, &options, system::now())?;
    if fresh {
        seed::plant(&store, shown)?;
    }
    let world = Arc::new(World {
        clock: Clock::new(shown, options.speed),
        url: format!("http://{address}"),
        deliveries: Deliveries::default(),
        troubles: Troubles::new(options.troubles.clone()),
        rates: rates::Rates::default(),
        store,
        options,
    });
    world.deliveries.recover(&world)?;
    let (keys, studies) = world.store.with(|db| Ok((Key::all(db)?, Study::all(db)?)))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let door = Arc::new(web::Door::new(Arc::clone(&world)));
    let until = async move { drop(stopped.await) };
    let server = tokio::spawn(async move {
        serve::run(socket, limits(), door, until).await;
    });
    let sender = tokio::spawn(Deliveries::run(Arc::clone(&world)));
    Ok(Running {
        address,
        uj_base: world.userjourneys_base(),
        koji_base: world.koji_base(),
        keys,
        studies,
        world,
        stop: Some(stop),
        tasks: vec![server, sender],
    })
}

impl Running {
    /// The key to use with a vendor.
    pub fn key(&self, provider: &str) -> Option<&str> {
        self.keys.iter().find(|key| key.provider == provider).map(|key| key.key.as_str())
    }

    /// Answers what is in hand, keeps the state and ends.
    ///
    /// # Errors
    /// When the state cannot be kept.
    pub async fn stop(mut self) -> Result<(), SandboxError> {
        drop(self.stop.take());
        let mut tasks = std::mem::take(&mut self.tasks).into_iter();
        if let Some(server) = tasks.next() {
            drop(server.await);
        }
        tasks.for_each(|task| task.abort());
        Ok(seed::keep_moment(&self.world)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A vendor's API takes small bodies.
fn limits() -> Limits {
    Limits { max_body: 1 << 20, max_bytes_in_flight: 8 << 20, ..Limits::default() }
}
