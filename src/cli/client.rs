//! The key that a command shows to a server: on a card, or in a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::args::PinArgs;
use super::args::tls::ClientArgs;
use super::choose;
use super::context::{Context, Input};
use super::exit::Exit;
use super::failure::Failure;
use super::inputs;
use super::output::Printer;
use super::pin::{self, KEYPAD_PATIENCE};
use super::recorded::Recorded;
use super::trust_store::{Held, TrustStore};
use crate::card::{Interface, Role};
use crate::cli::args::cert::TrustStoreArgs;
use crate::credential::{
    AskPin, CardCredential, Credential, FileCredential, FileError, Given, Keypad, PinUnavailable,
};
use crate::emulate::igc::Authority;
use crate::x509::Certificate;

/// The flags that name a key and its certificates, for hints.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyFlags {
    certificates: &'static str,
    key: &'static str,
}

impl KeyFlags {
    pub(super) const CLIENT: Self = Self { certificates: "--client", key: "--client-key" };
    pub(super) const SERVER: Self = Self { certificates: "--cert", key: "--key" };

    /// The flag of the certificates.
    pub(super) fn certificates(self) -> &'static str {
        self.certificates
    }
}

impl ClientArgs {
    /// The credential that the flags name, for a service; `None` when they name none. A card is connected, and its PIN not yet
    /// asked for.
    pub(super) fn credential(
        &self,
        host: &str,
        store: &TrustStoreArgs,
        context: &Context,
    ) -> Result<Option<Arc<dyn Credential>>, Failure> {
        match self.client.as_deref() {
            None => Ok(None),
            Some(name) if name == Path::new("card") => self.card(host, store, context).map(Some),
            Some(path) => self.file(path).map(Some),
        }
    }

    /// Whether the key is on a card, which takes its time, and whose holder may have to type.
    pub(super) fn is_card(&self) -> bool {
        self.client.as_deref() == Some(Path::new("card"))
    }

    fn card(
        &self,
        host: &str,
        store: &TrustStoreArgs,
        context: &Context,
    ) -> Result<Arc<dyn Credential>, Failure> {
        let credential = self.on_card(host, store, context, |asker| Box::new(asker))?;
        Ok(Arc::new(credential))
    }

    /// The key of the card that the flags choose. Each use of it is an act, and recorded. `asking` says how often who knows
    /// the PIN is asked for it.
    pub(super) fn on_card(
        &self,
        host: &str,
        store: &TrustStoreArgs,
        context: &Context,
        asking: impl FnOnce(Asker) -> Box<dyn AskPin>,
    ) -> Result<Recorded<CardCredential>, Failure> {
        let mut card = choose::card(&self.choice, context)?;
        // Without contact there is one key, which proves that the card is there.
        let role = match card.model().interface {
            Interface::Contact => Role::Authentication,
            Interface::Contactless => Role::Technical,
        };
        let who = context.acts.who(&mut card);
        let pin = Asker { args: self.pin.clone(), printer: context.printer, input: context.input };
        let credential = CardCredential::open(card, role, asking(pin), self.pin.last_try());
        let credential = credential.map_err(|error| Failure::credential(&error))?;
        let issuers = issuers(credential.key().certificate(), store)?;
        let credential = credential.with_issuers(issuers);
        Ok(Recorded::new(credential, &context.acts, who, role, host))
    }

    fn file(&self, path: &Path) -> Result<Arc<dyn Credential>, Failure> {
        let password = self.password.given()?;
        let file = inputs::secret(path)?;
        let key = self.client_key.as_deref().map(inputs::secret).transpose()?;
        let key = key.as_ref().map(|key| key.as_slice());
        let read = FileCredential::read(&file, key, password.as_ref());
        match read {
            Ok(credential) => Ok(Arc::new(credential)),
            Err(error) => {
                Err(Failure::credential_file(&path.display().to_string(), KeyFlags::CLIENT, &error))
            }
        }
    }
}

/// Asks as every command does: the flag, the keypad, the terminal.
pub(super) struct Asker {
    args: PinArgs,
    printer: Printer,
    input: Input,
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}

impl AskPin for Asker {
    fn ask(&self, keypad: Keypad) -> Result<Given, PinUnavailable> {
        if let Some(pin) = self.args.given().map_err(Box::new)? {
            return Ok(Given::Typed(Arc::new(pin)));
        }
        let keypad = match keypad {
            Keypad::Present => pin::Keypad::Present,
            Keypad::Absent => pin::Keypad::Absent,
        };
        match PinArgs::ask_on(self.printer, self.input, keypad).map_err(Box::new)? {
            pin::Given::Keypad => Ok(Given::Keypad(KEYPAD_PATIENCE)),
            pin::Given::Typed(pin) => Ok(Given::Typed(Arc::new(pin))),
        }
    }
}

/// The certificates of the issuers of a card's certificate, as far as the trust store or the emulation has them.
fn issuers(leaf: &Certificate, store: &TrustStoreArgs) -> Result<Vec<Certificate>, Failure> {
    let emulated =
        Authority::all().filter_map(|found| Certificate::parse(found.certificate()).ok());
    let store = TrustStore::at(store)?;
    let kept = store.entries().iter().filter_map(|entry| match &entry.held {
        Held::Certificate(certificate) => Some(Certificate::clone(certificate)),
        Held::Key(_) => None,
    });
    let known: Vec<Certificate> = emulated.chain(kept).collect();
    let mut chain: Vec<Certificate> = Vec::new();
    loop {
        let last = chain.last().unwrap_or(leaf);
        let next = known.iter().find(|found| {
            found.subject().raw() == last.issuer().raw() && *found != last && !chain.contains(found)
        });
        match next {
            Some(next) => chain.push(next.clone()),
            None => return Ok(chain),
        }
    }
}

impl Failure {
    pub(super) fn credential_file(name: &str, flags: KeyFlags, error: &FileError) -> Self {
        let KeyFlags { certificates, key } = flags;
        let failure = |code| Self::new(code, Exit::Usage, format!("`{name}`: {error}"));
        match error {
            FileError::Store(error) => match error {
                crate::store::StoreError::PasswordNeeded
                | crate::store::StoreError::PasswordWrong => Self::password(name, error),
                error => Self::unreadable(name, error),
            },
            FileError::NoKey => failure("client.key.absent")
                .hint(format!("`{key} FILE` names the file of the key when it stands apart")),
            FileError::NoCertificate => failure("client.certificate.absent").hint(format!(
                "`{certificates} FILE` names the certificates, `{key} FILE` the key when it stands apart",
            )),
            FileError::SeveralKeys { .. } => failure("client.key.ambiguous")
                .hint("put the one to use in a file of its own: `openssl pkcs12 -nodes` splits one"),
            FileError::Traditional => failure("client.key.unsupported")
                .hint("convert the key: `openssl pkcs8 -topk8 -in KEY -out NEW`"),
            FileError::Mismatch { .. } => failure("client.key.mismatch")
                .hint(format!("`{certificates}` and `{key}` name what was made together")),
            _ => failure("client.key.unsupported"),
        }
    }
}
