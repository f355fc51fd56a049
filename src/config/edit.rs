//! Changes one line of a settings file and leaves the rest as the user wrote it.

/// The text of a settings file with one line changed, added (`Some`) or taken away (`None`).
/// Everything else stays as the user wrote it.
///
/// # Errors
/// When the line cannot be changed without touching others.
pub fn with_line(text: &str, key: &str, value: Option<&str>) -> Result<String, String> {
    let line = value.map(|value| format!("{key} = {value}"));
    let is_it = |candidate: &str| candidate.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let mut lines: Vec<String> = Vec::new();
    let mut placed = false;
    for old in text.lines() {
        if !is_it(old) {
            lines.push(old.to_owned());
        } else if let Some(line) = line.as_ref().filter(|_| !placed) {
            lines.push(line.clone());
            placed = true;
        }
    }
    lines.extend(line.filter(|_| !placed));
    let mut changed = lines.join("\n");
    if !changed.is_empty() {
        changed.push('\n');
    }
    verify(text, &changed, key, value)?;
    Ok(changed)
}

/// Nothing but the one value may have changed, however the file was written.
fn verify(before: &str, after: &str, key: &str, value: Option<&str>) -> Result<(), String> {
    let table = |text: &str| toml::from_str::<toml::Table>(text).map_err(|error| error.message().to_owned());
    let (mut before, mut after) = (table(before)?, table(after)?);
    before.remove(key);
    let wanted = value.map(|value| table(&format!("{key} = {value}"))).transpose()?;
    let wanted = wanted.and_then(|mut wanted| wanted.remove(key));
    if after.remove(key) == wanted && before == after {
        return Ok(());
    }
    Err(format!("`{key}` is written over several lines there; edit the file by hand"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_changed_and_the_rest_stays_as_it_was() {
        let text = "# mine\nport = 1 # why\n\nanswer = \"ack\"";
        assert_eq!(with_line(text, "port", Some("2")).unwrap(), "# mine\nport = 2\n\nanswer = \"ack\"\n");
        assert_eq!(with_line(text, "port", None).unwrap(), "# mine\n\nanswer = \"ack\"\n");
        assert_eq!(
            with_line(text, "output", Some("\"json\"")).unwrap(),
            format!("{text}\noutput = \"json\"\n")
        );
        assert_eq!(with_line("", "port", None).unwrap(), "");
        let several = "forward = [\n  \"3000\",\n]\n";
        assert!(with_line(several, "forward", Some("\"1\"")).is_err());
        assert!(with_line("port = ", "answer", None).is_err());
    }
}
