//! `cpskit trust list`: the known anchors, and which of them the trust store holds.

use serde::Serialize;

use crate::cli::args::trust::TrustList;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::output::text::table;
use crate::cli::trust_store::{Admission, Held, TrustStore};
use crate::pki::{Pin, PinnedRole};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    folder: String,
    anchors: Vec<Row>,
    ignored: Vec<String>,
}

/// An authority that is pinned, by cpskit or by the user.
#[derive(Serialize)]
struct Row {
    code: Option<&'static str>,
    environment: Option<&'static str>,
    role: &'static str,
    subject: String,
    sha256: Option<String>,
    spki_sha256: String,
    pinned_by: &'static str,
    url: Option<String>,
    file: Option<String>,
}

pub(super) fn run(args: &TrustList) -> Result<Outcome, Failure> {
    let store = TrustStore::at(&args.store)?;
    let entries = store.entries();
    let mut anchors: Vec<Row> = Pin::all()
        .map(|pin| Row {
            code: Some(pin.code),
            environment: Some(pin.world.name()),
            role: match pin.role {
                PinnedRole::Root => "root",
                PinnedRole::Intermediate => "intermediate",
                PinnedRole::KeyAnchor => "key",
            },
            subject: pin.subject().to_string(),
            sha256: pin.certificate.map(|found| hex(&found)),
            spki_sha256: hex(&pin.key),
            pinned_by: "cpskit",
            url: Some(pin.url()),
            file: entries
                .iter()
                .find(|entry| entry.admission == Admission::Published(pin))
                .map(|entry| entry.file.display().to_string()),
        })
        .collect();
    anchors.extend(entries.iter().filter_map(|entry| match (&entry.admission, &entry.held) {
        (Admission::User { .. }, Held::Certificate(certificate)) => Some(Row {
            code: None,
            environment: None,
            role: "user",
            subject: certificate.subject().to_string(),
            sha256: Some(hex(&certificate.sha256())),
            spki_sha256: hex(&certificate.spki_sha256()),
            pinned_by: "user",
            url: None,
            file: Some(entry.file.display().to_string()),
        }),
        _ => None,
    }));
    let rows = anchors.iter().map(|row| {
        [
            row.code.unwrap_or("your pin").to_owned(),
            row.environment.unwrap_or("-").to_owned(),
            row.role.to_owned(),
            if row.file.is_some() { "in the store" } else { "not in the store" }.to_owned(),
            row.subject.clone(),
        ]
    });
    let text = format!("trust store: {}\n\n{}", store.folder().display(), table(rows));
    let ignored: Vec<String> =
        store.unpinned().iter().map(|file| file.display().to_string()).collect();
    let document = Document {
        schema: "cpskit.trust.list/1",
        emulated: false,
        folder: store.folder().display().to_string(),
        anchors,
        ignored,
    };
    let mut remarks: Vec<String> = store.remarks().collect();
    if entries.is_empty() {
        remarks.push(
            "the trust store is empty: `cpskit trust update` fetches the anchors, `cpskit trust import FILE` takes them from a file"
                .to_owned(),
        );
    }
    Ok(Outcome::new(text, &document).remarks(remarks))
}
