//! What is told of an order: the same in every document.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::desk::Desk;
use crate::cli::output::Outcome;
use crate::cli::output::text::clean;
use crate::pki::Verdict;
use crate::platform::journal::{Key, Order, State};
use crate::platform::lifecycle::{self, Changed};
use crate::platform::port::{Instructions, Progress};
use crate::platform::want::{Breach, Names, Want};

/// `cpskit.platform.order/1`, and those of the other verbs about one order.
#[derive(Serialize)]
pub(super) struct Document<'d> {
    schema: &'static str,
    emulated: bool,
    changed: bool,
    dry_run: bool,
    order: Option<OrderPart>,
    would: Option<Would>,
    by_hand: Option<Steps<'d>>,
    next: Option<String>,
    not_checked: Vec<String>,
    warnings: Vec<Warning>,
}

/// What `--dry-run` says would be done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Would {
    pub(super) act: &'static str,
    pub(super) certificate: Option<WantPart>,
    pub(super) profile: Option<String>,
    pub(super) key: Option<&'static str>,
    pub(super) cgu: Option<String>,
    pub(super) pc: Option<String>,
    pub(super) out: Option<String>,
    pub(super) reason: Option<&'static str>,
    pub(super) subject: Option<String>,
    pub(super) serial: Option<String>,
}

/// An order of the journal.
#[derive(Serialize)]
pub(super) struct OrderPart {
    reference: String,
    demand: Option<String>,
    state: &'static str,
    binding: String,
    endpoint: Option<String>,
    profile: Option<String>,
    card: Option<String>,
    certificate: WantPart,
    key: KeyPart,
    serial: Option<String>,
    not_after: Option<Timestamp>,
    files: Vec<String>,
    refusal: Option<String>,
    reason: Option<&'static str>,
    revoked_at: Option<Timestamp>,
    published_at: Option<Timestamp>,
    created: Timestamp,
    updated: Timestamp,
}

/// What is ordered.
#[derive(Debug, Serialize)]
pub(super) struct WantPart {
    offer: &'static str,
    usage: &'static str,
    structure: String,
    service: Option<String>,
    dns: Vec<String>,
    email: Option<String>,
}

#[derive(Serialize)]
struct KeyPart {
    maker: &'static str,
    machine: Option<String>,
    file: Option<String>,
}

#[derive(Serialize)]
struct Steps<'d> {
    steps: &'d [String],
    then: &'d str,
}

/// Worth knowing, and no reason to stop.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Warning {
    rule: Option<&'static str>,
    confidence: Option<&'static str>,
    message: String,
}

impl From<&Breach> for Warning {
    fn from(breach: &Breach) -> Self {
        Self {
            rule: Some(breach.rule),
            confidence: Some(breach.confidence.name()),
            message: breach.message.clone(),
        }
    }
}

impl From<String> for Warning {
    fn from(message: String) -> Self {
        Self { rule: None, confidence: None, message }
    }
}

/// What a verb tells beside its outcome.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// What was not looked at, of which people are told.
    pub(super) not_checked: Vec<String>,
    pub(super) warnings: Vec<Warning>,
    /// What was not looked at either, for documents only.
    unknown: Vec<String>,
}

impl Aside {
    /// What is known once the desk is open.
    pub(super) fn of(desk: &Desk) -> Self {
        let client = desk.client.iter();
        let warnings = client.flat_map(|client| client.warnings.iter().cloned());
        Self {
            not_checked: desk.told_unchecked(),
            warnings: warnings.map(Warning::from).collect(),
            unknown: desk.untold_unchecked(),
        }
    }

    /// All that was not looked at, and the warnings.
    fn into_parts(self) -> (Vec<String>, Vec<Warning>) {
        (self.not_checked.into_iter().chain(self.unknown).collect(), self.warnings)
    }

    /// What was seen of a certificate that came, where it is no refusal.
    pub(super) fn inspected(&mut self, done: &lifecycle::Outcome) {
        let Some(found) = &done.inspection else { return };
        self.warnings.extend(found.departures.doubtful.iter().map(Warning::from));
        if found.report.verdict() == Verdict::Indeterminate {
            let findings = found.report.findings.iter();
            let words: Vec<String> = findings.map(ToString::to_string).collect();
            let words = words.join("; ");
            match done.order.emulated {
                // What stands above it names lists at an address that nobody answers at.
                true => self.unknown.push(format!("validity of what came: {words}")),
                false => self.warnings.push(Warning::from(format!(
                    "whether the certificate is valid is not known: {words}"
                ))),
            }
        }
    }

    fn remarks(&self) -> Vec<String> {
        let warnings =
            self.warnings.iter().map(|warning| match (warning.rule, warning.confidence) {
                (Some(rule), Some(confidence)) => {
                    format!("warning: {} (rule {rule}, {confidence})", warning.message)
                }
                _ => format!("warning: {}", warning.message),
            });
        let not_checked = self.not_checked.iter().map(|what| format!("not checked: {what}"));
        warnings.chain(not_checked).map(|line| clean(&line)).collect()
    }
}

/// The result of a verb about one order.
pub(super) fn outcome(
    schema: &'static str,
    desk: &Desk,
    done: &lifecycle::Outcome,
    aside: Aside,
) -> Outcome {
    let order = &done.order;
    let next = next(order, done.by_hand.as_ref());
    let mut text = line(order);
    for file in &order.files {
        text.push_str(&format!("\n  file: {}", file.display()));
    }
    if let Some(refusal) = &order.refusal {
        text.push_str(&format!("\n  {refusal}"));
    }
    if done.changed == Changed::No && done.by_hand.is_none() {
        text.push_str("\n  as it was: nothing changed");
    }
    if let Some(instructions) = &done.by_hand {
        text.push('\n');
        for (index, step) in instructions.steps.iter().enumerate() {
            text.push_str(&format!("\n{}. {step}", index + 1));
        }
    }
    if let Some(next) = &next {
        text.push_str(&format!("\nnext: {next}"));
    }
    let remarks = aside.remarks();
    let (not_checked, warnings) = aside.into_parts();
    let emulated = order.emulated || desk.is_emulated();
    let document = Document {
        schema,
        emulated,
        changed: done.changed == Changed::Yes,
        dry_run: false,
        order: Some(OrderPart::from(order)),
        would: None,
        by_hand: done
            .by_hand
            .as_ref()
            .map(|found| Steps { steps: &found.steps, then: &found.then }),
        next,
        not_checked,
        warnings,
    };
    Outcome::new(clean(&text), &document).remarks(remarks).labelled(label(emulated))
}

/// What would be done, of `--dry-run`.
pub(super) fn rehearsal(
    schema: &'static str,
    desk: &Desk,
    order: Option<&Order>,
    would: Would,
    text: &str,
    aside: Aside,
) -> Outcome {
    let remarks = aside.remarks();
    let (not_checked, warnings) = aside.into_parts();
    let emulated = desk.is_emulated();
    let document = Document {
        schema,
        emulated,
        changed: false,
        dry_run: true,
        order: order.map(OrderPart::from),
        would: Some(would),
        by_hand: None,
        next: None,
        not_checked,
        warnings,
    };
    let text = format!("{text}\nnothing was done: --dry-run");
    Outcome::new(clean(&text), &document).remarks(remarks).labelled(label(emulated))
}

pub(super) fn label(emulated: bool) -> Option<&'static str> {
    emulated.then_some("emulated")
}

/// An order in one line.
pub(super) fn line(order: &Order) -> String {
    let serial = order.serial.as_ref().map_or(String::new(), |serial| format!(", serial {serial}"));
    format!(
        "{}  {:<11} {} {} for {}{serial}",
        order.reference,
        order.state.name(),
        order.want.product,
        names(&order.want),
        order.want.structure,
    )
}

pub(super) fn names(want: &Want) -> String {
    match &want.names {
        Names::Service(name) | Names::Mailbox(name) => name.clone(),
        Names::Server { fqdn, others } => {
            std::iter::once(fqdn).chain(others).cloned().collect::<Vec<_>>().join(", ")
        }
        Names::Holder => "the holder of the card".to_owned(),
    }
}

/// The command to type next, where there is one.
fn next(order: &Order, by_hand: Option<&Instructions>) -> Option<String> {
    if let Some(instructions) = by_hand {
        return Some(instructions.then.clone());
    }
    let reference = order.reference;
    Some(match order.state {
        State::Prepared | State::Sending | State::Submitted if order.binding == "manual" => {
            format!("cpskit platform track {reference} --record A_RETIRER")
        }
        State::Prepared | State::Sending | State::Submitted => {
            format!("cpskit platform track {reference}")
        }
        State::Ready | State::Finalising | State::Finalised | State::Downloading => {
            format!("cpskit platform retrieve {reference} --accept-cgu VERSION --accept-pc VERSION")
        }
        State::Lost | State::Mismatched => {
            format!("cpskit platform revoke {reference} --reason lost, then order again")
        }
        State::Revoking => {
            let reason = order.reason.map_or("REASON", |reason| reason.name());
            format!("cpskit platform revoke {reference} --reason {reason}")
        }
        State::Collected | State::Revoked | State::Published | State::Refused | State::Expired => {
            return None;
        }
    })
}

impl From<&Order> for OrderPart {
    fn from(order: &Order) -> Self {
        let certificate = order.certificate.as_deref();
        let certificate = certificate.and_then(|der| crate::x509::Certificate::parse(der).ok());
        Self {
            reference: order.reference.to_string(),
            demand: order.demand.as_ref().map(|demand| demand.0.clone()),
            state: order.state.name(),
            binding: order.binding.clone(),
            endpoint: Some(order.endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
            profile: order.profile.clone(),
            card: order.card.clone(),
            certificate: WantPart::from(&order.want),
            key: KeyPart::of(order),
            serial: order.serial.as_ref().map(ToString::to_string),
            not_after: certificate.and_then(|found| found.not_after().ok()),
            files: order.files.iter().map(|file| file.display().to_string()).collect(),
            refusal: order.refusal.clone(),
            reason: order.reason.map(|reason| reason.name()),
            revoked_at: order.revoked_at,
            published_at: order.published_at,
            created: order.created,
            updated: order.updated,
        }
    }
}

impl From<&Want> for WantPart {
    fn from(want: &Want) -> Self {
        let (mut service, mut dns, mut email) = (None, Vec::new(), None);
        match &want.names {
            Names::Service(name) => service = Some(name.clone()),
            Names::Server { fqdn, others } => {
                dns.push(fqdn.clone());
                dns.extend(others.iter().cloned());
            }
            Names::Mailbox(address) => email = Some(address.clone()),
            Names::Holder => {}
        }
        Self {
            offer: want.product.offer().name(),
            usage: want.product.usage().name(),
            structure: want.structure.to_string(),
            service,
            dns,
            email,
        }
    }
}

impl KeyPart {
    fn of(order: &Order) -> Self {
        let is_key = |file: &&PathBuf| file.to_string_lossy().ends_with(".key.pem");
        match &order.key {
            Key::Local { machine, made } => Self {
                maker: "local",
                machine: Some(machine.name.clone()),
                // Once installed, it has left the folder where it was made.
                file: order
                    .files
                    .iter()
                    .find(is_key)
                    .or(made.as_ref().map(|made| &made.file))
                    .map(|file| file.display().to_string()),
            },
            Key::Platform { machine } => {
                Self { maker: "platform", machine: Some(machine.name.clone()), file: None }
            }
        }
    }
}

/// An order as the platform shows it, where the journal has none.
#[derive(Serialize)]
pub(super) struct ProgressPart {
    demand: String,
    reference: Option<String>,
    status: String,
    product: Option<String>,
    structure: Option<String>,
    profile: Option<String>,
    card: Option<String>,
    serial: Option<String>,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
}

impl From<&Progress> for ProgressPart {
    fn from(found: &Progress) -> Self {
        Self {
            demand: found.id.0.clone(),
            reference: found.reference.map(|reference| reference.to_string()),
            status: found.status.name().to_owned(),
            product: found.product.map(|product| product.to_string()),
            structure: found.structure.clone(),
            profile: found.profile.clone(),
            card: found.card.clone(),
            serial: found.serial.as_ref().map(ToString::to_string),
            created: found.created,
            updated: found.updated,
        }
    }
}
