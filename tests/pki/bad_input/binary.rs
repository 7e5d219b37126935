//! The most telling of these inputs through `cpskit cert verify`: the exit code is that of the verdict, and bytes that
//! are no certificate are a mistake of use.

use std::fs;
use std::path::Path;

use pem_rfc7468::{LineEnding, encode_string};

use super::super::support::cli;
use super::super::support::mint::{KEYS, Template, der, extension};
use super::{leaf, root};

/// The exit code for a leaf below the authority of the other tests, and these files at hand.
fn code(leaf: &[u8], untrusted: &[Vec<u8>]) -> i32 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("writable");
        text(&path)
    };
    let (root, leaf) = (write("root.der", &root()), write("leaf.der", leaf));
    let mut typed = vec!["cert", "verify", "--offline", "--revocation", "off"];
    typed.extend(["--at", "2026-01-15T00:00:00Z", "--trust", &root, &leaf]);
    let untrusted = untrusted.iter().enumerate();
    let untrusted: Vec<String> =
        untrusted.map(|(n, bytes)| write(&format!("{n}.der"), bytes)).collect();
    typed.extend(untrusted.iter().flat_map(|path| ["--untrusted", path]));
    cli::run(typed).code
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

fn below_ca(leaf: &Template) -> i32 {
    let ca = Template::authority("root", "ca", &KEYS[1]).sign(&KEYS[0]);
    code(&leaf.sign(&KEYS[1]), &[ca])
}

#[test]
fn a_certificate_that_breaks_the_standard_is_invalid() {
    let twice = extension(99, &[5, 0]);
    assert_eq!(below_ca(&leaf()), 0);
    assert_eq!(below_ca(&Template { serial: der(2, &[0x80]), ..leaf() }), 1);
    assert_eq!(below_ca(&leaf().with(twice.clone()).with(twice)), 1);
    assert_eq!(below_ca(&Template { validity: vec![0x30, 4, 0x17, 0, 0x17, 0], ..leaf() }), 1);
}

#[test]
fn a_file_that_is_no_certificate_is_a_mistake_of_use() {
    let whole = leaf().sign(&KEYS[1]);
    let indefinite = [&[0x30, 0x80], &whole[4..], &[0, 0]].concat();
    let no_serial = Template { serial: der(2, &[]), ..leaf() }.sign(&KEYS[1]);
    for bytes in [&whole[..whole.len() - 1], &[0x30], &[0; 100], &indefinite, &no_serial] {
        assert_eq!(code(bytes, &[]), 2, "{:02x?}", &bytes[..bytes.len().min(9)]);
    }
}

#[test]
fn what_is_large_or_long_has_an_answer_too() {
    assert_eq!(below_ca(&leaf().with(extension(99, &vec![0; 10_000_000]))), 0);
    let mut chain = vec![Template::authority("root", "ca 0", &KEYS[1]).sign(&KEYS[0])];
    for n in 1..1_000 {
        let (subject, issuer) = (&KEYS[1 + n % 2], &KEYS[1 + (n + 1) % 2]);
        let (above, name) = (format!("ca {}", n - 1), format!("ca {n}"));
        chain.push(Template::authority(&above, &name, subject).sign(issuer));
    }
    let leaf = Template::new("ca 999", "leaf").sign(&KEYS[2]);
    // The chain in one file, as a server sends it.
    let mut pem = String::new();
    for der in &chain {
        pem += &encode_string("CERTIFICATE", LineEnding::LF, der).expect("short");
    }
    assert_eq!(code(&leaf, &[pem.into_bytes()]), 3);
}
