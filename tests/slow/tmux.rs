//! A real terminal for a test: a tmux server of its own, as obedient as one can be.

use crate::harness::{Home, require};
use std::path::PathBuf;
use std::process::{Command, Output};

/// The signing secret of the programs in it.
pub(crate) const SECRET: &str = "not-a-secret-of-the-terminal";

/// A terminal of its own: a tmux server that only this test knows.
pub(crate) struct Terminal {
    pub(crate) home: Home,
    socket: PathBuf,
}

/// What a terminal was left like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) title: String,
    pub(crate) clipboard: Option<String>,
    /// Alternate screen, cursor, mouse.
    pub(crate) flags: String,
}

impl Left {
    pub(crate) fn calm() -> Self {
        Self { title: "calm".to_owned(), clipboard: None, flags: "0 1 0".to_owned() }
    }
}

impl Terminal {
    pub(crate) fn new() -> Self {
        require("tmux");
        let home = Home::default();
        let terminal = Self { socket: home.join("tmux"), home };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50", "exec sleep 600"]);
        // The most obedient a terminal can be.
        for option in ["set-clipboard", "allow-passthrough", "allow-rename"] {
            terminal.tmux(&["set", "-g", option, "on"]);
        }
        terminal.tmux(&["set", "-g", "remain-on-exit", "on"]);
        terminal
    }

    pub(crate) fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(args).env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        command.current_dir(self.home.path()).output().unwrap()
    }

    #[track_caller]
    pub(crate) fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a script in a calm new pane; gives the pane.
    pub(crate) fn start(&self, script: &str) -> String {
        // Ctrl-C is for the program; the shells around it go on.
        let file = self.home.write("script", format!("trap : INT\n{script}"));
        // What the terminal types back is shown by `cat`, after the end of the script.
        let line = format!(
            "sh {}; tmux -S {} wait-for -S ended; exec cat -v",
            file.display(),
            self.socket.display()
        );
        let setup = format!("trap : INT; printf '\\033]2;calm\\033\\\\'; {line}");
        self.tmux(&["new-window", "-d", "-P", "-F", "#{pane_id}", &setup]).trim().to_owned()
    }

    #[track_caller]
    pub(crate) fn ended(&self) {
        let mut command = Command::new("timeout");
        command.args(["60", "tmux", "-S"]).arg(&self.socket).args(["wait-for", "ended"]);
        assert!(command.status().unwrap().success(), "the script in the pane did not end");
    }

    pub(crate) fn screen(&self, pane: &str) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-", "-t", pane])
    }

    pub(crate) fn left(&self, pane: &str) -> Left {
        let ask = |format: &str| self.tmux(&["display-message", "-p", "-t", pane, format]).trim().to_owned();
        let buffer = self.try_tmux(&["show-buffer"]);
        Left {
            title: ask("#{pane_title}"),
            clipboard: buffer.status.success().then(|| String::from_utf8_lossy(&buffer.stdout).into_owned()),
            flags: ask("#{alternate_on} #{cursor_flag} #{mouse_any_flag}"),
        }
    }

    /// A shell line that runs the program in this home, whatever the pane's own environment is.
    pub(crate) fn hookctl(&self, args: &str) -> String {
        let home = self.home.path().display();
        format!(
            "env -i PATH=\"$PATH\" HOME={home} TERM=screen-256color LANG=C.UTF-8 TZ=UTC USERJOURNEYS_WEBHOOK_SECRET={SECRET} \
             HOOKCTL_CONFIG_DIR={home}/settings HOOKCTL_DATA_DIR={home}/data {} {args}\n",
            env!("CARGO_BIN_EXE_hookctl")
        )
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.try_tmux(&["kill-server"]));
    }
}
