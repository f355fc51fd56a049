//! `hookctl config`: the settings, and where each value comes from.

use super::access::profile_refused;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::config::edit::with_line;
use crate::config::private;
use crate::config::profiles::{Profile, Profiles};
use crate::config::setting::{SETTINGS, Setting, unknown};
use crate::config::settings::{Origin, PROJECT_FILE};
use crate::ui::style::Role;
use crate::ui::table::{Cell, facts, table};
use crate::vendor::BaseUrl;
use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use serde_json::json;
use std::path::Path;

const EXAMPLES: &str = "Examples:
  hookctl config list
  hookctl config set forward 3000
  hookctl config set profiles.koji.target localhost:3000
  hookctl config path";

/// Show and change settings, and where each value comes from
///
/// An option wins over its HOOKCTL_ variable, that over `hookctl.toml` in the working directory or the nearest folder
/// above it, and that over `config.toml` in the settings folder. A `hookctl.toml` comes with a checkout: it cannot
/// name targets on other machines, nor say where files are.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What to do with settings.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show where settings, profiles and the journal are
    #[command(after_help = "Examples:\n  hookctl config path\n  hookctl config path --json --jq .journal")]
    Path,
    /// List every setting with its value and where it comes from
    #[command(
        after_help = "Examples:\n  hookctl config list\n  hookctl config list --json --jq 'select(.origin != \"default\")'"
    )]
    List,
    /// Change a setting of yours, or take it away
    #[command(
        after_help = "Examples:\n  hookctl config set port 4500\n  hookctl config set forward 3000 localhost:3001/hooks\n  hookctl config set profile shop\n  hookctl config set profiles.shop.target localhost:3000\n  hookctl config set port --unset"
    )]
    Set {
        /// The setting, or `profiles.NAME.target` or `profiles.NAME.base_url`
        #[arg(value_name = "KEY", add = ArgValueCandidates::new(super::complete::settings))]
        key: String,
        /// Its value; several where it takes several
        #[arg(value_name = "VALUE", required_unless_present = "unset")]
        values: Vec<String>,
        /// Take the setting away
        #[arg(long, conflicts_with = "values")]
        unset: bool,
    },
}

/// Runs `hookctl config`.
pub fn run(args: &ConfigArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.command {
        ConfigCommand::Path => path(context),
        ConfigCommand::List => list(context),
        ConfigCommand::Set { key, values, .. } => {
            // Each change is of a whole file: two at once would lose one of them.
            let _turn = Profiles::at(&context.folders()?).turn().map_err(|error| profile_refused(&error))?;
            match key.strip_prefix("profiles.") {
                Some(rest) => set_profile(rest, values, context),
                None => set(key, values, context),
            }
        }
    }
}

fn path(context: &Context) -> Result<Exit, CommandError> {
    let folders = context.folders()?;
    let text = |path: &Path| path.display().to_string();
    let project = context.settings().project.as_deref().map(text);
    let journal = context.setting("journal").unwrap_or_else(|| text(&folders.journal()));
    let places = [
        ("settings", Some(text(&folders.settings_file()))),
        ("project", project),
        ("profiles", Some(text(&folders.profiles()))),
        ("providers", Some(text(&folders.providers()))),
        ("secrets", Some(text(&folders.secrets()))),
        ("journal", Some(journal)),
    ];
    if context.json() {
        let mut record = json!({"v": 1, "type": "paths"});
        for (name, place) in places {
            if let Some(record) = record.as_object_mut() {
                record.insert(name.to_owned(), json!(place));
            }
        }
        context.record(&record)?;
        return Ok(Exit::Done);
    }
    let rows: Vec<(&str, Vec<String>)> = places
        .into_iter()
        .map(|(name, place)| {
            let none = || format!("no {PROJECT_FILE} here or above");
            (name, vec![place.unwrap_or_else(none)])
        })
        .collect();
    let mut page = context.streams().page();
    facts(&mut page, &rows);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn list(context: &Context) -> Result<Exit, CommandError> {
    for problem in &context.settings().problems {
        context.streams().warn(&format!("not used: {problem}"), Some("hookctl doctor"));
    }
    for warning in &context.settings().warnings {
        context.streams().warn(warning, None);
    }
    let mut rows = Vec::new();
    for setting in &SETTINGS {
        let (values, origin) = value(setting, context);
        if context.json() {
            context.record(&json!({
                "v": 1, "type": "setting", "key": setting.key, "values": values, "origin": origin,
                "variable": setting.variable,
            }))?;
            continue;
        }
        let (role, shown) =
            if values.is_empty() { (Role::Dim, "-".to_owned()) } else { (Role::Plain, values.join(" ")) };
        rows.push(vec![
            Cell::new(Role::Strong, setting.key),
            Cell::new(role, shown),
            Cell::new(Role::Dim, setting.help),
            // Last: a path is of any length.
            Cell::new(Role::Dim, origin),
        ]);
    }
    let mut page = context.streams().page();
    table(&mut page, &rows);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

/// A setting as it holds for this very command line.
fn value(setting: &Setting, context: &Context) -> (Vec<String>, String) {
    let (values, origin) = context.settings().value(setting, context.environment());
    match context.profile() {
        Some((name, named)) if setting.key == "profile" => (vec![name.to_owned()], named.to_owned()),
        _ if setting.key == "no_input" && context.no_input() && origin == Origin::Default => {
            (vec!["true".to_owned()], "--no-input, or CI".to_owned())
        }
        _ => (values, origin.to_string()),
    }
}

fn set(key: &str, values: &[String], context: &Context) -> Result<Exit, CommandError> {
    let setting = Setting::of(key)
        .ok_or_else(|| CommandError::usage(unknown(key)).hint("`hookctl config list` shows them all"))?;
    let wrong = |reason: String| {
        let mut error = CommandError::usage(format!("could not use `{}` as `{key}`", values.join(" ")));
        error.causes.push(reason);
        error.hint("`hookctl config list` shows what each setting is")
    };
    let line = if values.is_empty() { None } else { Some(setting.write(values).map_err(wrong)?) };
    let path = context.folders()?.settings_file();
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        CommandError::config(format!("could not read `{shown}`")).because(&error).hint("hookctl doctor")
    };
    let former = private::read(&path).map_err(unreadable)?.unwrap_or_default();
    let former = String::from_utf8_lossy(&former).into_owned();
    let changed = with_line(&former, key, line.as_deref()).map_err(|reason| {
        let mut error = CommandError::config(format!("could not change `{shown}`"));
        error.causes.push(reason);
        error.hint("mend the file by hand; `hookctl doctor` says what is wrong with it")
    })?;
    private::write(&path, changed.as_bytes()).map_err(|error| {
        CommandError::local(format!("could not write `{shown}`")).because(&error).hint("hookctl doctor")
    })?;
    told(key, line.as_deref(), &shown, context)?;
    let (_, origin) = value(setting, context);
    if line.is_some() && (origin == setting.variable || origin.ends_with(PROJECT_FILE)) {
        context.streams().warn(&format!("`{key}` is still as {origin} says, which comes first here"), None);
    }
    Ok(Exit::Done)
}

/// `profiles.NAME.target` and `profiles.NAME.base_url`.
fn set_profile(rest: &str, values: &[String], context: &Context) -> Result<Exit, CommandError> {
    let (name, key) = rest.rsplit_once('.').unwrap_or((rest, ""));
    let profiles = context.profiles()?;
    let refused = |error| profile_refused(&error);
    let Some(mut profile) = profiles.get(name).map_err(refused)? else {
        return Err(CommandError::config(format!("there is no profile `{name}`"))
            .hint(format!("`hookctl login --profile {name}` makes it")));
    };
    let value = match values {
        [] => None,
        [only] => Some(only.clone()),
        _ => return Err(CommandError::usage(format!("`profiles.{rest}` takes one value"))),
    };
    match key {
        "target" => profile.target = value.map(|text| target(&text)).transpose()?,
        "base_url" => change_base(&mut profile, value, &profiles, context)?,
        _ => {
            return Err(CommandError::usage(format!("there is no setting `profiles.{rest}`"))
                .hint(format!("`profiles.{name}.target` and `profiles.{name}.base_url` can be set")));
        }
    }
    profiles.save(&profile).map_err(refused)?;
    let folder = profiles.folder(name).map_err(refused)?;
    let now = if key == "target" { profile.target } else { profile.base_url };
    told(&format!("profiles.{rest}"), now.as_deref(), &folder.display().to_string(), context)?;
    Ok(Exit::Done)
}

fn target(text: &str) -> Result<String, CommandError> {
    super::values::target("target", text).map(|target| target.to_string())
}

/// Another host must not get the key that was stored for this one.
fn change_base(
    profile: &mut Profile,
    value: Option<String>,
    profiles: &Profiles,
    context: &Context,
) -> Result<(), CommandError> {
    let default = crate::vendor::Vendor::of(&profile.provider).map_or("", |vendor| vendor.default_base());
    let base = match value {
        Some(text) => super::access::base_url(&text, "base_url")?,
        None => super::access::base_url(default, "the vendor")?,
    };
    let former = profile.base_url.as_deref().unwrap_or(default);
    if !super::access::same_host(former, base.as_str())
        && profiles.remove_api_key(&profile.name).map_err(|error| profile_refused(&error))?
    {
        profile.checked = None;
        context.streams().warn(
            "the API key was for another host and is forgotten",
            Some(&super::access::login(&profile.name, &profile.provider)),
        );
    }
    profile.base_url = Some(base).as_ref().map(BaseUrl::to_string).filter(|base| base != default);
    Ok(())
}

fn told(key: &str, value: Option<&str>, place: &str, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&json!({
            "v": 1, "type": "changed", "key": key, "value": value, "path": place,
        }));
    }
    context.streams().say(&match value {
        Some(value) => format!("{key} = {value}  ({place})"),
        None => format!("{key} is not set any more  ({place})"),
    });
    Ok(())
}
