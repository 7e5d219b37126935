use jiff::Timestamp;
use proptest::prelude::*;

use super::super::sample::{Sample, attribute, extension, name, sequence};
use super::super::{DerErrorKind, Reason};
use super::*;

const NONCE: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 2];
const BASIC: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1];

fn sha1() -> Vec<u8> {
    sequence(&[encode(6, &[0x2B, 0x0E, 3, 2, 0x1A]), encode(5, &[])])
}

fn time(text: &str) -> Vec<u8> {
    encode(0x18, text.as_bytes())
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn cert_id(serial: &[u8]) -> Vec<u8> {
    sequence(&[sha1(), encode(4, &[1; 20]), encode(4, &[2; 20]), encode(2, serial)])
}

fn read_cert_id(serial: &[u8]) -> CertId {
    CertId {
        hash: AlgorithmIdentifier {
            oid: "1.3.14.3.2.26".parse().expect("dotted"),
            parameters: Some(vec![5, 0]),
        },
        issuer_name: vec![1; 20],
        issuer_key: vec![2; 20],
        serial: Serial::from_content(serial).expect("an octet"),
    }
}

fn single(serial: u8, status: Vec<u8>, rest: &[Vec<u8>]) -> Vec<u8> {
    let fixed = [cert_id(&[serial]), status, time("20260101000000Z")];
    sequence(&[&fixed[..], rest].concat())
}

/// ResponseData, with the responder given by its element.
fn data(responder: Vec<u8>, singles: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![responder, time("20260101000005Z"), sequence(singles)];
    if !extensions.is_empty() {
        fields.push(encode(0xA1, &sequence(extensions)));
    }
    sequence(&fields)
}

/// The response around ResponseData, with certificates.
fn response(data: Vec<u8>, certificates: &[Vec<u8>]) -> Vec<u8> {
    let rsa = sequence(&[encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]), vec![5, 0]]);
    let mut fields = vec![data, rsa, encode(3, &[0, 0xAA])];
    if !certificates.is_empty() {
        fields.push(encode(0xA0, &sequence(certificates)));
    }
    let bytes = sequence(&[encode(6, BASIC), encode(4, &sequence(&fields))]);
    sequence(&[encode(10, &[0]), encode(0xA0, &bytes)])
}

fn by_key() -> Vec<u8> {
    encode(0xA2, &encode(4, &[3; 20]))
}

fn full() -> Vec<u8> {
    let revoked = [time("20251224180000Z"), encode(0xA0, &encode(10, &[1]))];
    let singles = [
        single(7, encode(0x80, &[]), &[encode(0xA0, &time("20260102000000Z"))]),
        single(8, encode(0xA1, &revoked.concat()), &[]),
        single(
            9,
            encode(0xA1, &revoked[0]),
            &[encode(0xA1, &sequence(&[extension(&[0x2A], &[])]))],
        ),
        single(10, encode(0x82, &[]), &[]),
    ];
    let nonce = extension(NONCE, &encode(4, &[9; 32]));
    response(data(by_key(), &singles, &[nonce]), &[Sample::default().der()])
}

fn answer(der: &[u8]) -> OcspAnswer {
    match OcspResponse::parse(der) {
        Ok(OcspResponse::Answer(answer)) => *answer,
        other => panic!("no answer: {other:?}"),
    }
}

/// Asks everything of a response and of a request, if it is one.
fn say_everything(der: &[u8]) {
    if let Ok(OcspResponse::Answer(answer)) = OcspResponse::parse(der) {
        let _ = (answer.nonce(), answer.tbs(), answer.responder.is_key(der));
        let certificate = Certificate::parse(&Sample::default().der()).expect("whole");
        for single in &answer.responses {
            let _ = single.certificate.names(&certificate, der);
        }
    }
    if let Ok(request) = OcspRequest::parse(der) {
        assert_eq!(OcspRequest::parse(&request.to_der()), Ok(request));
    }
}

#[test]
fn an_answer_is_read_whole() {
    let answer = answer(&full());
    assert_eq!(answer.responder, ResponderId::Key(vec![3; 20]));
    assert_eq!(answer.produced_at, instant("2026-01-01T00:00:05Z"));
    let at = instant("2025-12-24T18:00:00Z");
    let said: Vec<_> = answer
        .responses
        .iter()
        .map(|single| (&single.certificate, single.status, single.next_update))
        .collect();
    let key_compromise = Some(Reason::KeyCompromise);
    assert_eq!(
        said,
        [
            (&read_cert_id(&[7]), CertStatus::Good, Some(instant("2026-01-02T00:00:00Z"))),
            (&read_cert_id(&[8]), CertStatus::Revoked { at, reason: key_compromise }, None),
            (&read_cert_id(&[9]), CertStatus::Revoked { at, reason: None }, None),
            (&read_cert_id(&[10]), CertStatus::Unknown, None),
        ]
    );
    let this_update = instant("2026-01-01T00:00:00Z");
    assert!(answer.responses.iter().all(|single| single.this_update == this_update));
    assert_eq!(answer.responses.iter().map(|single| single.extensions.len()).sum::<usize>(), 1);
    assert_eq!(answer.nonce(), Ok(Some([9; 32].into())));
    assert_eq!(answer.certificates.len(), 1);
    assert_eq!(answer.signature, [0xAA]);
    let der = full();
    assert!(der.windows(answer.tbs().len()).any(|window| window == answer.tbs()));
}

#[test]
fn a_responder_may_be_named_by_its_subject() {
    let subject = name(&[&[attribute(&[0x55, 4, 3], 0x0C, b"R")]]);
    let answer = answer(&response(data(encode(0xA1, &subject), &[], &[]), &[]));
    let ResponderId::Name(read) = answer.responder else { panic!("by name") };
    assert_eq!((read.raw(), read.to_string().as_str()), (&subject[..], "CN=R"));
}

#[test]
fn each_error_state_is_kept_apart() {
    let states = [
        (1, OcspError::MalformedRequest),
        (2, OcspError::InternalError),
        (3, OcspError::TryLater),
        (4, OcspError::Unassigned(4)),
        (5, OcspError::SigRequired),
        (6, OcspError::Unauthorized),
        (7, OcspError::Unassigned(7)),
    ];
    for (code, error) in states {
        let der = sequence(&[encode(10, &[code])]);
        assert_eq!(OcspResponse::parse(&der), Ok(OcspResponse::Error(error)));
    }
}

#[test]
fn success_without_an_answer_is_unreadable_and_another_type_is_named() {
    let kind = DerErrorKind::Content;
    let error = X509Error::OcspResponse(DerError { position: 2, kind });
    assert_eq!(OcspResponse::parse(&sequence(&[encode(10, &[0])])), Err(error));
    let bytes = sequence(&[encode(6, &[0x55, 4, 3]), encode(4, &[1])]);
    let other = sequence(&[encode(10, &[0]), encode(0xA0, &bytes)]);
    let oid = "2.5.4.3".parse().expect("dotted");
    assert_eq!(OcspResponse::parse(&other), Ok(OcspResponse::Other(oid)));
}

#[test]
fn another_version_than_the_first_is_unreadable() {
    let versioned = |number| {
        let fields =
            [encode(0xA0, &encode(2, &[number])), by_key(), time("20260101000005Z"), sequence(&[])];
        OcspResponse::parse(&response(sequence(&fields), &[])).is_ok()
    };
    assert_eq!([versioned(0), versioned(1)], [true, false]);
}

#[test]
fn a_nonce_has_1_to_128_octets_in_an_octet_string() {
    let nonce = |value: &[u8]| {
        let extensions = [extension(NONCE, value)];
        answer(&response(data(by_key(), &[], &extensions), &[])).nonce()
    };
    assert_eq!(nonce(&encode(4, &[1])), Ok(Nonce::new(&[1])));
    assert_eq!(nonce(&encode(4, &[1; 128])), Ok(Nonce::new(&[1; 128])));
    for refused in [&encode(4, &[])[..], &encode(4, &[1; 129]), &[1, 2, 3], &[4, 1, 1, 0]] {
        assert!(nonce(refused).is_err(), "{refused:02x?}");
    }
    assert_eq!((Nonce::new(&[]), Nonce::new(&[0; 129])), (None, None));
}

#[test]
fn an_answer_cut_anywhere_is_an_error() {
    let der = full();
    for length in 0..der.len() {
        let read = OcspResponse::parse(&der[..length]);
        assert!(matches!(read, Err(X509Error::OcspResponse(_))), "{length}");
    }
    assert!(OcspResponse::parse(&[&der[..], &[0]].concat()).is_err());
}

#[test]
fn no_bit_changed_makes_the_readers_panic() {
    let request = OcspRequest {
        certificates: vec![read_cert_id(&[7]), read_cert_id(&[0, 0x80])],
        nonce: Some([1; 32].into()),
    };
    for mut der in [full(), request.to_der()] {
        for place in 0..der.len() {
            for bit in 0..8 {
                der[place] ^= 1 << bit;
                say_everything(&der);
                der[place] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn a_request_cut_anywhere_is_an_error() {
    let request = OcspRequest {
        certificates: vec![read_cert_id(&[7])],
        nonce: Some(Nonce::new(&[1]).expect("an octet")),
    };
    let der = request.to_der();
    assert_eq!(OcspRequest::parse(&der), Ok(request));
    for length in 0..der.len() {
        let read = OcspRequest::parse(&der[..length]);
        assert!(matches!(read, Err(X509Error::OcspRequest(_))), "{length}");
    }
}

#[test]
fn who_asks_and_a_signature_are_passed_over() {
    let asker = encode(0xA1, &encode(0xA4, &name(&[])));
    let list = sequence(&[sequence(&[cert_id(&[7])])]);
    let signature = encode(0xA0, &sequence(&[]));
    let der = sequence(&[sequence(&[asker, list]), signature]);
    let request = OcspRequest { certificates: vec![read_cert_id(&[7])], nonce: None };
    assert_eq!(OcspRequest::parse(&der), Ok(request));
}

#[test]
fn a_certificate_is_named_by_its_serial_its_issuers_name_and_the_key_that_issued_it() {
    let certificate = Certificate::parse(&Sample::default().der()).expect("whole");
    let other = Sample { serial: vec![8], ..Sample::default() }.der();
    let other = Certificate::parse(&other).expect("whole");
    let spki = certificate.spki();
    let p256 = encode(6, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
    let another_key = sequence(&[sequence(&[p256]), encode(3, &[0, 4, 5])]);
    for hash in CertIdHash::ALL {
        let id = CertId::of(&certificate, spki, hash).expect("a key");
        assert!(id.names(&certificate, spki), "{hash:?}");
        assert!(!id.names(&other, spki), "{hash:?}");
        assert!(!id.names(&certificate, &another_key), "{hash:?}");
        let renamed = CertId { issuer_name: vec![0; 20], ..id.clone() };
        assert!(!renamed.names(&certificate, spki), "{hash:?}");
        let bare = AlgorithmIdentifier { parameters: None, ..id.hash.clone() };
        assert!(CertId { hash: bare, ..id }.names(&certificate, spki), "{hash:?}");
    }
    assert!(CertId::of(&certificate, &[0x30, 0], CertIdHash::Sha1).is_err());
}

#[test]
fn a_responder_is_known_by_the_hash_of_its_key() {
    let certificate = Certificate::parse(&Sample::default().der()).expect("whole");
    let id = CertId::of(&certificate, certificate.spki(), CertIdHash::Sha1).expect("a key");
    assert!(ResponderId::Key(id.issuer_key).is_key(certificate.spki()));
    assert!(!ResponderId::Key(vec![0; 20]).is_key(certificate.spki()));
    assert!(!ResponderId::Name(certificate.subject().clone()).is_key(certificate.spki()));
}

proptest! {
    #[test]
    fn a_request_is_read_back_as_it_was_written(
        serials in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..41), 0..5),
        nonce in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..129)),
    ) {
        let certificates = serials.iter().map(|serial| read_cert_id(serial)).collect();
        let nonce = nonce.map(|nonce| Nonce::new(&nonce).expect("1 to 128"));
        let request = OcspRequest { certificates, nonce };
        prop_assert_eq!(OcspRequest::parse(&request.to_der()), Ok(request));
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        say_everything(&bytes);
        say_everything(&response(sequence(&[by_key(), bytes.clone()]), &[]));
        say_everything(&response(data(by_key(), &[encode(0x30, &bytes)], &[]), &[]));
    }
}
