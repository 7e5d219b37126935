//! What is known of a fleet, put together by hand: orders in any state, and what was seen of their files.

use std::collections::HashMap;
use std::path::PathBuf;

use cpskit::fleet::Fleet;
use cpskit::fleet::plan::{Condition, Holds, Known, Seen, SeenFile, Standing};
use cpskit::platform::journal::{Key, Machine, Order, State};
use cpskit::x509::{Certificate, Serial};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::support::mint::{KEYS, Template, validity};

/// All that a plan is made of.
pub(crate) struct World {
    pub(crate) orders: Vec<Order>,
    pub(crate) seen: HashMap<Uuid, Seen>,
    pub(crate) here: Machine,
    pub(crate) now: Timestamp,
}

impl World {
    /// Noon of 22 November 2026, and nothing ordered.
    pub(crate) fn new() -> Self {
        let here = Machine { id: Uuid::from_u128(1), name: "here".to_owned() };
        let now = "2026-11-22T12:00:00Z".parse().expect("an instant");
        Self { orders: Vec::new(), seen: HashMap::new(), here, now }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known { orders: &self.orders, seen: &self.seen, here: &self.here, now: self.now }
    }

    /// With an order of this fleet for its certificate of this number; the first order has the reference 1.
    pub(crate) fn ordered(mut self, fleet: &Fleet, index: usize, state: State) -> Self {
        let wanted = &fleet.certificates[index];
        let number = self.orders.len() + 1;
        let created = self.now + SignedDuration::from_secs(i64::try_from(number).expect("few"));
        self.orders.push(Order {
            reference: Uuid::from_u128(u128::try_from(number).expect("few")),
            binding: "rest".to_owned(),
            endpoint: "https://localhost:8445".to_owned(),
            emulated: true,
            profile: None,
            card: None,
            fleet: Some(fleet.name.clone()),
            contact: None,
            want: wanted.want.clone(),
            forced: false,
            key: Key::Local { machine: self.here.clone(), made: None },
            state,
            demand: None,
            certificate: None,
            serial: None,
            files: Vec::new(),
            acceptance: None,
            reason: None,
            revoked_at: None,
            published_at: None,
            refusal: None,
            created,
            updated: created,
        });
        self
    }

    /// The last order has a certificate that is valid between these days, `261122`.
    pub(crate) fn valid(mut self, start: &str, end: &str) -> Self {
        let (start, end) = (format!("{start}120000Z"), format!("{end}120000Z"));
        let mut template = Template::new("AC", "CN");
        template.validity = validity((0x17, &start), (0x17, &end));
        let der = template.sign(&KEYS[0]);
        let order = self.orders.last_mut().expect("an order");
        order.serial = Certificate::parse(&der).ok().map(|found| found.serial().clone());
        assert_ne!(order.serial, None::<Serial>);
        order.certificate = Some(der);
        self
    }

    /// Changes the last order.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut Order)) -> Self {
        change(self.orders.last_mut().expect("an order"));
        self
    }

    /// The last order's key is on another machine.
    pub(crate) fn elsewhere(self) -> Self {
        let machine = Machine { id: Uuid::from_u128(2), name: "atelier".to_owned() };
        self.but(|order| order.key = Key::Local { machine, made: None })
    }

    /// A file of the last order.
    pub(crate) fn file(mut self, holds: Holds, path: &str, condition: Condition) -> Self {
        let reference = self.orders.last().expect("an order").reference;
        let file = SeenFile { path: PathBuf::from(path), holds, condition };
        self.seen.entry(reference).or_default().files.push(file);
        self
    }

    /// What lists say of the last order.
    pub(crate) fn standing(mut self, standing: Standing) -> Self {
        let reference = self.orders.last().expect("an order").reference;
        self.seen.entry(reference).or_default().standing = standing;
        self
    }
}
