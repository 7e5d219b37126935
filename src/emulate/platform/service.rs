//! The platform over HTTP: connections, routes, faults, and what every answer carries.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::Rules;
use super::acts::{self, Desk, Effects, Reply};
use super::caller::{Caller, Standing};
use super::clock::Clock;
use super::cut::{Cuttable, Scissors};
use super::fault::{Act, CutPlace, Fault, Faults, Operation};
use super::folder::Folder;
use super::habilitation::Scenario;
use super::key::MadeKey;
use super::mail::Mail;
use super::publication::{Published, Schedule, Signer};
use super::refusal::Refusal;
use super::state::{Stage, State};
use crate::tls::OpenServer;

/// A request that was answered, for tests to look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// What; `None` for what is not of the protocol.
    pub operation: Option<Operation>,
    /// The method and the path, without the query.
    pub request: String,
    /// The status of the answer; that of an answer that was cut too.
    pub status: u16,
    /// `X-Correlation-Id`.
    pub correlation: String,
    /// Token identifier of the card.
    pub card: Option<String>,
}

/// The platform, shared by its connections.
pub(super) struct Platform {
    pub(super) rules: Rules,
    pub(super) scenario: Scenario,
    pub(super) schedule: Schedule,
    pub(super) clock: Clock,
    pub(super) folder: Option<Folder>,
    pub(super) endpoint: String,
    pub(super) published: String,
    pub(super) state: Mutex<State>,
    pub(super) faults: Mutex<Faults>,
    pub(super) seen: Mutex<Vec<Seen>>,
    pub(super) mails: Mutex<Vec<Mail>>,
}

/// A request of the protocol, before it is looked at.
struct Asked {
    operation: Operation,
    id: String,
    query: Vec<(String, String)>,
    body: Bytes,
}

/// What comes of a request: an answer, and where its connection is cut.
struct Answered {
    reply: Result<Reply, Refusal>,
    cut: Option<CutPlace>,
    card: Option<String>,
}

/// Bytes of a body that are waited for.
const LARGEST: usize = 1 << 20;

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves the platform until the runtime ends.
pub(super) async fn serve(platform: Arc<Platform>, listener: TcpListener, door: Arc<OpenServer>) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            // It went before it was accepted, or the system has no room for it now.
            tokio::task::yield_now().await;
            continue;
        };
        let (platform, door) = (Arc::clone(&platform), Arc::clone(&door));
        tokio::spawn(async move {
            let _ = tcp.set_nodelay(true);
            // Whoever does not come through the handshake was told so by TLS.
            let Ok(entered) = door.accept(tcp).await else { return };
            if platform.cuts_before_reading() {
                return;
            }
            let shown: Arc<[Vec<u8>]> = entered.shown().into();
            let scissors = Scissors::default();
            let stream = Cuttable::new(entered, scissors.clone());
            let service = service_fn(move |request| {
                let (platform, shown) = (Arc::clone(&platform), Arc::clone(&shown));
                let scissors = scissors.clone();
                async move { Ok::<_, Infallible>(platform.answer(request, shown, &scissors).await) }
            });
            // A client that goes away in the middle has had its answer, or does not want it.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Serves lists and OCSP until the runtime ends.
pub(super) async fn publish(platform: Arc<Platform>, listener: TcpListener) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let platform = Arc::clone(&platform);
        tokio::spawn(async move { platform.publish_to(tcp).await });
    }
}

impl Platform {
    fn cuts_before_reading(&self) -> bool {
        let before =
            |fault: &Fault| matches!(fault, Fault::Cut(CutPlace::BeforeRead, _)).then_some(());
        locked(&self.faults).take(None, before).is_some()
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        shown: Arc<[Vec<u8>]>,
        scissors: &Scissors,
    ) -> Response<Full<Bytes>> {
        let correlation = Uuid::new_v4().to_string();
        let line = format!("{} {}", request.method(), request.uri().path());
        let asked = Asked::read(request).await;
        let operation = asked.as_ref().ok().map(|asked| asked.operation);
        let latency = locked(&self.faults).take(operation, |fault| match fault {
            Fault::Latency(by) => Some(*by),
            _ => None,
        });
        if let Some(latency) = latency {
            tokio::time::sleep(latency).await;
        }
        let platform = Arc::clone(&self);
        let worked = tokio::task::spawn_blocking(move || match asked {
            Ok(asked) => platform.work(&asked, &shown),
            Err(refusal) => Answered { reply: Err(refusal), cut: None, card: None },
        });
        let answered = worked.await.unwrap_or(Answered {
            reply: Err(Refusal::Unexpected),
            cut: None,
            card: None,
        });
        let reply = answered.reply.unwrap_or_else(|refusal| refused(&refusal));
        locked(&self.seen).push(Seen {
            at: self.clock.now(),
            operation,
            request: line,
            status: reply.status,
            correlation: correlation.clone(),
            card: answered.card,
        });
        if let Some(place) = answered.cut {
            scissors.open(place, reply.body.len());
        }
        response(reply, &correlation)
    }

    /// Looks at who asks, provokes what is to be provoked, and does what is asked for.
    fn work(&self, asked: &Asked, shown: &[Vec<u8>]) -> Answered {
        let now = self.clock.now();
        let take = |kind: fn(&Fault) -> Option<Fault>| {
            locked(&self.faults).take(Some(asked.operation), kind)
        };
        let caller = {
            let every = take(|fault| matches!(fault, Fault::OpposedCard).then(|| fault.clone()));
            let state = locked(&self.state);
            let standing = Opposition { platform: self, state: &state, every: every.is_some() };
            Caller::of(shown, &standing, now)
        };
        let card = caller.as_ref().ok().and_then(|caller| caller.token.clone());
        let cut = take(|fault| match fault {
            Fault::Cut(CutPlace::BeforeRead, _) => None,
            Fault::Cut(..) => Some(fault.clone()),
            _ => None,
        });
        let error = take(|fault| matches!(fault, Fault::Error(..)).then(|| fault.clone()));
        let (cut, cut_act) = match cut {
            Some(Fault::Cut(place, act)) => (Some(place), act),
            _ => (None, Act::Done),
        };
        let (error, error_act) = match error {
            Some(Fault::Error(refusal, act)) => (Some(refusal), act),
            _ => (None, Act::Done),
        };
        let is_done = cut_act == Act::Done && error_act == Act::Done;
        let reply = caller.and_then(|caller| {
            let made = asked.wants_a_key().then(MadeKey::new).flatten();
            let effects = match asked.operation {
                Operation::Demander => self.outcome(),
                Operation::Finaliser => self.wrong(),
                _ => Effects::default(),
            };
            let mut state = locked(&self.state);
            let mut next = state.clone();
            let mut desk = Desk {
                rules: &self.rules,
                habilitations: &self.scenario.habilitations,
                state: &mut next,
                caller: &caller,
                now,
                endpoint: &self.endpoint,
                published: &self.published,
                effects,
                mails: Vec::new(),
                made,
            };
            let reply = desk.act(&acts::Request {
                operation: asked.operation,
                id: &asked.id,
                query: &asked.query,
                body: &asked.body,
            });
            let mails = std::mem::take(&mut desk.mails);
            if is_done {
                self.keep(&next, &mails).map_err(|_| Refusal::Unexpected)?;
                *state = next;
                locked(&self.mails).extend(mails);
            }
            reply
        });
        Answered { reply: error.map_or(reply, Err), cut, card }
    }

    fn keep(&self, state: &State, mails: &[Mail]) -> std::io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        folder.keep(state)?;
        mails.iter().try_for_each(|mail| folder.mail(mail))
    }

    fn outcome(&self) -> Effects {
        let operation = Some(Operation::Demander);
        let mut faults = locked(&self.faults);
        let polls = faults.take(operation, |fault| match fault {
            Fault::SlowValidation(polls) => Some(*polls),
            _ => None,
        });
        let outcome = faults.take(operation, |fault| match fault {
            Fault::Refused => Some(Stage::Refused),
            Fault::Abandoned => Some(Stage::Abandoned),
            _ => None,
        });
        Effects { polls: polls.unwrap_or_default(), outcome, wrong: None }
    }

    fn wrong(&self) -> Effects {
        let wrong = locked(&self.faults).take(Some(Operation::Finaliser), |fault| match fault {
            Fault::Wrong(wrong) => Some(*wrong),
            _ => None,
        });
        Effects { wrong, ..Effects::default() }
    }

    async fn publish_to(self: Arc<Self>, tcp: TcpStream) {
        let service = service_fn(move |request: Request<Incoming>| {
            let platform = Arc::clone(&self);
            async move {
                let (head, body) = request.into_parts();
                let body = Limited::new(body, LARGEST).collect().await;
                let body = body.map(|body| body.to_bytes()).unwrap_or_default();
                let found = platform.published(&head.method, head.uri.path(), &body);
                let (status, media, body) = match found {
                    Some((media, body)) => (200, media, body),
                    None => (404, "text/plain", Vec::new()),
                };
                let reply = Reply { status, media, body, retry_after: None };
                Ok::<_, Infallible>(response(reply, &Uuid::new_v4().to_string()))
            }
        });
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(tcp), service)
            .await;
    }

    /// What is published at this path.
    fn published(
        &self,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> Option<(&'static str, Vec<u8>)> {
        let foreign = |fault: &Fault| matches!(fault, Fault::ForeignList).then_some(());
        let is_list = path.starts_with("/CRL/");
        let is_foreign = is_list && locked(&self.faults).take(None, foreign).is_some();
        let state = locked(&self.state).clone();
        let published = Published {
            state: &state,
            schedule: self.schedule,
            now: self.clock.now(),
            signer: if is_foreign { Signer::Foreign } else { Signer::Issuer },
        };
        const OCSP: &str = "application/ocsp-response";
        match (method, path.strip_prefix("/OCSP")) {
            (&Method::POST, Some("" | "/")) => Some((OCSP, published.ocsp(body))),
            (&Method::GET, Some(question)) => {
                // Base64, percent-encoded (RFC 6960 §A.1).
                let text = percent_decoded(question.trim_start_matches('/'));
                let der = data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
                Some((OCSP, published.ocsp(&der)))
            }
            (&Method::GET, None) => published.get(path),
            _ => None,
        }
    }
}

/// What is held against cards and certificates.
struct Opposition<'o> {
    platform: &'o Platform,
    state: &'o State,
    every: bool,
}

impl Standing for Opposition<'_> {
    fn is_opposed(&self, token: &str) -> bool {
        self.every || self.platform.scenario.opposed.iter().any(|opposed| opposed == token)
    }

    fn is_revoked(&self, serial: &str) -> bool {
        let mut issued = self.state.certificates.iter();
        issued.any(|found| found.serial == serial && found.revoked.is_some())
    }
}

impl Asked {
    async fn read(request: Request<Incoming>) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body.map_err(|_| Refusal::Schema("corps trop long".to_owned()))?.to_bytes();
        let path: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let (operation, id) = match (&head.method, path.as_slice()) {
            (&Method::GET, ["emu", "v1", "habilitations"]) => (Operation::Habilitations, ""),
            (&Method::POST, ["emu", "v1", "demandes"]) => (Operation::Demander, ""),
            (&Method::GET, ["emu", "v1", "demandes"]) => (Operation::Rechercher, ""),
            (&Method::GET, ["emu", "v1", "demandes", id]) => (Operation::Suivre, *id),
            (&Method::POST, ["emu", "v1", "demandes", id, "finalisation"]) => {
                (Operation::Finaliser, *id)
            }
            (&Method::POST, ["emu", "v1", "demandes", id, "telechargement"]) => {
                (Operation::Telecharger, *id)
            }
            (&Method::GET, ["emu", "v1", "certificats", serial]) => {
                (Operation::Certificat, *serial)
            }
            (&Method::POST, ["emu", "v1", "certificats", serial, "revocation"]) => {
                (Operation::Revoquer, *serial)
            }
            _ => return Err(Refusal::Schema("opération inconnue".to_owned())),
        };
        let pairs = head.uri.query().unwrap_or_default().split('&');
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name), percent_decoded(value))
        };
        Ok(Self { operation, id: id.to_owned(), query: pairs.map(pair).collect(), body })
    }

    /// Whether a key is to be made: outside of the lock, as it takes its time.
    fn wants_a_key(&self) -> bool {
        let asked = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        self.operation == Operation::Demander && asked["modeCle"] == "plateforme"
    }
}

fn refused(refusal: &Refusal) -> Reply {
    let (status, _) = refusal.row();
    let body = serde_json::to_vec(&refusal.envelope()).unwrap_or_default();
    Reply { status, media: "application/json", body, retry_after: refusal.retry_after() }
}

fn response(reply: Reply, correlation: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.media));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-emulated", HeaderValue::from_static("true"));
    if let Ok(correlation) = HeaderValue::from_str(correlation) {
        headers.insert("x-correlation-id", correlation);
    }
    if let Some(after) = reply.retry_after {
        headers.insert("retry-after", HeaderValue::from(after));
    }
    response
}

/// `%41` is `A`; a `+` stays, as base64 has it.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *byte == b'%');
        let escaped = escaped.and_then(|pair| data_encoding::HEXLOWER_PERMISSIVE.decode(pair).ok());
        match escaped.as_deref() {
            Some([value]) => {
                bytes.push(*value);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
