//! A real browser in front of the door: the one-time address, a page with what it loads, and a page of another site that tries.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use cpskit::web::proxy::{Connection, End, Handshake};

use crate::scene::{Scene, head, hello};
use crate::support::tool::Tool;

/// The port of the other site.
static OTHER: OnceLock<u16> = OnceLock::new();

/// The other site's page: every way of sending a request that a page has.
const EVIL: &str =
    "<img id=i><iframe id=f name=f></iframe><form id=p method=post target=f></form><script>
const door = decodeURIComponent(location.hash.slice(1));
const tries = [];
for (const base of [door, 'http://127.0.0.1:' + new URL(door).port]) {
  tries.push(fetch(base + '/stolen/fetch', {mode: 'no-cors', credentials: 'include'}));
  tries.push(fetch(base + '/stolen/cors', {method: 'PUT', credentials: 'include'}));
}
i.src = door + '/stolen/image';
p.action = door + '/stolen/form';
p.submit();
// A frame that is refused may never say so.
tries.push(new Promise(done => setTimeout(done, 2000)));
Promise.allSettled(tries).then(() => fetch('/done'));
</script>";

#[test]
#[ignore = "a browser is large; `make judges` installs it and runs this"]
fn a_browser_loads_a_page_through_the_door_and_no_other_page_can() {
    let Some(chromium) = Tool::or_skip("chromium", "chromium") else { return };
    let asked_of_other = other_site();
    let scene = Scene::new(service);
    let home = tempfile::tempdir().expect("a folder");
    let profile = format!("--user-data-dir={}", home.path().join("profile").display());
    // Without a sandbox, for tests run as root in containers.
    let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    let more = ["--no-first-run", "--no-proxy-server", &profile, &scene.once];
    let mut browser = chromium
        .command(home.path(), args.into_iter().chain(more))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let told = |heads: &[String], what: &str| heads.iter().any(|head| head.starts_with(what));
    // The other site's page says when it has tried everything; the test has no other bound than that of the browser's start.
    for _ in 0..600 {
        if told(&asked_of_other.lock().expect("whole"), "GET /done ") {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    browser.kill().expect("it runs");
    browser.wait().expect("it ends");

    let seen = scene.seen();
    let paths = ["/app ", "/app/home ", "/app/script.js ", "/app/data ", "/app/told?sid=1 "];
    for path in paths {
        assert!(
            seen.iter()
                .any(|head| head.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(path))),
            "{path}: {seen:?}"
        );
    }
    let all = seen.concat();
    assert!(
        !all.contains("stolen") && !all.contains("cpskit-") && !all.contains(&scene.token),
        "{all}"
    );
    let entries = scene.journal.entries();
    let refused = entries.iter().filter(|entry| entry.path.starts_with("/stolen/"));
    assert!(refused.clone().count() > 0, "{entries:?}");
    assert!(refused.clone().all(|entry| matches!(entry.end, End::Refused(_))), "{entries:?}");
    let signed = End::Passed(Connection::Opened(Handshake::Full));
    assert_eq!(entries.iter().filter(|entry| entry.end == signed).count(), 1, "{entries:?}");
    let asked = asked_of_other.lock().expect("whole").concat();
    assert!(asked.contains("GET /evil") && !asked.contains("cpskit-"), "{asked}");
}

/// The service: a redirect with a cookie, a page, its script, and what the script asks for.
fn service(asked: &str, stream: &mut TcpStream) {
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let (kind, body) = match path {
        "/app" => {
            let _ = stream.write_all(
                b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://service.example/app/home\r\nSet-Cookie: sid=1; Domain=service.example; Path=/app; Secure; SameSite=Lax\r\n\r\n",
            );
            return;
        }
        "/app/home" => ("text/html", "<script src=script.js></script>".to_owned()),
        "/app/script.js" => (
            "text/javascript",
            format!(
                "fetch('data', {{method: 'POST', body: 'hello'}}).then(found => found.text()).then(text => {{
                   fetch('told?' + text);
                   const other = document.createElement('iframe');
                   other.src = 'http://127.0.0.1:{}/evil#' + encodeURIComponent(location.origin);
                   document.body.append(other);
                 }});",
                OTHER.get().expect("it listens")
            ),
        ),
        "/app/data" => {
            let mut body = [0; 5];
            stream.read_exact(&mut body).expect("the body");
            assert_eq!(&body, b"hello");
            let cookie = asked.lines().find_map(|line| line.strip_prefix("cookie: "));
            ("text/plain", cookie.unwrap_or("no cookie").to_owned())
        }
        _ => return hello(asked, stream),
    };
    let _ = stream.write_all(
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
}

/// A server of another user, at another port of this machine.
fn other_site() -> Arc<Mutex<Vec<String>>> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    OTHER.set(listener.local_addr().expect("an address").port()).expect("once");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = Arc::clone(&log);
            // Browsers open connections ahead: each is waited for apart.
            thread::spawn(move || page(stream, &log));
        }
    });
    asked
}

fn page(mut stream: TcpStream, log: &Mutex<Vec<String>>) {
    let Some(head) = head(&mut stream) else { return };
    log.lock().expect("whole").push(head);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{EVIL}",
        EVIL.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}
