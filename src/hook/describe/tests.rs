use super::*;
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::{Catalogue, Kind};
use crate::hook::secret::Secret;
use crate::hook::verdict::{Code, Verdict};

fn of(id: &str) -> Description {
    let catalogue = Catalogue::builtin();
    describe(catalogue.get(id).unwrap().as_ref(), &catalogue.all())
}

fn judge(provider: &Provider, specimen: &Specimen, body: &[u8], secret: &str) -> Verdict {
    let keys = provider.keys(&[Secret::new(secret).unwrap()]).unwrap().with_webhook_id(specimen.webhook_id);
    let headers = Headers::from_pairs(specimen.headers.iter().map(|(name, value)| (name, value)));
    let message = Message {
        method: specimen.method,
        target: &specimen.target,
        headers: &headers,
        body,
        url: Some(&specimen.url),
    };
    provider.verify(&keys, &message, specimen.at, None)
}

#[test]
fn every_specimen_verifies_and_no_other_secret_does() {
    for provider in &Catalogue::builtin().all() {
        let specimen = specimen(provider).unwrap_or_else(|problem| panic!("{}: {problem}", provider.id()));
        let verdict = judge(provider, &specimen, &specimen.body, specimen.verifies_with.text());
        assert_eq!(verdict.code, Code::Verified, "{}: {}", provider.id(), verdict.reason);
        if let Verifier::Secret(secret) = &specimen.verifies_with {
            let at = provider.secret_prefix.len() + 5;
            let digit = if secret.get(at..).unwrap().starts_with('1') { "2" } else { "1" };
            let mut other = secret.clone();
            other.replace_range(at..=at, digit);
            let verdict = judge(provider, &specimen, &specimen.body, &other);
            assert_eq!(verdict.code, Code::Mismatch, "{}: {}", provider.id(), verdict.reason);
        } else {
            let other = self::specimen(provider).unwrap();
            let other = other.verifies_with.text();
            // Ed25519 has the same invented pair every time.
            assert_eq!(other == specimen.verifies_with.text(), provider.kind() == Kind::Ed25519);
        }
        assert!(specimen.body.len() < 600, "{}", provider.id());
        // What the profile looks for is there.
        let headers = Headers::from_pairs(specimen.headers.iter().map(|(name, value)| (name, value)));
        let message = Message {
            method: specimen.method,
            target: &specimen.target,
            headers: &headers,
            body: &specimen.body,
            url: Some(&specimen.url),
        };
        let facts = provider.facts(&message);
        assert_eq!(facts.event.is_some(), !provider.event.is_empty(), "{}", provider.id());
    }
}

/// Every sentence ends, every piece of code is closed, and no placeholder of a template is left unexplained.
#[test]
fn every_provider_is_described_in_whole_sentences() {
    let catalogue = Catalogue::builtin();
    let all = catalogue.all();
    for provider in &all {
        let described = describe(provider, &all);
        let texts = [&described.scheme, &described.key, &described.replay];
        for text in texts.into_iter().chain(&described.handshakes).chain(&described.pitfalls) {
            assert_eq!(text.matches('`').count() % 2, 0, "{}: {text}", provider.id());
            assert!(!text.contains("  ") && !text.contains(". ."), "{}: {text}", provider.id());
        }
        for text in [&described.scheme].into_iter().chain(&described.pitfalls) {
            assert!(text.ends_with('.'), "{}: {text}", provider.id());
        }
        assert!(described.scheme.contains(provider.signature_headers().first().map_or("", |name| name)));
        assert_eq!(described.handshakes.len(), provider.handshakes.len());
    }
}

#[test]
fn a_timed_list_is_described_from_its_parts() {
    let stripe = of("stripe");
    assert_eq!(
        stripe.scheme,
        "The header `Stripe-Signature` holds `t={ts},v1={sig}`. `{sig}` is the HMAC-SHA-256 of \
         `{ts}.{body}`, under the key, in lower-case hex. There `{ts}` is the time beside the signature as it stands (Unix seconds) and `{body}` is the raw \
         body, byte for byte as it arrived. The value is a list, separated by `,`: it may carry several signatures, of \
         which one must hold, and elements of other names are to be skipped. Compare in constant time, before the body \
         is parsed."
    );
    assert!(stripe.key.contains("not decoded"), "{}", stripe.key);
    assert_eq!(stripe.replay, "refused when signed more than 5 min ago or more than 5 min ahead");
    assert_eq!(stripe.rivals, []);
}

#[test]
fn who_shares_a_header_is_told_apart_or_said_not_to_be() {
    let github = of("github");
    let told = |description: &Description, id: &str| {
        let group =
            description.rivals.iter().find(|group| group.ids.iter().any(|known| **known == *id)).unwrap();
        group.told_by.clone()
    };
    assert_eq!(
        told(&github, "whatsapp").unwrap(),
        "where the body's `object` is `whatsapp_business_account`"
    );
    assert_eq!(told(&github, "facebook").unwrap(), "sent without `X-GitHub-Event` and `X-GitHub-Delivery`");
    let svix = of("svix");
    assert_eq!((told(&svix, "clerk"), told(&svix, "resend")), (None, None));
    let standard = of("standard-webhooks");
    assert_eq!(told(&standard, "openai"), None);
    assert_eq!(told(&standard, "gitlab").unwrap(), "where the header `X-Gitlab-Event` is there");
    assert!(told(&standard, "cloudflare-stream").unwrap().contains("`time={ts},sig1={sig}`"));
    assert!(told(&standard, "gocardless").unwrap().contains("`{sig}`"));
}

#[test]
fn a_users_own_provider_is_described_too() {
    let mut catalogue = Catalogue::builtin();
    catalogue
        .add(
            "f",
            "[mine]\nat = \"query:s\"\ncontent = \"{method} {url|lower|sha1|base64}\"\nencode = \"base64\"\n",
        )
        .unwrap();
    let mine = describe(catalogue.get("mine").unwrap().as_ref(), &catalogue.all());
    assert_eq!(
        mine.scheme,
        "The parameter `s` of the query holds the signature and nothing else. `{sig}` is the HMAC-SHA-256 of \
         `{method} {url|lower|sha1|base64}`, under the key, in base64. There `{method}` is the method in capitals and \
         `{url|lower|sha1|base64}` is the SHA-1 of the whole URL in small letters, in base64. Compare in constant time."
    );
    assert_eq!(mine.pitfalls.len(), 1);
}

#[test]
fn a_guessed_handshake_is_not_described_as_the_vendors() {
    for told in of("koji").handshakes {
        assert!(told.contains("its form is not published: this is hookctl's guess"), "{told}");
    }
    for provider in Catalogue::builtin().all() {
        for (asked, told) in provider.handshakes().iter().zip(of(provider.id()).handshakes) {
            assert_eq!(told.contains("guess"), asked.is_guessed(), "{told}");
        }
    }
}

#[test]
fn each_body_of_a_handshake_has_the_type_it_is_sent_with() {
    let [told] = &*of("slack").handshakes else { panic!("Slack has one handshake") };
    assert!(
        told.ends_with(
            "the body's `challenge` as `text/plain`, `{\"challenge\":\"{json:challenge|json}\"}` as `application/json` or \
             `challenge={json:challenge}` as `application/x-www-form-urlencoded`"
        ),
        "{told}"
    );
}

#[test]
fn what_is_signed_otherwise_than_it_is_sent_is_said() {
    let scheme = of("hubspot-v3").scheme;
    assert!(scheme.contains("the %-escapes of `:/?@!$'()*,;` in it are decoded, and no others"), "{scheme}");
    let scheme = of("twilio").scheme;
    assert!(scheme.contains("of a name that comes more than once, each value once, sorted"), "{scheme}");
    assert!(scheme.contains("In the query, `'` is signed as `%27`."), "{scheme}");
    assert!(scheme.contains("with the port of its scheme or without it"), "{scheme}");
    assert!(of("box").scheme.contains("`\\uXXXX`"), "{}", of("box").scheme);
    assert!(!of("mandrill").scheme.contains("%27"));
}

fn any(pitfalls: &[String], part: &str) -> bool {
    pitfalls.iter().any(|pitfall| pitfall.contains(part))
}

#[test]
fn both_home_vendors_pages_say_what_goes_wrong() {
    let koji = of("koji").pitfalls;
    for part in ["throws where the header is missing", "share one `data.interview_id`", "wants a 200"] {
        assert!(any(&koji, part), "{part}: {koji:?}");
    }
    let userjourneys = of("userjourneys").pitfalls;
    for part in
        ["shown once", "one webhook", "end of the process", "No retries", "`X-Webhook-Event` is not signed"]
    {
        assert!(any(&userjourneys, part), "{part}: {userjourneys:?}");
    }
}

#[test]
fn a_verify_token_is_not_taken_for_the_secret_that_signs() {
    for id in ["facebook", "whatsapp"] {
        let page = of(id);
        assert!(any(&page.pitfalls, "two secrets"), "{id}: {:?}", page.pitfalls);
        assert!(any(&page.handshakes, "is the verify token"), "{id}: {:?}", page.handshakes);
    }
}

#[test]
fn what_the_signature_does_not_cover_follows_from_the_scheme() {
    assert!(any(&of("github").pitfalls, "`X-GitHub-Event` and `X-GitHub-Delivery` are not signed"));
    // The id is signed, and so are Contentful's headers; where nothing is signed, that is said.
    for id in ["svix", "contentful", "gitlab-token", "twitch"] {
        let pitfalls = of(id).pitfalls;
        let unsigned = pitfalls.iter().find(|pitfall| pitfall.contains("not signed"));
        assert_eq!(unsigned.is_some(), id == "twitch", "{id}: {pitfalls:?}");
        assert!(!any(&pitfalls, "Message-Id` "), "{pitfalls:?}");
    }
    assert!(any(&of("asana").pitfalls, "The body's `events` is a list"));
    assert!(any(&of("hubspot-v3").pitfalls, "The body is a list"));
    assert!(any(&of("quickbooks").pitfalls, "The body's `eventNotifications` is a list"));
    assert!(any(&of("github-sha1").pitfalls, "the signature of `github` as well"));
}
