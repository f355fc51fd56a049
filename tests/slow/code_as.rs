//! Requests as commands of a shell, run for real with curl and HTTPie: what
//! arrives is what was to be sent, and nothing of a hostile sender's runs.
//!
//! In every shell of this machine that people have; HTTPie is installed below
//! the build's folder, pinned by hash. Node and Python are in the fast tests.

use crate::harness::requests::{Hostile, TRACE, table};
use crate::harness::target::{Application, Received};
use crate::harness::{Ran, require};
use crate::programs::packages::python_programs;
use hookctl::hook::code::{Form, MOST_INLINE, Request, code};
use hookctl::hook::headers::Headers;
use std::path::Path;
use std::process::{Command, Stdio};

/// Shells that read the same words; fish and zsh where they are installed.
const SHELLS: [&str; 4] = ["sh", "bash", "zsh", "fish"];

fn shells() -> Vec<&'static str> {
    let there = |shell: &&str| {
        let found = Command::new(shell).args(["-c", "true"]).stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    SHELLS.into_iter().filter(there).collect()
}

fn written(form: Form, hostile: &Hostile, application: &Application) -> Result<String, String> {
    let mut pairs = vec![("Host", application.address.to_string().into_bytes())];
    pairs.extend(hostile.fields.iter().cloned());
    pairs.push(("Content-Length", hostile.body.len().to_string().into_bytes()));
    let headers = Headers::from_pairs(pairs);
    let origin = application.url();
    let (target, body) = (hostile.target.as_str(), hostile.body.as_slice());
    let request =
        Request { method: "POST", origin: &origin, target, headers: &headers, body, file: "delivery-1.body" };
    code(form, &request).map_err(|error| error.to_string())
}

/// Has a shell read the text, in a folder that must stay as it is.
fn run(shell: &str, text: &str, folder: &Path, path: Option<&Path>) {
    let mut command = Command::new(shell);
    command.args(["-c", text]).current_dir(folder).env("HOME", folder);
    if let Some(first) = path {
        let rest = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{rest}", first.display()));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ran = Ran::of(command, b"");
    assert!(ran.status.success(), "{shell}: {}\n{text}", ran.block());
}

/// The header lines, names in small letters, in the order of the alphabet.
fn fields(came: &Received) -> Vec<(String, Vec<u8>)> {
    let lines = came.head.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii);
    let mut fields: Vec<_> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').unwrap();
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            (name, line[colon + 1..].trim_ascii().to_vec())
        })
        .collect();
    fields.sort();
    fields
}

fn expected(hostile: &Hostile, application: &Application) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<_> =
        hostile.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    fields.push(("host".to_owned(), application.address.to_string().into_bytes()));
    fields.push(("content-length".to_owned(), hostile.body.len().to_string().into_bytes()));
    fields.sort();
    fields
}

fn escaped(target: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    target.bytes().map(byte).collect()
}

/// Runs every request in these shells; gives the names of those that were refused.
fn all_arrive(form: Form, shells: &[&str], path: Option<&Path>) -> Vec<&'static str> {
    let (folder, application) = (tempfile::tempdir().unwrap(), Application::start());
    let (mut seen, mut refused) = (0, Vec::new());
    for hostile in table() {
        let Ok(text) = written(form, &hostile, &application) else {
            refused.push(hostile.name);
            continue;
        };
        assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'), "{text:?}");
        for shell in shells {
            run(shell, &text, folder.path(), path);
            let all = application.received();
            seen += 1;
            assert_eq!(all.len(), seen, "{shell}: {}: one request each", hostile.name);
            let came = all.last().unwrap();
            assert_eq!(came.target(), escaped(&hostile.target), "{shell}: {}", hostile.name);
            assert_eq!(came.body, hostile.body, "{shell}: {}", hostile.name);
            assert_eq!(fields(came), expected(&hostile, &application), "{shell}: {}", hostile.name);
            assert!(!folder.path().join(TRACE).exists(), "{shell}: {}\n{text}", hostile.name);
        }
    }
    refused
}

#[test]
fn curl_sends_what_was_to_be_sent_from_every_shell() {
    require("curl");
    require("bash");
    assert_eq!(all_arrive(Form::Curl, &shells(), None), [""; 0]);
}

#[test]
fn httpie_sends_what_was_to_be_sent_or_is_not_written() {
    let refused = all_arrive(Form::Httpie, &["sh"], Some(&python_programs("httpie")));
    assert_eq!(
        refused,
        ["no text", "a backslash for HTTPie", "quotes", "globs"],
        "each is said to be one that HTTPie would change"
    );
}

#[test]
fn a_large_body_comes_from_the_file_beside_it() {
    require("curl");
    let mut hostile = table().remove(0);
    hostile.body = (0..=255).cycle().take(MOST_INLINE + 1).collect();
    for (form, path) in [(Form::Curl, None), (Form::Httpie, Some(python_programs("httpie")))] {
        let (folder, application) = (tempfile::tempdir().unwrap(), Application::start());
        std::fs::write(folder.path().join("delivery-1.body"), &hostile.body).unwrap();
        run("sh", &written(form, &hostile, &application).unwrap(), folder.path(), path.as_deref());
        assert_eq!(application.received()[0].body, hostile.body);
    }
}

/// The control: quoted as a POSIX shell alone would have it, fish runs what the sender wrote.
#[test]
fn the_quote_of_a_posix_shell_is_not_enough_for_fish() {
    if !shells().contains(&"fish") {
        return;
    }
    let word = r"\'; touch trace; #";
    let for_posix = format!("'{}'", word.replace('\'', r"'\''"));
    let ours = String::from_utf8(hookctl::hook::curl::quote(word.as_bytes())).unwrap();
    for (quoted, runs) in [(for_posix, true), (ours, false)] {
        let folder = tempfile::tempdir().unwrap();
        run("fish", &format!("echo {quoted}"), folder.path(), None);
        assert_eq!(folder.path().join(TRACE).exists(), runs, "{quoted}");
    }
}
