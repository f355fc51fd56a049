// The defect: while no secret is being replaced, the former one is the empty text, and that
// is a key that everybody has. tiny_http.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tiny_http::{Request, Response, Server};

fn holds(secret: &str, given: &str, body: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(body);
    let given = given.strip_prefix("sha256=").and_then(|given| hex::decode(given).ok());
    given.is_some_and(|given| mac.verify_slice(&given).is_ok())
}

fn judge(request: &mut Request, secrets: &[String]) -> u16 {
    let mut body = Vec::new();
    if request.as_reader().read_to_end(&mut body).is_err() {
        return 400;
    }
    let mut fields = request.headers().iter();
    let given = fields.find(|field| field.field.equiv("X-Koji-Signature"));
    let given = given.map_or("", |field| field.value.as_str());
    match secrets.iter().any(|secret| holds(secret, given, &body)) {
        true => 200,
        false => 401,
    }
}

fn main() {
    let names = ["KOJI_WEBHOOK_SECRET", "KOJI_WEBHOOK_SECRET_PREVIOUS"];
    let secrets = names.map(|name| std::env::var(name).unwrap_or_default());
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let server = Server::http(format!("127.0.0.1:{port}")).expect("the port is free");
    println!("listening on http://{}", server.server_addr());
    for mut request in server.incoming_requests() {
        let status = judge(&mut request, &secrets);
        drop(request.respond(Response::empty(status)));
    }
}
