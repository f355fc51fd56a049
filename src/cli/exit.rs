//! Exit codes: a contract that the README and the man page list and a test holds.

/// How a run of hookctl ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The answer is "no": a bad signature, an expectation not met.
    No,
    /// The command line is wrong.
    Usage,
    /// Configuration or credentials are missing or wrong.
    Config,
    /// The vendor refused (4xx).
    Refused,
    /// The network or the vendor failed.
    Network,
    /// A local resource: port taken, journal locked, disk full.
    Local,
    /// A bug of hookctl.
    Bug,
    /// The time limit was reached.
    TimeUp,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// Every code with its number and meaning, as the documentation lists them.
    pub const ALL: [(Self, u8, &'static str); 10] = [
        (Self::Done, 0, "done"),
        (
            Self::No,
            1,
            "the answer is \"no\": a bad signature, an answer other than 2xx, an expectation not met",
        ),
        (Self::Usage, 2, "the command line is wrong"),
        (Self::Config, 3, "configuration or credentials are missing or wrong"),
        (Self::Refused, 4, "the vendor refused (4xx)"),
        (Self::Network, 5, "the network, the target or the vendor failed"),
        (Self::Local, 6, "a local resource: port taken, journal locked, disk full"),
        (Self::Bug, 70, "a bug of hookctl"),
        (Self::TimeUp, 124, "the time limit was reached"),
        (Self::Interrupted, 130, "interrupted"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        Self::ALL.iter().find(|(exit, ..)| *exit == self).map_or(70, |(_, code, _)| *code)
    }
}

/// The codes as lines of text: number and meaning.
pub fn table(indent: &str) -> String {
    let line = |(_, code, meaning): &(Exit, u8, &str)| format!("{indent}{code:>3}  {meaning}");
    Exit::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_contract() {
        let numbers: Vec<u8> = Exit::ALL.iter().map(|(exit, ..)| exit.code()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 70, 124, 130]);
    }
}
