//! The JUnit and SARIF files of `check` against their published schemas: those
//! of the golden reports, and those of a run against an application that
//! believes everything.
//!
//! The schemas and what validates with them are installed below the build's
//! folder from where they are published, pinned by hash: SARIF's of OASIS out
//! of the crate `serde-sarif`, JUnit's of Jenkins' xUnit plug-in out of the
//! sources of `pytest`, two validators out of PyPI.

use crate::harness::target::Application;
use crate::harness::{Home, require};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const SARIF_CRATE: &str = "serde-sarif";
const SARIF_VERSION: &str = "0.8.0";
const SARIF_SHA256: &str = "af47e7b67f24efe74076621fd3a5fbe7398add9e84fe820c971219a385895cea";
const JUNIT_SCHEMA: &str = "pytest-8.4.2/testing/example_scripts/junit-10.xsd";
const JUNIT_SHA256: &str = "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6";

/// What validates, and with what.
struct Schemas {
    python: PathBuf,
    sarif: PathBuf,
    junit: PathBuf,
}

/// Installed once for all tests of a run.
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::install);

impl Schemas {
    fn install() -> Self {
        require("python3");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemas");
        std::fs::create_dir_all(&folder).unwrap();
        let python = folder.join("venv/bin/python");
        if !python.exists() {
            ran(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
        }
        let pip = || {
            let mut command = Command::new(&python);
            command.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
            command
        };
        let only = ["install", "--require-hashes", "--only-binary", ":all:", "--requirement"];
        ran(pip().args(only).arg(ours("requirements.txt")));
        let junit = folder.join(JUNIT_SCHEMA);
        if !junit.exists() {
            let only = ["download", "--require-hashes", "--no-deps", "--no-binary", "pytest", "--dest"];
            ran(pip().args(only).arg(&folder).arg("--requirement").arg(ours("junit.txt")));
            let archive = folder.join("pytest-8.4.2.tar.gz");
            ran(Command::new("tar").arg("-C").arg(&folder).arg("-xzf").arg(archive).arg(JUNIT_SCHEMA));
        }
        Self { python, sarif: sarif(&folder), junit: pinned(junit, JUNIT_SHA256) }
    }

    /// Whether a document keeps to the schema, with what a validator says of it.
    fn judge(&self, form: &str, document: &Path) -> (bool, String) {
        let schema = if form == "json" { &self.sarif } else { &self.junit };
        let judged = Command::new(&self.python)
            .arg(ours("validate.py"))
            .arg(form)
            .arg(schema)
            .arg(document)
            .output()
            .unwrap();
        (judged.status.success(), String::from_utf8_lossy(&judged.stderr).into_owned())
    }

    #[track_caller]
    fn holds(&self, form: &str, document: &Path) {
        let (holds, said) = self.judge(form, document);
        assert!(holds, "{said}");
    }

    /// The control: a document that was broken on purpose must be found out.
    #[track_caller]
    fn breaks(&self, form: &str, document: &Path, mended: &str, broken: &str) {
        let text = std::fs::read_to_string(document).unwrap();
        assert!(text.contains(mended), "{mended:?} is not in {text}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broken");
        std::fs::write(&path, text.replacen(mended, broken, 1)).unwrap();
        let (holds, said) = self.judge(form, &path);
        assert!(!holds && !said.contains("Traceback"), "{broken:?} was not found: {said}");
    }
}

fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slow/schemas").join(name)
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[track_caller]
fn ran(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The file itself, once its content is known to be what it was.
#[track_caller]
fn pinned(path: PathBuf, sha256: &str) -> PathBuf {
    let content = std::fs::read(&path).unwrap();
    assert_eq!(hex::encode(Sha256::digest(&content)), sha256, "{}", path.display());
    path
}

/// Has cargo fetch the crate, and finds the schema in it.
fn sarif(folder: &Path) -> PathBuf {
    let crate_name = format!("{SARIF_CRATE}@{SARIF_VERSION}");
    // Outside of the package, so that cargo looks at the registry and not at the lock file.
    ran(Command::new(env!("CARGO")).current_dir(std::env::temp_dir()).args(["info", "--quiet", &crate_name]));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    let inside = format!("{SARIF_CRATE}-{SARIF_VERSION}/src/schema.json");
    let registries = std::fs::read_dir(home.join("registry/src")).unwrap();
    let found = registries.map(|entry| entry.unwrap().path().join(&inside)).find(|path| path.exists());
    let kept = folder.join("sarif-schema-2.1.0.json");
    std::fs::copy(found.expect("cargo keeps the sources of what it was asked about"), &kept).unwrap();
    pinned(kept, SARIF_SHA256)
}

#[test]
fn the_golden_sarif_keeps_to_its_schema() {
    let document = golden("check-report.sarif.txt");
    SCHEMAS.holds("json", &document);
    SCHEMAS.breaks("json", &document, "\"level\": \"error\"", "\"level\": \"fatal\"");
    SCHEMAS.breaks("json", &document, "\"startLine\": 1", "\"startLine\": 0");
    SCHEMAS.breaks("json", &document, "\"ruleId\"", "\"rule\"");
}

#[test]
fn the_golden_junit_keeps_to_its_schema() {
    let document = golden("check-report.junit.txt");
    SCHEMAS.holds("xml", &document);
    SCHEMAS.breaks("xml", &document, "<testcase name=", "<testcase title=");
    SCHEMAS.breaks("xml", &document, "<skipped message=", "<omitted message=");
    SCHEMAS.breaks("xml", &document, "time=\"4.230\"", "time=\"4s\"");
}

/// A whole run writes files that keep to them too.
#[test]
fn the_files_of_a_run_keep_to_their_schemas() {
    let home = Home::default();
    let application = Application::start();
    let secret = home.write("secret", "fake-secret-of-a-test");
    let (junit, sarif) = (home.join("check.xml"), home.join("check.sarif"));
    let url = format!("{}/webhooks/koji", application.url());
    let words = [
        "check",
        &url,
        "--provider",
        "koji",
        "--secret-file",
        secret.to_str().unwrap(),
        "--junit",
        junit.to_str().unwrap(),
        "--sarif",
        sarif.to_str().unwrap(),
    ];
    // It takes forged deliveries.
    home.run(&words).expect(1);
    SCHEMAS.holds("xml", &junit);
    SCHEMAS.holds("json", &sarif);
    for path in [junit, sarif] {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("no-signature") && text.contains("believed"), "{text}");
    }
}
