//! GeneralName (RFC 5280 §4.2.1.6): the other names of a subject, and the places extensions point to.

use super::der::{DerError, Element, Reader, tag};
use super::{Name, Oid, name, oid};

/// A name that is not only a distinguished name. Reading one never fails.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum GeneralName {
    /// A distinguished name.
    Directory(Name),
    /// The name of a host.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// An IP address, or in constraints an address and its mask.
    Ip(Vec<u8>),
    /// A name of another kind.
    Other {
        /// Which kind.
        kind: Oid,
        /// Its value, DER.
        value: Vec<u8>,
    },
    /// An object identifier.
    RegisteredId(Oid),
    /// x400Address, ediPartyName, or what cannot be read.
    Unread {
        /// The tag.
        tag: u8,
        /// The content octets.
        value: Vec<u8>,
    },
    /// A URI.
    Uri(String),
}

impl GeneralName {
    pub(super) fn read(element: &Element<'_>) -> Self {
        const OTHER: u8 = tag::constructed(0);
        const EMAIL: u8 = tag::context(1);
        const DNS: u8 = tag::context(2);
        const DIRECTORY: u8 = tag::constructed(4);
        const URI: u8 = tag::context(6);
        const IP: u8 = tag::context(7);
        const REGISTERED_ID: u8 = tag::context(8);
        // IA5String by the book; some put UTF-8 there.
        let text = || String::from_utf8(element.value.to_vec()).ok();
        let read = match element.tag {
            OTHER => other(element).ok(),
            EMAIL => text().map(Self::Email),
            DNS => text().map(Self::Dns),
            DIRECTORY => directory(element).ok(),
            URI => text().map(Self::Uri),
            IP => Some(Self::Ip(element.value.to_vec())),
            REGISTERED_ID => Some(Self::RegisteredId(Oid::from_content(element.value))),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Unread { tag: element.tag, value: element.value.to_vec() })
    }

    /// The text of a user principal name, if that is what it is.
    pub fn user_principal_name(&self) -> Option<String> {
        let Self::Other { kind, value } = self else { return None };
        let element = Reader::new(value).any().ok()?;
        (*kind == oid::USER_PRINCIPAL_NAME).then(|| name::text(&element))?.map(|(_, text)| text)
    }

    /// The URI, if that is what it is.
    pub fn uri(&self) -> Option<&str> {
        let Self::Uri(uri) = self else { return None };
        Some(uri)
    }
}

fn other(element: &Element<'_>) -> Result<GeneralName, DerError> {
    let mut fields = element.inside();
    let kind = Oid::from_content(fields.take(tag::OID)?.value);
    let value = fields.take(tag::constructed(0))?.value.to_vec();
    fields.end()?;
    Ok(GeneralName::Other { kind, value })
}

fn directory(element: &Element<'_>) -> Result<GeneralName, DerError> {
    let mut inside = element.inside();
    let name = Name::read(&inside.take(tag::SEQUENCE)?)?;
    inside.end()?;
    Ok(GeneralName::Directory(name))
}
