//! The whole story in half a minute, offline: the vendors' stand-ins, an
//! application, the listener in front of it, a registration, interviews, their
//! webhooks, a forged one, a failure and its retry.
//!
//! Nothing is played: each step uses what the command of its name uses, over
//! real sockets, and the story ends at the first step that did not happen.

mod application;
mod ask_once;
mod koji;
mod stage;
mod step;

pub use application::StructuredAnswer;
pub use step::{STEPS, Step};

use crate::job::listen::Ledger;
use crate::job::report::Report;
use crate::job::sandbox::Running;
use application::Application;
use stage::Listener;
use std::future::Future;
use std::sync::Arc;

/// What the story needs.
pub struct SetUp {
    /// Where the listener keeps deliveries.
    pub ledger: Ledger,
    /// Who hears what the listener says.
    pub report: Arc<dyn Report>,
    /// What is made to fail, for the tests: a story that cannot fail proves nothing.
    pub broken: Option<Step>,
}

/// What happened in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// In a person's words.
    pub what: String,
    /// The commands that do the same.
    pub commands: Vec<String>,
}

/// The story ended here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", step.title())]
pub struct Failed {
    /// The step that did not happen.
    pub step: Step,
    /// What happened instead.
    pub why: String,
}

/// Hears how the story goes.
pub trait Teller: Send + Sync {
    /// A step begins.
    fn begins(&self, step: Step);
    /// It happened.
    fn done(&self, step: Step, done: &Done);
    /// Opens the participant's page for a person; false when the sandbox is to answer in their place.
    ///
    /// # Errors
    /// When it is to be opened and cannot be.
    fn opens(&self, link: &str) -> Result<bool, String> {
        let _ = link;
        Ok(false)
    }
}

/// Everything that is there once the first three steps are done.
struct Stage {
    sandbox: Running,
    application: Arc<Application>,
    listener: Listener,
    broken: Option<Step>,
}

impl Stage {
    fn breaks(&self, step: Step) -> bool {
        self.broken == Some(step)
    }

    /// Where a vendor is to post.
    fn endpoint(&self, provider: &str) -> String {
        format!("{}/webhooks/{provider}", self.listener.server.url())
    }
}

/// Tells the story to its end or to the first step that fails.
///
/// # Errors
/// Says which step did not happen, and what happened instead.
pub async fn run(set_up: SetUp, teller: &dyn Teller) -> Result<(), Failed> {
    let broken = set_up.broken;
    let breaks = |step| broken == Some(step);
    let sandbox = tell(teller, Step::Sandbox, stage::sandbox(breaks(Step::Sandbox))).await?;
    let application = Arc::new(Application::default());
    let started = std::future::ready(stage::application(&application, breaks(Step::Application)));
    let server = tell(teller, Step::Application, started).await?;
    let listener = tell(teller, Step::Listen, stage::listener(set_up, server.address)).await?;
    if breaks(Step::Webhook) {
        application.fail_on("userjourneys", u32::MAX);
    }
    if breaks(Step::AskOnce) {
        application.forget_users();
    }
    let mut stage = Stage { sandbox, application, listener, broken };
    ask_once::tell(&mut stage, teller).await?;
    koji::tell(&mut stage, teller).await?;
    let Stage { sandbox, listener, .. } = stage;
    let ended = listener.server.end().await.unwrap_or_else(|| Err("it broke off".to_owned()));
    ended.map_err(|why| Failed { step: Step::Listen, why })?;
    server.end().await;
    sandbox.stop().await.map_err(|error| Failed { step: Step::Sandbox, why: error.to_string() })
}

/// One step: begun, done or failed.
async fn tell<T>(
    teller: &dyn Teller,
    step: Step,
    work: impl Future<Output = Result<(T, Done), String>>,
) -> Result<T, Failed> {
    teller.begins(step);
    let (got, done) = work.await.map_err(|why| Failed { step, why })?;
    teller.done(step, &done);
    Ok(got)
}
