use super::*;
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::Catalogue;
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
        "The header `Stripe-Signature` holds `t={ts},v1={sig}`. `{sig}` is, in hex, the HMAC-SHA-256 under the key \
         of `{ts}.{body}`. There `{ts}` is the time beside the signature as it stands (Unix seconds) and `{body}` is the raw \
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
        "The parameter `s` of the query holds the signature and nothing else. `{sig}` is, in base64, the HMAC-SHA-256 \
         under the key of `{method} {url|lower|sha1|base64}`. There `{method}` is the method in capitals and \
         `{url|lower|sha1|base64}` is the SHA-1 of the whole URL in small letters in base64. Compare in constant time."
    );
    assert_eq!(mine.pitfalls.len(), 1);
}
