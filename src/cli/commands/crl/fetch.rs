//! `cpskit crl fetch`: lists into the cache, where later runs find them, offline too.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::anchors::Trusted;
use crate::cli::args::crl::CrlFetch;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::indexes;
use crate::cli::inputs::Inputs;
use crate::cli::lists::ListFile;
use crate::cli::net::{self, FailedFetch, NamedBy};
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::index::Body;
use crate::net::{self as network, Client, Reuse};
use crate::pki::source::{
    FetchError, FetchProblem, Freshness, Question as Form, Request, Source, What, of_status,
};
use crate::pki::{Candidate, ListRefusal, Options, Origin, Revocation, Validator};
use crate::x509::{Crl, IssuedBy};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    results: Vec<Row>,
}

/// What became of one address.
#[derive(Serialize)]
struct Row {
    url: String,
    input: String,
    issuer: Option<String>,
    number: Option<String>,
    this_update: Option<String>,
    next_update: Option<String>,
    sha256: Option<String>,
    bytes: Option<usize>,
    signature: Option<&'static str>,
    freshness: Option<&'static str>,
    file: Option<String>,
    error: Option<FailedFetch>,
}

/// An argument: an address, or a certificate that names some.
struct Wanted {
    input: String,
    named_by: NamedBy,
    /// Alternatives: the first that gives a list is enough.
    lists: Vec<Request>,
    deltas: Vec<Request>,
}

pub(super) fn run(args: &CrlFetch, context: &Context) -> Result<Outcome, Failure> {
    let mut candidates = Vec::new();
    let mut wanted = Vec::new();
    for source in &args.sources {
        if Path::new(source).is_file() {
            of_file(source, &mut candidates, &mut wanted)?;
        } else if source.contains("://") {
            let request = Request { url: source.clone(), what: What::List };
            let (lists, deltas) = (vec![request], Vec::new());
            let input = source.clone();
            wanted.push(Wanted { input, named_by: NamedBy::User, lists, deltas });
        } else {
            return Err(Failure::arguments(format!("`{source}` is neither a file nor an address")));
        }
    }
    let trusted = Trusted::resolve(&args.trust, &candidates)?;
    candidates.extend(trusted.candidates.iter().cloned());
    let clients = [NamedBy::Certificates, NamedBy::User].map(|named_by| {
        net::client(&args.fetch, named_by, context.network)?.ok_or_else(|| {
            Failure::new("net.offline", Exit::Usage, "`crl fetch` needs the network")
                .hint("run it once without `--offline`: later runs find the lists in the cache")
        })
    });
    let [of_certificates, of_user] = clients;
    let (of_certificates, of_user) = (of_certificates?, of_user?);
    let at = args.instant.at.unwrap_or_else(|| context.now());
    let (mut rows, mut exits, mut ders) = (Vec::new(), Vec::new(), Vec::new());
    let mut emulated = false;
    for Wanted { input, named_by, lists, deltas } in wanted {
        let client = match named_by {
            NamedBy::Certificates => &of_certificates,
            NamedBy::User => &of_user,
        };
        let mut failed = Vec::new();
        let mut found = None;
        for request in &lists {
            match obtain(client, request) {
                Ok(list) => {
                    found = Some(list);
                    break;
                }
                Err(error) => failed.push(error),
            }
        }
        if found.is_none() {
            exits.extend(failed.into_iter().map(|error| {
                let exit = Failure::from(error.clone()).exit;
                rows.push(Row::failed(&input, &error));
                exit
            }));
        }
        let deltas = deltas.iter().filter_map(|request| obtain(client, request).ok());
        for obtained in found.into_iter().chain(deltas) {
            let signature = judge(&obtained, &trusted, &candidates, at)?;
            if signature == Signature::Wrong {
                exits.push(Exit::Negative);
            }
            let crl = obtained.list.crl()?;
            emulated |= IssuedBy::named(crl.issuer()) == IssuedBy::Emulation;
            rows.push(Row::of(&input, &obtained, &crl, signature));
            ders.push(obtained.list.der);
        }
    }
    if let Some(out) = &args.out {
        let [der] = &ders[..] else {
            return Err(Failure::arguments("`--out` takes one list, and there is not exactly one"));
        };
        std::fs::write(out, der).map_err(|error| Failure::input(out, &error))?;
    }
    let text: Vec<String> = rows.iter().map(Row::text).collect();
    let document = Document { schema: "cpskit.crl.fetch/1", emulated, results: rows };
    let exit = Exit::worst(exits.into_iter());
    Ok(Outcome::new(text.join("\n"), &document).ending(exit))
}

/// What each certificate of a file names.
fn of_file(
    source: &str,
    candidates: &mut Vec<Candidate>,
    wanted: &mut Vec<Wanted>,
) -> Result<(), Failure> {
    for (_, certificate) in Inputs::certificates(&[source.into()])? {
        let requests = of_status(&certificate, &[], &[Source::Crl], &Form::default());
        let (deltas, lists) =
            requests.into_iter().partition(|request| request.what == What::DeltaList);
        let named_by = NamedBy::Certificates;
        wanted.push(Wanted { input: source.to_owned(), named_by, lists, deltas });
        let origin = Origin(format!("file:{source}"));
        candidates.push(Candidate { certificate, origin });
    }
    if wanted.iter().all(|wanted| wanted.lists.is_empty() && wanted.deltas.is_empty()) {
        return Err(Failure::arguments(format!("`{source}`: no certificate names a list")));
    }
    Ok(())
}

/// A list, and where it lies.
struct Obtained {
    list: ListFile,
    freshness: Freshness,
    file: Option<String>,
}

fn obtain(client: &Client, request: &Request) -> Result<Obtained, FetchError> {
    let (body, freshness) = client.obtain(request, Reuse::Never)?;
    let file = match &body {
        network::Body::Kept(entry) => Some(entry.path().display().to_string()),
        network::Body::Memory(_) => None,
    };
    let bytes = body.read().map_err(|error| FetchError {
        url: request.url.clone(),
        problem: FetchProblem::Storage { detail: error.to_string() },
    })?;
    let list = ListFile { name: request.url.clone(), der: bytes };
    if list.crl().is_err() {
        let expected = "a revocation list";
        let problem = FetchProblem::Unexpected { expected };
        return Err(FetchError { url: request.url.clone(), problem });
    }
    Ok(Obtained { list, freshness, file })
}

/// What can be said of the signature of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Signature {
    Unchecked,
    Verified,
    Wrong,
}

/// Verifies the signature of a list with the keys at hand; a list that holds is indexed, so that later runs look it up
/// without reading it.
fn judge(
    Obtained { list, file, .. }: &Obtained,
    trusted: &Trusted,
    candidates: &[Candidate],
    at: Timestamp,
) -> Result<Signature, Failure> {
    let validator =
        Validator::new(trusted.anchors.clone(), candidates.to_vec(), vec![list.list()?]);
    // A list that counts now or later: its dates are asked about each time it is used.
    let options = Options { revocation: Revocation::Off, ..Options::at(at) };
    Ok(match validator.authenticate(0, &options) {
        Ok(signer) => {
            if let Some(Ok(body)) = file.as_ref().map(|file| Body::read(Path::new(file)))
                && body.bytes == list.der
            {
                indexes::write(&body, &list.crl()?, &signer);
            }
            Signature::Verified
        }
        Err(ListRefusal::SignatureWrong) => Signature::Wrong,
        Err(_) => Signature::Unchecked,
    })
}

impl Row {
    fn of(input: &str, obtained: &Obtained, crl: &Crl<'_>, signature: Signature) -> Self {
        let list = &obtained.list;
        Self {
            url: list.name.clone(),
            input: input.to_owned(),
            issuer: Some(crl.issuer().to_string()),
            number: crl.number().ok().flatten().map(|number| hex(&number)),
            this_update: Some(crl.this_update().instant.to_string()),
            next_update: crl.next_update().map(|date| date.instant.to_string()),
            sha256: Some(hex(&crate::cli::sha256(&list.der))),
            bytes: Some(list.der.len()),
            signature: Some(match signature {
                Signature::Unchecked => "unchecked",
                Signature::Verified => "verified",
                Signature::Wrong => "wrong",
            }),
            freshness: Some(match obtained.freshness {
                Freshness::Current => "current",
                Freshness::Cached { .. } => "cached",
                Freshness::Fallback { .. } => "fallback",
            }),
            file: obtained.file.clone(),
            error: None,
        }
    }

    fn failed(input: &str, error: &FetchError) -> Self {
        Self {
            url: error.url.clone(),
            input: input.to_owned(),
            issuer: None,
            number: None,
            this_update: None,
            next_update: None,
            sha256: None,
            bytes: None,
            signature: None,
            freshness: None,
            file: None,
            error: Some(FailedFetch::from(error)),
        }
    }

    /// For people.
    fn text(&self) -> String {
        if let Some(error) = &self.error {
            return clean(&format!("{}: not fetched: {}", self.url, error.problem));
        }
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        clean(&format!(
            "{}: {} bytes, {}\n  issuer: {}\n  until: {}\n  signature: {}\n  file: {}",
            self.url,
            self.bytes.unwrap_or_default(),
            self.freshness.unwrap_or_default(),
            or_none(&self.issuer),
            or_none(&self.next_update),
            self.signature.unwrap_or_default(),
            or_none(&self.file),
        ))
    }
}
