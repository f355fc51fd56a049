//! Accounts, settings and the doctor.

use super::Story;

const UJ_KEY: &str = "uj_live_fake0000000000000000a1b2";

#[test]
fn accounts() {
    let mut story = Story::new();
    story.home.secret("koji.secret", "an-invented-secret");
    story
        .run(3, &["whoami"])
        .run(2, &["login"])
        .run(3, &["login", "--provider", "koji"])
        .run_with(3, &["login", "--provider", "koji", "--api-key-file", "-"], UJ_KEY.as_bytes())
        .run(3, &["login", "--provider", "koji", "--api-key-env", "NOT_SET"])
        .run(3, &["login", "--provider", "koji", "--api-key-file", "missing.txt"])
        .run(2, &["login", "--provider", "github"])
        .run_with(2, &["login", "--api-key-file", "-", "--base-url", "http://example.com"], UJ_KEY.as_bytes())
        .run_with(5, &["login", "--api-key-file", "-", "--base-url", "http://127.0.0.1:1"], UJ_KEY.as_bytes())
        .run_with(0, &["login", "--api-key-file", "-", "--no-check", "--target", "3000"], UJ_KEY.as_bytes())
        .run(0, &["login", "--provider", "koji", "--profile", "shop", "--secret-file", "koji.secret"])
        .run(0, &["whoami", "--provider", "userjourneys"])
        .run(0, &["whoami", "-p", "shop", "--json"])
        .run(0, &["whoami", "--all"])
        .run(3, &["whoami", "-p", "shops"])
        .run(2, &["whoami", "-p", "shop", "--provider", "userjourneys"])
        .run(3, &["whoami", "-p", "userjourneys", "--base-url", "http://127.0.0.1:1"])
        .run(0, &["logout", "-p", "userjourneys"])
        .run(0, &["logout", "-p", "userjourneys", "--json"])
        .run(2, &["logout", "-p", "shop", "--everything"])
        .run(0, &["logout", "-p", "shop", "--everything", "--yes"])
        .run(3, &["logout", "-p", "shop"]);
    story.golden("accounts.txt");
}

#[test]
fn config() {
    let mut story = Story::new();
    story
        .run(0, &["config", "path"])
        .run(0, &["config", "path", "--json"])
        .run(0, &["config", "list"])
        .run(0, &["config", "set", "forward", "3000", "localhost:3001/hooks"])
        .run(0, &["config", "set", "port", "4500", "--json"])
        .run(2, &["config", "list", "port"])
        .run(2, &["config", "path", "port"])
        .run(2, &["config", "set", "port", "many"])
        .run(2, &["config", "set", "prot", "1"])
        .run(2, &["config", "set", "answer", "mirrr"])
        .run(3, &["config", "set", "profiles.shop.target", "3000"]);
    story.home.write("hookctl.toml", "port = 4501\nanswer = \"ack\"\n");
    story.variable("HOOKCTL_TIMEOUT", "5s");
    story
        .run(0, &["config", "list"])
        .run(0, &["config", "list", "--jq", "select(.origin != \"default\") | [.key, .values, .origin]"])
        .run(0, &["config", "set", "port", "--unset"]);
    story.home.write("hookctl.toml", "forward = \"https://example.com\"\n");
    story.run(3, &["events", "list"]).run(0, &["config", "list"]);
    story.golden("config.txt");
}

#[test]
fn doctor() {
    let mut story = Story::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    story.variable("HOOKCTL_PORT", &free.port().to_string());
    story.run(0, &["doctor", "--jq", "select(.check != \"port\")"]);
    story.run_with(0, &["login", "--api-key-file", "-", "--no-check"], UJ_KEY.as_bytes());
    story.home.write("data/journal.db", "no journal");
    story.home.write("settings/config.toml", "prot = 1\n");
    story.home.secret("settings/profiles/shop/profile.toml", "provider = ");
    let shown = "select(.check != \"port\") | [.check, .outcome, .what, .mend]";
    story.run(3, &["doctor", "--jq", shown]);
    story.golden("doctor.txt");
}
