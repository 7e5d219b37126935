//! Encryption with a password, as containers use it: PBES2 (RFC 8018 §6.2), the schemes of PKCS#12 (RFC 7292 §B and §C),
//! and that of Java key stores.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use pkcs5::EncryptionScheme;
use pkcs5::der::Decode;
use pkcs5::pbes2::Kdf;
use ring::digest::{self, Algorithm};
use zeroize::Zeroizing;

use super::StoreError;
use super::ber::{Element, Reader, tag};
use super::key::{KeyIdentity, Protection};
use super::secret::Kept;
use crate::secret::Secret;
use crate::x509::Oid;

/// How many iterations of a hash a file may ask for, in all.
pub(super) const MOST_ITERATIONS: u64 = 10_000_000;

/// A password in the forms that schemes take.
pub(super) struct Password {
    /// PBES2: UTF-8.
    utf8: Zeroizing<Vec<u8>>,
    /// PKCS#12: UTF-16, big-endian, two zero octets at the end (RFC 7292 §B.1); nothing at all for no password.
    bmp: Zeroizing<Vec<u8>>,
    /// Java key stores: UTF-16, big-endian.
    utf16: Zeroizing<Vec<u8>>,
    protection: Protection,
}

impl Password {
    fn new(text: &str) -> Self {
        let mut utf16 = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        text.encode_utf16().for_each(|unit| utf16.extend_from_slice(&unit.to_be_bytes()));
        let mut bmp = Zeroizing::new(Vec::with_capacity(utf16.len() + 2));
        bmp.extend_from_slice(&utf16);
        bmp.extend_from_slice(&[0, 0]);
        let utf8 = Zeroizing::new(text.as_bytes().to_vec());
        let protection = if text.is_empty() { Protection::Clear } else { Protection::Encrypted };
        Self { utf8, bmp, utf16, protection }
    }

    /// No password, which PKCS#12 tells from an empty one.
    fn none() -> Self {
        Self { bmp: Zeroizing::default(), ..Self::new("") }
    }
}

/// What was inside an encryption.
pub(super) struct Opened {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) protection: Protection,
}

/// The passwords to try, and the work they may cost.
pub(super) struct Opener<'a> {
    given: Option<&'a Secret<String>>,
    passwords: Vec<Password>,
    left: u64,
    /// The private keys that were opened, where they were asked for.
    kept: Option<Vec<Kept>>,
}

impl<'a> Opener<'a> {
    /// With the password that was given, else with the empty one, which protects nothing.
    pub(super) fn new(given: Option<&'a Secret<String>>) -> Self {
        let text = given.map_or("", |given| given.expose().as_str());
        let mut passwords = vec![Password::new(text)];
        if text.is_empty() {
            passwords.push(Password::none());
        }
        Self { given, passwords, left: MOST_ITERATIONS, kept: None }
    }

    /// Keeps the private keys that are met.
    pub(super) fn keeping(self) -> Self {
        Self { kept: Some(Vec::new()), ..self }
    }

    /// Keeps a private key, if they were asked for.
    pub(super) fn keep(&mut self, identity: KeyIdentity, der: &[u8]) {
        if let Some(kept) = &mut self.kept {
            kept.push(Kept { identity, der: Zeroizing::new(der.to_vec()) });
        }
    }

    /// The private keys that were kept, in the order of the file.
    pub(super) fn kept(self) -> Vec<Kept> {
        self.kept.unwrap_or_default()
    }

    /// The error when no password opens something.
    pub(super) fn refused(&self) -> StoreError {
        if self.given.is_some() { StoreError::PasswordWrong } else { StoreError::PasswordNeeded }
    }

    /// Whether a password was given.
    pub(super) fn is_given(&self) -> bool {
        self.given.is_some()
    }

    /// Decrypts. The padding is right by chance for one wrong password in 256: the reader of the content decides.
    ///
    /// # Errors
    /// [`StoreError::PasswordNeeded`] or [`StoreError::PasswordWrong`] when no password opens it,
    /// [`StoreError::Algorithm`] and [`StoreError::Iterations`].
    pub(super) fn open(
        &mut self,
        algorithm: &Element<'_>,
        sealed: &[u8],
    ) -> Result<Opened, StoreError> {
        let scheme = Scheme::read(algorithm, &mut self.left)?;
        for password in &self.passwords {
            let opened = scheme.decrypt(password, sealed);
            // What begins with something else than an element was not opened.
            if let Some(bytes) = opened.filter(|bytes| bytes.first() == Some(&tag::SEQUENCE)) {
                return Ok(Opened { bytes, protection: password.protection });
            }
        }
        Err(self.refused())
    }

    /// Whether a password makes this MAC (RFC 7292 §4, MacData), and if so, that only that one is tried from here on.
    pub(super) fn authenticate(
        &mut self,
        mac: &Element<'_>,
        content: &[u8],
    ) -> Result<(), StoreError> {
        let mac = Mac::read(mac, &mut self.left)?;
        let right = self.passwords.iter().position(|password| mac.is_of(password, content));
        let password = right.map(|right| self.passwords.swap_remove(right));
        let Some(password) = password else { return Err(self.refused()) };
        self.passwords = vec![password];
        Ok(())
    }

    /// The passwords as Java key stores take them; none when none was given.
    pub(super) fn java(&self) -> impl Iterator<Item = &[u8]> {
        let given = self.given.is_some();
        self.passwords.iter().take(usize::from(given)).map(|password| &password.utf16[..])
    }
}

fn charge(left: &mut u64, asked: u64) -> Result<u32, StoreError> {
    match left.checked_sub(asked) {
        Some(rest) => *left = rest,
        None => return Err(StoreError::Iterations { asked }),
    }
    u32::try_from(asked).map_err(|_| StoreError::Iterations { asked })
}

enum Scheme {
    Pbes2(EncryptionScheme),
    Pkcs12 { cipher: Cipher, salt: Vec<u8>, iterations: u32 },
}

/// The block ciphers of RFC 7292 §C that anybody used.
#[derive(Clone, Copy)]
enum Cipher {
    TripleDes,
    TripleDesTwoKeys,
    Rc2 { octets: usize },
}

const PBES2: &str = "1.2.840.113549.1.5.13";

impl Scheme {
    fn read(algorithm: &Element<'_>, left: &mut u64) -> Result<Self, StoreError> {
        let mut fields = algorithm.inside();
        let name = fields.oid()?;
        if name == PBES2 {
            let refused = |_| StoreError::Algorithm(name.clone());
            charge(left, iterations(&mut fields).unwrap_or(0))?;
            let scheme = EncryptionScheme::from_der(algorithm.raw).map_err(refused)?;
            if let EncryptionScheme::Pbes2(parameters) = &scheme
                && let Kdf::Scrypt(scrypt) = &parameters.kdf
            {
                // A step is as much work as several iterations, and keeps 128 octets.
                let work = [scrypt.block_size.into(), scrypt.parallelization.into(), 16];
                let work = work
                    .iter()
                    .fold(scrypt.cost_parameter, |work, factor: &u64| work.saturating_mul(*factor));
                charge(left, work)?;
            }
            return Ok(Self::Pbes2(scheme));
        }
        let cipher = match name.as_str() {
            "1.2.840.113549.1.12.1.3" => Cipher::TripleDes,
            "1.2.840.113549.1.12.1.4" => Cipher::TripleDesTwoKeys,
            "1.2.840.113549.1.12.1.5" => Cipher::Rc2 { octets: 16 },
            "1.2.840.113549.1.12.1.6" => Cipher::Rc2 { octets: 5 },
            _ => return Err(StoreError::Algorithm(name)),
        };
        let mut parameters = fields.take(tag::SEQUENCE)?.inside();
        let salt = parameters.take(tag::OCTET_STRING)?.content.to_vec();
        let iterations = charge(left, parameters.take(tag::INTEGER)?.number()?)?;
        Ok(Self::Pkcs12 { cipher, salt, iterations })
    }

    fn decrypt(&self, password: &Password, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let length = match self {
            Self::Pbes2(scheme) => scheme.decrypt_in_place(&password.utf8, &mut bytes).ok()?.len(),
            Self::Pkcs12 { cipher, salt, iterations } => {
                let derive = |use_for, length| {
                    let hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
                    derive(hash, use_for, &password.bmp, salt, *iterations, length)
                };
                let iv = derive(Use::Iv, 8);
                match cipher {
                    Cipher::TripleDes => {
                        let key = derive(Use::Key, 24);
                        cbc(des::TdesEde3::new_from_slice(&key).ok()?, &iv, &mut bytes)?
                    }
                    Cipher::TripleDesTwoKeys => {
                        let key = derive(Use::Key, 16);
                        cbc(des::TdesEde2::new_from_slice(&key).ok()?, &iv, &mut bytes)?
                    }
                    Cipher::Rc2 { octets } => {
                        let key = derive(Use::Key, *octets);
                        cbc(rc2::Rc2::new_from_slice(&key).ok()?, &iv, &mut bytes)?
                    }
                }
            }
        };
        bytes.truncate(length);
        Some(bytes)
    }
}

/// Decrypts in place; the length without the padding.
fn cbc<C>(cipher: C, iv: &[u8], bytes: &mut [u8]) -> Option<usize>
where
    C: cbc::cipher::BlockCipherDecrypt + cbc::cipher::BlockSizeUser,
    cbc::Decryptor<C>: InnerIvInit<Inner = C> + BlockModeDecrypt,
{
    let mode = cbc::Decryptor::<C>::inner_iv_slice_init(cipher, iv).ok()?;
    mode.decrypt_padded::<Pkcs7>(bytes).ok().map(<[u8]>::len)
}

/// The iterations that PBKDF2 parameters ask for (RFC 8018 §A.2), before any library reads them.
fn iterations(parameters: &mut Reader<'_>) -> Option<u64> {
    let mut kdf = parameters.clone().take(tag::SEQUENCE).ok()?.inside();
    let mut kdf = kdf.take(tag::SEQUENCE).ok()?.inside();
    kdf.oid().ok().filter(|name| *name == "1.2.840.113549.1.5.12")?;
    let mut parameters = kdf.take(tag::SEQUENCE).ok()?.inside();
    parameters.any().ok()?;
    Some(parameters.take(tag::INTEGER).ok()?.number().unwrap_or(u64::MAX))
}

/// MacData, RFC 7292 §4.
struct Mac {
    hash: &'static Algorithm,
    value: Vec<u8>,
    salt: Vec<u8>,
    iterations: u32,
}

impl Mac {
    fn read(mac: &Element<'_>, left: &mut u64) -> Result<Self, StoreError> {
        let mut fields = mac.inside();
        let mut digest = fields.take(tag::SEQUENCE)?.inside();
        let name = digest.take(tag::SEQUENCE)?.inside().oid()?;
        let value = digest.take(tag::OCTET_STRING)?.content.to_vec();
        let salt = fields.take(tag::OCTET_STRING)?.content.to_vec();
        let asked = match fields.optional(tag::INTEGER)? {
            None => 1,
            Some(number) => number.number().unwrap_or(u64::MAX),
        };
        let hash = hash(name)?;
        Ok(Self { hash, value, salt, iterations: charge(left, asked)? })
    }

    fn is_of(&self, password: &Password, content: &[u8]) -> bool {
        let length = self.hash.output_len();
        let key = derive(self.hash, Use::Mac, &password.bmp, &self.salt, self.iterations, length);
        self.value == hmac(self.hash, &key, content)
    }
}

fn hash(name: Oid) -> Result<&'static Algorithm, StoreError> {
    Ok(match name.as_str() {
        "1.3.14.3.2.26" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "2.16.840.1.101.3.4.2.1" => &digest::SHA256,
        "2.16.840.1.101.3.4.2.2" => &digest::SHA384,
        "2.16.840.1.101.3.4.2.3" => &digest::SHA512,
        _ => return Err(StoreError::Algorithm(name)),
    })
}

fn hmac(hash: &'static Algorithm, key: &[u8], content: &[u8]) -> Vec<u8> {
    use ring::hmac;
    let algorithm = match hash {
        hash if *hash == digest::SHA1_FOR_LEGACY_USE_ONLY => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        hash if *hash == digest::SHA256 => hmac::HMAC_SHA256,
        hash if *hash == digest::SHA384 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    hmac::sign(&hmac::Key::new(algorithm, key), content).as_ref().to_vec()
}

/// What a derived key is for: the ID of RFC 7292 §B.3.
#[derive(Clone, Copy)]
enum Use {
    Key,
    Iv,
    Mac,
}

/// The derivation of RFC 7292 §B.2.
fn derive(
    hash: &'static Algorithm,
    used: Use,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let id = match used {
        Use::Key => 1,
        Use::Iv => 2,
        Use::Mac => 3,
    };
    let block = hash.block_len();
    let filled = |bytes: &[u8]| {
        let length = bytes.len().div_ceil(block) * block;
        bytes.iter().copied().cycle().take(length).collect::<Vec<_>>()
    };
    let mut input = Zeroizing::new([filled(salt), filled(password)].concat());
    let mut derived = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
    while derived.len() < length {
        let mut context = digest::Context::new(hash);
        context.update(&vec![id; block]);
        context.update(&input);
        let mut round = context.finish();
        for _ in 1..iterations {
            round = digest::digest(hash, round.as_ref());
        }
        derived.extend_from_slice(round.as_ref());
        for chunk in input.chunks_exact_mut(block) {
            // chunk + B + 1, big-endian, B being the round repeated.
            let mut carry = 1_u16;
            for (at, octet) in chunk.iter_mut().enumerate().rev() {
                let added = round.as_ref()[at % hash.output_len()];
                let sum = u16::from(*octet) + u16::from(added) + carry;
                let [high, low] = sum.to_be_bytes();
                (*octet, carry) = (low, u16::from(high));
            }
        }
    }
    derived.truncate(length);
    derived
}

/// SHA-1 of several pieces.
pub(super) fn sha1(pieces: &[&[u8]]) -> [u8; 20] {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    pieces.iter().for_each(|piece| context.update(piece));
    context.finish().as_ref().try_into().expect("SHA-1 gives 20 bytes")
}
