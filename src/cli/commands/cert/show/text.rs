//! A certificate for people: who, what, until when, then the rest.

use std::fmt::Display;

use jiff::Timestamp;

use super::document::{
    Addresses, alternative_names, domain, gamme, person_register, place, structure_register,
};
use super::oddity;
use crate::cli::commands::cert::subject::Subject;
use crate::cli::output::json::hex;
use crate::cli::output::text::{Facts, clean, code, count};
use crate::cli::thresholds::Life;
use crate::id::LuhnKey;
use crate::x509::{Certificate, Environment, Extension, Holder, Product, PublicKey, Role, oid};

pub(super) fn render(subject: &Subject, now: Timestamp) -> String {
    let certificate = &subject.certificate;
    let mut facts = Facts::default();
    identity(&mut facts, certificate);
    holder(&mut facts, &Holder::of(certificate));
    dates(&mut facts, certificate, now);
    facts
        .add("serial", Some(certificate.serial()))
        .add("SHA-256", Some(hex(&certificate.sha256())))
        .add("SHA-1", Some(hex(&certificate.sha1())));
    key(&mut facts, certificate);
    uses(&mut facts, certificate);
    addresses(&mut facts, certificate);
    others(&mut facts, certificate);
    for oddity in oddity::all(certificate) {
        facts.add("oddity", Some(format!("{} ({})", oddity.message, oddity.code)));
    }
    format!("{}\n{}", clean(&subject.input), facts.render())
}

fn identity(facts: &mut Facts, certificate: &Certificate) {
    let product = match certificate.product() {
        Some(Product::OrgSign) => Some("ORG SIGN (a SERV SIGN looks the same)".to_owned()),
        Some(Product::Root(_) | Product::Intermediate(..)) => authority(certificate),
        Some(product) => Some(product.to_string()),
        None => None,
    };
    let environment = certificate.environment().map(|environment| match environment {
        Environment::Prod => "prod".to_owned(),
        Environment::Test => "test: no real holder".to_owned(),
        Environment::Recette => {
            "recette: the operator's own tests, neither prod nor test".to_owned()
        }
        Environment::Emulated => "emulated: worth nothing".to_owned(),
        Environment::Legacy => "legacy: ended in 2021, never trusted unless asked for".to_owned(),
        Environment::LegacyTest => {
            "legacy, test: ended in 2021, never trusted unless asked for".to_owned()
        }
    });
    let issuer = place(certificate).map(|(pki, place)| match place {
        Some(place) => format!("{pki} {} {}", gamme(place), domain(place)),
        None => pki.to_owned(),
    });
    facts
        .add("product", Some(product.unwrap_or_else(|| "none that is known".to_owned())))
        .add("environment", environment)
        .add("authority", Some(issuer.unwrap_or_else(|| "none that is known".to_owned())))
        .add("subject", Some(certificate.subject()))
        .add("issuer", Some(certificate.issuer()));
}

/// `intermediate authority: FORT PERSONNES`.
fn authority(certificate: &Certificate) -> Option<String> {
    let product = certificate.product()?;
    let place = crate::x509::Place::named(certificate.subject())?;
    Some(match product {
        Product::Root(_) => format!("{product}: {}", gamme(place)),
        _ => format!("{product}: {} {}", gamme(place), domain(place)),
    })
}

fn holder(facts: &mut Facts, holder: &Holder) {
    let names = [&holder.given_name, &holder.family_name];
    let name = names.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let wrong = |luhn| match luhn {
        Some(LuhnKey::Wrong) => ", wrong Luhn key",
        _ => "",
    };
    let id = holder.national_id.as_ref().map(|id| {
        let register = person_register(id);
        format!("{id} ({register}{})", wrong(id.luhn()))
    });
    let structure = holder.structure_id.as_ref().map(|id| {
        let register = structure_register(id);
        format!("{id} ({register}{})", wrong(id.luhn()))
    });
    let codes = |codes: &[crate::nomenclature::Code]| {
        let codes: Vec<String> = codes.iter().map(code).collect();
        (!codes.is_empty()).then(|| codes.join(", "))
    };
    let card = holder.card_number.as_ref().map(|number| match &holder.card_issuer {
        Some(issuer) => format!("{number} (issuer {issuer})"),
        None => number.to_string(),
    });
    facts
        .add("holder", Some(name).filter(|name| !name.is_empty()))
        .add("pseudonym", holder.pseudonym.as_ref())
        .add("national id", id)
        .add("RPPS", holder.national_id.as_ref().and_then(|id| id.rpps()))
        .add("title", holder.title.as_ref())
        .add("profession", holder.profession.as_ref().map(code))
        .add("studies for", holder.future_profession.as_ref().map(code))
        .add("specialities", codes(&holder.specialities))
        .add("sectors", codes(&holder.sectors))
        .add("responsibility", holder.responsibility.as_ref().map(code))
        .add("structure", holder.structure_name.as_ref())
        .add("structure id", structure)
        .add("department", holder.department.as_ref())
        .add("card number", card)
        .add("card type", holder.card_type.as_ref().map(code))
        .add("category", holder.category.as_ref().map(code))
        .add("principal name", holder.user_principal_name.as_ref());
}

fn dates(facts: &mut Facts, certificate: &Certificate, now: Timestamp) {
    let date = |date: Result<Timestamp, &crate::x509::TimeError>| match date {
        Ok(date) => date.to_string(),
        Err(error) => error.to_string(),
    };
    let left = Life::of(certificate).map(|life| {
        let days = |days: i64| count(u64::try_from(days).unwrap_or_default(), "day", "days");
        if now < life.start {
            ": not yet valid".to_owned()
        } else if now > life.end {
            format!(": expired {} ago", days((-life.days_left(now)).max(0)))
        } else {
            format!(": {} left", days(life.days_left(now)))
        }
    });
    facts.add("valid from", Some(date(certificate.not_before()))).add(
        "valid until",
        Some(format!("{}{}", date(certificate.not_after()), left.unwrap_or_default())),
    );
}

fn key(facts: &mut Facts, certificate: &Certificate) {
    let named = |oid: &str| oid::name(oid).unwrap_or(oid).to_owned();
    let key = match certificate.public_key() {
        Err(error) => error.to_string(),
        Ok(key) => match (&key, key.rsa_bits()) {
            (_, Some(bits)) => format!("RSA, {bits} bits"),
            (PublicKey::Other { algorithm, .. }, None) => {
                let curve = algorithm.named_curve().map(|curve| named(curve.as_str()));
                let curve = curve.map(|curve| format!(", {curve}")).unwrap_or_default();
                format!("{}{curve}", named(algorithm.oid.as_str()))
            }
            _ => "unknown".to_owned(),
        },
    };
    let identifier = |key: Option<Vec<u8>>| key.map(|key| hex(&key));
    let authority = certificate.authority_key_identifier().ok().flatten();
    facts
        .add("key", Some(key))
        .add("key id", identifier(certificate.subject_key_identifier().ok().flatten()))
        .add("issuer's key id", identifier(authority.and_then(|authority| authority.key)))
        .add("signed with", Some(named(certificate.signature_algorithm().oid.as_str())));
}

fn uses(facts: &mut Facts, certificate: &Certificate) {
    let constraints = certificate.basic_constraints().ok().flatten();
    let authority = constraints.filter(|read| read.role == Role::Authority);
    let authority = authority.map(|read| match read.path_length {
        None => "yes".to_owned(),
        Some(most) => format!("yes, with at most {most} below"),
    });
    let usage = certificate.key_usage().ok().flatten();
    let usage = usage.map(|uses| list(uses.iter().map(|found| found.name())));
    let purposes = certificate.extended_key_usage().ok().flatten();
    let purposes = purposes.map(|purposes| {
        list(purposes.iter().map(|oid| oid::name(oid.as_str()).unwrap_or(oid.as_str())))
    });
    let period = certificate.private_key_usage_period().ok().flatten();
    let bound =
        |bound: Option<Timestamp>| bound.map_or("…".to_owned(), |bound| bound.to_string());
    let period =
        period.map(|period| format!("{} to {}", bound(period.not_before), bound(period.not_after)));
    facts
        .add("issues others", authority)
        .add("key usage", usage)
        .add("extended usage", purposes)
        .add("key used", period);
    for policy in certificate.certificate_policies().ok().flatten().unwrap_or_default() {
        let name = oid::name(policy.oid.as_str()).map(|name| format!(" ({name})"));
        let statement = policy.cps.iter().map(|uri| format!(", {uri}")).collect::<String>();
        facts.add("policy", Some(format!("{}{}{statement}", policy.oid, name.unwrap_or_default())));
    }
    for (form, value) in alternative_names(certificate) {
        facts.add("other name", Some(format!("{form} {value}")));
    }
}

fn addresses(facts: &mut Facts, certificate: &Certificate) {
    let Addresses { crl, delta_crl, ocsp, issuer } = Addresses::of(certificate);
    for (name, addresses) in
        [("list", crl), ("delta list", delta_crl), ("OCSP", ocsp), ("issuer at", issuer)]
    {
        for address in addresses {
            facts.add(name, Some(address));
        }
    }
}

/// The extensions that none of the lines above decode.
fn others(facts: &mut Facts, certificate: &Certificate) {
    const DECODED: [&str; 19] = [
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::KEY_USAGE,
        oid::PRIVATE_KEY_USAGE_PERIOD,
        oid::SUBJECT_ALT_NAME,
        oid::BASIC_CONSTRAINTS,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::CERTIFICATE_POLICIES,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::EXT_KEY_USAGE,
        oid::FRESHEST_CRL,
        oid::AUTHORITY_INFO_ACCESS,
        oid::CARD_TYPE,
        oid::CARD_NUMBER,
        oid::CATEGORY,
        oid::PROFESSION,
        oid::FUTURE_PROFESSION,
        oid::RESPONSIBILITY,
        oid::SECTORS,
        oid::SPECIALITIES,
    ];
    let other = |extension: &&Extension| !DECODED.contains(&extension.oid.as_str());
    for extension in certificate.extensions().iter().filter(other) {
        let oid = &extension.oid;
        let name = oid::name(oid.as_str()).map_or(String::new(), |name| format!("{name} "));
        let critical = if extension.is_critical() { ", critical" } else { "" };
        let value = hex(&extension.value);
        facts.add("extension", Some(format!("{name}{oid}{critical}: {value}")));
    }
}

fn list<T: Display>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
