//! Every step of every change made to fail, or the program ended there, and
//! then: is anything lost that is not said, and is there a way back?

use super::endpoint::Endpoint;
use super::fixture::{Fault, World, endpoint};
use super::plan::{Known, Outcome, Point, Refusal, Wish, plan};
use super::run::{Done, Failed, Lasting, Means, look, run};
use super::session::{Ended, begin, put_back};
use super::state::SecretState;
use super::{Put, Remote, Saved, Store, StoreError};
use crate::hook::secret::Secret;

const OLD: &str = "https://production.example/hooks";
const NEW: &str = "https://tunnel.example/hooks";
const FAULTS: [Fault; 4] = [Fault::Refused, Fault::KilledBefore, Fault::KilledAfter, Fault::Unheard];

fn to(url: &str, replace: bool, rotate: bool) -> Wish {
    Wish::Point(Point { endpoint: endpoint(url), replace, rotate, given: false })
}

async fn doing<R: Remote, S: Store>(wish: &Wish, remote: &R, store: &S) -> Result<Done, Failed<R::Error>> {
    let (saved, held, found) = look(remote, store).await?;
    let known = Known { saved: &saved, held: held.as_deref(), found: found.as_ref() };
    let planned = plan(wish, known)?;
    let (found, lasting) = (found.as_ref(), Lasting::UntilChanged);
    run(&planned, Means { remote, store, saved: &saved, found, given: None, lasting }).await
}

/// A disk that forgets what is about to happen: the control.
struct Forgetful(World);

impl Store for Forgetful {
    fn load(&self) -> Result<Saved, StoreError> {
        self.0.load()
    }
    fn save(&self, saved: &Saved) -> Result<(), StoreError> {
        if saved.intent.is_some() { Ok(()) } else { self.0.save(saved) }
    }
    fn reserve(&self) -> Result<(), StoreError> {
        Ok(())
    }
    fn release(&self) {}
    fn keep(&self, secret: &Secret) -> Result<(), StoreError> {
        self.0.keep(secret)
    }
    fn fingerprint(&self) -> Result<Option<String>, StoreError> {
        self.0.fingerprint()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Register,
    Replace,
    Rotate,
    Move,
    Restore,
    Remove,
    Listen,
    StopListening,
}

const ACTS: [Act; 8] = [
    Act::Register,
    Act::Replace,
    Act::Rotate,
    Act::Move,
    Act::Restore,
    Act::Remove,
    Act::Listen,
    Act::StopListening,
];

impl Act {
    /// The world before it.
    async fn world(self) -> World {
        let world = if self == Self::Register { World::default() } else { World::with(OLD) };
        match self {
            Self::Restore => drop(doing(&to(NEW, true, false), &world, &world).await.unwrap()),
            Self::StopListening => drop(begin(&world, &world, endpoint(NEW)).await.unwrap()),
            _ => {}
        }
        world
    }

    /// Whether it came to its end, and the secret it gave to be shown where the disk failed.
    async fn act<S: Store>(self, world: &World, store: &S) -> (bool, bool) {
        let done = match self {
            Self::Register => doing(&to(NEW, false, false), world, store).await,
            Self::Replace => doing(&to(NEW, true, false), world, store).await,
            Self::Rotate => doing(&Wish::Rotate, world, store).await,
            Self::Move => doing(&to(NEW, true, true), world, store).await,
            Self::Restore => doing(&Wish::Restore { replace: false }, world, store).await,
            Self::Remove => doing(&Wish::Remove, world, store).await,
            Self::Listen => begin(world, store, endpoint(NEW)).await.map(|(_, done)| done),
            Self::StopListening => match put_back(world, store).await {
                Ok(Ended::Back(done)) => Ok(*done),
                Ok(other) => panic!("{other:?}"),
                Err(error) => Err(error),
            },
        };
        let shown = done.as_ref().is_ok_and(|done| done.unkept.is_some() && done.fresh.is_some());
        (done.is_ok(), shown)
    }
}

fn state(world: &World) -> (Saved, Option<Endpoint>, SecretState) {
    let inner = world.lock();
    let secret = inner.saved.secret(inner.registered.as_ref(), inner.kept.as_deref());
    (inner.saved.clone(), inner.registered.clone(), secret)
}

/// What is wrong after a step of this act failed in this way, and whether there was such a step.
async fn wrong(act: Act, step: usize, fault: Fault, forgetful: bool) -> (Vec<String>, bool) {
    let world = act.world().await;
    let before = world.lock().registered.clone();
    world.fail(step, fault);
    let (_, shown) = match forgetful {
        true => act.act(&world, &Forgetful(world.clone())).await,
        false => act.act(&world, &world).await,
    };
    let reached = world.lock().log.len() > step;
    let what = world.lock().log.get(step).copied().unwrap_or("nothing");
    world.heal();
    let mut wrong = Vec::new();
    let mut note = |text: &str| wrong.push(format!("{act:?}, {fault:?} at {step} ({what}): {text}"));
    let (_, found, secret) = state(&world);
    let made = world.lock().secret.clone();
    let kept = world.lock().kept.clone();
    let of_ours = made.as_deref().is_some_and(|made| made.starts_with("whsec_fake"));
    if of_ours && made != kept && secret != SecretState::Lost && !shown {
        note("the secret is lost, and nobody says so");
    }
    if made.is_some() && secret == SecretState::Known && made != kept {
        note("another secret is taken for the right one");
    }
    // A way back, from wherever it stopped. What is back already needs none.
    let same = |one: &Option<Endpoint>, other: &Option<Endpoint>| match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (None, None) => true,
        _ => false,
    };
    let back = match act {
        Act::Restore | Act::StopListening => Some(endpoint(OLD)),
        _ => before,
    };
    if !same(&found, &back) {
        match doing(&Wish::Restore { replace: false }, &world, &world).await {
            Ok(_) if same(&world.lock().registered, &back) => {}
            Ok(_) => note("what is put back is something else"),
            Err(error) => note(&format!("there is no way back: {error}")),
        }
    }
    (wrong, reached)
}

#[tokio::test]
async fn whatever_step_fails_nothing_is_lost_in_silence_and_there_is_a_way_back() {
    let mut found = Vec::new();
    for act in ACTS {
        for fault in FAULTS {
            for step in 0.. {
                let (wrong, reached) = wrong(act, step, fault, false).await;
                found.extend(wrong);
                if !reached {
                    assert!(step > 4, "{act:?} has steps to fail");
                    break;
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn a_disk_that_forgets_the_intent_is_found_out() {
    let mut found = Vec::new();
    for act in [Act::Register, Act::Rotate, Act::Replace, Act::Listen] {
        for fault in FAULTS {
            for step in 0..12 {
                found.extend(wrong(act, step, fault, true).await.0);
            }
        }
    }
    let said = |text: &str| found.iter().any(|line| line.contains(text));
    assert!(said("lost, and nobody says so") && said("no way back"), "{}", found.join("\n"));
}

#[tokio::test]
async fn a_lost_secret_is_refused_until_it_is_rotated() {
    let world = World::default();
    // load, fingerprint, look, reserve, fingerprint, save, put
    world.fail(6, Fault::KilledAfter);
    assert!(doing(&to(NEW, false, false), &world, &world).await.is_err());
    assert_eq!(world.lock().log[6], "put");
    world.heal();
    let refused = doing(&to(NEW, false, false), &world, &world).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refusal::Lost(_))), "{refused:?}");
    let done = doing(&to(NEW, false, true), &world, &world).await.unwrap();
    assert_eq!((done.outcome, done.secret), (Outcome::Rotated, SecretState::Known));
    let (kept, made) = {
        let inner = world.lock();
        (inner.kept.clone(), inner.secret.clone())
    };
    assert_eq!(kept, made);
    assert_eq!(state(&world).0.intent, None);
}

#[tokio::test]
async fn an_interrupted_rotation_goes_on_and_the_former_url_is_not_forgotten() {
    let world = World::with(OLD);
    // ..., save, delete, put
    world.fail(7, Fault::KilledBefore);
    assert!(doing(&to(NEW, true, true), &world, &world).await.is_err());
    assert_eq!(world.lock().log[7], "put");
    assert!(world.lock().registered.is_none());
    world.heal();
    let done = doing(&to(NEW, false, false), &world, &world).await.unwrap();
    assert_eq!((done.outcome, done.secret), (Outcome::Created, SecretState::Known));
    let done = doing(&Wish::Restore { replace: false }, &world, &world).await.unwrap();
    assert_eq!(done.endpoint.unwrap().url, OLD);
}

#[tokio::test]
async fn a_full_disk_is_met_before_the_vendor_is_asked_and_after_it_the_secret_is_handed_out() {
    let world = World::default();
    world.fail(3, Fault::Refused);
    let failed = doing(&to(NEW, false, false), &world, &world).await.unwrap_err();
    assert!(matches!(failed, Failed::Disk(_)));
    assert_eq!(world.lock().log[3], "reserve");
    assert!(world.lock().registered.is_none());
    let world = World::default();
    world.fail(7, Fault::Refused);
    let done = doing(&to(NEW, false, false), &world, &world).await.unwrap();
    assert_eq!(world.lock().log[7], "keep");
    assert!(done.unkept.is_some() && done.secret == SecretState::Lost);
    assert_eq!(done.fresh.unwrap().expose(), b"whsec_fake1");
    assert_eq!(state(&world).2, SecretState::Lost, "the disk says so, too");
}

#[tokio::test]
async fn a_secret_that_did_not_come_with_a_new_registration_is_lost() {
    /// Somebody registers between the look and the change.
    struct Raced(World);
    impl Remote for Raced {
        type Error = <World as Remote>::Error;
        async fn look(&self) -> Result<Option<Endpoint>, Self::Error> {
            let found = self.0.look().await;
            self.0.lock().registered = Some(endpoint(OLD));
            found
        }
        async fn put(&self, endpoint: &Endpoint) -> Result<Put, Self::Error> {
            self.0.put(endpoint).await
        }
        async fn delete(&self) -> Result<(), Self::Error> {
            self.0.delete().await
        }
        fn untouched(error: &Self::Error) -> bool {
            World::untouched(error)
        }
    }
    let world = World::default();
    let done = doing(&to(NEW, false, false), &Raced(world.clone()), &world).await.unwrap();
    assert_eq!((done.secret, done.fresh.is_none()), (SecretState::Lost, true));
    assert_eq!(state(&world).2, SecretState::Lost);
}

#[tokio::test]
async fn a_listener_puts_back_what_was_there_also_after_a_crash_and_leaves_alone_what_somebody_changed() {
    let world = World::with(OLD);
    let (_, done) = begin(&world, &world, endpoint(NEW)).await.unwrap();
    assert_eq!((done.outcome, done.secret), (Outcome::Updated, SecretState::Unknown));
    assert_eq!(world.lock().registered, Some(endpoint(NEW)));
    // The next start finds what a crash has left.
    let other = "https://other-tunnel.example/";
    let (earlier, _) = begin(&world, &world, endpoint(other)).await.unwrap();
    assert!(matches!(earlier, Ended::Back(done) if done.endpoint.as_ref().unwrap().url == OLD));
    assert!(matches!(put_back(&world, &world).await.unwrap(), Ended::Back(_)));
    assert_eq!(world.lock().registered, Some(endpoint(OLD)));
    assert!(matches!(put_back(&world, &world).await.unwrap(), Ended::Nothing));
    // Somebody moves it while the listener runs.
    drop(begin(&world, &world, endpoint(NEW)).await.unwrap());
    world.lock().registered = Some(endpoint("https://moved.example/"));
    assert!(matches!(put_back(&world, &world).await.unwrap(), Ended::Changed(_)));
    assert_eq!(world.lock().registered, Some(endpoint("https://moved.example/")));
    // Where there was none, there is none again.
    let world = World::default();
    let (_, done) = begin(&world, &world, endpoint(NEW)).await.unwrap();
    assert_eq!(done.secret, SecretState::Known);
    drop(put_back(&world, &world).await.unwrap());
    assert_eq!(world.lock().registered, None);
    assert_eq!(state(&world).0, Saved::default());
}

#[tokio::test]
async fn what_the_user_registered_survives_a_listener() {
    let world = World::default();
    drop(doing(&to(OLD, false, false), &world, &world).await.unwrap());
    let before = state(&world).0;
    drop(begin(&world, &world, endpoint(NEW)).await.unwrap());
    drop(put_back(&world, &world).await.unwrap());
    assert_eq!(state(&world).0, before);
    assert_eq!(state(&world).2, SecretState::Known);
}
