//! What the actions of the API do.

use super::{completed, journal, printed};
use crate::application::{Application, KOJI, SAVED};
use crate::harness::inspector::Inspector;
use crate::harness::target::Application as Silent;
use crate::harness::{Home, Listening};
use serde_json::{Value, json};

/// A journal, its application, and an inspector that knows the secret.
fn scene() -> (Home, Application, Inspector) {
    let (home, application) = (Home::default(), Application::of(&[KOJI]));
    journal(&home, &application);
    application.rest();
    let inspector = Inspector::start(&home, [""; 0], &[KOJI.known()]);
    (home, application, inspector)
}

fn attempts(home: &Home, seq: u64) -> Vec<Value> {
    let shown = printed(home, &["events", "show", &seq.to_string()]).remove(0);
    shown["attempts"].as_array().unwrap().clone()
}

#[test]
fn a_replay_is_the_same_request_and_a_further_attempt_in_the_journal() {
    let (home, application, inspector) = scene();
    let to = application.address.to_string();
    let before = attempts(&home, 1).len();
    let replayed = inspector.post("/api/deliveries/1/replay", &json!({ "to": to }));
    let seen = application.next();
    assert!(seen.verified);
    assert_eq!((seen.body, seen.url.as_str()), (completed("i1"), "/hooks/koji?a=1"));
    assert_eq!(replayed["attempt"]["status"], SAVED);
    assert_eq!(replayed["not_kept"], Value::Null);
    let after = attempts(&home, 1);
    assert_eq!((after.len(), &after[before]["status"]), (before + 1, &json!(SAVED)));
    inspector.post("/api/deliveries/1/replay", &json!({ "to": format!("{to}/own"), "path_mode": "fixed" }));
    assert_eq!(application.next().url, "/own");
}

#[test]
fn every_attempt_tells_what_it_sent() {
    let (home, application, inspector) = scene();
    let to = application.address.to_string();
    // As it came: the head is written from the delivery, with the target's host.
    inspector.post("/api/deliveries/1/replay", &json!({ "to": to }));
    let seen = application.next();
    let plain = attempts(&home, 1).pop().unwrap()["request"].clone();
    assert_eq!((&plain["changed"], plain.get("body")), (&json!(false), None));
    let mut head = format!("POST {} HTTP/1.1\r\n", seen.url);
    head.extend(seen.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    assert_eq!(plain["head"], format!("{head}\r\n"));
    // Edited: what went out instead, in every place that shows it.
    let headers = json!([{ "name": "X-Mine", "value": "1" }]);
    let asked = json!({ "to": to, "body": "{\"edited\":true}", "headers": headers, "resign": true });
    inspector.post("/api/deliveries/1/replay", &asked);
    assert!(application.next().verified);
    let edited = attempts(&home, 1).pop().unwrap()["request"].clone();
    assert_eq!((&edited["changed"], &edited["body"]), (&json!(true), &json!("{\"edited\":true}")));
    assert!(edited["head"].as_str().unwrap().contains("X-Mine: 1\r\n"), "{edited}");
    let shown = inspector.get("/api/deliveries/1")["delivery"]["attempts"].as_array().unwrap().clone();
    assert_eq!(shown.last().unwrap()["request"], edited);
    let text = home.run(["events", "show", "1"]).expect(0).out();
    assert!(text.contains("sent with another body") && text.contains("X-Mine"), "{text}");
    // With other headers alone, the body stays the delivery's.
    home.run(["events", "replay", "1", "--to", &to, "-H", "X-Mine: 2"]).expect(0);
    let last = attempts(&home, 1).pop().unwrap()["request"].clone();
    assert_eq!((&last["changed"], last.get("body")), (&json!(true), None));
    assert!(last["head"].as_str().unwrap().contains("X-Mine: 2\r\n"), "{last}");
}

#[test]
fn what_a_listener_adds_and_what_a_sender_has_left_out_is_told_with_the_attempt() {
    let names_one = ("Connection", "X-Dropped, close");
    // The control: with neither of them nothing is changed.
    for (added, connection, changed) in
        [(&[][..], None, false), (&["-H", "X-Mine: 1"][..], None, true), (&[][..], Some(names_one), true)]
    {
        let (home, target) = (Home::default(), Silent::start());
        let url = target.url();
        let listening = home.listen_with([&["--forward", &url], added].concat(), &[KOJI.known()]);
        let body = completed("i1");
        let signature = KOJI.signature(&body);
        let mut headers = vec![(KOJI.header, signature.as_str()), ("X-Dropped", "1")];
        headers.extend(connection);
        crate::harness::post(listening.address, "/in", &headers, &body);
        listening.stop();
        let request = &attempts(&home, 1)[0]["request"];
        assert_eq!(request["changed"], changed, "{added:?} {connection:?}");
        let head = String::from_utf8(target.received()[0].head.clone()).unwrap();
        assert_eq!(request["head"], head);
        assert_eq!(
            (head.contains("X-Mine"), head.contains("X-Dropped")),
            (!added.is_empty(), connection.is_none())
        );
    }
}

#[test]
fn an_edited_replay_is_shown_first_and_arrives_as_it_was_shown() {
    let (_home, application, inspector) = scene();
    let to = application.address.to_string();
    let body = "{\"type\":\"edited\",\"é\":1}";
    let headers = json!([
        { "name": "Host", "value": "old" },
        { "name": "x-new", "value_base64": "Zm9v" },
        { "name": KOJI.header, "value": "old" },
        { "name": "Content-Length", "value": "999" },
    ]);
    let asked = json!({ "to": to, "body": body, "headers": headers, "resign": true, "preview": true });
    let shown = inspector.post("/api/deliveries/3/replay", &asked);
    assert!(application.rest().is_empty(), "a preview sends nothing");
    assert_eq!(shown["changed"], json!({ "headers": true, "body": true }));
    assert_eq!(shown["body"], body);
    let mut asked = asked;
    asked["preview"] = json!(false);
    let replayed = inspector.post("/api/deliveries/3/replay", &asked);
    let seen = application.next();
    assert!(seen.verified, "signed again");
    assert_eq!((&replayed["attempt"]["status"], seen.body.as_slice()), (&json!(SAVED), body.as_bytes()));
    let names = |fields: &Value| -> Vec<String> {
        fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    let came: Vec<_> = seen.headers.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names(&shown["headers"]), came);
    assert_eq!(came, ["Host", "x-new", KOJI.header, "Content-Length"]);
    assert_eq!(shown["headers"][1]["value"], "foo");
    // Not signed again, the application refuses it: the control.
    asked["resign"] = json!(false);
    inspector.post("/api/deliveries/3/replay", &asked);
    assert!(!application.next().verified);
    // Bytes that are no text go out as they are.
    let bytes = json!({ "to": to, "headers": [{ "name": "A", "value_base64": "Zf8=" }], "preview": true });
    let bytes = inspector.post("/api/deliveries/3/replay", &bytes);
    assert_eq!(bytes["headers"][1]["value_base64"], "Zf8=");
    // Nothing changed is nothing changed.
    let plain = inspector.post("/api/deliveries/1/replay", &json!({ "to": to, "preview": true }));
    assert_eq!(plain["changed"], json!({ "headers": false, "body": false }));
}

/// The next delivery of a listener, a repeat or not.
fn came(listening: &Listening) -> Value {
    loop {
        let record = listening.any();
        if record["type"] == "delivery" || record["type"] == "duplicate" {
            return record;
        }
    }
}

#[test]
fn a_timestamp_is_signed_as_of_that_moment() {
    let home = Home::default();
    let secret = ("STANDARD_WEBHOOKS_WEBHOOK_SECRET", "whsec_ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtl");
    let listening = home.listen_with(["--provider", "standard-webhooks"], &[secret]);
    let to = listening.url.clone();
    home.run_with(
        ["trigger", "a", "--data", "-", "--provider", "standard-webhooks", "--to", &to],
        b"{}",
        &[secret],
    )
    .expect(0);
    listening.next("delivery");
    let inspector = Inspector::start(&home, [""; 0], &[secret]);
    for (moment, seconds) in [
        (json!("2026-01-02T03:04:05Z"), "1767323045"),
        (json!(1_700_000_000), "1700000000"),
        (json!("1700000001"), "1700000001"),
    ] {
        let asked = json!({ "to": to, "resign": true, "timestamp": moment, "preview": true });
        let shown = inspector.post("/api/deliveries/1/replay", &asked);
        let fields = shown["headers"].as_array().unwrap();
        let time = fields.iter().find(|field| field["name"] == "webhook-timestamp").unwrap();
        assert_eq!(time["value"], seconds);
    }
    // A moment long ago is found too old by the listener; now is not.
    inspector
        .post("/api/deliveries/1/replay", &json!({ "to": to, "resign": true, "timestamp": 1_700_000_000 }));
    assert_eq!(came(&listening)["verdict"]["code"], "too_old");
    inspector.post("/api/deliveries/1/replay", &json!({ "to": to, "resign": true }));
    assert_eq!(came(&listening)["verdict"]["code"], "verified");
    listening.stop();
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    let (home, application, inspector) = scene();
    let to = application.address.to_string();
    let before = attempts(&home, 1).len();
    for (asked, status, code) in [
        (json!({ "to": "https://example.com/x" }), 409, "not_loopback"),
        (json!({ "to": "192.0.2.1:80" }), 409, "not_loopback"),
        (json!({ "to": "localhost.example.com" }), 409, "not_loopback"),
        (json!({ "to": "ftp://localhost" }), 400, "bad_target"),
        (json!({ "to": "" }), 400, "bad_target"),
        (json!({ "to": to, "timestamp": 1 }), 400, "bad_request"),
        (json!({ "to": to, "resign": true, "timestamp": "soon" }), 400, "bad_request"),
        (json!({ "to": to, "resign": true, "timestamp": [] }), 400, "bad_request"),
        (json!({ "to": to, "body": "a", "body_base64": "YQ==" }), 400, "bad_request"),
        (json!({ "to": to, "body_base64": "*" }), 400, "bad_request"),
        (json!({ "to": to, "unknown": 1 }), 400, "bad_request"),
        (json!({ "resign": true }), 400, "bad_request"),
        (json!({ "to": to, "path_mode": "other" }), 400, "bad_request"),
        (json!({ "to": to, "headers": [{ "name": "A", "value": "b\r\nC: d" }] }), 422, "cannot_write"),
        (json!({ "to": to, "headers": [{ "name": "A: b\r\nC", "value": "d" }] }), 422, "cannot_write"),
        (json!({ "to": to, "headers": [{ "name": "", "value": "d" }] }), 422, "cannot_write"),
    ] {
        let refused = inspector.ask("POST", "/api/deliveries/1/replay", Some(&asked));
        assert_eq!(refused.expect(status)["code"], code, "{asked}");
    }
    let unknown =
        inspector.ask("POST", "/api/deliveries/4/replay", Some(&json!({ "to": to, "resign": true })));
    assert_eq!(unknown.expect(409)["code"], "no_provider");
    assert!(application.rest().is_empty(), "nothing was sent");
    assert_eq!(attempts(&home, 1).len(), before);
    let without = Inspector::start(&home, [""; 0], &[]);
    let refused = without.ask("POST", "/api/deliveries/1/replay", Some(&json!({ "to": to, "resign": true })));
    assert_eq!(refused.expect(409)["code"], "no_secret");
    // The page may say that another machine is meant; nobody answers there.
    let confirmed = json!({ "to": "http://hookctl.invalid", "confirm": true });
    let replayed = inspector.post("/api/deliveries/1/replay", &confirmed);
    assert_eq!(replayed["attempt"]["failure"]["kind"], "unresolved");
}

#[test]
fn a_replay_is_kept_while_a_listener_owns_the_journal() {
    let (home, target) = (Home::default(), Silent::start());
    let listening = home.listen_with([""; 0], &[KOJI.known()]);
    let body = completed("i1");
    crate::harness::post(listening.address, "/in", &[(KOJI.header, &KOJI.signature(&body))], &body);
    listening.next("delivery");
    let inspector = Inspector::start(&home, [""; 0], &[]);
    inspector.post("/api/deliveries/1/replay", &json!({ "to": target.url() }));
    inspector.post("/api/deliveries/1/mark", &json!({ "mark": "seen" }));
    assert_eq!(target.wait_for(1)[0].body, body);
    let shown = inspector.get("/api/deliveries/1");
    assert_eq!(shown["delivery"]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(shown["delivery"]["mark"], "seen");
    let (code, _, errors) = listening.stop();
    assert_eq!((code, errors.as_str()), (0, ""));
}

#[test]
fn marks_come_and_go_and_a_delivery_that_is_owed_stays_until_forced() {
    let (home, _application, inspector) = scene();
    let marked = inspector.post("/api/deliveries/3/mark", &json!({ "mark": "a <b> é" }));
    assert_eq!((&marked["seq"], &marked["mark"]), (&json!(3), &json!("a <b> é")));
    assert_eq!(inspector.get("/api/deliveries/3")["delivery"]["mark"], "a <b> é");
    inspector.post("/api/deliveries/3/mark", &json!({ "mark": null }));
    assert_eq!(inspector.get("/api/deliveries/3")["delivery"]["mark"], Value::Null);
    let long = json!({ "mark": "é".repeat(201) });
    assert_eq!(inspector.ask("POST", "/api/deliveries/3/mark", Some(&long)).status, 400);
    assert_eq!(inspector.ask("POST", "/api/deliveries/99/mark", Some(&json!({ "mark": "x" }))).status, 404);

    home.run(["events", "replay", "1", "--to", "127.0.0.1:1"]).expect(5);
    inspector.ask("DELETE", "/api/deliveries/3", Some(&json!({}))).expect(200);
    inspector.ask("DELETE", "/api/deliveries/3", Some(&json!({}))).expect(404);
    assert_eq!(inspector.ask("GET", "/api/deliveries/3", None).status, 404);
    assert_eq!(printed(&home, &["events", "list"]).len(), 5);
}

#[test]
fn a_delivery_that_a_target_lacks_is_deleted_only_when_forced() {
    let home = Home::default();
    let listening = home.listen_with(["--forward", "127.0.0.1:1"], &[KOJI.known()]);
    let body = completed("i1");
    crate::harness::post(listening.address, "/in", &[(KOJI.header, &KOJI.signature(&body))], &body);
    listening.next("delivery");
    listening.stop();
    let inspector = Inspector::start(&home, [""; 0], &[]);
    let refused = inspector.ask("DELETE", "/api/deliveries/1", Some(&json!({})));
    assert_eq!(refused.expect(409)["code"], "undelivered");
    inspector.ask("DELETE", "/api/deliveries/1", Some(&json!({ "force": true }))).expect(200);
    assert_eq!(inspector.ask("GET", "/api/deliveries/1", None).status, 404);
}

#[test]
fn the_panel_says_what_was_signed_and_what_went_wrong() {
    let (_home, _application, inspector) = scene();
    let good = &inspector.get("/api/deliveries/1")["signature"];
    assert_eq!((&good["verdict"], &good["provider"]), (&json!("verified"), &json!("koji")));
    assert_eq!(good["signed"], String::from_utf8(completed("i1")).unwrap());
    assert_eq!(good["expected"], good["received"]);
    let whole = KOJI.signature(&completed("i1"));
    let digits = whole.strip_prefix("sha256=").unwrap();
    assert_eq!(good["expected"], format!("{}…{}", &digits[..8], &digits[60..]));
    assert!(good["scheme"].as_str().unwrap().contains(KOJI.header), "{good}");
    assert!(good["key"].as_str().unwrap().contains("UTF-8"));
    assert_eq!((&good["sentence"], &good["code"]), (&Value::Null, &Value::Null));

    let wrong = &inspector.get("/api/deliveries/3")["signature"];
    assert_eq!((&wrong["verdict"], &wrong["code"]), (&json!("mismatch"), &json!("body_newline_lost")));
    assert!(wrong["sentence"].as_str().unwrap().contains("line break"), "{wrong}");
    assert_ne!(wrong["expected"], wrong["received"]);

    let missing = &inspector.get("/api/deliveries/6")["signature"];
    assert_eq!(missing["received"], Value::Null);

    let twins = inspector.get("/api/deliveries/1");
    assert_eq!(twins["duplicates"], json!([2]));
    let odd = inspector.get("/api/deliveries/4");
    let notes: Vec<_> = odd["notes"].as_array().unwrap().iter().map(|note| note["pointer"].clone()).collect();
    assert_eq!(notes, ["/id", "/a"]);
    assert_eq!(inspector.get("/api/deliveries/5")["notes"][0]["text"], "invalid UTF-8");
}

#[test]
fn the_panel_says_how_much_was_looked_for_in_vain() {
    let home = Home::default();
    let listening = home.listen_with([""; 0], &[KOJI.known()]);
    let elsewhere = KOJI.signature(b"nothing that is near this body");
    crate::harness::post(listening.address, "/in", &[(KOJI.header, &elsewhere)], &completed("i1"));
    listening.next("delivery");
    listening.stop();
    let inspector = Inspector::start(&home, [""; 0], &[KOJI.known()]);
    let panel = &inspector.get("/api/deliveries/1")["signature"];
    assert_eq!((&panel["verdict"], &panel["sentence"]), (&json!("mismatch"), &Value::Null));
    assert!(panel["tried"].as_u64().unwrap() > 5, "{panel}");
    // The controls: found, and nothing to look for.
    let (_home, _application, inspector) = scene();
    for seq in [1, 3, 6] {
        assert_eq!(inspector.get(&format!("/api/deliveries/{seq}"))["signature"]["tried"], Value::Null);
    }
}

/// A bug once: the panel beside `listen` took the listener's own address for the URL that was signed.
#[test]
fn a_signed_url_is_shown_as_it_was_judged() {
    let home = Home::default();
    let profile = "[acme]\nheader = \"X-Acme\"\nvalue = \"{sig}\"\ncontent = \"{url}{body}\"\n";
    let file = home.write("acme.toml", profile);
    let known = [("ACME_WEBHOOK_SECRET", "fake-acme-secret")];
    let acme = ["--provider", "acme", "--provider-file", file.to_str().unwrap()];
    let mut command = home.command(["listen", "--port", "0", "--json"]);
    command.args(acme).envs(known);
    let listening = Listening::start(command);
    let ready = listening.ready.clone();
    let to = format!("http://localhost:{}/in", listening.address.port());
    let trigger = [&["trigger", "a", "--data", "-", "--to", &to], &acme[..]].concat();
    home.run_with(trigger, b"{}", &known).expect(0);
    assert_eq!(listening.next("delivery")["verdict"]["code"], "verified");
    let beside = Inspector::at(ready["inspector"].as_str().unwrap());
    let alone = Inspector::start(&home, acme, &known);
    for inspector in [beside, alone] {
        let panel = &inspector.get("/api/deliveries/1")["signature"];
        assert_eq!(panel["signed"], format!("{to}{{}}"));
        assert_eq!(panel["expected"], panel["received"]);
    }
    listening.stop();
}

/// A bug once: the page's commands named no journal, and so another one.
#[test]
fn the_session_says_whether_commands_find_the_journal_by_themselves() {
    let home = Home::default();
    let listening = home.listen(["--provider", "koji", "--inspect", "127.0.0.1:0"]);
    let beside = Inspector::at(listening.ready["inspector"].as_str().unwrap());
    let session = beside.get("/api/session");
    assert_eq!(session["journal_usual"], true, "{session}");
    listening.stop();
    let alone = Inspector::start(&home, [""; 0], &[]);
    assert_eq!(alone.get("/api/session")["journal_usual"], true);
    let other = home.join("other.db");
    std::fs::copy(session["journal"].as_str().unwrap(), &other).unwrap();
    let named = Inspector::start(&home, ["--journal", other.to_str().unwrap()], &[]);
    assert_eq!(named.get("/api/session")["journal_usual"], false);
}

#[test]
fn code_says_what_a_replay_would_send() {
    let (_home, application, inspector) = scene();
    let to = application.address;
    let code = inspector.get(&format!("/api/deliveries/1/code?as=curl&to={to}/base"));
    let text = code["text"].as_str().unwrap();
    assert!(text.contains(&format!("--url 'http://{to}/base/hooks/koji?a=1'")), "{text}");
    assert!(text.contains(&format!("'{}: {}'", KOJI.header, KOJI.signature(&completed("i1")))), "{text}");
    assert!(
        inspector.get("/api/deliveries/1/code")["text"].as_str().unwrap().contains("http://localhost:3000/")
    );
    // A bug once: it was always sent with its own path.
    let fixed = format!("/api/deliveries/1/code?as=curl&to={to}/own&path_mode=fixed");
    let fixed = inspector.get(&fixed)["text"].as_str().unwrap().to_owned();
    assert!(fixed.contains(&format!("http://{to}/own'")) && !fixed.contains("/hooks/koji"), "{fixed}");
    assert_eq!(inspector.ask("GET", "/api/deliveries/1/code?path_mode=x", None).status, 400);
    assert_eq!(inspector.ask("GET", "/api/deliveries/1/code?as=perl", None).status, 400);
    assert_eq!(inspector.ask("GET", "/api/deliveries/1/code?to=ftp://x", None).status, 400);
}
