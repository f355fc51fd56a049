//! What `listen` shows and which keys it takes: chosen by the output format and
//! by whether somebody sits in front of it.

use super::browser::Opener;
use super::context::Context;
use super::error::CommandError;
use super::listen::{ListenArgs, ShowArg};
use super::signals::Stop;
use crate::job::listen::{Command, Inspector};
use crate::job::report::Report;
use crate::ui::keys::{Key, Keys};
use crate::ui::text::{Show, TextOptions, TextReport};
use crate::ui::view::{Hands, View};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Commands that may wait; a person presses no more.
const WAITING: usize = 8;

/// The report of a listener and the keys that steer it.
pub(super) struct Screen {
    pub(super) report: Arc<dyn Report>,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Held while the listener runs: dropping it puts the terminal back.
    pub(super) held: Held,
}

/// Who has the terminal.
pub(super) enum Held {
    /// Nobody.
    Nothing,
    /// Whoever reads single keys.
    Keys(#[allow(dead_code, reason = "held for its drop")] Keys),
    /// The list.
    View(Arc<View>),
}

impl Held {
    /// Whether it ended by a bug.
    pub(super) fn crashed(&self) -> bool {
        matches!(self, Self::View(view) if view.crashed())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::View(view) = self {
            view.leave();
        }
    }
}

/// The screen of `listen`: a list where somebody sits in front of a terminal and
/// there is a journal to read, lines otherwise. `hands` are what the list's keys do.
pub(super) fn of_listen(
    args: &ListenArgs,
    inspector: Option<&Inspector>,
    context: &Context,
    stop: &Stop,
    hands: Option<(&Path, Arc<dyn Hands>)>,
) -> Result<Screen, CommandError> {
    let (to_job, commands) = mpsc::channel(WAITING);
    if let Some(report) = context.json_report() {
        return Ok(Screen { report: Arc::new(report), commands, held: Held::Nothing });
    }
    if let Some((journal, hands)) = hands.filter(|_| wants_list(args, context)) {
        let view = View::start(context.gate(), context.streams(), journal, hands)
            .map_err(|error| CommandError::local("could not start").because(&error))?;
        if let Some(view) = view {
            // Closed commands are none: the list's keys act by themselves.
            return Ok(Screen {
                report: Arc::clone(&view) as Arc<dyn Report>,
                commands,
                held: Held::View(view),
            });
        }
    }
    Ok(lines(args, inspector, context, stop, (to_job, commands)))
}

/// A script that waits for something, and whoever says what is to be shown, get lines.
fn wants_list(args: &ListenArgs, context: &Context) -> bool {
    let bounded = args.until.is_some() || args.run_for.is_some();
    context.may_draw() && !context.streams().quiet() && !args.guided && !bounded && args.show.is_none()
}

fn lines(
    args: &ListenArgs,
    inspector: Option<&Inspector>,
    context: &Context,
    stop: &Stop,
    (to_job, commands): (mpsc::Sender<Command>, mpsc::Receiver<Command>),
) -> Screen {
    let interactive = context.gate().may_prompt() && !context.streams().quiet() && !args.guided;
    let options = TextOptions {
        show: args.show.map_or(Show::Body, Show::from),
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
    let held = keys.flatten().map_or(Held::Nothing, Held::Keys);
    Screen { report, commands, held }
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
