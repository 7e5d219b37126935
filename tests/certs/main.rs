//! `certs-test` is what its profile makes, byte for byte.
//!
//! With `CPSKIT_REMAKE=1` (`make certs`) the files are written instead of compared. This is the only test of this
//! file: the crate embeds the files, and any other test would see those of before.
#![cfg(feature = "emulate")]

mod legacy;
mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use cpskit::emulate::igc::{
    self, Authority, OrganisationProduct, OrganisationRequest, ProfessionalProduct,
    ProfessionalRequest, World,
};
use cpskit::emulate::persona::{Persona, StructureSpec};
use jiff::Timestamp;
use serde::Deserialize;

#[test]
fn the_committed_certificates_and_lists_are_what_the_profile_makes() {
    let made = made();
    if env::var_os("CPSKIT_REMAKE").is_some() {
        for (path, certificate) in &made {
            fs::write(folder().join(path), certificate).expect("a writable tree");
        }
        return;
    }
    let committed = committed();
    let differing: BTreeSet<&PathBuf> = made
        .keys()
        .chain(committed.keys())
        .filter(|path| made.get(*path) != committed.get(*path))
        .collect();
    assert!(differing.is_empty(), "not what the profile makes (`make certs`?): {differing:#?}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    authorities: Vec<AuthorityRow>,
    organisations: Organisations,
    professionals: Professionals,
    list_signer: ListSigner,
    legacy: legacy::Legacy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListSigner {
    not_before: String,
    not_after: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityRow {
    code: String,
    not_before: String,
    not_after: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organisations {
    not_before: String,
    structure: StructureSpec,
    products: Vec<OrganisationRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationRow {
    product: String,
    name: String,
    #[serde(default)]
    other_names: Vec<String>,
    not_after: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Professionals {
    not_before: String,
    persona: String,
    products: Vec<ProfessionalRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfessionalRow {
    product: String,
    email: String,
    not_after: String,
}

/// Every certificate and every list, by its path under `certs-test`.
fn made() -> BTreeMap<PathBuf, Vec<u8>> {
    let profile: Profile = read("profile.toml");
    let mut made = BTreeMap::new();
    for row in &profile.authorities {
        let authority = Authority::by_code(&row.code).expect("a code of the profile");
        let (from, to) = (midnight(&row.not_before), midnight(&row.not_after));
        let certificate = igc::authority_certificate(authority, from, to).expect("minted");
        made.insert(igc_path(authority.world(), &row.code), certificate);
    }
    organisations(&profile.organisations, &mut made);
    professionals(&profile.professionals, &mut made);
    for slug in slugs() {
        cards(&slug, &mut made);
    }
    let ListSigner { not_before, not_after } = &profile.list_signer;
    let signer = igc::list_signer_certificate(midnight(not_before), midnight(not_after));
    let path = igc_path(World::Test, "ACI-EL-ORG-TEST-lists");
    made.insert(path, signer.expect("minted"));
    profile.legacy.make(&mut made);
    made.extend(lists::made(&made));
    made
}

fn organisations(table: &Organisations, made: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for row in &table.products {
        let other_names: Vec<&str> = row.other_names.iter().map(String::as_str).collect();
        let product = match row.product.as_str() {
            "org-auth-cli" => OrganisationProduct::OrgAuthCli,
            "org-conf" => OrganisationProduct::OrgConf,
            "org-sign" => OrganisationProduct::OrgSign,
            "serv-ssl" => OrganisationProduct::ServSsl { other_names: &other_names },
            other => panic!("no product {other}"),
        };
        let world = World::Test;
        let request =
            OrganisationRequest { world, product, structure: &table.structure, name: &row.name };
        let key = igc::product_key(&row.product).expect("embedded").public().expect("RSA");
        let (from, to) = (midnight(&table.not_before), midnight(&row.not_after));
        let certificate = igc::organisation_certificate(&request, &key, from, to).expect("minted");
        made.insert(igc_path(world, &row.product), certificate);
    }
}

fn professionals(table: &Professionals, made: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let persona = persona(&table.persona);
    for row in &table.products {
        let product = match row.product.as_str() {
            "ps-auth" => ProfessionalProduct::PsAuth { principal: &row.email },
            "ps-sign" => ProfessionalProduct::PsSign { email: Some(&row.email) },
            other => panic!("no product {other}"),
        };
        let world = World::Test;
        let request = ProfessionalRequest { world, product, holder: &persona.holder };
        let key = igc::product_key(&row.product).expect("embedded").public().expect("RSA");
        let (from, to) = (midnight(&table.not_before), midnight(&row.not_after));
        let certificate = igc::professional_certificate(&request, &key, from, to).expect("minted");
        made.insert(igc_path(world, &row.product), certificate);
    }
}

fn cards(slug: &str, made: &mut BTreeMap<PathBuf, Vec<u8>>) {
    assert!(igc::committed(slug).is_some(), "{slug} is not embedded in igc/committed.rs");
    let persona = persona(slug);
    let (from, to) = igc::card_validity(&persona).expect("dates");
    let card = igc::card_certificates(&persona, from, to).expect("minted");
    for (name, certificate) in [
        ("signature.der", card.signature),
        ("authentication.der", card.authentication),
        ("technical.der", card.technical),
    ] {
        if let Some(certificate) = certificate {
            let path = Path::new("cards").join(slug).join(name);
            made.insert(path, certificate.der.into_owned());
        }
    }
}

/// Every certificate and every list of `certs-test`, by its path there.
fn committed() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut folders = vec![PathBuf::from("igc/prod"), PathBuf::from("igc/test")];
    folders.extend([PathBuf::from("legacy"), PathBuf::from("lists")]);
    folders.extend(slugs().iter().map(|slug| Path::new("cards").join(slug)));
    let mut files = BTreeMap::new();
    for path in folders.iter().flat_map(|folder| entries(folder)) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let of_list = path.starts_with("lists") && extension == Some("pem");
        if matches!(extension, Some("der" | "crl")) || of_list {
            let bytes = fs::read(folder().join(&path)).expect("readable");
            files.insert(path, bytes);
        }
    }
    files
}

fn igc_path(world: World, name: &str) -> PathBuf {
    let world = match world {
        World::Production => "prod",
        World::Test => "test",
    };
    Path::new("igc").join(world).join(format!("{name}.der"))
}

fn slugs() -> Vec<String> {
    let mut slugs: Vec<String> = entries(Path::new("cards"))
        .iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    slugs.sort();
    slugs
}

fn entries(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder().join(path))
        .expect("a folder of certs-test")
        .map(|entry| path.join(entry.expect("readable").file_name()))
        .collect()
}

fn persona(slug: &str) -> Persona {
    read(&format!("cards/{slug}/persona.toml"))
}

fn read<T: for<'de> Deserialize<'de>>(path: &str) -> T {
    let text = fs::read_to_string(folder().join(path)).expect("readable");
    toml::from_str(&text).expect("of the expected shape")
}

fn midnight(date: &str) -> Timestamp {
    format!("{date}T00:00:00Z").parse().expect("a date")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-test")
}
