//! The reports of `check`, word for word, made from runs that are put together here.

#[cfg(unix)]
mod pasted;
mod run;

use crate::harness;
use hookctl::hook::check::Severity;
use hookctl::ui::check::baseline::Baseline;
use hookctl::ui::check::{About, Totals, json, junit, list, markdown, sarif, table};
use hookctl::ui::page::Page;
use hookctl::ui::sanitize::Charset;
use hookctl::ui::style::Look;
use run::Run;

fn shown(run: &Run, look: Look) -> String {
    shown_with(run, look, false)
}

fn shown_with(run: &Run, look: Look, verbose: bool) -> String {
    let mut page = Page::new(look);
    table::report(&mut page, &run.report, &About { verbose, ..run.about() });
    page.as_str().to_owned()
}

/// Every run of these tests with its name.
fn runs() -> [(&'static str, Run); 7] {
    [
        ("a good handler", run::good()),
        ("a handler with many faults", run::broken()),
        ("the same against a baseline", run::accepted()),
        ("a handler that takes nothing", run::refusing()),
        ("a handler that dies", run::dying()),
        ("a handler with a note alone", run::noted()),
        ("a run that was stopped at once", run::stopped()),
    ]
}

#[test]
fn the_table_for_a_person() {
    let mut text = String::new();
    for (name, run) in runs() {
        text.push_str(&format!("==== {name}, in a pipe\n{}", shown(&run, Look::PLAIN)));
    }
    let narrow = Look { width: Some(80), ..Look::PLAIN };
    text.push_str(&format!("==== 80 columns\n{}", shown(&run::broken(), narrow)));
    let simple = Look { charset: Charset::Ascii, ..narrow };
    text.push_str(&format!("==== --verbose\n{}", shown_with(&run::broken(), narrow, true)));
    text.push_str(&format!("==== ASCII alone\n{}", shown(&run::accepted(), simple)));
    harness::golden("check-report.table.txt", &text);
}

/// Every finding's request is shown, and can be run again by itself.
#[test]
fn nothing_is_left_out_of_a_verbose_report() {
    let run = run::broken();
    let (short, full) = (shown(&run, Look::PLAIN), shown_with(&run, Look::PLAIN, true));
    let mut left_out = 0;
    for one in run.shown().iter().filter(|one| one.counts()) {
        for command in [one.again.as_deref(), one.curl.as_deref()].into_iter().flatten() {
            assert!(full.contains(&format!("{command}\n")), "{command}");
            left_out += usize::from(!short.contains(&format!("{command}\n")));
        }
        assert!(short.contains(&one.finding.case.id), "{}", one.finding.case.id);
    }
    assert!(left_out > 0 && short.len() < full.len());
}

#[test]
fn colours_follow_the_severity() {
    let text = shown(&run::broken(), Look { colors: true, ..Look::PLAIN });
    for painted in ["\x1b[1;31m✗ must\x1b[0m", "\x1b[33m⚠ should\x1b[0m", "\x1b[2m· note\x1b[0m"] {
        assert!(text.contains(painted), "{painted:?} is not in {text:?}");
    }
}

#[test]
fn on_a_terminal_only_what_is_to_be_copied_is_longer_than_a_line() {
    let text = shown(&run::broken(), Look { width: Some(80), ..Look::PLAIN });
    for line in text.lines().filter(|line| line.chars().count() > 80) {
        let begin = line.trim_start();
        assert!(begin.starts_with("curl ") || begin.starts_with("again "), "{line}");
    }
}

#[test]
fn records() {
    let mut text = String::new();
    for (name, run) in runs() {
        text.push_str(&format!("==== {name}\n"));
        let about = run.about();
        for finding in run.shown() {
            let record = serde_json::to_string(&json::CaseRecord::from(&finding)).unwrap();
            // As a stream writes it.
            text.push_str(&hookctl::ui::sanitize::json(&record));
            text.push('\n');
        }
        text.push_str(&serde_json::to_string(&json::CheckedRecord::new(&run.report, &about)).unwrap());
        text.push('\n');
    }
    harness::golden("check-report.json.txt", &text);
}

#[test]
fn junit_for_ci() {
    let run = run::accepted();
    harness::golden("check-report.junit.txt", &junit::document(&run.report, &run.about()));
}

#[test]
fn sarif_for_code_scanning() {
    let run = run::accepted();
    harness::golden("check-report.sarif.txt", &sarif::document(&run.report, &run.about()));
}

#[test]
fn markdown_for_a_pull_request() {
    let mut text = String::new();
    for (name, run) in runs() {
        text.push_str(&format!("<!-- {name} -->\n{}\n", markdown::document(&run.report, &run.about())));
    }
    harness::golden("check-report.markdown.txt", &text);
}

#[test]
fn the_list_of_cases() {
    let run = run::broken();
    let cases: Vec<_> = run.report.findings.iter().map(|finding| finding.case).collect();
    let mut page = Page::new(Look { width: Some(80), ..Look::PLAIN });
    list::cases(&mut page, &cases, None);
    harness::golden("check-report.list.txt", page.as_str());
}

#[test]
fn a_new_baseline_accepts_the_run_it_was_made_of() {
    let mut again = run::broken();
    let text = Baseline::default().updated(&again.report).text();
    harness::golden("check-report.baseline.txt", &text);
    again.baseline = Some(Baseline::read(&text).unwrap());
    let totals = Totals::of_report(&again.report, &again.about());
    assert!(!totals.fails(Severity::Note) && totals.known > 0, "{totals:?}");
    assert!(again.baseline.as_ref().unwrap().stale(&again.report).is_empty());
}

/// What JUnit says failed is what the exit code says.
#[test]
fn junit_and_the_exit_code_agree() {
    for (name, run) in runs() {
        for fail_on in [Severity::Must, Severity::Should, Severity::Note] {
            let about = About { fail_on, ..run.about() };
            let fails = Totals::of_report(&run.report, &about).fails(fail_on);
            let document = junit::document(&run.report, &about);
            assert_eq!(document.contains("<failure "), fails, "{name}, {fail_on:?}");
        }
    }
}

/// GitHub refuses a file with one result that has no path of the repository.
#[test]
fn every_result_of_sarif_has_a_place_in_the_repository() {
    let mut results = 0;
    for (_, run) in runs() {
        for source in [None, Some("./src/hooks: old.js")] {
            let about = About { source, ..run.about() };
            let log: serde_json::Value = serde_json::from_str(&sarif::document(&run.report, &about)).unwrap();
            for result in log["runs"][0]["results"].as_array().unwrap() {
                let place = &result["locations"][0]["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains([':', ' ']), "{uri}");
                assert!(place["region"]["startLine"].as_u64() >= Some(1));
                results += 1;
            }
        }
    }
    assert!(results > 0);
}

/// What a handler answers reaches no report as it is.
#[test]
fn no_report_carries_what_acts_on_a_terminal_or_the_secret() {
    let run = run::broken();
    let about = run.about();
    let mut records = String::new();
    for finding in run.shown() {
        let record = serde_json::to_string(&json::CaseRecord::from(&finding)).unwrap();
        records.push_str(&hookctl::ui::sanitize::json(&record));
    }
    let reports = [
        shown(&run, Look::PLAIN),
        records,
        junit::document(&run.report, &about),
        sarif::document(&run.report, &about),
        markdown::document(&run.report, &about),
    ];
    for report in reports {
        assert!(report.contains("TypeError"), "{report}");
        for acts in ['\x1b', '\u{9b}', '\u{202e}', '\0', '\r'] {
            assert!(!report.contains(acts), "{acts:?} in {report}");
        }
        assert!(!report.contains(run::TOKEN), "{report}");
    }
}

/// GitHub refuses comments over 65,536 letters.
#[test]
fn markdown_of_many_findings_fits_into_a_comment() {
    let mut run = run::broken();
    let once = run.report.findings.clone();
    run.report.findings = std::iter::repeat_n(once, 30).flatten().collect();
    let text = markdown::document(&run.report, &run.about());
    assert!(text.len() < 65_536 && text.contains("more findings: `hookctl check`"), "{}", text.len());
}
