//! Containers that are cut, damaged, or made to cost.

use cpskit::store::{Found, StoreError};
use proptest::prelude::*;

use super::{PASSWORD, der, fixture, key, read};

const ALL: [&str; 13] = [
    "3des.p12",
    "aes.p12",
    "clear.p12",
    "degenerate.p7b",
    "empty-password.p12",
    "key-java.p12",
    "key.jceks",
    "key.jks",
    "legacy-rc2-3des.p12",
    "trust-passwordless.p12",
    "trust.jceks",
    "trust.jks",
    "without-mac.p12",
];

#[test]
fn a_container_cut_at_any_byte_is_an_error_or_says_so() {
    for name in ALL {
        let whole = fixture(name);
        for end in 0..whole.len() {
            if let Ok(contents) = read(&whole[..end], None) {
                assert_ne!(contents.problems, [], "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn what_is_no_container_is_named() {
    let request = [
        &[0x30, 0x18, 0x30, 0x0F, 2, 1, 0, 0x30, 0, 0x30, 6, 0x30, 0, 3, 2, 0, 0][..],
        &[0xA0, 0, 0x30, 0, 3, 3, 0, 0, 0],
    ]
    .concat();
    for (bytes, found) in [
        (&b""[..], Found::Empty),
        (b"\r\n\n", Found::Empty),
        (b"<!DOCTYPE html>\n<html></html>", Found::Html),
        (b"\xEF\xBB\xBF<html>", Found::Html),
        (b"0 is not a certificate", Found::Text),
        ("été".as_bytes(), Found::Text),
        (&[0x7F, b'E', b'L', b'F', 2, 1, 1], Found::Binary),
        (&request, Found::Request),
        (
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            Found::Request,
        ),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", Found::PublicKey),
        (b"-----BEGIN AGE-----\nAAAA\n-----END AGE-----\n", Found::Pem("AGE".to_owned())),
    ] {
        let error = read(bytes, None).expect_err("no container");
        assert_eq!(error, StoreError::Nothing(found), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn iterations_that_would_take_hours_are_refused() {
    let mut bytes = fixture("3des.p12");
    // 2048 iterations, an INTEGER of two octets, wherever it stands; made the largest that fits.
    for at in 0..bytes.len() - 4 {
        if bytes[at..at + 4] == [2, 2, 8, 0] {
            bytes[at..at + 4].copy_from_slice(&[2, 2, 0x7F, 0xFF]);
        }
    }
    assert_eq!(read(&bytes, Some(PASSWORD)).expect_err("another key"), StoreError::PasswordWrong);

    let asked = 0x7FFF_FFFF;
    for name in ["3des.p12", "aes.p12"] {
        let bytes = with_iterations(&fixture(name), asked);
        let error = read(&bytes, Some(PASSWORD)).expect_err("hours");
        assert_eq!(error, StoreError::Iterations { asked: asked.into() }, "{name}");
    }
}

/// A PKCS#12 whose MAC asks for so many iterations: the last element of the file.
fn with_iterations(bytes: &[u8], asked: u32) -> Vec<u8> {
    let at = bytes.len() - 4;
    assert_eq!(bytes[at..], [2, 2, 8, 0]);
    let number = [&[2, 4][..], &asked.to_be_bytes()].concat();
    let mut longer = [&bytes[..at], &number].concat();
    // Two octets more in the PFX and in MacData, whose lengths are of two octets and of one.
    let outer = u16::from_be_bytes([longer[2], longer[3]]) + 2;
    longer[2..4].copy_from_slice(&outer.to_be_bytes());
    let mac = 4 + 3 + usize::from(u16::from_be_bytes([longer[9], longer[10]])) + 4;
    assert_eq!(longer[mac], 0x30);
    longer[mac + 1] += 2;
    longer
}

#[test]
fn a_pem_block_that_is_broken_is_said_by_its_number_and_the_others_are_kept() {
    let good = pem("CERTIFICATE", &der("ACR-EL-TEST"));
    let cut = good.replace("-----END CERTIFICATE-----\n", "");
    let text = format!(
        "subject=/C=FR\n{good}\n{}# a comment\r\n{cut}{good}{}",
        good.replace("MII", "M*I"),
        good.replace('\n', "\r\n"),
    );
    let contents = read(text.as_bytes(), None).expect("three are whole");
    assert_eq!(contents.certificates.len(), 3);
    let problems: Vec<String> = contents.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["PEM block 2: not base64", "PEM block 3: cut before its end"]);
}

#[test]
fn blocks_are_read_with_headers_indented_and_inside_json() {
    let good = pem("CERTIFICATE", &der("ACR-EL-TEST"));
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let x509 = good.replace("CERTIFICATE-----", "X509 CERTIFICATE-----");
    let headers = format!("{begin}Subject: C=FR,\n O=X\nIssuer: Y\n\n");
    for text in [
        good.replace(begin, &headers),
        good.replace('\n', "\n    "),
        serde_json::json!({ "ca": good }).to_string(),
        x509,
        format!("\u{FEFF}{good}"),
        good.replace('\n', ""),
    ] {
        let contents = read(text.as_bytes(), None).expect("a certificate");
        assert_eq!(contents.certificates[0].der(), der("ACR-EL-TEST"));
        assert_eq!(contents.problems, []);
    }
}

#[test]
fn ten_thousand_certificates_are_read_from_pem_and_from_der() {
    let der = der("org-auth-cli");
    for file in [der.repeat(10_000), pem("CERTIFICATE", &der).into_bytes().repeat(10_000)] {
        let contents = read(&file, None).expect("certificates");
        assert_eq!((contents.certificates.len(), contents.problems.len()), (10_000, 0));
    }
}

#[test]
fn bytes_after_the_certificates_of_a_der_file_are_said() {
    let bytes = [der("org-auth-cli"), der("ACR-EL-TEST"), vec![0x30, 0x82, 0x10]].concat();
    let contents = read(&bytes, None).expect("two certificates");
    let problems: Vec<String> = contents.problems.iter().map(ToString::to_string).collect();
    assert_eq!(contents.certificates.len(), 2);
    assert_eq!(problems.len(), 1, "{problems:?}");
}

/// A PEM block.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = <base64ct::Base64 as base64ct::Encoding>::encode_string(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_makes_no_reader_panic(which in 0..ALL.len(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = fixture(ALL[which]);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let _ = read(&bytes, Some(PASSWORD));
    }

    #[test]
    fn a_flipped_bit_in_a_key_makes_no_reader_panic(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = key("org-auth-cli");
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let _ = read(&bytes, None);
    }

    #[test]
    fn no_text_makes_the_reader_of_pem_panic(text in "(-----(BEGIN|END) (A|CERTIFICATE)-----|[A-Za-z:\\\\\n =+/]{0,8}){0,12}") {
        let _ = read(text.as_bytes(), None);
    }
}
