//! Opens a link in the user's browser, by the system's own opener.
//!
//! The link is one argument, never a part of a command line that a shell reads,
//! and nothing but an http or https URL gets here.

use super::children;
use super::context::Context;
use super::error::CommandError;
use crate::config::environment::Environment;
use crate::hook::link;
use crate::ui::stream::Streams;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the opener is watched for a failure; one that runs on is the browser itself.
const WATCHED: Duration = Duration::from_secs(2);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

#[cfg(target_os = "macos")]
const OPENER: (&str, &[&str]) = ("open", &[]);
#[cfg(windows)]
const OPENER: (&str, &[&str]) = ("rundll32", &["url.dll,FileProtocolHandler"]);
#[cfg(not(any(target_os = "macos", windows)))]
const OPENER: (&str, &[&str]) = ("xdg-open", &[]);

/// Opens a link.
pub(super) fn open(url: &str, context: &Context) -> Result<(), CommandError> {
    Opener::of(context).open(url)?;
    context.detail(&format!("opened with {}", OPENER.0));
    Ok(())
}

/// What opening needs of a command, to be kept by a thread of its own.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    environment: Environment,
    streams: Arc<Streams>,
}

impl Opener {
    pub(super) fn of(context: &Context) -> Self {
        Self { environment: context.environment().clone(), streams: Arc::clone(context.streams()) }
    }

    /// Opens a link, and says when that cannot be.
    pub(super) fn open_or_warn(&self, url: &str) {
        if let Err(error) = self.open(url) {
            let why = error.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
            self.streams.warn(&format!("{}{why}", error.message), error.hint.as_deref());
        }
    }

    fn open(&self, url: &str) -> Result<(), CommandError> {
        opened(url, &self.environment)
    }
}

fn opened(url: &str, environment: &Environment) -> Result<(), CommandError> {
    let (program, before) = OPENER;
    let failed = |error: &dyn std::error::Error| {
        CommandError::local(format!("could not open the link with `{program}`"))
            .because(error)
            .hint("open the printed link yourself")
    };
    link::check(url).map_err(|error| failed(&error))?;
    let child = Command::new(program)
        .args(before)
        .arg(url)
        .env_clear()
        .envs(children::environment(environment))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    match ended_badly(child) {
        Some(status) => Err(failed(&std::io::Error::other(status.to_string()))),
        None => Ok(()),
    }
}

/// The status of an opener that failed at once.
fn ended_badly(mut child: Child) -> Option<std::process::ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < WATCHED {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status).filter(|status| !status.success()),
            Ok(None) => std::thread::sleep(LOOK),
            Err(_) => return None,
        }
    }
    None
}
