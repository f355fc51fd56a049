//! Standard output and standard error: results on the one, talk on the other.
//!
//! Both share one lock, and a page or record is one `write` call, so lines of
//! different threads never interleave. A reader that goes away is
//! [`WriteError::Closed`], which ends the program quietly; a full disk is an
//! error. Narration that cannot be written is dropped: it is never worth
//! stopping for. Does not buffer and does not start threads.

use super::line::Line;
use super::page::Page;
use super::sanitize;
use super::style::{ColorChoice, Look, Mark, Role, Surroundings};
use serde::Serialize;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why results could not be written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// Whoever read standard output went away, such as `head` after its lines.
    #[error("the reader of the output is gone")]
    Closed,
    /// Anything else, such as a full disk.
    #[error("could not write the output")]
    Failed(#[source] Arc<io::Error>),
    /// A record that cannot be put into JSON.
    #[error("could not put a record into JSON")]
    Record(#[source] Arc<serde_json::Error>),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Failed(Arc::new(error)) }
    }
}

/// Where one stream goes and what it can show.
pub struct Output {
    writer: Box<dyn Write + Send>,
    look: Look,
    width: fn() -> Option<usize>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("look", &self.look).finish_non_exhaustive()
    }
}

impl Output {
    /// Any writer with a fixed look.
    pub fn new(writer: impl Write + Send + 'static, look: Look) -> Self {
        Self { writer: Box::new(writer), look, width: || None }
    }
}

type Broken = Box<dyn FnOnce(&WriteError) + Send>;

struct Inner {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    failure: Option<WriteError>,
    when_broken: Option<Broken>,
}

/// The two streams of the program.
pub struct Streams {
    inner: Mutex<Inner>,
    stdout: (Look, fn() -> Option<usize>),
    stderr: (Look, fn() -> Option<usize>),
    quiet: bool,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("stdout", &self.stdout.0)
            .field("stderr", &self.stderr.0)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

/// The width of the terminal behind a descriptor.
#[cfg(unix)]
fn width_of(descriptor: impl std::os::fd::AsFd) -> Option<usize> {
    rustix::termios::tcgetwinsize(descriptor)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|width| *width > 0)
}

#[cfg(not(unix))]
fn width_of<T>(_: T) -> Option<usize> {
    None
}

impl Streams {
    /// The streams of this process.
    pub fn standard(choice: ColorChoice, surroundings: &Surroundings, quiet: bool) -> Self {
        let look = |terminal: bool| Look {
            colors: surroundings.colors(choice, terminal),
            charset: surroundings.charset(),
            width: None,
        };
        let stdout = Output {
            writer: Box::new(Direct(io::stdout())),
            look: look(io::stdout().is_terminal()),
            width: || io::stdout().is_terminal().then(|| width_of(io::stdout())).flatten(),
        };
        let stderr = Output {
            writer: Box::new(Direct(io::stderr())),
            look: look(io::stderr().is_terminal()),
            width: || io::stderr().is_terminal().then(|| width_of(io::stderr())).flatten(),
        };
        Self::new(stdout, stderr, quiet)
    }

    /// Streams that go anywhere, for tests.
    pub fn new(stdout: Output, stderr: Output, quiet: bool) -> Self {
        Self {
            stdout: (stdout.look, stdout.width),
            stderr: (stderr.look, stderr.width),
            inner: Mutex::new(Inner {
                stdout: stdout.writer,
                stderr: stderr.writer,
                failure: None,
                when_broken: None,
            }),
            quiet,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do once when results can no longer be written, such as stopping
    /// the job. Called with the streams locked: it must not write to them.
    pub fn when_broken(&self, act: impl FnOnce(&WriteError) + Send + 'static) {
        self.lock().when_broken = Some(Box::new(act));
    }

    /// Why results can no longer be written, if so.
    pub fn failure(&self) -> Option<WriteError> {
        self.lock().failure.clone()
    }

    /// Whether narration is switched off.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// What standard output can show now; the width follows the window.
    pub fn look(&self) -> Look {
        let (look, width) = self.stdout;
        Look { width: width().or(look.width), ..look }
    }

    /// What standard error can show now.
    pub fn narration_look(&self) -> Look {
        let (look, width) = self.stderr;
        Look { width: width().or(look.width), ..look }
    }

    /// An empty page for standard output.
    pub fn page(&self) -> Page {
        Page::new(self.look())
    }

    /// An empty page for standard error.
    pub fn narration(&self) -> Page {
        Page::new(self.narration_look())
    }

    /// Writes a page of results.
    ///
    /// # Errors
    /// When standard output is closed or cannot take it.
    pub fn show(&self, page: &Page) -> Result<(), WriteError> {
        self.raw(page.as_str().as_bytes())
    }

    /// Writes one record as one line of JSON, safe for a terminal and lossless.
    ///
    /// # Errors
    /// When standard output is closed or cannot take it.
    pub fn record(&self, record: &impl Serialize) -> Result<(), WriteError> {
        self.write(|stdout| {
            let mut line = Line::new(stdout);
            serde_json::to_writer(&mut line, record).map_err(|error| match error.io_error_kind() {
                Some(_) => WriteError::from(io::Error::from(error)),
                None => WriteError::Record(Arc::new(error)),
            })?;
            line.end().map_err(WriteError::from)
        })
    }

    /// Writes a line of JSON that is already text.
    ///
    /// # Errors
    /// When standard output is closed or cannot take it.
    pub fn json_line(&self, line: &str) -> Result<(), WriteError> {
        let mut line = sanitize::json(line).into_owned();
        line.push('\n');
        self.raw(line.as_bytes())
    }

    /// Writes bytes to standard output as they are. For output that is meant
    /// for a program, such as a body in its raw form; everything else goes
    /// through a page.
    ///
    /// # Errors
    /// When standard output is closed or cannot take it.
    pub fn raw(&self, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(|stdout| {
            if bytes.is_empty() {
                return Ok(());
            }
            stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(WriteError::from)
        })
    }

    /// Writes to standard output, unless that failed before.
    fn write(&self, write: impl FnOnce(&mut dyn Write) -> Result<(), WriteError>) -> Result<(), WriteError> {
        let mut inner = self.lock();
        if let Some(failure) = &inner.failure {
            return Err(failure.clone());
        }
        let Err(error) = write(&mut inner.stdout) else { return Ok(()) };
        if matches!(error, WriteError::Record(_)) {
            return Err(error);
        }
        inner.failure = Some(error.clone());
        if let Some(act) = inner.when_broken.take() {
            act(&error);
        }
        Err(error)
    }

    /// Writes narration, unless it is switched off.
    pub fn narrate(&self, page: &Page) {
        if !self.quiet {
            self.talk(page);
        }
    }

    /// Writes what a person must see even when narration is off: warnings,
    /// errors, prompts.
    pub fn talk(&self, page: &Page) {
        let mut inner = self.lock();
        let _ = inner.stderr.write_all(page.as_str().as_bytes());
        let _ = inner.stderr.flush();
    }

    /// Says something that is neither a result nor a warning.
    pub fn say(&self, text: &str) {
        let mut page = self.narration();
        page.put(Role::Plain, text).end_line();
        self.narrate(&page);
    }

    /// Says what to type next.
    pub fn hint(&self, text: &str) {
        let mut page = self.narration();
        page.put(Role::Dim, "hint:").space(1).put(Role::Plain, text).end_line();
        self.narrate(&page);
    }

    /// Says a warning, with the command or setting that mends it.
    pub fn warn(&self, text: &str, hint: Option<&str>) {
        let mut page = self.narration();
        page.mark(Role::Warning, Mark::Alert).space(1).put(Role::Warning, "warning:").space(1);
        page.put(Role::Plain, text).end_line();
        if let Some(hint) = hint {
            page.space(2).put(Role::Dim, "hint:").space(1).put(Role::Plain, hint).end_line();
        }
        self.talk(&page);
    }
}

/// A descriptor without the standard library's buffer: one page, one call. A
/// descriptor that another program made non-blocking is waited for, where
/// `write_all` would lose the rest of the page.
struct Direct<T>(T);

#[cfg(unix)]
impl<T: std::os::fd::AsFd> Write for Direct<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, poll};
        loop {
            match rustix::io::write(&self.0, bytes) {
                Err(rustix::io::Errno::AGAIN) => {
                    let mut ready = [PollFd::new(&self.0, PollFlags::OUT)];
                    match poll(&mut ready, None) {
                        Ok(_) | Err(rustix::io::Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                other => return other.map_err(Into::into),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
impl<T: Write> Write for Direct<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Keeps what is written, for tests.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// What was written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Streams whose output can be read back, for tests: streams, standard output,
/// standard error.
pub fn captured(look: Look, quiet: bool) -> (Arc<Streams>, Capture, Capture) {
    let (out, err) = (Capture::default(), Capture::default());
    let streams = Streams::new(Output::new(out.clone(), look), Output::new(err.clone(), look), quiet);
    (Arc::new(streams), out, err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts calls and may refuse them.
    struct Counting(Arc<AtomicUsize>, Option<io::ErrorKind>);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.fetch_add(1, Ordering::SeqCst);
            self.1.map_or(Ok(bytes.len()), |kind| Err(kind.into()))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn streams(refuse: Option<io::ErrorKind>) -> (Streams, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let output = || Output::new(Counting(Arc::clone(&calls), refuse), Look::PLAIN);
        (Streams::new(output(), output(), false), calls)
    }

    #[test]
    fn a_page_and_a_record_are_one_call_each() {
        let (streams, calls) = streams(None);
        let mut page = streams.page();
        page.put(Role::Plain, "a").end_line().put(Role::Plain, "b").end_line();
        streams.show(&page).unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        streams.record(&serde_json::json!({"a": "x".repeat(100_000)})).unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_reader_that_went_away_is_told_once_and_stops_the_writing() {
        let (streams, calls) = streams(Some(io::ErrorKind::BrokenPipe));
        let told = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&told);
        streams.when_broken(move |error| {
            assert!(matches!(error, WriteError::Closed));
            counter.fetch_add(1, Ordering::SeqCst);
        });
        for _ in 0..3 {
            assert!(matches!(streams.json_line("{}"), Err(WriteError::Closed)));
        }
        assert_eq!((calls.load(Ordering::SeqCst), told.load(Ordering::SeqCst)), (1, 1));
        assert!(matches!(streams.failure(), Some(WriteError::Closed)));
    }

    #[test]
    fn a_full_disk_is_an_error_on_results_and_nothing_on_narration() {
        let (streams, _) = streams(Some(io::ErrorKind::StorageFull));
        streams.warn("careful", None);
        assert!(streams.failure().is_none());
        assert!(matches!(streams.json_line("{}"), Err(WriteError::Failed(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_full_device_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let streams = Streams::new(
            Output::new(Direct(full), Look::PLAIN),
            Output::new(Capture::default(), Look::PLAIN),
            false,
        );
        let Err(WriteError::Failed(error)) = streams.json_line("{}") else { panic!("no error") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_pipe_and_a_pipe_that_is_full_for_a_moment() {
        use std::io::Read;
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        assert_eq!(Direct(writer).write_all(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);

        let (mut reader, writer) = io::pipe().unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        let sent = vec![b'x'; 1 << 20];
        let writing = std::thread::spawn(move || Direct(writer).write_all(&vec![b'x'; 1 << 20]));
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        writing.join().unwrap().unwrap();
        assert_eq!(got.len(), sent.len());
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let (streams, out, _) = captured(Look::PLAIN, false);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let streams = &streams;
                scope.spawn(move || {
                    for number in 0..100 {
                        streams.json_line(&format!("{{\"thread\":{thread},\"number\":{number}}}")).unwrap();
                    }
                });
            }
        });
        let text = out.text();
        assert_eq!(text.lines().count(), 400);
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn quiet_keeps_warnings_and_drops_narration() {
        let (streams, out, err) = captured(Look::PLAIN, true);
        let mut page = streams.narration();
        page.put(Role::Plain, "listening").end_line();
        streams.narrate(&page);
        streams.warn("no secret for `koji`", Some("set `KOJI_WEBHOOK_SECRET`"));
        assert_eq!(out.text(), "");
        assert_eq!(err.text(), "⚠ warning: no secret for `koji`\n  hint: set `KOJI_WEBHOOK_SECRET`\n");
    }
}
