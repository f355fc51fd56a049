use super::*;
use proptest::prelude::*;

struct Fixed;

impl Lookup for Fixed {
    fn lookup(&self, source: &Source) -> Option<Cow<'_, [u8]>> {
        match source {
            Source::Body => Some(Cow::Borrowed(b"\xffBody")),
            Source::Id => Some(Cow::Borrowed(b"")),
            Source::Json(path) if path.as_str() == "a.b" => Some(Cow::Borrowed(b"say \"hi\"")),
            _ => None,
        }
    }

    fn hmac(&self, data: &[u8]) -> Option<Tag> {
        Tag::from_bytes(data)
    }
}

fn rendered(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    Template::parse(text).unwrap().render(&Fixed, &mut out);
    out
}

#[test]
fn placeholders_are_replaced_and_json_is_literal() {
    assert_eq!(rendered("v0:{body}."), b"v0:\xffBody.");
    assert_eq!(rendered(r#"{"type":1}"#), br#"{"type":1}"#);
    assert_eq!(rendered(r#"{"c":"{json:a.b|json}"}"#), br#"{"c":"say \"hi\""}"#);
    assert_eq!(rendered("{}{ x}{X}{body}}"), b"{}{ x}{X}\xffBody}");
    assert_eq!(rendered("[{ts}{header:X-Y}{json:z}]"), b"[]");
}

#[test]
fn filters_are_applied_from_left_to_right() {
    assert_eq!(rendered("{json:a.b|sha256|hex}").len(), 64);
    assert_eq!(rendered("{body|hex|upper}"), b"FF426F6479");
    assert_eq!(rendered("{body|lower}"), b"\xffbody");
    assert_eq!(rendered("{body|hmac|base64}"), b"/0JvZHk=");
    assert_eq!(rendered("{body|base64url}"), b"_0JvZHk");
    assert_eq!(rendered("{json:a.b|crc32}"), crc32fast::hash(b"say \"hi\"").to_string().as_bytes());
}

#[test]
fn a_complete_rendering_has_every_placeholder() {
    let complete = |text| Template::parse(text).unwrap().render_complete(&Fixed);
    assert!(complete("{json:a.b}-{body}").is_some());
    assert_eq!(complete("{json:a.c}"), None);
    assert_eq!(complete("{id}"), None, "an empty part is no part of a key");
}

#[test]
fn mistakes_are_named() {
    for (text, message) in [
        ("{bdy}", "unknown source `bdy`; did you mean `body`?"),
        ("{header}", "`header` needs a name after a colon, as in `header:name`"),
        ("{header:}", "`header` needs a name after a colon, as in `header:name`"),
        ("{ts:1}", "`ts` takes nothing after a colon"),
        ("{body|sha265}", "unknown filter `sha265`; did you mean `sha256`?"),
        ("{json:a..b}", "`a..b` is not a path such as `data.id` or `events.0.type`"),
        ("{body", "`{body` has no closing brace"),
        ("x {json:a", "`{json:a` has no closing brace"),
    ] {
        assert_eq!(Template::parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn sources_are_written_as_they_are_read() {
    for text in ["body", "public_key", "header:X-Y", "json:a.0.b", "form:f", "query:hub.challenge"] {
        assert_eq!(Source::parse(text).unwrap().to_string(), text);
    }
}

proptest! {
    #[test]
    fn any_text_is_a_template_or_an_error(text in r"[{}|:a-z_.é0]{0,24}|.{0,24}") {
        if let Ok(template) = Template::parse(&text) {
            let mut out = Vec::new();
            template.render(&Fixed, &mut out);
        }
    }

    #[test]
    fn text_without_braces_is_itself(text in "[^{]{0,40}") {
        prop_assert_eq!(rendered(&text), text.as_bytes());
    }
}
