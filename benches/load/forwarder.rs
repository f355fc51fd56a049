//! The limit of forwarding: a hyper server in front of hyper-util's client.
//!
//! Passes method, path, headers and body on and the answer back; verifies and
//! shows nothing, knows no deadline, and keeps the body first when it has a keeper.

use crate::keeper::Keeper;
use crate::{Failure, server};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;

type Outbound = Client<HttpConnector, Full<Bytes>>;

/// Serves until the parent ends it, forwarding to the target.
pub(crate) fn run(target: SocketAddr, keeper: Option<&Keeper>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = server::announce().await?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client: Outbound = Client::builder(TokioExecutor::new()).build(connector);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (client, keeper) = (client.clone(), keeper.cloned());
            let pass = service_fn(move |request| forward(client.clone(), keeper.clone(), target, request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), pass));
        }
    })
}

async fn forward(
    client: Outbound,
    keeper: Option<Keeper>,
    target: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let uri = Uri::builder().scheme("http").authority(target.to_string()).path_and_query(path).build()?;
    let body = body.collect().await?.to_bytes();
    if let Some(keeper) = keeper {
        keeper.keep(body.clone()).await?;
    }
    let mut onward = Request::new(Full::new(body));
    *onward.method_mut() = head.method;
    *onward.uri_mut() = uri;
    *onward.headers_mut() = head.headers;
    drop_framing(onward.headers_mut());
    onward.headers_mut().remove(HOST);

    let (head, body) = client.request(onward).await?.into_parts();
    let mut back = Response::new(Full::new(body.collect().await?.to_bytes()));
    *back.status_mut() = head.status;
    *back.headers_mut() = head.headers;
    drop_framing(back.headers_mut());
    Ok(back)
}

/// Each connection frames its own messages.
fn drop_framing(headers: &mut HeaderMap) {
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
