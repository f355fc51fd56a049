//! Takes the port. Resolves no names and chooses no address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::{TcpListener, TcpSocket};

/// Connections the kernel keeps for us while we are busy; tokio's own default is 128.
const BACKLOG: u32 = 4096;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{address} is in use by another program")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Such as a port below 1024.
    #[error("no permission to listen on {address}")]
    NotPermitted {
        /// The address asked for.
        address: SocketAddr,
    },
    /// No interface of this machine has this address.
    #[error("{address} is not an address of this machine")]
    NotHere {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    fn from_io(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { address },
            io::ErrorKind::AddrNotAvailable => Self::NotHere { address },
            _ => Self::Other { address, source },
        }
    }
}

/// Listens on `host` and `port` (0 takes a free one), and raises the limit of
/// open files to what this process is allowed. Needs a tokio runtime around it.
///
/// # Errors
/// When the address cannot be had; never tries another one.
pub fn bind(host: IpAddr, port: u16) -> Result<TcpListener, BindError> {
    raise_open_files();
    let address = SocketAddr::new(host, port);
    listen(address).map_err(|error| BindError::from_io(address, error))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Elsewhere this would let two programs share the port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// macOS starts programs with 256 open files.
fn raise_open_files() {
    #[cfg(unix)]
    {
        // A lower limit than hoped for is lived with: the connection cap follows it.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
    }
}

/// How many files this process may have open.
pub(super) fn open_files() -> usize {
    #[cfg(unix)]
    let limit = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(256, |(soft, _)| soft);
    #[cfg(not(unix))]
    let limit = 8192_u64;
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let first = bind(host, 0).unwrap();
        let taken = first.local_addr().unwrap();
        let error = bind(host, taken.port()).unwrap_err();
        assert!(matches!(error, BindError::InUse { address } if address == taken), "{error:?}");
        drop(first);
        assert!(bind(host, taken.port()).is_ok());
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        let error = bind("192.0.2.1".parse().unwrap(), 0).unwrap_err();
        assert!(matches!(error, BindError::NotHere { .. }), "{error:?}");
    }
}
