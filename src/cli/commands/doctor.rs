//! `cpskit doctor`: what is missing on this workstation, and the exact command that mends it. The network is touched only when
//! asked.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::cli::args::Doctor;
use crate::cli::args::cert::TrustStoreArgs;
use crate::cli::context::{Context, Network};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Outcome;
use crate::cli::trust_store::TrustStore;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    emulated: bool,
    checks: Vec<Check>,
    config: Vec<Setting>,
}

#[derive(Serialize)]
struct Check {
    check: &'static str,
    status: Status,
    message: String,
    /// What mends it.
    fix: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Problem,
    Skipped,
    Warning,
}

#[derive(Serialize)]
struct Setting {
    key: &'static str,
    value: Option<String>,
    origin: String,
}

impl Check {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, message: message.into(), fix: None }
    }

    fn with(check: &'static str, status: Status, message: impl Into<String>, fix: &str) -> Self {
        let fix = (!fix.is_empty()).then(|| fix.to_owned());
        Self { check, status, message: message.into(), fix }
    }

    fn render(&self) -> String {
        let mark = match self.status {
            Status::Ok => "ok",
            Status::Problem => "PROBLEM",
            Status::Skipped => "skipped",
            Status::Warning => "warning",
        };
        let fix =
            self.fix.as_ref().map(|fix| format!("\n             -> {fix}")).unwrap_or_default();
        format!("{mark:8} {:11} {}{fix}", self.check, self.message)
    }
}

/// The official diagnostic of the workstation (CPx platform fact sheet).
const OFFICIAL: &str = "https://diagcps.eservices.esante.gouv.fr/";

/// The anchors that certificates are judged with.
fn trust(args: &TrustStoreArgs) -> Check {
    let update = "`cpskit trust update` fetches the anchors of IGC-Santé; `cpskit trust import FILE` takes them from a file";
    let store = match TrustStore::at(args) {
        Ok(store) => store,
        Err(failure) => {
            return Check::with("trust store", Status::Warning, failure.message, update);
        }
    };
    let folder = store.folder().display();
    match (store.entries().len(), store.unpinned().len()) {
        (0, 0) => Check::with("trust store", Status::Warning, format!("empty: {folder}"), update),
        (anchors, 0) => Check::ok("trust store", format!("{anchors} authorities in {folder}")),
        (anchors, unpinned) => Check::with(
            "trust store",
            Status::Warning,
            format!("{anchors} authorities in {folder}, and {unpinned} files that match no pin"),
            "`cpskit trust list` names them: they are not trusted",
        ),
    }
}

/// The publication point of IGC-Santé.
const PUBLICATION: &str = "igc-sante.esante.gouv.fr:80";

pub(super) fn run(args: &Doctor, context: &Context) -> Result<Outcome, Failure> {
    let mut checks = vec![platform()];
    checks.extend(service_and_readers(context));
    checks.push(middleware());
    checks.push(clock(context));
    checks.push(trust(&args.store));
    checks.push(network(args, context));
    let problems = checks.iter().filter(|check| check.status == Status::Problem).count();
    let config = settings(context);
    let mut lines: Vec<String> = checks.iter().map(Check::render).collect();
    lines.push(String::new());
    lines.extend(config.iter().map(|setting| {
        let value = setting.value.as_deref().unwrap_or("not set");
        format!("config   {:12} {value} ({})", setting.key, setting.origin)
    }));
    let emulated = checks.iter().any(|check| check.message.contains("[emulated]"));
    let document = Document { schema: "cpskit.doctor/1", emulated, checks, config };
    let failure = (problems > 0).then(|| {
        let text = crate::cli::output::text::count(
            u64::try_from(problems).unwrap_or(u64::MAX),
            "thing to mend",
            "things to mend",
        );
        Failure::new("doctor.problem", Exit::Negative, text)
            .hint(format!("each has its command above; the official diagnostic is {OFFICIAL}"))
    });
    Ok(Outcome::new(lines.join("\n"), &document).failing(failure))
}

/// Where we run: containers and WSL see no reader by themselves.
fn platform() -> Check {
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().to_lowercase();
    if read("/proc/version").contains("microsoft") {
        return Check::with(
            "platform",
            Status::Warning,
            format!("{system}, in WSL: readers of Windows are not seen until they are attached"),
            "in an administrator's PowerShell: `usbipd list`, `usbipd bind --busid ID`, `usbipd attach --wsl --busid ID`",
        );
    }
    let container = Path::new("/.dockerenv").exists()
        || Path::new("/run/.containerenv").exists()
        || std::env::var_os("container").is_some()
        || ["docker", "containerd", "kubepods", "lxc"]
            .iter()
            .any(|mark| read("/proc/1/cgroup").contains(mark));
    if container {
        return Check::with(
            "platform",
            Status::Warning,
            format!("{system}, in a container: readers are those of the host's service"),
            "start the container with `-v /run/pcscd:/run/pcscd`, with the same major version of pcsc-lite inside",
        );
    }
    Check::ok("platform", system)
}

#[cfg(not(feature = "pcsc"))]
fn service_and_readers(_: &Context) -> Vec<Check> {
    vec![Check::with(
        "service",
        Status::Skipped,
        "this cpskit was built without reader access",
        "use a build with the feature `pcsc`",
    )]
}

#[cfg(feature = "pcsc")]
fn service_and_readers(context: &Context) -> Vec<Check> {
    use crate::transport::pcsc::readers;
    let readers = match readers(context.patience()) {
        Ok(readers) => readers,
        Err(error) => {
            let failure = Failure::from(error);
            let causes: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
            let fix = match (failure.code, installed()) {
                ("card.service", Installed::No) => INSTALL.to_owned(),
                ("card.service", Installed::Yes) => START.to_owned(),
                _ => failure.hint.unwrap_or_default(),
            };
            let message = format!("{}{causes}", failure.message);
            return vec![
                Check::with("service", Status::Problem, message, &fix),
                Check::with("readers", Status::Skipped, "needs the service", ""),
                Check::with("card", Status::Skipped, "needs a reader", ""),
            ];
        }
    };
    let mut checks = vec![Check::ok("service", "runs, and lets this user in")];
    if readers.is_empty() {
        checks.push(Check::with(
            "readers",
            Status::Problem,
            "none is plugged in, or none has a driver",
            DRIVER,
        ));
        checks.push(Check::with("card", Status::Skipped, "needs a reader", ""));
        return checks;
    }
    let names: Vec<String> = readers
        .iter()
        .map(|reader| match reader.nature {
            crate::transport::Nature::Emulated => format!("{} [emulated]", reader.name),
            crate::transport::Nature::Real => reader.name.clone(),
        })
        .collect();
    checks.push(Check::ok("readers", names.join(", ")));
    checks.extend(cards(&readers));
    checks
}

#[cfg(feature = "pcsc")]
fn cards(readers: &[crate::transport::pcsc::Reader]) -> Vec<Check> {
    use crate::card::known::{Recognised, recognise};
    use crate::transport::pcsc::Slot;
    let mut checks = Vec::new();
    for reader in readers {
        let check = match &reader.slot {
            Slot::Card { atr, held: false } => match recognise(atr) {
                Recognised::Model(model) => Check::ok(
                    "card",
                    format!("{} ({}) in {}", model.generation, model.interface, reader.name),
                ),
                Recognised::Other(other) => Check::with(
                    "card",
                    Status::Warning,
                    format!("{other}, in {}", reader.name),
                    "put a CPx card in",
                ),
            },
            Slot::Card { held: true, .. } => Check::with(
                "card",
                Status::Problem,
                format!("another program holds the card in {} for itself", reader.name),
                "close the vendor's middleware, browsers and other card programs",
            ),
            Slot::Mute => Check::with(
                "card",
                Status::Problem,
                format!("the card in {} does not answer", reader.name),
                "take it out, look that the chip is clean and on the right side, and put it in again",
            ),
            Slot::Empty | Slot::Unavailable => continue,
        };
        checks.push(check);
    }
    if checks.is_empty() {
        checks.push(Check::with(
            "card",
            Status::Warning,
            "no card in any reader",
            "put a card in, chip first",
        ));
    }
    checks
}

#[cfg(feature = "pcsc")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Installed {
    No,
    Yes,
}

/// Whether the service is on this machine at all; Windows and macOS always have it.
#[cfg(feature = "pcsc")]
fn installed() -> Installed {
    let places = ["/usr/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd", "/sbin/pcscd"];
    match cfg!(not(target_os = "linux")) || places.iter().any(|place| Path::new(place).exists()) {
        true => Installed::Yes,
        false => Installed::No,
    }
}

#[cfg(feature = "pcsc")]
const INSTALL: &str = "Debian, Ubuntu: `sudo apt-get install pcscd`; Fedora: `sudo dnf install pcsc-lite pcsc-lite-ccid`; Arch: `sudo pacman -S pcsclite ccid`";
#[cfg(all(feature = "pcsc", target_os = "linux"))]
const START: &str = "`sudo systemctl enable --now pcscd.socket`; without systemd, `sudo pcscd`";
#[cfg(all(feature = "pcsc", target_os = "macos"))]
const START: &str = "plug the reader in, or log out and in again";
#[cfg(all(feature = "pcsc", not(any(target_os = "linux", target_os = "macos"))))]
const START: &str = "in an administrator's prompt: `sc start SCardSvr`";
#[cfg(feature = "pcsc")]
const DRIVER: &str = "plug a reader in; on Debian and Ubuntu its driver is in `sudo apt-get install libccid`; in a virtual machine, pass the USB device through";

/// The vendor's middleware is not needed, and may hold the card.
fn middleware() -> Check {
    let places = [
        "/opt/santesocial",
        "/etc/opt/santesocial/CPS",
        "/usr/lib64/libcps3_pkcs11_lux.so",
        "/usr/lib/libcps3_pkcs11_lux.so",
        "/usr/local/lib/libcps3_pkcs11_lux.so",
        "/Library/Application Support/santesocial",
        "/usr/local/galss",
        r"C:\Program Files\santesocial",
        r"C:\Program Files (x86)\santesocial",
        r"C:\Windows\System32\cps3_pkcs11_w64.dll",
    ];
    let found: Vec<&str> = places.into_iter().filter(|place| Path::new(place).exists()).collect();
    match found.as_slice() {
        [] => Check::ok(
            "middleware",
            format!(
                "the vendor's is not installed; cpskit does without (official diagnostic: {OFFICIAL})"
            ),
        ),
        found => Check::with(
            "middleware",
            Status::Warning,
            format!(
                "the vendor's is installed ({}); it may hold the card, and keeps what it read in a cache",
                found.join(", ")
            ),
            &format!("its own diagnostic is at {OFFICIAL}"),
        ),
    }
}

/// Certificates are judged by this clock: before this version was made it is wrong for sure.
fn clock(context: &Context) -> Check {
    let now = context.now();
    let made = jiff::civil::date(2026, 1, 1);
    match now.to_zoned(jiff::tz::TimeZone::UTC).date() < made {
        true => Check::with(
            "clock",
            Status::Problem,
            format!("{now} is in the past"),
            "set the clock: `sudo timedatectl set-ntp true`",
        ),
        false => Check::ok("clock", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    }
}

fn network(args: &Doctor, context: &Context) -> Check {
    if !args.network {
        return Check::with("network", Status::Skipped, "not touched; `--network` tries it", "");
    }
    if context.network == Network::Offline {
        return Check::with("network", Status::Skipped, "offline was asked for", "");
    }
    let reach = || -> std::io::Result<()> {
        let address = PUBLICATION.to_socket_addrs()?.next();
        let address = address.ok_or_else(|| std::io::Error::other("no address"))?;
        TcpStream::connect_timeout(&address, Duration::from_secs(5)).map(drop)
    };
    match reach() {
        Ok(()) => Check::ok("network", format!("{PUBLICATION} answers")),
        Err(error) => Check::with(
            "network",
            Status::Warning,
            format!("{PUBLICATION} cannot be reached: {error}"),
            "check the connection and the firewall; reading a card needs no network",
        ),
    }
}

fn settings(context: &Context) -> Vec<Setting> {
    let config = &context.config;
    let path = config.path.as_ref().map(|path| path.display().to_string());
    let exists = config.path.as_ref().is_some_and(|path| path.exists());
    vec![
        Setting {
            key: "file",
            value: path,
            origin: if exists { "read".to_owned() } else { "not there".to_owned() },
        },
        Setting {
            key: "card_timeout",
            value: config.card_timeout.value.map(|timeout| timeout.as_secs().to_string()),
            origin: config.card_timeout.origin.to_string(),
        },
        Setting {
            key: "color",
            value: config.color.value.map(|color| format!("{color:?}").to_lowercase()),
            origin: config.color.origin.to_string(),
        },
        Setting {
            key: "offline",
            value: config.offline.value.map(|offline| offline.to_string()),
            origin: config.offline.origin.to_string(),
        },
        Setting {
            key: "platform_ps",
            value: config.platform_ps.value.map(|on| on.to_string()),
            origin: config.platform_ps.origin.to_string(),
        },
        Setting {
            key: "reader",
            value: config.reader.value.clone(),
            origin: config.reader.origin.to_string(),
        },
    ]
}
