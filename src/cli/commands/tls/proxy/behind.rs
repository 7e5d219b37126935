//! The service, as the proxy reaches it: through TLS, with the card or the key in a file.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::tls::{Alpn, Client, Handshake as TlsHandshake, Host};
use crate::web::dial::Route;
use crate::web::proxy::{Handshake, Opened, Opening, Protocol, Protocols, Refusal, Upstream};

/// A connection to the service must stand within this.
const CONNECT_SECONDS: u16 = 30;

const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// Opens connections to one service.
pub(super) struct Behind {
    pub(super) client: Client,
    pub(super) host: Host,
    pub(super) route: Route,
    /// Forgets the PIN.
    pub(super) forget: Box<dyn Fn() + Send + Sync>,
    /// Told when the proxy has to end: a PIN refused must not be tried again by a program that repeats its request.
    pub(super) fatal: watch::Sender<Option<Arc<Failure>>>,
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Behind({})", self.host)
    }
}

impl Behind {
    fn refusal(&self, failure: Failure) -> Refusal {
        let status = match failure.exit {
            Exit::Card | Exit::PinRefused | Exit::PinBlocked | Exit::Usage => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::BAD_GATEWAY,
        };
        let causes = failure.causes.iter().map(|cause| format!(": {cause}")).collect::<String>();
        let refusal = Refusal::new(status, failure.code, format!("{}{causes}", failure.message));
        let refusal = match &failure.hint {
            Some(hint) => refusal.hint(hint.clone()),
            None => refusal,
        };
        let ends = matches!(failure.exit, Exit::PinRefused | Exit::PinBlocked)
            || failure.code == "card.removed";
        if ends {
            self.fatal.send_replace(Some(Arc::new(failure)));
        }
        refusal
    }

    async fn connect(&self, protocols: Protocols) -> Result<Opened, Failure> {
        if let Some(ended) = self.fatal.borrow().as_deref() {
            return Err(ended.clone());
        }
        let alpn: &[Alpn] = match protocols {
            Protocols::Any => &[Alpn::Http2, Alpn::Http11],
            Protocols::Http1 => &[Alpn::Http11],
        };
        let tcp = timeout(CONNECT_WITHIN, self.route.dial()).await;
        let tcp = tcp.map_err(|_| Failure::late(CONNECT_SECONDS))?;
        let tcp = tcp.map_err(|error| Failure::dial(&error))?;
        let stream = self.client.over(tcp, &self.host, alpn).await;
        let stream = stream.map_err(|error| Failure::tls(&error, self.client.limit()))?;
        let facts = stream.facts();
        let protocol = match facts.alpn {
            Some(Alpn::Http2) => Protocol::Http2,
            _ => Protocol::Http1,
        };
        let handshake = match facts.handshake {
            TlsHandshake::Full => Handshake::Full,
            TlsHandshake::Resumed => Handshake::Resumed,
        };
        Ok(Opened { stream: Box::new(stream), protocol, handshake })
    }
}

impl Upstream for Behind {
    fn open(&self, protocols: Protocols) -> Opening<'_> {
        Box::pin(
            async move { self.connect(protocols).await.map_err(|failure| self.refusal(failure)) },
        )
    }

    fn forget(&self) {
        self.client.forget();
        (self.forget)();
    }
}
