//! A registration that lasts as long as a listener, and putting back what was
//! there before: at the end, or at the next start after a crash.

use super::endpoint::Endpoint;
use super::plan::{Known, Outcome, Point, Refusal, Wish, plan};
use super::ports::{Remote, Store};
use super::run::{Done, Failed, Lasting, Means, look, run};

/// What became of a listener's registration.
#[derive(Debug)]
pub enum Ended {
    /// There was nothing to put back.
    Nothing,
    /// What was there before is back.
    Back(Box<Done>),
    /// Somebody changed it meanwhile; it was left as it is.
    Changed(Endpoint),
}

/// Registers for as long as a listener runs. What an earlier one left behind is
/// put back first, so that it is not taken for the user's own.
///
/// # Errors
/// When the vendor or the disk fails; then [`put_back`] finds what to do.
pub async fn begin<R: Remote>(
    remote: &R,
    store: &impl Store,
    endpoint: Endpoint,
) -> Result<(Ended, Done), Failed<R::Error>> {
    let earlier = put_back(remote, store).await?;
    let (saved, held, found) = look(remote, store).await?;
    let known = Known { saved: &saved, held: held.as_deref(), found: found.as_ref() };
    let wish = Wish::Point(Point { endpoint, replace: true, rotate: false, given: false });
    let planned = plan(&wish, known)?;
    let means = Means {
        remote,
        store,
        saved: &saved,
        found: found.as_ref(),
        given: None,
        lasting: Lasting::WhileListening,
    };
    Ok((earlier, run(&planned, means).await?))
}

/// Puts back what was registered before a listener, if one has left it behind.
///
/// # Errors
/// When the vendor or the disk fails; it can be tried again.
pub async fn put_back<R: Remote>(remote: &R, store: &impl Store) -> Result<Ended, Failed<R::Error>> {
    let saved = store.load().map_err(Failed::Disk)?;
    if saved.temporary.is_none() {
        return Ok(Ended::Nothing);
    }
    let (saved, held, found) = look(remote, store).await?;
    let known = Known { saved: &saved, held: held.as_deref(), found: found.as_ref() };
    let planned = match plan(&Wish::Restore { replace: false }, known) {
        Ok(planned) => planned,
        Err(Refusal::Other(other)) => {
            let mut left = saved.clone();
            (left.temporary, left.intent, left.secret_known) = (None, None, false);
            store.save(&left).map_err(Failed::Disk)?;
            return Ok(Ended::Changed(other));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let means = Means {
        remote,
        store,
        saved: &saved,
        found: found.as_ref(),
        given: None,
        lasting: Lasting::UntilChanged,
    };
    let done = run(&planned, means).await?;
    debug_assert_eq!(done.outcome, Outcome::Restored);
    Ok(Ended::Back(Box::new(done)))
}
