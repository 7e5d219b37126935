//! Retrieving: the code durable, finalised, downloaded, inspected, installed.

use std::path::PathBuf;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::journal::{Event, Installation, Key, KeyHash, Order, State};
use super::super::port::{Delivered, Finalisation, PortError, Refusal, Reply};
use super::super::received;
use super::super::rule::Rule;
use super::super::vault::{Parcel, Place};
use super::super::want::Names;
use super::{
    Changed, Error, Held, Inspection, Lifecycle, Outcome, Retrieval, SecondPlace, Target, code,
};
use crate::pki::Verdict;
use crate::secret::Secret;
use crate::store::{self, KeyIdentity};
use crate::x509::Certificate;

/// What came for an order, opened.
struct Arrival {
    leaf: Certificate,
    others: Vec<Certificate>,
    /// The public half of the key: ours, or the one that came.
    key: Option<KeyHash>,
}

impl Lifecycle<'_> {
    /// Finalises and downloads, inspects what came, puts it where it goes. An order that cannot be retrieved yet is handed back
    /// as it is; one whose certificate is not what was ordered ends [`State::Mismatched`], one whose only download was lost
    /// [`State::Lost`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn retrieve(&self, reference: Uuid, how: &Retrieval<'_>) -> Result<Outcome, Error> {
        let (_hold, mut order) = self.take(reference)?;
        if self.held(&order) == Held::Elsewhere {
            let machine = order.key.machine().name.clone();
            return Err(Error::HeldElsewhere { reference, machine });
        }
        let mut changed = Changed::No;
        if matches!(order.state, State::Sending | State::Submitted) {
            let outcome = self.follow(order)?;
            if outcome.order.state <= State::Submitted || outcome.by_hand.is_some() {
                return Ok(outcome);
            }
            changed = outcome.changed;
            order = outcome.order;
        }
        if matches!(order.state, State::Ready | State::Finalising) {
            changed = Changed::Yes;
            if let Some(instructions) = self.finalise(&mut order, how)? {
                return Ok(Outcome::by_hand(order, changed, instructions));
            }
        }
        if matches!(order.state, State::Finalised | State::Downloading)
            && order.certificate.is_none()
        {
            changed = Changed::Yes;
            if let Some(instructions) = self.download(&mut order, how)? {
                return Ok(Outcome::by_hand(order, changed, instructions));
            }
        }
        match order.state {
            State::Downloading => self.receive(order, how),
            State::Collected => {
                let arrival = self.arrival(&order, how)?;
                changed = changed.or(self.install(&mut order, &arrival, how)?);
                Ok(Outcome::of(order, changed))
            }
            State::Lost | State::Mismatched => Ok(Outcome::of(order, changed)),
            state => Err(Error::NotIn { reference, state, wish: "retrieved" }),
        }
    }

    /// Sets the code and accepts; instructions when a person has to.
    fn finalise(
        &self,
        order: &mut Order,
        how: &Retrieval<'_>,
    ) -> Result<Option<super::Instructions>, Error> {
        let demand = order.demand.clone().ok_or(unknown(order))?;
        let code = self.durable_code(order, how.code)?;
        order.acceptance = Some(how.acceptance.clone());
        self.step(order, Event::FinalisationLeaves, None)?;
        let finalisation = Finalisation { code: &code, acceptance: how.acceptance };
        let error = match self.port.finalise(&demand, &finalisation) {
            Ok(Reply::ByHand(instructions)) => return Ok(Some(instructions)),
            Ok(Reply::Done(progress)) => {
                self.told(order, &progress)?;
                return Ok(None);
            }
            Err(error) => error,
        };
        let PortError::Refused { code: words, .. } = &error else {
            return Err(error.into());
        };
        // It may have been done by an earlier run whose answer was lost: the platform says.
        let Reply::Done(progress) = self.port.follow(&demand)? else {
            return Err(error.into());
        };
        self.told(order, &progress)?;
        if order.state == State::Finalising {
            let words = words.clone();
            order.acceptance = None;
            self.step(order, Event::FinalisationRefused, Some(words))?;
            // Nobody knows this code: another can be set.
            self.vault.discard(&self.vault.code_file(order.reference))?;
            return Err(error.into());
        }
        Ok(None)
    }

    /// Downloads, once the journal knows that it will; instructions when a person has to.
    fn download(
        &self,
        order: &mut Order,
        how: &Retrieval<'_>,
    ) -> Result<Option<super::Instructions>, Error> {
        let demand = order.demand.clone().ok_or(unknown(order))?;
        let container = self.vault.container_file(order.reference);
        if self.vault.get(&container)?.is_none() {
            if matches!(order.key, Key::Platform { .. }) && how.password.is_none() {
                return Err(Error::PasswordNeeded(order.reference));
            }
            self.step(order, Event::DownloadLeaves, None)?;
            match self.port.download(&demand, how.password) {
                Ok(Reply::ByHand(instructions)) => return Ok(Some(instructions)),
                Ok(Reply::Done(Delivered::Certificate(der))) => return self.came(order, der),
                Ok(Reply::Done(Delivered::Pkcs12(content))) => {
                    self.vault.put(&container, &content)?;
                }
                Err(PortError::Refused { refusal: Refusal::Downloaded, code, label, .. }) => {
                    order.refusal = Some(label);
                    self.step(order, Event::DownloadLost, Some(code))?;
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let arrival = self.arrival(order, how)?;
        self.came(order, arrival.leaf.der().to_vec())
    }

    /// Writes down the certificate that came, before it is looked at.
    fn came(&self, order: &mut Order, der: Vec<u8>) -> Result<Option<super::Instructions>, Error> {
        let reference = order.reference;
        let certificate = Certificate::parse(&der).map_err(|_| Error::NoCertificate(reference))?;
        order.serial = Some(certificate.serial().clone());
        order.certificate = Some(der);
        self.step(order, Event::CertificateCame, Some(certificate.serial().to_string()))?;
        Ok(None)
    }

    /// What came, out of the vault and the journal.
    fn arrival(&self, order: &Order, how: &Retrieval<'_>) -> Result<Arrival, Error> {
        let reference = order.reference;
        let kept = self.kept_container(order)?;
        let Some(container) = kept else {
            let der = order.certificate.as_ref().ok_or(Error::NoCertificate(reference))?;
            let leaf = Certificate::parse(der).map_err(|_| Error::NoCertificate(reference))?;
            return Ok(Arrival { leaf, others: Vec::new(), key: order.key.hash() });
        };
        let contents = store::read(&container, how.password)
            .map_err(|cause| Error::Unopened { reference, cause })?;
        let came = contents.keys.iter().find_map(|key| match key.identity {
            KeyIdentity::Public(hash) => Some(hash),
            KeyIdentity::Sealed(_) | KeyIdentity::Unknown => None,
        });
        let key = order.key.hash().or(came);
        let mut others = contents.certificates;
        let at = others.iter().position(|certificate| Some(certificate.spki_sha256()) == key);
        if others.is_empty() {
            return Err(Error::NoCertificate(reference));
        }
        // Without one for the key, the first is looked at, and departs.
        let leaf = others.remove(at.unwrap_or(0));
        Ok(Arrival { leaf, others, key })
    }

    /// The container that came, wherever it is by now.
    fn kept_container(&self, order: &Order) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let kept = self.vault.container_file(order.reference);
        let installed = order.files.first().filter(|_| matches!(order.key, Key::Platform { .. }));
        for file in [Some(&kept), installed].into_iter().flatten() {
            if let Some(content) = self.vault.get(file)? {
                return Ok(Some(Zeroizing::new(content.expose().clone())));
            }
        }
        Ok(None)
    }

    /// Inspects what came, and installs it when it is what was ordered.
    fn receive(&self, mut order: Order, how: &Retrieval<'_>) -> Result<Outcome, Error> {
        let reference = order.reference;
        let arrival = self.arrival(&order, how)?;
        let mut departures = received::departures(&arrival.leaf, &order.want, arrival.key);
        if arrival.key.is_none() {
            let message = "the certificate came without the key that the platform made";
            departures.grave.push(Rule::ReceivedKey.broken("key", message));
        }
        let report = how.judge.judge(&arrival.leaf, &arrival.others);
        if departures.grave.is_empty() && report.verdict() == Verdict::Invalid {
            return Err(Error::Invalid { reference, report: Box::new(report) });
        }
        if departures.grave.is_empty() {
            self.install(&mut order, &arrival, how)?;
        } else {
            let words = departures.grave.iter().map(ToString::to_string);
            order.refusal = Some(words.collect::<Vec<_>>().join("; "));
            let serial = arrival.leaf.serial().to_string();
            self.step(&mut order, Event::Departs, Some(serial))?;
        }
        let inspection = Some(Inspection { departures, report });
        Ok(Outcome { inspection, ..Outcome::of(order, Changed::Yes) })
    }

    /// Puts key and certificates where they go. The journal knows the place before the key is there.
    fn install(
        &self,
        order: &mut Order,
        arrival: &Arrival,
        how: &Retrieval<'_>,
    ) -> Result<Changed, Error> {
        let container = self.vault.container_file(order.reference);
        let Some(folder) = &how.out else {
            if order.state == State::Collected {
                return Ok(Changed::No);
            }
            order.files = vec![match &order.key {
                Key::Local { made: Some(made), .. } => made.file.clone(),
                Key::Local { made: None, .. } | Key::Platform { .. } => container,
            }];
            self.step(order, Event::Installed, None)?;
            return Ok(Changed::Yes);
        };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        let name = how.name.map_or_else(|| file_name(order), str::to_owned);
        let place = Place::new(&folder, &name)?;
        let local = match &order.key {
            Key::Local { made: Some(made), .. } => Some(made.file.clone()),
            Key::Local { made: None, .. } | Key::Platform { .. } => None,
        };
        let target = if local.is_some() { place.key_file() } else { place.pkcs12_file() };
        if order.state == State::Collected && order.files.contains(&target) && target.exists() {
            return Ok(Changed::No);
        }
        if let Some(key) = arrival.key {
            self.book(key, target, how.second)?;
        }
        let installed = match &local {
            Some(kept) => {
                let certificates: Vec<Certificate> =
                    std::iter::once(&arrival.leaf).chain(&arrival.others).cloned().collect();
                let kept = order.files.first().unwrap_or(kept);
                self.vault
                    .install(&place, Parcel::Local { key: kept, certificates: &certificates })?
            }
            None => {
                let content =
                    self.kept_container(order)?.ok_or(Error::NoCertificate(order.reference))?;
                self.vault.install(&place, Parcel::Pkcs12(&content))?
            }
        };
        order.files = installed.files();
        self.step(order, Event::Installed, Some(folder.display().to_string()))?;
        if local.is_none() {
            self.vault.discard(&container)?;
        }
        Ok(Changed::Yes)
    }

    /// Notes where a key goes; a second place is refused unless it is forced.
    fn book(&self, key: KeyHash, file: PathBuf, second: SecondPlace) -> Result<(), Error> {
        let machine = self.here.clone();
        let elsewhere = self.journal.installations(key)?.into_iter().find(|installation| {
            installation.machine.id != machine.id || installation.file != file
        });
        if let Some(at) = elsewhere
            && second == SecondPlace::Refused
        {
            return Err(Error::Installed { at: Box::new(at) });
        }
        let at = (self.clock)();
        Ok(self.journal.install(&Installation { key, machine, file, at })?)
    }

    /// The code de révocation, in the vault before anybody is told it.
    fn durable_code(
        &self,
        order: &Order,
        given: Option<&Secret<String>>,
    ) -> Result<Secret<String>, Error> {
        let code = match (given, self.kept_code(order)?) {
            (None, Some(kept)) => return Ok(kept),
            (Some(given), _) => Secret::new(given.expose().clone()),
            (None, None) => code::generate()?,
        };
        self.vault.put(&self.vault.code_file(order.reference), code.expose().as_bytes())?;
        Ok(code)
    }

    /// The code de révocation that is in the vault.
    pub(super) fn kept_code(&self, order: &Order) -> Result<Option<Secret<String>>, Error> {
        let kept = self.vault.get(&self.vault.code_file(order.reference))?;
        Ok(kept.map(|kept| Secret::new(String::from_utf8_lossy(kept.expose()).into_owned())))
    }
}

fn unknown(order: &Order) -> Error {
    Error::Unknown(Target::Reference(order.reference))
}

/// What the files are called: offer, usage and name, with a dash for what does not belong into a file's name.
fn file_name(order: &Order) -> String {
    let named = match &order.want.names {
        Names::Service(name) => name,
        Names::Server { fqdn, .. } => fqdn,
        Names::Mailbox(address) => address,
        Names::Holder => "PS",
    };
    let product = order.want.product;
    let text = format!("{}-{}-{named}", product.offer(), product.usage());
    let kept = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    text.chars().map(|c| if kept(c) { c } else { '-' }).collect()
}
