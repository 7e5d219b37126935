//! Distinguished names in the encoding of IGC-Santé: PrintableString for the country, UTF8String elsewhere, and sets
//! in DER order (IGC-Santé fact sheet §1 and §5.4).

use const_oid::db::rfc4519;
use der::asn1::{ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Any, Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::MintError;

/// The attributes that the subjects of IGC-Santé use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Attribute {
    Country,
    State,
    Organisation,
    Unit,
    Title,
    CommonName,
    GivenName,
    Surname,
    SerialNumber,
}

impl Attribute {
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Country => rfc4519::COUNTRY_NAME,
            Self::State => rfc4519::ST,
            Self::Organisation => rfc4519::O,
            Self::Unit => rfc4519::OU,
            Self::Title => rfc4519::TITLE,
            Self::CommonName => rfc4519::COMMON_NAME,
            Self::GivenName => rfc4519::GIVEN_NAME,
            Self::Surname => rfc4519::SURNAME,
            Self::SerialNumber => rfc4519::SERIAL_NUMBER,
        }
    }

    /// As X.520 spells it.
    fn label(self) -> &'static str {
        match self {
            Self::Country => "countryName",
            Self::State => "stateOrProvinceName",
            Self::Organisation => "organizationName",
            Self::Unit => "organizationalUnitName",
            Self::Title => "title",
            Self::CommonName => "commonName",
            Self::GivenName => "givenName",
            Self::Surname => "surname",
            Self::SerialNumber => "serialNumber",
        }
    }

    fn with(self, value: &str) -> Result<AttributeTypeAndValue, MintError> {
        if value.is_empty() {
            return Err(MintError::Empty { attribute: self.label() });
        }
        let value = match self {
            // RFC 5280 appendix A.1 allows these two no other type.
            Self::Country | Self::SerialNumber => {
                Any::encode_from(&PrintableStringRef::new(value)?)?
            }
            _ => Any::encode_from(&Utf8StringRef::new(value)?)?,
        };
        Ok(AttributeTypeAndValue { oid: self.oid(), value })
    }
}

/// A name, from its RDNs in encoding order; each RDN lists its attributes in any order.
pub(super) fn name<'a, R>(rdns: R) -> Result<Name, MintError>
where
    R: IntoIterator<Item = Vec<(Attribute, &'a str)>>,
{
    let mut sequence = RdnSequence::default();
    for rdn in rdns {
        let attributes: Result<Vec<_>, _> =
            rdn.into_iter().map(|(attribute, value)| attribute.with(value)).collect();
        sequence.push(RelativeDistinguishedName::from(SetOfVec::try_from(attributes?)?));
    }
    Ok(Name::from_der(&sequence.to_der()?)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_attribute_is_named_and_refused() {
        let refused = name([vec![(Attribute::Title, "")]]).expect_err("empty");
        assert_eq!(refused.to_string(), "the subject's title is empty");
    }

    proptest! {
        #[test]
        fn the_attributes_of_a_person_are_sorted_by_their_encoding(
            given in "[A-Zé]{1,40}", surname in "[A-Z' ]{1,40}", identifier in "[0-9]{1,140}",
        ) {
            let person = vec![
                (Attribute::CommonName, identifier.as_str()),
                (Attribute::Surname, surname.as_str()),
                (Attribute::GivenName, given.as_str()),
            ];
            let name = name([person]).expect("printable values");
            let encodings: Vec<Vec<u8>> =
                name.iter().map(|attribute| attribute.to_der().expect("short")).collect();
            let mut sorted = encodings.clone();
            sorted.sort();
            prop_assert_eq!(encodings, sorted);
        }
    }
}
