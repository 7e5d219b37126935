//! `cpskit platform track`: where an order is, once or until it can be retrieved.

use std::time::{Duration, Instant};

use super::named;
use super::report::{Aside, line, outcome};
use crate::cli::args::platform::{Binding, PlatformTrack};
use crate::cli::context::Context;
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::platform::journal::{Order, State};
use crate::platform::lifecycle::{self, Error};
use crate::platform::manual::Told;
use crate::platform::port::PortError;

const SCHEMA: &str = "cpskit.platform.track/1";

/// Between two looks, where the platform does not say how long.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) fn run(args: &PlatformTrack, context: &Context) -> Result<Outcome, Failure> {
    if args.watch && args.port.binding == Binding::Manual {
        return Err(Failure::arguments("`--watch` needs a platform that can be asked")
            .hint("look at the screens, then record what they show: `--record A_RETIRER`"));
    }
    let told = args.record.clone().map_or(Told::Nothing, |status| Told::Seen(status.into()));
    let desk = args.port.open_told(context, told)?;
    let order = named(&desk.shelf, &args.id)?;
    let done = match args.watch {
        false => desk.lifecycle().track(order.reference)?,
        true => watch(&desk, &order, args.timeout, context)?,
    };
    Ok(outcome(SCHEMA, &desk, &done, Aside::of(&desk)))
}

/// Looks until there is something to do, or nothing more to come.
fn watch(
    desk: &Desk,
    order: &Order,
    timeout: Duration,
    context: &Context,
) -> Result<lifecycle::Outcome, Failure> {
    let begun = Instant::now();
    let mut shown: Option<State> = None;
    loop {
        let pause = match desk.lifecycle().track(order.reference) {
            Ok(done) => {
                if done.order.state >= State::Ready {
                    return Ok(done);
                }
                if shown != Some(done.order.state) {
                    let document = outcome(SCHEMA, desk, &done, Aside::of(desk));
                    context.printer.meanwhile(&line(&done.order), &document)?;
                    shown = Some(done.order.state);
                }
                done.retry_after.unwrap_or(PAUSE)
            }
            // What passes is waited out; it is said once the time is over.
            Err(Error::Port(PortError::Later { after, .. })) => after.unwrap_or(PAUSE),
            Err(Error::Port(PortError::Unanswered(_) | PortError::Unreached(_))) => PAUSE,
            Err(error) => return Err(error.into()),
        };
        let left = timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(Failure::new(
                "platform.watch.timeout",
                Exit::Temporary,
                format!("the order is not further within {} seconds", timeout.as_secs()),
            )
            .hint("run the same command again; `--timeout` waits longer"));
        }
        std::thread::sleep(pause.min(left));
    }
}
