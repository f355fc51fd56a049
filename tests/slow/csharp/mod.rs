//! The handlers in C# are parsed, every provider's; no test here compiles or runs them.

use crate::harness::handlers::hostile::written;
use crate::programs::packages::python_programs;
use hookctl::hook::handler::Language;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where these texts do not parse.
fn faults(files: &[PathBuf]) -> String {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slow/csharp/parse.py");
    let ran =
        Command::new(python_programs("csharp").join("python")).arg(program).args(files).output().unwrap();
    let said = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert_eq!(ran.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn every_handler_in_csharp_parses() {
    let (home, mut files) = (tempfile::tempdir().unwrap(), Vec::new());
    for (provider, source) in written(Language::Csharp, 90) {
        let file = home.path().join(format!("{}.cs", provider.id()));
        std::fs::write(&file, source).unwrap();
        files.push(file);
    }
    assert_eq!(faults(&files), "");
    // The control: a semicolon less.
    let source = std::fs::read_to_string(&files[0]).unwrap();
    assert!(source.contains("app.Run();"), "{source}");
    std::fs::write(&files[0], source.replace("app.Run();", "app.Run()")).unwrap();
    assert!(!faults(&files).is_empty());
}
