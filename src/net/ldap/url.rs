//! LDAP addresses (RFC 4516): which entry, and which of its attributes.

use crate::net::address::Address;
use crate::pki::source::{AddressProblem, What};

/// What is asked of a directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Query {
    /// The entry, as RFC 4514 writes it.
    pub(super) dn: String,
    /// One of [`ATTRIBUTES`], with the option `;binary` under which it is asked for (RFC 4523 §2).
    pub(super) attribute: &'static str,
}

/// What may be asked for: lists and certificates of authorities.
const ATTRIBUTES: [&str; 4] = [
    "certificateRevocationList;binary",
    "deltaRevocationList;binary",
    "authorityRevocationList;binary",
    "cACertificate;binary",
];

impl Query {
    /// Reads path and query. The filter is not sent: the entry is named, and there is one of it. Where no attribute is named,
    /// it is the one that holds what is asked for.
    pub(super) fn parse(address: &Address, what: &What) -> Result<Self, AddressProblem> {
        let path = address.path.strip_prefix('/').unwrap_or(&address.path);
        let mut parts = path.split('?');
        let mut part = || decoded(parts.next().unwrap_or_default());
        let (dn, attributes, scope, _filter, extensions) =
            (part()?, part()?, part()?, part()?, part()?);
        let refused = |part: &str| AddressProblem::Directory { part: part.to_owned() };
        if !scope.is_empty() && !scope.eq_ignore_ascii_case("base") {
            return Err(refused(&scope));
        }
        // An extension that must be understood (RFC 4516 §2).
        if let Some(extension) = extensions.split(',').find(|extension| extension.starts_with('!'))
        {
            return Err(refused(extension));
        }
        let attribute = if attributes.is_empty() {
            match what {
                What::Issuers => "cACertificate;binary",
                What::DeltaList => "deltaRevocationList;binary",
                _ => "certificateRevocationList;binary",
            }
        } else {
            let known = attributes.split(',').find_map(known);
            known.ok_or_else(|| refused(&attributes))?
        };
        Ok(Self { dn, attribute })
    }

    /// Whether a description in the answer, `certificaterevocationlist;binary`, is that of the attribute asked for.
    pub(super) fn is_answered_by(&self, description: &[u8]) -> bool {
        std::str::from_utf8(description).is_ok_and(|text| known(text) == Some(self.attribute))
    }
}

/// The attribute of this description, with `;binary` or without.
fn known(description: &str) -> Option<&'static str> {
    let name = description.split(';').next().unwrap_or_default().trim();
    ATTRIBUTES.into_iter().find(|attribute| {
        let known = attribute.split(';').next().unwrap_or_default();
        known.eq_ignore_ascii_case(name)
    })
}

/// Undoes percent-encoding, once.
fn decoded(part: &str) -> Result<String, AddressProblem> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    let digit = |byte: Option<u8>| {
        byte.and_then(|byte| char::from(byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push((high << 4) | low),
            _ => return Err(AddressProblem::Malformed),
        }
    }
    String::from_utf8(bytes).map_err(|_| AddressProblem::Malformed)
}
