use super::*;
use crate::hook::provider::{Kind, Retry};
use std::time::Duration;

fn error(text: &str) -> String {
    Catalogue::builtin().add("mine.toml", text).unwrap_err().to_string()
}

#[test]
fn every_builtin_table_compiles_and_none_is_lost() {
    let catalogue = Catalogue::builtin();
    let tables = parse(&"all".into(), BUILTIN, 1).unwrap();
    let ids: Vec<&str> = tables.iter().map(|table| &*table.id).collect();
    assert_eq!(catalogue.ids(), ids);
    assert!(ids.len() >= 101, "rows were lost: {}", ids.len());
    for (table, builtin) in tables.iter().zip(&catalogue.builtin) {
        assert_eq!(table.place.line, builtin.line, "{}", table.id);
        assert!(check_fields(table).is_ok());
        let superseded = &catalogue.get(&table.id).unwrap().supersedes;
        assert!(superseded.iter().all(|id| catalogue.get(id).is_ok()));
    }
}

#[test]
fn a_base_gives_its_scheme_but_not_its_facts() {
    let catalogue = Catalogue::builtin();
    let standard = catalogue.get("standard-webhooks").unwrap();
    let clerk = catalogue.get("clerk").unwrap();
    assert_eq!(clerk.signature_headers(), ["svix-signature".into()]);
    assert_eq!(clerk.tolerance(), standard.tolerance());
    assert_eq!(standard.deadline(), Some(Duration::from_secs(15)));
    assert_eq!((clerk.deadline(), clerk.retry()), (None, None));
    assert_eq!(catalogue.get("standard-webhooks-v1a").unwrap().kind(), Kind::Ed25519);
}

#[test]
fn unconfirmed_facts_are_not_told() {
    let catalogue = Catalogue::builtin();
    let twilio = catalogue.get("twilio").unwrap();
    assert_eq!(twilio.deadline(), None);
    assert_eq!(twilio.assumed_deadline(), Some(Duration::from_secs(15)));
    assert!(twilio.settings().all(|(name, _)| !["deadline", "retry"].contains(&name)));
    let koji = catalogue.get("koji").unwrap();
    let after = [30, 300, 1800].map(Duration::from_secs).to_vec();
    assert_eq!(koji.retry(), Some(&Retry::After(after)));
    assert!(koji.setting("header").as_deref() == Some("\"X-Koji-Signature\""));
    // A profile is shown as TOML that can be read again.
    for provider in catalogue.all() {
        let shown: String = provider
            .settings()
            .filter(|(name, _)| *name != "base")
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        let mut again = Catalogue::builtin();
        again.add("shown.toml", &format!("[again]\n{shown}")).unwrap();
        let other = again.get("again").unwrap();
        assert_eq!((other.kind(), &other.content), (provider.kind(), &provider.content));
        assert_eq!(other.handshakes.len(), provider.handshakes.len());
    }
}

#[test]
fn a_users_file_adds_and_overrides() {
    let mut catalogue = Catalogue::builtin();
    let text = "[mine]\nbase = \"also-mine\"\ntolerance = 7\n\n[also-mine]\nbase = \"stripe\"\n\
                header = \"X-Mine\"\n\n[koji]\nbase = \"koji\"\nheader = \"X-New\"\n";
    assert_eq!(catalogue.add("mine.toml", text).unwrap(), ["mine", "also-mine", "koji"]);
    let mine = catalogue.get("mine").unwrap();
    assert_eq!(mine.origin(), &Origin::File("mine.toml".into()));
    assert_eq!(mine.tolerance(), Some(Duration::from_secs(7)));
    assert_eq!(mine.signature_headers(), ["X-Mine".into()]);
    let koji = catalogue.get("koji").unwrap();
    assert_eq!(koji.signature_headers(), ["X-New".into()]);
    assert_eq!(koji.deadline(), Some(Duration::from_secs(10)), "what is changed stays the same vendor's");
    let builtin = Catalogue::builtin().ids().len();
    assert_eq!((catalogue.ids().len(), catalogue.all().len()), (builtin + 2, builtin + 2));
    // A whole replacement keeps nothing.
    catalogue.add("other.toml", "[koji]\nat = \"json:sig\"").unwrap();
    let koji = catalogue.get("koji").unwrap();
    assert!(koji.signature_headers().is_empty() && koji.event.is_empty());
    // What is overridden does not change who is built on it.
    catalogue.add("svix.toml", "[svix]\nheader = \"X\"").unwrap();
    assert_eq!(catalogue.get("clerk").unwrap().signature_headers(), ["svix-signature".into()]);
}

#[test]
fn a_child_moves_the_signature_to_another_place() {
    let mut catalogue = Catalogue::builtin();
    catalogue
        .add("f", "[a]\nbase = \"mailgun\"\nheader = \"X-A\"\n[b]\nbase = \"koji\"\nat = \"query:s\"")
        .unwrap();
    assert_eq!(catalogue.get("a").unwrap().signature_headers(), ["X-A".into()]);
    assert!(catalogue.get("b").unwrap().signature_headers().is_empty());
}

#[test]
fn mistakes_are_named_by_file_line_and_field() {
    for (text, message) in [
        (
            "[a]\nheader = \"X\"\nvalu = \"{sig}\"",
            "mine.toml:3: field `valu`: there is no such field; did you mean `value`?",
        ),
        (
            "[a]\nheader = 5",
            "mine.toml:2: field `header`: must be a string or an array of strings, not a number",
        ),
        (
            "[a]\nheader = [\n \"X\",\n \"no header\"]",
            "mine.toml:4: field `header`: `no header` is not a header name",
        ),
        ("\n\n[a]\nkind = \"hmac\"", "mine.toml:3: field `header`: is missing: where is the signature?"),
        (
            "[a]\nheader = \"X\"\nat = \"json:a\"",
            "mine.toml:3: field `at`: a signature is either in a `header` or `at` another place",
        ),
        ("[a]\nat = \"body\"", "mine.toml:2: field `at`: must be json:PATH, form:NAME or query:NAME"),
        (
            "[a]\nheader = \"X\"\ncontent = \"{bdy}\"",
            "mine.toml:3: field `content`: unknown source `bdy`; did you mean `body`?",
        ),
        (
            "[a]\nheader = \"X\"\nhash = \"md5\"",
            "mine.toml:3: field `hash`: `md5` is none of sha1, sha256, sha512",
        ),
        ("[a]\nheader = \"X\"\nvalue = \"v1=\"", "mine.toml:3: field `value`: has no {sig}"),
        ("[a]\nheader = \"X\"\nvalue = \"{body}{sig}\"", "mine.toml:3: field `value`: cannot hold {body}"),
        (
            "[a]\nheader = \"X\"\ntolerance = -1",
            "mine.toml:3: field `tolerance`: -1 is not between 0 and 86400",
        ),
        ("[a]\nheader = \"X\"\ntolerance = 1", "mine.toml:3: field `tolerance`: needs a `timestamp`"),
        (
            "[a]\nheader = \"X\"\ntolerance = 1.5",
            "mine.toml:3: field `tolerance`: must be a whole number, not a number with a fraction",
        ),
        (
            "[a]\nheader = \"X\"\ncontent = \"{ts}\"",
            "mine.toml:3: field `content`: holds {ts}, but there is no `timestamp`",
        ),
        (
            "[a]\nheader = \"X\"\ncontent = \"{id}\"",
            "mine.toml:3: field `content`: holds {id}, but there is no `id`",
        ),
        (
            "[a]\nheader = \"X\"\ncontent = \"\"",
            "mine.toml:3: field `content`: is empty: a signature of nothing proves nothing",
        ),
        (
            "[a]\nheader = \"X\"\nkind = \"hash\"",
            "mine.toml:1: field `content`: has no {secret}: anybody can compute a plain hash",
        ),
        (
            "[a]\nheader = \"X\"\ntimestamp = \"sig\"",
            "mine.toml:3: field `timestamp`: is sig, but `value` has no {ts}",
        ),
        ("[a]\nheader = \"X\"\nlist = \"\"", "mine.toml:3: field `list`: must not be empty"),
        (
            "[a]\nheader = \"X\"\neach = \"items\"",
            "mine.toml:3: field `each`: needs `at = \"json:PATH\"` inside the element",
        ),
        (
            "[a]\nbase = \"kojy\"",
            "mine.toml:2: field `base`: there is no provider `kojy`; did you mean `koji`?",
        ),
        ("[a]\nbase = 1\nheader = \"X\"", "mine.toml:2: field `base`: must be a string, not a number"),
        (
            "[a]\nbase = \"b\"\n[b]\nbase = \"c\"\n[c]\nbase = \"a\"",
            "mine.toml:6: field `base`: goes in a circle: a -> b -> c -> a",
        ),
        ("[a]\nbase = \"a\"", "mine.toml:2: field `base`: there is no provider `a`"),
        ("[a]\nheader = \"X\"\n[[a.handshake]]\nbody = \"\"", "mine.toml:3: field `when`: is missing"),
        (
            "[a]\nheader = \"X\"\n[[a.handshake]]\nwhen = \"jsn:a\"",
            "mine.toml:4: field `when`: unknown source `jsn`; did you mean `json`?",
        ),
        (
            "[a]\nheader = \"X\"\n[[a.handshake]]\nwhen = \"json:a\"\nstatus = 99",
            "mine.toml:5: field `status`: must be between 200 and 599",
        ),
        (
            "[a]\nheader = \"X\"\n[[a.handshake]]\nwhen = \"json:a\"\nchek = 1",
            "mine.toml:5: field `chek`: there is no such field; did you mean `check`?",
        ),
        (
            "[a]\nheader = \"X\"\n[a.extra]\n\"X-Y\" = 1",
            "mine.toml:4: field `extra`: must be a table of strings, not a number",
        ),
        (
            "[a]\nheader = \"X\"\ncontent = \"{signed_headers}\"",
            "mine.toml:3: field `content`: holds signed headers, but there is no `signed_headers`",
        ),
        (
            "[a]\nheader = \"X\"\nsigned_headers = {names=\"sig\", split=\" \"}",
            "mine.toml:3: field `signed_headers`: are listed in the value, but `value` has no {signed_names}",
        ),
        (
            "[a]\nheader = \"X\"\nsigned_headers = {split=\" \"}",
            "mine.toml:3: field `signed_headers`: needs `names`: sig or header:NAME",
        ),
        (
            "[a]\nheader = \"X\"\nsigned_headers = {names=\"header:L\"}",
            "mine.toml:3: field `signed_headers`: needs `split`, between two names",
        ),
        (
            "[a]\nheader = \"X\"\nsigned_headers = {nams=\"header:L\"}",
            "mine.toml:3: field `signed_headers`: there is no such setting `nams`; did you mean `names`?",
        ),
        ("a = 1", "mine.toml:1: field `a`: a provider file holds only tables, one a provider"),
        ("[Mine]\nheader = \"X\"", "mine.toml:1: `Mine` is not an id: use small letters, digits and hyphens"),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
    assert!(error("[a]\nheader = \"X").starts_with("mine.toml:2: "), "{}", error("[a]\nheader = \"X"));
}

#[test]
fn a_mistake_adds_nothing() {
    let mut catalogue = Catalogue::builtin();
    assert!(catalogue.add("f", "[good]\nheader = \"X\"\n[bad]\nhaeder = \"X\"").is_err());
    assert!(catalogue.get("good").is_err());
}

#[test]
fn an_unknown_id_names_the_nearest() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue.get("kojj").unwrap_err().nearest.as_deref(), Some("koji"));
    assert_eq!(catalogue.get("userjourney").unwrap_err().nearest.as_deref(), Some("userjourneys"));
    assert_eq!(catalogue.get("zzzzzz").unwrap_err().nearest, None);
    assert_eq!(catalogue.near("hubspot"), ["hubspot-v1", "hubspot-v2", "hubspot-v3"]);
    assert_eq!(catalogue.near("commerce"), ["coinbase-commerce", "woocommerce", "bigcommerce"]);
    assert_eq!(catalogue.near("kojj"), ["koji"]);
    assert_eq!(catalogue.near("-").len() + catalogue.near("").len() + catalogue.near("zzzzzz").len(), 0);
    assert_eq!(catalogue.near("o").len(), 0);
}

#[test]
fn where_a_signature_is_can_be_told_without_reading_the_profile() {
    let mut catalogue = Catalogue::builtin();
    catalogue.add("f", "[mine]\nbase = \"github\"\nheader = [\"X-Mine\", \"X-Mine-2\"]\n[koji]\nbase = \"koji\"\nheader = \"X-K\"").unwrap();
    for (id, headers) in catalogue.signature_headers() {
        assert_eq!(headers, catalogue.get(&id).unwrap().signature_headers(), "{id}");
    }
}

/// A bug once: unknown fields of a later table came first, and values in the order of the schema.
#[test]
fn of_several_mistakes_the_first_one_is_told() {
    for (text, first) in [
        ("[a]\nheader = \"X\"\nkind = \"hmc\"\n[b]\nhaeder = \"X\"\n", "3: field `kind`"),
        ("[a]\nvalue = \"{sgi}\"\nkind = \"hmc\"\nhaeder = \"X\"\n", "2: field `value`"),
        ("[a]\nheader = \"X\"\nnote = 1\nencode = \"hx\"\n", "3: field `note`"),
        ("[a]\nvalue = \"{sig}\"\n[b]\nhaeder = \"X\"\n", "1: field `header`"),
        ("z = 1\na = 2\n", "1: field `z`"),
    ] {
        let told = error(text);
        assert!(told.starts_with(&format!("mine.toml:{first}: ")), "{text}: {told}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_line_and_field() {
    for (text, told) in [
        (&b"[a]\nheader = \"X\"\nheader = \"Y\"\n"[..], "mine.toml:3: field `header`: duplicate key"),
        (b"[a]\nheader = \"X\"\nnote = \"caf\xe9\"\n", "mine.toml:3: field `note`: invalid UTF-8"),
        (b"# caf\xe9\n[a]\n", "mine.toml:1: invalid UTF-8"),
    ] {
        let error = Catalogue::builtin().add_bytes("mine.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}
