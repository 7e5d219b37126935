use std::io::Cursor;

use proptest::prelude::*;

use super::*;

const DER: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x05];

fn received(body: &[u8], what: &What, limit: u64) -> Result<Vec<u8>, FetchProblem> {
    let mut sink = Vec::new();
    let problem = |_: io::Error, received| FetchProblem::Truncated { received };
    receive(&mut Cursor::new(body), what, limit, &mut sink, &problem)?;
    Ok(sink)
}

fn unexpected<T>(expected: &'static str) -> Result<T, FetchProblem> {
    Err(FetchProblem::Unexpected { expected })
}

fn pem(label: &str) -> Vec<u8> {
    format!("\r\n-----BEGIN {label}-----\nMAMCAQU=\n-----END {label}-----\n\n").into_bytes()
}

#[test]
fn der_is_taken_as_it_comes_when_its_own_length_is_what_came() {
    assert_eq!(received(DER, &What::List, 5), Ok(DER.to_vec()));
    let more = [DER, &[0]].concat();
    assert_eq!(received(&more, &What::List, 100), unexpected("a revocation list"));
    let long = [&[0x30, 0x82, 0x01, 0x00][..], &[0; 0x100]].concat();
    assert_eq!(received(&long, &What::Issuers, 1000), Ok(long));
}

#[test]
fn der_that_is_cut_anywhere_is_truncated() {
    for length in 1..DER.len() {
        let received = received(&DER[..length], &What::List, 100);
        let expected = Err(FetchProblem::Truncated { received: length.try_into().expect("small") });
        assert_eq!(received, expected, "{length}");
    }
}

#[test]
fn what_announces_more_than_the_limit_is_not_read() {
    let endless = [&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..], &[0; 64]].concat();
    assert_eq!(received(&endless, &What::List, 100), Err(FetchProblem::TooLarge { limit: 100 }));
    assert_eq!(received(DER, &What::List, 4), Err(FetchProblem::TooLarge { limit: 4 }));
}

#[test]
fn pem_is_decoded_when_its_label_is_that_of_what_is_due() {
    for (label, what, expected) in [
        ("X509 CRL", What::List, Ok(DER.to_vec())),
        ("X509 CRL", What::DeltaList, Ok(DER.to_vec())),
        ("CERTIFICATE", What::Issuers, Ok(DER.to_vec())),
        ("PKCS7", What::Issuers, Ok(DER.to_vec())),
        ("CERTIFICATE", What::List, unexpected("a revocation list")),
        ("X509 CRL", What::Issuers, unexpected("a certificate")),
        ("X509 CRL", What::Status { request: Vec::new() }, unexpected("an OCSP response")),
    ] {
        assert_eq!(received(&pem(label), &what, 1000), expected, "{label} {what:?}");
    }
    let two = [pem("X509 CRL"), pem("X509 CRL")].concat();
    assert_eq!(received(&two, &What::List, 1000), unexpected("a revocation list"));
    let limit = FetchProblem::TooLarge { limit: 40 };
    assert_eq!(received(&pem("X509 CRL"), &What::List, 40), Err(limit));
}

#[test]
fn what_is_neither_der_nor_pem_is_unexpected() {
    for body in [
        &b""[..],
        b"<!DOCTYPE html><html></html>",
        b"\x1f\x8b\x08",
        b"not found",
        b"-----BEGIN",
        &[0x30, 0x85, 0, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(received(body, &What::List, 100), unexpected("a revocation list"), "{body:?}");
    }
}

#[test]
fn an_indefinite_length_is_left_to_the_parser() {
    let ber = [0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00];
    assert_eq!(received(&ber, &What::Issuers, 100), Ok(ber.to_vec()));
}

proptest! {
    #[test]
    fn whatever_comes_no_more_than_the_limit_is_taken(body: Vec<u8>, limit in 0_u64..64) {
        if let Ok(taken) = received(&body, &What::List, limit) {
            prop_assert!(u64::try_from(taken.len()).expect("small") <= limit);
        }
    }
}
