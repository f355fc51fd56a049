//! The workflow that the README shows is run as it stands there, step by step.

use crate::harness::{Home, require};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The job of the README: its variables and the steps that run something.
struct Job {
    variables: Vec<(String, String)>,
    steps: Vec<String>,
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Reads as much YAML as the example needs.
fn job(readme: &str) -> Job {
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let mut job = Job { variables: Vec::new(), steps: Vec::new() };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let within = indent(line);
        let block = |lines: &mut std::iter::Peekable<std::str::Lines<'_>>| {
            let mut block = Vec::new();
            while let Some(line) = lines.next_if(|line| line.trim().is_empty() || indent(line) > within) {
                block.push(line.trim_start().to_owned());
            }
            block
        };
        match line.trim_start().trim_start_matches("- ") {
            "env:" => {
                let pairs = block(&mut lines);
                let pairs = pairs.iter().map(|line| line.split_once(": ").unwrap());
                job.variables.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "run: |" => job.steps.push(block(&mut lines).join("\n")),
            other => job.steps.extend(other.strip_prefix("run: ").map(str::to_owned)),
        }
    }
    job
}

/// Runs the steps as a runner does: each in a shell of its own, those marked
/// `always()` whatever came before. Gives the exit code of the step that checks.
fn run(home: &Home, handler: &str) -> (i32, String) {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let job = job(&readme);
    assert_eq!(job.steps.len(), 3, "{:?}", job.steps);
    home.write("handler.mjs", handler);
    // Another port than the README's: somebody may have it.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut code = None;
    let mut groups = Vec::new();
    let mut said = String::new();
    for step in &job.steps {
        let mut command = shell(home, &step.replace("3000", &port));
        for (name, value) in &job.variables {
            command.env(name, value.replace("3000", &port));
        }
        command.env("GITHUB_STEP_SUMMARY", home.join("summary.md")).env("CI", "true");
        // Into a file: a pipe would stay open for as long as the application has it.
        let log = std::fs::File::create(home.join("step.log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut child = command.process_group(0).spawn().unwrap();
        groups.push(child.id());
        let ended = child.wait().unwrap();
        said.push_str(&std::fs::read_to_string(home.join("step.log")).unwrap());
        if step.contains("hookctl check") {
            code = ended.code();
        }
    }
    // The application outlives its step, as it does there.
    for group in groups {
        drop(Command::new("kill").args(["-TERM", "--", &format!("-{group}")]).output());
    }
    (code.unwrap(), said)
}

fn shell(home: &Home, script: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_hookctl")).parent().unwrap();
    let found = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program.to_owned()).chain(std::env::split_paths(&found)));
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(home.path());
    command.env_clear().env("PATH", path.unwrap()).env("HOME", home.path()).env("LANG", "C.UTF-8");
    command.stdin(std::process::Stdio::null());
    command
}

fn printed() -> String {
    require("node");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/koji.node.mjs");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_workflow_of_the_readme_passes_a_good_application() {
    let home = Home::default();
    let (code, said) = run(&home, &printed());
    assert_eq!(code, 0, "{said}");
    for (file, begins) in
        [("check.xml", "<?xml"), ("check.sarif", "{"), ("check.md", "#"), ("summary.md", "#")]
    {
        let text = std::fs::read_to_string(home.join(file)).unwrap();
        assert!(text.starts_with(begins), "{file}: {text}");
    }
}

#[test]
fn the_workflow_of_the_readme_fails_a_broken_application() {
    let home = Home::default();
    let refuses = "if (!value) return false;";
    let broken = printed().replace(refuses, "if (!value) return true;");
    assert_ne!(broken, printed());
    let (code, said) = run(&home, &broken);
    assert_eq!(code, 1, "{said}");
    assert!(std::fs::read_to_string(home.join("summary.md")).unwrap().contains("no-signature"), "{said}");
}
