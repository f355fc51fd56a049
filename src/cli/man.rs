//! `hookctl man`: the manual pages, made from the same definitions as `--help`.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

const EXAMPLES: &str = "Examples:
  hookctl man listen | man -l -
  hookctl man --all ~/.local/share/man/man1";

/// Print a manual page, or write them all to a folder
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The command, such as `listen` or `events replay`; hookctl itself unless named
    #[arg(value_name = "COMMAND", add = ArgValueCandidates::new(super::complete::commands))]
    pub command: Vec<String>,
    /// Write every page to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub all: Option<std::path::PathBuf>,
}

/// Every page: its file name and its text.
///
/// # Errors
/// When a page cannot be rendered, which would be a bug.
pub fn pages() -> Result<Vec<(String, Vec<u8>)>, std::io::Error> {
    let mut root = super::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, "hookctl", &mut pages)?;
    Ok(pages)
}

fn collect(
    command: &clap::Command,
    name: &str,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), std::io::Error> {
    if command.get_name() == "help" {
        return Ok(());
    }
    pages.push((format!("{name}.1"), page(command, name)?));
    for inner in command.get_subcommands() {
        collect(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}

/// One page. The sections that clap knows come from clap; the others are what
/// `--help` says, in the places where readers of manual pages look for it.
fn page(command: &clap::Command, name: &str) -> Result<Vec<u8>, std::io::Error> {
    let named = command.clone().name(name.to_owned()).display_name(name.to_owned());
    let made = clap_mangen::Man::new(named);
    let mut text = Vec::new();
    let version = env!("CARGO_PKG_VERSION");
    let title = name.to_uppercase();
    text.extend(format!(".TH \"{title}\" \"1\" \"\" \"hookctl {version}\" \"hookctl\"\n").bytes());
    // Rendered by clap_mangen: quotes as characters that every roff knows.
    text.extend(b".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n");
    made.render_name_section(&mut text)?;
    text.extend(format!(".SH SYNOPSIS\n{}\n", escaped(&usage(command, name))).bytes());
    made.render_description_section(&mut text)?;
    text.extend(options(command)?.bytes());
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
    let inner: Vec<(String, String)> =
        inner.map(|inner| (format!("{name}-{}(1)", inner.get_name()), said(inner.get_about()))).collect();
    section(&mut text, "COMMANDS", &inner);
    let examples = said(command.get_after_help());
    let examples = examples.split_once('\n').map_or("", |(_, rest)| rest);
    // As far to the left as in `--help`, where they fit 80 columns.
    text.extend(format!(".SH EXAMPLES\n.in 0\n.nf\n{}\n.fi\n", escaped(examples)).bytes());
    if name == "hookctl" {
        section(&mut text, "ENVIRONMENT", &environment(command));
        section(&mut text, "FILES", &FILES.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
    let codes: Vec<(String, String)> =
        Exit::ALL.iter().map(|(_, code, meaning)| (code.to_string(), (*meaning).to_owned())).collect();
    section(&mut text, "EXIT STATUS", &codes);
    if let Some((above, _)) = name.rsplit_once('-') {
        text.extend(format!(".SH SEE ALSO\n\\fB{}\\fR(1)\n", escaped(above)).bytes());
    }
    Ok(text)
}

/// The sections of arguments: those without a dash first, then the options.
/// `clap_mangen` has them all under OPTIONS and leaves out second names.
fn options(command: &clap::Command) -> Result<String, std::io::Error> {
    let rendered = |positional: bool| {
        let only = command.clone().mut_args(|arg| {
            let other = arg.is_positional() != positional;
            let arg = with_aliases(arg);
            if other { arg.hide(true) } else { arg }
        });
        let mut text = Vec::new();
        if only.get_arguments().any(|arg| !arg.is_hide_set()) {
            clap_mangen::Man::new(only).render_options_section(&mut text)?;
        }
        String::from_utf8(text).map_err(std::io::Error::other)
    };
    let arguments = rendered(true)?.replacen(".SH OPTIONS\n", ".SH ARGUMENTS\n", 1);
    Ok(arguments + &rendered(false)?)
}

/// The argument whose help names its other names, as `--help` does.
fn with_aliases(arg: clap::Arg) -> clap::Arg {
    let Some(aliases) = arg.get_visible_aliases().filter(|aliases| !aliases.is_empty()) else { return arg };
    let names: Vec<String> = aliases.iter().map(|alias| format!("--{alias}")).collect();
    let named =
        |text: Option<&clap::builder::StyledStr>| format!("{} [aliases: {}]", said(text), names.join(", "));
    let help = named(arg.get_help());
    let long = arg.get_long_help().map(|text| named(Some(text)));
    let arg = arg.help(help);
    match long {
        Some(long) => arg.long_help(long),
        None => arg,
    }
}

/// Where things are kept.
const FILES: [(&str, &str); 4] = [
    ("$XDG_DATA_HOME/hookctl/journal.db", "the journal, an SQLite database"),
    ("$XDG_CONFIG_HOME/hookctl/secrets/PROVIDER", "the signing secret of a provider"),
    ("$XDG_CONFIG_HOME/hookctl/providers/*.toml", "your own providers"),
    ("~/.local/share, ~/.config", "stand for the two folders where the variables are not set"),
];

/// Variables that no flag has.
const VARIABLES: [(&str, &str); 5] = [
    ("PROVIDER_WEBHOOK_SECRET", "the signing secret of a provider, such as KOJI_WEBHOOK_SECRET"),
    ("HOOKCTL_CONFIG_DIR", "the settings folder"),
    ("HOOKCTL_DATA_DIR", "the folder of the journal"),
    ("NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM", "whether colours are used"),
    ("CI", "where it is set, nothing asks and no progress is shown"),
];

/// Every variable that a flag of any command reads, then the others.
fn environment(root: &clap::Command) -> Vec<(String, String)> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![root];
    while let Some(command) = open.pop() {
        for argument in command.get_arguments() {
            if let (Some(name), Some(long)) = (argument.get_env(), argument.get_long()) {
                found.insert(name.to_string_lossy().into_owned(), format!("in place of --{long}"));
            }
        }
        open.extend(command.get_subcommands());
    }
    let others = VARIABLES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    found.into_iter().chain(others).collect()
}

/// The usage line without its label.
fn usage(command: &clap::Command, name: &str) -> String {
    let typed = name.replace('-', " ");
    let usage = command.clone().bin_name(typed).render_usage().to_string();
    usage.trim_start_matches("Usage: ").trim().to_owned()
}

fn said(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn section(text: &mut Vec<u8>, title: &str, items: &[(String, String)]) {
    if items.is_empty() {
        return;
    }
    text.extend(format!(".SH {title}\n").bytes());
    for (name, meaning) in items {
        text.extend(format!(".TP\n\\fB{}\\fR\n{}\n", escaped(name), escaped(meaning)).bytes());
    }
}

/// Text as roff shows it: no letter of it is a command.
fn escaped(text: &str) -> String {
    let line = |line: &str| {
        let safe = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
        if safe.starts_with(['.', '\'']) { format!("\\&{safe}") } else { safe }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Runs `hookctl man`.
pub fn run(args: &ManArgs, context: &Context) -> Result<Exit, CommandError> {
    let pages =
        pages().map_err(|error| CommandError::new(Exit::Bug, "could not make the pages").because(&error))?;
    if let Some(folder) = &args.all {
        for (name, text) in &pages {
            let path = folder.join(name);
            std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)).map_err(|error| {
                CommandError::local(format!("could not write `{}`", path.display())).because(&error)
            })?;
        }
        return Ok(Exit::Done);
    }
    let wanted = args.command.join("-");
    let named = |name: &str| {
        let name = name.strip_suffix(".1").unwrap_or(name);
        name.strip_prefix("hookctl-").unwrap_or_default().to_owned()
    };
    let page = pages.iter().find(|(name, _)| named(name) == wanted);
    let (_, text) = page.ok_or_else(|| {
        let names: Vec<String> = pages.iter().map(|(name, _)| named(name)).collect();
        // Without the word that all names begin with: it would make them all alike.
        let hint = match super::misuse::nearest(&wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `hookctl man {}`?", near.replace('-', " ")),
            None => "hookctl --help".to_owned(),
        };
        CommandError::usage(format!("there is no command `{}`", args.command.join(" "))).hint(hint)
    })?;
    context.write(text)
}
