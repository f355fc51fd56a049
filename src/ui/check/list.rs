//! What every case asks and why.
