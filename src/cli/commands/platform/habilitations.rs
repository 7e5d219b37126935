//! `cpskit platform habilitations`: what the card may order.

use serde::Serialize;

use super::report::label;
use crate::cli::args::platform::{Binding, PlatformHabilitations};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::platform::habilitation::Habilitation;
use crate::platform::port::Reply;

/// `cpskit.platform.habilitations/1`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    changed: bool,
    habilitations: Vec<Part>,
    by_hand: Option<Steps>,
    not_checked: Vec<String>,
}

#[derive(Serialize)]
struct Steps {
    steps: Vec<String>,
    then: String,
}

#[derive(Serialize)]
struct Part {
    profile: String,
    structure: String,
    name: Option<String>,
    products: Vec<String>,
    domains: Vec<String>,
    servers: Vec<String>,
    mail_domains: Vec<String>,
    card: Option<String>,
    since: Option<String>,
}

pub(super) fn run(args: &PlatformHabilitations, context: &Context) -> Result<Outcome, Failure> {
    if args.import.is_some() && args.port.binding == Binding::Rest {
        return Err(Failure::arguments("`--import` is for `--binding manual`")
            .hint("a platform that can be asked says its habilitations itself"));
    }
    let desk = args.port.open(context)?;
    let (reply, changed) = match &args.import {
        Some(file) => (Reply::Done(desk.shelf.keep_habilitations(file)?), true),
        None => (desk.port.habilitations()?, false),
    };
    let (found, by_hand) = match reply {
        Reply::Done(found) => (found, None),
        Reply::ByHand(found) => (Vec::new(), Some(Steps { steps: found.steps, then: found.then })),
    };
    let mut lines: Vec<String> = found.iter().map(line).collect();
    if let Some(by_hand) = &by_hand {
        let steps = by_hand.steps.iter().enumerate();
        lines.extend(steps.map(|(index, step)| format!("{}. {step}", index + 1)));
        lines.push(format!("next: {}", by_hand.then));
    } else if lines.is_empty() {
        lines.push("none".to_owned());
    }
    let told = desk.told_unchecked();
    let remarks = told.iter().map(|what| format!("not checked: {what}"));
    let emulated = desk.is_emulated();
    let document = Document {
        schema: "cpskit.platform.habilitations/1",
        emulated,
        changed,
        habilitations: found.iter().map(Part::from).collect(),
        by_hand,
        not_checked: desk.not_checked(),
    };
    Ok(Outcome::new(clean(&lines.join("\n")), &document).remarks(remarks).labelled(label(emulated)))
}

fn line(found: &Habilitation) -> String {
    let name = found.name.as_ref().map_or(String::new(), |name| format!(" {name}"));
    let products: Vec<String> = found.products.iter().map(ToString::to_string).collect();
    let mut text =
        format!("{}: {}{name}\n  {}", found.profile, found.structure, products.join(", "));
    let perimeter = &found.perimeter;
    for (what, names) in [
        ("domains", &perimeter.domains),
        ("servers", &perimeter.servers),
        ("mail domains", &perimeter.mail_domains),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("\n  {what}: {}", names.join(", ")));
        }
    }
    text
}

impl From<&Habilitation> for Part {
    fn from(found: &Habilitation) -> Self {
        Self {
            profile: found.profile.clone(),
            structure: found.structure.to_string(),
            name: found.name.clone(),
            products: found.products.iter().map(ToString::to_string).collect(),
            domains: found.perimeter.domains.clone(),
            servers: found.perimeter.servers.clone(),
            mail_domains: found.perimeter.mail_domains.clone(),
            card: found.card.clone(),
            since: found.since.map(|day| day.to_string()),
        }
    }
}
