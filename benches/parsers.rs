//! Throughput of the parsers, on input as a card gives it.

use cpskit::iso7816::tlv;
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
