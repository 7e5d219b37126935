//! What the commands that order work at: the platform, the journal, the keys, who orders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use jiff::{Span, Timestamp, ToSpan};

use super::args::cert::Environment;
use super::args::platform::{Binding, PortArgs, StateArgs};
use super::args::tls::JudgeArgs;
use super::client::KeyFlags;
use super::context::{Context, now};
use super::exit::Exit;
use super::failure::Failure;
use super::judging::PeerJudge;
use crate::credential::{Credential, Nature as CredentialNature};
use crate::pki::{Report, Verdict};
use crate::platform::habilitation::Habilitation;
use crate::platform::journal::postgres::{Address, PostgresJournal};
use crate::platform::journal::sqlite::SqliteJournal;
use crate::platform::journal::{Journal, Key, Machine, Order};
use crate::platform::lifecycle::{Judge, Lifecycle};
use crate::platform::manual::{Files, ManualPort, Told, recorded};
use crate::platform::port::{Nature, Port};
use crate::platform::rest::RestPort;
use crate::platform::vault::Vault;
use crate::x509::{Certificate, Holder};

/// Everything that a verb of the lifecycle needs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) port: Box<dyn Port>,
    pub(super) shelf: Shelf,
    /// Who orders, where that was looked at.
    pub(super) client: Option<Orderer>,
    /// Judges what comes back.
    pub(super) judge: Assessor,
}

/// The state folder, opened: what is kept between runs.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) folder: PathBuf,
    pub(super) journal: Box<dyn Journal>,
    pub(super) vault: Arc<Vault>,
    pub(super) machine: Machine,
}

/// Whose key speaks to the platform.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Orderer {
    /// Token identifier: who issues cards, `/`, the number of the card; none for a key in a file.
    pub(super) card: Option<String>,
    pub(super) nature: CredentialNature,
    /// Worth knowing, and no reason to stop.
    pub(super) warnings: Vec<String>,
    /// What nobody can know of it: documents say so, people are not troubled with it.
    pub(super) unknown: Option<&'static str>,
}

/// Judges certificates with the anchors, lists and network of a run.
#[derive(Clone, Debug)]
pub(super) struct Assessor(pub(super) Arc<PeerJudge>);

impl Judge for Assessor {
    fn judge(&self, leaf: &Certificate, others: &[Certificate]) -> Report {
        self.0.assess(leaf, others)
    }
}

/// The file of the habilitations that a person wrote down.
const HABILITATIONS: &str = "habilitations.toml";

/// After this long a test card is put in opposition (platform fact sheet §3).
fn opposition() -> Span {
    (24 * 1096).hours()
}

/// It is said this long before.
fn notice() -> Span {
    (24 * 60).hours()
}

impl PortArgs {
    /// Opens what the flags name. With `--binding rest` the card is looked at first: it is there, its certificate is a TEST
    /// one, valid, not revoked (platform fact sheet §13, rule 1).
    pub(super) fn open(&self, context: &Context) -> Result<Desk, Failure> {
        self.open_told(context, Told::Nothing)
    }

    /// As [`open`](Self::open), with what a person says came of their clicking.
    pub(super) fn open_told(&self, context: &Context, told: Told) -> Result<Desk, Failure> {
        let endpoint = match (self.binding, &self.endpoint, &told) {
            (Binding::Rest, _, Told::Seen(_) | Told::Downloaded(_) | Told::Revoked) => {
                return Err(Failure::arguments(
                    "what was done on the platform's screens is recorded with `--binding manual`",
                ));
            }
            (Binding::Rest, None, _) => {
                return Err(Failure::arguments("`--binding rest` needs the platform's address")
                    .hint("`--endpoint https://localhost:PORT`, as `cpskit emulate platform` prints it"));
            }
            (Binding::Manual, Some(_), _) => {
                return Err(Failure::arguments("`--endpoint` is for `--binding rest`").hint(
                    "the web service of the real platform is not public; `--binding manual` leads through its screens",
                ));
            }
            (Binding::Rest, Some(endpoint), _) => Some(endpoint.as_str()),
            (Binding::Manual, None, _) => None,
        };
        let Assessor(judge) = self.assessor(context)?;
        let (port, client): (Box<dyn Port>, _) = match endpoint {
            Some(endpoint) => {
                // An endpoint elsewhere is refused before the card is touched.
                let host = RestPort::host(endpoint)?;
                let credential = self.credential(&host, context)?;
                let client = self.orderer(credential.as_ref(), &judge, context)?;
                (Box::new(RestPort::new(endpoint, Some(credential), judge.clone())?), Some(client))
            }
            None => {
                let chosen = self.client.client.is_some()
                    || self.client.choice.reader.is_some()
                    || self.client.choice.card.is_some()
                    || self.client.choice.emulated.is_some();
                let client = match chosen {
                    false => None,
                    true => {
                        let credential = self.credential("", context)?;
                        Some(self.orderer(credential.as_ref(), &judge, context)?)
                    }
                };
                let folder = self.state.folder()?;
                let vault = Arc::new(Vault::open(&folder)?);
                let files = Files { requests: folder.join("requests"), vault };
                (Box::new(ManualPort::new(habilitations(&folder)?, files, told)), client)
            }
        };
        let shelf = self.state.open()?;
        Ok(Desk { port, shelf, client, judge: Assessor(judge) })
    }

    /// A judge that has seen nothing yet: what was good a moment ago is asked again.
    pub(super) fn assessor(&self, context: &Context) -> Result<Assessor, Failure> {
        Ok(Assessor(Arc::new(PeerJudge::new(&self.judging(), context)?)))
    }

    /// The card, unless a file is named.
    fn credential(&self, host: &str, context: &Context) -> Result<Arc<dyn Credential>, Failure> {
        let mut client = self.client.clone();
        client.client.get_or_insert_with(|| PathBuf::from("card"));
        let credential = client.credential(host, &self.judge.trust.store, context)?;
        credential.ok_or_else(|| {
            Failure::arguments(format!("{} names no key", KeyFlags::CLIENT.certificates()))
        })
    }

    /// Judges in the world of this binding: that of the emulator, or TEST; production only where it is insisted on.
    fn judging(&self) -> JudgeArgs {
        let mut judge = self.judge.clone();
        let insists = self.danger_allow_production;
        if judge.trust.environment == Environment::Prod && !insists {
            judge.trust.environment = match self.binding {
                Binding::Manual => Environment::Test,
                Binding::Rest => Environment::Emulated,
            };
        }
        if self.binding == Binding::Rest {
            // The emulator publishes its lists on this machine.
            judge.fetch.allow_private_addresses = true;
        }
        judge
    }

    /// Looks at who orders, before anything is asked of the platform.
    fn orderer(
        &self,
        credential: &dyn Credential,
        judge: &PeerJudge,
        context: &Context,
    ) -> Result<Orderer, Failure> {
        let (leaf, others) = credential.chain().split_first().expect("a chain is never empty");
        let holder = Holder::of(leaf);
        let category = holder.category.as_ref().map(|code| code.code.to_string());
        if !self.danger_allow_production && !is_test(category.as_deref()) {
            let category = category.as_deref().unwrap_or("none");
            return Err(Failure::new(
                "platform.client.production",
                Exit::Usage,
                format!(
                    "{} is not of a TEST card or certificate (category {category})",
                    leaf.subject()
                ),
            )
            .hint(
                "take a TEST card; `--danger-allow-production` insists, on the command line only",
            ));
        }
        let report = judge.assess(leaf, others);
        if report.verdict() == Verdict::Invalid {
            let words: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
            let mut failure = Failure::new(
                "platform.client.invalid",
                Exit::Negative,
                format!("the certificate of {} is not valid", leaf.subject()),
            );
            failure.causes = words;
            return Err(failure.hint("a card that was put in opposition is replaced, not mended"));
        }
        let nature = credential.nature();
        let mut warnings = Vec::new();
        let unknown = match (report.verdict(), nature) {
            // The names in its certificate never resolve, so that its state is nobody's loss.
            (Verdict::Indeterminate, CredentialNature::Emulated) => Some(
                "status: whether the emulated card is revoked, since no list of its authority is at the address that it names",
            ),
            (Verdict::Indeterminate, _) => {
                warnings.push("whether the card's certificate is revoked is not known".to_owned());
                None
            }
            _ => None,
        };
        let card = holder.card_issuer.zip(holder.card_number);
        if card.is_some() {
            warnings.extend(leaf.not_before().ok().and_then(|start| old(start, context.now())));
        }
        Ok(Orderer {
            card: card.map(|(issuer, number)| format!("{issuer}/{number}")),
            nature,
            warnings,
            unknown,
        })
    }
}

/// Whether the category (table G01) has the test bit.
pub(super) fn is_test(category: Option<&str>) -> bool {
    category
        .and_then(|code| u8::from_str_radix(code, 16).ok())
        .is_some_and(|category| category & 0x80 != 0)
}

/// What is said of a test card that nears its opposition, three years after its start.
fn old(start: Timestamp, now: Timestamp) -> Option<String> {
    let end = start.checked_add(opposition()).ok()?;
    let told = end.checked_sub(notice()).ok()?;
    (now >= told).then(|| {
        let day = end.strftime("%Y-%m-%d");
        format!("test cards are put in opposition after three years: this one about {day}")
    })
}

impl StateArgs {
    /// Opens the journal, the keys and the codes.
    pub(super) fn open(&self) -> Result<Shelf, Failure> {
        let folder = self.folder()?;
        let vault = Arc::new(Vault::open(&folder)?);
        let machine = Machine::of(&folder, &host())?;
        let journal: Box<dyn Journal> = match &self.database_url {
            None => Box::new(SqliteJournal::open(&folder)?),
            Some(url) => Box::new(PostgresJournal::open(Address::parse(url)?)?),
        };
        Ok(Shelf { folder, journal, vault, machine })
    }

    /// The folder named, else `cpskit` in the user's folder for what programs keep.
    fn folder(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.state {
            return Ok(folder.clone());
        }
        let strategy = etcetera::choose_base_strategy().map_err(|_| {
            Failure::arguments("there is no home folder to keep orders in")
                .hint("name one with `--state DIR`")
        })?;
        let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
        Ok(folder.join("cpskit"))
    }
}

/// The name of this machine, for people.
fn host() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "this machine".to_owned())
    }
}

/// The habilitations that a person wrote down, when they did.
fn habilitations(folder: &Path) -> Result<Option<Vec<Habilitation>>, Failure> {
    let path = folder.join(HABILITATIONS);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| Failure::input(&path, &error))?,
    };
    parsed(&path, &text).map(Some)
}

fn parsed(path: &Path, text: &str) -> Result<Vec<Habilitation>, Failure> {
    recorded(text).map_err(|error| {
        let message = format!("`{}`: {error}", path.display());
        Failure::new("platform.habilitations", Exit::Usage, message)
            .hint("`docs/guide/against-the-real-platform.md` shows such a file")
    })
}

impl Desk {
    /// The verbs.
    pub(super) fn lifecycle(&self) -> Lifecycle<'_> {
        Lifecycle {
            port: self.port.as_ref(),
            journal: self.shelf.journal.as_ref(),
            vault: self.shelf.vault.as_ref(),
            here: &self.shelf.machine,
            clock: now,
        }
    }

    /// Whether what it gives is worthless.
    pub(super) fn is_emulated(&self) -> bool {
        let card = self.client.as_ref().map(|client| client.nature);
        self.port.nature() == Nature::Emulated || card == Some(CredentialNature::Emulated)
    }

    /// What was not looked at before the platform is asked, for documents.
    pub(super) fn not_checked(&self) -> Vec<String> {
        [self.told_unchecked(), self.untold_unchecked()].concat()
    }

    /// That part of [`not_checked`](Self::not_checked) which is in documents only.
    pub(super) fn untold_unchecked(&self) -> Vec<String> {
        let unknown = self.client.as_ref().and_then(|client| client.unknown);
        unknown.map(str::to_owned).into_iter().collect()
    }

    /// That part of [`not_checked`](Self::not_checked) which people are told of.
    pub(super) fn told_unchecked(&self) -> Vec<String> {
        match &self.client {
            Some(_) => Vec::new(),
            None => vec![
                "card: that the TEST card is in the reader, valid and not opposed (`--client card` looks)".to_owned(),
            ],
        }
    }
}

impl Shelf {
    /// Puts the certification request of an order where a person finds it. It is no secret.
    pub(super) fn hand_out(&self, order: &Order) -> Result<(), Failure> {
        let Key::Local { made: Some(made), .. } = &order.key else { return Ok(()) };
        let folder = self.folder.join("requests");
        let path = folder.join(format!("{}.csr.pem", order.reference));
        let ending = pem_rfc7468::LineEnding::LF;
        let pem = pem_rfc7468::encode_string("CERTIFICATE REQUEST", ending, &made.csr)
            .expect("the label is ASCII");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, pem));
        written.map_err(|error| Failure::input(&path, &error))
    }

    /// Keeps habilitations that a person wrote down.
    pub(super) fn keep_habilitations(&self, file: &Path) -> Result<Vec<Habilitation>, Failure> {
        let text = fs::read_to_string(file).map_err(|error| Failure::input(file, &error))?;
        let found = parsed(file, &text)?;
        let path = self.folder.join(HABILITATIONS);
        super::delivery::write(&path, text.as_bytes(), super::delivery::Privacy::Owner)
            .map_err(|error| Failure::input(&path, &error))?;
        Ok(found)
    }
}
