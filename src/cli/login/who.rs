//! Whose account is stored, under which name, and its key: from the command
//! line, from what is stored, from the environment, or asked for.

use super::LoginArgs;
use crate::cli::access::{self, key_refused, profile_refused};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::config::credentials::{self, Key};
use crate::config::profiles::{Profile, of_provider};
use crate::ui::prompt::{self, PromptError};
use crate::vendor::{BaseUrl, Vendor};

/// The account that is being stored.
pub(super) struct Who {
    pub(super) profile: String,
    pub(super) vendor: Vendor,
    pub(super) base: BaseUrl,
    /// As it is stored now.
    pub(super) former: Option<Profile>,
}

/// Whose account it is.
pub(super) fn is(args: &LoginArgs, key: Option<&Key>, context: &Context) -> Result<Who, CommandError> {
    let profiles = context.profiles()?;
    let named = context.profile().map(|(name, _)| name.to_owned());
    let former = match &named {
        Some(name) => profiles.get(name).map_err(|error| profile_refused(&error))?,
        None => None,
    };
    let vendor = match args.access.provider.as_deref() {
        Some(id) => access::vendor(id)?,
        None => likely(former.as_ref(), key, context)?,
    };
    if let Some(former) = former.as_ref().filter(|former| former.provider != vendor.id()) {
        return Err(CommandError::usage(format!(
            "the profile `{}` is of {}, not of {}",
            former.name,
            former.provider,
            vendor.id()
        ))
        .hint(format!(
            "take another name with `--profile NAME`, or `hookctl logout --everything --profile {}`",
            former.name
        )));
    }
    let former = match (&named, former) {
        (None, _) => {
            let all = profiles.list().map_err(|error| profile_refused(&error))?;
            of_provider(&all, vendor.id()).cloned()
        }
        (Some(_), former) => former,
    };
    let of_vendor = || former.as_ref().map_or(vendor.id(), |former| former.name.as_str()).to_owned();
    let profile = named.unwrap_or_else(of_vendor);
    let (base, origin) = access::base_of(&args.access, vendor, former.as_ref(), context)?;
    if base.as_str() != vendor.default_base() {
        context.streams().say(&format!("the API is at {base} (from {origin})"));
    }
    Ok(Who { profile, vendor, base, former })
}

/// The vendor that is meant when none is named.
fn likely(former: Option<&Profile>, key: Option<&Key>, context: &Context) -> Result<Vendor, CommandError> {
    let of_former = former.and_then(|former| Vendor::of(&former.provider));
    let of_key = || key.and_then(|key| Vendor::of_key(&key.secret));
    let of_setting = || context.setting("provider").and_then(|id| Vendor::of(&id));
    if let Some(vendor) = of_former.or_else(of_key).or_else(of_setting) {
        return Ok(vendor);
    }
    let with_key = |vendor: &Vendor| context.environment().text(vendor.key_variable()).is_some();
    let known: Vec<Vendor> = Vendor::ALL.into_iter().filter(with_key).collect();
    if let ([only], None) = (known.as_slice(), key) {
        return Ok(*only);
    }
    ask_vendor(context)
}

fn ask_vendor(context: &Context) -> Result<Vendor, CommandError> {
    let names = Vendor::ALL.map(Vendor::name);
    let place = prompt::choose(context.gate(), "Vendor", &names).map_err(|error| match error {
        PromptError::Read(_) => CommandError::config("could not read the answer").because(&error),
        _ => CommandError::usage("it is not known whose account this is")
            .because(&error)
            .hint(format!("name the vendor with `--provider {}`", Vendor::ALL.map(Vendor::id).join("|"))),
    })?;
    Vendor::ALL.get(place).copied().ok_or_else(|| CommandError::usage("no vendor was chosen"))
}

/// The key: the vendor's variable, else what a person types; none where only a secret is stored.
pub(super) fn key(who: &Who, have_secret: bool, context: &Context) -> Result<Option<Key>, CommandError> {
    let vendor = who.vendor;
    let found =
        credentials::of_environment(vendor, context.environment()).map_err(|error| key_refused(&error))?;
    if let Some(key) = found {
        context.streams().say(&format!("the API key is taken from {}", key.origin));
        return Ok(Some(key));
    }
    if have_secret {
        return Ok(None);
    }
    context.detail(&format!("keys of {} are made under {}", vendor.name(), vendor.key_page()));
    let asked = prompt::secret(context.gate(), &format!("API key of {}", vendor.name()));
    asked
        .map(|secret| Some(Key { secret: credentials::trimmed(&secret), origin: "the prompt".to_owned() }))
        .map_err(|error| match error {
            PromptError::Read(_) => CommandError::config("could not read the API key").because(&error),
            PromptError::Secret(_) => CommandError::config("the API key is empty")
                .hint(format!("copy it from the dashboard: {}", vendor.key_page())),
            _ => CommandError::config("no API key was given").because(&error).hint(format!(
                "give it with `--api-key-file FILE` (`-` for standard input), `--api-key-env NAME`, or in {}",
                vendor.key_variable()
            )),
        })
}
