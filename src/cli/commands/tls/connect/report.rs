//! What is told of a call: the connection, who is who, the answer.

use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use http::header::LOCATION;
use serde::Serialize;
use serde_json::Value;

use super::Target;
use crate::cli::args::tls::TlsConnect;
use crate::cli::checked::Checked;
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::output::text::clean;
use crate::credential::{Credential, Nature};
use crate::tls::{ClientAuth, Facts, Handshake, IssuerHint, VersionLimit, Withheld};
use crate::web::request::Answer;

/// Where the body went.
pub(super) enum Body {
    File { path: PathBuf, length: u64 },
    Kept { bytes: Vec<u8>, length: u64 },
}

/// What is known before the connection is opened.
pub(super) struct Plan<'p> {
    pub(super) args: &'p TlsConnect,
    pub(super) target: &'p Target,
    client: Option<Client>,
}

/// Whose certificate may be shown.
struct Client {
    subject: String,
    sha256: String,
    nature: Nature,
}

/// What a call came to, but for the body.
pub(super) struct Told<'t> {
    pub(super) plan: &'t Plan<'t>,
    pub(super) facts: Facts,
    pub(super) limit: Option<VersionLimit>,
    /// The verdict on the server, as `cert verify` shows it.
    pub(super) server: Option<Checked>,
}

/// `cpskit.tls.connect/1`.
#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    emulated: bool,
    url: &'d str,
    connection: Connection<'d>,
    client: Shown<'d>,
    server: Option<&'d Value>,
    response: Response,
}

#[derive(Serialize)]
struct Connection<'d> {
    protocol: &'static str,
    cipher_suite: &'d str,
    group: Option<&'d str>,
    alpn: Option<&'static str>,
    handshake: &'static str,
    through_proxy: bool,
    /// Why not all versions were offered.
    version_limit: Option<String>,
}

#[derive(Serialize)]
struct Shown<'d> {
    certificate: &'static str,
    subject: Option<&'d str>,
    sha256: Option<&'d str>,
    scheme: Option<&'static str>,
    /// Whether the server names its authority; null where it names none.
    authority_named: Option<bool>,
}

#[derive(Serialize)]
struct Response {
    http: &'static str,
    status: u16,
    reason: Option<&'static str>,
    headers: Vec<Header>,
    location: Option<String>,
    body: BodyPart,
}

#[derive(Serialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct BodyPart {
    length: u64,
    encoding: Option<&'static str>,
    content: Option<String>,
    file: Option<String>,
}

impl<'p> Plan<'p> {
    pub(super) fn new(
        args: &'p TlsConnect,
        target: &'p Target,
        credential: Option<&dyn Credential>,
    ) -> Self {
        let client = credential.and_then(|credential| {
            let leaf = credential.chain().first()?;
            Some(Client {
                subject: leaf.subject().to_string(),
                sha256: hex(&leaf.sha256()),
                nature: credential.nature(),
            })
        });
        Self { args, target, client }
    }
}

impl Told<'_> {
    /// For people, before the body.
    pub(super) fn remarks(&self, answer: &Answer) -> Vec<String> {
        let facts = &self.facts;
        let alpn = facts.alpn.map_or(String::new(), |alpn| format!(", {}", alpn.name()));
        let resumed = match facts.handshake {
            Handshake::Full => "",
            Handshake::Resumed => ", session resumed",
        };
        let mut lines = vec![format!("{}, {}{alpn}{resumed}", facts.version, facts.suite)];
        lines.extend(self.limit.map(|limit| limit.to_string()));
        lines.extend(self.server.as_ref().map(|row| format!("server: {}", row.text)));
        lines.push(clean(&format!("client: {}", self.said())));
        let reason = answer.status.canonical_reason().unwrap_or_default();
        lines.push(format!("\n{} {} {reason}", answer.version, answer.status.as_u16()));
        lines.extend(
            headers(answer)
                .iter()
                .map(|header| clean(&format!("{}: {}", header.name, header.value))),
        );
        lines.push(String::new());
        if location(answer).is_some() {
            lines.push("the redirect is not followed".to_owned());
        }
        lines
    }

    fn said(&self) -> String {
        let subject = self.plan.client.as_ref().map_or("", |client| client.subject.as_str());
        let text = match self.facts.client {
            ClientAuth::Shown { scheme, hint } => {
                let hint = match hint {
                    IssuerHint::NotNamed => {
                        "; its authority is not among those that the server names"
                    }
                    IssuerHint::Named | IssuerHint::Silent => "",
                };
                return format!("{subject}, signed with {}{hint}", scheme.name());
            }
            ClientAuth::NotAsked => "the server asked for no certificate",
            ClientAuth::Withheld(Withheld::NoCredential) => {
                "the server asked for a certificate, and none was given: `--client card`, `--client FILE`"
            }
            ClientAuth::Withheld(Withheld::NoScheme) => {
                "the server asked for a certificate, and takes no signature that this key makes"
            }
            _ => "known from an earlier handshake",
        };
        text.to_owned()
    }

    pub(super) fn outcome(&self, answer: &Answer, body: Body) -> Outcome {
        let emulated = self.is_emulated();
        let label = emulated.then_some("[emulated: the key or the server is]");
        let remark = match &body {
            Body::File { path, length } => Some(format!("{length} bytes in {}", path.display())),
            Body::Kept { .. } => None,
        };
        let document = self.document(answer, body, emulated);
        Outcome::new(String::new(), &document).remarks(remark).labelled(label)
    }

    fn is_emulated(&self) -> bool {
        let client = self.plan.client.as_ref();
        let path = &self.facts.server.path;
        client.is_some_and(|client| client.nature == Nature::Emulated)
            || path.iter().any(|found| found.origin.0.starts_with("emulation:"))
    }

    fn document<'d>(&'d self, answer: &Answer, body: Body, emulated: bool) -> Document<'d> {
        let facts = &self.facts;
        Document {
            schema: "cpskit.tls.connect/1",
            emulated,
            url: &self.plan.args.url,
            connection: Connection {
                protocol: facts.version.name(),
                cipher_suite: &facts.suite,
                group: facts.group.as_deref(),
                alpn: facts.alpn.map(|alpn| alpn.name()),
                handshake: match facts.handshake {
                    Handshake::Full => "full",
                    Handshake::Resumed => "resumed",
                },
                through_proxy: self.plan.target.route.via.is_some(),
                version_limit: self.limit.map(|limit| limit.to_string()),
            },
            client: self.shown(),
            server: self.server.as_ref().map(|row| &row.json),
            response: Response {
                http: answer.version,
                status: answer.status.as_u16(),
                reason: answer.status.canonical_reason(),
                headers: headers(answer),
                location: location(answer),
                body: BodyPart::of(body),
            },
        }
    }

    fn shown(&self) -> Shown<'_> {
        let none = |certificate| Shown {
            certificate,
            subject: None,
            sha256: None,
            scheme: None,
            authority_named: None,
        };
        match self.facts.client {
            ClientAuth::Shown { scheme, hint } => Shown {
                subject: self.plan.client.as_ref().map(|client| client.subject.as_str()),
                sha256: self.plan.client.as_ref().map(|client| client.sha256.as_str()),
                scheme: Some(scheme.name()),
                authority_named: match hint {
                    IssuerHint::Named => Some(true),
                    IssuerHint::NotNamed => Some(false),
                    IssuerHint::Silent => None,
                },
                ..none("shown")
            },
            ClientAuth::NotAsked => none("not_asked"),
            ClientAuth::Withheld(Withheld::NoCredential) => none("none"),
            ClientAuth::Withheld(Withheld::NoScheme) => none("no_common_scheme"),
            _ => none("earlier"),
        }
    }
}

fn headers(answer: &Answer) -> Vec<Header> {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| Header {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    answer.headers.iter().map(header).collect()
}

/// Where a redirect leads.
fn location(answer: &Answer) -> Option<String> {
    answer.header(&LOCATION).filter(|_| answer.status.is_redirection())
}

impl BodyPart {
    fn of(body: Body) -> Self {
        let (bytes, length) = match body {
            Body::File { path, length } => {
                let file = Some(path.display().to_string());
                return Self { length, encoding: None, content: None, file };
            }
            Body::Kept { bytes, length } => (bytes, length),
        };
        let (encoding, content) = match String::from_utf8(bytes) {
            Ok(text) => ("utf-8", text),
            Err(error) => ("base64", Base64::encode_string(error.as_bytes())),
        };
        Self { length, encoding: Some(encoding), content: Some(content), file: None }
    }
}
