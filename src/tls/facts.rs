//! What a connection came to: what was negotiated, who is who. The handshake notes it as it goes.

use std::cell::RefCell;

use rustls::HandshakeKind;
use rustls::client::ClientConnection;

use super::{ClientAuth, Version};
use crate::pki::Report;

/// What a connection came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The version of TLS.
    pub version: Version,
    /// The cipher suite, by its name at IANA: `TLS_AES_256_GCM_SHA384`.
    pub suite: String,
    /// The group of the key exchange: `X25519`; `None` in a resumed session of TLS 1.2.
    pub group: Option<String>,
    /// The protocol above, when one was agreed on.
    pub alpn: Option<Alpn>,
    /// Whether the session is new.
    pub handshake: Handshake,
    /// What became of the client's certificate.
    pub client: ClientAuth,
    /// The verdict on the server, of this connection even where the session is an old one.
    pub server: Report,
}

/// A protocol above TLS (RFC 7301).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Alpn {
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl Alpn {
    /// As it stands in the handshake: `h2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http11 => "http/1.1",
            Self::Http2 => "h2",
        }
    }

    pub(super) fn of(name: &[u8]) -> Option<Self> {
        [Self::Http11, Self::Http2].into_iter().find(|alpn| alpn.name().as_bytes() == name)
    }
}

/// How a session began.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Handshake {
    /// A new one: the client's key signed if a certificate was asked for.
    Full,
    /// An earlier one goes on: nothing was signed.
    Resumed,
}

/// What a handshake notes on its way: the parts of the TLS library are shared by all connections, and know none.
#[derive(Debug, Default)]
pub(super) struct Notes {
    client: ClientAuth,
    server: Option<Report>,
}

tokio::task_local! {
    pub(super) static NOTES: RefCell<Notes>;
}

impl Notes {
    pub(super) fn client(client: ClientAuth) {
        // Outside a handshake of ours nobody asks.
        let _ = NOTES.try_with(|notes| notes.borrow_mut().client = client);
    }

    pub(super) fn server(report: &Report) {
        let _ = NOTES.try_with(|notes| notes.borrow_mut().server = Some(report.clone()));
    }

    pub(super) fn is_judged(&self) -> bool {
        self.server.is_some()
    }

    /// The facts about a connection whose handshake is done; `None` while it is not.
    pub(super) fn facts(self, connection: &ClientConnection) -> Option<Facts> {
        let handshake = match connection.handshake_kind()? {
            HandshakeKind::Resumed => Handshake::Resumed,
            HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest => Handshake::Full,
        };
        let suite = connection.negotiated_cipher_suite()?.suite();
        let group = connection.negotiated_key_exchange_group();
        Some(Facts {
            version: Version::of(connection.protocol_version()?),
            // The library tells the suites of TLS 1.3 by a prefix that IANA does not have.
            suite: format!("{suite:?}").replacen("TLS13_", "TLS_", 1),
            group: group.map(|group| format!("{:?}", group.name())),
            alpn: connection.alpn_protocol().and_then(Alpn::of),
            handshake,
            client: match handshake {
                Handshake::Full => self.client,
                Handshake::Resumed => ClientAuth::Resumed,
            },
            server: self.server?,
        })
    }
}
