//! What is said when the service, the reader or the card is not there, or is not what it should be.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;

use serde_json::json;

use crate::support::cli::{self, Run};
use crate::support::desk::{Desk, Slot};
use crate::support::pcscd::Pcscd;

const JSON: &[&str] = &["--format", "json"];

/// Exit code and error code of a run that printed no result.
fn refusal(run: &Run) -> (i32, String) {
    assert_eq!(run.stdout, "");
    (run.code, run.error()["code"].as_str().expect("a code").to_owned())
}

/// The commands that need a card, in JSON.
fn on_a_card() -> impl Iterator<Item = Vec<&'static str>> {
    let verbs: [&[&str]; 6] = [
        &["id"],
        &["read"],
        &["certs"],
        &["activities"],
        &["pin", "status"],
        &["apdu", "00B0000000"],
    ];
    verbs.into_iter().map(|verb| [&["card"], verb, JSON].concat())
}

#[test]
fn without_a_service_the_failure_keeps_the_symbol_and_says_what_to_do() {
    let commands = on_a_card().chain([[&["card", "list"], JSON].concat()]);
    for args in commands {
        let run =
            cli::finish(cli::command(&args).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm"));
        assert_eq!(refusal(&run), (4, "card.service".to_owned()), "{args:?}");
        let error = run.error();
        let symbol = error["causes"][0].as_str().expect("a cause");
        assert!(symbol.starts_with("SCARD_E_NO_SERVICE "), "{error}");
        assert!(error["hint"].as_str().expect("a hint").contains("pcscd"), "{error}");
    }
}

#[test]
fn without_a_reader_that_is_what_is_said() {
    let Some(service) = Pcscd::without_reader_or_skip() else { return };
    for args in on_a_card().chain([[&["card", "list"], JSON].concat()]) {
        let run = cli::finish(service.env(&mut cli::command(&args)));
        assert_eq!(refusal(&run), (4, "card.reader.none".to_owned()), "{args:?}");
    }
}

#[test]
fn an_empty_reader_is_named() {
    let Some(desk) = Desk::or_skip() else { return };
    for args in on_a_card() {
        assert_eq!(refusal(&desk.run(&args)), (4, "card.none".to_owned()), "{args:?}");
    }
    let run = desk.run(&["card", "id", "--reader", "00 01", "--format", "json"]);
    assert_eq!(run.error()["message"], "no card in reader `Virtual PCD 00 01`");
    let list = desk.run(&["card", "list"]);
    let text = "Virtual PCD 00 00: empty [emulated]\nVirtual PCD 00 01: empty [emulated]\n";
    assert_eq!((list.code, list.stdout.as_str()), (0, text));
}

#[test]
fn two_cards_and_none_chosen_are_listed_and_each_way_to_choose_chooses() {
    let Some(desk) = Desk::or_skip() else { return };
    let _first = desk.insert(Slot::First, "medecin-cps3");
    let _second = desk.insert(Slot::Second, "pharmacien-cps4");
    let run = desk.run(&["card", "id", "--format", "json"]);
    assert_eq!(refusal(&run), (2, "card.ambiguous".to_owned()));
    assert_eq!(
        run.error()["message"],
        "several cards: CPS3 in reader `Virtual PCD 00 00`; CPS4 in reader `Virtual PCD 00 01`"
    );
    let read = |choice: &[&str]| {
        let run = desk.run(&[&["card", "read", "--fields", "card,holder"], choice, JSON].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let document = run.document();
        (document["reader"].clone(), document["card"].clone(), document["holder"].clone())
    };
    let first = read(&["--reader", "Virtual PCD 00 00"]);
    let second = read(&["--reader", "00 01"]);
    assert_eq!((&first.0, &second.0), (&json!("Virtual PCD 00 00"), &json!("Virtual PCD 00 01")));
    for (_, card, holder) in [&first, &second] {
        let expected = if *card == first.1 { &first } else { &second };
        for id in [&card["serial"], &card["number"], &holder["national_id"]] {
            assert_eq!(read(&["--card", id.as_str().expect("an identifier")]), *expected);
        }
    }
    let run = desk.run(&["card", "id", "--card", "123", "--format", "json"]);
    assert_eq!(refusal(&run), (2, "card.no_match".to_owned()));
    let run = desk.run(&["card", "id", "--reader", "PCD", "--format", "json"]);
    assert_eq!(refusal(&run), (2, "card.reader.ambiguous".to_owned()));
    let run = desk.run(&["card", "id", "--reader", "Gemalto", "--format", "json"]);
    assert_eq!(refusal(&run), (2, "card.reader.unknown".to_owned()));
}

#[test]
fn the_reader_of_the_configuration_chooses_between_two_cards() {
    let Some(desk) = Desk::or_skip() else { return };
    let _first = desk.insert(Slot::First, "medecin-cps3");
    let _second = desk.insert(Slot::Second, "pharmacien-cps4");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "reader = \"00 01\"\n").expect("written");
    let config = config.to_str().expect("text");
    let run = desk.run(&["card", "id", "--config", config, "--format", "json"]);
    assert_eq!(run.document()["reader"], "Virtual PCD 00 01");
}

/// A card that is not a CPx: gives its answer to reset and keeps every command it is sent.
fn stranger(mut stream: TcpStream, atr: &[u8]) -> Vec<Vec<u8>> {
    let mut commands = Vec::new();
    loop {
        let mut length = [0; 2];
        match stream.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return commands,
            Err(_) => return commands,
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message).expect("a message");
        let answer = match message.as_slice() {
            [4] => atr,
            [_] => continue,
            command => {
                commands.push(command.to_vec());
                &[0x6D, 0x00]
            }
        };
        let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
        stream.write_all(&[&length, answer].concat()).expect("the reader listens");
    }
}

#[test]
fn a_card_of_another_kind_is_named_and_nothing_is_sent_to_it() {
    let Some(desk) = Desk::or_skip() else { return };
    // An ATR of ISO 7816-3's simplest form, T=0, historical bytes of nobody.
    let atr = b"\x3B\x65\x00\x00\x11\x22\x33\x44\x55";
    let stream = TcpStream::connect(desk.address(Slot::First)).expect("a slot listens");
    let plug = stream.try_clone().expect("a handle");
    let card = thread::spawn(move || stranger(stream, atr));
    desk.wait(Slot::First, "present");
    for args in on_a_card() {
        let run = desk.run(&args);
        assert_eq!(refusal(&run), (4, "card.not_cpx".to_owned()), "{args:?}");
        let message = run.error()["message"].to_string();
        assert!(message.contains("3B65000011"), "{message}");
    }
    let list = desk.run(&["card", "list", "--format", "json"]).document();
    assert_eq!(list["readers"][0]["generation"], json!(null));
    assert_eq!(list["readers"][0]["atr"], "3b6500001122334455");
    // Beside a CPx card it is no candidate.
    let _cpx = desk.insert(Slot::Second, "medecin-cps3");
    let run = desk.run(&["card", "id", "--format", "json"]);
    assert_eq!((run.code, &run.document()["reader"]), (0, &json!("Virtual PCD 00 01")));
    plug.shutdown(std::net::Shutdown::Both).expect("still open");
    assert_eq!(card.join().expect("no panic"), Vec::<Vec<u8>>::new());
}
