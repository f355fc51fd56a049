//! A commented profile to begin with.
//!
//! The text loads as it is and explains every field there is; the tests hold
//! it to the schema. Writes no file.

use super::catalogue::check_id_text;

const STARTER: &str = include_str!("starter.toml");

/// The id and the header of the text.
const ID: &str = "acme";
const HEADER: &str = "X-Acme-";

/// A commented profile for a provider of this id.
///
/// # Errors
/// When the text is no id.
pub fn starter(id: &str) -> Result<String, String> {
    check_id_text(id)?;
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    let words: Vec<String> = id.split('-').filter(|word| !word.is_empty()).map(capital).collect();
    let name = if words.is_empty() { id.to_owned() } else { words.join("-") };
    Ok(STARTER.replace(ID, id).replace(HEADER, &format!("X-{name}-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;
    use crate::hook::provider::handshake::FIELDS as HANDSHAKE_FIELDS;
    use crate::hook::provider::profile::FIELDS;
    use crate::hook::provider::vector::VECTOR_FIELDS;
    use crate::hook::template::{filter_words, source_words};
    use crate::hook::time::Timestamp;
    use crate::hook::trial;

    /// The settings that are commented out, as runs of lines.
    fn blocks(text: &str) -> Vec<Vec<usize>> {
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let setting = line
                .strip_prefix('#')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '['));
            match blocks.last_mut() {
                Some(block) if setting && block.last() == Some(&(at - 1)) => block.push(at),
                _ if setting => blocks.push(vec![at]),
                _ => {}
            }
        }
        blocks
    }

    /// The text with these lines in force; a second place of the signature replaces the header.
    fn with(text: &str, block: &[usize]) -> String {
        let places = text
            .lines()
            .enumerate()
            .any(|(at, line)| block.contains(&at) && line.starts_with("#at = \"query"))
            || text
                .lines()
                .enumerate()
                .any(|(at, line)| block.contains(&at) && line.starts_with("#at = \"json"));
        let line = |(at, line): (usize, &str)| match block.contains(&at) {
            true => line.trim_start_matches('#').to_owned(),
            false if places && line.starts_with("header =") => String::new(),
            false => line.to_owned(),
        };
        text.lines().enumerate().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_loads_as_it_is_and_holds() {
        for id in ["acme", "my-2nd-shop", "x", "-", "acme-acme"] {
            let mut catalogue = Catalogue::builtin();
            let text = starter(id).unwrap();
            assert_eq!(catalogue.add("new.toml", &text).unwrap(), [id], "{id}");
            let provider = catalogue.get(id).unwrap();
            trial::trial(&provider, Timestamp::from_seconds(1_760_000_000)).unwrap();
            assert_eq!(provider.vectors().len(), 2);
            for vector in provider.vectors() {
                assert_eq!(trial::vector(&provider, vector).code, vector.expect, "{id} {:?}", vector.name);
            }
        }
        assert!(starter("my-2nd-shop").unwrap().contains("header = \"X-My-2nd-Shop-Signature\""));
        for id in ["", "Acme", "a b", "a]", "a\n", "é"] {
            assert!(starter(id).unwrap_err().contains("is not an id"), "{id}");
        }
    }

    #[test]
    fn every_setting_that_is_commented_out_loads() {
        let text = starter("acme").unwrap();
        let blocks = blocks(&text);
        assert!(blocks.len() > 20, "{}", blocks.len());
        for block in blocks {
            let changed = with(&text, &block);
            // A vector has one body, and a base needs no more than its name.
            let changed = if changed.contains("\nbody_base64") {
                changed.replacen("body = '{\"type\":\"order.paid\",\"id\":\"evt_1\"}'\n", "", 1)
            } else {
                changed
            };
            let added = Catalogue::builtin().add("new.toml", &changed);
            assert!(added.is_ok(), "{added:?}");
        }
    }

    #[test]
    fn every_field_and_every_word_of_the_language_is_explained() {
        let text = starter("acme").unwrap();
        let plain: Vec<&str> = text.lines().map(|line| line.trim_start_matches('#')).collect();
        let (profile, rest) =
            plain.split_at(plain.iter().position(|line| *line == "[[acme.handshake]]").unwrap());
        let (handshake, vector) =
            rest.split_at(rest.iter().position(|line| *line == "[[acme.vector]]").unwrap());
        let set =
            |lines: &[&str], name: &str| lines.iter().any(|line| line.starts_with(&format!("{name} = ")));
        for name in FIELDS.iter().filter(|name| !["handshake", "vector"].contains(name)) {
            assert!(set(profile, name), "{name}");
        }
        for name in HANDSHAKE_FIELDS {
            assert!(set(handshake, name), "{name}");
        }
        for name in VECTOR_FIELDS {
            assert!(set(vector, name), "{name}");
        }
        for word in source_words() {
            assert!(text.contains(&format!("{{{word}}}")) || text.contains(&format!("{{{word}:")), "{word}");
        }
        for word in filter_words() {
            assert!(text.split([' ', '\n']).any(|found| found == word), "{word}");
        }
        let wide = text.lines().find(|line| line.starts_with("# ") && line.chars().count() > 100);
        assert_eq!(wide, None);
    }
}
