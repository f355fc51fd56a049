//! The handlers of `tests/handlers/good` and `broken`, what they run on, and
//! what `hookctl check` must say of each.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part")]

mod compiled;
pub mod packages;
mod table;

pub use compiled::process_of_its_own;
pub use table::{BROKEN, GOOD, Handler, On};

use crate::harness::program::{Program, Supervised, clean};
use crate::harness::{Home, Ran};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every handler and every check is given. Not a secret of anybody's.
pub const SECRET: &str = "check-fake-secret-of-the-programs";

/// The test of a crate that calls [`process_of_its_own`], for handlers in Rust.
pub type Myself = &'static str;

impl Handler {
    /// The source.
    pub fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers").join(self.file)
    }

    /// The command that runs it on a port; 0 for any.
    pub fn command(&self, myself: Myself, folder: &Path, port: u16) -> Command {
        let mut command = match self.on {
            On::Rust => compiled::command(self.file, myself),
            On::Node => with("node", &self.path()),
            On::Python => with("python3", &self.path()),
            On::Express4 | On::Express5 => with("node", &packages::beside_express(self)),
            On::FastApi => with(packages::python_with("fastapi"), &self.path()),
            On::Flask => with(packages::python_with("flask"), &self.path()),
            On::Go => Command::new(packages::compiled_by_go(self)),
        };
        clean(&mut command, folder, port);
        if self.on == On::Rust {
            compiled::name(&mut command, self.file);
        }
        command.env(self.variable(), SECRET).envs(self.env.iter().copied());
        command
    }

    /// Starts it.
    pub fn start(&self, myself: Myself, folder: &Path) -> Program {
        Program::start(self.command(myself, folder, 0))
    }

    /// Starts it, and again whenever it ends.
    pub fn supervised(&'static self, myself: Myself, folder: &Path) -> Supervised {
        let folder = folder.to_owned();
        Supervised::start(move |port| self.command(myself, &folder, port))
    }

    /// The name that both the handler and hookctl know its secret by.
    pub fn variable(&self) -> String {
        format!("{}_WEBHOOK_SECRET", self.provider.to_uppercase())
    }

    /// `hookctl check --json` against a running one.
    pub fn check(&self, home: &Home, address: std::net::SocketAddr, more: &[&str]) -> Ran {
        let url = format!("http://{address}/webhooks");
        let mut args = vec!["check", &url, "--provider", self.provider, "--json", "--seed", "26"];
        let probe = format!("http://{address}/count");
        if self.counts {
            args.extend(["--probe", &probe]);
        }
        let source = self.path();
        if self.reads_source {
            args.extend(["--source", source.to_str().unwrap()]);
        }
        args.extend(self.args);
        args.extend(more);
        home.run_with(args, b"", &[(&self.variable(), SECRET)])
    }
}

fn with(program: impl AsRef<std::ffi::OsStr>, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(file);
    command
}

/// Does something with each handler, a few at once: a check waits more than it works.
pub fn with_each(
    handlers: impl Iterator<Item = &'static Handler>,
    act: impl Fn(&'static Handler) -> Vec<String> + Sync,
) -> Vec<String> {
    let (handlers, act): (Vec<_>, _) = (handlers.collect(), &act);
    let few = handlers.chunks(3).flat_map(|few| {
        std::thread::scope(|scope| {
            let running: Vec<_> = few.iter().map(|handler| scope.spawn(move || act(handler))).collect();
            running.into_iter().flat_map(|one| one.join().unwrap()).collect::<Vec<_>>()
        })
    });
    few.collect()
}

/// What was found wrong, by case: severity and symptom.
pub fn failures(ran: &Ran) -> BTreeMap<String, (String, String)> {
    let cases =
        ran.records().into_iter().filter(|record| record["type"] == "case" && record["outcome"] == "fail");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    cases.map(|case| (text(&case["id"]), (text(&case["severity"]), text(&case["code"])))).collect()
}

/// What a run got wrong about a good handler: every `must` and `should`.
pub fn false_alarms(handler: &Handler, ran: &Ran) -> Vec<String> {
    let mut wrong: Vec<String> = failures(ran)
        .into_iter()
        .filter(|(_, (severity, _))| severity != "note")
        .map(|(id, (severity, code))| format!("{}: {id} {severity} {code}", handler.file))
        .collect();
    if ran.code() != 0 || ran.records().iter().all(|record| record["outcome"] != "pass") {
        wrong.push(format!("{}: {}", handler.file, ran.block()));
    }
    wrong
}

/// What a run got wrong about a broken handler: a defect that was not found or
/// was called something else, and what was found beside it and its consequences.
pub fn misdiagnoses(handler: &Handler, ran: &Ran) -> Vec<String> {
    let found = failures(ran);
    let missed =
        handler.found.iter().filter(|(id, code)| found.get(*id).is_none_or(|(_, said)| said != code));
    let mut wrong: Vec<String> = missed
        .map(|(id, code)| format!("{}: {id} {code} is missed: {:?}", handler.file, found.get(*id)))
        .collect();
    let expected = |id: &str, code: &str| {
        handler.found.contains(&(id, code)) || handler.also.contains(&id) || handler.also.contains(&code)
    };
    let invented = found.iter().filter(|(id, (severity, code))| severity != "note" && !expected(id, code));
    wrong.extend(invented.map(|(id, found)| format!("{}: {id} {found:?} is invented", handler.file)));
    let records = ran.records();
    let mut mends = records.iter().filter(|record| handler.found.iter().any(|(id, _)| record["id"] == *id));
    if !mends.any(|record| record["mend"].as_str().is_some_and(|mend| mend.contains(handler.mend))) {
        wrong.push(format!("{}: no mend names `{}`", handler.file, handler.mend));
    }
    if !matches!(ran.code(), 0 | 1) || (ran.code() == 1) == handler.only_should {
        wrong.push(format!("{}: exit {}", handler.file, ran.code()));
    }
    if !wrong.is_empty() {
        // Such a run may not come again.
        wrong.push(ran.block());
    }
    wrong
}
