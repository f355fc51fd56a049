//! The control: a page that does with a payload what the payload is made for.

use super::table::Payload;

/// HTML around a payload, `@` in its place; each context that is no more than that.
const AROUND: [(&str, &str); 17] = [
    ("html", "@"),
    ("value-double", "<input value=\"@\">"),
    ("value-single", "<input value='@'>"),
    ("value-bare", "<input value=@>"),
    ("attribute-raw", "<a href=\"@\">x</a>"),
    ("comment", "<!-- @ -->"),
    ("title", "<title>@</title>"),
    ("textarea", "<textarea>@</textarea>"),
    ("noscript", "<noscript>@</noscript>"),
    ("raw", "<style>@</style>"),
    ("cdata", "<svg><desc><svg><![CDATA[@]]></svg></desc></svg>"),
    ("css", "<style>p{color:@}</style><p>x</p>"),
    ("js-single", "<script>var x = '@';</script>"),
    ("js-double", "<script>var x = \"@\";</script>"),
    ("js-template", "<script>var x = `@`;</script>"),
    ("js-comment", "<script>// @\n</script>"),
    ("js-bare", "<script>var x = @;</script>"),
];

/// The same for addresses, whose quotes the page has escaped as it should.
const ADDRESSES: [(&str, &str); 6] = [
    ("href", "<a href=\"@\">x</a>"),
    ("frame", "<iframe src=\"@\"></iframe>"),
    ("object", "<object data=\"@\"></object>"),
    ("action", "<form method=post action=\"@\"></form>"),
    ("formaction", "<form><button formaction=\"@\">x</button></form>"),
    ("xlink", "<svg><a xlink:href=\"@\"><text>x</text></a></svg>"),
];

/// The naive page: its type and its bytes.
pub(super) fn page(payload: &Payload, own: &str) -> (&'static str, Vec<u8>) {
    let bytes = payload.bytes(own);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let context = payload.context;
    let within = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| *name == context).map(|(_, around)| around.split_once('@').unwrap())
    };
    let (before, inner, after) = match context {
        // Bytes that are the whole page: nobody says what they are spelled in.
        "document" => return ("text/html", bytes),
        "xml" => return ("application/xml", bytes),
        "handler" => {
            ("<button onclick=\"void('", text.replace('"', "&quot;").into_bytes(), "')\">x</button>")
        }
        "js-escaped" => ("<script>var x = \"", text.replace('"', "\\\"").into_bytes(), "\";</script>"),
        "json-in-script" => {
            ("<script>var x = ", serde_json::to_string(&text).unwrap().into_bytes(), ";</script>")
        }
        _ => match (within(&AROUND), within(&ADDRESSES)) {
            (Some((before, after)), _) => (before, bytes, after),
            (_, Some((before, after))) => {
                let escaped = text.replace('&', "&amp;").replace('"', "&quot;");
                (before, escaped.into_bytes(), after)
            }
            // Everything else is made by a script of the page.
            _ => ("<script>", by_script(context, &text), "</script>"),
        },
    };
    let start = format!("<!doctype html><meta charset=utf-8><body>{before}");
    ("text/html; charset=utf-8", [start.as_bytes(), &inner, after.as_bytes()].concat())
}

/// The page of that script, with the payload so that it arrives whole.
fn by_script(context: &str, text: &str) -> Vec<u8> {
    let text = serde_json::to_string(text).unwrap().replace('<', "\\u003c");
    format!("{}\nnaive[{}]({text})", include_str!("naive.js"), serde_json::json!(context)).into_bytes()
}
