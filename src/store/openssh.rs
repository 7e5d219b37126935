//! Keys of OpenSSH (its `PROTOCOL.key`): the public half stands in the clear, before the private part.

use super::key::{self, KeyIdentity, PrivateKey, Protection};

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// The OBJECT IDENTIFIERs of the curves, encoded (RFC 5480 §2.1.1.1).
const CURVES: [(&[u8], &[u8]); 3] = [
    (b"nistp256", &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]),
    (b"nistp384", &[6, 5, 0x2B, 0x81, 4, 0, 0x22]),
    (b"nistp521", &[6, 5, 0x2B, 0x81, 4, 0, 0x23]),
];

/// Reads the first key of a file, without its armour.
pub(super) fn read(bytes: &[u8]) -> Option<PrivateKey> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let cipher = string(&mut rest)?;
    let _kdf = string(&mut rest)?;
    let _options = string(&mut rest)?;
    let _count = rest.split_off(..4)?;
    let public = string(&mut rest)?;
    let protection = if cipher == b"none" { Protection::Clear } else { Protection::Encrypted };
    Some(PrivateKey { identity: identity(public)?, protection })
}

/// A public key (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
fn identity(mut public: &[u8]) -> Option<KeyIdentity> {
    let rest = &mut public;
    Some(match string(rest)? {
        b"ssh-rsa" => {
            let exponent = string(rest)?;
            key::rsa_of(string(rest)?, exponent)
        }
        b"ssh-ed25519" => key::ed25519(string(rest)?),
        kind if kind.starts_with(b"ecdsa-sha2-") => {
            let name = string(rest)?;
            let (_, curve) = CURVES.iter().find(|(known, _)| *known == name)?;
            key::ec(curve, string(rest)?)
        }
        _ => KeyIdentity::Unknown,
    })
}

/// A string of RFC 4251 §5: four octets of length, then as many.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = rest.split_off(..4)?.try_into().ok().map(u32::from_be_bytes)?;
    rest.split_off(..usize::try_from(length).ok()?)
}
