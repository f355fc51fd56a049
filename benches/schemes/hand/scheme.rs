//! What a row asks of its handler, read from the settings that it shows.

use hookctl::hook::digest::HashName;
use hookctl::hook::encoding::Encoding;
use hookctl::hook::provider::{Place, Provider};
use hookctl::hook::template::{Filter, Part, Source, Template};

use crate::sample::{ID, PUBLIC_KEY};

/// A piece of the content that is signed.
pub(super) enum Step {
    Text(Box<str>),
    Body,
    BodyDigest,
    Time,
    Id,
    Method,
    Url,
    /// Path and query as `encodeURI` writes them, the query escaped before that.
    Uri,
    Params,
    /// The list of signed headers, and the headers.
    SignedNames,
    SignedHeaders,
    Header(Box<str>),
    Form(Box<str>),
    Json(String),
}

/// Where the signature is.
pub(super) enum Spot {
    Header(Box<str>),
    Json(String),
    Form(Box<str>),
    Query(Box<str>),
}

/// Where the time is.
pub(super) enum TimeSpot {
    None,
    Value,
    Header(Box<str>),
    Json(String),
}

pub(super) enum TimeForm {
    Seconds,
    Millis,
    Rfc3339,
    HttpDate,
}

/// One part of the signature's value, with what stands before it.
pub(super) enum Element {
    Signature(Box<str>),
    Time(Box<str>),
    /// The list of signed headers.
    Names(Box<str>),
    /// `{public_key}|{sig}`, with what separates them.
    BehindKey(Box<str>),
}

/// The headers that are signed because the sender lists them.
pub(super) struct Listed {
    /// The header of the list; without one it is in the signature's value.
    pub(super) header: Option<Box<str>>,
    pub(super) split: String,
    pub(super) join: String,
    pub(super) pair: Option<String>,
    pub(super) always: Vec<String>,
    pub(super) also: Vec<String>,
}

pub(super) struct Scheme {
    pub(super) hash: HashName,
    pub(super) encode: Encoding,
    pub(super) secret: String,
    pub(super) key: Vec<u8>,
    pub(super) content: Vec<Step>,
    pub(super) spot: Spot,
    pub(super) value: Vec<Element>,
    pub(super) list: Option<String>,
    /// The space behind a separator.
    pub(super) gap: String,
    pub(super) time: TimeSpot,
    pub(super) time_form: TimeForm,
    pub(super) tolerance: Option<i64>,
    pub(super) id: Option<Box<str>>,
    pub(super) extra: Vec<(Box<str>, Box<str>)>,
    pub(super) listed: Option<Listed>,
    pub(super) each: Option<String>,
    pub(super) reads_json: bool,
}

impl Scheme {
    pub(super) fn of(provider: &Provider) -> Self {
        let settings = Settings::of(provider);
        let text = |name: &str| settings.text(name);
        let content = text("content").unwrap_or_else(|| "{body}".to_owned());
        let content: Vec<Step> = Template::parse(&content).unwrap().parts().iter().map(step).collect();
        let list = text("list");
        let value = text("value").unwrap_or_else(|| "{sig}".to_owned());
        let elements: Vec<String> = match &list {
            Some(separator) => value.split(&**separator).map(str::to_owned).collect(),
            None => vec![value],
        };
        let gap = if elements.iter().skip(1).any(|text| text.starts_with(' ')) { " " } else { "" };
        let spot = spot(provider.place());
        let time = time(text("timestamp"));
        let (secret, key) = secret(&settings);
        let in_json = |step: &Step| matches!(step, Step::Json(_));
        Self {
            hash: provider.hash(),
            encode: provider.encode(),
            secret,
            key,
            reads_json: content.iter().any(in_json)
                || matches!(spot, Spot::Json(_))
                || matches!(time, TimeSpot::Json(_)),
            content,
            spot,
            value: elements.iter().map(|text| element(text.trim())).collect(),
            list,
            gap: gap.to_owned(),
            time,
            time_form: match text("ts_format").as_deref() {
                None | Some("unix") => TimeForm::Seconds,
                Some("unix_ms") => TimeForm::Millis,
                Some("rfc3339") => TimeForm::Rfc3339,
                Some("http-date") => TimeForm::HttpDate,
                Some(other) => panic!("no handler reads a time as {other} yet"),
            },
            tolerance: provider.tolerance().map(|tolerance| i64::try_from(tolerance.as_secs()).unwrap()),
            id: text("id").map(|id| id.strip_prefix("header:").unwrap().into()),
            extra: settings.extra(),
            listed: settings.listed(),
            each: text("each").map(|path| pointer(&path)),
        }
    }

    /// The time as a sender writes it.
    pub(super) fn written_time(&self, seconds: i64) -> String {
        let formatted =
            |form: &str| jiff::Timestamp::from_second(seconds).unwrap().strftime(form).to_string();
        match (&self.time, &self.time_form) {
            (TimeSpot::None, _) => String::new(),
            (_, TimeForm::Seconds) => seconds.to_string(),
            (_, TimeForm::Millis) => (seconds * 1_000).to_string(),
            (_, TimeForm::Rfc3339) => formatted("%Y-%m-%dT%H:%M:%S.000Z"),
            (_, TimeForm::HttpDate) => formatted("%a, %d %b %Y %H:%M:%S GMT"),
        }
    }
}

/// A provider's fields as TOML.
struct Settings(toml::Table);

impl Settings {
    fn of(provider: &Provider) -> Self {
        let lines = provider.settings().map(|(name, value)| format!("{name} = {value}\n"));
        Self(lines.collect::<String>().parse().unwrap())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    /// The headers that are always sent along.
    fn extra(&self) -> Vec<(Box<str>, Box<str>)> {
        let table = self.0.get("extra").and_then(toml::Value::as_table);
        let header = |(name, value): (&String, &toml::Value)| {
            let value = value.as_str().unwrap().replace("{public_key}", PUBLIC_KEY).replace("{id}", ID);
            (name.as_str().into(), value.into())
        };
        table.into_iter().flatten().map(header).collect()
    }

    fn listed(&self) -> Option<Listed> {
        let table = self.0.get("signed_headers")?.as_table()?;
        let text = |name: &str| table.get(name).and_then(toml::Value::as_str);
        let split = text("split")?;
        let names = |name: &str| {
            let names = text(name).unwrap_or_default().split(split);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Some(Listed {
            header: text("names")?.strip_prefix("header:").map(Into::into),
            split: split.to_owned(),
            join: text("join").unwrap_or_default().to_owned(),
            pair: text("pair").map(str::to_owned),
            always: names("always"),
            also: names("also"),
        })
    }
}

fn step(part: &Part) -> Step {
    match part {
        Part::Literal(text) => Step::Text(text.clone()),
        Part::Placeholder(Source::Body, filters) if !filters.is_empty() => {
            let digest = [Filter::Digest(HashName::Sha256), Filter::Encode(Encoding::Hex)];
            assert_eq!(filters.as_slice(), digest, "no handler does this to the body yet");
            Step::BodyDigest
        }
        Part::Placeholder(Source::Target, filters) if filters.as_slice() == [Filter::Uri] => Step::Uri,
        Part::Placeholder(source, filters) => {
            assert!(filters.is_empty(), "no handler does {filters:?} yet");
            match source {
                Source::Body => Step::Body,
                Source::Ts => Step::Time,
                Source::Id => Step::Id,
                Source::Method => Step::Method,
                Source::Url => Step::Url,
                Source::Params => Step::Params,
                Source::SignedNames => Step::SignedNames,
                Source::SignedHeaders => Step::SignedHeaders,
                Source::Header(name) => Step::Header(name.clone()),
                Source::Form(name) => Step::Form(name.clone()),
                Source::Json(path) => Step::Json(pointer(path.as_str())),
                other => panic!("no handler looks {other} up yet"),
            }
        }
    }
}

fn spot(place: &Place) -> Spot {
    match place {
        // The others of several are for further secrets.
        Place::Headers(names) => Spot::Header(names[0].clone()),
        Place::Json(path) => Spot::Json(pointer(path.as_str())),
        Place::Form(name) => Spot::Form(name.clone()),
        Place::Query(name) => Spot::Query(name.clone()),
    }
}

fn time(setting: Option<String>) -> TimeSpot {
    let Some(setting) = setting else { return TimeSpot::None };
    match setting.split_once(':') {
        None => TimeSpot::Value,
        Some(("header", name)) => TimeSpot::Header(name.into()),
        Some(("json", path)) => TimeSpot::Json(pointer(path)),
        Some(_) => panic!("no handler reads the time from {setting} yet"),
    }
}

fn element(text: &str) -> Element {
    let template = Template::parse(text).unwrap();
    let literal = |part: &Part| match part {
        Part::Literal(text) => Some(text.clone()),
        Part::Placeholder(..) => None,
    };
    let before = template.parts().first().and_then(literal).unwrap_or_default();
    if template.uses(&Source::PublicKey) {
        return Element::BehindKey(template.parts().iter().find_map(literal).unwrap_or_default());
    }
    match template.sources().next() {
        Some(Source::Ts) => Element::Time(before),
        Some(Source::SignedNames) => Element::Names(before),
        _ => Element::Signature(before),
    }
}

/// A secret of the form that the row wants, and the key that it means.
fn secret(settings: &Settings) -> (String, Vec<u8>) {
    const KEY: &[u8] = b"fake-secret-of-thirty-two-bytes!";
    let prefix = settings.text("secret_prefix").unwrap_or_default();
    match settings.text("secret").as_deref() {
        Some("base64") => (prefix + &Encoding::Base64.encode(KEY), KEY.to_vec()),
        Some("hex") => (prefix + &Encoding::Hex.encode(KEY), KEY.to_vec()),
        Some("sha1") => {
            (prefix + std::str::from_utf8(KEY).unwrap(), HashName::Sha1.digest(KEY).as_bytes().to_vec())
        }
        None | Some("utf8" | "nfkd") => (prefix + std::str::from_utf8(KEY).unwrap(), KEY.to_vec()),
        Some(other) => panic!("no handler reads a secret as {other} yet"),
    }
}

/// `a.b.0` as RFC 6901 writes it.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}
