//! What programs that hookctl starts get of its environment.
//!
//! An editor, a browser and whatever they start get the variables that they
//! need and no others: any of the rest may hold a signing secret or an API key.

use crate::config::environment::Environment;
use std::ffi::OsStr;

/// What they get of the environment: by whole names.
const NAMES: [&str; 29] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "TMPDIR",
    "TEMP",
    "TMP",
    "TZ",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TERMINFO",
    "TERMINFO_DIRS",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "DISPLAY",
    "XAUTHORITY",
    "TMUX",
    "STY",
    "SYSTEMROOT",
    "USERPROFILE",
    "BROWSER",
    "DESKTOP_SESSION",
];
/// And by how names begin: locales, desktops, and the programs' own.
const BEGINNINGS: [&str; 13] = [
    "LC_",
    "XDG_",
    "WAYLAND_",
    "DBUS_SESSION_",
    "TERM_PROGRAM",
    "VIM",
    "NVIM",
    "EMACS",
    "VSCODE_",
    "HELIX_",
    "KDE_",
    "GNOME_",
    "WSL",
];

fn may_see(name: &str) -> bool {
    let secret = ["SECRET", "TOKEN", "PASSWORD", "_KEY"].iter().any(|word| name.contains(word));
    !secret && (NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)))
}

/// The variables for a program that is started.
pub(super) fn environment(own: &Environment) -> impl Iterator<Item = (&str, &OsStr)> {
    own.iter().filter(|(name, _)| may_see(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_what_it_needs_and_no_secret() {
        for name in ["PATH", "TERM", "LC_ALL", "XDG_RUNTIME_DIR", "NVIM_APPNAME", "WAYLAND_DISPLAY"] {
            assert!(may_see(name), "{name}");
        }
        for name in [
            "KOJI_WEBHOOK_SECRET",
            "USERJOURNEYS_API_KEY",
            "MINE",
            "AWS_SESSION_TOKEN",
            "XDG_SECRET",
            "VIM_TOKEN",
        ] {
            assert!(!may_see(name), "{name}");
        }
    }
}
