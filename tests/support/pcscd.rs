//! A smart card service of the test's own: pcscd on a private socket, with one virtual reader of two slots.
//!
//! The service takes its listening socket as file descriptor 3 (`LISTEN_FDS`, `LISTEN_PID`), so nothing of the machine's
//! own service is touched and many can run at once. `libpcsclite` reads `PCSCLITE_CSOCK_NAME` once per process: give it
//! to child processes with [`Pcscd::env`].

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PCSCD: &str = "/usr/sbin/pcscd";
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// How many pairs of ports are tried, and how long each is waited for.
const ATTEMPTS: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a test cannot have its service on this machine; printed, it explains the test that did nothing.
#[derive(Debug)]
pub(crate) struct Skip(pub(crate) String);

/// A running service. Dropped, it ends, and its folder goes.
#[derive(Debug)]
pub(crate) struct Pcscd {
    service: Child,
    folder: TempDir,
    port: u16,
}

impl Pcscd {
    /// Starts a service whose reader is up.
    ///
    /// # Errors
    /// What this machine lacks.
    ///
    /// # Panics
    /// When something is lacking and `CI` or `CPSKIT_REQUIRE_PCSCD` is set, and when the service is there and does not
    /// come up.
    pub(crate) fn start() -> Result<Self, Skip> {
        if let Some(lack) = lack() {
            let required = ["CI", "CPSKIT_REQUIRE_PCSCD"].iter().any(|name| is_set(name));
            assert!(!required, "{lack}");
            return Err(Skip(format!("skipped: {lack}")));
        }
        let started = (0..ATTEMPTS).find_map(|_| {
            let port = free_pair()?;
            let folder =
                tempfile::Builder::new().prefix("cpskit-").tempdir_in("/tmp").expect("a folder");
            let service = spawn(folder.path(), &reader(port)).expect("pcscd can be started");
            // From here on its drop ends what was started.
            let mut started = Self { service, folder, port };
            started.is_up().then_some(started)
        });
        Ok(started.unwrap_or_else(|| panic!("no virtual reader came up in {ATTEMPTS} attempts")))
    }

    /// As [`start`](Self::start); what is lacking is printed, and the test returns.
    #[allow(clippy::print_stderr)]
    pub(crate) fn or_skip() -> Option<Self> {
        Self::start().map_err(|Skip(why)| eprintln!("{why}")).ok()
    }

    /// A service without any reader, or a line that says what this machine lacks.
    #[allow(clippy::print_stderr)]
    pub(crate) fn without_reader_or_skip() -> Option<Self> {
        if let Some(lack) = lack() {
            eprintln!("skipped: {lack}");
            return None;
        }
        let folder =
            tempfile::Builder::new().prefix("cpskit-").tempdir_in("/tmp").expect("a folder");
        let service = spawn(folder.path(), "").expect("pcscd can be started");
        Some(Self { service, folder, port: 0 })
    }

    /// Its socket, for `PCSCLITE_CSOCK_NAME`.
    pub(crate) fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// Where a card plugs in to the first slot, `Virtual PCD 00 00`, on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where a card plugs in to the second slot, `Virtual PCD 00 01`.
    pub(crate) fn port2(&self) -> u16 {
        self.port + 1
    }

    /// Asks it to end, as the system does.
    pub(crate) fn interrupt(&self) {
        let pid = i32::try_from(self.service.id()).ok().and_then(rustix::process::Pid::from_raw);
        // It may be gone already.
        let _ =
            rustix::process::kill_process(pid.expect("a process"), rustix::process::Signal::TERM);
    }

    /// Makes a child process talk to this service.
    pub(crate) fn env<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("PCSCLITE_CSOCK_NAME", self.socket())
    }

    /// Whether both slots listen, in this very process: a port that another process took meanwhile looks the same from
    /// outside.
    fn is_up(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let ports = listening_ports(self.service.id());
            if [self.port(), self.port2()].iter().all(|port| ports.contains(port)) {
                return true;
            }
            // `RFAddReader() Virtual PCD init failed`: a port was taken meanwhile.
            let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
            let failed = String::from_utf8_lossy(&log).contains("init failed");
            if failed || !matches!(self.service.try_wait(), Ok(None)) {
                return false;
            }
            // Nothing tells when pcscd has opened its reader; connecting would insert a card.
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// What is missing to run the service, as a sentence.
fn lack() -> Option<String> {
    let packages = [(PCSCD, "pcscd"), (DRIVER, "vsmartcard-vpcd")];
    for (path, package) in packages {
        if !Path::new(path).exists() {
            return Some(format!("{path} is missing (package {package})"));
        }
    }
    // Only root may create it, and pcscd does so when it is root.
    if !Path::new("/run/pcscd").exists() && fs::create_dir("/run/pcscd").is_err() {
        return Some("/run/pcscd is missing: as root, run `mkdir -p /run/pcscd`".to_owned());
    }
    None
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("s")
}

/// The configuration of the virtual reader on this port and the next.
fn reader(port: u16) -> String {
    format!(
        "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x{port:X}\nLIBPATH {DRIVER}\nCHANNELID 0x{port:X}\n"
    )
}

fn spawn(folder: &Path, readers: &str) -> io::Result<Child> {
    let conf = folder.join("conf");
    fs::create_dir(&conf)?;
    fs::write(conf.join("vpcd"), readers)?;
    let listener = UnixListener::bind(socket(folder))?;
    let log = fs::File::create(folder.join("log"))?;
    // pcsc-lite 2 asks polkit, which in a container or over ssh refuses; its version 1.9 has no such option.
    let help = Command::new(PCSCD).arg("--help").output()?;
    let has = |text: &[u8]| String::from_utf8_lossy(text).contains("disable-polkit");
    let polkit = (has(&help.stdout) || has(&help.stderr)).then_some("--disable-polkit");
    // The shell moves the listener from 0 to 3, and becomes pcscd: the child's pid is that of the service.
    Command::new("sh")
        .arg("-c")
        .arg(concat!(
            "exec 3<&0 </dev/null; ",
            r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --foreground --config "$@""#
        ))
        .arg(PCSCD)
        .arg(&conf)
        .args(polkit)
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// An even port and the next one, free at this moment, below the range that outgoing connections take theirs from. No pair
/// is proposed twice in a process, and test binaries that run at once start at different ones.
fn free_pair() -> Option<u16> {
    static PROPOSED: AtomicU32 = AtomicU32::new(0);
    let step = PROPOSED.fetch_add(1, Ordering::Relaxed).wrapping_mul(1_009);
    let mixed = (std::process::id().wrapping_mul(2_654_435_761) >> 8).wrapping_add(step);
    let offset = u16::try_from(mixed % 6_000).ok()?;
    let port = 20_000 + 2 * offset;
    let free = |port| TcpListener::bind(("0.0.0.0", port)).is_ok();
    (free(port) && free(port + 1)).then_some(port)
}

/// The TCP ports that a process listens on, from `/proc`.
fn listening_ports(pid: u32) -> Vec<u16> {
    let owned: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    // Columns: sl, local address, remote address, state (0A: listening), …, inode the tenth.
    let listening = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
        let (_, port) = local.split_once(':')?;
        (*state == "0A" && owned.iter().any(|owned| owned == inode))
            .then(|| u16::from_str_radix(port, 16).ok())?
    };
    table.lines().filter_map(listening).collect()
}
