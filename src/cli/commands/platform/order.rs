//! `cpskit platform order`: one certificate ordered, once.

use super::report::{Aside, WantPart, Warning, Would, names, outcome, rehearsal};
use crate::cli::args::platform::{KeyMaker, PlatformOrder};
use crate::cli::context::Context;
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::platform::habilitation::{ChoiceError, Habilitation};
use crate::platform::lifecycle::{Again, KeyOrigin, NewOrder};
use crate::platform::port::Reply;
use crate::platform::want::{Typed, Want};

const SCHEMA: &str = "cpskit.platform.order/1";

pub(super) fn run(args: &PlatformOrder, context: &Context) -> Result<Outcome, Failure> {
    // Rules that need no card first: what breaks them is never sent.
    let want = Want::parse(&typed(args), context.config.ps())?;
    let password = args.port.client.password.given()?;
    let key = match (args.key, &password) {
        (KeyMaker::Local, password) => KeyOrigin::Local { password: password.as_ref() },
        (KeyMaker::Platform, Some(password)) => KeyOrigin::Platform { password },
        (KeyMaker::Platform, None) => {
            return Err(Failure::new(
                "platform.password.needed",
                Exit::Usage,
                "a key that the platform makes is protected by a password of yours",
            )
            .hint(
                "give it with `--password-env VAR`, `--password-file FILE` or `--password-fd N`",
            ));
        }
    };
    let desk = args.port.open(context)?;
    let mut aside = Aside::of(&desk);
    aside.warnings.extend(want.warnings().iter().map(Warning::from));
    let profile = profile(&desk, args.port.habilitation.as_deref(), &want, &mut aside)?;
    if args.consent.dry_run {
        let would = Would {
            act: "order",
            certificate: Some(WantPart::from(&want)),
            profile,
            key: Some(match args.key {
                KeyMaker::Local => "local",
                KeyMaker::Platform => "platform",
            }),
            ..Would::default()
        };
        let text = format!("would order {} {} for {}", want.product, names(&want), want.structure);
        return Ok(rehearsal(SCHEMA, &desk, None, would, &text, aside));
    }
    let new = NewOrder {
        want: &want,
        profile: profile.as_deref(),
        card: desk.client.as_ref().and_then(|client| client.card.as_deref()),
        fleet: None,
        contact: args.contact.as_deref(),
        key,
        again: match (args.new, args.reference) {
            (_, Some(reference)) => Again::Reference(reference),
            (true, None) => Again::New,
            (false, None) => Again::Enough,
        },
    };
    let done = desk.lifecycle().order(&new)?;
    if done.by_hand.is_some() {
        desk.shelf.hand_out(&done.order)?;
    }
    Ok(outcome(SCHEMA, &desk, &done, aside))
}

fn typed(args: &PlatformOrder) -> Typed {
    Typed {
        offer: args.offer.clone(),
        usage: args.usage.clone(),
        structure: args.structure.clone(),
        service: args.service.clone(),
        dns: args.dns.clone(),
        email: args.email.clone(),
    }
}

/// The habilitation to order under, when the platform's are known; else the one that was named, unlooked at.
fn profile(
    desk: &Desk,
    named: Option<&str>,
    want: &Want,
    aside: &mut Aside,
) -> Result<Option<String>, Failure> {
    match desk.port.habilitations()? {
        Reply::Done(all) => {
            let chosen = Habilitation::choose(&all, named, want)?;
            Ok(Some(chosen.profile.clone()))
        }
        Reply::ByHand(_) => {
            aside.not_checked.push(
                "habilitation: that the card may order this, inside its perimeter (`cpskit platform habilitations --import FILE` records it)"
                    .to_owned(),
            );
            Ok(named.map(str::to_owned))
        }
    }
}

impl From<ChoiceError> for Failure {
    fn from(error: ChoiceError) -> Self {
        if let ChoiceError::Refused(refused) = &error {
            let breaches: Vec<_> =
                refused.iter().flat_map(|(_, breaches)| breaches.clone()).collect();
            return Self::rules(&breaches);
        }
        Self::new("platform.habilitation", Exit::Usage, error.to_string())
            .hint("`cpskit platform habilitations` lists them, `--habilitation ID` chooses one")
    }
}
