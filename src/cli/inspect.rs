//! `hookctl inspect`: the journal as a page in the browser.

use super::bound::not_bound;
use super::browser;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::journal::not_opened;
use super::shared::{ProviderArgs, SecretArgs};
use super::signals::Stop;
use crate::hook::target::PathMode;
use crate::inspect::{self, Options, Running, StartError};
use crate::job::judge::Judge;
use crate::serve::{self, BindError};
use crate::ui::style::Role;
use crate::ui::table::facts;
use clap::{Args, ValueHint};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

const EXAMPLES: &str = "Examples:
  hookctl inspect
      The journal that `hookctl listen` keeps, also while it runs

  hookctl inspect --journal old.db --open
      Another one, opened in the browser at once

  hookctl inspect --port 0 --json
      On a free port; the address as JSON for scripts";

/// See every delivery of a journal in the browser: signatures, attempts, replay
///
/// The page is served on this machine only and opens with the printed address alone: it holds a token that is made
/// anew for each run. Another process may own the journal meanwhile; what it receives shows at once.
/// `hookctl listen` serves the same page for its own journal.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// The journal
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
    /// Port of the page; 4401 unless named, or a free one where that is taken; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Address of the page; anything but loopback lets other machines knock, and the token is all that keeps them out
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = crate::config::setting::host)]
    pub host: IpAddr,
    /// Open the page in the browser; the other users of this machine may see the address, with its token, meanwhile
    #[arg(long)]
    pub open: bool,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// The port of the page unless another is named.
const USUAL_PORT: u16 = 4401;

/// Where the page is to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    host: IpAddr,
    /// The port that was named.
    port: Option<u16>,
}

impl Place {
    /// Where it is unless somebody says otherwise.
    pub(super) const USUAL: Self = Self { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None };

    /// Reads `4401`, `127.0.0.1:4401` or `127.0.0.1`.
    ///
    /// # Errors
    /// When it is none of them.
    pub(super) fn parse(flag: &str, text: &str) -> Result<Self, CommandError> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(port) = text.parse() {
            return Ok(Self { port: Some(port), ..Self::USUAL });
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: address.ip(), port: Some(address.port()) });
        }
        bare.parse().map(|host| Self { host, port: None }).map_err(|_unreadable| {
            CommandError::usage(format!("could not use `{flag} {text}`"))
                .hint(format!("write a port or an address: `{flag} 4401`, `{flag} 127.0.0.1:4401`"))
        })
    }

    /// Takes the port. One that nobody named may be another's: then any free one does.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub(super) fn bind(self) -> Result<TcpListener, BindError> {
        match (self.port, serve::bind(self.host, self.port.unwrap_or(USUAL_PORT))) {
            (None, Err(BindError::InUse { .. })) => serve::bind(self.host, 0),
            (_, bound) => bound,
        }
    }

    /// Says it where other machines can knock.
    pub(super) fn warn(self, context: &Context) {
        if self.host.is_loopback() {
            return;
        }
        let text = format!(
            "other machines can reach the inspector on {}: its token, in the printed address, is all that keeps them out",
            self.host
        );
        context.streams().warn(&text, Some("serve it on 127.0.0.1, and reach it through `ssh -L`"));
    }
}

#[derive(Serialize)]
struct ReadyRecord<'a> {
    v: u8,
    r#type: &'static str,
    url: String,
    inspector: &'a str,
    address: String,
    journal: String,
}

/// Runs `hookctl inspect`.
pub fn run(args: &InspectArgs, context: &Context) -> Result<Exit, CommandError> {
    let journal = context.journal(args.journal.as_deref())?;
    let place = Place { host: args.host, port: args.port };
    let options = Options {
        usual_journal: is_usual(&journal, context),
        journal,
        listening: None,
        targets: Vec::new(),
        path_mode: PathMode::default(),
        public_url: None,
        bases: Vec::new(),
        judge: judge(args, context)?,
    };
    place.warn(context);
    let runtime = context.runtime()?;
    let ended = runtime.block_on(serve_page(args, place, options, context));
    // What a second Ctrl-C leaves behind is not waited for.
    runtime.shutdown_background();
    ended
}

/// Whether commands find this journal without its name.
pub(super) fn is_usual(journal: &Path, context: &Context) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_missing| path.to_owned());
    context.folders().is_ok_and(|folders| real(&folders.journal()) == real(journal))
}

fn judge(args: &InspectArgs, context: &Context) -> Result<Arc<Judge>, CommandError> {
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let named = args.provider.provider.as_deref().map(|id| context.provider(&catalogue, id)).transpose()?;
    let secrets = context.secrets(&args.secret)?;
    let judge = Judge::new(catalogue, named, Box::new(secrets), None);
    Ok(Arc::new(judge.with_webhook_id(args.provider.webhook_id.clone())))
}

async fn serve_page(
    args: &InspectArgs,
    place: Place,
    options: Options,
    context: &Context,
) -> Result<Exit, CommandError> {
    let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
    let journal = options.journal.clone();
    let socket = place.bind().map_err(|error| not_bound("could not serve the inspector", &error))?;
    let running = inspect::start(socket, options).map_err(|error| not_started(&error, &journal))?;
    show(&running, &journal, context)?;
    if args.open {
        browser::open(running.url(), context)?;
    }
    stop.first().await;
    tokio::select! {
        () = running.stop() => Ok(Exit::Done),
        () = stop.second() => Ok(Exit::Interrupted),
    }
}

fn show(running: &Running, journal: &Path, context: &Context) -> Result<(), CommandError> {
    let journal = journal.display().to_string();
    if context.json() {
        return context.record(&ReadyRecord {
            v: 1,
            r#type: "ready",
            url: format!("http://{}", running.address),
            inspector: running.url(),
            address: running.address.to_string(),
            journal,
        });
    }
    let streams = context.streams();
    let mut page = streams.page();
    page.put(Role::Strong, "inspector ready").end_line();
    facts(&mut page, &[("open", vec![running.url().to_owned()]), ("journal", vec![journal])]);
    streams.show(&page)?;
    Ok(())
}

/// An inspector that did not start, with the command that mends it.
pub(super) fn not_started(error: &StartError, journal: &Path) -> CommandError {
    match error {
        StartError::Journal(error) => not_opened(error, journal),
        StartError::System(error) => CommandError::local("could not start the inspector").because(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_port_an_address_or_both() {
        let parse =
            |text| Place::parse("--inspect", text).ok().map(|place| (place.host.to_string(), place.port));
        assert_eq!(parse("4402"), Some(("127.0.0.1".to_owned(), Some(4402))));
        assert_eq!(parse("0"), Some(("127.0.0.1".to_owned(), Some(0))));
        assert_eq!(parse("0.0.0.0:80"), Some(("0.0.0.0".to_owned(), Some(80))));
        assert_eq!(parse("[::1]:4401"), Some(("::1".to_owned(), Some(4401))));
        assert_eq!(parse("[::1]"), Some(("::1".to_owned(), None)));
        assert_eq!(parse("::1"), Some(("::1".to_owned(), None)));
        for wrong in ["", "localhost", "http://127.0.0.1", ":4401", "70000", "127.0.0.1:", "-1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
