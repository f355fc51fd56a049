//! The `hookctl` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    hookctl::cli::main()
}
