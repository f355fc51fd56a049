//! The thread that reads a terminal's keys, the modes it changes, and the signals in between.

use super::{Heard, screen};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGQUIT, SIGTSTP, SIGWINCH};
use signal_hook::low_level::{emulate_default_handler, pipe, unregister};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::JoinHandle;

/// The modes to go back to, while they are changed.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

pub(super) use screen::{close as close_screen, draw, open as open_screen};

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

pub(super) fn in_foreground() -> bool {
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
    screen::come_back();
}

pub(super) fn restore() {
    if in_foreground() {
        screen::leave();
    }
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

/// What wakes the thread, in the order of polling.
const CONTROL: usize = 0;
const INPUT: usize = 5;

struct Listener {
    /// A byte when the terminal was lent or given back; closed at the end.
    control: UnixStream,
    stop: UnixStream,
    quit: UnixStream,
    cont: UnixStream,
    resized: UnixStream,
    lent: Arc<Lent>,
    on: Box<dyn FnMut(Heard<'_>) + Send>,
}

/// Whether somebody else has the terminal, such as an editor; locked while it is read.
#[derive(Debug, Default)]
struct Lent(Mutex<bool>);

impl Lent {
    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    fn run(mut self) {
        let mut entered = false;
        loop {
            let ours = in_foreground() && !*self.lent.lock();
            if ours && !entered {
                enter();
                (self.on)(Heard::Redraw);
            }
            entered = ours;
            let Some(Woken { control, input }) = self.wait(ours) else { return };
            if control && !awake(&self.control) {
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
            if drain(&self.resized) {
                (self.on)(Heard::Redraw);
            }
            if input && in_foreground() && !self.read() {
                return;
            }
        }
    }

    /// Waits for something to do; `None` when there will be no more.
    fn wait(&self, ours: bool) -> Option<Woken> {
        let stdin = io::stdin();
        let sockets = [&self.control, &self.stop, &self.quit, &self.cont, &self.resized];
        let mut waiting = sockets.map(|socket| PollFd::new(socket, PollFlags::IN)).to_vec();
        if ours {
            waiting.push(PollFd::new(&stdin, PollFlags::IN));
        }
        match poll(&mut waiting, (!ours).then_some(&BACKGROUND)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Some(Woken::default()),
            Err(_) => return None,
        }
        let events: Vec<PollFlags> = waiting.iter().map(PollFd::revents).collect();
        let at = |index: usize| events.get(index).copied().unwrap_or(PollFlags::empty());
        // A terminal that hung up is readable for ever and has nothing to say.
        if at(INPUT).intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return None;
        }
        Some(Woken { control: !at(CONTROL).is_empty(), input: at(INPUT).contains(PollFlags::IN) })
    }

    /// Reads what was typed, unless the terminal was lent in this moment.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 1024];
        let lent = self.lent.lock();
        if *lent {
            return true;
        }
        let read = rustix::io::read(io::stdin().as_fd(), &mut bytes);
        drop(lent);
        match read {
            Ok(0) => false,
            Ok(size) => {
                (self.on)(Heard::Bytes(bytes.get(..size).unwrap_or_default()));
                true
            }
            Err(error) => matches!(error, rustix::io::Errno::INTR | rustix::io::Errno::AGAIN),
        }
    }
}

/// What ended a wait.
#[derive(Default)]
struct Woken {
    control: bool,
    input: bool,
}

/// Takes the bytes that only wake; false when the other end is closed.
fn awake(mut control: &UnixStream) -> bool {
    let mut bytes = [0; 64];
    loop {
        match control.read(&mut bytes) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// The thread that reads, and what to undo after it.
#[derive(Debug)]
pub(super) struct Reader {
    control: Option<UnixStream>,
    lent: Arc<Lent>,
    ids: Vec<SigId>,
    /// True gives the stop and quit signals their ordinary meaning back.
    ordinary: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    pub(super) fn start(on: Box<dyn FnMut(Heard<'_>) + Send>) -> Option<Self> {
        restore_on_panic();
        let ordinary = Arc::new(AtomicBool::new(false));
        let lent = Arc::new(Lent::default());
        let mut ids = Vec::new();
        let listener = Self::listener(on, &mut ids, &ordinary, &lent);
        let mut reader = Self { control: None, lent, ids, ordinary, thread: None };
        // Dropping the reader undoes what was registered before a failure.
        let (listener, control) = listener.ok()?;
        reader.control = Some(control);
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || listener.run());
        reader.thread = Some(thread.ok()?);
        Some(reader)
    }

    fn listener(
        on: Box<dyn FnMut(Heard<'_>) + Send>,
        ids: &mut Vec<SigId>,
        ordinary: &Arc<AtomicBool>,
        lent: &Arc<Lent>,
    ) -> io::Result<(Listener, UnixStream)> {
        for number in [SIGTSTP, SIGQUIT] {
            // Never unregistered: it is what keeps the signal's meaning afterwards.
            signal_hook::flag::register_conditional_default(number, Arc::clone(ordinary))?;
        }
        let (ours, theirs) = UnixStream::pair()?;
        theirs.set_nonblocking(true)?;
        let listener = Listener {
            control: theirs,
            stop: signal(SIGTSTP, ids)?,
            quit: signal(SIGQUIT, ids)?,
            cont: signal(SIGCONT, ids)?,
            resized: signal(SIGWINCH, ids)?,
            lent: Arc::clone(lent),
            on,
        };
        Ok((listener, ours))
    }

    /// The terminal as it was before, for another program, while `with` runs.
    pub(super) fn lend<T>(&self, with: impl FnOnce() -> T) -> T {
        *self.lent.lock() = true;
        self.wake();
        restore();
        let given_back = GivenBack(self);
        let done = with();
        drop(given_back);
        done
    }

    fn wake(&self) {
        if let Some(mut control) = self.control.as_ref() {
            let _ = control.write_all(&[0]);
        }
    }
}

/// Takes the terminal back, however the other program ended.
struct GivenBack<'a>(&'a Reader);

impl Drop for GivenBack<'_> {
    fn drop(&mut self) {
        *self.0.lent.lock() = false;
        self.0.wake();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.control = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        screen::close();
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
