//! What is unusual in a certificate: readable all the same, and said.

use serde::Serialize;

use crate::pki::profile::{self, Remark};
use crate::x509::{Certificate, Name, StringKind};

/// Something unusual.
#[derive(Debug, Serialize)]
pub(super) struct Oddity {
    /// Stable: `cert.…`, or the code of the rule of RFC 5280 that is not kept.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// What is unusual in a certificate, in a stable order.
pub(super) fn all(certificate: &Certificate) -> Vec<Oddity> {
    let mut oddities = Vec::new();
    let names = [("subject", certificate.subject()), ("issuer", certificate.issuer())];
    for (whose, name) in names {
        let mut say = |code, message| oddities.push(Oddity { code, message });
        if !name.unsorted().is_empty() {
            let message = format!("the {whose} has a SET that is not in the order of DER");
            say("cert.set_unsorted", message);
        }
        if has(name, StringKind::Teletex) {
            say("cert.t61_string", format!("the {whose} has a T61String, read as Latin-1"));
        }
        if has(name, StringKind::Other) {
            say("cert.no_string", format!("the {whose} has a value that is no string"));
        }
    }
    for (which, date) in
        [("notBefore", certificate.not_before()), ("notAfter", certificate.not_after())]
    {
        if let Err(error) = date {
            let message = format!("{which} cannot be read: {error}");
            oddities.push(Oddity { code: "cert.date_unreadable", message });
        }
    }
    if certificate.signature().is_none() {
        let message = "the signature counts unused bits, so that it proves nothing".to_owned();
        oddities.push(Oddity { code: "cert.signature_bits", message });
    }
    let standard = profile::lint(certificate).into_iter().filter_map(|remark| match remark {
        Remark::Standard(finding) => {
            Some(Oddity { code: finding.code(), message: finding.message() })
        }
        Remark::Profile(_) => None,
    });
    oddities.extend(standard);
    oddities
}

fn has(name: &Name, kind: StringKind) -> bool {
    name.attributes().any(|attribute| attribute.kind == kind)
}
