//! `cpskit emulate card`: plugs a virtual card into a vpcd reader, until interrupted.

pub(super) mod platform;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Mutex;

use serde::Serialize;

use crate::cli::args::EmulateCard;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Outcome, Stream};
use crate::emulate::card::vpcd::{Connection, Ending};
use crate::emulate::{Fault, Persona, VirtualCard, issue};

/// `cpskit.emulate.card/1`: printed once the card is in place.
#[derive(Serialize)]
struct InPlace<'a> {
    schema: &'static str,
    emulated: bool,
    persona: &'a str,
    vpcd: SocketAddr,
}

/// `cpskit.emulate.card.list/1`.
#[derive(Serialize)]
struct List {
    schema: &'static str,
    emulated: bool,
    personas: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    persona: String,
    title: String,
}

pub(super) fn run(args: &EmulateCard, context: &Context) -> Result<Outcome, Failure> {
    if args.list {
        return list();
    }
    let faults = match args.fault.as_deref() {
        None => Vec::new(),
        Some("help") => return Ok(Outcome::plain(menu())),
        Some(fault) => {
            let fault: Fault =
                fault.parse().map_err(|error: crate::emulate::fault::FaultError| {
                    Failure::arguments(error.to_string()).hint("`--fault help` prints the menu")
                })?;
            vec![fault]
        }
    };
    let address = resolve(&args.vpcd)?;
    let (name, mut card) = card(args)?;
    for fault in &faults {
        fault.alter(&mut card).map_err(|error| Failure::arguments(error.to_string()))?;
    }
    let connection = Connection::open(address).map_err(|error| {
        Failure::new("emulate.vpcd", Exit::Temporary, error.to_string()).hint(
            "start pcscd with a vpcd reader first: package `vsmartcard-vpcd` on Debian and Ubuntu",
        )
    })?;
    stop_on_signals(&connection)?;
    let document =
        InPlace { schema: "cpskit.emulate.card/1", emulated: true, persona: &name, vpcd: address };
    let text = format!("virtual card `{name}` in place at {address} [emulated]");
    if context.printer.line(&text, &document)? == Stream::Closed {
        return Ok(Outcome::plain(String::new()));
    }
    match connection.run(&Mutex::new(card), &faults) {
        Ok(Ending::ReaderClosed) => {
            Err(Failure::new("emulate.vpcd", Exit::Temporary, "the vpcd reader went away"))
        }
        Ok(_) => Ok(Outcome::plain(String::new())),
        Err(error) => Err(Failure::new("emulate.vpcd", Exit::Temporary, error.to_string())),
    }
}

fn list() -> Result<Outcome, Failure> {
    let mut personas = Vec::new();
    for slug in Persona::list() {
        let persona =
            Persona::builtin(slug).map_err(|error| Failure::arguments(error.to_string()))?;
        personas.push(Line { persona: persona.slug, title: persona.title });
    }
    let width = personas.iter().map(|line| line.persona.len()).max().unwrap_or_default();
    let text: Vec<String> =
        personas.iter().map(|line| format!("{:width$}  {}", line.persona, line.title)).collect();
    let document = List { schema: "cpskit.emulate.card.list/1", emulated: true, personas };
    Ok(Outcome::new(text.join("\n"), &document))
}

fn menu() -> String {
    let lines = Fault::menu().iter().map(|line| format!("{:24} {}", line.form, line.english));
    lines.collect::<Vec<_>>().join("\n")
}

fn card(args: &EmulateCard) -> Result<(String, VirtualCard), Failure> {
    let Some(path) = &args.persona_file else {
        return Ok((args.persona.clone(), choose::issued(&args.persona)?));
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::input(path, &error))?;
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::arguments(format!("`{}`: {error}", path.display()))
    };
    let persona = Persona::from_toml(&text).map_err(|error| wrong(&error))?;
    let card = issue::dated(&persona).map_err(|error| wrong(&error))?;
    Ok((persona.slug, card))
}

fn resolve(text: &str) -> Result<SocketAddr, Failure> {
    let wrong = || {
        Failure::arguments(format!("`{text}` is not an address HOST:PORT on this machine"))
            .hint("as in `--vpcd 127.0.0.1:35963`")
    };
    let mut addresses = text.to_socket_addrs().map_err(|_| wrong())?;
    addresses.find(|address| address.ip().is_loopback()).ok_or_else(wrong)
}

/// SIGINT and SIGTERM take the card out, so that the reader sees it leave.
fn stop_on_signals(connection: &Connection) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new("emulate.vpcd", Exit::Temporary, error.to_string())
    };
    let stop = connection.stopper().map_err(|error| failed(&error))?;
    ctrlc::set_handler(move || stop.stop()).map_err(|error| failed(&error))
}
