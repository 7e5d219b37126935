//! Whom a run trusts: files named on the command line, the anchors of an environment kept in the trust store, those an
//! input carries and a pin proves, the operating system's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::args::cert::{Environment, TrustArgs, TrustStoreArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::inputs::{self, Inputs};
use super::trust_store::{Admission, Held, TrustStore};
use crate::emulate::igc::Authority;
use crate::pki::{Anchor, Candidate, Origin, Pin, PinnedRole, PinnedWorld};
use crate::x509::{Certificate, IssuedBy, World};

/// Whom a run trusts, and what helps to get there.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    pub(super) anchors: Vec<Anchor>,
    /// Issuing authorities that come with the anchors.
    pub(super) candidates: Vec<Candidate>,
    /// The basis of an anchor that is not its published certificate, by its origin: a report that rests on it says so.
    pub(super) bases: BTreeMap<String, Basis>,
    /// Which certificates are refused whatever their path: those of other known environments.
    pub(super) scope: TrustScope,
    /// Said once, on standard error.
    pub(super) remarks: Vec<String>,
}

/// What an anchor rests on, where it is not a published certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Basis {
    /// The public key of an authority whose root was never published.
    Key,
    /// A pin of the user's own.
    UserPin,
}

/// Where the anchors come from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum TrustScope {
    /// They are those of an environment: certificates of another one are not trusted.
    Environment(Environment),
    /// The user named them: whatever they certify is trusted.
    #[default]
    Named,
}

impl Trusted {
    /// Resolves the flags. Certificates of the inputs that a pin of the environment proves are anchors too.
    pub(super) fn resolve(args: &TrustArgs, carried: &[Candidate]) -> Result<Self, Failure> {
        let mut trusted = Self::default();
        if !args.trust.is_empty() {
            trusted.files(&args.trust)?;
        }
        if args.system_trust {
            trusted.system()?;
        }
        if !args.trust.is_empty() || args.system_trust {
            return Ok(trusted);
        }
        trusted.scope = TrustScope::Environment(args.environment);
        match args.environment {
            Environment::Auto => {}
            Environment::Emulated => trusted.emulated(),
            Environment::Prod => trusted.world(PinnedWorld::Production, args, carried)?,
            Environment::Test => trusted.world(PinnedWorld::Test, args, carried)?,
        }
        Ok(trusted)
    }

    /// Anchors named on the command line. The first failure ends the run: what is trusted is never guessed.
    fn files(&mut self, paths: &[PathBuf]) -> Result<(), Failure> {
        for path in paths {
            let name = path.display().to_string();
            if !path.is_dir()
                && let Some(key) = inputs::public_key(&inputs::bytes(path)?)
            {
                let pin = Pin::of_key(super::sha256(&key)).ok_or_else(|| {
                    Failure::new(
                        "trust.unpinned",
                        Exit::Usage,
                        format!("`{name}`: a public key without a name, and not a known one"),
                    )
                    .hint("give the certificate of the authority")
                })?;
                let origin = format!("trust:{name}");
                self.key(pin, &key, origin)?;
                continue;
            }
            for (_, certificate) in Inputs::certificates(std::slice::from_ref(path))? {
                let origin = Origin(format!("trust:{name}"));
                self.anchors.push(Anchor::from_certificate(certificate, origin));
            }
        }
        if self.anchors.is_empty() {
            return Err(Failure::arguments("`--trust`: no certificate in what it names"));
        }
        Ok(())
    }

    fn key(&mut self, pin: &Pin, spki: &[u8], origin: String) -> Result<(), Failure> {
        let anchor = Anchor::from_key(&pin.subject(), spki, Origin(origin.clone()));
        let anchor = anchor.map_err(|error| {
            Failure::new("trust.unreadable", Exit::Usage, error.to_string()).causes(&error)
        })?;
        self.bases.insert(origin, Basis::Key);
        self.anchors.push(anchor);
        Ok(())
    }

    fn system(&mut self) -> Result<(), Failure> {
        let found = rustls_native_certs::load_native_certs();
        for certificate in &found.certs {
            if let Ok(certificate) = Certificate::parse(certificate) {
                let origin = Origin("system".to_owned());
                self.anchors.push(Anchor::from_certificate(certificate, origin));
            }
        }
        if self.anchors.is_empty() {
            let message = "the operating system has no trust anchors";
            let failure = Failure::new("trust.system", Exit::Usage, message)
                .hint("on Debian and Ubuntu, `sudo apt-get install ca-certificates`");
            return Err(failure);
        }
        Ok(())
    }

    /// The authorities of the emulator, which ship with the program.
    fn emulated(&mut self) {
        for authority in Authority::all() {
            let certificate =
                Certificate::parse(authority.certificate()).expect("minted and committed");
            let origin = Origin(format!("emulation:{}", authority.code()));
            match authority.domain() {
                None => self.anchors.push(Anchor::from_certificate(certificate, origin)),
                Some(_) => self.candidates.push(Candidate { certificate, origin }),
            }
        }
    }

    fn world(
        &mut self,
        world: PinnedWorld,
        args: &TrustArgs,
        carried: &[Candidate],
    ) -> Result<(), Failure> {
        let store = TrustStore::at(&args.store)?;
        for entry in store.entries() {
            match (entry.admission, entry.held.clone()) {
                (Admission::Published(pin), held) if pin.world == world => {
                    self.published(pin, held, format!("store:{}", pin.code))?;
                }
                (Admission::User { .. }, Held::Certificate(certificate))
                    if is_of(world, &certificate) =>
                {
                    let origin = format!("user-pin:{}", entry.file.display());
                    self.bases.insert(origin.clone(), Basis::UserPin);
                    self.anchors.push(Anchor::from_certificate(*certificate, Origin(origin)));
                }
                _ => {}
            }
        }
        self.remarks.extend(store.remarks());
        for candidate in carried {
            if let Some(pin) = Pin::of(&candidate.certificate).filter(|pin| pin.world == world) {
                let held = Held::Certificate(Box::new(candidate.certificate.clone()));
                self.published(pin, held, format!("pin:{}", pin.code))?;
            }
        }
        Ok(())
    }

    fn published(&mut self, pin: &Pin, held: Held, origin: String) -> Result<(), Failure> {
        match held {
            Held::Key(spki) if pin.role.is_anchor() => self.key(pin, &spki, origin)?,
            // A key alone completes no path.
            Held::Key(_) => {}
            Held::Certificate(certificate) => {
                if pin.role == PinnedRole::KeyAnchor {
                    self.bases.insert(origin.clone(), Basis::Key);
                }
                let origin = Origin(origin);
                if pin.role.is_anchor() {
                    self.anchors.push(Anchor::from_certificate(*certificate, origin));
                } else {
                    self.candidates.push(Candidate { certificate: *certificate, origin });
                }
            }
        }
        Ok(())
    }
}

/// Whether an anchor of the user's own counts in a world: its name says another one, or says none of them.
fn is_of(world: PinnedWorld, certificate: &Certificate) -> bool {
    match IssuedBy::named(certificate.subject()) {
        IssuedBy::IgcSante { world: found, .. } => match world {
            PinnedWorld::Production => found == World::Production,
            PinnedWorld::Test => found == World::Test,
        },
        IssuedBy::Other => true,
        _ => false,
    }
}

impl TrustStoreArgs {
    /// The folder: the flag's, else `cpskit/trust` in the user's data folder.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        use etcetera::BaseStrategy;
        self.trust_store.clone().or_else(|| {
            let strategy = etcetera::choose_base_strategy().ok()?;
            Some(strategy.data_dir().join("cpskit").join("trust"))
        })
    }
}
