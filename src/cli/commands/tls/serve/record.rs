//! What the bench says: that it listens, and of each connection who it was, as a line, a document and an answer.

use std::net::SocketAddr;

use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use super::own::Own;
use crate::cli::checked::Row;
use crate::cli::context::now;
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::nomenclature::Code;
use crate::tls::{Accepted, Handshake, Visitor};
use crate::web::bench::Answer;
use crate::x509::Environment;

const SCHEMA: &str = "cpskit.tls.serve/1";

/// The first line.
#[derive(Serialize)]
pub(super) struct Ready {
    schema: &'static str,
    emulated: bool,
    at: Timestamp,
    event: &'static str,
    address: String,
    anchor: Option<String>,
}

impl Ready {
    pub(super) fn new(address: SocketAddr, own: &Own, at: Timestamp) -> Self {
        Self {
            schema: SCHEMA,
            emulated: own.is_emulated(),
            at,
            event: "ready",
            address: format!("https://{address}/"),
            anchor: own.anchor.clone(),
        }
    }

    pub(super) fn text(&self) -> String {
        let label = if self.emulated { " [emulated]" } else { "" };
        format!("listening at {}{label}", self.address)
    }
}

/// One connection.
#[derive(Serialize)]
pub(super) struct Record {
    schema: &'static str,
    emulated: bool,
    at: Timestamp,
    event: &'static str,
    peer: String,
    /// `admitted`, `refused`, `anonymous` or `failed`.
    outcome: &'static str,
    tls: Option<Tls>,
    visitor: Option<Who>,
    verdict: Option<&'static str>,
    findings: Vec<Row>,
    refusals: Vec<Reason>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Tls {
    version: &'static str,
    suite: String,
    alpn: Option<&'static str>,
    session: &'static str,
}

#[derive(Serialize)]
struct Who {
    national_id: Option<String>,
    card_number: Option<String>,
    family: Option<&'static str>,
    environment: Option<&'static str>,
    family_name: Option<String>,
    given_name: Option<String>,
    profession: Option<Code>,
    structure_name: Option<String>,
    structure_id: Option<String>,
    subject: String,
    issuer: String,
    serial: String,
    sha256: String,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

impl Record {
    /// Somebody whose handshake succeeded.
    pub(super) fn met(peer: SocketAddr, accepted: &Accepted, is_emulated: bool) -> Self {
        let tls = Tls {
            version: accepted.version().name(),
            suite: accepted.suite(),
            alpn: accepted.alpn().map(|alpn| alpn.name()),
            session: match accepted.handshake() {
                Handshake::Full => "full",
                Handshake::Resumed => "resumed",
            },
        };
        let record = Self { tls: Some(tls), ..Self::blank(peer, is_emulated) };
        match accepted.visitor() {
            Some(visitor) => record.about(visitor),
            None => Self {
                outcome: "anonymous",
                refusals: vec![Reason {
                    code: "tls.client.anonymous",
                    message: "no certificate was shown".to_owned(),
                }],
                ..record
            },
        }
    }

    /// Somebody who was refused in the handshake.
    pub(super) fn refused(peer: SocketAddr, visitor: &Visitor, is_emulated: bool) -> Self {
        Self::blank(peer, is_emulated).about(visitor)
    }

    /// A handshake that came to nothing.
    pub(super) fn failed(peer: SocketAddr, error: String, is_emulated: bool) -> Self {
        Self { error: Some(error), ..Self::blank(peer, is_emulated) }
    }

    fn blank(peer: SocketAddr, emulated: bool) -> Self {
        Self {
            schema: SCHEMA,
            emulated,
            at: now(),
            event: "connection",
            peer: peer.to_string(),
            outcome: "failed",
            tls: None,
            visitor: None,
            verdict: None,
            findings: Vec::new(),
            refusals: Vec::new(),
            error: None,
        }
    }

    fn about(self, visitor: &Visitor) -> Self {
        let (holder, certificate) = (&visitor.holder, &visitor.certificate);
        let who = Who {
            national_id: holder.national_id.as_ref().map(|id| id.as_str().to_owned()),
            card_number: holder.card_number.as_ref().map(ToString::to_string),
            family: visitor.family.map(|family| family.name()),
            environment: visitor.environment.map(|environment| environment.name()),
            family_name: holder.family_name.clone(),
            given_name: holder.given_name.clone(),
            profession: holder.profession.clone().or(holder.future_profession.clone()),
            structure_name: holder.structure_name.clone(),
            structure_id: holder.structure_id.as_ref().map(ToString::to_string),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial().to_string(),
            sha256: hex(&certificate.sha256()),
        };
        let reason = |refusal: &crate::tls::Refusal| Reason {
            code: refusal.code(),
            message: refusal.to_string(),
        };
        Self {
            emulated: self.emulated || visitor.environment == Some(Environment::Emulated),
            outcome: if visitor.is_admitted() { "admitted" } else { "refused" },
            visitor: Some(who),
            verdict: Some(visitor.report.verdict().name()),
            findings: visitor.report.findings.iter().map(Row::from).collect(),
            refusals: visitor.refusals.iter().map(reason).collect(),
            ..self
        }
    }

    /// One line.
    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        match &self.visitor {
            Some(who) => parts.push(who.line()),
            None if self.error.is_none() => parts.push("nobody".to_owned()),
            None => {}
        }
        if let Some(tls) = &self.tls {
            parts.push(format!("{}, {} session", tls.version, tls.session));
        }
        parts.extend(self.refusals.iter().map(|reason| reason.message.clone()));
        parts.extend(self.error.clone());
        let label = if self.emulated { " [emulated]" } else { "" };
        clean(&format!("{}: {}{label}", self.outcome, parts.join("; ")))
    }

    /// What the client is answered: 200 to whom a service would admit, 403 to others.
    pub(super) fn answer(&self) -> Answer {
        let admitted = self.outcome == "admitted";
        let status = if admitted { StatusCode::OK } else { StatusCode::FORBIDDEN };
        let text = self.page();
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let html = format!(
            "<!doctype html><html><head><meta charset=\"utf-8\"><title>cpskit tls serve: {}</title></head>\
             <body><pre>{escaped}</pre></body></html>\n",
            self.outcome
        );
        let json = serde_json::to_string_pretty(self).expect("documents are plain data") + "\n";
        Answer { status, html, json, text }
    }

    /// Several lines, for people.
    fn page(&self) -> String {
        let mut lines =
            vec![format!("{}{}", self.outcome, if self.emulated { " [emulated]" } else { "" })];
        let mut fact = |name: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("{name}: {}", clean(&value))));
        };
        if let Some(who) = &self.visitor {
            fact("who", Some(who.name()));
            fact("national identifier", who.national_id.clone());
            fact("profession", who.profession.as_ref().map(ToString::to_string));
            fact("structure", who.structure_name.clone());
            fact("family", who.family.map(str::to_owned));
            fact("card", who.card_number.clone());
            fact("environment", who.environment.map(str::to_owned));
            fact("certificate", Some(who.subject.clone()));
            fact("issued by", Some(who.issuer.clone()));
        }
        if let Some(tls) = &self.tls {
            fact(
                "connection",
                Some(format!("{}, {}, {} session", tls.version, tls.suite, tls.session)),
            );
        }
        fact("verdict", self.verdict.map(str::to_owned));
        for row in &self.findings {
            fact(row.severity, Some(format!("{} ({}, {})", row.message, row.code, row.rule)));
        }
        for reason in &self.refusals {
            fact("a service would refuse", Some(format!("{} ({})", reason.message, reason.code)));
        }
        lines.join("\n") + "\n"
    }
}

impl Who {
    /// Given and family name, or what stands for them.
    fn name(&self) -> String {
        let names = [&self.given_name, &self.family_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() { self.subject.clone() } else { names.join(" ") }
    }

    fn line(&self) -> String {
        let parts = [
            Some(self.name()),
            self.national_id.clone(),
            self.family.map(str::to_owned),
            self.card_number.clone(),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
