//! The lines of one delivery: what came, the verdict, the answer, the forward.
//!
//! `14:32:07  #12  interview.completed  Onboarding  ✓ verified  → 200  localhost:3000 200 in 12ms`
//!
//! On a narrow terminal the subject is cut, then left out; the parts that say
//! how it went never are. `events show` uses the same pieces. Does not choose
//! the stream.

use super::fields::fields;
use super::human;
use super::page::Page;
use super::pretty;
use super::style::{Mark, Role};
use super::text::{Show, TextOptions};
use crate::hook::attempt::{Answer, Attempt, Outcome};
use crate::hook::curl::words;
use crate::hook::delivery::{Delivery, Facts};
use crate::hook::detect::Sureness;
use crate::hook::headers::Head;
use crate::hook::verdict::Verdict;
use crate::job::report::{AnsweredBy, Attempted, Delivered, Next};
use std::time::Duration;

/// Where the lines below a delivery begin: under its number.
pub const INDENT: usize = 10;
/// The most columns of an event's name, and of a method and path in its place.
pub(super) const MAX_EVENT: usize = 60;
/// The most columns of a subject on a stream without a width.
const MAX_SUBJECT: usize = 60;
/// The most columns of where a redirect leads.
const MAX_LOCATION: usize = 100;
/// A subject shorter than this says nothing and is left out.
const MIN_SUBJECT: usize = 6;

/// A delivery that was received, with what is shown below its line.
pub fn delivered(page: &mut Page, delivered: &Delivered, options: TextOptions) {
    let checked = &*delivered.checked;
    let request = &checked.delivery;
    page.put(Role::Dim, request.received.local_time_of_day()).space(2);
    number(page, delivered.seq);
    page.space(2);
    match &checked.facts.event {
        Some(event) => page.put_within(Role::Event, event, MAX_EVENT),
        None => {
            let what = format!("{} {}", request.head.method(), request.head.path());
            page.put_within(Role::Plain, what, MAX_EVENT)
        }
    };
    let mut status = Page::new(page.look());
    outcome(&mut status, delivered);
    if let Some(subject) = &checked.facts.subject {
        let room = page.look().width.map_or(MAX_SUBJECT, |width| {
            width.saturating_sub(page.column() + status.column() + 2).min(MAX_SUBJECT)
        });
        if room >= MIN_SUBJECT {
            page.space(2).put_within(Role::Plain, subject, room);
        }
    }
    page.append(&status).end_line();
    reasons(page, delivered);
    content(page, request, options);
}

/// The number of a delivery, or that it has none.
fn number(page: &mut Page, seq: Option<u64>) {
    match seq {
        Some(seq) => page.put(Role::Seq, format!("#{seq}")),
        None => page.put(Role::Failed, "not kept"),
    };
}

/// The parts of the line that say how it went; each begins with its gap.
fn outcome(page: &mut Page, delivered: &Delivered) {
    verdict(page.space(2), &delivered.checked.verdict);
    if let Some(earlier) = delivered.duplicate_of {
        let amended = amended(delivered.same_body);
        page.space(2).put(Role::Warning, format!("duplicate of #{earlier}{amended}"));
    }
    let role = status_role(delivered.status);
    page.space(2).mark(Role::Dim, Mark::Arrow).space(1).put(role, delivered.status.to_string());
    if !matches!(delivered.answered_by, AnsweredBy::Policy | AnsweredBy::Target) {
        page.space(1).put(Role::Plain, delivered.answered_by.as_str());
    }
    for attempt in &delivered.attempts {
        let alone = delivered.attempts.len() == 1;
        tried(page.space(2), attempt, alone);
    }
    if let Some(reason) = delivered.not_forwarded {
        page.space(2).put(Role::Dim, "not forwarded: ").put(Role::Dim, reason);
    }
}

/// What stands behind the number that is repeated: a handler that skips repeats by their key
/// would pass over what another body says.
pub(super) fn amended(same_body: Option<bool>) -> &'static str {
    if same_body == Some(false) { ", another body" } else { "" }
}

/// A verdict: a sign and a word in a colour.
pub fn verdict(page: &mut Page, verdict: &Verdict) {
    let (role, mark) = judged(verdict);
    page.mark(role, mark).space(1).put(role, verdict.code.as_str());
}

/// How a verdict is marked.
pub(super) fn judged(verdict: &Verdict) -> (Role, Mark) {
    match verdict.code {
        code if code.judged() && verdict.verified() => (Role::Verified, Mark::Yes),
        code if code.judged() => (Role::Failed, Mark::No),
        _ => (Role::Warning, Mark::Unsure),
    }
}

/// A verdict with its provider, its reason and what the body says: what `verify` prints.
pub fn judgement(page: &mut Page, judged: &Verdict, facts: &Facts) {
    verdict(page, judged);
    if let Some(provider) = &judged.provider {
        page.space(2).put(Role::Strong, provider.as_ref());
    }
    page.end_line().space(2).put(Role::Plain, &*judged.reason).end_line();
    if let Some(recognised) = judged.recognised.as_ref().filter(|_| judged.provider.is_some()) {
        let text = human::recognised(recognised);
        page.space(2).put(Role::Dim, "recognised").pad_to(12).space(1).put(Role::Plain, text).end_line();
    }
    for (name, value) in
        [("event", &facts.event), ("delivery", &facts.delivery_id), ("subject", &facts.subject)]
    {
        if let Some(value) = value {
            page.space(2).put(Role::Dim, name).pad_to(12).put(Role::Plain, value).end_line();
        }
    }
}

pub(super) const fn status_role(status: u16) -> Role {
    match status {
        200..=299 => Role::Verified,
        300..=399 => Role::Warning,
        _ => Role::Failed,
    }
}

/// An attempt in short: `localhost:3000 200 in 12ms`.
pub fn tried(page: &mut Page, attempt: &Attempt, alone: bool) {
    page.put_within(Role::Url, short_target(&attempt.target, alone), MAX_EVENT).space(1);
    match &attempt.outcome {
        Outcome::Answered(answer) => page.put(status_role(answer.status), answer.status.to_string()),
        Outcome::Failed(failure) => page.put(Role::Failed, failure.kind.as_str()),
    };
    page.put(Role::Plain, format!(" in {}", human::duration(attempt.duration)));
}

/// A target as a person calls it: without `http://` and, when it is the only
/// one, without its path. A password in it is nobody's business.
pub(super) fn short_target(target: &str, alone: bool) -> String {
    let (scheme, rest) = target.split_once("://").unwrap_or(("http", target));
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let scheme = if scheme == "http" { String::new() } else { format!("{scheme}://") };
    let path = if alone || path == "/" { "" } else { path };
    format!("{scheme}{host}{path}")
}

/// Why a verdict is not good and why an attempt got no answer.
fn reasons(page: &mut Page, delivered: &Delivered) {
    let verdict = &delivered.checked.verdict;
    if !verdict.verified() {
        page.space(INDENT).put(Role::Dim, "reason: ").put(Role::Plain, verdict.reason.as_bytes()).end_line();
    }
    if let Some(recognised) = &verdict.recognised
        && verdict.provider.is_some()
        && recognised.sureness != Sureness::Certain
    {
        let text = human::recognised(recognised);
        page.space(INDENT).put(Role::Dim, "sender: ").put(Role::Plain, text).end_line();
    }
    for attempt in &delivered.attempts {
        failure(page, attempt);
    }
}

fn failure(page: &mut Page, attempt: &Attempt) {
    match &attempt.outcome {
        Outcome::Failed(failure) if !failure.detail.is_empty() => {
            page.space(INDENT).put(Role::Dim, "forward: ").put(Role::Plain, &failure.detail).end_line();
        }
        Outcome::Failed(_) => {}
        Outcome::Answered(answer) => redirect(page, answer),
    }
}

/// A redirect looks like any other answer, and who sees its number waits for what it leads to.
fn redirect(page: &mut Page, answer: &Answer) {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return;
    }
    page.space(INDENT).put(Role::Dim, "forward: ").put(Role::Plain, "the target redirects");
    if let Some(place) = answer.headers.get("location") {
        page.put(Role::Plain, " to ").put_within(Role::Url, place, MAX_LOCATION);
    }
    page.put(Role::Plain, "; redirects are not followed").end_line();
}

/// The headers and the body of a delivery, as asked.
pub fn content(page: &mut Page, delivery: &Delivery, options: TextOptions) {
    if options.show.headers() {
        head(page, &delivery.head, options.reveal);
    }
    if options.show == Show::All {
        page.end_line();
    }
    if options.show.body() {
        pretty::body(page, &delivery.body, delivery.head.headers().get("content-type"), INDENT);
    }
}

fn head(page: &mut Page, head: &Head, reveal: bool) {
    page.space(INDENT).put(Role::Strong, head.method()).space(1).put(Role::Plain, head.target()).end_line();
    fields(page, head.headers(), reveal);
}

/// An attempt made after the answer.
pub fn attempted(page: &mut Page, attempted: &Attempted) {
    let attempt = &attempted.attempt;
    let ended = attempt.started.plus(attempt.duration);
    page.put(Role::Dim, ended.local_time_of_day()).space(2);
    number(page, Some(attempted.seq));
    page.space(2);
    if let Some(event) = &attempted.event {
        page.put_within(Role::Event, event, MAX_EVENT).space(2);
    }
    page.mark(Role::Dim, Mark::Arrow).space(1);
    tried(page, attempt, false);
    if attempt.number > 1 {
        page.put(Role::Plain, format!(" (try {})", attempt.number));
    }
    match attempted.next {
        Next::Delivered | Next::Nothing => {}
        Next::RetryAt(at) => {
            let wait = at.since(ended);
            if wait < Duration::from_millis(1) {
                page.put(Role::Warning, ", next try at once: its time has passed");
            } else {
                page.put(Role::Warning, format!(", next try in {}", human::duration(wait)));
            }
        }
        Next::Dead => {
            page.put(Role::Failed, ", given up: a dead letter");
        }
    }
    page.end_line();
    failure(page, attempt);
    if !attempted.again.is_empty() {
        let command = format!("hookctl events replay {}{}", attempted.seq, words(&attempted.again));
        page.space(INDENT).put(Role::Dim, "hint: ").put(Role::Plain, command).end_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::attempt::FailureKind;
    use crate::hook::headers::Headers;
    use crate::hook::verdict::Code;
    use crate::ui::fixture::{AT, answered, attempt, checked, delivered as delivery, failed, said};
    use crate::ui::sanitize::Charset;
    use crate::ui::style::Look;
    use std::sync::Arc;

    const NOTHING: TextOptions =
        TextOptions { show: Show::None, reveal: false, keys: false, inspector: false };

    fn line(given: &Delivered) -> String {
        said(Look::PLAIN, |page| delivered(page, given, NOTHING))
    }

    #[test]
    fn a_verified_delivery_is_one_line() {
        let given = delivery(
            checked(Code::Verified, "ok"),
            vec![attempt("http://localhost:3000/hooks", answered(200))],
        );
        assert_eq!(
            line(&given),
            "TIME  #12  interview.completed  Onboarding Feedback  ✓ verified  → 200  localhost:3000 200 in 12ms\n"
        );
    }

    #[test]
    fn a_target_that_redirects_is_named_as_such() {
        let Outcome::Answered(mut answer) = answered(302) else { unreachable!("it answered") };
        answer.headers = Headers::from_pairs([("Location", &b"/login"[..])]);
        let to_login = attempt("http://localhost:3000/hooks", Outcome::Answered(answer));
        let bare = attempt("http://localhost:3000/hooks", answered(307));
        for (attempt, leads) in [(to_login, " to /login"), (bare, "")] {
            let given = delivery(checked(Code::Verified, "ok"), vec![attempt]);
            let said = line(&given);
            let expected =
                format!("          forward: the target redirects{leads}; redirects are not followed\n");
            assert!(said.ends_with(&expected), "{said}");
        }
        let other = delivery(checked(Code::Verified, "ok"), vec![attempt("http://a/", answered(304))]);
        assert!(!line(&other).contains("redirects"));
    }

    #[test]
    fn a_refused_delivery_says_why() {
        let mut given =
            delivery(checked(Code::Mismatch, "the signature is not that of these bytes"), Vec::new());
        given.not_forwarded = Some("not verified");
        assert_eq!(
            line(&given),
            "TIME  #12  interview.completed  Onboarding Feedback  ✗ mismatch  → 401  not forwarded: not verified\n          \
             reason: the signature is not that of these bytes\n"
        );
    }

    #[test]
    fn nobody_could_check_is_neither_good_nor_bad() {
        let mut given = delivery(checked(Code::NoSecret, "no secret is known for koji"), Vec::new());
        (given.status, given.duplicate_of, given.seq) = (200, Some(9), None);
        assert_eq!(
            line(&given),
            "TIME  not kept  interview.completed  Onboarding Feedback  ? no_secret  duplicate of #9  → 200\n          \
             reason: no secret is known for koji\n"
        );
    }

    #[test]
    fn failures_of_targets_are_named() {
        let mut given = delivery(
            checked(Code::Verified, "ok"),
            vec![
                attempt(
                    "http://user:pass@localhost:3000/a?token=x",
                    failed(FailureKind::Refused, "connection refused"),
                ),
                attempt("https://example.test/b", answered(302)),
            ],
        );
        (given.status, given.answered_by) = (502, AnsweredBy::Gateway);
        given.checked = Arc::new({
            let mut checked = checked(Code::Verified, "ok");
            checked.facts = Facts::default();
            checked
        });
        assert_eq!(
            line(&given),
            "TIME  #12  POST /hooks  ✓ verified  → 502 gateway  localhost:3000/a refused in 12ms  \
             https://example.test/b 302 in 12ms\n          forward: connection refused\n          \
             forward: the target redirects; redirects are not followed\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_subject_and_never_the_status() {
        let given = delivery(
            checked(Code::Verified, "ok"),
            vec![attempt("http://localhost:3000/hooks", answered(200))],
        );
        let at =
            |width| said(Look { width: Some(width), ..Look::PLAIN }, |page| delivered(page, &given, NOTHING));
        let full = at(200);
        let whole = crate::ui::sanitize::columns(full.trim_end()) + "HH:MM:SS".len() - "TIME".len();
        assert_eq!(at(whole), full);
        assert_eq!(
            at(whole - 1),
            "TIME  #12  interview.completed  Onboarding Feedba…  ✓ verified  → 200  localhost:3000 200 in 12ms\n"
        );
        assert_eq!(at(40), "TIME  #12  interview.completed  ✓ verified  → 200  localhost:3000 200 in 12ms\n");
    }

    #[test]
    fn colours_only_paint_what_is_said_anyway() {
        let given = delivery(checked(Code::Mismatch, "no"), Vec::new());
        let painted = said(Look { colors: true, ..Look::PLAIN }, |page| delivered(page, &given, NOTHING));
        assert!(painted.contains("\x1b[1;31m✗\x1b[0m \x1b[1;31mmismatch\x1b[0m"), "{painted:?}");
        let mut parts = painted.split('\x1b');
        let bare: String = parts.next().unwrap_or_default().to_owned()
            + &parts.map(|part| part.split_once('m').unwrap().1).collect::<String>();
        assert_eq!(bare, line(&given));
    }

    #[test]
    fn a_plain_terminal_gets_plain_signs() {
        let given = delivery(checked(Code::Verified, "ok"), Vec::new());
        let look = Look { charset: Charset::Ascii, ..Look::PLAIN };
        assert_eq!(
            said(look, |page| delivered(page, &given, NOTHING)),
            "TIME  #12  interview.completed  Onboarding Feedback  [ok] verified  -> 200\n"
        );
    }

    #[test]
    fn headers_and_body_are_shown_as_asked() {
        let given = delivery(checked(Code::Verified, "ok"), Vec::new());
        let shown = |show, reveal| {
            said(Look::PLAIN, |page| {
                content(
                    page,
                    &given.checked.delivery,
                    TextOptions { show, reveal, keys: false, inspector: false },
                );
            })
        };
        let headers = "          POST /hooks?team=7\n          Host: localhost:4400\n          \
             X-Koji-Signature: sha256=01234… (71 bytes)\n          Content-Type: application/json\n          \
             X-Odd: \\xff\\xfe\n          X-Odd: two\n";
        let body = "          {\n            \"event\": \"interview.completed\",\n            \"score\": 1.10\n          }\n";
        assert_eq!(shown(Show::Headers, false), headers);
        assert_eq!(shown(Show::Body, false), body);
        assert_eq!(shown(Show::All, false), format!("{headers}\n{body}"));
        assert_eq!(shown(Show::None, false), "");
        assert!(shown(Show::Headers, true).contains(": sha256=0123456789abcdef0123456789abcdef0123"));
    }

    #[test]
    fn attempts_after_the_answer_have_their_own_lines() {
        let say = |number, outcome, next| {
            let mut attempt = attempt("http://localhost:3000/hooks", outcome);
            (attempt.number, attempt.duration) = (number, Duration::ZERO);
            let again = ["--to", "localhost:3000/hooks?a=1", "--journal", "m.db"].map(str::to_owned);
            let again = if next == Next::Dead { again.to_vec() } else { Vec::new() };
            let given = Attempted { seq: 12, event: None, attempt, next, again };
            said(Look::PLAIN, |page| attempted(page, &given))
        };
        assert_eq!(say(1, answered(200), Next::Delivered), "TIME  #12  → localhost:3000/hooks 200 in <1ms\n");
        let later = AT.plus(Duration::from_secs(30));
        assert_eq!(
            say(2, failed(FailureKind::Refused, ""), Next::RetryAt(later)),
            "TIME  #12  → localhost:3000/hooks refused in <1ms (try 2), next try in 30s\n"
        );
        assert_eq!(
            say(3, failed(FailureKind::Refused, ""), Next::RetryAt(AT)),
            "TIME  #12  → localhost:3000/hooks refused in <1ms (try 3), next try at once: its time has passed\n"
        );
        assert_eq!(
            say(9, failed(FailureKind::Timeout, "no answer"), Next::Dead),
            "TIME  #12  → localhost:3000/hooks timeout in <1ms (try 9), given up: a dead letter\n          \
             forward: no answer\n          hint: hookctl events replay 12 --to 'localhost:3000/hooks?a=1' --journal m.db\n"
        );
    }
}
