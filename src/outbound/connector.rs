//! Connects to a target: name, TCP (both families of a name are tried), TLS.
//!
//! Never uses a proxy. Gives errors whose type says which step failed, so that
//! nobody has to read a message to know.

use super::slot::Next;
use super::stream::{ExactStream, Peer};
use super::tls::{self, Trust};
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use std::error::Error;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// How long a TLS handshake may take once the connection stands.
const HANDSHAKE: Duration = Duration::from_secs(10);

type BoxError = Box<dyn Error + Send + Sync>;
type Tcp = HttpConnector<Resolver>;
/// A connection as it was made, with TLS or without.
pub(super) type Raw = MaybeHttpsStream<TokioIo<TcpStream>>;
/// The connection under a line.
pub(super) type Stream = ExactStream<Raw>;

impl Peer for MaybeHttpsStream<TokioIo<TcpStream>> {
    fn gone(&self) -> bool {
        let (tcp, plain) = match self {
            Self::Http(tcp) => (tcp.inner(), true),
            Self::Https(tls) => (tls.inner().get_ref().0.inner().inner(), false),
        };
        match SockRef::from(tcp).peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => true,
            // Plain bytes that answer nothing; TLS has messages of its own.
            Ok(_) => plain,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// The host name has no address.
#[derive(Debug, thiserror::Error)]
#[error("no address for the host name")]
pub(super) struct Unresolved(#[source] pub(super) io::Error);

/// TLS with the target failed, after the connection stood or before it was tried.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsFault {
    /// The certificates of this system cannot be loaded.
    #[error("cannot load the certificates that this system trusts")]
    SetUp(#[source] Arc<rustls::Error>),
    /// The connection could not be made or the handshake failed.
    #[error(transparent)]
    Connect(BoxError),
    /// The target is silent.
    #[error("no TLS handshake within {}s", HANDSHAKE.as_secs())]
    Silent,
}

/// The system's resolver with an error of its own type.
#[derive(Clone, Debug)]
pub(super) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = <GaiResolver as Service<Name>>::Response;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        self.0.poll_ready(cx).map_err(Unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = self.0.call(name);
        Box::pin(async move { lookup.await.map_err(Unresolved) })
    }
}

/// Makes the connections of [`super::exact`].
#[derive(Clone, Debug)]
pub(super) struct Connector {
    tcp: Tcp,
    tls: Arc<OnceLock<Result<HttpsConnector<Tcp>, Arc<rustls::Error>>>>,
    trust: Trust,
    /// What is offered in the TLS handshake; nothing for HTTP/1 alone.
    protocols: &'static [&'static [u8]],
    connect_timeout: Duration,
}

impl Connector {
    pub(super) fn new(connect_timeout: Duration, trust: Trust) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        Self { tcp, tls: Arc::default(), trust, protocols: &[], connect_timeout }
    }

    /// Offers these protocols in the TLS handshake, the best first.
    pub(super) fn with_protocols(self, protocols: &'static [&'static [u8]]) -> Self {
        Self { protocols, tls: Arc::default(), ..self }
    }

    /// The TLS side, made when the first `https` target needs it.
    fn https(&self) -> Result<HttpsConnector<Tcp>, TlsFault> {
        let made = self.tls.get_or_init(|| {
            let mut config = tls::client_config(self.trust).map_err(Arc::new)?;
            config.alpn_protocols = self.protocols.iter().map(|name| name.to_vec()).collect();
            Ok(HttpsConnector::from((self.tcp.clone(), config)))
        });
        made.clone().map_err(TlsFault::SetUp)
    }

    /// Makes a connection that writes what `next` holds.
    ///
    /// # Errors
    /// Says by its type which step failed.
    pub(super) async fn connect(&self, origin: Uri, next: Next) -> Result<Stream, BoxError> {
        Ok(ExactStream::new(self.open(origin).await?, next))
    }

    /// Makes a connection that writes what it is given.
    ///
    /// # Errors
    /// Says by its type which step failed.
    pub(super) async fn open(&self, origin: Uri) -> Result<Raw, BoxError> {
        if origin.scheme() == Some(&Scheme::HTTP) {
            return Ok(MaybeHttpsStream::Http(self.tcp.clone().call(origin).await?));
        }
        let connecting = self.https()?.call(origin);
        let deadline = self.connect_timeout.saturating_add(HANDSHAKE);
        let stream = tokio::time::timeout(deadline, connecting)
            .await
            .map_err(|_elapsed| TlsFault::Silent)?
            .map_err(TlsFault::Connect)?;
        Ok(stream)
    }
}
