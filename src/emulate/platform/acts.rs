//! The operations: the state machine of the platform fact sheet §7.3, with what §12 proposes where nothing is known.

use data_encoding::HEXLOWER;
use der::Decode;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use x509_cert::Certificate;

use super::caller::Caller;
use super::csr;
use super::fault::{Operation, Wrong};
use super::habilitation::Habilitation;
use super::key::MadeKey;
use super::mail::{Mail, Occasion};
use super::pkcs12::Content;
use super::product::{Naming, Product};
use super::refusal::Refusal;
use super::state::{Demand, Issued, Key, Proof, Revoked, Stage, State};
use super::wire::{
    Acceptation, Demande, Elements, Finalisation, ModeCle, Revocation, Telechargement,
};
use super::{Download, Rules};
use crate::emulate::igc::{
    self, Authority, Edition, OrganisationRequest, PublicKey, World, product_key,
};
use crate::secret::Secret;

/// What is sent back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) media: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) retry_after: Option<u32>,
}

/// What is asked for.
pub(super) struct Request<'r> {
    pub(super) operation: Operation,
    /// The number of the request, or of the certificate.
    pub(super) id: &'r str,
    pub(super) query: &'r [(String, String)],
    pub(super) body: &'r [u8],
}

/// What faults do to the acts themselves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effects {
    pub(super) polls: u32,
    pub(super) outcome: Option<Stage>,
    pub(super) wrong: Option<Wrong>,
}

/// Where a request is worked on.
pub(super) struct Desk<'d> {
    pub(super) rules: &'d Rules,
    pub(super) habilitations: &'d [Habilitation],
    pub(super) state: &'d mut State,
    pub(super) caller: &'d Caller,
    pub(super) now: Timestamp,
    /// `https://…`, `http://…`: of the platform, and of its lists.
    pub(super) endpoint: &'d str,
    pub(super) published: &'d str,
    pub(super) effects: Effects,
    pub(super) mails: Vec<Mail>,
    /// A key that was made meanwhile, for whoever asks for one.
    pub(super) made: Option<MadeKey>,
}

/// Seconds after which whoever polls may come back.
const POLL: u32 = 1;
/// Requests on a page.
const PAGE: usize = 50;

impl Desk<'_> {
    pub(super) fn act(&mut self, request: &Request<'_>) -> Result<Reply, Refusal> {
        self.age();
        match request.operation {
            Operation::Habilitations => {
                let elements = self.caller.habilitations(self.habilitations);
                let elements: Vec<_> = elements.map(Habilitation::written).collect();
                json(200, &Elements { elements, page: None, pages: None })
            }
            Operation::Demander => self.demander(parse(request.body)?),
            Operation::Suivre => self.suivre(request.id),
            Operation::Rechercher => self.rechercher(request.query),
            Operation::Finaliser => self.finaliser(request.id, parse(request.body)?),
            Operation::Telecharger => self.telecharger(request.id, parse(request.body)?),
            Operation::Revoquer => self.revoquer(request.id, parse(request.body)?),
            Operation::Certificat => {
                let (caller, all) = (self.caller, self.habilitations);
                let sees = |structure: &str| caller.sees(all, structure);
                let found = self.state.certificate(&request.id.to_ascii_lowercase(), sees)?;
                json(200, &found.written(self.now))
            }
        }
    }

    /// Requests that were not retrieved in time are lost.
    fn age(&mut self) {
        let oldest = self.now.saturating_sub(self.rules.retention).unwrap_or(Timestamp::MIN);
        for demand in &mut self.state.demands {
            let waits = matches!(demand.stage, Stage::Submitted { .. } | Stage::Ready);
            if waits && demand.updated < oldest {
                demand.stage = Stage::Expired;
                demand.updated = self.now;
            }
        }
    }

    fn demander(&mut self, asked: Demande) -> Result<Reply, Refusal> {
        let schema = |text: &str| Refusal::Schema(text.to_owned());
        let reference: Uuid =
            asked.ref_client.parse().map_err(|_| schema("refClient n'est pas un UUID"))?;
        let reference = reference.to_string();
        let product = Product::of(&asked.offre, &asked.usage)
            .ok_or_else(|| Refusal::Schema(format!("{} {}", asked.offre, asked.usage)))?;
        let before = self
            .state
            .demands
            .iter()
            .position(|found| found.reference == reference && found.caller == self.caller.name);
        if let Some(place) = before {
            let found = &self.state.demands[place];
            return match is_same(found, &asked, product) {
                true => self.received(place),
                false => Err(Refusal::Duplicate),
            };
        }
        let habilitation = self.habilitation(&asked, product)?.clone();
        let named = |name: &Option<String>, field: &str| {
            name.clone().filter(|name| !name.is_empty()).ok_or_else(|| schema(field))
        };
        let mut demand = Demand {
            id: format!("D{:08}", self.state.demands.len() + 1),
            reference,
            caller: self.caller.name.clone(),
            card: self.caller.token.clone(),
            profile: habilitation.profile.clone(),
            structure: asked.structure.clone(),
            product,
            service: None,
            fqdn: None,
            other_names: None,
            email: None,
            contact: asked.contact_email.clone(),
            key: self.key(&asked)?,
            stage: Stage::Ready,
            refusal: None,
            code: None,
            acceptance: None,
            serial: None,
            downloads: 0,
            created: self.now,
            updated: self.now,
        };
        match product.naming() {
            Naming::Service => {
                let service = named(&asked.service_applicatif, "serviceApplicatif manque")?;
                if service.chars().count() > 64 || service.chars().any(char::is_control) {
                    return Err(schema("serviceApplicatif : 1 à 64 caractères imprimables"));
                }
                demand.service = Some(service);
            }
            Naming::Server => {
                let fqdn = named(&asked.fqdn, "fqdn manque")?;
                let others = asked.noms_dns.clone().unwrap_or_default();
                for name in [&fqdn].into_iter().chain(&others) {
                    if !name.is_ascii() || name.len() > 64 {
                        return Err(schema("fqdn : 64 caractères ASCII au plus"));
                    }
                    habilitation.server(name)?;
                }
                demand.fqdn = Some(fqdn);
                demand.other_names = asked.noms_dns.clone();
            }
            Naming::Address => {
                let email = named(&asked.email, "email manque")?;
                if !email.is_ascii() || email.len() > 64 {
                    return Err(schema("email : 64 caractères ASCII au plus"));
                }
                habilitation.address(&email)?;
                demand.email = Some(email);
            }
        }
        if let Some(outcome) = self.effects.outcome {
            demand.stage = outcome;
            let refusal = (outcome == Stage::Refused).then_some("refus provoqué par l'émulateur");
            demand.refusal = refusal.map(str::to_owned);
        } else if self.effects.polls > 0 {
            demand.stage = Stage::Submitted { polls: self.effects.polls };
        }
        self.state.demands.push(demand);
        let place = self.state.demands.len() - 1;
        self.announce(place);
        self.received(place)
    }

    /// The one under which this is asked for.
    fn habilitation(&self, asked: &Demande, product: Product) -> Result<&Habilitation, Refusal> {
        let refuse = |text: String| Refusal::Habilitation(text);
        let mut all: Vec<&Habilitation> = self
            .caller
            .habilitations(self.habilitations)
            .filter(|found| found.structure.id == asked.structure)
            .collect();
        if all.is_empty() {
            return Err(refuse(format!("structure {}", asked.structure)));
        }
        all.retain(|found| found.products.contains(&product));
        if let Some(profile) = &asked.profil {
            all.retain(|found| found.profile == *profile);
        }
        match all.as_slice() {
            [] => Err(refuse(format!("{} {}", asked.offre, asked.usage))),
            [found] => Ok(found),
            _ => Err(refuse("plusieurs profils, `profil` est requis".to_owned())),
        }
    }

    fn key(&mut self, asked: &Demande) -> Result<Key, Refusal> {
        match (asked.mode_cle, &asked.csr, &asked.mot_de_passe_cle) {
            (ModeCle::Csr, Some(pem), _) => {
                let (csr, spki) = csr::read(pem)?;
                Ok(Key::Csr { csr: HEXLOWER.encode(&csr), spki: HEXLOWER.encode(&spki) })
            }
            (ModeCle::Csr, None, _) => Err(Refusal::Schema("csr manque".to_owned())),
            (ModeCle::Plateforme, _, None) => {
                Err(Refusal::Schema("motDePasseCle manque".to_owned()))
            }
            (ModeCle::Plateforme, _, Some(password)) => {
                let length = password.chars().count();
                if !self.rules.password_length.contains(&length) {
                    let (least, most) = self.rules.password_length.clone().into_inner();
                    return Err(Refusal::Password(format!("{least} à {most} caractères")));
                }
                let made = self.made.take().ok_or(Refusal::Unexpected)?;
                let salt = HEXLOWER.encode(&made.spki[made.spki.len().saturating_sub(24)..]);
                Ok(Key::Platform {
                    password: Proof::of(&Secret::new(password.clone()), &salt),
                    pkcs8: HEXLOWER.encode(&made.pkcs8),
                    spki: HEXLOWER.encode(&made.spki),
                })
            }
        }
    }

    fn received(&self, place: usize) -> Result<Reply, Refusal> {
        let demand = &self.state.demands[place];
        let mut reply = json(201, &demand.written(self.endpoint))?;
        if matches!(demand.stage, Stage::Submitted { .. }) {
            reply.status = 202;
            reply.retry_after = Some(POLL);
        }
        Ok(reply)
    }

    /// The mail at the end of a request.
    fn announce(&mut self, place: usize) {
        let demand = &self.state.demands[place];
        if demand.stage == Stage::Ready {
            let url = format!("{}/emu/v1/demandes/{}", self.endpoint, demand.id);
            self.write_to(place, Occasion::Ready { url: &url });
        }
    }

    fn write_to(&mut self, place: usize, occasion: Occasion<'_>) {
        self.state.mails += 1;
        let demand = &self.state.demands[place];
        let to = demand.contact.as_deref();
        self.mails.push(Mail::new(self.state.mails, &demand.id, to, occasion, self.now));
    }

    /// The place of a request that the caller sees.
    fn place(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.state.demands.iter().position(|found| {
            found.id == id && self.caller.sees(self.habilitations, &found.structure)
        });
        found.ok_or(Refusal::UnknownDemand)
    }

    fn suivre(&mut self, id: &str) -> Result<Reply, Refusal> {
        let place = self.place(id)?;
        let demand = &mut self.state.demands[place];
        let mut after = None;
        if let Stage::Submitted { polls } = &mut demand.stage {
            *polls = polls.saturating_sub(1);
            after = Some(POLL);
            if *polls == 0 {
                demand.stage = Stage::Ready;
                demand.updated = self.now;
                after = None;
                self.announce(place);
            }
        }
        let mut reply = json(200, &self.state.demands[place].written(self.endpoint))?;
        reply.retry_after = after;
        Ok(reply)
    }

    fn rechercher(&self, query: &[(String, String)]) -> Result<Reply, Refusal> {
        let wanted = |name: &str| {
            let found = query.iter().find(|(known, value)| known == name && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let page: usize = match wanted("page").map(str::parse) {
            None => 1,
            Some(Ok(page)) if page > 0 => page,
            Some(_) => return Err(Refusal::Schema("page".to_owned())),
        };
        let all: Vec<_> = self
            .state
            .demands
            .iter()
            .filter(|found| self.caller.sees(self.habilitations, &found.structure))
            .map(|found| found.written(self.endpoint))
            .filter(|found| wanted("offre").is_none_or(|wanted| found.offre == wanted))
            .filter(|found| wanted("usage").is_none_or(|wanted| found.usage == wanted))
            .filter(|found| wanted("structure").is_none_or(|wanted| found.structure == wanted))
            .filter(|found| wanted("statut").is_none_or(|wanted| found.statut == wanted))
            .filter(|found| {
                wanted("refClient")
                    .is_none_or(|wanted| found.ref_client.eq_ignore_ascii_case(wanted))
            })
            .collect();
        let pages = all.len().div_ceil(PAGE).max(1);
        let elements: Vec<_> =
            all.into_iter().skip((page - 1).saturating_mul(PAGE)).take(PAGE).collect();
        json(200, &Elements { elements, page: Some(page), pages: Some(pages) })
    }

    fn finaliser(&mut self, id: &str, asked: Finalisation) -> Result<Reply, Refusal> {
        let place = self.place(id)?;
        let accepted = |found: &Option<Acceptation>| {
            let found = found.as_ref().filter(|found| found.accepte && !found.version.is_empty());
            found.map(|found| found.version.clone()).ok_or(Refusal::Acceptance)
        };
        let acceptance =
            [accepted(&asked.accepte_cgu)?, accepted(&asked.accepte_certificat_et_pc)?];
        if asked.code_revocation != asked.confirmation {
            return Err(Refusal::CodePolicy("la confirmation diffère".to_owned()));
        }
        if !self.rules.code_length.contains(&asked.code_revocation.chars().count()) {
            let (least, most) = self.rules.code_length.clone().into_inner();
            return Err(Refusal::CodePolicy(format!("{least} à {most} caractères")));
        }
        let code = Secret::new(asked.code_revocation);
        let demand = &self.state.demands[place];
        match (demand.stage, &demand.code) {
            (Stage::Ready, _) => {}
            (Stage::Finalised | Stage::Collected, Some(known)) if known.is_of(&code) => {
                return json(200, &demand.written(self.endpoint));
            }
            (stage, _) => return Err(Refusal::State(stage.name())),
        }
        let proof = Proof::of(&code, &demand.id);
        let issued = self.issue(place).map_err(|_| Refusal::Unexpected)?;
        let demand = &mut self.state.demands[place];
        demand.code = Some(proof);
        demand.acceptance = Some(acceptance);
        demand.serial = Some(issued.serial.clone());
        demand.stage = Stage::Finalised;
        demand.updated = self.now;
        self.state.certificates.push(issued);
        json(200, &self.state.demands[place].written(self.endpoint))
    }

    /// The certificate is made when the request is finalised; when the real platform makes it is unknown (§7.3).
    fn issue(&self, place: usize) -> Result<Issued, Box<dyn std::error::Error>> {
        let demand = &self.state.demands[place];
        let structure = self.habilitations.iter().find(|found| {
            found.structure.id == demand.structure && found.profile == demand.profile
        });
        let structure = &structure.ok_or("the habilitation is gone")?.structure;
        let wrong = self.effects.wrong;
        let others: Vec<&str> = demand.other_names.iter().flatten().map(String::as_str).collect();
        let product = match (wrong, demand.product) {
            (Some(Wrong::Usage), Product::OrgSign) => Product::OrgAuthCli,
            (Some(Wrong::Usage), _) => Product::OrgSign,
            (_, product) => product,
        };
        let name = match wrong {
            Some(Wrong::Name) if demand.email.is_some() => "autre@autre.invalid",
            Some(Wrong::Name) => "autre.invalid",
            _ => demand.common_name(),
        };
        let key = match wrong {
            Some(Wrong::Key) => product_key("ps-auth").ok_or("embedded")?.public()?,
            _ => PublicKey::from_der(&HEXLOWER.decode(demand.spki().as_bytes())?)?,
        };
        let (from, to) = match wrong {
            Some(Wrong::Expired) => {
                let year = SignedDuration::from_hours(24 * 365);
                (self.now.saturating_sub(year * 4)?, self.now.saturating_sub(year)?)
            }
            _ => (self.now, three_years_after(self.now)?),
        };
        let request = OrganisationRequest {
            world: World::Test,
            product: product.issued(&others),
            structure,
            name,
        };
        let edition = Edition {
            published: Some(self.published),
            category: (wrong == Some(Wrong::Category)).then_some(0x03),
            order: Some(&demand.id),
        };
        let der = igc::edited_certificate(&request, &edition, &key, from, to)?;
        let read = Certificate::from_der(&der)?;
        let content = read.tbs_certificate();
        Ok(Issued {
            serial: HEXLOWER.encode(content.serial_number().as_bytes()),
            authority: issuer_of(&read).ok_or("an authority of ours")?.code(),
            subject: content.subject().to_string(),
            issuer: content.issuer().to_string(),
            der: HEXLOWER.encode(&der),
            from,
            to,
            product: demand.product,
            demand: demand.id.clone(),
            structure: demand.structure.clone(),
            wrong_codes: 0,
            revoked: None,
        })
    }

    fn telecharger(&mut self, id: &str, asked: Telechargement) -> Result<Reply, Refusal> {
        let place = self.place(id)?;
        let demand = &self.state.demands[place];
        match (demand.stage, self.rules.download, &demand.key) {
            (Stage::Finalised, ..) | (Stage::Collected, Download::Often, _) => {}
            // What is guarded is the key: a certificate is public.
            (Stage::Collected, Download::Once, Key::Csr { .. }) => {}
            (Stage::Collected, Download::Once, Key::Platform { .. }) => {
                return Err(Refusal::Downloaded);
            }
            (stage, ..) => return Err(Refusal::State(stage.name())),
        }
        let serial = demand.serial.as_deref().unwrap_or_default();
        let issued = self.state.certificates.iter().find(|found| found.serial == serial);
        let issued = issued.ok_or(Refusal::Unexpected)?;
        let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).map_err(|_| Refusal::Unexpected);
        let certificate = bytes(&issued.der)?;
        let (media, body) = match &demand.key {
            Key::Csr { .. } => ("application/pkix-cert", certificate),
            Key::Platform { password, pkcs8, .. } => {
                let given = asked.mot_de_passe_cle;
                let given =
                    given.ok_or_else(|| Refusal::Schema("motDePasseCle manque".to_owned()))?;
                let given = Secret::new(given);
                if !password.is_of(&given) {
                    return Err(Refusal::Password("ce n'est pas celui de la demande".to_owned()));
                }
                let authority = Authority::by_code(&issued.authority).ok_or(Refusal::Unexpected)?;
                let content = Content {
                    key: &bytes(pkcs8)?,
                    chain: &[
                        &certificate,
                        authority.certificate(),
                        authority.issuer().certificate(),
                    ],
                    name: demand.common_name(),
                    seed: issued.serial.as_bytes(),
                };
                let file = self.rules.pkcs12.file(&content, &given).ok_or(Refusal::Unexpected)?;
                ("application/x-pkcs12", file)
            }
        };
        let demand = &mut self.state.demands[place];
        demand.downloads += 1;
        if demand.stage != Stage::Collected {
            demand.stage = Stage::Collected;
            demand.updated = self.now;
        }
        self.write_to(place, Occasion::Collected);
        Ok(Reply { status: 200, media, body, retry_after: None })
    }

    fn revoquer(&mut self, serial: &str, asked: Revocation) -> Result<Reply, Refusal> {
        let (caller, all, now) = (self.caller, self.habilitations, self.now);
        let sees = |structure: &str| caller.sees(all, structure);
        let serial = serial.to_ascii_lowercase();
        let demand = self.state.certificate(&serial, sees)?.demand.clone();
        let code = self.state.demands.iter().find(|found| found.id == demand);
        let code = code.and_then(|found| found.code.clone()).ok_or(Refusal::Unexpected)?;
        let found = self.state.certificate(&serial, sees)?;
        if let Some(revoked) = found.revoked {
            return Err(Refusal::AlreadyRevoked(revoked.at));
        }
        let most = self.rules.code_tries;
        if found.wrong_codes >= most {
            return Err(Refusal::Code { left: 0 });
        }
        if !code.is_of(&Secret::new(asked.code_revocation)) {
            found.wrong_codes += 1;
            return Err(Refusal::Code { left: most - found.wrong_codes });
        }
        found.wrong_codes = 0;
        found.revoked = Some(Revoked { at: now, motif: asked.motif });
        json(200, &found.written(now))
    }
}

/// Whether this is what was asked for the first time; the form of a name, of a key and of a password counts.
fn is_same(known: &Demand, asked: &Demande, product: Product) -> bool {
    let key = match (&known.key, asked.mode_cle) {
        (Key::Csr { csr, .. }, ModeCle::Csr) => {
            let again = asked.csr.as_deref().and_then(|pem| csr::read(pem).ok());
            again.is_some_and(|(again, _)| HEXLOWER.encode(&again) == *csr)
        }
        (Key::Platform { password, .. }, ModeCle::Plateforme) => {
            let again = asked.mot_de_passe_cle.clone();
            again.is_some_and(|again| password.is_of(&Secret::new(again)))
        }
        _ => false,
    };
    let name = match product.naming() {
        Naming::Service => known.service == asked.service_applicatif,
        Naming::Server => known.fqdn == asked.fqdn && known.other_names == asked.noms_dns,
        Naming::Address => known.email == asked.email,
    };
    let profile = asked.profil.as_ref().is_none_or(|profile| *profile == known.profile);
    key && name
        && profile
        && known.product == product
        && known.structure == asked.structure
        && known.contact == asked.contact_email
}

/// The authority that a certificate of ours names.
fn issuer_of(certificate: &Certificate) -> Option<Authority> {
    Authority::all().find(|authority| {
        Certificate::from_der(authority.certificate()).is_ok_and(|found| {
            found.tbs_certificate().subject() == certificate.tbs_certificate().issuer()
        })
    })
}

fn three_years_after(now: Timestamp) -> Result<Timestamp, jiff::Error> {
    Offset::UTC.to_timestamp(Offset::UTC.to_datetime(now).checked_add(3.years())?)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // What stood there may be a secret: only the place is said.
    serde_json::from_slice(body).map_err(|error| {
        Refusal::Schema(format!("ligne {}, colonne {}", error.line(), error.column()))
    })
}

fn json(status: u16, document: &impl Serialize) -> Result<Reply, Refusal> {
    let body = serde_json::to_vec(document).map_err(|_| Refusal::Unexpected)?;
    Ok(Reply { status, media: "application/json", body, retry_after: None })
}
