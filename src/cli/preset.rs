//! The settings of files as the defaults of options.
//!
//! An option is recognised by its `HOOKCTL_` variable, so that the command line
//! and the variable win over a file by clap's own order, and help shows what
//! holds without them.

use crate::config::setting::SETTINGS;
use crate::config::settings::Settings;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// A command line whose defaults are those of the files.
pub(super) fn apply(command: Command, settings: &Settings) -> Command {
    if settings.is_empty() {
        return command;
    }
    command.mut_args(|arg| preset(arg, settings)).mut_subcommands(|inner| apply(inner, settings))
}

fn preset(arg: Arg, settings: &Settings) -> Arg {
    let variable = arg.get_env().and_then(std::ffi::OsStr::to_str);
    let setting = SETTINGS.iter().find(|setting| Some(setting.variable) == variable);
    match setting.and_then(|setting| settings.of_files(setting.key)) {
        Some((texts, _)) => arg.default_values(texts.to_vec()),
        None => arg,
    }
}

/// The profile that was named, and where: `--profile`, a variable, a file.
pub(super) fn profile(
    named: Option<&str>,
    matches: &ArgMatches,
    settings: &Settings,
) -> Option<(String, String)> {
    let name = named.filter(|name| !name.is_empty())?.to_owned();
    let origin = match matches.value_source("profile") {
        Some(ValueSource::EnvVariable) => "HOOKCTL_PROFILE".to_owned(),
        Some(ValueSource::DefaultValue) => settings.of_files("profile")?.1.to_string(),
        _ => "--profile".to_owned(),
    };
    Some((name, origin))
}

#[cfg(test)]
mod tests {
    use crate::cli;

    #[test]
    fn every_setting_has_an_option_that_takes_its_variable() {
        fn variables(command: &clap::Command, found: &mut Vec<String>) {
            found.extend(
                command
                    .get_arguments()
                    .filter_map(|arg| arg.get_env())
                    .map(|name| name.to_string_lossy().into_owned()),
            );
            for inner in command.get_subcommands() {
                variables(inner, found);
            }
        }
        let mut found = Vec::new();
        variables(&cli::command(), &mut found);
        for setting in &super::SETTINGS {
            assert!(found.iter().any(|name| name == setting.variable), "{}", setting.key);
        }
    }
}
