//! Throughput of the parsers, on input as a card gives it.

use cpskit::card::objects::Object;
use cpskit::card::pkcs15;
use cpskit::emulate::{igc, issue};
use cpskit::iso7816::tlv;
use cpskit::store;
use cpskit::x509::{Certificate, Crl, Holder};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

/// As many objects of 20 bytes as fit in `size`, half of them in a template: the shape of a data object file.
fn file(size: usize) -> Vec<u8> {
    let leaf = tlv::encode(0x80, &[0x31; 18]);
    let template = tlv::encode(0xA0, &leaf.repeat(size / 40));
    [template, leaf.repeat(size / 40)].concat()
}

/// Walks the objects and those inside templates.
fn walk(bytes: &[u8]) -> usize {
    tlv::objects(bytes)
        .map_while(Result::ok)
        .map(|tlv| 1 + if tlv.tag.is_constructed() { walk(tlv.value) } else { 0 })
        .sum()
}

#[divan::bench(args = [200, 2_000, 32_000])]
fn tlv_file(bencher: Bencher<'_, '_>, size: usize) {
    let bytes = file(size);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| walk(divan::black_box(&bytes)));
}

/// The cost of bytes that are no file at all: found out at the first object.
#[divan::bench]
fn tlv_noise(bencher: Bencher<'_, '_>) {
    let bytes = vec![0x85; 2_000];
    bencher.bench(|| walk(divan::black_box(&bytes)));
}

/// The directories and data objects of a card of ours, as a read meets them.
#[divan::bench]
fn card_files(bencher: Bencher<'_, '_>) {
    let card = issue::builtin("medecin-cps3").expect("a persona of ours");
    let content = |path: &[u16]| card.file(path).expect("a file of every contact card").to_vec();
    let keys = content(&[0x3F00, 0x0001, 0x7002]);
    let certificates = content(&[0x3F00, 0x0001, 0x7005]);
    let objects = content(&[0x3F00, 0x0001, 0x7006]);
    let info = content(&[0x3F00, 0x0001, 0xD103]);
    let size = keys.len() + certificates.len() + objects.len() + info.len();
    bencher.counter(BytesCount::new(size)).bench(|| {
        let keys = pkcs15::keys::read_private(divan::black_box(&keys));
        let certificates = pkcs15::cd::read(divan::black_box(&certificates));
        let objects = pkcs15::dcod::read(divan::black_box(&objects));
        (keys, certificates, objects, Object::decode(divan::black_box(&info)))
    });
}

/// A certificate of a card and what it says of its holder.
#[divan::bench]
fn certificate(bencher: Bencher<'_, '_>) {
    let card = issue::builtin("medecin-cps3").expect("a persona of ours");
    let der = card.file(&[0x3F00, 0x0001, 0xA001]).expect("its signature certificate").to_vec();
    bencher.counter(BytesCount::of_slice(&der)).bench(|| {
        let parsed = Certificate::parse_padded(divan::black_box(&der));
        parsed.map(|(certificate, _)| Holder::of(&certificate))
    });
}

/// A list of this many entries of 36 bytes, as the lists of IGC-Santé have them (IGC-Santé fact sheet §8).
fn list(entries: u32) -> Vec<u8> {
    let algorithm = tlv::encode(0x30, &tlv::encode(0x06, &[0x2A, 0x86, 0x48]));
    let date = tlv::encode(0x17, b"260101000000Z");
    let entries: Vec<u8> = (0..entries)
        .flat_map(|number| {
            let serial = [&[0x1D; 13][..], &number.to_be_bytes()[1..]].concat();
            tlv::encode(0x30, &[tlv::encode(0x02, &serial), date.clone()].concat())
        })
        .collect();
    let fields =
        [algorithm.clone(), tlv::encode(0x30, &[]), date.clone(), tlv::encode(0x30, &entries)];
    let tbs = tlv::encode(0x30, &fields.concat());
    tlv::encode(0x30, &[tbs, algorithm, tlv::encode(0x03, &[0, 1])].concat())
}

/// Every entry of a list walked, and its serial compared.
#[divan::bench(args = [1_000, 100_000])]
fn list_entries(bencher: Bencher<'_, '_>, entries: u32) {
    let bytes = list(entries);
    let crl = Crl::parse(&bytes).expect("a list");
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| {
        let wanted = divan::black_box(&[0_u8; 16][..]);
        crl.entries().map_while(Result::ok).filter(|e| e.serial_content() == wanted).count()
    });
}

/// A file of a thousand certificates, in either form.
#[divan::bench(args = ["der", "pem"])]
fn container(bencher: Bencher<'_, '_>, form: &str) {
    let card = igc::committed("medecin-cps3").expect("a persona of ours");
    let certificate = card.authentication.as_ref().expect("a certificate of every card");
    let one = match form {
        "pem" => Certificate::parse(&certificate.der).expect("a certificate").to_pem().into_bytes(),
        _ => certificate.der.to_vec(),
    };
    let file = one.repeat(1_000);
    bencher
        .counter(BytesCount::of_slice(&file))
        .bench(|| store::read(divan::black_box(&file), None));
}
