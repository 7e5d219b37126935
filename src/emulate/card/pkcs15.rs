//! The directory files of the PKCS#15 applications (CPx fact sheet §4).
//!
//! Each is a run of DER objects; real ones are padded with zeros, which [`padded`] adds.

use crate::iso7816::tlv::encode;

use super::super::persona::Generation;
use super::fs::Access;

/// What the certificates, keys and public keys of one use have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) key_label: &'static str,
    pub(super) public_label: &'static str,
    pub(super) certificate_label: &'static str,
    /// Key reference; its low seven bits end the iD on CPS3, the whole on CPS4.
    pub(super) reference: u8,
    /// BIT STRING value of the key's usage.
    usage: &'static [u8],
    /// BIT STRING value of the key's common object flags, when it is behind PIN 01.
    flags: Option<&'static [u8]>,
    pub(super) certificate: u16,
    pub(super) public_key: u16,
}

/// CPx fact sheet §4.6: flags, usage and labels of real CPS3 cards. Identifiers of public key files are ours (§14).
pub(super) const fn signature(generation: Generation) -> Pair {
    Pair {
        key_label: "CPS_PRIV_SIG",
        public_label: "Cle Publique Sign",
        certificate_label: "Certificat de Signature CPS",
        reference: match generation {
            Generation::Cps3 => 0x81,
            Generation::Cps4 => 0x10,
        },
        usage: &[0x06, 0x00, 0x40], // nonRepudiation
        flags: Some(&[0x07, 0x80]), // private
        certificate: 0xA001,
        public_key: 0xA011,
    }
}

/// As [`signature`].
pub(super) const fn authentication(generation: Generation) -> Pair {
    Pair {
        key_label: "CPS_PRIV_AUT",
        public_label: "Cle Publique Aut",
        certificate_label: "Certificat d'Authentification CPS",
        reference: match generation {
            Generation::Cps3 => 0x82,
            Generation::Cps4 => 0x20,
        },
        usage: &[0x05, 0x60],       // decrypt, sign
        flags: Some(&[0x05, 0xE0]), // private, modifiable, and a third bit
        certificate: 0xA002,
        public_key: 0xA012,
    }
}

/// The technical key of the contactless application: reference, usage and file are inferred (CPx fact sheet §7.1).
pub(super) const TECHNICAL: Pair = Pair {
    key_label: "CPS_PRIV_TECH_AUT",
    public_label: "Cle Publique Tech",
    certificate_label: "Certificat Technique CPS",
    reference: 0x83,
    usage: &[0x05, 0x20], // sign
    flags: None,
    certificate: 0xA003,
    public_key: 0xA013,
};

impl Pair {
    fn id(&self, application: &[u8]) -> Vec<u8> {
        encode(0x04, &[application, &[self.reference & 0x7F]].concat())
    }

    /// PrivateKeyType entry of EF.PrKD. The path stays empty: the vendor library selects any other before each
    /// operation (CPx fact sheet §4.6).
    pub(super) fn private_key(&self, application: &[u8]) -> Vec<u8> {
        let mut common = encode(0x0C, self.key_label.as_bytes());
        if let Some(flags) = self.flags {
            common.extend([encode(0x03, flags), encode(0x04, &[0x01])].concat());
        }
        let class = [
            self.id(application),
            encode(0x03, self.usage),
            encode(0x03, &[0x04, 0xB0]), // sensitive, alwaysSensitive, neverExtractable
            unsigned(self.reference),
        ];
        let kind = [encode(0x30, &encode(0x04, &[])), encode(0x02, &[0x08, 0x00])];
        sequence(&[sequence(&[common]), sequence(&class), encode(0xA1, &sequence(&kind))])
    }

    /// PublicKeyType entry of EF.PuKD.
    pub(super) fn public_key(&self, application: &[u8]) -> Vec<u8> {
        let common = [encode(0x0C, self.public_label.as_bytes()), encode(0x03, &[0x06, 0x40])];
        let class = [self.id(application), encode(0x03, &[0x01, 0x02])]; // verify
        let kind = [path(self.public_key), encode(0x02, &[0x08, 0x00])];
        sequence(&[sequence(&common), sequence(&class), encode(0xA1, &sequence(&kind))])
    }

    /// CertificateType entry of EF.CD.
    pub(super) fn certificate(&self, application: &[u8]) -> Vec<u8> {
        sequence(&[
            sequence(&[encode(0x0C, self.certificate_label.as_bytes())]),
            sequence(&[self.id(application)]),
            encode(0xA1, &sequence(&[path(self.certificate)])),
        ])
    }
}

/// Entry of EF.DCOD. `update` is [`Access::Pin`] for what the holder may change.
pub(super) fn data_object(label: &str, file: u16, read: Access, update: Access) -> Vec<u8> {
    let mut common = encode(0x0C, label.as_bytes());
    match (read, update) {
        (Access::Pin, _) => common.extend([0x03, 0x02, 0x07, 0x80, 0x04, 0x01, 0x01]), // private
        (_, Access::Pin) => common.extend([0x03, 0x02, 0x06, 0x40, 0x04, 0x01, 0x01]), // modifiable
        _ => {}
    }
    let class = sequence(&[encode(0x0C, b"CPS")]);
    sequence(&[sequence(&[common]), class, encode(0xA1, &path(file))])
}

/// EF.ODF: the directory files, by the context tag of their kind (CPx fact sheet §4.3).
pub(super) fn odf(directories: &[(u32, u16)]) -> Vec<u8> {
    directories.iter().flat_map(|(tag, file)| encode(*tag, &path(*file))).collect()
}

/// EF.AOD. Flags, lengths and labels of real cards are unpublished: the sheet's suggestion (§4.5), with the
/// greatest length of the code porteur at its four digits.
pub(super) fn aod() -> Vec<u8> {
    let entry = |label: &str, flags: [u8; 2], id: u8, pin_flags: [u8; 2], length: u8| {
        let pin = [
            encode(0x03, &pin_flags),
            encode(0x0A, &[0x01]), // ASCII digits
            encode(0x02, &[length]),
            encode(0x02, &[length]),
            encode(0x02, &[length]),
            encode(0x80, &[id]),
        ];
        sequence(&[
            sequence(&[encode(0x0C, label.as_bytes()), encode(0x03, &flags)]),
            sequence(&[encode(0x04, &[id])]),
            encode(0xA1, &sequence(&pin)),
        ])
    };
    [
        entry("Code porteur", [0x06, 0xC0], 1, [0x03, 0x48], 4),
        entry("Code de deblocage", [0x07, 0x80], 2, [0x00, 0x49], 8),
    ]
    .concat()
}

/// EF.CIAInfo (CPx fact sheet §4.4). `updated` is a GeneralizedTime.
pub(super) fn cia_info(generation: Generation, label: &str, updated: &str) -> Vec<u8> {
    let algorithms: Vec<u8> = match generation {
        Generation::Cps3 => CPS3_ALGORITHMS,
        Generation::Cps4 => CPS4_ALGORITHMS,
    }
    .iter()
    .zip(1_u8..)
    .flat_map(|(algorithm, reference)| algorithm.encode(reference))
    .collect();
    sequence(&[
        encode(0x02, &[0x00]),
        encode(0x0C, b"ASIP SANTE"),
        encode(0x80, label.as_bytes()),
        encode(0x03, &[0x06, 0xC0]), // read-only, login required
        encode(0xA2, &algorithms),
        encode(0x85, updated.as_bytes()),
    ])
}

struct Algorithm {
    /// PKCS#11 mechanism number.
    mechanism: &'static [u8],
    /// BIT STRING value of the operations.
    operations: [u8; 2],
    oid: &'static [u8],
    card_id: u8,
}

impl Algorithm {
    fn encode(&self, reference: u8) -> Vec<u8> {
        sequence(&[
            encode(0x02, &[reference]),
            encode(0x02, self.mechanism),
            encode(0x05, &[]),
            encode(0x03, &self.operations),
            encode(0x06, self.oid),
            encode(0x02, &[self.card_id]),
        ])
    }
}

const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const SHA1_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05];
const PSS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];
const SHA256_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
const HASH: [u8; 2] = [0x01, 0x02];
const SIGN: [u8; 2] = [0x06, 0x40];
const DECIPHER: [u8; 2] = [0x02, 0x04];

/// The first four are those of real cards; the last two are inferred (CPx fact sheet §4.4).
const CPS3_ALGORITHMS: &[Algorithm] = &[
    Algorithm { mechanism: &[0x02, 0x20], operations: HASH, oid: SHA1, card_id: 0x10 },
    Algorithm { mechanism: &[0x02, 0x50], operations: HASH, oid: SHA256, card_id: 0x40 },
    Algorithm { mechanism: &[0x06], operations: SIGN, oid: SHA1_RSA, card_id: 0x12 },
    Algorithm { mechanism: &[0x40], operations: SIGN, oid: SHA256_RSA, card_id: 0x42 },
    Algorithm { mechanism: &[0x01], operations: SIGN, oid: RSA, card_id: 0x02 },
    Algorithm { mechanism: &[0x01], operations: DECIPHER, oid: RSA, card_id: 0x1A },
];

/// The list of real CPS4 cards is unpublished: the algorithms of CPx fact sheet §7.7.
const CPS4_ALGORITHMS: &[Algorithm] = &[
    Algorithm { mechanism: &[0x06], operations: SIGN, oid: SHA1_RSA, card_id: 0x0A },
    Algorithm { mechanism: &[0x40], operations: SIGN, oid: SHA256_RSA, card_id: 0x28 },
    Algorithm { mechanism: &[0x0E], operations: SIGN, oid: PSS, card_id: 0x15 },
    Algorithm { mechanism: &[0x43], operations: SIGN, oid: PSS, card_id: 0x2C },
];

/// The content followed by zeros up to a multiple of `block`, as files allocated larger than needed are.
pub(super) fn padded(mut content: Vec<u8>, block: usize) -> Vec<u8> {
    content.resize(content.len().max(1).next_multiple_of(block), 0);
    content
}

fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    let body: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().to_vec()).collect();
    encode(0x30, &body)
}

/// `Path ::= SEQUENCE { path OCTET STRING }`, relative to the application.
fn path(file: u16) -> Vec<u8> {
    encode(0x30, &encode(0x04, &file.to_be_bytes()))
}

/// An INTEGER that is not negative: a leading zero where the top bit is set.
fn unsigned(value: u8) -> Vec<u8> {
    if value < 0x80 { encode(0x02, &[value]) } else { encode(0x02, &[0, value]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::apdu::Hex;

    const AID: &[u8] = &[0xE8, 0x28, 0xBD, 0x08, 0x0F, 0x80, 0x25, 0, 0, 1, 0xFF, 0, 0x10];

    #[test]
    fn the_entry_of_a_private_key_has_the_values_of_real_cards() {
        assert_eq!(
            Hex(&signature(Generation::Cps3).private_key(AID)).to_string(),
            "304230150C0C4350535F505249565F53494703020780040101301D040EE828BD080F8025000001FF001001\
             0303060040030204B002020081A10A30083002040002020800"
        );
        assert_eq!(
            Hex(&authentication(Generation::Cps4).private_key(AID)).to_string(),
            "304030150C0C4350535F505249565F415554030205E0040101301B040EE828BD080F8025000001FF001020\
             03020560030204B0020120A10A30083002040002020800"
        );
    }

    #[test]
    fn a_data_object_says_whether_it_needs_the_pin_and_may_be_changed() {
        assert_eq!(
            Hex(&data_object("CPS_DATA", 0xD107, Access::Free, Access::Pin)).to_string(),
            "302230110C084350535F444154410302064004010130050C03435053A10630040402D107"
        );
        assert_eq!(
            Hex(&data_object("CPS_ACTIVITY_01_PS", 0xD120, Access::Pin, Access::Issuer))
                .to_string(),
            "302C301B0C124350535F41435449564954595F30315F50530302078004010130050C03435053A106300404\
             02D120"
        );
    }

    #[test]
    fn padding_fills_the_last_block_and_makes_at_least_one() {
        assert_eq!(padded(vec![1; 8], 8), [1; 8]);
        assert_eq!(padded(vec![1], 4), [1, 0, 0, 0]);
        assert_eq!(padded(vec![], 4), [0; 4]);
    }
}
