//! The four verbs with a platform that does as it is told: what ends an order, what is refused, and what can be run again.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use cpskit::emulate::igc::{
    OrganisationProduct, OrganisationRequest, PublicKey, World, organisation_certificate,
    product_key,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::pki::Report;
use cpskit::platform::habilitation::Habilitation;
use cpskit::platform::journal::sqlite::SqliteJournal;
use cpskit::platform::journal::{Machine, Order, State};
use cpskit::platform::lifecycle::{
    Again, Changed, Error, Judge, KeyOrigin, Lifecycle, NewOrder, Outcome, Retrieval, SecondPlace,
    Target,
};
use cpskit::platform::port::{
    Acceptance, CertificateStatus, Delivered, Demand, DemandId, Filter, Finalisation, Instructions,
    Issued, KeyDemand, Nature, Port, PortError, Progress, Reason, Refusal, Reply, Revocation,
    Status,
};
use cpskit::platform::vault::Vault;
use cpskit::platform::want::{Ps, Typed, Want};
use cpskit::secret::Secret;
use cpskit::x509::{Certificate, Serial};
use der::{Decode, Encode};
use jiff::Timestamp;
use uuid::Uuid;
use x509_cert::request::CertReq;

/// What the platform does that is not right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Manner {
    Good,
    OtherKey,
    OtherName,
    OtherUsage,
    NoTestBit,
    /// The order is taken, and its answer lost.
    Unanswered,
    RefusesOrders(Refusal),
    /// The only download was given to somebody.
    DownloadGone,
    WrongCode,
    ByHand,
}

/// What the platform keeps of its one order.
#[derive(Debug)]
struct Kept {
    reference: Uuid,
    certificate: Vec<u8>,
    status: Status,
    revoked: bool,
}

#[derive(Debug)]
struct Scripted {
    manner: Manner,
    kept: Mutex<Vec<Kept>>,
}

impl Kept {
    fn serial(&self) -> Serial {
        Certificate::parse(&self.certificate).expect("a certificate").serial().clone()
    }

    fn progress(&self) -> Progress {
        Progress {
            id: DemandId(self.reference.to_string()),
            reference: Some(self.reference),
            status: self.status.clone(),
            retry_after: None,
            product: None,
            structure: None,
            profile: None,
            card: None,
            created: None,
            updated: None,
            url: None,
            refusal: None,
            serial: (self.status != Status::ARetirer).then(|| self.serial()),
        }
    }

    fn issued(&self) -> Issued {
        Issued {
            serial: self.serial(),
            subject: "CN=essai".to_owned(),
            status: if self.revoked {
                CertificateStatus::Revoque
            } else {
                CertificateStatus::Actif
            },
            revoked_at: None,
            demand: None,
        }
    }
}

impl Scripted {
    /// Does this to the order that it has.
    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> Result<T, PortError> {
        let mut kept = self.kept.lock().expect("a lock");
        kept.first_mut().map(act).ok_or_else(|| refused(Refusal::Unknown))
    }

    fn orders(&self) -> usize {
        self.kept.lock().expect("a lock").len()
    }
}

impl Port for Scripted {
    fn binding(&self) -> &'static str {
        "scripted"
    }

    fn endpoint(&self) -> &str {
        ""
    }

    fn nature(&self) -> Nature {
        Nature::Emulated
    }

    fn habilitations(&self) -> Result<Reply<Vec<Habilitation>>, PortError> {
        Ok(Reply::Done(Vec::new()))
    }

    fn request(&self, demand: &Demand<'_>) -> Result<Reply<Progress>, PortError> {
        match self.manner {
            Manner::RefusesOrders(refusal) => return Err(refused(refusal)),
            Manner::ByHand => return Ok(Reply::ByHand(by_hand())),
            _ => {}
        }
        let kept = Kept {
            reference: demand.reference,
            certificate: issue(demand, self.manner),
            status: Status::ARetirer,
            revoked: false,
        };
        let progress = kept.progress();
        self.kept.lock().expect("a lock").push(kept);
        if self.manner == Manner::Unanswered {
            return Err(PortError::Unanswered("the connection ended".into()));
        }
        Ok(Reply::Done(progress))
    }

    fn follow(&self, _id: &DemandId) -> Result<Reply<Progress>, PortError> {
        self.with(|kept| Reply::Done(kept.progress()))
    }

    fn search(&self, _filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError> {
        let kept = self.kept.lock().expect("a lock");
        Ok(Reply::Done(kept.iter().map(Kept::progress).collect()))
    }

    fn finalise(
        &self,
        _id: &DemandId,
        _finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError> {
        self.with(|kept| {
            kept.status = Status::Finalisee;
            Reply::Done(kept.progress())
        })
    }

    fn download(
        &self,
        _id: &DemandId,
        _password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError> {
        if self.manner == Manner::DownloadGone {
            return Err(refused(Refusal::Downloaded));
        }
        self.with(|kept| {
            kept.status = Status::Retiree;
            Reply::Done(Delivered::Certificate(kept.certificate.clone()))
        })
    }

    fn revoke(
        &self,
        _serial: &Serial,
        _revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError> {
        if self.manner == Manner::WrongCode {
            return Err(refused(Refusal::Code));
        }
        self.with(|kept| {
            kept.revoked = true;
            Reply::Done(kept.issued())
        })
    }

    fn certificate(&self, _serial: &Serial) -> Result<Reply<Issued>, PortError> {
        self.with(|kept| Reply::Done(kept.issued()))
    }
}

fn refused(refusal: Refusal) -> PortError {
    let (code, label) = ("SCRIPTED".to_owned(), "refused".to_owned());
    PortError::Refused { refusal, code, label, correlation: None }
}

fn by_hand() -> Instructions {
    Instructions { steps: vec!["Click".to_owned()], then: "cpskit platform track".to_owned() }
}

/// A certificate of the emulated authority, which departs from the order as the manner says.
fn issue(demand: &Demand<'_>, manner: Manner) -> Vec<u8> {
    let own = product_key("org-auth-cli").expect("committed").public().expect("a key");
    let key = match demand.key {
        KeyDemand::Local { csr } if manner != Manner::OtherKey => {
            let request = CertReq::from_der(csr).expect("a request");
            let der = request.info.public_key.to_der().expect("DER");
            PublicKey::from_der(&der).expect("a key")
        }
        _ => own,
    };
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "CABINET D'ESSAI".to_owned(),
        id: demand.want.structure.as_str().to_owned(),
    };
    let request = OrganisationRequest {
        world: if manner == Manner::NoTestBit { World::Production } else { World::Test },
        product: OrganisationProduct::OrgAuthCli,
        structure: &structure,
        name: if manner == Manner::OtherName { "autre" } else { "essai" },
    };
    let instant = |text: &str| text.parse().expect("an instant");
    let (from, to) = (instant("2026-01-01T00:00:00Z"), instant("2029-01-01T00:00:00Z"));
    organisation_certificate(&request, &key, from, to).expect("issued")
}

/// Finds nothing against a certificate.
#[derive(Debug)]
struct Lenient;

impl Judge for Lenient {
    fn judge(&self, leaf: &Certificate, _others: &[Certificate]) -> Report {
        Report {
            subject: leaf.subject().to_string(),
            at: now(),
            path: Vec::new(),
            findings: Vec::new(),
            revocation: Vec::new(),
            not_checked: Vec::new(),
        }
    }
}

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().expect("an instant")
}

/// A state folder, and a platform.
struct Scene {
    folder: tempfile::TempDir,
    platform: Scripted,
}

impl Scene {
    fn new(manner: Manner) -> Self {
        let platform = Scripted { manner, kept: Mutex::new(Vec::new()) };
        Self { folder: tempfile::tempdir().expect("a folder"), platform }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// What this does, on the machine whose name this is.
    fn on<T>(&self, machine: &str, act: impl FnOnce(&Lifecycle<'_>) -> T) -> T {
        let vault = Vault::open(&self.state()).expect("a vault");
        let journal = SqliteJournal::open(&self.state()).expect("a journal");
        let place = self.folder.path().join(machine);
        fs::create_dir_all(&place).expect("a folder");
        let here = Machine::of(&place, machine).expect("a machine");
        act(&Lifecycle {
            port: &self.platform,
            journal: &journal,
            vault: &vault,
            here: &here,
            clock: now,
        })
    }

    fn order_with(&self, machine: &str, key: KeyOrigin<'_>) -> Result<Outcome, Error> {
        // The platform issues AUTH_CLI whatever is ordered. The profile of SIGN is official, so that another is refused.
        let usage = if self.platform.manner == Manner::OtherUsage { "SIGN" } else { "AUTH_CLI" };
        let typed = Typed {
            offer: "ORG".into(),
            usage: usage.into(),
            structure: "10B0000001".into(),
            service: Some("essai".into()),
            ..Typed::default()
        };
        let want = Want::parse(&typed, Ps::Off).expect("a want");
        let new = NewOrder {
            want: &want,
            profile: None,
            card: None,
            fleet: None,
            contact: None,
            key,
            again: Again::Enough,
        };
        self.on(machine, |lifecycle| lifecycle.order(&new))
    }

    fn order(&self) -> Result<Outcome, Error> {
        self.order_with("here", KeyOrigin::Local { password: None })
    }

    fn retrieve(
        &self,
        machine: &str,
        order: &Order,
        out: Option<&str>,
        second: SecondPlace,
    ) -> Result<Outcome, Error> {
        let acceptance = Acceptance { cgu: "1".into(), pc: "1".into(), by: None };
        let password = Secret::new(PASSWORD.to_owned());
        let retrieval = Retrieval {
            acceptance: &acceptance,
            code: None,
            password: Some(&password),
            out: out.map(|name| self.folder.path().join(name)),
            name: None,
            second,
            judge: &Lenient,
        };
        self.on(machine, |lifecycle| lifecycle.retrieve(order.reference, &retrieval))
    }

    fn collected(&self) -> Order {
        let order = self.order().expect("ordered").order;
        self.retrieve("here", &order, None, SecondPlace::Refused).expect("retrieved").order
    }

    fn revoke(&self, order: &Order) -> Result<Outcome, Error> {
        let target = Target::Reference(order.reference);
        self.on("here", |lifecycle| lifecycle.revoke(&target, Reason::Superseded, None))
    }

    fn states(&self) -> Vec<State> {
        let orders = self.on("here", |lifecycle| lifecycle.journal.orders().expect("orders"));
        orders.iter().map(|order| order.state).collect()
    }
}

const PASSWORD: &str = "un mot de passe tout à fait secret";

#[test]
fn a_certificate_that_departs_from_its_order_is_kept_as_mismatched() {
    for manner in [Manner::OtherKey, Manner::OtherName, Manner::OtherUsage, Manner::NoTestBit] {
        let scene = Scene::new(manner);
        let order = scene.collected();
        let kept = (order.state, order.certificate.is_some(), order.files.len());
        assert_eq!(kept, (State::Mismatched, true, 0), "{manner:?}");
    }
}

#[test]
fn a_key_of_the_platform_whose_only_download_went_is_lost() {
    let scene = Scene::new(Manner::DownloadGone);
    let password = Secret::new(PASSWORD.to_owned());
    let key = KeyOrigin::Platform { password: &password };
    let order = scene.order_with("here", key).expect("ordered").order;
    let outcome = scene.retrieve("here", &order, None, SecondPlace::Refused).expect("an outcome");
    assert_eq!((outcome.order.state, outcome.changed), (State::Lost, Changed::Yes));
    let again = scene.retrieve("here", &order, None, SecondPlace::Refused).expect("an outcome");
    assert_eq!((again.order.state, again.changed), (State::Lost, Changed::No));
}

#[test]
fn an_order_without_an_answer_is_found_again_and_not_made_twice() {
    let scene = Scene::new(Manner::Unanswered);
    assert!(matches!(scene.order(), Err(Error::Port(PortError::Unanswered(_)))));
    assert_eq!(scene.states(), [State::Sending]);
    assert_eq!(scene.order().expect("found").order.state, State::Ready);
    assert_eq!((scene.platform.orders(), scene.states()), (1, vec![State::Ready]));
}

#[test]
fn what_the_platform_refuses_is_refused_in_the_journal_and_may_be_ordered_again() {
    for refusal in [Refusal::Duplicate, Refusal::Other] {
        let mut scene = Scene::new(Manner::RefusesOrders(refusal));
        assert!(matches!(scene.order(), Err(Error::Port(PortError::Refused { .. }))));
        assert_eq!(scene.states(), [State::Refused]);
        scene.platform.manner = Manner::Good;
        assert_eq!(scene.order().expect("ordered").order.state, State::Ready);
    }
}

#[test]
fn what_a_person_has_to_do_is_handed_on_and_the_order_waits() {
    let scene = Scene::new(Manner::ByHand);
    let outcome = scene.order().expect("an outcome");
    assert_eq!((outcome.by_hand, outcome.order.state), (Some(by_hand()), State::Sending));
}

#[test]
fn an_order_whose_key_is_on_another_machine_is_neither_made_again_nor_retrieved() {
    let scene = Scene::new(Manner::Good);
    let order = scene.order().expect("ordered").order;
    let key = KeyOrigin::Local { password: None };
    let there = scene.order_with("there", key).expect("an outcome");
    assert_eq!((there.order.reference, there.changed), (order.reference, Changed::No));
    assert_eq!(scene.platform.orders(), 1);
    let retrieved = scene.retrieve("there", &order, None, SecondPlace::Refused);
    assert!(matches!(retrieved, Err(Error::HeldElsewhere { machine, .. }) if machine == "here"));
}

#[test]
fn a_second_place_for_a_key_is_refused_unless_it_is_forced() {
    let scene = Scene::new(Manner::Good);
    let order = scene.order().expect("ordered").order;
    scene.retrieve("here", &order, Some("one"), SecondPlace::Refused).expect("installed");
    let second = scene.retrieve("here", &order, Some("two"), SecondPlace::Refused);
    assert!(matches!(second, Err(Error::Installed { .. })));
    assert!(!scene.folder.path().join("two").exists());
    let forced = scene.retrieve("here", &order, Some("two"), SecondPlace::Forced);
    assert_eq!(forced.expect("installed").changed, Changed::Yes);
}

#[test]
fn a_wrong_code_leaves_the_certificate_as_it_was() {
    let mut scene = Scene::new(Manner::WrongCode);
    let order = scene.collected();
    assert!(matches!(scene.revoke(&order), Err(Error::Port(PortError::Refused { .. }))));
    assert_eq!(scene.states(), [State::Collected]);
    scene.platform.manner = Manner::Good;
    assert_eq!(scene.revoke(&order).expect("revoked").order.state, State::Revoked);
}

#[test]
fn revoking_twice_changes_nothing_the_second_time() {
    let scene = Scene::new(Manner::Good);
    let order = scene.collected();
    let changed = [(); 2].map(|()| scene.revoke(&order).expect("revoked").changed);
    assert_eq!(changed, [Changed::Yes, Changed::No]);
}

#[test]
fn neither_key_nor_password_nor_code_enters_the_journal() {
    let scene = Scene::new(Manner::Good);
    let password = Secret::new(PASSWORD.to_owned());
    let key = KeyOrigin::Local { password: Some(&password) };
    let order = scene.order_with("here", key).expect("ordered").order;
    scene.retrieve("here", &order, None, SecondPlace::Refused).expect("retrieved");
    let vault = Vault::open(&scene.state()).expect("a vault");
    let secret = |file: PathBuf| vault.get(&file).expect("read").expect("there").expose().clone();
    let code = secret(vault.code_file(order.reference));
    let pem = secret(vault.key_file(order.reference));
    let line = pem.split(|octet| *octet == b'\n').nth(3).expect("a line").to_vec();
    // Held open, so that the log beside the journal is there too.
    let _journal = SqliteJournal::open(&scene.state()).expect("a journal");
    scene.revoke(&order).expect("revoked");
    let mut read = Vec::new();
    for entry in fs::read_dir(scene.state()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.starts_with("journal.sqlite") {
            continue;
        }
        let content = fs::read(&path).expect("read");
        for secret in [PASSWORD.as_bytes(), &code, &line, b"PRIVATE KEY"] {
            assert!(!content.windows(secret.len()).any(|window| window == secret), "{name}");
        }
        read.push(name);
    }
    read.sort();
    assert_eq!(read, ["journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal"]);
}
