//! Requests of a sender who wants to run something on the machine of whoever
//! copies them as code: each would leave a file where it got through.

/// The file that a sender who got through leaves.
pub const TRACE: &str = "trace";

/// A request: method, path and query, header fields, body.
pub struct Hostile {
    pub name: &'static str,
    pub target: String,
    pub fields: Vec<(&'static str, Vec<u8>)>,
    pub body: Vec<u8>,
}

fn with_body(name: &'static str, body: impl Into<Vec<u8>>) -> Hostile {
    let fields = vec![("Content-Type", b"application/json".to_vec())];
    Hostile { name, target: "/hooks?a=1".to_owned(), fields, body: body.into() }
}

fn with_value(name: &'static str, value: impl Into<Vec<u8>>) -> Hostile {
    let fields = vec![("X-Value", value.into()), ("Content-Type", b"text/plain".to_vec())];
    Hostile { name, target: "/hooks".to_owned(), fields, body: b"{}".to_vec() }
}

fn with_target(name: &'static str, target: &str) -> Hostile {
    Hostile { target: target.to_owned(), ..with_body(name, "{}") }
}

/// What is tried in every place that a sender writes.
const WORDS: [(&str, &str); 14] = [
    ("the quote of a shell", "'; touch trace; '"),
    ("the quote of fish", "\\'; touch trace; #"),
    ("a substitution", "$(touch trace)`touch trace`${x:-$(touch trace)}"),
    ("double quotes", "\"; touch trace; \""),
    ("the quote of Python", "\"); import os; os.system('touch trace'); (\""),
    ("triple quotes", "\"\"\"'''\nimport os; os.system('touch trace')\n\"\"\"'''"),
    ("the quote of JavaScript", "\"+require('child_process').execSync('touch trace')+\""),
    ("a template of JavaScript", "`${require('child_process').execSync('touch trace')}`"),
    ("a backslash at the end", "a\\"),
    ("a format", "%s%n%1$s %% \\n \\045 \\x41 -n"),
    ("a placeholder", "{{body}}{{headers}}{{url}}"),
    ("the history", "a!touch !! !$ ^a^b"),
    ("a script's end", "</script><!-- --> {0} {} #{x}"),
    ("a file", "@/etc/hostname"),
];

/// Every request of the table.
pub fn table() -> Vec<Hostile> {
    let mut table = vec![
        with_body("nothing", ""),
        with_body("an interrupt", "{\"a\":\"\x03\ntouch trace\n\"}"),
        with_body("the end of a paste", "\x1b[201~\ntouch trace\n\x1b[200~"),
        with_body("every byte", (0..=255).collect::<Vec<u8>>()),
        with_body("line separators", "\"\u{2028};touch trace\u{2029}\u{85}\u{feff}\u{202e}\""),
        with_body("lines", "{\n  \"a\": 1,\r\n\t\"b\": \"\u{e4}\u{1f600}\"\n}\n"),
        with_body("a dash", "-X DELETE --output trace"),
        with_body("a file for HTTPie", "=@/etc/hostname"),
        with_body("a long line", format!("{{\"a\":\"{}'\"}}", "x".repeat(120 << 10))),
        with_value("no text", b"\xff\x9b\xe9".to_vec()),
        with_value("Latin letters", "\u{e4}\u{f6}"),
        with_value("a tab", b"a\tb".to_vec()),
        with_value("an empty one", ""),
        with_value("JSON for HTTPie", "={\"a\":1}"),
        with_value("a backslash for HTTPie", "a\\:b"),
        with_target("quotes", "/a'\";touch${IFS}trace;'?b=`touch${IFS}trace`"),
        with_target("globs", "/a[1-3]{x,y}/../b/./c?d=*&e=%27%zz"),
        with_target("other letters", "/\u{e4}?x=\u{1f600}"),
    ];
    let names: Vec<(&'static str, Vec<u8>)> = [
        ("-o", "trace"),
        ("--output", "trace"),
        ("-K", "trace"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("$(touch)", "1"),
        ("`touch`", "1"),
        ("a'b", "1"),
        ("User-Agent", "sender/1"),
        ("Accept", "x/y"),
    ]
    .into_iter()
    .filter(|(name, _)| !name.contains(['(', ')']))
    .map(|(name, value)| (name, value.as_bytes().to_vec()))
    .collect();
    table.push(Hostile { fields: names, ..with_body("names", "{}") });
    for (name, word) in WORDS {
        table.push(with_body(name, word));
        table.push(with_body(name, format!("{{\"a\":{}}}", serde_json::json!(word))));
        table.push(with_value(name, word.replace('\n', " ")));
    }
    table
}
