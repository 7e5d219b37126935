//! A certificate that is only the shape of one: a public key nobody has the other half of, signed by nobody. It fills
//! the files of a virtual card where nothing verifies it.

/// `Certificate` (RFC 5280 §4.1) with the common name given and an RSA key of 2048 bits made of one byte.
pub(super) fn certificate(common_name: &str, key_byte: u8) -> Vec<u8> {
    let rsa = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    let sha256_rsa = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 0x0B, 5, 0];
    let common_name = der(0x0C, common_name.as_bytes());
    let attribute = der(0x30, &[&[0x06, 3, 0x55, 4, 3][..], &common_name].concat());
    let name = der(0x30, &der(0x31, &attribute));
    let validity = [der(0x17, b"260105000000Z"), der(0x17, b"490105000000Z")].concat();
    let modulus = [&[0x00, 0x80 | key_byte][..], &[key_byte; 254], &[0x01]].concat();
    let key = der(0x30, &[der(0x02, &modulus), der(0x02, &[1, 0, 1])].concat());
    let key_info = [der(0x30, &rsa), der(0x03, &[&[0][..], &key].concat())].concat();
    let body = [
        der(0xA0, &der(0x02, &[2])),
        der(0x02, &[key_byte & 0x7F | 1]),
        der(0x30, &sha256_rsa),
        name.clone(),
        der(0x30, &validity),
        name,
        der(0x30, &key_info),
    ];
    let signature = der(0x03, &[&[0][..], &[key_byte; 256]].concat());
    der(0x30, &[der(0x30, &body.concat()), der(0x30, &sha256_rsa), signature].concat())
}

fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let header = match value.len() {
        0..=0x7F => vec![tag, length[7]],
        0x80..=0xFF => vec![tag, 0x81, length[7]],
        _ => vec![tag, 0x82, length[6], length[7]],
    };
    [header, value.to_vec()].concat()
}
