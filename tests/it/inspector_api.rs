//! The inspector's API over a real journal: its records against the checked-in
//! schema, its facts against those of `events`, and what its actions do.

#[path = "inspector_api/actions.rs"]
mod actions;
#[path = "inspector_api/facts.rs"]
mod facts;
#[path = "inspector_api/resign.rs"]
mod resign;
#[path = "inspector_api/schema.rs"]
mod schema;

use crate::application::{Application, KOJI};
use crate::harness::{Home, post};
use serde_json::Value;

/// What koji sends, with an id of its own.
fn completed(id: &str) -> Vec<u8> {
    format!(r#"{{"type":"interview.completed","data":{{"interview_id":"{id}","study_name":"Démo"}}}}"#)
        .into_bytes()
}

/// A journal of six deliveries:
/// 1 verified and forwarded; 2 the same again; 3 signed with a line break more than was sent;
/// 4 by nobody known, with odd JSON; 5 verified, bytes that are no text; 6 without a signature.
fn journal(home: &Home, application: &Application) {
    let listening = home.listen_with(["--forward", &application.address.to_string()], &[KOJI.known()]);
    let send = |signature: Option<String>, body: &[u8]| {
        let mut headers = vec![("Content-Type", "application/json"), ("X-Odd", "a;b=\"c\"")];
        if let Some(signature) = &signature {
            headers.push((KOJI.header, signature));
        }
        post(listening.address, "/hooks/koji?a=1", &headers, body);
    };
    let first = completed("i1");
    send(Some(KOJI.signature(&first)), &first);
    send(Some(KOJI.signature(&first)), &first);
    let third = completed("i3");
    send(Some(KOJI.signature(&[&third[..], b"\n"].concat())), &third);
    let odd = br#"{"id":9007199254740993,"a":1,"a":2}"#;
    post(listening.address, "/", &[("X-Nobody", "1")], odd);
    let bytes = b"{\"type\":\"interview.completed\",\"x\":\"\xff\"}";
    send(Some(KOJI.signature(bytes)), bytes);
    send(None, b"{}");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

/// What a command prints as JSON lines.
fn printed(home: &Home, args: &[&str]) -> Vec<Value> {
    home.run(args.iter().chain(&["--json"])).expect(0).records()
}
