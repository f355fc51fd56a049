//! What a person reads: what failed first, then what to do.
