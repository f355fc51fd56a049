//! The thread of a screen: takes what comes, does what the state asks for, draws.

use super::backend::{Bytes, size_of_terminal};
use super::input::Parser;
use super::source::Source;
use super::state::{Deed, State};
use super::{Edited, Ended, Hands, Input, copy, draw};
use crate::clock;
use crate::job::report::Level;
use crate::journal::Entry;
use crate::ui::delivery;
use crate::ui::keys::Keys;
use crate::ui::rejected::turned_away;
use crate::ui::stream::Streams;
use crate::ui::style::{Mark, Role};
use ratatui_core::terminal::Terminal;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How long the rest of a key's sequence may take.
const REST_OF_KEY: Duration = Duration::from_millis(50);
/// How soon a screen that could not be drawn is drawn again.
const AGAIN: Duration = Duration::from_millis(200);
/// Inputs that are taken before the next picture.
const AT_ONCE: usize = 256;

/// A terminal draws what is between these at once.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// A screen that runs.
pub(super) struct Running {
    keys: Keys,
    streams: Arc<Streams>,
    source: Source,
    hands: Arc<dyn Hands>,
    ended: Ended,
    inputs: Receiver<Input>,
    state: State,
    parser: Parser,
    /// What the terminal shows is not what was drawn last.
    lost: bool,
    /// The last command that was copied.
    copied: Option<String>,
}

/// Whether the screen goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    Ends,
}

impl Running {
    pub(super) fn new(
        keys: Keys,
        streams: Arc<Streams>,
        source: Source,
        hands: Arc<dyn Hands>,
        ended: Ended,
        inputs: Receiver<Input>,
    ) -> Self {
        let state = State::new(streams.look());
        Self {
            keys,
            streams,
            source,
            hands,
            ended,
            inputs,
            state,
            parser: Parser::default(),
            lost: true,
            copied: None,
        }
    }

    /// Runs until it is told to end; then the terminal is an ordinary one.
    pub(super) fn run(mut self) {
        if self.until_ready() == Goes::On {
            self.keys.open_screen();
            self.show();
            self.keys.close_screen();
        }
        let Self { keys, streams, copied, .. } = self;
        drop(keys);
        if let Some(command) = copied {
            let mut page = streams.page();
            copy::print(&mut page, &command);
            let _ = streams.show(&page);
        }
    }

    /// Nothing is drawn before the listener is there: it may fail to start.
    fn until_ready(&mut self) -> Goes {
        loop {
            match self.inputs.recv() {
                Ok(Input::Ready(ready)) => {
                    self.state.ready = Some(ready);
                    return Goes::On;
                }
                Ok(Input::End) | Err(_) => return Goes::Ends,
                Ok(input) => drop(self.take(input)),
            }
        }
    }

    fn show(&mut self) {
        let Ok(mut terminal) = Terminal::new(Bytes::new(size_of_terminal));
        loop {
            self.ask();
            self.draw(&mut terminal);
            let input = if self.parser.waits() {
                self.inputs.recv_timeout(REST_OF_KEY)
            } else if self.lost {
                self.inputs.recv_timeout(AGAIN)
            } else {
                self.inputs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            let goes = match input {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => {
                    let pressed = self.parser.flush();
                    pressed.iter().for_each(|press| self.press(press));
                    Goes::On
                }
                Err(RecvTimeoutError::Disconnected) => Goes::Ends,
            };
            if goes == Goes::Ends || self.take_waiting() == Goes::Ends {
                return;
            }
        }
    }

    fn take_waiting(&mut self) -> Goes {
        for _ in 0..AT_ONCE {
            let Ok(input) = self.inputs.try_recv() else { break };
            if self.take(input) == Goes::Ends {
                return Goes::Ends;
            }
        }
        Goes::On
    }

    fn draw(&mut self, terminal: &mut Terminal<Bytes>) {
        if std::mem::take(&mut self.lost) {
            let Ok(()) = terminal.clear();
        }
        let Ok(_) = terminal.draw(|frame| draw::draw(&mut self.state, frame));
        let made = terminal.backend_mut().take();
        let picture = [BEGIN, &made, END].concat();
        // A failure is told to whoever owns the streams, who stops the listener.
        let shown = self.keys.draw(|| drop(self.streams.raw(&picture)));
        self.lost = !shown;
        // The picture may have shown that there is room for more.
        self.ask();
    }

    fn ask(&mut self) {
        if let Some(query) = self.state.question()
            && !self.source.ask(query)
        {
            self.state.refused();
        }
    }

    fn take(&mut self, input: Input) -> Goes {
        match input {
            Input::End => return Goes::Ends,
            Input::Ready(ready) => self.state.ready = Some(ready),
            Input::Bytes(bytes) => {
                let pressed = self.parser.feed(&bytes);
                pressed.iter().for_each(|press| self.press(press));
            }
            Input::Redraw => self.lost = true,
            Input::Journal(answer) => {
                let deeds = self.state.answer(answer);
                self.act(deeds);
            }
            Input::Interviewed(seq, outcome) => {
                let deeds = self.state.interviewed(seq, outcome);
                self.act(deeds);
            }
            Input::Note(note) => self.state.say(clock::now(), |page| {
                if note.level == Level::Warning {
                    page.mark(Role::Warning, Mark::Alert).space(1);
                }
                page.put(Role::Plain, &note.text);
                if let Some(hint) = &note.hint {
                    page.put(Role::Dim, ": ").put(Role::Plain, hint);
                }
            }),
            Input::Rejected(rejected) => self.state.say(rejected.at, |page| {
                turned_away(page, &rejected);
            }),
            Input::Diagnosed(diagnosed) => self.state.diagnose(&diagnosed),
            Input::NotKept => self.state.warn("a delivery could not be kept and was refused"),
            Input::Ended(how) => self.state.ended(how),
            Input::Attempted(seq, attempt) => self.state.say(clock::now(), |page| {
                page.put(Role::Seq, format!("#{seq}")).space(1).mark(Role::Dim, Mark::Arrow).space(1);
                delivery::tried(page, &attempt, false);
            }),
        }
        Goes::On
    }

    fn press(&mut self, press: &super::input::Press) {
        let deeds = self.state.press(press);
        self.act(deeds);
    }

    fn act(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Ask(query) => {
                    self.source.forget(self.state.ticket());
                    if !self.source.ask(query) {
                        self.state.warn("the journal is still being searched; press the key once more");
                    }
                }
                Deed::Replay { entry, to } => self.replay(&entry, None, to),
                Deed::Edit { entry, to } => {
                    let edited = self.keys.lend(|| self.hands.edit(&entry));
                    self.lost = true;
                    match edited {
                        Ok(Some(edited)) => self.replay(&entry, Some(edited), to),
                        Ok(None) => {
                            self.state.ended(Ok("nothing was changed, so nothing was sent".to_owned()));
                        }
                        Err(reason) => self.state.warn(reason),
                    }
                }
                Deed::Copy(entry) => self.copy(&entry),
                Deed::Open(seq) => self.hands.open(seq, &self.ended),
                Deed::Redraw => self.lost = true,
                Deed::Quit => self.hands.quit(),
            }
        }
    }

    fn replay(&mut self, entry: &Entry, edited: Option<Edited>, to: Option<String>) {
        let again = if edited.is_some() { "edited and signed again" } else { "again" };
        self.state.ended(Ok(format!("sending #{} {again}", entry.listed.seq)));
        self.hands.replay(entry, edited, to, &self.ended);
    }

    fn copy(&mut self, entry: &Entry) {
        match copy::command(entry, &self.hands.url(entry)) {
            Ok(command) => {
                let sequence = copy::sequence(&command);
                self.keys.draw(|| drop(self.streams.raw(&sequence)));
                let seq = entry.listed.seq;
                self.state.ended(Ok(format!(
                    "#{seq} is a curl command in the clipboard, where the terminal allows it; it is printed at the end, too"
                )));
                self.copied = Some(command);
            }
            Err(reason) => self.state.warn(reason),
        }
    }
}
