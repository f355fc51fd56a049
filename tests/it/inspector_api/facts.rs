//! `events` and the inspector say the same of the same delivery.

use super::{journal, printed};
use crate::application::{Application, KOJI};
use crate::harness::Home;
use crate::harness::inspector::Inspector;

#[test]
fn events_and_the_inspector_give_the_same_facts() {
    let (home, application) = (Home::default(), Application::of(&[KOJI]));
    journal(&home, &application);
    home.run(["events", "mark", "3", "look at this"]).expect(0);
    let inspector = Inspector::start(&home, [""; 0], &[KOJI.known()]);
    let listed = printed(&home, &["events", "list"]);
    assert_eq!(listed.len(), 6);
    assert_eq!(inspector.get("/api/deliveries")["items"].as_array().unwrap(), &listed);
    for facts in &listed {
        let number = facts["seq"].to_string();
        let shown = printed(&home, &["events", "show", &number]).remove(0);
        let inspected = inspector.get(&format!("/api/deliveries/{number}"));
        assert_eq!(inspected["delivery"], shown, "#{number}");
        // And the list says nothing else than the delivery itself.
        for name in [
            "type", "received", "provider", "event", "delivery", "subject", "answer", "size", "mark",
            "outbox",
        ] {
            assert_eq!(facts[name], shown[name], "#{number}: {name}");
        }
        assert_eq!(facts["verdict"]["code"], inspected["signature"]["verdict"], "#{number}");
        assert_eq!(facts["verdict"]["reason"], inspected["signature"]["reason"], "#{number}");
        let raw = inspector.ask("GET", &format!("/api/deliveries/{number}/raw"), None);
        assert_eq!(raw.body, home.run(["events", "show", &number, "--raw"]).expect(0).stdout);
        let body = inspector.ask("GET", &format!("/api/deliveries/{number}/body"), None);
        assert_eq!(body.body, home.run(["events", "show", &number, "--body"]).expect(0).stdout);
    }
}

#[test]
fn the_filters_of_the_inspector_are_the_words_of_events() {
    let (home, application) = (Home::default(), Application::of(&[KOJI]));
    journal(&home, &application);
    home.run(["events", "mark", "3", ""]).expect(0);
    let inspector = Inspector::start(&home, [""; 0], &[]);
    for (query, args, count) in [
        ("type=interview.*", &["--type", "interview.*"][..], 4),
        ("verdict=failed", &["--verdict", "failed"], 3),
        ("verdict=mismatch,no_header", &["--verdict", "mismatch,no_header"], 1),
        ("provider=koji", &["--provider", "koji"], 4),
        ("status=4xx", &["--status", "4xx"], 3),
        ("text=i3", &["--text", "i3"], 1),
        ("filter=.data.interview_id%3D%3D%22i1%22", &["--filter", ".data.interview_id==\"i1\""], 2),
        ("marked=1", &["--marked"], 1),
        ("undelivered=1", &["--undelivered"], 0),
        ("since=1h&limit=2", &["--since", "1h", "--limit", "2"], 2),
    ] {
        let told = inspector.get(&format!("/api/deliveries?{query}"));
        let printed = printed(&home, &[&["events", "list"], args].concat());
        assert_eq!(told["items"].as_array().unwrap(), &printed, "{query}");
        assert_eq!(printed.len(), count, "{query}");
        if !query.contains("limit") {
            let counted = inspector.get(&format!("/api/overview?{query}"));
            assert_eq!(counted["considered"], printed.len(), "{query}");
        }
    }
}
