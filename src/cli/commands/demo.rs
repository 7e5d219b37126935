//! `cpskit demo`: the journey on embedded defaults, every step labelled *emulated*: reading a card, judging its certificates, a
//! connection over TLS, and a TEST certificate from its order to its revocation.

mod call;
mod order;

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::card::{Card, Identity, LastTry, Parts, PinSource};
use crate::cli::args::DEFAULT_PERSONA;
use crate::cli::context::{Context, Network};
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::emulate::igc::{self, Authority, Reason, Revoked};
use crate::emulate::{Persona, VirtualReader, issue};
use crate::pki::{Anchor, Candidate, List, Options, Origin, Severity, Validator};
use crate::secret::Pin;
use crate::x509::{Certificate, Crl};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    command: String,
    result: String,
}

pub(super) fn run(context: &Context) -> Result<Outcome, Failure> {
    let mut steps = Vec::new();
    let mut step = |step, command: &str, result: String| {
        steps.push(Step { step, command: command.to_owned(), result });
    };
    let persona = Persona::builtin(DEFAULT_PERSONA).map_err(internal)?;
    let now = midnight(context.now());
    let in_three_years = now.checked_add((24 * 1096).hours()).unwrap_or(Timestamp::MAX);
    let virtual_card = issue::between(&persona, now, in_three_years).map_err(internal)?;
    let mut card = Card::open(Box::new(VirtualReader::insert(virtual_card)))?;
    step(
        "insert a virtual card",
        "cpskit card list --emulated",
        format!("{} ({}) of {}", card.model().generation, card.model().interface, persona.title),
    );
    let id = card.session(|session| session.national_id())?;
    step(
        "read the national identifier",
        "cpskit card id --emulated",
        format!("{id}, in {} exchanges", card.exchanges().commands),
    );
    let identity = card.session(|session| session.identity(Parts::ALL))?;
    let holder = identity.holder();
    let words = [
        holder.given_name,
        holder.family_name,
        holder.profession.and_then(|code| code.label).map(str::to_owned),
    ];
    let certificates: Vec<String> =
        identity.certificates.iter().map(|found| found.role.to_string()).collect();
    step(
        "read the holder and the certificates",
        "cpskit card read --emulated",
        format!(
            "{}; certificates: {}",
            words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            certificates.join(", ")
        ),
    );
    let pin = Pin::parse(persona.pin.user.clone()).map_err(internal)?;
    let situations = card
        .session(|session| session.unlock(PinSource::Typed(&pin), LastTry::Keep)?.activities())?;
    let structures: Vec<String> = situations
        .iter()
        .map(|found| {
            format!("{} {}", found.number, found.activity.structure_name.as_deref().unwrap_or("?"))
        })
        .collect();
    step(
        "read the activities with the PIN (1234: virtual, public)",
        "PIN=1234 cpskit card activities --emulated --pin-env PIN",
        structures.join("; "),
    );
    let chain = Chain::of(&identity, now)?;
    step(
        "verify the certificate chain and the revocation lists of the card",
        "cpskit cert verify card.pem --environment emulated --crl issuer.crl --crl root.crl",
        chain.judge(&[], context.now())?,
    );
    step(
        "verify it again, with a list that revokes the certificate",
        "cpskit cert verify card.pem --environment emulated --crl revoking.crl --crl root.crl",
        chain.judge(&[chain.serial()], context.now())?,
    );
    // Offline, not even loopback is connected to.
    if context.network == Network::Allowed {
        step(
            "call a service in this process over TLS, with the card",
            "PIN=1234 cpskit tls connect https://localhost:8444/ --client card --emulated --pin-env PIN --environment emulated",
            call::call(card, pin, context)?,
        );
        let card = issue::between(&persona, now, in_three_years).map_err(internal)?;
        let card = Card::open(Box::new(VirtualReader::insert(card)))?;
        let pin = Pin::parse(persona.pin.user.clone()).map_err(internal)?;
        order::order(card, pin, &mut step)?;
    }
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!(
            "[emulated] {}. {}\n    $ {}\n    {}\n\n",
            index + 1,
            step.step,
            step.command,
            super::super::output::text::clean(&step.result)
        ));
    }
    text.push_str(
        "Next, with a real reader and a card in it:\n    $ cpskit doctor\n    $ cpskit card read",
    );
    let document = Document { schema: "cpskit.demo/1", emulated: true, steps };
    Ok(Outcome::new(text, &document))
}

/// The card's authentication certificate, and the authorities above it.
struct Chain {
    leaf: Certificate,
    issuer: Authority,
    from: Timestamp,
}

impl Chain {
    fn of(identity: &Identity, from: Timestamp) -> Result<Self, Failure> {
        let certificates = identity.certificates.iter();
        let leaf = certificates.last().map(|found| found.certificate.clone());
        let leaf = leaf.ok_or_else(|| internal("the virtual card has no certificate"))?;
        let issuer = Authority::all()
            .find(|authority| {
                let certificate = Certificate::parse(authority.certificate());
                certificate.is_ok_and(|found| found.subject() == leaf.issuer())
            })
            .ok_or_else(|| internal("the virtual card has another issuer"))?;
        Ok(Self { leaf, issuer, from })
    }

    fn serial(&self) -> Revoked {
        let serial = self.leaf.serial().content().to_vec();
        Revoked { serial, at: self.from, reason: Some(Reason::KeyCompromise) }
    }

    /// Mints the lists of both authorities as of this day, and judges the certificate with them.
    fn judge(&self, revoked: &[Revoked], at: Timestamp) -> Result<String, Failure> {
        let next = self.from.checked_add((24 * 6).hours()).unwrap_or(Timestamp::MAX);
        let root = self.issuer.issuer();
        let of_issuer = igc::crl(self.issuer, self.from, next, 2, revoked).map_err(internal)?;
        let of_root = igc::crl(root, self.from, next, 2, &[]).map_err(internal)?;
        let list = |der, name: &str| {
            let origin = Origin(format!("crl:{name}"));
            Crl::parse(der).map(|crl| List { crl, origin }).map_err(internal)
        };
        let lists = vec![list(&of_issuer, "issuer.crl")?, list(&of_root, "root.crl")?];
        let certificate =
            |authority: Authority| Certificate::parse(authority.certificate()).map_err(internal);
        let origin = Origin("emulation".to_owned());
        let anchors = vec![Anchor::from_certificate(certificate(root)?, origin.clone())];
        let certificate = certificate(self.issuer)?;
        let candidates = vec![Candidate { certificate, origin: origin.clone() }];
        let validator = Validator::new(anchors, candidates, lists);
        let report = validator.validate(&self.leaf, &origin, &Options::at(at));
        let path: Vec<String> = report
            .path
            .iter()
            .skip(1)
            .map(|element| element.subject.split(',').next().unwrap_or_default().to_owned())
            .collect();
        let why = report.findings.iter().find(|found| found.severity > Severity::Warning);
        let why =
            why.map_or(String::new(), |found| format!(": {} ({})", found.message(), found.rule()));
        Ok(format!("{}{why}; path: {}", report.verdict().name(), path.join(" < ")))
    }
}

/// The start of the day, UTC: certificates made for a demonstration are valid at once.
fn midnight(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(86_400)).unwrap_or(now)
}

/// What ships in the program cannot fail to load; if it does, it is our defect.
fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new("cpskit.defect", crate::cli::exit::Exit::Defect, error.to_string())
}
