//! The signatures of the virtual card, command by command (CPx fact sheet §7), with `openssl` as the judge.

#![cfg(feature = "emulate")]

use std::fs;

use cpskit::emulate::igc::{self, CardCertificate};
use cpskit::emulate::{VirtualCard, issue};
use cpskit::x509::Certificate;
use ring::digest::{SHA256, digest};

#[path = "support/tool.rs"]
#[allow(dead_code)]
mod tool;

const MESSAGE: &[u8] = b"abc";

/// Sends commands in hexadecimal; the data of the last, fetched whole.
fn data(card: &mut VirtualCard, commands: &[String]) -> Vec<u8> {
    let mut answer = Vec::new();
    for command in commands {
        answer = card.transmit(&bytes(command));
        let word = &answer[answer.len() - 2..];
        assert!(word[0] == 0x61 || word == [0x90, 0], "{command}: {word:02X?}");
    }
    while let [.., 0x61, more] = answer[..] {
        answer.truncate(answer.len() - 2);
        let class = bytes(commands.last().expect("a command"))[0];
        answer.extend(card.transmit(&[class, 0xC0, 0, 0, more.min(0xE7)]));
    }
    answer.truncate(answer.len() - 2);
    answer
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn is_verified(certificate: &Option<CardCertificate>, signature: &[u8], options: &[&str]) -> bool {
    let Some(openssl) = tool::Tool::or_skip("openssl", "openssl") else { return true };
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    let certificate = Certificate::parse(&certificate.as_ref().expect("it has one").der);
    fs::write(home.join("certificate"), certificate.expect("ours").to_pem()).expect("written");
    fs::write(home.join("message"), MESSAGE).expect("written");
    fs::write(home.join("signature"), signature).expect("written");
    let extract = ["x509", "-in", "certificate", "-noout", "-pubkey", "-out", "key"];
    let (code, _, stderr) = tool::printed(openssl.command(home, extract).current_dir(home));
    assert_eq!(code, 0, "{stderr}");
    let verify = ["dgst", "-sha256", "-verify", "key", "-signature", "signature"];
    let mut command = openssl.command(home, verify);
    command.args(options).arg("message").current_dir(home);
    tool::printed(&mut command).0 == 0
}

/// A persona, the commands that open its keys, those that sign, the certificate, what openssl is told.
struct Case<'c>(&'c str, &'c [&'c str], &'c [&'c str], &'c str, &'c [&'c str]);

#[test]
fn openssl_verifies_what_the_keys_of_each_generation_sign() {
    let hash = hex(digest(&SHA256, MESSAGE).as_ref());
    let info = format!("3031300D060960864801650304020105000420{hash}");
    let block = format!("0001{}00{info}", "FF".repeat(202));
    let cps3 = ["00 A4 09 0C 04 3F000001", "00 20 00 01 04 31323334"];
    let cps4 =
        ["01 A4 04 0C 08 8025000001FF0100", "01 A4 08 0C 02 0001", "01 20 00 01 04 31323334"];
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
    let whole = format!("00 2A 90 A0 07 90 00 80 03 {}", hex(MESSAGE));
    let ready = format!("01 2A 9E 9A 20 {hash}");
    let internal = format!("00 88 00 00 33 {info}");
    let first = format!("11 2A 80 86 FF {}", &block[..510]);
    let last = format!("01 2A 80 86 01 {}", &block[510..]);
    let finished =
        ["00 22 41 AA 03 80 01 40", &whole, "00 22 41 B6 06 80 01 42 84 01 81", "00 2A 9E 9A 00"];
    let cases: [Case<'_>; 6] = [
        Case("medecin-cps3", &cps3, &finished, "signature", &[]),
        Case(
            "medecin-cps3",
            &cps3,
            &["00 22 41 A4 06 80 01 02 84 01 82", &internal],
            "authentication",
            &[],
        ),
        Case("cpa-cps4", &cps4, &["01 22 81 B6 04 91 02 28 90", &ready], "signature", &[]),
        Case("cpa-cps4", &cps4, &["01 22 81 B6 04 91 02 2C 90", &ready], "signature", &pss),
        Case("cpa-cps4", &cps4, &["01 22 81 B6 04 91 02 2C A0", &ready], "authentication", &pss),
        Case("cpa-cps4", &cps4, &["01 22 41 B8 03 83 01 20", &first, &last], "authentication", &[]),
    ];
    for Case(slug, open, commands, key, options) in cases {
        let mut card = issue::builtin(slug).expect("ours");
        card.power_on();
        let commands: Vec<String> =
            open.iter().chain(commands).map(|command| (*command).to_owned()).collect();
        let mut signature = data(&mut card, &commands);
        let certificates = igc::committed(slug).expect("ours");
        let certificate = match key {
            "signature" => &certificates.signature,
            _ => &certificates.authentication,
        };
        assert!(is_verified(certificate, &signature, options), "{slug} {commands:?}");
        signature[255] ^= 1;
        let is_judged = tool::Tool::or_none("openssl").is_some();
        assert!(!is_judged || !is_verified(certificate, &signature, options), "{slug}");
    }
}
