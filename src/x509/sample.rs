//! Certificates written by hand for the tests of this module. Nothing here signs: the reader does not check.

use crate::iso7816::tlv::encode;

use super::{Certificate, Holder};

/// The fields of a certificate that tests change.
pub(super) struct Sample {
    /// Content of the INTEGER.
    pub(super) serial: Vec<u8>,
    /// Name, DER.
    pub(super) issuer: Vec<u8>,
    /// Name, DER.
    pub(super) subject: Vec<u8>,
    /// Tag and content.
    pub(super) not_after: (u8, Vec<u8>),
    /// Each as [`extension`] makes it.
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Default for Sample {
    fn default() -> Self {
        let utf8 = |last, value: &str| attribute(&[0x55, 4, last], 0x0C, value.as_bytes());
        let c = || attribute(&[0x55, 4, 6], 0x13, b"FR");
        Self {
            serial: vec![0x1D, 0x5D, 0xE2, 0x5E, 0x3D, 0xC1, 0x4B, 0xDE],
            issuer: name(&[&[c()], &[utf8(3, "TEST AC")]]),
            subject: name(&[
                &[c()],
                &[utf8(12, "Médecin")],
                &[utf8(42, "ANNE"), utf8(3, "899700296140"), utf8(4, "MARTIN")],
            ]),
            not_after: (0x18, b"20501215130831Z".to_vec()),
            extensions: Vec::new(),
        }
    }
}

impl Sample {
    /// The certificate.
    pub(super) fn der(&self) -> Vec<u8> {
        let algorithm = |last| {
            let oid = encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, last]);
            sequence(&[oid, encode(5, &[])])
        };
        let sha256_with_rsa = algorithm(11);
        let rsa = sequence(&[encode(2, &[0, 0xC1, 0x23]), encode(2, &[1, 0, 1])]);
        let (tag, end) = &self.not_after;
        let mut tbs = vec![
            encode(0xA0, &encode(2, &[2])),
            encode(2, &self.serial),
            sha256_with_rsa.clone(),
            self.issuer.clone(),
            sequence(&[encode(0x17, b"201215130831Z"), encode(u32::from(*tag), end)]),
            self.subject.clone(),
            sequence(&[algorithm(1), encode(3, &[&[0], &rsa[..]].concat())]),
        ];
        if !self.extensions.is_empty() {
            tbs.push(encode(0xA3, &sequence(&self.extensions)));
        }
        sequence(&[sequence(&tbs), sha256_with_rsa, encode(3, &[0, 0xAA, 0xAA, 0xAA, 0xAA])])
    }
}

/// An extension, not critical: content octets of its OID, value.
pub(super) fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[encode(6, oid), encode(4, value)])
}

/// A Name of relative names, each with its attributes in the order given.
pub(super) fn name(rdns: &[&[Vec<u8>]]) -> Vec<u8> {
    let sets: Vec<_> = rdns.iter().map(|rdn| encode(0x31, &rdn.concat())).collect();
    sequence(&sets)
}

/// An attribute: content octets of its OID, tag and content of its value.
pub(super) fn attribute(oid: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[encode(6, oid), encode(u32::from(tag), value)])
}

/// A SEQUENCE of these elements.
pub(super) fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    encode(0x30, &elements.concat())
}

/// A PEM block.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, three) in der.chunks(3).enumerate() {
        if index % 16 == 0 {
            text.push('\n');
        }
        let group = three.iter().fold(0, |group, byte| group << 8 | usize::from(*byte));
        let group = group << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = char::from(ALPHABET[group >> (18 - 6 * place) & 0x3F]);
            text.push(if place <= three.len() { letter } else { '=' });
        }
    }
    format!("-----BEGIN {label}-----{text}\n-----END {label}-----\n")
}

/// Asks everything of a certificate, if it is one: what mutations must not make panic.
pub(super) fn say_everything(bytes: &[u8]) {
    let _ = Certificate::parse_padded(bytes);
    let Ok(certificate) = Certificate::from_pem_or_der(bytes) else { return };
    let _ = (certificate.subject().to_string(), certificate.issuer().to_string());
    let _ = (certificate.serial().to_string(), certificate.tbs(), certificate.sha256());
    let _ = certificate.public_key().map(|key| key.rsa_bits());
    let _ = (certificate.key_usage(), certificate.extended_key_usage());
    let _ = (certificate.basic_constraints(), certificate.certificate_policies());
    let _ = (certificate.subject_key_identifier(), certificate.authority_key_identifier());
    let _ = (certificate.crl_distribution_points(), certificate.freshest_crl());
    let _ = (certificate.authority_info_access(), certificate.issued_by());
    let _ = certificate.private_extensions().count();
    let _ = Holder::of(&certificate);
}
