//! Signatures through the real service: the card in the virtual reader signs, and its certificate confirms it.

use cpskit::card::{Card, Hash, Hashed, Padding, Role};
use cpskit::emulate::{VirtualReader, issue};

use crate::support::desk::{Desk, Slot};

/// The signature of a file by the card in the desk's reader.
fn signature(desk: &Desk, key: &str, scheme: &str, message: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("message"), folder.path().join("signature"));
    std::fs::write(&file, message).expect("a file");
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let (file, path) = (text(&file), text(&out));
    let arguments = ["card", "sign", &file, "--key", key, "--scheme", scheme, "--out", &path];
    let run = desk.run_with_pin("1234", &[&arguments[..], &["--pin-env", "PIN"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    std::fs::read(out).expect("a signature")
}

#[test]
fn signatures_made_through_the_service_are_those_of_the_cards_keys() {
    let Some(desk) = Desk::or_skip() else { return };
    for persona in ["medecin-cps3", "medecin-cps4", "cpa-cps4"] {
        let inserted = desk.insert(Slot::First, persona);
        let reader = VirtualReader::insert(issue::builtin(persona).expect("a persona"));
        let mut same = Card::open(Box::new(reader)).expect("a card");
        let keys = [("signature", Role::Signature), ("authentication", Role::Authentication)];
        for (name, role) in keys {
            let key = same.session(|session| session.key(role)).expect("a key");
            for (padding, length) in
                [(Padding::Pkcs1, 0), (Padding::Pkcs1, 150), (Padding::Pss, 64)]
            {
                if !key.schemes().contains(&(padding, Hash::Sha256)) {
                    continue;
                }
                let message = vec![0x42; length];
                let found = signature(&desk, name, padding.name(), &message);
                let verdict = key.verify(padding, &Hashed::of(Hash::Sha256, &message), &found);
                assert!(verdict.is_some(), "{persona} {name} {padding} {length}");
            }
        }
        inserted.remove();
    }
}

#[test]
fn a_wrong_signature_of_a_card_in_a_reader_does_not_leave() {
    let Some(desk) = Desk::or_skip() else { return };
    let arguments = ["--persona", "medecin-cps3", "--fault", "wrong-signature"];
    let _inserted = desk.emulate(Slot::First, &arguments);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let run =
        desk.run_with_pin("1234", &["card", "sign", file, "--pin-env", "PIN", "--format", "json"]);
    let (code, out) = (run.error()["code"].clone(), run.stdout.clone());
    assert_eq!((run.code, code, out.as_str()), (4, "card.signature.wrong".into(), ""));
}

/// Through vpcd the service is not told of such a reset: what was selected and verified is just gone.
#[test]
fn a_state_that_a_card_lost_in_silence_gives_a_right_signature_or_none_and_costs_no_try() {
    let Some(desk) = Desk::or_skip() else { return };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("signature");
    let out = out.to_str().expect("text");
    // From the counter of the PIN on; before it, files are read.
    for after in 27..35 {
        let _ = std::fs::remove_file(out);
        let fault = format!("reset-after={after}");
        let card = desk.emulate(Slot::First, &["--persona", "medecin-cps3", "--fault", &fault]);
        let run =
            desk.run_with_pin("1234", &["card", "sign", file, "--pin-env", "PIN", "--out", out]);
        assert_eq!(run.code == 0, std::path::Path::new(out).exists(), "{fault}: {}", run.stderr);
        assert!([0, 4, 6].contains(&run.code), "{fault}: {}", run.stderr);
        let status = desk.run(&["card", "pin", "status", "--format", "json"]).document();
        assert_eq!(status["pin"]["tries_left"], 3, "{fault}");
        card.remove();
    }
}
