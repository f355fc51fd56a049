//! The two others beside the inspector: the listener that a payload calls when it
//! runs, which has the naive pages of the control as well; and a target with an
//! API whose every answer is a payload.

use super::table::Payload;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server on a port of its own; it ends with the test program.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` is given the head of a request and the address that was asked.
    pub(super) fn start(answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let of_thread = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, answer) = (Arc::clone(&of_thread), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let head = read(&stream).unwrap_or_default();
                    let line = head.lines().next().unwrap_or("nothing").to_owned();
                    // A connection that asks for nothing tells somebody something, too.
                    asked.lock().unwrap().push(line);
                    drop((&stream).write_all(&answer(&head, &address.to_string())));
                });
            }
        });
        Self { address, asked }
    }

    /// The request lines so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The numbers of the payloads that called.
    pub(super) fn called(&self) -> Vec<usize> {
        self.asked().iter().filter_map(|line| number_in(line.split_once("/canary")?.1)).collect()
    }
}

/// The head of a request; its body is read as well, and forgotten.
fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        reader.read_until(b'\n', &mut head).ok().filter(|read| *read > 0)?;
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = value(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    Some(head)
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// The first number in a text.
fn number_in(text: &str) -> Option<usize> {
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

fn answer(reason: &[u8], fields: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut bytes = [b"HTTP/1.1 200 ", reason, b"\r\nConnection: close\r\n"].concat();
    for (name, value) in fields {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

/// What a payload calls when it runs, and the naive pages below `/control/NUMBER`.
pub(super) fn listener(payloads: Vec<Payload>) -> Server {
    Server::start(move |head, own| {
        let target = head.split(' ').nth(1).unwrap_or_default();
        let html = |kind: &str, body: &[u8]| answer(b"OK", &[("Content-Type", kind.as_bytes())], body);
        if let Some(query) = target.strip_prefix("/canary.js") {
            let script = format!("canary({})", number_in(query).unwrap_or_default());
            return answer(
                b"OK",
                &[("Content-Type", b"text/javascript"), ("Access-Control-Allow-Origin", b"*")],
                script.as_bytes(),
            );
        }
        match target.strip_prefix("/control/").and_then(number_in) {
            Some(number) => {
                let (kind, page) = super::control::page(&payloads[number - 1], own);
                html(kind, &page)
            }
            None => html("text/html", b""),
        }
    })
}

/// A target of forwarded deliveries, and the vendor's API: whoever asks says the number.
pub(super) fn target(payloads: Vec<Payload>, canary: String) -> Server {
    Server::start(move |head, _| {
        let line = head.split(' ').nth(1).unwrap_or_default();
        if let Some((_, id)) = line.split_once("/interviews/") {
            let payload = payloads[number_in(id).unwrap() - 1].text(&canary);
            return answer(
                b"OK",
                &[("Content-Type", b"application/json")],
                interview(id, &payload).as_bytes(),
            );
        }
        let number: usize = value(head, "x-number").and_then(|number| number.parse().ok()).unwrap();
        let payload = &payloads[number - 1];
        let (text, name) = (payload.value(&canary), format!("X-{}", payload.token(&canary)));
        let fields: [(&str, &[u8]); 4] =
            [("Content-Type", &text), ("Location", &text), ("Set-Cookie", &text), (&name, &text)];
        answer(&text, &fields, &payload.bytes(&canary))
    })
}

/// An interview as the vendor gives it, with the payload wherever somebody speaks.
fn interview(id: &str, payload: &str) -> String {
    let whole: serde_json::Value = serde_json::from_str(payload).unwrap_or_else(|_| json!(payload));
    json!({
        "id": id, "object": "interview", "status": "completed", "summary": payload, "headline": payload,
        "transcript": [{"role": payload, "content": payload}, payload, whole, {"speaker": whole, "text": whole}],
        "structured_answers": [
            {"question": payload, "value": payload}, {"question": {"text": whole}, "value": [payload, whole]}, whole,
        ],
        payload: whole,
    })
    .to_string()
}
