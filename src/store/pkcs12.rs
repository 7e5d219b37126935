//! PKCS#12 (RFC 7292), old and new, and the trust stores that Java keeps in it. What needs no password is read without
//! one; the rest is said.

use super::ber::{Element, Reader, tag};
use super::key::{self, PrivateKey, Protection};
use super::pbe::Opener;
use super::{Contents, Place, StoreError};
use crate::x509::Certificate;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
/// The bags of RFC 7292 §4.2 are the arcs under this one.
const BAGS: &str = "1.2.840.113549.1.12.10.1.";
const X509_CERTIFICATE: &str = "1.2.840.113549.1.9.22.1";
const X509_CRL: &str = "1.2.840.113549.1.9.23.1";
/// The attribute that tells the trusted certificates of a Java store.
const TRUSTED_KEY_USAGE: &str = "2.16.840.1.113894.746875.1.1";

/// Bags in bags deeper than this are refused.
const DEEPEST: usize = 8;

/// Adds what a PFX holds.
pub(super) fn read(
    pfx: &Element<'_>,
    opener: &mut Opener<'_>,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    let mut fields = pfx.inside();
    fields.take(tag::INTEGER)?;
    let mut safe = fields.take(tag::SEQUENCE)?.inside();
    let kind = safe.oid()?;
    if kind != DATA {
        return Err(StoreError::Algorithm(kind));
    }
    let safe = safe.take(tag::constructed(0))?.inside().any()?.octets()?;
    match fields.optional(tag::SEQUENCE)? {
        None => contents.note(Place::Whole, Err(StoreError::IntegrityUnchecked)),
        Some(mac) => match opener.authenticate(&mac, &safe) {
            Ok(()) => {}
            // What is not encrypted can be read all the same.
            Err(error @ (StoreError::PasswordNeeded | StoreError::Algorithm(_))) => {
                let error = match error {
                    StoreError::PasswordNeeded => StoreError::IntegrityUnchecked,
                    error => error,
                };
                contents.note(Place::Whole, Err(error));
            }
            Err(error) => return Err(error),
        },
    }
    let mut parts = Reader::new(&safe).take(tag::SEQUENCE)?.inside();
    let mut number = 0;
    while !parts.is_empty() {
        number += 1;
        let part = parts.take(tag::SEQUENCE)?;
        let read = self::part(&part, opener, contents);
        if let Err(error @ StoreError::Iterations { .. }) = read {
            return Err(error);
        }
        contents.note(Place::Part(number), read);
    }
    Ok(())
}

/// A ContentInfo of the AuthenticatedSafe.
fn part(
    part: &Element<'_>,
    opener: &mut Opener<'_>,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    let mut fields = part.inside();
    let kind = fields.oid()?;
    let mut content = fields.take(tag::constructed(0))?.inside();
    if kind == DATA {
        let bags = content.any()?.octets()?;
        let bags = Reader::new(&bags).take(tag::SEQUENCE)?;
        return Bags { protection: Protection::Clear, opener }.read(&bags, 0, contents);
    }
    if kind != ENCRYPTED_DATA {
        return Err(StoreError::Algorithm(kind));
    }
    // EncryptedData, RFC 5652 §8.
    let mut encrypted = content.take(tag::SEQUENCE)?.inside();
    encrypted.take(tag::INTEGER)?;
    let mut inner = encrypted.take(tag::SEQUENCE)?.inside();
    inner.oid()?;
    let algorithm = inner.take(tag::SEQUENCE)?;
    let sealed = inner.any()?.octets()?;
    let opened = opener.open(&algorithm, &sealed)?;
    let bags = Reader::new(&opened.bytes).take(tag::SEQUENCE).map_err(|_| opener.refused())?;
    Bags { protection: opened.protection, opener }.read(&bags, 0, contents)
}

/// Reads SafeContents.
struct Bags<'o, 'p> {
    /// Of what stands in the clear inside.
    protection: Protection,
    opener: &'o mut Opener<'p>,
}

impl Bags<'_, '_> {
    fn read(
        &mut self,
        bags: &Element<'_>,
        depth: usize,
        contents: &mut Contents,
    ) -> Result<(), StoreError> {
        if depth > DEEPEST {
            return Err(bags.unreadable().into());
        }
        let mut bags = bags.inside();
        let mut number = 0;
        while !bags.is_empty() {
            number += 1;
            let bag = bags.take(tag::SEQUENCE)?;
            match self.bag(&bag, depth, contents) {
                Err(error @ StoreError::Iterations { .. }) => return Err(error),
                read => contents.note(Place::Entry(number), read),
            }
        }
        Ok(())
    }

    fn bag(
        &mut self,
        bag: &Element<'_>,
        depth: usize,
        contents: &mut Contents,
    ) -> Result<(), StoreError> {
        let mut fields = bag.inside();
        let kind = fields.oid()?;
        let value = fields.take(tag::constructed(0))?.inside().any()?;
        match kind.as_str().strip_prefix(BAGS) {
            Some("1") => {
                let identity = key::pkcs8(&value).map_err(StoreError::Key)?;
                self.opener.keep(identity, value.raw);
                contents.keys.push(PrivateKey { identity, protection: self.protection });
            }
            Some("2") => {
                let key = PrivateKey::encrypted(&value, self.opener)?;
                // Behind two passwords, of which one is none.
                let protection = match self.protection {
                    Protection::Encrypted => Protection::Encrypted,
                    Protection::Clear => key.protection,
                };
                contents.keys.push(PrivateKey { protection, ..key });
            }
            Some("3") => {
                if let Some(der) = wrapped(&value, X509_CERTIFICATE)? {
                    let certificate = Certificate::parse(&der)?;
                    let place = contents.certificates.len();
                    contents.certificates.push(certificate);
                    if is_trusted(fields)? {
                        contents.trusted.insert(place);
                    }
                }
            }
            Some("4") => contents.lists.extend(wrapped(&value, X509_CRL)?),
            Some("6") => self.read(&value, depth + 1, contents)?,
            // Secrets, and what came later.
            _ => {}
        }
        Ok(())
    }
}

/// What a CertBag or a CRLBag holds, if it is of this type.
fn wrapped(bag: &Element<'_>, kind: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut fields = bag.inside();
    if fields.oid()? != *kind {
        return Ok(None);
    }
    let octets = fields.take(tag::constructed(0))?.inside().any()?.octets()?;
    Ok(Some(octets.into_owned()))
}

/// Whether the attributes of a bag say that Java trusts it.
fn is_trusted(mut fields: Reader<'_>) -> Result<bool, StoreError> {
    let Some(attributes) = fields.optional(tag::SET)? else { return Ok(false) };
    let mut attributes = attributes.inside();
    while !attributes.is_empty() {
        if attributes.take(tag::SEQUENCE)?.inside().oid()? == TRUSTED_KEY_USAGE {
            return Ok(true);
        }
    }
    Ok(false)
}
