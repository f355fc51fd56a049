// A good handler for the webhooks of Koji, on axum.
//
//   KOJI_WEBHOOK_SECRET=... cargo run

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

struct App {
    secret: String,
    /// A table with a unique key, in an application.
    seen: Mutex<HashSet<String>>,
}

fn verify(app: &App, headers: &HeaderMap, body: &[u8]) -> bool {
    let mut values = headers.get_all("x-koji-signature").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let given = value.to_str().ok().and_then(|value| value.strip_prefix("sha256="));
    let Some(given) = given.and_then(|given| hex::decode(given).ok()) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(app.secret.as_bytes()).expect("any length will do");
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

/// What tells a repeat: a completed and an analysed interview share their id.
fn key_of(event: &Value, body: &[u8]) -> String {
    match event["data"]["interview_id"].as_str() {
        Some(id) => format!("{}:{id}", event["type"]),
        None => hex::encode(Sha256::digest(body)),
    }
}

async fn webhooks(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // The bytes as they came, before anything is parsed.
    if !verify(&app, &headers, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    if body.is_empty() {
        return StatusCode::OK; // Koji's ping
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    if event["type"] != "ping" {
        app.seen.lock().expect("nobody panics").insert(key_of(&event, &body));
    }
    StatusCode::OK
}

async fn count(State(app): State<Arc<App>>) -> String {
    app.seen.lock().expect("nobody panics").len().to_string()
}

#[tokio::main]
async fn main() {
    let secret = std::env::var("KOJI_WEBHOOK_SECRET").expect("KOJI_WEBHOOK_SECRET is not set");
    assert!(!secret.is_empty(), "KOJI_WEBHOOK_SECRET is empty");
    let router = Router::new()
        .route("/webhooks", post(webhooks))
        .route("/count", get(count))
        .layer(DefaultBodyLimit::max(25 << 20))
        .with_state(Arc::new(App { secret, seen: Mutex::default() }));
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    println!("listening on http://{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, router).await.expect("it serves for ever");
}
