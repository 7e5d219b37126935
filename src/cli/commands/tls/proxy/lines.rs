//! What the proxy prints: a line when it is ready, and one for each request.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::Serialize;

use super::key::Lent;
use crate::cli::context::now;
use crate::cli::output::{Printer, Stream, text};
use crate::web::proxy::{Connection, End, Entry, Handshake, Journal};

/// `cpskit.tls.proxy/1`: one event.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) schema: &'static str,
    pub(super) emulated: bool,
    pub(super) at: Timestamp,
    pub(super) event: &'static str,
    pub(super) address: Option<String>,
    pub(super) to: Option<String>,
    pub(super) token_file: Option<String>,
    pub(super) method: Option<&'a str>,
    pub(super) path: Option<&'a str>,
    pub(super) status: Option<u16>,
    pub(super) connection: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    pub(super) message: Option<&'a str>,
}

impl Line<'_> {
    pub(super) fn new(event: &'static str, emulated: bool, at: Timestamp) -> Self {
        Self {
            schema: "cpskit.tls.proxy/1",
            emulated,
            at,
            event,
            address: None,
            to: None,
            token_file: None,
            method: None,
            path: None,
            status: None,
            connection: None,
            code: None,
            message: None,
        }
    }
}

/// Prints each request.
pub(super) struct Log {
    /// Told of each request that passed.
    pub(super) lent: Arc<Lent>,
    pub(super) printer: Printer,
    pub(super) emulated: bool,
    /// Nobody reads any more: that is no reason to close the door.
    pub(super) unread: AtomicBool,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

impl Journal for Log {
    fn answered(&self, entry: &Entry) {
        if let End::Passed(_) = entry.end {
            self.lent.touch();
        }
        if self.unread.load(Ordering::Relaxed) {
            return;
        }
        let status = entry.status.as_u16();
        let at = now();
        let mut line = Line {
            method: Some(entry.method.as_str()),
            path: Some(&entry.path),
            status: Some(status),
            ..Line::new("request", self.emulated, at)
        };
        let how = match &entry.end {
            End::Passed(connection) => {
                let name = name(*connection);
                line.connection = Some(name);
                name.to_owned()
            }
            End::Own => "door".to_owned(),
            End::Refused(refusal) => {
                line.code = Some(refusal.code);
                line.message = Some(&refusal.message);
                format!("{}: {}", refusal.code, refusal.message)
            }
        };
        let said = format!("{at:.0} {} {} {status} {how}", entry.method, entry.path);
        if !matches!(self.printer.line(&text::clean(&said), &line), Ok(Stream::Open)) {
            self.unread.store(true, Ordering::Relaxed);
        }
    }
}

fn name(connection: Connection) -> &'static str {
    match connection {
        Connection::Kept => "kept",
        Connection::Opened(Handshake::Full) => "new",
        Connection::Opened(Handshake::Resumed) => "resumed",
    }
}
