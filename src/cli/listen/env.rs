//! `--print-env`: what an application under test needs to know, as lines that a
//! shell can source and a dotenv reader can read. Never a secret itself.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::config::secrets::variable_of;
use crate::hook::curl::quote;
use crate::job::report::SecretOrigin;
use std::path::Path;

/// Prints the listener's URL, and for each secret its file, under a name that no reader
/// takes for the secret, or in a comment where it comes from otherwise.
pub(super) fn print(secrets: &[SecretOrigin], url: &str, context: &Context) -> Result<(), CommandError> {
    let mut lines = format!("HOOKCTL_URL={url}\n").into_bytes();
    let mut names: Vec<String> = Vec::new();
    for known in secrets {
        let name = known.provider.as_deref().map_or_else(|| "WEBHOOK_SECRET".to_owned(), variable_of);
        match &known.file {
            Some(file) => {
                names.push(format!("{name}_FILE"));
                let same = names.iter().filter(|other| *other == &format!("{name}_FILE")).count();
                let number = if same > 1 { format!("_{same}") } else { String::new() };
                lines.extend(format!("{name}_FILE{number}=").into_bytes());
                lines.extend(quoted(file));
            }
            // In one line, whatever the variable is called.
            None => lines.extend(format!("# {name}: from {}", known.origin.escape_debug()).into_bytes()),
        }
        lines.push(b'\n');
    }
    context.write(&lines).map(drop)
}

/// The path from anywhere: the application may run in another folder.
fn quoted(file: &Path) -> Vec<u8> {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    quote(whole.as_os_str().as_encoded_bytes())
}
