//! The load generator: keep-alive connections over raw sockets, a closed loop
//! on each, in a process of its own so that its CPU is not the server's.
//!
//! Bounded in time whatever the server does. An answer that is not 200 and a
//! connection that breaks are counted, never retried into silence.

use crate::requests::Requests;
use crate::{Failure, answer, machine};
use bytes::{Buf, BytesMut};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a request may stay unanswered once the load is over.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest a load of a fixed number of deliveries may take.
const LONGEST: Duration = Duration::from_secs(180);
/// A connection that broke this often is given up.
const BREAKS: u64 = 100;

/// When a load ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Until {
    /// After a warm-up that is not counted and a window that is.
    Time { warm_up: Duration, window: Duration },
    /// After so many deliveries.
    Count(u64),
}

/// One load.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) connections: usize,
    pub(crate) until: Until,
    /// The first event number; another one for each load, so that loads do not repeat each other.
    pub(crate) first: u64,
    /// How many different events are sent in turn.
    pub(crate) pool: u64,
    /// The server, for its CPU.
    pub(crate) process: u32,
    /// The WAL index of its journal, for its commits.
    pub(crate) wal_index: Option<PathBuf>,
}

/// What a load brought.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Load {
    /// Deliveries answered 200.
    pub(crate) delivered: u64,
    /// Deliveries answered otherwise.
    pub(crate) refused: u64,
    /// The first status that was not 200.
    pub(crate) first_refusal: Option<u16>,
    /// Connections that could not be opened or broke.
    pub(crate) broken: u64,
    /// Requests without an answer at the end.
    pub(crate) unanswered: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// CPU the server used.
    pub(crate) server_cpu_us: f64,
    /// How busy the generator's own threads were, from 0 to 1.
    pub(crate) generator_busy: f64,
    /// Commits of the journal.
    pub(crate) commits: Option<u32>,
}

/// What one connection saw.
#[derive(Default)]
struct Tally {
    nanoseconds: Vec<u64>,
    refused: u64,
    first_refusal: Option<u16>,
    broken: u64,
    unanswered: u64,
}

/// What all connections share.
struct Course {
    plan: Plan,
    requests: Requests,
    start: Instant,
    end: Instant,
    tickets: Option<AtomicU64>,
}

impl Course {
    fn new(plan: Plan) -> Self {
        let requests = Requests::render(plan.address, &plan.path, plan.first, plan.pool);
        let now = Instant::now();
        let (start, end, tickets) = match plan.until {
            Until::Time { warm_up, window } => (now + warm_up, now + warm_up + window, None),
            Until::Count(count) => (now, now + LONGEST, Some(AtomicU64::new(count))),
        };
        Self { plan, requests, start, end, tickets }
    }

    /// May a connection send another request at this moment?
    fn goes_on(&self, now: Instant) -> bool {
        let left = self.tickets.as_ref().is_none_or(|tickets| {
            tickets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        });
        left && now < self.end
    }
}

/// CPU and commits at one moment.
struct Reading {
    at: Instant,
    server: f64,
    generator: f64,
    commits: Option<u32>,
}

impl Reading {
    fn take(plan: &Plan) -> Result<Self, Failure> {
        Ok(Self {
            server: machine::cpu_us(plan.process)?,
            generator: machine::cpu_us(std::process::id())?,
            commits: plan.wal_index.as_deref().and_then(|index| machine::commits(index).ok()),
            at: Instant::now(),
        })
    }
}

/// Runs a load to its end.
pub(crate) fn run(plan: Plan) -> Result<Load, Failure> {
    let course = Arc::new(Course::new(plan));
    // Half of the cores, so that a server on a small machine has the other half.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = (cores / 2).clamp(1, course.plan.connections.max(1));
    let workers: Vec<_> = (0..threads)
        .map(|first| {
            let course = Arc::clone(&course);
            std::thread::spawn(move || drive(&course, first, threads))
        })
        .collect();
    std::thread::sleep(course.start.saturating_duration_since(Instant::now()));
    let before = Reading::take(&course.plan)?;
    if course.tickets.is_none() {
        std::thread::sleep(course.end.saturating_duration_since(Instant::now()));
    }
    let timed = course.tickets.is_none().then(|| Reading::take(&course.plan)).transpose()?;
    let mut tallies = Vec::new();
    for worker in workers {
        tallies.extend(worker.join().map_err(|_| "a thread of the generator panicked")??);
    }
    let after = timed.map_or_else(|| Reading::take(&course.plan), Ok)?;
    Ok(sum(tallies, threads, &before, &after))
}

/// Drives every `step`th connection, from `first` on, to its end.
fn drive(course: &Arc<Course>, first: usize, step: usize) -> Result<Vec<Tally>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = tokio::task::JoinSet::new();
        for index in (first..course.plan.connections).step_by(step) {
            connections.spawn(converse(Arc::clone(course), index));
        }
        Ok(connections.join_all().await)
    })
}

/// One connection from the first to the last request.
async fn converse(course: Arc<Course>, index: usize) -> Tally {
    let mut tally = Tally { nanoseconds: Vec::with_capacity(1 << 16), ..Tally::default() };
    let deadline = tokio::time::Instant::from_std(course.end + PATIENCE);
    let talk = send_all(&course, index, &mut tally);
    if tokio::time::timeout_at(deadline, talk).await.is_err() {
        tally.unanswered += 1;
    }
    tally
}

async fn send_all(course: &Course, index: usize, tally: &mut Tally) {
    // Connections start evenly spread over the pool, so that no two send one event at one moment.
    let mut place = index * course.requests.count() / course.plan.connections;
    let mut open: Option<Connection> = None;
    let mut now = Instant::now();
    while course.goes_on(now) {
        let began = now;
        let connection = match open.take() {
            Some(connection) => Ok(connection),
            None => Connection::open(course.plan.address).await,
        };
        let exchanged = match connection {
            Ok(connection) => connection.exchange(course.requests.at(place)).await,
            Err(error) => Err(error),
        };
        now = Instant::now();
        place += 1;
        let Ok((status, kept)) = exchanged else {
            tally.broken += 1;
            if tally.broken >= BREAKS {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            now = Instant::now();
            continue;
        };
        open = kept;
        if status != 200 {
            tally.refused += 1;
            tally.first_refusal.get_or_insert(status);
        } else if now >= course.start && now < course.end {
            tally.nanoseconds.push(u64::try_from(now.duration_since(began).as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

/// A keep-alive connection between two exchanges.
struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its answer; gives the connection back when the server keeps it.
    async fn exchange(mut self, request: &[u8]) -> Result<(u16, Option<Self>), Failure> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(answer) = answer::read(&self.buffer)? {
                self.buffer.advance(answer.length);
                return Ok((answer.status, (!answer.closes).then_some(self)));
            }
            self.buffer.reserve(2048);
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection within an answer".into());
            }
        }
    }
}

fn sum(tallies: Vec<Tally>, threads: usize, before: &Reading, after: &Reading) -> Load {
    let seconds = after.at.duration_since(before.at).as_secs_f64();
    let mut load = Load {
        seconds,
        server_cpu_us: after.server - before.server,
        generator_busy: (after.generator - before.generator) / (seconds * 1e6 * threads as f64),
        commits: after.commits.zip(before.commits).map(|(after, before)| after.wrapping_sub(before)),
        ..Load::default()
    };
    let mut nanoseconds = Vec::new();
    for tally in tallies {
        load.refused += tally.refused;
        load.first_refusal = load.first_refusal.or(tally.first_refusal);
        load.broken += tally.broken;
        load.unanswered += tally.unanswered;
        nanoseconds.extend(tally.nanoseconds);
    }
    nanoseconds.sort_unstable();
    load.delivered = nanoseconds.len() as u64;
    load.p50_us = share(&nanoseconds, 0.50);
    load.p99_us = share(&nanoseconds, 0.99);
    load
}

/// The microseconds below which a share of the sorted nanoseconds lies.
fn share(sorted: &[u64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (last as f64 * share).round() as usize;
    sorted.get(place).map_or(0.0, |nanoseconds| *nanoseconds as f64 / 1000.0)
}
