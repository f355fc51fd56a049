//! The settings files: can they be used, and is one laid in the way?

use super::{Finding, Patient};

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let settings = patient.context.settings();
    let broken = settings.problems.iter().map(|problem| {
        let shown = problem.path.display();
        Finding::problem(
            problem.to_string(),
            format!("edit `{shown}`; `hookctl config list` shows the settings"),
        )
    });
    let ignored = settings.warnings.iter().map(|warning| Finding::note(warning, "hookctl config path"));
    let mut found: Vec<Finding> = broken.chain(ignored).collect();
    if found.is_empty() {
        found.push(Finding::ok(match &settings.project {
            Some(path) => format!("`{}` and your own are in force", path.display()),
            None if settings.is_empty() => "none; the defaults hold".to_owned(),
            None => "your own are in force; no hookctl.toml here or above".to_owned(),
        }));
    }
    found
}
