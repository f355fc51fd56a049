//! Every record of the API against `docs/inspector-api.json`, and its routes
//! against those of the program.

use super::journal;
use crate::application::{Application, KOJI};
use crate::harness::Home;
use crate::harness::inspector::Inspector;
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use std::path::Path;

const FILE: &str = "docs/inspector-api.json";
const ID: &str = "urn:hookctl:inspector-api:1";

/// The schema, compiled.
struct Schema {
    document: Value,
    schemas: Schemas,
    compiler: Compiler,
}

impl Schema {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut compiler = Compiler::new();
        compiler.add_resource(ID, document.clone()).unwrap();
        Self { document, schemas: Schemas::new(), compiler }
    }

    fn at(&mut self, name: &str) -> SchemaIndex {
        let place = if name.is_empty() { ID.to_owned() } else { format!("{ID}#/$defs/{name}") };
        self.compiler.compile(&place, &mut self.schemas).unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    fn judge(&mut self, name: &str, record: &Value) -> Result<(), String> {
        let schema = self.at(name);
        self.schemas.validate(record, schema).map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn holds(&mut self, name: &str, record: &Value) {
        if let Err(said) = self.judge(name, record) {
            panic!("{name}: {said}\n{record:#}");
        }
    }

    /// The control: without any of its members, or with one more, it would not hold.
    #[track_caller]
    fn is_tight(&mut self, name: &str, record: &Value) {
        let required = self.document["$defs"][name]["required"].as_array().unwrap().clone();
        for member in required {
            let mut less = record.clone();
            less.as_object_mut().unwrap().remove(member.as_str().unwrap()).unwrap();
            assert!(self.judge(name, &less).is_err(), "{name} without {member}");
        }
        let mut more = record.clone();
        more["surprise"] = json!(1);
        assert!(self.judge(name, &more).is_err(), "{name} with one more");
    }
}

#[test]
fn every_answer_keeps_to_the_schema() {
    let (home, application) = (Home::default(), Application::of(&[KOJI]));
    journal(&home, &application);
    let inspector = Inspector::start(&home, [""; 0], &[KOJI.known()]);
    let mut schema = Schema::read();
    let mut seen = Vec::new();
    let mut holds = |name: &str, record: Value| {
        schema.holds(name, &record);
        schema.holds("", &record);
        schema.is_tight(name, &record);
        seen.push(name.to_owned());
    };
    holds("session", inspector.get("/api/session"));
    holds("deliveries", inspector.get("/api/deliveries?limit=2"));
    for seq in 1..=6 {
        holds("inspection", inspector.get(&format!("/api/deliveries/{seq}")));
    }
    for form in ["curl", "httpie", "fetch", "python"] {
        holds("source_code", inspector.get(&format!("/api/deliveries/1/code?as={form}&to=3000")));
    }
    let to = application.address.to_string();
    holds("preview", inspector.post("/api/deliveries/1/replay", &json!({ "to": to, "preview": true })));
    holds("preview", inspector.post("/api/deliveries/5/replay", &json!({ "to": to, "preview": true })));
    holds("replayed", inspector.post("/api/deliveries/1/replay", &json!({ "to": to })));
    holds("replayed", inspector.post("/api/deliveries/1/replay", &json!({ "to": "127.0.0.1:1" })));
    holds("inspection", inspector.get("/api/deliveries/1"));
    holds("marked", inspector.post("/api/deliveries/1/mark", &json!({ "mark": "look" })));
    holds("deliveries", inspector.get("/api/deliveries?marked=1"));
    holds("overview", inspector.get("/api/overview"));
    holds("overview", inspector.get("/api/overview?text=nothing+has+this"));
    holds("error", inspector.ask("GET", "/api/deliveries/99", None).expect(404));
    holds("error", inspector.ask("GET", "/api/nothing", None).expect(404));
    holds("error", inspector.ask("POST", "/api/deliveries/1/mark", Some(&json!({"x": 1}))).expect(400));
    let forced = json!({ "force": true });
    holds("deleted", inspector.ask("DELETE", "/api/deliveries/2", Some(&forced)).expect(200));
    // No record of the document is left out.
    for alternative in schema.document["oneOf"].as_array().unwrap() {
        let name = alternative["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        assert!(seen.iter().any(|seen| seen == name), "{name} was never given");
    }
}

#[test]
fn what_the_stream_tells_keeps_to_the_schema() {
    let (home, application) = (Home::default(), Application::of(&[KOJI]));
    journal(&home, &application);
    let inspector = Inspector::start(&home, [""; 0], &[]);
    let mut schema = Schema::read();
    let events = inspector.events("?after=4", 4, || {
        inspector.post("/api/deliveries/5/mark", &json!({ "mark": "seen" }));
        inspector.ask("DELETE", "/api/deliveries/6", Some(&json!({}))).expect(200);
    });
    let mut names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["delivery", "delivery"]);
    names.sort_unstable();
    assert_eq!(names, ["changed", "deleted", "delivery", "delivery"]);
    for (name, data) in &events {
        let answers =
            schema.document["routes"].as_array().unwrap().last().unwrap()["answer"]["events"].clone();
        let place = answers[name]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        schema.holds(&place, data);
        schema.is_tight(&place, data);
    }
    schema.holds("stream_skipped", &json!({ "from": 1, "to": 3, "count": 3 }));
    schema.holds("stream_skipped", &json!({ "from": 3, "to": 3, "count": 0 }));
}

#[test]
fn what_the_page_asks_for_keeps_to_the_schema() {
    let mut schema = Schema::read();
    let header = json!({ "name": "A", "value": "1" });
    schema.holds(
        "replay",
        &json!({ "to": "3000", "path_mode": "fixed", "resign": true, "headers": [header],
        "body": "{}", "timestamp": 1_700_000_000, "preview": true, "confirm": true }),
    );
    assert!(schema.judge("replay", &json!({ "to": "3000", "body": "a", "body_base64": "YQ==" })).is_err());
    assert!(schema.judge("replay", &json!({ "resign": true })).is_err());
    schema.holds("mark", &json!({ "mark": null }));
    assert!(schema.judge("mark", &json!({ "mark": "x".repeat(201) })).is_err());
    schema.holds("delete", &json!({}));
}

#[test]
fn the_document_names_every_route_and_no_other() {
    let source = include_str!("../../../src/inspect/desk.rs");
    let mut routed: Vec<(String, String)> = Vec::new();
    for line in source.lines().map(str::trim).filter(|line| line.starts_with(".route(")) {
        let path = line.split('"').nth(1).unwrap();
        for (call, method) in [("get(", "GET"), ("post(", "POST"), ("delete(", "DELETE")] {
            if line.contains(call) {
                routed.push((method.to_owned(), path.to_owned()));
            }
        }
    }
    // The stream is taken at the door.
    routed.push(("GET".to_owned(), "/api/stream".to_owned()));
    let document = Schema::read().document;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let routes = document["routes"].as_array().unwrap().iter();
    let mut documented: Vec<_> = routes.map(|route| (text(&route["method"]), text(&route["path"]))).collect();
    routed.sort();
    documented.sort();
    assert_eq!(documented, routed);
}
