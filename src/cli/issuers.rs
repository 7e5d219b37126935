//! The issuers of a card's certificate, as far as they are at hand: given, in the trust store, or of the emulation.

use super::args::cert::TrustStoreArgs;
use super::trust_store::{Held, TrustStore};
use crate::emulate::igc::Authority;
use crate::x509::{Certificate, IssuedBy};

/// No path is longer.
const LONGEST: usize = 8;

/// Each certificate followed by its issuer, without the leaf and without the root, which who verifies must have already.
/// Candidates that lead nowhere are left out. They are not verified: who verifies the signature does that.
pub(super) fn of(
    leaf: &Certificate,
    given: &[Certificate],
    store: &TrustStoreArgs,
) -> Vec<Certificate> {
    let mut candidates = given.to_vec();
    // A store that cannot be read is none: what it would have added can be given.
    if let Ok(store) = TrustStore::at(store) {
        candidates.extend(store.entries().iter().filter_map(|entry| match &entry.held {
            Held::Certificate(certificate) => Some((**certificate).clone()),
            Held::Key(_) => None,
        }));
    }
    if leaf.issued_by() == IssuedBy::Emulation {
        let authorities = Authority::all();
        candidates
            .extend(authorities.filter_map(|ours| Certificate::parse(ours.certificate()).ok()));
    }
    climb(leaf, &candidates)
}

fn climb(leaf: &Certificate, candidates: &[Certificate]) -> Vec<Certificate> {
    let mut chain: Vec<Certificate> = Vec::new();
    while chain.len() < LONGEST {
        let last = chain.last().unwrap_or(leaf);
        let next = candidates.iter().find(|candidate| issued(candidate, last));
        match next {
            Some(next) if next.subject() != next.issuer() && !chain.contains(next) => {
                chain.push(next.clone());
            }
            _ => break,
        }
    }
    chain
}

/// Whether names and key identifiers fit; an authority may have several keys under one name.
fn issued(candidate: &Certificate, certificate: &Certificate) -> bool {
    let named = certificate.authority_key_identifier().ok().flatten().and_then(|found| found.key);
    let own = candidate.subject_key_identifier().ok().flatten();
    let fits = named.zip(own).is_none_or(|(named, own)| named == own);
    candidate.subject() == certificate.issuer() && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(der: &[u8]) -> Certificate {
        Certificate::parse(der).expect("minted")
    }

    #[test]
    fn the_chain_of_a_virtual_card_goes_up_to_below_the_root() {
        let card = crate::emulate::igc::committed("medecin-cps3").expect("a persona");
        let leaf = ours(&card.signature.as_ref().expect("a certificate").der);
        let all: Vec<Certificate> =
            Authority::all().map(|authority| ours(authority.certificate())).collect();
        let chain = climb(&leaf, &all);
        assert_eq!(chain.len(), 1);
        assert_eq!(chain[0].subject(), leaf.issuer());
        assert_eq!(climb(&leaf, &[]), []);
    }
}
