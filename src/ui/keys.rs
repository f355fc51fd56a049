//! Single keys while `listen` runs in a terminal.
//!
//! Only line editing and echo are switched off: Ctrl-C stays a signal and
//! output keeps its line ends, so nothing else has to know. The terminal is put
//! back on drop, on a panic, before Ctrl-Z stops the process and before Ctrl-\
//! ends it; a process in the background touches neither the terminal's modes
//! nor its input, which would stop it. A paste and the escape sequences of
//! other keys are not commands. `SIGTERM` and `SIGINT` are the caller's: it must
//! end by returning, so that this is dropped. Does not decide what a key does.

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

/// Reads keys until it is dropped.
#[derive(Debug)]
pub struct Keys(#[allow(dead_code, reason = "held for its drop")] imp::Reader);

impl Keys {
    /// Begins to read keys where a person can press them; `None` otherwise.
    /// `on_key` runs on a thread of its own and must not drop this.
    pub fn start(gate: Gate, on_key: impl FnMut(Key) + Send + 'static) -> Option<Self> {
        gate.may_prompt().then(|| imp::Reader::start(Box::new(on_key))).flatten().map(Self)
    }
}

/// Puts the terminal back now. For an exit that drops nothing.
pub fn restore() {
    imp::restore();
}

#[cfg(not(unix))]
mod imp {
    use super::Key;

    #[derive(Debug)]
    pub(super) struct Reader;

    impl Reader {
        pub(super) fn start(_: Box<dyn FnMut(Key) + Send>) -> Option<Self> {
            None
        }
    }

    pub(super) fn restore() {}
}

#[cfg(unix)]
mod imp {
    use super::{Key, parse};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::getpgrp;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
    };
    use signal_hook::SigId;
    use signal_hook::consts::{SIGCONT, SIGQUIT, SIGTSTP};
    use signal_hook::low_level::{emulate_default_handler, pipe, unregister};
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, Once, PoisonError};
    use std::thread::JoinHandle;

    /// The modes to go back to, while they are changed.
    static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

    /// How often a process in the background looks whether it was brought back:
    /// `fg` tells a running job nothing.
    const BACKGROUND: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

    /// Reads keys one by one, without showing them.
    pub(super) fn without_editing(modes: &Termios) -> Termios {
        let mut modes = modes.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        modes
    }

    fn in_foreground() -> bool {
        tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
    }

    fn enter() {
        let Ok(modes) = tcgetattr(io::stdin()) else { return };
        let changed = without_editing(&modes);
        let mut saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner);
        // Modes that are ours already, after a continue, are not what to go back to.
        if modes.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO) || saved.is_none() {
            *saved = Some(modes);
        }
        drop(saved);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &changed);
    }

    pub(super) fn restore() {
        // A panic may come while the lock is held: never wait for it.
        let saved = match SAVED.try_lock() {
            Ok(mut saved) => saved.take(),
            Err(_) => return,
        };
        if let Some(modes) = saved
            && in_foreground()
        {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
    }

    /// A socket that gets a byte for each signal.
    fn signal(number: i32, ids: &mut Vec<SigId>) -> io::Result<UnixStream> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        ids.push(pipe::register(number, writer)?);
        Ok(reader)
    }

    fn drain(mut socket: &UnixStream) -> bool {
        let mut bytes = [0; 64];
        let mut any = false;
        while matches!(socket.read(&mut bytes), Ok(1..)) {
            any = true;
        }
        any
    }

    struct Listener {
        stopped: UnixStream,
        stop: UnixStream,
        quit: UnixStream,
        cont: UnixStream,
        on_key: Box<dyn FnMut(Key) + Send>,
    }

    impl Listener {
        fn run(mut self) {
            let mut entered = false;
            loop {
                let foreground = in_foreground();
                if foreground && !entered {
                    enter();
                }
                entered = foreground;
                let Some((over, input)) = self.wait(foreground) else { return };
                if over {
                    return;
                }
                if drain(&self.quit) {
                    restore();
                    let _ = emulate_default_handler(SIGQUIT);
                }
                if drain(&self.stop) {
                    restore();
                    // Returns when the process is continued.
                    let _ = emulate_default_handler(SIGTSTP);
                    entered = false;
                }
                if drain(&self.cont) {
                    // A shell may have changed the modes meanwhile.
                    entered = false;
                }
                if input && in_foreground() && !self.read() {
                    return;
                }
            }
        }

        /// Waits for something to do: whether reading is over, whether there is input.
        fn wait(&self, foreground: bool) -> Option<(bool, bool)> {
            let stdin = io::stdin();
            let mut waiting = vec![
                PollFd::new(&self.stopped, PollFlags::IN),
                PollFd::new(&self.stop, PollFlags::IN),
                PollFd::new(&self.quit, PollFlags::IN),
                PollFd::new(&self.cont, PollFlags::IN),
            ];
            if foreground {
                waiting.push(PollFd::new(&stdin, PollFlags::IN));
            }
            match poll(&mut waiting, (!foreground).then_some(&BACKGROUND)) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => return Some((false, false)),
                Err(_) => return None,
            }
            let events: Vec<PollFlags> = waiting.iter().map(PollFd::revents).collect();
            let at = |index: usize| events.get(index).copied().unwrap_or(PollFlags::empty());
            // A terminal that hung up is readable for ever and has nothing to say.
            let gone = at(4).intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
            Some((!at(0).is_empty() || gone, at(4).contains(PollFlags::IN)))
        }

        fn read(&mut self) -> bool {
            let mut bytes = [0; 1024];
            match rustix::io::read(io::stdin().as_fd(), &mut bytes) {
                Ok(0) => false,
                Ok(size) => {
                    parse(bytes.get(..size).unwrap_or_default()).into_iter().for_each(&mut self.on_key);
                    true
                }
                Err(error) => matches!(error, rustix::io::Errno::INTR | rustix::io::Errno::AGAIN),
            }
        }
    }

    /// The thread that reads, and what to undo after it.
    #[derive(Debug)]
    pub(super) struct Reader {
        stopped: Option<UnixStream>,
        ids: Vec<SigId>,
        /// True gives the stop and quit signals their ordinary meaning back.
        ordinary: Arc<AtomicBool>,
        thread: Option<JoinHandle<()>>,
    }

    impl Reader {
        pub(super) fn start(on_key: Box<dyn FnMut(Key) + Send>) -> Option<Self> {
            restore_on_panic();
            let ordinary = Arc::new(AtomicBool::new(false));
            let mut ids = Vec::new();
            let listener = Self::listener(on_key, &mut ids, &ordinary);
            let mut reader = Self { stopped: None, ids, ordinary, thread: None };
            // Dropping the reader undoes what was registered before a failure.
            let (listener, stopped) = listener.ok()?;
            reader.stopped = Some(stopped);
            let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || listener.run());
            reader.thread = Some(thread.ok()?);
            Some(reader)
        }

        fn listener(
            on_key: Box<dyn FnMut(Key) + Send>,
            ids: &mut Vec<SigId>,
            ordinary: &Arc<AtomicBool>,
        ) -> io::Result<(Listener, UnixStream)> {
            for number in [SIGTSTP, SIGQUIT] {
                // Never unregistered: it is what keeps the signal's meaning afterwards.
                signal_hook::flag::register_conditional_default(number, Arc::clone(ordinary))?;
            }
            let (ours, theirs) = UnixStream::pair()?;
            let listener = Listener {
                stopped: theirs,
                stop: signal(SIGTSTP, ids)?,
                quit: signal(SIGQUIT, ids)?,
                cont: signal(SIGCONT, ids)?,
                on_key,
            };
            Ok((listener, ours))
        }
    }

    impl Drop for Reader {
        fn drop(&mut self) {
            self.stopped = None;
            if let Some(thread) = self.thread.take() {
                let _ = thread.join();
            }
            restore();
            self.ordinary.store(true, Ordering::SeqCst);
            for id in self.ids.drain(..) {
                unregister(id);
            }
        }
    }

    fn restore_on_panic() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                before(panic);
            }));
        });
    }
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
