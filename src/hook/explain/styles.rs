//! How languages write JSON: a table of styles.

use super::Mistake;
use super::numbers::Numbers;
use super::strings::{ODD, SLASH, Strings};
use super::tree::Tree;

/// One way of writing a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    pub(super) layout: Layout,
    pub(super) line: &'static str,
    pub(super) strings: Strings,
    pub(super) slashes: bool,
    pub(super) numbers: Numbers,
    pub(super) order: Order,
    /// Whether an empty object becomes an empty list, as where both are arrays.
    pub(super) lists: bool,
    pub(super) words: [&'static str; 3],
    pub(super) end: &'static str,
}

/// Where lines begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One line.
    Line,
    /// A line for each member, a level indented by this.
    Lines(&'static str),
    /// As Jackson's default pretty printer: a line for each member of an object, arrays on theirs.
    Jackson,
    /// As Ruby's pretty_generate before json 2.8: two spaces, and what is empty takes lines.
    Ruby,
    /// As PowerShell up to 5.1: what is inside of a bracket stands four columns behind it.
    PowerShell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    AsItStands,
    Sorted,
    /// Keys that are array indices come first, by number.
    JavaScript,
}

impl Style {
    const fn indented(self, indent: &'static str) -> Self {
        let colon = if self.colon.len() == 1 { ": " } else { self.colon };
        Self { layout: Layout::Lines(indent), comma: ",", colon, ..self }
    }

    const fn sorted(self) -> Self {
        Self { order: Order::Sorted, ..self }
    }

    const fn strings(self, strings: Strings) -> Self {
        Self { strings, ..self }
    }

    const fn numbers(self, numbers: Numbers) -> Self {
        Self { numbers, ..self }
    }

    const fn end(self, end: &'static str) -> Self {
        Self { end, ..self }
    }

    const fn crlf(self) -> Self {
        Self { line: "\r\n", ..self }
    }

    const fn lists(self) -> Self {
        Self { lists: true, ..self }
    }

    /// The same without what changes nothing about this text: two styles that
    /// come out alike write the same.
    pub(super) fn on(&self, tree: &Tree<'_>) -> Self {
        let (shape, mut style) = (&tree.shape, *self);
        style.slashes &= shape.traits & (SLASH | ODD) != 0;
        if style.strings != Strings::Python && shape.traits & style.strings.touched(style.slashes) == 0 {
            style.strings = Strings::AsTheyStand;
            style.slashes = false;
        }
        if !tree.forms.differ.get(style.numbers as usize).copied().unwrap_or_default() {
            style.numbers = Numbers::AsTheyStand;
        }
        let moved = match style.order {
            Order::AsItStands => false,
            Order::Sorted => shape.unsorted,
            Order::JavaScript => shape.out_of_index,
        };
        if !moved {
            style.order = Order::AsItStands;
        }
        style.lists &= shape.empty_object;
        if style.layout == Layout::Ruby && shape.empty_lines == 0 {
            style.layout = Layout::Lines(TWO);
        }
        style
    }

    /// Which mistake it is to write a text so: what is rarest counts. For a
    /// style as it comes out [`Style::on`] the text, so that nothing is named
    /// that changes nothing.
    pub(super) fn mistake(&self, tree: &Tree<'_>) -> Mistake {
        // Of a text with odd escapes, what else is in it says whether it was more than those.
        let touched = tree.shape.traits & self.strings.touched(false) & !ODD != 0;
        let slashes = self.slashes && tree.shape.traits & SLASH != 0;
        match self.strings {
            _ if self.words != JSON => Mistake::BodyObjectText,
            Strings::Html | Strings::Gson | Strings::PowerShell | Strings::DotNet if touched => {
                Mistake::BodyHtmlEscaped
            }
            _ if slashes => Mistake::BodySlashesEscaped,
            _ if self.order == Order::Sorted => Mistake::BodySortedKeys,
            Strings::Ascii if touched => Mistake::BodyAsciiEscaped,
            _ if self.layout != Layout::Line => Mistake::BodyIndented,
            _ if self.comma.len() + self.colon.len() > 2 => Mistake::BodySpaced,
            _ => Mistake::BodyCompact,
        }
    }
}

const JSON: [&str; 3] = ["true", "false", "null"];

const STANDING: Style = Style {
    comma: ",",
    colon: ":",
    layout: Layout::Line,
    line: "\n",
    strings: Strings::AsTheyStand,
    slashes: false,
    numbers: Numbers::AsTheyStand,
    order: Order::AsItStands,
    lists: false,
    words: JSON,
    end: "",
};
const SPACED: Style = Style { comma: ", ", colon: ": ", ..STANDING };
const PLAIN: Style = STANDING.strings(Strings::Plain);
const NODE: Style = Style { order: Order::JavaScript, ..PLAIN.numbers(Numbers::JavaScript) };
const RUBY: Style = PLAIN.numbers(Numbers::Ruby);
const PYTHON: Style = SPACED.strings(Strings::Plain).numbers(Numbers::Python);
const PYTHON_COMPACT: Style = PLAIN.numbers(Numbers::Python);
const ASCII: Style = PYTHON.strings(Strings::Ascii);
const ASCII_COMPACT: Style = PYTHON_COMPACT.strings(Strings::Ascii);
const PHP: Style = Style { slashes: true, ..STANDING.strings(Strings::Ascii).numbers(Numbers::Php) };
const PHP_UNICODE: Style = PHP.strings(Strings::Plain);
const PHP_SLASHES: Style = Style { slashes: false, ..PHP };
const PHP_NEITHER: Style = Style { slashes: false, ..PHP_UNICODE };
const HTML: Style = STANDING.strings(Strings::Html);
const GO_MAP: Style = HTML.sorted().numbers(Numbers::JavaScript);
const GSON: Style = STANDING.strings(Strings::Gson);
const DOT_NET: Style = STANDING.strings(Strings::DotNet);
const JACKSON: Style = Style { layout: Layout::Jackson, colon: " : ", ..PLAIN };
const POWERSHELL: Style =
    Style { layout: Layout::PowerShell, colon: ":  ", ..STANDING.strings(Strings::PowerShell).crlf() };
const PYTHON_TEXT: Style = Style { words: ["True", "False", "None"], ..PYTHON.strings(Strings::Python) };
const RUBY_TEXT: Style = Style { comma: ", ", words: ["true", "false", "nil"], ..RUBY };

const TWO: &str = "  ";
const FOUR: &str = "    ";
const TAB: &str = "\t";

/// Each way, what people do most first: where a text asks for more work than
/// there is, it ends with what is least likely. Of several that write the
/// same, the first counts, so that what says least stands before.
pub(super) const STYLES: [(&str, Style); 88] = [
    ("the body without white space", STANDING),
    ("the body as JSON.stringify writes it", NODE),
    ("the body with a space after each comma and colon", SPACED),
    ("the body as json.dumps writes it with ensure_ascii=False", PYTHON),
    ("the body as json.dumps writes it", ASCII),
    ("the body indented by two spaces", STANDING.indented(TWO)),
    ("the body as JSON.stringify writes it with two spaces", NODE.indented(TWO)),
    ("the body written compactly, its numbers as they stand", PLAIN),
    ("the body as json.dumps writes it with separators=(',', ':') and ensure_ascii=False", PYTHON_COMPACT),
    ("the body without white space, with `\\u` escapes", STANDING.strings(Strings::Ascii)),
    ("the body as json.dumps writes it with separators=(',', ':')", ASCII_COMPACT),
    ("the body as PHP's json_encode writes it", PHP),
    ("the body with `<`, `>` and `&` escaped, as Go's json.Marshal and Rails do it", HTML),
    ("the body with its keys sorted", STANDING.sorted()),
    ("the body with its keys sorted, as Go writes a map", GO_MAP),
    ("the body as json_encode writes it with JSON_UNESCAPED_UNICODE", PHP_UNICODE),
    ("the body as json_encode writes it with JSON_UNESCAPED_SLASHES", PHP_SLASHES),
    ("the body as json_encode writes it with JSON_PRESERVE_ZERO_FRACTION", PHP.numbers(Numbers::PhpZero)),
    (
        "the body as json_encode writes it with JSON_PRESERVE_ZERO_FRACTION and JSON_UNESCAPED_UNICODE",
        PHP_UNICODE.numbers(Numbers::PhpZero),
    ),
    ("the body as json_encode writes it with JSON_UNESCAPED_SLASHES and JSON_UNESCAPED_UNICODE", PHP_NEITHER),
    ("the body indented by four spaces", STANDING.indented(FOUR)),
    ("the body as JSON.stringify writes it with four spaces", NODE.indented(FOUR)),
    ("the body indented by tabs", STANDING.indented(TAB)),
    ("the body as JSON.stringify writes it with tabs", NODE.indented(TAB)),
    ("the body with its keys sorted, as JSON.stringify writes it", NODE.sorted()),
    ("the body as json.dumps writes it with sort_keys=True", ASCII.sorted()),
    (
        "the body as json.dumps writes it with sort_keys=True and separators=(',', ':')",
        ASCII_COMPACT.sorted(),
    ),
    ("the body as Ruby's to_json writes it", RUBY),
    ("the body as json.dumps writes it with indent=2", ASCII.indented(TWO)),
    ("the body as json.dumps writes it with indent=4", ASCII.indented(FOUR)),
    ("the body as json_encode writes it with JSON_PRETTY_PRINT", PHP.indented(FOUR)),
    (
        "the body as json_encode writes it with JSON_PRETTY_PRINT and JSON_UNESCAPED_SLASHES",
        PHP_SLASHES.indented(FOUR),
    ),
    (
        "the body as json_encode writes it with JSON_PRETTY_PRINT and JSON_UNESCAPED_UNICODE",
        PHP_UNICODE.indented(FOUR),
    ),
    (
        "the body as json_encode writes it with all three: pretty, slashes and Unicode unescaped",
        PHP_NEITHER.indented(FOUR),
    ),
    ("the body without white space and a line break at its end", STANDING.end("\n")),
    ("the body as JSON.stringify writes it and a line break at its end", NODE.end("\n")),
    ("the body as json.dumps writes it and a line break at its end", ASCII.end("\n")),
    ("the body indented by two spaces and a line break at its end", STANDING.indented(TWO).end("\n")),
    (
        "the body as JSON.stringify writes it with two spaces and a line break at its end",
        NODE.indented(TWO).end("\n"),
    ),
    ("the body indented by two spaces, with CRLF", STANDING.indented(TWO).crlf()),
    ("the body with its keys sorted, indented by two spaces", STANDING.sorted().indented(TWO)),
    (
        "the body with its keys sorted, as JSON.stringify writes it with two spaces",
        NODE.sorted().indented(TWO),
    ),
    ("the body as json.dumps writes it with sort_keys=True and indent=2", ASCII.sorted().indented(TWO)),
    ("the body as json.dumps writes it with sort_keys=True and indent=4", ASCII.sorted().indented(FOUR)),
    ("the body as json.dumps writes it with sort_keys=True and ensure_ascii=False", PYTHON.sorted()),
    (
        "the body as json.dumps writes it with sort_keys=True, separators=(',', ':') and ensure_ascii=False",
        PYTHON_COMPACT.sorted(),
    ),
    ("the body with its keys sorted and `<`, `>` and `&` escaped, its numbers as they stand", HTML.sorted()),
    ("the body with its keys sorted and a line break at its end", STANDING.sorted().end("\n")),
    (
        "the body with its keys sorted, indented by two spaces and a line break at its end",
        STANDING.sorted().indented(TWO).end("\n"),
    ),
    (
        "the body with `<`, `>` and `&` escaped and a line break at its end, as Go's json.Encoder does it",
        HTML.end("\n"),
    ),
    (
        "the body with its keys sorted and a line break at its end, as Go's json.Encoder writes a map",
        GO_MAP.end("\n"),
    ),
    ("the body as Go's json.MarshalIndent writes it with two spaces", HTML.indented(TWO)),
    ("the body as Go's json.MarshalIndent writes a map with two spaces", GO_MAP.indented(TWO)),
    ("the body as Go's json.MarshalIndent writes it with tabs", HTML.indented(TAB)),
    ("the body as Go's json.MarshalIndent writes a map with tabs", GO_MAP.indented(TAB)),
    ("the body as Go's json.MarshalIndent writes a map with four spaces", GO_MAP.indented(FOUR)),
    ("the body as Ruby's pretty_generate writes it", RUBY.indented(TWO)),
    (
        "the body as an older Ruby's pretty_generate writes it",
        Style { layout: Layout::Ruby, ..RUBY.indented(TWO) },
    ),
    ("the body as Rails writes it, with `<`, `>` and `&` escaped", HTML.numbers(Numbers::Ruby)),
    ("the body as .NET's JsonSerializer writes it", DOT_NET),
    ("the body as .NET's JsonSerializer writes it indented", DOT_NET.indented(TWO)),
    ("the body as .NET's JsonSerializer writes it indented, with CRLF", DOT_NET.indented(TWO).crlf()),
    ("the body as Jackson's pretty printer writes it", JACKSON),
    ("the body as Gson writes it, with `=` and `'` escaped too", GSON),
    ("the body as Gson writes it with setPrettyPrinting", GSON.indented(TWO)),
    ("the body as PowerShell 5's ConvertTo-Json writes it", POWERSHELL),
    (
        "the body as PowerShell 5's ConvertTo-Json writes it with -Compress",
        STANDING.strings(Strings::PowerShell),
    ),
    ("the text of a Python dictionary", PYTHON_TEXT),
    ("the text of a Ruby hash", Style { colon: "=>", ..RUBY_TEXT }),
    ("the text of a Ruby hash, with spaces", Style { colon: " => ", ..RUBY_TEXT }),
    ("the body as json_encode writes it, with `[]` for `{}`", PHP.lists()),
    (
        "the body as json_encode writes it with JSON_UNESCAPED_SLASHES and JSON_UNESCAPED_UNICODE, with `[]` for `{}`",
        PHP_NEITHER.lists(),
    ),
    (
        "the body as json_encode writes it with JSON_PRETTY_PRINT, with `[]` for `{}`",
        PHP.lists().indented(FOUR),
    ),
    ("the body indented by four spaces and a line break at its end", STANDING.indented(FOUR).end("\n")),
    (
        "the body as JSON.stringify writes it with four spaces and a line break at its end",
        NODE.indented(FOUR).end("\n"),
    ),
    (
        "the body as json_encode writes it with JSON_PRETTY_PRINT and a line break at its end",
        PHP.indented(FOUR).end("\n"),
    ),
    ("the body indented by tabs and a line break at its end", STANDING.indented(TAB).end("\n")),
    (
        "the body as JSON.stringify writes it with tabs and a line break at its end",
        NODE.indented(TAB).end("\n"),
    ),
    ("the body indented by four spaces, with CRLF", STANDING.indented(FOUR).crlf()),
    ("the body indented by tabs, with CRLF", STANDING.indented(TAB).crlf()),
    ("the body as JSON.stringify writes it with two spaces, with CRLF", NODE.indented(TWO).crlf()),
    ("the body as JSON.stringify writes it with four spaces, with CRLF", NODE.indented(FOUR).crlf()),
    ("the body as json.dumps writes it with indent='\\t'", ASCII.indented(TAB)),
    ("the body as json.dumps writes it with indent=2 and ensure_ascii=False", PYTHON.indented(TWO)),
    ("the body as json.dumps writes it with indent=4 and ensure_ascii=False", PYTHON.indented(FOUR)),
    ("the body indented by one space", STANDING.indented(" ")),
    ("the body indented by three spaces", STANDING.indented("   ")),
    ("the body with a space after each comma", Style { comma: ", ", ..STANDING }),
];
