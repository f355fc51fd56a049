//! Pages: source text with conditions, and what a language can spell.
//!
//! A line that begins with `%%` is an order: `%% def NAME = TEXT` spells a
//! placeholder, a filter or a word; `%% lacks WORD = REASON` says what the
//! language cannot do; `%% if WORDS`, `%% else` and `%% end` enclose lines, of
//! which `WORDS` are all to hold, `a|b` when one does and `!a` when it does not.
//! `@{name}` in other lines is replaced.

use super::facts::Facts;

/// The orders' mark.
const MARK: &str = "%%";

/// A language's page; two may share one.
pub(super) struct Page {
    language: &'static str,
    text: &'static str,
}

impl Page {
    pub(super) const fn new(language: &'static str, text: &'static str) -> Self {
        Self { language, text }
    }

    /// The orders of one kind, as name and text.
    fn orders(&self, kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.text.lines().filter_map(move |line| {
            let rest = line.strip_prefix(MARK)?.trim_start().strip_prefix(kind)?.strip_prefix(' ')?;
            rest.split_once(" = ").map(|(name, text)| (name.trim(), text))
        })
    }

    /// How the language spells `name`: as `NAME-LANGUAGE`, or as `NAME` where the page makes no difference.
    pub(super) fn spelling(&self, name: &str) -> Option<&'static str> {
        let own = |known: &str| known.strip_prefix(name)?.strip_prefix('-').map(|rest| rest == self.language);
        let spelled = |(known, text): (&'static str, &'static str)| {
            (known == name || own(known) == Some(true)).then_some(text)
        };
        self.orders("def").find_map(spelled)
    }

    /// Why the language cannot do what one of these words asks for.
    pub(super) fn lack(&self, words: &[&str]) -> Option<&'static str> {
        self.orders("lacks").find(|(word, _)| words.contains(word)).map(|(_, reason)| reason)
    }

    /// The words of all conditions.
    #[cfg(test)]
    pub(super) fn conditions(&self) -> impl Iterator<Item = &'static str> {
        let order = |line: &'static str| line.strip_prefix(MARK)?.trim_start().strip_prefix("if ");
        let lines = self.text.lines().filter_map(order);
        lines.flat_map(|words| words.split([' ', '|', '!']).filter(|word| !word.is_empty()))
    }

    /// The page as source text.
    pub(super) fn fill(&self, facts: &Facts) -> String {
        let mut text = String::new();
        let mut open: Vec<bool> = Vec::new();
        for line in self.text.lines() {
            match line.strip_prefix(MARK).map(str::trim) {
                Some("else") => {
                    if let Some(last) = open.last_mut() {
                        *last = !*last;
                    }
                }
                Some("end") => drop(open.pop()),
                Some(order) => {
                    if let Some(words) = order.strip_prefix("if ") {
                        open.push(holds(words, &facts.words));
                    }
                }
                // Blocks that are left out leave no gap.
                None if line.is_empty() && text.ends_with("\n\n") => {}
                None if open.iter().all(|open| *open) => {
                    replace(line, facts, &mut text);
                    text.push('\n');
                }
                None => {}
            }
        }
        text
    }
}

fn holds(condition: &str, words: &[&str]) -> bool {
    let word = |word: &str| match word.strip_prefix('!') {
        Some(word) => !words.contains(&word),
        None => words.contains(&word),
    };
    condition.split_whitespace().all(|group| group.split('|').any(word))
}

/// One pass: what a value holds is never replaced again.
fn replace(line: &str, facts: &Facts, text: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("@{") {
        text.push_str(before);
        let value = after.split_once('}').and_then(|(name, tail)| Some((facts.value(name)?, tail)));
        match value {
            Some((value, tail)) => {
                text.push_str(value);
                rest = tail;
            }
            None => {
                text.push_str("@{");
                rest = after;
            }
        }
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "%% def body = raw\n%% def target-deno = other\n%% def target-node = own\n%% lacks b = no b here\nstart\n%% if a|x\nboth @{name}\n%% if !c d\n\
                        inner\n%% else\nother\n%% end\n%% end\nend @{unknown} @{";

    fn facts(words: &[&'static str]) -> Facts {
        Facts { words: words.to_vec(), values: vec![("name", "@{name}".to_owned())] }
    }

    #[test]
    fn lines_stand_under_their_conditions() {
        let page = Page::new("node", PAGE);
        assert_eq!(page.fill(&facts(&[])), "start\nend @{unknown} @{\n");
        assert_eq!(page.fill(&facts(&["a", "d"])), "start\nboth @{name}\ninner\nend @{unknown} @{\n");
        assert_eq!(page.fill(&facts(&["x", "c", "d"])), "start\nboth @{name}\nother\nend @{unknown} @{\n");
    }

    #[test]
    fn spellings_and_lacks_are_found() {
        let page = Page::new("node", PAGE);
        assert_eq!((page.spelling("body"), page.spelling("bod")), (Some("raw"), None));
        assert_eq!((page.spelling("target"), page.spelling("target-deno")), (Some("own"), Some("other")));
        assert_eq!(page.lack(&["a", "b"]), Some("no b here"));
        assert_eq!(page.conditions().collect::<Vec<_>>(), ["a", "x", "c", "d"]);
    }
}
