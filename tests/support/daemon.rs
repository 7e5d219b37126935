//! Servers of others, on loopback, for the time of a test.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A running server. Dropped, it ends.
pub(crate) struct Daemon {
    child: Child,
    port: u16,
}

/// How many ports are tried, and how long each is waited for.
const ATTEMPTS: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(30);

impl Daemon {
    /// Starts a server that stays in the foreground, on a port that nobody else takes meanwhile.
    ///
    /// # Panics
    /// When it does not come up.
    pub(crate) fn start(command: impl Fn(u16) -> Command) -> Self {
        let started = (0..ATTEMPTS).find_map(|_| {
            let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
            let port = free.local_addr().expect("an address").port();
            drop(free);
            let mut command = command(port);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut daemon = Self { child: command.spawn().expect("it starts"), port };
            daemon.is_up().then_some(daemon)
        });
        started.expect("the server comes up")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn is_up(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
