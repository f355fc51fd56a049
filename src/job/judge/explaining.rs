//! Why a delivery did not verify: the same judge, asked for what people get wrong.

use super::Judge;
use crate::hook::delivery::{Delivery, Message};
use crate::hook::detect::Detector;
use crate::hook::explain::{Case, Context, Explanation, NamedSecret, explain, relatives};
use crate::hook::provider::Provider;
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use crate::journal::{Filter, Listed, Reader};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Providers that share a header, of which each is explained: more are not.
const MOST_CANDIDATES: usize = 3;

/// Other deliveries of a journal, whose parts may have been mixed up with those of `seq`, the nearest first. Those
/// with a longer body are passed over unread; what cannot be read is no reason to fail.
pub fn neighbours(
    reader: &Reader,
    among: RangeInclusive<u64>,
    seq: u64,
    longest: u64,
) -> Vec<(u64, Delivery)> {
    let filter = Filter { seqs: Some(among), ..Filter::default() };
    let listed = reader.list(&filter).map(|page| page.items).unwrap_or_default();
    let fits = |listed: &&Listed| listed.seq != seq && listed.body_bytes <= longest;
    let mut near: Vec<u64> = listed.iter().filter(fits).map(|listed| listed.seq).collect();
    near.sort_by_key(|other| other.abs_diff(seq));
    near.into_iter().filter_map(|seq| Some((seq, reader.get(seq).ok()??.delivery))).collect()
}

impl Judge {
    /// Looks for the mistake behind a verdict that is not good. Costs many
    /// times what judging costs; never on the way of an answer.
    pub fn explain(
        &self,
        message: &Message<'_>,
        now: Timestamp,
        verdict: &Verdict,
        context: Context<'_>,
    ) -> Explanation {
        match &verdict.provider {
            Some(id) => {
                let provider = self.catalogue.get(id);
                provider
                    .map(|provider| self.explain_as(&provider, message, now, verdict, context))
                    .unwrap_or_default()
            }
            None if verdict.code == Code::UnknownProvider => self.explain_among(message, now, context),
            None => Explanation::default(),
        }
    }

    /// Nobody could say whose it is: perhaps one of them made a mistake.
    fn explain_among(&self, message: &Message<'_>, now: Timestamp, context: Context<'_>) -> Explanation {
        let detector = self.detector.get_or_init(|| Detector::new(Arc::clone(&self.catalogue)));
        let detection = detector.detect(message);
        let explained = detection.ids.iter().take(MOST_CANDIDATES).filter_map(|id| {
            let (verdict, judged) = self.judge_as(id, message, now);
            let mut explanation = self.explain_as(&judged?.provider, message, now, &verdict, context);
            let found = explanation.found.as_mut()?;
            found.sentence = format!("taken for `{id}`, {}", found.sentence);
            found.mend = format!("{}; `--provider {id}` says whose it is", found.mend).into();
            Some(explanation)
        });
        explained.into_iter().next().unwrap_or_default()
    }

    fn explain_as(
        &self,
        provider: &Arc<Provider>,
        message: &Message<'_>,
        now: Timestamp,
        verdict: &Verdict,
        context: Context<'_>,
    ) -> Explanation {
        let secrets = self.source.secrets_of(provider.id()).unwrap_or_default();
        let others: Vec<NamedSecret> = self.source.others();
        explain(&Case {
            provider,
            relatives: &relatives(&self.catalogue, provider),
            secrets: &secrets,
            others: &others,
            message: *message,
            now,
            tolerance: self.tolerance,
            verdict,
            context,
        })
    }
}
