//! Targets that are the listener itself: each delivery would come back as a new
//! one, which is forwarded again, until the disk is full.
//!
//! Knows the loop of one step. One that leads through other hosts could only be
//! known by a mark in the request, and what is forwarded carries none: its bytes
//! are the sender's.

use crate::cli::error::CommandError;
use crate::hook::target::Target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

/// Refuses targets that lead to a listener at `address`, or to its public URL.
///
/// # Errors
/// Names the target and what mends it.
pub(super) fn refuse(
    targets: &[Target],
    address: SocketAddr,
    public_url: Option<&str>,
) -> Result<(), CommandError> {
    let public = public_url.and_then(|url| Target::parse(url, None).ok());
    match targets.iter().find(|target| public.as_ref() == Some(target) || leads_to(target, address)) {
        None => Ok(()),
        Some(target) => Err(CommandError::usage(format!(
            "`--forward {target}` is this listener itself: each delivery would come back to it"
        ))
        .hint("name the port of your application with `--forward`, or listen on another with `--port`")),
    }
}

/// Whether any address of the target is the listener's, however it is spelled. Names are
/// looked up only where the port is the same.
fn leads_to(target: &Target, listener: SocketAddr) -> bool {
    if target.port() != listener.port() {
        return false;
    }
    let host = target.host().trim_matches(['[', ']']);
    // What cannot be looked up leads nowhere.
    let found = (host, target.port()).to_socket_addrs();
    found.is_ok_and(|found| found.into_iter().any(|found| reaches(found.ip(), listener.ip())))
}

/// Whether a connection to `target` arrives at what listens on `listener`.
fn reaches(target: IpAddr, listener: IpAddr) -> bool {
    let target = match target.to_canonical() {
        // To connect to any address is to connect to this machine.
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    match listener.to_canonical() {
        // `::` takes both families.
        any if any.is_unspecified() => (any.is_ipv6() || target.is_ipv4()) && is_of_this_machine(target),
        address => address == target,
    }
}

/// Only an address of its own can be bound.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(target: &str, listener: &str) -> bool {
        refuse(&[Target::parse(target, None).unwrap()], listener.parse().unwrap(), None).is_err()
    }

    #[test]
    fn a_listener_that_forwards_to_itself_is_refused_however_it_is_spelled() {
        for target in [
            "4400",
            ":4400/hooks?a=1",
            "localhost:4400",
            "127.0.0.1:4400",
            "0.0.0.0:4400",
            "https://127.0.0.1:4400",
            "[::ffff:127.0.0.1]:4400",
        ] {
            assert!(refused(target, "127.0.0.1:4400"), "{target}");
            assert!(refused(target, "0.0.0.0:4400"), "{target}");
            assert!(!refused(target, "127.0.0.1:4401"), "{target}");
        }
        for target in ["[::1]:4400", "[::]:4400"] {
            assert!(refused(target, "[::1]:4400") && refused(target, "[::]:4400"), "{target}");
            assert!(!refused(target, "127.0.0.1:4400"), "{target}: another program may have it");
        }
        assert!(refused("127.0.0.9:4400", "0.0.0.0:4400") && !refused("127.0.0.9:4400", "127.0.0.1:4400"));
        assert!(!refused("192.0.2.1:4400", "0.0.0.0:4400"), "that is another machine");
        assert!(!refused("no-such-host.invalid:4400", "0.0.0.0:4400"));
    }

    #[test]
    fn the_public_url_is_the_listener_too() {
        let targets = [Target::parse("https://tunnel.example/hooks", None).unwrap()];
        let refused = |url| refuse(&targets, "127.0.0.1:4400".parse().unwrap(), Some(url)).is_err();
        assert!(refused("https://tunnel.example/hooks") && refused("https://TUNNEL.example:443/hooks"));
        assert!(!refused("https://tunnel.example/other"), "a proxy may lead elsewhere");
    }
}
