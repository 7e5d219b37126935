//! CPS_SIT_FACT, tag E0: the billing data of the activities (CPx fact sheet §8.7).

use super::field::{Fields, RawField, bcd, byte};
use crate::nomenclature::{Code, Table, tariff_zone};

/// The billing data, at most eight links.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Billing {
    /// One template A0 each.
    pub links: Vec<BillingLink>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

/// What joins an activity to the health insurance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BillingLink {
    /// Link number of the activity.
    pub link: Option<u8>,
    /// Billing identifier, at most ten digits (numéro AMO).
    pub id: Option<String>,
    /// Speciality, table G100.
    pub speciality: Option<Code>,
    /// Convention, table G101.
    pub convention: Option<Code>,
    /// Tariff zone, table G102 under that convention.
    pub zone: Option<Code>,
    /// Travel allowance, table G103.
    pub travel: Option<Code>,
    /// Approvals, table G104; two digits each (inferred).
    pub approvals: Vec<Code>,
    /// `10` may sign claim forms (FSE), `01` may sign batches; raw.
    pub signs: Option<u8>,
    /// Fields not known.
    pub unknown: Vec<RawField>,
}

impl Billing {
    pub(super) fn of(fields: &mut Fields) -> Self {
        let mut links = Vec::new();
        while let Some(template) = fields.take(0xA0) {
            links.push(BillingLink::of(&mut Fields::read(&template)));
        }
        Self { links, unknown: fields.rest() }
    }
}

impl BillingLink {
    fn of(fields: &mut Fields) -> Self {
        let mut link = Self {
            link: fields.take_as(0x80, byte),
            id: fields.take_as(0x81, bcd),
            ..Self::default()
        };
        let six = |value: &[u8]| bcd(value).filter(|digits| digits.len() == 6);
        if let Some(digits) = fields.take_as(0x82, six) {
            let part = |range| digits.get(range).unwrap_or_default();
            link.speciality = Some(Table::G100.code(part(0..2)));
            link.convention = Some(Table::G101.code(part(2..3)));
            let label = tariff_zone(part(3..5), part(2..3));
            link.zone = Some(Code { code: part(3..5).to_owned(), label });
            link.travel = Some(Table::G103.code(part(5..6)));
        }
        let approvals = fields.take_as(0x83, bcd).unwrap_or_default();
        let pairs =
            (0..approvals.len() / 2).filter_map(|pair| approvals.get(2 * pair..2 * pair + 2));
        link.approvals = pairs.map(|code| Table::G104.code(code)).collect();
        link.signs = fields.take_as(0x84, byte);
        link.unknown = fields.rest();
        link
    }
}

/// The object under an outer tag 00, which TLV reading takes for padding: `00 L { A0 … }`.
pub(super) fn under_tag_zero(content: &[u8]) -> Option<Fields> {
    match content {
        [0x00, length, rest @ ..] if *length > 0 && rest.first() == Some(&0xA0) => {
            Some(Fields::read(rest.get(..usize::from(*length)).unwrap_or(rest)))
        }
        _ => None,
    }
}
