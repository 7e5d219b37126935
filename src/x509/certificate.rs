//! The certificate itself: RFC 5280 §4.1, all of it but the content of its key and of its extensions.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use ring::digest;
use x509_parser::error::PEMError;
use x509_parser::pem::Pem;

use super::der::{DerError, Element, Reader, tag};
use super::extension::Extension;
use super::time::{TimeError, timestamp};
use super::{AlgorithmIdentifier, Hex, IssuedBy, Name, PublicKey, X509Error};

/// A certificate, with the bytes it was read from. A clone is the same one, and costs nothing.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<Fields>);

#[derive(Debug)]
struct Fields {
    der: Vec<u8>,
    /// SHA-256 of `der`, once it was asked for.
    sha256: OnceLock<[u8; 32]>,
    /// Where the signed part stands in `der`.
    tbs: Range<usize>,
    version: Version,
    serial: Serial,
    tbs_signature_algorithm: AlgorithmIdentifier,
    issuer: Name,
    not_before: Result<Timestamp, TimeError>,
    not_after: Result<Timestamp, TimeError>,
    subject: Name,
    spki: Vec<u8>,
    extensions: Vec<Extension>,
    signature_algorithm: AlgorithmIdentifier,
    signature: Option<Vec<u8>>,
}

/// Two are equal when their bytes are.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads the DER of one certificate.
    ///
    /// # Errors
    /// [`X509Error::Structure`], also when bytes follow the certificate.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        let mut reader = Reader::new(der);
        let outer = reader.take(tag::SEQUENCE).map_err(X509Error::Structure)?;
        reader.end().map_err(X509Error::Structure)?;
        Self::read(&outer).map_err(X509Error::Structure)
    }

    /// Reads the DER of a certificate at the start of a card file, and gives what follows it: nothing, padding, or
    /// what the file held before.
    ///
    /// # Errors
    /// [`X509Error::Structure`].
    pub fn parse_padded(file: &[u8]) -> Result<(Self, &[u8]), X509Error> {
        let mut reader = Reader::new(file);
        let outer = reader.take(tag::SEQUENCE).map_err(X509Error::Structure)?;
        let certificate = Self::read(&outer).map_err(X509Error::Structure)?;
        Ok((certificate, reader.rest()))
    }

    /// Reads a file of either form; of several certificates in PEM, the first.
    ///
    /// # Errors
    /// As [`all_from_pem_or_der`](Self::all_from_pem_or_der), and [`X509Error::NoCertificate`].
    pub fn from_pem_or_der(file: &[u8]) -> Result<Self, X509Error> {
        let mut all = Self::all_from_pem_or_der(file).into_iter();
        all.next().unwrap_or(Err(X509Error::NoCertificate))
    }

    /// Reads every certificate of a PEM file, in order, or the one of a DER file. Blocks of other labels, and text
    /// around the blocks, are passed over.
    ///
    /// # Errors
    /// One in the place of each certificate that cannot be read: [`X509Error::Pem`] or [`X509Error::Structure`].
    pub fn all_from_pem_or_der(file: &[u8]) -> Vec<Result<Self, X509Error>> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        if !file.windows(BEGIN.len()).any(|window| window == BEGIN) || Self::parse(file).is_ok() {
            return vec![Self::parse(file)];
        }
        let blocks = Pem::iter_from_buffer(file).enumerate();
        blocks.filter_map(|(index, block)| Self::from_pem_block(index + 1, block)).collect()
    }

    fn from_pem_block(block: usize, pem: Result<Pem, PEMError>) -> Option<Result<Self, X509Error>> {
        match pem {
            Ok(pem) => matches!(pem.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE")
                .then(|| Self::parse(&pem.contents)),
            Err(_) => Some(Err(X509Error::Pem { block })),
        }
    }

    pub(super) fn read(outer: &Element<'_>) -> Result<Self, DerError> {
        let mut certificate = outer.inside();
        let tbs = certificate.take(tag::SEQUENCE)?;
        let signature_algorithm = AlgorithmIdentifier::read(&mut certificate)?;
        let signature = certificate.take(tag::BIT_STRING)?;
        // Read, at least, before the octets are kept or not.
        signature.bits()?;
        let signature = signature.whole_octets().ok().map(<[u8]>::to_vec);
        certificate.end()?;

        let mut fields = tbs.inside();
        let version = Version::read(&mut fields)?;
        let serial = Serial::read(&fields.take(tag::INTEGER)?)?;
        let tbs_signature_algorithm = AlgorithmIdentifier::read(&mut fields)?;
        let issuer = Name::read(&fields.take(tag::SEQUENCE)?)?;
        let mut validity = fields.take(tag::SEQUENCE)?.inside();
        let not_before = timestamp(&validity.any()?);
        let not_after = timestamp(&validity.any()?);
        validity.end()?;
        let subject = Name::read(&fields.take(tag::SEQUENCE)?)?;
        let spki = fields.take(tag::SEQUENCE)?.raw.to_vec();
        // issuerUniqueID and subjectUniqueID: nobody writes them (RFC 5280 §4.1.2.8), nothing reads them.
        fields.optional(tag::context(1))?;
        fields.optional(tag::context(2))?;
        let extensions = Extension::read_all(fields.optional(tag::constructed(3))?)?;
        fields.end()?;

        let der = outer.raw.to_vec();
        let start = tbs.position - outer.position;
        let tbs = start..start + tbs.raw.len();
        Ok(Self(Arc::new(Fields {
            der,
            sha256: OnceLock::new(),
            tbs,
            version,
            serial,
            tbs_signature_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            spki,
            extensions,
            signature_algorithm,
            signature,
        })))
    }

    /// The certificate as PEM (RFC 7468 §5), one line end at the end.
    pub fn to_pem(&self) -> String {
        let ending = pem_rfc7468::LineEnding::LF;
        pem_rfc7468::encode_string("CERTIFICATE", ending, &self.0.der)
            .expect("the label is right and the size is that of memory")
    }

    /// The certificate as it was read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The signed part (TBSCertificate), as it was read.
    pub fn tbs(&self) -> &[u8] {
        &self.0.der[self.0.tbs.clone()]
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The serial number.
    pub fn serial(&self) -> &Serial {
        &self.0.serial
    }

    /// The issuer's name.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The subject's name.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Start of validity; [`Timestamp::MAX`] for the last day of year 9999.
    ///
    /// # Errors
    /// [`TimeError`] when what stands there is no date.
    pub fn not_before(&self) -> Result<Timestamp, &TimeError> {
        self.0.not_before.as_ref().copied()
    }

    /// End of validity; [`Timestamp::MAX`] for the last day of year 9999, which means "no end".
    ///
    /// # Errors
    /// [`TimeError`] when what stands there is no date.
    pub fn not_after(&self) -> Result<Timestamp, &TimeError> {
        self.0.not_after.as_ref().copied()
    }

    /// SHA-256 of the whole certificate.
    pub fn sha256(&self) -> [u8; 32] {
        *self.0.sha256.get_or_init(|| sha256(&self.0.der))
    }

    /// SHA-1 of the whole certificate, as old tools and documents name it; it proves nothing.
    pub fn sha1(&self) -> [u8; 20] {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.0.der);
        digest.as_ref().try_into().expect("SHA-1 gives 20 bytes")
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// SHA-256 of the [SubjectPublicKeyInfo](Self::spki).
    pub fn spki_sha256(&self) -> [u8; 32] {
        sha256(&self.0.spki)
    }

    /// The public key.
    ///
    /// # Errors
    /// [`X509Error::Key`] when the SubjectPublicKeyInfo, or an RSA key in it, cannot be followed.
    pub fn public_key(&self) -> Result<PublicKey, X509Error> {
        PublicKey::read(&self.0.spki).map_err(X509Error::Key)
    }

    /// The extensions in the order of the encoding, even one that stands there twice.
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The first extension of this type (a constant of [`oid`](super::oid)).
    pub fn extension(&self, oid: &str) -> Option<&Extension> {
        self.0.extensions.iter().find(|extension| extension.oid == *oid)
    }

    /// The algorithm of the signature, as it stands beside it.
    pub fn signature_algorithm(&self) -> &AlgorithmIdentifier {
        &self.0.signature_algorithm
    }

    /// The algorithm of the signature, as the signed part has it; RFC 5280 §4.1.1.2 wants it to be the same.
    pub fn tbs_signature_algorithm(&self) -> &AlgorithmIdentifier {
        &self.0.tbs_signature_algorithm
    }

    /// The octets of the signature. `None` when its BIT STRING counts unused bits, which no signature has: such
    /// certificates were issued (CPx fact sheet §11, 1232); they are read, and their signature proves nothing.
    pub fn signature(&self) -> Option<&[u8]> {
        self.0.signature.as_deref()
    }

    /// Which PKI the issuer's name is of. A name is a claim: only a signature proves it.
    pub fn issued_by(&self) -> IssuedBy {
        IssuedBy::named(&self.0.issuer)
    }

    /// Reads the content of an extension that the certificate may have.
    pub(super) fn read_extension<T>(
        &self,
        oid: &str,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, DerError>,
    ) -> Result<Option<T>, X509Error> {
        let Some(extension) = self.extension(oid) else { return Ok(None) };
        let mut reader = Reader::new(&extension.value);
        let content = read(&mut reader).and_then(|content| reader.end().map(|()| content));
        content
            .map(Some)
            .map_err(|cause| X509Error::Extension { oid: extension.oid.clone(), cause })
    }
}

/// The version of a certificate.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Version {
    /// Version 1, without extensions.
    V1,
    /// Version 2.
    V2,
    /// Version 3.
    V3,
    /// A number that is none of these.
    Unknown,
}

impl Version {
    fn read(fields: &mut Reader<'_>) -> Result<Self, DerError> {
        let Some(explicit) = fields.optional(tag::constructed(0))? else { return Ok(Self::V1) };
        let mut explicit = explicit.inside();
        let number = explicit.take(tag::INTEGER)?;
        explicit.end()?;
        Ok(match number.value {
            [0] => Self::V1,
            [1] => Self::V2,
            [2] => Self::V3,
            _ => Self::Unknown,
        })
    }
}

/// A serial number: the content octets of its INTEGER, of any length and sign. Two are equal when these are.
///
/// Its `Display` is in lower-case hexadecimal, without separators and without the sign octet that a positive number
/// gets when its first bit is set.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Serial(Vec<u8>);

impl Serial {
    pub(super) fn read(integer: &Element<'_>) -> Result<Self, DerError> {
        Self::from_content(integer.value).ok_or_else(|| integer.unreadable())
    }

    /// Takes the content octets of an INTEGER; `None` when there are none.
    pub fn from_content(octets: &[u8]) -> Option<Self> {
        (!octets.is_empty()).then(|| Self(octets.to_vec()))
    }

    /// The content octets, sign octet included.
    pub fn content(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [0, magnitude @ ..] if magnitude.first() >= Some(&0x80) => Hex(magnitude).fmt(f),
            octets => Hex(octets).fmt(f),
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::DerErrorKind;
    use super::super::sample::{Sample, pem, say_everything};
    use super::*;

    #[test]
    fn a_certificate_is_read_whole() {
        let der = Sample::default().der();
        let certificate = Certificate::parse(&der).expect("whole");
        assert_eq!(certificate.der(), der);
        assert_eq!(certificate.version(), Version::V3);
        assert_eq!(certificate.serial().to_string(), "1d5de25e3dc14bde");
        assert_eq!(
            certificate.subject().to_string(),
            "GN=ANNE+CN=899700296140+SN=MARTIN,T=Médecin,C=FR"
        );
        assert_eq!(certificate.issuer().to_string(), "CN=TEST AC,C=FR");
        let dates = (certificate.not_before(), certificate.not_after());
        let instant = |text: &str| text.parse::<Timestamp>().expect(text);
        assert_eq!(
            dates,
            (Ok(instant("2020-12-15T13:08:31Z")), Ok(instant("2050-12-15T13:08:31Z")))
        );
        let rsa = PublicKey::Rsa { modulus: vec![0xC1, 0x23], exponent: vec![1, 0, 1] };
        assert_eq!(certificate.public_key().as_ref().map(PublicKey::rsa_bits), Ok(Some(16)));
        assert_eq!(certificate.public_key(), Ok(rsa));
        assert_eq!(certificate.signature(), Some([0xAA; 4].as_slice()));
        assert_eq!(certificate.signature_algorithm(), certificate.tbs_signature_algorithm());
        assert!(certificate.der().windows(certificate.tbs().len()).any(|w| w == certificate.tbs()));
    }

    #[test]
    fn a_signature_that_counts_unused_bits_is_read_and_is_none() {
        let mut der = Sample::default().der();
        let count = der.len() - 5;
        assert_eq!(der[count..], [0, 0xAA, 0xAA, 0xAA, 0xAA]);
        der[count] = 3;
        let certificate = Certificate::parse(&der).expect("whole");
        assert_eq!((certificate.signature(), certificate.subject().rdns().len()), (None, 3));
        der[count] = 8;
        assert!(Certificate::parse(&der).is_err());
    }

    #[test]
    fn a_serial_of_any_length_and_sign_is_read() {
        for (content, shown) in [
            (vec![0, 0x99, 1], "9901"),
            (vec![0, 1], "0001"),
            (vec![0], "00"),
            (vec![0xFF, 0x12], "ff12"),
            (vec![0x12; 40], "12".repeat(40).as_str()),
        ] {
            let der = Sample { serial: content.clone(), ..Sample::default() }.der();
            let certificate = Certificate::parse(&der).expect("whole");
            assert_eq!(certificate.serial().content(), content);
            assert_eq!(certificate.serial().to_string(), shown);
        }
    }

    #[test]
    fn a_date_that_is_none_does_not_hide_the_rest() {
        let not_after = (0x18, b"20131301000000Z".to_vec());
        let der = Sample { not_after, ..Sample::default() }.der();
        let certificate = Certificate::parse(&der).expect("whole");
        let error = TimeError { tag: 0x18, text: "20131301000000Z".to_owned() };
        assert_eq!(certificate.not_after(), Err(&error));
        assert!(certificate.not_before().is_ok());
    }

    #[test]
    fn what_follows_a_certificate_is_an_error_or_is_given_back() {
        let der = Sample::default().der();
        let padded = [&der[..], &[0xFF; 9]].concat();
        let kind = DerErrorKind::Trailing { count: 9 };
        let error = X509Error::Structure(DerError { position: der.len(), kind });
        assert_eq!(Certificate::parse(&padded), Err(error));
        let (certificate, rest) = Certificate::parse_padded(&padded).expect("whole");
        assert_eq!((certificate.der(), rest), (&der[..], &[0xFF; 9][..]));
    }

    #[test]
    fn pem_is_read_with_what_stands_around_it() {
        let der = Sample::default().der();
        let certificate = Certificate::parse(&der).expect("whole");
        let file =
            format!("0 comment\n{}{}", pem("PRIVATE KEY", &[1, 2, 3]), pem("CERTIFICATE", &der));
        assert_eq!(Certificate::from_pem_or_der(file.as_bytes()), Ok(certificate.clone()));
        assert_eq!(Certificate::from_pem_or_der(&der), Ok(certificate.clone()));
        let two = [file.clone(), file].concat();
        assert_eq!(
            Certificate::all_from_pem_or_der(two.as_bytes()),
            [Ok(certificate.clone()), Ok(certificate)]
        );
    }

    #[test]
    fn a_file_without_a_certificate_says_why() {
        let key = pem("PRIVATE KEY", &[1, 2, 3]);
        assert_eq!(Certificate::from_pem_or_der(key.as_bytes()), Err(X509Error::NoCertificate));
        let cut = &pem("CERTIFICATE", &[1, 2, 3])[..32];
        assert_eq!(Certificate::from_pem_or_der(cut.as_bytes()), Err(X509Error::Pem { block: 1 }));
        assert!(matches!(Certificate::from_pem_or_der(b"hello"), Err(X509Error::Structure(_))));
    }

    #[test]
    fn a_certificate_cut_anywhere_is_an_error() {
        let der = Sample::full().der();
        for length in 0..der.len() {
            let cut = Certificate::parse(&der[..length]);
            assert!(matches!(cut, Err(X509Error::Structure(_))), "{length}");
        }
    }

    #[test]
    fn no_bit_changed_makes_the_reader_panic() {
        let mut der = Sample::full().der();
        for place in 0..der.len() {
            for bit in 0..8 {
                der[place] ^= 1 << bit;
                say_everything(&der);
                der[place] ^= 1 << bit;
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            say_everything(&bytes);
        }

        #[test]
        fn no_pem_makes_the_reader_panic(body in any::<Vec<u8>>(), text in "[A-Za-z0-9+/=\\n -]{0,200}") {
            for body in [&body[..], text.as_bytes()] {
                let parts = [b"-----BEGIN CERTIFICATE-----\n", body, b"\n-----END CERTIFICATE-----"];
                say_everything(&parts.concat());
            }
        }
    }
}
