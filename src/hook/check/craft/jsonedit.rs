//! Writes JSON otherwise, token by token: what is not changed keeps its spelling.

use crate::hook::jsontext::{Kind, Token, tokens, unescape};

/// Deeper than any payload; the paths are kept for each level.
const DEEPEST: usize = 128;

/// One member of an object or item of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name; nothing in an array.
    pub(super) key: Option<String>,
    /// Its text: for a member name, colon and value.
    pub(super) text: Vec<u8>,
}

impl Member {
    /// A member with this text as its value.
    pub(super) fn new(key: &str, value: &str) -> Self {
        let name = serde_json::Value::from(key);
        Self { key: Some(key.to_owned()), text: format!("{name}:{value}").into_bytes() }
    }

    /// Its path, given that of the object it is in.
    pub(super) fn path_in(&self, object: &str) -> String {
        let key = self.key.as_deref().unwrap_or_default();
        if object.is_empty() { key.to_owned() } else { format!("{object}.{key}") }
    }
}

/// An object or array that is being read.
struct Open {
    object: bool,
    path: String,
    members: Vec<Member>,
    current: Member,
}

impl Open {
    fn new(kind: Kind, path: String) -> Self {
        let object = kind == Kind::BeginObject;
        Self { object, path, members: Vec::new(), current: Member { key: None, text: Vec::new() } }
    }

    /// Ends a member at a comma or a bracket.
    fn end_member(&mut self) {
        let member = std::mem::replace(&mut self.current, Member { key: None, text: Vec::new() });
        if !member.text.is_empty() {
            self.members.push(member);
        }
    }

    /// The path of what is being read inside of it.
    fn inner_path(&self) -> String {
        let key = match &self.current.key {
            Some(key) => key.clone(),
            None => self.members.len().to_string(),
        };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    fn written(self) -> Vec<u8> {
        let (begin, end) = if self.object { (b"{", b"}") } else { (b"[", b"]") };
        let members: Vec<Vec<u8>> = self.members.into_iter().map(|member| member.text).collect();
        [begin.as_slice(), &members.join(&b','), end].concat()
    }
}

/// The text with the members of every object as `edit` wants them, given the
/// object's path such as `data.items.0`. White space between tokens is left out.
/// `None` when it is not JSON, or deeper than any payload.
pub(super) fn with_members(
    text: &[u8],
    mut edit: impl FnMut(&str, Vec<Member>) -> Vec<Member>,
) -> Option<Vec<u8>> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = Vec::new();
    for token in tokens(text) {
        let token = token.ok()?;
        match token.kind {
            Kind::BeginObject | Kind::BeginArray => {
                if open.len() == DEEPEST {
                    return None;
                }
                let path = open.last().map_or_else(String::new, Open::inner_path);
                open.push(Open::new(token.kind, path));
            }
            Kind::EndObject | Kind::EndArray => {
                let mut ended = open.pop()?;
                ended.end_member();
                if ended.object {
                    ended.members = edit(&ended.path, ended.members);
                }
                let text = ended.written();
                open.last_mut().map_or(&mut root, |above| &mut above.current.text).extend(text);
            }
            Kind::Comma => open.last_mut()?.end_member(),
            _ => {
                if let (Kind::Key, Some(above)) = (token.kind, open.last_mut()) {
                    above.current.key = Some(String::from_utf8_lossy(&unescape(token.text)).into_owned());
                }
                open.last_mut().map_or(&mut root, |above| &mut above.current.text).extend(token.text);
            }
        }
    }
    Some(root)
}

/// The text with members added to its outermost object, or to that in its first item.
pub(super) fn with_more(text: &[u8], more: &[Member]) -> Option<Vec<u8>> {
    let place = outermost(text)?;
    with_members(text, |path, mut members| {
        if path == place {
            members.extend_from_slice(more);
        }
        members
    })
}

/// The path of the first object that is opened.
pub(super) fn outermost(text: &[u8]) -> Option<&'static str> {
    let mut kinds = tokens(text).map_while(Result::ok).map(|token| token.kind);
    match (kinds.next()?, kinds.next()?) {
        (Kind::BeginObject, _) => Some(""),
        (Kind::BeginArray, Kind::BeginObject) => Some("0"),
        _ => None,
    }
}

/// Each member on a line of its own, indented by two spaces.
pub(super) fn indented(text: &[u8], line: &str) -> Option<Vec<u8>> {
    let mut written = Vec::with_capacity(text.len() * 2);
    let mut before = None;
    for token in tokens(text) {
        let Token { kind, text, depth, .. } = token.ok()?;
        let opened = matches!(before, Some(Kind::BeginObject | Kind::BeginArray));
        let closes = matches!(kind, Kind::EndObject | Kind::EndArray);
        if (opened && !closes) || before == Some(Kind::Comma) || (closes && !opened) {
            written.extend_from_slice(line.as_bytes());
            written.extend_from_slice("  ".repeat(depth).as_bytes());
        }
        written.extend_from_slice(text);
        if kind == Kind::Colon {
            written.push(b' ');
        }
        before = Some(kind);
    }
    Some(written)
}

/// White space in every place where JSON allows it.
pub(super) fn spaced(text: &[u8]) -> Option<Vec<u8>> {
    let mut written = b" ".to_vec();
    for token in tokens(text) {
        let token = token.ok()?;
        written.extend_from_slice(token.text);
        written.extend_from_slice(match token.kind {
            Kind::Comma => b"\n\t",
            Kind::Colon => b"\t ",
            _ => b" ",
        });
    }
    Some(written)
}

/// The text with every `/` in its strings escaped; the second value says whether there was one.
pub(super) fn escaped_slashes(text: &[u8]) -> (Vec<u8>, bool) {
    let mut written = Vec::with_capacity(text.len() + 16);
    let mut escaped = false;
    for byte in text {
        if *byte == b'/' && !escaped {
            written.push(b'\\');
        }
        written.push(*byte);
        escaped = *byte == b'\\' && !escaped;
    }
    let any = written.len() > text.len();
    (written, any)
}

/// The last string value that a person wrote, as far as one can tell: it holds a space.
pub(super) fn prose(text: &[u8]) -> Option<Token<'_>> {
    let strings = tokens(text).map_while(Result::ok).filter(|token| token.kind == Kind::String);
    strings.filter(|token| token.text.contains(&b' ')).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: Option<Vec<u8>>) -> String {
        String::from_utf8(written.unwrap()).unwrap()
    }

    #[test]
    fn members_are_changed_by_their_place_and_keep_their_spelling() {
        let body = br#" { "a" : 1.10 , "b":{"c":"\u00e9", "d":[ {"e":null}, 2 ]}, "x.y":{} } "#;
        let mut places = Vec::new();
        let same = with_members(body, |path, members| {
            places.push(path.to_owned());
            members
        });
        assert_eq!(text(same), r#"{"a":1.10,"b":{"c":"\u00e9","d":[{"e":null},2]},"x.y":{}}"#);
        assert_eq!(places, ["b.d.0", "b", "x.y", ""]);
        let without = with_members(body, |path, mut members| {
            members.retain(|member| member.path_in(path) != "b.d.0.e");
            members
        });
        assert!(text(without).contains(r#""d":[{},2]"#));
        assert_eq!(text(with_more(b"{}", &[Member::new("a", "1")])), r#"{"a":1}"#);
        assert_eq!(text(with_more(br#"[{"b":2},{}]"#, &[Member::new("a", "1")])), r#"[{"b":2,"a":1},{}]"#);
    }

    #[test]
    fn white_space_is_put_where_json_allows_it() {
        assert_eq!(
            text(indented(br#"{"a":[1,{}],"b":[]}"#, "\n")),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
        );
        assert_eq!(text(spaced(br#"{"a":[1,2]}"#)), " { \"a\" :\t [ 1 ,\n\t2 ] } ");
    }

    #[test]
    fn slashes_are_escaped_once() {
        let (escaped, any) = escaped_slashes(br#"{"a":"x/y\/z\\/"}"#);
        assert_eq!((text(Some(escaped)).as_str(), any), (r#"{"a":"x\/y\/z\\\/"}"#, true));
        assert!(!escaped_slashes(b"{}").1);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_left_alone() {
        let deep = ["[".repeat(DEEPEST + 1), "]".repeat(DEEPEST + 1)].concat();
        for body in ["", "{", "[1,]", "nil", &deep] {
            assert_eq!(with_members(body.as_bytes(), |_, members| members), None, "{body}");
        }
    }
}
