//! Says why a call of a vendor's API takes long.

use super::context::Context;
use crate::vendor::{Client, Wait};
use std::sync::Arc;

/// The client, which says before each wait why it waits.
pub(super) fn telling(client: Client, context: &Context) -> Client {
    let streams = Arc::clone(context.streams());
    client.on_wait(move |wait| streams.say(&words(wait)))
}

fn words(wait: &Wait) -> String {
    let seconds = wait.duration.as_secs_f64();
    let endpoint = &wait.endpoint;
    match (wait.tries, wait.status) {
        (0, _) => format!("the rate limit is used up: `{endpoint}` waits {seconds:.0} s"),
        (_, Some(status)) => format!("`{endpoint}` was answered {status}: trying again in {seconds:.1} s"),
        (_, None) => format!("`{endpoint}` was not answered: trying again in {seconds:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_reason_has_its_words() {
        let wait = |tries, status| {
            let duration = Duration::from_millis(1_250);
            words(&Wait { endpoint: "GET /studies".into(), duration, status, tries })
        };
        assert_eq!(wait(0, None), "the rate limit is used up: `GET /studies` waits 1 s");
        assert_eq!(wait(1, Some(503)), "`GET /studies` was answered 503: trying again in 1.2 s");
        assert_eq!(wait(2, None), "`GET /studies` was not answered: trying again in 1.2 s");
    }
}
