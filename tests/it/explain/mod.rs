//! The explainer: mistakes really made, each diagnosed with its code; and
//! failures that are nobody's mistake, none of which is explained away.

mod hostile;
mod program;
mod unrelated;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::delivery::Message;
use hookctl::hook::explain::{
    Case, Context, Explanation, Mistake, NamedSecret, Neighbour, explain, relatives,
};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Verdict;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

/// What a script made, one case a line.
fn made(program: &str, script: &str) -> Vec<Value> {
    crate::harness::require(program);
    let path = format!("{}/tests/it/explain/{script}", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(program).arg(path).env("PYTHONIOENCODING", "utf-8").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let lines = String::from_utf8(ran.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'v>(case: &'v Value, name: &str) -> &'v str {
    case[name].as_str().unwrap_or_default()
}

fn headers(case: &Value) -> Headers {
    let pairs = case["headers"].as_array().unwrap().iter();
    Headers::from_pairs(pairs.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())))
}

/// A case judged and explained as `verify` does it.
fn explained(case: &Value) -> (Verdict, Explanation) {
    let catalogue = Catalogue::builtin();
    let provider = catalogue.get(text(case, "provider")).unwrap();
    let secret = case["secret_base64"].as_str().map(|secret| STANDARD.decode(secret).unwrap());
    let secrets = [Secret::new(secret.unwrap_or_else(|| text(case, "secret").into())).unwrap()];
    let (headers, body) = (headers(case), STANDARD.decode(text(case, "body")).unwrap());
    let message = Message {
        method: text(case, "method"),
        target: text(case, "target"),
        headers: &headers,
        body: &body,
        url: case["url"].as_str(),
    };
    let now = Timestamp::from_seconds(case["now"].as_i64().unwrap());
    let verdict = match provider.keys(&secrets) {
        Ok(keys) => provider.verify(&keys, &message, now, None),
        Err(error) => error.verdict(),
    };
    let strings = |name: &str| -> Vec<String> {
        case[name].as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let other =
        |text: String| NamedSecret { name: "the profile `other`".into(), secret: Secret::new(text).unwrap() };
    let others: Vec<NamedSecret> = strings("others").into_iter().map(other).collect();
    let bases = strings("bases");
    let neighbours = case["neighbours"].as_array().into_iter().flatten();
    let kept: Vec<(u64, Headers, Vec<u8>)> = neighbours
        .map(|other| {
            let body = STANDARD.decode(text(other, "body")).unwrap();
            (other["seq"].as_u64().unwrap(), self::headers(other), body)
        })
        .collect();
    let deliveries: Vec<Neighbour<'_>> = kept
        .iter()
        .map(|(seq, headers, body)| Neighbour {
            seq: *seq,
            message: Message { headers, body, url: None, ..message },
        })
        .collect();
    let relatives = relatives(&catalogue, &provider);
    let explanation = explain(&Case {
        provider: &provider,
        relatives: &relatives,
        secrets: &secrets,
        others: &others,
        message,
        now,
        tolerance: None,
        verdict: &verdict,
        context: Context { bases: &bases, deliveries: &deliveries },
    });
    (verdict, explanation)
}

fn diagnose_all(cases: &[Value]) {
    let mut wrong = Vec::new();
    for case in cases {
        let (verdict, explanation) = explained(case);
        let found = explanation.found.as_ref();
        let code = found.map_or("nothing", |found| found.mistake.as_str());
        assert!(!verdict.verified(), "{}: it holds without any mistake", text(case, "name"));
        if code != text(case, "code") {
            let said = found.map_or_else(|| verdict.reason.to_string(), |found| found.sentence.clone());
            wrong.push(format!(
                "{}: {} was taken for {code} ({said})",
                text(case, "name"),
                text(case, "code")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn mistakes_made_in_node_are_named() {
    let cases = made("node", "mistakes.js");
    assert!(cases.len() >= 40);
    diagnose_all(&cases);
}

#[test]
fn mistakes_made_in_python_are_named() {
    let cases = made("python3", "mistakes.py");
    assert!(cases.len() >= 30);
    diagnose_all(&cases);
}

#[test]
fn every_mistake_is_made_at_least_once() {
    let cases = [made("node", "mistakes.js"), made("python3", "mistakes.py")].concat();
    let made: BTreeSet<&str> = cases.iter().map(|case| text(case, "code")).collect();
    let missing: Vec<&str> =
        Mistake::all().map(Mistake::as_str).filter(|code| !made.contains(code)).collect();
    assert!(missing.is_empty(), "nobody makes {missing:?}");
}

/// The control: the same requests under a secret that nobody has.
#[test]
fn without_the_right_secret_the_same_mistakes_are_not_named() {
    // These are found without a secret, or with the very secret of another place.
    let keyless = ["plain_hash", "secret_missing", "secret_of_another_profile", "body_decompressed"];
    let token = |case: &Value| text(case, "provider") == "gitlab-token";
    for mut case in made("node", "mistakes.js") {
        if keyless.contains(&text(&case, "code")) || token(&case) {
            continue;
        }
        case["secret"] = "whsec_bm90IHRoZSBzZWNyZXQgYXQgYWxs".into();
        case["secret_base64"] = Value::Null;
        let (verdict, explanation) = explained(&case);
        assert!(!verdict.verified());
        assert_eq!(explanation.found, None, "{}", text(&case, "name"));
        let _: Arc<str> = verdict.provider.unwrap();
    }
}
