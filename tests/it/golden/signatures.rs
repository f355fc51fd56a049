//! `sign` and `verify`: happy paths, every rule that can fail, every wrong input.

use super::Story;

const BODY: &str = r#"{"type":"interview.completed","data":{"interview_id":"i1","study_title":"Demo"}}"#;

fn story() -> Story {
    let story = Story::new();
    story.home.write("body.json", BODY);
    story.home.secret("secret.txt", "an-invented-secret\n");
    story.home.secret("next.txt", "the-invented-next-secret\n");
    story.home.secret("whsec.txt", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    story.home.secret("empty.txt", "\n");
    story
}

#[test]
fn sign() {
    let mut story = story();
    let svix =
        ["--provider", "svix", "--secret-file", "whsec.txt", "--id", "msg_1", "--timestamp", "1614265330"];
    let with = |more: &[&'static str]| -> Vec<&'static str> {
        ["sign", "body.json"].iter().chain(&svix).chain(more).copied().collect()
    };
    story
        .run(0, &["sign", "body.json", "--provider", "koji", "--secret-file", "secret.txt"])
        .run(0, &with(&[]))
        .run(0, &with(&["--secret-file", "whsec.txt"]))
        .run(0, &with(&["--as", "curl", "--url", "localhost:8080/hook?a=1"]))
        .run(0, &with(&["--as", "http", "--url", "http://localhost:8080/hook"]))
        .run(0, &with(&["--as", "json"]))
        .run(0, &with(&["--jq", ".headers"]))
        .run(0, &["-v", "sign", "--data", "x", "--provider", "koji", "--secret-file", "secret.txt"])
        .run_with(0, &["sign", "-", "--provider", "koji", "--secret-file", "secret.txt"], b"\xff\x00")
        .run(0, &["sign", "--data", "x", "--provider", "koji", "--secret", "on-the-command-line"]);
    let elsewhere = |story: &mut Story, provider: &str, data: &str, form: &str| {
        let args = ["sign", "--data", data, "--provider", provider, "--url", "https://example.com/hook"];
        let rest = ["--timestamp", "1614265330", "--secret-file", "secret.txt", "--as", form];
        story.run(0, &[&args[..], &rest].concat());
    };
    for (provider, data) in [("twilio", "{}"), ("linear", "{}"), ("mailgun", "{}"), ("pandadoc", "[]")] {
        elsewhere(&mut story, provider, data, "headers");
        elsewhere(&mut story, provider, data, "http");
    }
    story.variable("KOJI_WEBHOOK_SECRET", "from-the-vendor's-own-variable");
    story.run(0, &["sign", "--data", "x", "--provider", "koji"]);
    story.golden("sign.txt");
}

#[test]
fn sign_errors() {
    let mut story = story();
    let secret = ["--secret-file", "secret.txt"];
    let with = |more: &[&'static str]| -> Vec<&'static str> {
        ["sign"].iter().chain(more).chain(&secret).copied().collect()
    };
    story
        .run(2, &with(&["body.json"]))
        .run(2, &with(&["body.json", "--provider", "kojii"]))
        .run(2, &with(&["--provider", "koji"]))
        .run(2, &with(&["nowhere.json", "--provider", "koji"]))
        .run(2, &with(&["body.json", "--data", "x", "--provider", "koji"]))
        .run(2, &with(&["body.json", "--provider", "koji", "--timestamp", "tuesday"]))
        .run(3, &with(&["body.json", "--provider", "discord"]))
        .run(2, &with(&["body.json", "--provider", "square"]))
        .run(2, &with(&["body.json", "--provider", "koji", "--method", "G ET"]))
        .run(2, &with(&["body.json", "--provider", "koji", "--url", "ftp://example.com/", "--as", "http"]))
        .run(2, &with(&["body.json", "--provider", "braintree"]))
        .run(3, &["sign", "body.json", "--provider", "koji"])
        .run(3, &["sign", "body.json", "--provider", "koji", "--secret", ""])
        .run(3, &["sign", "body.json", "--provider", "koji", "--secret-file", "empty.txt"])
        .run(3, &["sign", "body.json", "--provider", "koji", "--secret-file", "nowhere.txt"])
        .run(3, &["sign", "body.json", "--provider", "koji", "--secret-env", "NOT_SET"])
        .run(3, &["sign", "body.json", "--provider", "svix", "--secret-file", "secret.txt"]);
    story.variable("KOJI_WEBHOOK_SECRET", "");
    story.run(3, &["sign", "body.json", "--provider", "koji"]);
    story.golden("sign.errors.txt");
}

const KOJI: &str = "X-Koji-Signature: sha256=";
const STRIPE: &str = "Stripe-Signature: ";

#[test]
fn verify() {
    let mut story = story();
    let signed = |story: &Story, args: &[&str]| {
        let ran = story.home.run(["sign", "body.json", "--secret-file", "secret.txt"].iter().chain(args));
        ran.expect(0).out().trim().to_owned()
    };
    let koji = signed(&story, &["--provider", "koji"]);
    let stripe = signed(&story, &["--provider", "stripe", "--timestamp", "1700000000"]);
    let verify = |story: &mut Story, code: i32, provider: &str, more: &[&str]| {
        let args = ["verify", "body.json", "--provider", provider, "--secret-file", "secret.txt"];
        story.run(code, &args.iter().chain(more).copied().collect::<Vec<_>>());
    };
    verify(&mut story, 0, "koji", &["-H", &koji]);
    verify(&mut story, 0, "koji", &["-H", &koji, "--json"]);
    verify(&mut story, 0, "koji", &["-H", &koji, "--quiet", "--jq", ".verified"]);
    verify(&mut story, 0, "koji", &["-H", &koji, "-v"]);
    verify(&mut story, 0, "stripe", &["-H", &stripe, "--now", "1700000100"]);
    let square = signed(&story, &["--provider", "square", "--url", "localhost:3000/hook"]);
    verify(&mut story, 0, "square", &["-H", &square, "--url", "localhost:3000/hook"]);
    verify(&mut story, 1, "koji", &[]);
    verify(&mut story, 1, "koji", &["-H", "X-Koji-Signature:"]);
    verify(&mut story, 1, "koji", &["-H", &koji.replace("sha256=", "sha1=")]);
    verify(&mut story, 1, "koji", &["-H", &format!("{KOJI}zz")]);
    verify(&mut story, 1, "koji", &["-H", &format!("{KOJI}{}", "0".repeat(64))]);
    verify(&mut story, 1, "stripe", &["-H", &stripe, "--now", "1700000301"]);
    verify(&mut story, 1, "stripe", &["-H", &stripe, "--now", "1699990000"]);
    verify(&mut story, 1, "stripe", &["-H", &stripe, "--now", "1700000100", "--tolerance", "1m"]);
    verify(&mut story, 1, "stripe", &["-H", &format!("{STRIPE}t=1700000000")]);
    verify(&mut story, 1, "slack", &["-H", &format!("X-Slack-Signature: v0={}", "0".repeat(64))]);
    verify(&mut story, 1, "mailgun", &[]);
    verify(&mut story, 3, "svix", &["-H", "svix-id: 1"]);
    verify(&mut story, 3, "discord", &[]);
    story.run(3, &["verify", "body.json", "--provider", "koji", "-H", &koji]);
    story.run(0, &["verify", "body.json", "--secret-file", "secret.txt", "-H", &koji]);
    story.run(2, &["verify", "--data", "{}", "--secret-file", "secret.txt"]);
    let captured = format!("POST /hook HTTP/1.1\nHost: localhost\n{koji}\n\n{BODY}");
    story.home.write("captured.http", captured);
    story.run(
        0,
        &["verify", "--request", "captured.http", "--provider", "koji", "--secret-file", "secret.txt"],
    );
    let verify_captured = |story: &mut Story, code: i32, file: &str, framing: &str, body: &str| {
        story.home.write(file, format!("POST / HTTP/1.1\r\n{koji}\r\n{framing}\r\n\r\n{body}"));
        let args = ["verify", "--request", file, "--provider", "koji", "--secret-file", "secret.txt"];
        story.run(code, &args);
    };
    let length = format!("Content-Length: {}", BODY.len());
    let chunked = "Transfer-Encoding: chunked";
    let chunks = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    verify_captured(&mut story, 0, "chunked.http", chunked, &chunks);
    verify_captured(&mut story, 0, "joined.http", chunked, BODY);
    verify_captured(&mut story, 0, "with-a-newline.http", &length, &format!("{BODY}\n"));
    verify_captured(&mut story, 0, "another-length.http", "Content-Length: 1000", BODY);
    verify_captured(&mut story, 1, "cut-short.http", &length, &BODY[..20]);
    verify_captured(&mut story, 2, "no-length.http", "Content-Length: many", BODY);
    verify_captured(&mut story, 2, "broken.http", chunked, &format!("1\r\n{BODY}"));
    story.golden("verify.txt");
}

#[test]
fn verify_errors() {
    let mut story = story();
    let verify = |story: &mut Story, code: i32, more: &[&str]| {
        let args = ["verify", "--provider", "koji", "--secret-file", "secret.txt"];
        story.run(code, &args.iter().chain(more).copied().collect::<Vec<_>>());
    };
    verify(&mut story, 2, &[]);
    verify(&mut story, 2, &["nowhere.json"]);
    verify(&mut story, 2, &["body.json", "-H", "no colon"]);
    verify(&mut story, 2, &["body.json", "--method", "G ET"]);
    verify(&mut story, 2, &["body.json", "--url", "http://example.com/a b"]);
    verify(&mut story, 2, &["body.json", "--now", "tuesday"]);
    verify(&mut story, 2, &["body.json", "--tolerance", "5"]);
    verify(&mut story, 2, &["--request", "body.json"]);
    verify(&mut story, 2, &["--event", "3", "--data", "x"]);
    verify(&mut story, 6, &["--event", "3"]);
    story
        .run(2, &["verify", "--as", "rust"])
        .run(2, &["verify", "--as", "rust", "--provider", "discord"])
        .run(2, &["verify", "--as", "python", "--provider", "discord"])
        .run(2, &["verify", "--as", "java", "--provider", "netlify"])
        .run(2, &["verify", "--as", "node", "--provider", "contentful"])
        .run(2, &["verify", "--as", "cobol", "--provider", "koji"]);
    story.golden("verify.errors.txt");
}
