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
        .run(2, &["config", "lst"])
        .run(2, &["providers", "lst"])
        .run(2, &["interviews", "lst"])
        .run(2, &["studies", "lst"])
        .run(2, &["sandbox", "deliveries", "lst"])
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
        .run(0, &["providers", "list", "X-HUB-signature"])
        .run(0, &["providers", "list", "--kind", "token", "--kind", "basic"])
        .run(0, &["providers", "list", "git", "--kind", "token"])
        .run(1, &["providers", "list", "no-such-header"])
        .run(2, &["providers", "list", "--kind", "hmc"])
        .run(0, &["providers", "show", "koji", "--json"])
        .run(0, &["providers", "list", "--jq", "select(.supported | not) | .id"])
        .run(2, &["providers", "show", "kojy"])
        .run(2, &["providers", "show", "hubspot"])
        .run(2, &["providers", "show", "zzzzzz"])
        .run(2, &["providers", "show"]);
    story.golden("providers.txt");
}

#[test]
fn a_key_pair() {
    let mut story = Story::new();
    story
        .run(0, &["providers", "keygen", "discord"])
        .run(0, &["providers", "keygen", "discord"])
        .run(0, &["providers", "keygen", "discord", "--json", "-q"])
        .run(2, &["providers", "keygen", "koji"])
        .run(2, &["providers", "keygen", "discrod"])
        .run(2, &["providers", "keygen"]);
    let key = regex::Regex::new("[0-9a-f]{64}").unwrap();
    let public = story.home.run(["providers", "keygen", "discord"]).expect(0).out();
    // The key alone: it goes into a file as it is.
    assert!(key.is_match(&public) && public.len() == 65, "{public}");
    story.text = key.replace_all(&story.text, "[KEY]").into_owned();
    story.home.secret("settings/secrets/telnyx", "no key");
    story.run(3, &["providers", "keygen", "telnyx"]);
    story.home.write("file", "");
    story.variable("HOOKCTL_CONFIG_DIR", "file").run(6, &["providers", "keygen", "discord"]);
    story.golden("providers-keygen.txt");
}

/// One of each shape: body alone, timed list, token, Basic, plain hash, URL and form, signature in the body, in a
/// form, elements of an array, several headers, an id, handshakes with and without the key, shared headers, JSON
/// Web Tokens, asymmetric keys.
const SHAPES: [&str; 21] = [
    "koji",
    "userjourneys",
    "stripe",
    "slack",
    "github",
    "gitlab-token",
    "postmark",
    "hubspot-v2",
    "twilio",
    "mailgun",
    "braintree",
    "adyen-standard",
    "box",
    "standard-webhooks",
    "zoom",
    "asana",
    "facebook",
    "netlify",
    "fusionauth",
    "contentful",
    "discord",
];

#[test]
fn providers_in_words() {
    let mut story = Story::new();
    for id in SHAPES {
        story.run(0, &["providers", "show", id]);
    }
    story.golden("providers-show.txt");
}

/// What `show` prints is what `verify` accepts.
#[test]
fn a_shown_example_verifies() {
    let story = Story::new();
    for id in ["stripe", "koji", "svix", "hubspot-v3", "twitch", "gitlab-token", "box"] {
        let shown = story.home.run(["providers", "show", id, "--json"]).expect(0);
        let record: serde_json::Value = serde_json::from_str(&shown.out()).unwrap();
        let sample = &record["sample"];
        story.home.secret("secret.txt", sample["secret"].as_str().unwrap());
        let mut args = vec!["verify".to_owned(), "--provider".to_owned(), id.to_owned()];
        let mut add = |name: &str, value: &str| args.extend([name.to_owned(), value.to_owned()]);
        add("--data", sample["body"].as_str().unwrap());
        add("--secret-file", "secret.txt");
        add("--now", sample["timestamp"].as_str().unwrap());
        add("--url", sample["url"].as_str().unwrap());
        for header in sample["headers"].as_array().unwrap() {
            let (name, value) = (header["name"].as_str().unwrap(), header["value"].as_str().unwrap());
            add("-H", &format!("{name}: {value}"));
        }
        story.home.run(args.iter().map(String::as_str)).expect(0);
        // The control: another secret does not.
        story.home.secret("secret.txt", "whsec_YW5vdGhlci1pbnZlbnRlZC1zZWNyZXQ=");
        story.home.run(args.iter().map(String::as_str)).expect(1);
    }
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
    story.home.write("twice.toml", "[acme]\nheader = \"X-A\"\nheader = \"X-B\"\n");
    story.home.write("latin.toml", b"[acme]\nheader = \"X-\xc4\"\n");
    story
        .home
        .write("several.toml", "[acme]\nheader = \"X-A\"\nkind = \"hmc\"\nencode = \"hx\"\n[b]\nheadr = 1\n");
    for file in ["twice", "latin", "several"] {
        story.run(3, &["providers", "test", &format!("{file}.toml")]);
    }
    story.run(0, &["providers", "test", "koji"]);
    story.run(2, &["providers", "test", "koij"]);
    story.run(2, &["providers", "test", "nowhere.toml"]);
    story.run(3, &["providers", "list", "--provider-file", "nowhere.toml"]);
    story.home.write("settings/providers/mine.toml", "[acme]\nheadr = \"X-Acme-Signature\"\n");
    story.run(3, &["providers", "list"]);
    story.run(3, &["providers", "test", "settings/providers/mine.toml"]);
    story.run(0, &["providers", "test", "good.toml"]);
    story.golden("provider-files.txt");
}

/// Two vectors that hold, of which one is a forgery, and two that do not.
const VECTORS: &str = r#"[acme]
header = "X-Acme-Signature"
value = "t={ts},v1={sig}"
list = ","
content = "{ts}.{body}"
timestamp = "sig"
tolerance = 300

[[acme.vector]]
name = "made with openssl"
secret = "a-fake-secret"
headers = { "X-Acme-Signature" = "t=1700000000,v1=SIGNATURE" }
body = '{"a":1}'
at = 1700000300

[[acme.vector]]
secret = ["another-fake-secret", "a-fake-secret"]
headers = ["X-Acme-Signature: t=1700000000,v1=SIGNATURE"]
body_base64 = "eyJhIjoyfQ=="
expect = "mismatch"

[[acme.vector]]
name = "a second too late"
secret = "a-fake-secret"
headers = { "X-Acme-Signature" = "t=1700000000,v1=SIGNATURE" }
body = '{"a":1}'
at = "2023-11-14T22:18:21Z"

[[acme.vector]]
secret = "a-fake-secret"
headers = { "X-Acme-Signature" = "t=1700000000,v1=SIGNATURE" }
body = '{"a":1}'
expect = "malformed"
"#;

#[test]
fn provider_vectors() {
    let mut story = Story::new();
    // printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac a-fake-secret
    let vectors =
        VECTORS.replace("SIGNATURE", "169f9b8d0a78ea697013a7cec3f5bc5eabc3046b3eca296087a68dfe42c8ec4d");
    story.home.write("acme.toml", &vectors);
    story.run(1, &["providers", "test", "acme.toml"]).run(1, &["providers", "test", "acme.toml", "--json"]);
    story.run(
        1,
        &["providers", "test", "acme.toml", "--jq", "select(.outcome == \"fail\") | [.line, .found]"],
    );
    // The control: without the two, everything holds.
    let good = vectors.split("\n[[acme.vector]]").take(3).collect::<Vec<_>>().join("\n[[acme.vector]]");
    story.home.write("good.toml", &good);
    story.run(0, &["providers", "test", "good.toml"]);
    story.home.write("typo.toml", vectors.replace("expect = \"malformed\"", "expect = \"malformd\""));
    story.home.write("empty.toml", "# nothing yet\n");
    story.run(3, &["providers", "test", "typo.toml"]).run(3, &["providers", "test", "empty.toml"]);
    story.golden("provider-vectors.txt");
}

#[test]
fn a_new_provider() {
    let mut story = Story::new();
    story
        .run(0, &["providers", "new", "my-shop"])
        .run(0, &["providers", "new", "my-shop", "shop.toml"])
        .run(0, &["providers", "test", "shop.toml"])
        .run(
            0,
            &[
                "sign",
                "--data",
                "{}",
                "--provider",
                "my-shop",
                "--provider-file",
                "shop.toml",
                "--secret",
                "x",
            ],
        )
        .run(2, &["providers", "new", "my-shop", "shop.toml"])
        .run(6, &["providers", "new", "my-shop", "no/such/folder.toml"])
        .run(0, &["providers", "new", "koji", "koji.toml", "--json"])
        .run(2, &["providers", "new", "My Shop"])
        .run(2, &["providers", "new"]);
    story.golden("provider-new.txt");
}

#[test]
fn completions_and_manual_pages() {
    let mut story = Story::new();
    story
        .run(0, &["completions", "fish"])
        .run(2, &["completions"])
        .run(2, &["completions", "fsh"])
        .run(0, &["man", "--all", "pages"])
        .run(2, &["man", "lisen"])
        .run(2, &["man", "nothing"])
        .run(2, &["man", "events", "shw"])
        .run(2, &["man", "--all", "pages", "listen"]);
    story.home.write("file", "");
    story.run(6, &["man", "--all", "file/pages"]);
    story.golden("completions-and-man.txt");
    assert!(story.home.join("pages/hookctl-events-replay.1").exists());
}
