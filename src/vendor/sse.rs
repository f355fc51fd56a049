//! Reads Server-Sent Events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
//!
//! Pure, over a whole body. What the events mean is the caller's.

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Its type; `message` where none is named.
    pub(super) kind: String,
    /// Its data, its lines joined.
    pub(super) data: String,
}

/// What says that nothing follows.
pub(super) const DONE: &str = "[DONE]";

/// Whether a body ends with the event that says so; then there is no need to
/// wait until the vendor closes the stream.
pub(super) fn ended(body: &[u8]) -> bool {
    let tail = body.get(body.len().saturating_sub(32)..).unwrap_or(body);
    let trimmed = tail.trim_ascii_end();
    // A line ending behind it: it is whole.
    trimmed.len() < tail.len() && (trimmed.ends_with(b"data: [DONE]") || trimmed.ends_with(b"data:[DONE]"))
}

/// The events of a body. One that is cut off before its empty line counts too:
/// what was said is not thrown away.
pub(super) fn events(body: &str) -> Vec<Event> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body).replace("\r\n", "\n").replace('\r', "\n");
    let mut found = Vec::new();
    let (mut kind, mut data) = (String::new(), Vec::new());
    for line in body.split('\n').chain([""]) {
        if line.is_empty() {
            let named = std::mem::take(&mut kind);
            let lines: Vec<&str> = std::mem::take(&mut data);
            if !lines.is_empty() {
                let kind = if named.is_empty() { "message".to_owned() } else { named };
                found.push(Event { kind, data: lines.join("\n") });
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut kind),
            "data" => data.push(value),
            // Comments begin with a colon; ids and retry times are of no use here.
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.into(), data: data.into() }
    }

    #[test]
    fn all_line_endings_comments_types_and_several_lines() {
        for ending in ["\n", "\r\n", "\r"] {
            let body = ": hello\n\nevent: delta\ndata: {\"a\":1}\n\ndata:one\ndata: two\nid: 7\nretry: 9\n\ndata\n\ndata: [DONE]\n\n";
            let expected = [
                event("delta", "{\"a\":1}"),
                event("message", "one\ntwo"),
                event("message", ""),
                event("message", DONE),
            ];
            assert_eq!(events(&body.replace('\n', ending)), expected, "{ending:?}");
        }
        assert_eq!(events(""), []);
        assert_eq!(events("event: ping\n\n: \n\n"), []);
        assert_eq!(events("\u{feff}data: cut"), [event("message", "cut")]);
    }

    #[test]
    fn the_end_is_seen_only_where_it_is_the_end() {
        for body in ["data: a\n\ndata: [DONE]\n\n", "data:[DONE]\n", "data: [DONE]\r\n"] {
            assert!(ended(body.as_bytes()), "{body:?}");
        }
        for body in ["", "data: [DONE", "data: [DONE]", "data: [DONE]\n\ndata: a\n\n"] {
            assert!(!ended(body.as_bytes()), "{body:?}");
        }
    }
}
