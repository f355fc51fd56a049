//! What a browser's form or a link's query carries: names and values in their order, bounded.

/// More fields than any page of ours has are not read.
const MOST_FIELDS: usize = 200;
/// Longer values are cut: nobody types that much into a form of the sandbox.
const LONGEST: usize = 10_000;

/// Fields in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2`, as a form's body or a link's query has it.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes).take(MOST_FIELDS);
        Self(fields.map(|(name, value)| (name.into_owned(), value.chars().take(LONGEST).collect())).collect())
    }

    /// The first value of this name, without white space around it; `None` where it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// Every value of this name.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Every field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_kept_in_order_and_bounded() {
        let form = Form::parse(b"reference_id=user+1%2F%C3%A9&tool=a&tool=b&empty=+&bad=%ff");
        assert_eq!(form.get("reference_id"), Some("user 1/\u{e9}"));
        assert_eq!(form.all("tool").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((form.get("empty"), form.get("missing")), (None, None));
        let many: String = (0..1_000).map(|number| format!("n={number}&")).collect();
        assert_eq!(Form::parse(many.as_bytes()).fields().count(), MOST_FIELDS);
        let long = format!("a={}", "x".repeat(100_000));
        assert_eq!(Form::parse(long.as_bytes()).get("a").map(str::len), Some(LONGEST));
    }
}
