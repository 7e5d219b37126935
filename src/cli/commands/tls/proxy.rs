//! `cpskit tls proxy`: lends the card to programs that know none, one service at a time.

mod behind;
mod key;
mod lines;
mod token_file;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;

use self::behind::Behind;
use self::key::Lent;
use self::lines::{Line, Log};
use self::token_file::TokenFile;
use crate::cli::args::tls::TlsProxy;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::judging::PeerJudge;
use crate::cli::net;
use crate::cli::output::{Outcome, Stream};
use crate::cli::terminal;
use crate::tls::{Client, Host, Versions};
use crate::web::proxy::{ListenError, Listener, Proxy, Service, ServiceError};

/// The service must begin its answer within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

/// How long the door stays open once it has to be closed, for the answer that says why.
const FAREWELL: Duration = Duration::from_millis(300);

/// How often the card is looked for. Nothing is sent to it.
const LOOK: Duration = Duration::from_millis(250);

pub(super) fn run(args: &TlsProxy, context: &Context) -> Result<Outcome, Failure> {
    let service: Service = args.to.parse().map_err(|error: ServiceError| {
        Failure::arguments(format!("`--to {}`: {error}", args.to))
    })?;
    let (host, port) = (service.host(), service.port());
    let route = net::route(host, port, &service.to_string(), context.network)?;
    if !args.listen.ip().is_loopback() {
        return Err(listening(&ListenError::NotLoopback(args.listen)));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("net.temporary", Exit::Temporary, error.to_string()))?;
    // The port is taken before a PIN is asked for.
    let listener =
        runtime.block_on(Listener::bind(args.listen)).map_err(|error| listening(&error))?;
    let address = listener.address();
    let host =
        Host::parse(service.host()).map_err(|error| Failure::arguments(error.to_string()))?;
    let judge = Arc::new(PeerJudge::new(&args.judge, context)?);
    let lent = Arc::new(Lent::of(args, service.host(), context)?);
    let emulated = lent.is_emulated();
    let client = Client::new(lent.credential.clone(), judge, Versions::Both)
        .map_err(|error| Failure::tls(&error, None))?;
    let (fatal, mut ending) = watch::channel(None);
    let forgotten = Arc::clone(&lent);
    let upstream = Arc::new(Behind {
        client,
        host,
        route,
        forget: Box::new(move || forgotten.forget()),
        fatal: fatal.clone(),
    });
    let printer = context.printer;
    let log = Arc::new(Log {
        lent: Arc::clone(&lent),
        printer,
        emulated,
        unread: AtomicBool::new(false),
    });
    let proxy = Proxy::new(listener, service.clone(), upstream, log, ANSWER_WITHIN)
        .map_err(|error| Failure::new("net.temporary", Exit::Temporary, error.to_string()))?;

    // On a terminal the user sees the token, and nobody else does; elsewhere it is in a file of the user's.
    let shown = std::io::stderr().is_terminal();
    let path = match (&args.token_file, shown) {
        (Some(path), _) => Some(path.clone()),
        (None, true) => None,
        (None, false) => Some(TokenFile::default_path(address.port())?),
    };
    let file = path.map(|path| TokenFile::write(&path, proxy.token())).transpose()?;
    let (stop, mut stopped) = watch::channel(false);
    ctrlc::set_handler(move || {
        stop.send_replace(true);
    })
    .map_err(|error| Failure::new("net.temporary", Exit::Temporary, error.to_string()))?;
    if ready(&service, address, file.as_ref(), emulated, context)? == Stream::Closed {
        return Ok(Outcome::plain(String::new()));
    }
    if shown {
        show(&proxy, context)?;
    }
    let gone = async {
        while !lent.is_gone() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let until = async {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
            () = gone => Err(removed()),
            found = ending.wait_for(Option::is_some) => {
                let found = found.ok().and_then(|found| found.clone());
                // Who asked is told why. No PIN is presented meanwhile.
                tokio::time::sleep(FAREWELL).await;
                Err(found.map_or_else(Failure::defect, |found| Failure::clone(&found)))
            }
        }
    };
    let ended = runtime.block_on(proxy.serve(until));
    // What still blocks, a prompt for a PIN say, is not waited for.
    runtime.shutdown_background();
    terminal::give_back();
    ended.map(|()| Outcome::plain(String::new()))
}

/// The first line: where the door is, and where it leads.
fn ready(
    service: &Service,
    address: SocketAddr,
    file: Option<&TokenFile>,
    emulated: bool,
    context: &Context,
) -> Result<Stream, Failure> {
    let door = format!("http://{address}/");
    let mark = if emulated { " [emulated]" } else { "" };
    let token = file.map(|file| format!("; the token is in {}", file.path().display()));
    let text = format!("{door} leads to {service}{}{mark}", token.unwrap_or_default());
    let line = Line {
        address: Some(door),
        to: Some(service.to_string()),
        token_file: file.map(|file| file.path().display().to_string()),
        ..Line::new("ready", emulated, context.now())
    };
    context.printer.line(&text, &line)
}

/// What opens the door, on the terminal: not a log, and not a file.
fn show(proxy: &Proxy, context: &Context) -> Result<(), Failure> {
    let once = proxy
        .once()
        .map_err(|error| Failure::new("net.temporary", Exit::Temporary, error.to_string()))?;
    context.printer.remark(&format!("token: {}", proxy.token().expose()));
    context.printer.remark(&format!("in a browser, once: {once}"));
    Ok(())
}

fn removed() -> Failure {
    Failure::new("card.removed", Exit::Card, "the card was taken out: the door is closed")
        .hint("put the card in again and start the proxy once more")
}

fn listening(error: &ListenError) -> Failure {
    match error {
        ListenError::NotLoopback(_) => Failure::arguments(error.to_string())
            .hint("`--listen 127.0.0.1:8443`; programs on other machines need a card of their own"),
        _ => Failure::new("net.listen", Exit::Usage, error.to_string())
            .causes(error)
            .hint("another program may use that port; `--listen 127.0.0.1:0` takes any free one"),
    }
}
