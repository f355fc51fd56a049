//! The hand-written handler to compare with: Express on node, installed from
//! npm into a folder that goes away with the benchmark.

use crate::requests::{SECRET, SECRET_VARIABLE};
use crate::server::Server;
use crate::{Failure, server};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SCRIPT: &str = include_str!("express.mjs");
const PACKAGE: &str = "express@5";
const INSTALL_DEADLINE: Duration = Duration::from_secs(120);

/// Express, installed.
pub(crate) struct Express {
    folder: TempDir,
    /// What is measured, as `node v20.1.0, express 5.1.0`.
    pub(crate) versions: String,
}

impl Express {
    /// Installs it; the error says what is missing.
    pub(crate) fn install(scratch: &Path) -> Result<Self, Failure> {
        let node = version("node")?;
        version("npm")?;
        let folder = tempfile::tempdir_in(scratch)?;
        std::fs::write(folder.path().join("express.mjs"), SCRIPT)?;
        std::fs::write(folder.path().join("package.json"), r#"{"private":true}"#)?;
        let mut install = Command::new("npm")
            .args(["install", PACKAGE, "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let deadline = Instant::now() + INSTALL_DEADLINE;
        let status = loop {
            if let Some(status) = install.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                install.kill()?;
                install.wait()?;
                return Err("`npm install express` took over two minutes".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        if !status.success() {
            return Err(format!("`npm install express` failed ({status})").into());
        }
        let package = std::fs::read(folder.path().join("node_modules/express/package.json"))?;
        let package: serde_json::Value = serde_json::from_slice(&package)?;
        let express = package.get("version").and_then(|version| version.as_str()).unwrap_or("unknown");
        let versions = format!("node {node}, express {express}");
        Ok(Self { folder, versions })
    }

    /// Starts the handler in front of a target.
    pub(crate) fn start(&self, target: &Server) -> Result<Server, Failure> {
        let mut command = Command::new("node");
        command
            .arg("express.mjs")
            .arg(format!("http://{}", target.address))
            .current_dir(self.folder.path())
            .env("NODE_ENV", "production")
            .env(SECRET_VARIABLE, SECRET);
        server::start("Express handler", &mut command)
    }
}

fn version(program: &str) -> Result<String, Failure> {
    let missing = |_| format!("`{program}` is not installed");
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().map_err(missing)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
