//! What is kept between runs, and how long it is used.

use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use cpskit::net::{Addresses, Body, Cache, Client, Reuse, Settings};
use cpskit::pki::source::{AddressProblem, Fetch, FetchProblem, Fetched, Freshness, Request, What};

use crate::server::{Server, header, response};
use crate::{at, caching, current, fetch, list, list_at, settings};

/// Answers the first request with the first of these, and so on; the last again and again.
fn in_turn(answers: Vec<Vec<u8>>) -> Server {
    let turn = AtomicUsize::new(0);
    Server::start(move |_, stream| {
        let turn = turn.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        stream.write_all(&answers[turn])
    })
}

fn cached(bytes: &[u8], fetched_at: i64) -> Result<Fetched, FetchProblem> {
    let freshness = Freshness::Cached { fetched_at: at(fetched_at) };
    Ok(Fetched { bytes: bytes.to_vec(), freshness })
}

fn fallback(bytes: &[u8], fetched_at: i64, problem: FetchProblem) -> Result<Fetched, FetchProblem> {
    let freshness = Freshness::Fallback { fetched_at: at(fetched_at), problem };
    Ok(Fetched { bytes: bytes.to_vec(), freshness })
}

#[test]
fn what_was_fetched_is_asked_about_again_with_its_validators() {
    let server = in_turn(vec![
        response(
            "200 OK\r\nETag: \"one\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT",
            &list(100),
        ),
        b"HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n".to_vec(),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    for now in [1000, 2000, 3000] {
        assert_eq!(fetch(&caching(folder.path(), now), &server.url("/a")), current(&list(100)));
    }
    let asked: Vec<_> = server
        .seen()
        .iter()
        .map(|request| {
            let value = |name| header(request, name).map(str::to_owned);
            (value("if-none-match"), value("if-modified-since"))
        })
        .collect();
    let with = (Some("\"one\"".to_owned()), Some("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()));
    assert_eq!(asked, [(None, None), with.clone(), with]);
}

#[test]
fn what_has_changed_takes_the_place_of_what_was_kept() {
    let first = response("200 OK\r\nETag: \"one\"", &list(100));
    let server = in_turn(vec![first, response("200 OK\r\nETag: \"two\"", &list(200))]);
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(fetch(&caching(folder.path(), 1000), &server.url("/a")), current(&list(100)));
    assert_eq!(fetch(&caching(folder.path(), 2000), &server.url("/a")), current(&list(200)));
    let kept = Cache::new(folder.path()).lookup(&server.url("/a")).expect("an entry");
    assert_eq!(kept.read().expect("bytes"), list(200));
}

#[test]
fn nobody_is_asked_as_long_as_the_server_allowed() {
    let server = Server::sending(response("200 OK\r\nCache-Control: max-age=600", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let url = server.url("/a");
    let at = |now| fetch(&caching(folder.path(), now), &url);
    assert_eq!(at(1000), current(&list(100)));
    assert_eq!((at(1000), at(1599)), (cached(&list(100), 1000), cached(&list(100), 1000)));
    assert_eq!(server.count(), 1);
    assert_eq!((at(1600), server.count()), (current(&list(100)), 2));
    // A clock that was set back.
    assert_eq!((at(500), server.count()), (current(&list(100)), 3));
}

#[test]
fn one_run_asks_once() {
    let server = Server::sending(response("200 OK", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let client = caching(folder.path(), 1000);
    assert_eq!(fetch(&client, &server.url("/a")), current(&list(100)));
    assert_eq!(fetch(&client, &server.url("/a")), cached(&list(100), 1000));
    assert_eq!(server.count(), 1);
}

#[test]
fn what_is_fresh_is_asked_about_when_that_is_wanted() {
    let server = Server::sending(response("200 OK\r\nCache-Control: max-age=600", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let client = caching(folder.path(), 1000);
    for count in 1..=2 {
        let obtained = client.obtain(&list_at(&server.url("/a")), Reuse::Never);
        assert!(matches!(obtained, Ok((Body::Kept(_), Freshness::Current))), "{obtained:?}");
        assert_eq!(server.count(), count);
    }
}

#[test]
fn what_must_not_be_kept_is_not_and_what_was_kept_before_goes() {
    let first = response("200 OK", &list(100));
    let server = in_turn(vec![first, response("200 OK\r\nCache-Control: no-store", &list(200))]);
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(fetch(&caching(folder.path(), 1000), &server.url("/a")), current(&list(100)));
    assert_eq!(fetch(&caching(folder.path(), 2000), &server.url("/a")), current(&list(200)));
    assert!(Cache::new(folder.path()).lookup(&server.url("/a")).is_none());
    let left =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let left: Vec<_> =
        left.filter(|path| path.extension().is_none_or(|end| end != "lock")).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
}

#[test]
fn when_nothing_newer_can_be_had_what_was_kept_is_given_and_why_is_said() {
    let cut = response("200 OK", &list(100));
    for (answer, problem) in [
        (response("503 Busy", b""), FetchProblem::Status { status: 503 }),
        (response("404 Not Found", b""), FetchProblem::Status { status: 404 }),
        (cut[..cut.len() - 50].to_vec(), FetchProblem::Truncated { received: 50 }),
        (response("200 OK", b"<html>"), FetchProblem::Unexpected { expected: "a revocation list" }),
    ] {
        let server = in_turn(vec![response("200 OK", &list(200)), answer]);
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(fetch(&caching(folder.path(), 1000), &server.url("/a")), current(&list(200)));
        let later = fetch(&caching(folder.path(), 2000), &server.url("/a"));
        assert_eq!(later, fallback(&list(200), 1000, problem));
    }
}

#[test]
fn an_address_that_may_not_be_followed_is_not_an_outage() {
    let server = Server::sending(response("200 OK", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(fetch(&caching(folder.path(), 1000), &server.url("/a")), current(&list(100)));
    let cache = Some(Cache::new(folder.path()));
    let careful =
        Client::new(Settings { addresses: Addresses::Public, now: at(2000), cache, ..settings() });
    let address = "127.0.0.1".parse().expect("an address");
    let refused = FetchProblem::Address(AddressProblem::NotPublic { address });
    assert_eq!(fetch(&careful, &server.url("/a")), Err(refused));
}

#[test]
fn what_was_kept_serves_without_a_network() {
    let server = Server::sending(response("200 OK", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let url = server.url("/a");
    assert_eq!(fetch(&caching(folder.path(), 1000), &url), current(&list(100)));
    let offline = Cache::new(folder.path()).fetch(&list_at(&url)).map_err(|error| error.problem);
    assert_eq!(offline, fallback(&list(100), 1000, FetchProblem::Offline));
    assert_eq!(server.count(), 1);
}

#[test]
fn a_cache_that_cannot_be_written_is_no_reason_not_to_fetch() {
    let server = Server::sending(response("200 OK", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("written");
    assert_eq!(fetch(&caching(&file.join("cache"), 1000), &server.url("/a")), current(&list(100)));
}

#[test]
fn answers_to_ocsp_requests_are_not_kept() {
    let server = Server::sending(response("200 OK\r\nCache-Control: max-age=600", &list(100)));
    let folder = tempfile::tempdir().expect("a folder");
    let request = Request { url: server.url("/"), what: What::Status { request: vec![1] } };
    for _ in 0..2 {
        let fetched = caching(folder.path(), 1000).fetch(&request).map_err(|error| error.problem);
        assert_eq!(fetched, current(&list(100)));
    }
    assert_eq!(server.count(), 2);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
