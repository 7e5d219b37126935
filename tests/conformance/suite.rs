//! The case files: JSON lines, compressed with zstd. A line of facts about the suite, then blobs, then cases.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use serde::Deserialize;

/// A suite, read whole.
pub(crate) struct Suite {
    blobs: BTreeMap<String, Blob>,
    pub(crate) cases: Vec<Case>,
}

struct Blob {
    kind: String,
    der: Vec<u8>,
}

/// A case; what it names are blobs.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) expect: String,
    pub(crate) anchors: Vec<String>,
    pub(crate) untrusted: Vec<String>,
    pub(crate) leaf: String,
    pub(crate) crls: Vec<String>,
    pub(crate) at: String,
    pub(crate) revocation: String,
    pub(crate) policies: Vec<String>,
    pub(crate) explicit_policy: bool,
    pub(crate) inhibit_policy_mapping: bool,
    pub(crate) inhibit_any_policy: bool,
    pub(crate) purpose: Option<String>,
    pub(crate) peer_name: Option<PeerName>,
    pub(crate) max_intermediates: Option<usize>,
    pub(crate) tags: Vec<String>,
}

/// The name a leaf must carry.
#[derive(Debug, Deserialize)]
pub(crate) struct PeerName {
    pub(crate) kind: String,
    pub(crate) value: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Blob {
        blob: String,
        kind: String,
        der: String,
    },
    Case {
        case: Box<Case>,
    },
    Meta {
        #[allow(dead_code)]
        meta: serde_json::Value,
    },
}

impl Suite {
    /// The suite of this name; `None`, with a message, when its file is not there.
    pub(crate) fn load(name: &str) -> Option<Self> {
        let path = folder().join(format!("{name}.jsonl.zst"));
        let Ok(file) = File::open(&path) else {
            let _ = writeln!(std::io::stdout(), "skipped: no case file {}", path.display());
            return None;
        };
        let decoder = zstd::Decoder::new(file).expect("a zstd file");
        let mut suite = Self { blobs: BTreeMap::new(), cases: Vec::new() };
        for line in BufReader::new(decoder).lines() {
            let line = line.expect("whole lines of UTF-8");
            match serde_json::from_str(&line).expect("a line of the format") {
                Line::Blob { blob, kind, der } => {
                    let der = Base64::decode_vec(&der).expect("base64");
                    suite.blobs.insert(blob, Blob { kind, der });
                }
                Line::Case { case } => suite.cases.push(*case),
                Line::Meta { .. } => {}
            }
        }
        Some(suite)
    }

    /// The names given, or those of all blobs of this kind for `*`.
    pub(crate) fn names(&self, names: &[String], kind: &str) -> Vec<String> {
        let of_kind = || self.blobs.iter().filter(|(_, blob)| blob.kind == kind);
        match names {
            [star] if star == "*" => of_kind().map(|(name, _)| name.clone()).collect(),
            names => names.to_vec(),
        }
    }

    /// The bytes of a blob.
    pub(crate) fn der(&self, name: &str) -> &[u8] {
        &self.blobs.get(name).unwrap_or_else(|| panic!("no blob {name}")).der
    }
}

fn folder() -> PathBuf {
    match std::env::var_os("CPSKIT_SUITES") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/suites"),
    }
}
