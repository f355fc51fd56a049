//! Writes a value in a style, in bounded space.

use super::strings::Text;
use super::styles::{Layout, Order, Style};
use super::tree::{Member, Node, Object, Shape, Tree};

/// What a text may become: this many times its own size, and a little.
const MOST_TIMES: usize = 4;
const LITTLE: usize = 64 << 10;

/// The longest that a text of this length is written as.
pub(super) const fn longest(length: usize) -> usize {
    MOST_TIMES.saturating_mul(length).saturating_add(LITTLE)
}

/// No less than what the text is written as in a style, but for PowerShell's, whose columns depend on the keys.
pub(super) fn estimate(tree: &Tree<'_>, style: &Style) -> usize {
    let Shape { bytes, commas, colons, lines, levels, empty_lines, empty_levels, escapes, .. } = tree.shape;
    let between = commas * style.comma.len() + colons * style.colon.len();
    let line = style.line.len();
    let layout = match style.layout {
        Layout::Line => 0,
        Layout::Lines(indent) => lines * line + levels * indent.len(),
        // Arrays have spaces where others have lines.
        Layout::Jackson => lines * (line + 1) + levels * 2 + 2 * tree.shape.nodes,
        Layout::Ruby => (lines + empty_lines) * line + (levels + empty_levels) * 2,
        // The columns depend on the keys; the writer stops where it is too much.
        Layout::PowerShell => (lines + empty_lines) * line + (levels + empty_levels) * 4,
    };
    let numbers = tree.forms.more.get(style.numbers as usize).copied().unwrap_or_default();
    let words = 2 * tree.shape.nodes;
    bytes + between + layout + escapes + numbers + words + style.end.len()
}

/// Writes a value over what was written before; false where it is too long.
pub(super) fn write(node: &Node<'_>, tree: &Tree<'_>, style: &Style, most: usize, out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut writer = Writer { tree, style, most, out };
    writer.value(node, 0);
    writer.out.extend_from_slice(style.end.as_bytes());
    writer.out.len() <= most
}

struct Writer<'w, 'a> {
    tree: &'w Tree<'a>,
    style: &'w Style,
    most: usize,
    out: &'w mut Vec<u8>,
}

impl Writer<'_, '_> {
    /// As deep as the tree, which is bounded.
    fn value(&mut self, node: &Node<'_>, depth: usize) {
        match node {
            Node::Word(token) => {
                let word = ["true", "false", "null"].iter().position(|word| word.as_bytes() == *token);
                let word =
                    word.and_then(|at| self.style.words.get(at)).map_or(*token, |word| word.as_bytes());
                self.out.extend_from_slice(word);
            }
            Node::Number(number) => self.tree.forms.write(*number, self.style.numbers, self.out),
            Node::String(text) => self.string(text),
            Node::Array(items) => self.array(items, depth),
            Node::Object(object) => self.object(object, depth),
        }
    }

    fn array(&mut self, items: &[Node<'_>], depth: usize) {
        let (inner, outer) = self.columns(depth);
        let inline = self.style.layout == Layout::Jackson;
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if self.out.len() > self.most {
                return;
            }
            self.comma(at);
            if inline {
                self.out.push(b' ');
            } else {
                self.new_line(inner);
            }
            // Jackson's arrays stand on the line and indent nothing.
            self.value(item, if inline { depth } else { depth + 1 });
        }
        if inline {
            self.out.push(b' ');
        } else {
            self.close(items.is_empty(), true, outer);
        }
        self.out.push(b']');
    }

    fn object(&mut self, object: &Object<'_>, depth: usize) {
        if object.members.is_empty() && self.style.lists {
            return self.out.extend_from_slice(b"[]");
        }
        let (inner, outer) = self.columns(depth);
        self.out.push(b'{');
        let order = match self.style.order {
            Order::AsItStands => None,
            Order::Sorted => object.sorted.as_deref(),
            Order::JavaScript => object.javascript.as_deref(),
        };
        for at in 0..object.members.len() {
            if self.out.len() > self.most {
                return;
            }
            let place = order.and_then(|order| order.get(at)).map_or(at, |place| *place as usize);
            let Some(Member { key, value }) = object.members.get(place) else { continue };
            self.comma(at);
            self.new_line(inner);
            self.string(key);
            self.out.extend_from_slice(self.style.colon.as_bytes());
            self.value(value, depth + 1);
        }
        match self.style.layout {
            Layout::Jackson if object.members.is_empty() => self.out.push(b' '),
            _ => self.close(object.members.is_empty(), false, outer),
        }
        self.out.push(b'}');
    }

    /// Where what is inside of a bracket begins, and the bracket that closes it.
    fn columns(&self, depth: usize) -> (usize, usize) {
        match self.style.layout {
            Layout::PowerShell => {
                let line = memchr::memrchr(b'\n', self.out).map_or(0, |at| at + 1);
                let line = self.out.get(line..).unwrap_or_default();
                // A letter is one column, however many bytes it has.
                let column = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
                (column + 4, column)
            }
            _ => (depth + 1, depth),
        }
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.out.extend_from_slice(self.style.comma.as_bytes());
        }
    }

    fn close(&mut self, empty: bool, is_array: bool, column: usize) {
        match self.style.layout {
            // An empty line stands where the members would.
            Layout::PowerShell if empty => self.out.extend_from_slice(self.style.line.as_bytes()),
            Layout::Ruby if empty && is_array => self.out.extend_from_slice(self.style.line.as_bytes()),
            Layout::Ruby => {}
            _ if empty => return,
            _ => {}
        }
        self.new_line(column);
    }

    fn new_line(&mut self, column: usize) {
        let indent = match self.style.layout {
            // What is too much already needs no more lines.
            _ if self.out.len() > self.most => return,
            Layout::Line => return,
            Layout::Lines(indent) => indent,
            Layout::Jackson | Layout::Ruby => "  ",
            Layout::PowerShell => " ",
        };
        self.out.extend_from_slice(self.style.line.as_bytes());
        for _ in 0..column {
            self.out.extend_from_slice(indent.as_bytes());
        }
    }

    fn string(&mut self, text: &Text<'_>) {
        self.style.strings.write(text, self.style.slashes, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::styles::STYLES;
    use super::super::tree::read;
    use super::*;

    fn texts() -> Vec<String> {
        let mut texts: Vec<String> = [
            r#"{"b":1,"a":[true,{"z":null,"c":[]},{}],"10":"x","9":"y"}"#,
            r#"{"é":"Ça <va> & 'bien' \"=`+/\\\n\t\u001f\b","\u00e9":"\/\u003c\u2028 ","x":"😀"}"#,
            "[1.0,1.50,-0.0,-0,1e15,1e16,1E20,1e-7,12345678901234567890,0.00001,5e-324,1.10]",
            r#""a \"string\"""#,
            "[[[],[[]],{}],{\"a\":{\"b\":{\"c\":[]}}}]",
            r#"{"bad":"\ud800","twice":1,"twice":2}"#,
            "null",
        ]
        .map(str::to_owned)
        .into();
        texts.push("[".repeat(100) + "1,1,1,1" + &"]".repeat(100));
        texts.push(format!("[{}\"'\"]", "\"'<&+`\u{7f}'é\",".repeat(50)));
        texts
    }

    #[test]
    fn nothing_is_longer_than_it_was_estimated() {
        for text in texts() {
            let tree = read(text.as_bytes()).unwrap();
            for (what, style) in &STYLES {
                let mut out = Vec::new();
                assert!(write(&tree.root, &tree, style, usize::MAX, &mut out));
                let estimate = estimate(&tree, style);
                let columns = style.layout == Layout::PowerShell;
                assert!(out.len() <= estimate || columns, "{what}: {} of {estimate} for {text}", out.len());
            }
        }
    }

    #[test]
    fn styles_that_come_out_alike_write_the_same() {
        for text in texts() {
            let tree = read(text.as_bytes()).unwrap();
            for (what, style) in &STYLES {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                write(&tree.root, &tree, style, usize::MAX, &mut one);
                write(&tree.root, &tree, &style.on(&tree), usize::MAX, &mut other);
                assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&other), "{what}");
            }
        }
    }

    #[test]
    fn the_writer_stops_where_it_is_too_much() {
        let text = "[".repeat(100) + &"1,".repeat(10_000) + "1" + &"]".repeat(100);
        let tree = read(text.as_bytes()).unwrap();
        let most = longest(text.len());
        for (what, style) in &STYLES {
            let mut out = Vec::new();
            let fits = write(&tree.root, &tree, style, most, &mut out);
            assert_eq!(fits, out.len() <= most);
            assert!(out.len() < most + 1_000, "{what}: {}", out.len());
        }
    }

    /// Word for word what Jackson 2, PowerShell 5.1, Ruby 3.1 and PHP print.
    #[test]
    fn layouts_are_those_of_their_languages() {
        let text = r#"{"b":1,"l":[1,{"c":2}],"e":{},"f":[],"o":{"k":"it's"}}"#;
        let tree = read(text.as_bytes()).unwrap();
        let written = |what: &str| {
            let style = STYLES.iter().find(|(name, _)| name.contains(what)).unwrap().1;
            let mut out = Vec::new();
            write(&tree.root, &tree, &style, usize::MAX, &mut out);
            String::from_utf8(out).unwrap()
        };
        let jackson = "{\n  \"b\" : 1,\n  \"l\" : [ 1, {\n    \"c\" : 2\n  } ],\n  \"e\" : { },\n  \"f\" : [ ],\n  \
                       \"o\" : {\n    \"k\" : \"it's\"\n  }\n}";
        assert_eq!(written("Jackson"), jackson);
        let powershell = [
            "{",
            r#"    "b":  1,"#,
            r#"    "l":  ["#,
            "              1,",
            "              {",
            r#"                  "c":  2"#,
            "              }",
            "          ],",
            r#"    "e":  {"#,
            "",
            "          },",
            r#"    "f":  ["#,
            "",
            "          ],",
            r#"    "o":  {"#,
            r#"              "k":  "it\u0027s""#,
            "          }",
            "}",
        ];
        assert_eq!(written("ConvertTo-Json writes it"), powershell.join("\r\n"));
        let ruby = "{\n  \"b\": 1,\n  \"l\": [\n    1,\n    {\n      \"c\": 2\n    }\n  ],\n  \"e\": {\n  },\n  \
                    \"f\": [\n\n  ],\n  \"o\": {\n    \"k\": \"it's\"\n  }\n}";
        assert_eq!(written("older Ruby"), ruby);
        let php = r#"{"b":1,"l":[1,{"c":2}],"e":[],"f":[],"o":{"k":"it's"}}"#;
        assert_eq!(written("json_encode writes it, with `[]`"), php);
    }
}
