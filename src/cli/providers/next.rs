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
    let webhook_id = if provider.signs_webhook_id() { " --webhook-id ID" } else { "" };
    commands.push(match provider.place() {
        Place::Headers(names) => {
            let names = beside(provider).into_iter().chain(names.iter().map(ToString::to_string));
            let headers: String = names.map(|name| format!(" -H '{name}: VALUE'")).collect();
            format!("hookctl verify body.json --provider {id}{headers}{url}{webhook_id}")
        }
        _ => format!("hookctl verify --request captured.http --provider {id}{url}{webhook_id}"),
    });
    let event = sample::samples(id).first().map(|sample| sample.name.as_str());
    let quoted = |event: &str| if event.contains(' ') { format!("'{event}'") } else { event.to_owned() };
    let trigger = |event| format!("hookctl trigger {} --provider {id} --to 3000{webhook_id}", quoted(event));
    if provider.kind().has_key_pair() {
        commands.push(format!("hookctl providers keygen {id}"));
    }
    commands.extend(event.map(trigger));
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

    /// As a shell cuts a line, with single quotes alone.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        for (at, piece) in line.split('\'').enumerate() {
            let mut parts = if at % 2 == 1 { vec![piece] } else { piece.split(' ').collect() }.into_iter();
            if let (Some(last), Some(first)) = (words.last_mut(), parts.next()) {
                last.push_str(first);
            }
            words.extend(parts.map(str::to_owned));
        }
        words
    }

    /// What is proposed is understood.
    #[test]
    fn every_command_is_one() {
        let catalogue = Catalogue::builtin();
        let mut seen = std::collections::BTreeSet::new();
        for line in catalogue.all().iter().flat_map(|provider| commands(provider)) {
            // One of each shape is enough: parsing builds every command.
            let words = words(&line);
            let shape: Vec<&String> = words.iter().filter(|word| word.starts_with('-')).collect();
            if seen.insert(format!("{:?} {shape:?} {}", words.get(1), words.len())) {
                let parsed = command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
        }
        assert!(seen.len() > 3, "{seen:?}");
    }
}
