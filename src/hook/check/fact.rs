//! What must hold for a case to mean anything.

use super::craft::prefix;
use crate::hook::digest::HashName;
use crate::hook::provider::{Cover, Kind, Place, Provider, TimePlace};
use crate::hook::sample;
use crate::hook::template::Source;
use serde::Deserialize;

/// What must hold of a provider, or of how the check was started, for a case to mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The signature is in a header.
    Header,
    /// The signature is computed, and covers at least a part of the body: not a token or a password.
    Signed,
    /// The whole body is covered.
    CoversBody,
    /// The signature may be made of any bytes: nothing in the body belongs to it.
    AnyBody,
    /// The scheme is an HMAC.
    Hmac,
    /// The signature is made with a secret that both sides have: HMAC, hash, or a token of HS256.
    SharedSecret,
    /// The signature is a JSON Web Token.
    Jwt,
    /// The signature is written in hex.
    Hex,
    /// Something stands before the signature in its value, such as `sha256=`.
    Prefix,
    /// What stands before it names a hash for which there is a weaker one.
    HashName,
    /// One value may hold several signatures.
    List,
    /// A signed timestamp with a tolerance, so that a replay can be told.
    Timestamp,
    /// No signed timestamp: an old delivery is as good as a new one.
    Timeless,
    /// The provider's samples are JSON.
    Json,
    /// The profile says where an event's name stands.
    Events,
    /// The provider has a sample of its own, not the generic one.
    Samples,
    /// The provider asks before it delivers.
    Handshake,
    /// The provider insists on exactly 200.
    Exactly200,
    /// A counter can be read (`--probe`).
    Probe,
    /// The target is `https` and offers HTTP/2.
    Http2,
}

/// Vendors whose pages ask for 200 itself, where others take any 2xx.
const EXACTLY_200: [&str; 2] = ["koji", "xero"];

impl Fact {
    /// Why it does not hold of a provider. The facts of a run are not judged here.
    pub(super) fn missing_in(self, provider: &Provider) -> Option<&'static str> {
        let (holds, reason) = match self {
            Self::Header => {
                (matches!(provider.place(), Place::Headers(_)), "the signature is not in a header")
            }
            Self::Signed => (
                provider.kind().signs() && provider.cover() != Cover::Nothing,
                "nothing is computed over the body",
            ),
            Self::CoversBody => (
                provider.kind().signs() && matches!(provider.cover(), Cover::Body | Cover::Checksum),
                "the signature does not cover the whole body",
            ),
            Self::AnyBody => (takes_any_body(provider), "the scheme needs a body of its own form"),
            Self::Hmac => (provider.kind() == Kind::Hmac, "the scheme is no HMAC"),
            Self::SharedSecret => (
                matches!(provider.kind(), Kind::Hmac | Kind::Hash | Kind::JwtHs),
                "the signature is not made with a shared secret",
            ),
            Self::Jwt => (provider.kind().is_token(), "the signature is no JSON Web Token"),
            Self::Hex => (in_hex(provider), "the signature is not written in hex"),
            Self::Prefix => (
                prefix(provider).bytes().any(|byte| byte.is_ascii_alphanumeric()),
                "nothing stands before the signature",
            ),
            Self::HashName => (names_hash(provider), "the signature does not name its hash"),
            Self::List => (
                provider.kind().signs() && provider.value.is_list(),
                "one value never holds several signatures",
            ),
            Self::Timestamp => (
                provider.replay_detectable() && provider.tolerance().is_some(),
                "the scheme has no signed time with a tolerance",
            ),
            Self::Timeless => (!provider.replay_detectable(), "the scheme signs a time"),
            Self::Json => (sends_json(provider), "the provider does not send JSON"),
            Self::Events => (!provider.event.is_empty(), "nothing says which event a delivery is"),
            Self::Samples => {
                (!sample::samples(provider.id()).is_empty(), "hookctl has no samples of the provider")
            }
            Self::Handshake => (!provider.handshakes().is_empty(), "the provider asks nothing beforehand"),
            Self::Exactly200 => (EXACTLY_200.contains(&&**provider.id()), "the provider takes any 2xx"),
            Self::Probe | Self::Http2 => (true, ""),
        };
        (!holds).then_some(reason)
    }
}

fn in_hex(provider: &Provider) -> bool {
    use crate::hook::encoding::Encoding;
    provider.kind().signs() && !provider.kind().is_token() && provider.encode() == Encoding::Hex
}

fn names_hash(provider: &Provider) -> bool {
    provider.kind() == Kind::Hmac
        && provider.hash() != HashName::Sha1
        && prefix(provider).contains(provider.hash().as_str())
}

fn sends_json(provider: &Provider) -> bool {
    match sample::samples(provider.id()).first() {
        Some(sample) => sample.is_json(),
        None => {
            let form = |source: &Source| matches!(source, Source::Form(_) | Source::Params);
            !matches!(provider.place(), Place::Form(_)) && !provider.content.sources().any(form)
        }
    }
}

fn takes_any_body(provider: &Provider) -> bool {
    let inside = |source: &Source| matches!(source, Source::Json(_) | Source::Form(_) | Source::Params);
    let claims = provider.claims.iter().map(|(_, claim)| claim);
    let timestamp = match &provider.timestamp {
        Some(TimePlace::Source(source)) => inside(source),
        _ => false,
    };
    !matches!(provider.place(), Place::Json(_) | Place::Form(_))
        && provider.each.is_none()
        && !timestamp
        && !claims.chain([&provider.content]).any(|text| text.sources().any(inside))
}

#[cfg(test)]
mod tests {
    use crate::hook::check::{Fact, Suite};
    use crate::hook::provider::Catalogue;

    /// Which cases are passed over, so that none is by mistake.
    #[test]
    fn what_means_nothing_for_a_provider_is_passed_over_with_a_reason() {
        let timed = ["stale-timestamp", "future-timestamp", "reused-timestamp"];
        let token = ["alg-none", "one-right-value", "weaker-hash"];
        let body = ["byte-changed", "of-another-body", "indented", "emoji", "gzip", "empty-secret"];
        let applies = |id: &str, case: &str| {
            let provider = Catalogue::builtin().get(id).unwrap();
            let case = Suite::builtin().get(case).unwrap();
            let reason = case.inapplicable(&provider);
            assert!(reason.is_none_or(|reason| !reason.is_empty()), "{id} {}", case.id);
            reason.is_none()
        };
        let rows: [(&str, &[&str], &[&str]); 8] = [
            ("koji", &["weaker-hash", "wrong-prefix", "upper-case-signature", "indented"], &timed),
            ("userjourneys", &["weaker-hash", "bare-signature", "gzip"], &["one-right-value", "alg-none"]),
            ("stripe", &["one-right-value", "stale-timestamp", "reused-timestamp"], &["weaker-hash"]),
            ("gitlab-token", &["no-signature", "other-secret", "not-gzip"], &body),
            ("discord", &["byte-changed", "upper-case-signature"], &["empty-secret", "bare-signature"]),
            ("monday", &["alg-none", "other-secret", "empty-secret"], &["byte-changed", "indented"]),
            ("twilio", &["byte-changed", "two-wrong-headers"], &["indented", "gzip", "bare-signature"]),
            ("braintree", &["other-secret", "empty-secret"], &["other-header", "two-wrong-headers"]),
        ];
        for (id, some, others) in rows {
            some.iter().for_each(|case| assert!(applies(id, case), "{id} {case}"));
            others.iter().for_each(|case| assert!(!applies(id, case), "{id} {case}"));
        }
        assert!(token.iter().all(|case| !applies("github-sha1", case)));
    }

    #[test]
    fn every_case_applies_to_a_provider_and_the_plainest_scheme_meets_most() {
        let all = Catalogue::builtin().all();
        for case in Suite::builtin().cases() {
            assert!(all.iter().any(|provider| case.inapplicable(provider).is_none()), "{}", case.id);
        }
        let koji = Catalogue::builtin().get("koji").unwrap();
        let passed_over = Suite::builtin().cases().iter().filter(|case| case.inapplicable(&koji).is_some());
        assert!(passed_over.count() <= 6);
        // What the run itself has to say is never said by the profile.
        assert_eq!(Fact::Probe.missing_in(&koji), None);
    }
}
