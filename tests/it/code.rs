//! Requests as code, run for real: what arrives is what was to be sent, and
//! nothing of a hostile sender's runs. curl and HTTPie are in the slow tests.

use crate::harness::requests::{Hostile, TRACE, table};
use crate::harness::target::{Application, Received};
use crate::harness::{Ran, require};
use hookctl::hook::code::{Form, MOST_INLINE, Request, code};
use hookctl::hook::headers::Headers;
use std::path::Path;
use std::process::{Command, Stdio};

/// The fields of a hostile request as a target would get them.
fn headers(hostile: &Hostile, authority: &str) -> Headers {
    let mut pairs = vec![("Host", authority.as_bytes().to_vec())];
    pairs.extend(hostile.fields.iter().cloned());
    let length = hostile.body.len().to_string().into_bytes();
    pairs.push(("Content-Length", length));
    Headers::from_pairs(pairs)
}

fn written(form: Form, hostile: &Hostile, application: &Application) -> (Headers, Option<String>) {
    let headers = headers(hostile, &application.address.to_string());
    let text = code(
        form,
        &Request {
            method: "POST",
            origin: &application.url(),
            target: &hostile.target,
            headers: &headers,
            body: &hostile.body,
            file: "delivery-1.body",
        },
    );
    (headers, text.ok())
}

/// Runs every script in one process, one after the other, and gives what came.
fn run(form: Form, texts: &[String], folder: &Path, application: &Application) -> Vec<Received> {
    let (program, ending, runner) = match form {
        Form::Python => {
            ("python3", "py", "import runpy, sys\nfor file in sys.argv[1:]:\n    runpy.run_path(file)\n")
        }
        _ => ("node", "mjs", "for (const file of process.argv.slice(2)) await import(`./${file}`);\n"),
    };
    require(program);
    std::fs::write(folder.join(format!("all.{ending}")), runner).unwrap();
    let mut command = Command::new(program);
    command.arg(format!("all.{ending}"));
    for (at, text) in texts.iter().enumerate() {
        let file = format!("send{at}.{ending}");
        std::fs::write(folder.join(&file), text).unwrap();
        command.arg(file);
    }
    command.current_dir(folder).env_remove("PYTHONPATH").env_remove("NODE_OPTIONS");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ran = Ran::of(command, b"");
    assert!(ran.status.success(), "{}", ran.block());
    let came = application.received();
    assert_eq!(came.len(), texts.len(), "one request each");
    came
}

/// The target as clients write it: what is not ASCII is escaped.
fn escaped(target: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    target.bytes().map(byte).collect()
}

#[test]
fn python_sends_the_very_lines_and_runs_nothing() {
    let (folder, application, table) = (tempfile::tempdir().unwrap(), Application::start(), table());
    let written = table.iter().map(|hostile| written(Form::Python, hostile, &application));
    let (heads, texts): (Vec<_>, Vec<_>) = written.map(|(head, text)| (head, text.unwrap())).unzip();
    let came = run(Form::Python, &texts, folder.path(), &application);
    for ((hostile, headers), came) in table.iter().zip(heads).zip(came) {
        let line = format!("POST {} HTTP/1.1\r\n", escaped(&hostile.target));
        let head = [line.as_bytes(), headers.block(), b"\r\n"].concat();
        assert_eq!(String::from_utf8_lossy(&came.head), String::from_utf8_lossy(&head), "{}", hostile.name);
        assert_eq!((came.head, &came.body), (head, &hostile.body), "{}", hostile.name);
    }
    assert!(!folder.path().join(TRACE).exists());
}

#[test]
fn fetch_sends_the_fields_and_the_body_and_runs_nothing() {
    let (folder, application, mut table) = (tempfile::tempdir().unwrap(), Application::start(), table());
    // What fetch would write otherwise is refused.
    table.retain(|hostile| !["quotes", "globs"].contains(&hostile.name));
    let texts: Vec<_> =
        table.iter().map(|hostile| written(Form::Fetch, hostile, &application).1.unwrap()).collect();
    let came = run(Form::Fetch, &texts, folder.path(), &application);
    for (hostile, came) in table.iter().zip(came) {
        assert_eq!(came.body, hostile.body, "{}", hostile.name);
        let line = format!("POST {} HTTP/1.1\r\n", escaped(&hostile.target));
        assert!(came.head.starts_with(line.as_bytes()), "{}", hostile.name);
        for (name, _) in &hostile.fields {
            let same = hostile.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            let same: Vec<Vec<u8>> = same.map(|(_, value)| value.clone()).collect();
            assert_eq!(came.values(name), [same.join(&b", "[..])], "{}: {name}", hostile.name);
        }
    }
    assert!(!folder.path().join(TRACE).exists());
}

#[test]
fn a_large_body_comes_from_the_file_beside_it() {
    let mut hostile = table().remove(0);
    hostile.body = (0..=255).cycle().take(MOST_INLINE + 1).collect();
    for form in [Form::Python, Form::Fetch] {
        let (folder, application) = (tempfile::tempdir().unwrap(), Application::start());
        std::fs::write(folder.path().join("delivery-1.body"), &hostile.body).unwrap();
        let text = written(form, &hostile, &application).1.unwrap();
        assert_eq!(run(form, &[text], folder.path(), &application)[0].body, hostile.body);
    }
}

/// The control: a sender gets through where the words are put in as they are.
#[test]
fn a_word_that_is_not_quoted_leaves_a_trace() {
    let (folder, application) = (tempfile::tempdir().unwrap(), Application::start());
    let hostile = table().into_iter().find(|hostile| hostile.name == "the quote of Python").unwrap();
    let body = String::from_utf8(hostile.body.clone()).unwrap();
    let text = written(Form::Python, &hostile, &application).1.unwrap();
    let naive = format!("{text}value = (\"{body}\")\n");
    run(Form::Python, &[naive], folder.path(), &application);
    assert!(folder.path().join(TRACE).exists());
}
