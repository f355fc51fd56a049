//! `register` at a vendor of the test, word for word.

use super::Story;
use crate::register::vendor::{Fate, KEY, Vendor};

const OLD: &str = "https://production.example/hooks";
const NEW: &str = "https://tunnel.example/hooks";

fn story(vendor: &Vendor) -> Story {
    let mut story = Story::new();
    story.variable("USERJOURNEYS_API_KEY", KEY).variable("USERJOURNEYS_BASE_URL", &vendor.base());
    story
}

#[test]
fn register() {
    let vendor = Vendor::start();
    let mut story = story(&vendor);
    story
        .run(0, &["register", "--show"])
        .run(0, &["register", OLD, "--dry-run"])
        .run(0, &["register", OLD, "--print-secret"])
        .run(0, &["register", OLD])
        .run(1, &["register", NEW])
        .run(0, &["register", NEW, "--replace", "--rotate", "--dry-run"])
        .run(0, &["register", NEW, "--replace", "--json"])
        .run(0, &["register", "--show"])
        .run(0, &["register", "--restore"])
        .run(0, &["register", "--rotate", "--yes"])
        .run(0, &["register", "--remove"])
        .run(0, &["register", "--provider", "koji", NEW, "--dry-run"]);
    story.golden("register.txt");
}

#[test]
fn register_errors() {
    let vendor = Vendor::with(OLD);
    let mut story = story(&vendor);
    for args in [
        &[][..],
        &["http://app.example/hooks"],
        &["http://127.0.0.1:4400/#x"],
        &["app.example"],
        &["https://me:fake@app.example/"],
        &[NEW, "--events", "interview.complete"],
        &["--show", "--remove"],
        &["--rotate"],
        &["--remove"],
        &["--provider", "koji", "--rotate"],
    ] {
        story.run(2, &[&["register"], args].concat());
    }
    story.run(3, &["register", "--provider", "koji", NEW]);
    story.run(1, &["register", "--restore"]);
    vendor.then("PUT", Fate::Refused(400));
    story.run(4, &["register", NEW, "--replace"]);
    vendor.then("PUT", Fate::Unheard);
    story.run(5, &["register", "--rotate", "--yes"]);
    story.run(0, &["register", "--show"]);
    vendor.change(|state| {
        state.registered = Some(serde_json::json!({"url": OLD, "events": ["interview.completed"]}));
    });
    story.run(3, &["register", OLD]);
    story.run(2, &["listen", "--register"]);
    story.run(2, &["listen", "--register", "--provider", "koji", "--public-url", NEW]);
    story.golden("register.errors.txt");
}
