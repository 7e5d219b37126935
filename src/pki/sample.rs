//! Names, certificates and lists for the tests of this module, signed on the spot.

use std::sync::LazyLock;

use jiff::Timestamp;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use crate::x509::{Certificate, Name, OcspResponse};

/// DER of a tag and its content.
pub(super) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
            bytes.push(0x80 | u8::try_from(octets.len() - start).expect("at most eight"));
            bytes.extend(&octets[start..]);
        }
    }
    bytes.extend(content);
    bytes
}

/// A SEQUENCE of these elements.
pub(super) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &elements.concat())
}

/// A name of relative names of one attribute each: content octets of its type, tag and content of its value.
pub(super) fn name_der(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let rdns: Vec<_> = attributes
        .iter()
        .map(|(oid, tag, value)| der(0x31, &sequence(&[der(6, oid), der(*tag, value)])))
        .collect();
    sequence(&rdns)
}

/// As [`name_der`], read.
pub(super) fn name(attributes: &[(&[u8], u8, &[u8])]) -> Name {
    let der = Template { subject: name_der(attributes), ..Template::new("", "") }.sign(&KEYS[0]);
    Certificate::parse(&der).expect("whole").subject().clone()
}

/// A name of one commonName.
pub(super) fn cn(text: &str) -> Vec<u8> {
    name_der(&[(&[0x55, 4, 3], 0x0C, text.as_bytes())])
}

/// The keys of tests, made once: signing needs no more than that they differ.
pub(super) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| (0..8).map(|_| Key::new()).collect());

/// A P-256 key.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        let pkcs8 = pkcs8.expect("a key is made");
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random);
        Self(pair.expect("the key just made"))
    }

    fn spki(&self) -> Vec<u8> {
        let ec = der(6, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
        let p256 = der(6, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
        let point = [&[0], self.0.public_key().as_ref()].concat();
        sequence(&[sequence(&[ec, p256]), der(3, &point)])
    }

    /// `content`, signed: a certificate or a list.
    fn sign(&self, content: Vec<u8>) -> Vec<u8> {
        self.sign_with(content, Vec::new())
    }

    /// `content`, signed, then `rest`: an OCSP answer carries certificates.
    fn sign_with(&self, content: Vec<u8>, rest: Vec<u8>) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), &content).expect("signs");
        let signature = [&[0], signature.as_ref()].concat();
        sequence(&[content, ecdsa_with_sha256(), der(3, &signature), rest])
    }
}

fn ecdsa_with_sha256() -> Vec<u8> {
    sequence(&[der(6, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2])])
}

/// An extension of id-ce, critical.
pub(super) fn critical(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[der(6, &[0x55, 0x1D, last]), der(1, &[0xFF]), der(4, value)])
}

/// An extension of id-ce.
pub(super) fn extension(last: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[der(6, &[0x55, 0x1D, last]), der(4, value)])
}

/// basicConstraints of an authority, with a path length or without.
pub(super) fn authority(path_length: Option<u8>) -> Vec<u8> {
    let length = path_length.map_or(Vec::new(), |length| der(2, &[length]));
    critical(19, &sequence(&[der(1, &[0xFF]), length]))
}

/// keyUsage of this octet of bits: 0x04 keyCertSign, 0x02 cRLSign, 0x80 digitalSignature.
pub(super) fn key_usage(bits: u8) -> Vec<u8> {
    critical(15, &der(3, &[0, bits]))
}

/// A certificate to make, current from 2020 to 2040.
#[derive(Clone)]
pub(super) struct Template {
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) not_before: &'static str,
    pub(super) not_after: &'static str,
    /// Of the subject's key in [`KEYS`].
    pub(super) key: usize,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Template {
    /// Of an end entity, with key 0.
    pub(super) fn new(issuer: &str, subject: &str) -> Self {
        Self {
            serial: vec![7],
            issuer: cn(issuer),
            subject: cn(subject),
            not_before: "200101000000Z",
            not_after: "400101000000Z",
            key: 0,
            extensions: Vec::new(),
        }
    }

    /// Of an authority that signs certificates and lists, with this key.
    pub(super) fn authority(issuer: &str, subject: &str, key: usize) -> Self {
        let extensions = vec![authority(None), key_usage(0x06)];
        Self { key, extensions, ..Self::new(issuer, subject) }
    }

    /// The certificate, signed by this key.
    pub(super) fn sign(&self, signer: &Key) -> Vec<u8> {
        let validity = [self.not_before, self.not_after].map(|date| der(0x17, date.as_bytes()));
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => der(0xA3, &sequence(&self.extensions)),
        };
        signer.sign(sequence(&[
            der(0xA0, &der(2, &[2])),
            der(2, &self.serial),
            ecdsa_with_sha256(),
            self.issuer.clone(),
            sequence(&validity),
            self.subject.clone(),
            KEYS[self.key].spki(),
            extensions,
        ]))
    }

    /// As [`sign`](Self::sign), read.
    pub(super) fn signed(&self, signer: usize) -> Certificate {
        Certificate::parse(&self.sign(&KEYS[signer])).expect("whole")
    }
}

/// A list to make, of January 2026.
#[derive(Clone)]
pub(super) struct ListTemplate {
    pub(super) issuer: Vec<u8>,
    pub(super) this_update: &'static str,
    pub(super) next_update: &'static str,
    /// Each as [`entry`] makes it.
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl ListTemplate {
    /// An empty complete list with a number.
    pub(super) fn new(issuer: &str, number: u8) -> Self {
        Self {
            issuer: cn(issuer),
            this_update: "260101000000Z",
            next_update: "260201000000Z",
            entries: Vec::new(),
            extensions: vec![extension(20, &der(2, &[number]))],
        }
    }

    /// The list, signed by this key.
    pub(super) fn signed(&self, signer: usize) -> Vec<u8> {
        let entries = match self.entries.is_empty() {
            true => Vec::new(),
            false => sequence(&self.entries),
        };
        KEYS[signer].sign(sequence(&[
            der(2, &[1]),
            ecdsa_with_sha256(),
            self.issuer.clone(),
            der(0x17, self.this_update.as_bytes()),
            der(0x17, self.next_update.as_bytes()),
            entries,
            der(0xA0, &sequence(&self.extensions)),
        ]))
    }
}

/// An entry: serial, date, code of the reason.
pub(super) fn entry(serial: u8, date: &str, reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map_or(Vec::new(), |code| sequence(&[extension(21, &der(10, &[code]))]));
    sequence(&[der(2, &[serial]), der(0x17, date.as_bytes()), reason])
}

/// An OCSP answer to make, of the middle of January 2026.
#[derive(Clone)]
pub(super) struct AnswerTemplate {
    /// [`by_name`] or [`by_key`].
    pub(super) responder: Vec<u8>,
    pub(super) produced_at: &'static str,
    /// Each as [`Single`] makes it.
    pub(super) singles: Vec<Vec<u8>>,
    pub(super) extensions: Vec<Vec<u8>>,
    /// Each in DER.
    pub(super) certificates: Vec<Vec<u8>>,
}

impl AnswerTemplate {
    /// By the authority `ca`.
    pub(super) fn new(single: &Single) -> Self {
        Self {
            responder: by_name("ca"),
            produced_at: "20260114120000Z",
            singles: vec![single.der()],
            extensions: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// The response, signed by this key.
    pub(super) fn signed(&self, signer: usize) -> OcspResponse {
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => der(0xA1, &sequence(&self.extensions)),
        };
        let data = sequence(&[
            self.responder.clone(),
            der(0x18, self.produced_at.as_bytes()),
            sequence(&self.singles),
            extensions,
        ]);
        let certificates = match self.certificates.is_empty() {
            true => Vec::new(),
            false => der(0xA0, &sequence(&self.certificates)),
        };
        let basic = KEYS[signer].sign_with(data, certificates);
        let kind = der(6, &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1]);
        let bytes = sequence(&[kind, der(4, &basic)]);
        let der = sequence(&[der(10, &[0]), der(0xA0, &bytes)]);
        OcspResponse::parse(&der).expect("whole")
    }
}

/// What an answer says of one certificate.
#[derive(Clone)]
pub(super) struct Single {
    pub(super) hash: &'static digest::Algorithm,
    pub(super) serial: u8,
    /// The issuer's name, and its key in [`KEYS`].
    pub(super) issuer: (&'static str, usize),
    /// [`good`], [`revoked`] or [`unknown`].
    pub(super) status: Vec<u8>,
    pub(super) this_update: &'static str,
    pub(super) next_update: Option<&'static str>,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Single {
    /// Of the certificate that [`Template::new`] makes under `ca`, whose key is 2.
    pub(super) fn new(status: Vec<u8>) -> Self {
        Self {
            hash: &digest::SHA1_FOR_LEGACY_USE_ONLY,
            serial: 7,
            issuer: ("ca", 2),
            status,
            this_update: "20260114000000Z",
            next_update: Some("20260116000000Z"),
            extensions: Vec::new(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let sha1: &[u8] = &[0x2B, 0x0E, 3, 2, 0x1A];
        let sha2 = |last| vec![0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last];
        let oid = match self.hash.output_len() {
            20 => sha1.to_vec(),
            32 => sha2(1),
            48 => sha2(2),
            _ => sha2(3),
        };
        let (name, key) = self.issuer;
        let hash = |bytes: &[u8]| der(4, digest::digest(self.hash, bytes).as_ref());
        let id = sequence(&[
            sequence(&[der(6, &oid)]),
            hash(&cn(name)),
            hash(KEYS[key].0.public_key().as_ref()),
            der(2, &[self.serial]),
        ]);
        let next =
            self.next_update.map_or(Vec::new(), |date| der(0xA0, &der(0x18, date.as_bytes())));
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => der(0xA1, &sequence(&self.extensions)),
        };
        let this = der(0x18, self.this_update.as_bytes());
        sequence(&[id, self.status.clone(), this, next, extensions])
    }
}

/// certStatus good.
pub(super) fn good() -> Vec<u8> {
    der(0x80, &[])
}

/// certStatus revoked, with the code of the reason.
pub(super) fn revoked(date: &str, reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map_or(Vec::new(), |code| der(0xA0, &der(10, &[code])));
    der(0xA1, &[der(0x18, date.as_bytes()), reason].concat())
}

/// certStatus unknown.
pub(super) fn unknown() -> Vec<u8> {
    der(0x82, &[])
}

/// responderID by the name of one commonName.
pub(super) fn by_name(text: &str) -> Vec<u8> {
    der(0xA1, &cn(text))
}

/// responderID by a key of [`KEYS`].
pub(super) fn by_key(key: usize) -> Vec<u8> {
    let octets = KEYS[key].0.public_key();
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets.as_ref());
    der(0xA2, &der(4, hash.as_ref()))
}

/// id-pkix-ocsp-nonce of these octets.
pub(super) fn nonce(octets: &[u8]) -> Vec<u8> {
    sequence(&[der(6, &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2]), der(4, &der(4, octets))])
}

/// id-pkix-ocsp-nocheck.
pub(super) fn no_check() -> Vec<u8> {
    sequence(&[der(6, &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 5]), der(4, &[5, 0])])
}

/// extKeyUsage of this last arc of id-kp: 9 is OCSPSigning.
pub(super) fn purpose(last: u8) -> Vec<u8> {
    extension(37, &sequence(&[der(6, &[0x2B, 6, 1, 5, 5, 7, 3, last])]))
}

/// 15 January 2026, when everything made here is current.
pub(super) fn mid_january() -> Timestamp {
    "2026-01-15T00:00:00Z".parse().expect("the constant is a date")
}
