//! What a person types, what it names, and where a delivery goes then.

use super::*;
use proptest::prelude::*;

fn target(text: &str) -> Target {
    Target::parse(text, None).unwrap()
}

#[test]
fn the_target_as_it_was_named_is_found_in_the_url_of_an_attempt() {
    for target in ["http://localhost:3000", "http://localhost:3000/in", "http://localhost:3000/in?own=1"] {
        for incoming in ["/", "/hooks/koji", "/hooks?a=1", "/?a=1", "http://other/hooks?a=1", "*"] {
            let named = Target::parse(target, None).unwrap();
            let url = named.url_for(incoming, PathMode::Keep);
            let found = Target::parse(&named_by(&url, incoming), None).unwrap();
            assert_eq!(found, named, "{target} {incoming}");
        }
    }
    // With a fixed path there is nothing to cut off.
    assert_eq!(named_by("http://localhost:3000/own", "/hooks"), "http://localhost:3000/own");
}

#[test]
fn everything_a_person_types_names_a_target() {
    for (typed, url) in [
        ("3000", "http://localhost:3000"),
        (":3000", "http://localhost:3000"),
        (" 3000 ", "http://localhost:3000"),
        ("3000/hooks", "http://localhost:3000/hooks"),
        (":3000/hooks?a=1", "http://localhost:3000/hooks?a=1"),
        ("localhost:3000/path", "http://localhost:3000/path"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("[0:0:0:0:0:0:0:1]/x", "http://[::1]/x"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("shop_app.test/a", "http://shop_app.test/a"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("HTTP://LocalHost:3000/A", "http://localhost:3000/A"),
        ("https://example.com:443/x//y", "https://example.com/x//y"),
        ("https://example.com?k=v", "https://example.com/?k=v"),
        ("localhost:3000/go?to=http://other/", "http://localhost:3000/go?to=http://other/"),
    ] {
        assert_eq!(target(typed).to_string(), url, "{typed}");
        assert_eq!(target(&target(typed).to_string()), target(typed), "{typed} reads back");
    }
}

#[test]
fn a_path_takes_the_host_of_the_default() {
    let default = target("http://localhost:8000/old?x=1");
    let read = Target::parse("/new?y=2", Some(&default)).unwrap();
    assert_eq!(read.to_string(), "http://localhost:8000/new?y=2");
    assert_eq!(Target::parse("/new", None), Err(TargetError::NoDefault { path: "/new".to_owned() }));
}

#[test]
fn what_is_not_a_target_is_refused_with_a_reason() {
    use TargetError as E;
    let port = |port: &str| E::Port { port: port.to_owned() };
    let host = |host: &str, address| E::Host { host: host.to_owned(), address };
    for (typed, error) in [
        ("", E::Empty),
        ("  ", E::Empty),
        ("ftp://localhost", E::Scheme { scheme: "ftp".to_owned() }),
        ("unix:///run/app.sock", E::Scheme { scheme: "unix".to_owned() }),
        ("http://user:pass@localhost:3000", E::Credentials),
        ("me@localhost", E::Credentials),
        ("localhost:3000/#top", E::Fragment),
        ("0", port("0")),
        ("70000", port("70000")),
        ("localhost:", port("")),
        ("localhost:+80", port("+80")),
        ("localhost:abc", port("abc")),
        ("::1", host("::1", true)),
        ("http://", host("", false)),
        ("1.2.3", host("1.2.3", false)),
        ("[::1", host("[::1", false)),
        ("a..b:80", host("a..b", false)),
        ("exa mple.com", host("exa mple.com", false)),
        ("localhost:3000/a b", E::Character { character: ' ' }),
        ("localhost:3000/ä", E::Character { character: 'ä' }),
    ] {
        let found = Target::parse(typed, None).unwrap_err();
        let same = match (&found, &error) {
            (E::Host { host: a, .. }, E::Host { host: b, address: false }) => a == b,
            (a, b) => a == b,
        };
        assert!(same, "{typed}: {found:?}");
        assert!(!found.to_string().is_empty());
    }
}

#[test]
fn the_incoming_path_and_query_are_kept_or_not() {
    for (base, incoming, keep, fixed) in [
        ("3000", "/hooks/koji?x=1", "/hooks/koji?x=1", "/"),
        ("3000", "/", "/", "/"),
        ("3000/base", "/hooks?x=1", "/base/hooks?x=1", "/base"),
        ("3000/base/", "/hooks", "/base/hooks", "/base/"),
        ("3000/base", "/", "/base", "/base"),
        ("3000/base", "/?x=1", "/base?x=1", "/base"),
        ("3000/base?t=1", "/a?x=1", "/base/a?t=1&x=1", "/base?t=1"),
        ("3000/base?t=1", "/a", "/base/a?t=1", "/base?t=1"),
        ("3000", "//twice/%2F/%zz?a=b&&c==?", "//twice/%2F/%zz?a=b&&c==?", "/"),
        ("3000", "/a?", "/a?", "/"),
        ("3000", "http://sender.test/abs?y", "/abs?y", "/"),
        ("3000/base", "*", "/base", "/base"),
        ("3000", "/a?u=http://b/c", "/a?u=http://b/c", "/"),
    ] {
        assert_eq!(target(base).request_target(incoming, PathMode::Keep), keep, "{base} {incoming}");
        assert_eq!(target(base).request_target(incoming, PathMode::Fixed), fixed, "{base} {incoming}");
    }
    assert_eq!(target("3000/b").url_for("/a?x", PathMode::Keep), "http://localhost:3000/b/a?x");
}

#[test]
fn an_exact_target_is_what_stands_on_the_request_line() {
    for line in ["/", "/a?", "/a?x=1?y", "//twice/%zz", "/\u{e9}"] {
        let exact = target("3000/base?t=1").exactly(line);
        assert_eq!(exact.request_target("/other?z", PathMode::Fixed), line);
        assert_eq!(exact.origin(), "http://localhost:3000");
    }
}

#[test]
fn the_host_field_names_a_port_only_where_it_must() {
    assert_eq!(target("3000").authority(), "localhost:3000");
    assert_eq!(target("http://localhost").authority(), "localhost");
    assert_eq!(target("https://a.test:80").authority(), "a.test:80");
    assert_eq!(target("[::1]:3000").authority(), "[::1]:3000");
}

#[test]
fn loopback_is_known_by_name_and_address() {
    for typed in ["3000", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "app.localhost:1", "localhost.:1"]
    {
        assert!(target(typed).is_loopback(), "{typed}");
    }
    for typed in ["example.com", "192.168.0.1:1", "localhost.example.com", "notlocalhost", "0.0.0.0:1"] {
        assert!(!target(typed).is_loopback(), "{typed}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_reads_back(text in "\\PC{0,40}") {
        if let Ok(read) = Target::parse(&text, None) {
            prop_assert_eq!(Target::parse(&read.to_string(), None).unwrap(), read);
        }
    }

    #[test]
    fn with_no_base_path_the_incoming_target_is_kept_to_the_byte(incoming in "/[!-~]{0,40}") {
        prop_assert_eq!(target("3000").request_target(&incoming, PathMode::Keep), incoming);
    }
}
