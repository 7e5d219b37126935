//! The look at a certification request: PKCS#10 (RFC 2986), proof of possession, key and algorithm.

use der::{Decode, Document, Encode};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, UnparsedPublicKey,
};
use x509_cert::request::CertReq;

use super::refusal::Refusal;

/// Reads a request in PEM: it, and its SubjectPublicKeyInfo, in DER. The subject is ignored.
pub(super) fn read(pem: &str) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let malformed = |_| Refusal::Csr("illisible");
    let (label, document) = Document::from_pem(pem.trim()).map_err(malformed)?;
    if !["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].contains(&label) {
        return Err(Refusal::Csr("illisible"));
    }
    let request = CertReq::from_der(document.as_bytes()).map_err(malformed)?;
    let key = &request.info.public_key;
    if key.algorithm.oid != RSA {
        return Err(Refusal::Csr("clé RSA attendue"));
    }
    let bits = key.subject_public_key.raw_bytes();
    if modulus_bits(bits).is_none_or(|bits| bits < 2048) {
        return Err(Refusal::Csr("clé de moins de 2048 bits"));
    }
    let algorithm: &RsaParameters = match request.algorithm.oid {
        oid if oid == const_oid::db::rfc5912::SHA_256_WITH_RSA_ENCRYPTION => {
            &RSA_PKCS1_2048_8192_SHA256
        }
        oid if oid == const_oid::db::rfc5912::SHA_384_WITH_RSA_ENCRYPTION => {
            &RSA_PKCS1_2048_8192_SHA384
        }
        oid if oid == const_oid::db::rfc5912::SHA_512_WITH_RSA_ENCRYPTION => {
            &RSA_PKCS1_2048_8192_SHA512
        }
        _ => return Err(Refusal::Csr("algorithme de signature refusé")),
    };
    let content = request.info.to_der().map_err(malformed)?;
    UnparsedPublicKey::new(algorithm, bits)
        .verify(&content, request.signature.raw_bytes())
        .map_err(|_| Refusal::Csr("signature fausse"))?;
    let spki = key.to_der().map_err(malformed)?;
    Ok((document.as_bytes().to_vec(), spki))
}

/// Of an `RSAPublicKey` (RFC 8017 §A.1.1).
fn modulus_bits(key: &[u8]) -> Option<usize> {
    use crate::iso7816::tlv::{Tag, objects};
    let key = objects(key).next()?.ok()?;
    let modulus = key.children().next()?.ok().filter(|found| found.tag == Tag(2))?;
    let digits = modulus.value.iter().position(|byte| *byte != 0)?;
    let first = modulus.value[digits];
    let bits = (modulus.value.len() - digits) * 8;
    Some(bits - usize::try_from(first.leading_zeros()).unwrap_or_default())
}

const RSA: const_oid::ObjectIdentifier = const_oid::db::rfc5912::RSA_ENCRYPTION;
