//! Distinguished names: relative names in order, each a set of attributes, and their text (RFC 4514).

use std::fmt;

use super::der::{DerError, Element, Reader, tag};
use super::{Hex, Oid, X509Error, oid};

/// A distinguished name, as encoded. Two are equal when their bytes are.
///
/// Its `Display` is the string of RFC 4514, last relative name first: `T=Médecin,C=FR`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Name {
    rdns: Vec<Vec<Attribute>>,
    raw: Vec<u8>,
}

/// One attribute of a name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Attribute {
    /// Its type.
    pub oid: Oid,
    /// How its value was encoded.
    pub kind: StringKind,
    /// Its text; for [`StringKind::Other`], `#` and the hexadecimal digits of [`raw`](Self::raw).
    pub value: String,
    /// The value as encoded: tag, length and content.
    pub raw: Vec<u8>,
}

/// The string types of ASN.1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum StringKind {
    /// BMPString, UTF-16.
    Bmp,
    /// IA5String.
    Ia5,
    /// NumericString.
    Numeric,
    /// Not a string, or not one that its bytes allow.
    Other,
    /// PrintableString.
    Printable,
    /// T61String (TeletexString), read as Latin-1: so the GIP-CPS wrote it.
    Teletex,
    /// UniversalString, UTF-32.
    Universal,
    /// UTF8String.
    Utf8,
    /// VisibleString.
    Visible,
}

impl Name {
    /// Reads a Name, DER.
    ///
    /// # Errors
    /// [`X509Error::Name`], also when bytes follow it.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        let mut reader = Reader::new(der);
        let name = reader.take(tag::SEQUENCE).and_then(|element| Self::read(&element));
        name.and_then(|name| reader.end().map(|()| name)).map_err(X509Error::Name)
    }

    /// Reads the content of a Name; SETs may be empty or out of order.
    pub(super) fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let rdns = element.inside().all(|rdns| {
            rdns.take(tag::SET)?.inside().all(|attributes| Attribute::read(attributes))
        })?;
        Ok(Self { rdns, raw: element.raw.to_vec() })
    }

    /// The relative names in the order of the encoding, each with its attributes in theirs.
    pub fn rdns(&self) -> &[Vec<Attribute>] {
        &self.rdns
    }

    /// The relative names, from 1, whose attributes are not in the order of DER (ITU-T X.690 §11.6): seen in the PKIs
    /// before IGC-Santé (IGC-Santé fact sheet §5.4).
    pub fn unsorted(&self) -> Vec<usize> {
        let is_sorted = |set: &Element<'_>| {
            let attributes = set.inside().all(|attributes| Ok(attributes.any()?.raw));
            attributes.is_ok_and(|attributes| attributes.is_sorted())
        };
        let sets = Reader::new(&self.raw)
            .any()
            .and_then(|name| name.inside().all(|sets| Ok(is_sorted(&sets.any()?))));
        let sets = sets.unwrap_or_default();
        sets.iter().zip(1..).filter(|(sorted, _)| !**sorted).map(|(_, place)| place).collect()
    }

    /// Every attribute, whatever relative name it is in.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// The texts of the attributes of one type (a constant of [`oid`]), wherever they stand; a value
    /// that is no text is left out.
    pub fn all(&self, oid: &str) -> impl Iterator<Item = &str> {
        self.attributes()
            .filter(move |attribute| attribute.oid == *oid && attribute.kind != StringKind::Other)
            .map(|attribute| attribute.value.as_str())
    }

    /// The first of [`all`](Self::all).
    pub fn first(&self, oid: &str) -> Option<&str> {
        self.all(oid).next()
    }

    /// The name as encoded: what issuers and subjects are compared by, and what hashes run over.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.rdns.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            for (index, attribute) in rdn.iter().enumerate() {
                if index > 0 {
                    f.write_str("+")?;
                }
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

impl Attribute {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut inside = reader.take(tag::SEQUENCE)?.inside();
        let oid = Oid::from_content(inside.take(tag::OID)?.value);
        let value = inside.any()?;
        inside.end()?;
        let (kind, text) = match text(&value) {
            Some(read) => read,
            None => (StringKind::Other, format!("#{}", Hex(value.raw))),
        };
        Ok(Self { oid, kind, value: text, raw: value.raw.to_vec() })
    }

    /// The usual short name of the type, where it has one: `CN`, `SN`, `serialNumber`.
    pub fn short_name(&self) -> Option<&'static str> {
        Some(match self.oid.as_str() {
            oid::COMMON_NAME => "CN",
            oid::SURNAME => "SN",
            oid::SERIAL_NUMBER => "serialNumber",
            oid::COUNTRY_NAME => "C",
            oid::LOCALITY_NAME => "L",
            oid::STATE_OR_PROVINCE_NAME => "ST",
            oid::STREET_ADDRESS => "STREET",
            oid::ORGANIZATION_NAME => "O",
            oid::ORGANIZATIONAL_UNIT_NAME => "OU",
            oid::TITLE => "T",
            oid::GIVEN_NAME => "GN",
            oid::PSEUDONYM => "pseudonym",
            oid::USER_ID => "UID",
            oid::DOMAIN_COMPONENT => "DC",
            oid::EMAIL_ADDRESS => "emailAddress",
            _ => return None,
        })
    }
}

/// `type=value` as RFC 4514 §2.3 and §2.4 have it.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.short_name() {
            // A type in dotted form has its value in hexadecimal.
            None => write!(f, "{}=#{}", self.oid, Hex(&self.raw)),
            Some(name) if self.kind == StringKind::Other => write!(f, "{name}={}", self.value),
            Some(name) => {
                write!(f, "{name}=")?;
                escape(&self.value, f)
            }
        }
    }
}

/// RFC 4514 §2.4; control characters too, which a terminal would obey.
fn escape(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}")?,
            '#' if index == 0 => f.write_str("\\#")?,
            ' ' if index == 0 || index == last => f.write_str("\\ ")?,
            control if control.is_control() => {
                let mut buffer = [0; 4];
                for byte in control.encode_utf8(&mut buffer).bytes() {
                    write!(f, "\\{byte:02X}")?;
                }
            }
            other => write!(f, "{other}")?,
        }
    }
    Ok(())
}

/// The text of a string element, or `None` when it is no string or its bytes are not of its type.
///
/// Types limited to ASCII are read even where they go beyond it: as UTF-8 if it is, else as Latin-1.
pub(super) fn text(element: &Element<'_>) -> Option<(StringKind, String)> {
    let latin1 = || element.value.iter().copied().map(char::from).collect();
    let utf8 = || String::from_utf8(element.value.to_vec()).ok();
    Some(match element.tag {
        tag::UTF8_STRING => (StringKind::Utf8, utf8()?),
        tag::NUMERIC_STRING => (StringKind::Numeric, utf8().unwrap_or_else(latin1)),
        tag::PRINTABLE_STRING => (StringKind::Printable, utf8().unwrap_or_else(latin1)),
        tag::IA5_STRING => (StringKind::Ia5, utf8().unwrap_or_else(latin1)),
        tag::VISIBLE_STRING => (StringKind::Visible, utf8().unwrap_or_else(latin1)),
        tag::TELETEX_STRING => (StringKind::Teletex, latin1()),
        tag::BMP_STRING => {
            let (units, []) = element.value.as_chunks() else { return None };
            let units: Vec<_> = units.iter().copied().map(u16::from_be_bytes).collect();
            (StringKind::Bmp, String::from_utf16(&units).ok()?)
        }
        tag::UNIVERSAL_STRING => {
            let (units, []) = element.value.as_chunks() else { return None };
            let units = units.iter().copied().map(u32::from_be_bytes).map(char::from_u32);
            (StringKind::Universal, units.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// The text of an element that must be a string.
pub(super) fn string(element: &Element<'_>) -> Result<String, DerError> {
    text(element).map(|(_, text)| text).ok_or_else(|| element.unreadable())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{attribute, name};
    use super::*;
    use crate::iso7816::tlv::encode;

    fn read(der: &[u8]) -> Result<Name, DerError> {
        Name::read(&Reader::new(der).take(tag::SEQUENCE)?)
    }

    const CN: &[u8] = &[0x55, 4, 3];
    const GN: &[u8] = &[0x55, 4, 42];
    const C: &[u8] = &[0x55, 4, 6];

    #[test]
    fn every_string_type_is_read_as_text() {
        for (tag, bytes, kind, expected) in [
            (0x0C, "é".as_bytes(), StringKind::Utf8, "é"),
            (0x13, b"FR", StringKind::Printable, "FR"),
            (0x13, b"M\xE9decin", StringKind::Printable, "Médecin"),
            (0x16, "é".as_bytes(), StringKind::Ia5, "é"),
            (0x14, b"M\xE9decin", StringKind::Teletex, "Médecin"),
            (0x1E, &[0, 0xE9, 0x20, 0xAC], StringKind::Bmp, "é€"),
            (0x1C, &[0, 1, 0xF6, 0], StringKind::Universal, "😀"),
            (0x12, b"12 3", StringKind::Numeric, "12 3"),
            (0x0C, &[0xE9], StringKind::Other, "#0c01e9"),
            (0x1E, &[0xD8, 0], StringKind::Other, "#1e02d800"),
            (0x1E, &[0], StringKind::Other, "#1e0100"),
            (0x02, &[7], StringKind::Other, "#020107"),
        ] {
            let der = name(&[&[attribute(CN, tag, bytes)]]);
            let read = read(&der).expect("whole");
            let expected = Attribute {
                oid: Oid::from_content(CN),
                kind,
                value: expected.to_owned(),
                raw: encode(u32::from(tag), bytes),
            };
            assert_eq!(read.rdns(), [[expected]]);
        }
    }

    #[test]
    fn attributes_are_found_by_type_in_any_relative_name_and_any_order() {
        let der = name(&[
            &[attribute(C, 0x13, b"FR")],
            &[attribute(GN, 0x0C, b"ANNE"), attribute(CN, 0x0C, b"8"), attribute(CN, 2, &[1])],
        ]);
        let name = read(&der).expect("whole");
        assert_eq!((name.first(oid::COMMON_NAME), name.first(oid::SURNAME)), (Some("8"), None));
        assert_eq!(name.to_string(), "GN=ANNE+CN=8+CN=#020101,C=FR");
        assert_eq!(name.raw(), der);
    }

    #[test]
    fn a_set_out_of_order_is_told_by_its_place() {
        let (short, long) = (attribute(GN, 0x0C, b"MAX"), attribute(CN, 0x0C, b"899900063480"));
        let c = || attribute(C, 0x13, b"FR");
        let unsorted = |rdn: &[Vec<u8>]| read(&name(&[&[c()], rdn])).expect("whole").unsorted();
        assert_eq!(unsorted(&[short.clone(), long.clone()]), [0; 0]);
        assert_eq!(unsorted(&[long, short]), [2]);
    }

    #[test]
    fn text_is_escaped_as_rfc_4514_has_it() {
        for (value, expected) in [
            (" a b ", "CN=\\ a b\\ "),
            (" ", "CN=\\ "),
            ("#1#", "CN=\\#1#"),
            ("a,b+c\"d\\e<f>g;h=i", "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h=i"),
            ("30B0057881/CPET0002", "CN=30B0057881/CPET0002"),
            ("a\u{1b}[2J\0\u{9b}", "CN=a\\1B[2J\\00\\C2\\9B"),
            ("", "CN="),
        ] {
            let der = name(&[&[attribute(CN, 0x0C, value.as_bytes())]]);
            assert_eq!(read(&der).expect("whole").to_string(), expected);
        }
    }

    #[test]
    fn an_unknown_type_is_dotted_with_its_value_in_hexadecimal() {
        let der = name(&[&[attribute(&[0x55, 4, 97], 0x0C, b"a")]]);
        assert_eq!(read(&der).expect("whole").to_string(), "2.5.4.97=#0c0161");
    }

    /// Undoes RFC 4514 §2.4.
    fn unescape(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let (b'\\', Some(high)) = (byte, rest.clone().next()) else {
                bytes.push(byte);
                continue;
            };
            rest.next();
            let pair = [high, rest.clone().next().unwrap_or(b'-')];
            match u8::from_str_radix(std::str::from_utf8(&pair).unwrap_or("-"), 16) {
                Ok(octet) if pair.iter().all(u8::is_ascii_hexdigit) => {
                    bytes.push(octet);
                    rest.next();
                }
                _ => bytes.push(high),
            }
        }
        String::from_utf8(bytes).expect("escapes whole characters")
    }

    proptest! {
        #[test]
        fn what_is_escaped_can_be_read_back(value in any::<String>()) {
            let der = name(&[&[attribute(CN, 0x0C, value.as_bytes())]]);
            let text = read(&der).expect("whole").to_string();
            prop_assert!(!text.contains(char::is_control));
            prop_assert_eq!(unescape(&text["CN=".len()..]), value);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&encode(0x30, &bytes)).map(|name| name.to_string());
        }
    }
}
