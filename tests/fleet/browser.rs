//! The page in a real browser: it renders, says nothing on the console, and asks for nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use cpskit::fleet::report::html;

use crate::report::varied;
use crate::support::tool::Tool;

#[test]
#[ignore = "a browser is large; `make judges` installs it and runs this"]
fn a_browser_shows_the_page_and_asks_for_nothing_else() {
    let Some(chromium) = Tool::or_skip("chromium", "chromium") else { return };
    let (address, asked) = site(html(&varied()));
    let home = tempfile::tempdir().expect("a folder");
    let shot = home.path().join("page.png");
    let profile = format!("--user-data-dir={}", home.path().join("profile").display());
    let picture = format!("--screenshot={}", shot.display());
    // Without a sandbox, for tests run as root in containers.
    let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    let more = ["--no-first-run", "--no-proxy-server", "--enable-logging=stderr"];
    let rest = ["--window-size=1200,1600", &profile, &picture, &address];
    let output = chromium
        .command(home.path(), args.into_iter().chain(more).chain(rest))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains(":CONSOLE"), "{said}");
    let picture = std::fs::read(&shot).expect("a picture");
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000, "{} bytes", picture.len());
    assert_eq!(*asked.lock().expect("whole"), ["GET /report.html HTTP/1.1"]);
}

/// A site of this page alone, and what was asked of it.
fn site(page: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/report.html", listener.local_addr().expect("bound"));
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = asked.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (told, page) = (told.clone(), page.clone());
            // A browser opens connections that it does not use: none waits for another.
            thread::spawn(move || {
                let mut line = String::new();
                let read = BufReader::new(&stream).read_line(&mut line);
                if read.unwrap_or_default() == 0 {
                    return;
                }
                told.lock().expect("whole").push(line.trim_end().to_owned());
                let length = page.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(format!("{head}{page}").as_bytes());
            });
        }
    });
    (address, asked)
}
