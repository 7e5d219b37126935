//! One rule of the CPx fact sheet per test, on builtin personas.

use proptest::prelude::*;

use crate::emulate::card::{VirtualCard, test_card};
use crate::iso7816::apdu::Hex;

const CPS3: &str = "medecin-cps3";
const CPS4_T0: &str = "cpa-cps4";
const CPS4_T1: &str = "medecin-cps4";
const CONTACTLESS: &str = "sans-contact-cps3";

/// The answers to commands written in hexadecimal, in hexadecimal.
fn answers<const N: usize>(card: &mut VirtualCard, commands: [&str; N]) -> [String; N] {
    commands.map(|command| Hex(&card.transmit(&bytes(command))).to_string())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A CPS4 with its channel open.
fn cps4(slug: &str) -> VirtualCard {
    let mut card = test_card(slug);
    assert_eq!(answers(&mut card, ["01 A4 04 0C 08 8025000001FF0100"]), ["9000"]);
    card
}

#[test]
fn cps3_answers_a_selection_with_its_template_through_get_response() {
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(&mut card, ["00 A4 09 04 04 3F00D003", "00 C0 00 00 27", "00 B0 00 00 0C"]),
        [
            "6127",
            "62258002000C8201018302D0038801E0A1128C077BFFFFFFFFFF009C077BFFFFFFFFFF008A01059000",
            "5A0A8025000001991000016F9000",
        ]
    );
}

#[test]
fn paths_are_relative_to_the_current_df_unless_they_start_at_the_mf() {
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(
            &mut card,
            [
                "00 A4 09 0C 02 2F00",
                "00 A4 09 0C 04 3F000001",
                "00 A4 09 04 02 2F00",
                "00 A4 09 0C 02 5031",
                "00 A4 08 0C 04 00015031",
                "00 A4 02 0C 02 A001",
                "00 A4 03 0C 00",
                "00 A4 09 0C 02 2F00",
            ]
        ),
        ["9000", "9000", "6A82", "9000", "9000", "9000", "9000", "9000"]
    );
}

#[test]
fn real_refusals_of_selections_on_cps3_are_reproduced() {
    // CPx fact sheet §2.2, "Real CPS3 answers".
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(
            &mut card,
            [
                "00 A4 02 00 02 A001",
                "00 A4 04 00 0D E828BD080F8025000001FF0010",
                "00 A4 04 0C 0D E828BD080F8025000001FF0010",
                "00 A4 04 00 08 8025000001FF0100",
                "00 A4 00 0C 02 3F00",
                "00 A4 09 04 04 3F00D010",
            ]
        ),
        ["6A86", "6A86", "9000", "9000", "9000", "6A82"]
    );
}

#[test]
fn under_t0_a_read_longer_than_what_is_left_is_told_its_length() {
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(
            &mut card,
            [
                "00 A4 09 0C 04 3F00D003",
                "00 B0 00 00 00",
                "00 B0 00 0A 03",
                "00 B0 00 0A 02",
                "00 B0 00 0C 01"
            ]
        ),
        ["9000", "6C0C", "6C02", "016F9000", "6B00"]
    );
}

#[test]
fn under_t1_a_read_gives_what_is_there() {
    let mut card = cps4(CPS4_T1);
    assert_eq!(
        answers(
            &mut card,
            [
                "01 A4 08 00 02 D003 00",
                "01 B0 00 0A 00",
                "01 B0 00 0A 03",
                "01 B0 00 0C 01",
                "01 B0 80 00 00"
            ]
        ),
        ["6F0E8002000C8201018302D0038A01059000", "107F9000", "107F6282", "6B00", "6A86"]
    );
}

#[test]
fn get_response_serves_exactly_what_was_announced() {
    let mut card = test_card(CPS3);
    let select = "00 A4 09 04 04 3F00D003";
    assert_eq!(
        answers(
            &mut card,
            [select, "00 C0 00 00 28", "00 C0 00 00 26", "00 C0 00 00 01", "00 C0 00 00 01"]
        )
        .map(|answer| answer[answer.len() - 4..].to_owned()),
        ["6127", "6C27", "6101", "9000", "6985"]
    );
}

#[test]
fn any_other_command_discards_the_waiting_answer() {
    let mut card = test_card(CPS3);
    let [_, _, answer] =
        answers(&mut card, ["00 A4 09 04 04 3F00D003", "00 84 00 00 08", "00 C0 00 00 27"]);
    assert_eq!(answer, "6985");
    let mut card = cps4(CPS4_T1);
    assert_eq!(answers(&mut card, ["01 C0 00 00 10"]), ["6D00"]);
}

#[test]
fn files_behind_the_pin_open_with_it_and_close_at_a_reset() {
    let mut card = test_card(CPS3);
    let (select, read) = ("00 A4 09 0C 06 3F000001D120", "00 B0 00 00 01");
    let verify = "00 20 00 01 04 31323334";
    assert_eq!(
        answers(&mut card, [select, read, verify, read]),
        ["9000", "6982", "9000", "EE9000"]
    );
    card.reset();
    assert_eq!(answers(&mut card, [read, select, read]), ["6986", "9000", "6982"]);
}

#[test]
fn cps_data_is_read_by_all_and_written_with_the_pin() {
    let mut card = test_card(CPS3);
    let (update, read) = ("00 D6 00 01 02 CAFE", "00 B0 00 00 04");
    assert_eq!(
        answers(
            &mut card,
            ["00 A4 09 0C 06 3F000001D107", update, "00 20 00 01 04 31323334", update, read]
        ),
        ["9000", "6982", "9000", "9000", "00CAFE009000"]
    );
    card.power_off();
    card.power_on();
    let [_, kept] = answers(&mut card, ["00 A4 09 0C 06 3F000001D107", read]);
    assert_eq!(kept, "00CAFE009000");
    assert_eq!(answers(&mut card, ["00 A4 09 0C 06 3F000001A001", update]), ["9000", "6982"]);
}

#[test]
fn an_update_stays_within_the_file() {
    let mut card = test_card(CPS3);
    let (verify, select) = ("00 20 00 01 04 31323334", "00 A4 09 0C 06 3F000001D107");
    assert_eq!(
        answers(
            &mut card,
            [verify, select, "00 D6 07 FF 01 AA", "00 D6 07 FF 02 AAAA", "00 D6 08 01 01 AA"]
        ),
        ["9000", "9000", "9000", "6700", "6B00"]
    );
}

#[test]
fn the_counter_of_cps3_is_a_data_object_of_the_mf() {
    let mut card = test_card(CPS3);
    let ask = "00 CB 3FFF 0A 4D087006BF810102A080";
    assert_eq!(
        answers(&mut card, ["00 20 00 01 04 39393939", ask, "00 C0 00 00 18"]),
        ["63C2", "6118", "7016BF810112A0109A01039B0102A1088C06F3000013FF009000"]
    );
    assert_eq!(
        answers(&mut card, ["00 CB 3FFF 0A 4D087006BF810202A080", "00 C0 00 00 1C"]),
        ["611C", "701ABF810216A0149A010A9B010A9D020064A1088C06F3FF00FFFF009000"]
    );
    assert_eq!(
        answers(
            &mut card,
            ["00 A4 09 0C 04 3F000001", ask, "00 CB 3FFF 0B 4D097007BF9001037F4880"]
        ),
        ["9000", "6A88", "6113"]
    );
    assert_eq!(answers(&mut card, ["00 20 00 01 00"]), ["6700"]);
}

#[test]
fn the_counter_of_cps4_is_verify_without_data_and_never_9000() {
    let mut card = cps4(CPS4_T1);
    let counter = "01 20 00 01";
    assert_eq!(
        answers(
            &mut card,
            [
                counter,
                "01 20 00 02",
                "01 20 00 01 04 31323334",
                counter,
                "01 20 00 01 04 39393939",
                counter
            ]
        ),
        ["63C3", "63CA", "9000", "63C3", "63C2", "63C2"]
    );
    let mut card = cps4(CPS4_T0);
    assert_eq!(answers(&mut card, ["01 20 00 01 00"]), ["63C3"]);
}

#[test]
fn a_blocked_card_says_so_in_both_generations_forms() {
    let mut card = test_card("pin-bloque-cps3");
    assert_eq!(answers(&mut card, ["00 20 00 01 04 31323334"]), ["6983"]);
    let unblock =
        ["00 20 00 02 08 3132333435363738", "00 2C 02 01 04 34333231", "00 20 00 01 04 34333231"];
    assert_eq!(answers(&mut card, unblock), ["9000", "9000", "9000"]);
    let mut card = cps4(CPS4_T1);
    for _ in 0..3 {
        answers(&mut card, ["01 20 00 01 04 39393939"]);
    }
    assert_eq!(answers(&mut card, ["01 20 00 01"]), ["6983"]);
}

#[test]
fn each_generation_changes_and_unblocks_in_its_own_form() {
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(
            &mut card,
            [
                "00 24 00 01 08 3939393934333231",
                "00 24 00 01 08 3132333434333231",
                "01 24 01 01 04 31323334"
            ]
        ),
        ["63C2", "9000", "6881"]
    );
    assert_eq!(
        answers(&mut card, ["00 2C 02 01 04 31323334", "00 24 01 01 04 31323334"]),
        ["6982", "6A86"]
    );
    let mut card = cps4(CPS4_T1);
    assert_eq!(
        answers(
            &mut card,
            [
                "01 24 01 01 04 34333231",
                "01 20 00 02 08 3132333435363738",
                "01 2C 03 81",
                "01 24 01 01 04 34333231",
                "01 20 00 01 04 34333231",
            ]
        ),
        ["6982", "9000", "9000", "9000", "9000"]
    );
}

#[test]
fn channel_1_of_cps4_opens_with_the_root_application_and_closes_at_a_reset() {
    let mut card = test_card(CPS4_T1);
    let select = "01 A4 08 00 02 D003";
    assert_eq!(
        answers(&mut card, [select, "01 20 00 01", "02 A4 04 0C 08 8025000001FF0100"]),
        ["6881", "6881", "6881"]
    );
    let mut card = cps4(CPS4_T1);
    assert_eq!(answers(&mut card, [select, "00 20 00 01"]), ["9000", "6E00"]);
    card.reset();
    assert_eq!(answers(&mut card, [select]), ["6881"]);
}

#[test]
fn cps4_takes_paths_from_the_mf_without_its_identifier() {
    let mut card = cps4(CPS4_T0);
    assert_eq!(
        answers(
            &mut card,
            [
                "01 A4 08 00 04 00015031",
                "01 C0 00 00 10",
                "01 A4 08 00 06 3F0000015031",
                "01 A4 09 00 04 00015031",
                "01 A4 08 04 02 D003",
                "01 A4 08 00 02 0001",
                "01 A4 00 00 02 3F00",
            ]
        )
        .map(|answer| answer[..4].to_owned()),
        ["6110", "6F0E", "6A82", "6A86", "6A86", "611B", "6116"]
    );
}

#[test]
fn the_card_manager_left_selected_knows_no_command_until_the_root_is_selected() {
    let mut card = test_card(CPS3);
    let read = "00 A4 09 0C 04 3F00D003";
    assert_eq!(
        answers(
            &mut card,
            [
                "00 A4 04 0C 07 A0000001510000",
                read,
                "A0 A4 00 00 02 3F00",
                "00 A4 04 04 08 8025000001FF0100",
                read
            ]
        ),
        ["9000", "6E00", "6E00", "6120", "9000"]
    );
    // The recovery of CPS4, CPx fact sheet §2.2.
    let mut card = cps4(CPS4_T1);
    let [.., last] = answers(
        &mut card,
        [
            "01 A4 04 0C 07 A0000001510000",
            "00 A4 04 0C 08 8025000001FF0002",
            "01 A4 04 0C 08 8025000001FF0100",
        ],
    );
    assert_eq!(last, "9000");
}

#[test]
fn the_cps2ter_volume_is_walked_one_file_at_a_time_with_class_a0() {
    let mut card = test_card(CPS3);
    let walk = [
        "A0 A4 00 00 02 3F00",
        "A0 A4 00 00 02 7F01",
        "A0 A4 00 00 02 4000",
        "A0 C0 00 00 07",
        "A0 B0 00 00 02",
    ];
    assert_eq!(answers(&mut card, walk), ["9F07", "9F07", "9F07", "8505002D4000049000", "6982"]);
    assert_eq!(
        answers(&mut card, ["00 20 00 01 04 31323334", "A0 B0 00 00 02"]),
        ["9000", "E02B9000"]
    );
    assert_eq!(
        answers(
            &mut card,
            ["A0 A4 00 00 02 3F00", "A0 A4 00 00 02 4013", "A0 C0 00 00 07", "A0 A4 00 00 02 4012"]
        )
        .map(|answer| answer[..4].to_owned()),
        ["9F07", "9F07", "8505", "9404"]
    );
    for slug in [CPS4_T0, CONTACTLESS] {
        assert_eq!(answers(&mut test_card(slug), ["A0 A4 00 00 02 3F00"]), ["6E00"]);
    }
}

#[test]
fn the_contactless_volume_has_no_pin_and_no_other_application() {
    let mut card = test_card(CONTACTLESS);
    assert_eq!(
        answers(
            &mut card,
            [
                "00 A4 09 0C 04 3F000002",
                "00 A4 09 0C 04 3F000001",
                "00 20 00 01 04 31323334",
                "00 A4 09 0C 06 3F000002A003"
            ]
        ),
        ["9000", "6A82", "6A88", "9000"]
    );
}

#[test]
fn a_file_may_announce_more_than_it_holds_and_reading_ends_where_it_ends() {
    let mut card = test_card(CPS3);
    let path = [0x3F00, 0xD003];
    assert_eq!(card.announce(&path, 0x8000), Ok(()));
    assert_eq!(
        answers(
            &mut card,
            ["00 A4 09 04 04 3F00D003", "00 C0 00 00 27", "00 B0 00 00 E7", "00 B0 00 0C E7"]
        )
        .map(|answer| answer[..14.min(answer.len())].to_owned()),
        ["6127", "62258002800082", "6C0C", "6B00"]
    );
    assert_eq!(card.replace_file(&path, vec![1, 2]), Ok(()));
    assert_eq!(answers(&mut card, ["00 B0 00 00 02"]), ["01029000"]);
    let missing = crate::emulate::card::NoSuchFile([0x3F00, 0xD004].as_slice().into());
    assert_eq!(card.announce(&[0x3F00, 0xD004], 1), Err(missing));
}

#[test]
fn selecting_on_the_basic_channel_of_cps4_changes_nothing_on_channel_1() {
    let mut card = cps4(CPS4_T1);
    assert_eq!(
        answers(
            &mut card,
            [
                "01 A4 08 00 02 D003",
                "00 A4 04 0C 08 8025000001FF0100",
                "00 A4 04 0C 07 A0000001510000",
                "01 B0 00 00 01",
            ]
        ),
        ["9000", "9000", "6A82", "5A9000"]
    );
}

#[test]
fn unknown_classes_instructions_and_channels_have_each_their_word() {
    let mut card = test_card(CPS3);
    assert_eq!(
        answers(
            &mut card,
            [
                "80 CA 9F7F 00",
                "00 70 00 00 01",
                "01 B0 00 00 01",
                "10 D6 00 00 01 00",
                "00 46 00 00 00"
            ]
        ),
        ["6E00", "6D00", "6881", "6884", "6D00"]
    );
}

proptest! {
    #[test]
    fn every_card_answers_any_bytes_with_a_status_word(
        slug in prop::sample::select(vec![CPS3, CPS4_T0, CPS4_T1, CONTACTLESS]),
        commands in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
    ) {
        let mut card = test_card(slug);
        for command in commands {
            let answer = card.transmit(&command);
            prop_assert!((2..=258).contains(&answer.len()));
        }
    }

    #[test]
    fn likely_commands_in_any_order_are_answered(
        slug in prop::sample::select(vec![CPS3, CPS4_T0, CPS4_T1, CONTACTLESS]),
        commands in prop::collection::vec((
            prop::sample::select(vec![0x00_u8, 0x01, 0x10, 0xA0]),
            prop::sample::select(vec![0x20_u8, 0x22, 0x24, 0x2A, 0x2C, 0x84, 0x88, 0xA4, 0xB0, 0xC0, 0xCB, 0xD6]),
            prop::sample::select(vec![0x00_u8, 0x01, 0x02, 0x03, 0x04, 0x08, 0x09, 0x3F, 0x7F]),
            prop::sample::select(vec![0x00_u8, 0x01, 0x02, 0x04, 0x0C, 0x81, 0xFF]),
            prop::sample::select(vec![
                &b""[..], b"\x00", b"\x08", b"\x02\x3F\x00", b"\x04\x3F\x00\x00\x01", b"\x02\x00\x01",
                b"\x04\x3F\x00\xD0\x03", b"\x081234\x34321", b"\x041234", b"\x0812345678",
                b"\x08\x80\x25\x00\x00\x01\xFF\x01\x00", b"\x07\xA0\x00\x00\x01\x51\x00\x00",
                b"\x0A\x4D\x08\x70\x06\xBF\x81\x01\x02\xA0\x80",
            ]),
        ), 1..40),
    ) {
        let mut card = test_card(slug);
        for (cla, ins, p1, p2, body) in commands {
            let answer = card.transmit(&[&[cla, ins, p1, p2], body].concat());
            prop_assert!((2..=258).contains(&answer.len()));
            prop_assert!(card.user_tries_left() <= 3 && card.unblock_tries_left() <= 10);
        }
    }
}
