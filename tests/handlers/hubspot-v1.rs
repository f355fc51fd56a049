// A handler for the webhooks of hubspot-v1: Rust 1.85 or newer, in a package with
//
//   cargo add hyper@1 --features http1,server
//   cargo add hyper-util@0.1 --features tokio
//   cargo add tokio@1 --features macros,net,rt-multi-thread,time
//   cargo add http-body-util@0.1 subtle@2
//   cargo add sha2@0.11
//   cargo add hex@0.4
//
// plain SHA-256 hex in X-HubSpot-Signature
// over {secret}{body}
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
//
//   HUBSPOT_V1_WEBHOOK_SECRET=... cargo run

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use sha2::Digest as _;
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

/// While a secret is being replaced, the old one goes into HUBSPOT_V1_WEBHOOK_SECRET_PREVIOUS.
fn keys() -> Result<Vec<Vec<u8>>, String> {
    let mut keys = Vec::new();
    for name in ["HUBSPOT_V1_WEBHOOK_SECRET", "HUBSPOT_V1_WEBHOOK_SECRET_PREVIOUS"] {
        let Some(secret) = env::var_os(name).filter(|secret| !secret.is_empty()) else {
            continue;
        };
        let key = secret.to_str().and_then(key_of);
        let key = key.filter(|key| !key.is_empty());
        keys.push(key.ok_or_else(|| format!("{name} is not a usable secret"))?);
    }
    if keys.is_empty() {
        return Err("HUBSPOT_V1_WEBHOOK_SECRET is not set".to_owned());
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

fn sign(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
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
    let value = header(request, "X-HubSpot-Signature");
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return false;
    };
    let signatures = read(value);
    let mut holds = false;
    for key in keys {
        let expected = sign(&[key.as_slice(), &request.body()[..]].concat());
        for signature in &signatures {
            holds |= same(&signature.to_ascii_lowercase(), &expected);
        }
    }
    holds
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
