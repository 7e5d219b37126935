//! Bytes that can be read in two ways.

use cpskit::web::proxy::End;

use crate::scene::{Scene, hello, status};

#[test]
fn what_can_be_read_in_two_ways_is_refused_closed_and_never_sent_on() {
    let scene = Scene::new(hello);
    let start = "POST /x HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\n";
    for rest in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: 5, 5\r\n\r\nhello",
        "Content-Length: -1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nz\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "X-Folded: a\r\n b\r\n\r\n",
        "X Spaced: a\r\n\r\n",
        "X: a\n\r\n",
    ] {
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\n\r\n";
        let answer = scene.raw(&format!("{start}{rest}{smuggled}"));
        assert_eq!(status(&answer), 400, "{rest:?}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{rest:?}: {answer}");
        if !rest.starts_with("Transfer-Encoding: chunked\r\n\r\n") {
            let text = "cpskit: the head of the request can be read in two ways, or in none\n";
            assert!(answer.contains(text), "{rest:?}: {answer}");
            let entry = scene.journal.entries().pop().expect("an entry");
            let End::Refused(refusal) = entry.end else { panic!("{entry:?}") };
            assert_eq!((entry.path.as_str(), refusal.code), ("/x", "proxy.framing"));
        }
    }
    assert_eq!(scene.seen(), Vec::<String>::new());
}

#[test]
fn a_chunk_that_goes_wrong_later_cuts_the_request() {
    let scene = Scene::new(|_, stream| {
        let mut body = Vec::new();
        // It must end without the chunk that ends a body.
        let _ = std::io::Read::read_to_end(stream, &mut body);
        assert_eq!(body, b"5\r\nhello\r\n");
    });
    let answer = scene.raw(
        "POST /x HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n!\r\n\r\n",
    );
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[test]
fn requests_follow_each_other_on_a_connection() {
    let scene = Scene::new(hello);
    let one =
        "POST /x HTTP/1.1\r\nHost: HOST\r\nX-Cpskit-Token: TOKEN\r\nContent-Length: 2\r\n\r\nab";
    let last = one.replace("Host", "Connection: close\r\nHost");
    let answer = scene.raw(&format!("{one}{one}{last}"));
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[test]
fn a_head_too_large_is_refused() {
    let scene = Scene::new(hello);
    let fields = format!("X-Large: {}\r\n", "x".repeat(1 << 12)).repeat(20);
    let answer = scene.get("/", &fields);
    assert!([400, 431].contains(&status(&answer)), "{answer}");
    let fields = "X: y\r\n".repeat(200);
    assert!([400, 431].contains(&status(&scene.get("/", &fields))));
    assert_eq!(scene.seen(), Vec::<String>::new());
}
