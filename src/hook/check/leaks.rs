//! What an answer must not tell a stranger: the secret, the signature that would have been
//! right, a stack trace, a path of the machine.
//!
//! A secret shorter than six bytes is not looked for: it stands in many an honest word.

mod paths;
mod signatures;
mod spellings;
mod traces;

use super::finding::Symptom;
use super::request::Request;
use crate::hook::attempt::Answer;
use crate::hook::secret::Secret;
use memchr::memmem;
use std::borrow::Cow;
use std::ops::Range;
use subtle::ConstantTimeEq as _;

/// What stands for a secret in reports.
const MASK: &str = "[secret]";
/// What stands for a signature.
const SIGNATURE: &str = "[signature]";
/// How much of an answer is looked through; what leaks stands at its beginning.
const LOOKED_AT: usize = 256 * 1024;
/// How many bytes are shown on each side of a leak.
const AROUND: usize = 60;
/// The longest leak that is shown, in bytes.
const LONGEST: usize = 160;

/// Something an answer tells that it should not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What.
    pub symptom: Symptom,
    /// The words around it; the secret itself is masked.
    pub excerpt: String,
}

/// Looks for leaks in answers.
#[derive(Debug)]
pub struct Leaks {
    /// Every spelling of every secret, the longest first.
    spellings: Vec<Secret>,
}

impl Leaks {
    /// Looks for these secrets in every spelling, for stack traces and for paths.
    pub fn new(secrets: Vec<Secret>) -> Self {
        let mut spellings: Vec<Secret> =
            secrets.into_iter().flat_map(|secret| spellings::of(&secret)).collect();
        spellings.sort_by(|a, b| (b.expose().len(), a.expose()).cmp(&(a.expose().len(), b.expose())));
        spellings.dedup_by(|a, b| a.expose().ct_eq(b.expose()).into());
        Self { spellings }
    }

    /// What the answer to this request tells; nothing for most. At most one leak of a kind.
    pub fn of_request(&self, request: &Request, answer: &Answer) -> Vec<Leak> {
        let sent = [request.head.as_bytes().as_ref(), request.body.as_ref()];
        let untold = signatures::untold(&request.right, sent);
        let mut found = self.of(answer);
        if let Some((text, at)) =
            places(answer).into_iter().find_map(|text| Some((text, signatures::find(text, &untold)?)))
        {
            let (before, rest) = text.split_at_checked(at.start).unwrap_or((text, b""));
            let after = rest.get(at.len()..).unwrap_or_default();
            let masked = [before, SIGNATURE.as_bytes(), after].concat();
            let excerpt = self.excerpt(&masked, at.start..at.start + SIGNATURE.len());
            found.push(Leak { symptom: Symptom::LeakedSignature, excerpt });
        }
        found
    }

    /// What this answer tells, whatever it answers.
    pub fn of(&self, answer: &Answer) -> Vec<Leak> {
        let places = places(answer);
        let told = |symptom, look: &dyn Fn(&[u8]) -> Option<Range<usize>>| {
            let (text, at) = places.iter().find_map(|text| Some((*text, look(text)?)))?;
            Some(Leak { symptom, excerpt: self.excerpt(text, at) })
        };
        let found = [
            told(Symptom::LeakedSecret, &|text| self.secret(text)),
            told(Symptom::LeakedTrace, &traces::find),
            told(Symptom::LeakedPath, &paths::find),
        ];
        found.into_iter().flatten().collect()
    }

    /// The text with every spelling of a secret masked, for reports. What may be
    /// the beginning of one that was cut off is masked as well.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for spelling in &self.spellings {
            let Ok(spelling) = std::str::from_utf8(spelling.expose()) else { continue };
            if masked.contains(spelling) {
                masked = Cow::Owned(masked.replace(spelling, MASK));
            }
            if let Some(end) = cut_off(&masked, spelling) {
                masked = Cow::Owned(format!("{}{MASK}", masked.get(..end).unwrap_or_default()));
            }
        }
        masked
    }

    fn secret(&self, text: &[u8]) -> Option<Range<usize>> {
        self.spellings.iter().find_map(|spelling| {
            let at = memmem::find(text, spelling.expose())?;
            Some(at..at + spelling.expose().len())
        })
    }

    /// The words around a leak. They are masked before they are cut, lest half a secret stay.
    fn excerpt(&self, text: &[u8], at: Range<usize>) -> String {
        let end = at.end.min(at.start.saturating_add(LONGEST)).saturating_add(AROUND).min(text.len());
        // Room for the longest secret that may begin before.
        let wide = at.start.saturating_sub(AROUND + 4_096)..at.end.saturating_add(4_096).min(text.len());
        let lossy =
            |range: Range<usize>| String::from_utf8_lossy(text.get(range).unwrap_or_default()).into_owned();
        let before = self.mask(&lossy(wide.start..at.start)).into_owned();
        let after = self.mask(&lossy(at.start..wide.end)).into_owned();
        let skipped = before.chars().count().saturating_sub(AROUND);
        let words: String = before.chars().skip(skipped).chain(after.chars().take(end - at.start)).collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The parts of an answer that are looked through.
fn places(answer: &Answer) -> Vec<&[u8]> {
    let body = answer.body.get(..LOOKED_AT).unwrap_or(&answer.body);
    std::iter::once(body).chain(answer.headers.iter().map(|field| field.value)).collect()
}

/// Where the text ends with the beginning of a secret.
fn cut_off(text: &str, secret: &str) -> Option<usize> {
    let ends = (spellings::SHORTEST..secret.len()).rev();
    ends.filter_map(|end| secret.get(..end))
        .find(|beginning| text.ends_with(beginning))
        .map(|beginning| text.len() - beginning.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    const SECRET: &str = "whsec_aW52ZW50ZWQtc2VjcmV0LWZvci10ZXN0cw";

    fn leaks() -> Leaks {
        Leaks::new(vec![Secret::new(SECRET).unwrap(), Secret::new("user:an+invented&password").unwrap()])
    }

    fn answer(body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: 500, headers: Headers::default(), body: body.into().into() }
    }

    #[test]
    fn a_secret_is_found_in_every_spelling_and_never_shown() {
        let raw = b"invented-secret-for-tests";
        for spelling in [
            SECRET.to_owned(),
            "aW52ZW50ZWQtc2VjcmV0LWZvci10ZXN0cw".to_owned(),
            "aW52ZW50ZWQtc2VjcmV0LWZvci10ZXN0cw==".to_owned(),
            "invented-secret-for-tests".to_owned(),
            hex::encode(raw),
            hex::encode_upper(raw),
            hex::encode(SECRET),
            STANDARD.encode(SECRET),
            URL_SAFE_NO_PAD.encode(SECRET),
            STANDARD.encode(format!("x{SECRET}yz")),
            STANDARD.encode(format!("xy{SECRET}")),
            "an%2Binvented%26password".to_owned(),
            "an%2binvented%26password".to_owned(),
            "an+invented&amp;password".to_owned(),
            "an+invented&password".to_owned(),
            STANDARD.encode("user:an+invented&password"),
        ] {
            let found = leaks().of(&answer(format!("expected {spelling}, got x")));
            assert_eq!(found.len(), 1, "{spelling}");
            assert_eq!(found[0].symptom, Symptom::LeakedSecret);
            assert!(found[0].excerpt.contains(MASK) && !found[0].excerpt.contains(&spelling), "{found:?}");
            let text = format!("a {spelling} b");
            assert!(!leaks().mask(&text).contains(&spelling), "{spelling}");
        }
        let headers = Headers::from_pairs([("X-Debug", format!("key={SECRET}"))]);
        assert_eq!(leaks().of(&Answer { headers, ..answer("ok") }).len(), 1);
    }

    /// A request that was forged with `given`, and has a signature of these bytes.
    fn forged(given: &str, right: &[u8]) -> Request {
        let fields = [("X-Signature", given.as_bytes())];
        Request {
            head: crate::hook::headers::Head::build("POST", "/", fields).unwrap(),
            body: "{}".into(),
            id: String::new(),
            secret_header: None,
            right: vec![right.to_vec()],
        }
    }

    #[test]
    fn the_signature_that_was_expected_is_found_in_every_spelling_and_never_shown() {
        // With `+` and `/` in its base64.
        let right: Vec<u8> = (0..32).map(|at| 251_u8.wrapping_add(at * 7)).collect();
        let base64 = STANDARD.encode(&right);
        assert!(base64.contains('+') && base64.contains('/'), "{base64}");
        let decimal = |between: &str| right.iter().map(u8::to_string).collect::<Vec<_>>().join(between);
        for spelling in [
            hex::encode(&right),
            hex::encode_upper(&right),
            base64.clone(),
            URL_SAFE_NO_PAD.encode(&right),
            base64.replace('/', "\\/"),
            base64.replace('+', "&#43;"),
            base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            right.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
            decimal(","),
            decimal(", "),
            decimal(" "),
        ] {
            for text in [format!("expected sha256={spelling}, got sha256=00"), spelling.clone()] {
                let found = leaks().of_request(&forged("sha256=00", &right), &answer(text));
                let [leak] = found.as_slice() else { panic!("{spelling}: {found:?}") };
                assert_eq!(leak.symptom, Symptom::LeakedSignature);
                assert!(leak.excerpt.contains(SIGNATURE) && !leak.excerpt.contains(&spelling), "{leak:?}");
            }
        }
        // Whoever has sent it knows it already.
        let known = forged(&format!("sha256={}ab", hex::encode(&right)), &right);
        assert_eq!(leaks().of_request(&known, &answer(format!("got {}", hex::encode(&right)))), []);
        let other = forged("sha256=00", &right);
        assert_eq!(leaks().of_request(&other, &answer(format!("got {}", hex::encode([7; 32])))), []);
        assert_eq!(leaks().of_request(&forged("x", b"short"), &answer("c2hvcnQ=")), []);
    }

    #[test]
    fn an_honest_answer_tells_nothing() {
        for body in [
            "",
            "invalid signature",
            "{\"error\":\"missing X-Koji-Signature\",\"code\":401}",
            "secret",
            "whsec_",
            "<html><body><a href=\"https://shop.example/home/app.js\">home</a></body></html>",
            "Cannot POST /app/webhooks",
            "The requested URL /srv/hooks was not found on this server.",
            "look at https://docs.example/var/www/guide.html and /home",
            "met at 10:15:22 in index",
        ] {
            assert_eq!(leaks().of(&answer(body)), [], "{body}");
        }
        assert_eq!(leaks().mask("nothing to hide"), "nothing to hide");
        // Too short to be told from an honest word.
        assert_eq!(Leaks::new(vec![Secret::new("test").unwrap()]).of(&answer("this is a test")), []);
    }

    #[test]
    fn a_secret_that_was_cut_off_is_masked() {
        assert_eq!(leaks().mask("key whsec_aW52ZW50"), "key [secret]");
        assert_eq!(leaks().mask("the key is whs"), "the key is whs");
    }

    #[test]
    fn traces_and_paths_are_found_whatever_wrote_them() {
        for (body, trace, path) in [
            ("TypeError: x\n    at verify (/srv/shop/index.js:10:15)\n    at next", true, true),
            ("TypeError: x<br> &nbsp; &nbsp;at verify (/srv/shop/index.js:10:15)<br>", true, true),
            ("{\"stack\":\"Error\\n    at file:///home/u/app/hook.mjs:3:7\"}", true, true),
            ("Error: boom\n    at Layer.handle (node:internal/x:95:5)", true, false),
            ("Traceback (most recent call last):\n  File \"/app/hook.py\", line 3, in x", true, true),
            ("File \"hook.py\", line 3, in handle", true, false),
            ("goroutine 17 [running]:\nmain.main()\n\t/go/src/hook/main.go:12 +0x1d", true, true),
            ("thread 'main' panicked at src/main.rs:12:5:\nboom", true, false),
            ("/usr/src/app/hook.rb:12:in `verify': boom (RuntimeError)", true, true),
            (
                "PHP Fatal error:  Uncaught TypeError in /var/www/html/hook.php:7\nStack trace:\n#0 {main}",
                true,
                true,
            ),
            ("<b>Warning</b>: x in <b>/var/www/html/hook.php</b> on line <b>7</b>", false, true),
            ("java.lang.NullPointerException\n\tat com.shop.Hook.verify(Hook.java:12)", true, false),
            (
                "System.FormatException: x\n   at Shop.Hook.Verify() in C:\\src\\Shop\\Hook.cs:line 12",
                true,
                true,
            ),
            ("ENOENT: no such file, open '/app/secrets/koji.json'", false, true),
            ("Cannot find module '../node_modules/express/lib/x'", false, true),
        ] {
            let found: Vec<Symptom> =
                leaks().of(&answer(body)).into_iter().map(|leak| leak.symptom).collect();
            assert_eq!(found.contains(&Symptom::LeakedTrace), trace, "{body}");
            assert_eq!(found.contains(&Symptom::LeakedPath), path, "{body}");
        }
    }

    #[test]
    fn any_bytes_can_be_looked_through() {
        let odd: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        leaks().of(&answer(odd));
        leaks().of(&answer("at ".repeat(50_000)));
        leaks().of(&answer("/home/".repeat(50_000)));
        leaks().of(&answer(".js:".repeat(50_000)));
    }
}
