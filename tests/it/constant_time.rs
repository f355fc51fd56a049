//! What holds a secret or a tag cannot be compared in a way that stops early:
//! it has no `==`, and no source compares its bytes with one.
//!
//! How long the comparison takes is measured by `cargo bench --bench constant_time`.

use hookctl::hook::digest::{Digester, Mac, Tag};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use std::marker::PhantomData;
use std::path::Path;

/// Tells whether a type has `==` and `{}` without needing that it has: an
/// associated constant of the type's own hides one of a trait.
struct Has<T>(PhantomData<T>);

trait Nothing {
    const EQUALITY: bool = false;
    const TEXT: bool = false;
}

impl<T> Nothing for Has<T> {}

impl<T: PartialEq> Has<T> {
    const EQUALITY: bool = true;
}

struct HasText<T>(PhantomData<T>);

impl<T> Nothing for HasText<T> {}

impl<T: std::fmt::Display> HasText<T> {
    const TEXT: bool = true;
}

#[test]
fn secrets_and_tags_have_no_equality_and_no_text() {
    let found = [
        ("Tag", Has::<Tag>::EQUALITY, HasText::<Tag>::TEXT),
        ("Mac", Has::<Mac>::EQUALITY, HasText::<Mac>::TEXT),
        ("Digester", Has::<Digester>::EQUALITY, HasText::<Digester>::TEXT),
        ("Secret", Has::<Secret>::EQUALITY, HasText::<Secret>::TEXT),
        ("Keys", Has::<Keys>::EQUALITY, HasText::<Keys>::TEXT),
    ];
    for (name, equality, text) in found {
        assert!(!equality, "`{name}` can be compared with ==");
        assert!(!text, "`{name}` can be printed");
    }
}

/// The control: the probe sees what is there.
#[test]
fn the_probe_sees_equality_and_text() {
    const {
        assert!(Has::<[u8; 32]>::EQUALITY && Has::<Vec<u8>>::EQUALITY);
        assert!(HasText::<String>::TEXT && !HasText::<Vec<u8>>::TEXT);
    }
}

/// Lines that compare bytes of a tag or a secret with an operator.
fn comparisons(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let bytes =
        |side: &str| side.contains(".as_bytes()") || side.contains(".expose()") || side.contains(".secret()");
    let of_tag = |side: &str| {
        bytes(side)
            && ["tag", "digest", "mac", "secret", "expose", "key"].iter().any(|word| side.contains(word))
    };
    let compares = |line: &&str| {
        ["==", "!="].iter().any(|operator| {
            line.split_once(operator).is_some_and(|(left, right)| of_tag(left) || of_tag(right))
        })
    };
    code.lines().filter(|line| !line.trim_start().starts_with("//")).filter(compares).collect()
}

#[test]
fn no_source_compares_the_bytes_of_a_tag_or_a_secret_with_an_operator() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The explainer compares a user's secret with the same secret written otherwise.
                if !path.ends_with("hook/explain") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                found.extend(comparisons(&source).iter().map(|line| format!("{}: {line}", path.display())));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_search_sees_what_it_looks_for() {
    assert_eq!(comparisons("if tag.as_bytes() == digest(body).as_bytes() {").len(), 1);
    assert_eq!(comparisons("let same = secret.expose() != given;").len(), 1);
    assert_eq!(comparisons("if key.secret() == token {").len(), 1);
    assert!(comparisons("// tag.as_bytes() == other\nlet same = tag.same(&other);").is_empty());
    assert!(comparisons("if prefix.as_bytes() == b\"v1\" {").is_empty());
}
