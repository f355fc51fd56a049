//! The help of every command, long and short.

use super::Story;

/// Every command as it is typed, with those that only hold others.
fn commands() -> Vec<Vec<String>> {
    fn collect(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path: Vec<String> = path.iter().cloned().chain([inner.get_name().to_owned()]).collect();
            collect(inner, &path, found);
        }
    }
    let mut found = Vec::new();
    collect(&hookctl::cli::command(), &[], &mut found);
    found
}

#[test]
fn the_help_of_every_command() {
    for path in commands() {
        let name = if path.is_empty() { "hookctl".to_owned() } else { path.join("-") };
        for (flag, file) in [("-h", "short"), ("--help", "long")] {
            let words: Vec<&str> = path.iter().map(String::as_str).chain([flag]).collect();
            let mut story = Story::new();
            story.run(0, &words);
            story.golden(&format!("help/{name}.{file}.txt"));
        }
    }
}

#[test]
fn help_begins_with_what_the_command_does_and_ends_with_an_example() {
    for path in commands() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        for flag in ["-h", "--help"] {
            let story = Story::new();
            let help = story.home.run(words.iter().chain([&flag])).expect(0).out();
            let first = help.lines().next().unwrap();
            assert!(first.starts_with(|letter: char| letter.is_ascii_uppercase()), "{path:?}: {first}");
            assert!(!first.ends_with('.') && !first.contains('`'), "{path:?}: {first}");
            assert!(help.contains("\nExamples:\n  hookctl"), "{path:?} {flag}:\n{help}");
        }
    }
}

#[test]
fn help_asked_for_in_another_way_is_the_same() {
    let story = Story::new();
    for (one, other) in [
        (vec!["help", "listen"], vec!["listen", "--help"]),
        (vec!["help", "events", "show"], vec!["events", "show", "--help"]),
        (vec!["help"], vec!["--help"]),
    ] {
        assert_eq!(story.home.run(one).expect(0).out(), story.home.run(other).expect(0).out());
    }
}
