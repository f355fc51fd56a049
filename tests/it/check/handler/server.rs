//! The server of a handler: a port, its connections, and an end that takes all of them.

use super::answer::{Application, Known, Reply};
use super::fault::{Does, Fault, Faults};
use super::wire::{Next, Wire};
use super::{COUNTER, PATH};
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running handler; it ends with this value.
pub(crate) struct Handler {
    pub(crate) address: SocketAddr,
    process: Arc<Process>,
    /// Bound and never listening: keeps the port while nobody listens on it.
    _held: Socket,
}

/// What dies and may come back.
struct Process {
    address: SocketAddr,
    application: Application,
    open: Mutex<Option<Open>>,
}

/// A port that is listened on.
struct Open {
    closing: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    accepting: JoinHandle<()>,
}

fn bound(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).unwrap();
    socket
}

impl Handler {
    pub(crate) fn start(known: Known, faults: Faults) -> Self {
        let held = bound((Ipv4Addr::LOCALHOST, 0).into());
        let address = held.local_addr().unwrap().as_socket().unwrap();
        let application = Application::new(known, faults);
        let process = Arc::new(Process { address, application, open: Mutex::new(None) });
        process.live();
        Self { address, process, _held: held }
    }

    /// What `check` takes.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// What `--probe` takes.
    pub(crate) fn counter(&self) -> String {
        format!("http://{}{COUNTER}", self.address)
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.process.die();
    }
}

impl Process {
    fn live(self: &Arc<Self>) {
        let socket = bound(self.address);
        socket.listen(128).unwrap();
        let listener = TcpListener::from(socket);
        let closing = Arc::new(AtomicBool::new(false));
        let connections = Arc::<Mutex<Vec<TcpStream>>>::default();
        let (process, ends, all) = (Arc::clone(self), Arc::clone(&closing), Arc::clone(&connections));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                stream.set_nodelay(true).unwrap();
                all.lock().unwrap().push(stream.try_clone().unwrap());
                let process = Arc::clone(&process);
                std::thread::spawn(move || process.attend(stream));
            }
        });
        *self.open.lock().unwrap() = Some(Open { closing, connections, accepting });
    }

    /// Nobody gets in any more, and whoever is inside is out. False when it was dead already.
    fn die(&self) -> bool {
        let Some(open) = self.open.lock().unwrap().take() else { return false };
        open.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        open.accepting.join().unwrap();
        for connection in open.connections.lock().unwrap().drain(..) {
            drop(connection.shutdown(Shutdown::Both));
        }
        true
    }

    fn die_for(self: &Arc<Self>, time: Duration) {
        if !self.die() {
            return;
        }
        let process = Arc::clone(self);
        std::thread::spawn(move || {
            std::thread::sleep(time);
            process.live();
        });
    }

    fn attend(self: &Arc<Self>, stream: TcpStream) {
        let patience = self.application.faults().find_map(|fault| match fault {
            Fault::Impatient(patience) => Some(*patience),
            _ => None,
        });
        let mut wire = Wire::new(stream, patience);
        let mut earlier = 0;
        while self.exchange(&mut wire, earlier) {
            earlier += 1;
        }
        // The end of the process keeps a hold on it as well.
        wire.close();
    }

    /// Whether the connection goes on after one request.
    fn exchange(self: &Arc<Self>, wire: &mut Wire, earlier: usize) -> bool {
        match wire.next(earlier) {
            Next::Request(request) => {
                let reply = self.application.answer(&request);
                self.perform(reply, wire) && !request.wants_close()
            }
            Next::Wrong(status) => {
                self.perform(self.wrong(status), wire);
                false
            }
            Next::Gone { midway } => {
                if midway && let Some(does) = self.hung_up() {
                    self.perform(self.application.beyond(does), wire);
                }
                false
            }
        }
    }

    fn hung_up(&self) -> Option<Does> {
        self.application.faults().find_map(|fault| match fault {
            Fault::HungUp(does) => Some(*does),
            _ => None,
        })
    }

    fn wrong(&self, status: u16) -> Reply {
        let does = self.application.faults().find_map(|fault| match fault {
            Fault::Unframed(does) => Some(*does),
            _ => None,
        });
        does.map_or_else(|| Reply::status(status), |does| self.application.beyond(does))
    }

    /// Whether the connection goes on.
    fn perform(self: &Arc<Self>, reply: Reply, wire: &mut Wire) -> bool {
        match reply {
            Reply::Answer(answer) => wire.write(&answer.bytes()),
            Reply::Garbled => {
                wire.write(b"Segmentation fault (core dumped)\n");
                false
            }
            Reply::Closed => false,
            Reply::Dead(None) => {
                self.die();
                false
            }
            Reply::Dead(Some(time)) => {
                self.die_for(time);
                false
            }
        }
    }
}
