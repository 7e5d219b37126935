//! The key stores of Java before PKCS#12: JKS, and JCEKS as far as certificates and private keys go. The layout is that of
//! `sun.security.provider.JavaKeyStore` and `com.sun.crypto.provider.JceKeyStore` in OpenJDK.

use zeroize::Zeroizing;

use super::ber::{Reader, tag};
use super::key::{self, PrivateKey, Protection};
use super::pbe::{Opener, sha1};
use super::{Container, Contents, Place, StoreError};
use crate::x509::Certificate;

const JKS: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];
const JCEKS: [u8; 4] = [0xCE, 0xCE, 0xCE, 0xCE];
/// The hash at the end.
const HASH: usize = 20;
/// What is hashed between the password and the entries.
const WHITENER: &[u8] = b"Mighty Aphrodite";
/// The algorithm of the keys of JKS.
const KEY_PROTECTOR: &str = "1.3.6.1.4.1.42.2.17.1.1";

/// Which of them a file begins like.
pub(super) fn container(file: &[u8]) -> Option<Container> {
    match *file.first_chunk()? {
        JKS => Some(Container::Jks),
        JCEKS => Some(Container::Jceks),
        _ => None,
    }
}

/// Adds what a store holds.
pub(super) fn read(
    file: &[u8],
    opener: &mut Opener<'_>,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    let mut fields = Fields { file, at: JKS.len() };
    let version = fields.number()?;
    if !(1..=2).contains(&version) {
        return Err(fields.cut());
    }
    let count = fields.number()?;
    for number in 1..=count {
        match fields.number()? {
            1 => {
                fields.entry_head()?;
                let length = fields.length()?;
                let key = protected(fields.take(length)?, opener);
                match key {
                    Ok(key) => contents.keys.push(key),
                    Err(error) => contents.note(entry(number), Err(error)),
                }
                for _ in 0..fields.number()? {
                    certificate(&mut fields, version, number, contents)?;
                }
            }
            2 => {
                fields.entry_head()?;
                let place = contents.certificates.len();
                certificate(&mut fields, version, number, contents)?;
                if contents.certificates.len() > place {
                    contents.trusted.insert(place);
                }
            }
            // A secret key is a serialised Java object, whose end only Java finds.
            3 if contents.container == Container::Jceks => {
                contents.note(entry(number), Err(StoreError::JavaObject));
                return Ok(());
            }
            _ => return Err(fields.cut()),
        }
    }
    let end = fields.at;
    let hash = fields.take(HASH)?;
    if fields.at != file.len() {
        return Err(fields.cut());
    }
    if !opener.is_given() {
        contents.note(Place::Whole, Err(StoreError::IntegrityUnchecked));
    } else if !opener.java().any(|password| sha1(&[password, WHITENER, &file[..end]]) == *hash) {
        return Err(StoreError::PasswordWrong);
    }
    Ok(())
}

fn entry(number: u32) -> Place {
    Place::Entry(usize::try_from(number).unwrap_or(usize::MAX))
}

/// A certificate of an entry; one that cannot be read is a problem, and the others are kept.
fn certificate(
    fields: &mut Fields<'_>,
    version: u32,
    number: u32,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    if version == 2 {
        fields.text()?;
    }
    let length = fields.length()?;
    match Certificate::parse(fields.take(length)?) {
        Ok(certificate) => contents.certificates.push(certificate),
        Err(error) => contents.note(entry(number), Err(error.into())),
    }
    Ok(())
}

/// A key of an entry: EncryptedPrivateKeyInfo, RFC 5958 §3. Its password is that of the store, as a rule.
fn protected(bytes: &[u8], opener: &mut Opener<'_>) -> Result<PrivateKey, StoreError> {
    let element = Reader::new(bytes).take(tag::SEQUENCE).map_err(StoreError::Key)?;
    let mut fields = element.inside();
    let algorithm = fields.take(tag::SEQUENCE).map_err(StoreError::Key)?;
    let sealed = fields.take(tag::OCTET_STRING).map_err(StoreError::Key)?.content;
    if algorithm.inside().oid().map_err(StoreError::Key)? != KEY_PROTECTOR {
        return PrivateKey::encrypted(&element, opener);
    }
    let opened = opener.java().find_map(|password| open(sealed, password));
    let identity = opened
        .as_ref()
        .and_then(|opened| key::pkcs8(&Reader::new(opened).any().ok()?).ok().zip(Some(opened)));
    Ok(match identity {
        Some((identity, opened)) => {
            opener.keep(identity, opened);
            PrivateKey { identity, protection: Protection::Encrypted }
        }
        None => PrivateKey::sealed(bytes),
    })
}

/// The cipher of JKS: a stream made of SHA-1 of the password and of the hash before; a hash of the key at the end.
fn open(sealed: &[u8], password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (mut before, rest) =
        sealed.split_first_chunk::<HASH>().map(|(salt, rest)| (*salt, rest))?;
    let (sealed, check) = rest.split_last_chunk::<HASH>()?;
    let mut opened = Zeroizing::new(Vec::with_capacity(sealed.len()));
    for block in sealed.chunks(HASH) {
        before = sha1(&[password, &before]);
        opened.extend(block.iter().zip(before).map(|(octet, stream)| octet ^ stream));
    }
    (sha1(&[password, &opened]) == *check).then_some(opened)
}

/// Reads numbers and strings as Java's `DataInputStream` does.
struct Fields<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn cut(&self) -> StoreError {
        StoreError::Jks { position: self.at }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let end = self.at.checked_add(length).ok_or_else(|| self.cut())?;
        let taken = self.file.get(self.at..end).ok_or_else(|| self.cut())?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, StoreError> {
        let octets = self.take(4)?.try_into().map_err(|_| self.cut())?;
        Ok(u32::from_be_bytes(octets))
    }

    fn length(&mut self) -> Result<usize, StoreError> {
        let number = self.number()?;
        usize::try_from(number).map_err(|_| self.cut())
    }

    /// A string: two octets of length, then as many.
    fn text(&mut self) -> Result<(), StoreError> {
        let octets = self.take(2)?.try_into().map_err(|_| self.cut())?;
        self.take(usize::from(u16::from_be_bytes(octets)))?;
        Ok(())
    }

    /// The alias and the date.
    fn entry_head(&mut self) -> Result<(), StoreError> {
        self.text()?;
        self.take(8)?;
        Ok(())
    }
}
