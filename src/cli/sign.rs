//! `hookctl sign`: sign a payload as a provider would.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::shared::{PayloadArgs, ProviderArgs, SecretArgs};
use crate::clock;
use crate::hook::curl::{self, BodyFrom};
use crate::hook::delivery::Message;
use crate::hook::headers::{Head, Headers};
use crate::hook::provider::Provider;
use crate::hook::sample::Sample;
use crate::hook::signature::Signed;
use crate::hook::time::Timestamp;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::Path;

const EXAMPLES: &str = "Examples:
  hookctl sign body.json --provider koji --secret-file secret.txt
      Print the header that Koji would send with these bytes

  hookctl sign body.json --provider stripe --as curl --url localhost:3000/hook
      Print a curl command that sends it, signed with STRIPE_WEBHOOK_SECRET

  hookctl sign - --provider svix --timestamp 1614265330 --id msg_1 < body.json
      The same signature every time, from SVIX_WEBHOOK_SECRET";

/// Sign a payload: headers, a curl line, an HTTP request, or JSON
///
/// The payload's bytes are signed as they are, never re-serialised. Several secrets give several signatures
/// where the scheme allows it, as during a rotation.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SignArgs {
    /// The payload.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// The delivery's id, for schemes that sign one; a fresh one unless named
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The moment of signing, unix seconds or RFC 3339; now unless named
    #[arg(long, value_name = "T")]
    pub timestamp: Option<String>,
    /// The URL that the delivery goes to, for schemes that sign it; `--as curl` and `--as http` send to
    /// localhost:3000 where none is named
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The request's method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    pub method: String,
    /// The public part of a key pair, for schemes that send one
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// What to print
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "headers")]
    pub form: SignForm,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// `--as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignForm {
    /// The header lines.
    Headers,
    /// A curl command that sends the payload.
    Curl,
    /// The whole HTTP request.
    Http,
    /// A JSON record.
    Json,
}

/// Where a request goes when no URL is named.
const DEFAULT_URL: &str = "http://localhost:3000/";

/// The JSON record of a signature.
#[derive(Serialize)]
struct SignatureRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    headers: Vec<HeaderRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// A header in records, as everywhere else.
#[derive(Serialize)]
struct HeaderRecord<'a> {
    name: &'a str,
    value: String,
}

/// A signed request, ready to be printed.
struct Signing<'a> {
    args: &'a SignArgs,
    provider: &'a Provider,
    url: &'a str,
    target: String,
    at: Timestamp,
    id: String,
    /// What a whole request says before its signature.
    beside: Headers,
    body: &'a [u8],
    signed: Signed,
}

/// Runs `hookctl sign`.
pub fn run(args: &SignArgs, context: &Context) -> Result<Exit, CommandError> {
    super::values::method("--method", &args.method)?;
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let provider = context.one_provider(&catalogue, args.provider.provider.as_deref())?;
    let keys = super::keys::of(
        &provider,
        &context.secrets(&args.secret)?,
        args.provider.webhook_id.as_deref(),
        context,
    )?;
    let at = moment(args.timestamp.as_deref())?.unwrap_or_else(clock::now);
    let delivery_id =
        args.id.clone().unwrap_or_else(|| format!("msg_{}", clock::fresh_id().replace('-', "")));
    let body = context.payload(&args.payload)?;
    let named = args.url.as_deref().map(whole_url).transpose()?;
    if named.is_none() && provider.signs_url() {
        return Err(url_missing(provider.id()));
    }
    let url = named.as_deref().unwrap_or(DEFAULT_URL);
    let target = target_of(url);
    let beside = beside(args, context, &provider, &body);
    let message = Message {
        method: &args.method,
        target: &target,
        headers: &beside,
        body: &body,
        url: named.as_deref(),
    };
    let signed = provider.sign(&keys, &message, at, Some(&delivery_id), args.public_key.as_deref()).map_err(
        |error| {
            let failed = CommandError::usage("could not sign the payload").because(&error);
            super::keys::with_mend(failed, &error, &args.secret)
        },
    )?;
    let signing =
        Signing { args, provider: &provider, url, target, at, id: delivery_id, beside, body: &body, signed };
    signing.print(context)
}

/// The content type that `trigger` sends as well, where a whole request is printed: without it
/// many handlers read no body.
fn beside(args: &SignArgs, context: &Context, provider: &Provider, body: &[u8]) -> Headers {
    let whole = matches!(args.form, SignForm::Curl | SignForm::Http) && !context.json();
    let content_type = whole.then(|| ("Content-Type", Sample::content_type_of(body, provider)));
    Headers::from_pairs(content_type)
}

/// A moment typed on the command line.
pub(super) fn moment(text: Option<&str>) -> Result<Option<Timestamp>, CommandError> {
    text.map(Timestamp::parse).transpose().map_err(|reason| {
        let mut error = CommandError::usage("could not read a time");
        error.causes.push(reason);
        error
    })
}

/// A URL made up by hookctl would give a signature that nobody accepts.
pub(super) fn url_missing(provider: &str) -> CommandError {
    CommandError::usage(format!("`{provider}` signs the URL that it sends to"))
        .hint("add `--url URL`, letter for letter as the sender uses it")
}

/// The URL as typed, which a scheme may sign to the letter; `3000` and
/// `localhost:3000/path` are completed as everywhere else.
pub(super) fn whole_url(text: &str) -> Result<String, CommandError> {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if web && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Ok(text.to_owned());
    }
    super::values::target("--url", text).map(|target| target.to_string())
}

/// The path and query of a URL, as they stand on the request line.
pub(super) fn target_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let at = rest.find(['/', '?']);
    match at.and_then(|at| rest.get(at..)) {
        Some(tail) if tail.starts_with('/') => tail.to_owned(),
        Some(tail) => format!("/{tail}"),
        None => "/".to_owned(),
    }
}

impl Signing<'_> {
    fn print(&self, context: &Context) -> Result<Exit, CommandError> {
        match self.args.form {
            _ if context.json() => self.json(context),
            SignForm::Json => self.json(context),
            SignForm::Headers => self.headers(context),
            SignForm::Curl => self.curl(context),
            SignForm::Http => self.http(context),
        }
    }

    fn body(&self) -> &[u8] {
        self.signed.body.as_deref().unwrap_or(self.body)
    }

    fn target(&self) -> &str {
        self.signed.target.as_deref().unwrap_or(&self.target)
    }

    /// The URL with the path and query that the signature may have changed.
    fn url(&self) -> String {
        let origin = self.url.find("://").and_then(|scheme| {
            let end =
                self.url.get(scheme + 3..)?.find(['/', '?']).map_or(self.url.len(), |at| scheme + 3 + at);
            self.url.get(..end)
        });
        format!("{}{}", origin.unwrap_or("http://localhost:3000"), self.target())
    }

    /// The headers of a whole request that neither its URL nor its body says.
    fn pairs(&self) -> Vec<(&str, &[u8])> {
        let beside = self.beside.iter().map(|field| (field.name, field.value));
        let signed = self.signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        beside.chain(signed).collect()
    }

    fn headers(&self, context: &Context) -> Result<Exit, CommandError> {
        let mut text = Vec::new();
        for (name, value) in &self.signed.headers {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value);
            text.push(b'\n');
        }
        if let Some(changed) = self.changed() {
            context.streams().warn(&changed, Some("send what `--as curl` or `--as http` prints"));
        }
        context.write(&text)
    }

    /// What stands elsewhere than in the header lines, so that they are not enough.
    fn changed(&self) -> Option<String> {
        let in_header = !self.provider.signature_headers().is_empty();
        match (&self.signed.target, &self.signed.body) {
            (Some(_), _) if in_header => Some(format!(
                "the digest of the body was added to the URL, which is signed as: {}",
                self.url()
            )),
            (Some(_), _) => Some(format!("the signature is in the URL, not in a header: {}", self.url())),
            (None, Some(_)) if in_header => {
                Some("the time of signing was added to the body, which is signed with it".to_owned())
            }
            (None, Some(_)) => Some("the signature is in the body, not in a header".to_owned()),
            (None, None) => None,
        }
    }

    fn curl(&self, context: &Context) -> Result<Exit, CommandError> {
        let named = self.args.payload.payload.as_deref().filter(|path| *path != Path::new("-"));
        let name = named.map(|path| path.display().to_string());
        let body = match &name {
            _ if self.body().is_empty() && ["GET", "HEAD"].contains(&&*self.args.method) => BodyFrom::Nothing,
            Some(name) if self.signed.body.is_none() => BodyFrom::File(name),
            _ if self.body().contains(&0) => {
                return Err(CommandError::usage("a payload with NUL bytes cannot stand in a command line")
                    .hint("put it into a file and name that"));
            }
            _ => BodyFrom::Inline(self.body()),
        };
        let mut text =
            curl::command(&self.args.method, &self.url(), &Headers::from_pairs(self.pairs()), body);
        text.push(b'\n');
        context.write(&text)
    }

    fn http(&self, context: &Context) -> Result<Exit, CommandError> {
        let host = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or(host);
        let length = self.body().len().to_string();
        let mut pairs: Vec<(&str, &[u8])> = vec![("Host", host.as_bytes())];
        pairs.extend(self.pairs());
        pairs.push(("Content-Length", length.as_bytes()));
        let head = Head::build(&self.args.method, self.target(), pairs)
            .map_err(|error| CommandError::usage("could not write the request").because(&error))?;
        let mut text = head.as_bytes().to_vec();
        text.extend_from_slice(self.body());
        context.write(&text)
    }

    fn json(&self, context: &Context) -> Result<Exit, CommandError> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        context.record(&SignatureRecord {
            v: 1,
            r#type: "signature",
            provider: self.provider.id(),
            timestamp: self.at.to_string(),
            id: Some(&self.id),
            headers: self
                .signed
                .headers
                .iter()
                .map(|(name, value)| HeaderRecord { name, value: text(value) })
                .collect(),
            target: self.signed.target.as_deref(),
            body: self.signed.body.as_deref().map(text),
        })?;
        Ok(Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_keeps_its_port() {
        assert_eq!(whole_url("localhost:8080/hook").unwrap(), "http://localhost:8080/hook");
        assert_eq!(whole_url("3000").unwrap(), "http://localhost:3000");
        assert_eq!(whole_url("https://Example.com/a?b").unwrap(), "https://Example.com/a?b");
        for wrong in ["", "ftp://example.com/", "http://example.com/a b"] {
            assert!(whole_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_target_of_a_url_is_its_path_and_query() {
        for (url, target) in
            [("http://a/b?c=d", "/b?c=d"), ("http://a", "/"), ("http://a?x", "/?x"), ("https://a:1/", "/")]
        {
            assert_eq!(target_of(url), target, "{url}");
        }
    }
}
