//! `--source`: what is found in source files, and what is not.

use hookctl::hook::check::{Dialect, Lint, lint};
use hookctl::hook::handler::{self, Language};
use hookctl::hook::provider::Catalogue;
use std::path::{Path, PathBuf};

/// The name of a file in a language.
const fn file(language: Language) -> &'static str {
    match language {
        Language::Node | Language::Deno => "handler.mjs",
        Language::Python => "handler.py",
        Language::Go => "handler.go",
        Language::Ruby => "handler.rb",
        Language::Php => "handler.php",
        Language::Java => "Handler.java",
        Language::Csharp => "Handler.cs",
        Language::Rust => "handler.rs",
    }
}

#[test]
fn no_printed_handler_raises_an_alarm() {
    let mut read = 0;
    for provider in Catalogue::builtin().all() {
        for language in Language::ALL {
            let Ok(text) = handler::write(language, &provider, "SECRET") else { continue };
            let lints = lint(Dialect::of(file(language)).unwrap(), &text);
            assert_eq!(lints, [], "{} {language}:\n{text}", provider.id());
            read += 1;
        }
    }
    assert!(read > 500, "{read}");
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers").join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| Dialect::of(path.to_str().unwrap()).is_some()).collect()
}

fn codes(path: &Path) -> Vec<&'static str> {
    let lints = lint(Dialect::of(path.to_str().unwrap()).unwrap(), &std::fs::read_to_string(path).unwrap());
    lints.iter().map(Lint::case).collect()
}

#[test]
fn programs_are_told_apart_by_their_source_where_it_shows() {
    let shown = [
        ("compares-with-equals.py", "constant-time"),
        ("reserialises.mjs", "raw-body"),
        ("parses-first.py", "verify-before-parse"),
    ];
    for path in files("broken") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let wanted: Vec<&str> =
            shown.iter().filter(|(file, _)| *file == name).map(|(_, case)| *case).collect();
        assert_eq!(codes(&path), wanted, "{name}");
    }
    let good = files("good");
    assert!(good.len() >= 4);
    for path in good {
        assert_eq!(codes(&path), [""; 0], "{path:?}");
    }
}
