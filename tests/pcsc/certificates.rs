//! The exported certificates, judged by OpenSSL and GnuTLS.

use std::collections::BTreeSet;
use std::path::Path;

use cpskit::emulate::Persona;
use serde_json::Value;

use crate::support::cli;
use crate::support::tool::{Tool, printed};

/// The attributes of a name, in one spelling: the judges order and abbreviate them in their own ways.
fn attributes(name: &str) -> BTreeSet<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in name.chars() {
        let part = parts.last_mut().expect("one at least");
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            ',' | '+' if !escaped => parts.push(String::new()),
            c => part.push(c),
        }
        escaped = false;
    }
    let one = |part: &String| {
        let (name, value) = part.trim().split_once('=').expect("NAME=value");
        let name = match name {
            "title" => "T",
            "givenName" => "GN",
            "surName" | "surname" => "SN",
            name => name,
        };
        format!("{name}={value}")
    };
    parts.iter().map(one).collect()
}

/// The certificates of each persona, exported: the document of ours beside its files.
fn exported(folder: &Path) -> Vec<Value> {
    let mut all = Vec::new();
    for persona in Persona::list() {
        let export = folder.join(persona);
        let emulated = format!("--emulated={persona}");
        let export = export.to_str().expect("text");
        let run = cli::run(["card", "certs", &emulated, "--export", export, "--format", "json"]);
        let certificates = run.document()["certificates"].as_array().cloned();
        all.extend(certificates.expect("certificates"));
    }
    all
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).expect("a text")
}

#[test]
fn openssl_reads_the_same_names_and_serial_in_both_files() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let home = tempfile::tempdir().expect("a folder");
    for ours in exported(home.path()) {
        for (form, file) in [("PEM", "/files/pem"), ("DER", "/files/der")] {
            let file = text(&ours, file);
            let args =
                ["x509", "-inform", form, "-in", file, "-noout", "-subject", "-issuer", "-serial"];
            let options = ["-nameopt", "RFC2253,utf8,-esc_msb", "-fingerprint", "-sha256"];
            let (code, stdout, stderr) =
                printed(&mut openssl.command(home.path(), args.iter().chain(&options)));
            assert_eq!(code, 0, "{file}: {stderr}");
            let line = |name: &str| {
                let line = stdout.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_else(|| panic!("{name} in {stdout}")).to_owned()
            };
            assert_eq!(attributes(&line("subject=")), attributes(text(&ours, "/subject")));
            assert_eq!(attributes(&line("issuer=")), attributes(text(&ours, "/issuer")));
            assert_eq!(line("serial=").to_lowercase(), text(&ours, "/serial"));
            let fingerprint = line("sha256 Fingerprint=").replace(':', "").to_lowercase();
            assert_eq!(fingerprint, text(&ours, "/sha256"));
        }
    }
}

#[test]
fn gnutls_reads_the_same_names_and_serial() {
    let Some(certtool) = Tool::or_skip("certtool", "gnutls-bin") else { return };
    let home = tempfile::tempdir().expect("a folder");
    for ours in exported(home.path()) {
        let file = text(&ours, "/files/pem");
        let (code, stdout, stderr) =
            printed(&mut certtool.command(home.path(), ["-i", "--infile", file]));
        assert_eq!(code, 0, "{file}: {stderr}");
        let line = |name: &str| {
            let line = stdout.lines().find_map(|line| line.trim().strip_prefix(name));
            line.unwrap_or_else(|| panic!("{name} in {stdout}")).to_owned()
        };
        assert_eq!(attributes(&line("Subject: ")), attributes(text(&ours, "/subject")));
        assert_eq!(attributes(&line("Issuer: ")), attributes(text(&ours, "/issuer")));
        assert_eq!(line("Serial Number (hex): "), text(&ours, "/serial"));
    }
}
