//! `cpskit crl show`: what lists say, and with `--entries` each entry, streamed.

use std::io::{self, Write};

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::cli::args::Format;
use crate::cli::args::crl::CrlShow;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::lists::{ListFile, unreadable};
use crate::cli::output::Outcome;
use crate::cli::output::json::hex;
use crate::cli::output::text::{Facts, clean};
use crate::x509::{
    CertificateKinds, Crl, CrlEntry, DerError, GeneralName, IssuedBy, IssuingDistributionPoint,
    Oid, X509Error, oid,
};

pub(super) fn run(args: &CrlShow, context: &Context) -> Result<Outcome, Failure> {
    let files = ListFile::read(&args.files)?;
    let shown = files.iter().map(|file| Shown::of(&file.name, file.crl()?));
    let shown: Vec<Shown<'_>> = shown.collect::<Result<_, _>>()?;
    let emulated = shown.iter().any(|list| list.is_emulated());
    let outcome = if args.entries {
        context
            .printer
            .stream(|out| write_entries(context.printer.format, emulated, &shown, out))?
    } else {
        let texts: Vec<String> = shown.iter().map(|list| list.facts().render()).collect();
        let lists = shown.iter().map(|list| Value::Object(list.json())).collect();
        let mut document = head("cpskit.crl.show/1", emulated);
        document.insert("lists".to_owned(), Value::Array(lists));
        Outcome::new(texts.join("\n\n"), &document)
    };
    Ok(outcome
        .labelled(emulated.then_some("[emulated: a list here comes from the emulation authority]")))
}

fn head(schema: &str, emulated: bool) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("schema".to_owned(), schema.into());
    head.insert("emulated".to_owned(), emulated.into());
    head
}

/// A list of which every entry can be read.
struct Shown<'a> {
    input: &'a str,
    crl: Crl<'a>,
    number: Option<String>,
    delta_base: Option<String>,
    scope: Option<IssuingDistributionPoint>,
    authority_key: Option<String>,
    entries: u64,
}

impl<'a> Shown<'a> {
    /// Reads all of a list; nothing of it is printed when a part cannot be read.
    fn of(input: &'a str, crl: Crl<'a>) -> Result<Self, Failure> {
        let fail = |error: X509Error| unreadable(input, &error);
        let number = crl.number().map_err(fail)?;
        let delta_base = crl.delta_base().map_err(fail)?;
        let scope = crl.scope().map_err(fail)?;
        let authority_key = crl.authority_key().map_err(fail)?;
        let mut entries = 0;
        for entry in crl.entries() {
            entries += 1;
            let read = entry.and_then(|entry| {
                entry.unknown_critical_extension()?;
                entry.reason()?;
                entry.certificate_issuer()
            });
            read.map_err(|error| broken(input, entries, &error))?;
        }
        let hex = |bytes: Vec<u8>| hex(&bytes);
        Ok(Self {
            input,
            number: number.map(hex),
            delta_base: delta_base.map(hex),
            scope,
            authority_key: authority_key.map(hex),
            entries,
            crl,
        })
    }

    fn is_emulated(&self) -> bool {
        IssuedBy::named(self.crl.issuer()) == IssuedBy::Emulation
    }

    fn sha256(&self) -> String {
        hex(digest(&SHA256, self.crl.der()).as_ref())
    }

    fn next_update(&self) -> Option<String> {
        self.crl.next_update().map(|date| date.instant.to_string())
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        facts
            .add("list", Some(self.input))
            .add("issuer", Some(self.crl.issuer()))
            .add("issued", Some(self.crl.this_update().instant))
            .add("next due", Some(self.next_update().unwrap_or_else(|| "not said".to_owned())))
            .add("number", self.number.as_ref())
            .add("delta to", self.delta_base.as_ref())
            .add("about", self.scope.as_ref().map(about))
            .add("signed with", Some(algorithm(&self.crl.signature_algorithm().oid)))
            .add("key", self.authority_key.as_ref())
            .add("entries", Some(self.entries))
            .add("size", Some(format!("{} bytes", self.crl.der().len())))
            .add("SHA-256", Some(self.sha256()));
        facts
    }

    fn json(&self) -> Map<String, Value> {
        let value = json!({
            "input": self.input,
            "issuer": self.crl.issuer().to_string(),
            "this_update": self.crl.this_update().instant.to_string(),
            "next_update": self.next_update(),
            "number": self.number,
            "delta_base": self.delta_base,
            "scope": self.scope.as_ref().map(scope),
            "signature_algorithm": algorithm(&self.crl.signature_algorithm().oid),
            "authority_key": self.authority_key,
            "entries": self.entries,
            "size": self.crl.der().len(),
            "sha256": self.sha256(),
        });
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The entries, all of which were read before.
    fn entries(&self) -> impl Iterator<Item = CrlEntry<'a>> {
        self.crl.entries().map_while(Result::ok)
    }
}

fn broken(input: &str, number: u64, error: &DerError) -> Failure {
    let message = format!("`{input}`: entry {number} cannot be read: {error}");
    Failure::new("crl.entry", Exit::Usage, message)
}

/// Each entry as it is walked, so that a list of millions needs no more memory than its file.
fn write_entries(
    format: Format,
    emulated: bool,
    shown: &[Shown<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Ndjson => {
            for list in shown {
                let mut line = head("cpskit.crl.entry/1", emulated);
                line.insert("input".to_owned(), list.input.into());
                for entry in list.entries() {
                    line.extend(fields(&entry));
                    writeln!(out, "{}", Value::from(line.clone()))?;
                }
            }
        }
        Format::Json => {
            let document = Value::from(head("cpskit.crl.show/1", emulated)).to_string();
            write!(out, "{},\n\"lists\":[", open(&document))?;
            for (index, list) in shown.iter().enumerate() {
                let list_fields = Value::from(list.json()).to_string();
                let comma = if index > 0 { "," } else { "" };
                write!(out, "{comma}\n{},\n\"revoked\":[", open(&list_fields))?;
                for (index, entry) in list.entries().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(out, "{comma}\n{}", Value::from(fields(&entry)))?;
                }
                write!(out, "]}}")?;
            }
            writeln!(out, "]}}")?;
        }
        _ => {
            for (index, list) in shown.iter().enumerate() {
                let gap = if index > 0 { "\n" } else { "" };
                writeln!(out, "{gap}{}\n", list.facts().render())?;
                for entry in list.entries() {
                    write!(out, "{}  {}", entry.serial(), date(&entry))?;
                    if let Some(reason) = reason(&entry) {
                        write!(out, "  {reason}")?;
                    }
                    if let Some(issuer) = issuer(&entry) {
                        write!(out, "  issued by {}", clean(&issuer))?;
                    }
                    writeln!(out)?;
                }
            }
        }
    }
    Ok(())
}

/// An object without its last brace, for more fields to follow.
fn open(object: &str) -> &str {
    object.strip_suffix('}').unwrap_or(object)
}

fn fields(entry: &CrlEntry<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("serial".to_owned(), entry.serial().to_string().into());
    let revoked_at = entry.revoked_at().ok().map(|instant| instant.to_string());
    fields.insert("revoked_at".to_owned(), revoked_at.into());
    fields.insert("reason".to_owned(), reason(entry).into());
    fields.insert("certificate_issuer".to_owned(), issuer(entry).into());
    fields
}

fn date(entry: &CrlEntry<'_>) -> String {
    entry.revoked_at().map_or_else(|_| "no date".to_owned(), |instant| instant.to_string())
}

fn reason(entry: &CrlEntry<'_>) -> Option<&'static str> {
    entry.reason().ok().flatten().map(|reason| reason.name())
}

/// Whose certificates this entry and those that follow are about, where it says so.
fn issuer(entry: &CrlEntry<'_>) -> Option<String> {
    let names = entry.certificate_issuer().ok().flatten()?;
    names.iter().find_map(|name| match name {
        GeneralName::Directory(name) => Some(name.to_string()),
        _ => None,
    })
}

fn scope(scope: &IssuingDistributionPoint) -> Value {
    json!({
        "names": scope.names.iter().map(place).collect::<Vec<_>>(),
        "relative": scope.relative.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "certificates": kinds(scope.kinds),
        "reasons": scope.reasons.as_ref().map(|bits| reasons(bits)),
        "indirect": scope.is_indirect(),
    })
}

fn about(scope: &IssuingDistributionPoint) -> String {
    let mut parts = vec![format!("{} certificates", kinds(scope.kinds))];
    if scope.is_indirect() {
        parts.push("also of other issuers".to_owned());
    }
    if let Some(bits) = &scope.reasons {
        parts.push(format!("revoked for {}", reasons(bits).join(", ")));
    }
    let places = scope.names.iter().map(place);
    let places: Vec<String> =
        places.chain(scope.relative.iter().map(ToString::to_string)).collect();
    if !places.is_empty() {
        parts.push(format!("published at {}", places.join(", ")));
    }
    parts.join("; ")
}

fn kinds(kinds: CertificateKinds) -> &'static str {
    match kinds {
        CertificateKinds::All => "all",
        CertificateKinds::User => "user",
        CertificateKinds::Authority => "authority",
        CertificateKinds::Attribute => "attribute",
        CertificateKinds::None => "no",
    }
}

/// The names of ReasonFlags (RFC 5280 §4.2.1.13), first bit first.
fn reasons(bits: &[u8]) -> Vec<&'static str> {
    const NAMES: [&str; 9] = [
        "unused",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    let is_set =
        |bit: usize| bits.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
    NAMES.into_iter().enumerate().filter(|(bit, _)| is_set(*bit)).map(|(_, name)| name).collect()
}

fn place(name: &GeneralName) -> String {
    match name {
        GeneralName::Directory(name) => name.to_string(),
        GeneralName::Uri(text) | GeneralName::Dns(text) | GeneralName::Email(text) => text.clone(),
        GeneralName::RegisteredId(oid) => oid.to_string(),
        GeneralName::Ip(bytes) => hex(bytes),
        GeneralName::Other { value, .. } | GeneralName::Unread { value, .. } => hex(value),
    }
}

/// The usual name of a signature algorithm, else its identifier.
fn algorithm(found: &Oid) -> String {
    let name = match found.as_str() {
        oid::SHA1_WITH_RSA => "sha1WithRSAEncryption",
        oid::SHA256_WITH_RSA => "sha256WithRSAEncryption",
        oid::SHA384_WITH_RSA => "sha384WithRSAEncryption",
        oid::SHA512_WITH_RSA => "sha512WithRSAEncryption",
        oid::RSASSA_PSS => "id-RSASSA-PSS",
        oid::ECDSA_WITH_SHA256 => "ecdsa-with-SHA256",
        oid::ECDSA_WITH_SHA384 => "ecdsa-with-SHA384",
        oid::ED25519 => "id-Ed25519",
        other => other,
    };
    name.to_owned()
}
