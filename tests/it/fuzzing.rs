//! The corpora of the fuzz targets, put to the checks of their targets without a
//! fuzzer: what was found once stays found, on every toolchain.

#[path = "../../fuzz/src/checks/mod.rs"]
#[allow(unreachable_pub, reason = "the fuzz targets are another crate, which sees them from outside")]
mod checks;

use std::path::{Path, PathBuf};

/// A corpus file is small, so that a fuzzer mutates many a second.
const LARGEST: u64 = 4_096;

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 7] = [
    ("explain", checks::explain::check),
    ("header_value", checks::header_value::check),
    ("jwt", checks::jwt::check),
    ("profile", checks::profile::check),
    ("request", checks::request::check),
    ("round_trip", checks::round_trip::check),
    ("template", checks::template::check),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_input_of_the_corpora_holds() {
    for (target, check) in TARGETS {
        let folder = fuzz().join("corpus").join(target);
        let files = names(&folder);
        assert!(files.len() >= 10, "{target} has {} inputs", files.len());
        for name in files {
            let path = folder.join(&name);
            assert!(path.metadata().unwrap().len() <= LARGEST, "{target}/{name} is too large");
            let data = std::fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| check(&data));
            assert!(outcome.is_ok(), "{target}/{name} does not hold");
        }
    }
}

#[test]
fn every_target_has_a_corpus_and_is_checked() {
    let checked: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let targets: Vec<String> =
        names(&fuzz().join("targets")).iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(targets, checked);
    assert_eq!(names(&fuzz().join("corpus")), checked);
}

/// The control: a check that is told a lie says so.
#[test]
fn a_message_that_was_signed_is_no_input_of_the_forgery_check() {
    let body = "{}";
    let case = format!("github\nPOST /\nX-Hub-Signature-256: {}\n\n{body}", signed(body));
    let outcome = std::panic::catch_unwind(|| checks::header_value::check(case.as_bytes()));
    assert!(outcome.is_err(), "the check must see that this verifies");
}

fn signed(body: &str) -> String {
    use hookctl::hook::headers::Headers;
    use hookctl::hook::provider::Catalogue;
    let provider = Catalogue::builtin().get("github").unwrap();
    let keys = checks::case::keys(&provider).unwrap();
    let headers = Headers::default();
    let message = hookctl::hook::delivery::Message {
        method: "POST",
        target: "/",
        headers: &headers,
        body: body.as_bytes(),
        url: None,
    };
    let signed = provider.sign(&keys, &message, checks::case::now(), None, None).unwrap();
    String::from_utf8(signed.headers[0].1.clone()).unwrap()
}

/// The targets compile `src/hook` from its place under a manifest of their own: a crate that it
/// names and the manifest does not is found here, and not when somebody next has a fuzzer at hand.
#[test]
fn the_targets_have_every_crate_that_the_pure_layer_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dependencies = |manifest: &str| -> Vec<String> {
        let text = std::fs::read_to_string(root.join(manifest)).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
    };
    let (program, fuzzer) = (dependencies("Cargo.toml"), dependencies("fuzz/Cargo.toml"));
    let source = crate::layers::text_of("src/hook");
    let named = |name: &&String| {
        let path = format!("{}::", name.replace('-', "_"));
        source.match_indices(&path).any(|(at, _)| {
            let before = source[..at].chars().next_back();
            before.is_none_or(|letter| !letter.is_alphanumeric() && !"_:".contains(letter))
        })
    };
    let missing: Vec<&String> = program.iter().filter(named).filter(|name| !fuzzer.contains(name)).collect();
    assert!(missing.is_empty(), "fuzz/Cargo.toml lacks {missing:?}");
    assert!(program.iter().filter(named).count() > 20, "nothing was looked at");
}
