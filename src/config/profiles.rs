//! Profiles: the user's named settings for one vendor, with its credentials.
//!
//! A profile is a folder `profiles/NAME` of the settings, 0700, with a file for
//! each fact, 0600: `profile.toml`, `api-key`, `signing-secret`,
//! `registration.json`. So each is replaced whole by one rename, two programs
//! never overwrite each other's facts, and a secret file can be handed to
//! another tool as it is. Not named, a profile has the name of its provider.

use super::folders::Folders;
use super::private;
use crate::hook::secret::Secret;
use crate::modes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The longest name of a profile.
const MAX_NAME: usize = 64;

const SETTINGS: &str = "profile.toml";
const API_KEY: &str = "api-key";
const SIGNING_SECRET: &str = "signing-secret";
/// The secret before the last that was stored: one that a vendor shows once is never overwritten at once.
const FORMER_SECRET: &str = "signing-secret.former";
const REGISTRATION: &str = "registration.json";
const LOCK: &str = "lock";
/// Keeps room on the disk for what a vendor is about to answer.
const RESERVE: &str = "reserve";

/// More than everything that is written between a vendor's answer and the end takes.
const RESERVED: usize = 32 * 1024;

/// What a profile holds besides its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Whose account it is: `userjourneys` or `koji`.
    pub provider: String,
    /// The API's address where it is not the vendor's own.
    pub base_url: Option<String>,
    /// The default target: what `--forward /path` and `--to /path` are below.
    pub target: Option<String>,
    /// When the vendor last took the key, RFC 3339; `None` when it was never asked.
    pub checked: Option<String>,
}

/// `profile.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    provider: String,
    base_url: Option<String>,
    target: Option<String>,
    checked: Option<String>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The name cannot be a folder's.
    #[error("`{0}` cannot be the name of a profile: letters, digits, `-`, `_` and `.`, 64 at most")]
    Name(String),
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file was written by something else, or damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another hookctl is changing this profile.
    #[error("another hookctl{} has the profile `{name}`", pid.map_or(String::new(), |pid| format!(" (process {pid})")))]
    Busy {
        /// The profile.
        name: String,
        /// Its process, where it could be read.
        pid: Option<u32>,
    },
}

/// Held while a profile's registration is changed; released when dropped, or by the death of its holder.
#[derive(Debug)]
pub struct ProfileLock {
    _file: File,
}

/// The profiles of the user.
#[derive(Clone, Debug)]
pub struct Profiles {
    folder: PathBuf,
    /// `secrets/PROVIDER`, the secret of the profile that has the provider's name.
    secrets: PathBuf,
    /// What was repaired when they were opened, for the user to know.
    pub warnings: Vec<String>,
}

impl Profiles {
    /// The profiles of these folders. What others can read is taken away from
    /// them; `warnings` says so.
    pub fn open(folders: &Folders) -> Self {
        let folder = folders.profiles();
        let mut warnings = Vec::new();
        for path in private::files_below(&folder) {
            warnings.extend(modes::repair(&path));
        }
        Self { warnings, ..Self::at(folders) }
    }

    /// The profiles of these folders as they are.
    pub fn at(folders: &Folders) -> Self {
        Self { folder: folders.profiles(), secrets: folders.secrets(), warnings: Vec::new() }
    }

    /// Where a profile's files are.
    ///
    /// # Errors
    /// When no profile can have this name.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ProfileError> {
        require_name(name)?;
        Ok(self.folder.join(name))
    }

    /// The names of all profiles, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().join(SETTINGS).is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| require_name(name).is_ok())
            .collect();
        names.sort();
        names
    }

    /// All profiles, sorted by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn list(&self) -> Result<Vec<Profile>, ProfileError> {
        let all: Result<Vec<_>, _> = self.names().iter().map(|name| self.get(name)).collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// A profile; `None` when there is none of this name.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<Profile>, ProfileError> {
        let path = self.file(name, SETTINGS)?;
        let Some(content) = read(&path)? else { return Ok(None) };
        let damaged = |reason: String| ProfileError::Damaged { path: path.clone(), reason };
        let text = std::str::from_utf8(&content).map_err(|_| damaged("it is not UTF-8".to_owned()))?;
        let stored: Stored = toml::from_str(text).map_err(|error| damaged(error.message().to_owned()))?;
        let Stored { provider, base_url, target, checked } = stored;
        Ok(Some(Profile { name: name.to_owned(), provider, base_url, target, checked }))
    }

    /// Waits for the turn to change settings and profiles, until it is dropped.
    ///
    /// # Errors
    /// When somebody else has it for long, or the disk refuses.
    pub fn turn(&self) -> Result<File, ProfileError> {
        let path = self.folder.parent().unwrap_or(&self.folder);
        private::turn(path).map_err(|source| ProfileError::Unwritable { path: path.to_owned(), source })
    }

    /// Stores what a profile holds besides its secrets.
    ///
    /// # Errors
    /// When the disk refuses; the former profile is still there then.
    pub fn save(&self, profile: &Profile) -> Result<(), ProfileError> {
        write(&self.file(&profile.name, SETTINGS)?, text_of(profile).as_bytes())
    }

    /// Forgets a profile with everything it holds; gives whether there was one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove(&self, name: &str) -> Result<bool, ProfileError> {
        let folder = self.folder(name)?;
        let unwritable = |path: &Path, source| ProfileError::Unwritable { path: path.to_owned(), source };
        let mut found = false;
        // The secrets first: a profile that is half forgotten holds none.
        for part in [API_KEY, SIGNING_SECRET, FORMER_SECRET, REGISTRATION, RESERVE, SETTINGS, LOCK] {
            let path = folder.join(part);
            found |= private::remove(&path).map_err(|source| unwritable(&path, source))?;
        }
        for path in private::half_written(&folder) {
            private::remove(&path).map_err(|source| unwritable(&path, source))?;
        }
        // What the user put there stays, and its folder with it.
        drop(std::fs::remove_dir(&folder));
        Ok(found)
    }

    /// The profile's API key.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn api_key(&self, name: &str) -> Result<Option<Secret>, ProfileError> {
        secret_at(&self.file(name, API_KEY)?)
    }

    /// Stores the profile's API key.
    ///
    /// # Errors
    /// When the disk refuses; the former key is still there then.
    pub fn store_api_key(&self, name: &str, key: &Secret) -> Result<(), ProfileError> {
        write(&self.file(name, API_KEY)?, &line(key))
    }

    /// Forgets the profile's API key; gives whether there was one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_api_key(&self, name: &str) -> Result<bool, ProfileError> {
        let path = self.file(name, API_KEY)?;
        private::remove(&path).map_err(|source| ProfileError::Unwritable { path, source })
    }

    /// The profile's signing secret. A profile that has its provider's name also has the file `secrets/PROVIDER`.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn signing_secret(&self, name: &str) -> Result<Option<Secret>, ProfileError> {
        Ok(self.signing_secret_and_file(name)?.map(|(secret, _)| secret))
    }

    /// The file of the profile's own signing secret.
    ///
    /// # Errors
    /// When no profile can have this name.
    pub fn signing_secret_file(&self, name: &str) -> Result<PathBuf, ProfileError> {
        self.file(name, SIGNING_SECRET)
    }

    /// The secret with the file it is in.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn signing_secret_and_file(&self, name: &str) -> Result<Option<(Secret, PathBuf)>, ProfileError> {
        for path in [self.file(name, SIGNING_SECRET)?, self.secrets.join(name)] {
            if let Some(secret) = secret_at(&path)? {
                return Ok(Some((secret, path)));
            }
        }
        Ok(None)
    }

    /// Stores the profile's signing secret: on the disk when this returns. The
    /// one before stays beside it.
    ///
    /// # Errors
    /// When the disk refuses; the former secret is still there then.
    pub fn store_signing_secret(&self, name: &str, secret: &Secret) -> Result<(), ProfileError> {
        let (path, former) = (self.file(name, SIGNING_SECRET)?, self.file(name, FORMER_SECRET)?);
        let changes = read(&path)?.is_some_and(|content| content != line(secret));
        if changes {
            // A name more takes no room. The new secret matters more than the old one's second name.
            drop(private::remove(&former).and_then(|_| std::fs::hard_link(&path, &former)));
        }
        write(&path, &line(secret))
    }

    /// Takes room on the disk, so that what is stored before `release` finds some.
    ///
    /// # Errors
    /// When there is none.
    pub fn reserve(&self, name: &str) -> Result<(), ProfileError> {
        write(&self.file(name, RESERVE)?, &vec![0; RESERVED])
    }

    /// Gives the room back.
    pub fn release(&self, name: &str) {
        if let Ok(path) = self.file(name, RESERVE) {
            // What is left of it is found by the next `reserve`.
            drop(private::remove(&path));
        }
    }

    /// What `register` keeps about the profile's webhook.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn registration<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ProfileError> {
        let path = self.file(name, REGISTRATION)?;
        let Some(content) = read(&path)? else { return Ok(None) };
        let found = serde_json::from_slice(&content);
        found.map(Some).map_err(|error| ProfileError::Damaged { path, reason: error.to_string() })
    }

    /// Stores what `register` keeps: on the disk when this returns.
    ///
    /// # Errors
    /// When the disk refuses; what was there before is still there then.
    pub fn store_registration(&self, name: &str, record: &impl Serialize) -> Result<(), ProfileError> {
        let path = self.file(name, REGISTRATION)?;
        let mut text = serde_json::to_vec_pretty(record)
            .map_err(|error| ProfileError::Unwritable { path: path.clone(), source: error.into() })?;
        text.push(b'\n');
        write(&path, &text)
    }

    /// Forgets what `register` keeps; gives whether there was something.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove_registration(&self, name: &str) -> Result<bool, ProfileError> {
        let path = self.file(name, REGISTRATION)?;
        private::remove(&path).map_err(|source| ProfileError::Unwritable { path, source })
    }

    /// Takes the profile for a change that nobody else may make at the same time.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn lock(&self, name: &str) -> Result<ProfileLock, ProfileError> {
        let path = self.file(name, LOCK)?;
        let unwritable = |source| ProfileError::Unwritable { path: path.clone(), source };
        modes::create_folder(&self.folder(name)?).map_err(unwritable)?;
        let file = modes::open(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {
                // Only for people who meet the lock: a full disk must not keep it from being taken.
                drop(file.set_len(0).and_then(|()| write!(&file, "{}", std::process::id())));
                Ok(ProfileLock { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                Err(ProfileError::Busy { name: name.to_owned(), pid })
            }
            Err(TryLockError::Error(error)) => Err(unwritable(error)),
        }
    }

    fn file(&self, name: &str, part: &str) -> Result<PathBuf, ProfileError> {
        Ok(self.folder(name)?.join(part))
    }
}

/// The profile that stands for a provider where none is named: that of its
/// name, else the only one of it. `None` where there is none, or no telling which.
pub fn of_provider<'p>(all: &'p [Profile], provider: &str) -> Option<&'p Profile> {
    let mut own = all.iter().filter(|profile| profile.provider == provider);
    let by_name = own.clone().find(|profile| profile.name == provider);
    by_name.or_else(|| own.next().filter(|_| own.next().is_none()))
}

fn require_name(name: &str) -> Result<(), ProfileError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.');
    if fits && name.bytes().all(letter) { Ok(()) } else { Err(ProfileError::Name(name.to_owned())) }
}

fn read(path: &Path) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, ProfileError> {
    private::read(path).map_err(|source| ProfileError::Unreadable { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    private::write(path, bytes).map_err(|source| ProfileError::Unwritable { path: path.to_owned(), source })
}

fn secret_at(path: &Path) -> Result<Option<Secret>, ProfileError> {
    let Some(content) = read(path)? else { return Ok(None) };
    let damaged = |error: crate::hook::secret::SecretError| ProfileError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    Secret::from_file_content(&content).map(Some).map_err(damaged)
}

/// A secret as the line of a file.
fn line(secret: &Secret) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new([secret.expose(), b"\n"].concat())
}

/// `profile.toml`. A JSON string is a TOML string as well.
fn text_of(profile: &Profile) -> String {
    let mut text = String::from("# Kept by `hookctl login` and `hookctl config set`.\n");
    let facts = [
        ("provider", Some(&profile.provider)),
        ("base_url", profile.base_url.as_ref()),
        ("target", profile.target.as_ref()),
        ("checked", profile.checked.as_ref()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            text.push_str(&format!("{name} = {}\n", serde_json::Value::from(value.as_str())));
        }
    }
    text
}

#[cfg(test)]
mod tests;
