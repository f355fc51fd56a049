//! Names what went wrong, by the type of the errors and never by their words.

use super::connector::{TlsFault, Unresolved};
use crate::hook::attempt::{Failure, FailureKind};
use std::error::Error;
use std::io;

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            // `io::Error::source` skips the error it holds.
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The words of the innermost cause: the operating system's, or the library's.
fn detail(error: &(dyn Error + 'static)) -> String {
    let words: Vec<String> = causes(error).map(ToString::to_string).collect();
    words.into_iter().rev().find(|words| !words.is_empty()).unwrap_or_default()
}

/// The failure of making a connection.
pub(super) fn connecting(error: &(dyn Error + 'static)) -> Failure {
    let system = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind);
    let kind = if find::<Unresolved>(error).is_some() {
        FailureKind::Unresolved
    } else if io == Some(io::ErrorKind::ConnectionRefused) {
        FailureKind::Refused
    } else if find::<rustls::Error>(error).is_some()
        || matches!(find::<TlsFault>(error), Some(TlsFault::SetUp(_) | TlsFault::Silent))
    {
        FailureKind::Tls
    } else if find::<TlsFault>(error).is_some() && system.is_none() && io != Some(io::ErrorKind::TimedOut) {
        // The connection stood and ended inside the handshake.
        FailureKind::Tls
    } else if find::<TlsFault>(error).is_some() && io == Some(io::ErrorKind::ConnectionReset) {
        FailureKind::Tls
    } else if matches!(io, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)) {
        // Somebody listened, and is gone: a process that is ending.
        FailureKind::Reset
    } else {
        FailureKind::Unreachable
    };
    Failure { kind, detail: detail(error) }
}

/// The failure of a request on a connection that stood, up to the last byte of the answer.
pub(super) fn exchanging(error: &(dyn Error + 'static)) -> Failure {
    let hyper = find::<hyper::Error>(error);
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind);
    let kind = if find::<rustls::Error>(error).is_some() {
        FailureKind::Tls
    } else if hyper.is_some_and(hyper::Error::is_parse_too_large) {
        FailureKind::TooLarge
    } else if hyper.is_some_and(hyper::Error::is_parse) {
        FailureKind::Garbage
    } else if hyper.is_some_and(hyper::Error::is_user) {
        FailureKind::Invalid
    } else if hyper.is_some_and(hyper::Error::is_timeout) || io == Some(io::ErrorKind::TimedOut) {
        FailureKind::Timeout
    } else if matches!(io, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) {
        FailureKind::Garbage
    } else {
        FailureKind::Reset
    };
    Failure { kind, detail: detail(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_breaks_while_it_is_made_is_no_unreachable_host() {
        let kind = |kind: io::ErrorKind| connecting(&io::Error::from(kind)).kind;
        assert_eq!(kind(io::ErrorKind::ConnectionReset), FailureKind::Reset);
        assert_eq!(kind(io::ErrorKind::ConnectionRefused), FailureKind::Refused);
        assert_eq!(kind(io::ErrorKind::TimedOut), FailureKind::Unreachable);
    }
}
