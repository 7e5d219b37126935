//! WebSocket (RFC 6455): a connection that stops being HTTP. Nothing else is upgraded to.

use http::Version;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::sync::OwnedSemaphorePermit;

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// What a request for a WebSocket asks for, in the words of its `Upgrade`.
pub(super) fn asked(head: &Parts) -> Option<HeaderValue> {
    let upgrade = head.headers.get(header::UPGRADE)?;
    let websocket = upgrade.as_bytes().eq_ignore_ascii_case(b"websocket");
    (websocket && head.version == Version::HTTP_11).then(|| upgrade.clone())
}

/// Asks the service for the same.
pub(super) fn ask(headers: &mut HeaderMap, upgrade: &HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, upgrade.clone());
}

/// Tells the client that the service agreed.
pub(super) fn accept(headers: &mut HeaderMap) {
    ask(headers, &WEBSOCKET);
}

/// Passes bytes both ways until one side is done.
pub(super) async fn join(client: OnUpgrade, service: OnUpgrade, _room: OwnedSemaphorePermit) {
    if let Ok((client, service)) = tokio::try_join!(client, service) {
        // How it ends shows on both sides.
        let _ = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(service)).await;
    }
}
