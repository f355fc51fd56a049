//! The note that tells where the sandbox started last is reached.

use super::super::context::Context;
use super::super::error::CommandError;
use super::super::exit::Exit;
use super::WhichArgs;
use crate::config::private;
use crate::hook::target::is_loopback_host;
use std::path::PathBuf;

/// A note in the data folder, taken back when dropped.
pub(super) struct Note {
    path: PathBuf,
    text: String,
}

impl Note {
    /// Writes down where a sandbox is reached; the last one started is the one that is found.
    pub(super) fn leave(url: &str, context: &Context) -> Result<Self, CommandError> {
        let path = context.folders()?.sandbox();
        let record = serde_json::json!({ "url": url, "pid": std::process::id() });
        let note = Self { path, text: format!("{record}\n") };
        private::write(&note.path, note.text.as_bytes()).map_err(|error| {
            CommandError::local(format!("could not write `{}`", note.path.display())).because(&error)
        })?;
        Ok(note)
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let mine = private::read(&self.path).ok().flatten();
        // Another sandbox may have been started since: its note stays.
        if mine.is_some_and(|found| found.as_slice() == self.text.as_bytes()) {
            drop(private::remove(&self.path));
        }
    }
}

/// The URL of the sandbox to talk to, without a slash at the end.
pub(super) fn url(which: &WhichArgs, context: &Context) -> Result<String, CommandError> {
    if let Some(url) = &which.url {
        let host = url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned));
        if !url.starts_with("http://") || !host.is_some_and(|host| is_loopback_host(&host)) {
            return Err(CommandError::usage(format!("`{url}` is no sandbox: one runs on this machine only"))
                .hint("name it as it was printed at its start, such as `--url http://127.0.0.1:4410`"));
        }
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let path = context.folders()?.sandbox();
    let note = private::read(&path).map_err(|error| {
        CommandError::local(format!("could not read `{}`", path.display())).because(&error)
    })?;
    note.and_then(|note| serde_json::from_slice::<serde_json::Value>(&note).ok())
        .and_then(|note| note.get("url")?.as_str().map(str::to_owned))
        .ok_or_else(|| {
            CommandError::new(Exit::Network, "no sandbox is running")
                .hint("start one with `hookctl sandbox`, or name one with `--url URL`")
        })
}
