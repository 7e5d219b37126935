//! The lists of `lists.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cpskit::emulate::igc::{
    Authority, LegacyAuthority, ListIssuers, ListKinds, ListRequest, ListScope, Place, Reason,
    Revoked, TestKey, list_signer_key,
};
use cpskit::x509::Certificate;
use der::pem::{LineEnding, encode_string};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    list: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    file: String,
    issuer: Option<String>,
    signer: Option<String>,
    this_update: Option<String>,
    next_update: Option<String>,
    number: Option<u64>,
    base: Option<u64>,
    scope: Option<ScopeRow>,
    #[serde(default)]
    entries: Vec<EntryRow>,
    version: Option<u8>,
    unknown_critical: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeRow {
    point: Option<String>,
    kinds: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
    issuers: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryRow {
    certificate: String,
    of: Option<String>,
    at: String,
    reason: Option<String>,
}

/// Every list, by its path under `certs-test`; `certificates` are those just made.
pub(crate) fn made(certificates: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, Vec<u8>> {
    let lists: Lists = super::read("lists.toml");
    let mut made = BTreeMap::new();
    for row in &lists.list {
        let der = row.request(certificates).der().expect("minted");
        let bytes = match row.file.ends_with(".pem") {
            true => encode_string("X509 CRL", LineEnding::LF, &der).expect("short").into_bytes(),
            false => der,
        };
        made.insert(Path::new("lists").join(&row.file), bytes);
    }
    made
}

impl Row {
    fn request(&self, certificates: &BTreeMap<PathBuf, Vec<u8>>) -> ListRequest {
        let this_update = instant(self.this_update.as_deref().unwrap_or("2026-03-01T22:00:00Z"));
        let issuer = self.issuer.as_deref().unwrap_or("ACI-EL-ORG-TEST");
        let legacy = LegacyAuthority::ALL.into_iter().find(|legacy| legacy.code() == issuer);
        let mut request = match legacy {
            Some(legacy) => ListRequest::legacy(legacy, this_update),
            None => ListRequest::new(authority(issuer), this_update),
        };
        request = request.number(self.number.unwrap_or(1287));
        if let Some(signer) = &self.signer {
            request = request.signed_by(key(signer));
        }
        request = match self.next_update.as_deref() {
            None => request,
            Some("none") => request.without_next_update(),
            Some(next) => request.until(instant(next)),
        };
        if let Some(base) = self.base {
            request = request.delta_of(base);
        }
        if let Some(scope) = &self.scope {
            request = request.scope(scope.scope());
        }
        for entry in &self.entries {
            let revoked = entry.revoked(certificates);
            request = match &entry.of {
                None => request.revoking(revoked),
                Some(of) => request.revoking_of(authority(of), revoked),
            };
        }
        request = match self.version {
            None => request,
            Some(1) => request.version_1(),
            Some(other) => panic!("no version {other}"),
        };
        match self.unknown_critical.as_deref() {
            None => request,
            Some("list") => request.with_unknown_critical(Place::List),
            Some("entry") => request.with_unknown_critical(Place::Entry),
            Some(other) => panic!("no place {other}"),
        }
    }
}

impl ScopeRow {
    fn scope(&self) -> ListScope {
        ListScope {
            point: self.point.clone(),
            kinds: match self.kinds.as_deref() {
                None => ListKinds::All,
                Some("users") => ListKinds::Users,
                Some("authorities") => ListKinds::Authorities,
                Some("attributes") => ListKinds::Attributes,
                Some(other) => panic!("no kinds {other}"),
            },
            reasons: self.reasons.iter().map(|name| reason(name)).collect(),
            issuers: match self.issuers.as_deref() {
                None => ListIssuers::Own,
                Some("any") => ListIssuers::Any,
                Some(other) => panic!("no issuers {other}"),
            },
        }
    }
}

impl EntryRow {
    fn revoked(&self, certificates: &BTreeMap<PathBuf, Vec<u8>>) -> Revoked {
        let path = Path::new("igc/test").join(format!("{}.der", self.certificate));
        let certificate = Certificate::parse(&certificates[&path]).expect("just made");
        Revoked {
            serial: certificate.serial().content().to_vec(),
            at: instant(&self.at),
            reason: self.reason.as_deref().map(reason),
        }
    }
}

fn authority(code: &str) -> Authority {
    Authority::by_code(code).unwrap_or_else(|| panic!("no authority {code}"))
}

fn key(name: &str) -> TestKey {
    match name {
        "ACI-EL-ORG-TEST-lists" => list_signer_key(),
        code => authority(code).key(),
    }
}

/// As RFC 5280 spells it.
fn reason(name: &str) -> Reason {
    match name {
        "keyCompromise" => Reason::KeyCompromise,
        "cACompromise" => Reason::CaCompromise,
        "affiliationChanged" => Reason::AffiliationChanged,
        "superseded" => Reason::Superseded,
        "cessationOfOperation" => Reason::CessationOfOperation,
        "certificateHold" => Reason::CertificateHold,
        "removeFromCRL" => Reason::RemoveFromCrl,
        "privilegeWithdrawn" => Reason::PrivilegeWithdrawn,
        "aACompromise" => Reason::AaCompromise,
        other => panic!("no reason {other}"),
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
