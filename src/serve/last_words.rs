//! What is said on a connection that hyper has nothing to say on any more: a
//! short answer, and the patience to let the sender read it. Best effort.

use super::Refusal;
use http::StatusCode;
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much a refused sender may still send before it is cut off.
const MAX_LINGER: usize = 1 << 20;

/// The answer, framed.
pub(super) fn written(refusal: &Refusal) -> Vec<u8> {
    let phrase = StatusCode::from_u16(refusal.status).ok().and_then(|status| status.canonical_reason());
    let retry = if refusal.status == 503 { "retry-after: 1\r\n" } else { "" };
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: text/plain; charset=utf-8\r\n{retry}connection: close\r\ncontent-length: {}\r\n\r\n{}\n",
        refusal.status,
        phrase.unwrap_or("Refused"),
        refusal.reason.len() + 1,
        refusal.reason,
    )
    .into_bytes()
}

/// Says `refusal`, if given, ends our side, and reads what still comes: closing
/// a socket with unread bytes resets it, and the sender may never see the answer.
pub(super) async fn say_and_linger(
    stream: &mut TcpStream,
    refusal: Option<&Refusal>,
    patience: Duration,
    cut_short: impl Future<Output = ()>,
) {
    let linger = async {
        if let Some(refusal) = refusal
            && stream.write_all(&written(refusal)).await.is_err()
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
