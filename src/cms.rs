//! CMS SignedData with signed attributes, the content kept apart (RFC 5652 §5), as `openssl cms -verify` and others take it.
//!
//! What the key signs is the DER of the attributes, which hold the digest of the content: the content itself is hashed
//! elsewhere, as a stream. What is written here is DER throughout.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::credential::{Hash, Padding};
use crate::iso7816::tlv::encode;
use crate::x509::Certificate;

/// A SignedData that waits for its signature.
#[derive(Clone, Debug)]
pub struct Detached {
    hash: Hash,
    attributes: Vec<u8>,
    signer: Certificate,
    chain: Vec<Certificate>,
}

/// How the attributes were signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignedWith {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS with MGF1 of the same hash and a salt of so many bytes.
    Pss {
        /// Length of the salt that was used, in bytes: verifiers refuse any other.
        salt: u8,
    },
}

impl SignedWith {
    /// From a padding and the length of the salt, which counts for PSS only.
    pub fn new(padding: Padding, salt: u8) -> Self {
        match padding {
            Padding::Pkcs1 => Self::Pkcs1,
            Padding::Pss => Self::Pss { salt },
        }
    }
}

impl Detached {
    /// For a content with this digest, signed at this instant by the key of `signer`. `chain` is put in beside it; a
    /// certificate that is there twice is put in once.
    ///
    /// The attributes are contentType, messageDigest, signingTime (RFC 5652 §11) and signingCertificateV2 (RFC 5035 §3),
    /// which ties the signature to this very certificate.
    pub fn new(
        hash: Hash,
        digest: &[u8],
        at: Timestamp,
        signer: &Certificate,
        chain: &[Certificate],
    ) -> Self {
        let mut attributes = [
            attribute(CONTENT_TYPE, &oid(DATA)),
            attribute(MESSAGE_DIGEST, &octets(digest)),
            attribute(SIGNING_TIME, &time(at)),
            attribute(SIGNING_CERTIFICATE_V2, &signing_certificate(signer)),
        ];
        // The elements of a SET OF stand in the order of their encodings (X.690 §11.6).
        attributes.sort();
        let mut others: Vec<Certificate> = Vec::new();
        for certificate in chain {
            if certificate != signer && !others.contains(certificate) {
                others.push(certificate.clone());
            }
        }
        Self { hash, attributes: attributes.concat(), signer: signer.clone(), chain: others }
    }

    /// What is hashed and signed: the attributes as a SET OF (RFC 5652 §5.4).
    pub fn to_sign(&self) -> Vec<u8> {
        encode(SET, &self.attributes)
    }

    /// The whole ContentInfo, DER.
    pub fn finish(&self, with: SignedWith, signature: &[u8]) -> Vec<u8> {
        let issuer_and_serial = sequence(&[
            self.signer.issuer().raw(),
            &encode(INTEGER, self.signer.serial().content()),
        ]);
        let digest_algorithm = algorithm(self.hash, Parameters::Absent);
        let signer_info = sequence(&[
            &integer(1),
            &issuer_and_serial,
            &digest_algorithm,
            &encode(constructed(0), &self.attributes),
            &signature_algorithm(self.hash, with),
            &octets(signature),
        ]);
        let mut certificates: Vec<&[u8]> =
            std::iter::once(&self.signer).chain(&self.chain).map(Certificate::der).collect();
        certificates.sort_unstable();
        let signed_data = sequence(&[
            &integer(1),
            &encode(SET, &digest_algorithm),
            &sequence(&[&oid(DATA)]),
            &encode(constructed(0), &certificates.concat()),
            &encode(SET, &signer_info),
        ]);
        sequence(&[&oid(SIGNED_DATA), &encode(constructed(0), &signed_data)])
    }
}

/// `SigningCertificateV2` with one `ESSCertIDv2`: SHA-256, the default, and the issuer with the serial number.
fn signing_certificate(signer: &Certificate) -> Vec<u8> {
    let names = sequence(&[&encode(constructed(4), signer.issuer().raw())]);
    let issuer_serial = sequence(&[&names, &encode(INTEGER, signer.serial().content())]);
    let id = sequence(&[&octets(&signer.sha256()), &issuer_serial]);
    sequence(&[&sequence(&[&id])])
}

/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5652 §11.3); no fraction of a second.
fn time(at: Timestamp) -> Vec<u8> {
    let at = at.to_zoned(TimeZone::UTC);
    match at.year() {
        1950..=2049 => encode(UTC_TIME, at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()),
        _ => encode(GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()),
    }
}

fn signature_algorithm(hash: Hash, with: SignedWith) -> Vec<u8> {
    match with {
        // With parameters NULL (RFC 3370 §3.2). The hash is that of digestAlgorithm.
        SignedWith::Pkcs1 => sequence(&[&oid(RSA_ENCRYPTION), NULL]),
        SignedWith::Pss { salt } => {
            // RFC 4056 §2.2, RFC 4055 §3.1: defaults, which are those of SHA-1, are left out in DER.
            let mut parameters = Vec::new();
            if hash != Hash::Sha1 {
                let hash = algorithm(hash, Parameters::Null);
                let mask = sequence(&[&oid(MGF1), &hash]);
                parameters.extend(encode(constructed(0), &hash));
                parameters.extend(encode(constructed(1), &mask));
            }
            if salt != 20 {
                parameters.extend(encode(constructed(2), &integer(salt)));
            }
            sequence(&[&oid(RSASSA_PSS), &encode(SEQUENCE, &parameters)])
        }
    }
}

#[derive(Clone, Copy)]
enum Parameters {
    Absent,
    Null,
}

/// Absent in digestAlgorithm (RFC 5754 §2), NULL inside the parameters of PSS (RFC 4055 §2.1).
fn algorithm(hash: Hash, parameters: Parameters) -> Vec<u8> {
    let hash = match hash {
        Hash::Sha1 => SHA1,
        Hash::Sha256 => SHA256,
        Hash::Sha384 => SHA384,
        Hash::Sha512 => SHA512,
    };
    match parameters {
        Parameters::Absent => sequence(&[&oid(hash)]),
        Parameters::Null => sequence(&[&oid(hash), NULL]),
    }
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &encode(SET, value)])
}

fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    encode(SEQUENCE, &elements.concat())
}

fn oid(content: &[u8]) -> Vec<u8> {
    encode(0x06, content)
}

fn octets(content: &[u8]) -> Vec<u8> {
    encode(0x04, content)
}

fn integer(number: u8) -> Vec<u8> {
    match number {
        0..=0x7F => encode(INTEGER, &[number]),
        _ => encode(INTEGER, &[0, number]),
    }
}

/// `[n]`, constructed.
const fn constructed(number: u32) -> u32 {
    0xA0 | number
}

const INTEGER: u32 = 0x02;
const UTC_TIME: u32 = 0x17;
const GENERALIZED_TIME: u32 = 0x18;
const SEQUENCE: u32 = 0x30;
const SET: u32 = 0x31;
const NULL: &[u8] = &[0x05, 0x00];

// Content octets of object identifiers.

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
/// 1.2.840.113549.1.9.3
const CONTENT_TYPE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 3];
/// 1.2.840.113549.1.9.4
const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 4];
/// 1.2.840.113549.1.9.5
const SIGNING_TIME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 5];
/// 1.2.840.113549.1.9.16.2.47
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 47];
/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
/// 1.2.840.113549.1.1.8
const MGF1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8];
/// 1.2.840.113549.1.1.10
const RSASSA_PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
/// 1.3.14.3.2.26
const SHA1: &[u8] = &[0x2B, 14, 3, 2, 26];
/// 2.16.840.1.101.3.4.2.1
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
/// 2.16.840.1.101.3.4.2.2
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
/// 2.16.840.1.101.3.4.2.3
const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_the_form_of_its_century() {
        let written = |text: &str| {
            let der = time(text.parse().expect("an instant"));
            (der[0], String::from_utf8(der[2..].to_vec()).expect("ASCII"))
        };
        assert_eq!(written("2049-12-31T23:59:59.9Z"), (0x17, "491231235959Z".to_owned()));
        assert_eq!(written("2050-01-01T00:00:00Z"), (0x18, "20500101000000Z".to_owned()));
        assert_eq!(written("1949-12-31T23:59:59Z"), (0x18, "19491231235959Z".to_owned()));
    }

    #[test]
    fn the_parameters_of_pss_leave_out_what_is_default() {
        let parameters = |hash, salt| {
            let algorithm = signature_algorithm(hash, SignedWith::Pss { salt });
            algorithm[2 + 2 + RSASSA_PSS.len()..].to_vec()
        };
        assert_eq!(parameters(Hash::Sha1, 20), [0x30, 0]);
        assert_eq!(parameters(Hash::Sha1, 32), [0x30, 5, 0xA2, 3, 2, 1, 32]);
        assert_eq!(parameters(Hash::Sha256, 20).len(), 2 + 2 + 15 + 2 + 28);
        // A salt longer than 127 bytes is not a negative number.
        assert!(parameters(Hash::Sha512, 190).ends_with(&[0xA2, 4, 2, 2, 0, 190]));
    }
}
