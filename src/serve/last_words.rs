//! What is said on a connection that hyper has nothing to say on any more: a
//! short answer, and the patience to let the sender read it. Best effort.

use super::{Body, Response};
use http::StatusCode;
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much a refused sender may still send before it is cut off.
const MAX_LINGER: usize = 1 << 20;

/// The answer, framed; what a service says to whoever it turned away is whole.
pub(super) fn written(response: &Response) -> Vec<u8> {
    let status = StatusCode::from_u16(response.status).ok();
    let phrase = status.and_then(|status| status.canonical_reason()).unwrap_or("Refused");
    let body: &[u8] = match &response.body {
        Body::Whole(body) => body,
        Body::Stream(_) => b"",
    };
    let mut text = format!("HTTP/1.1 {} {phrase}\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        text.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    text.extend_from_slice(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
    text.extend_from_slice(body);
    text
}

/// Says `answer`, if given, ends our side, and reads what still comes: closing
/// a socket with unread bytes resets it, and the sender may never see the answer.
pub(super) async fn say_and_linger(
    stream: &mut TcpStream,
    answer: Option<&Response>,
    patience: Duration,
    cut_short: impl Future<Output = ()>,
) {
    let linger = async {
        if let Some(answer) = answer
            && stream.write_all(&written(answer)).await.is_err()
        {
            return;
        }
        // hyper may have ended our side already.
        let _ = stream.shutdown().await;
        let mut waste = [0; 1 << 10];
        let mut count = 0;
        while count < MAX_LINGER {
            match stream.read(&mut waste).await {
                Ok(0) | Err(_) => return,
                Ok(more) => count += more,
            }
        }
    };
    tokio::select! {
        () = linger => {}
        () = tokio::time::sleep(patience) => {}
        () = cut_short => {}
    }
}
