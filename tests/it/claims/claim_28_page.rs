//! Claim 28, what surrounds the page: the fields of each answer, and which
//! addresses the program listens on. What a payload does in a browser is in
//! `tests/slow/inspector/payloads.rs`.

use crate::harness::inspector::Inspector;
use crate::harness::{Home, body_of, raw_exchange};
use std::collections::BTreeMap;

/// The policy of every answer, directive by directive.
const POLICY: [(&str, &str); 9] = [
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("connect-src", "'self'"),
    ("style-src", "'self'"),
    ("img-src", "'self'"),
    ("base-uri", "'none'"),
    ("form-action", "'none'"),
    ("frame-ancestors", "'none'"),
    ("require-trusted-types-for", "'script'"),
];

/// The fields of a head, by their names in small letters; each stands there once.
fn fields(head: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        let twice = found.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        assert_eq!(twice, None, "{name} in {head}");
    }
    found
}

#[test]
fn every_answer_of_the_inspector_forbids_the_browser_whatever_the_page_does_not_need() {
    let home = Home::default();
    let listening = home.listen(["--inspect", "127.0.0.1:0"]);
    let inspector = Inspector::at(listening.ready["inspector"].as_str().unwrap());
    let page = String::from_utf8(inspector.ask("GET", "/", None).body).unwrap();
    let script = page.split_once("src=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    for (path, status, kept) in [
        ("/", 200, "no-store"),
        (&*script, 200, "public, max-age=31536000, immutable"),
        ("/api/session", 200, "no-store"),
        ("/api/deliveries/9", 404, "no-store"),
        ("/%3Cscript%3Ealert(1)%3C/script%3E", 404, "no-store"),
        ("/api/deliveries?verdict=%3Cscript%3E", 400, "no-store"),
        ("/nothing", 404, "no-store"),
        // What is no request has a service to answer it too.
        ("/<script>alert(1)</script>", 400, "no-store"),
    ] {
        let answer = inspector.ask("GET", path, None);
        assert_eq!(answer.status, status, "{path}: {}", answer.head);
        let fields = fields(&answer.head);
        let policy: Vec<(&str, &str)> = fields
            .get("content-security-policy")
            .map(|policy| policy.split("; ").filter_map(|part| part.split_once(' ')).collect())
            .unwrap_or_default();
        assert_eq!(policy, POLICY, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", kept),
        ] {
            assert_eq!(fields.get(name).map(String::as_str), Some(value), "{path}: {name}");
        }
        // What is HTML is the page, and nothing that somebody asked for is said again as such.
        let html = fields.get("content-type").is_some_and(|kind| kind.contains("html"));
        assert_eq!(html, path == "/", "{path}: {fields:?}");
        let json = fields.get("content-type").is_some_and(|kind| kind.contains("json"));
        assert!(json || !answer.body.windows(8).any(|part| part == b"<script>"), "{path}");
    }
    // Whoever does not know the token is told no less.
    let bare =
        format!("GET /api/session HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", inspector.address);
    let answer = raw_exchange(inspector.address, bare.as_bytes());
    let head = String::from_utf8_lossy(&answer[..answer.len() - body_of(&answer).len()]).into_owned();
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    assert!(fields(&head)["content-security-policy"].starts_with("default-src 'none'; "), "{head}");
}

/// The addresses that a process listens on, read where `ss -ltnp` reads them.
#[cfg(target_os = "linux")]
mod addresses {
    use crate::harness::{Home, Listening};
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    /// The sockets that a process has open, by their inodes.
    fn sockets(process: u32) -> BTreeSet<String> {
        let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        let names =
            open.filter_map(|entry| Some(std::fs::read_link(entry.ok()?.path()).ok()?.into_os_string()));
        let inode = |name: String| Some(name.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
        names.filter_map(|name| inode(name.into_string().ok()?)).collect()
    }

    /// Hexadecimal, four bytes at a time as the processor keeps them.
    fn address(text: &str) -> IpAddr {
        let words: Vec<[u8; 4]> = (0..text.len() / 8)
            .map(|at| u32::from_str_radix(&text[at * 8..at * 8 + 8], 16).unwrap().to_ne_bytes())
            .collect();
        match words.as_slice() {
            [word] => IpAddr::from(*word),
            words => IpAddr::from(<[u8; 16]>::try_from(words.concat()).unwrap()),
        }
    }

    pub(super) fn listened_on(process: u32) -> Vec<IpAddr> {
        let own = sockets(process);
        let mut found = Vec::new();
        for table in ["tcp", "tcp6"] {
            let text = std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
            for line in text.lines().skip(1) {
                let columns: Vec<&str> = line.split_whitespace().collect();
                // State `0A` is LISTEN.
                if columns[3] == "0A" && own.contains(columns[9]) {
                    found.push(address(columns[1].split_once(':').unwrap().0));
                }
            }
        }
        found
    }

    const ANY: &str = "0.0.0.0";

    /// What listens, what of it is meant for others, and what is said then.
    const COMMANDS: [(&[&str], usize, Option<&str>); 6] = [
        (&["listen", "--port", "0", "--inspect", "0", "--json"], 2, None),
        (&["inspect", "--port", "0", "--json"], 1, None),
        (&["sandbox", "--port", "0", "--json"], 1, None),
        // The control: a flag opens it, and that is told.
        (
            &["listen", "--port", "0", "--host", ANY, "--no-inspect", "--json"],
            1,
            Some("other machines can send to 0.0.0.0"),
        ),
        (
            &["listen", "--port", "0", "--inspect", "0.0.0.0:0", "--json"],
            2,
            Some("other machines can reach the inspector"),
        ),
        (
            &["inspect", "--port", "0", "--host", ANY, "--json"],
            1,
            Some("other machines can reach the inspector"),
        ),
    ];

    #[test]
    fn everything_listens_on_this_machine_alone_unless_a_flag_says_otherwise() {
        let home = Home::default();
        // There must be a journal for those that only show one.
        home.listen(["--no-inspect"]).stop();
        for (words, count, said) in COMMANDS {
            let running = Listening::start(home.command(words));
            let addresses = listened_on(running.child.id());
            assert_eq!(addresses.len(), count, "{words:?}: {addresses:?}");
            let open = addresses.iter().filter(|address| !address.is_loopback()).count();
            assert_eq!(open, usize::from(said.is_some()), "{words:?}: {addresses:?}");
            if let Some(said) = said {
                running.says(said);
            }
            let (_, _, errors) = running.stop();
            if said.is_none() {
                assert!(!errors.contains("other machines"), "{words:?}: {errors}");
            }
        }
    }

    #[test]
    fn the_sandbox_has_no_flag_that_opens_it() {
        let home = Home::default();
        let refused = home.run(["sandbox", "--port", "0", "--host", ANY]).expect(2);
        assert!(refused.err().contains("--host"), "{}", refused.err());
    }
}
