//! `hookctl events prune`.

use super::{Place, PruneArgs};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::values::since;
use crate::clock;
use crate::journal::{Guest, PruneOptions};
use crate::ui::human;
use crate::ui::prompt;
use serde::Serialize;

#[derive(Serialize)]
struct PrunedRecord {
    v: u8,
    r#type: &'static str,
    dry_run: bool,
    deliveries: u64,
    bytes: u64,
    kept_undelivered: u64,
}

pub(super) fn run(args: &PruneArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
    let options = PruneOptions {
        before: args.before.as_deref().map(|text| since("--before", text, clock::now())).transpose()?,
        keep: args.keep,
        force: args.force,
        dry_run: args.dry_run,
    };
    let mut guest = place.pruner()?;
    if !args.dry_run && !agreed(args, &options, &mut guest, context)? {
        return Err(CommandError::new(Exit::No, "nothing was deleted"));
    }
    let pruned = guest.prune(&options).map_err(|error| place.not_pruned(&error))?;
    if context.json() {
        context.record(&PrunedRecord {
            v: 1,
            r#type: "pruned",
            dry_run: args.dry_run,
            deliveries: pruned.deliveries,
            bytes: pruned.bytes,
            kept_undelivered: pruned.kept_undelivered,
        })?;
        return Ok(Exit::Done);
    }
    let verb = if args.dry_run { "would delete" } else { "deleted" };
    let what = human::counted(pruned.deliveries, "delivery", "deliveries");
    let mut text = format!("{verb} {what}, {}", human::size(pruned.bytes));
    if pruned.kept_undelivered > 0 {
        let kept = human::counted(pruned.kept_undelivered, "undelivered one", "undelivered ones");
        text.push_str(&format!("; kept {kept} (`--force` deletes them too)"));
    }
    context.line(&text)
}

/// Asks a person; where nobody can be asked, nothing goes unless `--yes` said so.
fn agreed(
    args: &PruneArgs,
    options: &PruneOptions,
    guest: &mut Guest,
    context: &Context,
) -> Result<bool, CommandError> {
    if args.yes {
        return Ok(true);
    }
    let trial = PruneOptions { dry_run: true, ..options.clone() };
    let failed =
        |error: &dyn std::error::Error| CommandError::local("could not prune the journal").because(error);
    let pruned = guest.prune(&trial).map_err(|error| failed(&error))?;
    if pruned.deliveries == 0 {
        return Ok(true);
    }
    let what = human::counted(pruned.deliveries, "delivery", "deliveries");
    prompt::confirm(context.gate(), &format!("delete {what} for good?"), false).map_err(|error| {
        CommandError::usage(format!("could not ask whether to delete {what} for good"))
            .because(&error)
            .hint("say it with `--yes`, or look first with `--dry-run`")
    })
}
