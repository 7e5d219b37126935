//! How rarely the card signs, and what happens when it cannot.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cpskit::web::proxy::{Connection, End, Handshake, Protocol, Refusal};
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

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
fn a_client_more_than_there_is_room_for_is_told_so_and_others_go_on_afterwards() {
    let scene = Scene::new(hello);
    let request = scene.filled(
        "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-Cpskit-Token: TOKEN\r\n\r\n",
    );
    let ask = || {
        let (mut stream, mut answer) = (scene.connect(), String::new());
        // One that finds no room and nobody to tell it so is cut.
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let flood: Vec<_> = (0..256).map(|_| scene.connect()).collect();
    for _ in 0..3 {
        let answer = ask();
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("retry-after: 5\r\n"), "{answer}");
        let text = "\r\n\r\ncpskit: 256 clients are connected already\n\nclose some, or try again in a moment\n";
        assert!(answer.ends_with(text), "{answer}");
    }
    let more: Vec<_> = (0..70).map(|_| scene.connect()).collect();
    drop((flood, more));
    let mut answer = ask();
    while !answer.starts_with("HTTP/1.1 200 ") {
        assert!(answer.is_empty() || status(&answer) == 503, "{answer}");
        thread::sleep(Duration::from_millis(5));
        answer = ask();
    }
    assert_eq!(scene.seen().len(), 1);
}

#[test]
fn one_request_more_than_may_be_on_their_way_is_told_to_come_again() {
    let scene = Scene::new(|_, stream| {
        // Never answers.
        let _ = stream.read(&mut [0]);
    });
    let (tell, told) = std::sync::mpsc::channel();
    let request = scene.filled("GET / HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\n\r\n");
    let clients: Vec<_> = (0..140)
        .map(|_| {
            let mut client = scene.connect();
            client.write_all(request.as_bytes()).expect("it listens");
            let (mut reading, tell) = (client.try_clone().expect("a handle"), tell.clone());
            thread::spawn(move || {
                let mut answer = String::new();
                let _ = reading.read_to_string(&mut answer);
                let _ = tell.send(answer);
            });
            client
        })
        .collect();
    for _ in 0..12 {
        let answer = told.recv().expect("an answer");
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("retry-after: 5\r\n"), "{answer}");
    }
    assert!(told.try_recv().is_err());
    drop(clients);
}

/// A service that speaks HTTP/2 and answers in frames of its own, with a trailer.
async fn http2(listener: tokio::net::TcpListener, seen: Arc<Mutex<Vec<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let (head, body) = request.into_parts();
                seen.lock()
                    .expect("whole")
                    .push(format!("{} {} {:?}", head.method, head.uri, head.headers));
                let mut trailers = http::HeaderMap::new();
                trailers.insert("x-sum", http::HeaderValue::from_static("7"));
                let body = body.with_trailers(async move { Some(Ok(trailers)) });
                Ok::<_, hyper::Error>(
                    http::Response::builder()
                        .header("trailer", "x-sum")
                        .body(body)
                        .expect("an answer"),
                )
            }
        });
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _ = connection.await;
        });
    }
}

#[test]
fn all_requests_share_one_connection_of_http2() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen = Arc::new(Mutex::new(Vec::new()));
    runtime.spawn(http2(listener, Arc::clone(&seen)));
    let scene = Scene::to(address, Protocol::Http2, seen);
    thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| {
                let answer = scene.raw("POST /x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nTE: trailers\r\nX-Cpskit-Token: TOKEN\r\nCookie: a=1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nback\r\n0\r\n\r\n");
                assert_eq!(status(&answer), 200, "{answer}");
                assert!(answer.contains("back") && answer.contains("x-sum: 7"), "{answer}");
            });
        }
    });
    assert_eq!(scene.upstream.opened.load(Ordering::SeqCst), 1);
    let seen = scene.seen();
    assert_eq!(seen.len(), 30);
    assert!(seen[0].starts_with("POST https://service.example/app/x "), "{}", seen[0]);
    assert!(
        seen[0].contains("\"te\": \"trailers\"") && !seen[0].contains("\"host\""),
        "{}",
        seen[0]
    );
}
