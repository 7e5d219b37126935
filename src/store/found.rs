//! What bytes that are no container are.

use std::fmt;

use crate::x509::Oid;

/// What was found where certificates or keys were looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// No byte.
    Empty,
    /// A page, as a server gives it in place of what was asked for.
    Html,
    /// Text without any block of PEM.
    Text,
    /// Bytes of no format that is known.
    Binary,
    /// A request for a certificate (PKCS#10).
    Request,
    /// A public key alone.
    PublicKey,
    /// A private key alone.
    PrivateKey,
    /// A revocation list.
    List,
    /// An OCSP response.
    OcspResponse,
    /// CMS of another type than SignedData.
    Cms(Oid),
    /// A PKCS#7 or a store without any certificate.
    EmptyContainer,
    /// A block of PEM with another label.
    Pem(String),
}

impl Found {
    /// What bytes are that no reader takes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let start = bytes.trim_ascii_start();
        let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        let head = start[..start.len().min(512)].to_ascii_lowercase();
        let is_html = [&b"<!doctype html"[..], b"<html", b"<head", b"<body"];
        if start.is_empty() {
            return Self::Empty;
        }
        if is_html.iter().any(|tag| head.starts_with(tag)) {
            return Self::Html;
        }
        let printable = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace();
        match std::str::from_utf8(bytes) {
            Ok(_) if bytes.iter().all(printable) => Self::Text,
            _ => Self::Binary,
        }
    }

    /// What a label of PEM announces.
    pub(super) fn labelled(label: &str) -> Self {
        match label {
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::Request,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Self::PublicKey,
            _ => Self::Pem(label.to_owned()),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty file",
            Self::Html => "an HTML page",
            Self::Text => "text without a block of PEM",
            Self::Binary => "bytes of no known format",
            Self::Request => "a certificate request",
            Self::PublicKey => "a public key",
            Self::PrivateKey => "a private key",
            Self::List => "a revocation list",
            Self::OcspResponse => "an OCSP response",
            Self::Cms(kind) => return write!(f, "CMS of type {kind}, which is not SignedData"),
            Self::EmptyContainer => "an empty container",
            Self::Pem(label) => return write!(f, "a PEM block `{label}`"),
        })
    }
}
