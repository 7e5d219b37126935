//! How rarely the card signs, and what happens when it cannot.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use cpskit::web::proxy::{Connection, End, Handshake, Refusal};

use crate::scene::{Scene, hello, status};

#[test]
fn many_requests_cost_one_signature_one_after_the_other_and_all_at_once() {
    let scene = Scene::new(hello);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(status(&scene.get("/", "")), 200);
                }
            });
        }
    });
    assert_eq!(scene.seen().len(), 100);
    assert_eq!(scene.upstream.signed.load(Ordering::SeqCst), 1);
    assert!(scene.upstream.opened.load(Ordering::SeqCst) <= 16);
    let entries = scene.journal.entries();
    assert_eq!(
        entries
            .iter()
            .filter(|entry| entry.end == End::Passed(Connection::Opened(Handshake::Full)))
            .count(),
        1
    );
}

#[test]
fn after_the_service_closed_an_idle_connection_another_is_resumed_without_a_signature() {
    let scene = Scene::new(|head, stream| {
        hello(head, stream);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    for _ in 0..5 {
        assert_eq!(status(&scene.get("/", "")), 200);
    }
    assert_eq!(scene.upstream.opened.load(Ordering::SeqCst), 5);
    assert_eq!(scene.upstream.signed.load(Ordering::SeqCst), 1);
}

#[test]
fn a_request_that_changes_something_is_never_sent_twice() {
    // The first request on a connection is answered; the second sees it closed.
    let scene = Scene::new(|head, stream| {
        if head.starts_with("GET") {
            hello(head, stream);
        } else {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    });
    assert_eq!(status(&scene.get("/", "")), 200);
    let fields = "X-Cpskit-Token: TOKEN\r\nContent-Length: 0\r\n";
    assert_eq!(scene.status("POST /order", fields), 502);
    assert_eq!(scene.seen().iter().filter(|head| head.starts_with("POST")).count(), 1);
}

#[test]
fn why_the_service_cannot_be_reached_is_told_to_the_client_and_to_the_log() {
    let scene = Scene::new(hello);
    let refusal =
        Refusal::new(http::StatusCode::BAD_GATEWAY, "tls.untrusted", "the server is not trusted")
            .hint("look");
    scene.upstream.refuse(refusal.clone());
    let answer = scene.get("/", "");
    assert_eq!(status(&answer), 502);
    assert!(answer.ends_with("cpskit: the server is not trusted\n\nlook\n"), "{answer}");
    assert_eq!(scene.journal.entries()[0].end, End::Refused(refusal));
}

#[test]
fn closing_the_door_cuts_requests_on_their_way_and_forgets_the_session() {
    let mut scene = Scene::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        // Waits for the end of the connection.
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    });
    let mut client = scene.connect();
    let request = scene.filled("GET / HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\n\r\n");
    client.write_all(request.as_bytes()).expect("it listens");
    let mut part = [0; 12];
    client.read_exact(&mut part).expect("an answer begins");
    scene.close();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.ends_with(b"hello"));
    assert!(std::net::TcpStream::connect(scene.address).is_err());
}

#[test]
fn a_client_that_goes_away_ends_the_request_to_the_service() {
    static HUNG_UP: AtomicUsize = AtomicUsize::new(0);
    let scene = Scene::new(|_, stream| {
        // Without the door's hanging up, this would wait for ever.
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
        HUNG_UP.store(1, Ordering::SeqCst);
    });
    let mut client = scene.connect();
    let request = scene.filled("GET /slow HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\n\r\n");
    client.write_all(request.as_bytes()).expect("it listens");
    while scene.seen().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    drop(client);
    while HUNG_UP.load(Ordering::SeqCst) == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(scene.upstream.signed.load(Ordering::SeqCst), 1);
}

#[test]
fn a_flood_is_answered_and_closed_and_the_door_still_opens() {
    let scene = Scene::new(hello);
    let flood: Vec<_> = (0..300).map(|_| scene.connect()).collect();
    thread::sleep(Duration::from_millis(100));
    drop(flood);
    let mut answer = 0;
    for _ in 0..200 {
        let mut stream = scene.connect();
        let request = scene.filled(
            "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-Cpskit-Token: TOKEN\r\n\r\n",
        );
        let mut text = String::new();
        if stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut text).is_ok()
            && !text.is_empty()
        {
            answer = status(&text);
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(answer, 200);
}
