//! What is said of a run: the report on standard output, the files, the exit code.

use super::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::check::{Case, Finding};
use crate::job::check::Report;

/// Explains the cases.
pub(super) fn list(cases: &[&'static Case], context: &Context) -> Result<Exit, CommandError> {
    for case in cases {
        context.line(&format!("{}  {}", case.id, case.title))?;
    }
    Ok(Exit::Done)
}

/// Writes the report.
pub(super) fn tell(args: &CheckArgs, report: &Report, context: &Context) -> Result<(), CommandError> {
    let _ = args;
    for finding in &report.findings {
        if context.json() {
            context.record(&serde_json::json!({
                "v": 1, "type": "case", "id": finding.case.id, "group": finding.case.group.as_str(),
                "severity": finding.severity().as_str(), "outcome": finding.outcome.as_str(),
                "code": finding.symptom.map(|symptom| symptom.as_str()), "reason": finding.reason,
            }))?;
        } else {
            context.line(&format!("{} {} {}", finding.outcome.as_str(), finding.case.id, finding.reason))?;
        }
    }
    Ok(())
}

/// 1 when something fails that weighs enough.
pub(super) fn exit(args: &CheckArgs, report: &Report) -> Exit {
    let counts = |finding: &Finding| finding.failed() && finding.severity() >= args.fail_on.severity();
    if report.findings.iter().any(counts) { Exit::No } else { Exit::Done }
}
