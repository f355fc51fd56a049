//! The same handler behind TLS, where HTTP/2 is offered.

use super::PATH;
use super::answer::{Answer, Application, Known, Reply};
use super::fault::Faults;
use super::wire::Request;
use crate::harness::{Home, require};
use bytes::Bytes;
use hookctl::hook::headers::Head;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// A running handler; it ends with this value.
pub(crate) struct TlsHandler {
    pub(crate) address: SocketAddr,
    _runtime: Runtime,
}

impl TlsHandler {
    /// Offers these protocols, such as `h2`.
    pub(crate) fn start(known: Known, faults: Faults, offers: &[&str]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config(offers)));
        let application = Arc::new(Application::new(known, faults));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that goes is not a fault of the test.
                tokio::spawn(attend(stream, acceptor.clone(), Arc::clone(&application)));
            }
        });
        Self { address, _runtime: runtime }
    }

    /// What `check` takes.
    pub(crate) fn url(&self) -> String {
        format!("https://{}{PATH}", self.address)
    }
}

/// A certificate that nobody vouches for.
fn config(offers: &[&str]) -> ServerConfig {
    require("openssl");
    let home = Home::default();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = CertificateDer::from_pem_file(home.join("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(home.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = offers.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

async fn attend(stream: TcpStream, acceptor: TlsAcceptor, application: Arc<Application>) -> Option<()> {
    let stream = acceptor.accept(stream).await.ok()?;
    let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request| {
        let application = Arc::clone(&application);
        async move { answer(request, &application).await }
    });
    let stream = TokioIo::new(stream);
    if two {
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        return builder.serve_connection(stream, service).await.ok();
    }
    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await.ok()
}

async fn answer(
    request: http::Request<Incoming>,
    application: &Application,
) -> io::Result<http::Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let version = if parts.version == http::Version::HTTP_2 { 20 } else { 11 };
    let target = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let authority = parts.uri.authority().map(|authority| ("host", authority.as_str().as_bytes()));
    let head = Head::build(parts.method.as_str(), target, authority.into_iter().chain(fields));
    let head = head.map_err(io::Error::other)?.with_version(version);
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    match application.answer(&Request { head, body, earlier: 0, pipelined: false }) {
        Reply::Answer(answer) => Ok(response(&answer)),
        _ => Err(io::Error::other("closed")),
    }
}

fn response(answer: &Answer) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value.as_slice());
    }
    response.body(Full::new(answer.body.clone().into())).unwrap()
}
