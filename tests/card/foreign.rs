//! Cards of others: the same persona under other file numbers, labels, paths, orders, and with other habits.

use cpskit::card::{CardCertificate, Error, File, Identity, Note, NoteKind, Parts};
use cpskit::emulate::VirtualReader;
use cpskit::iso7816::tlv::encode;

use crate::support::layout::{
    CertificateForm, DIR, Foreign, Order, Paths, SN, dir_record, situations, slug,
};
use crate::support::toy::{Admits, Applet, Habits, Kind, OverLong, ROOT, Toy};
use crate::support::{Reading, activities, bytes, id, open, read, virtual_card};

/// What does not depend on the card: the labels and numbers of certificates, and the older objects, are its own.
fn essence(identity: Identity) -> Identity {
    let bare = |found: CardCertificate| CardCertificate { label: None, id: vec![], ..found };
    let mut certificates: Vec<_> = identity.certificates.into_iter().map(bare).collect();
    certificates.sort_by_key(|found| found.role.to_string());
    Identity { certificates, info_2ter: None, ..identity }
}

fn ours(kind: Kind) -> Identity {
    let reading = read(&mut open(VirtualReader::insert(virtual_card(slug(kind)))));
    essence(reading.expect("our own card").identity)
}

/// The card is read like ours, by each of the three operations.
fn assert_read_like_ours(foreign: &Foreign) {
    assert_read_with_notes(foreign, |_| {}, &[]);
}

fn assert_read_with_notes(foreign: &Foreign, alter: impl Fn(&Toy), notes: &[Note]) {
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        alter(&toy);
        let expected = Reading { identity: ours(kind), notes: notes.to_vec() };
        let national_id = expected.identity.national_id().map(|id| id.to_string());
        let fresh = || open(toy.clone());
        assert_eq!(id(&mut fresh()).ok(), national_id, "{kind:?}");
        let found = read(&mut fresh());
        let found = found.map(|reading| Reading { identity: essence(reading.identity), ..reading });
        assert_eq!(found, Ok(expected), "{kind:?}");
        assert_eq!(activities(&mut fresh(), "1234"), Ok(situations(kind)), "{kind:?}");
    }
}

fn note(file: File, kind: NoteKind) -> Note {
    Note { file, kind }
}

#[test]
fn files_are_found_wherever_the_directories_say() {
    assert_read_like_ours(&Foreign::default());
}

#[test]
fn absolute_paths_are_followed() {
    assert_read_like_ours(&Foreign { paths: Paths::Absolute, ..Foreign::default() });
}

#[test]
fn labels_are_known_in_lower_case() {
    assert_read_like_ours(&Foreign {
        label: |label| Some(label.to_lowercase()),
        ..Foreign::default()
    });
}

#[test]
fn labels_are_known_with_blanks_around_and_inside() {
    assert_read_like_ours(&Foreign {
        label: |label| Some(format!("  {} ", label.replace('_', " "))),
        ..Foreign::default()
    });
}

#[test]
fn without_any_label_the_content_says_what_an_object_is() {
    let foreign = Foreign { label: |_| None, ..Foreign::default() };
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        let expected = Reading { identity: ours(kind), notes: vec![] };
        assert_eq!(
            id(&mut open(toy.clone())).ok(),
            expected.identity.national_id().map(|id| id.to_string())
        );
        let found = read(&mut open(toy.clone()));
        let found = found.map(|reading| Reading { identity: essence(reading.identity), ..reading });
        assert_eq!(found, Ok(expected), "{kind:?}");
        // Their numbers stand in their labels only: they are counted instead.
        let mut situations = situations(kind);
        for (number, situation) in (1..).zip(&mut situations) {
            situation.number = number;
        }
        assert_eq!(activities(&mut open(toy), "1234"), Ok(situations), "{kind:?}");
    }
}

#[test]
fn the_order_of_directories_and_of_entries_is_free() {
    let foreign = Foreign { order: Order::Reversed, ..Foreign::default() };
    assert_read_like_ours(&foreign);
}

#[test]
fn padding_of_either_kind_ends_a_directory() {
    assert_read_like_ours(&Foreign { padding: &[0x00; 40], ..Foreign::default() });
    assert_read_like_ours(&Foreign { padding: &[0xFF; 7], ..Foreign::default() });
}

#[test]
fn certificates_in_two_directories_are_all_read() {
    let certificates = CertificateForm::TwoDirectories;
    assert_read_like_ours(&Foreign { certificates, ..Foreign::default() });
}

#[test]
fn certificates_that_stand_in_their_entries_are_read() {
    let certificates = CertificateForm::Values;
    assert_read_like_ours(&Foreign { certificates, ..Foreign::default() });
}

#[test]
fn a_card_that_refuses_its_application_by_name_is_entered_by_the_path_in_ef_dir() {
    let habits = Habits { application_by_aid: Admits::No, ..Habits::default() };
    assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
}

#[test]
fn a_path_in_ef_dir_that_leaves_the_mf_out_begins_there() {
    let habits = Habits { application_by_aid: Admits::No, ..Habits::default() };
    let dir = |df: [u8; 4]| dir_record(&[encode(0x51, &df[2..])]);
    assert_read_like_ours(&Foreign { habits, dir, ..Foreign::default() });
}

#[test]
fn a_card_that_refuses_select_without_a_template_is_asked_for_one() {
    let habits = Habits { select_without_fcp: Admits::No, ..Habits::default() };
    assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
    let habits = Habits {
        select_without_fcp: Admits::No,
        application_by_aid: Admits::No,
        ..Habits::default()
    };
    assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
}

#[test]
fn every_answer_to_reading_too_much_is_understood() {
    for over_long in [OverLong::EndOfFile, OverLong::Short, OverLong::WrongLength] {
        let habits = Habits { over_long, ..Habits::default() };
        assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
    }
}

#[test]
fn a_card_left_to_its_manager_is_taken_back() {
    let habits = Habits { applet: Applet::Manager, ..Habits::default() };
    assert_read_like_ours(&Foreign { habits: habits.clone(), ..Foreign::default() });
    let habits = Habits { application_by_aid: Admits::No, ..habits };
    assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
}

#[test]
fn a_logical_channel_that_is_closed_is_opened() {
    let habits = Habits { applet: Applet::ChannelClosed, ..Habits::default() };
    assert_read_like_ours(&Foreign { habits: habits.clone(), ..Foreign::default() });
    let habits = Habits { application_by_aid: Admits::No, ..habits };
    assert_read_like_ours(&Foreign { habits, ..Foreign::default() });
}

#[test]
fn a_card_left_in_any_state_is_read_as_from_cold() {
    for state in ["00A40400088025000001FF0100", "00A4040C07A0000001510000", "00A4090C043F00D003"] {
        let card = virtual_card("medecin-cps3");
        let mut reader = VirtualReader::insert(card);
        use cpskit::transport::Transport as _;
        let left = reader.begin().expect("free").transmit(&bytes(state)).expect("an answer");
        assert_eq!(left[left.len() - 2..], [0x90, 0x00], "{state}");
        let found = read(&mut open(reader)).map(|reading| essence(reading.identity));
        assert_eq!(found, Ok(ours(Kind::Cps3)), "{state}");
    }
}

/// The usual DF, so that a card without a path in EF.DIR can be entered.
const USUAL: [u8; 4] = [0x3F, 0x00, 0x00, 0x01];

fn by_path_only() -> Habits {
    Habits { application_by_aid: Admits::No, ..Habits::default() }
}

#[test]
fn a_record_of_ef_dir_without_a_path_leaves_the_usual_one() {
    let dir = |_| dir_record(&[]);
    assert_read_like_ours(&Foreign {
        df: USUAL,
        dir,
        habits: by_path_only(),
        ..Foreign::default()
    });
}

#[test]
fn a_card_without_ef_dir_has_its_application_at_the_usual_place() {
    let foreign = Foreign { df: USUAL, habits: by_path_only(), ..Foreign::default() };
    let absent = [note(File::Dir, NoteKind::Absent)];
    assert_read_with_notes(&foreign, |toy| toy.remove(&DIR), &absent);
}

#[test]
fn a_card_without_ef_sn_is_read_without_its_serial() {
    let foreign = Foreign { habits: by_path_only(), ..Foreign::default() };
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        toy.remove(&SN);
        let reading = read(&mut open(toy)).expect("the rest of the card");
        let expected = Identity { serial: None, ..ours(kind) };
        assert_eq!(essence(reading.identity), expected, "{kind:?}");
        let absent = note(File::Serial, NoteKind::Absent);
        assert!(reading.notes.contains(&absent), "{kind:?} {:?}", reading.notes);
    }
}

#[test]
fn the_discretionary_data_of_ef_dir_may_say_where_ef_odf_and_ciainfo_are() {
    let dir = |df: [u8; 4]| {
        let at = |file: [u8; 2]| encode(0x04, &[df.as_slice(), &file].concat());
        let ddo = [encode(0x30, &at([0x60, 0x31])), encode(0xA0, &at([0x60, 0x32]))].concat();
        dir_record(&[encode(0x51, &df), encode(0x73, &ddo)])
    };
    let foreign = Foreign { dir, habits: by_path_only(), ..Foreign::default() };
    let move_away = |toy: &Toy| {
        for (from, to) in [(0x5031, 0x6031), (0x5032, 0x6032)] {
            toy.rename(&foreign.at(from), &foreign.at(to));
        }
    };
    assert_read_with_notes(&foreign, move_away, &[]);
}

#[test]
fn an_ef_dir_that_points_at_itself_or_at_the_mf_is_a_clear_error() {
    for target in [&DIR[..], &DIR[..2]] {
        for kind in Kind::ALL {
            let toy = Foreign { habits: by_path_only(), ..Foreign::default() }.card(kind);
            toy.file(&DIR, &dir_record(&[encode(0x51, target)]));
            let mut card = open(toy);
            let absent = "no national identifier can be read on this card";
            assert_eq!(id(&mut card), Err(absent.to_owned()), "{kind:?}");
            let reading = read(&mut card).expect("what little there is");
            let expected =
                Identity { serial: ours(kind).serial, pin: ours(kind).pin, ..Identity::default() };
            assert_eq!(reading.identity, expected, "{kind:?}");
            let missing: Vec<File> = reading.notes.into_iter().map(|note| note.file).collect();
            for file in [File::CiaInfo, File::Cd, File::Dcod] {
                assert!(missing.contains(&file), "{kind:?} {missing:?}");
            }
            assert!(card.exchanges().commands < 100, "{kind:?}");
        }
    }
}

/// Each directory away in turn: what it held is missing and named, all else is there.
#[test]
fn a_directory_that_is_missing_is_named_and_the_rest_is_read() {
    for kind in Kind::ALL {
        let whole = ours(kind);
        let no_certificate = Identity { certificates: vec![], ..whole.clone() };
        let no_object = Identity { id_card: None, info: None, name: None, ..whole.clone() };
        let no_label = Identity { label: None, ..whole.clone() };
        let absent = |file| note(file, NoteKind::Absent);
        let roles =
            ["signature", "authentication"].map(|role| absent(File::Certificate(role.to_owned())));
        for (file, identity, notes) in [
            (0x6F01, whole.clone(), vec![]),
            (0x6F02, whole.clone(), vec![]),
            (0x6F05, no_certificate, [vec![absent(File::Cd)], roles.to_vec()].concat()),
            (0x6F06, no_object, vec![absent(File::Dcod)]),
            (0x5032, no_label, vec![absent(File::CiaInfo)]),
        ] {
            let foreign = Foreign::default();
            let toy = foreign.card(kind);
            toy.remove(&foreign.at(file));
            let found = read(&mut open(toy.clone()));
            let found =
                found.map(|reading| Reading { identity: essence(reading.identity), ..reading });
            assert_eq!(found, Ok(Reading { identity, notes }), "{kind:?} {file:04X}");
            let national_id = whole.national_id().map(|id| id.to_string());
            assert_eq!(id(&mut open(toy)).ok(), national_id, "{kind:?} {file:04X}");
        }
    }
}

#[test]
fn what_is_looked_for_twice_is_named_once() {
    let foreign = Foreign::default();
    let toy = foreign.card(Kind::Cps3);
    toy.remove(&foreign.at(0x6F06));
    let notes = open(toy).session(|session| {
        session.national_id()?;
        Ok(session.notes().to_vec())
    });
    let absent = vec![note(File::Dcod, NoteKind::Absent)];
    assert_eq!(notes.map_err(|error| error.to_string()), Ok(absent));
}

#[test]
fn without_ef_aod_the_pin_is_that_of_every_card() {
    let foreign = Foreign::default();
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        toy.remove(&foreign.at(0x6F01));
        assert_eq!(activities(&mut open(toy), "1234"), Ok(situations(kind)), "{kind:?}");
    }
}

#[test]
fn without_ef_odf_the_card_is_said_to_have_no_directory() {
    let foreign = Foreign::default();
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        toy.remove(&foreign.at(0x5031));
        let reading = read(&mut open(toy)).expect("what little there is");
        let expected = Identity {
            serial: ours(kind).serial,
            label: ours(kind).label,
            pin: ours(kind).pin,
            ..Identity::default()
        };
        assert_eq!(reading.identity, expected, "{kind:?}");
    }
}

#[test]
fn an_entry_of_ef_odf_that_is_unknown_is_named_and_passed_over() {
    let foreign = Foreign::default();
    for kind in Kind::ALL {
        let toy = foreign.card(kind);
        let odf = toy.content(&foreign.at(0x5031));
        let unknown = [encode(0xAF, &[1, 2, 3]), odf].concat();
        toy.file(&foreign.at(0x5031), &unknown);
        let reading = read(&mut open(toy)).expect("the card");
        assert_eq!(essence(reading.identity), ours(kind), "{kind:?}");
        let named: Vec<String> =
            reading.notes.iter().map(|note| format!("{}: {}", note.file, note.kind)).collect();
        assert_eq!(named, ["EF.ODF: left out: unknown entry AF, entry at byte 0"], "{kind:?}");
    }
}

#[test]
fn a_pin_that_has_a_place_of_its_own_is_presented_there() {
    const PLACE: [u8; 4] = [0x3F, 0x00, 0x50, 0x00];
    let habits = Habits { pin_file: Some(&PLACE), ..Habits::default() };
    let foreign = Foreign { pin_path: Some(&PLACE), habits, ..Foreign::default() };
    let toy = foreign.card(Kind::Cps3);
    assert_eq!(activities(&mut open(toy), "1234"), Ok(situations(Kind::Cps3)));
}

#[test]
fn another_issuer_in_ef_sn_is_not_a_cpx_card() {
    let toy = Foreign::default().card(Kind::Cps3);
    toy.file(&SN, &bytes("5A0A 8025000002 99200001 5F"));
    let outcome = open(toy).session(|session| session.identity(Parts::ALL));
    let Err(Error::NotCpx { atr, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(atr, bytes("3B AC 00 40 2A 00 12 25 00 64 80 00 03 10 00 90 00"));
}

#[test]
fn a_refusal_to_show_an_object_is_told_and_the_others_are_read() {
    let foreign = Foreign::default();
    let toy = foreign.card(Kind::Cps3);
    // CPS_NAME_PS behind the PIN, unlike what its entry says.
    let name = toy.content(&foreign.at(0xE202));
    toy.private_file(&foreign.at(0xE202), &name);
    let reading = read(&mut open(toy)).expect("the rest");
    let expected = Identity { name: None, ..ours(Kind::Cps3) };
    assert_eq!(essence(reading.identity), expected);
    let refused = note(File::Object("CPS_NAME_PS".to_owned()), NoteKind::PinNeeded);
    assert_eq!(reading.notes, [refused]);
}

#[test]
fn the_root_application_is_not_needed_to_enter() {
    let toy = Foreign::default().card(Kind::Cps3);
    let identifier = id(&mut open(toy.clone()));
    assert_eq!(identifier, Ok("899700100011".to_owned()));
    assert!(toy.sent().iter().all(|command| !command.contains(ROOT)), "{:?}", toy.sent());
}
