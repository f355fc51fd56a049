//! `check` as far as nothing is sent; what a run says is in goldens of its own.

use super::Story;

#[test]
fn check_errors() {
    let mut story = Story::new();
    story.run(2, &["check"]);
    story.run(2, &["check", "3000"]);
    story.run(3, &["check", "3000", "--provider", "koji"]);
    story.variable("KOJI_WEBHOOK_SECRET", "an-invented-secret");
    for words in [
        &["--case", "no-signatur"][..],
        &["--skip", "nothing-like-it"],
        &["--case", "delivery", "--skip", "delivery"],
        &["--case", "constant-time"],
        &["--fail-on", "shoud"],
        &["--lang", "pyton"],
        &["--rate", "fast"],
        &["--wait", "30"],
        &["--timeout", "0"],
        &["--max-requests", "0"],
        &["--probe", ""],
        &["--baseline", "known.json"],
        &["--update-baseline"],
        &["--source", "nowhere"],
        &["--markdown", "-", "--json"],
        &["--junit", "-", "--sarif", "-"],
    ] {
        story.run(2, &[&["check", "3000", "--provider", "koji"], words].concat());
    }
    story.run(2, &["check", "https://app.example/webhooks", "--provider", "koji"]);
    story.run(2, &["check", "https://app.example/webhooks", "--provider", "koji", "--no-input"]);
    story.run(2, &["check", "/webhooks", "--provider", "koji"]);
    story.run(2, &["check", "3000", "--provider", "paypal"]);
    story.run(2, &["check", "3000", "--provider", "braintree"]);
    story.run(2, &["check", "3000", "--self"]);
    story.run(2, &["check", "--self", "--secret-env", "KOJI_WEBHOOK_SECRET"]);
    story.golden("check.errors.txt");
}

#[test]
fn check_self() {
    let mut story = Story::new();
    story.run(0, &["check", "--self", "--case", "no-signature,weaker-hash,stale-timestamp", "--seed", "5"]);
    story.golden("check.self.txt");
}

#[test]
fn check_list() {
    let mut story = Story::new();
    story.run(0, &["check", "--list", "--case", "no-signature,constant-time"]);
    story.run(0, &["check", "--list", "--case", "stale-timestamp", "--provider", "koji"]);
    story.run(0, &["check", "--list", "--case", "no-signature", "--json"]);
    story.golden("check.list.txt");
}
