//! Findings that are known and accepted.
