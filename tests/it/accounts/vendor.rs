//! A vendor's API that says what it is told and keeps what it was asked. It
//! shares no code with the product.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(super) struct Vendor {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Vendor {
    /// Answers everything with this status and body.
    pub(super) fn saying(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let answer = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                kept.lock().unwrap().push(head(&stream));
                drop((&stream).write_all(answer.as_bytes()));
            }
        });
        Self { address, asked }
    }

    /// An empty list of studies.
    pub(super) fn content() -> Self {
        Self::saying(200, r#"{"object":"list","data":[],"has_more":false}"#)
    }

    pub(super) fn base(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// The heads of the requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}
