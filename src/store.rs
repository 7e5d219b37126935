//! Containers of certificates and keys: PEM, DER, PKCS#7, PKCS#12, Java key stores. Bytes in, what they hold out.
//!
//! [`read`] tells the container by its bytes, never by a name. It keeps what can be read and says the rest: a broken block
//! among good ones is a [`Problem`] at its place, not the end of the file. Of private keys nothing is kept but the hash
//! of their public half, unless [`read_with_keys`] asks for them.

mod ber;
mod found;
mod jks;
mod key;
mod openssh;
mod pbe;
mod pem;
mod pkcs12;
mod pkcs7;
mod secret;
mod shape;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use self::ber::{Element, Reader};
pub use self::found::Found;
pub use self::key::{KeyIdentity, PrivateKey, Protection};
use self::pbe::Opener;
pub use self::secret::{SecretKey, read_with_keys};
use self::shape::Shape;
use crate::secret::Secret;
use crate::x509::{Certificate, DerError, Oid, X509Error};

/// What a file holds.
#[derive(Debug)]
pub struct Contents {
    /// What the file is.
    pub container: Container,
    /// The certificates, in the order of the file.
    pub certificates: Vec<Certificate>,
    /// The places in [`certificates`](Self::certificates) of those that the file itself declares to be trusted.
    pub trusted: BTreeSet<usize>,
    /// The private keys, in the order of the file.
    pub keys: Vec<PrivateKey>,
    /// The revocation lists, DER, unread.
    pub lists: Vec<Vec<u8>>,
    /// What could not be read or checked, in the order of the file.
    pub problems: Vec<Problem>,
    /// The first thing met that is none of these.
    other: Option<Found>,
    /// The keys that only the means of RFC 1421 would open.
    traditional: usize,
}

/// The kinds of containers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Container {
    /// DER: certificates, lists or keys, one after the other.
    Der,
    /// The key store of Java Cryptography Extension.
    Jceks,
    /// The key store of Java before version 9.
    Jks,
    /// Blocks of PEM.
    Pem,
    /// PKCS#12.
    Pkcs12,
    /// PKCS#7 or CMS.
    Pkcs7,
}

impl Container {
    /// Its name in documents: `pkcs12`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Der => "der",
            Self::Jceks => "jceks",
            Self::Jks => "jks",
            Self::Pem => "pem",
            Self::Pkcs12 => "pkcs12",
            Self::Pkcs7 => "pkcs7",
        }
    }
}

/// Something in a file that could not be read or checked, the rest being kept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}{cause}")]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    #[source]
    pub cause: StoreError,
}

/// Where in a file; numbers begin at 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// All of it.
    Whole,
    /// A block of PEM.
    Block(usize),
    /// One of the elements, bags or entries.
    Entry(usize),
    /// A part of a PKCS#12, which holds entries.
    Part(usize),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Block(number) => write!(f, "PEM block {number}: "),
            Self::Entry(number) => write!(f, "entry {number}: "),
            Self::Part(number) => write!(f, "part {number}: "),
        }
    }
}

/// Why a file, or a part of one, cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An algorithm or a form of content that is not read.
    #[error("{0} is not supported")]
    Algorithm(Oid),
    /// Not base64, in PEM.
    #[error("not base64")]
    Base64,
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(#[from] X509Error),
    /// A block of PEM without its end.
    #[error("cut before its end")]
    Cut,
    /// The integrity of the container was not checked: it has none, or its password was not given.
    #[error("the integrity of the container was not checked")]
    IntegrityUnchecked,
    /// A derivation of keys that asks for more work than is done for one file.
    #[error(
        "{asked} iterations asked for, which is too much work for one file (at most {})",
        pbe::MOST_ITERATIONS
    )]
    Iterations {
        /// How many.
        asked: u64,
    },
    /// A serialised Java object, which is not read; what follows it is lost.
    #[error("a secret key of Java, which is not read, nor what follows it")]
    JavaObject,
    /// A Java key store that is cut, or is none.
    #[error("Java key store cut or malformed at byte {position}")]
    Jks {
        /// Where.
        position: usize,
    },
    /// A private key whose structure cannot be followed.
    #[error("private key: {0}")]
    Key(#[source] DerError),
    /// Neither certificate, nor key, nor list.
    #[error("no certificate, but {0}")]
    Nothing(Found),
    /// A key of OpenSSH that cannot be followed.
    #[error("private key of OpenSSH cut or malformed")]
    OpenSsh,
    /// It is encrypted, and no password was given.
    #[error("a password is needed")]
    PasswordNeeded,
    /// It is encrypted or authenticated with another password.
    #[error("the password is wrong")]
    PasswordWrong,
    /// A structure that cannot be followed.
    #[error("malformed: {0}")]
    Structure(#[source] DerError),
}

impl From<DerError> for StoreError {
    fn from(error: DerError) -> Self {
        Self::Structure(error)
    }
}

/// Reads a file, whatever container it is. The password opens PKCS#12 and keys, and checks Java key stores.
///
/// # Errors
/// [`StoreError`] when there is neither certificate, nor key, nor list; what is wrong with a part of a file that has some
/// is in [`Contents::problems`]. A wrong password is an error whatever could be read without.
pub fn read(bytes: &[u8], password: Option<&Secret<String>>) -> Result<Contents, StoreError> {
    read_by(bytes, &mut Opener::new(password))
}

fn read_by(bytes: &[u8], opener: &mut Opener<'_>) -> Result<Contents, StoreError> {
    let mut contents = Contents::new(Container::Der);
    if let Some(container) = jks::container(bytes) {
        contents.container = container;
        jks::read(bytes, opener, &mut contents)?;
    } else if Reader::new(bytes).any().is_ok_and(|first| Shape::of(&first) != Shape::Unknown) {
        contents.elements(bytes, opener)?;
    } else if pem::is_pem(bytes) {
        contents.container = Container::Pem;
        contents.blocks(bytes, opener)?;
    } else if bytes.first() == Some(&ber::tag::SEQUENCE) && Found::of(bytes) == Found::Binary {
        // What fails says best what is wrong.
        contents.certificates.push(Certificate::parse(bytes)?);
    } else {
        return Err(StoreError::Nothing(Found::of(bytes)));
    }
    contents.or_error()
}

impl Contents {
    fn new(container: Container) -> Self {
        Self {
            container,
            certificates: Vec::new(),
            trusted: BTreeSet::new(),
            keys: Vec::new(),
            lists: Vec::new(),
            problems: Vec::new(),
            other: None,
            traditional: 0,
        }
    }

    /// Whether a key is encrypted in the traditional form of PEM (`Proc-Type: 4,ENCRYPTED`, RFC 1421), which no password opens
    /// here.
    pub fn is_traditional(&self) -> bool {
        self.traditional > 0
    }

    /// What it holds when it holds no certificate.
    pub fn instead(&self) -> Found {
        match self {
            Self { keys, .. } if !keys.is_empty() => Found::PrivateKey,
            Self { lists, .. } if !lists.is_empty() => Found::List,
            Self { other, .. } => other.clone().unwrap_or(Found::EmptyContainer),
        }
    }

    /// Whether a part of it stays closed for want of a password.
    pub fn is_locked(&self) -> bool {
        self.problems.iter().any(|problem| problem.cause == StoreError::PasswordNeeded)
    }

    /// Notes what went wrong at a place.
    fn note(&mut self, place: Place, read: Result<(), StoreError>) {
        if let Err(cause) = read {
            self.problems.push(Problem { place, cause });
        }
    }

    /// A file of which nothing at all can be read is an error.
    fn or_error(mut self) -> Result<Self, StoreError> {
        let wrong = |problem: &Problem| problem.cause == StoreError::PasswordWrong;
        if self.problems.iter().any(wrong) {
            return Err(StoreError::PasswordWrong);
        }
        if !(self.certificates.is_empty() && self.keys.is_empty() && self.lists.is_empty()) {
            return Ok(self);
        }
        self.problems.retain(|problem| problem.cause != StoreError::IntegrityUnchecked);
        Err(match self.problems.first() {
            Some(problem) => problem.cause.clone(),
            None => StoreError::Nothing(self.instead()),
        })
    }

    /// The elements of DER, one after the other.
    fn elements(&mut self, bytes: &[u8], opener: &mut Opener<'_>) -> Result<(), StoreError> {
        let mut reader = Reader::new(bytes);
        let mut number = 0;
        while !reader.is_empty() {
            number += 1;
            match reader.any() {
                Ok(element) => {
                    let read = self.element(&element, opener);
                    if reader.is_empty() && number == 1 {
                        return read;
                    }
                    self.note(Place::Entry(number), read);
                }
                Err(error) => {
                    self.note(Place::Entry(number), Err(error.into()));
                    break;
                }
            }
        }
        Ok(())
    }

    fn element(
        &mut self,
        element: &Element<'_>,
        opener: &mut Opener<'_>,
    ) -> Result<(), StoreError> {
        let other = match Shape::of(element) {
            Shape::Certificate => {
                self.certificates.push(Certificate::parse(element.raw)?);
                return Ok(());
            }
            Shape::List => {
                self.lists.push(element.raw.to_vec());
                return Ok(());
            }
            Shape::ContentInfo => {
                self.container = Container::Pkcs7;
                return pkcs7::read(element, self);
            }
            Shape::Pfx => {
                self.container = Container::Pkcs12;
                return pkcs12::read(element, opener, self);
            }
            Shape::Pkcs8 | Shape::EncryptedPkcs8 | Shape::Pkcs1 | Shape::Sec1 | Shape::Dsa => {
                self.keys.push(PrivateKey::from_der(element.raw, opener)?);
                return Ok(());
            }
            Shape::Request => Found::Request,
            Shape::PublicKey => Found::PublicKey,
            Shape::OcspResponse => Found::OcspResponse,
            Shape::Unknown => Found::Binary,
        };
        if other == Found::Binary && !self.certificates.is_empty() {
            return Err(StoreError::Nothing(other));
        }
        self.other.get_or_insert(other);
        Ok(())
    }

    /// The blocks of PEM.
    fn blocks(&mut self, file: &[u8], opener: &mut Opener<'_>) -> Result<(), StoreError> {
        let blocks: Vec<pem::Block<'_>> = pem::blocks(file).collect();
        let mut certificates = certificates(&blocks);
        for (place, block) in blocks.iter().enumerate() {
            if let Some(certificate) = certificates.get_mut(place).and_then(Option::take) {
                self.certificates.push(certificate);
                continue;
            }
            let number = block.number;
            match self.block(block, opener) {
                Err(error @ StoreError::Iterations { .. }) => return Err(error),
                read => self.note(Place::Block(number), read),
            }
        }
        Ok(())
    }

    fn block(&mut self, block: &pem::Block<'_>, opener: &mut Opener<'_>) -> Result<(), StoreError> {
        let is_ours = |label: &str| {
            label.ends_with("PRIVATE KEY")
                || matches!(
                    label,
                    "CERTIFICATE"
                        | "X509 CERTIFICATE"
                        | "TRUSTED CERTIFICATE"
                        | "X509 CRL"
                        | "PKCS7"
                        | "CMS"
                        | "PKCS #7 SIGNED DATA"
                        | "PKCS12"
                )
        };
        if !is_ours(block.label) {
            self.other.get_or_insert(Found::labelled(block.label));
            return Ok(());
        }
        let content = &block.content().map_err(|fault| match fault {
            pem::Fault::Cut => StoreError::Cut,
            pem::Fault::Base64 => StoreError::Base64,
        })?;
        match block.label {
            "X509 CRL" => self.lists.push(content.to_vec()),
            "TRUSTED CERTIFICATE" => {
                // What OpenSSL says of its trust follows the certificate.
                let (certificate, _) = Certificate::parse_padded(content)?;
                self.trusted.insert(self.certificates.len());
                self.certificates.push(certificate);
            }
            "OPENSSH PRIVATE KEY" => self.keys.push(PrivateKey::from_openssh(content)?),
            label if label.ends_with("PRIVATE KEY") => {
                self.keys.push(match block.sealed {
                    pem::Sealed::Yes => {
                        self.traditional += 1;
                        PrivateKey::sealed(content)
                    }
                    pem::Sealed::No => PrivateKey::from_der(content, opener)?,
                });
            }
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => {
                pkcs7::read(&Reader::new(content).any()?, self)?;
            }
            "PKCS12" => pkcs12::read(&Reader::new(content).any()?, opener, self)?,
            // Some files have PKCS#7 under this label.
            _ => match Reader::new(content).any() {
                Ok(element) if Shape::of(&element) == Shape::ContentInfo => {
                    pkcs7::read(&element, self)?;
                }
                _ => self.certificates.push(Certificate::parse(content)?),
            },
        }
        Ok(())
    }
}

/// The certificates of the blocks that are just that, several read at a time, each at the place of its block; none when
/// there are few, which are read as they come.
fn certificates(blocks: &[pem::Block<'_>]) -> Vec<Option<Certificate>> {
    const MANY: usize = 128;
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if blocks.len() < MANY || threads == 1 {
        return Vec::new();
    }
    let read = |block: &pem::Block<'_>| match block.label {
        // Whatever is wrong with one is said when its turn comes.
        "CERTIFICATE" => Certificate::parse(&block.content().ok()?).ok(),
        _ => None,
    };
    thread::scope(|scope| {
        let parts: Vec<_> = blocks
            .chunks(blocks.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>()))
            .collect();
        let certificates = parts.into_iter().flat_map(|part| match part.join() {
            Ok(certificates) => certificates,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        certificates.collect()
    })
}
