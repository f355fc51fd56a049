//! The command line itself, and the commands that need neither a secret nor a socket.

use super::Story;

#[test]
fn the_command_line() {
    let mut story = Story::new();
    story
        .run(0, &["--version"])
        .run(2, &[])
        .run(2, &["lisen"])
        .run(2, &["help", "lisen"])
        .run(2, &["version"])
        .run(2, &["--frobnicate"])
        .run(2, &["listen", "3000"])
        .run(2, &["listen", "--forwrd", "3000"])
        .run(2, &["listen", "--answer", "mirrr"])
        .run(2, &["listen", "--port", "many"])
        .run(2, &["events"])
        .run(2, &["events", "shw", "1"])
        .run(2, &["providers", "list", "--output", "yaml"])
        .run(2, &["providers", "list", "--output", "text", "--json"])
        .run(2, &["providers", "list", "--jq", ".id["])
        .run(2, &["providers", "list", "--jq", ".id.x"]);
    story.golden("command-line.txt");
}

#[test]
fn providers() {
    let mut story = Story::new();
    story
        .run(0, &["providers", "list"])
        .run(0, &["providers", "show", "koji"])
        .run(0, &["providers", "show", "userjourneys"])
        .run(0, &["providers", "show", "stripe"])
        .run(0, &["providers", "show", "discord"])
        .run(0, &["providers", "show", "koji", "--json"])
        .run(0, &["providers", "list", "--jq", "select(.supported | not) | .id"])
        .run(2, &["providers", "show", "kojy"])
        .run(2, &["providers", "show", "zzzzzz"])
        .run(2, &["providers", "show"]);
    story.golden("providers.txt");
}

#[test]
fn provider_files() {
    let mut story = Story::new();
    story.home.write(
        "good.toml",
        "[acme]\nheader = \"X-Acme-Signature\"\nvalue = \"v0={sig}\"\nevent = \"json:kind\"\n",
    );
    story.home.write("field.toml", "# mine\n[acme]\nheadr = \"X-Acme-Signature\"\n");
    story.home.write("value.toml", "[acme]\nheader = \"X-Acme-Signature\"\nvalue = \"v0={sgi}\"\n");
    story.home.write("kind.toml", "[acme]\nheader = \"X-A\"\nkind = \"hmc\"\n");
    story.home.write("number.toml", "[acme]\nheader = \"X-A\"\ntolerance = \"300\"\n");
    story.home.write("syntax.toml", "[acme\nheader = \"X-A\"\n");
    story.home.write("place.toml", "[acme]\nvalue = \"{sig}\"\n");
    story.home.write("secret.toml", "[acme]\nheader = \"X-A\"\nkind = \"hash\"\n");
    story.home.write("base.toml", "[acme]\nbase = \"kojy\"\n");
    story.run(0, &["providers", "test", "good.toml"]).run(0, &["providers", "test", "good.toml", "--json"]);
    story.run(0, &["providers", "show", "acme", "--provider-file", "good.toml"]);
    story.run(
        0,
        &["-v", "providers", "list", "--provider-file", "good.toml", "--jq", "select(.id == \"acme\").id"],
    );
    for file in ["field", "value", "kind", "number", "syntax", "place", "secret", "base"] {
        story.run(3, &["providers", "test", &format!("{file}.toml")]);
    }
    story.run(2, &["providers", "test", "nowhere.toml"]);
    story.run(3, &["providers", "list", "--provider-file", "nowhere.toml"]);
    story.home.write("settings/providers/mine.toml", "[acme]\nheadr = \"X-Acme-Signature\"\n");
    story.run(3, &["providers", "list"]);
    story.golden("provider-files.txt");
}

#[test]
fn completions_and_manual_pages() {
    let mut story = Story::new();
    story
        .run(2, &["completions"])
        .run(2, &["completions", "fsh"])
        .run(0, &["man", "--all", "pages"])
        .run(2, &["man", "lisen"])
        .run(2, &["man", "events", "shw"])
        .run(2, &["man", "--all", "pages", "listen"]);
    story.home.write("file", "");
    story.run(6, &["man", "--all", "file/pages"]);
    story.golden("completions-and-man.txt");
    assert!(story.home.join("pages/hookctl-events-replay.1").exists());
}
