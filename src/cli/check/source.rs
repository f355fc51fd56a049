//! `--source`: reads the handler's files and tells what they show.

use super::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::hook::check::{Case, Dialect, Finding, Group, LONGEST_FILE, Lint, Outcome, Place, lint};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The most files that are read.
const MOST_FILES: usize = 2_000;
/// How deep folders are followed.
const DEEPEST: usize = 24;
/// Folders of what others wrote, or of tests.
const PASSED_OVER: [&str; 14] = [
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "out",
    "venv",
    "site-packages",
    "__pycache__",
    "test",
    "tests",
    "spec",
    "__tests__",
    "testdata",
];
/// What is in the name of a file of tests.
const TESTS: [&str; 6] = [".test.", ".spec.", "_test.", "_spec.", "Test.", "Tests."];

/// A file that was read.
struct File {
    /// As it is shown: with `/` between its parts.
    name: String,
    dialect: Dialect,
    text: String,
}

/// The source that was named, as far as it is in a language that can be read.
#[derive(Default)]
pub(super) struct Source {
    files: Vec<File>,
}

impl Source {
    /// Reads the files that were named, and those below the folders.
    pub(super) fn read(args: &CheckArgs, context: &Context) -> Result<Self, CommandError> {
        let mut source = Self::default();
        for path in &args.source {
            let of_path = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
            if of_path.is_dir() {
                source.folder(path, 0)?;
            } else {
                let dialect = dialect(path).ok_or_else(|| {
                    CommandError::usage(format!("could not read `{}` as source", path.display()))
                        .hint("it takes .js, .ts, .py, .go, .rb, .php, .java, .kt, .cs and .rs")
                })?;
                source.file(path, dialect)?;
            }
        }
        if source.files.is_empty() && !args.source.is_empty() {
            context.streams().warn("`--source` names no file that can be read", None);
        }
        Ok(source)
    }

    fn folder(&mut self, path: &Path, depth: usize) -> Result<(), CommandError> {
        let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        // The report must not depend on the disk's order.
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Links are not followed: they may lead anywhere.
            let Ok(of_path) = std::fs::symlink_metadata(&path) else { continue };
            if name.starts_with('.') || self.files.len() >= MOST_FILES {
                continue;
            }
            if of_path.is_dir() && depth < DEEPEST && !PASSED_OVER.contains(&&*name) {
                self.folder(&path, depth + 1)?;
            } else if of_path.is_file()
                && !TESTS.iter().any(|part| name.contains(part))
                && !name.starts_with("test_")
                && let Some(dialect) = dialect(&path)
            {
                self.file(&path, dialect)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, dialect: Dialect) -> Result<(), CommandError> {
        let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut bytes = Vec::new();
        let most = u64::try_from(LONGEST_FILE).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
        let shown = path.to_string_lossy().replace('\\', "/");
        let name = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
        self.files.push(File { name, dialect, text: String::from_utf8_lossy(&bytes).into_owned() });
        Ok(())
    }

    /// What the files show of these cases.
    pub(super) fn findings(&self, cases: &[&'static Case]) -> Vec<Finding> {
        let lints: Vec<(&File, Lint)> = self
            .files
            .iter()
            .flat_map(|file| lint(file.dialect, &file.text).into_iter().map(move |lint| (file, lint)))
            .collect();
        cases
            .iter()
            .filter(|case| case.group == Group::Source)
            .flat_map(|case| self.of_case(case, &lints))
            .collect()
    }

    fn of_case(&self, case: &'static Case, lints: &[(&File, Lint)]) -> Vec<Finding> {
        let of_case = lints.iter().filter(|(_, lint)| lint.case() == case.id);
        let found: Vec<Finding> = of_case.map(|(file, lint)| failed(case, file, lint)).collect();
        if !found.is_empty() {
            return found;
        }
        let files = crate::ui::human::counted(self.files.len() as u64, "file", "files");
        vec![match self.files.len() {
            0 => Finding::new(case, Outcome::Skip, "no file was read"),
            _ => Finding::new(case, Outcome::Pass, format!("nothing of the kind in {files}")),
        }]
    }
}

fn failed(case: &'static Case, file: &File, lint: &Lint) -> Finding {
    Finding {
        symptom: Some(lint.symptom),
        place: Some(Place { file: file.name.clone(), line: lint.line }),
        ..Finding::new(case, Outcome::Fail, lint.said.clone())
    }
}

fn dialect(path: &Path) -> Option<Dialect> {
    Dialect::of(&path.file_name()?.to_string_lossy())
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::usage(format!("could not read the source `{}`", path.display())).because(error)
}
