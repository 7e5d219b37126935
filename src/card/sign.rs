//! The private key signs: one form of commands for each generation and kind of key, taken from the table of models.
//!
//! No signature leaves before it was checked against the certificate of its key.

use ring::rand::{SecureRandom as _, SystemRandom};

use super::error::Error;
use super::hashing::Unfinished;
use super::keys::{Key, PinRule};
use super::known::{Algorithm, Signing};
use super::pin::Unlocked;
use super::rsa::{digest_info, pkcs1_block};
use super::session::PinState;
use super::{Hash, Hashed, Padding, Session};
use crate::iso7816::apdu::Command;
use crate::iso7816::status::{Meaning, StatusWord};

/// Tags of MSE and PSO (ISO/IEC 7816-4 §11.5, ISO/IEC 7816-8).
const HASH_TEMPLATE: u8 = 0xAA;
const SIGNATURE_TEMPLATE: u8 = 0xB6;
const AUTHENTICATION_TEMPLATE: u8 = 0xA4;
pub(super) const CONFIDENTIALITY_TEMPLATE: u8 = 0xB8;

impl Unlocked<'_, '_> {
    /// Signs, and checks the signature. A PSS signature has the salt that [`Key::verify`] finds in it.
    ///
    /// # Errors
    /// [`Error::Scheme`] when the key does not sign so; [`Error::WrongSignature`]; [`Error::Refused`]; [`Error::Transport`].
    pub fn sign(&mut self, key: &Key, padding: Padding, hashed: &Hashed) -> Result<Vec<u8>, Error> {
        self.sign_as_it_is(key, padding, hashed)
    }
}

impl Session<'_> {
    /// Signs with a key that needs no PIN: the technical key, contactless (CPx fact sheet §10).
    ///
    /// # Errors
    /// [`Error::PinNeeded`] for any other; as [`Unlocked::sign`].
    pub fn sign_without_pin(
        &mut self,
        key: &Key,
        padding: Padding,
        hashed: &Hashed,
    ) -> Result<Vec<u8>, Error> {
        match key.pin() {
            PinRule::Needed => Err(Error::PinNeeded { file: key.file() }),
            PinRule::NotNeeded => self.sign_as_it_is(key, padding, hashed),
        }
    }

    fn sign_as_it_is(
        &mut self,
        key: &Key,
        padding: Padding,
        hashed: &Hashed,
    ) -> Result<Vec<u8>, Error> {
        key.check_scheme(padding, hashed.hash())?;
        let signature = self.use_key(&mut |session| session.signature_of(key, padding, hashed))?;
        match key.verify(padding, hashed, &signature) {
            Some(_) => Ok(signature),
            None => Err(Error::WrongSignature { file: key.file() }),
        }
    }

    /// Runs a use of a private key that asks for its whole answer at once, which saves an exchange of T=0; a card that
    /// refuses that is asked for parts.
    pub(super) fn use_key<T>(
        &mut self,
        operation: &mut dyn FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let usual = self.channel.chunk();
        self.enter_for_keys()?;
        self.channel.limit_chunk(256);
        let outcome = operation(self);
        self.channel.limit_chunk(usual);
        match outcome {
            Err(Error::Refused { status: StatusWord::WRONG_LENGTH, .. }) if usual < 256 => {
                operation(self)
            }
            outcome => outcome,
        }
    }

    fn signature_of(
        &mut self,
        key: &Key,
        padding: Padding,
        hashed: &Hashed,
    ) -> Result<Vec<u8>, Error> {
        let hash = hashed.hash();
        let unsupported = || Error::WrongSignature { file: key.file() };
        match key.signing {
            Some(Signing::FinishesHash { hashes, algorithms }) => {
                let id = number(algorithms, padding, hash).ok_or_else(unsupported)?;
                let alone = hashes.iter().find(|(known, _)| *known == hash).map(|(_, id)| *id);
                let digest = match (hashed.unfinished(), alone) {
                    (Some(unfinished), Some(alone)) => {
                        self.hash_end(key, alone, unfinished)?;
                        &[][..]
                    }
                    // Neither an empty message nor a digest made elsewhere has a last block.
                    _ => hashed.digest(),
                };
                let template = [0x80, 1, id, 0x84, 1, key.reference];
                self.set(key, 0x41, SIGNATURE_TEMPLATE, &template)?;
                self.compute(key, digest)
            }
            Some(Signing::ReadyHash(algorithms)) => {
                let id = number(algorithms, padding, hash).ok_or_else(unsupported)?;
                // The key goes with its highest bit set (CPx fact sheet §7.7).
                let template = [0x91, 2, id, 0x80 | key.reference];
                self.set(key, 0x81, SIGNATURE_TEMPLATE, &template)?;
                self.compute(key, hashed.digest())
            }
            Some(Signing::InternalAuthenticate { id }) => {
                let template = [0x80, 1, id, 0x84, 1, key.reference];
                self.set(key, 0x41, AUTHENTICATION_TEMPLATE, &template)?;
                let command = Command::new(self.model.cla, 0x88, 0x00, 0x00);
                self.step(key, &command.data(&digest_info(hashed)).le(256))
            }
            Some(Signing::Raw) => {
                let block = match padding {
                    Padding::Pkcs1 => pkcs1_block(key.length(), hashed),
                    Padding::Pss => salt(hash).and_then(|salt| key.public.pss_block(hashed, &salt)),
                };
                self.raw_operation(key, &block.ok_or_else(unsupported)?)
            }
            None => Err(unsupported()),
        }
    }

    /// MSE AA and PSO HASH: `90 L [state ‖ bits] 80 M last` (CPx fact sheet §7.3).
    fn hash_end(&mut self, key: &Key, id: u8, unfinished: &Unfinished) -> Result<(), Error> {
        self.set(key, 0x41, HASH_TEMPLATE, &[0x80, 1, id])?;
        let before = match unfinished.bits {
            0 => Vec::new(),
            bits => [unfinished.state.as_slice(), &bits.to_be_bytes()].concat(),
        };
        let field = |tag, value: &[u8]| crate::iso7816::tlv::encode(tag, value);
        let data = [field(0x90, &before), field(0x80, &unfinished.last)].concat();
        let hash = Command::new(self.model.cla, 0x2A, 0x90, 0xA0).data(&data);
        self.step(key, &hash).map(drop)
    }

    /// MSE SET.
    pub(super) fn set(&mut self, key: &Key, p1: u8, tag: u8, template: &[u8]) -> Result<(), Error> {
        let set = Command::new(self.model.cla, 0x22, p1, tag).data(template);
        self.step(key, &set).map(drop)
    }

    /// PSO COMPUTE DIGITAL SIGNATURE.
    fn compute(&mut self, key: &Key, digest: &[u8]) -> Result<Vec<u8>, Error> {
        let compute = Command::new(self.model.cla, 0x2A, 0x9E, 0x9A).data(digest).le(256);
        self.step(key, &compute)
    }

    /// The private operation of a CPS4 on a block as long as the modulus: PSO DECIPHER, whatever the block is.
    pub(super) fn raw_operation(&mut self, key: &Key, block: &[u8]) -> Result<Vec<u8>, Error> {
        self.set(key, 0x41, CONFIDENTIALITY_TEMPLATE, &[0x83, 1, key.reference])?;
        self.decipher(key, block)
    }

    /// PSO DECIPHER, chained: 255 bytes a command, the class bit 10 on all but the last.
    pub(super) fn decipher(&mut self, key: &Key, data: &[u8]) -> Result<Vec<u8>, Error> {
        let mut rest = data;
        while let Some((part, more)) = rest.split_at_checked(255).filter(|(_, m)| !m.is_empty()) {
            let chained = Command::new(self.model.cla | 0x10, 0x2A, 0x80, 0x86).data(part);
            self.step(key, &chained)?;
            rest = more;
        }
        let last = Command::new(self.model.cla, 0x2A, 0x80, 0x86).data(rest).le(256);
        self.step(key, &last.secret_answer())
    }

    /// One command of the use of a key.
    fn step(&mut self, key: &Key, command: &Command) -> Result<Vec<u8>, Error> {
        let response = self.channel.send(command)?;
        let (file, status) = (key.file(), response.status);
        match status.meaning() {
            Meaning::Done => Ok(response.data),
            Meaning::PinNeeded if self.pin == PinState::Verified => Err(Error::PinLost { file }),
            Meaning::PinNeeded => Err(Error::PinNeeded { file }),
            _ => Err(Error::Refused { file, status }),
        }
    }
}

/// The card's number for what it computes.
fn number(algorithms: &[Algorithm], padding: Padding, hash: Hash) -> Option<u8> {
    let same = |found: &&Algorithm| found.padding == padding && found.hash == hash;
    algorithms.iter().find(same).map(|found| found.id)
}

/// Random bytes, as many as the hash has, which is what TLS 1.3 asks for (RFC 8446 §4.2.3).
fn salt(hash: Hash) -> Option<Vec<u8>> {
    let mut salt = vec![0; hash.length()];
    SystemRandom::new().fill(&mut salt).ok()?;
    Some(salt)
}
