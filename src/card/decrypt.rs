//! The authentication key deciphers what was encrypted for its certificate, by RSAES-PKCS1-v1_5 (CPx fact sheet §7.6, §7.7).

use super::error::Error;
use super::keys::Key;
use super::known::Deciphering;
use super::pin::Unlocked;
use super::rsa::unpad;
use super::sign::CONFIDENTIALITY_TEMPLATE;
use crate::secret::Secret;

impl Unlocked<'_, '_> {
    /// The message in a cryptogram, which is as long as the key's modulus. What is wrong with one that is none is not told:
    /// who can ask often would read other messages with the answers (RFC 8017 §7.2.2).
    ///
    /// # Errors
    /// [`Error::Undecipherable`]; [`Error::Absent`] when the key does not decipher; [`Error::Transport`].
    pub fn decrypt(&mut self, key: &Key, cryptogram: &[u8]) -> Result<Secret<Vec<u8>>, Error> {
        let deciphering = key.deciphering.ok_or(Error::Absent { file: key.file() })?;
        let undecipherable = || Error::Undecipherable { file: key.file() };
        if cryptogram.len() != key.length() {
            return Err(undecipherable());
        }
        let message = self.use_key(&mut |session| match deciphering {
            Deciphering::Unpadded { id } => {
                let template = [0x80, 1, id, 0x84, 1, key.reference];
                session.set(key, 0x41, CONFIDENTIALITY_TEMPLATE, &template)?;
                let data = [&[0x81], cryptogram].concat();
                session.decipher(key, &data).map(|message| Some(Secret::new(message)))
            }
            Deciphering::Raw => {
                let block = Secret::new(session.raw_operation(key, cryptogram)?);
                Ok(unpad(block.expose()))
            }
        });
        match message {
            Ok(Some(message)) => Ok(message),
            Ok(None) | Err(Error::Refused { .. }) => Err(undecipherable()),
            Err(error) => Err(error),
        }
    }
}
