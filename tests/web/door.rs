//! Who comes in.

use cpskit::web::proxy::{End, Listener};

use crate::scene::{Scene, hello, status};

const TOKEN: &str = "X-Cpskit-Token: TOKEN\r\n";

#[test]
fn a_door_listens_on_loopback_only() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let address = address.parse().expect("an address");
        let error = runtime.block_on(Listener::bind(address)).expect_err("it is refused");
        let expected =
            format!("{address} is no loopback address: other machines would use the card");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn only_who_has_the_token_comes_in() {
    let scene = Scene::new(hello);
    for fields in [
        "",
        "Authorization: Bearer x\r\n",
        "Authorization: Basic TOKEN\r\n",
        "Authorization: Bearer TOKENx\r\n",
        "X-Cpskit-Token: \r\n",
        "Cookie: cpskit=TOKEN\r\n",
    ] {
        assert_eq!(scene.status("GET /", fields), 401, "{fields}");
    }
    assert_eq!(scene.seen(), Vec::<String>::new());
    for fields in [TOKEN, "Authorization: Bearer TOKEN\r\n", "authorization: bearer TOKEN\r\n"] {
        assert_eq!(scene.status("GET /", fields), 200, "{fields}");
    }
}

#[test]
fn the_token_never_reaches_the_service_and_its_own_authorization_does() {
    let scene = Scene::new(hello);
    for (fields, passes) in [
        (TOKEN, false),
        ("Authorization: Bearer TOKEN\r\n", false),
        ("Authorization: Bearer TOKEN\r\nX-Cpskit-Token: TOKEN\r\n", false),
        ("Authorization: Bearer for-the-service\r\nX-Cpskit-Token: TOKEN\r\n", true),
    ] {
        assert_eq!(scene.status("GET /", fields), 200, "{fields}");
        let seen = scene.seen().pop().expect("one");
        assert!(!seen.contains(&scene.token), "{seen}");
        assert!(!seen.to_lowercase().contains("x-cpskit"), "{seen}");
        assert_eq!(seen.contains("authorization: Bearer for-the-service"), passes, "{seen}");
    }
}

#[test]
fn a_one_time_address_opens_once_and_sets_a_cookie_that_stays_here() {
    let scene = Scene::new(hello);
    let (host, target) = scene.once["http://".len()..].split_once('/').expect("a path");
    let open = |more: &str| {
        scene.raw(&format!(
            "GET /{target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"
        ))
    };
    assert_eq!(status(&open("Sec-Purpose: prefetch\r\n")), 403);
    assert_eq!(status(&open("Sec-Fetch-Site: cross-site\r\n")), 403);
    let answer = open("Sec-Fetch-Site: none\r\n");
    assert_eq!(status(&answer), 303);
    assert!(
        answer.contains("\r\nlocation: /\r\n") && answer.contains("referrer-policy: no-referrer")
    );
    let line = answer.lines().find(|line| line.starts_with("set-cookie: ")).expect("a cookie");
    let cookie = line["set-cookie: ".len()..].split(';').next().expect("a pair");
    let port = scene.address.port();
    assert!(cookie.starts_with(&format!("cpskit-{port}=")), "{cookie}");
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{line}");
    assert_eq!(status(&open("")), 403);

    let asked = format!("Cookie: a=1; {cookie}; b=2\r\n");
    assert_eq!(scene.status("GET /page", &asked), 200);
    let seen = scene.seen().pop().expect("one");
    assert!(seen.contains("cookie: a=1; b=2\r\n") && !seen.contains(&cookie[12..]), "{seen}");
    // A page has the cookie; it needs the token to let another browser in.
    assert_eq!(scene.status("POST /.cpskit/once", &format!("{asked}Content-Length: 0\r\n")), 401);
    let more = scene.raw(&format!(
        "POST /.cpskit/once HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n{TOKEN}Content-Length: 0\r\n\r\n"
    ));
    assert!(more.contains(".localhost:") && more.contains("/.cpskit/open?once="), "{more}");
}

#[test]
fn pages_of_other_sites_are_refused_even_with_the_token() {
    let scene = Scene::new(hello);
    let own = format!("Origin: http://{}\r\n", scene.address);
    for (line, fields, expected) in [
        ("GET /", "Origin: https://evil.example\r\n", 403),
        ("GET /", "Origin: null\r\n", 403),
        ("POST /", "Origin: http://localhost:1\r\nContent-Length: 0\r\n", 403),
        ("GET /", "Sec-Fetch-Site: cross-site\r\n", 403),
        ("GET /", "Sec-Fetch-Site: same-site\r\n", 403),
        ("GET /", "Sec-Fetch-Site: same-origin\r\n", 200),
        ("GET /", "Sec-Fetch-Site: none\r\n", 200),
        ("GET /", own.as_str(), 200),
        ("OPTIONS /", "Access-Control-Request-Method: PUT\r\n", 403),
    ] {
        let found = scene.status(line, &format!("{TOKEN}{fields}"));
        assert_eq!(found, expected, "{line} {fields}");
    }
    let answer = scene.get("/", &own);
    assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
    assert!(scene.seen().last().expect("one").contains("origin: https://service.example\r\n"));
}

#[test]
fn another_host_is_not_served() {
    let scene = Scene::new(hello);
    let port = scene.address.port();
    let with_token = |line: &str, host: &str| {
        status(&scene.raw(&format!("{line} HTTP/1.1\r\n{host}Connection: close\r\n{TOKEN}\r\n")))
    };
    for (line, host, expected) in [
        ("GET /", "Host: evil.example\r\n".to_owned(), 421),
        ("GET /", format!("Host: evil.example:{port}\r\n"), 421),
        ("GET /", "Host: 127.0.0.1\r\n".to_owned(), 421),
        ("GET /", String::new(), 421),
        ("GET /", "Host: HOST\r\nHost: HOST\r\n".to_owned(), 421),
        ("GET http://evil.example/", "Host: HOST\r\n".to_owned(), 421),
        ("GET http://HOST/", "Host: evil.example\r\n".to_owned(), 421),
        ("CONNECT service.example:443", "Host: HOST\r\n".to_owned(), 421),
        ("CONNECT HOST", "Host: HOST\r\n".to_owned(), 421),
        ("GET /", format!("Host: LocalHost:{port}\r\n"), 200),
        ("GET http://HOST/", "Host: HOST\r\n".to_owned(), 200),
    ] {
        assert_eq!(with_token(line, &host), expected, "{line} {host}");
    }
}

#[test]
fn a_path_that_climbs_out_of_the_service_is_refused() {
    let scene = Scene::new(hello);
    for path in ["/../secret", "/a/%2e%2e/%2e%2e/secret", "/..%2fsecret", "/..;/secret"] {
        assert_eq!(status(&scene.get(path, "")), 400, "{path}");
    }
    assert_eq!(scene.seen(), Vec::<String>::new());
    assert_eq!(status(&scene.get("/a/../b?c=../d", "")), 200);
    assert!(scene.seen()[0].starts_with("GET /app/b?c=../d HTTP/1.1\r\n"));
}

#[test]
fn refusals_say_what_to_do_in_text_or_in_json() {
    let scene = Scene::new(hello);
    let text = scene.raw("GET / HTTP/1.1\r\nHost: HOST\r\n\r\n");
    assert!(text.contains("www-authenticate: Bearer realm=\"cpskit\"\r\n"), "{text}");
    assert!(text.ends_with(
        "\r\n\r\ncpskit: this door opens with its token only\n\nsend `Authorization: Bearer TOKEN`, with the token that `cpskit tls proxy` gave; a browser opens the one-time address\n"
    ));
    let json = scene.raw("GET / HTTP/1.1\r\nHost: HOST\r\nAccept: application/json\r\n\r\n");
    let body = json.split("\r\n\r\n").nth(1).expect("a body");
    let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(document["code"], "proxy.token");
}

#[test]
fn the_log_has_neither_queries_nor_anything_else_that_is_secret() {
    let scene = Scene::new(hello);
    scene.get("/Patient?identifier=180012345678901", "Cookie: sid=secret\r\n");
    scene.status(&format!("GET {}", &scene.once[scene.once.find("/.c").expect("a path")..]), "");
    let entries = scene.journal.entries();
    assert_eq!(entries[0].path, "/Patient");
    assert!(matches!(entries[0].end, End::Passed(_)));
    assert_eq!((entries[1].path.as_str(), &entries[1].end), ("/.cpskit/open", &End::Own));
    let all = format!("{entries:?}");
    for secret in ["180012345678901", "secret", scene.token.as_str(), "once="] {
        assert!(!all.contains(secret), "{all}");
    }
}
