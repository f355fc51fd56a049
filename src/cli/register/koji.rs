//! stub
use super::RegisterArgs;
use super::account::Account;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;

pub(super) fn run(
    _args: &RegisterArgs,
    _account: &Account,
    _context: &Context,
) -> Result<Exit, CommandError> {
    Ok(Exit::Done)
}
