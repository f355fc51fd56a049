//! The signed URL: a tunnel's host, another scheme, a port, no query.

use super::Mistake;
use super::attempts::{Attempts, idea};
use crate::hook::delivery::Message;
use crate::hook::template::Source;
use std::collections::HashSet;

/// Hosts that an endpoint may be known under.
const MOST_HOSTS: usize = 6;
/// A longer URL is nobody's endpoint.
const LONGEST: usize = 8 << 10;

/// Headers in which a proxy or a tunnel says which host was asked.
const HOST_HEADERS: [&str; 4] = ["x-forwarded-host", "x-original-host", "host", "x-host"];

/// The parts of an absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Url<'u> {
    scheme: &'u str,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
    query: Option<&'u str>,
}

impl<'u> Url<'u> {
    fn parse(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (authority, target) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (authority, None),
        };
        Some(Self { scheme, host, port, path, query })
    }

    fn text(&self) -> String {
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        let query = self.query.map_or(String::new(), |query| format!("?{query}"));
        format!("{}://{}{port}{}{query}", self.scheme, self.host, self.path)
    }

    fn default_port(&self) -> &'static str {
        if self.scheme == "https" { "443" } else { "80" }
    }
}

/// One URL to try: what differs first names the mistake.
struct Other {
    mistake: Mistake,
    what: String,
    url: String,
}

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let (provider, message) = (attempts.case.provider, attempts.message());
    if !provider.signs_url() {
        return false;
    }
    let host = message.headers.get("host").map(|host| String::from_utf8_lossy(host).into_owned());
    let used = match message.url {
        Some(url) => url.to_owned(),
        None => format!("http://{}{}", host.unwrap_or_default(), message.target),
    };
    if used.len() > LONGEST {
        return false;
    }
    let Some(own) = Url::parse(&used) else { return false };
    let mut seen = HashSet::from([used.clone()]);
    let bases = bases(attempts);
    let all = others(&own, &bases, &message);
    all.into_iter().filter(|other| seen.insert(other.url.clone())).collect::<Vec<_>>().into_iter().any(
        |other| {
            let url = Some(other.url.as_str());
            attempts.message_holds(idea(other.mistake, other.what), &Message { url, ..message })
        },
    ) || path_alone(attempts)
}

/// The bases that are known, and the hosts that the headers name.
fn bases(attempts: &Attempts<'_>) -> Vec<String> {
    let headers = attempts.message().headers;
    let named = HOST_HEADERS.iter().filter_map(|name| {
        let host = std::str::from_utf8(headers.get(name)?).ok()?;
        Some(format!("https://{}", host.split(',').next().unwrap_or_default().trim()))
    });
    attempts.case.context.bases.iter().cloned().chain(named).take(MOST_HOSTS).collect()
}

fn others(own: &Url<'_>, bases: &[String], message: &Message<'_>) -> Vec<Other> {
    let mut all = Vec::new();
    let mut add = |mistake, url: &Url<'_>| {
        let text = url.text();
        all.push(Other { mistake, what: format!("the URL `{text}`"), url: text });
    };
    let changed_scheme = if own.scheme == "https" { "http" } else { "https" };
    add(Mistake::UrlScheme, &Url { scheme: changed_scheme, ..own.clone() });
    add(Mistake::UrlQuery, &Url { query: None, ..own.clone() });
    add(Mistake::UrlQuery, &Url { query: Some(""), ..own.clone() });
    add(Mistake::UrlPort, &Url { port: None, ..own.clone() });
    add(Mistake::UrlPort, &Url { port: Some(own.default_port()), ..own.clone() });
    for (scheme, port) in [("https", None), ("https", Some("443")), ("http", None), ("http", Some("80"))] {
        let other_scheme = Url { scheme, port, ..own.clone() };
        let mistake = if scheme == own.scheme { Mistake::UrlPort } else { Mistake::UrlScheme };
        add(mistake, &other_scheme);
    }
    let target = message.target.split_once('?');
    let (path, query) = target.map_or((message.target, None), |(path, query)| (path, Some(query)));
    add(Mistake::UrlPath, &Url { path, query, ..own.clone() });
    let slashed = format!("{}/", own.path);
    add(Mistake::UrlPath, &Url { path: &slashed, ..own.clone() });
    add(Mistake::UrlPath, &Url { path: own.path.strip_suffix('/').unwrap_or(own.path), ..own.clone() });
    add(Mistake::UrlPath, &Url { path: "/", query: None, ..own.clone() });
    let decoded = [own.path, own.query.unwrap_or_default()].map(percent_decoded);
    let [decoded_path, decoded_query] = &decoded;
    let query = own.query.map(|_| decoded_query.as_str());
    add(Mistake::UrlEncoding, &Url { path: decoded_path, query, ..own.clone() });
    for base in bases.iter().filter_map(|base| Url::parse(base)) {
        for scheme in [base.scheme, "https", "http"] {
            for (path, query) in
                [(own.path, own.query), (path, target.map(|(_, query)| query)), (own.path, None)]
            {
                add(Mistake::UrlHost, &Url { scheme, path, query, ..base.clone() });
                add(Mistake::UrlHost, &Url { scheme, path, query, port: None, ..base.clone() });
            }
        }
    }
    all
}

fn percent_decoded(text: &str) -> String {
    let safe = text.replace('+', "%2B").replace('&', "%26");
    let field = format!("t={safe}");
    let decoded = crate::hook::form::find(field.as_bytes(), "t").map(std::borrow::Cow::into_owned);
    decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The path in place of the whole URL.
fn path_alone(attempts: &mut Attempts<'_>) -> bool {
    let message = attempts.message();
    if !attempts.case.provider.content.uses(&Source::Url) {
        return false;
    }
    let path = message.target.split_once('?').map_or(message.target, |(path, _)| path);
    [message.target, path].into_iter().any(|url| {
        let what = format!("the path `{url}` alone");
        attempts.message_holds(idea(Mistake::UrlPath, what), &Message { url: Some(url), ..message })
    })
}
