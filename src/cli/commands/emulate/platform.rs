//! `cpskit emulate platform`: an emulated platform, until interrupted.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;

use serde::Serialize;

use crate::cli::args::platform::{DownloadPolicy, EmulatePlatform, Pkcs12Encoding};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Outcome, Stream};
use crate::emulate::platform::{
    self, Clock, Download, Emulator, FaultError, Planned, Rules, Scenario, Schedule, Settings,
    StartError,
};
use crate::x509::Certificate;

/// `cpskit.emulate.platform/1`: printed once it listens.
#[derive(Serialize)]
struct Ready<'a> {
    schema: &'static str,
    emulated: bool,
    endpoint: &'a str,
    listen: SocketAddr,
    /// Under it: `CRL/CODE.crl`, `CRL/CODE-delta.crl`, `AC/CODE.cer`.
    publication: &'a str,
    lists: Vec<String>,
    delta_lists: Vec<String>,
    ocsp: String,
    anchor: Option<&'a Path>,
    state: Option<&'a Path>,
    at: jiff::Timestamp,
}

/// The authorities that issue what is ordered.
const ISSUERS: [&str; 2] = ["ACI-EL-ORG-TEST", "ACI-EL-PP-TEST"];

pub(in crate::cli::commands) fn run(
    args: &EmulatePlatform,
    context: &Context,
) -> Result<Outcome, Failure> {
    if args.fault.iter().any(|fault| fault == "help") {
        return Ok(Outcome::plain(menu()));
    }
    let settings = settings(args, context)?;
    let emulator = Emulator::start(settings).map_err(failure)?;
    if let Some(path) = &args.anchor {
        let anchor = Certificate::parse(emulator.anchor()).expect("what we make is read");
        fs::write(path, anchor.to_pem()).map_err(|error| Failure::input(path, &error))?;
    }
    let (stop, stopped) = mpsc::channel();
    let on_signal = move || {
        // It is stopping already.
        let _ = stop.send(());
    };
    ctrlc::set_handler(on_signal)
        .map_err(|error| Failure::new("emulate.platform", Exit::Temporary, error.to_string()))?;
    let publication = emulator.publication();
    let lists = |suffix: &str| {
        let list = |code: &str| format!("{publication}/CRL/{code}{suffix}.crl");
        ISSUERS.into_iter().map(list).collect::<Vec<_>>()
    };
    let ready = Ready {
        schema: "cpskit.emulate.platform/1",
        emulated: true,
        endpoint: emulator.endpoint(),
        listen: emulator.address(),
        publication,
        lists: lists(""),
        delta_lists: lists("-delta"),
        ocsp: format!("{publication}/OCSP"),
        anchor: args.anchor.as_deref(),
        state: args.state.as_deref(),
        at: emulator.clock().now(),
    };
    let text =
        format!("platform at {}, lists and OCSP at {publication} [emulated]", emulator.endpoint());
    if context.printer.line(&text, &ready)? == Stream::Open {
        // The sender lives as long as the handler: for ever.
        let _ = stopped.recv();
    }
    Ok(Outcome::plain(String::new()))
}

fn settings(args: &EmulatePlatform, context: &Context) -> Result<Settings, Failure> {
    let now = context.now();
    let faults = args.fault.iter().map(|fault| fault.parse::<Planned>());
    let faults = faults.collect::<Result<Vec<_>, FaultError>>().map_err(|error| {
        Failure::arguments(error.to_string()).hint("`--fault help` prints the menu")
    })?;
    let scenario = match &args.scenario {
        None => Scenario::default(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::input(path, &error))?;
            Scenario::from_toml(&text)
                .map_err(|error| Failure::arguments(format!("`{}`: {error}", path.display())))?
        }
    };
    let rules = Rules {
        download: match args.download {
            DownloadPolicy::Once => Download::Once,
            DownloadPolicy::Often => Download::Often,
        },
        pkcs12: match args.pkcs12 {
            Pkcs12Encoding::Legacy => platform::Pkcs12Encoding::Legacy,
            Pkcs12Encoding::Modern => platform::Pkcs12Encoding::Modern,
        },
        ..Rules::default()
    };
    Ok(Settings {
        listen: args.listen,
        publish: args.publish,
        outside: Some(now),
        state: args.state.clone(),
        scenario,
        rules,
        schedule: args.publish_every.map_or(Schedule::Morning, Schedule::Every),
        faults,
        ..Settings::new(Clock::running(args.at.unwrap_or(now)))
    })
}

fn failure(error: StartError) -> Failure {
    match &error {
        StartError::NotLoopback(_) => {
            Failure::arguments(error.to_string()).hint("as in `--listen 127.0.0.1:8445`")
        }
        StartError::Listen { source, .. } => {
            Failure::new("net.listen", Exit::Usage, error.to_string()).causes(source).hint(
                "another program may use that port; `--listen 127.0.0.1:0` takes any free one",
            )
        }
        StartError::State { path, source } => Failure::input(path, source),
        _ => Failure::new("emulate.platform", Exit::Temporary, error.to_string()),
    }
}

fn menu() -> String {
    let lines = Planned::menu().iter().map(|line| format!("{:20} {}", line.form, line.english));
    let operations = platform::Operation::ALL.map(platform::Operation::name).join(", ");
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!(
        "{lines}\n\nAfter each, `@OPERATION` limits it to one operation, and `*N` or `*always` says how often it strikes; a cut or an \
         error strikes once, the others always.\nOperations: {operations}"
    )
}
