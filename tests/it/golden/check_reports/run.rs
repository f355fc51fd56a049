//! Runs that are put together by hand: the words of real cases may change, those of these do not.

use hookctl::hook::check::{
    Case, Expect, Finding, Group, Leaks, Outcome, Place, Request, Script, Seen, Severity, Symptom,
};
use hookctl::hook::headers::Head;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::target::Target;
use hookctl::job::check::Report;
use hookctl::ui::check::baseline::Baseline;
use hookctl::ui::check::{About, Shown};
use std::sync::Arc;
use std::time::Duration;

/// A secret that is sent as it is, which no report may show.
pub(super) const TOKEN: &str = "fake-token-3f9a";

/// A run and what is known about it.
pub(super) struct Run {
    pub(super) report: Report,
    pub(super) baseline: Option<Baseline>,
    target: Target,
    provider: Arc<Provider>,
    leaks: Leaks,
}

impl Run {
    fn new(findings: Vec<Finding>) -> Self {
        let report = Report {
            findings,
            requests: 61,
            took: Duration::from_millis(4_230),
            waited: Duration::from_millis(1_500),
            seed: 42,
            ..Report::default()
        };
        Self {
            report,
            baseline: None,
            target: Target::parse("3000/webhooks/koji", None).unwrap(),
            provider: Catalogue::builtin().get("koji").unwrap(),
            leaks: Leaks::new(vec![Secret::new(TOKEN).unwrap()]),
        }
    }

    pub(super) fn about(&self) -> About<'_> {
        About {
            target: &self.target,
            provider: &self.provider,
            command: "hookctl check 3000/webhooks/koji --provider koji",
            source: None,
            fail_on: Severity::Must,
            baseline: self.baseline.as_ref(),
            leaks: &self.leaks,
            verbose: false,
        }
    }

    pub(super) fn shown(&self) -> Vec<Shown<'_>> {
        Shown::all(&self.report, &self.about())
    }
}

/// A case with words of its own.
fn case(id: &str, group: Group, severity: Severity, title: &str, why: &str, mend: &str) -> &'static Case {
    Box::leak(Box::new(Case {
        id: id.to_owned(),
        group,
        severity,
        title: title.to_owned(),
        why: why.to_owned(),
        mend: mend.to_owned(),
        when: Vec::new(),
        script: Script::Send,
        change: Vec::new(),
        expect: Expect::Answered,
    }))
}

const RAW: &str =
    "Verify the raw bytes of the body, before any parser sees them: `express.raw({ type: '*/*' })`.";

fn good_delivery() -> &'static Case {
    let why = "What the vendor signs with your secret must be taken, or it is sent again and then given up.";
    let mend =
        "Compare the secret, the header and the bytes: `hookctl verify --as` prints a handler that does it.";
    case("good-delivery", Group::Authenticity, Severity::Must, "accepts a good delivery", why, mend)
}

fn no_signature() -> &'static Case {
    let why = "Whoever knows the URL can send one. Many handlers throw here, because a missing header is not a string.";
    let mend = "Answer 401 when the header is not there, before anything is computed.";
    let title = "refuses a delivery without a signature";
    case("no-signature", Group::Authenticity, Severity::Must, title, why, mend)
}

fn indented(id: &str) -> &'static Case {
    let why = "The signature is made over the bytes that were sent. A handler that parses the body and writes it \
               again refuses every delivery that is written otherwise.";
    case(id, Group::Fidelity, Severity::Must, &format!("verifies a body with {id}"), why, RAW)
}

fn duplicate(id: &str) -> &'static Case {
    let why = "Vendors send a delivery again when your answer was lost.";
    let mend = "Keep the ids of deliveries, answer 200 to one you have seen, and do nothing.";
    case(id, Group::Delivery, Severity::Should, "takes the same delivery a second time", why, mend)
}

fn hang_up() -> &'static Case {
    let why = "Networks break. An error in reading that nobody catches ends the process.";
    let title = "outlives a client that hangs up in the middle";
    let mend = "Catch errors of reading the body, and answer 400.";
    let case = Case { id: "hang-up".to_owned(), script: Script::HangUp, ..good_delivery().clone() };
    Box::leak(Box::new(Case {
        group: Group::Robustness,
        severity: Severity::Should,
        title: title.to_owned(),
        why: why.to_owned(),
        mend: mend.to_owned(),
        ..case
    }))
}

fn future() -> &'static Case {
    let why = "A timestamp that lies ahead makes a signature that can be used later.";
    let mend = "Compare the distance to now without its sign.";
    case("future", Group::Authenticity, Severity::Note, "refuses a timestamp of tomorrow", why, mend)
}

fn constant_time() -> &'static Case {
    let why =
        "A comparison that ends at the first wrong byte tells a patient stranger how much of it is right.";
    let mend = "Compare with `crypto.timingSafeEqual`.";
    let title = "compares signatures in constant time";
    case("constant-time", Group::Source, Severity::Should, title, why, mend)
}

fn passed(case: &'static Case) -> Finding {
    let reason = if case.id == "no-signature" { "answered 401" } else { "answered 200" };
    Finding::new(case, Outcome::Pass, reason)
}

fn skipped(case: &'static Case, reason: &str) -> Finding {
    Finding::new(case, Outcome::Skip, reason)
}

fn failed(case: &'static Case, symptom: Symptom, reason: &str, request: Request, seen: Seen) -> Finding {
    Finding {
        symptom: Some(symptom),
        request: Some(Arc::new(request)),
        seen: Some(seen),
        ..Finding::new(case, Outcome::Fail, reason)
    }
}

fn answered(status: u16, excerpt: &str) -> Seen {
    Seen { status: Some(status), took: Duration::from_micros(3_250), excerpt: excerpt.to_owned() }
}

/// A request of these fields, to be sent to `/webhooks/koji`.
pub(super) fn request(method: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Request {
    let length = body.len().to_string();
    let own = [("Host", &b"localhost:3000"[..]), ("Content-Length", length.as_bytes())];
    let chunked = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    let own = own.iter().take(if chunked { 1 } else { 2 });
    let fields = own.chain(fields).copied();
    Request {
        head: Head::build(method, "/webhooks/koji?a=1", fields).unwrap(),
        body: bytes::Bytes::copy_from_slice(body),
        id: "chk_2a_1".to_owned(),
        secret_header: None,
        right: Vec::new(),
    }
}

const JSON: (&str, &[u8]) = ("Content-Type", b"application/json");
const BODY: &[u8] = br#"{"event":"interview.completed","id":"it's"}"#;

/// What Express answers to an exception, with what no terminal should see.
const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<body>\n<pre>TypeError: Cannot read properties of undefined \
                    (reading &#39;length\u{202e}&#39;)\x1b[2J\0<br> &nbsp; &nbsp;at fake-token-3f9a [x](y) | @team</pre>\n";

pub(super) fn good() -> Run {
    let probe = "no counter is given (`--probe`)";
    Run::new(vec![
        passed(good_delivery()),
        passed(no_signature()),
        passed(indented("indented")),
        passed(duplicate("duplicate")),
        skipped(duplicate("duplicate-counted"), probe),
        skipped(duplicate("duplicate-at-once-counted"), probe),
        skipped(constant_time(), "no source is given (`--source`)"),
        passed(hang_up()),
    ])
}

pub(super) fn broken() -> Run {
    let signed = [JSON, ("X-Koji-Signature", &b"sha256=00ff"[..])];
    let token = Request {
        secret_header: Some("X-Koji-Signature".to_owned()),
        ..request("POST", &[JSON, ("X-Koji-Signature", TOKEN.as_bytes())], BODY)
    };
    let spaced = b"{\r\n\t\"event\": \"100% \xc3\xa4 \\u00e4\"\n}\n";
    let large = vec![b'x'; 1_048_576];
    let place = Place { file: "src/hooks.js".to_owned(), line: 12 };
    Run::new(vec![
        passed(good_delivery()),
        failed(
            no_signature(),
            Symptom::ServerError,
            "answered 500",
            request("POST", &[JSON], BODY),
            answered(500, PAGE),
        ),
        failed(
            future(),
            Symptom::Believed,
            "answered 200, as if it were now",
            token,
            answered(200, &format!("ok {TOKEN}")),
        ),
        failed(
            indented("spaces"),
            Symptom::RefusedGood,
            "answered 401",
            request("POST", &signed, spaced),
            answered(401, "{\"error\":\"invalid signature\"}"),
        ),
        failed(
            indented("escapes"),
            Symptom::RefusedGood,
            "answered 401",
            request("POST", &signed, BODY),
            answered(401, ""),
        ),
        failed(
            duplicate("size-1mib"),
            Symptom::TooLarge,
            "answered 413",
            request("POST", &signed, &large),
            answered(413, "PayloadTooLargeError: request entity too large"),
        ),
        skipped(duplicate("duplicate-counted"), "no counter is given (`--probe`)"),
        passed(hang_up()),
        Finding {
            symptom: Some(Symptom::ComparedOpenly),
            place: Some(place),
            ..Finding::new(constant_time(), Outcome::Fail, "compares `signature === expected`")
        },
    ])
}

/// The broken one, where some of it is known.
pub(super) fn accepted() -> Run {
    let text = r#"{
  "v": 1,
  "comment": "Ours.",
  "findings": [
    {"fingerprint": "future:believed", "comment": "The vendor's own library does the same."},
    {"fingerprint": "good-delivery:refused_good", "comment": "Mended in spring."},
    {"fingerprint": "no-such-case:believed"},
    {"fingerprint": "size-1mib:too_large"},
    {"fingerprint": "spaces:server_error", "comment": "It was another fault."}
  ]
}"#;
    Run { baseline: Some(Baseline::read(text).unwrap()), ..broken() }
}

pub(super) fn refusing() -> Run {
    let signed = [JSON, ("X-Koji-Signature", &b"sha256=00ff"[..])];
    let reason = "a good delivery is not accepted";
    Run::new(vec![
        failed(
            good_delivery(),
            Symptom::RefusedGood,
            "answered 401",
            request("POST", &signed, BODY),
            answered(401, "bad signature"),
        ),
        passed(no_signature()),
        skipped(indented("spaces"), reason),
        skipped(indented("escapes"), reason),
        skipped(duplicate("duplicate"), reason),
        skipped(hang_up(), reason),
    ])
}

pub(super) fn dying() -> Run {
    let gone = "the handler is not running any more";
    let seen = Seen {
        status: None,
        took: Duration::from_millis(2),
        excerpt: "connection closed before the answer".to_owned(),
    };
    let mut run = Run::new(vec![
        passed(good_delivery()),
        passed(no_signature()),
        failed(
            hang_up(),
            Symptom::Died,
            "closed the connection, and nothing listens any more",
            request("POST", &[JSON], BODY),
            seen,
        ),
        skipped(duplicate("duplicate"), gone),
        skipped(indented("spaces"), gone),
    ]);
    run.report.died = true;
    run
}

pub(super) fn noted() -> Run {
    let request = request("POST", &[JSON], BODY);
    Run::new(vec![
        passed(good_delivery()),
        failed(future(), Symptom::Believed, "answered 200", request, answered(200, "ok")),
    ])
}

pub(super) fn stopped() -> Run {
    Run::new(Vec::new())
}
