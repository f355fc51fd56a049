// A handler for the webhooks of box: Rust 1.85 or newer, in a package with
//
//   cargo add hyper@1 --features http1,server
//   cargo add hyper-util@0.1 --features tokio
//   cargo add tokio@1 --features macros,net,rt-multi-thread,time
//   cargo add http-body-util@0.1 subtle@2
//   cargo add hmac@0.13
//   cargo add sha2@0.11
//   cargo add base64@0.22
//   cargo add jiff@0.2
//
// HMAC-SHA-256 base64 in BOX-SIGNATURE-PRIMARY or BOX-SIGNATURE-SECONDARY
// over {body}{ts}
// https://developer.box.com/guides/webhooks/v2/signatures-v2/
//
//   BOX_WEBHOOK_SECRET=... cargo run

use base64::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use sha2::Sha256;
use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// The most bytes of a body; more is answered 413.
const LIMIT: usize = 25 << 20;

/// How long a sender may take for its head, and for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most seconds between the signed time and now.
const TOLERANCE: u64 = 600;

/// While a secret is being replaced, the old one goes into BOX_WEBHOOK_SECRET_PREVIOUS.
fn keys() -> Result<Vec<Vec<u8>>, String> {
    let mut keys = Vec::new();
    for name in ["BOX_WEBHOOK_SECRET", "BOX_WEBHOOK_SECRET_PREVIOUS"] {
        let Some(secret) = env::var_os(name).filter(|secret| !secret.is_empty()) else {
            continue;
        };
        let key = secret.to_str().and_then(key_of);
        let key = key.filter(|key| !key.is_empty());
        keys.push(key.ok_or_else(|| format!("{name} is not a usable secret"))?);
    }
    if keys.is_empty() {
        return Err("BOX_WEBHOOK_SECRET is not set".to_owned());
    }
    Ok(keys)
}

fn key_of(secret: &str) -> Option<Vec<u8>> {
    Some(secret.as_bytes().to_vec())
}

/// The values of these headers; nothing when one of them came twice.
fn headers<'r>(request: &'r Request<Bytes>, names: &[&str]) -> Vec<&'r str> {
    let twice = |name: &&str| request.headers().get_all(*name).iter().count() > 1;
    if names.iter().any(twice) {
        return Vec::new();
    }
    let values = names.iter().filter_map(|name| request.headers().get(*name));
    let text = |value: &'r hyper::header::HeaderValue| std::str::from_utf8(value.as_bytes()).ok();
    values.filter_map(text).collect()
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

/// The body as the sender may have signed it: with escapes, where on the way somebody wrote the letters.
fn escaped(request: &Request<Bytes>) -> Option<Request<Bytes>> {
    let text = std::str::from_utf8(request.body()).ok()?;
    let mut written = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '/' if before != '\\' => written.push_str("\\/"),
            '\0'..='~' => written.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        before = letter;
    }
    (text.len() <= 1 << 20).then(|| request.clone().map(|_| written.into()))
}

/// Whether a signed time is well written and near enough to now.
fn fresh(when: &str) -> bool {
    let Ok(signed) = when.parse::<jiff::Timestamp>() else {
        return false;
    };
    let age = jiff::Timestamp::now().duration_since(signed);
    age.unsigned_abs() <= Duration::from_secs(TOLERANCE)
}

fn sign(key: &[u8], content: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(content);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
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
    let mut signatures = Vec::new();
    for value in headers(request, &["BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"]) {
        signatures.extend(read(value));
    }
    let when = header(request, "BOX-DELIVERY-TIMESTAMP");
    let Some(when) = when.filter(|when| !when.is_empty()) else {
        return false;
    };
    let mut holds = false;
    for key in keys {
        let expected = sign(key, &[&request.body()[..], when.as_bytes()].concat());
        for signature in &signatures {
            holds |= same(signature, &expected);
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
    let request = Request::from_parts(head, body);
    let as_signed = || escaped(&request).is_some_and(|request| verify(&request, keys));
    if !verify(&request, keys) && !as_signed() {
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
