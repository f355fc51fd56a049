//! Settings that a file can hold, and where each value comes from.
//!
//! Order: the command line, the `HOOKCTL_` variable, `hookctl.toml` of the
//! working directory or the nearest folder above, `config.toml` of the user's
//! settings, the default. A `hookctl.toml` comes with a checkout, whose author
//! is not the user: it can choose among what the user has, and never send
//! deliveries to another machine, open a port to one, or say where files are.

use super::environment::Environment;
use super::folders::Folders;
use super::private;
use super::setting::{Setting, unknown};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The name of a project's file.
pub const PROJECT_FILE: &str = "hookctl.toml";

/// How far up a project's file is looked for.
const MAX_DEPTH: usize = 64;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable.
    Variable(&'static str),
    /// A project's `hookctl.toml`.
    Project(PathBuf),
    /// The user's `config.toml`.
    User(PathBuf),
    /// Nobody gave one.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Project(path) | Self::User(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Why a settings file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {reason}", path.display())]
pub struct SettingsError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The settings of one run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Of the files; the project's before the user's.
    files: Vec<(Origin, BTreeMap<&'static str, Vec<String>>)>,
    /// The project's file, where there is one that counts.
    pub project: Option<PathBuf>,
    /// What is wrong with the files: nothing of such a file is used.
    pub problems: Vec<SettingsError>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Settings {
    /// The settings of this process: above its working directory, and of its user.
    pub fn of_process(environment: &Environment) -> Self {
        Self::load(std::env::current_dir().ok().as_deref(), Folders::of(environment).ok().as_ref())
    }

    /// Whether no file says anything.
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|(_, values)| values.is_empty())
    }

    /// Reads the project's file above `from`, and the user's.
    pub fn load(from: Option<&Path>, folders: Option<&Folders>) -> Self {
        let mut settings = Self::default();
        if let Some(path) = from.and_then(project_file) {
            if of_somebody_else(&path) {
                settings.warnings.push(format!(
                    "`{}` belongs to another user and is not used; `chown` it if it is yours",
                    path.display()
                ));
            } else {
                settings.project = Some(path.clone());
                settings.add(&path.clone(), Origin::Project(path));
            }
        }
        if let Some(path) = folders.map(Folders::settings_file) {
            settings.add(&path.clone(), Origin::User(path));
        }
        settings
    }

    fn add(&mut self, path: &Path, origin: Origin) {
        let problem = |reason: String| SettingsError { path: path.to_owned(), reason };
        let found = match private::read(path) {
            Ok(None) => return,
            Ok(Some(content)) => read(&content, &origin),
            Err(error) => Err(error.to_string()),
        };
        match found {
            Ok(values) => self.files.push((origin, values)),
            Err(reason) => self.problems.push(problem(reason)),
        }
    }

    /// A setting's value in the files, and in which.
    pub fn of_files(&self, key: &str) -> Option<(&[String], &Origin)> {
        self.files.iter().find_map(|(origin, values)| Some((values.get(key)?.as_slice(), origin)))
    }

    /// A setting's value below the command line, and where it comes from.
    pub fn value(&self, setting: &Setting, environment: &Environment) -> (Vec<String>, Origin) {
        if let Some(text) = environment.text(setting.variable) {
            return (vec![text.to_owned()], Origin::Variable(setting.variable));
        }
        match self.of_files(setting.key) {
            Some((texts, origin)) => (texts.to_vec(), origin.clone()),
            None if setting.default.is_empty() => (Vec::new(), Origin::Default),
            None => (vec![setting.default.to_owned()], Origin::Default),
        }
    }
}

fn read(content: &[u8], origin: &Origin) -> Result<BTreeMap<&'static str, Vec<String>>, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        line.map_or_else(|| error.message().to_owned(), |line| format!("line {line}: {}", error.message()))
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in &table {
        let setting = Setting::of(key).ok_or_else(|| unknown(key))?;
        let texts = setting.read(value).map_err(|reason| format!("`{key}`: {reason}"))?;
        if matches!(origin, Origin::Project(_)) {
            setting.of_project(&texts).map_err(|reason| format!("`{key}`: {reason}"))?;
        }
        values.insert(setting.key, texts);
    }
    Ok(values)
}

/// The nearest project file at or above a folder.
fn project_file(from: &Path) -> Option<PathBuf> {
    from.ancestors().take(MAX_DEPTH).map(|folder| folder.join(PROJECT_FILE)).find(|path| path.is_file())
}

/// Whether a file is neither the user's nor the system's: in a shared folder
/// anybody could lay one in the way.
fn of_somebody_else(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        std::fs::metadata(path).is_ok_and(|found| found.uid() != own && found.uid() != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        home: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            Self { home: tempfile::tempdir().unwrap() }
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn load(&self) -> Settings {
            let settings = self.home.path().join("settings");
            let folders = Folders::of(&Environment::from_pairs(&[
                ("HOOKCTL_CONFIG_DIR", settings.to_str().unwrap()),
                ("HOOKCTL_DATA_DIR", "/d"),
            ]));
            let deep = self.home.path().join("project/a/b");
            std::fs::create_dir_all(&deep).unwrap();
            Settings::load(Some(&deep), Some(&folders.unwrap()))
        }
    }

    fn of(settings: &Settings, key: &str, environment: &[(&str, &str)]) -> (String, Origin) {
        let (texts, origin) =
            settings.value(Setting::of(key).unwrap(), &Environment::from_pairs(environment));
        (texts.join(" "), origin)
    }

    #[test]
    fn a_variable_wins_then_the_project_then_the_user_then_the_default() {
        let place = Place::new();
        assert_eq!(of(&place.load(), "port", &[]), ("4400".to_owned(), Origin::Default));
        place.write("settings/config.toml", "port = 1\nforward = [\"3000\", \"localhost:3001/x\"]\n");
        let user = Origin::User(place.home.path().join("settings/config.toml"));
        assert_eq!(of(&place.load(), "port", &[]), ("1".to_owned(), user.clone()));
        place.write("project/hookctl.toml", "port = 2\n");
        let project = Origin::Project(place.home.path().join("project/hookctl.toml"));
        let settings = place.load();
        assert_eq!(of(&settings, "port", &[]), ("2".to_owned(), project));
        assert_eq!(of(&settings, "forward", &[]), ("3000 localhost:3001/x".to_owned(), user));
        let variable = Origin::Variable("HOOKCTL_PORT");
        assert_eq!(of(&settings, "port", &[("HOOKCTL_PORT", "3")]), ("3".to_owned(), variable));
        // The nearest file counts, and it alone.
        place.write("project/a/hookctl.toml", "answer = \"ack\"\n");
        assert_eq!(of(&place.load(), "port", &[]).0, "1");
        assert!(place.load().problems.is_empty());
    }

    #[test]
    fn a_checkout_cannot_send_deliveries_away_or_open_the_machine() {
        for (text, allowed) in [
            ("forward = \"3000\"", true),
            ("forward = [\"localhost:3000\", 3001]", true),
            ("profile = \"work\"\nprovider = \"koji\"\nport = 0\noutput = \"json\"\nno_input = true", true),
            ("forward = \"https://example.com\"", false),
            ("forward = [\"3000\", \"192.0.2.1:80\"]", false),
            ("host = \"0.0.0.0\"", false),
            ("public_url = \"https://example.com\"", false),
            ("journal = \"/tmp/x\"", false),
        ] {
            let place = Place::new();
            place.write("project/hookctl.toml", text);
            let settings = place.load();
            assert_eq!(settings.problems.is_empty(), allowed, "{text}: {:?}", settings.problems);
            // The control: the user's own settings may say all of it.
            place.write("settings/config.toml", text);
            place.write("project/hookctl.toml", "");
            assert!(place.load().problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_file_and_the_line() {
        for (text, said) in [
            ("prot = 1", "no setting `prot`; did you mean `port`?"),
            ("qqq = 1", "no setting `qqq`"),
            ("port = 1\n\nhost 1", "line 3"),
            ("port = \"1\"", "`port`: it must be a number from 0 to 65535"),
            ("port = 65536", "`port`: it must be a number"),
            ("answer = \"no\"", "`answer`: it must be one of strict, mirror, ack"),
            ("timeout = \"soon\"", "`timeout`"),
            ("forward = \"/path\"", "`forward`"),
            ("no_input = 1", "`no_input`: it must be true or false"),
            ("host = \"here\"", "`localhost` or an IP address"),
            ("[port]", "`port`"),
        ] {
            let place = Place::new();
            place.write("settings/config.toml", text);
            let problems = place.load().problems;
            let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(
                all.len() == 1 && all[0].contains(said) && all[0].contains("config.toml"),
                "{text}: {all:?}"
            );
        }
    }
}
