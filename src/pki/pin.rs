//! The published authorities of IGC-Santé, by their fingerprints (IGC-Santé fact sheet §2 and §3): which certificates
//! and keys may be trusted as what. The certificates themselves are not here: they are fetched, or imported.

use super::name::NormalName;
use crate::x509::{Certificate, Name};

/// A published authority.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Pin {
    /// Its code, as publication points name its files: `ACR-EL`, `ACI-FO-PP-TEST`.
    pub code: &'static str,
    /// Its world.
    pub world: PinnedWorld,
    /// What it may be on a path.
    pub role: PinnedRole,
    /// CN of its subject.
    pub common_name: &'static str,
    /// SHA-256 of its certificate; `None` where no certificate was ever seen.
    pub certificate: Option<[u8; 32]>,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key: [u8; 32],
}

/// The worlds that are pinned; RECETTE is neither.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PinnedWorld {
    /// Real holders.
    Production,
    /// TEST certificates.
    Test,
}

impl PinnedWorld {
    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "prod",
            Self::Test => "test",
        }
    }
}

/// What a published authority may be on a path.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PinnedRole {
    /// An issuing authority below a root: a candidate.
    Intermediate,
    /// An issuing authority whose root was never published: its key is an anchor.
    KeyAnchor,
    /// A root: an anchor.
    Root,
}

impl PinnedRole {
    /// Whether it may end a path.
    pub fn is_anchor(self) -> bool {
        self != Self::Intermediate
    }
}

impl Pin {
    /// The authority whose certificate this is, or whose key under whose name: an authority may have its key
    /// certified anew.
    pub fn of(certificate: &Certificate) -> Option<&'static Self> {
        let found = certificate.sha256();
        PINS.iter().find(|pin| pin.certificate == Some(found)).or_else(|| {
            Self::of_key(certificate.spki_sha256()).filter(|pin| {
                NormalName::of(certificate.subject()) == NormalName::of(&pin.subject())
            })
        })
    }

    /// The authority whose key this is: SHA-256 of its SubjectPublicKeyInfo.
    pub fn of_key(sha256: [u8; 32]) -> Option<&'static Self> {
        PINS.iter().find(|pin| pin.key == sha256)
    }

    /// All of them, roots first in each world.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        PINS.iter()
    }

    /// Where the operator publishes the certificate in DER (IGC-Santé fact sheet §4).
    pub fn url(&self) -> String {
        let folder = match self.world {
            PinnedWorld::Production => "AC",
            PinnedWorld::Test => "AC%20TEST",
        };
        format!("{PUBLICATION_POINT}/{folder}/{}.cer", self.code)
    }

    /// Its subject, as every authority of IGC-Santé writes it: C in PrintableString, the rest in UTF8String
    /// (IGC-Santé fact sheet §1).
    pub fn subject(&self) -> Name {
        const COUNTRY: u8 = 6;
        const ORGANISATION: u8 = 10;
        const UNIT: u8 = 11;
        const COMMON_NAME: u8 = 3;
        let world = match self.world {
            PinnedWorld::Production => "IGC-SANTE",
            PinnedWorld::Test => "IGC-SANTE TEST",
        };
        let attributes = [
            (COUNTRY, "FR"),
            (ORGANISATION, "ASIP-SANTE"),
            (UNIT, "0002 187512751"),
            (UNIT, world),
            (COMMON_NAME, self.common_name),
        ];
        let rdns: Vec<u8> = attributes
            .into_iter()
            .flat_map(|(kind, value)| {
                let string = if kind == COUNTRY { 0x13 } else { 0x0C };
                let oid = element(0x06, &[0x55, 0x04, kind]);
                let value = element(string, value.as_bytes());
                element(0x31, &element(0x30, &[oid, value].concat()))
            })
            .collect();
        Name::parse(&element(0x30, &rdns)).expect("the constants make a name")
    }
}

/// A DER element of less than 256 bytes, which every name here is.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("the constants are short");
    let length: &[u8] = if length < 0x80 { &[length] } else { &[0x81, length] };
    [&[tag], length, content].concat()
}

/// The site of IGC-Santé (IGC-Santé fact sheet §4).
pub const PUBLICATION_POINT: &str = "http://igc-sante.esante.gouv.fr";

/// IGC-Santé fact sheet §2 (production) and §3 (TEST). The SHA-1 of the nine of production is also in what the operator
/// publishes for integrators. The key of FORT PERSONNES TEST was computed from signatures that it made.
const PINS: [Pin; 15] = [
    Pin {
        code: "ACR-EL",
        world: PinnedWorld::Production,
        role: PinnedRole::Root,
        common_name: "AC RACINE IGC-SANTE ELEMENTAIRE",
        certificate: Some(hex("2d9e22ca19f777c6b745257c723ecb8df3c35fa6f1f6ec36b83600c97346967f")),
        key: hex("3910006c5dba601999465315d6bf364a3e2ea28f4e5f2f588c98053449821712"),
    },
    Pin {
        code: "ACR-ST",
        world: PinnedWorld::Production,
        role: PinnedRole::Root,
        common_name: "AC RACINE IGC-SANTE STANDARD",
        certificate: Some(hex("5891815e864506c662afb32f8de5b8de38bffa1af721780b69e19a0c050386c3")),
        key: hex("a3e84e40f554ab0eb1db4e1c74656d823d018b06f79a4a15b8e6500f3b607aaa"),
    },
    Pin {
        code: "ACR-FO",
        world: PinnedWorld::Production,
        role: PinnedRole::Root,
        common_name: "AC RACINE IGC-SANTE FORT",
        certificate: Some(hex("53d30a19570826bde0c0762501f1f1c7a659f976c6c023123df5239df34a4eea")),
        key: hex("db702566253e00f31217856dbc900f9c6fbd2db0afec7114ee5afd60471bd886"),
    },
    Pin {
        code: "ACI-EL-PP",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE ELEMENTAIRE PERSONNES",
        certificate: Some(hex("19c1eaeab477b6fbc233cda3b53fbdbc3f4e9bf6cf6973e46f7dfaef89c06c6c")),
        key: hex("fe782f3c28bffa881332c68cbb1d23a8dc50625da502917b20e77f0737a6ca25"),
    },
    Pin {
        code: "ACI-EL-ORG",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE ELEMENTAIRE ORGANISATIONS",
        certificate: Some(hex("d834ee5b40686b73573f60547bf6052c6d404d942a5665cdb2c0b9137b5d27b2")),
        key: hex("f7948138d110c0973b25ccb0a4f1bafb97c8e8db98586d1c0402552c861cc853"),
    },
    Pin {
        code: "ACI-ST-PP",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE STANDARD PERSONNES",
        certificate: Some(hex("6c339ebcb3e1b0102b143c9694225c2a4ab2ef6fedf7d364da8db305e7f7d997")),
        key: hex("d95305ea71204a96b392f37ad2a5c75e138e3838b8c6797c8947149451acb823"),
    },
    Pin {
        code: "ACI-ST-ORG",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE STANDARD ORGANISATIONS",
        certificate: Some(hex("c0520a2b14fb68836a807bf86ab2b3e07d1b6061d91bc9c7b86a6f8de4b5638e")),
        key: hex("39c47d765e622dbdaece139ce3d48402a1a3a30b20e95222901265baf169e0a2"),
    },
    Pin {
        code: "ACI-FO-PP",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE FORT PERSONNES",
        certificate: Some(hex("38284e4f6107456e70c7439c85da7d564d0fe1fe1a968c9eb6d43e1fc0d63c3a")),
        key: hex("f34ee769d16e5a5347502cc4018066a2d887fe4b7dced01d46e4c0392114a13a"),
    },
    Pin {
        code: "ACI-FO-ORG",
        world: PinnedWorld::Production,
        role: PinnedRole::Intermediate,
        common_name: "AC IGC-SANTE FORT ORGANISATIONS",
        certificate: Some(hex("23f69674002d1dd4b018baecd908dc92687942bb48e5140ff895e2f56bc49c0d")),
        key: hex("b94f98d32558240a6bb682afecc84fc33863c5e0098b7f4838f7ce2def846a20"),
    },
    Pin {
        code: "ACR-EL-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::Root,
        common_name: "TEST AC RACINE IGC-SANTE ELEMENTAIRE",
        certificate: Some(hex("01325aeb193871eec90fa89556804e4185cb362e0ca87a3d79939c71186da805")),
        key: hex("fc11abe2f5f09751be55fc515bca38c9197b8bfdbdb36a1b05b1d8afb9e83c66"),
    },
    Pin {
        code: "ACR-ST-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::Root,
        common_name: "TEST AC RACINE IGC-SANTE STANDARD",
        certificate: Some(hex("d6059a88efd603feb05405197215ccade2a8b389c6f872f9d343e5f53bfbb426")),
        key: hex("49c467fcc034b4d3b97b2adf3272e687bbc981f96da12ea00f3cb86a6c1b5779"),
    },
    Pin {
        code: "ACI-EL-PP-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::Intermediate,
        common_name: "TEST AC IGC-SANTE ELEMENTAIRE PERSONNES",
        certificate: Some(hex("67be67df1673552a6c2c110f6603309c4b68fd7b7a2bba847ec87dc5d7c71b1f")),
        key: hex("968cd29c745a06953a1874f41269c21e963cdb14ab299835a258041c67a9e4c4"),
    },
    Pin {
        code: "ACI-EL-ORG-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::Intermediate,
        common_name: "TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS",
        certificate: Some(hex("dc528e3788691b3f7950164076f95b02c64334c68662bdede5750b4e0e5338f6")),
        key: hex("e6c1a7e96238c35d5c0e33c7d6deec8f1694b607aeca5a438b2fbc27390224e9"),
    },
    Pin {
        code: "ACI-ST-PP-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::Intermediate,
        common_name: "TEST AC IGC-SANTE STANDARD PERSONNES",
        certificate: Some(hex("d4562312535334d8f7c885c6f5a8b3df0cf7bb3cd0b32954ec0ce4d82939a3f2")),
        key: hex("e62b5f22024470e72fd7f5c4ca2c2ef2aa8a45c4fc8d230fd8a16ae98f452ffb"),
    },
    Pin {
        code: "ACI-FO-PP-TEST",
        world: PinnedWorld::Test,
        role: PinnedRole::KeyAnchor,
        common_name: "TEST AC IGC-SANTE FORT PERSONNES",
        certificate: None,
        key: hex("de5107c8da4de06e9f2491aa9007f86392eb53befa961b60806e8be78a1f8f7d"),
    },
];

/// 64 hexadecimal digits as 32 bytes, when compiled.
const fn hex(digits: &str) -> [u8; 32] {
    const fn digit(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a lower-case hexadecimal digit"),
        }
    }
    let digits = digits.as_bytes();
    assert!(digits.len() == 64, "not 32 bytes");
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = digit(digits[2 * at]) * 16 + digit(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_nine_authorities_of_production_and_six_of_test() {
        let of = |world| Pin::all().filter(|pin| pin.world == world).count();
        assert_eq!([of(PinnedWorld::Production), of(PinnedWorld::Test)], [9, 6]);
    }

    #[test]
    fn no_two_authorities_share_a_fingerprint() {
        let keys: std::collections::BTreeSet<_> = Pin::all().map(|pin| pin.key).collect();
        assert_eq!(keys.len(), PINS.len());
    }

    #[test]
    fn a_subject_is_that_of_its_authority() {
        use crate::x509::{Domain, Gamme, IssuedBy, World};
        for pin in Pin::all() {
            let IssuedBy::IgcSante { world, domain, .. } = IssuedBy::named(&pin.subject()) else {
                panic!("{} is not recognised", pin.code)
            };
            let pinned = pin.world == PinnedWorld::Test;
            assert_eq!(world == World::Test, pinned, "{}", pin.code);
            assert_eq!(domain == Domain::Racine, pin.role == PinnedRole::Root, "{}", pin.code);
        }
        let fort = Pin::all().last().expect("there are some").subject();
        let expected = IssuedBy::IgcSante {
            world: World::Test,
            gamme: Gamme::Fort,
            domain: Domain::Personnes,
        };
        assert_eq!(IssuedBy::named(&fort), expected);
    }

    #[test]
    fn an_address_is_that_of_the_publication_point() {
        let urls: Vec<_> = Pin::all().map(Pin::url).collect();
        assert_eq!(urls[0], "http://igc-sante.esante.gouv.fr/AC/ACR-EL.cer");
        assert_eq!(urls[14], "http://igc-sante.esante.gouv.fr/AC%20TEST/ACI-FO-PP-TEST.cer");
    }
}
