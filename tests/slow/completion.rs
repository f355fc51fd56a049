//! Completion in a real zsh and a real fish; `tests/it/completion.rs` has bash.

use crate::harness::terminal::Session;
use crate::harness::{Home, Ran, require};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// A shell in a home of its own that finds hookctl in its path.
fn shell(home: &Home, name: &str) -> Command {
    require(name);
    let program = Path::new(env!("CARGO_BIN_EXE_hookctl")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(name);
    command.env_clear().current_dir(home.path()).env("PATH", path);
    command.env("HOME", home.path()).env("LANG", "C.UTF-8").env("TERM", "xterm");
    command.env("HOOKCTL_CONFIG_DIR", home.join("settings")).env("HOOKCTL_DATA_DIR", home.join("data"));
    command
}

#[test]
fn zsh_completes_from_the_first_tab_on() {
    for load in [
        "fpath=(SCRIPTS $fpath); autoload -Uz compinit; compinit -u",
        "autoload -Uz compinit; compinit -u; . SCRIPTS/_hookctl",
    ] {
        let home = Home::default();
        let load = load.replace("SCRIPTS", scripts().to_str().unwrap());
        let shown = "show() { print -r -- \"<<$BUFFER>>\" }; zle -N show; bindkey '^T' show; bindkey '^B' backward-char";
        home.write(".zshrc", format!("{load}; unsetopt prompt_sp\n{shown}\nPS1='ready '\n"));
        let mut command = shell(&home, "zsh");
        command.args(["-d", "-i"]);
        let mut session = Session::start(command);
        session.sees("ready ");
        for (typed, line) in [
            ("hookctl lis", "hookctl listen "),
            ("hookctl trigger --provider gitlab Pu", "hookctl trigger --provider gitlab Push\\ Hook "),
            ("hookctl trigger interview.completed:", "hookctl trigger interview.completed:structured "),
            ("hookctl sign --provider=ko", "hookctl sign --provider=koji "),
        ] {
            session.types(&format!("{typed}\t\x14\x15")).sees(&format!("<<{line}>>"));
        }
        session.types("exit\n");
        session.ends();
    }
}

#[test]
fn fish_completes_words_with_spaces_colons_and_equals_signs() {
    let home = Home::default();
    let offered = |line: &str| {
        let mut command = shell(&home, "fish");
        let script = scripts().join("hookctl.fish");
        command
            .args(["--no-config", "--command"])
            .arg(format!(". '{}'; complete -C \"{line}\"", script.display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ran = Ran::of(command, b"").expect(0);
        let values: Vec<String> =
            ran.out().lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
        values
    };
    assert_eq!(offered("hookctl lis"), ["listen"]);
    assert_eq!(offered("hookctl trigger --provider gitlab Pu"), ["Push Hook"]);
    assert_eq!(offered("hookctl trigger interview.completed:"), ["interview.completed:structured"]);
    assert_eq!(offered("hookctl sign --provider=ko"), ["--provider=koji"]);
}
