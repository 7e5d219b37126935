//! The commands of the private keys: MANAGE SECURITY ENVIRONMENT, PERFORM SECURITY OPERATION, INTERNAL AUTHENTICATE
//! (CPx fact sheet §7; ISO/IEC 7816-8).
//!
//! The sheet gives the sequences that work. What a real card answers to the others is unknown: the status words are those
//! of its §2.5 that fit, always the same. A key that the application has not is 6A88, one that may not do this 6985, an
//! operation that was not prepared 6985, a closed code 6982, a length 6700, any other field 6A80.

use super::VirtualCard;
use super::hash::{BLOCK, Hash, Intermediate};
use super::interpreter::allows;
use super::keys::{Padding, PrivateKey, Use};
use super::protocol::{Apdu, Chaining};
use crate::emulate::persona::Generation;
use crate::iso7816::status::StatusWord;
use crate::iso7816::tlv;

/// What the next operations work with. Forgotten at each reset and when another DF becomes the current one.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// Template AA.
    hash: Option<Hash>,
    /// Template B6.
    signature: Option<(PrivateKey, Padding, Hash)>,
    /// Template A4.
    authentication: Option<PrivateKey>,
    /// Template B8.
    confidentiality: Option<PrivateKey>,
    /// What PSO HASH left for one signature.
    digest: Option<(Hash, Vec<u8>)>,
    /// The blocks of a PSO DECIPHER whose last one is to come.
    pub(super) chained: Vec<u8>,
}

impl VirtualCard {
    /// MANAGE SECURITY ENVIRONMENT, SET.
    pub(super) fn manage(&mut self, apdu: &Apdu<'_>) -> Result<(), StatusWord> {
        match (self.model.generation(), apdu.p1, apdu.p2) {
            (Generation::Cps3, 0x41, 0xAA) => {
                let [hash] = fields(apdu.data, [0x80])?;
                let hash = match hash {
                    0x10 => Hash::Sha1,
                    0x40 => Hash::Sha256,
                    _ => return Err(StatusWord::WRONG_DATA),
                };
                self.environment.hash = Some(hash);
                self.environment.digest = None;
            }
            (Generation::Cps3, 0x41, 0xB6) => {
                let [algorithm, reference] = fields(apdu.data, [0x80, 0x84])?;
                let hash = match algorithm {
                    0x12 => Hash::Sha1,
                    0x42 => Hash::Sha256,
                    _ => return Err(StatusWord::WRONG_DATA),
                };
                let key = self.key(reference, Use::Sign(Padding::Pkcs1))?;
                self.environment.signature = Some((key, Padding::Pkcs1, hash));
            }
            (Generation::Cps3, 0x41, 0xA4) => {
                let [0x02, reference] = fields(apdu.data, [0x80, 0x84])? else {
                    return Err(StatusWord::WRONG_DATA);
                };
                self.environment.authentication = Some(self.key(reference, Use::Authenticate)?);
            }
            (Generation::Cps3, 0x41, 0xB8) => {
                let [0x1A, reference] = fields(apdu.data, [0x80, 0x84])? else {
                    return Err(StatusWord::WRONG_DATA);
                };
                self.environment.confidentiality = Some(self.key(reference, Use::Decipher)?);
            }
            (Generation::Cps4, 0x81, 0xB6) => {
                let &[0x91, 2, algorithm, reference] = apdu.data else {
                    return Err(StatusWord::WRONG_DATA);
                };
                let (padding, hash) = match algorithm {
                    0x0A => (Padding::Pkcs1, Hash::Sha1),
                    0x28 => (Padding::Pkcs1, Hash::Sha256),
                    0x15 => (Padding::Pss, Hash::Sha1),
                    0x2C => (Padding::Pss, Hash::Sha256),
                    _ => return Err(StatusWord::WRONG_DATA),
                };
                // Keys bear their top bit here (§7.7): 90 is key 10.
                let reference = reference.checked_sub(0x80).ok_or(StatusWord::DATA_NOT_FOUND)?;
                let key = self.key(reference, Use::Sign(padding))?;
                self.environment.signature = Some((key, padding, hash));
            }
            (Generation::Cps4, 0x41, 0xB8) => {
                let [reference] = fields(apdu.data, [0x83])?;
                self.environment.confidentiality = Some(self.key(reference, Use::Decipher)?);
            }
            _ => return Err(StatusWord::WRONG_P1P2),
        }
        Ok(())
    }

    /// PERFORM SECURITY OPERATION; `chained` is what came in the blocks before this one.
    pub(super) fn perform(
        &mut self,
        apdu: &Apdu<'_>,
        chaining: Chaining,
        chained: Vec<u8>,
    ) -> Result<Vec<u8>, StatusWord> {
        let operation = (self.model.generation(), apdu.p1, apdu.p2);
        match operation {
            (_, 0x80, 0x86) => self.decipher([&chained, apdu.data].concat(), chaining),
            _ if chaining == Chaining::More => Err(CHAINING_NOT_SUPPORTED),
            (Generation::Cps3, 0x90, 0xA0) => self.hash(apdu.data).map(|()| Vec::new()),
            (_, 0x9E, 0x9A) => self.sign(apdu.data),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// INTERNAL AUTHENTICATE, on a `DigestInfo` or any other block of at most 40 % of the modulus (§7.5).
    pub(super) fn authenticate(&mut self, apdu: &Apdu<'_>) -> Result<Vec<u8>, StatusWord> {
        if (apdu.p1, apdu.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let key = self.usable(self.environment.authentication)?;
        if apdu.data.is_empty() || apdu.data.len() > AUTHENTICATED_MAX {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.keys.authenticate(key, apdu.data)
    }

    /// PSO HASH: `90`, empty or state and bits hashed outside, then `80`, the last block, which is never empty (§7.3).
    fn hash(&mut self, data: &[u8]) -> Result<(), StatusWord> {
        let hash = self.environment.hash.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        self.environment.digest = None;
        let [begun, last] = values(data, [0x90, 0x80])?;
        if !(1..=BLOCK).contains(&last.len()) {
            return Err(StatusWord::WRONG_DATA);
        }
        let digest = match begun.split_last_chunk::<8>() {
            None if begun.is_empty() => Some(hash.digest(last)),
            None => None,
            Some((state, bits)) => {
                hash.finish(Intermediate { state, bits: u64::from_be_bytes(*bits) }, last)
            }
        };
        self.environment.digest = Some((hash, digest.ok_or(StatusWord::WRONG_DATA)?));
        Ok(())
    }

    /// PSO COMPUTE DIGITAL SIGNATURE, of a hash given, or on CPS3 of what PSO HASH left. That serves once (inferred).
    fn sign(&mut self, given: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let (key, padding, hash) =
            self.environment.signature.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        let key = self.usable(Some(key))?;
        if !given.is_empty() || self.model.generation() == Generation::Cps4 {
            if given.len() != hash.length() {
                return Err(StatusWord::WRONG_LENGTH);
            }
            return self.keys.sign(key, padding, hash, given);
        }
        match self.environment.digest.take() {
            Some((by, digest)) if by == hash => self.keys.sign(key, padding, hash, &digest),
            _ => Err(StatusWord::CONDITIONS_OF_USE),
        }
    }

    /// PSO DECIPHER. CPS3: 81 and a cryptogram, whose message is answered (§7.6); CPS4: the private operation on a
    /// block, whatever its padding (§7.7).
    fn decipher(&mut self, data: Vec<u8>, chaining: Chaining) -> Result<Vec<u8>, StatusWord> {
        let key = self.usable(self.environment.confidentiality)?;
        let whole = match self.model.generation() {
            Generation::Cps3 => CRYPTOGRAM + 1,
            Generation::Cps4 => CRYPTOGRAM,
        };
        if chaining == Chaining::More && data.len() <= whole {
            self.environment.chained = data;
            return Ok(Vec::new());
        }
        if data.len() != whole {
            return Err(StatusWord::WRONG_LENGTH);
        }
        match (self.model.generation(), data.as_slice()) {
            (Generation::Cps3, [0x81, cryptogram @ ..]) => self.keys.decipher(key, cryptogram),
            (Generation::Cps3, _) => Err(StatusWord::WRONG_DATA),
            (Generation::Cps4, block) => self.keys.raw(key, block),
        }
    }

    /// A key of the current application that may do this.
    fn key(&self, reference: u8, wanted: Use) -> Result<PrivateKey, StatusWord> {
        let key = self.keys.key(&self.selection.df, reference);
        let key = key.ok_or(StatusWord::DATA_NOT_FOUND)?;
        if key.uses.contains(&wanted) { Ok(key) } else { Err(StatusWord::CONDITIONS_OF_USE) }
    }

    /// The key that a template names, once its code is verified.
    fn usable(&self, key: Option<PrivateKey>) -> Result<PrivateKey, StatusWord> {
        let key = key.ok_or(StatusWord::CONDITIONS_OF_USE)?;
        if allows(key.access, self.rights()) { Ok(key) } else { Err(StatusWord::SECURITY_STATUS) }
    }
}

/// The objects of a data field: these tags in this order, and nothing else.
fn values<const N: usize>(data: &[u8], tags: [u32; N]) -> Result<[&[u8]; N], StatusWord> {
    let mut objects = tlv::objects(data);
    let mut found = [&[][..]; N];
    for (tag, value) in tags.into_iter().zip(&mut found) {
        match objects.next() {
            Some(Ok(object)) if object.tag.0 == tag => *value = object.value,
            _ => return Err(StatusWord::WRONG_DATA),
        }
    }
    if objects.position() == data.len() { Ok(found) } else { Err(StatusWord::WRONG_DATA) }
}

/// The same, each of one byte.
fn fields<const N: usize>(data: &[u8], tags: [u32; N]) -> Result<[u8; N], StatusWord> {
    let values = values(data, tags)?;
    let mut bytes = [0; N];
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = match value {
            [value] => *value,
            _ => return Err(StatusWord::WRONG_DATA),
        };
    }
    Ok(bytes)
}

/// 6884: this command is not chained.
pub(super) const CHAINING_NOT_SUPPORTED: StatusWord = StatusWord(0x6884);

/// Bytes of a cryptogram: every key has 2048 bits (§7.1).
const CRYPTOGRAM: usize = 256;

/// 40 % of a modulus of 2048 bits.
const AUTHENTICATED_MAX: usize = 102;

#[cfg(test)]
mod tests;
