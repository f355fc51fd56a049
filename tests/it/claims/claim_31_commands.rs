//! Claim 31, held to every command: an API key goes to the vendor's API and nowhere
//! else. No redirect takes it along, no proxy sees it, no certificate that does not
//! hold gets it, no address or profile leads it to another host. (`claim_31_key`
//! holds the client to it, and the paths of `api`.)

use crate::harness::canary::Canary;
use crate::harness::script::{Act, Script, answer, json};
use crate::harness::{Home, Ran};
use std::process::{Child, Command, Stdio};

const KEY: &str = "uj_live_fakeCANARY31notarealkey00000000x9Zq";

/// Every command that calls a vendor.
const COMMANDS: [&[&str]; 13] = [
    &["whoami", "--check"],
    &["login", "--provider", "userjourneys", "--api-key-env", "USERJOURNEYS_API_KEY"],
    &["studies", "list"],
    &["studies", "show", "s"],
    &["capacity", "s", "--no-cache"],
    &["link", "s", "--reference-id", "u"],
    &["interviews", "list", "--study", "s"],
    &["interviews", "show", "i"],
    &["interviews", "export", "--study", "s"],
    &["interviews", "reconcile", "--study", "s"],
    &["register", "--show"],
    &["register", "https://a.example/hooks"],
    &["api", "GET", "/studies"],
];

/// Runs with the key for the API at `base`; the key may not be in what is said.
#[track_caller]
fn run(home: &Home, args: &[&str], base: &str, variables: &[(&str, &str)]) -> Ran {
    let own = [("USERJOURNEYS_API_KEY", KEY), ("USERJOURNEYS_BASE_URL", base), ("RUST_LOG", "trace")];
    let ran = home.run_with([args, &["-vvv", "--no-input"]].concat(), b"", &[&own, variables].concat());
    let canary = Canary::new(KEY);
    canary.assert_not_in(&format!("standard output of {args:?}"), &ran.stdout);
    canary.assert_not_in(&format!("standard error of {args:?}"), &ran.stderr);
    assert!(ran.code() != 70 && !ran.err().contains("panicked"), "{args:?}: {}", ran.block());
    ran
}

/// How the head of a request carries the key.
fn carries_key(request: &str) -> bool {
    request.contains(&format!("authorization: Bearer {KEY}\r\n"))
}

#[test]
fn no_command_follows_a_redirect() {
    let elsewhere = Script::new([]);
    let host = elsewhere.address;
    let places = [
        format!("http://{host}/x"),
        format!("https://{host}/x"),
        format!("//{host}/x"),
        format!("http://user:password@{host}/"),
        format!("\\\\{host}\\x"),
        format!("/\\{host}/x"),
        format!("http://127.0.0.1@{host}/"),
        format!("http://localhost:{}/x", host.port()),
        format!("HTTP:{host}/x"),
    ];
    let mut places = places.iter().cycle();
    for args in COMMANDS {
        for status in [301, 302, 303, 307, 308] {
            let (home, place) = (Home::default(), places.next().unwrap());
            let vendor = Script::new([answer(status, &[("Location", place)], "")]);
            let ran = run(&home, args, &vendor.base(), &[]).expect(5);
            assert!(ran.err().contains("--base-url"), "{args:?} {status} {place}: {}", ran.err());
            assert!(carries_key(&vendor.only()), "{args:?} asks the vendor itself");
        }
    }
    assert_eq!(elsewhere.requests(), [""; 0], "the key went elsewhere");
}

#[tokio::test]
async fn the_same_redirect_takes_a_key_along_in_a_client_that_follows() {
    let elsewhere = Script::new([json(200, "{}")]);
    let vendor = Script::new([answer(302, &[("Location", &elsewhere.base())], "")]);
    // The control: the library underneath, as it comes.
    let naive = reqwest::Client::builder().no_proxy().build().unwrap();
    naive.get(vendor.base()).header("X-Api-Key", KEY).send().await.unwrap();
    assert!(elsewhere.only().contains(KEY));
}

/// Every way to name a proxy.
fn proxies(url: &str) -> Vec<(&'static str, String)> {
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .map(|name| (name, url.to_owned()))
        .to_vec()
}

#[test]
fn a_proxy_sees_nothing_of_this_machine_and_of_a_vendor_its_name_alone() {
    let trap = Script::new([]);
    let named = proxies(&format!("http://someone:password-of-the-proxy@{}", trap.address));
    let named: Vec<(&str, &str)> = named.iter().map(|(name, url)| (*name, url.as_str())).collect();
    for args in COMMANDS {
        let vendor = Script::new([answer(422, &[], "")]);
        run(&Home::default(), args, &vendor.base(), &named).expect(4);
        assert!(carries_key(&vendor.only()), "{args:?}");
    }
    assert_eq!(trap.requests(), [""; 0], "a call to this machine went into the proxy");
    // The control: the vendor's real address goes into the trap, as a tunnel that nobody looks into.
    let ran = run(&Home::default(), &["studies", "list"], "https://vendor.invalid/api/v1", &named).expect(5);
    assert!(!ran.block().contains("password-of-the-proxy"), "{}", ran.block());
    let seen = trap.requests();
    assert!(!seen.is_empty(), "the proxy was not asked: {}", ran.err());
    for request in seen {
        assert!(request.starts_with("CONNECT vendor.invalid:443 HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("uj_live"), "{request}");
        assert!(!request.to_lowercase().contains("\r\nauthorization:"), "{request}");
    }
}

#[test]
fn a_tunnel_that_shows_itself_instead_of_the_vendor_gets_no_key() {
    // It says that the tunnel is there, and then speaks plainly what it was to pass on.
    let plain = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let trap = Script::new((0..4).map(|_| Act::Answer(plain.as_bytes().to_vec())));
    let variables = [("HTTPS_PROXY", &*format!("http://{}", trap.address))];
    run(&Home::default(), &["studies", "list"], "https://vendor.invalid", &variables).expect(5);
    assert!(trap.requests().iter().all(|request| !request.contains("uj_live")), "{:?}", trap.requests());
}

#[test]
fn an_address_that_cannot_keep_a_key_is_refused_before_anything_is_sent() {
    let vendor = Script::new([]);
    let (host, port) = (vendor.address, vendor.address.port());
    for base in [
        format!("http://user:password@{host}"),
        format!("http://{host}/?key=1"),
        format!("http://{host}/#a"),
        format!("http://{host}/a/../b"),
        format!("http://localhost.example.com:{port}"),
        format!("http://127.0.0.1.example.com:{port}"),
        format!("http://0.0.0.0:{port}"),
        format!("http://192.0.2.1:{port}"),
        format!("ftp://{host}"),
        format!("{host}"),
        format!("//{host}"),
        "http://".to_owned(),
    ] {
        for args in COMMANDS {
            let ran = run(&Home::default(), args, &base, &[]).expect(3);
            assert!(ran.err().contains("https"), "{base}: {}", ran.err());
            assert!(!ran.err().contains("password@"), "{base}: {}", ran.err());
        }
        let args = ["api", "GET", "/studies", "--base-url", &base];
        run(&Home::default(), &args, "https://vendor.invalid", &[]).expect(2);
    }
    assert_eq!(vendor.requests(), [""; 0]);
}

#[test]
fn a_stored_key_stays_with_the_host_it_was_stored_for() {
    let home = Home::default();
    let (own, other) = (Script::new([]), Script::new([]));
    let key = home.secret("key", KEY);
    let login = ["login", "--provider", "userjourneys", "--no-check", "--base-url", &own.base()];
    home.run([&login[..], &["--api-key-file", key.to_str().unwrap()]].concat()).expect(0);
    let canary = Canary::new(KEY);
    for args in COMMANDS.iter().filter(|args| args[0] != "login") {
        let ran = home.run([args, &["--base-url", &other.base()][..]].concat()).expect(3);
        assert!(ran.err().contains("is not sent to"), "{}", ran.err());
        canary.assert_not_in("the refusal", ran.block().as_bytes());
        let ran = home.run_with(*args, b"", &[("USERJOURNEYS_BASE_URL", &other.base())]).expect(3);
        canary.assert_not_in("the refusal", ran.block().as_bytes());
    }
    // A file of the project cannot move it, and a moved profile forgets it.
    home.write("hookctl.toml", format!("base_url = \"{}\"\n", other.base()));
    home.run(["studies", "list"]);
    std::fs::remove_file(home.join("hookctl.toml")).unwrap();
    assert!(own.requests().iter().all(|request| carries_key(request)));
    let moved = ["config", "set", "profiles.userjourneys.base_url", &other.base()];
    let ran = home.run(moved).expect(0);
    assert!(ran.err().contains("forgotten"), "{}", ran.block());
    home.run(["studies", "list"]).expect(3);
    assert_eq!(other.requests(), [""; 0], "the stored key went to another host");
}

/// A TLS server of the `openssl` program.
struct Tls(Child, u16);

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[track_caller]
fn openssl(home: &Home, args: &[&str]) {
    let ran = Command::new("openssl").args(args).current_dir(home.path()).output().unwrap();
    assert!(ran.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Starts a server with the certificate `name`.pem and prints what it hears.
fn tls(home: &Home, name: &str, more: &[&str]) -> Tls {
    let (cert, key) = (format!("{name}.pem"), "leaf.key");
    let mut child = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-rev", "-cert", &cert, "-key", key])
        .args(more)
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut lines = lines.map_while(Result::ok);
    let port = lines.find_map(|line| line.strip_prefix("ACCEPT ")?.rsplit_once(':')?.1.trim().parse().ok());
    std::thread::spawn(move || lines.for_each(drop));
    Tls(child, port.unwrap())
}

/// A certificate for the key `leaf.key`, signed by `ca`.
fn certificate(home: &Home, name: &str, ca: &str, subject: &str, names: &str, dates: [&str; 2]) {
    let extensions = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
    home.write(&format!("{name}.ext"), extensions);
    home.write("index.txt", "");
    home.write("serial", "01\n");
    home.write("ca.cnf", CA);
    openssl(home, &["req", "-new", "-key", "leaf.key", "-subj", subject, "-out", "leaf.csr"]);
    let (ca_cert, ca_key) = (format!("{ca}.pem"), format!("{ca}.key"));
    let (out, ext) = (format!("{name}.pem"), format!("{name}.ext"));
    let mut args =
        vec!["ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", &ca_cert, "-keyfile", &ca_key];
    args.extend([
        "-in",
        "leaf.csr",
        "-out",
        &out,
        "-extfile",
        &ext,
        "-startdate",
        dates[0],
        "-enddate",
        dates[1],
    ]);
    openssl(home, &args);
}

/// As little as `openssl ca` does with, which is what can date a certificate back.
const CA: &str = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n";

fn authority(home: &Home, name: &str) {
    let (key, cert, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let mut args = vec!["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    args.extend(["-days", "30", "-subj", &subject, "-keyout", &key, "-out", &cert]);
    openssl(home, &args);
}

#[test]
fn a_certificate_that_does_not_hold_gets_no_key() {
    let home = Home::default();
    authority(&home, "trusted");
    authority(&home, "stranger");
    openssl(&home, &["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "leaf.key"]);
    let (now, names) = (["20250101000000Z", "20451231000000Z"], "DNS:localhost,IP:127.0.0.1");
    let all = [
        ("sound", "trusted", "/CN=localhost", names, now),
        ("unknown", "stranger", "/CN=localhost", names, now),
        ("expired", "trusted", "/CN=localhost", names, ["20200101000000Z", "20200201000000Z"]),
        ("early", "trusted", "/CN=localhost", names, ["20450101000000Z", "20451231000000Z"]),
        ("wrong-name", "trusted", "/CN=localhost", "DNS:example.com", now),
        ("name-alone", "trusted", "/CN=localhost", "", now),
        ("too-wild", "trusted", "/CN=localhost", "DNS:*", now),
        ("other-address", "trusted", "/CN=localhost", "IP:127.0.0.2", now),
    ];
    for (name, ca, subject, names, dates) in all {
        certificate(&home, name, ca, subject, names, dates);
    }
    let trust = home.join("trusted.pem");
    let ask = |server: &Tls| {
        let base = format!("https://localhost:{}/api/v1", server.1);
        run(&home, &["api", "GET", "/studies"], &base, &[("SSL_CERT_FILE", trust.to_str().unwrap())])
            .expect(5)
            .err()
    };
    // The control: this one is connected to, and what it speaks is no HTTP.
    let said = ask(&tls(&home, "sound", &[]));
    assert!(!said.contains("ertificate"), "{said}");
    for (name, ..) in &all[1..] {
        let said = ask(&tls(&home, name, &[]));
        assert!(said.contains("ertificate"), "{name}: {said}");
    }
    let said = ask(&tls(&home, "sound", &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]));
    assert!(said.contains("connect"), "TLS 1.1: {said}");
}
