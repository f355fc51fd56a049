//! `listen` in a terminal: a list one can move in, open, filter, and send again from.
//!
//! Everything it shows comes from the journal, whoever wrote it; the job only
//! wakes nobody and is never held up. One thread owns the state and draws, one
//! reads keys, one reads the journal. The terminal's second screen is used, and
//! what is worth keeping is printed on the first one before and after. Pipes,
//! automated runs and `--output text` have [`crate::ui::text`].

mod backend;
mod copy;
mod detail;
mod draw;
#[cfg(test)]
mod fixture;
mod help;
mod input;
mod paint;
mod row;
mod running;
mod source;
mod state;
#[cfg(test)]
mod tests;
mod typed;
mod window;
mod words;

use super::keys::{self, Heard, Keys};
use super::prompt::Gate;
use super::stream::Streams;
use super::text::{Show, TextOptions, TextReport};
use crate::hook::attempt::Attempt;
use crate::job::replay::Resign;
use crate::job::report::{Diagnosed, Event, Level, Note, Ready, Rejected, Report};
use crate::journal::Entry;
use bytes::Bytes;
use running::Running;
use source::{Answer, Source};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Inputs that may wait; a person types no more, and news are found in the journal.
const WAITING: usize = 1024;
/// How long the end waits for the screen to be left: the terminal may be stopped.
const END: Duration = Duration::from_secs(2);
/// Warnings that are printed again at the end.
const WARNINGS: usize = 20;

/// What the screen's keys do to the world; the command that has a screen knows how.
pub trait Hands: Send + Sync {
    /// The URL that a copied command sends a delivery to.
    fn url(&self, entry: &Entry) -> String;

    /// Lets a person edit the payload; the terminal is an ordinary one meanwhile.
    /// `None` when it is the same as before.
    ///
    /// # Errors
    /// Says why it could not be edited.
    fn edit(&self, entry: &Entry) -> Result<Option<Edited>, String>;

    /// Sends a delivery again, to this target or to all: as it came, or as it
    /// was edited. Returns at once and says later how it went.
    fn replay(&self, entry: &Entry, edited: Option<Edited>, to: Option<String>, ended: &Ended);

    /// Opens a delivery, or all of them, in the browser. Returns at once.
    fn open(&self, seq: Option<u64>, ended: &Ended);

    /// Stops what runs.
    fn quit(&self);
}

/// A payload that somebody changed, and who signs it.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The payload.
    pub body: Bytes,
    /// Who signs it.
    pub resign: Resign,
}

/// Says on the screen how something ended.
#[derive(Clone, Debug)]
pub struct Ended(SyncSender<Input>);

impl Ended {
    /// Says it: what was done, or why not.
    pub fn say(&self, how: Result<String, String>) {
        // When the screen is gone nobody wants to know.
        let _ = self.0.try_send(Input::Ended(how));
    }

    /// Says how a delivery was sent again.
    pub fn attempted(&self, seq: u64, attempt: Attempt) {
        let _ = self.0.try_send(Input::Attempted(seq, Box::new(attempt)));
    }
}

/// What reaches the thread that draws.
#[derive(Debug)]
enum Input {
    Ready(Arc<Ready>),
    Bytes(Vec<u8>),
    Redraw,
    Journal(Answer),
    Note(Note),
    Rejected(Rejected),
    Diagnosed(Arc<Diagnosed>),
    NotKept,
    Interviewed(u64, Result<(), String>),
    Ended(Result<String, String>),
    Attempted(u64, Box<Attempt>),
    End,
}

/// The screen of a listener: what the job reports to, and what holds the terminal.
#[derive(Debug)]
pub struct View {
    text: TextReport,
    inputs: SyncSender<Input>,
    /// Closed when the terminal is an ordinary one again.
    gone: Mutex<Option<Receiver<()>>>,
    warnings: Mutex<Vec<Note>>,
    crashed: Arc<AtomicBool>,
}

/// Stops the listener when the thread that draws ends by a bug: nobody would see what it does.
struct Crash {
    hands: Arc<dyn Hands>,
    crashed: Arc<AtomicBool>,
}

impl Drop for Crash {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.crashed.store(true, Ordering::Release);
            self.hands.quit();
        }
    }
}

impl View {
    /// Begins to read keys; the screen is shown once the job is ready. `None`
    /// where there is no terminal to draw on, or it is another's.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start(
        gate: Gate,
        streams: &Arc<Streams>,
        journal: &Path,
        hands: Arc<dyn Hands>,
    ) -> std::io::Result<Option<Arc<Self>>> {
        if !keys::in_foreground() {
            return Ok(None);
        }
        let (inputs, received) = sync_channel(WAITING);
        let heard = inputs.clone();
        let keys = Keys::listen(gate, move |said| {
            let input = match said {
                Heard::Bytes(bytes) => Input::Bytes(bytes.to_vec()),
                Heard::Redraw => Input::Redraw,
            };
            // What does not fit was typed faster than anybody looks.
            let _ = heard.try_send(input);
        });
        let Some(keys) = keys else { return Ok(None) };
        let answers = inputs.clone();
        let source = Source::start(journal, move |answer| answers.send(Input::Journal(answer)).is_ok())?;
        let (here, gone) = sync_channel(0);
        let crashed = Arc::new(AtomicBool::new(false));
        let crash = Crash { hands: Arc::clone(&hands), crashed: Arc::clone(&crashed) };
        let running = Running::new(keys, Arc::clone(streams), source, hands, Ended(inputs.clone()), received);
        std::thread::Builder::new().name("view".to_owned()).spawn(move || {
            // Dropped last to first, after the terminal: what tells of a crash, then what waits for the end.
            let _here: SyncSender<()> = here;
            let _crash = crash;
            running.run();
        })?;
        let options = TextOptions { show: Show::None, ..TextOptions::default() };
        Ok(Some(Arc::new(Self {
            text: TextReport::new(Arc::clone(streams), options),
            inputs,
            gone: Mutex::new(Some(gone)),
            warnings: Mutex::default(),
            crashed,
        })))
    }

    /// Whether the screen ended by a bug.
    pub fn crashed(&self) -> bool {
        self.crashed.load(Ordering::Acquire)
    }

    fn send(&self, input: Input) {
        let _ = self.inputs.try_send(input);
    }

    /// Leaves the screen, and comes back when the terminal is an ordinary one.
    pub fn leave(&self) {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(gone) = gone else { return };
        let begun = Instant::now();
        while let Err(TrySendError::Full(_)) = self.inputs.try_send(Input::End) {
            if begun.elapsed() > END {
                break;
            }
            std::thread::yield_now();
        }
        if gone.recv_timeout(END) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            // An editor is open, or the terminal takes nothing.
            keys::restore();
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Report for View {
    fn report(&self, event: &Event) {
        match event {
            Event::Ready(ready) => {
                self.text.report(event);
                self.send(Input::Ready(Arc::clone(ready)));
            }
            Event::Delivery(delivered) if delivered.seq.is_none() => self.send(Input::NotKept),
            // The journal has them.
            Event::Delivery(_) | Event::Attempt(_) => {}
            Event::Interview(interviewed) => {
                let outcome = interviewed.outcome.as_ref().map(drop).map_err(Clone::clone);
                self.send(Input::Interviewed(interviewed.seq, outcome));
            }
            Event::Diagnosed(diagnosed) => self.send(Input::Diagnosed(Arc::clone(diagnosed))),
            Event::Unexplained { seq, table } => self.send(Input::Note(Note {
                level: Level::Info,
                text: format!("none of the usual mistakes explains #{seq}"),
                hint: table.clone(),
            })),
            Event::Rejected(rejected) => self.send(Input::Rejected(rejected.clone())),
            Event::Note(note) => {
                if note.level == Level::Warning {
                    let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
                    if warnings.len() < WARNINGS {
                        warnings.push(note.clone());
                    }
                }
                self.send(Input::Note(note.clone()));
            }
            Event::Summary(_) => {
                self.leave();
                let warnings =
                    std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner));
                warnings.into_iter().for_each(|note| self.text.report(&Event::Note(note)));
                self.text.report(event);
            }
        }
    }
}
