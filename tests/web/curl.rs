//! curl as a client from outside: HTTP/1.1 and HTTP/2, both ways.

use std::fs;
use std::process::Command;

use crate::scene::{Scene, hello};

/// Runs curl with these arguments and a configuration that holds the token, which must not be in the arguments.
fn curl(scene: &Scene, args: &[&str]) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let fields = folder.path().join("fields");
    fs::write(&fields, format!("X-Cpskit-Token: {}\n", scene.token)).expect("written");
    let out = folder.path().join("out");
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "60"])
        .args(["--write-out", "%{http_version} %{http_code}", "--output"])
        .arg(&out)
        .arg("--header")
        .arg(format!("@{}", fields.display()))
        .args(args)
        .output()
        .expect("curl");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("text");
    (told, fs::read(out).unwrap_or_default())
}

#[test]
fn curl_comes_through_in_both_versions_of_http() {
    let scene = Scene::new(hello);
    let url = format!("http://{}/x", scene.address);
    assert_eq!(curl(&scene, &["--http1.1", &url]), ("1.1 200".to_owned(), b"hello".to_vec()));
    let two = curl(&scene, &["--http2-prior-knowledge", &url]);
    assert_eq!(two, ("2 200".to_owned(), b"hello".to_vec()));
    // Asking to go on in HTTP/2 is asking for what is not there: it stays 1.1.
    assert_eq!(curl(&scene, &["--http2", &url]), ("1.1 200".to_owned(), b"hello".to_vec()));
}

#[test]
fn megabytes_pass_both_ways_in_both_versions() {
    let scene = Scene::new(|head, stream| {
        use std::io::{Read, Write};
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.expect("a length")];
        stream.read_exact(&mut body).expect("the body");
        let _ = stream.write_all(
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
        );
        let _ = stream.write_all(&body);
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large");
    let content: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 251).to_le_bytes()[0]).collect();
    fs::write(&file, &content).expect("written");
    let url = format!("http://{}/upload", scene.address);
    let data = format!("@{}", file.display());
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let (told, body) = curl(&scene, &[version, "--data-binary", &data, &url]);
        assert!(told.ends_with(" 200"), "{version}: {told}");
        assert!(body == content, "{version}: {} bytes", body.len());
    }
}
