//! Lists from nginx.

use std::fs;
use std::path::Path;

use cpskit::net::Cache;
use cpskit::pki::source::{FetchProblem, Fetched, Freshness};
use tempfile::TempDir;

use crate::support::daemon::Daemon;
use crate::support::tool::Tool;
use crate::{at, caching, client, current, fetch, list};

/// A web server over a folder. Dropped, it ends.
struct Web {
    daemon: Daemon,
    home: TempDir,
}

impl Web {
    fn or_skip() -> Option<Self> {
        let nginx = Tool::or_skip("nginx", "nginx-light")?;
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir(home.path().join("www")).expect("made");
        let daemon = Daemon::start(|port| {
            let config = home.path().join("nginx.conf");
            fs::write(&config, configuration(home.path(), port)).expect("written");
            let mut command = nginx.command(home.path(), ["-e", "stderr", "-p"]);
            command.arg(home.path()).arg("-c").arg(config);
            command
        });
        Some(Self { daemon, home })
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.home.path().join("www").join(name), bytes).expect("written");
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.daemon.port())
    }
}

fn configuration(home: &Path, port: u16) -> String {
    let home = home.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {home}/{what};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\nerror_log stderr;\npid {home}/pid;\nevents {{}}\nhttp {{\n\
         access_log off;\n{temporary}types {{ application/pkix-crl crl; }}\ngzip on;\ngzip_types *;\n\
         server {{\nlisten 127.0.0.1:{port};\nroot {home}/www;\n\
         location /for-an-hour/ {{ alias {home}/www/; expires 1h; }}\n\
         location /not-kept/ {{ alias {home}/www/; add_header Cache-Control no-store; }}\n\
         location /moved/ {{ return 302 /a.crl; }}\n\
         location /round/ {{ return 301 /round/; }}\n\
         location /busy/ {{ return 503; }}\n}}\n}}\n"
    )
}

#[test]
fn a_list_comes_whole_and_uncompressed() {
    let Some(web) = Web::or_skip() else { return };
    web.write("a.crl", &list(500_000));
    assert_eq!(fetch(&client(), &web.url("a.crl")), current(&list(500_000)));
    assert_eq!(fetch(&client(), &web.url("moved/")), current(&list(500_000)));
}

#[test]
fn what_has_not_changed_is_not_sent_again_and_what_has_is() {
    let Some(web) = Web::or_skip() else { return };
    let cache = tempfile::tempdir().expect("a folder");
    let url = web.url("a.crl");
    web.write("a.crl", &list(500));
    assert_eq!(fetch(&caching(cache.path(), 1000), &url), current(&list(500)));
    let body = || Cache::new(cache.path()).lookup(&url).expect("an entry").path().to_owned();
    let written = fs::metadata(body()).expect("a file").modified().expect("an instant");
    assert_eq!(fetch(&caching(cache.path(), 2000), &url), current(&list(500)));
    let again = fs::metadata(body()).expect("a file").modified().expect("an instant");
    assert_eq!(written, again);
    web.write("a.crl", &list(600));
    assert_eq!(fetch(&caching(cache.path(), 3000), &url), current(&list(600)));
}

#[test]
fn a_list_is_used_as_long_as_the_server_says() {
    let Some(web) = Web::or_skip() else { return };
    let cache = tempfile::tempdir().expect("a folder");
    web.write("a.crl", &list(500));
    let (hour, not_kept) = (web.url("for-an-hour/a.crl"), web.url("not-kept/a.crl"));
    assert_eq!(fetch(&caching(cache.path(), 1000), &hour), current(&list(500)));
    assert_eq!(fetch(&caching(cache.path(), 1000), &not_kept), current(&list(500)));
    drop(web);
    let freshness = Freshness::Cached { fetched_at: at(1000) };
    let expected = Fetched { bytes: list(500), freshness };
    assert_eq!(fetch(&caching(cache.path(), 4599), &hour), Ok(expected));
    assert!(Cache::new(cache.path()).lookup(&not_kept).is_none());
}

#[test]
fn what_the_server_refuses_is_said() {
    let Some(web) = Web::or_skip() else { return };
    for (path, problem) in [
        ("missing.crl", FetchProblem::Status { status: 404 }),
        ("busy/", FetchProblem::Status { status: 503 }),
        ("round/", FetchProblem::TooManyRedirects { limit: 3 }),
    ] {
        assert_eq!(fetch(&client(), &web.url(path)), Err(problem), "{path}");
    }
}

#[test]
fn pages_and_pem_where_a_list_is_due_are_told_apart() {
    let Some(web) = Web::or_skip() else { return };
    web.write("page.crl", b"<html><body>Maintenance</body></html>");
    let refused = Err(FetchProblem::Unexpected { expected: "a revocation list" });
    assert_eq!(fetch(&client(), &web.url("page.crl")), refused);
    web.write("pem.crl", b"-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n");
    assert_eq!(fetch(&client(), &web.url("pem.crl")), current(&[0x30, 3, 2, 1, 5]));
}
