//! `cpskit platform revoke`: for ever, so it is shown and asked first.

use std::time::{Duration, Instant};

use super::named;
use super::report::{Aside, Would, line, outcome, rehearsal};
use crate::cli::args::platform::{PlatformRevoke, ReasonChoice};
use crate::cli::context::Context;
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::pki::Status;
use crate::platform::journal::{Order, State};
use crate::platform::lifecycle::{self, Target};
use crate::platform::manual::Told;
use crate::platform::port::Reason;
use crate::x509::Certificate;

const SCHEMA: &str = "cpskit.platform.revoke/1";

/// Between two looks at lists and OCSP.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) fn run(args: &PlatformRevoke, context: &Context) -> Result<Outcome, Failure> {
    let code = args.code.given()?;
    let told = if args.recorded { Told::Revoked } else { Told::Nothing };
    let desk = args.port.open_told(context, told)?;
    let order = named(&desk.shelf, &args.id)?;
    let reason = Reason::from(args.reason);
    let subject = subject(&order);
    if args.consent.dry_run {
        let would = Would {
            act: "revoke",
            reason: Some(reason.name()),
            subject,
            serial: order.serial.as_ref().map(ToString::to_string),
            ..Would::default()
        };
        let text = format!("would revoke ({})\n{}", reason.name(), line(&order));
        return Ok(rehearsal(SCHEMA, &desk, Some(&order), would, &text, Aside::of(&desk)));
    }
    let over = order.state == State::Revoked || order.state == State::Published;
    if !args.consent.yes && !over {
        context.printer.remark(&line(&order));
        context
            .printer
            .remark(&format!("  {}", subject.as_deref().unwrap_or("no certificate yet")));
        if !context.confirms("revoke it for ever?", "--yes")? {
            return Err(Failure::new("platform.declined", Exit::Usage, "nothing was revoked"));
        }
    }
    let done =
        desk.lifecycle().revoke(&Target::Reference(order.reference), reason, code.as_ref())?;
    let done = match args.wait_published && done.by_hand.is_none() {
        true => wait(args, &desk, done, context)?,
        false => done,
    };
    Ok(outcome(SCHEMA, &desk, &done, Aside::of(&desk)))
}

/// Asks lists and OCSP until they say so too, which is another fact than the platform's word.
fn wait(
    args: &PlatformRevoke,
    desk: &Desk,
    revoked: lifecycle::Outcome,
    context: &Context,
) -> Result<lifecycle::Outcome, Failure> {
    let order = &revoked.order;
    let certificate = order.certificate.as_deref().and_then(|der| Certificate::parse(der).ok());
    let Some(certificate) = certificate else { return Ok(revoked) };
    let begun = Instant::now();
    context.printer.remark("revoked on the platform; waiting for lists or OCSP to say so");
    loop {
        let report = args.port.assessor(context)?.0.assess(&certificate, &[]);
        let status = report.revocation.first().map(|found| &found.status);
        if let Some(Status::Revoked { .. }) = status {
            let published = desk.lifecycle().published(order.reference, context.now())?;
            return Ok(lifecycle::Outcome {
                changed: revoked.changed.or(published.changed),
                ..published
            });
        }
        let left = args.timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(Failure::new(
                "platform.unpublished",
                Exit::Temporary,
                "it is revoked on the platform, and neither lists nor OCSP say so yet",
            )
            .hint(
                "the real lists are renewed each morning from 07:00; run the same command again",
            ));
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

fn subject(order: &Order) -> Option<String> {
    let certificate = Certificate::parse(order.certificate.as_deref()?).ok()?;
    Some(certificate.subject().to_string())
}

impl From<ReasonChoice> for Reason {
    fn from(choice: ReasonChoice) -> Self {
        match choice {
            ReasonChoice::Lost => Self::Lost,
            ReasonChoice::Stolen => Self::Stolen,
            ReasonChoice::Compromised => Self::Compromised,
            ReasonChoice::Changed => Self::Changed,
            ReasonChoice::Superseded => Self::Superseded,
            ReasonChoice::Ceased => Self::Ceased,
            ReasonChoice::Other => Self::Other,
        }
    }
}
