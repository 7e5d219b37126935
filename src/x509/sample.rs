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
    /// With each extension that this module reads.
    pub(super) fn full() -> Self {
        const ID_PKIX: [u8; 6] = [0x2B, 6, 1, 5, 5, 7];
        const GIP_CPS: [u8; 5] = [0x2A, 0x81, 0x7A, 1, 0x47];
        const MICROSOFT: [u8; 8] = [0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x14];
        let id_ce = |last, value: &[u8]| extension(&[0x55, 0x1D, last], value);
        let pkix = |rest: &[u8]| encode(6, &[&ID_PKIX, rest].concat());
        let gip_cps = |rest: &[u8], value: &[u8]| extension(&[&GIP_CPS, rest].concat(), value);
        let microsoft = |rest: &[u8]| encode(6, &[&MICROSOFT, rest].concat());
        let uri = |text: &str| encode(0x86, text.as_bytes());
        let point = |uris: &[Vec<u8>]| {
            let full_name = encode(0xA0, &uris.concat());
            sequence(&[sequence(&[encode(0xA0, &full_name)])])
        };
        let text = sequence(&[pkix(&[2, 1]), encode(0x16, b"http://example.org/PC")]);
        let policy = sequence(&[encode(6, &GIP_CPS[..4]), sequence(&[text])]);
        let access = [
            sequence(&[pkix(&[0x30, 1]), uri("http://ocsp.example.org")]),
            sequence(&[pkix(&[0x30, 2]), uri("http://example.org/a.cer")]),
        ];
        let upn = encode(0xA0, &encode(0x0C, b"8.99700296140@carte-cps.fr"));
        let key_usage = [encode(6, &[0x55, 0x1D, 15]), encode(1, &[0xFF])];
        let lists = [uri("http://example.org/a.crl"), uri("ldap://example.org/a")];
        let extensions = vec![
            id_ce(19, &sequence(&[])),
            id_ce(14, &encode(4, &[1, 2, 3])),
            id_ce(35, &sequence(&[encode(0x80, &[4, 5])])),
            sequence(&[key_usage.concat(), encode(4, &encode(3, &[6, 0xC0]))]),
            id_ce(32, &sequence(&[policy])),
            id_ce(37, &sequence(&[pkix(&[3, 2]), microsoft(&[2, 2])])),
            id_ce(17, &sequence(&[encode(0xA0, &[microsoft(&[2, 3]), upn].concat())])),
            id_ce(31, &point(&lists)),
            id_ce(46, &point(&[uri("ldap://example.org/delta")])),
            extension(&[&ID_PKIX[..], &[1, 1]].concat(), &sequence(&access)),
            gip_cps(&[1, 2, 5], &encode(4, &[0x80])),
            gip_cps(&[1, 2, 2], &encode(2, &[0])),
            gip_cps(&[1, 2, 3], &encode(0x13, b"8025000001/2800811112")),
            gip_cps(&[1, 2, 7], &encode(2, &[10])),
            gip_cps(&[4, 2, 5], &sequence(&[encode(0x0C, b"SM26")])),
        ];
        Self { extensions, ..Self::default() }
    }

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
