//! `hookctl api`: any call of a vendor's REST API, with the account's key.

mod fields;

use super::access::{AccessArgs, call_failed};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::signals::Stop;
use super::values::headers;
use super::waits::telling;
use crate::ui::pretty;
use crate::vendor::{Answer, BaseUrl, Call, Client, LARGEST_PAGE, Trail, Vendor};
use clap::{Args, ValueHint};
use fields::{Field, Reading};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl api GET /studies
      The active studies of the project, as the vendor answers

  hookctl api GET /interviews -f study_id=ID -f status=completed --paginate
      All pages, one interview a line

  hookctl api PUT /webhooks -f url=URL -f 'events[]=interview.completed'
      Fields become the query of a GET, and the JSON body of a PUT or POST

  hookctl api GET /api/v1/interviews/ID --provider koji --jq .body.analysis
      Koji's paths begin with /api";

/// Make any other call of a vendor's REST API, with the account's key
///
/// The key goes to the host of the base URL only, and no redirect is followed. An answer of 4xx ends with 4, one
/// of 5xx with 5, and its body is shown all the same.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ApiArgs {
    /// GET, POST, PUT, PATCH, DELETE or HEAD
    #[arg(value_name = "METHOD", value_parser = clap::builder::PossibleValuesParser::new(METHODS), ignore_case = true, hide_possible_values = true)]
    pub method: String,
    /// The path below the base URL, such as /studies; it may hold a query
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Fields as text.
    #[arg(
        short = 'f',
        long = "field",
        value_name = "KEY=VALUE",
        help = "Add a field as text; key[]=value for lists, key[inner]=value for objects; repeat for several"
    )]
    pub fields: Vec<String>,
    /// Add a field as JSON where it is JSON, such as 5, true or null
    #[arg(short = 'F', long = "typed-field", value_name = "KEY=VALUE")]
    pub typed: Vec<String>,
    /// Send the JSON of a file as the body, or of standard input for `-`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fields", "typed"], value_hint = ValueHint::FilePath)]
    pub input: Option<PathBuf>,
    /// Add a header, such as Koji's X-Session-Token; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// Follow a list to its end and show its items, one a line
    #[arg(long)]
    pub paginate: bool,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// What hookctl sets itself, or what would change how an answer is read.
const OWN_HEADERS: [&str; 10] = [
    "authorization",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "upgrade",
    "te",
    "trailer",
];

/// Runs `hookctl api`.
pub fn run(args: &ApiArgs, context: &Context) -> Result<Exit, CommandError> {
    let access = context.access(&args.access)?;
    let call = call(args, &access.base, context)?;
    let client = telling(access.client()?, context);
    let runtime = context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        let made = async {
            if args.paginate {
                pages(&client, call, context).await
            } else {
                once(&client, &call, context).await
            }
        };
        tokio::select! {
            made = made => made,
            () = stop.first() => Ok(Exit::Interrupted),
        }
    });
    runtime.shutdown_background();
    ended
}

async fn once(client: &Client, call: &Call<'_>, context: &Context) -> Result<Exit, CommandError> {
    let answer = client.exchange(call).await.map_err(|error| failed(&error))?;
    show(&answer, context)?;
    if answer.json().is_ok_and(|body| body.get("signing_secret").is_some()) {
        let hint = "keep it where only you can read it; `hookctl register` does that by itself";
        context.streams().warn("the answer holds the signing secret, which comes only once", Some(hint));
    }
    let answer = client.judge(answer).map_err(|error| failed(&error))?;
    if !answer.body.is_empty() && !is_stream(&answer) {
        client.json(&answer).map_err(|error| failed(&error))?;
    }
    Ok(Exit::Done)
}

/// Follows `has_more` with the id of the last item, until there are no more.
async fn pages(client: &Client, mut call: Call<'_>, context: &Context) -> Result<Exit, CommandError> {
    if !call.query.iter().any(|(name, _)| name == "limit") && client.vendor() != Some(Vendor::Koji) {
        call.query.push(("limit".into(), LARGEST_PAGE.to_string().into()));
    }
    let mut trail = Trail::default();
    loop {
        let answer = client.exchange(&call).await.map_err(|error| failed(&error))?;
        if !(200..300).contains(&answer.status) {
            show(&answer, context)?;
        }
        let page = client.judge(answer).and_then(|answer| client.json(&answer));
        let mut page = page.map_err(|error| failed(&error))?;
        let Some(Value::Array(items)) = page.get_mut("data").map(Value::take) else {
            return Err(CommandError::new(Exit::Network, "could not follow the list")
                .hint("leave `--paginate` away: the answer is no list with `data`"));
        };
        let last = items.last().and_then(|item| item.get("id")?.as_str().map(str::to_owned));
        for item in items {
            show_item(&item, context)?;
        }
        if page.get("has_more").and_then(Value::as_bool) != Some(true) {
            return Ok(Exit::Done);
        }
        let Some(last) = last.filter(|last| trail.step(last.clone()).is_ok()) else {
            return Err(CommandError::new(Exit::Network, "could not follow the list to its end")
                .hint("the vendor says that there is more and gives nothing new; try again later"));
        };
        call.query.retain(|(name, _)| name != "starting_after");
        call.query.push(("starting_after".into(), last.into()));
    }
}

fn failed(error: &crate::vendor::VendorError) -> CommandError {
    call_failed("call the API", error)
}

/// One item of a list, on one line.
fn show_item(item: &Value, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&json!({"v": 1, "type": "item", "item": item}));
    }
    Ok(context.streams().json_line(&item.to_string())?)
}

/// An answer: laid out for a person, as it came for a program.
fn show(answer: &Answer, context: &Context) -> Result<(), CommandError> {
    let streams = context.streams();
    if context.json() {
        let record = json!({
            "v": 1, "type": "answer", "endpoint": answer.endpoint(), "status": answer.status,
            "request_id": answer.request_id(), "body": body_of(answer),
        });
        return context.record(&record);
    }
    context.detail(&format!("`{}` was answered {}", answer.endpoint(), answer.status));
    // A page of HTML says nothing that the error does not say.
    if answer.body.is_empty() || (answer.json().is_err() && !is_stream(answer)) {
        return Ok(());
    }
    if streams.look().width.is_none() {
        streams.raw(&answer.body)?;
        let end: &[u8] = if answer.body.ends_with(b"\n") { b"" } else { b"\n" };
        return Ok(streams.raw(end)?);
    }
    let mut page = streams.page();
    pretty::body(&mut page, &answer.body, answer.content_type().as_deref().map(str::as_bytes), 0);
    Ok(streams.show(&page)?)
}

/// The body in a record: JSON, or the text of a stream of events; null for anything else.
fn body_of(answer: &Answer) -> Value {
    let text = || is_stream(answer).then(|| String::from_utf8_lossy(&answer.body).into_owned().into());
    answer.json().ok().or_else(text).unwrap_or(Value::Null)
}

fn is_stream(answer: &Answer) -> bool {
    answer.content_type().as_deref() == Some("text/event-stream")
}

fn call(args: &ApiArgs, base: &BaseUrl, context: &Context) -> Result<Call<'static>, CommandError> {
    let method = Method::from_bytes(args.method.to_ascii_uppercase().as_bytes())
        .map_err(|error| CommandError::usage("could not use METHOD").because(&error))?;
    if args.paginate && method != Method::GET {
        return Err(CommandError::usage("only a list can be followed, and only with GET")
            .hint("leave `--paginate` away"));
    }
    let (path, query) = place(&args.path, base)?;
    let fields = given(&args.fields, "--field", Reading::Text)?;
    let fields = [fields, given(&args.typed, "--typed-field", Reading::Typed)?].concat();
    let in_query = matches!(method, Method::GET | Method::HEAD | Method::DELETE);
    let mut call = Call::new(method, path);
    call.accept = "application/json, text/event-stream";
    call.query = query.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    if in_query {
        call.query
            .extend(fields::query(&fields).into_iter().map(|(name, value)| (name.into(), value.into())));
    } else if !fields.is_empty() {
        let body = fields::body(fields);
        call.body = Some(body.map_err(|why| wrong("could not use the fields", &why))?);
    }
    if let Some(path) = &args.input {
        let bytes = context.read(path)?;
        call.body = Some(serde_json::from_slice(&bytes).map_err(|error| {
            CommandError::usage(format!("could not use `{}`", path.display()))
                .because(&error)
                .hint("give it JSON")
        })?);
    }
    call.headers = own_headers(&args.headers)?;
    Ok(call)
}

fn wrong(what: &str, why: &str) -> CommandError {
    let mut error = CommandError::usage(what);
    error.causes.push(why.to_owned());
    error
}

fn given(texts: &[String], flag: &str, reading: Reading) -> Result<Vec<Field>, CommandError> {
    let read = |text: &String| {
        Field::parse(text, reading).map_err(|why| {
            wrong(&format!("could not use `{flag} {text}`"), &why)
                .hint("write a name and a value: status=completed")
        })
    };
    texts.iter().map(read).collect()
}

/// A path, and the pairs of a query.
type Place = (String, Vec<(String, String)>);

/// The path below the base, and the query behind it. A URL is taken where it is below the base.
fn place(given: &str, base: &BaseUrl) -> Result<Place, CommandError> {
    let below = if given.contains("://") {
        base.below(given).ok_or_else(|| {
            wrong("could not use PATH", &format!("the key goes to {base} only"))
                .hint("name the path below it, such as /studies; or another base with `--base-url URL`")
        })?
    } else {
        given
    };
    let below = below.split('#').next().unwrap_or_default();
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    let path = if path.starts_with('/') { encoded(path) } else { encoded(&format!("/{path}")) };
    if !BaseUrl::has_below(&path) {
        return Err(wrong("could not use PATH", "it has parts that are empty, `.` or `..`")
            .hint("name the path below the base URL, such as /studies"));
    }
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Ok((path, query))
}

/// What cannot stand in a path is encoded; what is encoded already stays so.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |path, byte| {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            path + char::from(byte).encode_utf8(&mut [0; 4])
        } else {
            format!("{path}%{byte:02X}")
        }
    })
}

fn own_headers(lines: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, CommandError> {
    let read = |(name, value): (String, Vec<u8>)| {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|error| CommandError::usage("could not use `--header`").because(&error))?;
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(wrong("could not use `--header`", &format!("hookctl sets `{name}` itself")));
        }
        let mut value = HeaderValue::from_bytes(&value)
            .map_err(|error| CommandError::usage("could not use `--header`").because(&error))?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    headers("--header", lines)?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://app.userjourneys.ai/api/v1").unwrap()
    }

    #[test]
    fn a_path_with_or_without_slash_query_and_base() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (given, path, query) in [
            ("/studies", "/studies", vec![]),
            ("studies", "/studies", vec![]),
            ("/studies?limit=5&q=a+b%26", "/studies", vec![pair("limit", "5"), pair("q", "a b&")]),
            ("https://app.userjourneys.ai/api/v1/studies?limit=5", "/studies", vec![pair("limit", "5")]),
            ("/studies/a b/ü%20#x", "/studies/a%20b/%C3%BC%20", vec![]),
        ] {
            assert_eq!(place(given, &base()).unwrap(), (path.to_owned(), query), "{given}");
        }
    }

    #[test]
    fn a_url_elsewhere_is_refused() {
        for url in [
            "https://example.com/api/v1/studies",
            "https://app.userjourneys.ai.example.com/api/v1/studies",
            "http://app.userjourneys.ai/api/v1/studies",
            "https://app.userjourneys.ai/api/v2/studies",
        ] {
            assert!(place(url, &base()).is_err(), "{url}");
        }
    }

    #[test]
    fn headers_that_hookctl_sets_are_refused() {
        assert_eq!(own_headers(&["X-Session-Token: t".to_owned()]).unwrap().len(), 1);
        for line in ["authorization: x", "Host: x", "Accept-Encoding: gzip", "Content-Length: 1", "a b: c"] {
            assert!(own_headers(&[line.to_owned()]).is_err(), "{line}");
        }
    }
}
