//! `cpskit tls serve`: a bench on loopback that says who connected, with which card, and why a service would refuse.

mod own;
mod record;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use self::own::Own;
use self::record::{Ready, Record};
use super::connect::versions;
use crate::cli::args::tls::TlsServe;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::judging::PeerJudge;
use crate::cli::output::{Outcome, Stream};
use crate::credential::Credential;
use crate::tls::{AcceptError, Admission, Alpn, Family, Refusing, Server};
use crate::web::bench;

/// What a client may take for its handshake: a card is slow, and so is the holder who types a PIN.
const HANDSHAKE: Duration = Duration::from_secs(120);

/// Connections at a time; more wait.
const MOST: usize = 64;

/// A server's key and certificates of the emulation authority, for the names of loopback.
pub(in crate::cli::commands) fn emulated_server(
    context: &Context,
) -> Result<Arc<dyn Credential>, Failure> {
    Ok(Own::emulated(context)?.credential)
}

pub(super) fn run(args: &TlsServe, context: &Context) -> Result<Outcome, Failure> {
    if !args.listen.ip().is_loopback() {
        let message = format!("`--listen {}` is not an address of this machine alone", args.listen);
        return Err(Failure::arguments(message)
            .hint("`--listen 127.0.0.1:8444`; a bench shows who connects to whoever asks"));
    }
    let families: Result<Vec<Family>, _> = args.admit.iter().map(|text| text.parse()).collect();
    let families = families.map_err(|error| Failure::arguments(format!("`--admit`: {error}")))?;
    let judge = Arc::new(PeerJudge::new(&args.judge, context)?);
    let own = Own::of(args, context)?;
    // The judge says of which environment a certificate is, and which one counts.
    let admission = Admission { families, environment: None };
    let refusing =
        if args.refuse_handshake { Refusing::InHandshake } else { Refusing::DangerLater };
    let alpn = [Alpn::Http2, Alpn::Http11];
    let credential = own.credential.clone();
    let server = Server::new(credential, judge, admission, refusing, versions(args.tls), &alpn);
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(temporary)?;
    let served = runtime.block_on(serve(args.listen, Arc::new(server), own, context));
    // Who is still connected is cut off.
    runtime.shutdown_background();
    served
}

async fn serve(
    address: SocketAddr,
    server: Arc<Server>,
    own: Own,
    context: &Context,
) -> Result<Outcome, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new("net.listen", Exit::Usage, format!("cannot listen at {address}"))
            .causes(&error)
            .hint("another program may use that port; `--listen 127.0.0.1:0` takes any free one")
    })?;
    let address = listener.local_addr().map_err(temporary)?;
    let stop = Arc::new(Notify::new());
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.notify_one()).map_err(temporary)?;
    let ready = Ready::new(address, &own, context.now());
    if context.printer.line(&ready.text(), &ready)? == Stream::Closed {
        return Ok(Outcome::plain(String::new()));
    }
    let (records, mut told) = mpsc::channel::<Record>(MOST);
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        tokio::select! {
            () = stop.notified() => {
                while let Ok(record) = told.try_recv() {
                    context.printer.line(&record.text(), &record)?;
                }
                return Ok(Outcome::plain(String::new()));
            }
            Some(record) = told.recv() => {
                if context.printer.line(&record.text(), &record)? == Stream::Closed {
                    return Ok(Outcome::plain(String::new()));
                }
            }
            accepted = listener.accept() => {
                let Ok((tcp, peer)) = accepted else {
                    // It went before it was accepted; or the system has no room for it, and may have later.
                    sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let (server, records, room) = (server.clone(), records.clone(), room.clone());
                let is_emulated = own.is_emulated();
                tokio::spawn(async move {
                    let Ok(_seat) = room.acquire_owned().await else { return };
                    meet(&server, tcp, peer, is_emulated, &records).await;
                });
            }
        }
    }
}

/// One connection, from its handshake to its end. It is told of as soon as who it is is known.
async fn meet(
    server: &Server,
    tcp: TcpStream,
    peer: SocketAddr,
    is_emulated: bool,
    records: &mpsc::Sender<Record>,
) {
    let met = timeout(HANDSHAKE, server.accept(tcp)).await;
    let accepted = match met {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(AcceptError::Refused(visitor))) => {
            // Nobody listens any more: the bench is closing.
            let _ = records.send(Record::refused(peer, &visitor, is_emulated)).await;
            return;
        }
        Ok(Err(error)) => {
            let _ = records.send(Record::failed(peer, error.to_string(), is_emulated)).await;
            return;
        }
        Err(_) => {
            let late = format!("no handshake within {} s", HANDSHAKE.as_secs());
            let _ = records.send(Record::failed(peer, late, is_emulated)).await;
            return;
        }
    };
    let record = Record::met(peer, &accepted, is_emulated);
    let answer = record.answer();
    let _ = records.send(record).await;
    bench::serve(accepted, answer).await;
}

fn temporary(error: impl std::fmt::Display) -> Failure {
    Failure::new("net.temporary", Exit::Temporary, error.to_string())
}
