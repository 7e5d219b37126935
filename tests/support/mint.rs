//! Certificates and lists of any shape, signed on the spot with keys made for the run: what no authority would issue.
//! Everything is DER put together by hand, so that a field can be wrong in any way.

use std::sync::LazyLock;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

/// A tag and its content, with the shortest length.
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let octets = content.len().to_be_bytes();
    let octets = &octets[octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len())..];
    let mut bytes = vec![tag];
    match octets {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        octets => {
            bytes.push(0x80 | u8::try_from(octets.len()).expect("at most eight"));
            bytes.extend(octets);
        }
    }
    bytes.extend(content);
    bytes
}

/// A SEQUENCE of these elements.
pub(crate) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &elements.concat())
}

/// An OBJECT IDENTIFIER, from its content octets.
pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    der(6, content)
}

/// A policy under the number reserved for examples (RFC 5612), `1.3.6.1.4.1.32473.<n>`.
pub(crate) fn policy_oid(n: u16) -> Vec<u8> {
    let mut content = vec![0x2B, 6, 1, 4, 1, 0x81, 0xFD, 0x59];
    if n >= 0x80 {
        content.push(0x80 | u8::try_from(n >> 7).expect("under 2^14"));
    }
    content.push(u8::try_from(n & 0x7F).expect("seven bits"));
    oid(&content)
}

/// A name of one commonName.
pub(crate) fn cn(text: &str) -> Vec<u8> {
    let attribute = sequence(&[oid(&[0x55, 4, 3]), der(0x0C, text.as_bytes())]);
    sequence(&[der(0x31, &attribute)])
}

/// An extension of id-ce (2.5.29).
pub(crate) fn extension(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(&[0x55, 0x1D, last]), der(4, value)])
}

/// An extension of id-ce, critical.
pub(crate) fn critical(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(&[0x55, 0x1D, last]), der(1, &[0xFF]), der(4, value)])
}

/// basicConstraints of an authority, critical.
pub(crate) fn authority() -> Vec<u8> {
    critical(19, &sequence(&[der(1, &[0xFF])]))
}

/// keyUsage of this octet: 0x04 keyCertSign, 0x02 cRLSign, 0x80 digitalSignature.
pub(crate) fn key_usage(bits: u8) -> Vec<u8> {
    critical(15, &der(3, &[0, bits]))
}

/// subjectAltName of these names.
pub(crate) fn alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(17, &sequence(names))
}

/// A key of P-256.
pub(crate) struct Key(EcdsaKeyPair);

/// The keys of this run.
pub(crate) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| (0..8).map(|_| Key::new()).collect());

impl Key {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let scheme = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(scheme, &random).expect("a key is made");
        let pair = EcdsaKeyPair::from_pkcs8(scheme, pkcs8.as_ref(), &random);
        Self(pair.expect("the key just made"))
    }

    /// SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> Vec<u8> {
        p256(self.0.public_key().as_ref())
    }

    /// What is to be signed, the algorithm, the signature: a certificate or a list.
    pub(crate) fn sign(&self, content: Vec<u8>) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), &content).expect("signs");
        let signature = [&[0], signature.as_ref()].concat();
        sequence(&[content, ecdsa_with_sha256(), der(3, &signature)])
    }
}

/// SubjectPublicKeyInfo of a point of P-256, or of what is none.
pub(crate) fn p256(point: &[u8]) -> Vec<u8> {
    let ec = oid(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
    let curve = oid(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
    sequence(&[sequence(&[ec, curve]), der(3, &[&[0], point].concat())])
}

/// SubjectPublicKeyInfo of an RSA key, from the content octets of its INTEGERs.
pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]), der(5, &[])]);
    let key = sequence(&[der(2, modulus), der(2, exponent)]);
    sequence(&[algorithm, der(3, &[&[0], key.as_slice()].concat())])
}

pub(crate) fn ecdsa_with_sha256() -> Vec<u8> {
    sequence(&[oid(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2])])
}

/// A certificate to make: each field is DER, and may be wrong.
#[derive(Clone)]
pub(crate) struct Template {
    /// INTEGER.
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) validity: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Template {
    /// Of an end entity with the last key, current from 2020 to 2040.
    pub(crate) fn new(issuer: &str, subject: &str) -> Self {
        Self {
            serial: der(2, &[7]),
            issuer: cn(issuer),
            validity: validity((0x17, "200101000000Z"), (0x17, "400101000000Z")),
            subject: cn(subject),
            spki: KEYS[7].spki(),
            extensions: Vec::new(),
        }
    }

    /// Of an authority that signs certificates and lists.
    pub(crate) fn authority(issuer: &str, subject: &str, key: &Key) -> Self {
        let extensions = vec![authority(), key_usage(0x06)];
        Self { spki: key.spki(), extensions, ..Self::new(issuer, subject) }
    }

    /// With one more extension.
    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The certificate in DER.
    pub(crate) fn sign(&self, signer: &Key) -> Vec<u8> {
        signer.sign(self.tbs(&ecdsa_with_sha256()))
    }

    /// The certificate with a signature that nobody made, of 2048 bits, by sha256WithRSAEncryption.
    pub(crate) fn forge_rsa(&self) -> Vec<u8> {
        let oid = oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]);
        let algorithm = sequence(&[oid, der(5, &[])]);
        let signature = der(3, &[vec![0], vec![1; 256]].concat());
        sequence(&[self.tbs(&algorithm), algorithm, signature])
    }

    fn tbs(&self, algorithm: &[u8]) -> Vec<u8> {
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => der(0xA3, &sequence(&self.extensions)),
        };
        sequence(&[
            der(0xA0, &der(2, &[2])),
            self.serial.clone(),
            algorithm.to_vec(),
            self.issuer.clone(),
            self.validity.clone(),
            self.subject.clone(),
            self.spki.clone(),
            extensions,
        ])
    }
}

/// Validity, from the tags and texts of two dates.
pub(crate) fn validity(start: (u8, &str), end: (u8, &str)) -> Vec<u8> {
    sequence(&[der(start.0, start.1.as_bytes()), der(end.0, end.1.as_bytes())])
}

/// A list of January 2026 with these entries, each as [`entry`] makes it.
pub(crate) fn list(issuer: &str, entries: &[Vec<u8>], signer: &Key) -> Vec<u8> {
    let number = der(0xA0, &sequence(&[extension(20, &der(2, &[1]))]));
    signer.sign(sequence(&[
        der(2, &[1]),
        ecdsa_with_sha256(),
        cn(issuer),
        der(0x17, b"260101000000Z"),
        der(0x17, b"260201000000Z"),
        if entries.is_empty() { Vec::new() } else { sequence(entries) },
        number,
    ]))
}

/// An entry: the content of its serial number and its date.
pub(crate) fn entry(serial: &[u8], date: &str) -> Vec<u8> {
    sequence(&[der(2, serial), der(0x17, date.as_bytes())])
}
