//! `cpskit card read`: the holder, the card, the certificates, the tries left; with a PIN, the activities too.

use jiff::civil::Date;
use serde::Serialize;

use super::activities::{self, Activity};
use super::{EMULATED, is_emulated, lines, pin, warnings, with_notes};
use crate::card::{
    Card, Certainty, Family, Identity, Interface, Parts, Role, Situation, Wanted, category_name,
};
use crate::cli::args::{CardRead, Field};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Certificate, Code, Exchanges, Tries, Warning};
use crate::cli::output::text::{Facts, code};
use crate::cli::pin::Given;
use crate::id::LuhnKey;
use crate::trace::Action;

/// `cpskit.card.read/1`. A part that `--fields` leaves out is not there.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<CardPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<HolderPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<Vec<Certificate>>,
    /// `null` where the card has no PIN, or does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<Option<Tries>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annuaire_sante: Option<Access>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activities: Option<Vec<Activity>>,
    warnings: Vec<Warning>,
    exchanges: Exchanges,
}

#[derive(Serialize)]
struct CardPart {
    generation: String,
    interface: String,
    atr: String,
    serial: Option<String>,
    number: Option<String>,
    label: Option<String>,
    family: Option<String>,
    family_certain: bool,
    type_code: Option<String>,
    category: Option<&'static str>,
    category_code: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    opposition_on: Option<Date>,
}

#[derive(Serialize)]
struct HolderPart {
    national_id: Option<String>,
    id_type: Option<String>,
    rpps: Option<String>,
    luhn: Option<bool>,
    family_name: Option<String>,
    given_name: Option<String>,
    civility: Option<Code>,
    profession: Option<Code>,
    speciality: Option<Code>,
    practice_name: Option<String>,
}

/// Access to the restricted Annuaire Santé.
#[derive(Serialize)]
struct Access {
    access: &'static str,
    next_step: String,
}

/// Which parts the arguments ask for.
struct Asked {
    fields: Vec<Field>,
}

impl Asked {
    fn has(&self, field: Field) -> bool {
        self.fields.is_empty() || self.fields.contains(&field)
    }

    fn parts(&self) -> Parts {
        let wanted = |asked: bool| if asked { Wanted::Yes } else { Wanted::No };
        let annuaire = self.has(Field::AnnuaireSante);
        Parts {
            card: wanted(self.has(Field::Card) || annuaire),
            holder: wanted(self.has(Field::Holder) || annuaire),
            certificates: wanted(self.has(Field::Certificates)),
            pin: wanted(self.has(Field::Pin)),
        }
    }
}

pub(super) fn run(args: &CardRead, context: &Context) -> Result<Outcome, Failure> {
    let asked = Asked { fields: args.fields.clone() };
    let pin = args.pin.given()?.map(Given::Typed);
    if pin.is_none() && args.activity.is_some() {
        return Err(Failure::pin_needed());
    }
    let (card, ((identity, situations), notes)) = context.acts.act(Action::CardRead, |record| {
        let mut card = choose::card(&args.choice, context)?;
        record.with(&mut card);
        let read = card.session(|session| {
            let identity = session.identity(asked.parts())?;
            let situations = match &pin {
                Some(pin) => Some(record.unlock(session, pin, &args.pin)?.activities()?),
                None => None,
            };
            Ok(with_notes(session, (identity, situations)))
        })?;
        Ok((card, read))
    })?;
    let mut situations = situations;
    // Which access the holder has depends on all activities, whichever one is shown.
    let access = access(card.model().interface, &identity, situations.as_deref());
    if let Some(all) = situations.take() {
        situations = Some(activities::choose_one(all, args.activity)?);
    }
    let mut warnings = warnings(&notes);
    let holder = identity.holder();
    warnings.extend(Warning::luhn(holder.national_id.as_ref()));
    let emulated = is_emulated(&card, &identity.certificates);
    let text = render(&card, &identity, situations.as_deref(), &access, &asked, emulated);
    let remarks = lines(&warnings);
    let document = Document {
        schema: "cpskit.card.read/1",
        emulated,
        reader: card.reader().to_owned(),
        card: asked.has(Field::Card).then(|| CardPart::of(&card, &identity)),
        holder: asked.has(Field::Holder).then(|| HolderPart::of(&identity)),
        certificates: asked
            .has(Field::Certificates)
            .then(|| identity.certificates.iter().map(Certificate::from).collect()),
        pin: asked.has(Field::Pin).then(|| identity.pin.map(Tries::from)),
        annuaire_sante: asked.has(Field::AnnuaireSante).then_some(access),
        activities: situations.map(|found| found.into_iter().map(Activity::from).collect()),
        warnings,
        exchanges: card.exchanges().into(),
    };
    let mismatch = identity.mismatch().map(|mismatch| {
        Failure::new("card.identity.mismatch", Exit::Negative, mismatch.to_string())
            .hint("the card is not to be relied on: have it replaced")
    });
    Ok(Outcome::new(text, &document).remarks(remarks).failing(mismatch))
}

impl CardPart {
    fn of(card: &Card, identity: &Identity) -> Self {
        let family = identity.family();
        let category = identity.category().map(|category| category.code);
        let model = card.model();
        Self {
            generation: model.generation.to_string(),
            interface: model.interface.to_string(),
            atr: choose::atr(card),
            serial: identity.serial.as_ref().map(|found| found.serial.to_string()),
            number: identity.number(),
            label: identity.label.clone(),
            family: family.map(|(family, _)| family.to_string()),
            family_certain: matches!(family, Some((_, Certainty::Certain))),
            type_code: identity.card_type().map(|code| code.code),
            category: category.as_deref().and_then(category_name),
            category_code: category,
            valid_from: identity.id_card.as_ref().and_then(|card| card.issued),
            valid_to: identity.id_card.as_ref().and_then(|card| card.expires),
            opposition_on: identity.opposition(),
        }
    }
}

impl HolderPart {
    fn of(identity: &Identity) -> Self {
        let holder = identity.holder();
        let id = holder.national_id.as_ref();
        Self {
            national_id: id.map(ToString::to_string),
            id_type: id.map(|id| id.type_code().to_string()),
            rpps: id.and_then(|id| id.rpps()).map(str::to_owned),
            luhn: id.and_then(|id| id.luhn()).map(|key| key == LuhnKey::Right),
            family_name: holder.family_name,
            given_name: holder.given_name,
            civility: holder.civility.map(Code::from),
            profession: holder.profession.map(Code::from),
            speciality: holder.speciality.map(Code::from),
            practice_name: holder.practice_name,
        }
    }
}

/// Mode d'exercice of a liberal practice, table G17.
const LIBERAL: &str = "00";

/// Who has access without asking: a CDE, or a CPS in liberal practice (arrêté of 6 February 2009, article 7).
fn access(interface: Interface, identity: &Identity, situations: Option<&[Situation]>) -> Access {
    let unknown = |next_step: &str| Access { access: "unknown", next_step: next_step.to_owned() };
    let automatic = || Access {
        access: "automatic",
        next_step: "nothing to do; the card opens the restricted Annuaire Santé as it is"
            .to_owned(),
    };
    let enrolment = || {
        let number = identity.number().unwrap_or_else(|| "on the card".to_owned());
        let next_step = format!(
            "ask the ANS for access rights to the RPPS data with the request form, giving the card number ({number})"
        );
        Access { access: "enrolment-required", next_step }
    };
    match (identity.family(), situations) {
        (Some((_, Certainty::Uncertain)), _) => unknown(
            "director and staff cannot be told apart on this card; a CDE has access without enrolment",
        ),
        (Some((Family::Cde, _)), _) => automatic(),
        (Some((Family::Cps, _)), None) if interface == Interface::Contactless => unknown(
            "the mode d'exercice is not on the contactless interface: put the card in a contact reader",
        ),
        (Some((Family::Cps, _)), None) => unknown(
            "the mode d'exercice is behind the PIN: read again with `--pin-env`, `--pin-file` or `--pin-fd`",
        ),
        (Some((Family::Cps, _)), Some(situations)) => {
            let mode =
                |found: &Situation| found.activity.mode.as_ref().map(|mode| mode.code.clone());
            match situations.iter().any(|found| mode(found).as_deref() == Some(LIBERAL)) {
                true => automatic(),
                false => enrolment(),
            }
        }
        (Some(_), _) => enrolment(),
        (None, _) => unknown("the card does not tell its family"),
    }
}

fn render(
    card: &Card,
    identity: &Identity,
    situations: Option<&[Situation]>,
    access: &Access,
    asked: &Asked,
    emulated: bool,
) -> String {
    let mut blocks = Vec::new();
    if emulated {
        blocks.push(format!("[{EMULATED}]"));
    }
    if asked.has(Field::Holder) {
        blocks.push(holder_block(identity));
    }
    if asked.has(Field::Card) {
        blocks.push(card_block(card, identity));
    }
    if asked.has(Field::Certificates) && !identity.certificates.is_empty() {
        let mut facts = Facts::default();
        for found in &identity.certificates {
            let certificate = &found.certificate;
            let until = certificate.not_after().map(|at| at.strftime("%Y-%m-%d").to_string());
            let until = until.unwrap_or_else(|_| "an unreadable date".to_owned());
            let name = match found.role {
                Role::Authentication => "authentication certificate",
                Role::Signature => "signature certificate",
                Role::Technical => "technical certificate",
                Role::Other => "other certificate",
            };
            facts.add(name, Some(format!("valid until {until}, issued by {}", issuer_name(found))));
        }
        blocks.push(facts.render());
    }
    if asked.has(Field::Pin) {
        let mut facts = Facts::default();
        facts.add("PIN", identity.pin.as_ref().map(pin::words));
        blocks.push(facts.render());
    }
    if asked.has(Field::AnnuaireSante) {
        let mut facts = Facts::default();
        facts.add("Annuaire Santé", Some(format!("{}; {}", access.access, access.next_step)));
        blocks.push(facts.render());
    }
    for situation in situations.unwrap_or_default() {
        blocks.push(activities::render(situation));
    }
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n")
}

fn issuer_name(found: &crate::card::CardCertificate) -> String {
    let issuer = found.certificate.issuer();
    issuer.first("2.5.4.3").map_or_else(|| issuer.to_string(), str::to_owned)
}

fn holder_block(identity: &Identity) -> String {
    let holder = identity.holder();
    let civility = holder.civility.as_ref().and_then(|civility| civility.label);
    let names = [civility, holder.given_name.as_deref(), holder.family_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let id = holder.national_id.as_ref().map(|id| match id.luhn() {
        Some(LuhnKey::Wrong) => format!("{id} (wrong Luhn key)"),
        _ => id.to_string(),
    });
    let mut facts = Facts::default();
    facts
        .add("holder", (!name.is_empty()).then_some(name))
        .add("national identifier", id)
        .add("profession", holder.profession.as_ref().map(code))
        .add("speciality", holder.speciality.as_ref().map(code))
        .add("practice name", holder.practice_name.as_ref());
    facts.render()
}

fn card_block(card: &Card, identity: &Identity) -> String {
    let part = CardPart::of(card, identity);
    let family = part.family.map(|family| match part.family_certain {
        true => family,
        false => format!("{family} (or director: the card does not tell)"),
    });
    let category = identity.category().as_ref().map(code);
    let mut facts = Facts::default();
    facts
        .add("card", Some(format!("{} ({})", part.generation, part.interface)))
        .add("family", family)
        .add("category", category)
        .add("card number", part.number)
        .add("chip serial", part.serial)
        .add("label", part.label)
        .add("valid from", part.valid_from)
        .add("valid to", part.valid_to)
        .add("opposition on", part.opposition_on)
        .add("reader", Some(card.reader()));
    facts.render()
}
