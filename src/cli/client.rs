//! The key that a command shows to a server: on a card, or in a file.

use std::path::Path;
use std::sync::Arc;

use super::args::tls::ClientArgs;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use crate::credential::{Credential, FileCredential, FileError};

impl ClientArgs {
    /// The credential that the flags name; `None` when they name none. A card is connected, and its PIN not yet asked for.
    pub(super) fn credential(
        &self,
        context: &Context,
    ) -> Result<Option<Arc<dyn Credential>>, Failure> {
        match self.client.as_deref() {
            None => Ok(None),
            Some(name) if name == Path::new("card") => self.card(context).map(Some),
            Some(path) => self.file(path).map(Some),
        }
    }

    /// Whether the key is on a card, which takes its time, and whose holder may have to type.
    pub(super) fn is_card(&self) -> bool {
        self.client.as_deref() == Some(Path::new("card"))
    }

    /// Each use of the key is an act: what is given is a [`Recorded`](super::recorded::Recorded) one.
    fn card(&self, _context: &Context) -> Result<Arc<dyn Credential>, Failure> {
        Err(Failure::defect())
    }

    fn file(&self, path: &Path) -> Result<Arc<dyn Credential>, Failure> {
        let password = self.password.given()?;
        let certificates = inputs::bytes(path)?;
        let key = self.client_key.as_deref().map(inputs::bytes).transpose()?;
        let read = FileCredential::read(&certificates, key.as_deref(), password.as_ref());
        match read {
            Ok(credential) => Ok(Arc::new(credential)),
            Err(error) => Err(Failure::credential_file(&path.display().to_string(), &error)),
        }
    }
}

impl Failure {
    pub(super) fn credential_file(name: &str, error: &FileError) -> Self {
        let failure = |code| Self::new(code, Exit::Usage, format!("`{name}`: {error}"));
        match error {
            FileError::Store(error) => match error {
                crate::store::StoreError::PasswordNeeded
                | crate::store::StoreError::PasswordWrong => Self::password(name, error),
                error => Self::unreadable(name, error),
            },
            FileError::NoKey => failure("client.key.absent")
                .hint("`--client-key FILE` names the file of the key when it stands apart"),
            FileError::NoCertificate => failure("client.certificate.absent").hint(
                "`--client FILE` names the certificates, `--client-key FILE` the key when it stands apart",
            ),
            FileError::SeveralKeys { .. } => failure("client.key.ambiguous")
                .hint("put the one to use in a file of its own: `openssl pkcs12 -nodes` splits one"),
            FileError::Mismatch { .. } => failure("client.key.mismatch"),
            _ => failure("client.key.unsupported"),
        }
    }
}
