//! A file that is written piece by piece and is there only when it is whole.
//!
//! The pieces go into `FILE.part`; `FILE.state` says which are in it and up to
//! which byte. After a crash, a full disk or Ctrl-C the next run cuts off what
//! is torn and goes on; at the end the part takes the file's name in one step.
//! Two runs at once are kept apart by a lock. Does not know what a piece is.

use crate::hook::time::Timestamp;
use crate::modes;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A part that is older was left for good: what it holds may have changed since.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// Another run writes it.
    #[error("another run is writing `{}`", .0.display())]
    Busy(PathBuf),
    /// The operating system said no.
    #[error("could not write `{}`", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

/// A file on its way.
#[derive(Debug)]
pub struct Part {
    target: PathBuf,
    part: File,
    state: File,
    end: u64,
    done: HashSet<String>,
}

fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(ending);
    name.into()
}

impl Part {
    /// Begins the file, or goes on with one of the same `purpose` that was not finished.
    ///
    /// # Errors
    /// When another run writes it, or the disk says no.
    pub fn open(target: &Path, purpose: &str, head: &[u8], now: Timestamp) -> Result<Self, PartError> {
        let (part_path, state_path) = (beside(target, ".part"), beside(target, ".state"));
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |source| PartError::Io { path, source }
        };
        if target.is_dir() {
            // Found out now, and not after everything was fetched.
            return Err(wrong(target)(io::ErrorKind::IsADirectory.into()));
        }
        let mut state = modes::open(&state_path).map_err(wrong(&state_path))?;
        match state.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PartError::Busy(target.to_owned())),
            Err(TryLockError::Error(source)) => return Err(wrong(&state_path)(source)),
        }
        let part = modes::open(&part_path).map_err(wrong(&part_path))?;
        let length = part.metadata().map_err(wrong(&part_path))?.len();
        let mut text = Vec::new();
        state.read_to_end(&mut text).map_err(wrong(&state_path))?;
        let known = Known::read(&text, purpose, length, now);
        let mut this = Self { target: target.to_owned(), part, state, end: 0, done: HashSet::new() };
        match known {
            Some(known) => this.go_on(known),
            None => this.begin(purpose, head, now),
        }
        .map_err(wrong(&part_path))?;
        Ok(this)
    }

    fn begin(&mut self, purpose: &str, head: &[u8], now: Timestamp) -> io::Result<()> {
        self.state.set_len(0)?;
        self.part.set_len(0)?;
        self.state.seek(SeekFrom::Start(0))?;
        self.part.seek(SeekFrom::Start(0))?;
        self.note(&json!({"v": 1, "purpose": purpose, "begun": now.micros()}))?;
        self.part.write_all(head)?;
        self.end = head.len() as u64;
        self.note(&json!({"end": self.end}))
    }

    fn go_on(&mut self, known: Known) -> io::Result<()> {
        self.state.set_len(known.state_end)?;
        self.state.seek(SeekFrom::End(0))?;
        self.part.set_len(known.end)?;
        self.part.seek(SeekFrom::End(0))?;
        (self.end, self.done) = (known.end, known.done);
        Ok(())
    }

    fn note(&mut self, line: &Value) -> io::Result<()> {
        self.state.write_all(format!("{line}\n").as_bytes())
    }

    /// Whether a piece is in it already.
    pub fn has(&self, id: &str) -> bool {
        self.done.contains(id)
    }

    /// How many pieces are in it.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether no piece is in it.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// When it was not written; the next run writes it.
    pub fn add(&mut self, id: &str, piece: &[u8]) -> Result<(), PartError> {
        let added = self.part.write_all(piece).and_then(|()| {
            self.end += piece.len() as u64;
            self.note(&json!({"id": id, "end": self.end}))
        });
        added.map_err(|source| PartError::Io { path: beside(&self.target, ".part"), source })?;
        self.done.insert(id.to_owned());
        Ok(())
    }

    /// Gives the part the file's name; a file of that name is replaced. How many pieces it has.
    ///
    /// # Errors
    /// When the disk says no: the part stays, and the file is as it was.
    pub fn finish(self) -> Result<usize, PartError> {
        let Self { target, part, state, done, .. } = self;
        let finished = part.sync_all().and_then(|()| {
            std::fs::rename(beside(&target, ".part"), &target)?;
            std::fs::remove_file(beside(&target, ".state"))?;
            target.parent().map_or(Ok(()), modes::sync_folder)
        });
        finished.map_err(|source| PartError::Io { path: target, source })?;
        drop(state);
        Ok(done.len())
    }
}

/// What a state file says.
struct Known {
    end: u64,
    state_end: u64,
    done: HashSet<String>,
}

impl Known {
    /// Reads as many whole lines as are true of a part of this length; `None`
    /// when it is of another purpose, stale, or no state at all.
    fn read(text: &[u8], purpose: &str, length: u64, now: Timestamp) -> Option<Self> {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let first = lines.next()?;
        let head: Value = serde_json::from_slice(first).ok()?;
        let begun = Timestamp::from_micros(head.get("begun")?.as_i64()?);
        let same = head.get("v")? == 1 && head.get("purpose")?.as_str()? == purpose;
        if !same || now.since(begun) > STALE || begun > now {
            return None;
        }
        let mut known = Self { end: 0, state_end: first.len() as u64, done: HashSet::new() };
        let mut any = false;
        for line in lines {
            let Ok(said) = serde_json::from_slice::<Value>(line) else { break };
            let Some(end) = said.get("end").and_then(Value::as_u64) else { break };
            if end > length || end < known.end {
                break;
            }
            known.done.extend(said.get("id").and_then(Value::as_str).map(str::to_owned));
            known.end = end;
            known.state_end += line.len() as u64;
            any = true;
        }
        any.then_some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        (folder, target)
    }

    fn open(target: &Path) -> Part {
        Part::open(target, "csv of s1", b"head\n", NOW).unwrap()
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_is_there_only_when_it_is_whole_and_then_nothing_else_is() {
        let (folder, target) = folder();
        std::fs::write(&target, "old").unwrap();
        let mut part = open(&target);
        part.add("a", b"1\n").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(part.finish().unwrap(), 1);
        assert_eq!(std::fs::read(&target).unwrap(), b"head\n1\n");
        assert_eq!(names(&folder), ["out.csv"]);
    }

    #[test]
    fn a_run_that_broke_off_anywhere_is_gone_on_with() {
        let (_folder, target) = folder();
        let mut part = open(&target);
        part.add("a", b"first\n").unwrap();
        part.add("b", b"second\n").unwrap();
        drop(part);
        let (part_path, state_path) = (beside(&target, ".part"), beside(&target, ".state"));
        let (whole_part, whole_state) =
            (std::fs::read(&part_path).unwrap(), std::fs::read(&state_path).unwrap());
        // Every byte at which either file may end.
        for part_end in 0..=whole_part.len() {
            for state_end in [0, 1, 40, whole_state.len() - 3, whole_state.len()] {
                std::fs::write(&part_path, &whole_part[..part_end]).unwrap();
                std::fs::write(&state_path, &whole_state[..state_end]).unwrap();
                let mut part = open(&target);
                for (id, piece) in [("a", &b"first\n"[..]), ("b", b"second\n")] {
                    if !part.has(id) {
                        part.add(id, piece).unwrap();
                    }
                }
                part.finish().unwrap();
                assert_eq!(
                    std::fs::read(&target).unwrap(),
                    b"head\nfirst\nsecond\n",
                    "{part_end} {state_end}"
                );
            }
        }
        // The control: a run that is whole is not begun again.
        std::fs::write(&part_path, &whole_part).unwrap();
        std::fs::write(&state_path, &whole_state).unwrap();
        assert_eq!(open(&target).len(), 2);
    }

    #[test]
    fn another_purpose_a_stale_part_and_another_run_are_told_apart() {
        let (_folder, target) = folder();
        let mut part = open(&target);
        part.add("a", b"1\n").unwrap();
        assert!(matches!(Part::open(&target, "csv of s1", b"", NOW), Err(PartError::Busy(_))));
        drop(part);
        let late = NOW.plus(STALE).plus(Duration::from_secs(1));
        assert!(Part::open(&target, "csv of s1", b"head\n", late).unwrap().is_empty());
        let mut part = open(&target);
        part.add("a", b"1\n").unwrap();
        drop(part);
        assert!(Part::open(&target, "jsonl of s1", b"", NOW).unwrap().is_empty());
    }

    #[test]
    fn a_folder_is_told_before_anything_is_written() {
        let (folder, _) = folder();
        let error = Part::open(folder.path(), "csv", b"", NOW).unwrap_err();
        assert!(matches!(&error, PartError::Io { path, .. } if path == folder.path()), "{error:?}");
        assert!(names(&folder).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_people_said_is_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, target) = folder();
        open(&target).finish().unwrap();
        assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
