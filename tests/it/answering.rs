//! What `listen` answers and passes on: several targets, handshakes, failing
//! closed, filters, the ends of a script, duplicates.

use crate::application::{Door, KOJI, plain};
use crate::harness::{Home, Listening, body_of, hmac_sha256_hex, post, raw_exchange, request, status_of};
use crate::in_process::koji;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

/// Sends Koji's delivery number n, signed well.
fn genuine(listening: &Listening, number: usize) -> u16 {
    let (signature, body) = koji(number);
    post(listening.address, "/", &[("X-Koji-Signature", &signature)], &body)
}

/// The same bytes with somebody else's signature.
fn forged(listening: &Listening, number: usize) -> u16 {
    let (_, body) = koji(number);
    let signature = format!("sha256={}", hmac_sha256_hex("not the secret", &body));
    post(listening.address, "/", &[("X-Koji-Signature", &signature)], &body)
}

fn sends(listening: &Listening, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let answer = raw_exchange(listening.address, &request("POST", "/", headers, body.as_bytes()));
    (status_of(&answer), String::from_utf8(body_of(&answer).to_vec()).unwrap())
}

#[test]
fn several_targets_get_it_and_the_first_one_s_answer_is_mirrored() {
    let home = Home::default();
    let (first, second) = (Door::open_with(|_, _| plain(201)), Door::open_with(|_, _| plain(500)));
    let third = Door::shut(|_, _| plain(200));
    let (a, b, c) = (first.url(), second.url(), third.url());
    let listening = home.listen(["--forward", &a, "--forward", &b, "--forward", &c]);
    assert_eq!(genuine(&listening, 1), 201);
    second.wait_for(1);
    // An attempt elsewhere may be over before the first target has answered.
    let (_, records, _) = listening.stop();
    let of = |kind: &str| records.iter().filter(|record| record["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("delivery")[0]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(of("attempt").len(), 3, "each attempt is a record, those before the answer too");
    assert_eq!(of("attempt").iter().filter(|record| record["status"] == 201).count(), 1);
    let at = |url: &str| {
        let there = |record: &&&Value| record["target"].as_str().unwrap().starts_with(url);
        of("attempt").iter().find(there).copied().cloned().unwrap()
    };
    assert_eq!((&at(&b)["status"], &at(&c)["failure"]["kind"]), (&500.into(), &"refused".into()));
    assert_eq!(first.wait_for(1)[0].body, second.wait_for(1)[0].body);
    let shown = home.run(["events", "show", "1", "--json"]).expect(0).records().remove(0);
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 3, "each is kept");
}

#[test]
fn the_others_get_it_when_the_first_target_is_down() {
    let home = Home::default();
    let (first, second) = (Door::shut(|_, _| plain(200)), Door::taking());
    let listening = home.listen(["--forward", &first.url(), "--forward", &second.url()]);
    assert_eq!(genuine(&listening, 1), 502);
    second.wait_for(1);
    listening.stop();
}

#[test]
fn in_ack_each_target_has_a_queue_of_its_own() {
    let home = Home::default();
    let (down, up) = (Door::shut(|_, _| plain(200)), Door::taking());
    let listening = home.listen(["--forward", &down.url(), "--forward", &up.url(), "--answer", "ack"]);
    for number in 0..3 {
        assert_eq!(genuine(&listening, number), 200);
    }
    up.wait_for(3);
    let (_, rest, _) = listening.stop();
    assert_eq!(rest.last().unwrap()["waiting"], 3, "those of the one that is down");
}

#[test]
fn koji_s_ping_is_answered_before_the_secret_is_known_and_after_and_never_forwarded() {
    for variables in [&[][..], &[KOJI.known()]] {
        let (home, door) = (Home::default(), Door::taking());
        let listening = home.listen_with(["--provider", "koji", "--forward", &door.url()], variables);
        for (body, answer) in [
            ("", ""),
            (r#"{"type":"ping"}"#, ""),
            (r#"{"type":"endpoint.verification"}"#, ""),
            (r#"{"challenge":"abc"}"#, r#"{"challenge":"abc"}"#),
        ] {
            assert_eq!(sends(&listening, &[], body), (200, answer.to_owned()), "{body}");
            let record = listening.next("delivery");
            assert_eq!(
                (&record["answer"]["by"], &record["not_forwarded"]),
                (&"handshake".into(), &"handshake".into())
            );
        }
        assert_eq!(genuine(&listening, 1), 200);
        door.wait_for(1);
        listening.stop();
        assert_eq!(door.taken().len(), 1);
    }
}

#[test]
fn other_vendors_handshakes_are_answered_as_documented() {
    let home = Home::default();
    let slack = home.listen(["--provider", "slack"]);
    let ask = r#"{"token":"t","type":"url_verification","challenge":"3eZbrw1aB10FEMAGAZd4FyFQ"}"#;
    let answer = raw_exchange(slack.address, &request("POST", "/", &[], ask.as_bytes()));
    assert_eq!((status_of(&answer), body_of(&answer)), (200, &b"3eZbrw1aB10FEMAGAZd4FyFQ"[..]));
    assert!(String::from_utf8_lossy(&answer).to_lowercase().contains("content-type: text/plain\r\n"));
    slack.stop();

    let ask = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    let zoom = home.listen_with(["--provider", "zoom"], &[("ZOOM_WEBHOOK_SECRET", "fake")]);
    let (status, body) = sends(&zoom, &[], ask);
    let expected = hmac_sha256_hex("fake", b"qgg8vlvZRS6UYooatFL8Aw");
    let answered: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answered["encryptedToken"]), (200, &expected.into()));
    zoom.stop();
    let zoom = home.listen(["--provider", "zoom"]);
    assert_eq!(sends(&zoom, &[], ask).0, 503, "it cannot be answered without the secret");
    zoom.stop();
}

#[test]
fn a_secret_that_a_handshake_brings_is_used_from_then_on_and_never_replaced() {
    let home = Home::default();
    let listening = home.listen(["--provider", "asana"]);
    assert_eq!(sends(&listening, &[("X-Hook-Secret", "fake-first")], "{}").0, 200);
    let body = r#"{"events":[{"action":"added"}]}"#;
    let sign = |secret| hmac_sha256_hex(secret, body.as_bytes());
    let deliver =
        |secret| post(listening.address, "/", &[("X-Hook-Signature", &sign(secret))], body.as_bytes());
    assert_eq!((deliver("fake-first"), deliver("fake-other")), (200, 401));
    assert_eq!(post(listening.address, "/", &[], body.as_bytes()), 401, "nothing unsigned any more");

    sends(&listening, &[("X-Hook-Secret", "fake-other")], "{}");
    assert_eq!((deliver("fake-first"), deliver("fake-other")), (200, 401), "a stranger cannot replace it");
    let (_, _, errors) = listening.stop();
    assert!(errors.contains("was not taken over"), "{errors}");
}

#[test]
fn a_handshake_with_another_secret_than_the_known_one_says_what_to_do() {
    let home = Home::default();
    home.secret("asana.secret", "fake-known");
    let listening = home.listen(["--provider", "asana", "--secret-file", "asana.secret"]);
    assert_eq!(sends(&listening, &[("X-Hook-Secret", "fake-known")], "{}").0, 200);
    assert_eq!(sends(&listening, &[("X-Hook-Secret", "fake-new")], "{}").0, 200);
    let body = r#"{"events":[{"action":"added"}]}"#;
    let sign = hmac_sha256_hex("fake-new", body.as_bytes());
    assert_eq!(post(listening.address, "/", &[("X-Hook-Signature", &sign)], body.as_bytes()), 401);
    let (_, _, errors) = listening.stop();
    let said = "than the one from --secret-file asana.secret; it was not taken over";
    assert_eq!(
        errors.matches("sent another signing secret").count(),
        1,
        "the known one is nothing new: {errors}"
    );
    assert!(errors.contains(said) && errors.contains("without the old one"), "{errors}");
    assert!(!errors.contains("fake-"), "{errors}");
}

#[test]
fn with_any_secret_known_what_nobody_recognises_is_refused_and_not_forwarded() {
    for answer in ["mirror", "ack"] {
        let (home, door) = (Home::default(), Door::taking());
        let args = ["--forward", &door.url(), "--answer", answer];
        let listening = home.listen_with(args, &[KOJI.known()]);
        for (headers, code) in [
            (&[][..], "no_provider"),
            (&[("X-Webhook-Signature", "sha256=00")], "no_secret"),
            (&[("X-Koji-Signature", "sha256=00")], "mismatch"),
        ] {
            let (status, body) = sends(&listening, headers, r#"{"hello":"world"}"#);
            assert_eq!(status, 401, "{headers:?}");
            let record = listening.next("delivery");
            let found = record["verdict"]["code"].as_str().unwrap();
            assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error"], found, "the sender reads why");
            assert_ne!(found, "verified");
            assert_eq!(record["not_forwarded"], "not verified", "{code}: {record}");
        }
        assert_eq!(genuine(&listening, 1), 200);
        door.wait_for(1);
        let (_, rest, _) = listening.stop();
        assert_eq!(door.taken().len(), 1, "{answer}");
        assert_eq!(rest.last().unwrap()["received"], 4, "they are kept: they are what people debug");
    }
}

#[test]
fn without_any_secret_deliveries_are_marked_and_passed_on() {
    let (home, door) = (Home::default(), Door::taking());
    let listening = home.listen(["--forward", &door.url()]);
    assert_eq!(genuine(&listening, 1), 200);
    let record = listening.next("delivery");
    assert_eq!(
        (&record["verdict"]["verified"], &record["verdict"]["code"]),
        (&false.into(), &"no_secret".into())
    );
    door.wait_for(1);
    let (_, _, errors) = listening.stop();
    assert!(errors.contains("no signing secret is known"), "{errors}");
}

#[test]
fn signatures_are_not_required_and_forged_ones_passed_on_only_when_asked_for() {
    for (flag, verdict) in [("--no-verify-signature", "mismatch"), ("--forward-unverified", "mismatch")] {
        let (home, door) = (Home::default(), Door::open_with(|_, _| plain(299)));
        let listening = home.listen_with(["--forward", &door.url(), flag], &[KOJI.known()]);
        assert_eq!((forged(&listening, 1), sends(&listening, &[], "{}").0), (299, 299), "{flag}");
        let record = listening.next("delivery");
        assert_eq!(
            (&record["verdict"]["code"], &record["verdict"]["verified"]),
            (&verdict.into(), &false.into())
        );
        door.wait_for(2);
        listening.stop();
    }
    let (home, door) = (Home::default(), Door::taking());
    let listening = home.listen_with(["--forward", &door.url()], &[KOJI.known()]);
    assert_eq!(forged(&listening, 1), 401, "the control");
    listening.stop();
    assert!(door.taken().is_empty());
}

/// Sends one event of Koji's, signed.
fn event(listening: &Listening, kind: &str, score: u32) -> u16 {
    let body = format!(
        "{{\"type\":\"{kind}\",\"data\":{{\"interview_id\":\"{kind}-{score}\",\"quality_score\":{score}}}}}"
    );
    let signature = KOJI.signature(body.as_bytes());
    post(listening.address, "/", &[("X-Koji-Signature", &signature)], body.as_bytes())
}

#[test]
fn event_and_jq_filters_choose_what_is_shown_and_forwarded() {
    let events = ["interview.completed", "interview.analysis_ready", "study.published", "report.generated"];
    for (filters, wanted) in [
        (&["-e", "study.published,report.generated"][..], &[2, 3][..]),
        (&["--events", "interview.*"], &[0, 1]),
        (&["--filter", ".data.quality_score >= 2"], &[2, 3]),
        (&["-e", "interview.*", "--filter", ".data.quality_score == 1"], &[1]),
    ] {
        let (home, door) = (Home::default(), Door::open_with(|_, _| plain(299)));
        let to = door.url();
        let args = ["--forward", &to].into_iter().chain(filters.iter().copied());
        let listening = home.listen_with(args, &[KOJI.known()]);
        for (number, kind) in events.iter().enumerate() {
            let expected = if wanted.contains(&number) { 299 } else { 200 };
            assert_eq!(event(&listening, kind, number as u32), expected, "{filters:?} {kind}");
        }
        let (_, rest, _) = listening.stop();
        let shown: Vec<_> = rest.iter().filter(|record| record["type"] == "delivery").collect();
        let expected: Vec<_> = wanted.iter().map(|number| events[*number]).collect();
        assert_eq!(
            shown.iter().map(|record| record["event"].as_str().unwrap()).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(door.taken().len(), wanted.len(), "{filters:?}");
        let summary = rest.last().unwrap();
        assert_eq!((&summary["received"], &summary["matched"]), (&4.into(), &wanted.len().into()));
        assert_eq!(home.run(["events", "list", "--json"]).expect(0).records().len(), 4, "all are kept");
    }
}

#[test]
fn a_script_ends_after_so_many_matching_deliveries() {
    let home = Home::default();
    let listening = home.listen_with(["--until", "2", "-e", "study.published"], &[KOJI.known()]);
    assert_eq!(event(&listening, "study.published", 1), 200);
    assert_eq!(event(&listening, "interview.completed", 2), 200);
    assert_eq!(event(&listening, "study.published", 3), 200);
    let (code, rest, errors) = listening.finish();
    assert_eq!((code, &rest.last().unwrap()["matched"]), (0, &2.into()), "{errors}");
}

#[test]
fn until_n_counts_neither_handshakes_nor_repeats() {
    let home = Home::default();
    let listening = home.listen_with(["--provider", "koji", "--until", "2"], &[KOJI.known()]);
    assert_eq!(sends(&listening, &[], r#"{"type":"ping"}"#).0, 200);
    assert_eq!((genuine(&listening, 1), genuine(&listening, 1), genuine(&listening, 2)), (200, 200, 200));
    let (code, rest, errors) = listening.finish();
    let told: Vec<_> = rest.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(
        (code, told),
        (0, vec!["delivery", "delivery", "duplicate", "delivery", "summary"]),
        "{errors}"
    );
}

#[test]
fn a_filter_that_fails_on_a_payload_is_told_once_and_counted() {
    let (home, door) = (Home::default(), Door::open_with(|_, _| plain(299)));
    let to = door.url();
    // `true` has no length: for jq that is an error, not false.
    let args = ["--forward", &to, "--filter", ".a > 3 and (.b|length) > 0"];
    let listening = home.listen(args);
    assert_eq!(sends(&listening, &[], r#"{"a":5,"b":"x"}"#).0, 299, "the control");
    assert_eq!(sends(&listening, &[], r#"{"a":1,"b":true}"#).0, 200, "left out without a failure");
    assert_eq!(sends(&listening, &[], r#"{"a":5,"b":true}"#).0, 200);
    assert_eq!(sends(&listening, &[], "not json").0, 200);
    let (_, rest, errors) = listening.stop();
    assert_eq!(errors.matches("`--filter` fails on").count(), 1, "{errors}");
    assert!(errors.contains("`--filter` fails on #3, so it is left out: jq: "), "{errors}");
    let summary = rest.last().unwrap();
    assert_eq!((&summary["filtered"], &summary["filter_errors"]), (&3.into(), &2.into()));
}

#[test]
fn an_end_that_cannot_be_looked_for_in_a_payload_is_told() {
    let home = Home::default();
    let listening = home.listen(["--until", ".a | length > 0"]);
    for body in [r#"{"a":true}"#, r#"{"a":false}"#, r#"{"a":"x"}"#] {
        assert_eq!(sends(&listening, &[], body).0, 200);
    }
    let (code, rest, errors) = listening.finish();
    assert_eq!((code, &rest.last().unwrap()["filter_errors"]), (0, &2.into()), "{errors}");
    assert_eq!(errors.matches("`--until` fails on #1, so it does not count: jq: ").count(), 1, "{errors}");
}

#[test]
fn a_script_ends_after_the_delivery_that_it_describes() {
    let home = Home::default();
    let listening = home.listen_with(["--until", ".data.quality_score > 3"], &[KOJI.known()]);
    assert_eq!(event(&listening, "study.published", 1), 200);
    assert_eq!(event(&listening, "study.published", 4), 200);
    let (code, rest, errors) = listening.finish();
    assert_eq!((code, &rest.last().unwrap()["received"]), (0, &2.into()), "{errors}");
}

#[test]
fn a_script_whose_time_is_up_ends_with_124() {
    let home = Home::default();
    let listening = home.listen(["--until", "1", "--for", "10ms"]);
    let (code, rest, errors) = listening.finish();
    assert_eq!((code, &rest.last().unwrap()["type"]), (124, &"summary".into()), "{errors}");
}

#[test]
fn a_script_that_is_interrupted_before_its_end_ends_with_130() {
    let home = Home::default();
    assert_eq!(home.listen(["--until", "1"]).stop().0, 130);
    assert_eq!(home.listen(Vec::<&str>::new()).stop().0, 0, "the control: nothing was waited for");
}

#[test]
fn an_answer_other_than_expected_ends_with_1() {
    for (expected, code) in [("2xx", 0), ("299", 0), ("200", 1), ("4xx", 1)] {
        let (home, door) = (Home::default(), Door::open_with(|_, _| plain(299)));
        let listening = home.listen(["--forward", &door.url(), "--expect-status", expected, "--until", "1"]);
        assert_eq!(genuine(&listening, 1), 299);
        let (ended, _, errors) = listening.finish();
        assert_eq!(ended, code, "{expected}: {errors}");
    }
    let (home, door) = (Home::default(), Door::shut(|_, _| plain(200)));
    let listening = home.listen(["--forward", &door.url(), "--expect-status", "2xx", "--until", "1"]);
    assert_eq!(genuine(&listening, 1), 502);
    assert_eq!(listening.finish().0, 1, "no answer is not the expected one");
}

#[test]
fn duplicates_are_marked_across_a_restart_and_a_forged_one_poisons_nothing() {
    let (home, door) = (Home::default(), Door::taking());
    let args = ["--forward", &door.url()];
    let listening = home.listen_with(args, &[KOJI.known()]);
    assert_eq!(forged(&listening, 7), 401);
    assert_eq!(genuine(&listening, 7), 200, "the genuine delivery of this id is the first");
    let first = listening.next("delivery");
    assert_eq!((&first["seq"], &first["verdict"]["code"]), (&1.into(), &"mismatch".into()));
    let second = listening.next("delivery");
    assert_eq!((&second["seq"], &second["duplicate_of"]), (&2.into(), &Value::Null));
    assert_eq!(genuine(&listening, 7), 200);
    assert_eq!(listening.next("duplicate")["duplicate_of"], 2);
    // Another event of the same interview is no duplicate.
    assert_eq!(event(&listening, "interview.completed", 1), 200);
    assert_eq!(event(&listening, "interview.analysis_ready", 1), 200);
    let (_, rest, _) = listening.stop();
    assert_eq!(rest.last().unwrap()["duplicates"], 1);

    let listening = home.listen_with(args, &[KOJI.known()]);
    assert_eq!(genuine(&listening, 7), 200);
    assert_eq!(listening.next("duplicate")["duplicate_of"], 2, "remembered");
    listening.stop();
    assert_eq!(door.taken().len(), 5, "duplicates are marked, and the application decides");
}

#[test]
fn what_waits_for_a_target_of_an_earlier_run_is_said_at_the_start() {
    let home = Home::default();
    let shut = Door::shut(|_, _| plain(200));
    let earlier = home.listen(["--answer", "ack", "--forward", &shut.url()]);
    assert_eq!(genuine(&earlier, 1), 200);
    earlier.next("attempt");
    earlier.stop();

    let (_, _, said) = home.listen([] as [&str; 0]).stop();
    assert!(said.contains(&format!("1 acknowledged delivery waits for {}", shut.url())), "{said}");
    assert!(said.contains(&format!("hookctl listen --answer ack --forward {}", shut.url())), "{said}");
    // The same target again: the worker serves it, and its next try is said.
    let again = home.listen(["--answer", "ack", "--forward", &shut.url()]);
    let waits = format!("1 acknowledged delivery waits for {}; the next try is ", shut.url());
    let (_, _, said) = again.stop();
    assert!(said.matches(&waits).count() == 1 && !said.contains("does not serve"), "{said}");
}

#[test]
fn hints_name_the_journal_and_the_secret_of_the_listener() {
    let (home, shut) = (Home::default(), Door::shut(|_, _| plain(200)));
    let (journal, secret) = (home.join("my journal.db"), home.write("k.secret", KOJI.secret));
    let given = ["--journal", journal.to_str().unwrap(), "--secret-file", secret.to_str().unwrap()];
    let earlier = home.listen([&given[..], &["--answer", "ack", "--forward", &shut.url()]].concat());
    assert_eq!(genuine(&earlier, 1), 200);
    earlier.next("attempt");
    earlier.stop();

    let (_, _, said) = home.listen([&given[..], &["--provider", "koji"]].concat()).stop();
    let again = format!(
        "hookctl listen --answer ack --forward {} --provider koji --secret-file {} --journal '{}'",
        shut.url(),
        secret.display(),
        journal.display()
    );
    assert!(said.contains(&again), "{said}");
}

/// What `--print-env` prints of this listener, and what a shell that sources it has then.
fn environment_lines(
    home: &Home,
    args: &[&str],
    variables: &[(&str, &str)],
    script: &str,
) -> (String, String) {
    let typed = ["listen", "--port", "0", "--for", "1ms", "--print-env", "--quiet"];
    let printed = home.run_with(typed.iter().chain(args), b"", variables).expect(124).out();
    let lines = home.write("app.env", &printed);
    let ran =
        Command::new("sh").args(["-euc", &format!(". \"$1\"; {script}"), "sh"]).arg(lines).output().unwrap();
    assert!(ran.status.success(), "{printed}{}", String::from_utf8_lossy(&ran.stderr));
    (printed, String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn printed_environment_lines_can_be_sourced_and_hold_no_secret() {
    let home = Home::default();
    let file = home.secret("it's $HOME.secret", KOJI.secret);
    let given = ["--provider", "koji", "--secret-file", "it's $HOME.secret"];
    let script = r#"printf '%s\n' "$HOOKCTL_URL" "$KOJI_WEBHOOK_SECRET_FILE""#;
    let (printed, sourced) = environment_lines(&home, &given, &[], script);
    let mut lines = sourced.lines();
    assert!(lines.next().unwrap().starts_with("http://127.0.0.1:"), "{sourced}");
    assert_eq!(lines.next().unwrap(), file.to_str().unwrap());
    assert!(!printed.contains(KOJI.secret), "{printed}");

    let (printed, _) = environment_lines(&home, &[], &[KOJI.known()], ":");
    assert!(printed.contains("\n# KOJI_WEBHOOK_SECRET: from KOJI_WEBHOOK_SECRET\n"), "{printed}");
    assert!(!printed.contains(KOJI.known().1), "{printed}");
}

#[test]
fn a_strict_answer_says_that_it_forwards_nothing() {
    let (home, door) = (Home::default(), Door::taking());
    let listening = home.listen(["--forward", &door.url(), "--answer", "strict"]);
    assert_eq!(genuine(&listening, 1), 200);
    let (_, _, errors) = listening.stop();
    assert!(door.taken().is_empty() && errors.contains("`--answer strict` forwards nothing"), "{errors}");
}

#[test]
fn with_quiet_no_delivery_is_shown_and_each_is_kept() {
    let home = Home::default();
    let (name, secret) = KOJI.known();
    let args = ["listen", "--port", "0", "--quiet", "--print-env", "--provider", "koji", "--until", "1"];
    let mut listening = home.command(args).env(name, secret).spawn().unwrap();
    let mut shown = BufReader::new(listening.stdout.take().unwrap());
    let mut first = String::new();
    shown.read_line(&mut first).unwrap();
    let address = first.trim_end().strip_prefix("HOOKCTL_URL=http://").unwrap().parse().unwrap();
    let (signature, body) = koji(1);
    let send = |signature: &str| post(address, "/", &[("X-Koji-Signature", signature)], &body);
    assert_eq!(send(&format!("sha256={}", hmac_sha256_hex("not the secret", &body))), 401);
    assert_eq!(send(&signature), 200);
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    let ended = listening.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert!(rest.lines().all(|line| line.starts_with('#')), "{rest}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    let kept = home.run(["events", "list", "--json", "--jq", ".answer.status"]).expect(0).out();
    assert_eq!(kept, "200\n401\n");
}
