//! `interviews export`: whole files or none, gone on with, safe in a spreadsheet.

use super::{Asked, KEY, STUDY, interview, list, one, refusal, whole, with};
use crate::harness::PATIENCE;
use crate::harness::script::Act;
use serde_json::{Value, json};
use std::path::Path;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("out"))
        .collect();
    names.sort();
    names
}

fn three() -> Act {
    list(&[interview("i1"), interview("i2"), interview("i3")], false)
}

fn export<'a>(format: &'a str, out: &'a str) -> Vec<&'a str> {
    vec!["interviews", "export", "--study", STUDY, "--format", format, "--out", out]
}

#[test]
fn an_export_that_breaks_off_leaves_no_half_file_and_is_gone_on_with() {
    let asked =
        Asked::of([three(), one(&whole("i1")), refusal(403), three(), one(&whole("i2")), one(&whole("i3"))]);
    std::fs::write(asked.home.join("out.jsonl"), "of last week\n").unwrap();
    let said = asked.run(&export("jsonl", "out.jsonl")).expect(4).err();
    assert!(said.contains("the same command goes on from here"), "{said}");
    assert_eq!(std::fs::read(asked.home.join("out.jsonl")).unwrap(), b"of last week\n");
    let said = asked.run(&export("jsonl", "out.jsonl")).expect(0).err();
    assert!(
        said.contains("going on after 1 interview") && said.contains("wrote 3 interviews to out.jsonl"),
        "{said}"
    );
    let file = std::fs::read_to_string(asked.home.join("out.jsonl")).unwrap();
    let records: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 3);
    for (record, id) in records.iter().zip(["i1", "i2", "i3"]) {
        assert_eq!(record["interview"], whole(id));
    }
    assert_eq!(names(asked.home.path()), ["out.jsonl"], "nothing is left beside it");
    let lines = asked.lines();
    let listed = format!("GET /interviews?study_id={STUDY}&limit=100");
    assert_eq!(
        lines,
        [
            &*listed,
            "GET /interviews/i1",
            "GET /interviews/i2",
            &listed,
            "GET /interviews/i2",
            "GET /interviews/i3"
        ]
    );
}

#[test]
fn a_run_that_is_killed_is_gone_on_with() {
    let asked = Asked::of([
        three(),
        one(&whole("i1")),
        Act::Hang(Vec::new()),
        three(),
        one(&whole("i2")),
        one(&whole("i3")),
    ]);
    let mut command = asked.home.command(export("csv", "out.csv"));
    command.env("USERJOURNEYS_API_KEY", KEY).env("USERJOURNEYS_BASE_URL", asked.base());
    let mut child = command.spawn().unwrap();
    let begun = std::time::Instant::now();
    while asked.lines().len() < 3 {
        assert!(begun.elapsed() < PATIENCE, "{:?}", asked.lines());
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(asked.home.path()), ["out.csv.part", "out.csv.state"], "no half file of that name");
    let said = asked.run(&export("csv", "out.csv")).expect(0).err();
    assert!(said.contains("going on after 1 interview"), "{said}");
    let mut reader = csv::Reader::from_path(asked.home.join("out.csv")).unwrap();
    let ids: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(ids, ["i1", "i2", "i3"]);
}

#[test]
fn another_export_into_the_same_file_begins_anew() {
    let asked =
        Asked::of([three(), one(&whole("i1")), refusal(403), three(), one(&whole("i1")), refusal(403)]);
    asked.run(&export("jsonl", "out")).expect(4);
    let said = asked.run(&export("csv", "out")).expect(4).err();
    assert!(!said.contains("going on"), "{said}");
    assert_eq!(asked.script.left(), 0);
}

#[test]
fn a_spreadsheet_runs_nothing_and_reads_everything_back() {
    let evil = with(
        whole("i1"),
        &[
            ("reference_id", json!("=HYPERLINK(\"http://evil.example\")")),
            ("headline", json!("+1, \"quoted\"\nsecond line")),
            ("transcript", json!("@SUM(A1)")),
        ],
    );
    let asked = Asked::of([list(&[interview("i1")], false), one(&evil)]);
    asked.run(&export("csv", "out.csv")).expect(0);
    let mut reader = csv::Reader::from_path(asked.home.join("out.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| rows[0].get(head.iter().position(|column| column == name).unwrap()).unwrap();
    assert_eq!(cell("reference_id"), "'=HYPERLINK(\"http://evil.example\")");
    assert_eq!(cell("headline"), "'+1, \"quoted\"\nsecond line");
    assert_eq!(cell("transcript"), "'@SUM(A1)");
    assert_eq!((cell("duration_secs"), cell("completed_at")), ("580", "2026-03-11T14:30:00.456Z"));
    assert!(rows[0].iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t'])));
}

#[test]
fn standard_output_is_the_default_and_a_deleted_interview_is_passed_over() {
    let asked =
        Asked::of([list(&[interview("i1"), interview("gone")], false), one(&whole("i1")), refusal(404)]);
    let ran = asked.run(&["interviews", "export", "--study", STUDY, "--format", "markdown"]).expect(0);
    assert!(ran.out().starts_with("# Interviews: ") && ran.out().contains("## User loves"), "{}", ran.out());
    assert!(ran.err().contains("gone is listed, but is not there any more"), "{}", ran.err());
    let asked = Asked::of([three()]);
    let records =
        asked.run(&["interviews", "export", "--study", STUDY, "--no-transcripts"]).expect(0).records();
    assert_eq!(records.len(), 3);
    assert_eq!(asked.lines().len(), 1, "one call for all");
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_any_interview_is_fetched() {
    let asked = Asked::of([three()]);
    let said = asked.run(&export("csv", "no/such/folder/out.csv")).expect(6).err();
    assert!(said.contains("out.csv") && said.contains("--out FILE"), "{said}");
    assert_eq!(asked.lines().len(), 1);
}
