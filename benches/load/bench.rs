//! What every scenario needs: the settings of the run, the baselines, one load.

use crate::generator::{Load, Plan, Until};
use crate::listen::Hookctl;
use crate::server::{self, Server};
use crate::{Failure, role_command};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Events of a load: few enough for the generator's cache, enough that a repeat comes late.
const POOL: u64 = 4096;

/// One run of the benchmark.
pub(crate) struct Bench {
    pub(crate) rounds: usize,
    pub(crate) window: Duration,
    pub(crate) hookctl: Hookctl,
    scratch: PathBuf,
    next_event: Cell<u64>,
}

impl Bench {
    pub(crate) fn new(rounds: usize, window: Duration, program: &Path) -> Result<Self, Failure> {
        // Not the system's folder for temporary files: that is often memory, where a sync costs nothing.
        let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        std::fs::create_dir_all(&scratch)?;
        let hookctl = Hookctl::new(program, &scratch)?;
        Ok(Self { rounds, window, hookctl, scratch, next_event: Cell::new(0) })
    }

    /// A folder on a real disk.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    pub(crate) fn bare(&self) -> Result<Server, Failure> {
        server::start("bare hyper", &mut role_command("bare", "")?)
    }

    pub(crate) fn target(&self) -> Result<Server, Failure> {
        server::start("target", &mut role_command("target", "")?)
    }

    pub(crate) fn forwarder(&self, target: &Server) -> Result<Server, Failure> {
        server::start("minimal forwarder", &mut role_command("forwarder", &target.address.to_string())?)
    }

    /// The minimal forwarder that keeps each body first, in a database in `folder`.
    pub(crate) fn keeper(&self, target: &Server, folder: &Path) -> Result<Server, Failure> {
        let argument = format!("{} {}", target.address, folder.display());
        server::start("minimal forwarder that keeps", &mut role_command("keeper", &argument)?)
    }

    /// One load of the run's length, after a warm-up of a fifth of it.
    pub(crate) fn load(&self, server: &Server, connections: usize) -> Result<Load, Failure> {
        self.load_journalled(server, connections, None)
    }

    /// The same, counting the commits of a journal.
    pub(crate) fn load_journalled(
        &self,
        server: &Server,
        connections: usize,
        wal_index: Option<PathBuf>,
    ) -> Result<Load, Failure> {
        let until = Until::Time { warm_up: self.window / 5, window: self.window };
        self.generate(server, connections, until, POOL, wal_index)
    }

    /// A load of so many deliveries, each another event.
    pub(crate) fn deliver(&self, server: &Server, connections: usize, count: u64) -> Result<Load, Failure> {
        self.generate(server, connections, Until::Count(count), count, None)
    }

    fn generate(
        &self,
        server: &Server,
        connections: usize,
        until: Until,
        pool: u64,
        wal_index: Option<PathBuf>,
    ) -> Result<Load, Failure> {
        let first = self.next_event.get();
        self.next_event.set(first + pool);
        let plan = Plan {
            address: server.address,
            path: server.path.clone(),
            connections,
            until,
            first,
            pool,
            process: server.process(),
            wal_index,
        };
        let mut generator = role_command("generator", &serde_json::to_string(&plan)?)?;
        let output = generator.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            format!("the load generator failed on {} ({}): {error}", server.name, output.status).into()
        })
    }
}
