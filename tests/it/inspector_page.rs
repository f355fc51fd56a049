//! The inspector's page as files: nothing in it makes HTML out of text or talks
//! to anybody else, what is vendored is what its checksum says, and its pure
//! parts do under Node what they promise.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/inspect/page");

/// Every file below the page's folder, by its name from there.
fn files() -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(PAGE), &mut found);
    let named = |path: &Path| path.strip_prefix(PAGE).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (named(path), std::fs::read(path).unwrap())).collect()
}

/// The page's own modules, as text.
fn modules() -> Vec<(String, String)> {
    let own = files().into_iter().filter(|(name, _)| name.ends_with(".js") && !name.starts_with("vendor/"));
    own.map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect()
}

#[test]
fn what_is_vendored_is_what_its_checksums_say() {
    let files = files();
    let sums = std::str::from_utf8(&files["vendor/SHA256SUMS"]).unwrap();
    let mut summed: Vec<String> = vec!["vendor/SHA256SUMS".into()];
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let name = format!("vendor/{name}");
        assert_eq!(hex::encode(Sha256::digest(&files[&name])), sum, "{name}");
        summed.push(name);
    }
    for name in files.keys().filter(|name| name.starts_with("vendor/")) {
        assert!(summed.contains(name), "{name} has no checksum");
    }
}

/// Ways from text to HTML or to code, and to other hosts. The policy of the
/// server forbids them as well; this says where.
const FORBIDDEN: [&str; 16] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "dangerouslySetInnerHTML",
    "document.write",
    "DOMParser",
    "srcdoc",
    "createContextualFragment",
    "eval(",
    "new Function",
    "javascript:",
    "document.cookie",
    "window.open",
    "postMessage",
    "EventSource",
    "https://cdn",
];

#[test]
fn no_module_makes_html_out_of_text_or_code_out_of_anything() {
    let modules = modules();
    assert!(modules.len() > 20);
    for (name, text) in &modules {
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in FORBIDDEN {
            assert!(!code.contains(word), "{name} has `{word}`");
        }
    }
    // The control: the check does find what it looks for.
    assert!("element.innerHTML = text".contains(FORBIDDEN[0]));
}

#[test]
fn modules_import_what_is_there_and_stay_short() {
    let files = files();
    let import = regex::Regex::new(r"from '\./([^']+)'").unwrap();
    for (name, text) in modules() {
        assert!(text.lines().count() < 400, "{name} is too long");
        assert!(text.starts_with("// "), "{name} does not say what it is for");
        for found in import.captures_iter(&text) {
            assert!(files.contains_key(&found[1]), "{name} imports {}", &found[1]);
        }
        assert!(!text.contains("import("), "{name}: what is loaded later is not in the first page");
    }
    let index = std::str::from_utf8(&files["index.html"]).unwrap();
    let named = regex::Regex::new(r#"\{\{assets\}\}/([^"]+)""#).unwrap();
    let named: Vec<&str> = named.captures_iter(index).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(named.len() > 4 && named.iter().all(|name| files.contains_key(*name)), "{named:?}");
}

#[test]
fn every_file_of_the_page_is_part_of_the_program() {
    let source = include_str!("../../src/inspect/assets.rs");
    for name in files().keys().filter(|name| name.ends_with(".js") || name.ends_with(".css")) {
        assert!(source.contains(&format!("\"{name}\"")), "{name} is not served");
    }
}

/// Runs a script under Node over the page's modules; how many of its tests passed.
fn passed_under_node(script: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    // A browser takes the files for modules by their tag, Node by this.
    std::fs::write(folder.path().join("package.json"), r#"{"type":"module"}"#).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(script);
    let ran = Command::new("node").arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    said.lines().filter(|line| line.starts_with("ok ")).count()
}

#[test]
fn the_pure_parts_keep_their_promises_under_node() {
    assert!(passed_under_node("reading.mjs") >= 8);
}

#[test]
fn the_list_loses_nothing_that_comes_while_it_is_read() {
    assert_eq!(passed_under_node("feed.mjs"), 10);
}

#[test]
fn the_page_asks_sends_and_keeps_its_address_as_it_should() {
    assert_eq!(passed_under_node("model.mjs"), 4);
}
