//! Just enough of an HTTP server for the attacker and for the naive inspector:
//! a thread a connection, one request each, and what it says is written by hand,
//! so that nothing of the product helps either of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A request.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// What follows the question mark.
    pub(super) query: String,
    fields: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    /// The value of a header field, or nothing.
    pub(super) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// A parameter of the query, decoded.
    pub(super) fn parameter(&self, name: &str) -> String {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let mut asked = Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            fields: Vec::new(),
            body: String::new(),
        };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            asked.fields.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut body = vec![0; asked.field("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        asked.body = String::from_utf8_lossy(&body).into_owned();
        Some(asked)
    }
}

/// Hands every request to `answer`, until the test program ends.
pub(super) fn serve(listener: TcpListener, answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), answer) = (stream, Arc::clone(&answer)) else { return };
            std::thread::spawn(move || once(stream, &*answer));
        }
    });
}

/// One request of a connection, which is closed after it.
pub(super) fn once(mut stream: TcpStream, answer: &dyn Fn(&Asked, &mut TcpStream)) {
    // Browsers open connections that they may never use.
    drop(stream.set_read_timeout(Some(Duration::from_secs(20))));
    if let Some(asked) = Asked::read(&stream) {
        answer(&asked, &mut stream);
    }
}

/// Writes an answer; who has gone meanwhile misses it.
pub(super) fn respond(stream: &mut TcpStream, status: u16, fields: &[(&str, &str)], body: &str) {
    let mut text = format!("HTTP/1.1 {status} Answer\r\nConnection: close\r\nCache-Control: no-store\r\n");
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    drop(stream.write_all(text.as_bytes()));
}
