//! `cpskit card certs`: the certificates, on the screen or in a folder as PEM and DER.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{is_emulated, label, lines, warnings, with_notes};
use crate::card::CardCertificate;
use crate::cli::args::CardCerts;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Certificate, Exchanges, Warning};
use crate::cli::output::text::Facts;
use crate::trace::Action;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    certificates: Vec<Line>,
    warnings: Vec<Warning>,
    exchanges: Exchanges,
}

#[derive(Serialize)]
struct Line {
    label: Option<String>,
    #[serde(flatten)]
    certificate: Certificate,
    files: Option<Files>,
}

#[derive(Serialize)]
struct Files {
    pem: PathBuf,
    der: PathBuf,
}

pub(super) fn run(args: &CardCerts, context: &Context) -> Result<Outcome, Failure> {
    let (card, (found, notes)) = context.acts.act(Action::CardCerts, |record| {
        let mut card = choose::card(&args.choice, context)?;
        record.with(&mut card);
        let found = card.session(|session| {
            let found = session.certificates()?;
            Ok(with_notes(session, found))
        })?;
        Ok((card, found))
    })?;
    let mut certificates = Vec::new();
    let mut taken = Vec::new();
    for certificate in &found {
        let files = match &args.export {
            Some(folder) => Some(export(folder, certificate, &mut taken)?),
            None => None,
        };
        certificates.push(Line {
            label: certificate.label.clone(),
            certificate: certificate.into(),
            files,
        });
    }
    let emulated = is_emulated(&card, &found);
    let blocks: Vec<String> = certificates.iter().map(Line::render).collect();
    let warnings = warnings(&notes);
    let remarks = lines(&warnings);
    let document = Document {
        schema: "cpskit.card.certs/1",
        emulated,
        reader: card.reader().to_owned(),
        certificates,
        warnings,
        exchanges: card.exchanges().into(),
    };
    Ok(Outcome::new(blocks.join("\n\n"), &document).remarks(remarks).labelled(label(emulated)))
}

impl Line {
    fn render(&self) -> String {
        let certificate = &self.certificate;
        let mut facts = Facts::default();
        facts
            .add("role", Some(&certificate.role))
            .add("label", self.label.as_ref())
            .add("subject", Some(&certificate.subject))
            .add("issuer", Some(&certificate.issuer))
            .add("serial", Some(&certificate.serial))
            .add("valid from", certificate.not_before)
            .add("valid to", certificate.not_after)
            .add("SHA-256", Some(&certificate.sha256))
            .add("PEM", self.files.as_ref().map(|files| files.pem.display()))
            .add("DER", self.files.as_ref().map(|files| files.der.display()));
        facts.render()
    }
}

/// Writes `ROLE.pem` and `ROLE.der`; a second certificate of the same role gets its serial in the name.
fn export(
    folder: &Path,
    found: &CardCertificate,
    taken: &mut Vec<String>,
) -> Result<Files, Failure> {
    let mut stem = found.role.to_string();
    if taken.contains(&stem) {
        stem = format!("{stem}-{}", found.certificate.serial());
    }
    taken.push(stem.clone());
    fs::create_dir_all(folder).map_err(|error| Failure::input(folder, &error))?;
    let pem = folder.join(format!("{stem}.pem"));
    let der = folder.join(format!("{stem}.der"));
    let write = |path: &Path, content: &[u8]| {
        fs::write(path, content).map_err(|error| Failure::input(path, &error))
    };
    write(&pem, found.certificate.to_pem().as_bytes())?;
    write(&der, found.certificate.der())?;
    Ok(Files { pem, der })
}
