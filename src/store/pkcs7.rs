//! PKCS#7 and CMS (RFC 5652): the certificates and lists of a SignedData. Its signatures are not looked at.

use super::ber::{Element, Reader, tag};
use super::{Contents, Found, Place, StoreError};
use crate::x509::Certificate;

/// id-signedData, RFC 5652 §5.1.
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// Adds what a ContentInfo holds.
pub(super) fn read(content_info: &Element<'_>, contents: &mut Contents) -> Result<(), StoreError> {
    let mut fields = content_info.inside();
    let kind = fields.oid()?;
    if kind != SIGNED_DATA {
        return Err(StoreError::Nothing(Found::Cms(kind)));
    }
    let mut signed = fields.take(tag::constructed(0))?.inside().take(tag::SEQUENCE)?.inside();
    signed.take(tag::INTEGER)?;
    signed.take(tag::SET)?;
    signed.take(tag::SEQUENCE)?;
    if let Some(certificates) = signed.optional(tag::constructed(0))? {
        each(certificates.inside(), contents, |element, contents| {
            // The other choices of CertificateChoices (§10.2.2) have tags of their own.
            if element.tag == tag::SEQUENCE {
                contents.certificates.push(Certificate::parse(element.raw)?);
            }
            Ok(())
        });
    }
    if let Some(lists) = signed.optional(tag::constructed(1))? {
        each(lists.inside(), contents, |element, contents| {
            if element.tag == tag::SEQUENCE {
                contents.lists.push(element.raw.to_vec());
            }
            Ok(())
        });
    }
    Ok(())
}

/// Reads each element; one that cannot be read is a problem, and the others are kept.
fn each(
    mut elements: Reader<'_>,
    contents: &mut Contents,
    read: impl Fn(&Element<'_>, &mut Contents) -> Result<(), StoreError>,
) {
    let mut number = 0;
    while !elements.is_empty() {
        number += 1;
        let element = elements.any();
        let goes_on = element.is_ok();
        let read = element.map_err(StoreError::from).and_then(|element| read(&element, contents));
        contents.note(Place::Entry(number), read);
        if !goes_on {
            break;
        }
    }
}
