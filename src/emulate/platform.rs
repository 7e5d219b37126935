//! The emulated platform: orders of worthless certificates over mutual TLS, their lists and their OCSP.
//!
//! Written from the platform fact sheet (§7.3, §8, §12) and from `docs/reference/platform-protocol.md`, never from the client.
//! It listens on loopback only. Its authority is that of [`super::igc`], visibly worthless.
//!
//! ```no_run
//! use cpskit::emulate::platform::{Clock, Emulator, Settings};
//!
//! let settings = Settings::new(Clock::stopped("2026-06-01T08:00:00Z".parse()?));
//! let platform = Emulator::start(settings)?;
//! println!("{}, lists at {}", platform.endpoint(), platform.publication());
//! platform.inject("lost-answer@demander".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod acts;
mod caller;
mod clock;
mod csr;
mod cut;
mod fault;
mod folder;
mod habilitation;
mod key;
mod mail;
mod pkcs12;
mod product;
mod publication;
mod refusal;
mod service;
mod state;
mod wire;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub use clock::Clock;
pub use fault::{Act, CutPlace, Fault, FaultError, FaultHelp, Operation, Planned, Wrong};
pub use habilitation::{Habilitation, Scenario, ScenarioError};
pub use mail::Mail;
pub use pkcs12::Pkcs12Encoding;
pub use product::Product;
pub use publication::Schedule;
pub use refusal::{Distrust, Refusal};
pub use service::Seen;

use fault::Faults;
use folder::Folder;
use service::{Platform, locked};
use state::State;

use super::igc::{
    self, Authority, Domain, Gamme, MintError, OrganisationProduct, OrganisationRequest, World,
};
use super::persona::StructureSpec;
use crate::tls::{Alpn, OpenServer, Unusable};

/// How a platform is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; loopback only.
    pub listen: SocketAddr,
    /// Where lists and OCSP are; loopback only.
    pub publish: SocketAddr,
    /// Its clock.
    pub clock: Clock,
    /// The instant in the world outside, at which clients look at the server's certificate; the clock's own when absent.
    pub outside: Option<Timestamp>,
    /// Where requests, certificates and mails are kept; nowhere when absent.
    pub state: Option<PathBuf>,
    /// What it knows of the world.
    pub scenario: Scenario,
    /// What nobody knows of the real one.
    pub rules: Rules,
    /// When lists are published.
    pub schedule: Schedule,
    /// How it misbehaves from the start.
    pub faults: Vec<Planned>,
}

/// What is configurable because nobody knows how the real platform does it (platform fact sheet §7.3 and §12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// How often a certificate can be downloaded.
    pub download: Download,
    /// How a PKCS#12 is protected.
    pub pkcs12: Pkcs12Encoding,
    /// Characters of a code de révocation.
    pub code_length: RangeInclusive<usize>,
    /// Wrong codes after which none is taken any more.
    pub code_tries: u8,
    /// Characters of the password of a key.
    pub password_length: RangeInclusive<usize>,
    /// How long a request waits to be retrieved.
    pub retention: SignedDuration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            download: Download::Once,
            pkcs12: Pkcs12Encoding::Modern,
            code_length: 8..=32,
            code_tries: 5,
            password_length: 8..=64,
            retention: SignedDuration::from_hours(24 * 90),
        }
    }
}

/// How often a key that was made here can be downloaded; a certificate for a CSR is given as often as it is asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Download {
    /// Once.
    #[default]
    Once,
    /// As often as it is asked for.
    Often,
}

impl Settings {
    /// On free ports of loopback, in memory, with the habilitations of the personas.
    pub fn new(clock: Clock) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: loopback,
            publish: loopback,
            clock,
            outside: None,
            state: None,
            scenario: Scenario::default(),
            rules: Rules::default(),
            schedule: Schedule::default(),
            faults: Vec::new(),
        }
    }
}

/// Why the platform does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Nobody but this machine is to reach it.
    #[error("{0} is not an address of loopback: what is emulated is for this machine only")]
    NotLoopback(SocketAddr),
    /// The address is taken.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The state folder.
    #[error("the state folder {path}")]
    State {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The server's certificate.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The server's key.
    #[error(transparent)]
    Tls(#[from] Unusable),
    /// Threads.
    #[error("no threads for the platform")]
    Threads(#[source] io::Error),
}

/// A platform that runs, until it is dropped.
pub struct Emulator {
    platform: Arc<Platform>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Emulator {
    /// Starts one; it listens when this returns.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let (listen, publish) = (settings.listen, settings.publish);
        let foreign = [listen, publish].into_iter().find(|address| !address.ip().is_loopback());
        if let Some(address) = foreign {
            return Err(StartError::NotLoopback(address));
        }
        let (folder, state) = match &settings.state {
            None => (None, State::default()),
            Some(path) => {
                let opened = Folder::open(path);
                let opened =
                    opened.map_err(|source| StartError::State { path: path.clone(), source })?;
                (Some(opened.0), opened.1)
            }
        };
        let door = Arc::new(door(&settings)?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let listener = |address: SocketAddr| {
            let bound = runtime.block_on(TcpListener::bind(address));
            let bound = bound.and_then(|bound| Ok((bound.local_addr()?, bound)));
            bound.map_err(|source| StartError::Listen { address, source })
        };
        let (address, listening) = listener(listen)?;
        let (published, publishing) = listener(publish)?;
        let platform = Arc::new(Platform {
            rules: settings.rules,
            scenario: settings.scenario,
            schedule: settings.schedule,
            clock: settings.clock,
            folder,
            endpoint: format!("https://{address}"),
            published: format!("http://{published}"),
            state: Mutex::new(state),
            faults: Mutex::new(Faults::new(settings.faults)),
            seen: Mutex::new(Vec::new()),
            mails: Mutex::new(Vec::new()),
        });
        runtime.spawn(service::serve(Arc::clone(&platform), listening, door));
        runtime.spawn(service::publish(Arc::clone(&platform), publishing));
        Ok(Self { platform, address, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.platform.endpoint
    }

    /// `http://127.0.0.1:PORT`: under it, `/CRL/CODE.crl`, `/CRL/CODE-delta.crl`, `/OCSP` and `/AC/CODE.cer`.
    pub fn publication(&self) -> &str {
        &self.platform.published
    }

    /// The root that clients are to trust, for the server and for what it issues to organisations and persons alike, DER.
    pub fn anchor(&self) -> &'static [u8] {
        Authority::root(World::Test, Gamme::Elementaire).certificate()
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.platform.clock
    }

    /// Has it misbehave.
    pub fn inject(&self, fault: Planned) {
        locked(&self.platform.faults).add(fault);
    }

    /// Has it behave again.
    pub fn heal(&self) {
        *locked(&self.platform.faults) = Faults::default();
    }

    /// Publishes lists now, out of turn.
    ///
    /// # Errors
    /// The state folder.
    pub fn publish(&self) -> io::Result<()> {
        let mut state = locked(&self.platform.state);
        state.published = Some(self.platform.clock.now());
        self.platform.folder.as_ref().map_or(Ok(()), |folder| folder.keep(&state))
    }

    /// What it has answered, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.platform.seen).clone()
    }

    /// The mails it has written, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        locked(&self.platform.mails).clone()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

/// The server's side of TLS, with a certificate for the names of loopback.
fn door(settings: &Settings) -> Result<OpenServer, StartError> {
    let inside = settings.clock.now();
    let outside = settings.outside.unwrap_or(inside);
    let month = SignedDuration::from_hours(24 * 30);
    let from = inside.min(outside).saturating_sub(SignedDuration::from_hours(1));
    let to = inside.max(outside).saturating_add(month);
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "PLATEFORME EMULEE".to_owned(),
        id: "10B0990001".to_owned(),
    };
    let request = OrganisationRequest {
        world: World::Test,
        product: OrganisationProduct::ServSsl { other_names: &["127.0.0.1", "::1"] },
        structure: &structure,
        name: "localhost",
    };
    let key = igc::product_key("serv-ssl").expect("embedded");
    let made = igc::organisation_certificate(
        &request,
        &key.public()?,
        from.unwrap_or(inside),
        to.unwrap_or(Timestamp::MAX),
    )?;
    let issuer = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
    let chain = vec![made, issuer.certificate().to_vec()];
    // By HTTP/1.1 only: a cut in the status line is then a cut in the status line.
    Ok(OpenServer::new(chain, key.pkcs8()?, &[Alpn::Http11])?)
}
