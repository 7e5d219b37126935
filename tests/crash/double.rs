//! A platform in a folder: one file for each order, changed as a whole. It outlives the process that asks it, as the real one does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use cpskit::emulate::igc::{
    OrganisationProduct, OrganisationRequest, PublicKey, World, organisation_certificate,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::platform::habilitation::Habilitation;
use cpskit::platform::port::{
    CertificateStatus, Delivered, Demand, DemandId, Filter, Finalisation, Issued, KeyDemand,
    Nature, Port, PortError, Progress, Refusal, Reply, Revocation, Status,
};
use cpskit::platform::want::Names;
use cpskit::secret::Secret;
use cpskit::x509::{Certificate, Serial};
use data_encoding::HEXLOWER;
use der::{Decode, Encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use x509_cert::request::CertReq;

/// The folder.
#[derive(Debug)]
pub(crate) struct FolderPlatform(pub(crate) PathBuf);

/// An order as the platform keeps it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Kept {
    pub(crate) reference: String,
    pub(crate) csr: String,
    pub(crate) certificate: String,
    pub(crate) status: String,
    pub(crate) code: Option<String>,
}

impl FolderPlatform {
    /// Every order it has.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        let entries = fs::read_dir(&self.0).expect("the folder");
        let files = entries.map(|entry| entry.expect("an entry").path());
        let orders = files.filter(|file| file.extension().is_some_and(|kind| kind == "json"));
        orders.map(|file| read(&file)).collect()
    }

    fn file(&self, reference: &str) -> PathBuf {
        self.0.join(format!("{reference}.json"))
    }

    fn keep(&self, kept: &Kept) {
        let mut file = tempfile::NamedTempFile::new_in(&self.0).expect("a file");
        serde_json::to_writer(file.as_file_mut(), kept).expect("written");
        file.persist(self.file(&kept.reference)).expect("renamed");
    }

    /// Two that act at once act one after the other.
    fn alone(&self) -> File {
        let lock = File::create(self.0.join("lock")).expect("a lock");
        lock.lock().expect("locked");
        lock
    }

    fn of(&self, id: &DemandId) -> Result<Kept, PortError> {
        let file = self.file(&id.0);
        if file.exists() { Ok(read(&file)) } else { Err(refused(Refusal::Unknown)) }
    }

    fn by_serial(&self, serial: &Serial) -> Result<Kept, PortError> {
        let found = self.kept().into_iter().find(|kept| kept.serial() == *serial);
        found.ok_or(refused(Refusal::Unknown))
    }
}

impl Kept {
    fn der(&self) -> Vec<u8> {
        HEXLOWER.decode(self.certificate.as_bytes()).expect("hex")
    }

    pub(crate) fn parsed(&self) -> Certificate {
        Certificate::parse(&self.der()).expect("a certificate")
    }

    fn serial(&self) -> Serial {
        self.parsed().serial().clone()
    }

    fn progress(&self) -> Progress {
        Progress {
            id: DemandId(self.reference.clone()),
            reference: Uuid::parse_str(&self.reference).ok(),
            status: match self.status.as_str() {
                "A_RETIRER" => Status::ARetirer,
                "FINALISEE" => Status::Finalisee,
                _ => Status::Retiree,
            },
            retry_after: None,
            product: None,
            structure: None,
            profile: None,
            card: None,
            created: None,
            updated: None,
            url: None,
            refusal: None,
            serial: (self.status != "A_RETIRER").then(|| self.serial()),
        }
    }

    fn issued(&self) -> Issued {
        Issued {
            serial: self.serial(),
            subject: self.parsed().subject().to_string(),
            status: match self.status.as_str() {
                "REVOQUEE" => CertificateStatus::Revoque,
                _ => CertificateStatus::Actif,
            },
            revoked_at: None,
            demand: Some(DemandId(self.reference.clone())),
        }
    }
}

impl Port for FolderPlatform {
    fn binding(&self) -> &'static str {
        "folder"
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
        let _alone = self.alone();
        let KeyDemand::Local { csr } = demand.key else {
            return Err(refused(Refusal::Other));
        };
        let csr = HEXLOWER.encode(csr);
        let reference = demand.reference.to_string();
        if self.file(&reference).exists() {
            let kept = read(&self.file(&reference));
            return if kept.csr == csr {
                Ok(Reply::Done(kept.progress()))
            } else {
                Err(refused(Refusal::Duplicate))
            };
        }
        let status = "A_RETIRER".to_owned();
        let certificate = HEXLOWER.encode(&issue(demand, &csr));
        let kept = Kept { reference, csr, certificate, status, code: None };
        self.keep(&kept);
        Ok(Reply::Done(kept.progress()))
    }

    fn follow(&self, id: &DemandId) -> Result<Reply<Progress>, PortError> {
        Ok(Reply::Done(self.of(id)?.progress()))
    }

    fn search(&self, filter: &Filter) -> Result<Reply<Vec<Progress>>, PortError> {
        let all = self.kept().into_iter().map(|kept| kept.progress());
        let wanted = |found: &Progress| {
            filter.reference.is_none_or(|reference| found.reference == Some(reference))
        };
        Ok(Reply::Done(all.filter(wanted).collect()))
    }

    fn finalise(
        &self,
        id: &DemandId,
        finalisation: &Finalisation<'_>,
    ) -> Result<Reply<Progress>, PortError> {
        let _alone = self.alone();
        let mut kept = self.of(id)?;
        let code = finalisation.code.expose();
        match &kept.code {
            None => {
                kept.code = Some(code.clone());
                kept.status = "FINALISEE".to_owned();
                self.keep(&kept);
            }
            Some(set) if set == code => {}
            Some(_) => return Err(refused(Refusal::State)),
        }
        Ok(Reply::Done(kept.progress()))
    }

    fn download(
        &self,
        id: &DemandId,
        _password: Option<&Secret<String>>,
    ) -> Result<Reply<Delivered>, PortError> {
        let _alone = self.alone();
        let mut kept = self.of(id)?;
        if kept.code.is_none() {
            return Err(refused(Refusal::State));
        }
        if kept.status == "FINALISEE" {
            kept.status = "RETIREE".to_owned();
            self.keep(&kept);
        }
        Ok(Reply::Done(Delivered::Certificate(kept.der())))
    }

    fn revoke(
        &self,
        serial: &Serial,
        revocation: &Revocation<'_>,
    ) -> Result<Reply<Issued>, PortError> {
        let _alone = self.alone();
        let mut kept = self.by_serial(serial)?;
        if kept.status == "REVOQUEE" {
            return Err(refused(Refusal::AlreadyRevoked(None)));
        }
        if kept.code.as_ref() != Some(revocation.code.expose()) {
            return Err(refused(Refusal::Code));
        }
        kept.status = "REVOQUEE".to_owned();
        self.keep(&kept);
        Ok(Reply::Done(kept.issued()))
    }

    fn certificate(&self, serial: &Serial) -> Result<Reply<Issued>, PortError> {
        Ok(Reply::Done(self.by_serial(serial)?.issued()))
    }
}

fn read(file: &Path) -> Kept {
    serde_json::from_slice(&fs::read(file).expect("a file")).expect("an order")
}

fn refused(refusal: Refusal) -> PortError {
    PortError::Refused {
        refusal,
        code: "DOUBLE".to_owned(),
        label: "refused".to_owned(),
        correlation: None,
    }
}

/// A certificate of the emulation authority for the key of a request.
fn issue(demand: &Demand<'_>, csr: &str) -> Vec<u8> {
    let csr = HEXLOWER.decode(csr.as_bytes()).expect("hex");
    let request = CertReq::from_der(&csr).expect("a request");
    let key = request.info.public_key.to_der().expect("DER");
    let Names::Service(name) = &demand.want.names else {
        panic!("the double issues for services");
    };
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "CABINET D'ESSAI".to_owned(),
        id: demand.want.structure.as_str().to_owned(),
    };
    let request = OrganisationRequest {
        world: World::Test,
        product: OrganisationProduct::OrgAuthCli,
        structure: &structure,
        name,
    };
    let instant = |text: &str| text.parse().expect("an instant");
    organisation_certificate(
        &request,
        &PublicKey::from_der(&key).expect("a key"),
        instant("2026-01-01T00:00:00Z"),
        instant("2029-01-01T00:00:00Z"),
    )
    .expect("issued")
}
