//! The main job over real sockets, with the real program at both ends: what
//! `trigger` sends, `listen` verifies, keeps and forwards to an application of
//! another HTTP stack, whose answer the sender gets. Equal to the byte.

use crate::application::{
    Application, Door, KOJI, SAVED, SAVED_BODY, SAVED_HEADERS, Seen, USERJOURNEYS, Vendor, plain,
};
use crate::harness::{Home, body_of, raw_exchange, status_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::SocketAddr;

const BOTH: &[Vendor] = &[KOJI, USERJOURNEYS];

fn secrets() -> [(&'static str, &'static str); 2] {
    [KOJI.known(), USERJOURNEYS.known()]
}

/// A request as `events show --raw` gives it: the lines of its head, and its body.
fn journalled(home: &Home, seq: u64) -> (Vec<Vec<u8>>, Vec<u8>) {
    let raw = home.run(["events", "show", &seq.to_string(), "--raw"]).expect(0).stdout;
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let lines = String::from_utf8_lossy(&raw[..end]).split("\r\n").map(|l| l.as_bytes().to_vec()).collect();
    (lines, raw[end + 4..].to_vec())
}

/// What must arrive: the same lines in their order, less those of one connection, and the target's Host.
fn expected_at(target: SocketAddr, lines: &[Vec<u8>]) -> (String, String, Vec<(String, String)>) {
    let text = |line: &Vec<u8>| String::from_utf8(line.clone()).unwrap();
    let first = text(&lines[0]);
    let mut words = first.split(' ');
    let (method, url) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let headers = lines[1..].iter().map(text).filter_map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        match name.to_ascii_lowercase().as_str() {
            "connection" | "keep-alive" | "te" | "upgrade" => None,
            "host" => Some((name.to_owned(), target.to_string())),
            _ => Some((name.to_owned(), value.to_owned())),
        }
    });
    (method, url, headers.collect())
}

#[track_caller]
fn assert_same(seen: &Seen, target: SocketAddr, lines: &[Vec<u8>], body: &[u8]) {
    let (method, url, headers) = expected_at(target, lines);
    assert_eq!((&seen.method, &seen.url), (&method, &url));
    assert_eq!(seen.headers, headers, "the same lines in the same order and spelling");
    assert_eq!(seen.body, body);
}

/// The header fields of a record, names in lower case (hyper writes them so).
fn fields(record: &Value) -> Vec<(String, String)> {
    let field = |field: &Value| {
        let name = field["name"].as_str().unwrap().to_ascii_lowercase();
        (name, field["value"].as_str().unwrap().to_owned())
    };
    record["headers"].as_array().unwrap().iter().map(field).collect()
}

#[track_caller]
fn assert_the_applications_answer(record: &Value) {
    assert_eq!(record["status"], SAVED, "{record}");
    assert_eq!(STANDARD.decode(record["body_base64"].as_str().unwrap()).unwrap(), SAVED_BODY);
    let fields = fields(record);
    for name in ["x-application", "set-cookie", "content-type"] {
        let all: Vec<_> = fields.iter().filter(|field| field.0 == name).map(|field| &field.1).collect();
        let sent = SAVED_HEADERS.iter().filter(|field| field.0.eq_ignore_ascii_case(name));
        assert_eq!(all, sent.map(|field| field.1).collect::<Vec<_>>(), "{name}");
    }
}

/// Every event that `trigger` has a sample of.
fn events_of(home: &Home, vendor: &Vendor) -> Vec<String> {
    let listed = home.run(["trigger", "--list", "--provider", vendor.id, "--json"]).expect(0);
    let names: Vec<_> =
        listed.records().iter().map(|record| record["event"].as_str().unwrap().to_owned()).collect();
    assert!(!names.is_empty());
    names
}

#[test]
fn a_round_trip_of_every_event_of_both_vendors_is_equal_to_the_byte() {
    let (home, application) = (Home::default(), Application::of(BOTH));
    let listening = home.listen_with(["--forward", &application.address.to_string()], &secrets());
    for vendor in BOTH {
        for event in events_of(&home, vendor) {
            let to = format!("{}/webhooks/{}?tenant=7&x=%C3%A9", listening.url, vendor.id);
            let args = ["trigger", &event, "--provider", vendor.id, "--to", &to, "--json"];
            let sent = home.run_with(args, b"", &[vendor.known()]).expect(0);
            let delivery = listening.next("delivery");
            if event == "webhook.test" {
                // Koji's own test of an endpoint is hookctl's to answer.
                assert_eq!(
                    (&sent.records()[0]["status"], &delivery["answer"]["by"]),
                    (&200.into(), &"handshake".into())
                );
                continue;
            }
            assert_the_applications_answer(&sent.records()[0]);
            let seen = application.next();
            assert!(seen.verified, "{event}: the application verified it by itself");
            // What follows a colon names a variant of the sample.
            let name = event.split(':').next().unwrap();
            assert_eq!(
                (&delivery["provider"], &delivery["event"], &delivery["verdict"]["code"]),
                (&vendor.id.into(), &name.into(), &"verified".into())
            );
            assert_eq!(
                (&delivery["answer"]["by"], &delivery["answer"]["status"]),
                (&"target".into(), &SAVED.into())
            );
            assert_the_applications_answer(&delivery["attempts"][0]);

            let (lines, body) = journalled(&home, delivery["seq"].as_u64().unwrap());
            assert_same(&seen, application.address, &lines, &body);
            assert_eq!(seen.url, format!("/webhooks/{}?tenant=7&x=%C3%A9", vendor.id));
            let request: Value = serde_json::from_slice(&body).unwrap();
            assert!(request.is_object(), "the sample is not empty");
        }
    }
    let (code, rest, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let summary = rest.last().unwrap();
    assert_eq!(
        (&summary["failed"], &summary["unjudged"], &summary["forward_failed"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(summary["received"].as_u64().unwrap(), summary["forwarded"].as_u64().unwrap() + 1);
    assert!(application.rest().is_empty(), "nothing arrived twice");
}

#[test]
fn what_is_shown_and_replayed_are_the_same_bytes_again() {
    let (home, application) = (Home::default(), Application::of(BOTH));
    let listening = home.listen_with(["--forward", &application.address.to_string()], &secrets());
    for vendor in BOTH {
        let to = format!("{}/in", listening.url);
        let args = ["trigger", "interview.completed", "--provider", vendor.id, "--to", &to];
        home.run_with(args, b"", &[vendor.known()]).expect(0);
        let first = application.next();
        let seq = listening.next("delivery")["seq"].as_u64().unwrap();
        let number = seq.to_string();

        let shown = home.run(["events", "show", &number, "--json"]).expect(0).records().remove(0);
        assert_eq!(shown["body"].as_str().unwrap().as_bytes(), first.body);
        assert_eq!(home.run(["events", "show", &number, "--body"]).expect(0).stdout, first.body);
        let (lines, body) = journalled(&home, seq);
        assert_same(&first, application.address, &lines, &body);

        let to = application.address.to_string();
        let replayed = home.run(["events", "replay", &number, "--to", &to, "--json"]).expect(0);
        assert_the_applications_answer(&replayed.records()[0]);
        assert_eq!(application.next(), first, "{}: a replay is the same request", vendor.id);

        assert_eq!(journalled(&home, seq), (lines, body), "and changes nothing of what was kept");
    }
    listening.stop();
    for seq in ["1", "2"] {
        let shown = home.run(["events", "show", seq, "--json"]).expect(0).records().remove(0);
        assert_eq!(shown["attempts"].as_array().unwrap().len(), 2, "the replay is a further attempt");
    }
}

#[test]
fn resigned_and_edited_replays_are_accepted_and_plain_edits_would_not_be() {
    let (home, application) = (Home::default(), Application::of(BOTH));
    let listening = home.listen_with(["--forward", &application.address.to_string()], &secrets());
    let to = application.address.to_string();
    let editor = home.write("editor.sh", "#!/bin/sh\nprintf '%s' '{\"type\":\"edited\",\"é\":1}' > \"$1\"\n");
    let editor = format!("sh {}", editor.display());
    for vendor in BOTH {
        // Signed with another secret: the application refuses these bytes.
        let endpoint = format!("{}/in", listening.url);
        let args = ["trigger", "interview.completed", "--provider", vendor.id, "--to", &endpoint];
        home.run_with(args, b"", &[(vendor.variable, "another-fake-secret")]).expect(1);
        let kept = listening.next("delivery");
        assert_eq!(
            (&kept["verdict"]["code"], &kept["not_forwarded"]),
            (&"mismatch".into(), &"not verified".into())
        );
        assert!(application.rest().is_empty());
        let number = kept["seq"].to_string();
        let replay = ["events", "replay", &number, "--to", &to];

        home.run(replay).expect(1);
        let plain = application.next();
        assert!(!plain.verified);

        let known = [vendor.known()];
        home.run_with(replay.into_iter().chain(["--resign"]), b"", &known).expect(0);
        let resigned = application.next();
        assert!(resigned.verified, "{}", vendor.id);
        assert_eq!(resigned.body, plain.body);
        let names = |seen: &Seen| seen.headers.iter().map(|field| field.0.clone()).collect::<Vec<_>>();
        assert_eq!(names(&resigned), names(&plain), "the signature stands where it stood");

        let with_editor = [vendor.known(), ("EDITOR", editor.as_str())];
        home.run_with(replay.into_iter().chain(["--edit"]), b"", &with_editor).expect(0);
        let edited = application.next();
        assert!(edited.verified, "{}", vendor.id);
        assert_eq!(edited.body, "{\"type\":\"edited\",\"é\":1}".as_bytes());

        let broken = [vendor.known(), ("EDITOR", "false")];
        home.run_with(replay.into_iter().chain(["--edit"]), b"", &broken).expect(1);
        home.run(replay.into_iter().chain(["--resign"])).expect(3);
        assert!(application.rest().is_empty(), "neither sent anything");
    }
    listening.stop();
}

#[test]
fn the_target_gets_the_very_bytes_of_the_head_case_order_spacing_and_repeats() {
    let home = Home::default();
    let target = Door::open_with(|_, _| {
        b"HTTP/1.1 299 Odd But Fine\r\nX-One: 1\r\nx-two:two\r\nX-One: 3\r\nContent-Length: 3\r\n\r\n\x00\xffz".to_vec()
    });
    let listening = home.listen_with(["--forward", &format!("{}/base", target.url())], &secrets());
    let body = b"{ \"type\":\"interview.completed\" , \"data\":{\"interview_id\":\"\xc3\xa9\"}}\r\n\n";
    let head = [
        "POST /Hooks/./a%2Fb?q=1&q=2 HTTP/1.1".to_owned(),
        "hOST: sender.example:99".to_owned(),
        "x-REPEATED: one".to_owned(),
        format!("x-koji-SIGNATURE: {}", KOJI.signature(body)),
        "X-Repeated:two".to_owned(),
        "X-Empty:".to_owned(),
        "Connection: close, x-dropped".to_owned(),
        "X-Dropped: says the sender's Connection field".to_owned(),
        "X-Spaced: \t  a  b  ".to_owned(),
        "accept-encoding: gzip, br".to_owned(),
        format!("content-LENGTH: {}", body.len()),
        "User-Agent: Koji-Webhooks/1.0".to_owned(),
    ];
    let request = [head.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat();
    let answer = raw_exchange(listening.address, &request);
    assert_eq!((status_of(&answer), body_of(&answer)), (299, &b"\x00\xffz"[..]));

    let taken = target.wait_for(1).remove(0);
    let mut expected = head.to_vec();
    expected[0] = "POST /base/Hooks/./a%2Fb?q=1&q=2 HTTP/1.1".to_owned();
    expected[1] = format!("hOST: {}", target.address);
    expected.retain(|line| !line.starts_with("Connection") && !line.starts_with("X-Dropped"));
    let expected = format!("{}\r\n\r\n", expected.join("\r\n"));
    assert_eq!(String::from_utf8_lossy(&taken.head), expected);
    assert_eq!(taken.body, body);

    let seq = listening.next("delivery")["seq"].to_string();
    assert_eq!(home.run(["events", "show", &seq, "--raw"]).expect(0).stdout, request, "kept as it came");
    home.run(["events", "replay", &seq, "--to", &format!("{}/base", target.url())]).expect(0);
    assert_eq!(target.wait_for(2)[1], taken, "and replayed as it was forwarded");
    listening.stop();
}

#[test]
fn a_chunked_delivery_is_forwarded_and_replayed_with_its_length() {
    let home = Home::default();
    let target = Door::taking();
    let listening = home.listen_with(["--forward", &target.url()], &secrets());
    let body = b"{\"type\":\"interview.completed\"}";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Koji-Signature: {}\r\nConnection: close\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        KOJI.signature(body),
        body.len(),
        String::from_utf8_lossy(body)
    );
    assert_eq!(status_of(&raw_exchange(listening.address, request.as_bytes())), 200);
    let taken = target.wait_for(1).remove(0);
    let expected = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nX-Koji-Signature: {}\r\n\r\n",
        target.address,
        body.len(),
        KOJI.signature(body)
    );
    assert_eq!((String::from_utf8_lossy(&taken.head).as_ref(), &taken.body[..]), (&expected[..], &body[..]));
    let seq = listening.next("delivery")["seq"].to_string();
    home.run(["events", "replay", &seq, "--to", &target.url()]).expect(0);
    assert_eq!(target.wait_for(2)[1], taken);
    listening.stop();
}

/// The control of every "the application accepts it" above.
#[test]
fn the_application_refuses_what_is_not_signed_as_the_vendor_signs() {
    let application = Application::of(BOTH);
    let body = b"{}";
    let good = KOJI.signature(body);
    for (headers, status) in [
        (format!("X-Koji-Signature: {good}\r\n"), SAVED),
        (format!("X-Koji-Signature: {}\r\n", good.replace("sha256=", "sha1=")), 403),
        (format!("X-Webhook-Signature: {good}\r\n"), 403),
        (format!("X-Koji-Signature: {good}\r\nX-Koji-Signature: {good}\r\n"), 403),
        (String::new(), 403),
    ] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: 2\r\n\r\n{{}}"
        );
        let answer = raw_exchange(application.address, request.as_bytes());
        assert_eq!(status_of(&answer), status, "{headers}");
    }
    assert_eq!(plain(200)[9..12], *b"200");
}

#[test]
fn what_belongs_into_the_query_is_sent_there() {
    // PandaDoc's signature, and the digest of a body that Twilio's parameters do not cover.
    for provider in ["pandadoc", "twilio"] {
        let (home, known) = (Home::default(), [("FAKE_SECRET", "fake-secret")]);
        let scheme = ["--provider", provider, "--secret-env", "FAKE_SECRET"];
        let listening = home.listen_with(scheme, &known);
        let (to, body) = (format!("{}/hooks?x=1", listening.url), home.write("body.json", "{}"));
        let args = ["trigger", "any", "--to", &to, "--data", body.to_str().unwrap()];
        home.run_with(args.iter().chain(&scheme), b"", &known).expect(0);
        assert_eq!(listening.next("delivery")["verdict"]["code"], "verified", "{provider}");
        listening.stop();
    }
}
