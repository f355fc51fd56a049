//! Every example that help or a manual page gives is a command line that parses.

use hookctl::cli;

/// The words of a line as a shell would split it, up to a pipe or a redirection.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<') => break,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The example lines of every command.
fn examples(command: &clap::Command, found: &mut Vec<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    found.extend(
        text.lines().filter(|line| line.starts_with("  hookctl ")).map(|line| line.trim().to_owned()),
    );
    for inner in command.get_subcommands() {
        examples(inner, found);
    }
}

#[test]
fn every_example_of_the_help_parses_and_fits_a_narrow_terminal() {
    let mut found = Vec::new();
    examples(&cli::command(), &mut found);
    assert!(found.len() > 30, "{found:?}");
    for line in found {
        assert!(line.len() <= 78, "wraps in 80 columns: {line}");
        let parsed = cli::command().try_get_matches_from(words(&line));
        assert!(parsed.is_ok(), "{line}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn words_are_split_as_a_shell_does() {
    assert_eq!(words("a 'b c' \"d\" e='f g' > h"), ["a", "b c", "d", "e=f g"]);
}
