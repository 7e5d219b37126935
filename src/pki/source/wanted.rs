//! What a certificate names: where its status and its issuer may be asked for.

use super::{Request, What};
use crate::x509::{
    CertId, CertIdHash, Certificate, DistributionPoint, GeneralName, Nonce, OcspRequest, oid,
};

/// A kind of source of a certificate's status.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Source {
    /// Revocation lists: the complete ones, then the deltas.
    Crl,
    /// OCSP responders.
    Ocsp,
}

/// The form of the OCSP requests. Default: SHA-1, which every responder knows, and no nonce.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Question {
    /// The hash that names the certificate.
    pub hash: CertIdHash,
    /// What the answer is to repeat: 32 bytes drawn at random for this request (RFC 9654 §2.1).
    pub nonce: Option<Nonce>,
}

/// What may be fetched to know the status of a certificate, in the order of the sources given: the OCSP responders of
/// authorityInfoAccess; the lists of cRLDistributionPoints, then the delta lists of freshestCRL.
///
/// `issuer_spki` is the SubjectPublicKeyInfo, in DER, of who issued it: of its certificate, or of an anchor that is a
/// key alone. The issuer's name is taken from the certificate itself, as RFC 6960 §4.1.1 has it. An extension that
/// cannot be read names nothing, and neither does an address that is not `http`, `https` or `ldap`.
pub fn of_status(
    certificate: &Certificate,
    issuer_spki: &[u8],
    sources: &[Source],
    question: &Question,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for source in sources {
        match source {
            Source::Ocsp => {
                let Ok(id) = CertId::of(certificate, issuer_spki, question.hash) else { continue };
                let request =
                    OcspRequest { certificates: vec![id], nonce: question.nonce.clone() }.to_der();
                let what = What::Status { request };
                add(&mut requests, &accessed(certificate, oid::OCSP), &what);
            }
            Source::Crl => {
                let lists = certificate.crl_distribution_points().ok().flatten();
                add(&mut requests, &published(lists), &What::List);
                let deltas = certificate.freshest_crl().ok().flatten();
                add(&mut requests, &published(deltas), &What::DeltaList);
            }
        }
    }
    requests
}

/// What may be fetched to find the issuer of a certificate: the caIssuers of authorityInfoAccess.
pub fn of_issuers(certificate: &Certificate) -> Vec<Request> {
    let mut requests = Vec::new();
    add(&mut requests, &accessed(certificate, oid::CA_ISSUERS), &What::Issuers);
    requests
}

fn accessed(certificate: &Certificate, method: &str) -> Vec<GeneralName> {
    let accesses = certificate.authority_info_access().ok().flatten().unwrap_or_default();
    let wanted = accesses.into_iter().filter(|access| access.method == *method);
    wanted.map(|access| access.location).collect()
}

fn published(points: Option<Vec<DistributionPoint>>) -> Vec<GeneralName> {
    points.unwrap_or_default().into_iter().flat_map(|point| point.names).collect()
}

/// Adds a request for each address, once.
fn add(requests: &mut Vec<Request>, locations: &[GeneralName], what: &What) {
    for url in locations.iter().filter_map(GeneralName::uri) {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let allowed = matches!(scheme.as_deref(), Some("http" | "https"))
            || (scheme.as_deref() == Some("ldap")
                && matches!(what, What::List | What::DeltaList | What::Issuers));
        let request = Request { url: url.to_owned(), what: what.clone() };
        if allowed && !requests.contains(&request) {
            requests.push(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::sample::{Template, der, extension, sequence};

    fn uri(text: &str) -> Vec<u8> {
        der(0x86, text.as_bytes())
    }

    fn points(urls: &[&str]) -> Vec<u8> {
        let points: Vec<_> =
            urls.iter().map(|url| sequence(&[der(0xA0, &der(0xA0, &uri(url)))])).collect();
        sequence(&points)
    }

    fn access(method: u8, url: &str) -> Vec<u8> {
        sequence(&[der(6, &[0x2B, 6, 1, 5, 5, 7, 0x30, method]), uri(url)])
    }

    /// As IGC-Santé has them: OCSP and caIssuers, lists by HTTP and LDAP, deltas by LDAP.
    fn leaf() -> Certificate {
        let aia = sequence(&[
            access(1, "http://ocsp.example.org"),
            access(1, "ldap://ocsp.example.org"),
            access(2, "http://example.org/ca.cer"),
            access(2, "file:///etc/passwd"),
        ]);
        let aia = sequence(&[der(6, &[0x2B, 6, 1, 5, 5, 7, 1, 1]), der(4, &aia)]);
        let lists =
            ["http://example.org/ca.crl", "LDAP://example.org/ca", "http://example.org/ca.crl"];
        let extensions = vec![
            aia,
            extension(31, &points(&lists)),
            extension(46, &points(&["ldap://example.org/delta", "gopher://example.org/delta"])),
        ];
        Template { extensions, ..Template::new("ca", "leaf") }.signed(2)
    }

    fn issuer() -> Certificate {
        Template::authority("root", "ca", 2).signed(1)
    }

    fn said(requests: &[Request]) -> Vec<String> {
        let what = |request: &Request| match request.what {
            What::Issuers => "issuers",
            What::List => "list",
            What::DeltaList => "delta",
            What::Status { .. } => "status",
        };
        requests.iter().map(|request| format!("{} {}", what(request), request.url)).collect()
    }

    #[test]
    fn what_a_certificate_names_is_asked_for_in_the_order_of_the_sources() {
        let ask = |sources: &[Source]| {
            said(&of_status(&leaf(), issuer().spki(), sources, &Question::default()))
        };
        let status = "status http://ocsp.example.org";
        let lists = [
            "list http://example.org/ca.crl",
            "list LDAP://example.org/ca",
            "delta ldap://example.org/delta",
        ];
        assert_eq!(ask(&[Source::Ocsp, Source::Crl]), [&[status][..], &lists].concat());
        assert_eq!(ask(&[Source::Crl, Source::Ocsp]), [&lists[..], &[status]].concat());
        assert_eq!(ask(&[Source::Ocsp]), [status]);
        assert_eq!(ask(&[]), [""; 0]);
        assert_eq!(said(&of_issuers(&leaf())), ["issuers http://example.org/ca.cer"]);
    }

    #[test]
    fn the_request_names_the_certificate_and_carries_the_nonce() {
        let (leaf, issuer) = (leaf(), issuer());
        for hash in [CertIdHash::Sha1, CertIdHash::Sha256] {
            let question = Question { hash, nonce: Some([7; 32].into()) };
            let mut requests = of_status(&leaf, issuer.spki(), &[Source::Ocsp], &question);
            let What::Status { request } = requests.remove(0).what else { panic!("a status") };
            let id = CertId::of(&leaf, issuer.spki(), hash).expect("a key");
            assert!(id.names(&leaf, issuer.spki()));
            let expected = OcspRequest { certificates: vec![id], nonce: question.nonce };
            assert_eq!(OcspRequest::parse(&request), Ok(expected));
        }
    }

    #[test]
    fn a_certificate_that_names_nothing_has_nothing_asked() {
        let plain = Template::new("ca", "leaf").signed(2);
        let sources = [Source::Ocsp, Source::Crl];
        assert_eq!(of_status(&plain, issuer().spki(), &sources, &Question::default()), []);
        assert_eq!(of_issuers(&plain), []);
    }
}
