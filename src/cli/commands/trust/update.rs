//! `cpskit trust update`: the anchors from the official publication point, as far as their pins admit them.

use serde::Serialize;

use super::{Admitted, render};
use crate::cli::args::trust::{TrustUpdate, UpdateEnvironment};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::net::{self, FailedFetch, NamedBy};
use crate::cli::output::Outcome;
use crate::cli::trust_store::{Admission, Held, TrustStore};
use crate::pki::source::{Fetch, FetchError, FetchProblem, Request, What};
use crate::pki::{PUBLICATION_POINT, Pin, PinnedWorld};
use crate::store;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    emulated: bool,
    folder: String,
    changed: bool,
    results: &'a [Admitted],
    failed: Vec<FailedFetch>,
}

pub(super) fn run(args: &TrustUpdate, context: &Context) -> Result<Outcome, Failure> {
    // The publication point is public; an address of the user's own may be anywhere.
    let named_by = if args.from.is_some() { NamedBy::User } else { NamedBy::Certificates };
    let client = net::client(&args.fetch, named_by, context.network)?.ok_or_else(|| {
        Failure::new("net.offline", Exit::Usage, "`trust update` needs the network")
            .hint("`cpskit trust import FILE` takes the anchors from a file")
    })?;
    let store = TrustStore::at(&args.store)?;
    let wanted = Pin::all().filter(|pin| match args.environment {
        UpdateEnvironment::All => true,
        UpdateEnvironment::Prod => pin.world == PinnedWorld::Production,
        UpdateEnvironment::Test => pin.world == PinnedWorld::Test,
    });
    let (mut results, mut failed, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    for pin in wanted {
        let url = match &args.from {
            None => pin.url(),
            Some(base) => pin.url().replacen(PUBLICATION_POINT, base.trim_end_matches('/'), 1),
        };
        let request = Request { url: url.clone(), what: What::Issuers };
        match client.fetch(&request) {
            Err(error) => {
                let temporary = error.is_temporary();
                exits.push(if temporary { Exit::Temporary } else { Exit::Indeterminate });
                failed.push(FailedFetch::from(&error));
            }
            Ok(fetched) => {
                let contents = store::read(&fetched.bytes, None);
                let certificates = contents.map(|found| found.certificates).unwrap_or_default();
                if certificates.is_empty() {
                    let problem = FetchProblem::Unexpected { expected: "a certificate" };
                    exits.push(Exit::Negative);
                    failed.push(FailedFetch::from(&FetchError { url, problem }));
                    continue;
                }
                for held in certificates.into_iter().map(|found| Held::Certificate(Box::new(found)))
                {
                    if held.published() == Some(pin) {
                        let admission = Admission::Published(pin);
                        let kept = store.admit(&held, admission)?;
                        results.push(Admitted::new(url.clone(), &held, admission, &kept));
                    } else {
                        let why = format!("does not match the pin of {}", pin.code);
                        exits.push(Exit::Negative);
                        results.push(Admitted::refused(url.clone(), &held, why));
                    }
                }
            }
        }
    }
    let document = Document {
        schema: "cpskit.trust.update/1",
        emulated: false,
        folder: store.folder().display().to_string(),
        changed: results.iter().any(Admitted::is_new),
        results: &results,
        failed,
    };
    let remarks: Vec<String> = document
        .failed
        .iter()
        .map(|failed| format!("error: {}: {}", failed.url, failed.problem))
        .collect();
    let text = render(store.folder(), &results);
    Ok(Outcome::new(text, &document).remarks(remarks).ending(Exit::worst(exits.into_iter())))
}
