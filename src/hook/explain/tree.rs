//! A JSON text as objects and arrays, so that it can be written as a language
//! writes it after having read it. Keys and scalars stay as they stand.
//!
//! What every way of writing would have to find out again is found out once:
//! which strings hold what some languages escape, what numbers become, the
//! orders of keys, and how much all of it is.

use super::numbers::{Forms, Number};
use super::strings::Text;
use crate::hook::jsontext::{Kind, tokens, unescape};
use std::borrow::Cow;
use std::collections::HashMap;

/// Deeper than anything that is signed; what writes it recurses.
const DEEPEST: usize = 128;
/// A node takes a few times the bytes it stands for: no more than this of them.
const MOST_TOKENS: usize = 400_000;
/// Keys of an object that are compared with each other; more are looked up.
const FEW: usize = 8;

/// One value.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Word(&'a [u8]),
    Number(Number<'a>),
    String(Text<'a>),
    Array(Vec<Self>),
    Object(Box<Object<'a>>),
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) key: Text<'a>,
    pub(super) value: Node<'a>,
}

/// An object, and the orders that its members are written in.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// Sorted by key; `None` where that is how they stand.
    pub(super) sorted: Option<Box<[u32]>>,
    /// Keys that are array indices first, by number (ECMA-262, OrdinaryOwnPropertyKeys).
    pub(super) javascript: Option<Box<[u32]>>,
}

/// What there is in a text, and how much of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// Of all strings together.
    pub(super) traits: u8,
    /// Whether an object stands in another order than sorted, and than JavaScript's.
    pub(super) unsorted: bool,
    pub(super) out_of_index: bool,
    /// Whether there is an object without members.
    pub(super) empty_object: bool,
    pub(super) nodes: usize,
    /// The bytes of keys, scalars and brackets.
    pub(super) bytes: usize,
    pub(super) commas: usize,
    pub(super) colons: usize,
    /// Lines that an indented text has after its first, and what they are indented by in all.
    pub(super) lines: usize,
    pub(super) levels: usize,
    /// The same of what is empty, where that has lines.
    pub(super) empty_lines: usize,
    pub(super) empty_levels: usize,
    /// What escapes may add at most.
    pub(super) escapes: usize,
}

/// A text that was read.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) root: Node<'a>,
    pub(super) forms: Forms,
    pub(super) shape: Shape,
}

/// Why a text cannot be written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    NotJson,
    /// Too deep, or too much of it.
    TooMuch,
}

enum Open<'a> {
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>, Option<Text<'a>>),
}

/// Reads a text.
pub(super) fn read(text: &[u8]) -> Result<Tree<'_>, Unread> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut open: Vec<Open<'_>> = Vec::new();
    let (mut root, mut forms) = (None, Forms::default());
    for (at, token) in tokens(text).enumerate() {
        let token = token.map_err(|_| Unread::NotJson)?;
        let done = match token.kind {
            Kind::BeginObject => {
                open.push(Open::Object(Vec::new(), None));
                None
            }
            Kind::BeginArray => {
                open.push(Open::Array(Vec::new()));
                None
            }
            Kind::EndObject | Kind::EndArray => open.pop().map(closed),
            Kind::Key => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = Some(Text::new(token.text));
                }
                None
            }
            Kind::Colon | Kind::Comma => None,
            Kind::String => Some(Node::String(Text::new(token.text))),
            Kind::Number => Some(Node::Number(forms.number(token.text))),
            Kind::Word => Some(Node::Word(token.text)),
        };
        if open.len() > DEEPEST || at >= MOST_TOKENS {
            return Err(Unread::TooMuch);
        }
        if let Some(node) = done {
            match open.last_mut() {
                None => root = Some(node),
                Some(Open::Array(items)) => items.push(node),
                Some(Open::Object(members, key)) => {
                    let key = key.take().ok_or(Unread::NotJson)?;
                    members.push(Member { key, value: node });
                }
            }
        }
    }
    let root = root.ok_or(Unread::NotJson)?;
    let mut shape = Shape::default();
    shape.add(&root, 0);
    Ok(Tree { root, forms, shape })
}

fn closed(open: Open<'_>) -> Node<'_> {
    match open {
        Open::Array(items) => Node::Array(items),
        Open::Object(members, _) => {
            let members = last_of_each(members);
            let sorted = order(&members, |members, order| {
                order.sort_by_cached_key(|at| key(members, *at));
            });
            let javascript = members.iter().any(|member| index(member.key.token).is_some()).then(|| {
                // The sort is stable: the other keys stay in their order behind.
                order(&members, |members, order| {
                    order.sort_by_key(|at| {
                        members
                            .get(*at as usize)
                            .and_then(|member| index(member.key.token))
                            .unwrap_or(u32::MAX)
                    });
                })
            });
            Node::Object(Box::new(Object { sorted, javascript: javascript.flatten(), members }))
        }
    }
}

fn key<'a>(members: &[Member<'a>], at: u32) -> Cow<'a, [u8]> {
    members.get(at as usize).map(|member| unescape(member.key.token)).unwrap_or_default()
}

/// An order of members; `None` where they stand in it.
fn order<'a>(members: &[Member<'a>], sort: impl FnOnce(&[Member<'a>], &mut [u32])) -> Option<Box<[u32]>> {
    let mut order: Vec<u32> = (0..u32::try_from(members.len()).unwrap_or(u32::MAX)).collect();
    sort(members, &mut order);
    (!order.is_sorted()).then(|| order.into())
}

/// Of members of one name, the last value in the place of the first: what
/// JavaScript, Python, PHP and Ruby make of them.
fn last_of_each(members: Vec<Member<'_>>) -> Vec<Member<'_>> {
    let mut places: HashMap<Cow<'_, [u8]>, usize> = HashMap::new();
    let mut kept: Vec<Member<'_>> = Vec::with_capacity(members.len());
    let few = members.len() <= FEW;
    for member in members {
        let name = unescape(member.key.token);
        let place = if few {
            kept.iter().position(|earlier| unescape(earlier.key.token) == name)
        } else {
            places.get(&name).copied()
        };
        match place.and_then(|at| kept.get_mut(at)) {
            Some(earlier) => earlier.value = member.value,
            None => {
                if !few {
                    places.insert(name, kept.len());
                }
                kept.push(member);
            }
        }
    }
    kept
}

fn index(key: &[u8]) -> Option<u32> {
    let text = key.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if text.first() == Some(&b'0') && text.len() > 1 || text.len() > 10 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl Shape {
    /// As deep as the tree, which is bounded.
    fn add(&mut self, node: &Node<'_>, depth: usize) {
        self.nodes += 1;
        match node {
            Node::Word(token) => self.bytes += token.len(),
            Node::Number(number) => self.bytes += number.token.len(),
            Node::String(text) => self.text(text),
            Node::Array(items) => {
                self.container(items.len(), depth);
                items.iter().for_each(|item| self.add(item, depth + 1));
            }
            Node::Object(object) => {
                self.container(object.members.len(), depth);
                self.colons += object.members.len();
                self.unsorted |= object.sorted.is_some();
                self.out_of_index |= object.javascript.is_some();
                self.empty_object |= object.members.is_empty();
                for member in &object.members {
                    self.text(&member.key);
                    self.add(&member.value, depth + 1);
                }
            }
        }
    }

    fn container(&mut self, inside: usize, depth: usize) {
        self.bytes += 2;
        self.commas += inside.saturating_sub(1);
        if inside > 0 {
            self.lines += inside + 1;
            self.levels += inside * (depth + 1) + depth;
        } else {
            self.empty_lines += 2;
            self.empty_levels += depth;
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        self.bytes += text.token.len();
        self.traits |= text.traits;
        self.escapes += text.escapes();
    }
}
