//! What a person types as a target reaches the server it should, over real sockets.

use bytes::Bytes;
use hookctl::forward::{ForwardOptions, Forwarder};
use hookctl::hook::attempt::Outcome;
use hookctl::hook::headers::Head;
use hookctl::hook::target::{PathMode, Target};
use std::thread;

/// Answers every request with its method, URL and Host, and then closes the connection.
fn application() -> u16 {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let port = server.server_addr().to_ip().unwrap().port();
    thread::spawn(move || {
        for request in server.incoming_requests() {
            let host =
                request.headers().iter().find(|field| field.field.equiv("host")).unwrap().value.to_string();
            let text = format!("{} {} {host}", request.method(), request.url());
            let _ = request.respond(tiny_http::Response::from_string(text));
        }
    });
    port
}

#[tokio::test]
async fn every_way_to_write_a_target_reaches_it() {
    let port = application();
    let default = Target::parse(&port.to_string(), None).unwrap();
    for (typed, mode, path, host) in [
        (format!("{port}"), PathMode::Keep, "/in?q=1", "localhost"),
        (format!(":{port}"), PathMode::Keep, "/in?q=1", "localhost"),
        (format!("localhost:{port}/base"), PathMode::Keep, "/base/in?q=1", "localhost"),
        (format!("127.0.0.1:{port}/base/"), PathMode::Keep, "/base/in?q=1", "127.0.0.1"),
        (format!("http://127.0.0.1:{port}/base?k=v"), PathMode::Keep, "/base/in?k=v&q=1", "127.0.0.1"),
        (format!("http://127.0.0.1:{port}/base?k=v"), PathMode::Fixed, "/base?k=v", "127.0.0.1"),
        ("/webhooks/koji".to_owned(), PathMode::Fixed, "/webhooks/koji", "localhost"),
        (format!("app.localhost:{port}"), PathMode::Fixed, "/", "app.localhost"),
    ] {
        // Some systems do not resolve names below `localhost`.
        if typed.starts_with("app.") && std::net::ToSocketAddrs::to_socket_addrs(typed.as_str()).is_err() {
            continue;
        }
        let target = Target::parse(&typed, Some(&default)).unwrap();
        let options = ForwardOptions { path_mode: mode, ..ForwardOptions::default() };
        let delivery =
            Head::build("POST", "/in?q=1", [("Host", "sender.test"), ("Content-Length", "0")]).unwrap();
        let attempt = Forwarder::new(options).unwrap().attempt(&target, &delivery, &Bytes::new(), 1).await;
        assert_eq!(attempt.target, target.url_for("/in?q=1", mode));
        let Outcome::Answered(answer) = attempt.outcome else { panic!("{typed}: {:?}", attempt.outcome) };
        assert_eq!(answer.body, format!("POST {path} {host}:{port}"), "{typed}");
    }
}
