//! Each sequence of CPx fact sheet §7 with its signature verified by `ring`, and each way to get it wrong.

use proptest::prelude::*;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::emulate::card::VirtualCard;
use crate::emulate::card::hash::Hash;
use crate::emulate::fault::Fault;
use crate::emulate::{Persona, igc, issue};
use crate::iso7816::apdu::Hex;

const CPS3: &str = "medecin-cps3";
const CPS4_T0: &str = "cpa-cps4";
const CPS4_T1: &str = "medecin-cps4";
const CONTACTLESS: &str = "sans-contact-cps3";

const HASH_SHA1: &str = "00 22 41 AA 03 80 01 10";
const HASH_SHA256: &str = "00 22 41 AA 03 80 01 40";
const SIGN_SHA1: &str = "00 22 41 B6 06 80 01 12 84 01 81";
const SIGN_SHA256: &str = "00 22 41 B6 06 80 01 42 84 01 81";
const AUTHENTICATE: &str = "00 22 41 A4 06 80 01 02 84 01 82";
const DECIPHER: &str = "00 22 41 B8 06 80 01 1A 84 01 82";
const CPS4_DECIPHER: &str = "01 22 41 B8 03 83 01 20";
/// PSO HASH of "abc", whole.
const ABC: &str = "00 2A 90 A0 07 90 00 80 03 616263";
const SIGN: &str = "00 2A 9E 9A 00";

#[derive(Clone, Copy)]
enum Pin {
    Closed,
    Verified,
}

/// A card of ours with its application selected.
fn card(slug: &str, pin: Pin) -> VirtualCard {
    let mut card = issue::builtin(slug).expect("ours");
    card.power_on();
    let commands: &[&str] = match slug {
        CPS3 => &["00 A4 09 0C 04 3F000001"],
        CONTACTLESS => &["00 A4 09 0C 04 3F000002"],
        _ => &["01 A4 04 0C 08 8025000001FF0100", "01 A4 08 0C 02 0001"],
    };
    for command in commands {
        assert_eq!(send(&mut card, command), "9000", "{command}");
    }
    if matches!(pin, Pin::Verified) {
        let cla = if slug == CPS3 { "00" } else { "01" };
        assert_eq!(send(&mut card, &format!("{cla} 20 00 01 04 31323334")), "9000");
    }
    card
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn send(card: &mut VirtualCard, command: &str) -> String {
    Hex(&card.transmit(&bytes(command))).to_string()
}

/// The status words of commands that are refused or have no data.
fn answers<const N: usize>(card: &mut VirtualCard, commands: [&str; N]) -> [String; N] {
    commands.map(|command| send(card, command))
}

/// The data of the last of these commands, fetched whole; the others answer 9000.
fn data(card: &mut VirtualCard, commands: &[String]) -> Vec<u8> {
    let (last, others) = commands.split_last().expect("a command");
    for command in others {
        assert_eq!(send(card, command), "9000", "{command}");
    }
    let mut found = card.transmit(&bytes(last));
    while let [.., 0x61, more] = found[..] {
        let cla = bytes(last)[0] & 0x01;
        found.truncate(found.len() - 2);
        found.extend(card.transmit(&[cla, 0xC0, 0, 0, more.min(0xE7)]));
    }
    assert_eq!(found[found.len() - 2..], [0x90, 0x00], "{last}");
    found.truncate(found.len() - 2);
    found
}

fn owned<const N: usize>(commands: [&str; N]) -> Vec<String> {
    commands.map(str::to_owned).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

fn sha256(message: &[u8]) -> Vec<u8> {
    digest(&SHA256, message).as_ref().to_vec()
}

fn sha1(message: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, message).as_ref().to_vec()
}

/// `RSAPublicKey` of a certificate of a persona: `signature`, `authentication` or `technical`.
fn public_key(slug: &str, certificate: &str) -> Vec<u8> {
    let card = igc::committed(slug).expect("ours");
    let found = match certificate {
        "signature" => &card.signature,
        "authentication" => &card.authentication,
        _ => &card.technical,
    };
    let der = &found.as_ref().expect("it has one").der;
    let (_, certificate) = X509Certificate::from_der(der).expect("a certificate");
    certificate.public_key().subject_public_key.data.to_vec()
}

fn verifies(
    scheme: &'static RsaParameters,
    slug: &str,
    certificate: &str,
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(scheme, public_key(slug, certificate)).verify(message, signature).is_ok()
}

/// PSO DECIPHER of a whole data field in a chain.
fn chained(cla: u8, data: &[u8]) -> Vec<String> {
    let (first, last) = data.split_at(255);
    vec![
        format!("{:02X} 2A 80 86 FF {}", cla | 0x10, hex(first)),
        format!("{cla:02X} 2A 80 86 {:02X} {}", last.len(), hex(last)),
    ]
}

/// The field 90 of PSO HASH after these whole blocks.
fn begun(hash: Hash, blocks: &[u8]) -> String {
    let blocks64 = blocks.as_chunks::<64>().0;
    let words = match hash {
        Hash::Sha1 => {
            let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
            sha1::block_api::compress(&mut state, blocks64);
            state.to_vec()
        }
        Hash::Sha256 => {
            let mut state = [
                0x6A09_E667,
                0xBB67_AE85,
                0x3C6E_F372,
                0xA54F_F53A,
                0x510E_527F,
                0x9B05_688C,
                0x1F83_D9AB,
                0x5BE0_CD19,
            ];
            sha2::block_api::compress256(&mut state, blocks64);
            state.to_vec()
        }
    };
    let state: String = words.iter().map(|word| format!("{word:08X}")).collect();
    format!("90 {:02X} {state}{:016X}", state.len() / 2 + 8, 8 * blocks.len())
}

/// PSO HASH of a message: whole blocks outside, the rest, never empty, in the card.
fn pso_hash(hash: Hash, message: &[u8]) -> String {
    let (blocks, rest) = message.split_at((message.len() - 1) / 64 * 64);
    let state = if blocks.is_empty() { "90 00".to_owned() } else { begun(hash, blocks) };
    let field = bytes(&format!("{state} 80 {:02X} {}", rest.len(), hex(rest)));
    format!("00 2A 90 A0 {:02X} {}", field.len(), hex(&field))
}

#[test]
fn a_cps3_finishes_the_hash_begun_outside_and_signs_it() {
    let message: Vec<u8> = (0..200).collect();
    let mut card = card(CPS3, Pin::Verified);
    for length in [1, 55, 56, 63, 64, 65, 119, 128, 129, 200] {
        for (hash, begin, sign, scheme) in [
            (Hash::Sha1, HASH_SHA1, SIGN_SHA1, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
            (Hash::Sha256, HASH_SHA256, SIGN_SHA256, &RSA_PKCS1_2048_8192_SHA256),
        ] {
            let message = &message[..length];
            let commands = [begin, &pso_hash(hash, message), sign, SIGN].map(str::to_owned);
            let signature = data(&mut card, &commands);
            let right = verifies(scheme, CPS3, "signature", message, &signature);
            assert!(right, "{hash:?} of {length} bytes");
        }
    }
}

#[test]
fn a_cps3_signs_a_ready_hash() {
    let mut card = card(CPS3, Pin::Verified);
    let ready = format!("00 2A 9E 9A 20 {}", hex(&sha256(b"abc")));
    let signature = data(&mut card, &[SIGN_SHA256.to_owned(), ready]);
    assert!(verifies(&RSA_PKCS1_2048_8192_SHA256, CPS3, "signature", b"abc", &signature));
    let ready = format!("00 2A 9E 9A 14 {}", hex(&sha1(b"abc")));
    let signature = data(&mut card, &[SIGN_SHA1.to_owned(), ready]);
    let scheme = &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
    assert!(verifies(scheme, CPS3, "signature", b"abc", &signature));
}

#[test]
fn a_cps3_pads_what_it_authenticates() {
    let mut card = card(CPS3, Pin::Verified);
    let info = [Hash::Sha256.digest_info(), &sha256(b"abc")].concat();
    let command = format!("00 88 00 00 {:02X} {}", info.len(), hex(&info));
    let signature = data(&mut card, &[AUTHENTICATE.to_owned(), command]);
    assert!(verifies(&RSA_PKCS1_2048_8192_SHA256, CPS3, "authentication", b"abc", &signature));
}

#[test]
fn a_contactless_card_authenticates_without_a_code() {
    let mut card = card(CONTACTLESS, Pin::Closed);
    let info = [Hash::Sha256.digest_info(), &sha256(b"abc")].concat();
    let command = format!("00 88 00 00 {:02X} {} 00", info.len(), hex(&info));
    let commands = ["00 22 41 A4 06 80 01 02 84 01 83".to_owned(), command];
    let signature = data(&mut card, &commands);
    assert!(verifies(&RSA_PKCS1_2048_8192_SHA256, CONTACTLESS, "technical", b"abc", &signature));
    assert_eq!(send(&mut card, AUTHENTICATE), "6A88");
}

#[test]
fn a_cps4_signs_ready_hashes_with_the_padding_asked_for() {
    for (slug, le) in [(CPS4_T0, ""), (CPS4_T1, "00")] {
        let mut card = card(slug, Pin::Verified);
        let ready = format!("01 2A 9E 9A 20 {} {le}", hex(&sha256(b"abc")));
        for (algorithm, scheme) in
            [("28", &RSA_PKCS1_2048_8192_SHA256), ("2C", &RSA_PSS_2048_8192_SHA256)]
        {
            let set = format!("01 22 81 B6 04 91 02 {algorithm} 90");
            let signature = data(&mut card, &[set, ready.clone()]);
            assert!(verifies(scheme, slug, "signature", b"abc", &signature), "{slug} {algorithm}");
        }
        let signature = data(&mut card, &["01 22 81 B6 04 91 02 2C A0".to_owned(), ready]);
        let scheme = &RSA_PSS_2048_8192_SHA256;
        assert!(verifies(scheme, slug, "authentication", b"abc", &signature), "{slug}");
    }
}

#[test]
fn the_salt_of_a_card_is_what_its_persona_says() {
    // ring demands a salt as long as the hash.
    let mut persona = Persona::builtin(CPS4_T1).expect("ours");
    let commands = owned([
        "01 A4 04 0C 08 8025000001FF0100",
        "01 A4 08 0C 02 0001",
        "01 20 00 01 04 31323334",
        "01 22 81 B6 04 91 02 2C 90",
    ]);
    let ready = format!("01 2A 9E 9A 20 {} 00", hex(&sha256(b"abc")));
    let commands = [commands, vec![ready]].concat();
    for (salt, right) in [(None, true), (Some(32), true), (Some(20), false), (Some(222), false)] {
        persona.card.pss_salt = salt;
        let mut card = issue::dated(&persona).expect("a card");
        let signature = data(&mut card, &commands);
        let scheme = &RSA_PSS_2048_8192_SHA256;
        let found = verifies(scheme, CPS4_T1, "signature", b"abc", &signature);
        assert_eq!(found, right, "{salt:?}");
    }
    persona.card.pss_salt = Some(223);
    let refused = issue::dated(&persona).expect_err("too long").to_string();
    assert_eq!(refused, "`card.pss_salt` must be at most 222 bytes");
}

#[test]
fn the_authentication_key_of_cps4_does_the_private_operation_and_nothing_else() {
    for (slug, le) in [(CPS4_T0, ""), (CPS4_T1, " 00")] {
        let info = [Hash::Sha256.digest_info(), &sha256(b"abc")].concat();
        let block = [&[0, 1][..], &[0xFF; 202], &[0], &info].concat();
        let mut chain = chained(0x01, &block);
        chain[1].push_str(le);
        let commands = [vec![CPS4_DECIPHER.to_owned()], chain].concat();
        let mut card = card(slug, Pin::Verified);
        let signature = data(&mut card, &commands);
        let right =
            verifies(&RSA_PKCS1_2048_8192_SHA256, slug, "authentication", b"abc", &signature);
        assert!(right, "{slug}");
    }
}

/// A message padded for encryption (RFC 8017 §7.2.1), under the public key of the authentication certificate.
fn encrypted(slug: &str, message: &[u8]) -> Vec<u8> {
    let padding = vec![0x55; 253 - message.len()];
    let key = igc::committed(slug).and_then(|card| card.authentication.as_ref()).expect("ours").key;
    let block = [&[0, 2][..], &padding, &[0], message].concat();
    key.rsa().expect("RSA").raw_public(&block)
}

#[test]
fn a_cps3_answers_the_message_of_a_cryptogram_and_a_cps4_the_whole_block() {
    let mut cps3 = card(CPS3, Pin::Verified);
    for message in [&b"HELLO"[..], b"", &[7; 245]] {
        let field = [&[0x81][..], &encrypted(CPS3, message)].concat();
        let commands = [vec![DECIPHER.to_owned()], chained(0x00, &field)].concat();
        assert_eq!(data(&mut cps3, &commands), message);
    }
    let mut cps4 = card(CPS4_T0, Pin::Verified);
    let commands =
        [vec![CPS4_DECIPHER.to_owned()], chained(0x01, &encrypted(CPS4_T0, b"HELLO"))].concat();
    let expected = [&[0, 2][..], &[0x55; 248], &[0], b"HELLO"].concat();
    assert_eq!(data(&mut cps4, &commands), expected);
}

#[test]
fn a_cryptogram_must_be_whole_announced_by_81_on_cps3_and_padded() {
    let mut card = card(CPS3, Pin::Verified);
    let mut attempt = |field: &[u8]| {
        assert_eq!(send(&mut card, DECIPHER), "9000");
        chained(0x00, field).iter().map(|command| send(&mut card, command)).collect::<Vec<_>>()
    };
    let good = encrypted(CPS3, b"HELLO");
    assert_eq!(attempt(&[&[0x81][..], &good].concat()), ["9000", "6105"]);
    assert_eq!(attempt(&good), ["9000", "6700"]);
    assert_eq!(attempt(&[&[0x81, 0x00][..], &good].concat()), ["9000", "6700"]);
    assert_eq!(attempt(&[&[0x00][..], &good].concat()), ["9000", "6A80"]);
    assert_eq!(attempt(&[&[0x81][..], &[0x33; 256]].concat()), ["9000", "6A80"]);
    assert_eq!(attempt(&[&[0x81][..], &[0xFF; 256]].concat()), ["9000", "6A80"]);
    // A chain that never ends is stopped when it is too long.
    let part = format!("10 2A 80 86 FF {}", "81".repeat(255));
    assert_eq!(answers(&mut card, [&part, &part, &part]), ["9000", "6700", "9000"]);
}

#[test]
fn another_command_ends_a_chain() {
    let mut card = card(CPS3, Pin::Verified);
    let field = [&[0x81][..], &encrypted(CPS3, b"HELLO")].concat();
    let [first, last] = &chained(0x00, &field)[..] else { panic!("two blocks") };
    assert_eq!(
        answers(&mut card, [DECIPHER, first, "00 84 00 00 04", last])
            .map(|sw| sw[sw.len() - 4..].to_owned()),
        ["9000", "9000", "9000", "6700"]
    );
    assert_eq!(
        answers(&mut card, ["10 22 41 AA 03 80 01 40", "10 2A 90 A0 07 90 00 80 03 616263"]),
        ["6884", "6884"]
    );
}

#[test]
fn no_key_behind_the_code_works_while_it_is_closed() {
    let mut cps3 = card(CPS3, Pin::Closed);
    let decipher = &chained(0x00, &[0x81; 257])[0];
    assert_eq!(
        answers(
            &mut cps3,
            [
                HASH_SHA256,
                ABC,
                SIGN_SHA256,
                SIGN,
                AUTHENTICATE,
                "00 88 00 00 01 00",
                DECIPHER,
                decipher,
            ]
        ),
        ["9000", "9000", "9000", "6982", "9000", "6982", "9000", "6982"]
    );
    let verify = "00 20 00 01 04 31323334";
    assert_eq!(answers(&mut cps3, [verify, SIGN]), ["9000", "6100"]);
    // A wrong code closes again.
    assert_eq!(
        answers(&mut cps3, [ABC, "00 20 00 01 04 30303030", SIGN]),
        ["9000", "63C2", "6982"]
    );
    let mut cps4 = card(CPS4_T0, Pin::Closed);
    let ready = format!("01 2A 9E 9A 20 {}", "11".repeat(32));
    let decipher = &chained(0x01, &[0; 256])[0];
    assert_eq!(
        answers(&mut cps4, ["01 22 81 B6 04 91 02 28 90", &ready, CPS4_DECIPHER, decipher]),
        ["9000", "6982", "9000", "6982"]
    );
}

#[test]
fn the_code_verified_once_serves_for_many_signatures() {
    let mut card = card(CPS3, Pin::Verified);
    for _ in 0..3 {
        assert_eq!(
            answers(&mut card, [HASH_SHA256, ABC, SIGN_SHA256, SIGN]),
            ["9000", "9000", "9000", "6100"]
        );
    }
}

#[test]
fn a_digest_serves_once_for_the_function_that_made_it() {
    let mut card = card(CPS3, Pin::Verified);
    assert_eq!(
        answers(&mut card, [HASH_SHA256, ABC, SIGN_SHA1, SIGN, SIGN_SHA256, SIGN, ABC, SIGN, SIGN]),
        ["9000", "9000", "9000", "6985", "9000", "6985", "9000", "6100", "6985"]
    );
    // Choosing the function again forgets the digest.
    assert_eq!(answers(&mut card, [ABC, HASH_SHA256, SIGN]), ["9000", "9000", "6985"]);
}

#[test]
fn an_operation_that_was_not_prepared_is_refused() {
    let mut card = card(CPS3, Pin::Verified);
    let decipher = &chained(0x00, &[0x81; 257])[0];
    assert_eq!(
        answers(&mut card, [ABC, SIGN, "00 88 00 00 01 00", decipher]),
        ["6985", "6985", "6985", "6985"]
    );
}

#[test]
fn the_environment_is_forgotten_at_a_reset_and_when_another_df_is_selected() {
    let mut card = card(CPS3, Pin::Verified);
    let select = "00 A4 09 0C 04 3F000001";
    let file = "00 A4 09 0C 06 3F000001A001";
    assert_eq!(answers(&mut card, [HASH_SHA256, file, select, ABC]), ["9000"; 4]);
    assert_eq!(
        answers(&mut card, ["00 A4 09 0C 04 3F00D003", select, ABC]),
        ["9000", "9000", "6985"]
    );
    assert_eq!(
        answers(&mut card, [HASH_SHA256, "00 A4 04 0C 08 8025000001FF0100", select, ABC]),
        ["9000", "9000", "9000", "6985"]
    );
    assert_eq!(send(&mut card, HASH_SHA256), "9000");
    card.reset();
    assert_eq!(answers(&mut card, [select, ABC]), ["9000", "6985"]);
}

#[test]
fn a_key_is_known_in_its_application_only_and_does_what_it_is_for() {
    let mut cps3 = card(CPS3, Pin::Verified);
    assert_eq!(
        answers(
            &mut cps3,
            [
                "00 22 41 B6 06 80 01 42 84 01 82", // the authentication key does not sign documents
                "00 22 41 A4 06 80 01 02 84 01 81",
                "00 22 41 B8 06 80 01 1A 84 01 81",
                "00 22 41 B6 06 80 01 42 84 01 83", // the contactless application's
                "00 22 41 B6 06 80 01 42 84 01 01",
                "00 A4 09 0C 02 3F00",
                SIGN_SHA256,
            ]
        ),
        ["6985", "6985", "6985", "6A88", "6A88", "9000", "6A88"]
    );
    let mut cps4 = card(CPS4_T0, Pin::Verified);
    assert_eq!(
        answers(
            &mut cps4,
            [
                "01 22 81 B6 04 91 02 28 A0", // PKCS#1 v1.5 is the signature key's
                "01 22 41 B8 03 83 01 10",
                "01 22 81 B6 04 91 02 28 10",
                "01 22 41 B8 03 83 01 A0",
            ]
        ),
        ["6985", "6985", "6A88", "6A88"]
    );
}

#[test]
fn a_template_an_algorithm_or_a_field_of_the_other_generation_is_refused() {
    let mut cps3 = card(CPS3, Pin::Verified);
    assert_eq!(
        answers(
            &mut cps3,
            [
                "00 22 81 B6 06 80 01 42 84 01 81",
                "00 22 41 B4 06 80 01 42 84 01 81",
                "00 22 41 B6 06 80 01 2C 84 01 81",
                "00 22 41 AA 03 80 01 42",
                "00 22 41 A4 06 80 01 1A 84 01 82",
                "00 22 41 B6 04 91 02 28 90",
                "00 22 41 B6 06 84 01 81 80 01 42",
                "00 22 41 B6 07 80 01 42 84 01 81 00",
                "00 22 41 B6 07 80 02 42 42 84 01 81",
                "00 22 41 B6 05 80 01 42 84 01",
                "00 22 41 B6 00",
                "00 2A 9E 9B 00",
                "00 2A 80 84 01 00",
            ]
        ),
        [
            "6A86", "6A86", "6A80", "6A80", "6A80", "6A80", "6A80", "6A80", "6A80", "6A80", "6A80",
            "6A86", "6A86",
        ]
    );
    let mut cps4 = card(CPS4_T0, Pin::Verified);
    assert_eq!(
        answers(
            &mut cps4,
            [
                "01 22 41 B6 06 80 01 42 84 01 81",
                "01 22 41 AA 03 80 01 40",
                "01 22 41 A4 06 80 01 02 84 01 82",
                "01 22 81 B6 04 91 02 29 90",
                "01 2A 90 A0 07 90 00 80 03 616263",
                "01 88 00 00 01 00",
            ]
        ),
        ["6A86", "6A86", "6A86", "6A80", "6A86", "6D00"]
    );
}

#[test]
fn a_hash_field_that_no_sheet_shows_is_refused() {
    let mut card = card(CPS3, Pin::Verified);
    let field = |field: &str| format!("00 2A 90 A0 {:02X} {field}", bytes(field).len());
    let state = "22".repeat(32);
    let zeros = "0000000000000000";
    let refused = [
        field("90 00 80 00"),
        field(&format!("90 00 80 41 {}", "41".repeat(65))),
        field("80 03 616263"),
        field("80 03 616263 90 00"),
        field("90 00 80 03 616263 00"),
        field("90 00"),
        field(&format!("90 28 {state} {zeros} 80 01 41")),
        field(&format!("90 28 {state} 0000000000000201 80 01 41")),
        field(&format!("90 28 {state} FFFFFFFFFFFFFE00 80 40 {}", "41".repeat(64))),
        field(&format!("90 1C {} 0000000000000200 80 01 41", "22".repeat(20))),
        field(&format!("90 08 {zeros} 80 01 41")),
        field("90 01 00 80 01 41"),
    ];
    assert_eq!(send(&mut card, HASH_SHA256), "9000");
    for command in refused {
        assert_eq!(send(&mut card, &command), "6A80", "{command}");
    }
    let good = field(&format!("90 28 {state} 0000000000000200 80 40 {}", "41".repeat(64)));
    assert_eq!(send(&mut card, &good), "9000");
}

#[test]
fn a_hash_or_a_block_of_the_wrong_length_is_refused() {
    let mut cps3 = card(CPS3, Pin::Verified);
    let ready =
        |cla: &str, length: usize| format!("{cla} 2A 9E 9A {length:02X} {}", "11".repeat(length));
    let block = |length: usize| format!("00 88 00 00 {length:02X} {}", "11".repeat(length));
    assert_eq!(
        answers(
            &mut cps3,
            [
                SIGN_SHA256,
                &ready("00", 20),
                &ready("00", 33),
                &ready("00", 32),
                AUTHENTICATE,
                &block(103),
                &block(102),
                &block(1),
                "00 88 00 00 00",
                "00 88 01 00 01 11",
            ]
        ),
        ["9000", "6700", "6700", "6100", "9000", "6700", "6100", "6100", "6700", "6A86"]
    );
    let mut cps4 = card(CPS4_T0, Pin::Verified);
    assert_eq!(
        answers(
            &mut cps4,
            ["01 22 81 B6 04 91 02 28 90", &ready("01", 20), "01 2A 9E 9A 00", &ready("01", 32),]
        ),
        ["9000", "6700", "6700", "6100"]
    );
}

#[test]
fn under_t0_a_signature_is_fetched_as_recorded() {
    let mut card = card(CPS3, Pin::Verified);
    assert_eq!(
        answers(
            &mut card,
            [
                HASH_SHA256,
                ABC,
                SIGN_SHA256,
                SIGN,
                "00 C0 00 00 E7",
                "00 C0 00 00 19",
                "00 C0 00 00 01",
            ]
        )
        .map(|answer| (answer.len() / 2, answer[answer.len() - 4..].to_owned())),
        [
            (2, "9000".to_owned()),
            (2, "9000".to_owned()),
            (2, "9000".to_owned()),
            (2, "6100".to_owned()),
            (233, "6119".to_owned()),
            (27, "9000".to_owned()),
            (2, "6985".to_owned()),
        ]
    );
}

#[test]
fn a_card_made_without_keys_knows_none() {
    let mut card = crate::emulate::card::test_card(CPS3);
    let commands = ["00 A4 09 0C 04 3F000001", SIGN_SHA256, AUTHENTICATE, DECIPHER];
    assert_eq!(answers(&mut card, commands), ["9000", "6A88", "6A88", "6A88"]);
}

#[test]
fn faulty_signatures_are_wrong_from_the_one_they_start_at() {
    let ready = format!("00 2A 9E 9A 20 {}", hex(&sha256(b"abc")));
    let commands = [SIGN_SHA256.to_owned(), ready];
    for (fault, expected) in [
        (Fault::WrongSignatureAfter(0), [false, false]),
        (Fault::WrongSignatureAfter(1), [true, false]),
        (Fault::ForeignSignature, [false, false]),
    ] {
        let mut card = card(CPS3, Pin::Verified);
        fault.alter(&mut card).expect("no file is needed");
        let found = [(); 2].map(|()| {
            let signature = data(&mut card, &commands);
            verifies(&RSA_PKCS1_2048_8192_SHA256, CPS3, "signature", b"abc", &signature)
        });
        assert_eq!(found, expected, "{fault}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_commands_of_the_keys_are_answered(
        commands in proptest::collection::vec(
            (
                prop_oneof![Just(0_u8), Just(1), Just(0x10), Just(0x11)],
                prop_oneof![Just(0x22_u8), Just(0x2A), Just(0x88)],
                prop_oneof![
                    Just([0x41_u8, 0xB6]), Just([0x41, 0xB8]), Just([0x41, 0xA4]), Just([0x41, 0xAA]),
                    Just([0x81, 0xB6]), Just([0x90, 0xA0]), Just([0x9E, 0x9A]), Just([0x80, 0x86]),
                    Just([0, 0]), any::<[u8; 2]>(),
                ],
                prop_oneof![
                    Just(bytes("80 01 42 84 01 81")), Just(bytes("80 01 1A 84 01 82")),
                    Just(bytes("90 00 80 03 616263")), Just(bytes("91 02 2C 90")), Just(vec![0; 32]),
                    proptest::collection::vec(any::<u8>(), 0..=255),
                ],
            ),
            1..12,
        ),
        slug in prop_oneof![Just(CPS3), Just(CPS4_T0), Just(CPS4_T1)],
    ) {
        let mut card = card(slug, Pin::Verified);
        for (cla, ins, [p1, p2], field) in commands {
            let length = u8::try_from(field.len()).expect("at most 255");
            let answer = card.transmit(&[&[cla, ins, p1, p2, length][..], &field].concat());
            prop_assert!(answer.len() >= 2);
        }
    }
}
