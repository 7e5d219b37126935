//! What goes wrong over HTTP, each in its own way, and what is made of it.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use cpskit::net::{Addresses, Client, Settings};
use cpskit::pki::source::{AddressProblem, Fetch, FetchProblem, Request, What};

use crate::server::{Server, header, response, unannounced};
use crate::{LIMIT, SHORT, client, current, fetch, impatient, list, settings};

fn truncated<T>(received: u64) -> Result<T, FetchProblem> {
    Err(FetchProblem::Truncated { received })
}

fn not_a_list<T>() -> Result<T, FetchProblem> {
    Err(FetchProblem::Unexpected { expected: "a revocation list" })
}

fn timed_out<T>() -> Result<T, FetchProblem> {
    Err(FetchProblem::TimedOut { limit: SHORT })
}

#[test]
fn a_list_comes_as_it_is_and_the_request_says_who_asks() {
    let server = Server::sending(response("200 OK", &list(100)));
    assert_eq!(fetch(&client(), &server.url("/a.crl")), current(&list(100)));
    let request = server.seen().concat();
    assert!(request.starts_with("GET /a.crl HTTP/1.1\r\n"), "{request}");
    let agent = format!("cpskit/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(header(&request, "user-agent"), Some(agent.as_str()));
    assert_eq!(header(&request, "accept-encoding"), None);
    assert_eq!(header(&request, "host"), Some(format!("127.0.0.1:{}", server.port()).as_str()));
}

#[test]
fn a_server_that_hangs_is_left() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let server = Server::start(move |request, stream| {
        if request.starts_with("GET /body") {
            stream.write_all(&response("200 OK", &list(100))[..80])?;
        }
        // Until the test is over.
        let _ = wait.lock().expect("a receiver").recv();
        Ok(())
    });
    assert_eq!(fetch(&impatient(), &server.url("/body")), timed_out());
    drop(release);
    let silent = Server::raw(|stream, _| stream.read_to_end(&mut Vec::new()).map(drop));
    assert_eq!(fetch(&impatient(), &silent.url("/head")), timed_out());
}

#[test]
fn a_server_that_drips_is_left_however_often_it_drips() {
    let server = Server::start(|_, stream| {
        for byte in response("200 OK", &list(10_000)) {
            stream.write_all(&[byte])?;
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    });
    assert_eq!(fetch(&impatient(), &server.url("/")), timed_out());
}

#[test]
fn a_body_that_is_shorter_than_announced_is_cut_and_not_a_list() {
    let whole = response("200 OK", &list(100));
    let server = Server::sending(whole[..whole.len() - 1].to_vec());
    assert_eq!(fetch(&client(), &server.url("/")), truncated(99));
}

#[test]
fn a_body_that_is_longer_than_announced_is_cut_where_it_was_announced_to_end() {
    let short = response("200 OK", &list(100)[..40]);
    let server = Server::sending([&short, &list(100)[40..]].concat());
    assert_eq!(fetch(&client(), &server.url("/")), truncated(40));
}

#[test]
fn a_body_of_no_announced_length_is_measured_by_its_own() {
    let whole = Server::sending(unannounced(&list(100)));
    assert_eq!(fetch(&client(), &whole.url("/")), current(&list(100)));
    let cut = Server::sending(unannounced(&list(100)[..99]));
    assert_eq!(fetch(&client(), &cut.url("/")), truncated(99));
    let more = Server::sending(unannounced(&[list(100), vec![0]].concat()));
    assert_eq!(fetch(&client(), &more.url("/")), not_a_list());
}

#[test]
fn a_connection_reset_at_each_tenth_of_the_body_gives_nothing_and_may_be_tried_again() {
    for tenth in 0..10 {
        let server = Server::raw(move |stream, _| {
            // What is left unread makes the system reset the connection when it is closed.
            stream.read_exact(&mut [0; 4])?;
            let answer = response("200 OK", &list(100_000));
            let head = answer.len() - 100_000;
            stream.write_all(&answer[..head + tenth * 10_000])
        });
        let problem = fetch(&client(), &server.url("/")).expect_err("an error");
        assert!(
            matches!(problem, FetchProblem::Connection { .. } | FetchProblem::Truncated { .. }),
            "{tenth}: {problem:?}"
        );
        assert!(problem.is_temporary(), "{tenth}");
    }
}

#[test]
fn nobody_listening_is_temporary() {
    let server = Server::sending(Vec::new());
    let url = server.url("/");
    drop(server);
    let problem = fetch(&client(), &url).expect_err("an error");
    assert!(
        matches!(problem, FetchProblem::Connection { .. }) && problem.is_temporary(),
        "{problem:?}"
    );
}

#[test]
fn html_where_a_list_is_due_is_unexpected() {
    let page = response(
        "200 OK\r\nContent-Type: application/pkix-crl",
        b"<!doctype html>\n<p>Portail captif",
    );
    let server = Server::sending(page);
    assert_eq!(fetch(&client(), &server.url("/")), not_a_list());
}

#[test]
fn nothing_where_a_list_is_due_is_unexpected() {
    let server = Server::sending(response("200 OK", b""));
    assert_eq!(fetch(&client(), &server.url("/")), not_a_list());
}

#[test]
fn what_is_no_http_is_unexpected() {
    let server = Server::sending(b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n".to_vec());
    let problem = fetch(&client(), &server.url("/"));
    assert_eq!(problem, Err(FetchProblem::Unexpected { expected: "HTTP" }));
}

#[test]
fn pem_where_der_is_due_is_decoded() {
    let pem = b"-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n";
    let server = Server::sending(response("200 OK", pem));
    assert_eq!(fetch(&client(), &server.url("/")), current(&[0x30, 3, 2, 1, 5]));
}

#[test]
fn what_is_compressed_though_nobody_asked_is_refused() {
    let server = Server::sending(response("200 OK\r\nContent-Encoding: gzip", &list(100)));
    let refused = Err(FetchProblem::Unexpected { expected: "uncompressed" });
    assert_eq!(fetch(&client(), &server.url("/")), refused);
}

#[test]
fn a_status_is_said_and_only_some_may_be_tried_again() {
    let statuses = [(204, false), (400, false), (403, false), (404, false), (410, false)];
    let temporary = [(408, true), (429, true), (500, true), (502, true), (503, true)];
    // A list that was not asked about is not "not modified", and a part of it is not it.
    for (status, temporary) in
        statuses.into_iter().chain(temporary).chain([(206, false), (304, false)])
    {
        let server = Server::sending(response(&format!("{status} Some Reason"), b""));
        let problem = fetch(&client(), &server.url("/")).expect_err("an error");
        assert_eq!(
            (&problem, problem.is_temporary()),
            (&FetchProblem::Status { status }, temporary)
        );
    }
}

#[test]
fn redirects_are_followed_three_times() {
    let server = Server::start(|request, stream| {
        let hops: usize = request["GET /".len()..]
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number");
        stream.write_all(&match hops {
            0 => response("200 OK", &list(100)),
            _ => response(&format!("302 Found\r\nLocation: {}", hops - 1), b""),
        })
    });
    assert_eq!(fetch(&client(), &server.url("/3")), current(&list(100)));
    assert_eq!(server.count(), 4);
    let refused = Err(FetchProblem::TooManyRedirects { limit: 3 });
    assert_eq!(fetch(&client(), &server.url("/4")), refused);
    assert_eq!(server.count(), 8);
}

#[test]
fn a_redirect_loop_ends() {
    let server = Server::sending(response("301 Moved\r\nLocation: /", b""));
    let refused = Err(FetchProblem::TooManyRedirects { limit: 3 });
    assert_eq!(fetch(&client(), &server.url("/")), refused);
}

#[test]
fn a_redirect_to_another_scheme_is_not_followed() {
    for (location, scheme) in
        [("file:///etc/passwd", "file"), ("ftp://a.fr/", "ftp"), ("ldap://a.fr/", "ldap")]
    {
        let server = Server::sending(response(&format!("302 Found\r\nLocation: {location}"), b""));
        let problem = AddressProblem::Scheme { scheme: scheme.to_owned() };
        assert_eq!(fetch(&client(), &server.url("/")), Err(problem.into()));
    }
}

#[test]
fn a_redirect_without_a_place_is_a_refusal() {
    let server = Server::sending(response("302 Found", b""));
    assert_eq!(fetch(&client(), &server.url("/")), Err(FetchProblem::Status { status: 302 }));
}

#[test]
fn this_machine_is_not_reached_unless_allowed_and_no_request_is_sent() {
    let server = Server::sending(response("200 OK", &list(100)));
    let careful = Client::new(Settings { addresses: Addresses::Public, ..settings() });
    let port = server.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let problem = fetch(&careful, &format!("http://{host}:{port}/")).expect_err("an error");
        assert!(
            matches!(problem, FetchProblem::Address(AddressProblem::NotPublic { address }) if address.to_canonical().is_loopback() || address.is_loopback()),
            "{host}: {problem:?}"
        );
    }
    assert_eq!(server.count(), 0);
}

/// Serves a list that never ends, and counts what was taken of it.
fn endless(head: &'static str, start: Vec<u8>) -> (Server, Arc<AtomicU64>) {
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let server = Server::start(move |_, stream| {
        stream.write_all(head.as_bytes())?;
        stream.write_all(&start)?;
        let block = vec![0; 64 << 10];
        for _ in 0..(1 << 30) / block.len() {
            stream.write_all(&block)?;
            count.fetch_add(u64::try_from(block.len()).expect("small"), Ordering::SeqCst);
        }
        Ok(())
    });
    (server, taken)
}

#[test]
fn a_body_of_a_gigabyte_is_left_at_the_limit_whatever_announces_it() {
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    let not_announced = "HTTP/1.1 200 OK\r\n\r\n";
    let gigabyte = vec![0x30, 0x84, 0x3F, 0xFF, 0xFF, 0xFA];
    // Says of itself that it is small, and goes on; or is text, and goes on.
    let small = vec![0x30, 0x03];
    let text = b"-----BEGIN X509 CRL-----\n".to_vec();
    for (head, start) in [
        (announced, gigabyte.clone()),
        (not_announced, gigabyte),
        (not_announced, small),
        (not_announced, text),
    ] {
        let (server, taken) = endless(head, start);
        let problem = fetch(&client(), &server.url("/"));
        assert_eq!(problem, Err(FetchProblem::TooLarge { limit: LIMIT }));
        // What the system holds between the two comes on top.
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < LIMIT + (64 << 20), "{taken}");
    }
}

#[test]
fn what_is_not_a_list_has_a_smaller_limit() {
    let server = Server::sending(response("200 OK", &list((1 << 20) + 1)));
    let request = Request { url: server.url("/"), what: What::Issuers };
    let problem = client().fetch(&request).map_err(|error| error.problem);
    assert_eq!(problem, Err(FetchProblem::TooLarge { limit: 1 << 20 }));
}

#[test]
fn endless_headers_are_left() {
    let server = Server::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(
                b"X-Padding: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
            )?;
        }
    });
    let problem = fetch(&client(), &server.url("/")).expect_err("an error");
    assert!(
        matches!(problem, FetchProblem::TooLarge { .. } | FetchProblem::Unexpected { .. }),
        "{problem:?}"
    );
}

#[test]
fn chunks_are_put_together_and_chunks_that_end_early_are_cut() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = list(100);
    let first = [&head[..], b"28\r\n", &body[..40], b"\r\n"].concat();
    let whole = [&first, &b"3c\r\n"[..], &body[40..], b"\r\n0\r\n\r\n"].concat();
    let server = Server::sending(whole);
    assert_eq!(fetch(&client(), &server.url("/")), current(&body));
    let server = Server::sending(first);
    assert_eq!(fetch(&client(), &server.url("/")), truncated(40));
}

fn ask(client: &Client, url: &str) -> Result<Vec<u8>, FetchProblem> {
    let what = What::Status { request: b"a request".to_vec() };
    let request = Request { url: url.to_owned(), what };
    client.fetch(&request).map(|fetched| fetched.bytes).map_err(|error| error.problem)
}

#[test]
fn an_ocsp_request_is_posted_and_the_type_of_the_answer_is_a_hint_only() {
    let server = Server::sending(response("200 OK\r\nContent-Type: text/plain", &list(100)));
    assert_eq!(ask(&client(), &server.url("/ocsp")), Ok(list(100)));
    let request = server.seen().concat();
    assert!(request.starts_with("POST /ocsp HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "content-type"), Some("application/ocsp-request"));
    assert!(request.ends_with("\r\n\r\na request"), "{request}");
}

#[test]
fn an_ocsp_request_follows_only_redirects_that_keep_it() {
    for (status, kept) in [(301, false), (302, false), (303, false), (307, true), (308, true)] {
        let server = Server::start(move |request, stream| {
            stream.write_all(&match request.starts_with("POST /there") {
                true => response("200 OK", &list(100)),
                false => response(&format!("{status} Elsewhere\r\nLocation: /there"), b""),
            })
        });
        let refused = Err(FetchProblem::Status { status });
        let expected = if kept { Ok(list(100)) } else { refused };
        assert_eq!(ask(&client(), &server.url("/here")), expected, "{status}");
        assert!(server.seen().iter().all(|request| request.ends_with("a request")));
    }
}

#[test]
fn a_server_without_tls_where_it_is_due_is_no_secure_connection() {
    let server = Server::raw(|stream, _| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let problem = fetch(&client(), &format!("https://127.0.0.1:{}/", server.port()));
    let problem = problem.expect_err("an error");
    assert!(matches!(problem, FetchProblem::Tls { .. }) && !problem.is_temporary(), "{problem:?}");
}
