//! `cpskit trust import FILE`: only what a pin proves is admitted to the trust store.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Admitted, render};
use crate::cli::args::trust::TrustImport;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, Inputs};
use crate::cli::output::Outcome;
use crate::cli::trust_store::{Admission, Held, TrustStore, parse_pin};
use crate::x509::{IssuedBy, World};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    emulated: bool,
    folder: String,
    changed: bool,
    results: &'a [Admitted],
}

pub(super) fn run(args: &TrustImport) -> Result<Outcome, Failure> {
    let pins = args.pin.iter().map(|text| pin(text)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        if !path.is_dir()
            && let Some(key) = inputs::public_key(&inputs::bytes(path)?)
        {
            found.push((name, Held::Key(key)));
            continue;
        }
        let certificates = Inputs::certificates(std::slice::from_ref(path))?;
        found.extend(
            certificates
                .into_iter()
                .map(|(file, found)| (file, Held::Certificate(Box::new(found)))),
        );
    }
    if found.is_empty() {
        return Err(Failure::arguments("no certificate in what was named"));
    }
    let store = TrustStore::at(&args.store)?;
    let mut unused: BTreeSet<[u8; 32]> = pins.iter().copied().collect();
    let mut results = Vec::new();
    for (file, held) in found {
        let own = pins.iter().copied().find(|pin| held.is_pinned_by(*pin));
        if let Some(pin) = own {
            unused.remove(&pin);
        }
        let admission = match (held.published(), own) {
            (Some(pin), _) => Ok(Admission::Published(pin)),
            (None, Some(pin)) => pinned_by_user(&held).map(|()| Admission::User { pin }),
            (None, None) => Err("matches no pin"),
        };
        results.push(match admission {
            Ok(admission) => {
                let kept = store.admit(&held, admission)?;
                Admitted::new(file, &held, admission, &kept)
            }
            Err(why) => Admitted::refused(file, &held, why),
        });
    }
    let refused = results.iter().all(|result| !result.is_admitted()) || !unused.is_empty();
    let document = Document {
        schema: "cpskit.trust.import/1",
        emulated: false,
        folder: store.folder().display().to_string(),
        changed: results.iter().any(Admitted::is_new),
        results: &results,
    };
    let remarks = unused.iter().map(|pin| {
        format!(
            "error: nothing that was read matches the pin {}",
            crate::cli::output::json::hex(pin)
        )
    });
    let text = render(store.folder(), &results);
    let exit = if refused { Exit::Negative } else { Exit::Ok };
    Ok(Outcome::new(text, &document).remarks(remarks).ending(exit))
}

fn pin(text: &str) -> Result<[u8; 32], Failure> {
    parse_pin(text).ok_or_else(|| {
        Failure::arguments(format!("`--pin {text}`: not a SHA-256 in hexadecimal, 64 digits"))
    })
}

/// A pin of the user's own proves identity, and cannot make another world of what a name says.
fn pinned_by_user(held: &Held) -> Result<(), &'static str> {
    let Held::Certificate(certificate) = held else { return Err("a key without a name") };
    match IssuedBy::named(certificate.subject()) {
        IssuedBy::Emulation => Err("an emulation authority: use `--environment emulated`"),
        IssuedBy::IgcSante { world: World::Recette, .. } => {
            Err("RECETTE is neither production nor TEST: use `--trust FILE`")
        }
        IssuedBy::Legacy { .. } => Err("a PKI that ended in 2021: use `--trust FILE`"),
        _ => Ok(()),
    }
}
