//! `--self`: a `listen` of this very program, for one run.
//!
//! It is a process like any other handler, so that what ends it is seen. It knows nothing
//! of the user's settings, profiles and secrets: its folders are fresh, and its secret is
//! made for the run and comes through its standard input.

use super::CheckArgs;
use super::plan::Subject;
use crate::cli::children;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::faults;
use crate::clock;
use crate::hook::check::fresh_secret;
use crate::hook::provider::Provider;
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::target::Target;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Whose deliveries, unless others are named.
const PROVIDER: &str = "koji";
/// The path that is checked: any will do.
const PATH: &str = "/webhooks";
/// What a scheme may want besides its secret, and nobody was told.
const WEBHOOK_ID: &str = "webhook-of-this-run";
const PUBLIC_KEY: &str = "public-key-of-this-run";
/// How long it may take until it listens.
const READY: Duration = Duration::from_secs(30);
/// The variable that tells it whose child it is, to end with that process.
pub(in crate::cli) const PARENT: &str = "HOOKCTL_PARENT";
/// After this it ends by itself, in case nobody is left to end it.
const LIFETIME: &str = "1h";
/// The most bytes that are kept of what it says.
const SAID: u64 = 16 * 1024;

/// The listener of a run. It ends, and its folders go, when this is dropped.
pub(super) struct Own {
    child: Child,
    folder: PathBuf,
}

impl Own {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it cannot be started, or does not listen in time.
    pub(super) fn start(
        args: &CheckArgs,
        seed: u64,
        context: &Context,
    ) -> Result<(Self, Subject), CommandError> {
        let catalogue = context.catalogue(&args.provider.provider_file)?;
        let id = args.provider.provider.as_deref().unwrap_or(PROVIDER);
        let provider = context.provider(&catalogue, id)?;
        let secret = fresh_secret(&provider, seed).map_err(|error| {
            CommandError::config("could not make a secret for the listener").because(&error)
        })?;
        let keys = keys(args, &provider, &secret)?;
        let folder = folder()?;
        let mut child =
            command(args, &folder, &provider, context)?.spawn().map_err(|error| not_started(&error))?;
        // From here on it is ended whatever happens.
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut own = Self { child, folder };
        let said = heard(stderr);
        if let Some(mut stdin) = stdin {
            // Who does not read it says why.
            drop(stdin.write_all(secret.expose()));
        }
        let Ok(url) = ready(stdout).recv_timeout(READY) else {
            own.end();
            return Err(not_ready(&said.recv_timeout(READY).unwrap_or_default()));
        };
        let target = Target::parse(&format!("{url}{PATH}"), None)
            .map_err(|error| CommandError::local("could not use the listener's address").because(&error))?;
        Ok((own, Subject { provider, target, keys, secrets: vec![secret] }))
    }

    fn end(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.end();
        // What is left in the folder for temporary things holds nothing but the run's own deliveries.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn keys(args: &CheckArgs, provider: &Arc<Provider>, secret: &Secret) -> Result<Keys, CommandError> {
    let keys = provider.keys(std::slice::from_ref(secret)).map_err(|error| {
        CommandError::config("could not use the secret that was made for the listener").because(&error)
    })?;
    Ok(keys.with_webhook_id(Some(webhook_id(args))).with_public_key(public_key(args)))
}

fn webhook_id(args: &CheckArgs) -> &str {
    args.provider.webhook_id.as_deref().unwrap_or(WEBHOOK_ID)
}

fn public_key(args: &CheckArgs) -> &str {
    args.public_key.as_deref().unwrap_or(PUBLIC_KEY)
}

/// A folder for its journal, which is there for nobody else.
fn folder() -> Result<PathBuf, CommandError> {
    let folder = std::env::temp_dir().join(format!("hookctl-{}", clock::fresh_id()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| {
        CommandError::local(format!("could not make the listener's folder `{}`", folder.display()))
            .because(&error)
            .hint("name a folder that you can write to in TMPDIR")
    })?;
    Ok(folder)
}

fn command(
    args: &CheckArgs,
    folder: &Path,
    provider: &Provider,
    context: &Context,
) -> Result<Command, CommandError> {
    let program = std::env::current_exe().map_err(|error| not_started(&error))?;
    let mut command = Command::new(program);
    command.args(["listen", "--port", "0", "--host", "127.0.0.1", "--answer", "strict"]);
    command.args(["--json", "--no-input", "--for", LIFETIME, "--secret-file", "-"]);
    command.args(["--provider", provider.id()]);
    command.args(["--webhook-id", webhook_id(args), "--public-key", public_key(args)]);
    for file in context.own_providers().iter().chain(&args.provider.provider_file) {
        let file = std::path::absolute(file).map_err(|error| not_started(&error))?;
        command.arg("--provider-file").arg(file);
    }
    command.args(faults::of_own_listener(context));
    command.env_clear().envs(children::environment(context.environment())).current_dir(folder);
    command.env("HOOKCTL_CONFIG_DIR", folder.join("settings")).env("HOOKCTL_DATA_DIR", folder.join("data"));
    command.env(PARENT, std::process::id().to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// The address of its first record. What follows is read and dropped, lest it waits for a reader.
fn ready(stdout: Option<ChildStdout>) -> Receiver<String> {
    let (says, hears) = channel();
    std::thread::spawn(move || {
        let mut stdout = BufReader::new(stdout?);
        let mut line = String::new();
        stdout.by_ref().take(SAID).read_line(&mut line).ok()?;
        let record: serde_json::Value = serde_json::from_str(&line).ok()?;
        says.send(record.get("url")?.as_str()?.to_owned()).ok()?;
        std::io::copy(&mut stdout, &mut std::io::sink()).ok()
    });
    hears
}

/// What it says beside its records, once it has ended.
fn heard(stderr: Option<ChildStderr>) -> Receiver<String> {
    let (says, hears) = channel();
    std::thread::spawn(move || {
        let mut stderr = stderr?;
        let mut said = Vec::new();
        stderr.by_ref().take(SAID).read_to_end(&mut said).ok()?;
        std::io::copy(&mut stderr, &mut std::io::sink()).ok()?;
        says.send(String::from_utf8_lossy(&said).into_owned()).ok()
    });
    hears
}

fn not_started(error: &std::io::Error) -> CommandError {
    CommandError::local("could not start the listener").because(error)
}

/// Its own words, without the name that stands before them.
fn not_ready(said: &str) -> CommandError {
    let mut error = CommandError::local("the listener did not begin to listen");
    let words = said.lines().map(str::trim).filter(|line| !line.is_empty());
    error.causes.extend(words.map(|line| line.strip_prefix("hookctl: ").unwrap_or(line).to_owned()));
    error
}
