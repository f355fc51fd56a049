//! A target that answers at once: one thread, no HTTP library but the parser.
//!
//! Reads requests with a Content-Length, as every forwarder here sends them;
//! anything else ends the connection, which the load counts as broken.

use crate::{Failure, server};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

/// Serves until the parent ends it.
pub(crate) fn run() -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = server::announce().await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(serve(stream));
        }
    })
}

async fn serve(mut stream: TcpStream) -> Result<(), Failure> {
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    loop {
        if let Some(length) = request_length(&buffer)?.filter(|length| *length <= buffer.len()) {
            buffer.advance(length);
            stream.write_all(ANSWER).await?;
            continue;
        }
        buffer.reserve(4096);
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// The length of head and body of the request a buffer starts with, once its head is whole.
fn request_length(buffer: &[u8]) -> Result<Option<usize>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer)? else { return Ok(None) };
    let mut body = None;
    for header in request.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            body = Some(std::str::from_utf8(header.value)?.trim().parse::<usize>()?);
        }
    }
    Ok(Some(head + body.ok_or("a request without Content-Length")?))
}
