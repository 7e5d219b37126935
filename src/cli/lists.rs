//! Revocation lists in files: DER or PEM, several in one.

use std::path::PathBuf;

use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use crate::pki::{List, Origin};
use crate::x509::Crl;

/// A list in memory, whole: a file that changes under us changes nothing.
#[derive(Debug)]
pub(super) struct ListFile {
    /// Where it comes from: the path, or the address.
    pub(super) name: String,
    /// DER.
    pub(super) der: Vec<u8>,
}

impl ListFile {
    /// Reads the lists of these files.
    ///
    /// # Errors
    /// The first file that cannot be read, or holds no list: evidence that was named and is not there is not passed over.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let mut lists = Vec::new();
        for path in paths {
            let name = path.display().to_string();
            let bytes = inputs::bytes(path)?;
            for der in Self::decode(bytes).map_err(|why| unreadable(&name, why))? {
                let list = Self { name: name.clone(), der };
                list.crl()?;
                lists.push(list);
            }
        }
        Ok(lists)
    }

    /// The lists of a file: the bytes themselves, or the blocks of PEM.
    fn decode(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, &'static str> {
        const BEGIN: &[u8] = b"-----BEGIN";
        if bytes.first() == Some(&0x30) {
            return Ok(vec![bytes]);
        }
        let mut lists = Vec::new();
        let mut rest = &bytes[..];
        while let Some(start) = rest.windows(BEGIN.len()).position(|window| window == BEGIN) {
            rest = &rest[start..];
            let after = rest.get(BEGIN.len()..).unwrap_or_default();
            let next = after.windows(BEGIN.len()).position(|window| window == BEGIN);
            let block = next.map_or(rest, |next| &rest[..next + BEGIN.len()]);
            let (label, der) = pem_rfc7468::decode_vec(block.trim_ascii())
                .map_err(|_| "a block of PEM that is cut or not base64")?;
            if label == "X509 CRL" {
                lists.push(der);
            }
            rest = &rest[block.len()..];
        }
        if lists.is_empty() { Err("neither DER nor a block `X509 CRL` of PEM") } else { Ok(lists) }
    }

    /// The list, read over its bytes.
    pub(super) fn crl(&self) -> Result<Crl<'_>, Failure> {
        Crl::parse(&self.der).map_err(|error| unreadable(&self.name, &error).causes(&error))
    }

    /// As a validation takes it.
    pub(super) fn list(&self) -> Result<List<'_>, Failure> {
        Ok(List { crl: self.crl()?, origin: Origin(format!("crl:{}", self.name)) })
    }
}

fn unreadable(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new("crl.unreadable", Exit::Usage, format!("`{name}`: {why}"))
}
