//! Single keys while `listen` runs in a terminal.
//!
//! Only line editing and echo are switched off: Ctrl-C stays a signal and
//! output keeps its line ends, so nothing else has to know. The terminal is put
//! back on drop, on a panic, before Ctrl-Z stops the process and before Ctrl-\
//! ends it; a process in the background touches neither the terminal's modes
//! nor its input, which would stop it. A paste and the escape sequences of
//! other keys are not commands. `SIGTERM` and `SIGINT` are the caller's: it must
//! end by returning, so that this is dropped. Whoever wants the whole window
//! gets the bytes as they are typed and the terminal's second screen, which is
//! left and comes back with the modes. Does not decide what a key does.

#[cfg(not(unix))]
#[path = "keys/other.rs"]
mod imp;
#[cfg(unix)]
#[path = "keys/unix.rs"]
mod imp;
#[cfg(unix)]
mod screen;

use super::prompt::Gate;

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `r`: replay the last delivery.
    Replay,
    /// `o`: open the inspector in the browser.
    Open,
    /// Space: pause the display or go on.
    Pause,
    /// `?`: show the keys.
    Help,
    /// `q`: stop.
    Quit,
    /// Ctrl-C on a terminal that sends it as a key.
    Interrupt,
}

/// More bytes at once than a person types: a paste.
const PASTE: usize = 8;

/// The keys in what one read returned.
fn parse(bytes: &[u8]) -> Vec<Key> {
    if bytes.len() > PASTE || bytes.first() == Some(&0x1b) {
        return Vec::new();
    }
    let key = |byte: &u8| match byte {
        b'r' | b'R' => Some(Key::Replay),
        b'o' | b'O' => Some(Key::Open),
        b' ' => Some(Key::Pause),
        b'?' | b'h' => Some(Key::Help),
        b'q' | b'Q' => Some(Key::Quit),
        0x03 => Some(Key::Interrupt),
        _ => None,
    };
    bytes.iter().filter_map(key).collect()
}

/// What a terminal has to say to whoever has the whole window.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// What was typed, or a part of it.
    Bytes(&'a [u8]),
    /// Everything must be drawn anew: the window has another size, or comes back after something else.
    Redraw,
}

/// Reads keys until it is dropped.
#[derive(Debug)]
pub struct Keys(imp::Reader);

impl Keys {
    /// Begins to read keys where a person can press them; `None` otherwise.
    /// `on_key` runs on a thread of its own and must not drop this.
    pub fn start(gate: Gate, mut on_key: impl FnMut(Key) + Send + 'static) -> Option<Self> {
        Self::listen(gate, move |heard| {
            if let Heard::Bytes(bytes) = heard {
                parse(bytes).into_iter().for_each(&mut on_key);
            }
        })
    }

    /// The same with everything that is typed, for whoever draws on the window.
    pub(super) fn listen(gate: Gate, on: impl FnMut(Heard<'_>) + Send + 'static) -> Option<Self> {
        gate.may_prompt().then(|| imp::Reader::start(Box::new(on))).flatten().map(Self)
    }

    /// Gives the terminal away as it was before, for as long as `with` runs.
    pub(super) fn lend<T>(&self, with: impl FnOnce() -> T) -> T {
        self.0.lend(with)
    }

    /// Shows the second screen until this is dropped.
    pub(super) fn open_screen(&self) {
        imp::open_screen();
    }

    /// Leaves the second screen for good.
    pub(super) fn close_screen(&self) {
        imp::close_screen();
    }

    /// Draws, if the second screen is shown and the terminal takes something; whether it was done.
    pub(super) fn draw(&self, draw: impl FnOnce()) -> bool {
        imp::draw(draw)
    }
}

/// Whether the terminal is this process's to read and draw on, and not a shell's.
pub(super) fn in_foreground() -> bool {
    imp::in_foreground()
}

/// Puts the terminal back now. For an exit that drops nothing.
pub fn restore() {
    imp::restore();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_the_rest_is_not_a_command() {
        assert_eq!(parse(b"r"), [Key::Replay]);
        assert_eq!(parse(b" ?qz"), [Key::Pause, Key::Help, Key::Quit]);
        assert_eq!(parse(b"\x03"), [Key::Interrupt]);
        for other in [&b"\x1b[A"[..], b"\x1bq", b"http://localhost/queue?r", b"", b"\n", b"\xc3\xa9"] {
            assert_eq!(parse(other), [], "{other:?}");
        }
    }

    #[test]
    fn nobody_at_a_terminal_means_no_keys() {
        let gate = Gate { stdin_terminal: true, stderr_terminal: false, automated: false, no_input: false };
        assert!(Keys::start(gate, |_| {}).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn only_editing_and_echo_go_away() {
        use rustix::pty::{OpenptFlags, grantpt, openpt, unlockpt};
        use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let before = tcgetattr(&terminal).unwrap();
        assert!(before.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO));
        tcsetattr(&terminal, OptionalActions::Now, &imp::without_editing(&before)).unwrap();
        let after = tcgetattr(&terminal).unwrap();
        assert!(!after.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO));
        assert!(after.local_modes.contains(LocalModes::ISIG));
        assert!(after.output_modes.contains(OutputModes::OPOST | OutputModes::ONLCR));
        assert!(after.input_modes.contains(InputModes::ICRNL));
    }
}
