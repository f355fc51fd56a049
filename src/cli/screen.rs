//! What `listen` shows and which keys it takes: chosen by the output format and
//! by whether somebody sits in front of it.

use super::browser::Opener;
use super::context::Context;
use super::listen::{ListenArgs, ShowArg};
use super::signals::Stop;
use crate::job::listen::{Command, Inspector};
use crate::job::report::Report;
use crate::ui::keys::{Key, Keys};
use crate::ui::text::{Show, TextOptions, TextReport};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Commands that may wait; a person presses no more.
const WAITING: usize = 8;

/// The report of a listener and the keys that steer it.
pub(super) struct Screen {
    pub(super) report: Arc<dyn Report>,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Held while the listener runs: dropping it puts the terminal back.
    pub(super) keys: Option<Keys>,
}

/// The screen of `listen`.
pub(super) fn of_listen(
    args: &ListenArgs,
    inspector: Option<&Inspector>,
    context: &Context,
    stop: &Stop,
) -> Screen {
    let (to_job, commands) = mpsc::channel(WAITING);
    if let Some(report) = context.json_report() {
        return Screen { report: Arc::new(report), commands, keys: None };
    }
    let interactive = context.gate().may_prompt() && !context.streams().quiet() && !args.guided;
    let options = TextOptions {
        show: args.show.into(),
        reveal: false,
        keys: interactive,
        inspector: inspector.is_some(),
    };
    let report = Arc::new(TextReport::new(Arc::clone(context.streams()), options));
    let keys = interactive.then(|| {
        let (report, stop) = (Arc::clone(&report), stop.clone());
        let page = inspector.map(|inspector| (inspector.url.clone(), Opener::of(context)));
        Keys::start(context.gate(), move |key| match key {
            // A full queue means that replays are under way already.
            Key::Replay => drop(to_job.try_send(Command::ReplayLast)),
            Key::Open => {
                if let Some((url, opener)) = &page {
                    open(url.clone(), opener.clone());
                }
            }
            Key::Pause => drop(report.toggle_pause()),
            Key::Help => report.help(),
            Key::Quit | Key::Interrupt => stop.ask(),
        })
    });
    Screen { report, commands, keys: keys.flatten() }
}

/// Opens the page beside the keys: the opener is watched for a while.
fn open(url: String, opener: Opener) {
    let opening = std::thread::Builder::new().name("opener".to_owned());
    // No thread to be had: the address stands in the terminal.
    drop(opening.spawn(move || opener.open_or_warn(&url)));
}

impl From<ShowArg> for Show {
    fn from(show: ShowArg) -> Self {
        match show {
            ShowArg::Body => Self::Body,
            ShowArg::Headers => Self::Headers,
            ShowArg::All => Self::All,
            ShowArg::None => Self::None,
        }
    }
}
