//! Koji documents its API twice, with different paths and bodies.

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `/message` answered as events, `/api/interview/complete`.
    Current,
    /// `/messages` answered as JSON, `/api/v1/interviews/ID/complete`.
    Old,
}

impl Generation {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Current => Self::Old,
            Self::Old => Self::Current,
        }
    }

    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Old => "old",
        }
    }
}
