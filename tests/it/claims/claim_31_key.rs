//! Claim 31, what concerns the vendors' APIs: the API key goes to the API only.
//! (`outbound::api` holds proxies and plain http, `register` the signing secret.)

use crate::harness::Home;
use crate::harness::script::{Script, answer, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const KEY: &str = "uj_live_CANARYfake000000000000000000a1b2";

fn call(base: &str) -> (i32, String) {
    let home = Home::default();
    let ran = home.run_with(
        ["api", "POST", "/studies", "-f", "a=b", "--base-url", base],
        b"",
        &[("USERJOURNEYS_API_KEY", KEY)],
    );
    assert!(!ran.out().contains("CANARY") && !ran.err().contains("CANARY"), "{}", ran.block());
    (ran.code(), ran.err())
}

#[test]
fn a_redirect_takes_the_key_nowhere() {
    let elsewhere = Script::new([]);
    let (host, port) = ("127.0.0.1", elsewhere.address.port());
    let places = [
        format!("http://{host}:{port}/studies"),
        format!("http://localhost:{port}/studies"),
        format!("//{host}:{port}/studies"),
        format!("/\\{host}:{port}/studies"),
        format!("http://user:password@{host}:{port}/studies"),
        format!("https://{host}:{port}/studies"),
    ];
    for status in [301, 302, 303, 307, 308] {
        for place in &places {
            let vendor = Script::new([answer(status, &[("Location", place)], "")]);
            let (code, said) = call(&vendor.base());
            assert_eq!(code, 5, "{said}");
            assert!(said.contains("it is not followed") && !said.contains("password"), "{said}");
            assert_eq!(vendor.lines(), ["POST /studies"]);
        }
    }
    assert!(elsewhere.requests().is_empty());
    // The control: what is called gets the key.
    let vendor = Script::new([json(200, "{}")]);
    assert_eq!(call(&vendor.base()).0, 0);
    assert!(vendor.only().contains(KEY));
}

#[test]
fn no_path_leads_to_another_host() {
    let elsewhere = Script::new([]);
    let vendor = Script::new([]);
    let home = Home::default();
    let at = elsewhere.address;
    for path in [
        format!("http://{at}/studies"),
        format!("//{at}/studies"),
        format!("/\\{at}/studies"),
        format!("/..//{at}/studies"),
        format!("/%2e%2e/{at}"),
        format!("{}@{at}/studies", vendor.base()),
        format!("{}.example.com/studies", vendor.base()),
    ] {
        let args = ["api", "GET", &path, "--base-url", &vendor.base()];
        let ran = home.run_with(args, b"", &[("USERJOURNEYS_API_KEY", KEY)]);
        // What is a path in the end is asked of the vendor itself, and of nobody else.
        assert!([2, 5].contains(&ran.code()), "{path}: {}", ran.block());
    }
    assert!(elsewhere.requests().is_empty());
}

/// A TLS server by the `openssl` program, with a certificate made by `certificate`.
struct Tls {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Tls {
    fn start(certificate: &[&str], serve: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(certificate)
            .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "0", "-www", "-key", &path("key.pem"), "-cert", &path("cert.pem")])
            .args(serve)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| line.unwrap().strip_prefix("ACCEPT ")?.rsplit_once(':')?.1.trim().parse().ok())
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port, _folder: folder }
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_even_on_this_machine() {
    crate::harness::require("openssl");
    const OWN: [&str; 4] = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    let expired = [&OWN[..], &["-not_before", "20200101000000Z", "-not_after", "20210101000000Z"]].concat();
    let early = [&OWN[..], &["-not_before", "20900101000000Z", "-not_after", "20910101000000Z"]].concat();
    let cases: [(&str, Vec<&str>, Vec<&str>); 6] = [
        ("self-signed", [&OWN[..], &["-days", "2"]].concat(), vec![]),
        (
            "wrong name",
            vec!["-subj", "/CN=a.example", "-addext", "subjectAltName=DNS:a.example", "-days", "2"],
            vec![],
        ),
        ("name in CN only", vec!["-subj", "/CN=localhost", "-days", "2"], vec![]),
        ("expired", expired, vec![]),
        ("not yet valid", early, vec![]),
        ("TLS 1.1", [&OWN[..], &["-days", "2"]].concat(), vec!["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]),
    ];
    for (what, certificate, serve) in cases {
        // Older versions of openssl cannot choose the dates.
        if certificate.contains(&"-not_before") && !openssl_chooses_dates() {
            continue;
        }
        let server = Tls::start(&certificate, &serve);
        let (code, said) = call(&format!("https://localhost:{}", server.port));
        assert_eq!(code, 5, "{what}: {said}");
        assert!(said.contains("cannot connect"), "{what}: {said}");
    }
}

fn openssl_chooses_dates() -> bool {
    let help = Command::new("openssl").args(["req", "-help"]).output().unwrap();
    String::from_utf8_lossy(&help.stderr).contains("-not_before")
        || String::from_utf8_lossy(&help.stdout).contains("-not_before")
}
