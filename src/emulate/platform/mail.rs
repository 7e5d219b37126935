//! The mails of the platform (platform fact sheet §3): files, never sent.

use jiff::Timestamp;

/// A mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// File name: `0001-D00000001-retrait.eml`.
    pub file: String,
    /// RFC 5322, UTF-8.
    pub text: String,
}

/// Why there is a mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Occasion<'a> {
    /// The request is at its end: the address to retrieve at.
    Ready { url: &'a str },
    /// It was downloaded.
    Collected,
}

impl Mail {
    pub(super) fn new(
        number: usize,
        demand: &str,
        to: Option<&str>,
        occasion: Occasion<'_>,
        now: Timestamp,
    ) -> Self {
        let to = to.unwrap_or("demandeur@emulation.invalid").replace(['\r', '\n'], " ");
        let (kind, subject, body) = match occasion {
            Occasion::Ready { url } => (
                "retrait",
                "Votre certificat de TEST est a retirer",
                format!(
                    "La demande {demand} est traitée. Retrait, après authentification :\r\n{url}"
                ),
            ),
            Occasion::Collected => (
                "telechargement",
                "Confirmation de telechargement",
                format!("Le certificat de la demande {demand} a été téléchargé."),
            ),
        };
        let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let text = format!(
            "Date: {date}\r\nFrom: plateforme@emulation.invalid\r\nTo: {to}\r\n\
             Subject: [EMULATION SANS VALEUR] {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
        );
        Self { file: format!("{number:04}-{demand}-{kind}.eml"), text }
    }
}
