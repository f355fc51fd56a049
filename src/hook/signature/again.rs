//! Chooses the keys that a delivery is signed again with.
//!
//! Several secrets are several keys to verify with, one after the other during a
//! rotation or one a vendor, while most schemes send one signature only.

use super::asymmetric::Pair;
use super::key::{Key, Keys};
use crate::hook::delivery::Message;
use crate::hook::provider::Provider;
use crate::hook::time::Timestamp;
use std::time::Duration;

impl Provider {
    /// The keys to sign a message again with: all of them where the scheme sends
    /// as many signatures, otherwise the one that this message was signed with,
    /// as it came at `received`; the first one where none holds.
    #[must_use]
    pub fn keys_for_again(&self, keys: &Keys, came: &Message<'_>, received: Timestamp) -> Keys {
        if self.signatures_at_most().is_none_or(|most| keys.len() <= most) {
            return keys.clone();
        }
        // How old it was says nothing about whose key it was.
        let holds = |key: &&Key| self.verify(&keys.only(key), came, received, Some(Duration::MAX)).verified();
        let signs = |key: &&Key| key.pair().is_none_or(Pair::is_private);
        let able = || keys.iter().filter(signs);
        able().find(holds).or_else(|| able().next()).map_or_else(|| keys.clone(), |key| keys.only(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;
    use crate::hook::provider::Catalogue;
    use crate::hook::secret::Secret;

    const SECRETS: [&str; 3] = ["fake-secret-one", "fake-secret-two", "fake-secret-three"];

    /// Which of the secrets a message is signed again with that came with this one's signature.
    fn again(provider: &str, given: &[&str], signed_with: &str) -> Vec<(String, Vec<u8>)> {
        let provider = Catalogue::builtin().get(provider).unwrap();
        let keys = |texts: &[&str]| {
            let secrets: Vec<Secret> = texts.iter().map(|text| Secret::new(*text).unwrap()).collect();
            provider.keys(&secrets).unwrap()
        };
        let at = Timestamp::parse("2026-01-02T03:04:05Z").unwrap();
        let plain = Headers::default();
        let message = Message { method: "POST", target: "/in", headers: &plain, body: b"{}", url: None };
        let sign = |keys: &Keys| provider.sign(keys, &message, at, Some("msg_1"), None).unwrap().headers;
        let pairs = sign(&keys(&[signed_with]));
        let headers = Headers::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
        let late = at.plus(Duration::from_secs(86_400));
        let chosen = provider.keys_for_again(&keys(given), &Message { headers: &headers, ..message }, late);
        assert!(given.iter().any(|one| sign(&chosen) == sign(&keys(&[one]))) || chosen.len() == given.len());
        sign(&chosen)
    }

    #[test]
    fn the_key_that_verifies_signs_again_and_without_one_the_first() {
        for provider in ["koji", "slack", "gitlab-token"] {
            for one in SECRETS {
                assert_eq!(again(provider, &SECRETS, one), again(provider, &[one], one), "{provider}");
            }
            assert_ne!(again(provider, &SECRETS, SECRETS[1]), again(provider, &SECRETS, SECRETS[0]));
            let forged = again(provider, &SECRETS, "another-fake-secret");
            assert_eq!(forged, again(provider, &[SECRETS[0]], SECRETS[0]), "{provider}");
        }
    }

    #[test]
    fn a_scheme_with_room_for_all_keeps_all() {
        let two = again("box", &SECRETS[..2], SECRETS[1]);
        assert_ne!(two, again("box", &[SECRETS[1]], SECRETS[1]));
        assert_eq!(again("box", &SECRETS, SECRETS[1]), again("box", &[SECRETS[1]], SECRETS[1]));
    }
}
