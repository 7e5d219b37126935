//! EF.ODF: where the directory files are, PKCS#15 v1.1 §6.2, ISO/IEC 7816-15 §8.2.

use super::{Listing, Location, ProblemKind};

/// The kinds of directory files, by their tag in EF.ODF.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A0.
    PrivateKeys,
    /// A1.
    PublicKeys,
    /// A2.
    TrustedPublicKeys,
    /// A3.
    SecretKeys,
    /// A4.
    Certificates,
    /// A5.
    TrustedCertificates,
    /// A6.
    UsefulCertificates,
    /// A7.
    DataObjects,
    /// A8.
    AuthenticationObjects,
}

/// One line of EF.ODF.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Directory {
    /// What the file lists.
    pub kind: Kind,
    /// Where it is.
    pub location: Location,
}

/// Reads the file. The order is free, and a kind may come more than once.
pub fn read(bytes: &[u8]) -> Listing<Directory> {
    Listing::read(bytes, |tlv| {
        let kind = match tlv.tag.0 {
            0xA0 => Kind::PrivateKeys,
            0xA1 => Kind::PublicKeys,
            0xA2 => Kind::TrustedPublicKeys,
            0xA3 => Kind::SecretKeys,
            0xA4 => Kind::Certificates,
            0xA5 => Kind::TrustedCertificates,
            0xA6 => Kind::UsefulCertificates,
            0xA7 => Kind::DataObjects,
            0xA8 => Kind::AuthenticationObjects,
            _ => return Err(ProblemKind::Unknown(tlv.tag)),
        };
        let path = tlv.child(0x30).ok_or(ProblemKind::Missing("path"))?;
        Ok(Directory { kind, location: Location::read(path)? })
    })
}
