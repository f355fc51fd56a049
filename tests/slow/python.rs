//! Programs in Python that tests need, installed below the build's folder and pinned by hash.

use crate::harness::require;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The programs of an environment that has what `tests/slow/NAME/requirements.txt` asks for.
pub(crate) fn environment(name: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap();
    require("python3");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let done = folder.join("installed");
    if !done.exists() {
        ran(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let needed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/slow/{name}/requirements.txt"));
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]);
        ran(pip.args(["--only-binary", ":all:", "--requirement"]).arg(needed));
        std::fs::write(done, "").unwrap();
    }
    folder.join("bin")
}

#[track_caller]
fn ran(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
