//! What `certs-test` holds, embedded: reading it opens no file and decodes no key.

use std::borrow::Cow;

use super::{
    Authority, CardCertificate, CardCertificates, Domain, Gamme, LegacyAuthority, LegacyUse,
    TestKey, World,
};

/// `certs-test/<file>.pem`.
macro_rules! test_key {
    ($($file:literal),+) => {
        TestKey::new(include_str!(concat!("../../../certs-test/", $($file),+, ".pem")))
    };
}

/// The committed certificates of a persona of ours, by its slug.
pub fn committed(slug: &str) -> Option<&'static CardCertificates> {
    CARDS.iter().find(|(known, _)| *known == slug).map(|(_, certificates)| certificates)
}

/// The committed key of a software product: `org-auth-cli`, `org-conf`, `org-sign`, `serv-ssl`, `ps-auth`, `ps-sign`,
/// and those of before IGC-Santé: `2bis-server`, `2ter-card`.
pub fn product_key(product: &str) -> Option<TestKey> {
    match product {
        "org-auth-cli" => Some(test_key!("keys/org-auth-cli")),
        "org-conf" => Some(test_key!("keys/org-conf")),
        "org-sign" => Some(test_key!("keys/org-sign")),
        "serv-ssl" => Some(test_key!("keys/serv-ssl")),
        "ps-auth" => Some(test_key!("keys/ps-auth")),
        "ps-sign" => Some(test_key!("keys/ps-sign")),
        "2bis-server" => Some(test_key!("keys/2bis-server")),
        "2ter-card" => Some(test_key!("keys/2ter-card")),
        _ => None,
    }
}

/// The committed key that signs lists, and nothing else, as EMULATION TEST AC ELEMENTAIRE ORGANISATIONS.
pub fn list_signer_key() -> TestKey {
    test_key!("keys/ACI-EL-ORG-TEST-lists")
}

/// A key of an authority of before IGC-Santé.
pub(super) fn legacy(authority: LegacyAuthority, usage: LegacyUse) -> TestKey {
    use LegacyAuthority::{Classe1, Classe4, Professionnel, Racine2bis};
    use LegacyUse::{Certificates, Lists};

    match (authority, usage) {
        (Racine2bis, Certificates) => test_key!("keys/2bis-root"),
        (Racine2bis, Lists) => test_key!("keys/2bis-root-lists"),
        (Classe4, Certificates | Lists) => test_key!("keys/2bis-classe-4"),
        (Professionnel, Certificates) => test_key!("keys/2ter-root"),
        (Professionnel, Lists) => test_key!("keys/2ter-root-lists"),
        (Classe1, Certificates) => test_key!("keys/2ter-classe-1"),
        (Classe1, Lists) => test_key!("keys/2ter-classe-1-lists"),
    }
}

/// The certificate and the key of an authority.
pub(super) fn authority(authority: Authority) -> (&'static [u8], TestKey) {
    use Domain::{Organisations, Personnes};
    use Gamme::{Elementaire, Fort, Standard};

    macro_rules! files {
        ($folder:literal, $code:literal) => {
            (
                include_bytes!(concat!("../../../certs-test/igc/", $folder, "/", $code, ".der")),
                test_key!("keys/", $code),
            )
        };
    }
    match (authority.world(), authority.gamme(), authority.domain()) {
        (World::Production, Elementaire, None) => files!("prod", "ACR-EL"),
        (World::Production, Elementaire, Some(Personnes)) => files!("prod", "ACI-EL-PP"),
        (World::Production, Elementaire, Some(Organisations)) => files!("prod", "ACI-EL-ORG"),
        (World::Production, Standard, None) => files!("prod", "ACR-ST"),
        (World::Production, Standard, Some(Personnes)) => files!("prod", "ACI-ST-PP"),
        (World::Production, Standard, Some(Organisations)) => files!("prod", "ACI-ST-ORG"),
        (World::Production, Fort, None) => files!("prod", "ACR-FO"),
        (World::Production, Fort, Some(Personnes)) => files!("prod", "ACI-FO-PP"),
        (World::Production, Fort, Some(Organisations)) => files!("prod", "ACI-FO-ORG"),
        (World::Test, Elementaire, None) => files!("test", "ACR-EL-TEST"),
        (World::Test, Elementaire, Some(Personnes)) => files!("test", "ACI-EL-PP-TEST"),
        (World::Test, Elementaire, Some(Organisations)) => files!("test", "ACI-EL-ORG-TEST"),
        (World::Test, Standard, None) => files!("test", "ACR-ST-TEST"),
        (World::Test, Standard, Some(Personnes)) => files!("test", "ACI-ST-PP-TEST"),
        (World::Test, Standard, Some(Organisations)) => files!("test", "ACI-ST-ORG-TEST"),
        (World::Test, Fort, None) => files!("test", "ACR-FO-TEST"),
        (World::Test, Fort, Some(Personnes)) => files!("test", "ACI-FO-PP-TEST"),
        (World::Test, Fort, Some(Organisations)) => files!("test", "ACI-FO-ORG-TEST"),
    }
}

/// One file pair of a card.
macro_rules! certificate {
    ($slug:literal, $use:literal) => {
        Some(CardCertificate {
            der: Cow::Borrowed(include_bytes!(concat!(
                "../../../certs-test/cards/",
                $slug,
                "/",
                $use,
                ".der"
            ))),
            key: test_key!("cards/", $slug, "/", $use, ".key"),
        })
    };
}

macro_rules! contact {
    ($slug:literal) => {
        (
            $slug,
            CardCertificates {
                signature: certificate!($slug, "signature"),
                authentication: certificate!($slug, "authentication"),
                technical: None,
            },
        )
    };
}

macro_rules! contactless {
    ($slug:literal) => {
        (
            $slug,
            CardCertificates {
                signature: None,
                authentication: None,
                technical: certificate!($slug, "technical"),
            },
        )
    };
}

/// By slug, in the order of the personas.
static CARDS: [(&str, CardCertificates); 11] = [
    contact!("medecin-cps3"),
    contact!("pharmacien-cps4"),
    contact!("infirmier-adeli-cps3"),
    contact!("cpe-cps3"),
    contact!("cde-cps3"),
    contact!("cpa-cps4"),
    contact!("cpf-cps3"),
    contact!("pin-bloque-cps3"),
    contact!("opposee-cps3"),
    contact!("medecin-cps4"),
    contactless!("sans-contact-cps3"),
];

/// For personas that are not ours.
pub(super) const PERSONA_SIGNATURE: TestKey = test_key!("keys/persona-signature");
/// For personas that are not ours.
pub(super) const PERSONA_AUTHENTICATION: TestKey = test_key!("keys/persona-authentication");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulate::{Persona, VirtualCard};

    #[test]
    fn every_persona_of_ours_has_certificates_and_no_other() {
        let slugs: Vec<&str> = CARDS.iter().map(|(slug, _)| *slug).collect();
        assert_eq!(slugs, Persona::list());
        assert_eq!(committed("someone"), None);
    }

    #[test]
    fn every_virtual_card_takes_its_certificates() {
        for (slug, certificates) in &CARDS {
            let persona = Persona::builtin(slug).expect("ours");
            let card = VirtualCard::new(&persona, &certificates.into());
            assert!(card.is_ok(), "{slug}: {card:?}");
        }
    }
}
