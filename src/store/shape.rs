//! What DER is, told by the shape of its first elements, before any of it is read for what it says.

use super::ber::{Element, tag};

/// What an element may be. A shape is a guess: reading it may still fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// Certificate (RFC 5280 §4.1).
    Certificate,
    /// CertificateList (RFC 5280 §5.1).
    List,
    /// CertificationRequest (RFC 2986 §4).
    Request,
    /// ContentInfo (RFC 5652 §3).
    ContentInfo,
    /// PFX (RFC 7292 §4).
    Pfx,
    /// PrivateKeyInfo (RFC 5958 §2).
    Pkcs8,
    /// EncryptedPrivateKeyInfo (RFC 5958 §3).
    EncryptedPkcs8,
    /// RSAPrivateKey (RFC 8017 §A.1.2).
    Pkcs1,
    /// ECPrivateKey (RFC 5915 §3).
    Sec1,
    /// The private key of DSA that OpenSSL writes.
    Dsa,
    /// A public key.
    PublicKey,
    /// OCSPResponse (RFC 6960 §4.2.1).
    OcspResponse,
    /// None of these.
    Unknown,
}

impl Shape {
    pub(super) fn of(element: &Element<'_>) -> Self {
        const TIMES: [u8; 2] = [tag::UTC_TIME, tag::GENERALIZED_TIME];
        let tags = tags(element);
        match tags {
            _ if element.tag != tag::SEQUENCE => Self::Unknown,
            [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING, ..] => {
                let signed = element.inside().any().map(|signed| self::tags(&signed));
                match signed.unwrap_or_default() {
                    [tag::SEQUENCE, tag::SEQUENCE, time, ..] if TIMES.contains(&time) => Self::List,
                    [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE, time, ..]
                        if TIMES.contains(&time) =>
                    {
                        Self::List
                    }
                    // A certificate of version 1 has a SEQUENCE, its validity, in the fourth place.
                    [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE, fourth, ..]
                        if fourth != tag::SEQUENCE =>
                    {
                        Self::Request
                    }
                    _ => Self::Certificate,
                }
            }
            [tag::SEQUENCE, tag::BIT_STRING, 0, ..] | [tag::INTEGER, tag::INTEGER, 0, ..] => {
                Self::PublicKey
            }
            [tag::SEQUENCE, tag::OCTET_STRING, 0, ..] => Self::EncryptedPkcs8,
            [tag::OID, ..] => Self::ContentInfo,
            [tag::INTEGER, tag::SEQUENCE, tag::OCTET_STRING, ..] => Self::Pkcs8,
            [tag::INTEGER, tag::SEQUENCE, ..] => Self::Pfx,
            [tag::INTEGER, tag::OCTET_STRING, ..] => Self::Sec1,
            // Nine numbers, and six.
            [tag::INTEGER, .., tag::INTEGER] if tags == [tag::INTEGER; PLACES] => Self::Pkcs1,
            [
                tag::INTEGER,
                tag::INTEGER,
                tag::INTEGER,
                tag::INTEGER,
                tag::INTEGER,
                tag::INTEGER,
                ..,
            ] => Self::Dsa,
            [tag::ENUMERATED, ..] => Self::OcspResponse,
            _ => Self::Unknown,
        }
    }
}

/// As many as tell the shapes apart.
const PLACES: usize = 9;

/// The tags of the first elements inside; 0 where there is none.
fn tags(element: &Element<'_>) -> [u8; PLACES] {
    let mut tags = [0; PLACES];
    let mut inside = element.inside();
    for place in &mut tags {
        match inside.any() {
            Ok(element) => *place = element.tag,
            Err(_) => break,
        }
    }
    tags
}
