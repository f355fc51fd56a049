//! The same commands against the sandbox.
