//! The gate (claim 27): which combinations of Host, Origin, Sec-Fetch-Site and
//! token come in, over real sockets, beside a server without a gate that gives
//! everything to all of them.

use super::Page;
use crate::wire::{Answer, Wire, soon};
use bytes::Bytes;
use hookctl::hook::headers::Head;
use hookctl::serve::{self, Handler, Limits, Rejection, Request, Response};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpStream;

/// What every answer must carry, refusals as well.
const FIELDS: [&str; 7] = [
    "x-content-type-options: nosniff",
    "cross-origin-resource-policy: same-origin",
    "cross-origin-opener-policy: same-origin",
    "x-frame-options: DENY",
    "referrer-policy: no-referrer",
    "require-trusted-types-for 'script'",
    "cache-control: ",
];

fn hardened(what: &str, answer: &Answer) {
    let head = answer.head.to_ascii_lowercase();
    for field in FIELDS {
        assert!(head.contains(&field.to_ascii_lowercase()), "{what}: no `{field}` in {head}");
    }
    for forbidden in ["access-control-", "set-cookie"] {
        assert!(!head.contains(forbidden), "{what}: {head}");
    }
}

/// Answers whoever asks, as servers on localhost do.
struct Naive;

impl Handler for Naive {
    async fn handle(&self, _request: Request) -> Response {
        Response::text(200, "everything")
    }

    fn rejected(&self, _rejection: Rejection) {}
}

/// The naive server on a port of its own.
fn naive() -> SocketAddr {
    let socket = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(serve::run(socket, Limits::default(), Arc::new(Naive), std::future::pending()));
    address
}

/// The 60 combinations: `P` is the port. Whether they may come in stands beside each part.
const HOSTS: [(Option<&str>, bool); 12] = [
    (Some("127.0.0.1:P"), true),
    (Some("localhost:P"), true),
    (None, false),
    (Some("evil.test:P"), false),
    (Some("evil.test"), false),
    (Some("127.0.0.1"), false),
    (Some("localhost.:P"), false),
    (Some("0.0.0.0:P"), false),
    (Some("[::1]:P"), false),
    (Some("127.0.0.1.nip.io:P"), false),
    (Some("127.0.0.1:1"), false),
    (Some("user@127.0.0.1:P"), false),
];
const FROM: [(Option<&str>, Option<&str>, bool); 5] = [
    (None, None, true),
    (Some("http://HOST"), Some("same-origin"), true),
    (Some("http://evil.test"), Some("cross-site"), false),
    (Some("null"), None, false),
    (None, Some("same-site"), false),
];

#[tokio::test]
async fn of_sixty_combinations_only_the_own_come_in() {
    let page = Page::with(1).await;
    let naive = naive();
    let port = page.address.port();
    let (mut tried, mut refused) = (0, 0);
    for (host, own) in HOSTS {
        for (origin, site, from_us) in FROM {
            let host = host.map(|host| host.replace('P', &port.to_string()));
            let origin = origin.map(|origin| origin.replace("HOST", host.as_deref().unwrap_or("127.0.0.1")));
            let mut fields = String::new();
            for (name, value) in
                [("Host", host.as_deref()), ("Origin", origin.as_deref()), ("Sec-Fetch-Site", site)]
            {
                if let Some(value) = value {
                    fields.push_str(&format!("{name}: {value}\r\n"));
                }
            }
            let what = fields.replace("\r\n", " · ");
            for path in ["/", "/api/session", "/api/stream"] {
                let bearer = format!("Authorization: Bearer {}\r\n", page.token);
                let request = format!("GET {path} HTTP/1.1\r\n{fields}{bearer}\r\n");
                let answer = if own && from_us && path == "/api/stream" {
                    page.stream_head(&request).await
                } else {
                    page.says(&request).await
                };
                let may = own && from_us;
                assert_eq!(answer.status == 200, may, "{path} {what}: {}", answer.head);
                // A request without Host is refused even before the gate.
                if host.is_some() {
                    hardened(&format!("{path} {what}"), &answer);
                }
                refused += usize::from(!may);
            }
            tried += 1;
            // The control: without a gate, the same bytes are answered.
            let mut wire = Wire::connect(naive).await;
            wire.send(format!("GET /api/session HTTP/1.1\r\n{fields}\r\n")).await;
            assert_eq!(wire.status().await, Some(200), "{what}");
        }
    }
    assert_eq!((tried, refused), (60, (60 - 4) * 3));
}

#[tokio::test]
async fn fields_that_come_twice_are_not_chosen_from() {
    let page = Page::with(1).await;
    let own = page.address;
    for twice in [
        format!("Host: {own}\r\nHost: evil.test\r\n"),
        format!("Host: evil.test\r\nHost: {own}\r\n"),
        format!("Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://evil.test\r\n"),
        format!("Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://{own}\r\n"),
        format!("Host: {own}\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n"),
        format!("Host: {own}\r\nAuthorization: Bearer x\r\n"),
    ] {
        let request =
            format!("GET /api/session HTTP/1.1\r\n{twice}Authorization: Bearer {}\r\n\r\n", page.token);
        let status = page.says(&request).await.status;
        assert!(matches!(status, 400 | 401 | 403), "{twice}: {status}");
    }
}

#[tokio::test]
async fn everything_but_the_bare_page_needs_this_runs_token() {
    let (page, other) = (Page::with(1).await, Page::with(0).await);
    let get = |path: &str, token: Option<&str>| {
        let bearer = token.map(|token| format!("Authorization: {token}\r\n")).unwrap_or_default();
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{bearer}\r\n", page.address)
    };
    let paths = [
        "/api/session",
        "/api/deliveries",
        "/api/deliveries/1",
        "/api/deliveries/1/body",
        "/api/deliveries/1/raw",
        "/api/deliveries/1/code",
        "/api/overview",
        "/api/stream",
        "/api",
        "/api/",
        "//api/session",
        "/%61pi/session",
        "/assets",
        "/nothing",
    ];
    let short = format!("Bearer {}", &page.token[1..]);
    let wrong = [
        String::new(),
        "Bearer ".to_owned(),
        page.token.clone(),
        format!("bearer {}", page.token),
        format!("Bearer {} ", page.token) + "x",
        format!("Bearer {}", other.token),
        short,
        format!("Basic {}", page.token),
    ];
    for path in paths {
        let answer = page.says(&get(path, None)).await;
        assert_eq!(answer.status, 401, "{path}");
        hardened(path, &answer);
        let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((&error["type"], &error["code"]), (&"error".into(), &"no_token".into()));
        assert!(error["hint"].as_str().unwrap().contains("terminal"));
        for token in &wrong {
            assert_eq!(page.says(&get(path, Some(token))).await.status, 401, "{path} {token}");
        }
    }
    // In the address it opens nothing: it would be logged and sent on.
    let in_query = format!("/api/session?token={}", page.token);
    assert_eq!(page.says(&get(&in_query, None)).await.status, 401);
    assert_eq!(page.get("/api/session").await.status, 200, "the control");
    let bare = page.says(&get("/", None)).await;
    assert_eq!(bare.status, 200);
    assert!(!String::from_utf8_lossy(&bare.body).contains(&page.token));
}

#[tokio::test]
async fn what_a_form_can_send_changes_nothing() {
    let page = Page::with(1).await;
    let path = "/api/deliveries/1/replay";
    for kind in [
        "",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/json, text/plain\r\n",
        "Content-Type: text/plain\r\nContent-Type: application/json\r\n",
    ] {
        let answer = page.says(&page.asks("POST", path, kind, "{}")).await;
        assert_eq!(answer.status, 415, "{kind}");
        hardened(kind, &answer);
        assert_eq!(page.says(&page.asks("DELETE", "/api/deliveries/1", kind, "{}")).await.status, 415);
    }
    let json = "Content-Type: application/json\r\n";
    assert_ne!(page.says(&page.asks("POST", path, json, "{}")).await.status, 415, "the control");
    assert_eq!(page.json("/api/session").await["count"], 1);
}

#[tokio::test]
async fn a_preflight_gets_no_permission_whoever_asks() {
    let page = Page::with(0).await;
    let own = format!("http://{}", page.address);
    for origin in ["http://evil.test", "null", own.as_str()] {
        let ask = format!(
            "OPTIONS /api/deliveries/1/replay HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n",
            page.address
        );
        let answer = page.says(&ask).await;
        assert!(matches!(answer.status, 403 | 405), "{origin}: {}", answer.head);
        hardened(origin, &answer);
    }
    for method in ["PUT", "PATCH", "TRACE", "PROPFIND"] {
        assert_eq!(page.says(&page.asks(method, "/api/session", "", "")).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn an_upgrade_or_an_absolute_target_passes_no_other_gate() {
    let page = Page::with(0).await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for target in ["/api/stream", "/", "/ws"] {
        let ask = format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nOrigin: http://evil.test\r\n{upgrade}\r\n",
            page.address
        );
        assert_eq!(page.says(&ask).await.status, 403, "{target}");
    }
    let absolute = page.asks("GET", &format!("http://{}/api/session", page.address), "", "");
    assert_eq!(page.says(&absolute).await.status, 400);
}

#[tokio::test]
async fn the_gate_is_the_same_over_http2() {
    let page = Page::with(1).await;
    let stream = TcpStream::connect(page.address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = soon(handshake).await.unwrap();
    tokio::spawn(connection);
    let bearer = format!("Bearer {}", page.token);
    let own = page.address.to_string();
    for (authority, host, origin, token, status) in [
        (own.as_str(), None, None, bearer.as_str(), 200),
        (&own, Some(own.as_str()), None, &bearer, 200),
        (&own, None, None, "", 401),
        ("evil.test", None, None, &bearer, 403),
        ("evil.test", Some(&own), None, &bearer, 403),
        (&own, Some("evil.test"), None, &bearer, 403),
        (&own, None, Some("http://evil.test"), &bearer, 403),
    ] {
        let mut request = hyper::Request::get(format!("http://{authority}/api/session"));
        let fields = [("host", host), ("origin", origin), ("authorization", Some(token))];
        for (name, value) in fields {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let answer = soon(sender.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), status, "{authority} {host:?} {origin:?}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn bound_to_every_address_it_is_asked_under_the_one_that_was_connected_to() {
    let page = Page::on(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0).await;
    let port = page.address.port();
    let ask = |to: SocketAddr, host: String| async move {
        let mut wire = Wire::connect(to).await;
        wire.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        wire.status().await
    };
    let first = SocketAddr::from(([127, 0, 0, 1], port));
    let second = SocketAddr::from(([127, 0, 0, 2], port));
    assert_eq!(ask(first, format!("127.0.0.1:{port}")).await, Some(200));
    assert_eq!(ask(first, format!("localhost:{port}")).await, Some(200));
    assert_eq!(ask(second, format!("127.0.0.2:{port}")).await, Some(200));
    assert_eq!(ask(first, format!("127.0.0.2:{port}")).await, Some(403));
    assert_eq!(ask(first, format!("0.0.0.0:{port}")).await, Some(403));
    assert_eq!(ask(first, format!("evil.test:{port}")).await, Some(403));
}

impl Page {
    /// The head of a stream's answer.
    async fn stream_head(&self, request: &str) -> Answer {
        let mut events = super::Events {
            stream: soon(TcpStream::connect(self.address)).await.unwrap(),
            read: String::new(),
        };
        let send = tokio::io::AsyncWriteExt::write_all(&mut events.stream, request.as_bytes());
        soon(send).await.unwrap();
        let head = events.block().await.unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: Vec::new() }
    }
}

#[test]
fn heads_are_built_as_the_test_means_them() {
    // `user@…` and the like must reach the gate, not fail on the way.
    assert!(Head::parse(b"GET / HTTP/1.1\r\nHost: user@127.0.0.1:1\r\n\r\n".to_vec()).is_ok());
}
