//! The key of a card for TLS, each use of it recorded: a signature leaves only once its trace is on disk.

use std::sync::Arc;

use super::acts::{Acts, Ending, Who};
use super::exit::Exit;
use super::failure::Failure;
use super::output::json::hex;
use crate::card::Hashed;
use crate::credential::{CardCredential, Credential, Error, Hash, Nature, Scheme};
use crate::trace::Action;
use crate::x509::Certificate;

/// A credential whose signatures are acts of a holder towards a host.
#[derive(Debug)]
pub(super) struct Recorded<C> {
    credential: C,
    acts: Arc<Acts>,
    /// From [`Acts::who`], before the card became a credential.
    who: Who,
    key: String,
    host: String,
}

impl<C: Credential> Recorded<C> {
    /// `key` is the name of the key, `host` that of the service at the other end.
    pub(super) fn new(
        credential: C,
        acts: &Arc<Acts>,
        who: Who,
        key: impl ToString,
        host: impl ToString,
    ) -> Self {
        let (key, host) = (key.to_string(), host.to_string());
        Self { credential, acts: Arc::clone(acts), who, key, host }
    }

    /// What is recorded.
    pub(super) fn credential(&self) -> &C {
        &self.credential
    }
}

impl Recorded<CardCredential> {
    /// Asks for the PIN and presents it to the card, which signs nothing: an act of its own.
    pub(super) fn verify_pin(&self) -> Result<(), Failure> {
        let outcome = self.acts.record(
            Action::CardPinVerify,
            |record| {
                record.by(self.who.clone());
                let outcome = self.credential.verify_pin();
                if matches!(outcome, Err(Error::Pin(_))) {
                    // None was presented.
                    record.forget();
                }
                outcome
            },
            ending,
        )?;
        outcome.map_err(|error| Failure::credential(&error))
    }
}

fn ending(error: &Error) -> Ending {
    match error {
        Error::Card(error) => Ending::of(&Failure::of_card(error)),
        error => Ending::of(&Failure::new("usage", Exit::Usage, error.to_string())),
    }
}

impl<C: Credential> Credential for Recorded<C> {
    fn chain(&self) -> &[Certificate] {
        self.credential.chain()
    }

    fn schemes(&self) -> &[Scheme] {
        self.credential.schemes()
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let outcome = self.acts.record(
            Action::TlsAuthenticate,
            |record| {
                record.by(self.who.clone());
                record.object.key = Some(self.key.clone());
                record.object.host = Some(self.host.clone());
                if let Some((name, hash)) = parts(scheme) {
                    record.object.scheme = Some(name.to_owned());
                    record.object.hash = Some(hash.name().to_owned());
                    record.object.digest = Some(hex(Hashed::of(hash, message).digest()));
                }
                self.credential.sign(scheme, message)
            },
            ending,
        );
        outcome.unwrap_or_else(|failure| Err(Error::Withheld(failure.message.into())))
    }

    fn nature(&self) -> Nature {
        self.credential.nature()
    }
}

/// Padding and hash, of the schemes that cards have.
fn parts(scheme: Scheme) -> Option<(&'static str, Hash)> {
    match scheme {
        Scheme::RsaPkcs1(hash) => Some(("pkcs1", hash)),
        Scheme::RsaPss(hash) => Some(("pss", hash)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::cli::args::{Color, Format};
    use crate::cli::choose;
    use crate::cli::output::{Loudness, Printer};

    /// Counts its signatures.
    #[derive(Debug, Default)]
    struct Counting(AtomicU32);

    impl Credential for Counting {
        fn chain(&self) -> &[Certificate] {
            &[]
        }

        fn schemes(&self) -> &[Scheme] {
            &[Scheme::RsaPkcs1(Hash::Sha256)]
        }

        fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match scheme {
                Scheme::RsaPkcs1(Hash::Sha256) => Ok(message.to_vec()),
                other => Err(Error::Scheme(other)),
            }
        }

        fn nature(&self) -> Nature {
            Nature::Emulated
        }
    }

    fn recorded(path: &std::path::Path) -> (Arc<Acts>, Recorded<Counting>) {
        let printer =
            Printer { format: Format::Text, color: Color::Never, loudness: Loudness::Quiet };
        let acts =
            Arc::new(Acts::new(Some(path.to_owned()), None, printer).expect("random numbers"));
        let mut card = choose::emulated("medecin-cps3").expect("a persona");
        let who = acts.who(&mut card);
        let credential = Counting::default();
        let recorded = Recorded::new(credential, &acts, who, "authentication", "example.test");
        (acts, recorded)
    }

    #[test]
    fn each_signature_is_an_act_towards_the_host() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acts");
        let (acts, recorded) = recorded(&path);
        let sign = |scheme| recorded.sign(scheme, b"a handshake");
        assert_eq!(sign(Scheme::RsaPkcs1(Hash::Sha256)).ok().as_deref(), Some(&b"a handshake"[..]));
        assert!(sign(Scheme::RsaPss(Hash::Sha256)).is_err());
        acts.close().expect("closed");
        let text = fs::read_to_string(&path).expect("traces");
        let acts: Vec<[serde_json::Value; 4]> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .filter(|line| line["kind"] == "act")
            .map(|line| {
                let object = &line["object"];
                let who = line["actor"]["national_id"].clone();
                [line["action"].clone(), line["result"].clone(), object["host"].clone(), who]
            })
            .collect();
        let act = |result: &str| {
            ["tls.authenticate", result, "example.test", "899700100011"]
                .map(serde_json::Value::from)
        };
        assert_eq!(acts, [act("done"), act("refused")]);
    }

    #[test]
    fn a_signature_that_cannot_be_recorded_is_withheld_and_not_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, recorded) = recorded(folder.path());
        let signed = recorded.sign(Scheme::RsaPkcs1(Hash::Sha256), b"a handshake");
        assert!(matches!(signed, Err(Error::Withheld(_))));
        assert_eq!(recorded.credential().0.load(Ordering::Relaxed), 0);
    }
}
