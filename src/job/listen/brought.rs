//! What a handshake brings along: a signing secret, or a request that cannot be
//! answered without one.
//!
//! A handshake is not signed. What it brings is never taken in place of what is known.

use super::intake::Intake;
use crate::hook::handshake::{Refusal, Reply};
use crate::hook::provider::Provider;
use crate::hook::secret::Secret;
use crate::job::judge::Judged;
use crate::job::report::{Event, Level, Note};

impl Intake {
    /// Says and takes over what a handshake brings.
    pub(super) fn heed(&self, judged: &Judged, reply: &Reply) {
        if reply.refused == Some(Refusal::NoSecret) && judged.keys.is_ok() {
            let id = judged.provider.id();
            self.pump.say(Event::Note(Note {
                level: Level::Warning,
                text: format!("a handshake of {id} was not answered: the secret was given for any provider"),
                hint: Some(format!("name it with `--provider {id}`")),
            }));
        }
        if let Some(secret) = &reply.secret {
            self.take_secret(judged, secret);
        }
    }

    /// A handshake is not signed: it may bring a secret where none is known, and
    /// only for the provider that was named; it never replaces one.
    fn take_secret(&self, judged: &Judged, secret: &Secret) {
        let id = judged.provider.id();
        let named = self.judge.named().is_some_and(|named| named.id() == id);
        let known = judged.keys.is_ok();
        if known {
            // The vendor repeats its handshake, or somebody tests it.
            if !self.judge.knows_secret(judged, secret) {
                self.pump.say(Event::Note(self.other_secret(id)));
            }
            return;
        }
        if !named {
            return self.pump.say(Event::Note(Note {
                level: Level::Warning,
                text: format!("{id} sent a signing secret in a handshake; it was not taken over"),
                hint: Some(format!("name it with `--provider {id}`, and let it send the handshake again")),
            }));
        }
        match self.judge.take_secret(&judged.provider, secret.clone()) {
            Ok(()) => self.pump.say(Event::Note(self.kept(&judged.provider, secret))),
            Err(reason) => {
                self.pump.warn(format!("the signing secret that {id} sent cannot be used: {reason}"));
            }
        }
    }

    /// Such a secret comes once: whoever starts again needs it, and so does the application.
    fn kept(&self, provider: &Provider, secret: &Secret) -> Note {
        let kept = match self.ledger.path() {
            Some(_) => self.judge.keep_secret(provider, secret),
            None => Err("`--no-journal` keeps nothing on disk".to_owned()),
        };
        let sent = format!("{} sent its signing secret; deliveries are verified with it", provider.id());
        match kept {
            Ok(file) => Note {
                level: Level::Info,
                text: format!("{sent} from now on, by later runs too: it is kept in `{}`", file.display()),
                hint: Some(format!("your application needs it too: `cat {}`", file.display())),
            },
            Err(reason) => Note {
                level: Level::Warning,
                text: format!("{sent} until this ends, and it is not kept: {reason}"),
                hint: Some(format!(
                    "`hookctl listen --provider {}` keeps it once the handshake is sent again",
                    provider.id()
                )),
            },
        }
    }

    /// A handshake brought another secret than the known one: the webhook was made anew, or
    /// a stranger tries. Which of them, a person must say.
    fn other_secret(&self, id: &str) -> Note {
        let given =
            self.options.secrets.iter().find(|known| known.provider.as_deref().is_none_or(|of| of == id));
        let (origin, mend) = match given {
            Some(known) => (
                format!("from {}", known.origin),
                format!(
                    "if the webhook is new, put its secret there, or start with `--provider {id}` and without the old one, \
                     and let {id} send the handshake again"
                ),
            ),
            None => (
                "of an earlier handshake".to_owned(),
                format!(
                    "if the webhook is new, delete the file `secrets/{id}` beside the settings (`hookctl config path` names them), start \
                     again, and let {id} send the handshake again"
                ),
            ),
        };
        Note {
            level: Level::Warning,
            text: format!(
                "{id} sent another signing secret in a handshake than the one {origin}; it was not taken over, and what it \
                 signs is refused as `mismatch`"
            ),
            hint: Some(mend),
        }
    }
}
