//! The names of the attacker's, for a browser that cannot be told what they stand
//! for: a SOCKS server (RFC 1928) that it asks for every connection. As for
//! Chromium, every name leads to `[::1]` and, where nobody is there, to 127.0.0.1.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

/// Starts it and gives its port.
pub(super) fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || drop(pass(stream)));
        }
    });
    port
}

/// One connection, with what is on its other end.
fn pass(mut browser: TcpStream) -> std::io::Result<()> {
    let [_, methods] = bytes(&mut browser)?;
    browser.read_exact(&mut vec![0; methods.into()])?;
    browser.write_all(&[5, 0])?;
    let [_, _, _, kind] = bytes(&mut browser)?;
    let addresses: Vec<IpAddr> = match kind {
        1 => vec![IpAddr::from(bytes::<4>(&mut browser)?)],
        4 => vec![IpAddr::from(bytes::<16>(&mut browser)?)],
        _ => {
            let [length] = bytes(&mut browser)?;
            browser.read_exact(&mut vec![0; length.into()])?;
            vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
        }
    };
    let port = u16::from_be_bytes(bytes(&mut browser)?);
    let addresses: Vec<SocketAddr> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    let server = TcpStream::connect(addresses.as_slice());
    browser.write_all(&[5, u8::from(server.is_err()), 0, 1, 0, 0, 0, 0, 0, 0])?;
    let server = server?;
    let (back, forth) = (server.try_clone()?, browser.try_clone()?);
    std::thread::spawn(move || drop(copy(back, forth)));
    copy(browser, server)
}

/// Everything that comes, until the end of it.
fn copy(mut from: TcpStream, mut to: TcpStream) -> std::io::Result<()> {
    let copied = std::io::copy(&mut from, &mut to);
    drop(to.shutdown(std::net::Shutdown::Write));
    copied.map(drop)
}

fn bytes<const N: usize>(stream: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
