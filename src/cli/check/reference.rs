//! Every case of the suite, as a page of the documentation.

use crate::hook::check::{Case, Group, Suite};

const HEAD: &str = "# What `hookctl check` asks of a handler

Made from the suite by the program; `hookctl check --list` says the same, and with `--provider ID` which cases mean nothing
for it. A case is run again by its name: `hookctl check URL --case NAME`. A failed **must** lets strangers in or ends the
process, a failed **should** loses deliveries or does them twice, a **note** is good to know. A case that ends the process
counts as a must whatever stands here.

Cases with `counted` in their names, and `unchanged`, need `--probe`; those of the group `source` need `--source`.
";

/// The page, in Markdown.
pub fn page() -> String {
    let groups = Group::ALL.map(|group| {
        let cases = Suite::builtin().cases().iter().filter(|case| case.group == group);
        format!("\n## {}: {}\n{}", group.as_str(), group.about(), cases.map(section).collect::<String>())
    });
    HEAD.to_owned() + &groups.concat()
}

fn section(case: &Case) -> String {
    let Case { id, title, why, mend, .. } = case;
    format!("\n### `{id}` ({})\n\nA good handler {title}. {why}\n\nMend: {mend}\n", case.severity.as_str())
}
