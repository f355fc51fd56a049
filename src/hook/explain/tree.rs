//! A JSON text as objects and arrays, so that it can be written as a language
//! writes it after having read it. Keys and scalars stay as they stand.

use crate::hook::jsontext::{Kind, tokens, unescape};
use std::borrow::Cow;
use std::collections::HashMap;

/// Deeper than anything that is signed; what writes it recurses.
const DEEPEST: usize = 128;
/// A node takes a few times the bytes it stands for: no more than this of them.
const MOST_NODES: usize = 400_000;

/// One value.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Scalar(Kind, &'a [u8]),
    Array(Vec<Self>),
    Object(Vec<(&'a [u8], Self)>),
}

enum Open<'a> {
    Array(Vec<Node<'a>>),
    Object(Vec<(&'a [u8], Node<'a>)>, Option<&'a [u8]>),
}

/// Reads a text; `None` when it is not JSON, or too deep or too large to be tried.
pub(super) fn read(text: &[u8]) -> Option<Node<'_>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut root = None;
    for (at, token) in tokens(text).enumerate() {
        let token = token.ok().filter(|_| at < MOST_NODES)?;
        let done = match token.kind {
            Kind::BeginObject => {
                open.push(Open::Object(Vec::new(), None));
                None
            }
            Kind::BeginArray => {
                open.push(Open::Array(Vec::new()));
                None
            }
            Kind::EndObject | Kind::EndArray => Some(match open.pop()? {
                Open::Array(items) => Node::Array(items),
                Open::Object(members, _) => Node::Object(last_of_each(members)),
            }),
            Kind::Key => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = Some(token.text);
                }
                None
            }
            Kind::Colon | Kind::Comma => None,
            Kind::String | Kind::Number | Kind::Word => Some(Node::Scalar(token.kind, token.text)),
        };
        if open.len() > DEEPEST {
            return None;
        }
        if let Some(node) = done {
            match open.last_mut() {
                None => root = Some(node),
                Some(Open::Array(items)) => items.push(node),
                Some(Open::Object(members, key)) => members.push((key.take()?, node)),
            }
        }
    }
    root
}

/// Of members of one name, the last value in the place of the first: what
/// JavaScript, Python, PHP and Ruby make of them.
fn last_of_each<'a>(members: Vec<(&'a [u8], Node<'a>)>) -> Vec<(&'a [u8], Node<'a>)> {
    let mut places: HashMap<Cow<'a, [u8]>, usize> = HashMap::with_capacity(members.len());
    let mut kept: Vec<(&'a [u8], Node<'a>)> = Vec::with_capacity(members.len());
    for (key, node) in members {
        match places.get(&unescape(key)).and_then(|at| kept.get_mut(*at)) {
            Some(earlier) => earlier.1 = node,
            None => {
                places.insert(unescape(key), kept.len());
                kept.push((key, node));
            }
        }
    }
    kept
}
