//! `cpskit.cert.show/1`: complete and stable. What has no value is `null` or empty, never left out.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::oddity::{self, Oddity};
use crate::cli::checked::Unread;
use crate::cli::commands::cert::subject::Subject;
use crate::cli::output::json::{Code, hex};
use crate::id::{LuhnKey, NationalId, StructureId};
use crate::nomenclature::Table;
use crate::x509::{
    Certificate, Domain, Environment, Gamme, GeneralName, Holder, IssuedBy, Place, PublicKey, Role,
    Version, oid,
};

#[derive(Serialize)]
pub(super) struct Document {
    schema: &'static str,
    emulated: bool,
    certificates: Vec<Shown>,
    unread: Vec<Value>,
}

impl Document {
    pub(super) fn of(subjects: &[Subject], unread: &[Unread], emulated: bool) -> Self {
        Self {
            schema: "cpskit.cert.show/1",
            emulated,
            certificates: subjects.iter().map(Shown::of).collect(),
            unread: unread.iter().map(Unread::json).collect(),
        }
    }
}

#[derive(Serialize)]
struct Shown {
    input: String,
    product: Option<&'static str>,
    environment: Option<&'static str>,
    authority: Option<Authority>,
    subject: String,
    issuer: String,
    serial: String,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    sha256: String,
    sha1: String,
    spki_sha256: String,
    version: Option<u8>,
    holder: Person,
    structure: Option<Structure>,
    card: Option<Card>,
    category: Option<Code>,
    key: Key,
    signature_algorithm: Named,
    basic_constraints: Option<Constraints>,
    key_usage: Option<Vec<&'static str>>,
    extended_key_usage: Option<Vec<Named>>,
    private_key_usage_period: Option<Period>,
    policies: Vec<Policy>,
    alternative_names: Vec<AlternativeName>,
    addresses: Addresses,
    subject_key_identifier: Option<String>,
    authority_key_identifier: Option<String>,
    extensions: Vec<Extension>,
    oddities: Vec<Oddity>,
}

/// The issuer, where it is known.
#[derive(Serialize)]
struct Authority {
    pki: &'static str,
    gamme: Option<&'static str>,
    domain: Option<&'static str>,
}

#[derive(Serialize)]
struct Person {
    national_id: Option<String>,
    id_type: Option<Code>,
    rpps: Option<String>,
    luhn: Option<bool>,
    family_name: Option<String>,
    given_name: Option<String>,
    pseudonym: Option<String>,
    title: Option<String>,
    profession: Option<Code>,
    future_profession: Option<Code>,
    specialities: Vec<Code>,
    sectors: Vec<Code>,
    responsibility: Option<Code>,
    user_principal_name: Option<String>,
}

#[derive(Serialize)]
struct Structure {
    name: Option<String>,
    id: Option<String>,
    id_type: Option<Code>,
    luhn: Option<bool>,
    department: Option<String>,
}

#[derive(Serialize)]
struct Card {
    issuer: Option<String>,
    number: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Code>,
}

#[derive(Serialize)]
struct Key {
    algorithm: Option<Named>,
    bits: Option<usize>,
    curve: Option<Named>,
}

#[derive(Serialize)]
struct Named {
    oid: String,
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct Constraints {
    authority: bool,
    path_length: Option<u32>,
}

#[derive(Serialize)]
struct Period {
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
}

#[derive(Serialize)]
struct Policy {
    oid: String,
    statements: Vec<String>,
}

#[derive(Serialize)]
struct AlternativeName {
    form: &'static str,
    value: String,
}

/// Where to ask, in the order of the certificate.
#[derive(Serialize)]
pub(super) struct Addresses {
    pub(super) crl: Vec<String>,
    pub(super) delta_crl: Vec<String>,
    pub(super) ocsp: Vec<String>,
    pub(super) issuer: Vec<String>,
}

#[derive(Serialize)]
struct Extension {
    oid: String,
    name: Option<&'static str>,
    critical: bool,
    value: String,
}

impl Shown {
    fn of(subject: &Subject) -> Self {
        let certificate = &subject.certificate;
        let holder = Holder::of(certificate);
        let authority_key = certificate.authority_key_identifier().ok().flatten();
        let purposes = certificate.extended_key_usage().ok().flatten();
        let usage = certificate.key_usage().ok().flatten();
        let period = certificate.private_key_usage_period().ok().flatten();
        let policies = certificate.certificate_policies().ok().flatten().unwrap_or_default();
        let extensions = certificate.extensions().iter().map(|extension| Extension {
            oid: extension.oid.to_string(),
            name: oid::name(extension.oid.as_str()),
            critical: extension.is_critical(),
            value: hex(&extension.value),
        });
        Self {
            input: subject.input.clone(),
            product: certificate.product().map(|product| product.name()),
            environment: certificate.environment().map(Environment::name),
            authority: authority(certificate),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial().to_string(),
            not_before: certificate.not_before().ok(),
            not_after: certificate.not_after().ok(),
            sha256: hex(&certificate.sha256()),
            sha1: hex(&certificate.sha1()),
            spki_sha256: hex(&certificate.spki_sha256()),
            version: match certificate.version() {
                Version::V1 => Some(1),
                Version::V2 => Some(2),
                Version::V3 => Some(3),
                Version::Unknown => None,
            },
            structure: structure(&holder),
            card: card(&holder),
            category: holder.category.clone().map(Code::from),
            holder: person(holder),
            key: key(certificate),
            signature_algorithm: named(certificate.signature_algorithm().oid.as_str()),
            basic_constraints: certificate.basic_constraints().ok().flatten().map(|read| {
                let authority = read.role == Role::Authority;
                Constraints { authority, path_length: read.path_length }
            }),
            key_usage: usage.map(|uses| uses.into_iter().map(|found| found.name()).collect()),
            extended_key_usage: purposes
                .map(|purposes| purposes.iter().map(|oid| named(oid.as_str())).collect()),
            private_key_usage_period: period.map(|period| Period {
                not_before: period.not_before,
                not_after: period.not_after,
            }),
            policies: policies
                .into_iter()
                .map(|policy| Policy { oid: policy.oid.to_string(), statements: policy.cps })
                .collect(),
            alternative_names: alternative_names(certificate)
                .into_iter()
                .map(|(form, value)| AlternativeName { form, value })
                .collect(),
            addresses: Addresses::of(certificate),
            subject_key_identifier: certificate
                .subject_key_identifier()
                .ok()
                .flatten()
                .map(|key| hex(&key)),
            authority_key_identifier: authority_key.and_then(|id| id.key).map(|key| hex(&key)),
            extensions: extensions.collect(),
            oddities: oddity::all(certificate),
        }
    }
}

impl Addresses {
    pub(super) fn of(certificate: &Certificate) -> Self {
        let uris = |names: &[GeneralName]| {
            names.iter().filter_map(GeneralName::uri).map(str::to_owned).collect::<Vec<_>>()
        };
        let lists = certificate.crl_distribution_points().ok().flatten().unwrap_or_default();
        let deltas = certificate.freshest_crl().ok().flatten().unwrap_or_default();
        let access = certificate.authority_info_access().ok().flatten().unwrap_or_default();
        let by = |method: &str| {
            let found = access.iter().filter(|access| access.method == *method);
            found.filter_map(|access| access.location.uri().map(str::to_owned)).collect()
        };
        Self {
            crl: lists.iter().flat_map(|point| uris(&point.names)).collect(),
            delta_crl: deltas.iter().flat_map(|point| uris(&point.names)).collect(),
            ocsp: by(oid::OCSP),
            issuer: by(oid::CA_ISSUERS),
        }
    }
}

/// The form and the text of each name of subjectAltName; what is no text is in hexadecimal.
pub(super) fn alternative_names(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let names = certificate.subject_alt_name().ok().flatten().unwrap_or_default();
    let show = |name: GeneralName| match name {
        GeneralName::Dns(name) => ("dns", name),
        GeneralName::Email(address) => ("email", address),
        GeneralName::Uri(uri) => ("uri", uri),
        GeneralName::Directory(name) => ("directory", name.to_string()),
        GeneralName::RegisteredId(oid) => ("registered_id", oid.to_string()),
        GeneralName::Ip(octets) => ("ip", address(&octets)),
        GeneralName::Other { ref kind, ref value } => match name.user_principal_name() {
            Some(principal) => ("upn", principal),
            None => ("other", format!("{kind}:{}", hex(value))),
        },
        GeneralName::Unread { value, .. } => ("unread", hex(&value)),
    };
    names.into_iter().map(show).collect()
}

fn address(octets: &[u8]) -> String {
    let four = <[u8; 4]>::try_from(octets).map(|octets| octets.into());
    let sixteen = || <[u8; 16]>::try_from(octets).map(|octets| octets.into());
    let address: Result<std::net::IpAddr, _> = four.or_else(|_| sixteen());
    address.map_or_else(|_| hex(octets), |address| address.to_string())
}

/// PKI, range and domain of the issuer.
pub(super) fn place(certificate: &Certificate) -> Option<(&'static str, Option<Place>)> {
    let pki = match certificate.issued_by() {
        IssuedBy::IgcSante { .. } => "IGC-Santé",
        IssuedBy::Emulation => "emulation",
        IssuedBy::Legacy { pki: crate::x509::LegacyPki::Cps2bis, .. } => "IGC-CPS2bis",
        IssuedBy::Legacy { .. } => "IGC-CPS2ter",
        _ => return None,
    };
    Some((pki, Place::named(certificate.issuer())))
}

pub(super) fn gamme(place: Place) -> &'static str {
    match place.gamme {
        Gamme::Elementaire => "ELEMENTAIRE",
        Gamme::Standard => "STANDARD",
        Gamme::Fort => "FORT",
    }
}

pub(super) fn domain(place: Place) -> &'static str {
    match place.domain {
        Domain::Racine => "RACINE",
        Domain::Personnes => "PERSONNES",
        Domain::Organisations => "ORGANISATIONS",
    }
}

fn authority(certificate: &Certificate) -> Option<Authority> {
    let (pki, place) = place(certificate)?;
    Some(Authority { pki, gamme: place.map(gamme), domain: place.map(domain) })
}

/// The register of a person's identifier, table G08.
pub(super) fn person_register(id: &NationalId) -> crate::nomenclature::Code {
    Table::G08.code(id.type_code().to_string())
}

/// The register of a structure's identifier, table G07.
pub(super) fn structure_register(id: &StructureId) -> crate::nomenclature::Code {
    Table::G07.code(id.type_code().to_string())
}

fn luhn(key: Option<LuhnKey>) -> Option<bool> {
    key.map(|key| key == LuhnKey::Right)
}

fn person(holder: Holder) -> Person {
    let id = holder.national_id.as_ref();
    let codes = |codes: Vec<crate::nomenclature::Code>| codes.into_iter().map(Code::from).collect();
    Person {
        id_type: id.map(|id| Code::from(person_register(id))),
        rpps: id.and_then(NationalId::rpps).map(str::to_owned),
        luhn: luhn(id.and_then(NationalId::luhn)),
        national_id: id.map(ToString::to_string),
        family_name: holder.family_name,
        given_name: holder.given_name,
        pseudonym: holder.pseudonym,
        title: holder.title,
        profession: holder.profession.map(Code::from),
        future_profession: holder.future_profession.map(Code::from),
        specialities: codes(holder.specialities),
        sectors: codes(holder.sectors),
        responsibility: holder.responsibility.map(Code::from),
        user_principal_name: holder.user_principal_name,
    }
}

fn structure(holder: &Holder) -> Option<Structure> {
    let id = holder.structure_id.as_ref();
    (id.is_some() || holder.structure_name.is_some()).then(|| Structure {
        name: holder.structure_name.clone(),
        id: id.map(ToString::to_string),
        id_type: id.map(|id| Code::from(structure_register(id))),
        luhn: luhn(id.and_then(StructureId::luhn)),
        department: holder.department.clone(),
    })
}

fn card(holder: &Holder) -> Option<Card> {
    let some =
        holder.card_issuer.is_some() || holder.card_number.is_some() || holder.card_type.is_some();
    some.then(|| Card {
        issuer: holder.card_issuer.clone(),
        number: holder.card_number.as_ref().map(ToString::to_string),
        kind: holder.card_type.clone().map(Code::from),
    })
}

fn key(certificate: &Certificate) -> Key {
    match certificate.public_key() {
        Err(_) => Key { algorithm: None, bits: None, curve: None },
        Ok(key) => {
            let bits = key.rsa_bits();
            match key {
                PublicKey::Other { algorithm, .. } => Key {
                    algorithm: Some(named(algorithm.oid.as_str())),
                    bits: None,
                    curve: algorithm.named_curve().map(|curve| named(curve.as_str())),
                },
                _ => Key { algorithm: Some(named(oid::RSA_ENCRYPTION)), bits, curve: None },
            }
        }
    }
}

fn named(oid: &str) -> Named {
    Named { oid: oid.to_owned(), name: oid::name(oid) }
}
