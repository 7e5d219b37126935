//! Examples are those of CPx fact sheet §4 and §12.

use proptest::prelude::*;

use super::aod::{PinCoding, PinObject};
use super::cd::{CertificateObject, Value};
use super::dcod::DataObject;
use super::dir::Application;
use super::odf::{Directory, Kind};
use super::*;
use crate::iso7816::tlv::{TlvErrorKind, encode};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("a byte")).collect()
}

const ODF: &str =
    "A806300404027001 A006300404027002 A106300404027004 A406300404027005 A706300404027006";
const AOD: &str = "3030 30120C0C436F646520706F727465757203 0206C0 3003040101 \
     A115 3013 03020348 0A0101 020104 020104 020108 800101 \
     3035 30170C11436F6465206465206465626C6F636167650302 0780 3003040102 \
     A115 3013 03020049 0A0101 020108 020108 020108 800102";
const PRKD: &str = "3042 30150C0C4350535F505249565F5349470302 0780 040101 \
     301D040EE828BD080F8025000001FF001001 0303060040 030204B0 02020081 A10A 3008 30020400 02020800";
const PUKD: &str = "303D 30170C11436C65205075626C69717565205369676E0302 0640 \
     3014040EE828BD080F8025000001FF001001 03020102 A10C 300A 30040402A011 02020800";
const CD: &str = "303B 301D0C1B43657274696669636174206465205369676E617475726520435053 \
     3010040EE828BD080F8025000001FF001001 A108 3006 30040402A001";
const DCOD: &str = "3022 30110C084350535F44415441 03020640 040101 30050C03435053 A106 30040402D107 \
     301E 300D0C0B4350535F49445F43415244 30050C03435053 A106 30040402D100";
const DIR: &str = "612B 4F0DE828BD080F8025000001FF0010 5003435053 51043F000001 \
     730F4F0DE828BD080F8025000001FF0010";
const CIA_INFO: &str = "3081E0 020100 0C0A415349502053414E5445 8011435053337633 2D32383030303030303031 \
     030206C0 A281A6 3017020101 02020220 0500 03020102 06052B0E03021A 020110 \
     301B 020102 02020250 0500 03020102 0609608648016503040201 020140 \
     301A 020103 020106 0500 03020640 06092A864886F70D010105 020112 \
     301A 020104 020140 0500 03020640 06092A864886F70D01010B 020142 \
     301A 020105 020101 0500 03020640 06092A864886F70D010101 020102 \
     301A 020106 020101 0500 03020204 06092A864886F70D010101 02011A \
     850F32303130303331363131303030305A";

fn in_application(file: u16) -> Location {
    Location { path: CardPath::in_application(file), window: None }
}

fn whole<T>(entries: Vec<T>) -> Listing<T> {
    Listing { entries, problems: vec![] }
}

fn labelled(label: &str, flags: u32, auth_id: Option<&[u8]>) -> Common {
    let auth_id = auth_id.map(<[u8]>::to_vec);
    Common { label: Some(label.to_owned()), flags: Bits(flags), auth_id }
}

#[test]
fn ef_odf_lists_the_directories() {
    let directory = |kind, file| Directory { kind, location: in_application(file) };
    let expected = [
        (Kind::AuthenticationObjects, 0x7001),
        (Kind::PrivateKeys, 0x7002),
        (Kind::PublicKeys, 0x7004),
        (Kind::Certificates, 0x7005),
        (Kind::DataObjects, 0x7006),
    ]
    .map(|(kind, file)| directory(kind, file));
    assert_eq!(odf::read(&bytes(ODF)), whole(expected.into()));
}

#[test]
fn ef_aod_says_how_each_pin_is_presented() {
    let listing = aod::read(&bytes(AOD));
    let flags: Vec<_> = listing.entries.iter().map(|pin| pin.flags).collect();
    let pin = |label, object_flags, id, flags, min, max| PinObject {
        common: labelled(label, object_flags, None),
        auth_id: vec![id],
        flags,
        coding: PinCoding::Ascii,
        min,
        max,
        stored: min,
        reference: id,
        pad: None,
        path: None,
    };
    let expected = vec![
        pin("Code porteur", 0b11, 1, flags[0], 4, 8),
        pin("Code de deblocage", 0b01, 2, flags[1], 8, 8),
    ];
    assert_eq!(listing, whole(expected));
    let unblocking = flags.iter().map(|flags| flags.is_unblocking()).collect::<Vec<_>>();
    let padded = flags.iter().map(|flags| flags.needs_padding()).collect::<Vec<_>>();
    assert_eq!((unblocking, padded), (vec![false, true], vec![false, false]));
    assert_eq!(aod::user_pin(&listing), listing.entries.first());
}

#[test]
fn ef_prkd_says_what_each_key_may_do() {
    let Listing { entries, problems } = keys::read_private(&bytes(PRKD));
    assert_eq!((entries.len(), problems), (1, vec![]));
    let key = &entries[0];
    assert_eq!(key.common, labelled("CPS_PRIV_SIG", 1, Some(&[1])));
    assert_eq!(key.id, bytes("E828BD080F8025000001FF001001"));
    assert_eq!((key.reference, key.modulus_bits), (Some(0x81), Some(2048)));
    assert_eq!(key.access, Bits(0b1101));
    let usage = (key.usage.decrypts(), key.usage.signs(), key.usage.commits());
    assert_eq!(usage, (false, false, true));
}

#[test]
fn ef_pukd_says_where_each_key_is() {
    let Listing { entries, problems } = keys::read_public(&bytes(PUKD));
    assert_eq!((entries.len(), problems), (1, vec![]));
    let key = &entries[0];
    assert_eq!(key.common, labelled("Cle Publique Sign", 0b10, None));
    assert_eq!(key.location, Some(in_application(0xA011)));
    assert_eq!((key.id.len(), key.modulus_bits), (14, Some(2048)));
}

#[test]
fn ef_cd_says_where_each_certificate_is() {
    let expected = CertificateObject {
        common: labelled("Certificat de Signature CPS", 0, None),
        id: bytes("E828BD080F8025000001FF001001"),
        value: Value::File(in_application(0xA001)),
    };
    assert_eq!(cd::read(&bytes(CD)), whole(vec![expected]));
}

#[test]
fn a_certificate_may_stand_in_its_entry() {
    let entry = bytes("3011 3000 3003040101 A108 3006 A004 30020500");
    let expected = CertificateObject {
        common: Common::default(),
        id: vec![1],
        value: Value::Direct(bytes("30020500")),
    };
    assert_eq!(cd::read(&entry), whole(vec![expected]));
}

#[test]
fn ef_dcod_says_where_each_object_is_and_who_opens_it() {
    let object = |common, file| DataObject {
        common,
        application: Some("CPS".to_owned()),
        location: in_application(file),
    };
    let expected = vec![
        object(labelled("CPS_DATA", 0b10, Some(&[1])), 0xD107),
        object(labelled("CPS_ID_CARD", 0, None), 0xD100),
    ];
    assert_eq!(dcod::read(&bytes(DCOD)), whole(expected));
}

#[test]
fn ef_dir_says_where_each_application_is() {
    let expected = Application {
        aid: bytes("E828BD080F8025000001FF0010"),
        label: Some("CPS".to_owned()),
        path: Some(CardPath::from_mf(&[0x0001])),
        odf: None,
        cia_info: None,
    };
    assert_eq!(dir::read(&bytes(DIR)), whole(vec![expected]));
}

#[test]
fn ef_ciainfo_says_what_the_card_is_and_computes() {
    let info = cia_info::read(&bytes(CIA_INFO)).expect("a sequence");
    let algorithms: Vec<_> = info
        .algorithms
        .iter()
        .map(|algorithm| (algorithm.reference, algorithm.mechanism, algorithm.card_id))
        .collect();
    let some = |reference, mechanism, id| (Some(reference), Some(mechanism), Some(id));
    let expected = vec![
        some(1, 0x220, 0x10),
        some(2, 0x250, 0x40),
        some(3, 0x06, 0x12),
        some(4, 0x40, 0x42),
        some(5, 0x01, 0x02),
        some(6, 0x01, 0x1A),
    ];
    assert_eq!(algorithms, expected);
    let without = cia_info::CiaInfo {
        version: Some(0),
        manufacturer: Some("ASIP SANTE".to_owned()),
        label: Some("CPS3v3-2800000001".to_owned()),
        flags: Bits(0b11),
        last_update: Some("20100316110000Z".to_owned()),
        ..cia_info::CiaInfo::default()
    };
    assert_eq!(cia_info::CiaInfo { algorithms: vec![], ..info }, without);
}

#[test]
fn a_path_may_name_a_window_of_its_file() {
    let entry = bytes("3019 3000 3000 A113 3011 300F 04063F0000012001 020110 80020123");
    let location =
        Location { path: CardPath::from_mf(&[0x0001, 0x2001]), window: Some((0x10, 0x123)) };
    let read: Vec<_> = dcod::read(&entry).entries.into_iter().map(|found| found.location).collect();
    assert_eq!(read, [location]);
}

#[test]
fn a_path_is_one_to_eight_file_identifiers() {
    for length in [0, 1, 3, 17, 18] {
        assert_eq!(CardPath::new(&vec![0x3F; length]), None, "{length}");
    }
    for length in [2, 16] {
        assert!(CardPath::new(&vec![0x3F; length]).is_some(), "{length}");
    }
    let below = |path: &[u8]| CardPath::new(path).and_then(CardPath::below_mf);
    assert_eq!(below(&[0x50, 0x00]), Some(CardPath::from_mf(&[0x5000])));
    assert_eq!(below(&[0x3F, 0x00]), Some(CardPath::from_mf(&[])));
    assert_eq!(below(&[0x50; 16]), None);
}

#[test]
fn an_entry_that_is_broken_or_unknown_is_named_and_the_others_are_kept() {
    let content =
        [bytes("A00402020202"), bytes(DCOD), bytes("3002 0500"), bytes("3005 01")].concat();
    let listing = dcod::read(&content);
    assert_eq!(listing.entries, dcod::read(&bytes(DCOD)).entries);
    let truncated = TlvErrorKind::Truncated { announced: 5, present: 1 };
    let problems = [
        (0, ProblemKind::Unknown(Tag(0xA0))),
        (6 + 68, ProblemKind::Missing("class attributes")),
        (6 + 68 + 4, ProblemKind::Tlv(truncated)),
    ];
    let problems = problems.map(|(position, kind)| Problem { position, kind });
    assert_eq!(listing.problems, problems);
}

#[test]
fn a_label_is_utf_8_or_else_latin_1_and_its_blanks_do_not_count() {
    assert_eq!(text("Clé ".as_bytes()), "Clé");
    assert_eq!(text(b" Cl\xE9\0\0"), "Clé");
    assert_eq!(label_key(" cps_Info-PS 1"), "CPSINFOPS1");
}

/// Every listing of a file, as numbers of entries and of problems.
fn all(content: &[u8]) -> Vec<(usize, usize)> {
    fn count<T>(listing: &Listing<T>) -> (usize, usize) {
        (listing.entries.len(), listing.problems.len())
    }
    let _refused = cia_info::read(content);
    vec![
        count(&aod::read(content)),
        count(&cd::read(content)),
        count(&dcod::read(content)),
        count(&dir::read(content)),
        count(&keys::read_private(content)),
        count(&keys::read_public(content)),
        count(&odf::read(content)),
    ]
}

#[test]
fn a_directory_cut_at_any_byte_keeps_the_entries_before_the_cut() {
    let content = bytes(DCOD);
    let entries = dcod::read(&content).entries;
    let first = 36;
    for length in 0..content.len() {
        let listing = dcod::read(&content[..length]);
        let kept = usize::from(length >= first);
        assert_eq!(listing.entries, entries[..kept], "{length}");
        let at_border = length == 0 || length == first;
        assert_eq!(listing.problems.is_empty(), at_border, "{length}");
    }
}

#[test]
fn a_ciainfo_cut_at_any_byte_gives_what_came_before_the_cut() {
    let content = bytes(CIA_INFO);
    let label_ends = 3 + 3 + 12 + 19;
    for length in 1..content.len() {
        let info = cia_info::read(&content[..length]).expect("it begins as one");
        let label = (length >= label_ends).then(|| "CPS3v3-2800000001".to_owned());
        assert_eq!(info.label, label, "{length}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_directory_panic(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        all(&content);
    }

    #[test]
    fn no_altered_byte_makes_a_directory_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for sample in [ODF, AOD, PRKD, PUKD, CD, DCOD, DIR, CIA_INFO] {
            let mut content = bytes(sample);
            let at = at.index(content.len());
            content[at] = byte;
            all(&content);
            all(&content[..at]);
        }
    }

    #[test]
    fn an_entry_that_is_written_is_read_back(
        label in "[A-Za-z0-9_]{1,40}",
        path in proptest::collection::vec(any::<u8>(), 1..=8).prop_map(|half| [half.clone(), half].concat()),
    ) {
        let sequence = |parts: &[Vec<u8>]| encode(0x30, &parts.concat());
        let entry = sequence(&[
            sequence(&[encode(0x0C, label.as_bytes())]),
            sequence(&[]),
            encode(0xA1, &sequence(&[encode(0x04, &path)])),
        ]);
        let expected = DataObject {
            common: labelled(&label, 0, None),
            application: None,
            location: Location { path: CardPath::new(&path).expect("of even length"), window: None },
        };
        prop_assert_eq!(dcod::read(&entry), whole(vec![expected]));
    }
}
