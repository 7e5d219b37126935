//! Which PKI an authority belongs to, as its whole distinguished name says.
//!
//! Never by CN alone: the RECETTE authorities have the CN of the test ones, and other keys (IGC-Santé fact sheet §1).

use super::{Name, oid};

/// The PKI whose authority bears a name. A name is a claim: only a signature proves it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum IssuedBy {
    /// An authority made by this crate for virtual cards: nothing it signs is worth anything.
    Emulation,
    /// IGC-Santé (IGC-Santé fact sheet §1).
    IgcSante {
        /// Production, or one of the two for tests.
        world: World,
        /// The range.
        gamme: Gamme,
        /// Which of its three authorities.
        domain: Domain,
    },
    /// A PKI before IGC-Santé, inactive since 2021 (IGC-Santé fact sheet §9).
    Legacy {
        /// Which one.
        pki: LegacyPki,
        /// Production or test.
        world: World,
    },
    /// None of these.
    Other,
}

/// Whether certificates are about real holders.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum World {
    /// Real holders.
    Production,
    /// TEST certificates, for vendors.
    Test,
    /// The operator's own acceptance tests.
    Recette,
}

/// The ranges (gammes) of IGC-Santé.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Gamme {
    /// ELEMENTAIRE: software certificates.
    Elementaire,
    /// STANDARD: cards of staff.
    Standard,
    /// FORT: cards of professionals.
    Fort,
}

/// The authorities of a range.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Domain {
    /// The root (AC RACINE), which certifies the two others.
    Racine,
    /// PERSONNES.
    Personnes,
    /// ORGANISATIONS.
    Organisations,
}

/// The PKIs before IGC-Santé.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LegacyPki {
    /// IGC-CPS2bis: servers and messaging.
    Cps2bis,
    /// IGC-CPS2ter: cards CPS2ter and CPS3.
    Cps2ter,
}

/// Where an authority stands in IGC-Santé, or in its emulation, which has the same shape under other names.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    /// Production, or one of the two for tests.
    pub world: World,
    /// The range.
    pub gamme: Gamme,
    /// Which of its three authorities.
    pub domain: Domain,
}

impl Place {
    /// Where the authority of this name stands; `None` for one of another PKI.
    pub fn named(name: &Name) -> Option<Self> {
        match IssuedBy::named(name) {
            IssuedBy::IgcSante { world, gamme, domain } => Some(Self { world, gamme, domain }),
            IssuedBy::Emulation => emulated(name),
            IssuedBy::Legacy { .. } | IssuedBy::Other => None,
        }
    }
}

impl IssuedBy {
    /// Recognises an authority by its name.
    pub fn named(name: &Name) -> Self {
        emulation(name).or_else(|| igc_sante(name)).or_else(|| legacy(name)).unwrap_or(Self::Other)
    }
}

fn emulation(name: &Name) -> Option<IssuedBy> {
    let ours = name.all(oid::ORGANIZATION_NAME).any(|o| o == "CPSKIT")
        && name
            .all(oid::ORGANIZATIONAL_UNIT_NAME)
            .any(|ou| ou.starts_with("EMULATION SANS VALEUR"));
    // Those of the shape of the PKIs before IGC-Santé have another one.
    let of_before = name.all(oid::ORGANIZATION_NAME).any(|o| o == "EMULATION GIP-CPS");
    (ours || of_before).then_some(IssuedBy::Emulation)
}

/// `EMULATION [TEST ]AC [RACINE ]<range>[ <domain>]`.
fn emulated(name: &Name) -> Option<Place> {
    let common_name = name.first(oid::COMMON_NAME)?.strip_prefix("EMULATION ")?;
    let (world, common_name) = match common_name.strip_prefix("TEST ") {
        Some(rest) => (World::Test, rest),
        None => (World::Production, common_name),
    };
    let (gamme, domain) = match common_name.strip_prefix("AC RACINE ") {
        Some(root) => (range(root)?, Domain::Racine),
        None => intermediate(common_name.strip_prefix("AC ")?)?,
    };
    Some(Place { world, gamme, domain })
}

fn igc_sante(name: &Name) -> Option<IssuedBy> {
    let (world, common_name) = match &path(name)?[..] {
        [C, O_ASIP, OU_SIREN, (OU, "IGC-SANTE"), (CN, cn)] => (World::Production, *cn),
        [C, O_ASIP, OU_SIREN, (OU, "IGC-SANTE TEST"), (CN, cn)] => {
            (World::Test, cn.strip_prefix("TEST ")?)
        }
        [C, O_ASIP, OU_SIREN, (OU, "IGC-SANTE TEST"), (OU, "RECETTE"), (CN, cn)] => {
            (World::Recette, cn.strip_prefix("TEST ")?)
        }
        _ => return None,
    };
    let (gamme, domain) = match common_name.strip_prefix("AC RACINE IGC-SANTE ") {
        Some(root) => (range(root)?, Domain::Racine),
        None => intermediate(common_name.strip_prefix("AC IGC-SANTE ")?)?,
    };
    Some(IssuedBy::IgcSante { world, gamme, domain })
}

/// `<range> <domain>`.
fn intermediate(text: &str) -> Option<(Gamme, Domain)> {
    let (gamme, domain) = text.split_once(' ')?;
    let domain = match domain {
        "PERSONNES" => Domain::Personnes,
        "ORGANISATIONS" => Domain::Organisations,
        _ => return None,
    };
    Some((range(gamme)?, domain))
}

fn range(text: &str) -> Option<Gamme> {
    match text {
        "ELEMENTAIRE" => Some(Gamme::Elementaire),
        "STANDARD" => Some(Gamme::Standard),
        "FORT" => Some(Gamme::Fort),
        _ => None,
    }
}

fn legacy(name: &Name) -> Option<IssuedBy> {
    let path = path(name)?;
    let (organisation, below) = match &path[..] {
        [C, (O, organisation), below @ ..] => (*organisation, below),
        _ => return None,
    };
    let world = if organisation == "GIP-CPS" { World::Production } else { World::Test };
    let pki = match (organisation, below) {
        ("GIP-CPS" | "GIP-CPS-TEST", []) => LegacyPki::Cps2bis,
        ("GIP-CPS", [(OU, "AC-CLASSE-4" | "AC-CLASSE-5" | "AC-CLASSE-6")])
        | ("GIP-CPS-TEST", [(OU, "AC-CLASSE-4-TEST" | "AC-CLASSE-5-TEST" | "AC-CLASSE-6-TEST")]) => {
            LegacyPki::Cps2bis
        }
        ("GIP-CPS" | "TEST", [(OU, family), class @ ..]) => {
            let prefix = if organisation == "TEST" { "TEST " } else { "GIP-CPS " };
            match family.strip_prefix(prefix)? {
                "ANONYME" | "PROFESSIONNEL" | "STRUCTURE" | "SERVEUR" => {}
                _ => return None,
            }
            match class {
                [] => {}
                [(CN, cn)] => match cn.strip_prefix(prefix)? {
                    "CLASSE-0" | "CLASSE-1" | "CLASSE-2" | "CLASSE-3" => {}
                    _ => return None,
                },
                _ => return None,
            }
            LegacyPki::Cps2ter
        }
        _ => return None,
    };
    Some(IssuedBy::Legacy { pki, world })
}

/// Type and text of each relative name, when each is of one attribute: those of all known authorities are.
fn path(name: &Name) -> Option<Vec<(&str, &str)>> {
    let one = |rdn: &'_ Vec<_>| <&[_; 1]>::try_from(&rdn[..]).ok().is_some();
    let single = name.rdns().iter().all(one);
    single.then(|| name.attributes().map(|a| (a.oid.as_str(), a.value.as_str())).collect())
}

const CN: &str = oid::COMMON_NAME;
const O: &str = oid::ORGANIZATION_NAME;
const OU: &str = oid::ORGANIZATIONAL_UNIT_NAME;
const C: (&str, &str) = (oid::COUNTRY_NAME, "FR");
const O_ASIP: (&str, &str) = (O, "ASIP-SANTE");
const OU_SIREN: (&str, &str) = (OU, "0002 187512751");

#[cfg(test)]
mod tests {
    use super::super::Certificate;
    use super::super::sample::{Sample, attribute, name};
    use super::*;

    fn issued_by(path: &[&str]) -> IssuedBy {
        IssuedBy::named(&named(path))
    }

    /// The name of a path of `type=value`.
    fn named(path: &[&str]) -> Name {
        let rdns: Vec<_> = path
            .iter()
            .map(|part| {
                let (oid, value) = part.split_once('=').expect("type=value");
                let last = match oid {
                    "C" => 6,
                    "O" => 10,
                    "OU" => 11,
                    _ => 3,
                };
                [attribute(&[0x55, 4, last], 0x0C, value.as_bytes())]
            })
            .collect();
        let issuer = name(&rdns.iter().map(|rdn| &rdn[..]).collect::<Vec<_>>());
        let der = Sample { issuer, ..Sample::default() }.der();
        Certificate::parse(&der).expect("whole").issuer().clone()
    }

    const ASIP: [&str; 3] = ["C=FR", "O=ASIP-SANTE", "OU=0002 187512751"];

    #[test]
    fn the_authorities_of_igc_sante_are_told_by_world_range_and_domain() {
        for (rest, world, gamme, domain) in [
            (
                &["OU=IGC-SANTE", "CN=AC IGC-SANTE FORT PERSONNES"][..],
                World::Production,
                Gamme::Fort,
                Domain::Personnes,
            ),
            (
                &["OU=IGC-SANTE TEST", "CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS"],
                World::Test,
                Gamme::Elementaire,
                Domain::Organisations,
            ),
            (
                &["OU=IGC-SANTE TEST", "CN=TEST AC RACINE IGC-SANTE STANDARD"],
                World::Test,
                Gamme::Standard,
                Domain::Racine,
            ),
            (
                &["OU=IGC-SANTE TEST", "OU=RECETTE", "CN=TEST AC IGC-SANTE FORT PERSONNES"],
                World::Recette,
                Gamme::Fort,
                Domain::Personnes,
            ),
        ] {
            let expected = IssuedBy::IgcSante { world, gamme, domain };
            assert_eq!(issued_by(&[&ASIP, rest].concat()), expected);
        }
    }

    #[test]
    fn a_common_name_alone_makes_no_authority() {
        for path in [
            &["CN=AC IGC-SANTE FORT PERSONNES"][..],
            &["C=FR", "O=ASIP-SANTE", "OU=IGC-SANTE", "CN=AC IGC-SANTE FORT PERSONNES"],
            &[ASIP[0], ASIP[1], ASIP[2], "OU=IGC-SANTE", "CN=TEST AC IGC-SANTE FORT PERSONNES"],
            &[ASIP[0], ASIP[1], ASIP[2], "OU=IGC-SANTE TEST", "CN=AC IGC-SANTE FORT PERSONNES"],
            &[
                ASIP[0],
                ASIP[1],
                ASIP[2],
                "OU=IGC-SANTE",
                "OU=RECETTE",
                "CN=AC IGC-SANTE FORT PERSONNES",
            ],
            &[ASIP[0], ASIP[1], ASIP[2], "OU=IGC-SANTE", "CN=AC IGC-SANTE FORT AUTRES"],
            &["C=FR", "O=TEST"],
            &["C=FR", "O=TEST", "OU=TEST AUTRE"],
            &["C=FR", "O=GIP-CPS", "OU=AC-CLASSE-4-TEST"],
            &["C=FR", "O=GIP-CPS", "OU=TEST PROFESSIONNEL"],
            &["O=CPSKIT"],
            &["OU=EMULATION SANS VALEUR"],
            &[],
        ] {
            assert_eq!(issued_by(path), IssuedBy::Other, "{path:?}");
        }
    }

    #[test]
    fn the_authorities_of_the_legacy_pkis_are_told_by_organisation_and_class() {
        for (path, pki, world) in [
            (&["C=FR", "O=GIP-CPS"][..], LegacyPki::Cps2bis, World::Production),
            (&["C=FR", "O=GIP-CPS", "OU=AC-CLASSE-5"], LegacyPki::Cps2bis, World::Production),
            (&["C=FR", "O=GIP-CPS-TEST", "OU=AC-CLASSE-4-TEST"], LegacyPki::Cps2bis, World::Test),
            (&["C=FR", "O=GIP-CPS", "OU=GIP-CPS ANONYME"], LegacyPki::Cps2ter, World::Production),
            (
                &["C=FR", "O=GIP-CPS", "OU=GIP-CPS STRUCTURE", "CN=GIP-CPS CLASSE-3"],
                LegacyPki::Cps2ter,
                World::Production,
            ),
            (
                &["C=FR", "O=TEST", "OU=TEST PROFESSIONNEL", "CN=TEST CLASSE-1"],
                LegacyPki::Cps2ter,
                World::Test,
            ),
        ] {
            assert_eq!(issued_by(path), IssuedBy::Legacy { pki, world }, "{path:?}");
        }
    }

    #[test]
    fn an_emulated_authority_stands_where_the_one_it_emulates_does() {
        let place = |cn: &str| {
            let parts = ["C=FR", "O=CPSKIT", "OU=EMULATION SANS VALEUR", &format!("CN={cn}")];
            Place::named(&named(&parts))
        };
        let (world, gamme) = (World::Test, Gamme::Fort);
        let expected = Place { world, gamme, domain: Domain::Personnes };
        assert_eq!(place("EMULATION TEST AC FORT PERSONNES"), Some(expected));
        let expected = Place { world: World::Production, gamme, domain: Domain::Racine };
        assert_eq!(place("EMULATION AC RACINE FORT"), Some(expected));
        for cn in ["AC FORT PERSONNES", "EMULATION AC FORT", "EMULATION AC RACINE"] {
            assert_eq!(place(cn), None, "{cn}");
        }
    }

    #[test]
    fn the_authorities_of_the_emulation_say_that_they_are_worth_nothing() {
        let path = ["C=FR", "O=CPSKIT", "OU=EMULATION SANS VALEUR 1", "CN=TEST AC IGC-SANTE FORT"];
        assert_eq!(issued_by(&path), IssuedBy::Emulation);
    }
}
