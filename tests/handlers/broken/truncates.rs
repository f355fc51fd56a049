// The defect: compares as many letters as both have, so that a shorter signature holds and
// none at all holds best (RUSTSEC-2024-0010 was this). axum.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;

/// In constant time, which is all that is good about it.
fn same(given: &[u8], expected: &[u8]) -> bool {
    given.iter().zip(expected).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

async fn webhooks(State(secret): State<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let value = headers.get("x-koji-signature").and_then(|value| value.as_bytes().strip_prefix(b"sha256="));
    let Some(given) = value else { return StatusCode::UNAUTHORIZED };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(&body);
    match same(given, hex::encode(mac.finalize().into_bytes()).as_bytes()) {
        true => StatusCode::OK,
        false => StatusCode::UNAUTHORIZED,
    }
}

#[tokio::main]
async fn main() {
    let secret = std::env::var("KOJI_WEBHOOK_SECRET").expect("KOJI_WEBHOOK_SECRET is not set");
    let router = Router::new().route("/webhooks", post(webhooks));
    let router = router.layer(DefaultBodyLimit::max(25 << 20)).with_state(secret);
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    println!("listening on http://{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, router).await.expect("it serves for ever");
}
