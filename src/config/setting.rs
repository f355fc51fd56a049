//! The settings there are, as data: name, variable, what a value must be, and
//! whether a checkout may give it.

use crate::hook::quantity;
use crate::hook::target::Target;
use crate::journal::Retention;
use std::net::{IpAddr, Ipv4Addr};

/// How alike two names must be for the one to be meant by the other.
const LIKENESS: f64 = 0.8;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// `true` or `false`.
    Switch,
    Word(&'static [&'static str]),
    Port,
    Address,
    Duration,
    /// What a journal keeps.
    Retention,
    /// One target or several.
    Targets,
}

/// What a project's file may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Project {
    Yes,
    /// Only what stays on this machine.
    Loopback,
    No,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the files.
    pub key: &'static str,
    /// Its variable, which is also how its option is recognised.
    pub variable: &'static str,
    /// Its value where nobody gives one; empty for none.
    pub default: &'static str,
    /// What it does, for `config list`.
    pub help: &'static str,
    kind: Kind,
    project: Project,
}

const fn setting(
    key: &'static str,
    variable: &'static str,
    kind: Kind,
    project: Project,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { key, variable, default, help, kind, project }
}

/// Every setting, in the order in which they are listed.
pub const SETTINGS: [Setting; 12] = [
    setting(
        "profile",
        "HOOKCTL_PROFILE",
        Kind::Text,
        Project::Yes,
        "",
        "the account, its secrets and target",
    ),
    setting("provider", "HOOKCTL_PROVIDER", Kind::Text, Project::Yes, "", "whose signature scheme applies"),
    setting("forward", "HOOKCTL_FORWARD", Kind::Targets, Project::Loopback, "", "where `listen` forwards to"),
    setting("port", "HOOKCTL_PORT", Kind::Port, Project::Yes, "4400", "where `listen` listens"),
    setting(
        "host",
        "HOOKCTL_HOST",
        Kind::Address,
        Project::No,
        "127.0.0.1",
        "the address that `listen` takes",
    ),
    setting(
        "answer",
        "HOOKCTL_ANSWER",
        Kind::Word(&["strict", "mirror", "ack"]),
        Project::Yes,
        "",
        "how `listen` answers",
    ),
    setting("timeout", "HOOKCTL_TIMEOUT", Kind::Duration, Project::Yes, "", "the target's deadline"),
    setting("public_url", "HOOKCTL_PUBLIC_URL", Kind::Text, Project::No, "", "the URL that senders use"),
    setting("journal", "HOOKCTL_JOURNAL", Kind::Text, Project::No, "", "the journal's file"),
    setting(
        "keep",
        "HOOKCTL_KEEP",
        Kind::Retention,
        Project::No,
        "10000,1GiB,30d",
        "how much the journal keeps",
    ),
    setting(
        "output",
        "HOOKCTL_OUTPUT",
        Kind::Word(&["text", "json"]),
        Project::Yes,
        "text",
        "how results are written",
    ),
    setting("no_input", "HOOKCTL_NO_INPUT", Kind::Switch, Project::Yes, "false", "never ask"),
];

impl Setting {
    /// The setting of this name.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Reads a value of a file.
    pub(super) fn read(&self, value: &toml::Value) -> Result<Vec<String>, String> {
        let texts = match (self.kind, value) {
            (Kind::Targets, toml::Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned).or_else(|| whole(item))).collect()
            }
            (Kind::Switch, toml::Value::Boolean(on)) => Some(vec![on.to_string()]),
            (Kind::Port | Kind::Targets | Kind::Retention, toml::Value::Integer(_)) => {
                whole(value).map(|text| vec![text])
            }
            (Kind::Switch | Kind::Port, _) => None,
            (_, toml::Value::String(text)) => Some(vec![text.clone()]),
            _ => None,
        };
        let texts = texts.ok_or_else(|| format!("it must be {}", self.kind.wanted()))?;
        for text in &texts {
            self.kind.check(text)?;
        }
        Ok(texts)
    }

    /// Reads a value typed on the command line, and writes it as in the file.
    ///
    /// # Errors
    /// Says what the value must be.
    pub fn write(&self, texts: &[String]) -> Result<String, String> {
        if texts.len() > 1 && self.kind != Kind::Targets {
            return Err("it takes one value".to_owned());
        }
        for text in texts {
            self.kind.check(text)?;
        }
        // A JSON string is a TOML string as well.
        let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        Ok(match (self.kind, texts) {
            (Kind::Port | Kind::Switch, [only]) => only.trim().to_owned(),
            (_, [only]) => quoted(only),
            (_, several) => format!("[{}]", several.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        })
    }

    /// Whether a project's file may hold these values.
    pub(super) fn of_project(&self, texts: &[String]) -> Result<(), String> {
        let near = |text: &String| Target::parse(text, None).is_ok_and(|target| target.is_loopback());
        match self.project {
            Project::Yes => Ok(()),
            Project::Loopback if texts.iter().all(near) => Ok(()),
            Project::Loopback => Err("a checkout can name targets of this machine alone".to_owned()),
            Project::No => Err("only the user's own settings can say this, not a checkout".to_owned()),
        }
    }
}

fn whole(value: &toml::Value) -> Option<String> {
    value.as_integer().map(|number| number.to_string())
}

impl Kind {
    fn wanted(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Port => "a number from 0 to 65535".to_owned(),
            Self::Address => "`localhost` or an IP address".to_owned(),
            Self::Duration => "a duration such as \"10s\"".to_owned(),
            Self::Retention => {
                "a number of deliveries, a size and an age such as \"100000,4GiB,90d\"".to_owned()
            }
            Self::Targets => "a target such as \"localhost:3000\", or a list of them".to_owned(),
        }
    }

    fn check(self, text: &str) -> Result<(), String> {
        let fits = match self {
            Self::Text => !text.trim().is_empty(),
            Self::Switch => matches!(text, "true" | "false"),
            Self::Word(words) => words.contains(&text),
            Self::Port => text.trim().parse::<u16>().is_ok(),
            Self::Address => host(text).is_ok(),
            Self::Duration => {
                return quantity::parse_duration(text).map(drop).map_err(|error| error.to_string());
            }
            Self::Retention => return Retention::parse(text).map(drop),
            Self::Targets => return Target::parse(text, None).map(drop).map_err(|error| error.to_string()),
        };
        if fits { Ok(()) } else { Err(format!("it must be {}", self.wanted())) }
    }
}

/// An address to listen on; `localhost` is the usual one.
///
/// # Errors
/// When it is none; what to write instead.
pub fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.parse().map_err(|_unreadable| {
        "it is no address of this machine; write `localhost`, or an IP address such as `127.0.0.1` or `0.0.0.0`"
            .to_owned()
    })
}

/// What is said of a name that is no setting's.
pub fn unknown(key: &str) -> String {
    let likeness = |known: &&str| strsim::jaro_winkler(key, known);
    let near = SETTINGS
        .iter()
        .map(|setting| setting.key)
        .filter(|known| likeness(known) > LIKENESS)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match near {
        Some(near) => format!("there is no setting `{key}`; did you mean `{near}`?"),
        None => format!("there is no setting `{key}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_an_address_to_listen_on() {
        for (text, address) in [("localhost", "127.0.0.1"), ("LocalHost", "127.0.0.1"), ("::1", "::1")] {
            assert_eq!(host(text), Ok(address.parse().unwrap()), "{text}");
        }
        assert_eq!(Setting::of("host").unwrap().write(&["localhost".to_owned()]).unwrap(), "\"localhost\"");
        assert!(host("my.machine").unwrap_err().contains("`localhost`"));
    }

    #[test]
    fn a_typed_value_is_checked_and_written_as_toml() {
        let write = |key: &str, texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            Setting::of(key).unwrap().write(&texts)
        };
        assert_eq!(write("port", &["4401"]).unwrap(), "4401");
        assert_eq!(write("forward", &["3000"]).unwrap(), "\"3000\"");
        assert_eq!(write("forward", &["3000", "3001"]).unwrap(), "[\"3000\", \"3001\"]");
        assert_eq!(write("profile", &["a\"b"]).unwrap(), "\"a\\\"b\"");
        assert_eq!(write("keep", &["100000, 90d"]).unwrap(), "\"100000, 90d\"");
        assert!(write("keep", &["plenty"]).is_err() && write("keep", &["0"]).is_err());
        // A checkout must not let go of what its user has.
        assert!(Setting::of("keep").unwrap().of_project(&["1".to_owned()]).is_err());
        assert!(write("port", &["x"]).is_err() && write("port", &["1", "2"]).is_err());
        assert!(write("no_input", &["yes"]).is_err());
    }
}
