//! Holds the layer table of `lib.rs`: a module names only lower rows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ROWS: [&[&str]; 7] = [
    &["hook", "buffer", "modes"],
    &["journal", "serve", "outbound", "clock"],
    &["receive", "forward", "vendor"],
    &["job"],
    &["ui", "config"],
    &["inspect"],
    &["cli"],
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// All source text of a folder.
pub(crate) fn text_of(folder: &str) -> String {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// The top-level modules that a source text names through `crate::`.
fn named(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let rest = &source[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split_once("};").map_or(group, |(group, _)| group);
            let mut depth = 0;
            let mut word = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(letter),
                    _ => {}
                }
            }
            names.push(word);
        } else {
            names.push(rest.to_owned());
        }
    }
    names
        .into_iter()
        .map(|name| {
            name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Every import of `module` that does not point to a lower row (or to itself).
fn offences(module: &str, source: &str) -> Vec<String> {
    let Some(own) = row(module) else { return vec![format!("`{module}` has no row in the layer table")] };
    named(source)
        .into_iter()
        .filter(|name| name != module)
        .filter(|name| row(name).is_none_or(|other| other >= own))
        .map(|name| format!("{module} (row {}) names {name}", own + 1))
        .collect()
}

#[test]
fn a_module_names_only_lower_rows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut found = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        for offence in offences(&module, &std::fs::read_to_string(&file).unwrap()) {
            found.insert(inside.display().to_string(), offence);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_check_sees_upward_sideways_and_grouped_imports() {
    assert!(offences("hook", "use crate::journal::Journal;").len() == 1);
    assert!(offences("receive", "use crate::forward::Forwarder;").len() == 1);
    assert!(offences("journal", "use crate::{hook::{time, verdict}, job::listen};").len() == 1);
    assert!(offences("job", "use crate::{hook::time, journal::Journal, clock};").is_empty());
    assert!(offences("attic", "").len() == 1);
}

#[test]
fn only_serve_names_the_http_server_and_only_outbound_builds_clients() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let inside = file.strip_prefix(&root).unwrap().display().to_string();
        let source = std::fs::read_to_string(&file).unwrap();
        let serve = inside.starts_with("serve");
        let outbound = inside.starts_with("outbound");
        assert!(serve || !source.contains("hyper::server"), "{inside} names the HTTP server");
        assert!(outbound || !source.contains("reqwest::"), "{inside} names an HTTP client");
        assert!(outbound || !source.contains("client::legacy"), "{inside} builds an HTTP client");
    }
}
