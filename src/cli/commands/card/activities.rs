//! `cpskit card activities`: the situations d'exercice, behind the PIN, with their billing data.

use jiff::civil::Date;
use serde::Serialize;

use super::{is_emulated, label, lines, obtain_pin, warnings, with_notes};
use crate::card::Situation;
use crate::card::objects::BillingLink;
use crate::cli::args::CardActivities;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Code, Exchanges, Warning};
use crate::cli::output::text::{Facts, code};
use crate::id::StructureId;
use crate::nomenclature::Table;
use crate::trace::Action;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    reader: String,
    activities: Vec<Activity>,
    warnings: Vec<Warning>,
    exchanges: Exchanges,
}

/// One situation d'exercice, as the documents write it.
#[derive(Debug, Serialize)]
pub(super) struct Activity {
    number: u8,
    mode: Option<Code>,
    mode_status: Option<String>,
    status: Option<String>,
    section: Option<Code>,
    structure_name: Option<String>,
    structure_id: Option<String>,
    structure_id_type: Option<Code>,
    sector: Option<Code>,
    date: Option<Date>,
    billing: Vec<Billing>,
}

#[derive(Debug, Serialize)]
struct Billing {
    id: Option<String>,
    speciality: Option<Code>,
    convention: Option<Code>,
    zone: Option<Code>,
    travel: Option<Code>,
    approvals: Vec<Code>,
    signs_claims: Option<bool>,
    signs_batches: Option<bool>,
}

pub(super) fn run(args: &CardActivities, context: &Context) -> Result<Outcome, Failure> {
    let mut card = choose::card(&args.choice, context)?;
    let pin = obtain_pin(&mut card, &args.pin, context)?;
    let (situations, notes) = context.acts.act(Action::CardActivities, |record| {
        record.with(&mut card);
        Ok(card.session(|session| {
            let situations = record.unlock(session, &pin, &args.pin)?.activities()?;
            Ok(with_notes(session, situations))
        })?)
    })?;
    let situations = choose_one(situations, args.activity)?;
    let emulated = is_emulated(&card, &[]);
    let text = match situations.as_slice() {
        [] => "no activity on this card".to_owned(),
        some => some.iter().map(render).collect::<Vec<_>>().join("\n\n"),
    };
    let warnings = warnings(&notes);
    let remarks = lines(&warnings);
    let document = Document {
        schema: "cpskit.card.activities/1",
        emulated,
        reader: card.reader().to_owned(),
        activities: situations.into_iter().map(Activity::from).collect(),
        warnings,
        exchanges: card.exchanges().into(),
    };
    Ok(Outcome::new(text, &document).remarks(remarks).labelled(label(emulated)))
}

/// All, or the one with this number.
pub(super) fn choose_one(
    situations: Vec<Situation>,
    number: Option<u8>,
) -> Result<Vec<Situation>, Failure> {
    let Some(number) = number else { return Ok(situations) };
    let numbers: Vec<String> = situations.iter().map(|found| found.number.to_string()).collect();
    let chosen: Vec<Situation> =
        situations.into_iter().filter(|found| found.number == number).collect();
    if chosen.is_empty() {
        let message = format!("the card has no activity {number}");
        return Err(Failure::new("card.activity.unknown", Exit::Usage, message)
            .hint(format!("its activities are: {}", numbers.join(", "))));
    }
    Ok(chosen)
}

impl From<Situation> for Activity {
    fn from(situation: Situation) -> Self {
        let Situation { number, activity, billing } = situation;
        let id = activity.structure_id.as_deref().and_then(|id| StructureId::parse(id).ok());
        Self {
            number,
            mode: activity.mode.map(Code::from),
            mode_status: activity.mode_status.map(|byte| format!("{byte:02x}")),
            status: activity.status.map(|status| status.to_lowercase()),
            section: activity.section.map(Code::from),
            structure_name: activity.structure_name,
            structure_id: activity.structure_id,
            structure_id_type: id.map(|id| Table::G07.code(id.type_code()).into()),
            sector: activity.sector.map(Code::from),
            date: activity.date,
            billing: billing.into_iter().map(Billing::from).collect(),
        }
    }
}

impl From<BillingLink> for Billing {
    fn from(link: BillingLink) -> Self {
        Self {
            id: link.id,
            speciality: link.speciality.map(Code::from),
            convention: link.convention.map(Code::from),
            zone: link.zone.map(Code::from),
            travel: link.travel.map(Code::from),
            approvals: link.approvals.into_iter().map(Code::from).collect(),
            signs_claims: link.signs.map(|byte| byte & 0x10 != 0),
            signs_batches: link.signs.map(|byte| byte & 0x01 != 0),
        }
    }
}

pub(super) fn render(situation: &Situation) -> String {
    let Situation { number, activity, billing } = situation;
    let mut facts = Facts::default();
    facts
        .add("activity", Some(number))
        .add("mode", activity.mode.as_ref().map(code))
        .add("section", activity.section.as_ref().map(code))
        .add("structure", activity.structure_name.as_ref())
        .add("identifier", activity.structure_id.as_ref())
        .add("sector", activity.sector.as_ref().map(code))
        .add("date", activity.date);
    for link in billing {
        let signs = match link.signs.map(|byte| (byte & 0x10 != 0, byte & 0x01 != 0)) {
            Some((true, true)) => Some("claim forms and batches"),
            Some((true, false)) => Some("claim forms"),
            Some((false, true)) => Some("batches"),
            _ => None,
        };
        facts
            .add("billing", link.id.as_ref())
            .add("  speciality", link.speciality.as_ref().map(code))
            .add("  convention", link.convention.as_ref().map(code))
            .add("  zone", link.zone.as_ref().map(code))
            .add("  travel", link.travel.as_ref().map(code))
            .add("  signs", signs);
        for approval in &link.approvals {
            facts.add("  approval", Some(code(approval)));
        }
    }
    facts.render()
}
