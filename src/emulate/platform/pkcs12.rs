//! The PKCS#12 of a key that was made here (RFC 7292), in two encodings: that of real files is unknown (platform fact sheet §12.4).

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, InnerIvInit, KeyInit};
use pkcs5::der::Encode;
use pkcs5::pbes2;
use ring::digest::{self, Algorithm};
use ring::hmac;

use crate::iso7816::tlv::encode;
use crate::secret::Secret;

/// How a PKCS#12 is protected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Pkcs12Encoding {
    /// Certificates by RC2 with 40 bits, the key by triple DES, integrity by HMAC-SHA-1: what old tools read.
    Legacy,
    /// PBES2 with AES-256 and PBKDF2 with HMAC-SHA-256; integrity by HMAC-SHA-256.
    #[default]
    Modern,
}

/// What goes in.
pub(super) struct Content<'a> {
    /// PKCS#8, DER.
    pub(super) key: &'a [u8],
    /// Its certificate first, DER.
    pub(super) chain: &'a [&'a [u8]],
    /// `friendlyName`.
    pub(super) name: &'a str,
    /// Salts and initialisation vectors come from it.
    pub(super) seed: &'a [u8],
}

impl Pkcs12Encoding {
    /// The file. `None` where the password cannot be written in it.
    pub(super) fn file(self, content: &Content<'_>, password: &Secret<String>) -> Option<Vec<u8>> {
        let local_id = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, content.chain.first()?);
        let attributes = attributes(content.name, local_id.as_ref());
        let certificates: Vec<Vec<u8>> = content
            .chain
            .iter()
            .enumerate()
            .map(|(place, der)| {
                let attributes = if place == 0 { attributes.clone() } else { Vec::new() };
                let value = [oid(X509_CERTIFICATE), encode(0xA0, &encode(OCTETS, der))].concat();
                bag(CERTIFICATE_BAG, &encode(SEQUENCE, &value), &attributes)
            })
            .collect();
        let certificates = encode(SEQUENCE, &certificates.concat());
        let key = self.encrypted(Purpose::Key, content.key, password, content.seed)?;
        let key = encode(SEQUENCE, &[key.algorithm, encode(OCTETS, &key.bytes)].concat());
        let keys = encode(SEQUENCE, &bag(SHROUDED_KEY_BAG, &key, &attributes));
        let hidden =
            self.encrypted(Purpose::Certificates, &certificates, password, content.seed)?;
        let hidden = [oid(DATA), hidden.algorithm, encode(0x80, &hidden.bytes)].concat();
        let hidden = encode(SEQUENCE, &[encode(INTEGER, &[0]), encode(SEQUENCE, &hidden)].concat());
        let hidden = encode(SEQUENCE, &[oid(ENCRYPTED_DATA), encode(0xA0, &hidden)].concat());
        let safe = encode(SEQUENCE, &[hidden, data(&keys)].concat());
        let mac = self.mac(&safe, password, content.seed);
        Some(encode(SEQUENCE, &[encode(INTEGER, &[3]), data(&safe), mac].concat()))
    }

    fn encrypted(
        self,
        purpose: Purpose,
        bytes: &[u8],
        password: &Secret<String>,
        seed: &[u8],
    ) -> Option<Encrypted> {
        let drawn = digest::digest(&digest::SHA512, &[seed, purpose.label()].concat());
        let (salt, rest) = drawn.as_ref().split_at(16);
        if self == Self::Modern {
            let vector = rest.get(..16)?.try_into().ok()?;
            let parameters =
                pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, salt, vector)
                    .ok()?;
            let mut buffer = [bytes, &[0; 16]].concat();
            let text = password.expose().as_bytes();
            let bytes = parameters.encrypt_in_place(text, &mut buffer, bytes.len()).ok()?.to_vec();
            let parameters = parameters.to_der().ok()?;
            let algorithm = encode(SEQUENCE, &[oid(PBES2), parameters].concat());
            return Some(Encrypted { algorithm, bytes });
        }
        let salt = &salt[..8];
        let derive = |used, length| {
            derived(&digest::SHA1_FOR_LEGACY_USE_ONLY, 64, used, password, salt, length)
        };
        let vector = derive(Use::Vector, 8);
        let (scheme, bytes) = match purpose {
            Purpose::Key => {
                let cipher = des::TdesEde3::new_from_slice(&derive(Use::Key, 24)).ok()?;
                let mode = cbc::Encryptor::inner_iv_slice_init(cipher, &vector).ok()?;
                (TRIPLE_DES, padded(mode, bytes)?)
            }
            Purpose::Certificates => {
                let cipher = rc2::Rc2::new_from_slice(&derive(Use::Key, 5)).ok()?;
                let mode = cbc::Encryptor::inner_iv_slice_init(cipher, &vector).ok()?;
                (RC2_40, padded(mode, bytes)?)
            }
        };
        let parameters = [encode(OCTETS, salt), integer(ITERATIONS)].concat();
        let algorithm = [oid(scheme), encode(SEQUENCE, &parameters)].concat();
        Some(Encrypted { algorithm: encode(SEQUENCE, &algorithm), bytes })
    }

    /// MacData (RFC 7292 §4).
    fn mac(self, safe: &[u8], password: &Secret<String>, seed: &[u8]) -> Vec<u8> {
        let (hash, algorithm, name) = match self {
            Self::Legacy => {
                (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SHA1)
            }
            Self::Modern => (&digest::SHA256, hmac::HMAC_SHA256, SHA256),
        };
        let drawn = digest::digest(&digest::SHA256, &[seed, b"mac"].concat());
        let salt = &drawn.as_ref()[..8];
        let key = derived(hash, 64, Use::Mac, password, salt, hash.output_len());
        let tag = hmac::sign(&hmac::Key::new(algorithm, &key), safe);
        let digest_info = [
            encode(SEQUENCE, &[oid(name), encode(NULL, &[])].concat()),
            encode(OCTETS, tag.as_ref()),
        ];
        let mac =
            [encode(SEQUENCE, &digest_info.concat()), encode(OCTETS, salt), integer(ITERATIONS)];
        encode(SEQUENCE, &mac.concat())
    }
}

/// What is encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    Key,
    Certificates,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Key => b"key",
            Self::Certificates => b"certificates",
        }
    }
}

/// An AlgorithmIdentifier, and what came of it.
struct Encrypted {
    algorithm: Vec<u8>,
    bytes: Vec<u8>,
}

fn padded<M: BlockModeEncrypt>(mode: M, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = [bytes, &[0; 8]].concat();
    Some(mode.encrypt_padded::<Pkcs7>(&mut buffer, bytes.len()).ok()?.to_vec())
}

/// What is derived, RFC 7292 §B.3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Use {
    Key,
    Vector,
    Mac,
}

/// The derivation of RFC 7292 §B.2, with blocks of `block` bytes.
fn derived(
    hash: &'static Algorithm,
    block: usize,
    used: Use,
    password: &Secret<String>,
    salt: &[u8],
    length: usize,
) -> Vec<u8> {
    // BMPString with two zero bytes at its end (§B.1).
    let units = password.expose().encode_utf16().chain([0]);
    let password: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().div_ceil(block) * block;
        bytes.iter().copied().cycle().take(length).collect()
    };
    let identifier = match used {
        Use::Key => 1_u8,
        Use::Vector => 2,
        Use::Mac => 3,
    };
    let diversifier = vec![identifier; block];
    let mut input = [filled(salt), filled(&password)].concat();
    let mut output = Vec::new();
    while output.len() < length {
        let mut round = digest::digest(hash, &[&diversifier[..], &input].concat());
        for _ in 1..ITERATIONS {
            round = digest::digest(hash, round.as_ref());
        }
        output.extend(round.as_ref());
        let added = filled(round.as_ref());
        for part in input.chunks_mut(block) {
            // Big-endian addition of the block and one.
            let mut carry = 1_u16;
            for (byte, other) in part.iter_mut().zip(&added).rev() {
                carry += u16::from(*byte) + u16::from(*other);
                *byte = carry.to_be_bytes()[1];
                carry >>= 8;
            }
        }
    }
    output.truncate(length);
    output
}

/// friendlyName and localKeyId.
fn attributes(name: &str, local_id: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attribute =
        |kind: &[u8], value: Vec<u8>| encode(SEQUENCE, &[oid(kind), encode(SET, &value)].concat());
    let mut both = [
        attribute(FRIENDLY_NAME, encode(BMP_STRING, &name)),
        attribute(LOCAL_KEY_ID, encode(OCTETS, local_id)),
    ];
    both.sort();
    encode(SET, &both.concat())
}

fn bag(kind: &[u8], value: &[u8], attributes: &[u8]) -> Vec<u8> {
    encode(SEQUENCE, &[&oid(kind)[..], &encode(0xA0, value), attributes].concat())
}

/// ContentInfo of plain data.
fn data(bytes: &[u8]) -> Vec<u8> {
    encode(SEQUENCE, &[oid(DATA), encode(0xA0, &encode(OCTETS, bytes))].concat())
}

fn oid(content: &[u8]) -> Vec<u8> {
    encode(OID, content)
}

fn integer(number: u32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
    let lead: &[u8] = if bytes[start] & 0x80 == 0 { &[] } else { &[0] };
    encode(INTEGER, &[lead, &bytes[start..]].concat())
}

const ITERATIONS: u32 = 2048;

const INTEGER: u32 = 0x02;
const OCTETS: u32 = 0x04;
const NULL: u32 = 0x05;
const OID: u32 = 0x06;
const BMP_STRING: u32 = 0x1E;
const SEQUENCE: u32 = 0x30;
const SET: u32 = 0x31;

/// 1.2.840.113549.1.7.1 and 6.
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
const ENCRYPTED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 6];
/// 1.2.840.113549.1.12.10.1.2 and 3.
const SHROUDED_KEY_BAG: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 10, 1, 2];
const CERTIFICATE_BAG: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 10, 1, 3];
/// 1.2.840.113549.1.9.22.1, 20 and 21.
const X509_CERTIFICATE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 20];
const LOCAL_KEY_ID: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 21];
/// 1.2.840.113549.1.5.13.
const PBES2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 5, 13];
/// 1.2.840.113549.1.12.1.3 and 6.
const TRIPLE_DES: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 1, 3];
const RC2_40: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 1, 6];
/// 1.3.14.3.2.26 and 2.16.840.1.101.3.4.2.1.
const SHA1: &[u8] = &[0x2B, 0x0E, 3, 2, 0x1A];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
