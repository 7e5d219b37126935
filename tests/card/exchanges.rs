//! What reading costs, counted in commands that reach the card: GET RESPONSE and repeats after 6Cxx are commands too.

use std::fmt::Write as _;
use std::path::PathBuf;

use cpskit::card::{Hash, Hashed, Padding, Role};
use cpskit::emulate::{Persona, VirtualCard, VirtualReader};

use crate::signing::sign;
use crate::support::{bytes, id, open, read, virtual_card};

/// Commands of `card id` and of `card read`.
fn costs(card: VirtualCard) -> (u64, u64) {
    let mut first = open(VirtualReader::insert(card.clone()));
    // A card that names nobody is a result too.
    let _identifier = id(&mut first);
    let mut second = open(VirtualReader::insert(card));
    read(&mut second).expect("a card that can be read");
    (first.exchanges().commands, second.exchanges().commands)
}

#[test]
fn what_each_persona_costs_is_known() {
    let found: Vec<_> =
        Persona::list().iter().map(|slug| (*slug, costs(virtual_card(slug)))).collect();
    // (identifier, read). The identifier of a card that names nobody costs a look at every place.
    let expected = vec![
        ("medecin-cps3", (7, 47)),
        ("pharmacien-cps4", (7, 41)),
        ("infirmier-adeli-cps3", (8, 46)),
        ("cpe-cps3", (9, 46)),
        ("cde-cps3", (9, 46)),
        ("cpa-cps4", (8, 47)),
        ("cpf-cps3", (8, 46)),
        ("pin-bloque-cps3", (8, 46)),
        ("opposee-cps3", (8, 46)),
        ("medecin-cps4", (7, 43)),
        ("sans-contact-cps3", (21, 21)),
    ];
    assert_eq!(found, expected);
}

/// Contact cards with T=0 at most 9 commands, with T=1 at most 8.
#[test]
fn the_identifier_of_a_contact_card_costs_at_most_nine_commands() {
    for slug in Persona::list().iter().filter(|slug| **slug != "sans-contact-cps3") {
        let (id, _) = costs(virtual_card(slug));
        let most = if matches!(*slug, "medecin-cps4" | "pharmacien-cps4") { 8 } else { 9 };
        assert!(id <= most, "{slug}: {id}");
    }
}

/// The vendor library's recorded exchanges, on a card of the same bytes. It needs all that comes before the login to
/// show its objects, then a SELECT and a READ for each of the three objects that `card read` shows too.
///
/// With T=0 we need less than half, because SELECT without template saves a GET RESPONSE and nothing is selected twice.
/// With T=1 half is out of reach: each file costs one SELECT and one READ there, for the library as for us, and two
/// certificates of 821 bytes cost ten of them; what is left to save is what we do not read at all (EF.DIR, the key
/// directories and public keys, EF.AOD). READ BINARY with a short file identifier would save each SELECT, and no
/// source shows a CPx card that knows it.
#[test]
fn reading_costs_at_most_half_of_what_the_vendor_library_sends_where_the_protocol_allows() {
    let mut table = String::new();
    let mut found = Vec::new();
    for (file, slug) in [
        ("cps3-contact-t0.txt", "medecin-cps3"),
        ("cps4-contact-t0.txt", "cpa-cps4"),
        ("cps4-contact-t1.txt", "medecin-cps4"),
        ("cps3-contactless-t1.txt", "sans-contact-cps3"),
    ] {
        let Some(recording) = recording(file) else { return };
        let mut card = virtual_card(slug);
        for (path, content) in files(&recording) {
            // Files of the recording that this card has not are not read by either.
            let _absent = card.replace_file(&path, content);
        }
        let vendor = vendor_cost(&recording);
        let mut ours = open(VirtualReader::insert(card));
        let reading = read(&mut ours).expect("a card that can be read");
        let holder = reading.identity.national_id().map(|id| id.to_string());
        let ours = ours.exchanges().commands;
        writeln!(table, "{file:26} vendor {vendor:3} cpskit {ours:3}").expect("to memory");
        found.push((file, holder.is_some(), vendor, ours));
    }
    show(&table);
    // (recording, whether the holder is named, vendor, cpskit)
    let expected = vec![
        ("cps3-contact-t0.txt", true, 71, 34),
        ("cps4-contact-t0.txt", true, 66, 33),
        ("cps4-contact-t1.txt", true, 47, 28),
        ("cps3-contactless-t1.txt", false, 28, 16),
    ];
    assert_eq!(found, expected);
    let with_t0 = found.iter().filter(|(file, ..)| file.contains("t0"));
    with_t0.for_each(|(file, _, vendor, ours)| assert!(2 * ours <= *vendor, "{file}"));
}

#[expect(clippy::print_stderr, reason = "the table is for people")]
fn show(text: &str) {
    eprintln!("{text}");
}

fn recording(file: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
    let folder =
        std::env::var_os("CPSKIT_FACTS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    // The variable names the folder of the recordings, or the one above it.
    let places = [folder.join("cpx-traces").join(file), folder.join(file)];
    let text = places.iter().find_map(|path| std::fs::read_to_string(path).ok());
    if text.is_none() {
        show(&format!(
            "skipped: no recording {file} in {}; CPSKIT_FACTS says where",
            folder.display()
        ));
    }
    text
}

/// Commands and answers up to the first use of a private key, status words included.
fn exchanges(recording: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let lines = recording.lines().take_while(|line| !line.starts_with("# == KEY"));
    lines.filter_map(|line| {
        let (command, answer) = line.strip_prefix("> ")?.split_once(" < ")?;
        Some((bytes(command), bytes(answer)))
    })
}

/// The files the library read: what followed each SELECT by path.
fn files(recording: &str) -> Vec<(Vec<u16>, Vec<u8>)> {
    let mut files: Vec<(Vec<u16>, Vec<u8>)> = Vec::new();
    for (command, answer) in exchanges(recording) {
        match *command.as_slice() {
            [0x00 | 0x01, 0xA4, p1 @ (0x08 | 0x09), _, length, ref rest @ ..] => {
                let path = &rest[..usize::from(length)];
                let ids = path.chunks(2).map(|id| u16::from_be_bytes([id[0], id[1]]));
                let from_mf = (p1 == 0x08).then_some(0x3F00);
                files.push((from_mf.into_iter().chain(ids).collect(), Vec::new()));
            }
            [0xA0, ..] => files.push((Vec::new(), Vec::new())),
            [_, 0xB0, high, low, _] => {
                let offset = usize::from(u16::from_be_bytes([high, low]));
                let (_, content) = files.last_mut().expect("a file was selected");
                content.truncate(offset);
                content.extend(&answer[..answer.len() - 2]);
            }
            _ => {}
        }
    }
    files.retain(|(path, content)| !path.is_empty() && !content.is_empty());
    files
}

/// All commands before the login, then those that read what `card read` shows.
fn vendor_cost(recording: &str) -> u64 {
    let mut cost = 0;
    let mut section = "";
    let mut pending = 0;
    for line in recording.lines() {
        if let Some(name) = line.strip_prefix("# == ") {
            section = name;
            pending = 0;
        } else if line.starts_with("> ") {
            pending += 1;
        } else if let Some(object) =
            line.strip_prefix("# ").and_then(|line| line.split_once(" read "))
        {
            let shown = ["CPS_ID_CARD", "CPS_NAME_PS", "CPS_INFO_PS"].contains(&object.0);
            cost += if section == "DATA" && shown { pending } else { 0 };
            pending = if section == "DATA" { 0 } else { pending };
        }
        if section.is_empty() && line.starts_with("> ") {
            cost += 1;
        }
    }
    cost
}

/// What a use of a key sends from a card whose directories, key and certificate are known, the commands for PINs and their
/// counters apart.
fn use_of_a_key(slug: &str, role: Role, padding: Padding, hash: Hash) -> Vec<String> {
    let reader = VirtualReader::insert(virtual_card(slug));
    let log = reader.log();
    let mut card = open(reader);
    card.session(|session| {
        session.pins().ok();
        session.key(role).map(drop)
    })
    .expect("a key");
    let before = log.exchanges().len();
    sign(&mut card, role, padding, &Hashed::of(hash, &[7; 150])).expect("a signature");
    let sent = log.exchanges().into_iter().skip(before).map(|(command, _)| command);
    let mut commands = Vec::new();
    let mut in_counter = false;
    for command in sent {
        let head: String = command.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
        // GET DATA on the PIN object with what selects the MF before it and collects its answer, and VERIFY.
        let selects_mf = command.get(5..) == Some(&[0x3F, 0x00]);
        let of_pin =
            matches!(command[1], 0x20 | 0xCB) || selects_mf || (in_counter && command[1] == 0xC0);
        in_counter = command[1] == 0xCB;
        if !of_pin {
            commands.push(head);
        }
    }
    commands
}

/// The budget: a signature of a CPS3 at most 6 commands, of a CPS4 at most 4, an authentication at most 4, and 5 on
/// a CPS4 with T=0.
#[test]
fn a_use_of_a_key_costs_what_its_commands_do_and_one_select() {
    let cost = |slug, role, padding| use_of_a_key(slug, role, padding, Hash::Sha256).join(" ");
    let (signature, authentication) = (Role::Signature, Role::Authentication);
    let (pkcs1, pss) = (Padding::Pkcs1, Padding::Pss);
    assert_eq!(
        cost("medecin-cps3", signature, pkcs1),
        "00A4090C 002241AA 002A90A0 002241B6 002A9E9A 00C00000"
    );
    assert_eq!(cost("medecin-cps3", authentication, pkcs1), "00A4090C 002241A4 00880000 00C00000");
    assert_eq!(cost("cpa-cps4", signature, pkcs1), "01A40800 012281B6 012A9E9A 01C00000");
    assert_eq!(cost("cpa-cps4", signature, pss), "01A40800 012281B6 012A9E9A 01C00000");
    assert_eq!(
        cost("cpa-cps4", authentication, pss),
        "01A40800 012241B8 112A8086 012A8086 01C00000"
    );
    assert_eq!(cost("medecin-cps4", signature, pkcs1), "01A40800 012281B6 012A9E9A");
    assert_eq!(cost("medecin-cps4", authentication, pss), "01A40800 012241B8 112A8086 012A8086");
    assert_eq!(cost("sans-contact-cps3", Role::Technical, pkcs1), "00A4090C 002241A4 00880000");
}
