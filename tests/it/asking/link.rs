//! `link`: encoding, the warning, the code, the browser.

use super::{Asked, STUDY, one, study, with};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_reference_is_encoded_and_a_query_that_is_there_stays() {
    let link = |url: &str| one(&with(study(STUDY, "a"), &[("interview_link", json!(url))]));
    let plain = "https://app.userjourneys.ai/i/xK9mR2pQ";
    for (url, reference, expected) in [
        (plain, "user_12345", format!("{plain}?reference_id=user_12345")),
        (plain, "ann+test@example.com", format!("{plain}?reference_id=ann%2Btest%40example.com")),
        (plain, "a b&c=d#e", format!("{plain}?reference_id=a%20b%26c%3Dd%23e")),
        ("https://h/i/x?lang=de", "Zoë", "https://h/i/x?lang=de&reference_id=Zo%C3%AB".to_owned()),
    ] {
        let asked = Asked::of([link(url)]);
        let ran = asked.run(&["link", STUDY, "--reference-id", reference]).expect(0);
        assert_eq!((ran.out(), ran.err()), (format!("{expected}\n"), String::new()));
    }
    let asked = Asked::of([link(plain)]);
    assert_eq!(asked.run(&["link", STUDY]).expect(0).out(), format!("{plain}\n"));
}

#[test]
fn a_closed_study_is_warned_of_and_the_link_is_printed_all_the_same() {
    let closed = with(study(STUDY, "a"), &[("accepting_responses", json!(false))]);
    let asked = Asked::of([one(&closed), one(&closed)]);
    let ran = asked.run(&["link", STUDY]).expect(0);
    assert!(ran.out().starts_with("https://"));
    assert!(ran.err().contains("warning: the study takes no responses now"), "{}", ran.err());
    let record = &asked.run(&["link", STUDY, "--json", "--reference-id", "u1"]).expect(0).records()[0];
    assert_eq!(record["url"], "https://app.userjourneys.ai/i/xK9mR2pQ?reference_id=u1");
    assert_eq!((&record["accepting_responses"], &record["reference_id"]), (&json!(false), &json!("u1")));
}

#[test]
fn a_code_is_drawn_below_the_link_and_beside_records() {
    let asked = Asked::of([one(&study(STUDY, "a")), one(&study(STUDY, "a"))]);
    let out = asked.run(&["link", STUDY, "--qr"]).expect(0).out();
    assert!(out.lines().count() > 15 && out.contains('█'), "{out}");
    let ran = asked.run(&["link", STUDY, "--qr", "--json"]).expect(0);
    assert_eq!(ran.records().len(), 1);
    assert!(ran.err().contains('█'));
}

#[test]
fn the_browser_gets_the_link_as_one_argument() {
    let asked = Asked::of([one(&study(STUDY, "a")), one(&study(STUDY, "a"))]);
    let script = "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" > \"$HOME/opened\"\n";
    let opener = asked.home.write("bin/xdg-open", script);
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", asked.home.join("bin").display());
    asked.run_with(&["link", STUDY, "--reference-id", "$(id) `id`;", "--open"], &[("PATH", &path)]).expect(0);
    assert_eq!(
        std::fs::read_to_string(asked.home.join("opened")).unwrap(),
        "1\nhttps://app.userjourneys.ai/i/xK9mR2pQ?reference_id=%24%28id%29%20%60id%60%3B\n"
    );
    // Without an opener the link is still printed.
    let ran = asked.run_with(&["link", STUDY, "--open"], &[("PATH", "/nonexistent")]).expect(6);
    assert!(
        ran.out().starts_with("https://") && ran.err().contains("open the printed link"),
        "{}",
        ran.err()
    );
}

#[test]
fn what_is_no_web_link_is_neither_printed_nor_opened() {
    for url in ["javascript:alert(1)", "file:///etc/passwd", "--help", "https://h/\u{1b}[2J"] {
        let asked = Asked::of([one(&with(study(STUDY, "a"), &[("interview_link", json!(url))]))]);
        let ran = asked.run(&["link", STUDY, "--open"]).expect(5);
        assert!(ran.out().is_empty() && ran.err().contains("no http or https URL"), "{}", ran.err());
    }
    let asked = Asked::of([one(&study(STUDY, "a"))]);
    asked.run(&["link", STUDY, "--reference-id", ""]).expect(2);
}
