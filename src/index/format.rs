//! The format of an index: bytes in, bytes out.
//!
//! ```text
//! magic             8 bytes
//! length            4 bytes: of the header that follows
//! header            what the list is and says but for its entries ([`Header`])
//! seal              32 bytes: HMAC-SHA256 of magic, length and header
//! table             8 bytes a bucket and 8 more: where each bucket starts, and where the last one ends
//! buckets           each 32 bytes of HMAC-SHA256 of the header's seal, the bucket's number and its entries,
//!                   then its entries: DER, as they stand in the list and in its order
//! ```
//!
//! Numbers are big-endian. The table is not sealed: what it leads to is.

use std::io::{self, Write};

use ring::digest::{SHA256, digest};
use ring::hmac;

use super::IndexError;
use crate::pki::{ListSigner, Weakness};
use crate::x509::{Crl, CrlEntries};

const MAGIC: [u8; 8] = *b"cpskidx1";
const SEAL: usize = 32;
/// The least part of an index before its header.
const START: usize = MAGIC.len() + 4;
/// No header is longer: the frame of a list is some hundred bytes.
const LONGEST_HEADER: usize = 1 << 20;
/// No bucket is longer: sixty entries are some thousand bytes, but nothing bounds one entry.
const LONGEST_BUCKET: usize = 1 << 26;
/// Entries of a bucket, on average at most.
const PER_BUCKET: usize = 64;

/// Bytes that are read where they are needed.
pub trait ReadAt {
    /// So many bytes from this offset on, or none when there are fewer.
    fn read_at(&self, offset: u64, length: usize) -> Option<Vec<u8>>;
}

impl ReadAt for &[u8] {
    fn read_at(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        let start = usize::try_from(offset).ok()?;
        self.get(start..start.checked_add(length)?).map(<[u8]>::to_vec)
    }
}

/// What an index says of its list, but for the entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Header {
    /// Which file the list was read from, as the file system tells files apart; opaque here.
    pub(super) body: Vec<u8>,
    /// SHA-256 of the whole list.
    pub(super) sha256: [u8; 32],
    /// The key that its signature was verified with.
    pub(super) signer: ListSigner,
    /// The list without its entries, DER.
    pub(super) frame: Vec<u8>,
    /// How many buckets there are: a power of two.
    pub(super) buckets: u32,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, &self.body);
        bytes.extend(self.sha256);
        bytes.extend(self.signer.key_id);
        let mut weaknesses = Vec::new();
        for weakness in &self.signer.weaknesses {
            weaknesses.extend(encode_weakness(*weakness));
        }
        put(&mut bytes, &weaknesses);
        put(&mut bytes, &self.frame);
        bytes.extend(self.buckets.to_be_bytes());
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let body = take(bytes)?.to_vec();
        let sha256 = array(bytes)?;
        let key_id = array(bytes)?;
        let weaknesses = take(bytes)?.chunks(5).map(decode_weakness).collect::<Option<_>>()?;
        let frame = take(bytes)?.to_vec();
        let buckets = u32::from_be_bytes(array(bytes)?);
        let whole = bytes.is_empty() && buckets.is_power_of_two();
        let signer = ListSigner { key_id, weaknesses };
        whole.then_some(Self { body, sha256, signer, frame, buckets })
    }
}

fn encode_weakness(weakness: Weakness) -> [u8; 5] {
    let (kind, bits) = match weakness {
        Weakness::Sha1 => (0, 0),
        Weakness::RsaKey { bits } => (1, bits),
        Weakness::Dsa { bits } => (2, bits),
    };
    let bits = u32::try_from(bits).unwrap_or(u32::MAX);
    let [a, b, c, d] = bits.to_be_bytes();
    [kind, a, b, c, d]
}

fn decode_weakness(bytes: &[u8]) -> Option<Weakness> {
    let (kind, bits) = bytes.split_first()?;
    let bits = u32::from_be_bytes(bits.try_into().ok()?);
    match kind {
        0 => Some(Weakness::Sha1),
        1 => Some(Weakness::RsaKey { bits: usize::try_from(bits).ok()? }),
        2 => Some(Weakness::Dsa { bits: usize::try_from(bits).ok()? }),
        _ => None,
    }
}

/// An octet string after its length.
fn put(bytes: &mut Vec<u8>, octets: &[u8]) {
    let length = u32::try_from(octets.len()).expect("parts of a header are short");
    bytes.extend(length.to_be_bytes());
    bytes.extend(octets);
}

fn take<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(u32::from_be_bytes(array(bytes)?)).ok()?;
    let (octets, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(octets)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (octets, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*octets)
}

/// An index whose header is sealed with the right key.
#[derive(Debug)]
pub struct Index<B> {
    pub(super) header: Header,
    key: hmac::Key,
    seal: [u8; SEAL],
    /// Where the table starts.
    table: u64,
    bytes: B,
}

impl<B: ReadAt> Index<B> {
    /// Opens an index.
    ///
    /// # Errors
    /// [`IndexError::Seal`], whatever is wrong with it.
    pub fn open(bytes: B, key: &hmac::Key) -> Result<Self, IndexError> {
        Self::read(bytes, key).ok_or(IndexError::Seal)
    }

    fn read(bytes: B, key: &hmac::Key) -> Option<Self> {
        let start = bytes.read_at(0, START)?;
        let (magic, length) = start.split_first_chunk::<8>()?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        if *magic != MAGIC || length > LONGEST_HEADER {
            return None;
        }
        let all = bytes.read_at(0, START + length + SEAL)?;
        let (sealed, seal) = all.split_last_chunk::<SEAL>()?;
        hmac::verify(key, sealed, seal).ok()?;
        let header = Header::decode(&sealed[START..])?;
        let table = u64::try_from(all.len()).ok()?;
        Some(Self { header, key: key.clone(), seal: *seal, table, bytes })
    }

    /// The list without its entries, DER.
    pub fn frame(&self) -> &[u8] {
        &self.header.frame
    }

    /// The key that the list was verified with.
    pub fn signer(&self) -> &ListSigner {
        &self.header.signer
    }

    /// The entries among which those of a serial number (content octets) stand: DER, in the order of the list.
    ///
    /// # Errors
    /// [`IndexError::Seal`]: that part of the index is cut or was changed.
    pub fn entries(&self, serial: &[u8]) -> Result<Vec<u8>, IndexError> {
        self.bucket(bucket_of(serial, self.header.buckets)).ok_or(IndexError::Seal)
    }

    fn bucket(&self, number: u32) -> Option<Vec<u8>> {
        let place = self.table.checked_add(8 * u64::from(number))?;
        let bounds = self.bytes.read_at(place, 16)?;
        let (start, end) = bounds.split_first_chunk::<8>()?;
        let start = u64::from_be_bytes(*start);
        let end = u64::from_be_bytes(end.try_into().ok()?);
        let length = usize::try_from(end.checked_sub(start)?).ok()?;
        if length > LONGEST_BUCKET {
            return None;
        }
        let bucket = self.bytes.read_at(start, length)?;
        let (seal, entries) = bucket.split_first_chunk::<SEAL>()?;
        hmac::verify(&self.key, &sealed_bucket(&self.seal, number, entries), seal).ok()?;
        Some(entries.to_vec())
    }
}

fn sealed_bucket(header: &[u8; SEAL], number: u32, entries: &[u8]) -> Vec<u8> {
    [header, &number.to_be_bytes()[..], entries].concat()
}

/// Spread by a hash: serial numbers may be consecutive.
fn bucket_of(serial: &[u8], buckets: u32) -> u32 {
    let digest = digest(&SHA256, serial);
    let first = digest.as_ref().first_chunk().expect("SHA-256 gives 32 bytes");
    u32::from_be_bytes(*first) & (buckets - 1)
}

/// Writes the index of a list whose signature holds with the key said.
///
/// # Errors
/// [`IndexError::Unindexable`] and [`IndexError::Io`].
pub fn encode(
    body: &[u8],
    crl: &Crl<'_>,
    signer: &ListSigner,
    key: &hmac::Key,
    out: &mut impl Write,
) -> Result<(), IndexError> {
    let der = crl.entries_der();
    let spread = Spread::of(crl).ok_or(IndexError::Unindexable)?;
    let sha256 = digest(&SHA256, crl.der());
    let header = Header {
        body: body.to_vec(),
        sha256: sha256.as_ref().try_into().expect("SHA-256 gives 32 bytes"),
        signer: signer.clone(),
        frame: crl.frame_der(),
        buckets: u32::try_from(spread.buckets.len()).map_err(|_| IndexError::Unindexable)?,
    };
    let header = header.encode();
    if header.len() > LONGEST_HEADER {
        return Err(IndexError::Unindexable);
    }
    let length = u32::try_from(header.len()).map_err(|_| IndexError::Unindexable)?;
    let sealed = [&MAGIC[..], &length.to_be_bytes(), &header].concat();
    let seal = tag(key, &sealed);
    out.write_all(&sealed)?;
    out.write_all(&seal)?;
    spread.write_table(sealed.len() + SEAL, out)?;
    for (number, bucket) in (0..).zip(&spread.buckets) {
        let mut entries = Vec::with_capacity(bucket.size);
        for offset in &spread.offsets[bucket.entries.clone()] {
            entries.extend(entry_at(der, *offset));
        }
        out.write_all(&tag(key, &sealed_bucket(&seal, number, &entries)))?;
        out.write_all(&entries)?;
    }
    Ok(())
}

fn tag(key: &hmac::Key, bytes: &[u8]) -> [u8; SEAL] {
    hmac::sign(key, bytes).as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
}

/// Which entries go to which bucket.
struct Spread {
    buckets: Vec<Bucket>,
    /// Of every entry, bucket by bucket, each in the order of the list.
    offsets: Vec<usize>,
}

#[derive(Clone, Default)]
struct Bucket {
    /// Which of the offsets.
    entries: std::ops::Range<usize>,
    /// Bytes of its entries.
    size: usize,
}

impl Spread {
    fn of(crl: &Crl<'_>) -> Option<Self> {
        let der = crl.entries_der();
        let mut entries = crl.entries();
        let mut found = Vec::new();
        loop {
            let offset = der.len() - entries.rest().len();
            let Some(entry) = entries.next() else { break };
            let entry = entry.ok()?;
            let unknown = entry.unknown_critical_extension().ok()?;
            if unknown.is_some() || entry.certificate_issuer().ok()?.is_some() {
                return None;
            }
            found.push((offset, entry.serial_content()));
        }
        let count = found.len().div_ceil(PER_BUCKET).next_power_of_two();
        let number = u32::try_from(count).ok()?;
        let mut numbered: Vec<(u32, usize)> =
            found.into_iter().map(|(offset, serial)| (bucket_of(serial, number), offset)).collect();
        numbered.sort_unstable();
        let mut buckets = vec![Bucket::default(); count];
        for (place, (bucket, offset)) in numbered.iter().enumerate() {
            let bucket = &mut buckets[usize::try_from(*bucket).ok()?];
            if bucket.entries.is_empty() {
                bucket.entries = place..place;
            }
            bucket.entries.end += 1;
            bucket.size += entry_at(der, *offset).len();
        }
        let offsets = numbered.into_iter().map(|(_, offset)| offset).collect();
        Some(Self { buckets, offsets })
    }

    /// Writes where each bucket starts, and where the last one ends.
    fn write_table(&self, table: usize, out: &mut impl Write) -> io::Result<()> {
        let mut offset = table + 8 * (self.buckets.len() + 1);
        for bucket in &self.buckets {
            write_offset(offset, out)?;
            offset += SEAL + bucket.size;
        }
        write_offset(offset, out)
    }
}

fn write_offset(offset: usize, out: &mut impl Write) -> io::Result<()> {
    let offset = u64::try_from(offset).expect("a size fits in 64 bits");
    out.write_all(&offset.to_be_bytes())
}

/// The entry that starts there, which was read before.
fn entry_at(der: &[u8], offset: usize) -> &[u8] {
    let mut entries = CrlEntries::over(&der[offset..]);
    entries.next();
    &der[offset..der.len() - entries.rest().len()]
}

#[cfg(test)]
mod tests;
