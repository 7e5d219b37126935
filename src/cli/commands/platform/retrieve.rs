//! `cpskit platform retrieve`: finalise, download, inspect, put in place.

use std::path::Path;

use zeroize::Zeroizing;

use super::named;
use super::report::{Aside, Would, outcome, rehearsal};
use crate::cli::args::platform::PlatformRetrieve;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::inputs;
use crate::cli::output::Outcome;
use crate::platform::journal::{Order, State};
use crate::platform::lifecycle::{Retrieval, SecondPlace};
use crate::platform::manual::Told;
use crate::platform::port::{Acceptance, Delivered};
use crate::x509::Certificate;

const SCHEMA: &str = "cpskit.platform.retrieve/1";

pub(super) fn run(args: &PlatformRetrieve, context: &Context) -> Result<Outcome, Failure> {
    let code = args.code.given()?;
    let password = args.port.client.password.given()?;
    let told = match &args.downloaded {
        None => Told::Nothing,
        Some(file) => Told::Downloaded(downloaded(file)?),
    };
    let desk = args.port.open_told(context, told)?;
    let order = named(&desk.shelf, &args.id)?;
    let acceptance = acceptance(args, &order)?;
    if args.consent.dry_run {
        let finalise = order.state < State::Finalised;
        let would = Would {
            act: if finalise { "finalise" } else { "download" },
            cgu: Some(acceptance.cgu),
            pc: Some(acceptance.pc),
            out: args.out.as_ref().map(|out| out.display().to_string()),
            ..Would::default()
        };
        let text = format!(
            "would {} and download order {}",
            if finalise { "finalise" } else { "go on with" },
            order.reference
        );
        return Ok(rehearsal(SCHEMA, &desk, Some(&order), would, &text, Aside::of(&desk)));
    }
    let how = Retrieval {
        acceptance: &acceptance,
        code: code.as_ref(),
        password: password.as_ref(),
        out: args.out.clone(),
        name: None,
        second: match args.force_second_installation {
            true => SecondPlace::Forced,
            false => SecondPlace::Refused,
        },
        judge: &desk.judge,
    };
    let done = desk.lifecycle().retrieve(order.reference, &how)?;
    let mut aside = Aside::of(&desk);
    aside.inspected(&done);
    let result = outcome(SCHEMA, &desk, &done, aside);
    Ok(match done.order.state {
        State::Mismatched => result.failing(Some(mismatched(&done.order))),
        State::Lost => result.failing(Some(lost())),
        State::Prepared | State::Sending | State::Submitted if done.by_hand.is_none() => {
            result.failing(Some(not_ready(&done.order)))
        }
        _ => result,
    })
}

/// The versions on the command line, else those that an earlier run of the same order was given. Nothing is accepted by default.
fn acceptance(args: &PlatformRetrieve, order: &Order) -> Result<Acceptance, Failure> {
    match (&args.accept_cgu, &args.accept_pc, &order.acceptance) {
        (Some(cgu), Some(pc), _) => Ok(Acceptance { cgu: cgu.clone(), pc: pc.clone(), by: None }),
        (None, None, Some(before)) => Ok(before.clone()),
        _ => Err(Failure::new(
            "platform.acceptance",
            Exit::Usage,
            "the CGU, and the certificate with its PC, are accepted by a person who has read them",
        )
        .hint("`--accept-cgu VERSION --accept-pc VERSION` say which versions; `--yes` does not")),
    }
}

/// A file that a person downloaded: a certificate in PEM or DER, else what can only be a PKCS#12.
fn downloaded(file: &Path) -> Result<Delivered, Failure> {
    let bytes: Zeroizing<Vec<u8>> = inputs::secret(file)?;
    Ok(match Certificate::from_pem_or_der(&bytes) {
        Ok(certificate) => Delivered::Certificate(certificate.der().to_vec()),
        Err(_) => Delivered::Pkcs12(bytes),
    })
}

fn mismatched(order: &Order) -> Failure {
    let why = order.refusal.as_deref().unwrap_or("it is not what was ordered");
    Failure::new("platform.mismatch", Exit::Negative, format!("the certificate is refused: {why}"))
        .hint("it is kept apart and was not installed: revoke it, and order again")
}

fn lost() -> Failure {
    Failure::new(
        "platform.lost",
        Exit::Platform,
        "the platform gives its PKCS#12 once, and it did not arrive: its key cannot be won back",
    )
    .hint("revoke it with `cpskit platform revoke ID --reason lost`, and order again; keys made here are not lost so")
}

fn not_ready(order: &Order) -> Failure {
    let (state, reference) = (order.state.name(), order.reference);
    let message = format!("the order is {state}: it cannot be retrieved yet");
    let flag = if order.binding == "manual" { "--record A_RETIRER" } else { "--watch" };
    Failure::new("platform.not_ready", Exit::Temporary, message)
        .hint(format!("`cpskit platform track {reference} {flag}` goes on"))
}
