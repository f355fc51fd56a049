//! The steps of the story, in their order.

/// One thing that has to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Both vendors have a stand-in.
    Sandbox,
    /// The application under test waits for webhooks.
    Application,
    /// The listener stands in front of it.
    Listen,
    /// The vendor knows the listener's URL, and the secret is kept.
    Register,
    /// The study takes another response, and the user was not asked before.
    Capacity,
    /// A person finishes an interview.
    Interview,
    /// Its webhook is verified, forwarded and answered by the application.
    Webhook,
    /// The transcript is fetched.
    Transcript,
    /// The user is not asked again.
    AskOnce,
    /// A delivery that is not the vendor's is refused.
    Forged,
    /// Koji's verification request is answered.
    Ping,
    /// The application fails, and the vendor delivers again.
    Retry,
    /// The structured answers are read.
    Answers,
}

/// All of them, in the order in which they are told.
pub const STEPS: [Step; 13] = [
    Step::Sandbox,
    Step::Application,
    Step::Listen,
    Step::Register,
    Step::Capacity,
    Step::Interview,
    Step::Webhook,
    Step::Transcript,
    Step::AskOnce,
    Step::Forged,
    Step::Ping,
    Step::Retry,
    Step::Answers,
];

impl Step {
    /// The name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Application => "application",
            Self::Listen => "listen",
            Self::Register => "register",
            Self::Capacity => "capacity",
            Self::Interview => "interview",
            Self::Webhook => "webhook",
            Self::Transcript => "transcript",
            Self::AskOnce => "ask_once",
            Self::Forged => "forged",
            Self::Ping => "ping",
            Self::Retry => "retry",
            Self::Answers => "answers",
        }
    }

    /// The step of this name.
    pub fn parse(name: &str) -> Option<Self> {
        STEPS.into_iter().find(|step| step.as_str() == name)
    }

    /// What is to happen, for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sandbox => "Start stand-ins of Koji and userjourneys",
            Self::Application => "Start an application that verifies by itself",
            Self::Listen => "Listen in front of it",
            Self::Register => "Register the webhook with userjourneys",
            Self::Capacity => "Ask whether the study takes another response",
            Self::Interview => "A user takes the interview",
            Self::Webhook => "The webhook arrives",
            Self::Transcript => "Fetch the transcript",
            Self::AskOnce => "Do not ask the user again",
            Self::Forged => "Refuse a forged webhook",
            Self::Ping => "Register the webhook with Koji",
            Self::Retry => "The application fails once, and Koji delivers again",
            Self::Answers => "Read the structured answers",
        }
    }

    /// Its place in the story, from 1.
    pub fn number(self) -> usize {
        STEPS.iter().position(|step| *step == self).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_told_once_and_found_by_its_name() {
        for (at, step) in STEPS.into_iter().enumerate() {
            assert_eq!(step.number(), at + 1);
            assert_eq!(Step::parse(step.as_str()), Some(step));
        }
        assert_eq!(Step::parse("nothing"), None);
    }
}
