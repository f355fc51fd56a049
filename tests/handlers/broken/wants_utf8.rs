// The defect: takes every body for text, and what is none ends the process. tiny_http.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tiny_http::{Request, Response, Server};

fn holds(secret: &str, given: &str, body: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(body.as_bytes());
    let given = given.strip_prefix("sha256=").and_then(|given| hex::decode(given).ok());
    given.is_some_and(|given| mac.verify_slice(&given).is_ok())
}

fn judge(request: &mut Request, secret: &str) -> u16 {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).expect("a body is text");
    let mut fields = request.headers().iter();
    let given = fields.find(|field| field.field.equiv("X-Koji-Signature"));
    match holds(secret, given.map_or("", |field| field.value.as_str()), &body) {
        true => 200,
        false => 401,
    }
}

fn main() {
    let secret = std::env::var("KOJI_WEBHOOK_SECRET").expect("KOJI_WEBHOOK_SECRET is not set");
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let server = Server::http(format!("127.0.0.1:{port}")).expect("the port is free");
    println!("listening on http://{}", server.server_addr());
    for mut request in server.incoming_requests() {
        let status = judge(&mut request, &secret);
        drop(request.respond(Response::empty(status)));
    }
}
