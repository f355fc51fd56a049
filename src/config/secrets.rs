//! Signing secrets and where each came from.
//!
//! Order, first that is there: given on the command line (file, variable,
//! value), `<PROVIDER>_WEBHOOK_SECRET` such as `KOJI_WEBHOOK_SECRET`, the
//! profile, the file `secrets/<provider>` in the settings folder. A source that
//! is named but empty is an error, never "no secret".

use super::environment::Environment;
use super::folders::Folders;
use super::private;
use super::profiles::{self, Profile, ProfileError, Profiles};
use crate::hook::explain::NamedSecret;
use crate::hook::secret::Secret;
use crate::job::judge::SecretSource;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// How a secret was named on the command line.
#[derive(Clone, Debug)]
pub enum Given {
    /// `--secret-file FILE`, or standard input for `-`.
    File(PathBuf),
    /// `--secret-env NAME`.
    Variable(String),
    /// `--secret VALUE`, visible to every process of the machine.
    Value(Secret),
}

/// Where a secret came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--secret-file`.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// `--secret`.
    Value,
    /// A file of the settings.
    Stored(PathBuf),
}

impl Origin {
    /// The file, unless it is standard input.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) if path.as_os_str() == "-" => None,
            Self::File(path) | Self::Stored(path) => Some(path),
            Self::Variable(_) | Self::Value => None,
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "--secret-file {}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Value => f.write_str("--secret"),
            Self::Stored(path) => path.display().fmt(f),
        }
    }
}

/// Stored secrets that are tried in place of the one that did not fit.
const MOST_OTHERS: usize = 64;

/// A secret that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read.
    #[error("cannot read the secret file `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The variable is not set.
    #[error("the variable `{0}` is not set")]
    Unset(String),
    /// The source is there and holds nothing.
    #[error("the signing secret from {0} is empty")]
    Empty(String),
    /// The file is too large to be a secret.
    #[error("the secret file `{}` is over 64 KiB", .0.display())]
    TooLarge(PathBuf),
    /// The disk refuses a secret that is to be stored.
    #[error("cannot write the secret file `{}`", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A profile that may hold it cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// The secrets of one run.
#[derive(Debug, Default)]
pub struct Secrets {
    given: Vec<(Secret, Origin)>,
    environment: Environment,
    folder: Option<PathBuf>,
    profiles: Option<Profiles>,
    /// All profiles, once one was looked for: a listener asks for a hundred providers.
    listed: OnceLock<Vec<Profile>>,
    /// The profile that the user named; its provider has no other secret.
    named: Option<Profile>,
    /// Things the user should know, such as a secret file that others can read.
    pub warnings: Vec<String>,
}

/// How the variables that hold secrets end.
const VARIABLE_END: &str = "_WEBHOOK_SECRET";

/// The variable that holds a provider's secret, such as `KOJI_WEBHOOK_SECRET`.
pub fn variable_of(provider: &str) -> String {
    format!("{}{VARIABLE_END}", provider.to_ascii_uppercase().replace('-', "_"))
}

/// The secret in `secrets/PROVIDER` with its file; `None` when there is none.
///
/// # Errors
/// When it is there and cannot be read, or is empty.
pub fn stored(folders: &Folders, provider: &str) -> Result<Option<(Secret, PathBuf)>, SecretsError> {
    let path = folders.secrets().join(provider);
    match read_file(&path) {
        Ok(secret) => Ok(Some((secret, path))),
        Err(SecretsError::Unreadable { source, .. }) if private::is_missing(&source) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Stores a secret in `secrets/PROVIDER` and gives the file: on the disk when
/// this returns. The one before stays beside it, as `PROVIDER.former`.
///
/// # Errors
/// When the disk refuses; the former secret is still there then.
pub fn store(folders: &Folders, provider: &str, secret: &Secret) -> Result<PathBuf, SecretsError> {
    let path = folders.secrets().join(provider);
    let former = folders.secrets().join(format!("{provider}.former"));
    let unwritable = |path: &Path, source| SecretsError::Unwritable { path: path.to_owned(), source };
    if path.is_file() {
        // It may be a vendor's that is shown once: without its second name it is not replaced.
        private::remove(&former)
            .and_then(|_| std::fs::hard_link(&path, &former))
            .map_err(|source| unwritable(&former, source))?;
    }
    private::write(&path, &line(secret)).map_err(|source| unwritable(&path, source))?;
    Ok(path)
}

fn line(secret: &Secret) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([secret.expose(), b"\n"].concat())
}

impl Secrets {
    /// Reads what the command line names; looks the rest up when asked.
    ///
    /// # Errors
    /// When a named source cannot be read or is empty.
    pub fn load(
        given: &[Given],
        environment: &Environment,
        folders: Option<&Folders>,
    ) -> Result<Self, SecretsError> {
        let mut secrets = Self {
            environment: environment.clone(),
            folder: folders.map(Folders::secrets),
            profiles: folders.map(Profiles::open),
            ..Self::default()
        };
        for source in given {
            let (secret, origin) = match source {
                Given::File(path) => {
                    secrets.warn_if_shared(path);
                    (read_file(path)?, Origin::File(path.clone()))
                }
                Given::Variable(name) => {
                    let bytes = environment.bytes(name).ok_or_else(|| SecretsError::Unset(name.clone()))?;
                    let secret = Secret::from_file_content(bytes)
                        .map_err(|_| SecretsError::Empty(format!("`{name}`")))?;
                    (secret, Origin::Variable(name.clone()))
                }
                Given::Value(secret) => {
                    secrets.warnings.push(
                        "`--secret` shows the secret to every process of this machine and to the shell's history; \
                         prefer `--secret-file` or `--secret-env`"
                            .to_owned(),
                    );
                    (secret.clone(), Origin::Value)
                }
            };
            if secret.is_short() {
                secrets.warn_of_short(&origin.to_string());
            }
            secrets.given.push((secret, origin));
        }
        for (name, value) in environment.iter().filter(|(name, _)| name.ends_with(VARIABLE_END)) {
            if Secret::from_file_content(value.as_encoded_bytes()).is_ok_and(|secret| secret.is_short()) {
                secrets.warn_of_short(name);
            }
        }
        let repaired = secrets.profiles.iter().flat_map(|profiles| profiles.warnings.clone());
        secrets.warnings.extend(repaired.collect::<Vec<_>>());
        let stored = secrets.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
        let stored: Vec<_> = stored.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        for path in stored.iter().chain(&secrets.of_profiles()) {
            secrets.warn_if_shared(path);
            if read_file(path).is_ok_and(|secret| secret.is_short()) {
                secrets.warn_of_short(&path.display().to_string());
            }
        }
        Ok(secrets)
    }

    /// Takes the secret of this profile for its provider, and no other.
    #[must_use]
    pub fn for_profile(mut self, profile: Option<Profile>) -> Self {
        self.named = profile;
        self
    }

    /// Whether secrets were given on the command line, for whatever provider.
    pub fn any_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// The secrets of a provider with their origin; empty when none is known.
    ///
    /// # Errors
    /// When the provider's variable or file is there but unusable.
    pub fn of(&self, provider: &str) -> Result<Vec<(Secret, Origin)>, SecretsError> {
        if !self.given.is_empty() {
            return Ok(self.given.clone());
        }
        let name = variable_of(provider);
        if let Some(bytes) = self.environment.bytes(&name) {
            let secret =
                Secret::from_file_content(bytes).map_err(|_| SecretsError::Empty(format!("`{name}`")))?;
            return Ok(vec![(secret, Origin::Variable(name))]);
        }
        for path in self.files_of(provider)? {
            match read_file(&path) {
                Ok(secret) => return Ok(vec![(secret, Origin::Stored(path))]),
                Err(SecretsError::Unreadable { source, .. }) if private::is_missing(&source) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }

    /// Where a provider's secret may be stored, in order.
    fn files_of(&self, provider: &str) -> Result<Vec<PathBuf>, SecretsError> {
        let own = self.folder.as_ref().map(|folder| folder.join(provider));
        let Some(profiles) = &self.profiles else { return Ok(own.into_iter().collect()) };
        if let Some(named) = self.named.as_ref().filter(|named| named.provider == provider) {
            let older = own.filter(|_| named.name == provider);
            return Ok([profiles.signing_secret_file(&named.name)?].into_iter().chain(older).collect());
        }
        let all = match self.listed.get() {
            Some(all) => all,
            None => {
                let all = profiles.list()?;
                self.listed.get_or_init(|| all)
            }
        };
        let of_profile = profiles::of_provider(all, provider);
        let of_profile = of_profile.map(|profile| profiles.signing_secret_file(&profile.name)).transpose()?;
        Ok(of_profile.into_iter().chain(own).collect())
    }

    /// The files with the signing secrets of all profiles, there or not.
    fn of_profiles(&self) -> Vec<PathBuf> {
        let file = |profiles: &Profiles, name: &String| profiles.signing_secret_file(name).ok();
        self.profiles
            .iter()
            .flat_map(|profiles| {
                profiles.names().iter().filter_map(|name| file(profiles, name)).collect::<Vec<_>>()
            })
            .collect()
    }

    fn warn_of_short(&mut self, origin: &str) {
        self.warnings.push(format!(
            "the signing secret of `{origin}` has fewer than {} bytes: whoever sees one delivery can find it by trying",
            Secret::SHORT
        ));
    }

    fn warn_if_shared(&mut self, path: &Path) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let Ok(found) = std::fs::metadata(path) else { return };
            if found.is_file() && found.permissions().mode() & 0o077 != 0 {
                self.warnings.push(format!(
                    "others on this machine can read `{0}`; `chmod 600 {0}` keeps it to you",
                    path.display()
                ));
            }
        }
    }
}

impl SecretSource for Secrets {
    fn secrets_of(&self, provider: &str) -> Result<Vec<Secret>, String> {
        let found = self.of(provider).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|(secret, _)| secret).collect())
    }

    fn for_any_provider(&self) -> bool {
        self.any_given()
    }

    fn keep(&self, provider: &str, secret: &Secret) -> Result<PathBuf, String> {
        let folder = self.folder.as_ref();
        let path =
            folder.ok_or("no settings folder is known; name one in HOOKCTL_CONFIG_DIR")?.join(provider);
        match private::write_new(&path, &line(secret)) {
            Ok(()) => Ok(path),
            Err(error) => Err(format!("cannot write the secret file `{}`: {error}", path.display())),
        }
    }

    fn others(&self) -> Vec<NamedSecret> {
        let of_profile = |name: String| {
            let path = self.profiles.as_ref()?.signing_secret_file(&name).ok()?;
            Some(NamedSecret { name: format!("the profile `{name}`"), secret: read_file(&path).ok()? })
        };
        let names = self.profiles.as_ref().map(Profiles::names).unwrap_or_default();
        let stored = self.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
        let of_file = |path: PathBuf| {
            let name = format!("the file `{}`", path.display());
            Some(NamedSecret { name, secret: read_file(&path).ok()? })
        };
        let files = stored.into_iter().flatten().flatten().map(|entry| entry.path());
        names.into_iter().filter_map(of_profile).chain(files.filter_map(of_file)).take(MOST_OTHERS).collect()
    }
}

fn read_file(path: &Path) -> Result<Secret, SecretsError> {
    let content = private::read_named(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::FileTooLarge => SecretsError::TooLarge(path.to_owned()),
        _ => SecretsError::Unreadable { path: path.to_owned(), source },
    })?;
    Secret::from_file_content(&content).map_err(|_| SecretsError::Empty(format!("`{}`", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes;

    fn texts(found: Vec<(Secret, Origin)>) -> Vec<(Vec<u8>, String)> {
        found.into_iter().map(|(secret, origin)| (secret.expose().to_vec(), origin.to_string())).collect()
    }

    #[test]
    fn the_command_line_wins_then_the_variable_then_the_stored_file() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("koji"), "stored\n").unwrap();
        let folders = Folders::of(&Environment::from_pairs(&[
            ("HOOKCTL_CONFIG_DIR", home.path().to_str().unwrap()),
            ("HOOKCTL_DATA_DIR", "/d"),
        ]))
        .unwrap();
        let with = Environment::from_pairs(&[("KOJI_WEBHOOK_SECRET", "from-env"), ("MINE", "named")]);
        let load = |given: &[Given], environment: &Environment| {
            texts(Secrets::load(given, environment, Some(&folders)).unwrap().of("koji").unwrap())
        };
        let given = [Given::Variable("MINE".to_owned())];
        assert_eq!(load(&given, &with), [(b"named".to_vec(), "MINE".to_owned())]);
        assert_eq!(load(&[], &with), [(b"from-env".to_vec(), "KOJI_WEBHOOK_SECRET".to_owned())]);
        let stored = load(&[], &Environment::default());
        assert_eq!(stored[0].0, b"stored");
        let other = Secrets::load(&[], &Environment::default(), Some(&folders)).unwrap();
        assert!(other.of("github").unwrap().is_empty());
    }

    #[test]
    fn a_secret_that_was_brought_is_kept_where_there_is_none_and_replaces_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let folders = Folders::of(&Environment::from_pairs(&[
            ("HOOKCTL_CONFIG_DIR", path),
            ("HOOKCTL_DATA_DIR", "/d"),
        ]));
        let secrets = Secrets::load(&[], &Environment::default(), Some(&folders.unwrap())).unwrap();
        let keep = |text: &str| secrets.keep("asana", &Secret::new(text).unwrap());
        let file = keep("fake-first").unwrap();
        assert!(keep("fake-second").unwrap_err().contains("secrets/asana"));
        assert_eq!(std::fs::read(&file).unwrap(), b"fake-first\n");
        assert_eq!(
            std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        assert_eq!(modes::open_to_others(&file), None);
        let nowhere = Secrets::load(&[], &Environment::default(), None).unwrap();
        assert!(
            nowhere.keep("asana", &Secret::new("fake").unwrap()).unwrap_err().contains("HOOKCTL_CONFIG_DIR")
        );
    }

    #[test]
    fn a_named_source_that_is_empty_or_missing_is_an_error() {
        let environment = Environment::from_pairs(&[("EMPTY", ""), ("KOJI_WEBHOOK_SECRET", "\n")]);
        let load = |given: Given| Secrets::load(&[given], &environment, None).unwrap_err().to_string();
        assert!(load(Given::Variable("EMPTY".to_owned())).contains("is empty"));
        assert!(load(Given::Variable("NONE".to_owned())).contains("not set"));
        assert!(load(Given::File("/nowhere/secret".into())).contains("/nowhere/secret"));
        let secrets = Secrets::load(&[], &environment, None).unwrap();
        assert!(secrets.of("koji").unwrap_err().to_string().contains("KOJI_WEBHOOK_SECRET"));
    }

    #[test]
    fn variables_are_named_after_the_provider() {
        assert_eq!(variable_of("koji"), "KOJI_WEBHOOK_SECRET");
        assert_eq!(variable_of("standard-webhooks"), "STANDARD_WEBHOOKS_WEBHOOK_SECRET");
    }

    #[test]
    fn a_short_secret_is_warned_of_wherever_it_comes_from() {
        let environment =
            Environment::from_pairs(&[("CI_SECRET", "short"), ("KOJI_WEBHOOK_SECRET", "short")]);
        let given = [Given::Variable("CI_SECRET".to_owned())];
        let secrets = Secrets::load(&given, &environment, None).unwrap();
        assert_eq!(secrets.warnings.len(), 2, "{:?}", secrets.warnings);
        assert!(secrets.warnings.iter().all(|warning| warning.contains("fewer than 16 bytes")));
        let environment = Environment::from_pairs(&[("KOJI_WEBHOOK_SECRET", "sixteen bytes !!")]);
        assert!(Secrets::load(&[], &environment, None).unwrap().warnings.is_empty());

        let home = tempfile::tempdir().unwrap();
        let folders = Folders::of(&Environment::from_pairs(&[
            ("HOOKCTL_CONFIG_DIR", home.path().to_str().unwrap()),
            ("HOOKCTL_DATA_DIR", "/d"),
        ]))
        .unwrap();
        let warned = || Secrets::load(&[], &Environment::default(), Some(&folders)).unwrap().warnings;
        let profiles = Profiles::open(&folders);
        let profile = Profile {
            name: "staging".to_owned(),
            provider: "koji".to_owned(),
            base_url: None,
            target: None,
            checked: None,
        };
        profiles.save(&profile).unwrap();
        let file = profiles.signing_secret_file("staging").unwrap();
        for (secret, warnings) in [("sixteen bytes !!", 0), ("short", 1)] {
            private::write(&file, secret.as_bytes()).unwrap();
            assert_eq!(warned().len(), warnings, "{:?}", warned());
        }
        private::write(&folders.secrets().join("stripe"), b"short").unwrap();
        assert_eq!(warned().len(), 2, "{:?}", warned());
    }
}
