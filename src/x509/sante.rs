//! The private extensions of IGC-Santé and of the PKIs before it (IGC-Santé fact sheet §6).
//!
//! Their values are small numbers, one octet, or text; the tables that say what they mean print them in two digits,
//! hexadecimal for the category and decimal for the others.

use super::der::{DerError, Element, Reader, tag};
use super::{Certificate, Extension, X509Error, name, oid};
use crate::id::CardNumber;
use crate::nomenclature::{Code, Table};

/// The private extensions. `Ok(None)` when the certificate has not got it, [`X509Error::Extension`] when it cannot be
/// read.
impl Certificate {
    /// What the certificate was put in: a card, a module, a file; for use or for tests (table G01).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn category(&self) -> Result<Option<Code>, X509Error> {
        self.code(oid::CATEGORY, Table::G01)
    }

    /// The type of card (table G02); certificates of cards only.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn card_type(&self) -> Result<Option<Code>, X509Error> {
        self.code(oid::CARD_TYPE, Table::G02)
    }

    /// The number of the card; certificates of cards only.
    ///
    /// # Errors
    /// [`X509Error::Extension`], also when it is no [`CardNumber`].
    pub fn card_number(&self) -> Result<Option<CardNumber>, X509Error> {
        self.read_extension(oid::CARD_NUMBER, |reader| {
            let element = reader.any()?;
            let text = name::string(&element)?;
            CardNumber::parse(&text).map_err(|_| element.unreadable())
        })
    }

    /// The whole text beside the number of the card, `8025000001/2800811112`, whatever its shape.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn card_identifier(&self) -> Result<Option<String>, X509Error> {
        self.read_extension(oid::CARD_NUMBER, |reader| name::string(&reader.any()?))
    }

    /// The profession (table G15).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn profession(&self) -> Result<Option<Code>, X509Error> {
        self.code(oid::PROFESSION, Table::G15)
    }

    /// The profession the holder of a CPF studies for (table G16).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn future_profession(&self) -> Result<Option<Code>, X509Error> {
        self.code(oid::FUTURE_PROFESSION, Table::G16)
    }

    /// The level of responsibility (table G04), which tells a director from staff.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn responsibility(&self) -> Result<Option<Code>, X509Error> {
        self.code(oid::RESPONSIBILITY, Table::G04)
    }

    /// The specialities, savoir-faire (table R01); none when the extension is absent.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn specialities(&self) -> Result<Vec<Code>, X509Error> {
        self.codes(oid::SPECIALITIES, Table::R01)
    }

    /// The sectors of activity (table R02); none when the extension is absent.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn sectors(&self) -> Result<Vec<Code>, X509Error> {
        self.codes(oid::SECTORS, Table::R02)
    }

    /// Every extension under the arc of the GIP-CPS, known or not.
    pub fn private_extensions(&self) -> impl Iterator<Item = &Extension> {
        self.extensions().iter().filter(|extension| {
            let rest = extension.oid.as_str().strip_prefix(oid::GIP_CPS);
            rest.is_some_and(|rest| rest.starts_with('.'))
        })
    }

    fn code(&self, oid: &str, table: Table) -> Result<Option<Code>, X509Error> {
        self.read_extension(oid, |reader| coded(&reader.any()?, table))
    }

    fn codes(&self, oid: &str, table: Table) -> Result<Vec<Code>, X509Error> {
        let read = |codes: &mut Reader<'_>| codes.any().and_then(|element| coded(&element, table));
        let codes =
            self.read_extension(oid, |reader| reader.take(tag::SEQUENCE)?.inside().all(read))?;
        Ok(codes.unwrap_or_default())
    }
}

/// A code in any of the forms seen: INTEGER, OCTET STRING of one octet, text.
fn coded(element: &Element<'_>, table: Table) -> Result<Code, DerError> {
    let number = match (element.tag, element.value) {
        (tag::OCTET_STRING, [octet]) => u32::from(*octet),
        (tag::INTEGER, _) => element.number()?,
        _ => return name::string(element).map(|text| table.code(text)),
    };
    Ok(table.code(match table {
        Table::G01 => format!("{number:02X}"),
        _ => format!("{number:02}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, extension};
    use super::super::{DerError, DerErrorKind, Oid};
    use super::*;

    const ARC: &[u8] = &[0x2A, 0x81, 0x7A, 1, 0x47];

    fn with(last: &[u8], value: &[u8]) -> Certificate {
        let extensions = vec![extension(&[ARC, last].concat(), value)];
        Certificate::parse(&Sample { extensions, ..Sample::default() }.der()).expect("whole")
    }

    #[test]
    fn the_category_is_one_octet_in_hexadecimal() {
        let certificate = with(&[1, 2, 5], &[4, 1, 0x80]);
        assert_eq!(certificate.category(), Ok(Some(Table::G01.code("80"))));
        assert_eq!(with(&[1, 2, 5], &[4, 1, 0xAB]).category(), Ok(Some(Table::G01.code("AB"))));
    }

    #[test]
    fn the_other_codes_are_numbers_in_decimal() {
        let expected = Code { code: "10".to_owned(), label: Some("Médecin") };
        assert_eq!(with(&[1, 2, 7], &[2, 1, 10]).profession(), Ok(Some(expected)));
        let expected = Code { code: "10".to_owned(), label: Some("Médecin en formation") };
        assert_eq!(with(&[1, 2, 8], &[2, 1, 10]).future_profession(), Ok(Some(expected)));
        assert_eq!(with(&[1, 2, 2], &[2, 1, 2]).card_type(), Ok(Some(Table::G02.code("02"))));
        assert_eq!(with(&[1, 2, 12], &[2, 1, 1]).responsibility(), Ok(Some(Table::G04.code("01"))));
    }

    #[test]
    fn a_code_that_no_table_has_is_kept() {
        let expected = Code { code: "77".to_owned(), label: None };
        assert_eq!(with(&[1, 2, 7], &[2, 1, 77]).profession(), Ok(Some(expected)));
    }

    #[test]
    fn specialities_and_sectors_are_lists_of_text() {
        let list = |codes: [&str; 2]| {
            let strings = codes.map(|code| crate::iso7816::tlv::encode(0x0C, code.as_bytes()));
            crate::iso7816::tlv::encode(0x30, &strings.concat())
        };
        let certificate = with(&[4, 2, 5], &list(["SM26", "SM36"]));
        let expected = [Table::R01.code("SM26"), Table::R01.code("SM36")];
        assert_eq!(certificate.specialities().as_deref(), Ok(&expected[..]));
        assert_eq!(certificate.sectors(), Ok(vec![]));
        let expected = [Table::R02.code("SA01"), Table::R02.code("SA07")];
        assert_eq!(
            with(&[4, 2, 4], &list(["SA01", "SA07"])).sectors().as_deref(),
            Ok(&expected[..])
        );
    }

    #[test]
    fn a_broken_extension_says_which_and_hides_nothing_else() {
        let certificate = with(&[1, 2, 7], &[2, 1, 0x80]);
        let cause = DerError { position: 0, kind: DerErrorKind::Content };
        let oid = Oid::from_content(&[ARC, &[1, 2, 7]].concat());
        assert_eq!(certificate.profession(), Err(X509Error::Extension { oid, cause }));
        assert_eq!(certificate.category(), Ok(None));
        assert_eq!(certificate.private_extensions().count(), 1);
    }

    #[test]
    fn the_card_number_stands_after_its_issuer() {
        let value = [&[0x13, 21][..], b"8025000001/2800811112"].concat();
        let expected = CardNumber::parse("2800811112").expect("ten digits");
        assert_eq!(with(&[1, 2, 3], &value).card_number(), Ok(Some(expected)));
        let identifier = "8025000001/2800811112".to_owned();
        assert_eq!(with(&[1, 2, 3], &value).card_identifier(), Ok(Some(identifier)));
        let odd = with(&[1, 2, 3], &[0x13, 1, b'8']);
        assert!(odd.card_number().is_err());
        assert_eq!(odd.card_identifier(), Ok(Some("8".to_owned())));
    }
}
