//! Targets that speak TLS, or should.

use super::*;

/// A TLS server with a certificate of its own making, run by the `openssl` program.
struct TlsServer {
    child: std::process::Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl TlsServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "0", "-www", "-key", &path("key.pem"), "-cert", &path("cert.pem")])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // `ACCEPT 127.0.0.1:port` or `ACCEPT 0.0.0.0:port` is its ready line.
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let port = lines
            .find_map(|line| line.unwrap().strip_prefix("ACCEPT ")?.rsplit_once(':')?.1.trim().parse().ok())
            .unwrap();
        // Somebody has to read what it prints.
        thread::spawn(move || lines.for_each(drop));
        Self { child, port, _folder: folder }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_refused_unless_asked_for() {
    let server = TlsServer::start();
    let target = Target::parse(&format!("https://localhost:{}/", server.port), None).unwrap();
    let head = Head::build("GET", "/", [("Host", "a")]).unwrap();
    let strict = forwarder(|_| {}).attempt(&target, &head, &Bytes::new(), 1).await;
    assert_eq!(failed(strict).kind, FailureKind::Tls);
    let insecure = forwarder(|options| options.insecure = true);
    let answer = answered(insecure.attempt(&target, &head, &Bytes::new(), 1).await);
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.body).contains("TLSv1.3"), "the page of `openssl s_server`");
    assert!(!ForwardOptions::default().insecure, "nobody gets it unasked");
}

#[tokio::test]
async fn https_to_what_is_no_tls_server_is_a_tls_failure() {
    let plain = server(|mut stream, _| {
        let mut some = [0; 64];
        let _ = stream.read(&mut some);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let closing = server(|mut stream, _| {
        let mut all = [0; 4_096];
        let _ = stream.read(&mut all);
    });
    let forwarder = forwarder(|options| options.insecure = true);
    for address in [plain, closing] {
        let target = Target::parse(&format!("https://{address}"), None).unwrap();
        let failure = failed(forwarder.attempt(&target, &delivery(b""), &Bytes::new(), 1).await);
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = Target::parse(&format!("https://{nobody}"), None).unwrap();
    assert_eq!(
        failed(forwarder.attempt(&target, &delivery(b""), &Bytes::new(), 1).await).kind,
        FailureKind::Refused
    );
}
