//! The client that calls the vendors' REST APIs.
//!
//! Every default of the library underneath that is wrong for this tool is
//! decided here once: no redirect is followed (a key in a header of its own
//! would be sent to the other host), plain `http` and no proxy for this machine,
//! `https` alone for every other, nothing is decompressed behind the caller's
//! back, and every wait and every answer has an end. Never retries and never
//! judges a status: a 302 and a 500 are answers.

use crate::buffer::Buffer;
use crate::hook::target::is_loopback_host;
use bytes::Bytes;
use http::{Request, Response};
use reqwest::redirect::Policy;
use std::sync::OnceLock;
use std::time::Duration;

/// What a client is made with.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long the vendor may be silent.
    pub idle_timeout: Duration,
    /// The time for everything.
    pub timeout: Duration,
    /// The most bytes of an answer's body. What is made of them takes several times as much.
    pub max_answer: usize,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(15),
            timeout: Duration::from_secs(30),
            max_answer: 4 << 20,
        }
    }
}

/// Why there is no whole answer. No variant holds the URL or a header: either may hold a key.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent")]
    Invalid(#[source] reqwest::Error),
    /// Plain `http` to another machine would show the key to everybody on the way.
    #[error("refused to send a key to `{host}` over plain http; use https")]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The URL is no http URL with a host.
    #[error("the address of the API is not an http or https URL")]
    NotHttp,
    /// The client could not be made, such as when no certificates can be loaded.
    #[error("cannot make an HTTP client")]
    SetUp(#[source] reqwest::Error),
    /// No connection: refused, no such host, a certificate that is not trusted.
    #[error("cannot connect")]
    Connect(#[source] reqwest::Error),
    /// No whole answer in time.
    #[error("no whole answer in time")]
    Timeout(#[source] reqwest::Error),
    /// The exchange broke off.
    #[error("the connection broke before a whole answer")]
    Broken(#[source] reqwest::Error),
    /// The answer's body is over the limit.
    #[error("the answer is over {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}

impl ApiError {
    /// Whether the same request may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Timeout(_) | Self::Broken(_))
    }

    fn exchanging(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            Self::Timeout(error)
        } else if error.is_connect() {
            Self::Connect(error)
        } else if error.is_builder() {
            Self::Invalid(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// Calls vendors. Opens and loads nothing before the first call.
#[derive(Debug, Default)]
pub struct Api {
    options: ApiOptions,
    /// For this machine: never through a proxy.
    near: OnceLock<reqwest::Client>,
    /// For the vendors: through the proxy of the environment, where there is one.
    far: OnceLock<reqwest::Client>,
}

impl Api {
    /// Makes a client.
    pub fn new(options: ApiOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// Says why there is no whole answer; a status is not an error.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ApiError> {
        self.send_until(request, |_| false).await
    }

    /// The same, but reads no further once `ended` says so of what was read so
    /// far: an event stream may stay open after its last event.
    ///
    /// # Errors
    /// Says why there is no whole answer; a status is not an error.
    pub async fn send_until(
        &self,
        request: Request<Bytes>,
        mut ended: impl FnMut(&[u8]) -> bool,
    ) -> Result<Response<Bytes>, ApiError> {
        let near = self.admit(&request)?;
        let mut request =
            reqwest::Request::try_from(request).map_err(|error| ApiError::Invalid(error.without_url()))?;
        for value in request.headers_mut().values_mut() {
            // A sensitive value shows nothing in debug output.
            value.set_sensitive(true);
        }
        let client = self.client(near)?;
        let mut answer = client.execute(request).await.map_err(ApiError::exchanging)?;
        let limit = self.options.max_answer;
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(ApiError::TooLarge { limit });
        }
        let mut body = Buffer::default();
        while let Some(chunk) = answer.chunk().await.map_err(ApiError::exchanging)? {
            if body.len().saturating_add(chunk.len()) > limit || !body.push(&chunk, limit) {
                return Err(ApiError::TooLarge { limit });
            }
            if ended(body.as_slice()) {
                break;
            }
        }
        let mut whole = Response::new(body.into_bytes());
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(whole)
    }

    /// Whether the request is for this machine; refuses what must not be sent.
    fn admit(&self, request: &Request<Bytes>) -> Result<bool, ApiError> {
        let host = request.uri().host().ok_or(ApiError::NotHttp)?;
        let near = is_loopback_host(host);
        match request.uri().scheme_str() {
            Some("https") => Ok(near),
            Some("http") if near => Ok(near),
            Some("http") => Err(ApiError::PlainHttp { host: host.to_owned() }),
            _ => Err(ApiError::NotHttp),
        }
    }

    fn client(&self, near: bool) -> Result<&reqwest::Client, ApiError> {
        let cell = if near { &self.near } else { &self.far };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let builder = reqwest::Client::builder()
            .user_agent(concat!("hookctl/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(self.options.connect_timeout)
            .read_timeout(self.options.idle_timeout)
            .timeout(self.options.timeout);
        let builder = if near { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| ApiError::SetUp(error.without_url()))?;
        Ok(cell.get_or_init(|| client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// Answers every connection with `answer`, then holds it open; counts connections.
    fn server(answer: Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
                let (mut stream, answer) = (stream.unwrap(), answer.clone());
                thread::spawn(move || {
                    let mut some = [0; 4_096];
                    while stream.read(&mut some).is_ok_and(|read| read > 0) {
                        if stream.write_all(&answer).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        (address, count)
    }

    fn get(url: &str) -> Request<Bytes> {
        Request::get(url).header("X-Api-Key", "fake_key_CANARY").body(Bytes::new()).unwrap()
    }

    fn api(change: impl FnOnce(&mut ApiOptions)) -> Api {
        let mut options = ApiOptions::default();
        change(&mut options);
        Api::new(options)
    }

    fn words(error: &ApiError) -> String {
        let mut found = format!("{error:?}");
        let mut next: Option<&dyn Error> = Some(error);
        while let Some(cause) = next {
            found.push_str(&cause.to_string());
            next = cause.source();
        }
        found
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_the_key_goes_nowhere_else() {
        let (elsewhere, visits) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec());
        for status in [301, 302, 303, 307, 308] {
            let answer =
                format!("HTTP/1.1 {status} Go\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
            let (address, _) = server(answer.into_bytes());
            let answer = api(|_| {}).send(get(&format!("http://{address}/"))).await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
        }
        assert_eq!(visits.load(Ordering::SeqCst), 0);
        // The control: the library's own default takes the key along.
        let answer = format!("HTTP/1.1 302 Go\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let (address, _) = server(answer.into_bytes());
        let control = reqwest::Client::builder().no_proxy().build().unwrap();
        control.get(format!("http://{address}/")).send().await.unwrap();
        assert_eq!(visits.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_silent_and_a_trickling_vendor_are_timeouts_and_the_url_is_not_in_the_error() {
        let (silent, _) = server(Vec::new());
        let (half, _) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".to_vec());
        for change in
            [(|options| options.timeout = Duration::from_millis(100)) as fn(&mut ApiOptions), |options| {
                options.idle_timeout = Duration::from_millis(100);
            }]
        {
            for address in [silent, half] {
                let error =
                    api(change).send(get(&format!("http://{address}/hook/CANARY"))).await.unwrap_err();
                assert!(matches!(error, ApiError::Timeout(_)), "{error:?}");
                assert!(error.retryable() && !words(&error).contains("CANARY"), "{}", words(&error));
            }
        }
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = api(|_| {}).send(get(&format!("http://{nobody}/CANARY"))).await.unwrap_err();
        assert!(
            matches!(error, ApiError::Connect(_)) && !words(&error).contains("CANARY"),
            "{}",
            words(&error)
        );
    }

    #[tokio::test]
    async fn an_answer_over_the_limit_is_refused_and_one_at_it_is_whole() {
        for (length, fits) in [(9, true), (10, true), (11, false)] {
            let text = "a".repeat(length);
            let declared = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{text}");
            let chunked = format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{text}\r\n0\r\n\r\n"
            );
            for answer in [declared, chunked] {
                let (address, _) = server(answer.into_bytes());
                let got =
                    api(|options| options.max_answer = 10).send(get(&format!("http://{address}/"))).await;
                match got {
                    Ok(answer) => assert!(fits && answer.body().len() == length),
                    Err(error) => {
                        assert!(!fits && matches!(error, ApiError::TooLarge { limit: 10 }), "{error:?}");
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn a_compressed_answer_is_left_compressed() {
        let mut answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n".to_vec();
        answer.extend_from_slice(&[0x1f, 0x8b, 0x08]);
        let (address, _) = server(answer);
        let answer = api(|_| {}).send(get(&format!("http://{address}/"))).await.unwrap();
        assert_eq!(answer.body().as_ref(), [0x1f, 0x8b, 0x08]);
    }

    #[tokio::test]
    async fn a_key_never_travels_in_the_clear_to_another_machine() {
        for url in ["http://example.com/", "http://192.0.2.1/", "http://localhost.example.com/"] {
            assert!(matches!(api(|_| {}).send(get(url)).await, Err(ApiError::PlainHttp { .. })), "{url}");
        }
        for url in ["ftp://127.0.0.1/", "/only/a/path"] {
            assert!(matches!(api(|_| {}).send(get(url)).await, Err(ApiError::NotHttp)), "{url}");
        }
    }

    /// Runs itself again with a proxy in the environment: it cannot be set for one thread.
    #[test]
    fn a_proxy_of_the_environment_is_not_used_for_this_machine() {
        const CHILD: &str = "HOOKCTL_TEST_PROXY_CHILD";
        let Ok(address) = std::env::var(CHILD) else {
            let (trap, visits) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrap".to_vec());
            let (address, _) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal".to_vec());
            let name = "outbound::api::tests::a_proxy_of_the_environment_is_not_used_for_this_machine";
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env(CHILD, address.to_string())
                .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, format!("http://{trap}"))))
                .env_remove("NO_PROXY")
                .env_remove("no_proxy")
                .env_remove("REQUEST_METHOD")
                .output()
                .unwrap();
            assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
            assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
            assert_eq!(visits.load(Ordering::SeqCst), 1, "only the control goes into the trap");
            return;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = format!("http://{address}/");
            assert_eq!(api(|_| {}).send(get(&url)).await.unwrap().body().as_ref(), b"real");
            let control = reqwest::get(&url).await.unwrap().bytes().await.unwrap();
            assert_eq!(control.as_ref(), b"trap");
        });
    }
}
