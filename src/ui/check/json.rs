//! One record a case, and a summary.
