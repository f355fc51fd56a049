// A handler for the webhooks of linear: Rust 1.85 or newer, in a package with
//
//   cargo add hyper@1 --features http1,server
//   cargo add hyper-util@0.1 --features tokio
//   cargo add tokio@1 --features macros,net,rt-multi-thread,time
//   cargo add http-body-util@0.1 subtle@2
//   cargo add hmac@0.13
//   cargo add sha2@0.11
//   cargo add hex@0.4
//   cargo add serde_json@1
//
// HMAC-SHA-256 hex in Linear-Signature
// over {body}
// https://linear.app/developers/webhooks
//
//   LINEAR_WEBHOOK_SECRET=... cargo run

use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use sha2::Sha256;
use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// The most bytes of a body; more is answered 413.
const LIMIT: usize = 25 << 20;

/// How long a sender may take for its head, and for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most seconds between the signed time and now.
const TOLERANCE: u64 = 60;

/// While a secret is being replaced, the old one goes into LINEAR_WEBHOOK_SECRET_PREVIOUS.
fn keys() -> Result<Vec<Vec<u8>>, String> {
    let mut keys = Vec::new();
    for name in ["LINEAR_WEBHOOK_SECRET", "LINEAR_WEBHOOK_SECRET_PREVIOUS"] {
        let Some(secret) = env::var_os(name).filter(|secret| !secret.is_empty()) else {
            continue;
        };
        let key = secret.to_str().and_then(key_of);
        let key = key.filter(|key| !key.is_empty());
        keys.push(key.ok_or_else(|| format!("{name} is not a usable secret"))?);
    }
    if keys.is_empty() {
        return Err("LINEAR_WEBHOOK_SECRET is not set".to_owned());
    }
    Ok(keys)
}

fn key_of(secret: &str) -> Option<Vec<u8>> {
    Some(secret.as_bytes().to_vec())
}

/// The value of a header that came once.
fn header<'r>(request: &'r Request<Bytes>, name: &str) -> Option<&'r str> {
    let mut values = request.headers().get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    std::str::from_utf8(value.as_bytes()).ok()
}

/// The body as JSON, or null. Of numbers, integers of up to 64 bits keep their spelling.
fn parsed(body: &[u8]) -> Value {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).unwrap_or_default()
}

/// What is at a path of it.
fn at<'d>(data: &'d Value, path: &[&str]) -> Option<&'d Value> {
    path.iter().try_fold(data, |data, key| match data {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

/// The same as text: strings, numbers and truth values.
fn text(data: &Value, path: &[&str]) -> Option<String> {
    match at(data, path)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a signed time is well written and near enough to now.
fn fresh(when: &str) -> bool {
    let written = when.len() <= 15 && when.bytes().all(|digit| digit.is_ascii_digit());
    let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
        return false;
    };
    let near = |signed: u128| now.as_millis().abs_diff(signed) <= u128::from(TOLERANCE) * 1000;
    written && when.parse().is_ok_and(near)
}

fn sign(key: &[u8], content: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(content);
    hex::encode(mac.finalize().into_bytes())
}

/// Compares in constant time; what has another length is not the same.
fn same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// The signatures in a value, as they are written.
fn read(value: &str) -> Vec<&str> {
    vec![value]
}

/// Whether the request comes from whoever has the secret.
fn verify(request: &Request<Bytes>, keys: &[Vec<u8>]) -> bool {
    let data = &parsed(request.body());
    let value = header(request, "Linear-Signature");
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return false;
    };
    let signatures = read(value);
    let when = text(data, &["webhookTimestamp"]);
    let when = when.as_deref();
    let Some(when) = when.filter(|when| !when.is_empty()) else {
        return false;
    };
    let mut holds = false;
    for key in keys {
        let expected = sign(key, &request.body()[..]);
        for signature in &signatures {
            holds |= same(&signature.to_ascii_lowercase(), &expected);
        }
    }
    // After the signature: a time that nobody signed says nothing.
    holds && fresh(when)
}

type Answer = Result<Response<Full<Bytes>>, Infallible>;

fn answer(status: StatusCode, text: &'static str) -> Answer {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

async fn handle(request: Request<Incoming>, keys: &[Vec<u8>]) -> Answer {
    if request.body().size_hint().lower() > LIMIT as u64 {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "");
    }
    // The bytes as they came: a body that was parsed and written again has another signature.
    let (head, body) = request.into_parts();
    let body = match timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return answer(StatusCode::PAYLOAD_TOO_LARGE, ""),
        Err(_) => return answer(StatusCode::REQUEST_TIMEOUT, ""),
    };
    if !verify(&Request::from_parts(head, body), keys) {
        return answer(StatusCode::UNAUTHORIZED, "");
    }
    // It is authentic. Store or queue the body here, answer at once, work on it later.
    answer(StatusCode::OK, "")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let keys: &'static [Vec<u8>] = keys()?.leak();
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, perhaps: they get fewer.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = service_fn(move |request| handle(request, keys));
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE);
        tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
    }
}
