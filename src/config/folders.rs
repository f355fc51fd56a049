//! Where hookctl keeps things: the XDG folders, on every system.

use super::environment::Environment;
use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;
use std::path::{Path, PathBuf};

/// The user's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    settings: PathBuf,
    data: PathBuf,
}

impl Folders {
    /// From `HOOKCTL_CONFIG_DIR` and `HOOKCTL_DATA_DIR`, else
    /// `$XDG_CONFIG_HOME/hookctl` and `$XDG_DATA_HOME/hookctl`, else the
    /// places the XDG specification gives.
    ///
    /// # Errors
    /// When none of them is set and there is no home folder.
    pub fn of(environment: &Environment) -> Result<Self, String> {
        let named = |name: &str| environment.text(name).map(PathBuf::from);
        let own = (named("HOOKCTL_CONFIG_DIR"), named("HOOKCTL_DATA_DIR"));
        if let (Some(settings), Some(data)) = own {
            return Ok(Self { settings, data });
        }
        let base = Xdg::new().map_err(|error| format!("no home folder is known: {error}"))?;
        Ok(Self {
            settings: own.0.unwrap_or_else(|| base.config_dir().join("hookctl")),
            data: own.1.unwrap_or_else(|| base.data_dir().join("hookctl")),
        })
    }

    /// The user's own provider files, `*.toml`.
    pub fn providers(&self) -> PathBuf {
        self.settings.join("providers")
    }

    /// Stored signing secrets, one file a provider.
    pub fn secrets(&self) -> PathBuf {
        self.settings.join("secrets")
    }

    /// The profiles, one folder each.
    pub fn profiles(&self) -> PathBuf {
        self.settings.join("profiles")
    }

    /// The user's settings.
    pub fn settings_file(&self) -> PathBuf {
        self.settings.join("config.toml")
    }

    /// The journal unless another is named.
    pub fn journal(&self) -> PathBuf {
        self.data.join("journal.db")
    }

    /// Where the sandbox that was started last is reached.
    pub fn sandbox(&self) -> PathBuf {
        self.data.join("sandbox.json")
    }

    /// The settings folder itself.
    pub fn settings(&self) -> &Path {
        &self.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_folders_win() {
        let environment = Environment::from_pairs(&[
            ("HOOKCTL_CONFIG_DIR", "/c"),
            ("HOOKCTL_DATA_DIR", "/d"),
            ("HOME", "/h"),
        ]);
        let folders = Folders::of(&environment).unwrap();
        assert_eq!(folders.journal(), Path::new("/d/journal.db"));
        assert_eq!(folders.providers(), Path::new("/c/providers"));
    }
}
