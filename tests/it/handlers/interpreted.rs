//! The handlers in Node and Python, every provider's.

use crate::harness::handlers::genuine::take;
use crate::harness::handlers::hostile::{Attack, VARIABLE, hold, written};
use crate::harness::handlers::malformed::refused;
use crate::harness::handlers::running::{Handler, program_of};
use crate::harness::{raw_exchange, status_of};
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::Catalogue;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

fn node_command(source: &str, folder: &Path) -> Command {
    program_of(&["node"], folder, "handler.mjs", source)
}

fn node(source: &str, folder: &Path, variables: &[(String, String)]) -> Handler {
    Handler::run(node_command(source, folder), folder, variables)
}

/// The interpreter itself: what stands before it on the path may be a slow script.
fn python_command(source: &str, folder: &Path) -> Command {
    static PYTHON: LazyLock<String> = LazyLock::new(|| {
        let asked =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
        String::from_utf8(asked.stdout).unwrap().trim().to_owned()
    });
    program_of(&[&PYTHON], folder, "handler.py", source)
}

fn python(source: &str, folder: &Path, variables: &[(String, String)]) -> Handler {
    Handler::run(python_command(source, folder), folder, variables)
}

#[test]
fn the_handlers_for_node_hold() {
    hold(Language::Node, &written(Language::Node, 90), |(_, source), folder, variables| {
        node(source, folder, variables)
    });
}

#[test]
fn the_handlers_for_python_hold() {
    hold(Language::Python, &written(Language::Python, 90), |(_, source), folder, variables| {
        python(source, folder, variables)
    });
}

#[test]
fn the_handlers_for_node_take_what_vendors_signed() {
    take(Language::Node, node);
}

#[test]
fn the_handlers_for_python_take_what_vendors_signed() {
    take(Language::Python, python);
}

#[test]
fn a_malformed_secret_does_not_start_a_handler() {
    refused(Language::Node, node_command);
    refused(Language::Python, python_command);
}

/// What one program reads as one request, and another as two.
const DISPUTED: [(&str, &str); 8] = [
    ("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"),
    ("Content-Length: 1\r\nContent-Length: 2", "ab"),
    ("Content-Length: 5\r\nTransfer-Encoding : chunked", "0\r\n\r\n"),
    ("Content-Length: +1", "a"),
    ("Transfer-Encoding: chunked", "0x1\r\na\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n"),
    ("Transfer-Encoding: gzip", "a"),
];

/// The Python handler read the length, left the chunks where they were, and answered them as a request.
#[test]
fn a_request_whose_end_is_disputed_gets_one_refusal_and_the_connection_is_closed() {
    let (provider, home) = (Catalogue::builtin().get("github").unwrap(), tempfile::tempdir().unwrap());
    let source = |language| write(language, &provider, VARIABLE).unwrap();
    let variables = [(VARIABLE.to_owned(), "fake-secret".to_owned())];
    let handlers = [
        python(&source(Language::Python), home.path(), &variables),
        node(&source(Language::Node), home.path(), &variables),
    ];
    for handler in handlers {
        for (fields, body) in DISPUTED {
            let request = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n{body}");
            let answer = raw_exchange(handler.address, request.as_bytes());
            let text = String::from_utf8_lossy(&answer);
            assert!(matches!(status_of(&answer), 400 | 501), "{fields}: {text}");
            assert_eq!(text.matches("HTTP/1.1").count(), 1, "{fields}: {text}");
        }
    }
}

#[test]
fn a_delivery_in_chunks_is_taken() {
    let (provider, home) = (Catalogue::builtin().get("github").unwrap(), tempfile::tempdir().unwrap());
    let attack = Attack::new(Arc::clone(&provider), Language::Python);
    let (good, bad) = attack.of_kind("application/json", b"{\"a\":1}");
    let source = write(Language::Python, &provider, VARIABLE).unwrap();
    let handler = python(&source, home.path(), &attack.variables(VARIABLE));
    for (delivery, status) in [(good, 200), (bad, 401)] {
        let whole = String::from_utf8(delivery.request()).unwrap();
        let chunked = whole
            .replace("Content-Length: 7", "Transfer-Encoding: Chunked")
            .replace("{\"a\":1}", "3;x=y\r\n{\"a\r\n04\r\n\":1}\r\n0\r\n\r\n");
        assert!(chunked.ends_with("0\r\n\r\n") && chunked.contains("Chunked"), "{chunked}");
        assert_eq!(handler.answer_to(chunked.as_bytes()), status);
    }
}

#[test]
fn a_handler_that_is_spoiled_is_found_out() {
    let provider = Catalogue::builtin().get("stripe").unwrap();
    let source = write(Language::Node, &provider, VARIABLE).unwrap();
    for (good, bad, finds) in [
        // The vendors' own samples: they throw at a signature of another length.
        ("a.length === b.length && ", "", "a short signature is answered 0"),
        ("<= TOLERANCE", "< Infinity", "yesterday is answered 200"),
        ("values?.length === 1", "values?.length >= 1", "the header twice is answered 200"),
        (", body])", ", body.subarray(0, body.lastIndexOf(10) + 1)])", "one byte more is answered 200"),
    ] {
        assert!(source.contains(good), "{source}");
        let home = tempfile::tempdir().unwrap();
        let attack = Attack::new(Arc::clone(&provider), Language::Node);
        let variables = attack.variables(VARIABLE);
        let spoiled = source.replace(good, bad);
        let mut handler = Handler::start(&["node"], home.path(), "handler.mjs", &spoiled, &variables);
        let wrong = attack.run(&mut handler);
        assert!(wrong.iter().any(|line| line.contains(finds)), "{bad}: {wrong:?}");
    }
}
