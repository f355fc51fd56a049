// The defect: verifies the signature where there is one, and believes what has none. axum.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;

fn holds(secret: &str, value: &[u8], body: &[u8]) -> bool {
    let given = value.strip_prefix(b"sha256=").and_then(|given| hex::decode(given).ok());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(body);
    given.is_some_and(|given| mac.verify_slice(&given).is_ok())
}

async fn webhooks(State(secret): State<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let value = headers.get("x-koji-signature");
    match value.is_none_or(|value| holds(&secret, value.as_bytes(), &body)) {
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
