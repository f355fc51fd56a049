//! API keys: whose a key is, where it may come from, and how it is shown.
//!
//! Order, first that is there: given on the command line (file, variable), the
//! vendor's own variable such as `KOJI_API_KEY`, the profile. A source that is
//! named but empty is an error, never "no key". A key is shown by its prefix
//! and its last four letters, never whole.

use super::environment::Environment;
use super::private;
use crate::hook::secret::Secret;
use crate::vendor::Vendor;
use std::path::{Path, PathBuf};

/// The longest key that is taken: far over any real one, and it must fit into a header.
const MAX_KEY: usize = 4096;

/// How many letters of a key's end are shown, and the shortest key of which any are.
const SHOWN: usize = 4;
const SHORTEST_SHOWN: usize = 12;

/// The variable that holds another base URL of a vendor's API, such as `KOJI_BASE_URL`.
pub fn base_variable_of(vendor: Vendor) -> String {
    format!("{}_BASE_URL", vendor.id().to_ascii_uppercase())
}

/// An API key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file `{}`", path.display())]
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
    #[error("the API key from {0} is empty")]
    Empty(String),
    /// White space or control characters: a header cannot carry it, and no vendor makes such keys.
    #[error("the API key from {0} holds white space, control or non-ASCII characters")]
    Letters(String),
    /// It is far too long.
    #[error("the API key from {0} is over 4096 bytes")]
    TooLong(String),
    /// It has the prefix of another vendor's keys.
    #[error("the API key from {origin} begins with `{prefix}`: it is a key of {other}, not of {vendor}")]
    OtherVendor {
        /// Where the key comes from.
        origin: String,
        /// How it begins.
        prefix: &'static str,
        /// Whose it is.
        other: &'static str,
        /// Whose it should be.
        vendor: &'static str,
    },
    /// It has the prefix of a signing secret.
    #[error("the API key from {0} begins with `whsec_`: that is a webhook's signing secret, not an API key")]
    SigningSecret(String),
}

/// How a key was named on the command line.
#[derive(Clone, Debug)]
pub enum GivenKey {
    /// `--api-key-file FILE`, or standard input for `-`.
    File(PathBuf),
    /// `--api-key-env NAME`.
    Variable(String),
}

/// A key with where it comes from.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key.
    pub secret: Secret,
    /// Where it comes from, such as `--api-key-file` or `KOJI_API_KEY`.
    pub origin: String,
}

impl GivenKey {
    /// Reads the key.
    ///
    /// # Errors
    /// When the source cannot be read or is empty.
    pub fn read(&self, environment: &Environment) -> Result<Key, KeyError> {
        let (secret, origin) = match self {
            Self::File(path) => (of_file(path)?, "`--api-key-file`".to_owned()),
            Self::Variable(name) => {
                let bytes = environment.bytes(name).ok_or_else(|| KeyError::Unset(name.clone()))?;
                (of_variable(name, bytes)?, format!("`{name}`"))
            }
        };
        Ok(Key { secret: trimmed(&secret), origin })
    }
}

/// The key in the vendor's own variable.
///
/// # Errors
/// When it is there and empty.
pub fn of_environment(vendor: Vendor, environment: &Environment) -> Result<Option<Key>, KeyError> {
    let name = vendor.key_variable();
    let Some(bytes) = environment.bytes(name) else { return Ok(None) };
    let secret = trimmed(&of_variable(name, bytes)?);
    Ok(Some(Key { secret, origin: format!("`{name}`") }))
}

fn of_variable(name: &str, bytes: &[u8]) -> Result<Secret, KeyError> {
    Secret::from_file_content(bytes).map_err(|_| KeyError::Empty(format!("`{name}`")))
}

fn of_file(path: &Path) -> Result<Secret, KeyError> {
    let shown = || format!("`{}`", path.display());
    let content = private::read_named(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::FileTooLarge => KeyError::TooLong(shown()),
        _ => KeyError::Unreadable { path: path.to_owned(), source },
    })?;
    Secret::from_file_content(&content).map_err(|_| KeyError::Empty(shown()))
}

/// Keys are pasted with spaces around them; none has any.
pub fn trimmed(secret: &Secret) -> Secret {
    Secret::new(secret.expose().trim_ascii()).unwrap_or_else(|_| secret.clone())
}

/// Refuses what cannot be a key of this vendor. An unknown prefix is no reason: vendors change them.
///
/// # Errors
/// Says what is wrong with it.
pub fn check(key: &Key, vendor: Vendor) -> Result<(), KeyError> {
    let (bytes, origin) = (key.secret.expose(), || key.origin.clone());
    if bytes.len() > MAX_KEY {
        return Err(KeyError::TooLong(origin()));
    }
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(KeyError::Letters(origin()));
    }
    if bytes.starts_with(b"whsec_") {
        return Err(KeyError::SigningSecret(origin()));
    }
    if let Some(other) = Vendor::of_key(&key.secret).filter(|other| *other != vendor) {
        let prefix = prefix_of(&key.secret);
        return Err(KeyError::OtherVendor {
            origin: origin(),
            prefix,
            other: other.name(),
            vendor: vendor.name(),
        });
    }
    Ok(())
}

/// Whether a key begins as this vendor's keys do today.
pub fn is_usual(key: &Secret, vendor: Vendor) -> bool {
    Vendor::of_key(key) == Some(vendor)
}

/// How a key begins, where that is known.
fn prefix_of(key: &Secret) -> &'static str {
    let all = Vendor::ALL.into_iter().flat_map(Vendor::key_prefixes);
    all.copied().find(|prefix| key.expose().starts_with(prefix.as_bytes())).unwrap_or_default()
}

/// A key as it may be shown: `uj_live_…a1b2`.
pub fn shown(key: &Secret) -> String {
    let (bytes, prefix) = (key.expose(), prefix_of(key));
    let rest = bytes.get(prefix.len()..).unwrap_or_default();
    // Of a short key the last four letters would be much of it.
    let end = rest.len().checked_sub(SHOWN).filter(|_| rest.len() >= SHORTEST_SHOWN);
    let end = end.and_then(|at| rest.get(at..)).unwrap_or_default();
    format!("{prefix}…{}", end.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key { secret: Secret::new(text).unwrap(), origin: "`--api-key-file`".to_owned() }
    }

    #[test]
    fn a_key_is_shown_by_its_ends_alone() {
        for (text, expected) in [
            ("uj_live_fake0000a1b2", "uj_live_…a1b2"),
            ("pk_live_fake0000c3d4", "pk_live_…c3d4"),
            ("koji_sk_fake0000c3d4", "koji_sk_…c3d4"),
            ("uj_test_fake0000a1b2", "uj_test_…a1b2"),
            ("uj_live_short", "uj_live_…"),
            ("fake0000fake", "…fake"),
            ("fake0000fak", "…"),
            ("s", "…"),
        ] {
            assert_eq!(shown(&Secret::new(text).unwrap()), expected, "{text}");
        }
        assert_eq!(
            shown(&Secret::new(&b"\x1b[2J\xff\xff\xff\xff\xff\xff\xff\x1b"[..]).unwrap()),
            "…\\xff\\xff\\xff\\x1b"
        );
    }

    #[test]
    fn a_key_of_the_other_vendor_and_what_is_no_key_are_refused() {
        let [uj, koji] = Vendor::ALL;
        assert!(check(&key("uj_live_fake"), uj).is_ok());
        assert!(check(&key("anything-else"), uj).is_ok());
        let said = |text: &str, vendor: Vendor| check(&key(text), vendor).unwrap_err().to_string();
        assert!(said("pk_live_fake", uj).contains("a key of Koji, not of userjourneys"));
        assert!(said("koji_sk_fake", uj).contains("a key of Koji"));
        assert!(said("uj_live_fake", koji).contains("a key of userjourneys, not of Koji"));
        assert!(said("whsec_fake", uj).contains("signing secret"));
        assert!(said("uj_live_a b", uj).contains("white space"));
        assert!(said("uj_live_ä", uj).contains("non-ASCII"));
        assert!(said(&"a".repeat(4097), uj).contains("over 4096"));
    }

    #[test]
    fn a_key_is_read_without_the_space_around_it() {
        let environment = Environment::from_pairs(&[("KOJI_API_KEY", " pk_live_fake\r\n"), ("EMPTY", " \n")]);
        let found = of_environment(Vendor::Koji, &environment).unwrap().unwrap();
        assert_eq!((found.secret.expose(), found.origin.as_str()), (&b"pk_live_fake"[..], "`KOJI_API_KEY`"));
        assert!(of_environment(Vendor::UserJourneys, &environment).unwrap().is_none());
        for (name, said) in [("EMPTY", "is empty"), ("NONE", "not set")] {
            let error = GivenKey::Variable(name.to_owned()).read(&environment).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
