//! HTML that cannot be injected into: text becomes markup only by escaping, and
//! templates are constants of the program.

/// HTML that is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl Markup {
    /// A constant of the program.
    pub(super) fn of(constant: &'static str) -> Self {
        Self(constant.to_owned())
    }

    /// The document itself.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// More at the end.
    pub(super) fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<T: IntoIterator<Item = Markup>>(parts: T) -> Self {
        let mut whole = Self::default();
        parts.into_iter().for_each(|part| whole.push(&part));
        whole
    }
}

/// Any text, for content and for quoted attributes.
pub(super) fn text(text: impl AsRef<str>) -> Markup {
    let mut escaped = String::with_capacity(text.as_ref().len());
    for letter in text.as_ref().chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Controls show nothing, and browsers warn about them.
            letter if letter.is_control() && !matches!(letter, '\n' | '\t' | '\r') => {
                escaped.push('\u{fffd}');
            }
            letter => escaped.push(letter),
        }
    }
    Markup(escaped)
}

/// A template with `{name}` for each slot; a slot that is not given stays empty.
pub(super) fn fill(template: &'static str, slots: &[(&str, Markup)]) -> Markup {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some((_, markup)) = slots.iter().find(|(slot, _)| *slot == name) {
            filled.push_str(&markup.0);
        }
        rest = after;
    }
    filled.push_str(rest);
    Markup(filled)
}

/// The markup when `when`, else nothing.
pub(super) fn only(when: bool, constant: &'static str) -> Markup {
    if when { Markup::of(constant) } else { Markup::default() }
}

/// A whole document; `wide` for tables.
pub(super) fn document(title: &str, wide: bool, main: Markup) -> Markup {
    let class = only(wide, " class=\"wide\"");
    fill(include_str!("layout.html"), &[("title", text(title)), ("class", class), ("main", main)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let hostile = "<script>alert('1')</script> & \"quoted\" {name}\u{0}";
        let escaped = text(hostile).into_string();
        assert_eq!(
            escaped,
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quoted&quot; {name}\u{fffd}"
        );
    }

    #[test]
    fn slots_are_filled_once_and_what_is_filled_in_is_no_template() {
        let filled = fill("<p title=\"{a}\">{b}{missing}</p>", &[("a", text("{b}")), ("b", text("x\"y"))]);
        assert_eq!(filled.into_string(), "<p title=\"{b}\">x&quot;y</p>");
    }
}
