//! Puts texts into the places of a template, in one pass: what was put in is not looked at again.

/// Replaces each `{{name}}` of a template by its text; a place without one stays as it is.
pub(super) fn fill(template: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let found = after.split_once("}}").and_then(|(name, behind)| {
            places.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text, behind))
        });
        match found {
            Some((text, behind)) => {
                filled.push_str(text);
                rest = behind;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_not_looked_at_again() {
        let places = [("a", "{{b}}"), ("b", "x")];
        assert_eq!(fill("1 {{a}} 2 {{b}} {{c}} {{", &places), "1 {{b}} 2 x {{c}} {{");
    }
}
