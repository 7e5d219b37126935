//! Revocation lists (RFC 5280 §5), read over the bytes they stand in: entries are walked, never gathered, so that a
//! list of a whole country costs no memory. Nothing here is authenticated: a list counts once its signature holds.

use std::fmt;

use jiff::Timestamp;

use super::der::{DerError, Element, Reader, tag};
use super::extension::{Extension, general_names, point_name};
use super::time::{TimeError, timestamp};
use super::{AlgorithmIdentifier, Attribute, GeneralName, Name, Oid, Serial, X509Error, oid};

use self::plain::Plain;
use crate::iso7816::tlv::encode;

mod plain;

/// A list, borrowed from its DER.
#[derive(Clone, Debug)]
pub struct Crl<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    tbs_signature_algorithm: AlgorithmIdentifier,
    issuer: Name,
    this_update: Date,
    next_update: Option<Date>,
    entries: Reader<'a>,
    /// What stands around the entries: in the signed part before and after them, then beside the signed part.
    around: [&'a [u8]; 3],
    extensions: Vec<Extension>,
    signature_algorithm: AlgorithmIdentifier,
    signature: &'a [u8],
}

impl<'a> Crl<'a> {
    /// Reads the frame of a list; its entries are read when walked.
    ///
    /// # Errors
    /// [`X509Error::List`], also when bytes follow the list.
    pub fn parse(der: &'a [u8]) -> Result<Self, X509Error> {
        Self::read(der).map_err(X509Error::List)
    }

    fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(der);
        let mut list = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        let tbs = list.take(tag::SEQUENCE)?;
        let beside = list.rest();
        let signature_algorithm = AlgorithmIdentifier::read(&mut list)?;
        let signature = list.take(tag::BIT_STRING)?.whole_octets()?;
        list.end()?;

        let mut fields = tbs.inside();
        // Version 1 has no number; only 2 may have one (RFC 5280 §5.1.2.1).
        if let Some(version) = fields.optional(tag::INTEGER)?
            && version.value != [1]
        {
            return Err(version.unreadable());
        }
        let tbs_signature_algorithm = AlgorithmIdentifier::read(&mut fields)?;
        let issuer = Name::read(&fields.take(tag::SEQUENCE)?)?;
        let this_update = Date::read(&fields.any()?)?;
        let next_update = match fields.rest().first() {
            Some(&(tag::UTC_TIME | tag::GENERALIZED_TIME)) => Some(Date::read(&fields.any()?)?),
            _ => None,
        };
        let before = &tbs.value[..tbs.value.len() - fields.rest().len()];
        let entries =
            fields.optional(tag::SEQUENCE)?.map_or(Reader::new(&[]), |entries| entries.inside());
        let around = [before, fields.rest(), beside];
        let extensions = Extension::read_all(fields.optional(tag::constructed(0))?)?;
        fields.end()?;
        Ok(Self {
            der,
            tbs: tbs.raw,
            tbs_signature_algorithm,
            issuer,
            this_update,
            next_update,
            entries,
            around,
            extensions,
            signature_algorithm,
            signature,
        })
    }

    /// The list as it was read.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The signed part (TBSCertList), as it was read.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// Who signs the list.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> Date {
        self.this_update
    }

    /// When the next one is due at the latest.
    pub fn next_update(&self) -> Option<Date> {
        self.next_update
    }

    /// The entries, in the order of the list.
    pub fn entries(&self) -> CrlEntries<'a> {
        CrlEntries(self.entries.clone())
    }

    /// The entries as encoded, one after the other.
    pub fn entries_der(&self) -> &'a [u8] {
        self.entries.rest()
    }

    /// All that the list says but for its entries, as a list without any: DER that can be [parsed](Self::parse), and
    /// that the signature is not of.
    pub fn frame_der(&self) -> Vec<u8> {
        let [before, after, beside] = self.around;
        let tbs = encode(u32::from(tag::SEQUENCE), &[before, after].concat());
        encode(u32::from(tag::SEQUENCE), &[&tbs, beside].concat())
    }

    /// The extensions in the order of the encoding, even one that stands there twice.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The algorithm of the signature, as it stands beside it.
    pub fn signature_algorithm(&self) -> &AlgorithmIdentifier {
        &self.signature_algorithm
    }

    /// The algorithm of the signature, as the signed part has it; RFC 5280 §5.1.1.2 wants it to be the same.
    pub fn tbs_signature_algorithm(&self) -> &AlgorithmIdentifier {
        &self.tbs_signature_algorithm
    }

    /// The octets of the signature.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// cRLNumber (RFC 5280 §5.2.3), big-endian without sign octet.
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn number(&self) -> Result<Option<Vec<u8>>, X509Error> {
        self.read_extension(oid::CRL_NUMBER, number)
    }

    /// deltaCRLIndicator (RFC 5280 §5.2.4): the number of the list this one amends, as [`number`](Self::number).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn delta_base(&self) -> Result<Option<Vec<u8>>, X509Error> {
        self.read_extension(oid::DELTA_CRL_INDICATOR, number)
    }

    /// The key identifier of authorityKeyIdentifier (RFC 5280 §5.2.1).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn authority_key(&self) -> Result<Option<Vec<u8>>, X509Error> {
        let key = self.read_extension(oid::AUTHORITY_KEY_IDENTIFIER, |reader| {
            let mut fields = reader.take(tag::SEQUENCE)?.inside();
            Ok(fields.optional(tag::context(0))?.map(|element| element.value.to_vec()))
        })?;
        Ok(key.flatten())
    }

    /// issuingDistributionPoint (RFC 5280 §5.2.5).
    ///
    /// # Errors
    /// [`X509Error::Extension`].
    pub fn scope(&self) -> Result<Option<IssuingDistributionPoint>, X509Error> {
        self.read_extension(oid::ISSUING_DISTRIBUTION_POINT, IssuingDistributionPoint::read)
    }

    fn read_extension<T>(
        &self,
        oid: &str,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, DerError>,
    ) -> Result<Option<T>, X509Error> {
        let Some(extension) = self.extensions.iter().find(|extension| extension.oid == *oid) else {
            return Ok(None);
        };
        let mut reader = Reader::new(&extension.value);
        let content = read(&mut reader).and_then(|content| reader.end().map(|()| content));
        content
            .map(Some)
            .map_err(|cause| X509Error::Extension { oid: extension.oid.clone(), cause })
    }
}

fn number(reader: &mut Reader<'_>) -> Result<Vec<u8>, DerError> {
    let magnitude = reader.take(tag::INTEGER)?.magnitude()?;
    let zeros = magnitude.iter().take_while(|octet| **octet == 0).count();
    Ok(magnitude[zeros..].to_vec())
}

/// A date of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Date {
    /// How it was encoded.
    pub kind: DateKind,
    /// When.
    pub instant: Timestamp,
}

impl Date {
    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let instant = timestamp(element).map_err(|_| element.unreadable())?;
        let kind = if element.tag == tag::UTC_TIME { DateKind::Utc } else { DateKind::Generalized };
        Ok(Self { kind, instant })
    }
}

/// The types of dates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DateKind {
    /// UTCTime, for years up to 2049.
    Utc,
    /// GeneralizedTime, for later years.
    Generalized,
}

/// issuingDistributionPoint (RFC 5280 §5.2.5): what a list is about.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct IssuingDistributionPoint {
    /// Where the list is published (`fullName`).
    pub names: Vec<GeneralName>,
    /// The name relative to the list's issuer; empty when there is none.
    pub relative: Vec<Attribute>,
    /// Of which certificates it speaks.
    pub kinds: CertificateKinds,
    /// The bits of the reasons it is limited to, as encoded; `None` for all reasons.
    pub reasons: Option<Vec<u8>>,
    /// Whether it may speak of the certificates of other issuers.
    indirect: bool,
}

impl IssuingDistributionPoint {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut fields = reader.take(tag::SEQUENCE)?.inside();
        let (names, relative) = match fields.optional(tag::constructed(0))? {
            None => (Vec::new(), Vec::new()),
            Some(point) => point_name(&mut point.inside())?,
        };
        let user = flag(&mut fields, 1)?;
        let authority = flag(&mut fields, 2)?;
        let reasons =
            fields.optional(tag::context(3))?.map(|e| e.bits().map(<[u8]>::to_vec)).transpose()?;
        let indirect = flag(&mut fields, 4)?;
        let attribute = flag(&mut fields, 5)?;
        fields.end()?;
        let kinds = match (user, authority, attribute) {
            (false, false, false) => CertificateKinds::All,
            (true, false, false) => CertificateKinds::User,
            (false, true, false) => CertificateKinds::Authority,
            (false, false, true) => CertificateKinds::Attribute,
            _ => CertificateKinds::None,
        };
        Ok(Self { names, relative, kinds, reasons, indirect })
    }

    /// Whether the list may speak of the certificates of other issuers than its own (`indirectCRL`).
    pub fn is_indirect(&self) -> bool {
        self.indirect
    }
}

fn flag(fields: &mut Reader<'_>, number: u8) -> Result<bool, DerError> {
    match fields.optional(tag::context(number))? {
        None => Ok(false),
        Some(element) => match element.value {
            [octet] => Ok(*octet != 0),
            _ => Err(element.unreadable()),
        },
    }
}

/// Of which certificates a list speaks.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CertificateKinds {
    /// All of them.
    All,
    /// Those of end entities (`onlyContainsUserCerts`).
    User,
    /// Those of authorities (`onlyContainsCACerts`).
    Authority,
    /// Attribute certificates (`onlyContainsAttributeCerts`).
    Attribute,
    /// Several of these limits at once, which leave nothing.
    None,
}

/// Walks the entries of a list. An entry that cannot be read is an error, after which there is nothing.
#[derive(Clone, Debug)]
pub struct CrlEntries<'a>(Reader<'a>);

impl<'a> CrlEntries<'a> {
    /// Walks entries that stand one after the other in these bytes, as [`Crl::entries_der`] gives them.
    pub fn over(der: &'a [u8]) -> Self {
        Self(Reader::new(der))
    }

    /// What has not been walked.
    pub fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// Passes over the entries that follow as long as each is whole, has another serial number than this one (content
    /// octets), and says no more than a date and a reason: nothing in them can be about anything else.
    pub fn skip_others(&mut self, serial: &[u8]) {
        let mut left = self.0.rest();
        while let Some(entry) = Plain::at_start(left)
            && entry.serial != serial
        {
            left = &left[entry.size..];
        }
        self.0.skip(self.0.rest().len() - left.len());
    }
}

impl<'a> Iterator for CrlEntries<'a> {
    type Item = Result<CrlEntry<'a>, DerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = CrlEntry::read(&mut self.0);
        if entry.is_err() {
            self.0 = Reader::new(&[]);
        }
        Some(entry)
    }
}

/// A revoked certificate (RFC 5280 §5.1.2.6).
#[derive(Clone, Copy, Debug)]
pub struct CrlEntry<'a> {
    serial: Element<'a>,
    date: Element<'a>,
    extensions: Option<Element<'a>>,
}

impl<'a> CrlEntry<'a> {
    fn read(entries: &mut Reader<'a>) -> Result<Self, DerError> {
        let mut fields = entries.take(tag::SEQUENCE)?.inside();
        let serial = fields.take(tag::INTEGER)?;
        if serial.value.is_empty() {
            return Err(serial.unreadable());
        }
        let date = fields.any()?;
        if !matches!(date.tag, tag::UTC_TIME | tag::GENERALIZED_TIME) {
            return Err(date.unreadable());
        }
        let extensions = fields.optional(tag::SEQUENCE)?;
        fields.end()?;
        Ok(Self { serial, date, extensions })
    }

    /// The content octets of the serial number.
    pub fn serial_content(&self) -> &'a [u8] {
        self.serial.value
    }

    /// The serial number.
    pub fn serial(&self) -> Serial {
        Serial::from_content(self.serial.value).expect("not empty, or it would not have been read")
    }

    /// When it was revoked.
    ///
    /// # Errors
    /// [`TimeError`] when what stands there is no date.
    pub fn revoked_at(&self) -> Result<Timestamp, TimeError> {
        timestamp(&self.date)
    }

    /// Why it was revoked; `None` without a reasonCode, which means unspecified.
    ///
    /// # Errors
    /// When an extension of the entry cannot be followed.
    pub fn reason(&self) -> Result<Option<Reason>, DerError> {
        let Some(value) = self.extension(oid_content::REASON_CODE)? else { return Ok(None) };
        let mut reader = value.inside();
        let code = reader.take(tag::ENUMERATED)?;
        reader.end()?;
        Reason::from_code(code.number()?).map(Some).ok_or_else(|| code.unreadable())
    }

    /// certificateIssuer: whose certificate this entry and those that follow it are about, in an indirect list.
    ///
    /// # Errors
    /// When an extension of the entry cannot be followed.
    pub fn certificate_issuer(&self) -> Result<Option<Vec<GeneralName>>, DerError> {
        let Some(value) = self.extension(oid_content::CERTIFICATE_ISSUER)? else { return Ok(None) };
        let mut reader = value.inside();
        let names = reader.take(tag::SEQUENCE)?.inside();
        reader.end()?;
        general_names(Some(names)).map(Some)
    }

    /// The first critical extension that this reader does not know: with it, the whole list must not be used.
    ///
    /// # Errors
    /// When an extension of the entry cannot be followed.
    pub fn unknown_critical_extension(&self) -> Result<Option<Oid>, DerError> {
        const KNOWN: [&[u8]; 3] = [
            oid_content::REASON_CODE,
            oid_content::CERTIFICATE_ISSUER,
            oid_content::INVALIDITY_DATE,
        ];
        let Some(extensions) = self.extensions else { return Ok(None) };
        let mut reader = extensions.inside();
        while !reader.is_empty() {
            let (oid, critical, _) = entry_extension(&mut reader)?;
            if critical && !KNOWN.contains(&oid) {
                return Ok(Some(Oid::from_content(oid)));
            }
        }
        Ok(None)
    }

    fn extension(&self, wanted: &[u8]) -> Result<Option<Element<'a>>, DerError> {
        let Some(extensions) = self.extensions else { return Ok(None) };
        let mut reader = extensions.inside();
        while !reader.is_empty() {
            let (oid, _, value) = entry_extension(&mut reader)?;
            if oid == wanted {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

/// Content octets of the OID, whether it is critical, the OCTET STRING: without a copy, as [`Extension`] would make.
fn entry_extension<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], bool, Element<'a>), DerError> {
    let mut fields = reader.take(tag::SEQUENCE)?.inside();
    let oid = fields.take(tag::OID)?.value;
    let critical = fields.optional(tag::BOOLEAN)?.is_some_and(|element| element.value != [0]);
    let value = fields.take(tag::OCTET_STRING)?;
    fields.end()?;
    Ok((oid, critical, value))
}

/// Content octets of the extensions of an entry.
mod oid_content {
    pub(super) const REASON_CODE: &[u8] = &[0x55, 0x1D, 21];
    pub(super) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1D, 24];
    pub(super) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1D, 29];
}

/// Why a certificate is revoked (CRLReason, RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// unspecified (0).
    Unspecified,
    /// keyCompromise (1).
    KeyCompromise,
    /// cACompromise (2).
    CaCompromise,
    /// affiliationChanged (3).
    AffiliationChanged,
    /// superseded (4).
    Superseded,
    /// cessationOfOperation (5).
    CessationOfOperation,
    /// certificateHold (6): it may come back.
    CertificateHold,
    /// removeFromCRL (8): in a delta list, it came back or has expired.
    RemoveFromCrl,
    /// privilegeWithdrawn (9).
    PrivilegeWithdrawn,
    /// aACompromise (10).
    AaCompromise,
}

impl Reason {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }

    /// As RFC 5280 spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
