//! The commands to type next, for one provider.

use crate::hook::describe::settings;
use crate::hook::provider::{Place, Provider};
use crate::hook::sample;
use serde_json::Value;

/// The commands, complete but for what stands in capitals.
pub(super) fn commands(provider: &Provider) -> Vec<String> {
    let id = provider.id();
    let mut commands = vec![format!("hookctl listen --provider {id} --forward 3000")];
    let url = if provider.signs_url() { " --url URL" } else { "" };
    commands.push(match provider.place() {
        Place::Headers(names) => {
            let names = beside(provider).into_iter().chain(names.iter().map(ToString::to_string));
            let headers: String = names.map(|name| format!(" -H '{name}: VALUE'")).collect();
            format!("hookctl verify body.json --provider {id}{headers}{url}")
        }
        _ => format!("hookctl verify --request captured.http --provider {id}{url}"),
    });
    let event = sample::samples(id).first().map(|sample| sample.name.as_str());
    commands.extend(event.map(|event| format!("hookctl trigger {event} --provider {id} --to 3000")));
    if !provider.handshakes().is_empty() {
        commands.push(format!("hookctl trigger --handshake --provider {id} --to 3000"));
    }
    commands.push(format!("hookctl verify --as node --provider {id}"));
    commands
}

/// The headers of id and time, which go along.
fn beside(provider: &Provider) -> Vec<String> {
    let settings = settings(provider);
    let header =
        |name| settings.get(name).and_then(Value::as_str).and_then(|place| place.strip_prefix("header:"));
    ["id", "timestamp"].into_iter().filter_map(header).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;
    use crate::hook::provider::Catalogue;

    /// What is proposed is understood.
    #[test]
    fn every_command_is_one() {
        let catalogue = Catalogue::builtin();
        let mut seen = std::collections::BTreeSet::new();
        for line in catalogue.all().iter().flat_map(|provider| commands(provider)) {
            // One of each shape is enough: parsing builds every command.
            let shape: Vec<&str> =
                line.split(' ').filter(|word| word.starts_with('-') || *word == "hookctl").collect();
            if seen.insert(format!("{:?} {:?}", line.split(' ').nth(1), shape)) {
                let words = line.replace(": VALUE'", ":VALUE").replace('\'', "");
                let parsed = command().try_get_matches_from(words.split(' '));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
        assert!(seen.len() > 3, "{seen:?}");
    }
}
