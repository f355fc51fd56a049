//! The README cannot rot: what it tells people to type is typed here.
//!
//! A fenced block marked `sh run` is run to its end, one marked `sh listen` is
//! started and asked to stop at the next one; all in one home, in order. Only
//! the two ports of the text are replaced, by ports of this run.

use crate::application::Door;
use crate::golden::examples::words;
use crate::harness::{Home, PATIENCE};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// What is pasted where the text says "paste".
const SECRET: &[u8] = b"an-invented-secret\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Shown,
    Run,
    Listen,
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The shell blocks of the text, in order.
fn blocks(text: &str) -> Vec<(Kind, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(Kind, String)> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (Some(_), "```") => blocks.extend(open.take()),
            (Some((_, block)), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, "```sh") => open = Some((Kind::Shown, String::new())),
            (None, "```sh run") => open = Some((Kind::Run, String::new())),
            (None, "```sh listen") => open = Some((Kind::Listen, String::new())),
            (None, _) => assert!(!line.starts_with("```sh"), "unknown mark: {line}"),
        }
    }
    blocks
}

struct Stage {
    home: Home,
    application: Door,
    listener: Door,
    listening: Option<Child>,
}

impl Stage {
    /// A shell as a user has it, with `hookctl` in its path.
    fn shell(&self, block: &str) -> Command {
        let port = |door: &Door| door.address.port().to_string();
        let script = block.replace("4400", &port(&self.listener)).replace("3000", &port(&self.application));
        let mut command = Command::new("bash");
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_hookctl")).parent().unwrap();
        let path = std::env::join_paths(
            std::iter::once(program.to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        command.args(["-euo", "pipefail", "-c", &script]).current_dir(self.home.path()).env_clear();
        command.env("PATH", path.unwrap()).env("HOME", self.home.path()).env("LANG", "C.UTF-8");
        command.env("HOOKCTL_PORT", port(&self.listener));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    fn run(&self, block: &str) {
        let ran = crate::harness::Ran::of(self.shell(block), SECRET);
        assert_eq!(ran.code(), 0, "{block}\n{}", ran.block());
    }

    fn listen(&mut self, block: &str) {
        self.stop();
        let mut child = self.shell(block).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("\n  journal ") {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{block}\n{said}");
        }
        // Both pipes must be emptied, or the listener waits for its reader.
        std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        let mut stdout = child.stdout.take().unwrap();
        std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        self.listening = Some(child);
    }

    fn stop(&mut self) {
        let Some(mut child) = self.listening.take() else { return };
        let group = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-s", "INT", "--", &group]).status().unwrap().success());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn every_command_of_the_readme_that_needs_no_network_works() {
    let mut stage = Stage {
        home: Home::default(),
        application: Door::taking(),
        listener: Door::shut(|_, _| Vec::new()),
        listening: None,
    };
    let begun = std::time::Instant::now();
    for (kind, block) in blocks(&readme()) {
        match kind {
            Kind::Run => stage.run(&block),
            Kind::Listen => stage.listen(&block),
            Kind::Shown => {}
        }
    }
    stage.stop();
    assert!(begun.elapsed() < PATIENCE, "the examples are quick");
    // Two of Koji and one of userjourneys by `trigger`, the rest by `replay`.
    assert!(stage.application.taken().len() >= 5, "{}", stage.application.taken().len());
}

#[test]
fn every_hookctl_line_of_the_readme_parses() {
    let text = readme();
    let spans = text.split('`').filter(|span| span.starts_with("hookctl ") && !span.contains("COMMAND"));
    let lines = blocks(&text).into_iter().flat_map(|(_, block)| {
        block.lines().filter(|line| line.starts_with("hookctl ")).map(str::to_owned).collect::<Vec<_>>()
    });
    let all: Vec<String> = spans.map(str::to_owned).chain(lines).collect();
    assert!(all.len() > 25, "{all:?}");
    for line in all {
        let parsed = hookctl::cli::command().try_get_matches_from(words(&line));
        assert!(parsed.is_ok(), "{line}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn the_two_commands_stand_where_they_are_looked_for() {
    let text = readme();
    for command in ["cargo run --release -- demo", "cargo test"] {
        assert_eq!(text.lines().filter(|line| *line == command).count(), 1, "{command}");
    }
}
