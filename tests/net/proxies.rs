//! Proxies: what is told to them, and what is never given to them.

use std::io::Write;

use cpskit::net::{Addresses, Client, Proxies, Settings};
use cpskit::pki::source::{AddressProblem, FetchProblem};

use crate::server::{Server, header, response};
use crate::{current, fetch, list, settings};

fn through(http: Option<&str>, https: Option<&str>, addresses: Addresses) -> Client {
    let proxies = Proxies::parse(http, https, None).expect("proxies");
    Client::new(Settings { proxies, addresses, ..settings() })
}

fn proxy(server: &Server) -> String {
    format!("http://user:p%40ss@127.0.0.1:{}", server.port())
}

#[test]
fn plain_http_is_asked_of_the_proxy_with_the_whole_address() {
    let server = Server::sending(response("200 OK", &list(100)));
    let client = through(Some(&proxy(&server)), None, Addresses::Public);
    // A public address, which nothing is sent to.
    assert_eq!(fetch(&client, "http://9.9.9.9/a.crl?b"), current(&list(100)));
    let request = server.seen().concat();
    assert!(request.starts_with("GET http://9.9.9.9/a.crl?b HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "host"), Some("9.9.9.9"));
    assert_eq!(header(&request, "proxy-authorization"), Some("Basic dXNlcjpwQHNz"));
}

#[test]
fn https_goes_through_a_tunnel() {
    let server = Server::start(|_, stream| stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n"));
    let client = through(None, Some(&proxy(&server)), Addresses::Public);
    let problem = fetch(&client, "https://9.9.9.9/a.crl").expect_err("an error");
    assert!(matches!(problem, FetchProblem::Connection { .. }), "{problem:?}");
    let request = server.seen().concat();
    assert!(request.starts_with("CONNECT 9.9.9.9:443 HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "proxy-authorization"), Some("Basic dXNlcjpwQHNz"));
}

#[test]
fn this_machine_is_reached_without_the_proxy() {
    let proxy_server = Server::sending(response("502 Bad Gateway", b""));
    let server = Server::sending(response("200 OK", &list(100)));
    let client = through(Some(&proxy(&proxy_server)), None, Addresses::Any);
    assert_eq!(fetch(&client, &server.url("/a")), current(&list(100)));
    assert_eq!(proxy_server.count(), 0);
}

#[test]
fn a_proxy_is_not_asked_for_what_may_not_be_reached() {
    let server = Server::sending(response("200 OK", &list(100)));
    let client = through(Some(&proxy(&server)), None, Addresses::Public);
    for literal in ["10.0.0.1", "169.254.169.254", "192.168.1.1"] {
        let address = literal.parse().expect("an address");
        let refused = FetchProblem::Address(AddressProblem::NotPublic { address });
        assert_eq!(fetch(&client, &format!("http://{literal}/")), Err(refused));
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn a_redirect_into_a_private_network_is_not_followed() {
    for location in ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[fd00::1]/"] {
        let server = Server::sending(response(&format!("302 Found\r\nLocation: {location}"), b""));
        let client = through(Some(&proxy(&server)), None, Addresses::Public);
        let problem = fetch(&client, "http://9.9.9.9/a.crl").expect_err("an error");
        assert!(
            matches!(problem, FetchProblem::Address(AddressProblem::NotPublic { .. })),
            "{location}: {problem:?}"
        );
        assert_eq!(server.count(), 1);
    }
}
