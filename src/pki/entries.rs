//! How the entries of a list are found: by a walk over all of them, by an index in memory once a list is asked about
//! often, or by an index that was sealed when the list had been verified.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::report::Origin;
use super::signature::Weakness;
use crate::x509::{Crl, CrlEntries};

/// A list whose signature was verified before, and whose entries are looked up one by one: the frame of the list is at
/// hand, its entries are not.
#[derive(Clone, Debug)]
pub struct IndexedList<'a> {
    /// The list without its entries: all else that it says. The bytes that were signed are not these.
    pub frame: Crl<'a>,
    /// Where it comes from.
    pub origin: Origin,
    /// The key that its signature was verified with.
    pub signer: ListSigner,
    /// Its entries.
    pub entries: &'a dyn Lookup,
}

/// A key that the signature of a list was found to hold with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListSigner {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key_id: [u8; 32],
    /// What is weak about the signature.
    pub weaknesses: Vec<Weakness>,
}

/// The entries of a list of which every one could be read, none has a critical extension that is not known, and none
/// names an issuer. Who implements it vouches for that, and for the entries being those of the list.
pub trait Lookup: fmt::Debug + Sync {
    /// The entries of this serial number (content octets), DER, in the order of the list; others may stand among them.
    ///
    /// # Errors
    /// [`LookupError`]: then the list says nothing.
    fn entries(&self, serial: &[u8]) -> Result<Vec<u8>, LookupError>;
}

/// The entries of a list cannot be had any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the entries of the list cannot be had any more")]
pub struct LookupError;

/// Where the entries of a list are.
#[derive(Debug)]
pub(super) enum Entries<'a> {
    /// In the list: walked, and after [`WALKS`] walks indexed.
    Listed(Walks),
    /// Behind an index.
    Sealed { signer: ListSigner, lookup: &'a dyn Lookup },
}

/// A list is walked that many times before it is indexed: an index costs about as much as it saves on so many.
const WALKS: u32 = 4;

/// How often a list was walked, and its index when there is one.
#[derive(Debug, Default)]
pub(super) struct Walks {
    count: AtomicU32,
    /// `None` inside: a list that only a walk can tell about.
    index: OnceLock<Option<Serials>>,
}

impl Walks {
    /// Whether the list has been asked about.
    pub(super) fn have_begun(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// The entry of this serial number, or none of it, if there is an index; counts a walk if there is not.
    pub(super) fn indexed<'l>(&self, crl: &Crl<'l>, serial: &[u8]) -> Option<CrlEntries<'l>> {
        let index = match self.index.get() {
            Some(index) => index,
            None if self.count.fetch_add(1, Ordering::Relaxed) < WALKS => return None,
            None => self.index.get_or_init(|| Serials::of(crl)),
        };
        index.as_ref().map(|index| index.find(crl.entries_der(), serial))
    }
}

/// Where each serial number of a list stands: four bytes a place, at most half of the places taken.
struct Serials {
    /// Open addressing, linear: 0 for a free place, else 1 + the offset of an entry.
    places: Vec<u32>,
    hasher: RandomState,
}

impl Serials {
    /// `None` for a list that must be walked: an entry that cannot be read or must not be passed over, or one that
    /// names an issuer, which the entries after it inherit.
    fn of(crl: &Crl<'_>) -> Option<Self> {
        let der = crl.entries_der();
        let mut offsets = Vec::new();
        let mut entries = crl.entries();
        loop {
            let offset = u32::try_from(der.len() - entries.rest().len()).ok()?;
            let Some(entry) = entries.next() else { break };
            let entry = entry.ok()?;
            let unknown = entry.unknown_critical_extension().ok()?;
            if unknown.is_some() || entry.certificate_issuer().ok()?.is_some() {
                return None;
            }
            offsets.push(offset.checked_add(1)?);
        }
        let places = vec![0; (2 * offsets.len()).next_power_of_two()];
        let mut serials = Self { places, hasher: RandomState::new() };
        for offset in offsets {
            let serial = serial_of(entry_at(der, offset))?;
            let place = serials.place(der, serial);
            // Of two entries of one serial number the last counts, as in a walk.
            serials.places[place] = offset;
        }
        Some(serials)
    }

    fn find<'l>(&self, der: &'l [u8], serial: &[u8]) -> CrlEntries<'l> {
        match self.places[self.place(der, serial)] {
            0 => CrlEntries::over(&[]),
            offset => CrlEntries::over(entry_at(der, offset)),
        }
    }

    /// The place of a serial number, or the free one where it would stand.
    fn place(&self, der: &[u8], serial: &[u8]) -> usize {
        let last = self.places.len() - 1;
        let mask = u64::try_from(last).expect("a size fits in 64 bits");
        let hash = self.hasher.hash_one(serial) & mask;
        let mut place = usize::try_from(hash).expect("no more than the last place");
        loop {
            match self.places[place] {
                0 => return place,
                offset if serial_of(entry_at(der, offset)) == Some(serial) => return place,
                _ => place = (place + 1) & last,
            }
        }
    }
}

impl fmt::Debug for Serials {
    /// Not the places: there may be millions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serials").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

/// The entry at an offset that was counted from 1.
fn entry_at(der: &[u8], offset: u32) -> &[u8] {
    let start = usize::try_from(offset - 1).expect("an offset in memory");
    let mut entries = CrlEntries::over(&der[start..]);
    entries.next();
    &der[start..der.len() - entries.rest().len()]
}

fn serial_of(entry: &[u8]) -> Option<&[u8]> {
    CrlEntries::over(entry).next()?.ok().map(|entry| entry.serial_content())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{ListTemplate, der, entry, sequence};
    use super::*;

    /// What a list says of a serial number when it is asked for the first time, and when it is asked often.
    fn first_and_last(list: &Crl<'_>, serial: &[u8]) -> [Vec<Vec<u8>>; 2] {
        let walks = Walks::default();
        let of = |entries: CrlEntries<'_>| -> Vec<Vec<u8>> {
            let found = entries.flatten().map(|entry| entry.serial_content().to_vec());
            found.filter(|found| found == serial).collect()
        };
        let first = of(walks.indexed(list, serial).unwrap_or_else(|| list.entries()));
        let mut last = Vec::new();
        for _ in 0..=WALKS {
            last = of(walks.indexed(list, serial).unwrap_or_else(|| list.entries()));
        }
        assert!(walks.index.get().is_some());
        [first, last]
    }

    fn signed(entries: Vec<Vec<u8>>) -> Vec<u8> {
        ListTemplate { entries, ..ListTemplate::new("ca", 1) }.signed(2)
    }

    #[test]
    fn a_list_that_names_issuers_or_has_a_broken_entry_is_never_indexed() {
        let issuer = super::super::sample::critical(29, &sequence(&[]));
        let named = sequence(&[der(2, &[7]), der(0x17, b"260101000000Z"), sequence(&[issuer])]);
        for odd in [named, sequence(&[vec![2, 9]])] {
            let list = signed(vec![entry(1, "260101000000Z", None), odd]);
            assert!(Serials::of(&Crl::parse(&list).expect("whole")).is_none());
        }
    }

    #[test]
    fn of_two_entries_of_one_number_the_last_is_found() {
        let list =
            signed(vec![entry(1, "260101000000Z", None), entry(1, "260102000000Z", Some(1))]);
        let crl = Crl::parse(&list).expect("whole");
        let mut found = Serials::of(&crl).expect("indexed").find(crl.entries_der(), &[1]);
        let reason = found.next().expect("found").expect("whole").reason();
        assert_eq!(reason, Ok(Some(crate::x509::Reason::KeyCompromise)));
    }

    proptest! {
        #[test]
        fn a_list_says_the_same_however_often_it_is_asked(
            serials in proptest::collection::btree_set(any::<u8>(), 0..60),
            asked in any::<u8>(),
        ) {
            let entries = serials.iter().map(|serial| entry(*serial, "260101000000Z", None));
            let list = signed(entries.collect());
            let crl = Crl::parse(&list).expect("whole");
            let [first, last] = first_and_last(&crl, &[asked]);
            prop_assert_eq!(&first, &last);
            prop_assert_eq!(first.len(), usize::from(serials.contains(&asked)));
        }
    }
}
