//! How the sandbox's REST API misbehaves when asked to: 401, 429, 500, slow.
//! Decides only; the answers are made where the other answers are made.

use crate::hook::quantity::parse_duration;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 401, as with a key that was taken back.
    Unauthorized,
    /// 429.
    RateLimited,
    /// 500.
    ServerError,
    /// The right answer, late.
    Slow,
}

/// One kind of trouble, for so many calls or until it is called off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// What goes wrong.
    pub kind: Kind,
    /// With whose API; with both when it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// How often; until it is called off when it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Only calls whose path has this in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How late `slow` is, in milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The `Retry-After` of `rate_limited`, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// How late `slow` is unless it is said: longer than a person likes to wait, shorter than a client's deadline.
const USUAL_DELAY: Duration = Duration::from_secs(5);
/// The sandbox holds a call no longer than this.
const LONGEST_DELAY: Duration = Duration::from_secs(120);

impl Trouble {
    /// Reads `401`, `429`, `500` or `slow`, with `=5s` behind `slow` and `:3` at the end for three calls only.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, times) = match text.split_once(':') {
            Some((what, times)) => (what, Some(times.parse::<u32>().map_err(|_| refusal(text))?)),
            None => (text, None),
        };
        let (what, value) = what.split_once('=').map_or((what, None), |(what, value)| (what, Some(value)));
        let kind = match what {
            "401" => Kind::Unauthorized,
            "429" => Kind::RateLimited,
            "500" => Kind::ServerError,
            "slow" => Kind::Slow,
            _ => return Err(refusal(text)),
        };
        let mut trouble = Self { kind, provider: None, times, path: None, delay_ms: None, retry_after: None };
        match (kind, value) {
            (_, None) => {}
            (Kind::Slow, Some(value)) => {
                let delay = parse_duration(value).map_err(|error| error.to_string())?;
                trouble.delay_ms = u64::try_from(delay.as_millis()).ok();
            }
            (Kind::RateLimited, Some(value)) => {
                trouble.retry_after = Some(value.parse().map_err(|_| refusal(text))?);
            }
            _ => return Err(refusal(text)),
        }
        Ok(trouble)
    }

    /// How long the call is held.
    pub fn delay(&self) -> Duration {
        self.delay_ms.map_or(USUAL_DELAY, Duration::from_millis).min(LONGEST_DELAY)
    }

    fn meets(&self, provider: &str, path: &str) -> bool {
        self.times != Some(0)
            && self.provider.as_deref().is_none_or(|wanted| wanted == provider)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

fn refusal(text: &str) -> String {
    format!(
        "`{text}` is no trouble; write 401, 429, 500 or slow, such as `429:3` for three calls or `slow=5s`"
    )
}

/// The troubles that were asked for, oldest first.
#[derive(Debug, Default)]
pub struct Troubles(Mutex<Vec<Trouble>>);

/// More at once than this are refused.
const MOST: usize = 64;

impl Troubles {
    /// With these from the start.
    pub fn new(first: Vec<Trouble>) -> Self {
        Self(Mutex::new(first))
    }

    /// The trouble that this call meets, which is used up by it.
    pub fn take(&self, provider: &str, path: &str) -> Option<Trouble> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let met = all.iter_mut().find(|trouble| trouble.meets(provider, path))?;
        met.times = met.times.map(|left| left - 1);
        let met = met.clone();
        all.retain(|trouble| trouble.times != Some(0));
        Some(met)
    }

    /// Adds one; says whether there was room.
    pub fn add(&self, trouble: Trouble) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = all.len() < MOST;
        if room {
            all.push(trouble);
        }
        room
    }

    /// Calls all of them off.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Those that are left.
    pub fn list(&self) -> Vec<Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_meets_the_calls_it_names_and_is_used_up() {
        let troubles = Troubles::default();
        let mut rate = Trouble::parse("429=7:2").unwrap();
        assert_eq!((rate.kind, rate.retry_after, rate.times), (Kind::RateLimited, Some(7), Some(2)));
        rate.provider = Some("koji".to_owned());
        rate.path = Some("/start".to_owned());
        troubles.add(rate);
        assert!(troubles.take("userjourneys", "/koji/api/v1/interviews/start").is_none());
        assert!(troubles.take("koji", "/koji/api/v1/interviews/x").is_none());
        for left in [1, 0] {
            let met = troubles.take("koji", "/koji/api/v1/interviews/start").unwrap();
            assert_eq!(met.times, Some(left));
        }
        assert!(
            troubles.take("koji", "/koji/api/v1/interviews/start").is_none() && troubles.list().is_empty()
        );
        troubles.add(Trouble::parse("slow=250ms").unwrap());
        for _ in 0..3 {
            assert_eq!(troubles.take("koji", "/").unwrap().delay(), Duration::from_millis(250));
        }
    }

    #[test]
    fn what_is_no_trouble_is_refused() {
        for text in ["", "403", "401=3", "500:x", "slow=", "slow=5", "429=soon", "429:-1"] {
            assert!(Trouble::parse(text).is_err(), "{text}");
        }
    }
}
