//! The command: what it refuses, how it ends, what it writes and where.

use super::handler::{Does, Fault, Handler};
use super::kit::Kit;
use crate::harness::terminal::Session;
use crate::harness::{Home, Ran};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;

const SECRET: (&str, &str) = ("KOJI_WEBHOOK_SECRET", "fake-secret-of-a-test");

fn run(home: &Home, words: &[&str]) -> Ran {
    home.run_with(["check"].iter().chain(words), b"", &[SECRET])
}

/// A port that nobody listens on.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/hooks", listener.local_addr().unwrap())
}

#[test]
fn nothing_is_sent_to_another_machine_without_a_yes() {
    let home = Home::default();
    for url in
        ["http://example.invalid/hooks", "https://192.0.2.1/hooks", "http://localhost.example.invalid:3000/"]
    {
        let ran = run(&home, &[url, "--provider", "koji"]).expect(2);
        assert!(ran.err().contains("is not this machine") && ran.err().contains("--yes"), "{}", ran.err());
    }
    // With it the name is looked up, and there is none.
    let ran = run(&home, &["http://example.invalid/hooks", "--provider", "koji", "--yes", "--timeout", "1s"]);
    assert_eq!(ran.expect(5).out(), "");
}

#[test]
fn a_person_is_asked_before_another_machine_is_checked() {
    let home = Home::default();
    let words = ["check", "http://example.invalid/hooks", "--provider", "koji", "--timeout", "1s"];
    for (key, code, said) in
        [("n", 1, "nothing was sent"), ("\r", 1, "nothing was sent"), ("y", 5, "example.invalid")]
    {
        let mut command = home.command(words);
        command.env(SECRET.0, SECRET.1);
        let mut session = Session::start(command);
        session
            .sees("send up to 200 forged, broken and repeated deliveries to http://example.invalid?")
            .types(key);
        let (status, seen) = session.ends();
        assert_eq!(status.code(), Some(code), "{key}: {seen}");
        assert!(seen.contains(said), "{key}: {seen}");
    }
}

#[test]
fn who_cannot_begin_says_why_and_what_to_type() {
    let home = Home::default();
    home.write("broken.json", "{");
    home.write("empty/readme.md", "no source");
    let silent = silent();
    for (code, words, said) in [
        (2, vec!["--case", "no-signatur"], "did you mean `no-signature`?"),
        (2, vec!["--skip", "authentcity"], "did you mean `authenticity`?"),
        (2, vec!["--case", "delivery", "--skip", "delivery"], "no case is left"),
        (2, vec!["--case", "constant-time"], "--source FILE|DIR"),
        (2, vec!["--wait", "30"], "has no unit"),
        (2, vec!["--rate", "fast"], "--rate"),
        (2, vec!["--timeout", "0"], "no answer comes in no time"),
        (2, vec!["--max-requests", "0"], "--max-requests"),
        (2, vec!["--probe", ""], "it is empty"),
        (2, vec!["--baseline", "none.json"], "`--update-baseline` writes it"),
        (2, vec!["--baseline", "broken.json"], "could not use the baseline"),
        (2, vec!["--update-baseline"], "--baseline"),
        (2, vec!["--source", "none"], "could not read the source"),
        (2, vec!["--source", "empty/readme.md"], "as source"),
        (2, vec!["--markdown", "-", "--json"], "JSON"),
        (2, vec!["--markdown", "-", "--junit", "-"], "`--junit -`"),
        (5, vec![], "start your application"),
    ] {
        let words: Vec<&str> = [silent.as_str(), "--provider", "koji"].into_iter().chain(words).collect();
        let ran = run(&home, &words).expect(code);
        assert!(ran.err().contains(said), "{words:?}: {}", ran.err());
        assert_eq!(ran.out(), "", "{words:?}");
    }
    let ran = home.run(["check", &silent, "--provider", "koji"]).expect(3);
    assert!(ran.err().contains("no signing secret is known for `koji`"), "{}", ran.err());
    assert!(run(&home, &["--provider", "koji"]).expect(2).err().contains("URL"));
}

#[test]
fn every_case_is_listed_with_and_without_a_provider() {
    let home = Home::default();
    let suite = hookctl::hook::check::Suite::builtin();
    let text = home.run(["check", "--list"]).expect(0).out();
    let records = home.run(["check", "--list", "--json"]).expect(0).records();
    assert_eq!(records.len(), suite.cases().len());
    for case in suite.cases() {
        assert!(text.contains(&case.id), "{}", case.id);
    }
    let one = home.run(["check", "--list", "--case", "constant-time", "--provider", "koji"]).expect(0).out();
    assert!(one.contains("constant time") && one.contains("no request can show it"), "{one}");
}

/// A handler with these faults, and a home with its secret.
struct Stage {
    home: Home,
    handler: Handler,
    secret: String,
}

impl Stage {
    fn new(faults: &[Fault]) -> Self {
        let kit = Kit::new("koji");
        let home = Home::default();
        home.secret("secret", std::str::from_utf8(kit.secret.expose()).unwrap());
        let secret = String::from_utf8(kit.secret.expose().to_vec()).unwrap();
        Self { home, handler: kit.handler(faults), secret }
    }

    fn command(&self, url: &str, words: &[&str]) -> Vec<String> {
        let secret = self.home.join("secret");
        let all = ["check", url, "--provider", "koji", "--secret-file", secret.to_str().unwrap()];
        all.iter().chain(words).map(|word| (*word).to_owned()).collect()
    }

    fn check(&self, words: &[&str]) -> Ran {
        let ran = self.home.run(self.command(&self.handler.url(), words));
        // Whatever is said, the secret is not.
        assert!(!ran.out().contains(&self.secret) && !ran.err().contains(&self.secret), "{}", ran.block());
        ran
    }
}

fn summary(ran: &Ran) -> Value {
    let last = ran.records().pop().unwrap();
    assert_eq!(last["type"], "summary");
    last
}

/// Refuses what is larger than Express takes: no `must`.
const SMALL: Fault = Fault::When(|seen| seen.body().len() > 100 * 1024, Does::Status(413));
/// Fails when there is no signature.
const THROWS: Fault =
    Fault::When(|seen| seen.signature().is_none() && seen.method() == "POST", Does::Status(500));

#[test]
fn the_exit_code_is_1_from_the_severity_on_that_was_named() {
    let sizes = ["--case", "size-100-kib,size-1-mib", "--json"];
    let small = Stage::new(&[SMALL]);
    let ran = small.check(&sizes).expect(0);
    assert!(summary(&ran)["should"].as_u64() > Some(0), "{}", ran.out());
    assert_eq!(summary(&ran)["failed"], false);
    small.check(&[&sizes[..], &["--fail-on", "should"]].concat()).expect(1);
    small.check(&[&sizes[..], &["--fail-on", "note"]].concat()).expect(1);
    Stage::new(&[]).check(&[&sizes[..], &["--fail-on", "note"]].concat()).expect(0);
    let throws =
        Stage::new(&[THROWS]).check(&["--case", "no-signature", "--json", "--lang", "node"]).expect(1);
    let finding = throws.records().into_iter().find(|record| record["id"] == "no-signature").unwrap();
    assert_eq!((&finding["outcome"], &finding["code"]), (&"fail".into(), &"server_error".into()));
    assert!(finding["mend"].as_str().unwrap().contains("typeof signature"), "{finding}");
    let again = finding["again"].as_str().unwrap();
    assert!(again.starts_with("hookctl check http") && again.ends_with("--case no-signature"), "{again}");
}

/// Who verifies nothing at all was given fifteen pieces of advice.
#[test]
fn who_believes_everybody_gets_one_piece_of_advice() {
    let stage = Stage::new(&[Fault::When(|seen| seen.method() == "POST", Does::Believe)]);
    let said = stage.check(&["--case", "authenticity", "--lang", "node"]).expect(1).out();
    let (_, advice) = said.split_once("What to do").unwrap();
    assert!(advice.contains("\n 1.") && !advice.contains("\n 2."), "{said}");
    assert!(
        advice.contains("also: no-signature, empty-signature") && advice.contains("other-secret: "),
        "{said}"
    );
    assert_eq!(advice.matches("curl -gisS").count(), 1, "{said}");
    let full = stage.check(&["--case", "authenticity", "--verbose"]).expect(1).out();
    assert!(full.contains("\n15.") && full.matches("curl -gisS").count() > 14, "{full}");
}

#[test]
fn what_a_baseline_accepts_is_no_failure_until_it_is_another() {
    let stage = Stage::new(&[THROWS]);
    let known = stage.home.join("known.json");
    let known = ["--baseline", known.to_str().unwrap(), "--json", "--case", "authenticity"];
    let written = stage.check(&[&known[..], &["--update-baseline"]].concat()).expect(0);
    assert!(summary(&written)["known"].as_u64() > Some(0));
    let file = std::fs::read_to_string(stage.home.join("known.json")).unwrap();
    assert!(file.contains("no-signature:server_error"), "{file}");
    stage.check(&known).expect(0);
    // Another mistake in the same case is new, and what was mended is said.
    let believes = Fault::When(|seen| seen.signature().is_none() && seen.method() == "POST", Does::Believe);
    for (faults, code) in [(vec![believes], 1), (vec![], 0)] {
        let other = Stage::new(&faults);
        other.home.write("known.json", &file);
        let path = other.home.join("known.json");
        let words = ["--baseline", path.to_str().unwrap(), "--json", "--case", "no-signature"];
        let stale = summary(&other.check(&words).expect(code))["stale"].clone();
        assert_eq!(stale, serde_json::json!(["no-signature:server_error"]));
    }
}

#[test]
fn reports_go_into_files_and_none_of_them_tells_the_secret() {
    let stage =
        Stage::new(&[Fault::When(|seen| seen.signature().is_none(), Does::Say("no, the key is {secret}"))]);
    let path = |name: &str| stage.home.join(name).to_str().unwrap().to_owned();
    let (junit, sarif, markdown) = (path("a.xml"), path("a.sarif"), path("a.md"));
    let cases = ["--case", "no-signature", "--case", "good-delivery", "--case", "robustness"];
    let files = ["--junit", &junit, "--sarif", &sarif, "--markdown", &markdown];
    let ran = stage.check(&[&cases[..], &files[..]].concat()).expect(1);
    assert!(ran.out().contains("leaks-secret"), "{}", ran.out());
    for (file, begins) in [(&junit, "<?xml"), (&sarif, "{"), (&markdown, "#")] {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.starts_with(begins) && text.contains("leaks-secret"), "{file}: {text}");
        assert!(!text.contains(&stage.secret), "{file}: {text}");
    }
    let out = stage.check(&[&cases[..], &["--markdown", "-"]].concat()).expect(1).out();
    assert!(out.starts_with('#') && out.contains("leaks-secret"), "{out}");
    // A file that cannot be written is said after the report.
    let nowhere = path("none/a.xml");
    let failed = stage.check(&[&cases[..], &["--junit", &nowhere]].concat()).expect(6);
    assert!(failed.out().contains("leaks-secret") && failed.err().contains("could not write the report"));
}

#[test]
fn the_source_is_read_without_a_request_where_nothing_else_was_chosen() {
    let stage = Stage::new(&[]);
    stage.home.write("app/node_modules/other/index.js", OPEN);
    stage.home.write("app/hooks.test.js", OPEN);
    stage.home.write("app/notes.md", OPEN);
    let folder = stage.home.join("app");
    let words = ["--case", "source", "--fail-on", "should", "--json", "--source", folder.to_str().unwrap()];
    let none = stage.home.run(stage.command(&silent(), &words)).expect(0);
    assert!(none.err().contains("names no file"), "{}", none.err());
    stage.home.write("app/src/hooks.js", OPEN);
    let ran = stage.home.run(stage.command(&silent(), &words)).expect(1);
    let record = ran.records().into_iter().find(|record| record["id"] == "constant-time").unwrap();
    assert_eq!(record["place"]["line"], 2);
    assert!(record["place"]["file"].as_str().unwrap().ends_with("/app/src/hooks.js"), "{record}");
    assert_eq!(record["code"], "compared_openly");
    assert_eq!(summary(&ran)["requests"], 0);
}

const OPEN: &str =
    "const mine = createHmac('sha256', s).update(body).digest('hex');\nif (mine === given) ok();\n";

#[test]
fn an_interrupted_run_tells_what_it_found_so_far() {
    // Takes a few, and then keeps silent.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (says, hears) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 16_384];
            drop(stream.read(&mut request));
            if number < 12 {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            } else {
                says.send(()).unwrap();
                held.push(stream);
            }
        }
    });
    let stage = Stage::new(&[]);
    let child = stage.home.command(stage.command(&url, &["--json"])).spawn().unwrap();
    hears.recv_timeout(crate::harness::PATIENCE).unwrap();
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    let records: Vec<Value> = String::from_utf8(ended.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = records.last().unwrap();
    assert!(last["type"] == "summary" && last["requests"].as_u64() > Some(1), "{last}");
    assert_eq!((&records[0]["id"], &records[0]["outcome"]), (&"good-delivery".into(), &"pass".into()));
    assert!(records.iter().any(|record| record["code"] == "believed"), "{records:?}");
    assert!(records.iter().any(|record| record["reason"] == "the run was interrupted"), "{records:?}");
}
