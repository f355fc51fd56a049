//! The handlers in Node and Python, every provider's.

use crate::harness::handlers::hostile::{Attack, VARIABLE, hold, written};
use crate::harness::handlers::running::Handler;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::Catalogue;
use std::process::Command;
use std::sync::Arc;

#[test]
fn the_handlers_for_node_hold() {
    hold(Language::Node, &written(Language::Node, 90), |(_, source), folder, variables| {
        Handler::start(&["node"], folder, "handler.mjs", source, variables)
    });
}

#[test]
fn the_handlers_for_python_hold() {
    // The interpreter itself: what stands before it on the path may be a slow script.
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let python = String::from_utf8(asked.stdout).unwrap();
    hold(Language::Python, &written(Language::Python, 90), |(_, source), folder, variables| {
        Handler::start(&[python.trim()], folder, "handler.py", source, variables)
    });
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
