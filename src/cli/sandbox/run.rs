//! Runs the sandbox until it is told to stop.

use super::super::context::Context;
use super::super::error::CommandError;
use super::super::exit::Exit;
use super::super::sign::moment;
use super::super::signals::Stop;
use super::found::Note;
use super::{KojiApiArg, RunArgs, delivering, ready};
use crate::hook::quantity::parse_speed;
use crate::job::sandbox::koji::Generation;
use crate::job::sandbox::state::{Place, StateError};
use crate::job::sandbox::trouble::Trouble;
use crate::job::sandbox::{self, Options, SandboxError};
use std::path::Path;

/// Runs `hookctl sandbox`.
pub(super) fn run(args: &RunArgs, context: &Context) -> Result<Exit, CommandError> {
    let options = options(args)?;
    let runtime = context.runtime()?;
    let ended = runtime.block_on(serve(options, context));
    // What a second Ctrl-C leaves behind is not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(options: Options, context: &Context) -> Result<Exit, CommandError> {
    let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
    let running = sandbox::start(options).await.map_err(|error| not_started(&error))?;
    let note = Note::leave(&running.world.url, context)?;
    ready::show(&running, context)?;
    stop.first().await;
    drop(note);
    let ended = tokio::select! {
        ended = running.stop() => ended,
        () = stop.second() => return Ok(Exit::Interrupted),
    };
    ended.map_err(|error| CommandError::local("could not keep the sandbox's state").because(&error))?;
    Ok(Exit::Done)
}

fn options(args: &RunArgs) -> Result<Options, CommandError> {
    let speed = parse_speed(&args.speed)
        .map_err(|error| CommandError::usage("could not use `--speed`").because(&error))?;
    let troubles = args.api_fault.iter().map(|text| Trouble::parse(text)).collect::<Result<Vec<_>, _>>();
    let troubles = troubles.map_err(|reason| {
        let mut error = CommandError::usage("could not use `--api-fault`");
        error.causes.push(reason);
        error
    })?;
    let kept = args.state.as_path() != Path::new("memory");
    Ok(Options {
        port: args.port,
        speed,
        start_at: moment(args.start_at.as_deref())?,
        state: if kept { Place::File(args.state.clone()) } else { Place::Memory },
        legacy: args.legacy,
        koji_api: match args.koji_api {
            KojiApiArg::Both => Generation::Both,
            KojiApiArg::Current => Generation::Current,
            KojiApiArg::Old => Generation::Old,
        },
        koji_rate: args.koji_rate,
        troubles,
        delivering: delivering::delivering(&args.delivering)?,
    })
}

fn not_started(error: &SandboxError) -> CommandError {
    let refused = CommandError::local("could not start the sandbox").because(error);
    match error {
        SandboxError::Bind(_) => {
            refused.hint("take another port with `--port PORT`, or a free one with `--port 0`")
        }
        SandboxError::State(StateError::Foreign { .. } | StateError::Open { .. }) => {
            refused.hint("name another file with `--state FILE`, or keep nothing with `--state memory`")
        }
        SandboxError::State(_) => refused.hint("delete the file, or keep nothing with `--state memory`"),
        SandboxError::System(_) => refused,
    }
}
