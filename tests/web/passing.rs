//! What passes, and how it looks on the other side.

use std::io::{Read, Write};

use crate::scene::{Scene, hello, status};

#[test]
fn what_belongs_to_one_connection_is_not_passed_on() {
    let scene = Scene::new(|_, stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nStrict-Transport-Security: max-age=1\r\nAlt-Svc: h3\r\nX-Kept: 1\r\n\r\nok",
        );
    });
    let answer = scene.raw(
        "GET /x?y=1 HTTP/1.1\r\nHost: HOST\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\nX-Cpskit-Token: TOKEN\r\nX-Kept: 1\r\n\r\n",
    );
    let seen = scene.seen().pop().expect("one");
    let mut lines: Vec<&str> = seen.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["", "GET /app/x?y=1 HTTP/1.1", "host: service.example", "via: 1.1 cpskit", "x-kept: 1"]
    );
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.starts_with("date: ")).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "HTTP/1.1 200 OK",
            "connection: close",
            "content-length: 2",
            "referrer-policy: same-origin",
            "x-kept: 1"
        ]
    );
    assert_eq!(body, "ok");
}

#[test]
fn a_browser_stays_inside() {
    let scene = Scene::new(|_, stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://service.example/app/next?a#b\r\nSet-Cookie: sid=1; Domain=service.example; Path=/app; Secure; HttpOnly; SameSite=Lax\r\nSet-Cookie: other=1; Path=/elsewhere\r\n\r\n",
        );
    });
    let answer = scene.get("/", "");
    assert!(answer.contains("\r\nlocation: /next?a#b\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nset-cookie: sid=1; Path=/; HttpOnly; SameSite=Lax\r\n"),
        "{answer}"
    );
    assert!(!answer.contains("other"), "{answer}");
}

#[test]
fn answers_without_a_body_end_where_they_end() {
    let scene = Scene::new(|head, stream| {
        let status = if head.contains("/304") { "304 Not Modified" } else { "204 No Content" };
        let answer = match head.starts_with("HEAD") {
            true => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_owned(),
            false => format!("HTTP/1.1 {status}\r\n\r\n"),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    for (line, expected) in [("GET /204", 204), ("GET /304", 304), ("HEAD /", 200)] {
        let answer = scene.raw(&format!(
            "{line} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-Cpskit-Token: TOKEN\r\n\r\n"
        ));
        assert_eq!(status(&answer), expected);
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        assert_eq!(answer.contains("content-length: 1000"), expected == 200, "{answer}");
    }
}

#[test]
fn bodies_pass_as_they_come_both_ways_and_so_do_trailers() {
    // The service answers each chunk before the next is sent: nothing may be gathered on the way.
    let scene = Scene::new(|_, stream| {
        let mut chunk = [0; 8];
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
        for _ in 0..3 {
            stream.read_exact(&mut chunk).expect("a chunk");
            let _ = stream.write_all(&chunk);
        }
        let mut end = [0; 5];
        stream.read_exact(&mut end).expect("the end");
        let _ = stream.write_all(b"0\r\nX-Sum: 7\r\n\r\n");
    });
    let mut client = scene.connect();
    let head = "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nTE: trailers\r\nX-Cpskit-Token: TOKEN\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(scene.filled(head).as_bytes()).expect("it listens");
    let mut all = String::new();
    for part in ["one", "two", "six"] {
        client.write_all(format!("3\r\n{part}\r\n").as_bytes()).expect("it reads");
        while !all.ends_with(&format!("3\r\n{part}\r\n")) {
            let mut byte = [0];
            client.read_exact(&mut byte).expect("it comes back");
            all.push(char::from(byte[0]));
        }
    }
    client.write_all(b"0\r\n\r\n").expect("it reads");
    client.read_to_string(&mut all).expect("the end");
    assert!(all.ends_with("0\r\nx-sum: 7\r\n\r\n"), "{all}");
}

#[test]
fn a_client_that_asks_whether_to_go_on_is_told_so() {
    let scene = Scene::new(hello);
    let mut client = scene.connect();
    let head = "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX-Cpskit-Token: TOKEN\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    client.write_all(scene.filled(head).as_bytes()).expect("it listens");
    let mut first = [0; 25];
    client.read_exact(&mut first).expect("a word");
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"ab").expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert_eq!(status(&answer), 200);
    assert!(!scene.seen()[0].contains("expect"));

    // Who is not let in is not told to send anything.
    let refused = scene
        .raw("POST / HTTP/1.1\r\nHost: HOST\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(status(&refused), 401);
}

#[test]
fn a_websocket_passes_and_a_service_that_declines_closes_the_connection() {
    let scene = Scene::new(|head, stream| {
        if !head.contains("/socket") {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
        let mut frame = [0; 4];
        while stream.read_exact(&mut frame).is_ok() {
            frame.reverse();
            let _ = stream.write_all(&frame);
        }
    });
    let mut client = scene.connect();
    let request = |path: &str| {
        scene.filled(&format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nX-Cpskit-Token: TOKEN\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n"))
    };
    client.write_all(request("/socket").as_bytes()).expect("it listens");
    let head = crate::scene::head(&mut client).expect("a head").to_lowercase();
    assert!(
        head.starts_with("http/1.1 101 ")
            && head.contains("upgrade: websocket")
            && head.contains("sec-websocket-accept: x"),
        "{head}"
    );
    for (sent, expected) in [(b"abcd", b"dcba"), (b"\0\n\r\x01", b"\x01\r\n\0")] {
        client.write_all(sent).expect("it reads");
        let mut frame = [0; 4];
        client.read_exact(&mut frame).expect("it comes back");
        assert_eq!(&frame, expected);
    }
    let seen = scene.seen().pop().expect("one").to_lowercase();
    assert!(
        seen.contains("upgrade: websocket") && seen.contains("origin: https://service.example"),
        "{seen}"
    );

    // What follows a declined upgrade was not read strictly, and is not read at all.
    let answer = scene.raw(&format!("{}{}", request("/declined"), request("/socket")));
    assert_eq!(status(&answer), 400);
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
}
