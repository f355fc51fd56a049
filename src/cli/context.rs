//! What every command works with: streams, environment, folders, catalogue, secrets.
//!
//! Built once from the arguments; commands ask it and never read the
//! environment or open standard output themselves.

use super::error::CommandError;
use super::exit::Exit;
use super::shared::{ColorWhen, Everywhere, OutputFormat, PayloadArgs, SecretArgs};
use crate::config::environment::Environment;
use crate::config::folders::Folders;
use crate::config::secrets::{Secrets, SecretsError};
use crate::config::settings::Settings;
use crate::hook::curl::word;
use crate::hook::jq::Filter;
use crate::hook::provider::{Catalogue, Provider};
use crate::hook::secret::Secret;
use crate::journal::Retention;
use crate::ui::json::JsonReport;
use crate::ui::progress::Progress;
use crate::ui::prompt::Gate;
use crate::ui::stream::{Streams, WriteError};
use crate::ui::style::{ColorChoice, Role, Surroundings};
use bytes::Bytes;
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Commands that work whatever the settings files hold.
const MENDERS: [&str; 4] = ["config", "doctor", "completions", "man"];

/// What every command works with.
#[derive(Clone, Debug)]
pub struct Context {
    streams: Arc<Streams>,
    environment: Environment,
    settings: Settings,
    surroundings: Surroundings,
    json: bool,
    /// Text was asked for by name.
    plain: bool,
    jq: Option<Arc<Filter>>,
    verbose: bool,
    no_input: bool,
    /// The profile that was named, and where.
    profile: Option<(String, String)>,
}

impl Context {
    /// From the environment, the settings, and the options that every command takes.
    ///
    /// # Errors
    /// When `--jq` is not a filter; the streams come along to say so.
    pub fn new(
        everywhere: &Everywhere,
        environment: Environment,
        settings: Settings,
        profile: Option<(String, String)>,
    ) -> Result<Self, (Arc<Streams>, CommandError)> {
        let look = surroundings(&environment);
        let choice = match everywhere.color {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        let no_input = everywhere.no_input || look.automated();
        let streams = Arc::new(Streams::standard(choice, &look, everywhere.quiet));
        let jq = match everywhere.jq.as_deref().map(Filter::compile).transpose() {
            Ok(jq) => jq.map(Arc::new),
            Err(error) => {
                return Err((streams, CommandError::usage("`--jq` cannot be used").because(&error)));
            }
        };
        // A filter works on records, so it asks for them.
        let json = everywhere.json || everywhere.output == Some(OutputFormat::Json) || jq.is_some();
        let verbose = everywhere.verbose;
        let plain = everywhere.output.is_some();
        Ok(Self {
            streams,
            environment,
            settings,
            surroundings: look,
            json,
            plain,
            jq,
            verbose,
            no_input,
            profile,
        })
    }

    /// The profile that was named, and where: `--profile`, a variable, a file.
    pub fn profile(&self) -> Option<(&str, &str)> {
        self.profile.as_ref().map(|(name, origin)| (name.as_str(), origin.as_str()))
    }

    /// Streams for what goes wrong before the options are known.
    pub fn streams_of_process() -> Streams {
        Streams::standard(ColorChoice::Auto, &surroundings(&Environment::of_process()), false)
    }

    /// The streams.
    pub fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// The environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The settings of files.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Says what is wrong with the settings, unless the command is one that shows or mends them.
    ///
    /// # Errors
    /// When a file cannot be used: what it says is not in force, and the user relies on it.
    pub fn check_settings(&self, command: &str) -> Result<(), CommandError> {
        if MENDERS.contains(&command) {
            return Ok(());
        }
        for warning in &self.settings.warnings {
            self.streams.warn(warning, None);
        }
        self.settings.problems.first().map_or(Ok(()), |problem| {
            Err(CommandError::config("could not use the settings").because(problem).hint("hookctl doctor"))
        })
    }

    /// Whether results are JSON lines.
    pub fn json(&self) -> bool {
        self.json
    }

    /// The options that ask for the same records again, as they are typed.
    pub fn record_options(&self) -> Option<String> {
        match &self.jq {
            Some(jq) => Some(format!("--jq {}", word(jq.source()))),
            None => self.json.then(|| "--json".to_owned()),
        }
    }

    /// Whether details are asked for.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// Says a detail that only `--verbose` asks for.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.streams.say(text);
        }
    }

    /// Whether nobody may be asked.
    pub fn no_input(&self) -> bool {
        self.no_input
    }

    /// A report that prints records, through `--jq`; `None` when text is wanted.
    pub fn json_report(&self) -> Option<JsonReport> {
        let lines = self.jq.clone().map(|jq| {
            let run = move |record: &str| {
                let results = jq.run(record.as_bytes()).map_err(|error| error.to_string())?;
                Ok(results.into_iter().map(|text| String::from_utf8_lossy(&text).into_owned()).collect())
            };
            Box::new(run) as Box<dyn crate::ui::json::Lines>
        });
        self.json.then(|| JsonReport::new(Arc::clone(&self.streams), lines))
    }

    /// A bar for so many items, where somebody sees it; none for 0 items.
    pub fn progress(&self, label: &str, items: u64) -> Progress {
        if items == 0 {
            return Progress::hidden();
        }
        Progress::new(label, items, self.streams.narration_look(), &self.surroundings, self.streams.quiet())
    }

    /// Whether and how a person may be asked.
    pub fn gate(&self) -> Gate {
        Gate::of_process(&self.surroundings, self.no_input)
    }

    /// Whether there is a terminal to draw on, and nobody asked for anything else.
    pub fn may_draw(&self) -> bool {
        let knows = self.surroundings.term.is_some() && !self.surroundings.dumb();
        knows && self.streams.look().width.is_some() && self.gate().may_prompt() && !self.plain && !self.json
    }

    /// Writes one line of text as the result.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&self, text: &str) -> Result<Exit, CommandError> {
        let mut page = self.streams.page();
        page.put(Role::Plain, text).end_line();
        self.streams.show(&page)?;
        Ok(Exit::Done)
    }

    /// The user's folders.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn folders(&self) -> Result<Folders, CommandError> {
        Folders::of(&self.environment).map_err(|reason| {
            let mut error = CommandError::config("could not find the folders to work in");
            error.causes.push(reason);
            error.hint("set HOME, or HOOKCTL_CONFIG_DIR and HOOKCTL_DATA_DIR")
        })
    }

    /// The journal named on the command line, or the user's own.
    ///
    /// # Errors
    /// When none is named and there is no home folder.
    pub fn journal(&self, named: Option<&Path>) -> Result<PathBuf, CommandError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => self.folders()?.journal(),
        };
        self.detail(&format!("journal {}", path.display()));
        Ok(path)
    }

    /// What names a journal to a command; nothing for the usual one.
    pub fn naming_journal(&self, named: Option<&Path>) -> Vec<String> {
        let usual = self.folders().ok().map(|folders| folders.journal());
        let named = named.filter(|path| usual.as_deref() != Some(*path));
        named.into_iter().flat_map(|path| ["--journal".to_owned(), path.display().to_string()]).collect()
    }

    /// What a journal is to keep, as named on the command line or by the user's settings.
    ///
    /// # Errors
    /// When that is no limit.
    pub fn retention(&self, named: Option<&str>) -> Result<Retention, CommandError> {
        let text = named.map(str::to_owned).or_else(|| self.setting("keep")).unwrap_or_default();
        Retention::parse(&text).map_err(|reason| {
            let mut error = CommandError::usage("could not use `--keep`");
            error.causes.push(reason);
            error
        })
    }

    /// The built-in providers, the user's own, and those of the files named.
    ///
    /// # Errors
    /// When a file cannot be read or holds a mistake.
    pub fn catalogue(&self, files: &[PathBuf]) -> Result<Catalogue, CommandError> {
        let mut catalogue = Catalogue::builtin();
        let own = self.own_providers();
        for path in &own {
            add_own_provider(&mut catalogue, path)?;
        }
        for path in files {
            add_provider_file(&mut catalogue, path)?;
        }
        for path in own.iter().chain(files) {
            self.detail(&format!("providers of {}", path.display()));
        }
        Ok(catalogue)
    }

    /// The user's own provider files.
    pub fn own_providers(&self) -> Vec<PathBuf> {
        // Without a home folder there are no own providers; that is no reason to fail.
        let folders = Folders::of(&self.environment);
        folders.map(|folders| own_provider_files(&folders.providers())).unwrap_or_default()
    }

    /// A provider by its id.
    ///
    /// # Errors
    /// When there is none of this id; the nearest is suggested.
    pub fn provider(&self, catalogue: &Catalogue, id: &str) -> Result<Arc<Provider>, CommandError> {
        catalogue.get(id).map_err(|error| {
            let refused = CommandError::usage(error.to_string());
            let near: Vec<String> = catalogue.near(id).iter().map(|near| format!("`{near}`")).collect();
            match near.as_slice() {
                [] => refused.hint("hookctl providers list"),
                near => {
                    let near = near.join(" or ");
                    refused.hint(format!("did you mean {near}? `hookctl providers list` shows them all"))
                }
            }
        })
    }

    /// The provider that was named, or else that of the profile in use.
    ///
    /// # Errors
    /// When neither names one, or there is none of this id.
    pub fn one_provider(
        &self,
        catalogue: &Catalogue,
        named: Option<&str>,
    ) -> Result<Arc<Provider>, CommandError> {
        let id = match named {
            Some(id) => Some(id.to_owned()),
            None => self.named_profile()?.map(|profile| profile.provider),
        };
        let id = id.ok_or_else(|| {
            CommandError::usage("no provider was named")
                .hint("add `--provider ID`; `hookctl providers list` shows them")
        })?;
        self.provider(catalogue, &id)
    }

    /// The secrets of this run; says what is wrong with how they were given.
    ///
    /// # Errors
    /// When a named source cannot be used.
    pub fn secrets(&self, args: &SecretArgs) -> Result<Secrets, CommandError> {
        let secrets = self.given_secrets(args)?;
        Ok(if secrets.any_given() { secrets } else { secrets.for_profile(self.named_profile()?) })
    }

    /// The same without the named profile, which need not be there.
    ///
    /// # Errors
    /// When a named source cannot be used.
    pub fn given_secrets(&self, args: &SecretArgs) -> Result<Secrets, CommandError> {
        let folders = Folders::of(&self.environment).ok();
        let secrets = Secrets::load(&args.given()?, &self.environment, folders.as_ref())
            .map_err(|error| unusable(&error))?;
        for warning in &secrets.warnings {
            self.streams.warn(warning, None);
        }
        Ok(secrets)
    }

    /// The secrets of a provider with their origin.
    ///
    /// # Errors
    /// When its variable or file is there but unusable.
    pub fn secrets_of(&self, secrets: &Secrets, provider: &str) -> Result<Vec<Secret>, CommandError> {
        let found = secrets.of(provider).map_err(|error| unusable(&error))?;
        for (_, origin) in &found {
            self.detail(&format!("secret of {provider} from {origin}"));
        }
        Ok(found.into_iter().map(|(secret, _)| secret).collect())
    }

    /// The bytes of a payload, exactly.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn payload(&self, args: &PayloadArgs) -> Result<Bytes, CommandError> {
        match (&args.data, &args.payload) {
            (Some(data), _) => Ok(Bytes::from(data.clone().into_bytes())),
            (None, Some(path)) => self.read(path),
            (None, None) => Err(CommandError::usage("no payload was given")
                .hint("name a file, `-` for standard input, or give it with `--data STRING`")),
        }
    }

    /// The bytes of a file, or of standard input for `-`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &Path) -> Result<Bytes, CommandError> {
        let mut bytes = Vec::new();
        let read = if path == Path::new("-") {
            std::io::stdin().lock().read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
        };
        read.map_err(|error| {
            CommandError::usage(format!("could not read `{}`", path.display())).because(&error)
        })?;
        Ok(bytes.into())
    }

    /// Writes bytes to standard output.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, bytes: &[u8]) -> Result<Exit, CommandError> {
        self.streams.raw(bytes)?;
        Ok(Exit::Done)
    }

    /// Writes one record, through `--jq` where that is given.
    ///
    /// # Errors
    /// When it cannot be written or the filter fails.
    pub fn record(&self, record: &impl Serialize) -> Result<(), CommandError> {
        let Some(jq) = &self.jq else { return Ok(self.streams.record(record)?) };
        let text = serde_json::to_vec(record)
            .map_err(|error| CommandError::new(Exit::Bug, "could not write a record").because(&error))?;
        let results = jq.run(&text).map_err(|error| CommandError::usage("`--jq` failed").because(&error))?;
        for result in results {
            self.streams.json_line(&String::from_utf8_lossy(&result))?;
        }
        Ok(())
    }

    /// A runtime for commands that talk to the network.
    ///
    /// # Errors
    /// When the operating system refuses threads.
    pub fn runtime(&self) -> Result<tokio::runtime::Runtime, CommandError> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError::local("could not start").because(&error))
    }
}

fn surroundings(environment: &Environment) -> Surroundings {
    Surroundings::from_lookup(|name| environment.text(name).map(Into::into))
}

/// An unusable secret and the command that mends it.
pub fn unusable(error: &SecretsError) -> CommandError {
    let hint = match error {
        SecretsError::Unreadable { path, source } => {
            readable(path, source, "name a file that you can read with `--secret-file FILE`")
        }
        SecretsError::Unset(name) => format!("export {name}=..., or name another with `--secret-env NAME`"),
        SecretsError::Empty(_) => {
            "put the secret there, or name another source with `--secret-file FILE`".to_owned()
        }
        SecretsError::TooLarge(_) => "name the file that holds only the secret".to_owned(),
        SecretsError::Profile(_) | SecretsError::Unwritable { .. } => "hookctl doctor".to_owned(),
    };
    CommandError::config("could not read the signing secret").because(error).hint(hint)
}

/// What makes a secret's or key's file readable; `otherwise` names another.
pub(super) fn readable(path: &Path, source: &std::io::Error, otherwise: &str) -> String {
    match source.kind() {
        std::io::ErrorKind::PermissionDenied => format!("chmod u+r `{}`, or {otherwise}", path.display()),
        _ => otherwise.to_owned(),
    }
}

fn own_provider_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    // The order decides which of two files wins, so it must not be the disk's.
    files.sort();
    files
}

/// Adds the providers of a file.
///
/// # Errors
/// When it cannot be read or holds a mistake.
pub fn add_provider_file(catalogue: &mut Catalogue, path: &Path) -> Result<(), CommandError> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        CommandError::config(format!("could not read the provider file `{shown}`"))
            .because(&error)
            .hint("name a file that you can read, or make this one readable")
    })?;
    catalogue.add_bytes(&shown, &bytes).map(drop).map_err(|error| {
        CommandError::config("could not use a provider file")
            .because(&error)
            .hint(format!("edit it; `hookctl providers test {}` checks it", word(&shown)))
    })
}

/// Adds a file of the user's own, which every command reads without being told.
///
/// # Errors
/// When it cannot be read or holds a mistake.
pub fn add_own_provider(catalogue: &mut Catalogue, path: &Path) -> Result<(), CommandError> {
    add_provider_file(catalogue, path).map_err(|error| {
        let hint = error.hint.as_deref().unwrap_or_default().to_owned();
        error.hint(format!("{hint}; or move it out of the folder, which every command reads"))
    })
}

/// Adds the user's own providers and passes over what cannot be read.
pub fn add_own_providers(catalogue: &mut Catalogue, folder: &Path) {
    for path in own_provider_files(folder) {
        drop(add_provider_file(catalogue, &path));
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> Self {
        match error {
            // Whoever read the output has read enough: a quiet end.
            WriteError::Closed => Self::new(Exit::Done, ""),
            error => Self::local("could not write the result").because(&error),
        }
    }
}
