//! What is expected of every row of the catalogue, and that it holds: each row
//! signs and verifies, and refuses what is not its own.
//!
//! `rows.txt` is the expectation. A row of the catalogue that is not in it
//! fails, and so does a line that has no row.

use super::{Arrived, Scheme, URL, now, secret};
use hookctl::hook::provider::{Catalogue, Cover, Kind};
use hookctl::hook::verdict::Code;
use std::time::Duration;

const ROWS: &str = include_str!("rows.txt");

/// What the vendor's own tolerance is replaced with where it has none.
const GIVEN: Duration = Duration::from_secs(300);

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// None is signed: a replay cannot be told.
    Unsigned,
    /// One is signed, and the vendor says how old it may be.
    Within(Duration),
    /// One is signed, and the vendor does not judge it.
    Unjudged,
}

/// One line of `rows.txt`.
#[derive(Debug)]
struct Row {
    id: &'static str,
    algorithm: &'static str,
    covers: Cover,
    time: Time,
    also: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = ROWS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| row(line).unwrap_or_else(|| panic!("not a row: {line}"))).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let mut columns = line.split('|').map(str::trim);
    let (id, algorithm) = (columns.next()?, columns.next()?);
    let covers = match columns.next()? {
        "body" => Cover::Body,
        "checksum" => Cover::Checksum,
        "fields" => Cover::Fields,
        "nothing" => Cover::Nothing,
        _ => return None,
    };
    let time = match columns.next()? {
        "-" => Time::Unsigned,
        "any" => Time::Unjudged,
        seconds => Time::Within(Duration::from_secs(seconds.parse().ok()?)),
    };
    let also = columns.next()?.split_whitespace().filter(|word| *word != "-").collect();
    Some(Row { id, algorithm, covers, time, also })
}

/// A delivery, when it is judged, and the codes of which one must come out.
struct Case {
    name: &'static str,
    arrived: Arrived,
    at: hookctl::hook::time::Timestamp,
    codes: &'static [Code],
}

/// A value that is not written as it should be.
const MALFORMED: &[Code] = &[Code::Malformed, Code::WrongPrefix, Code::BadEncoding];
/// The same where the value has no form of its own, or one that a key must read.
const REFUSED: &[Code] = &[Code::Malformed, Code::WrongPrefix, Code::BadEncoding, Code::Mismatch];

impl Row {
    fn scheme(&self) -> Scheme {
        let provider = Catalogue::builtin().get(self.id).unwrap();
        let keys = provider.keys(&[secret(&provider, "fake-secret-one")]);
        let keys = keys.unwrap_or_else(|error| panic!("{}: {error}", self.id));
        Scheme { keys: keys.with_webhook_id(Some("wh_1")), provider }
    }

    fn is_also(&self, word: &str) -> bool {
        self.also.contains(&word)
    }

    fn tolerance(&self) -> Option<Duration> {
        matches!(self.time, Time::Unjudged).then_some(GIVEN)
    }

    fn cases(&self, scheme: &Scheme) -> Vec<Case> {
        let arrived = scheme.arrived(&scheme.body("text"));
        let mut cases = vec![Case::new("what was signed", arrived.clone(), &[Code::Verified])];
        cases.extend(self.values(scheme, &arrived));
        cases.extend(self.bodies(&arrived));
        cases.extend(self.times(&arrived));
        cases.extend(self.others(&arrived));
        cases
    }

    /// Signatures that are missing, empty, short, garbage and cut off.
    fn values(&self, scheme: &Scheme, arrived: &Arrived) -> Vec<Case> {
        let named = matches!(scheme.provider.kind(), Kind::Hmac | Kind::Hash);
        let codes = if named { MALFORMED } else { REFUSED };
        let value = scheme.value(arrived).into_bytes();
        let with = |name, value: &[u8], codes| Case::new(name, scheme.with_value(arrived, value), codes);
        let mut bare = scheme.without_headers(arrived);
        if scheme.provider.signature_headers().is_empty() {
            bare = Arrived::bare(&scheme.body("text"));
        }
        // A body that holds the signature is text, or it is no body of that vendor.
        let no_text = !scheme.provider.signature_headers().is_empty();
        let no_text = no_text.then(|| with("bytes that are no text", b"\xff\xfe\x00", codes));
        let cases = vec![
            Case::new("no signature", bare, &[Code::NoHeader]),
            with("an empty value", b"", MALFORMED),
            with("white space", b"  ", MALFORMED),
            with("eight letters of the value", &value[..8], codes),
            with("one letter", b"0", codes),
            with("garbage", b"garbage {}", codes),
            with("a value that lost its last letter", &value[..value.len() - 1], codes),
            with("the first half of the value", &value[..value.len() / 2], codes),
            with("a long one", "0".repeat(8_192).as_bytes(), codes),
        ];
        cases.into_iter().chain(no_text).collect()
    }

    fn bodies(&self, arrived: &Arrived) -> Vec<Case> {
        let text = String::from_utf8(arrived.body.clone()).unwrap();
        let with = |name, body: String, codes| {
            Case::new(name, Arrived { body: body.into_bytes(), ..arrived.clone() }, codes)
        };
        let mismatch: &[Code] = &[Code::Mismatch];
        match self.covers {
            Cover::Body | Cover::Checksum => vec![
                with("another letter in the body", text.replace("text", "tezt"), mismatch),
                with("a longer body", format!("{text}x"), mismatch),
                with("no body", String::new(), &[Code::Mismatch, Code::NoHeader]),
            ],
            Cover::Fields => vec![
                with("another letter in a signed field", text.replace("text", "tezt"), mismatch),
                // What is not covered is told, not hidden: the reason says so.
                with("a field that is not signed", unsigned_change(&text), &[Code::Verified]),
            ],
            Cover::Nothing => vec![with("another body", format!("{text}x"), &[Code::Verified])],
        }
    }

    /// Stale and future deliveries, to the second.
    fn times(&self, arrived: &Arrived) -> Vec<Case> {
        let limit = match self.time {
            Time::Unsigned => {
                let years = now().plus(Duration::from_secs(400_000_000));
                let case = Case::new("sent again after years", arrived.clone(), &[Code::Verified]);
                return vec![Case { at: years, ..case }];
            }
            Time::Within(limit) => limit,
            Time::Unjudged => GIVEN,
        };
        let case = |name, at, code: &'static [Code]| Case { at, ..Case::new(name, arrived.clone(), code) };
        vec![
            case("as old as it may be", now().plus(limit), &[Code::Verified]),
            case("a second too old", now().plus(limit + SECOND), &[Code::TooOld]),
            case("as far ahead as it may be", now().minus(limit), &[Code::Verified]),
            case("a second too far ahead", now().minus(limit + SECOND), &[Code::InFuture]),
        ]
    }

    /// Valid signatures for another URL, method, id or header.
    fn others(&self, arrived: &Arrived) -> Vec<Case> {
        let expected = |word: &str| -> &'static [Code] {
            if self.is_also(word) { &[Code::Mismatch] } else { &[Code::Verified] }
        };
        let elsewhere = Arrived {
            url: arrived.url.replace("/hooks", "/other"),
            target: arrived.target.replace("/hooks", "/other"),
            ..arrived.clone()
        };
        let put = Arrived { method: "PUT".to_owned(), ..arrived.clone() };
        let mut retyped = arrived.clone();
        *retyped.header("content-type") = b"text/plain".to_vec();
        let mut cases = vec![
            Case::new("the signature of another URL", elsewhere, expected("url")),
            Case::new("the signature of another method", put, expected("method")),
            Case::new("the signature of another Content-Type", retyped, expected("headers")),
        ];
        if self.is_also("id") {
            let mut other = arrived.clone();
            let id = other.headers.iter_mut().find(|(_, value)| value == b"msg_1").unwrap();
            id.1 = b"msg_2".to_vec();
            cases.push(Case::new("the signature of another id", other, expected("id")));
            let mut without = arrived.clone();
            without.headers.retain(|(_, value)| value != b"msg_1");
            cases.push(Case::new("no id", without, &[Code::NoHeader]));
        }
        if self.is_also("headers") {
            let mut without = arrived.clone();
            without.headers.retain(|(name, _)| name != "Content-Type");
            cases.push(Case::new("a signed header that is lost", without, &[Code::NoHeader]));
        }
        cases
    }
}

/// A change outside of what is signed.
fn unsigned_change(body: &str) -> String {
    if body.starts_with('{') { body.replacen('{', "{ ", 1) } else { body.replace("a=1", "a=2") }
}

impl Case {
    fn new(name: &'static str, arrived: Arrived, codes: &'static [Code]) -> Self {
        Self { name, arrived, at: now(), codes }
    }

    fn judged(&self, row: &Row, scheme: &Scheme) -> Option<String> {
        let verdict = scheme.verify_at(&self.arrived, self.at, row.tolerance());
        let (code, reason) = (verdict.code, &verdict.reason);
        (!self.codes.contains(&code))
            .then(|| format!("{}, {}: {code} instead of {:?} ({reason})", row.id, self.name, self.codes))
    }
}

#[test]
fn every_row_of_the_catalogue_is_in_the_table_and_no_other() {
    let listed: Vec<&str> = rows().iter().map(|row| row.id).collect();
    assert_eq!(listed, Catalogue::builtin().ids(), "rows.txt and the catalogue must hold the same rows");
    assert!(listed.len() >= 102, "rows were lost: {}", listed.len());
}

#[test]
fn every_row_is_of_the_kind_that_the_table_says() {
    for (row, provider) in rows().iter().zip(Catalogue::builtin().all()) {
        assert_eq!(provider.algorithm(), row.algorithm, "{}", row.id);
        assert_eq!(provider.cover(), row.covers, "{}", row.id);
        let tolerance = if let Time::Within(limit) = row.time { Some(limit) } else { None };
        assert_eq!(provider.tolerance(), tolerance, "{}", row.id);
        assert_eq!(provider.replay_detectable(), row.time != Time::Unsigned, "{}", row.id);
    }
}

#[test]
fn every_row_signs_verifies_and_refuses_what_the_table_says() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for row in rows() {
        let mut scheme = row.scheme();
        let cases = row.cases(&scheme);
        tried += cases.len() + 2;
        wrong.extend(cases.iter().filter_map(|case| case.judged(&row, &scheme)));
        let mut genuine = cases.into_iter().next().unwrap();
        scheme.keys = scheme.keys.clone().with_webhook_id(Some("wh_2"));
        let another: &[Code] = if row.is_also("webhook_id") { &[Code::Mismatch] } else { &[Code::Verified] };
        (genuine.name, genuine.codes) = ("the signature of another webhook", another);
        wrong.extend(genuine.judged(&row, &scheme));
        let other = scheme.provider.keys(&[secret(&scheme.provider, "fake-secret-two")]).unwrap();
        scheme.keys = other.with_webhook_id(Some("wh_1"));
        (genuine.name, genuine.codes) = ("another secret", &[Code::Mismatch]);
        wrong.extend(genuine.judged(&row, &scheme));
    }
    assert!(wrong.is_empty(), "{} of {tried} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 102 * 17, "{tried}");
}

/// The control of the test above: an expectation that does not hold is found.
#[test]
fn a_wrong_expectation_is_noticed() {
    let scheme = rows().into_iter().find(|row| row.id == "koji").unwrap().scheme();
    let wrong = [
        "koji | HMAC-SHA-256 hex | nothing | - | -",
        "koji | HMAC-SHA-256 hex | body | 300 | -",
        "koji | HMAC-SHA-256 hex | body | - | url",
    ];
    for line in wrong {
        let row = row(line).unwrap();
        let found = row.cases(&scheme).iter().filter_map(|case| case.judged(&row, &scheme)).count();
        assert!(found > 0, "{line}");
    }
    assert!(URL.contains("/hooks"), "otherwise there is no other URL");
}
