//! Completion in a real bash: what the Tab key makes of a line.

use crate::harness::Home;
use crate::harness::terminal::Session;
use std::path::Path;
use std::process::Command;

/// A bash that completes hookctl and shows the line it has at Ctrl-T.
fn bash(home: &Home) -> Session {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/hookctl.bash");
    let rc = format!(
        ". '{}'; PS1='ready '\nbind -x '\"\\C-t\": printf \"<<%s>>\\n\" \"$READLINE_LINE\"'\n",
        script.display()
    );
    let rc = home.write("bashrc", rc);
    let program = Path::new(env!("CARGO_BIN_EXE_hookctl")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg("--rcfile").arg(rc).arg("-i").env_clear().current_dir(home.path());
    command.env("PATH", path).env("HOME", home.path()).env("LANG", "C.UTF-8");
    command.env("HOOKCTL_CONFIG_DIR", home.join("settings")).env("HOOKCTL_DATA_DIR", home.join("data"));
    Session::start(command)
}

#[test]
fn bash_completes_words_with_spaces_colons_and_equals_signs() {
    let home = Home::default();
    home.write("my file.json", "{}");
    let mut session = bash(&home);
    session.sees("ready ");
    for (typed, line) in [
        ("hookctl lis", "hookctl listen "),
        ("hookctl trigger --provider gitlab Pu", "hookctl trigger --provider gitlab Push\\ Hook "),
        ("hookctl trigger --provider gitlab Push\\ H", "hookctl trigger --provider gitlab Push\\ Hook "),
        ("hookctl trigger --provider gitlab 'Pu", "hookctl trigger --provider gitlab 'Push Hook' "),
        ("hookctl trigger interview.completed:", "hookctl trigger interview.completed:structured "),
        ("hookctl trigger interview.completed:st", "hookctl trigger interview.completed:structured "),
        ("hookctl trigger repo:", "hookctl trigger repo:push "),
        ("hookctl sign --provider=ko", "hookctl sign --provider=koji "),
        ("hookctl sign --provider=\"ko", "hookctl sign --provider=\"koji\" "),
        ("hookctl trigger --data my", "hookctl trigger --data my\\ file.json "),
        ("hookctl trigger --data=my", "hookctl trigger --data=my\\ file.json "),
        ("A=b hookctl trigger repo:", "A=b hookctl trigger repo:push "),
        ("echo; hookctl trigger repo:", "echo; hookctl trigger repo:push "),
        // The cursor stands before ` x`.
        ("hookctl trigger repo: x\x02\x02", "hookctl trigger repo:push x"),
    ] {
        session.types(&format!("{typed}\t\x14\x15\x0b")).sees(&format!("<<{line}>>"));
    }
    session.types("exit\n");
    assert!(session.ends().0.success());
}
