//! The private keys: what each does, for whom, and the operations themselves (CPx fact sheet §7.1; RFC 8017).

use ring::rand::{SecureRandom, SystemRandom};

use super::fs::{Access, DF_CONTACT, DF_CONTACTLESS};
use super::hash::Hash;
use super::model::Model;
use super::pkcs15::{self, Pair};
use crate::emulate::igc::{TestKey, product_key};
use crate::emulate::persona::{Field, Generation, Limit, PersonaError};
use crate::emulate::rsa::RsaKey;
use crate::iso7816::status::StatusWord;

/// The private keys of a card, each beside the certificate of the same name. All are public on purpose.
///
/// A certificate without its key makes a card that can be read and does not know that key.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Keys {
    /// The key of `Certificat de Signature CPS`.
    pub signature: Option<TestKey>,
    /// The key of `Certificat d'Authentification CPS`.
    pub authentication: Option<TestKey>,
    /// The key of `Certificat Technique CPS`.
    pub technical: Option<TestKey>,
}

/// A key where the card has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PrivateKey {
    /// The application it belongs to: it is known there only (the top bit of a reference says "local").
    df: u16,
    reference: u8,
    pub(super) uses: &'static [Use],
    /// Who may use it. A use leaves the verified state as it was: no key has userConsent set (inferred, §7.1).
    pub(super) access: Access,
    key: TestKey,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Use {
    /// INTERNAL AUTHENTICATE.
    Authenticate,
    /// PSO DECIPHER.
    Decipher,
    /// PSO COMPUTE DIGITAL SIGNATURE.
    Sign(Padding),
}

/// How a hash becomes a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Padding {
    Pkcs1,
    Pss,
}

/// What is wrong with the signatures of a card; a fault.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::emulate) enum Flaw {
    /// They are made with the key of another card.
    Foreign,
    /// After so many that are right, the last bit is inverted.
    InvertedAfter(u32),
    #[default]
    None,
}

/// All the keys of a card.
#[derive(Clone, Debug)]
pub(super) struct Keyring {
    keys: Vec<PrivateKey>,
    /// Bytes of salt in a PSS signature of this card; as many as the hash has when it is not said.
    salt: Option<u8>,
    flaw: Flaw,
}

impl Keyring {
    pub(super) fn new(model: Model, keys: &Keys, salt: Option<u8>) -> Result<Self, PersonaError> {
        use Padding::{Pkcs1, Pss};
        use Use::{Authenticate, Decipher, Sign};

        if salt > Some(SALT_MAX) {
            return Field::new("card.pss_salt").refuse(Limit::Salt(SALT_MAX));
        }
        let of = |df, access, pair: Pair, uses, key: Option<TestKey>| {
            key.map(|key| PrivateKey { df, reference: pair.reference, uses, access, key })
        };
        let generation = model.generation();
        let (signs, authenticates): (&[Use], &[Use]) = match generation {
            Generation::Cps3 => (&[Sign(Pkcs1)], &[Authenticate, Decipher]),
            Generation::Cps4 => (&[Sign(Pkcs1), Sign(Pss)], &[Decipher, Sign(Pss)]),
        };
        let signature = pkcs15::signature(generation);
        let authentication = pkcs15::authentication(generation);
        let contact = [
            of(DF_CONTACT, Access::Pin, signature, signs, keys.signature),
            of(DF_CONTACT, Access::Pin, authentication, authenticates, keys.authentication),
        ];
        let contactless =
            of(DF_CONTACTLESS, Access::Free, pkcs15::TECHNICAL, &[Authenticate], keys.technical);
        let keys: Vec<Option<PrivateKey>> = match model {
            Model::Cps3 => [&contact[..], &[contactless]].concat(),
            Model::Cps3Contactless => vec![contactless],
            Model::Cps4T0 | Model::Cps4T1 => contact.to_vec(),
        };
        Ok(Self { keys: keys.into_iter().flatten().collect(), salt, flaw: Flaw::None })
    }

    /// The key of this reference in this application.
    pub(super) fn key(&self, df: &[u16], reference: u8) -> Option<PrivateKey> {
        let here = |key: &&PrivateKey| df.last() == Some(&key.df) && key.reference == reference;
        self.keys.iter().find(here).copied()
    }

    pub(super) fn spoil(&mut self, flaw: Flaw) {
        self.flaw = flaw;
    }

    /// A signature of a hash.
    pub(super) fn sign(
        &mut self,
        key: PrivateKey,
        padding: Padding,
        hash: Hash,
        digest: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        let salt = self.salt.map_or(hash.length(), usize::from);
        self.flawed(key, |rsa| match padding {
            Padding::Pkcs1 => {
                rsa.sign_padded(&[hash.digest_info(), digest].concat()).map_err(|_| FAILED)
            }
            Padding::Pss => rsa.raw(&pss(hash, digest, salt, rsa.length())?).map_err(|_| FAILED),
        })
    }

    /// A block of the caller padded as for a signature.
    pub(super) fn authenticate(
        &mut self,
        key: PrivateKey,
        block: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        self.flawed(key, |rsa| rsa.sign_padded(block).map_err(|_| StatusWord::WRONG_LENGTH))
    }

    /// The private operation alone. On a padded block it signs, so it is flawed as signatures are.
    pub(super) fn raw(&mut self, key: PrivateKey, block: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.flawed(key, |rsa| rsa.raw(block).map_err(|_| StatusWord::WRONG_DATA))
    }

    /// The message of a cryptogram, RSAES-PKCS1-v1_5 (RFC 8017 §7.2.2). What wrong padding answers is ours; a real card
    /// should tell nobody.
    pub(super) fn decipher(
        &self,
        key: PrivateKey,
        cryptogram: &[u8],
    ) -> Result<Vec<u8>, StatusWord> {
        let block = load(key.key)?.raw(cryptogram).map_err(|_| StatusWord::WRONG_DATA)?;
        let Some(padded) = block.strip_prefix(&[0, 2]) else {
            return Err(StatusWord::WRONG_DATA);
        };
        match padded.iter().position(|byte| *byte == 0) {
            Some(end) if end >= 8 => Ok(padded[end + 1..].to_vec()),
            _ => Err(StatusWord::WRONG_DATA),
        }
    }

    fn flawed(
        &mut self,
        key: PrivateKey,
        operation: impl Fn(&RsaKey) -> Result<Vec<u8>, StatusWord>,
    ) -> Result<Vec<u8>, StatusWord> {
        let mut signature = match self.flaw {
            Flaw::Foreign => operation(&load(product_key("ps-sign").ok_or(FAILED)?)?)?,
            Flaw::InvertedAfter(_) | Flaw::None => operation(&load(key.key)?)?,
        };
        match (&mut self.flaw, signature.last_mut()) {
            (Flaw::InvertedAfter(0), Some(last)) => *last ^= 1,
            (Flaw::InvertedAfter(right), _) => *right -= 1,
            _ => {}
        }
        Ok(signature)
    }
}

fn load(key: TestKey) -> Result<RsaKey, StatusWord> {
    key.rsa().map_err(|_| FAILED)
}

/// EMSA-PSS with MGF1 of the same hash (RFC 8017 §9.1.1), for a modulus of so many whole bytes.
fn pss(hash: Hash, digest: &[u8], salt: usize, length: usize) -> Result<Vec<u8>, StatusWord> {
    let zeros = length.checked_sub(hash.length() + salt + 2).ok_or(FAILED)?;
    let mut salt = vec![0; salt];
    SystemRandom::new().fill(&mut salt).map_err(|_| FAILED)?;
    let salted = hash.digest(&[&[0; 8], digest, &salt].concat());
    let mut block = [&vec![0; zeros][..], &[1], &salt].concat();
    let mask =
        (0_u32..).flat_map(|counter| hash.digest(&[&salted[..], &counter.to_be_bytes()].concat()));
    for (byte, mask) in block.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    // One bit less than the modulus.
    block[0] &= 0x7F;
    Ok([block, salted, vec![0xBC]].concat())
}

/// What a block of 2048 bits holds beside a SHA-256 hash and its padding.
const SALT_MAX: u8 = 222;

/// 6F00: what does not happen with the keys and salts a card can have.
const FAILED: StatusWord = StatusWord(0x6F00);
