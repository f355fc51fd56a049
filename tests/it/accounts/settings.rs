//! `hookctl.toml`, `config.toml`, `config`: which value wins, and what a checkout may not say.

use super::files;
use crate::harness::Home;

/// The value and origin of a setting, as `config list` gives them.
fn setting(home: &Home, key: &str, variables: &[(&str, &str)]) -> (String, String) {
    let ran = home.run_with(["config", "list", "--json"], b"", variables).expect(0);
    let record = ran.records().into_iter().find(|record| record["key"] == key).unwrap();
    let values: Vec<&str> =
        record["values"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    (values.join(" "), record["origin"].as_str().unwrap().to_owned())
}

#[test]
fn the_command_line_wins_then_the_variable_then_the_project_then_the_user() {
    let home = Home::default();
    let port = |variables: &[(&str, &str)]| setting(&home, "port", variables);
    assert_eq!(port(&[]), ("4400".to_owned(), "default".to_owned()));
    home.run(["config", "set", "port", "4501"]).expect(0);
    let user = home.join("settings/config.toml").display().to_string();
    assert_eq!(port(&[]), ("4501".to_owned(), user));
    let project = home.write("hookctl.toml", "port = 4502\n").canonicalize().unwrap();
    let (value, origin) = port(&[]);
    assert_eq!(value, "4502");
    assert_eq!(std::path::Path::new(&origin).canonicalize().unwrap(), project);
    assert_eq!(port(&[("HOOKCTL_PORT", "4503")]), ("4503".to_owned(), "HOOKCTL_PORT".to_owned()));
}

#[test]
fn a_setting_is_in_force_and_can_be_overruled() {
    let home = Home::default();
    let json = |args: &[&str], variables: &[(&str, &str)]| {
        let ran = home.run_with(["providers", "show", "koji"].iter().chain(args), b"", variables).expect(0);
        ran.out().starts_with('{')
    };
    assert!(!json(&[], &[]));
    home.run(["config", "set", "output", "json"]).expect(0);
    assert!(json(&[], &[]));
    home.write("hookctl.toml", "output = \"text\"\n");
    assert!(!json(&[], &[]));
    assert!(json(&[], &[("HOOKCTL_OUTPUT", "json")]));
    assert!(!json(&["--output", "text"], &[("HOOKCTL_OUTPUT", "json")]));
    assert!(json(&["--json"], &[]), "a file does not stand in the way of the command line");
    home.write("hookctl.toml", "");
    let ran = home.run(["config", "set", "output", "--unset"]).expect(0);
    assert!(ran.out().is_empty() || ran.out().starts_with('{'));
    assert!(!json(&[], &[]));
}

#[test]
fn a_project_is_found_from_the_folders_below_it() {
    let home = Home::default();
    home.write("a/hookctl.toml", "provider = \"koji\"\n");
    home.write("a/b/c/file", "");
    let sign = |folder: &str| {
        let mut command = home.command(["sign", "--data", "x", "--secret", "s"]);
        command.current_dir(home.join(folder));
        crate::harness::Ran::of(command, b"").code()
    };
    assert_eq!([sign("a/b/c"), sign("a"), sign("")], [0, 0, 2]);
}

#[test]
fn a_checkout_cannot_send_deliveries_or_keys_away() {
    for text in [
        "forward = \"https://example.com\"",
        "host = \"0.0.0.0\"",
        "journal = \"/tmp/elsewhere.db\"",
        "public_url = \"https://example.com\"",
        "base_url = \"http://127.0.0.1:1\"",
        "api_key = \"uj_live_fake\"",
        "port = ",
    ] {
        let home = Home::default();
        home.write("hookctl.toml", text);
        let ran = home.run(["listen", "--port", "0", "--for", "1ms"]).expect(3);
        assert!(
            ran.err().contains("hookctl.toml") && ran.err().contains("hint: hookctl doctor"),
            "{}",
            ran.err()
        );
        let ran = home.run(["doctor"]).expect(3);
        assert!(ran.out().contains("hookctl.toml"), "{}", ran.out());
        assert!(home.run(["config", "list"]).expect(0).err().contains("not used:"));
        home.run(["listen", "--help"]).expect(0);
        // The control: without the line the same command runs.
        home.write("hookctl.toml", "# nothing\n");
        home.run(["listen", "--port", "0", "--for", "1ms"]).expect(124);
    }
}

#[test]
fn config_set_changes_one_line_and_refuses_what_cannot_be_right() {
    let home = Home::default();
    let file = home.write("settings/config.toml", "# mine\nport = 1 # old\nanswer = \"ack\"\n");
    home.run(["config", "set", "port", "4600"]).expect(0);
    let text = || std::fs::read_to_string(&file).unwrap();
    assert_eq!(text(), "# mine\nport = 4600\nanswer = \"ack\"\n");
    home.run(["config", "set", "forward", "3000", "localhost:3001/x"]).expect(0);
    assert!(text().ends_with("forward = [\"3000\", \"localhost:3001/x\"]\n"));
    home.run(["config", "set", "forward", "--unset"]).expect(0);
    assert_eq!(text(), "# mine\nport = 4600\nanswer = \"ack\"\n");
    for (args, code) in [
        (&["prot", "1"][..], 2),
        (&["port", "70000"], 2),
        (&["answer", "no"], 2),
        (&["port"], 2),
        (&["port", "1", "--unset"], 2),
        (&["profiles.nobody.target", "3000"], 3),
    ] {
        home.run(["config", "set"].iter().chain(args)).expect(code);
    }
    assert_eq!(text(), "# mine\nport = 4600\nanswer = \"ack\"\n");
    std::fs::write(&file, "port = [\n").unwrap();
    home.run(["config", "set", "port", "1"]).expect(3);
    assert_eq!(text(), "port = [\n", "a file that cannot be read is not overwritten");
    let ran = home.run_with(["config", "path", "--json"], b"", &[]).expect(0);
    assert_eq!(ran.records()[0]["settings"], file.display().to_string());
    assert_eq!(files(&home.join("settings")).len(), 1);
}

#[test]
fn what_comes_first_is_said_when_a_setting_is_changed_in_vain() {
    let home = Home::default();
    let ran = home.run_with(["config", "set", "port", "1"], b"", &[("HOOKCTL_PORT", "2")]).expect(0);
    assert!(ran.err().contains("`port` is still as HOOKCTL_PORT says"), "{}", ran.err());
}
