//! EF.PrKD and EF.PuKD: the keys, PKCS#15 v1.1 §6.3 and §6.4, ISO/IEC 7816-15 §8.4 and §8.5.

use super::{Bits, Common, Listing, Location, ProblemKind, class, unsigned};
use crate::iso7816::tlv::{Tag, Tlv};

/// A private key of the card. RSA is the only kind CPx cards have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrivateKey {
    /// Label, flags, PIN.
    pub common: Common,
    /// What certificate and public key share with it.
    pub id: Vec<u8>,
    /// What it may do.
    pub usage: Usage,
    /// sensitive(0), extractable(1), alwaysSensitive(2), neverExtractable(3), local(4).
    pub access: Bits,
    /// Reference in MSE.
    pub reference: Option<u8>,
    /// Bits of the modulus.
    pub modulus_bits: Option<usize>,
}

/// A public key of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    /// Label, flags.
    pub common: Common,
    /// What private key and certificate share with it.
    pub id: Vec<u8>,
    /// What it may do.
    pub usage: Usage,
    /// The file that holds `RSAPublicKey`, where there is one.
    pub location: Option<Location>,
    /// Bits of the modulus.
    pub modulus_bits: Option<usize>,
}

/// `KeyUsageFlags`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage(Bits);

impl Usage {
    /// decrypt(1).
    pub fn decrypts(self) -> bool {
        self.0.has(1)
    }

    /// sign(2).
    pub fn signs(self) -> bool {
        self.0.has(2)
    }

    /// nonRepudiation(9).
    pub fn commits(self) -> bool {
        self.0.has(9)
    }
}

/// Reads EF.PrKD.
pub fn read_private(bytes: &[u8]) -> Listing<PrivateKey> {
    Listing::read(bytes, |entry| {
        let key = Key::read(entry)?;
        let reference = key.class.child(0x02).and_then(unsigned);
        Ok(PrivateKey {
            access: key.class_bits(1),
            common: key.common,
            id: key.id,
            usage: key.usage,
            reference: reference.and_then(|reference| u8::try_from(reference).ok()),
            modulus_bits: key.modulus_bits,
        })
    })
}

/// Reads EF.PuKD.
pub fn read_public(bytes: &[u8]) -> Listing<PublicKey> {
    Listing::read(bytes, |entry| {
        let key = Key::read(entry)?;
        Ok(PublicKey {
            common: key.common,
            id: key.id,
            usage: key.usage,
            location: Location::in_type(entry).ok(),
            modulus_bits: key.modulus_bits,
        })
    })
}

/// What both kinds share.
struct Key<'a> {
    common: Common,
    class: Tlv<'a>,
    id: Vec<u8>,
    usage: Usage,
    modulus_bits: Option<usize>,
}

impl<'a> Key<'a> {
    fn read(entry: Tlv<'a>) -> Result<Self, ProblemKind> {
        // Other choices of `PrivateKeyType` and `PublicKeyType` are tagged A0 and up.
        if entry.tag != Tag(0x30) {
            return Err(ProblemKind::Unknown(entry.tag));
        }
        let class = class(entry)?;
        let rsa = entry.child(0xA1).and_then(|type_field| type_field.child(0x30));
        let mut key = Self {
            common: Common::read(entry)?,
            class,
            id: class.child(0x04).ok_or(ProblemKind::Missing("iD"))?.value.to_vec(),
            usage: Usage::default(),
            modulus_bits: rsa.and_then(|rsa| rsa.child(0x02)).and_then(unsigned),
        };
        key.usage = Usage(key.class_bits(0));
        Ok(key)
    }

    /// The n-th BIT STRING of the class attributes: usage, then access flags.
    fn class_bits(&self, n: usize) -> Bits {
        let mut strings =
            self.class.children().map_while(Result::ok).filter(|tlv| tlv.tag == Tag(0x03));
        strings.nth(n).map(Bits::read).unwrap_or_default()
    }
}
