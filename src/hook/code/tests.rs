use super::*;

fn headers() -> Headers {
    Headers::from_pairs([
        ("Host", &b"localhost:3000"[..]),
        ("X-Sig", b"v='1'"),
        ("X-Empty", b""),
        ("X-Odd", b"\xff\x9b"),
        ("Content-Type", b"a/b"),
        ("Content-Length", b"6"),
    ])
}

fn request<'a>(headers: &'a Headers, body: &'a [u8]) -> Request<'a> {
    let (origin, target) = ("http://localhost:3000", "/a'1?x=\u{e9}");
    Request { method: "POST", origin, target, headers, body, file: "delivery-1.body" }
}

#[test]
fn every_form_is_known_by_its_word() {
    for form in Form::ALL {
        assert_eq!(Form::parse(form.as_str()), Some(form));
    }
    assert_eq!(Form::parse("ruby"), None);
}

#[test]
fn curl_adds_nothing() {
    let text = code(Form::Curl, &request(&headers(), b"@it's\n")).unwrap();
    assert_eq!(
        text,
        r#"printf '@it\047s\n' |
curl --globoff --path-as-is --include --request 'POST' \
  --url 'http://localhost:3000/a'\''1?x=%C3%A9' \
  --header 'X-Sig: v='\''1'\''' \
  --header 'X-Empty;' \
  --header "$(printf 'X-Odd: \377\233')" \
  --header 'Content-Type: a/b' \
  --header 'Accept:' \
  --header 'User-Agent:' \
  --header 'Expect:' \
  --data-binary @-
"#
    );
}

#[test]
fn httpie_reads_nothing_as_a_file_or_an_option() {
    let headers =
        Headers::from_pairs([("-o", "/tmp/x"), ("X-A", "@/etc/passwd"), ("X-B", "=1"), ("X-C", "")]);
    assert_eq!(
        code(Form::Httpie, &request(&headers, b"{}")).unwrap(),
        r#"http --print=hb --ignore-netrc --path-as-is --ignore-stdin --raw='{}' \
  -- 'POST' \
  'http://localhost:3000/a'\''1?x=%C3%A9' \
  '-o: /tmp/x' \
  'X-A: @/etc/passwd' \
  'X-B: =1' \
  'X-C;' \
  'Accept:' \
  'Accept-Encoding:' \
  'Connection:' \
  'Content-Type:' \
  'User-Agent:'
"#
    );
}

#[test]
fn what_httpie_would_change_is_refused() {
    for (value, kept) in
        [(r"a\b", true), (r"a\:b", false), (r"a\\:b", true), (r"a\\\@", false), ("a\\", true)]
    {
        let headers = Headers::from_pairs([("X", value)]);
        assert_eq!(code(Form::Httpie, &request(&headers, b"")).is_ok(), kept, "{value}");
    }
    let refused = code(Form::Httpie, &request(&headers(), b"")).unwrap_err();
    assert_eq!(refused.to_string(), "HTTPie cannot send the header `X-Odd` as it came");
}

#[test]
fn fetch_and_python_take_literals() {
    let headers = headers();
    let body = "\"\\\u{2028}\n{\u{1f600}".as_bytes();
    let fetch = code(Form::Fetch, &request(&headers, body)).unwrap();
    assert!(fetch.contains("[\"X-Odd\", \"\\xff\\x9b\"],\n"), "{fetch}");
    assert!(fetch.contains("new TextEncoder().encode(\"\\\"\\\\\\u2028\\n{\u{1f600}\")"), "{fetch}");
    assert!(!fetch.contains("Content-Length") && !fetch.contains("Host"), "{fetch}");
    let python = code(Form::Python, &request(&headers, body)).unwrap();
    assert!(python.contains("HTTPConnection(\"localhost\", 3000, timeout=30)"), "{python}");
    assert!(python.contains("putheader(\"X-Odd\", b\"\\xff\\x9b\")\n"), "{python}");
    assert!(python.contains("endheaders(\"\\\"\\\\\\u2028\\n{\u{1f600}\".encode())"), "{python}");
}

#[test]
fn fetch_refuses_what_it_would_not_send() {
    let headers = Headers::default();
    let get = Request { method: "GET", ..request(&headers, b"x") };
    assert!(code(Form::Fetch, &get).is_err());
    assert!(code(Form::Fetch, &Request { body: b"", ..get }).is_ok());
}

#[test]
fn a_url_that_a_tool_would_write_otherwise_is_refused() {
    let headers = Headers::default();
    for (target, httpie, fetch) in [
        ("/a/b?c=1&d=%2F", true, true),
        ("/it's", true, true),
        ("/?it's", true, false),
        ("/a[1]", false, true),
        ("/a/../b", true, false),
        ("/a/%2E%2e/b", false, false),
        ("/%zz", false, true),
        ("/%2f", false, true),
        ("/%41", false, true),
        ("/{a}", false, false),
        ("/a?b=\"", false, false),
        ("/a\\b", false, false),
        ("/\u{e9}", true, true),
    ] {
        let request = Request { target, ..request(&headers, b"") };
        assert_eq!(code(Form::Httpie, &request).is_ok(), httpie, "{target}");
        assert_eq!(code(Form::Fetch, &request).is_ok(), fetch, "{target}");
        assert!(code(Form::Curl, &request).is_ok() && code(Form::Python, &request).is_ok());
    }
}

#[test]
fn an_empty_body_is_said_to_be_empty() {
    let (with, without) = (headers(), Headers::default());
    let curl = |headers| code(Form::Curl, &request(headers, b"")).unwrap();
    assert!(curl(&with).ends_with("--data-raw ''\n") && !curl(&without).contains("--data"));
}

#[test]
fn a_large_body_is_read_from_a_file() {
    let (headers, body) = (headers(), vec![b'a'; MOST_INLINE + 1]);
    let plain = Headers::from_pairs([("X-A", "1")]);
    for form in Form::ALL {
        let headers = if form == Form::Httpie { &plain } else { &headers };
        let text = code(form, &request(headers, &body)).unwrap();
        assert!(text.contains("delivery-1.body") && text.len() < 2_000, "{text}");
    }
    assert!(code(Form::Curl, &request(&plain, &vec![b'a'; 100 << 10])).unwrap().starts_with("printf 'aaa"));
}
