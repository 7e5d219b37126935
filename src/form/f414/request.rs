//! What is asked for on F414, kept to what the form can carry and to its limits (platform fact sheet §4).

use std::collections::BTreeSet;
use std::fmt;

use super::catalogue::{self, Article, Generation, MOST_CARDS, MOST_KITS, MOST_SETS};
use super::draft::{
    Draft, DraftAddress, DraftAdministrator, DraftApplicant, DraftCards, DraftCertificates,
};
use super::field::MOST_ADMINISTRATORS;
use crate::id::CardNumber;

/// What is asked for: it goes onto one form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Section 2.
    pub structure: Structure,
    /// Section 3.
    pub applicant: Applicant,
    /// Sections 4.1 and 4.2.
    pub cards: Option<CardOrder>,
    /// Section 4.2, the address.
    pub delivery: Option<Address>,
    /// Sections 5.1 and 5.2.
    pub certificates: Option<Certificates>,
    /// Section 5.3; none when the cards are those ordered here.
    pub administrators: Vec<CardNumber>,
    /// What the form does not carry, or what a person must look at.
    pub notes: Vec<String>,
}

/// A structure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Structure {
    /// Its name and where it is.
    pub address: Address,
    /// 9 letters or digits.
    pub finess: Option<String>,
    /// 14 digits.
    pub siret: Option<String>,
}

/// An address.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct Address {
    pub name: String,
    pub complement: Option<String>,
    pub number: String,
    pub street_type: String,
    pub street: String,
    pub postcode: String,
    pub town: String,
    pub country: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct Applicant {
    pub family_name: String,
    pub given_names: String,
    pub phone: String,
    pub email: String,
}

/// Cards that are ordered: something, and within the limits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardOrder {
    /// What the cards are for.
    pub usage: String,
    /// The project.
    pub project: String,
    /// Kits.
    pub kits: u8,
    /// Cards and sets, in the form's order.
    pub lines: Vec<Line>,
}

/// A number of one card or set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The card or set.
    pub article: Article,
    /// As CPS3, or as CPS4.
    pub generation: Generation,
    /// How many.
    pub quantity: u8,
}

/// Certificates that are to be ordered later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificates {
    /// What the certificates are for.
    pub usage: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// Which, inside which names.
    pub perimeters: Perimeters,
}

/// Section 5.2: one name for each line of the form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Perimeters {
    /// ORG.
    pub org: bool,
    /// SSL_SERV for a whole domain.
    pub server_domain: Option<String>,
    /// SSL_SERV for one server; none beside a domain.
    pub server_name: Option<String>,
    /// SERV SMIME, SIGN, CONF.
    pub mail_domain: Option<String>,
    /// PRO.
    pub person_domain: Option<String>,
}

/// Something that keeps a draft from going onto the form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// Which key of the fleet's file: `form.kits`.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.message)
    }
}

impl Request {
    /// Reads a draft.
    ///
    /// # Errors
    /// Every [`Breach`].
    pub fn parse(draft: &Draft) -> Result<Self, Vec<Breach>> {
        let mut reader = Reader::default();
        let request = reader.request(draft);
        match request {
            Some(request) if reader.breaches.is_empty() => Ok(request),
            _ => Err(reader.breaches),
        }
    }
}

/// Card families that an administrateur technique may hold; a CPE must be nominative.
const ADMINISTRATORS: [&str; 5] = ["CPS", "CDE", "CPE", "CDA", "CPA"];

#[derive(Default)]
struct Reader {
    breaches: Vec<Breach>,
    notes: Vec<String>,
}

/// Each reads on after a breach, so that all are told at once.
impl Reader {
    fn breach(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.breaches.push(Breach { key: key.into(), message: message.into() });
    }

    fn request(&mut self, draft: &Draft) -> Option<Request> {
        let structure = self.structure(draft);
        let applicant = self.applicant(&draft.applicant);
        let cards = draft.cards.as_ref().and_then(|cards| self.cards(cards));
        let delivery = draft
            .delivery
            .as_ref()
            .and_then(|delivery| self.address("form.delivery", "form.delivery", delivery));
        let certificates = draft.certificates.as_ref().and_then(|wanted| self.certificates(wanted));
        let administrators = self.administrators(&draft.administrators);
        if draft.cards.is_none() && draft.certificates.is_none() {
            self.breach("form", "neither cards nor certificates are asked for");
        }
        if draft.certificates.is_some() && draft.cards.is_none() && administrators.is_empty() {
            let message =
                "no card may order the certificates: name those that you have, or order some";
            self.breach("form.administrators", message);
        }
        if draft.cards.is_some() && draft.delivery.is_none() {
            let note =
                "no delivery address (`form.delivery`): the form leaves open where the cards go";
            self.notes.push(note.to_owned());
        }
        Some(Request {
            structure: structure?,
            applicant: applicant?,
            cards,
            delivery,
            certificates,
            administrators,
            notes: draft.left_out.iter().cloned().chain(self.notes.drain(..)).collect(),
        })
    }

    fn structure(&mut self, draft: &Draft) -> Option<Structure> {
        let address = self.address("structure", "structure.address", &draft.structure);
        let finess = given(draft.finess.as_deref());
        let siret = given(draft.siret.as_deref());
        if finess.is_none() && siret.is_none() {
            self.breach("structure", "a FINESS or a SIRET is required");
        }
        let letters = |text: &String| {
            text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if finess.as_ref().is_some_and(|finess| !letters(finess)) {
            self.breach("structure.finess", "a FINESS has 9 letters or digits");
        }
        let digits =
            |text: &String| text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
        if siret.as_ref().is_some_and(|siret| !digits(siret)) {
            self.breach("structure.siret", "a SIRET has 14 digits");
        }
        Some(Structure { address: address?, finess, siret })
    }

    /// `of` is the table of the name, `place` that of the rest.
    fn address(&mut self, of: &str, place: &str, draft: &DraftAddress) -> Option<Address> {
        let mut required = |key: &str, text: Option<&str>| {
            let text = given(text);
            if text.is_none() {
                let table = if key == "name" { of } else { place };
                self.breach(format!("{table}.{key}"), "required");
            }
            text
        };
        let name = required("name", draft.name.as_deref());
        let number = required("number", draft.number.as_deref());
        let street_type = required("street_type", draft.street_type.as_deref());
        let street = required("street", draft.street.as_deref());
        let postcode = required("postcode", draft.postcode.as_deref());
        let town = required("town", draft.town.as_deref());
        Some(Address {
            name: name?,
            complement: given(draft.complement.as_deref()),
            number: number?,
            street_type: street_type?,
            street: street?,
            postcode: postcode?,
            town: town?,
            country: given(draft.country.as_deref()),
        })
    }

    fn applicant(&mut self, draft: &DraftApplicant) -> Option<Applicant> {
        let mut required = |key: &str, text: Option<&str>| {
            let text = given(text);
            if text.is_none() {
                self.breach(format!("demandeur.{key}"), "required");
            }
            text
        };
        let family_name = required("family_name", draft.family_name.as_deref());
        let given_names = required("given_names", draft.given_names.as_deref());
        let phone = required("phone", draft.phone.as_deref());
        let email = required("email", draft.email.as_deref());
        if email.as_ref().is_some_and(|email| !is_address(email)) {
            self.breach("demandeur.email", "not an e-mail address");
        }
        Some(Applicant {
            family_name: family_name?,
            given_names: given_names?,
            phone: phone?,
            email: email?,
        })
    }

    fn cards(&mut self, draft: &DraftCards) -> Option<CardOrder> {
        let usage = given(draft.usage.as_deref());
        let project = given(draft.project.as_deref());
        if usage.is_none() {
            self.breach("form.cards_usage", "required when cards are ordered");
        }
        if project.is_none() {
            self.breach("form.cards_project", "required when cards are ordered");
        }
        let mut lines = Vec::new();
        let mut totals = [0u64, 0];
        for (generation, wanted) in
            [(Generation::Cps3, &draft.cps3), (Generation::Cps4, &draft.cps4)]
        {
            for (slug, quantity) in wanted {
                let key = format!("form.{}.{slug}", generation.name().to_lowercase());
                let single = catalogue::cards().find(|card| card.slug == slug);
                let set = catalogue::sets().find(|set| set.slug == slug);
                let Some(article) = single.or(set) else {
                    let nearest =
                        catalogue::nearest(slug, catalogue::cards().chain(catalogue::sets()));
                    let nearest = nearest.map(|slug| format!("; the nearest is `{slug}`"));
                    let message =
                        format!("no card or set is called so{}", nearest.unwrap_or_default());
                    self.breach(key, message);
                    continue;
                };
                totals[usize::from(single.is_none())] += u64::from(*quantity);
                match u8::try_from(*quantity) {
                    Ok(0) => self.breach(key, "a quantity is 1 at least"),
                    Ok(quantity) => lines.push(Line { article, generation, quantity }),
                    Err(_) => {}
                }
            }
        }
        let [singles, sets] = totals;
        let limits = [
            ("form.kits", u64::from(draft.kits), MOST_KITS, "kits"),
            ("form", singles, MOST_CARDS, "single cards"),
            ("form", sets, MOST_SETS, "sets"),
        ];
        for (key, found, most, what) in limits {
            if found > u64::from(most) {
                self.breach(key, format!("{found} {what}; at most {most} are ordered at a time"));
            }
        }
        let kits = u8::try_from(draft.kits).unwrap_or(u8::MAX);
        if kits == 0 && lines.is_empty() && totals == [0, 0] {
            self.breach("form", "no kit, card or set is ordered");
        }
        if kits > 0 {
            self.notes.push(
                "the form has one field for the number of kits: write by hand whether as CPS3 or as CPS4".to_owned(),
            );
        }
        lines.sort_by_key(|line| (line.article.place, line.generation));
        Some(CardOrder { usage: usage?, project: project?, kits, lines })
    }

    fn certificates(&mut self, draft: &DraftCertificates) -> Option<Certificates> {
        let server_domain = self.one("form.server_domain", &draft.server_domains);
        let server_name = match &server_domain {
            None if draft.server_names.len() > 1 => {
                let names = draft.server_names.join("`, `");
                let message = format!(
                    "the form has a line for one server, and there are several (`{names}`): give the whole domain"
                );
                self.breach("form.server_domain", message);
                None
            }
            None => self.one("certificate.dns", &draft.server_names),
            Some(domain) => {
                for name in &draft.server_names {
                    let message = format!(
                        "`{name}` is not in the domain `{domain}`, and the form has a line for one: it takes another form"
                    );
                    self.breach("certificate.dns", message);
                }
                None
            }
        };
        let perimeters = Perimeters {
            org: draft.org,
            server_domain,
            server_name,
            mail_domain: self.one("certificate.email", &draft.mail_domains),
            person_domain: self.one("certificate.email", &draft.person_domains),
        };
        Some(Certificates {
            usage: given(draft.usage.as_deref()),
            project: given(draft.project.as_deref()),
            perimeters,
        })
    }

    /// The one name that a line of the form has room for.
    fn one(&mut self, key: &str, names: &[String]) -> Option<String> {
        let names: BTreeSet<String> = names
            .iter()
            .filter_map(|name| given(Some(name)))
            .map(|name| name.to_lowercase())
            .collect();
        for name in &names {
            let bare = name.strip_prefix('@').unwrap_or(name);
            if !is_domain(bare) {
                self.breach(key, format!("`{name}` is not a name of the DNS"));
            }
        }
        if names.len() > 1 {
            let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.breach(
                key,
                format!("the form has one line, and there are {}: {list}", names.len()),
            );
        }
        let first = names.into_iter().next()?;
        Some(first.strip_prefix('@').unwrap_or(&first).to_owned())
    }

    fn administrators(&mut self, drafts: &[DraftAdministrator]) -> Vec<CardNumber> {
        let mut numbers = Vec::new();
        for draft in drafts {
            let number = match CardNumber::parse(draft.number.trim()) {
                Ok(number) => number,
                Err(error) => {
                    self.breach("form.administrators", format!("`{}`: {error}", draft.number));
                    continue;
                }
            };
            match draft.family.as_deref() {
                Some(family) if !ADMINISTRATORS.contains(&family) => {
                    let message = format!(
                        "{number} is a {family}; an administrateur technique holds a CPS, CDE, nominative CPE, CDA or CPA"
                    );
                    self.breach("form.administrators", message);
                }
                Some("CPE") => self.notes.push(format!("{number} is a CPE: it must be a nominative one")),
                Some(_) => {}
                None => self.notes.push(format!(
                    "{number}: its family is not in the file; it must be a CPS, CDE, nominative CPE, CDA or CPA"
                )),
            }
            if numbers.contains(&number) {
                self.breach("form.administrators", format!("{number} stands there twice"));
            } else {
                numbers.push(number);
            }
        }
        if numbers.len() > usize::from(MOST_ADMINISTRATORS) {
            let message = format!(
                "{} cards; the form has lines for {MOST_ADMINISTRATORS}: send a second form for the others",
                numbers.len()
            );
            self.breach("form.administrators", message);
        }
        numbers
    }
}

/// A text that is there and not blank, without the space around it.
fn given(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty() && !local.contains([' ', '@']) && is_domain(domain)
    })
}

/// Two labels at least, of letters, digits and hyphens, 63 at most each (RFC 1123 §2.1).
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.contains('.') && text.len() <= 253 && text.split('.').all(label)
}
