//! DSA (FIPS 186-4 §4.7, RFC 3279 §2.2.2): for what was signed before it was withdrawn, and always weak.

use dsa::signature::hazmat::PrehashVerifier;
use dsa::{BigUint, Components, Signature, VerifyingKey};
use ring::digest;

use super::{SignatureError, Weakness};
use crate::x509::{AlgorithmIdentifier, DsaKey, DsaParameters, oid};

/// The largest p and q that are computed with, in bytes: no key in use has more.
const LARGEST: (usize, usize) = (4096 / 8, 512 / 8);

/// Verifies a signature; without its parameters, a key verifies nothing.
pub(super) fn verify(
    key: DsaKey,
    algorithm: &AlgorithmIdentifier,
    message: &[u8],
    signature: &[u8],
) -> Result<Vec<Weakness>, SignatureError> {
    let unsupported = || SignatureError::Unsupported(algorithm.oid.clone());
    let (hash, sha1) = match algorithm.oid.as_str() {
        oid::DSA_WITH_SHA1 => (&digest::SHA1_FOR_LEGACY_USE_ONLY, Some(Weakness::Sha1)),
        oid::DSA_WITH_SHA256 => (&digest::SHA256, None),
        _ => return Err(unsupported()),
    };
    let DsaParameters { p, q, g } = key.parameters.ok_or_else(unsupported)?;
    let (most_p, most_q) = LARGEST;
    if [&p, &g, &key.y].iter().any(|number| number.len() > most_p) || q.len() > most_q {
        return Err(unsupported());
    }
    let bits = p.len() * 8;
    let [p, q, g, y] = [p, q, g, key.y].map(|number| BigUint::from_bytes_be(&number));
    let key = Components::from_components(p, q, g)
        .and_then(|components| VerifyingKey::from_components(components, y))
        .map_err(|_| unsupported())?;
    let digest = digest::digest(hash, message);
    Signature::try_from(signature)
        .and_then(|signature| key.verify_prehash(digest.as_ref(), &signature))
        .map_err(|_| SignatureError::Wrong)?;
    Ok([Some(Weakness::Dsa { bits }), sha1].into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::signature;
    use crate::x509::PublicKey;

    const MESSAGE: &[u8] = b"what is signed";
    /// SubjectPublicKeyInfo of a key of 1024 bits that `openssl` made, and two of its signatures.
    const SPKI: &str = "\
    308201c03082013406072a8648ce3804013082012702818100d7032512dcf41caf1a69ed5b9acac956ef68436d87d127\
    6b1988891705fe99ce31c5c7cb20f344b5b7ad1771030f2900276f17543991d0e37a3fd403a3a228804f8838bbc945da\
    e24c7269197cb547a02cb41f04eb2f67027298256335deeb33840f8366e75d744073aa0609286954304f641168b1b369\
    3c1b6a1d50ab91eb7f021d00e1859fb4e2751a86bbae9568a6224c054a07ff82d0287f9b393a3e4502818100911b13f7\
    4626677181bd83f07501a8e470331d01c51a65939eac7e166d4a4c3cb47ccf5359729da1067ce322dc0744630f06bcdd\
    5b2f69cfa3879d6fe050210cea28854271a0b07624c2bbd0a2b90db5b038be45204c4fc9e250448fe33c6f5478c312e0\
    030c5be9b1efa200cf08171ca9a2c617dcc6671923194c33e44b46130381850002818100a84244b9e46d834c679b5572\
    241515c2cc73017547eb2faca87a925dfdb7dd90476a095c7211684e1bc8e9b0a8c4a8f626c2e649fd9f092068df69a4\
    834338101208446b61e44fdcf6da843ba7a184f6a2d1fdd7f124697756b3bf62b5754f77fc9740875892b3d12f793186\
    904b459bbfff96c53b502ec3e298c048efbd376b";
    /// Over [`MESSAGE`], with SHA-1.
    const WITH_SHA1: &str = "\
    303c021c417ff9eaec90f3693689e6c7103eca8585e7bde232f92da48860374f021c30e036a2a863d933b53e26b6d7d5\
    d7b507bc9f4a4524a718b7415600";
    /// Over [`MESSAGE`], with SHA-256.
    const WITH_SHA256: &str = "\
    303d021c098d1dc7bb280b61fbbb964a077d13734fce2f1d87615b618992050e021d008cbb5ea1d05dbee62245e1e08e\
    ab89cfdb068c6d97ed6ed57799397d";

    fn hex(digits: &str) -> Vec<u8> {
        let digits = digits.as_bytes().chunks(2).map(|two| str::from_utf8(two).expect("ASCII"));
        digits.map(|two| u8::from_str_radix(two, 16).expect("hexadecimal")).collect()
    }

    fn algorithm(oid: &str) -> AlgorithmIdentifier {
        AlgorithmIdentifier { oid: oid.parse().expect("dotted"), parameters: None }
    }

    fn key() -> PublicKey {
        PublicKey::from_spki(&hex(SPKI)).expect("a key")
    }

    /// The same key with other parameters.
    fn key_with(parameters: Option<Vec<u8>>) -> PublicKey {
        let PublicKey::Other { algorithm, key } = key() else { panic!("not RSA") };
        PublicKey::Other { algorithm: AlgorithmIdentifier { parameters, ..algorithm }, key }
    }

    #[test]
    fn a_signature_holds_for_its_own_message_and_hash_and_is_weak() {
        let (sha1, sha256) = (algorithm(oid::DSA_WITH_SHA1), algorithm(oid::DSA_WITH_SHA256));
        let verify = |algorithm, message, signature| {
            signature::verify(&key(), algorithm, message, &hex(signature))
        };
        let dsa = Weakness::Dsa { bits: 1024 };
        assert_eq!(verify(&sha1, MESSAGE, WITH_SHA1), Ok(vec![dsa, Weakness::Sha1]));
        assert_eq!(verify(&sha256, MESSAGE, WITH_SHA256), Ok(vec![dsa]));
        assert_eq!(verify(&sha1, MESSAGE, WITH_SHA256), Err(SignatureError::Wrong));
        assert_eq!(verify(&sha256, b"another", WITH_SHA256), Err(SignatureError::Wrong));
    }

    #[test]
    fn no_bit_changed_in_a_signature_makes_it_hold_or_panic() {
        let mut changed = hex(WITH_SHA256);
        for place in 0..changed.len() {
            changed[place] ^= 1;
            let outcome =
                signature::verify(&key(), &algorithm(oid::DSA_WITH_SHA256), MESSAGE, &changed);
            assert_eq!(outcome, Err(SignatureError::Wrong), "{place}");
            changed[place] ^= 1;
        }
    }

    #[test]
    fn a_key_without_parameters_or_with_too_large_ones_verifies_nothing() {
        let integer = |length: u16| {
            let [high, low] = length.to_be_bytes();
            [&[2, 0x82, high, low], &vec![1; usize::from(length)][..]].concat()
        };
        let parameters = |p: u16, q: u16| {
            let numbers = [integer(p), integer(q), integer(300)].concat();
            let [high, low] = u16::try_from(numbers.len()).expect("short").to_be_bytes();
            Some([&[0x30, 0x82, high, low], &numbers[..]].concat())
        };
        let algorithm = algorithm(oid::DSA_WITH_SHA256);
        let unsupported = Err(SignatureError::Unsupported(algorithm.oid.clone()));
        for parameters in [None, Some(vec![5, 0]), parameters(513, 300), parameters(300, 300)] {
            let key = key_with(parameters);
            let outcome = signature::verify(&key, &algorithm, MESSAGE, &hex(WITH_SHA256));
            assert_eq!(outcome, unsupported);
        }
    }
}
