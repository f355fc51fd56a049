//! What a command says when it cannot do what was asked: printed once, by `cli::main`.

use super::exit::Exit;
use std::error::Error;

/// A failed command: what happened, why, and the command that mends it.
#[derive(Debug)]
pub struct CommandError {
    /// How the program ends.
    pub exit: Exit,
    /// What could not be done, as a fragment: `could not read the payload`.
    pub message: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// The next command to type.
    pub hint: Option<String>,
}

impl CommandError {
    /// An error that ends with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Configuration or credentials are missing or wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Exit::Config, message)
    }

    /// A local resource failed.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(Exit::Local, message)
    }

    /// Adds an error and everything beneath it as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            let said = self.causes.last();
            if said.is_none() && text.starts_with(&self.message) {
                // The same with its particulars.
                self.message = text;
            } else if !said.is_some_and(|said| said.contains(&text) || text.ends_with(said)) {
                // An error that already quotes its source, or that its source quotes, is not said twice.
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds the command that mends it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_of_causes_is_kept_and_not_repeated() {
        let inner = std::io::Error::other("disk on fire");
        let error = CommandError::local("could not open the journal").because(&inner).hint("hookctl doctor");
        assert_eq!(error.causes, ["disk on fire"]);
        assert_eq!(error.hint.as_deref(), Some("hookctl doctor"));
    }

    /// A bug once: of a damaged journal it was said three times that it could not be read.
    #[test]
    fn what_an_error_and_its_source_say_alike_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Said(&'static str, #[source] Option<Box<Said>>);
        let code = Said("Error code 11: it is malformed", None);
        let inner = Said("it is malformed", Some(Box::new(code)));
        let outer = Said("could not open the journal `a.db`", Some(Box::new(inner)));
        let error = CommandError::local("could not open the journal").because(&outer);
        assert_eq!(error.message, "could not open the journal `a.db`");
        assert_eq!(error.causes, ["it is malformed"]);
    }
}
