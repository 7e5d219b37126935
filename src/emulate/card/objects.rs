//! The data objects of a card: identity, activities, billing, and their CPS2ter forms (CPx fact sheet §8).
//!
//! Each function writes one object from the persona, and refuses the field the object cannot hold.

use super::super::persona::{
    ActivitySpec, BillingSpec, Field, Limit, PersonId, Persona, PersonaError,
};
use crate::iso7816::tlv::encode;

/// ISO/IEC 7812 number of the issuer (CPx fact sheet §3.1).
pub(super) const ISSUER: &str = "8025000001";

/// Longest name, in characters (CPx fact sheet §8.3).
const NAME_MAX: usize = 27;

/// CPS_ID_CARD, tag E3 (CPx fact sheet §8.2).
pub(super) fn id_card(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let card = &persona.card;
    let mut issuer = Field::new("issuer").packed(ISSUER, 10)?;
    issuer.push(0xFF); // six bytes for eleven digits: the last one and the filler (inferred)
    let number = Field::new("card.number").digits(&card.number, 10)?;
    let fields = [
        encode(0x80, &issuer),
        encode(0x81, &Field::new("card.number").packed(number, 10)?),
        encode(0x82, &[Field::new("card.category").hex(&card.category)?]),
        encode(0x83, &Field::new("card.issued").date(&card.issued)?),
        encode(0x84, &Field::new("card.expires").date(&card.expires)?),
    ];
    Ok(encode(0xE3, &fields.concat()))
}

/// CPS_NAME_PS, tag E4 (CPx fact sheet §8.3).
pub(super) fn name(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let holder = &persona.holder;
    let given = Field::new("holder.given_names");
    if holder.given_names.len() > 3 {
        return given.refuse(Limit::Count(3));
    }
    let names: Result<Vec<_>, _> =
        holder.given_names.iter().map(|name| given.text(name, NAME_MAX)).collect();
    let names = names?.join(&0xFF);
    let mut fields = Vec::new();
    if let Some(code) = &holder.civility {
        fields.extend(encode(0x80, &[Field::new("holder.civility").decimal(code)?]));
    }
    fields.extend(text(0x81, "holder.family_name", holder.family_name.as_deref(), NAME_MAX)?);
    fields.extend(text(0x82, "holder.second_name", holder.second_name.as_deref(), NAME_MAX)?);
    if !names.is_empty() {
        fields.extend(encode(0x83, &names));
    }
    fields.extend(text(0x84, "holder.usual_name", holder.usual_name.as_deref(), NAME_MAX)?);
    Ok(encode(0xE4, &fields))
}

/// CPS_LANG_PS. Tag and layout are unpublished (CPx fact sheet §8.4, §14): E5 is inferred, and one field 80 of
/// two letters per language is ours.
pub(super) fn languages(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let field = Field::new("holder.languages");
    let mut fields = Vec::new();
    for language in &persona.holder.languages {
        let code = field.text(language, 2)?;
        if code.len() != 2 {
            return field.refuse(Limit::Text(2));
        }
        fields.extend(encode(0x80, &code));
    }
    if fields.len() > 0x7F {
        return field.refuse(Limit::Count(0x7F / 4));
    }
    Ok(encode(0xE5, &fields))
}

/// CPS_INFO_PS, tag ED (CPx fact sheet §8.5).
pub(super) fn info(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let speciality = persona.holder.speciality.as_deref();
    let fields = [
        info_start(persona)?,
        text(0x84, "holder.practice_name", persona.holder.practice_name.as_deref(), NAME_MAX)?,
        text(0x85, "holder.speciality", speciality, 10)?,
    ];
    Ok(encode(0xED, &fields.concat()))
}

/// CPS2TER_INFO_PS, tag E6: fields 80 to 82 as in CPS_INFO_PS, the practice name in 85 (CPx fact sheet §8.8).
pub(super) fn cps2ter_info(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let practice = persona.holder.practice_name.as_deref();
    let fields = [info_start(persona)?, text(0x85, "holder.practice_name", practice, NAME_MAX)?];
    Ok(encode(0xE6, &fields.concat()))
}

fn info_start(persona: &Persona) -> Result<Vec<u8>, PersonaError> {
    let holder = &persona.holder;
    let kind = Field::new("card.type").decimal(&persona.card.card_type)?;
    let Some(id) = &holder.national_id else {
        return Field::new("holder.national_id").refuse(Limit::Missing);
    };
    let id = PersonId::parse(id)?;
    // The second byte of field 80 holds eight flags of unknown meaning, 0 here as in the sheet's example.
    let mut fields = [encode(0x80, &[kind, 0]), encode(0x81, id.as_str().as_bytes())].concat();
    if let Some(code) = &holder.profession {
        fields.extend(encode(0x82, &[Field::new("holder.profession").decimal(code)?]));
    }
    Ok(fields)
}

/// CPS_ACTIVITY_nn_PS, tag EE (CPx fact sheet §8.6). The link number is the activity's own.
pub(super) fn activity(activity: &ActivitySpec) -> Result<Vec<u8>, PersonaError> {
    let field = |name| Field::of(name, activity.number);
    let mut fields = encode(0x80, &[field("mode").decimal(&activity.mode)?]);
    if let Some(status) = &activity.status {
        fields.extend(encode(0x81, &[field("status").hex(status)?]));
    }
    if let Some(section) = &activity.section {
        fields.extend(encode(0x82, &field("section").text(section, 2)?));
    }
    fields.extend(encode(0x83, &[activity.number]));
    fields.extend(encode(0x84, &field("structure_name").text(&activity.structure_name, 40)?));
    fields.extend(encode(0x85, &field("structure_id").text(&activity.structure_id, 15)?));
    fields.extend(encode(0x86, &field("sector").text(&activity.sector, 4)?));
    if let Some(end) = &activity.end {
        fields.extend(encode(0x87, &field("end").date(end)?));
    }
    Ok(encode(0xEE, &fields))
}

/// CPS2TER_ACTIVITY_nn_PS, tag E8 (CPx fact sheet §8.8). An RPPS persona has no ADELI sector (table G19): FF, as
/// the sheet allows, stands there and in the unknown byte that follows.
pub(super) fn cps2ter_activity(activity: &ActivitySpec) -> Result<Vec<u8>, PersonaError> {
    let field = |name| Field::of(name, activity.number);
    let status = match &activity.status {
        Some(status) => field("status").hex(status)?,
        None => 0,
    };
    let mut fields = encode(0x80, &[field("mode").decimal(&activity.mode)?, status]);
    let id = field("structure_id").text(&activity.structure_id, 15)?;
    let mut nibbles: Vec<u8> = id
        .iter()
        .map(|byte| {
            char::from(*byte).to_digit(16).and_then(|n| u8::try_from(n).ok()).unwrap_or(0xF)
        })
        .collect();
    nibbles.resize(16, 0xF);
    let packed = nibbles.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
    fields.extend(encode(0x81, &[0xFF, 0xFF].into_iter().chain(packed).collect::<Vec<_>>()));
    if let Some(section) = &activity.section {
        fields.extend(encode(0x83, &field("section").text(section, 2)?));
    }
    fields.extend(encode(0x84, &[activity.number]));
    if let Some(end) = &activity.end {
        fields.extend(encode(0x87, &field("end").date(end)?));
    }
    fields.extend(encode(0x88, &field("structure_name").text(&activity.structure_name, 40)?));
    Ok(encode(0xE8, &fields))
}

/// CPS_SIT_FACT, tag E0: one template A0 per billed activity, at most eight (CPx fact sheet §8.7).
pub(super) fn billing(activities: &[ActivitySpec]) -> Result<Vec<u8>, PersonaError> {
    let mut templates = Vec::new();
    let billed =
        activities.iter().filter_map(|activity| Some((activity, activity.billing.as_ref()?)));
    for (position, (activity, billing)) in billed.enumerate() {
        if position == 8 {
            return Field::of("billing", activity.number).refuse(Limit::Count(8));
        }
        templates.extend(encode(0xA0, &billing_template(activity.number, billing)?));
    }
    Ok(encode(0xE0, &templates))
}

fn billing_template(number: u8, billing: &BillingSpec) -> Result<Vec<u8>, PersonaError> {
    let field = |name| Field::of(name, number);
    let situation = [
        field("billing.speciality").digits(&billing.speciality, 2)?,
        field("billing.convention").digits(&billing.convention, 1)?,
        field("billing.zone").digits(&billing.zone, 2)?,
        field("billing.travel").digits(&billing.travel, 1)?,
    ]
    .concat();
    let approvals = field("billing.approvals");
    if billing.approvals.len() > 3 {
        return approvals.refuse(Limit::Count(3));
    }
    let mut fields = [
        encode(0x80, &[number]),
        encode(0x81, &field("billing.id").packed(&billing.id, 10)?),
        encode(0x82, &field("billing").packed(&situation, 6)?),
    ]
    .concat();
    if !billing.approvals.is_empty() {
        let codes: Result<Vec<_>, _> =
            billing.approvals.iter().map(|code| approvals.digits(code, 2)).collect();
        fields.extend(encode(0x83, &approvals.packed(&codes?.concat(), 6)?));
    }
    if let Some(signs) = &billing.signs {
        fields.extend(encode(0x84, &[field("billing.signs").hex(signs)?]));
    }
    Ok(fields)
}

/// A text field, or nothing when the persona does not have it.
fn text(
    tag: u32,
    name: &'static str,
    value: Option<&str>,
    max: usize,
) -> Result<Vec<u8>, PersonaError> {
    value.map_or(Ok(Vec::new()), |value| Ok(encode(tag, &Field::new(name).text(value, max)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso7816::apdu::Hex;

    fn persona(change: impl FnOnce(&mut Persona)) -> Persona {
        let mut persona = Persona::builtin("medecin-cps3").expect("a builtin persona");
        change(&mut persona);
        persona
    }

    fn hex(object: Result<Vec<u8>, PersonaError>) -> String {
        Hex(&object.expect("an object")).to_string()
    }

    #[test]
    fn cps_id_card_is_the_example_of_the_sheet() {
        // CPx fact sheet §8.2.
        let persona = persona(|persona| {
            persona.card.number = "2800000001".to_owned();
            persona.card.issued = "2024-01-15".to_owned();
            persona.card.expires = "2027-01-31".to_owned();
        });
        assert_eq!(
            hex(id_card(&persona)),
            "E31E80068025000001FF81052800000001820180830420240115840420270131"
        );
    }

    #[test]
    fn cps_info_ps_is_the_example_of_the_sheet() {
        // CPx fact sheet §8.5.
        let persona = persona(|persona| {
            persona.holder.national_id = Some("899700218896".to_owned());
            persona.holder.practice_name = Some("SPECIALISTE".to_owned());
        });
        assert_eq!(
            hex(info(&persona)),
            "ED2880020000810C38393937303032313838393682010A840B5350454349414C495354458504534D3236"
        );
    }

    #[test]
    fn first_names_are_separated_by_ff_and_are_three_at_most() {
        let named = |names: &[&str]| {
            persona(|persona| {
                persona.holder.given_names = names.iter().map(|name| (*name).to_owned()).collect();
            })
        };
        let written = name(&named(&["AB", "É"])).expect("an object");
        assert!(written.windows(6).any(|part| part == [0x83, 4, b'A', b'B', 0xFF, 0xC9]));
        let refused = Field::new("holder.given_names").refuse(Limit::Count(3));
        assert_eq!(name(&named(&["A", "B", "C", "D"])), refused);
    }

    #[test]
    fn a_name_longer_than_27_characters_is_refused() {
        let long = persona(|persona| persona.holder.family_name = Some("E".repeat(28)));
        assert_eq!(name(&long), Field::new("holder.family_name").refuse(Limit::Text(27)));
    }

    #[test]
    fn an_activity_holds_its_link_structure_and_end() {
        let persona = persona(|persona| {
            persona.activities[2].structure_name = "A".to_owned();
            persona.activities[2].structure_id = "10B0307377".to_owned();
        });
        assert_eq!(
            hex(activity(&persona.activities[2])),
            "EE21800104830104840141850A313042303330373337378604534130388704\
             20271231"
        );
        assert_eq!(
            hex(cps2ter_activity(&persona.activities[2])),
            "E81C80020400810AFFFF10B0307377FFFFFF840104870420271231880141"
        );
    }

    #[test]
    fn billing_packs_its_six_digits_and_fills_an_odd_number() {
        // The shape of the recorded object, CPx fact sheet §8.7.
        let persona = persona(|persona| {
            persona.activities.truncate(1);
            let billing = persona.activities[0].billing.as_mut().expect("it has one");
            billing.id = "991234567".to_owned();
            billing.approvals = vec!["01".to_owned(), "00".to_owned(), "00".to_owned()];
            billing.zone = "00".to_owned();
        });
        assert_eq!(
            hex(billing(&persona.activities)),
            "E019A0178001018105991234567F82030110008303010000840111"
        );
    }
}
