//! The eighteen authorities: who they are and where they would publish (IGC-Santé fact sheet §1 to §4).

use std::fmt;

use const_oid::ObjectIdentifier;
use x509_cert::name::Name;

use super::extension::Usage;
use super::name::{Attribute, name};
use super::{MintError, TestKey, committed};

/// The two parallel hierarchies of IGC-Santé, both emulated here and both without value.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum World {
    /// The imitation of the production hierarchy.
    Production,
    /// The imitation of the TEST hierarchy, where test cards belong.
    Test,
}

/// The range of a hierarchy: each has one root.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Gamme {
    /// Software certificates.
    Elementaire,
    /// Cards of staff: CDE, CPE, CDA, CPA.
    Standard,
    /// Cards of professionals: CPS, CPF.
    Fort,
}

/// What an intermediate authority certifies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Domain {
    /// Structures and their servers.
    Organisations,
    /// Natural persons.
    Personnes,
}

/// One of the eighteen authorities of the test PKI: three roots and six intermediates in each world.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Authority {
    world: World,
    gamme: Gamme,
    /// `None`: the root.
    domain: Option<Domain>,
}

impl Authority {
    /// The intermediate that issues to this domain.
    pub const fn builtin(world: World, gamme: Gamme, domain: Domain) -> Self {
        Self { world, gamme, domain: Some(domain) }
    }

    /// The root of a range.
    pub const fn root(world: World, gamme: Gamme) -> Self {
        Self { world, gamme, domain: None }
    }

    /// All eighteen: in each world and each range, the root then its intermediates.
    pub fn all() -> impl Iterator<Item = Self> {
        let worlds = [World::Production, World::Test];
        let gammes = [Gamme::Elementaire, Gamme::Standard, Gamme::Fort];
        let domains = [None, Some(Domain::Personnes), Some(Domain::Organisations)];
        worlds.into_iter().flat_map(move |world| {
            gammes.into_iter().flat_map(move |gamme| {
                domains.into_iter().map(move |domain| Self { world, gamme, domain })
            })
        })
    }

    /// The authority of this [`code`](Self::code).
    pub fn by_code(code: &str) -> Option<Self> {
        Self::all().find(|authority| authority.code() == code)
    }

    /// Its world.
    pub fn world(self) -> World {
        self.world
    }

    /// Its range.
    pub fn gamme(self) -> Gamme {
        self.gamme
    }

    /// Its domain; `None` for a root.
    pub fn domain(self) -> Option<Domain> {
        self.domain
    }

    /// Who signed its certificate: the root of its range, itself for a root.
    pub fn issuer(self) -> Self {
        Self::root(self.world, self.gamme)
    }

    /// The code of its files, as IGC-Santé makes them: `ACR-FO`, `ACI-EL-ORG-TEST`.
    pub fn code(self) -> String {
        let gamme = match self.gamme {
            Gamme::Elementaire => "EL",
            Gamme::Standard => "ST",
            Gamme::Fort => "FO",
        };
        let world = match self.world {
            World::Production => "",
            World::Test => "-TEST",
        };
        match self.domain {
            None => format!("ACR-{gamme}{world}"),
            Some(Domain::Personnes) => format!("ACI-{gamme}-PP{world}"),
            Some(Domain::Organisations) => format!("ACI-{gamme}-ORG{world}"),
        }
    }

    /// Its common name: `EMULATION TEST AC FORT PERSONNES`.
    pub fn common_name(self) -> String {
        let world = match self.world {
            World::Production => "EMULATION",
            World::Test => "EMULATION TEST",
        };
        let gamme = match self.gamme {
            Gamme::Elementaire => "ELEMENTAIRE",
            Gamme::Standard => "STANDARD",
            Gamme::Fort => "FORT",
        };
        match self.domain {
            None => format!("{world} AC RACINE {gamme}"),
            Some(Domain::Personnes) => format!("{world} AC {gamme} PERSONNES"),
            Some(Domain::Organisations) => format!("{world} AC {gamme} ORGANISATIONS"),
        }
    }

    /// Its certificate in DER, as committed in `certs-test/igc`. No key is read.
    pub fn certificate(self) -> &'static [u8] {
        committed::authority(self).0
    }

    /// Its private key, as committed in `certs-test/keys`.
    pub fn key(self) -> TestKey {
        committed::authority(self).1
    }

    /// Where its complete list would be by HTTP: nobody answers there.
    pub fn list_url(self) -> String {
        format!("http://{HOST}/CRL/{}.crl", self.code())
    }

    pub(super) fn subject(self) -> Result<Name, MintError> {
        self.named(&self.common_name())
    }

    /// A name of the same organisation.
    pub(super) fn named(self, common_name: &str) -> Result<Name, MintError> {
        name([
            vec![(Attribute::Country, "FR")],
            vec![(Attribute::Organisation, "CPSKIT")],
            vec![(Attribute::Unit, self.unit())],
            vec![(Attribute::CommonName, common_name)],
        ])
    }

    fn unit(self) -> &'static str {
        match self.world {
            World::Production => "EMULATION SANS VALEUR",
            World::Test => "EMULATION SANS VALEUR TEST",
        }
    }

    /// Where its certificate would be, in DER.
    pub(super) fn certificate_url(self) -> String {
        match self.world {
            World::Production => format!("http://{HOST}/AC/{}.cer", self.code()),
            World::Test => format!("http://{HOST}/AC%20TEST/{}.cer", self.code()),
        }
    }

    /// Where its complete list would be: HTTP then LDAP. `class` is the spelling of the LDAP filter, which differs
    /// between the certificates of authorities and those of end entities.
    pub(super) fn crl_urls(self, class: ObjectClass) -> [String; 2] {
        [self.list_url(), self.ldap_url("certificaterevocationlist", class)]
    }

    /// Where its delta list would be: LDAP only.
    pub(super) fn delta_crl_url(self) -> String {
        self.ldap_url("deltarevocationlist", ObjectClass::EndEntity)
    }

    /// One responder for both worlds.
    pub(super) fn ocsp_url(self) -> String {
        format!("http://{HOST}/OCSP")
    }

    /// The practice statement.
    pub(super) fn statement_url(self) -> String {
        match self.world {
            World::Production => format!("http://{HOST}/PC"),
            World::Test => format!("http://{HOST}/PC%20TEST"),
        }
    }

    /// The policy of what it issues: the shape of the official arc under the number that RFC 5612 reserves for
    /// examples, so that no verifier can take it for a policy of IGC-Santé. One policy serves the whole TEST world.
    pub(super) fn policy(self, usage: Usage) -> Result<ObjectIdentifier, MintError> {
        const EXAMPLES: [u32; 8] = [1, 3, 6, 1, 4, 1, 32473, 7];
        let gamme = match self.gamme {
            Gamme::Elementaire => 1,
            Gamme::Standard => 2,
            Gamme::Fort => 3,
        };
        let domain = match self.domain {
            Some(Domain::Organisations) => 2,
            Some(Domain::Personnes) | None => 1,
        };
        let arcs = match self.world {
            World::Production => [1, gamme, domain, usage.policy_arc(), 1],
            World::Test => [2, 1, 1, 1, 1],
        };
        Ok(ObjectIdentifier::from_arcs(EXAMPLES.into_iter().chain(arcs))
            .map_err(der::Error::from)?)
    }

    /// A directory path, not the subject: an intermediate stands under its root (IGC-Santé fact sheet §4).
    fn ldap_url(self, attribute: &str, class: ObjectClass) -> String {
        let entry = match self.domain {
            None => format!("cn={}", self.common_name()),
            Some(_) => format!("cn={},ou={}", self.common_name(), self.issuer().common_name()),
        };
        let entry = format!("{entry},ou={},o=CPSKIT,c=FR", self.unit()).replace(' ', "%20");
        let class = match class {
            ObjectClass::Authority => "objectclass=pkiCa",
            ObjectClass::EndEntity => "objectClass=pkiCA",
        };
        format!("ldap://{HOST}/{entry}?{attribute};binary?base?{class}")
    }
}

/// Whose certificate an LDAP URL stands in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ObjectClass {
    Authority,
    EndEntity,
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.common_name())
    }
}

/// The reserved name (RFC 6761 §6.4) under which nothing is ever published.
pub(super) const HOST: &str = "igc.emulation.invalid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_three_roots_and_six_intermediates_in_each_world() {
        let codes: Vec<String> = Authority::all().map(Authority::code).collect();
        let expected = [
            ["ACR-EL", "ACI-EL-PP", "ACI-EL-ORG"],
            ["ACR-ST", "ACI-ST-PP", "ACI-ST-ORG"],
            ["ACR-FO", "ACI-FO-PP", "ACI-FO-ORG"],
        ]
        .concat();
        let test = expected.iter().map(|code| format!("{code}-TEST"));
        let expected: Vec<String> =
            expected.iter().map(|code| (*code).to_owned()).chain(test).collect();
        assert_eq!(codes, expected);
    }

    #[test]
    fn every_name_and_address_says_that_it_is_emulated() {
        for authority in Authority::all() {
            let [http, ldap] = authority.crl_urls(ObjectClass::EndEntity);
            let texts = [
                authority.common_name().to_lowercase(),
                authority.certificate_url(),
                http,
                ldap,
                authority.delta_crl_url(),
                authority.ocsp_url(),
                authority.statement_url(),
            ];
            let silent: Vec<_> = texts.iter().filter(|text| !text.contains("emulation")).collect();
            assert_eq!(silent, [""; 0]);
        }
    }

    #[test]
    fn the_directory_entry_of_an_intermediate_stands_under_its_root() {
        let authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
        assert_eq!(
            authority.delta_crl_url(),
            "ldap://igc.emulation.invalid/cn=EMULATION%20TEST%20AC%20FORT%20PERSONNES,\
             ou=EMULATION%20TEST%20AC%20RACINE%20FORT,ou=EMULATION%20SANS%20VALEUR%20TEST,o=CPSKIT,c=FR\
             ?deltarevocationlist;binary?base?objectClass=pkiCA"
        );
    }
}
