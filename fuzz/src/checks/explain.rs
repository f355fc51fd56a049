//! Whatever a stranger sends: why it does not hold is looked for in bounded
//! work, and no forgery is explained away.

use super::case::{CATALOGUE, Case, now, secret};
use hookctl::hook::explain::{Case as Failure, Context, NamedSecret, Neighbour, explain, relatives};
use hookctl::hook::provider::Provider;
use hookctl::hook::secret::Secret;
use std::sync::Arc;

/// Explains the failure of a message that nobody signed.
pub fn check(data: &[u8]) {
    let case = Case::read(data);
    let Some((provider, keys)) = case.provider() else { return };
    let (headers, url) = (case.headers(), case.url());
    let message = case.message(&headers, &url);
    let verdict = provider.verify(keys, &message, now(), None);
    let Some(secret) = secret(provider) else { return };
    let others = [NamedSecret {
        name: "profile other".to_owned(),
        secret: Secret::new("fake-other-secret").expect("it is not empty"),
    }];
    let relatives: Vec<Arc<Provider>> = relatives(&CATALOGUE, provider);
    let explanation = explain(&Failure {
        provider,
        relatives: &relatives,
        secrets: &[secret],
        others: &others,
        message,
        now: now(),
        tolerance: None,
        verdict: &verdict,
        context: Context {
            bases: &["https://tunnel.example.test".to_owned()],
            deliveries: &[Neighbour { seq: 1, message }],
        },
    });
    for tried in &explanation.tried {
        assert!(!tried.what.is_empty());
    }
    if let Some(found) = &explanation.found {
        assert!(!found.sentence.is_empty() && !found.mend.is_empty());
    }
}
