//! Express, FastAPI, Flask and what else tests need, installed once a lock file, and what Go compiles, below the
//! folder of the build.

use super::{Handler, On};
use crate::harness::{require, require_from};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

const LOCKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/handlers/packages");

/// Two tests must not install the same thing at once.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Copies a handler to where Node finds its Express, and gives its new path. Whoever reads it
/// there meanwhile, for another test, reads a whole one.
pub fn beside_express(handler: &Handler) -> PathBuf {
    let folder = installed(if handler.on == On::Express4 { "express4" } else { "express5" }, npm);
    let path = folder.join(handler.path().file_name().unwrap());
    let mut copy = tempfile::NamedTempFile::new_in(&folder).unwrap();
    copy.write_all(&std::fs::read(handler.path()).unwrap()).unwrap();
    copy.persist(&path).unwrap();
    path
}

/// The Python that knows Flask, FastAPI, or the libraries of vendors.
pub fn python_with(framework: &str) -> PathBuf {
    python_programs(framework).join("python3")
}

/// The folder of the programs that come with a set of packages of Python.
pub fn python_programs(name: &str) -> PathBuf {
    installed(name, pip).join("venv/bin")
}

/// Where Node finds the libraries that vendors publish.
pub fn vendors_for_node() -> PathBuf {
    installed("vendors-node", npm)
}

/// A handler in Go as a program. Nothing is downloaded, and what was compiled before is kept.
pub fn compiled_by_go(handler: &Handler) -> PathBuf {
    let _one = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    require_from("go", "apt-get install golang-go");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = kept.join("go");
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join(handler.path().file_stem().unwrap());
    let made = tempfile::NamedTempFile::new_in(&folder).unwrap().into_temp_path();
    let mut go = Command::new("go");
    go.args(["build", "-ldflags=-s -w", "-o"]).arg(&made).arg(handler.path());
    go.env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", "off")
        .env("GOCACHE", kept.join("go-cache"));
    done(&mut go);
    made.persist(&program).unwrap();
    program
}

/// The one file of axe-core, which looks for barriers in a page.
pub fn axe() -> PathBuf {
    installed("axe", npm).join("node_modules/axe-core/axe.min.js")
}

/// The folder of a set of packages; installs what its lock file says unless that was done.
fn installed(name: &str, install: fn(&Path)) -> PathBuf {
    let _one = INSTALLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (from, folder) = (Path::new(LOCKED).join(name), Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let locks = ["package-lock.json", "requirements.txt"].map(|lock| from.join(lock));
    let lock = locks.iter().find(|lock| lock.exists()).unwrap();
    let locked = hex::encode(Sha256::digest(std::fs::read(lock).unwrap()));
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == locked) {
        return folder;
    }
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    install(&folder);
    std::fs::write(stamp, locked).unwrap();
    folder
}

fn npm(folder: &Path) {
    require("npm");
    done(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder));
}

fn pip(folder: &Path) {
    require("python3");
    done(Command::new("python3").args(["-m", "venv", "venv"]).current_dir(folder));
    let pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"];
    done(Command::new(folder.join("venv/bin/python3")).args(pip).current_dir(folder));
}

fn done(command: &mut Command) {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}
