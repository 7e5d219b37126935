//! What goes wrong over LDAP, and what is made of it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use cpskit::net::{Addresses, Cache, Client, Settings};
use cpskit::pki::source::{AddressProblem, FetchProblem, Fetched, Freshness};

use crate::server::Server;
use crate::{LIMIT, SHORT, at, caching, client, current, fetch, impatient, list, settings};

/// A directory that answers the one request with these bytes, and closes.
fn answering(answer: impl Into<Vec<u8>>) -> Server {
    let answer = answer.into();
    Server::raw(move |stream, seen| {
        request(stream, seen)?;
        stream.write_all(&answer)
    })
}

/// Reads one message of less than 128 bytes of content, or of the long form that is sent.
fn request(stream: &mut TcpStream, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut header = [0; 2];
    stream.read_exact(&mut header)?;
    let length = match header[1] {
        short @ 0..=0x7F => u64::from(short),
        _ => {
            let mut octets = [0; 8];
            stream.read_exact(&mut octets)?;
            u64::from_be_bytes(octets)
        }
    };
    let mut content = Vec::new();
    stream.take(length).read_to_end(&mut content)?;
    seen.lock().expect("a list").push(String::from_utf8_lossy(&content).into_owned());
    Ok(())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("not that long").to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

fn message(id: u8, operation: u8, content: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, id], &element(operation, content)[..]].concat())
}

/// `SearchResultEntry` with this value of the attribute.
fn entry(attribute: &[u8], value: &[u8]) -> Vec<u8> {
    let values = element(0x31, &element(0x04, value));
    let attribute = element(0x30, &[element(0x04, attribute), values].concat());
    message(1, 0x64, &[element(0x04, b"c=FR"), element(0x30, &attribute)].concat())
}

/// `LDAPResult` of this operation: code, no name, no text.
fn result(id: u8, operation: u8, code: u8) -> Vec<u8> {
    message(id, operation, &[0x0A, 1, code, 0x04, 0, 0x04, 0])
}

fn done(code: u8) -> Vec<u8> {
    result(1, 0x65, code)
}

const LIST: &[u8] = b"certificateRevocationList;binary";

fn url(server: &Server) -> String {
    format!(
        "ldap://127.0.0.1:{}/cn=A,c=FR?certificateRevocationList;binary?base?objectClass=pkiCA",
        server.port()
    )
}

fn asked(answer: impl Into<Vec<u8>>) -> Result<Fetched, FetchProblem> {
    let server = answering(answer);
    fetch(&client(), &url(&server))
}

#[test]
fn the_value_of_the_attribute_is_the_list() {
    assert_eq!(asked([entry(LIST, &list(100_000)), done(0)].concat()), current(&list(100_000)));
}

#[test]
fn references_to_other_directories_are_not_followed() {
    let elsewhere = message(1, 0x73, &element(0x04, b"ldap://127.0.0.1:1/"));
    assert_eq!(asked([elsewhere.clone(), done(0)].concat()), Err(FetchProblem::Absent));
    let found = [elsewhere, entry(LIST, &list(100)), done(0)].concat();
    assert_eq!(asked(found), current(&list(100)));
    assert_eq!(asked(done(10)), Err(FetchProblem::Directory { code: 10 }));
}

#[test]
fn an_entry_or_an_attribute_that_is_not_there_is_absent() {
    for answer in [
        done(0),
        done(32),
        done(16),
        [entry(b"cACertificate;binary", &list(100)), done(0)].concat(),
    ] {
        assert_eq!(asked(answer), Err(FetchProblem::Absent));
    }
}

#[test]
fn a_busy_directory_may_be_tried_again_and_one_that_refuses_not() {
    for (code, temporary) in
        [(3, true), (51, true), (52, true), (1, false), (50, false), (80, false)]
    {
        let problem = asked(done(code)).expect_err("an error");
        let expected = FetchProblem::Directory { code: code.into() };
        assert_eq!((&problem, problem.is_temporary()), (&expected, temporary));
    }
    // The notice of disconnection.
    assert_eq!(asked(result(0, 0x78, 52)), Err(FetchProblem::Directory { code: 52 }));
}

#[test]
fn a_directory_that_hangs_is_left() {
    let silent = Server::raw(|stream, _| stream.read_to_end(&mut Vec::new()).map(drop));
    assert_eq!(fetch(&impatient(), &url(&silent)), Err(FetchProblem::TimedOut { limit: SHORT }));
    let half = Server::raw(|stream, seen| {
        request(stream, seen)?;
        stream.write_all(&entry(LIST, &list(100))[..60])?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    assert_eq!(fetch(&impatient(), &url(&half)), Err(FetchProblem::TimedOut { limit: SHORT }));
}

#[test]
fn an_answer_that_is_cut_anywhere_is_truncated() {
    let whole = [entry(LIST, &list(20)), done(0)].concat();
    for length in 0..whole.len() {
        let problem = asked(&whole[..length]).expect_err("an error");
        assert!(matches!(problem, FetchProblem::Truncated { .. }), "{length}: {problem:?}");
        assert!(problem.is_temporary());
    }
}

#[test]
fn what_announces_too_much_is_not_read() {
    let too_large = Err(FetchProblem::TooLarge { limit: LIMIT });
    for announced in [
        &[0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF][..],
        &[0x30, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        assert_eq!(asked(announced), too_large);
    }
    let over = list(usize::try_from(LIMIT).expect("small") + 1);
    assert_eq!(asked([entry(LIST, &over), done(0)].concat()), too_large);
}

#[test]
fn entries_without_end_are_left() {
    let server = Server::raw(|stream, seen| {
        request(stream, seen)?;
        loop {
            stream.write_all(&message(1, 0x73, &element(0x04, &[b'x'; 30_000])))?;
        }
    });
    let problem = fetch(&client(), &url(&server));
    assert_eq!(problem, Err(FetchProblem::TooLarge { limit: LIMIT }));
}

#[test]
fn what_is_no_ldap_is_unexpected() {
    let not_ldap = Err(FetchProblem::Unexpected { expected: "LDAP" });
    // Nested without end, which recursion would not survive.
    let mut nested = vec![0x30, 0x84, 0, 0x0F, 0, 0];
    nested.extend([0x30, 0x80].repeat(0x0F_0000 / 2));
    for answer in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        nested,
        message(2, 0x64, &[]),
        message(1, 0x61, &[0x0A, 1, 0, 4, 0, 4, 0]),
        vec![0x30, 0],
        vec![0x30, 0x80, 0, 0],
        message(1, 0x65, &[]),
    ] {
        assert_eq!(asked(answer), not_ldap);
    }
}

#[test]
fn what_is_no_list_in_the_attribute_is_unexpected() {
    let not_a_list = Err(FetchProblem::Unexpected { expected: "a revocation list" });
    assert_eq!(asked([entry(LIST, b"<html>"), done(0)].concat()), not_a_list);
}

#[test]
fn this_machine_and_other_attributes_are_refused_before_anything_is_sent() {
    let server = answering(done(0));
    let careful = Client::new(Settings { addresses: Addresses::Public, ..settings() });
    let address = "127.0.0.1".parse().expect("an address");
    let refused = FetchProblem::Address(AddressProblem::NotPublic { address });
    assert_eq!(fetch(&careful, &url(&server)), Err(refused));
    let other = format!("ldap://127.0.0.1:{}/c=FR?userPassword", server.port());
    let refused = AddressProblem::Directory { part: "userPassword".to_owned() };
    assert_eq!(fetch(&client(), &other), Err(refused.into()));
    assert_eq!(server.count(), 0);
}

#[test]
fn what_a_directory_gave_is_kept_for_when_it_does_not_answer() {
    let server = answering([entry(LIST, &list(100)), done(0)].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let url = url(&server);
    assert_eq!(fetch(&caching(folder.path(), 1000), &url), current(&list(100)));
    drop(server);
    let later = fetch(&caching(folder.path(), 2000), &url).expect("what was kept");
    assert_eq!(later.bytes, list(100));
    assert!(
        matches!(&later.freshness, Freshness::Fallback { fetched_at, problem: FetchProblem::Connection { .. } } if *fetched_at == at(1000)),
        "{later:?}"
    );
    assert!(Cache::new(folder.path()).lookup(&url).is_some());
}
