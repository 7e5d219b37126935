//! The key that the proxy lends: on a card, whose PIN is remembered for a while, or in a file.

use std::sync::Arc;
use std::time::Instant;

use crate::card::PinRule;
use crate::cli::args::tls::TlsProxy;
use crate::cli::client::Asker;
use crate::cli::context::{Context, Input};
use crate::cli::failure::Failure;
use crate::cli::recorded::Recorded;
use crate::credential::{
    AskPin, CardCredential, Credential, Given, Keypad, Nature, PinUnavailable, Remembered,
};
use crate::transport::Presence;

/// The key, and what can be done to it while it is lent.
pub(super) struct Lent {
    pub(super) credential: Option<Arc<dyn Credential>>,
    card: Option<(Arc<Recorded<CardCredential>>, Kept)>,
}

/// What a run remembers of the PIN.
type Kept = Arc<Remembered<Asker, fn() -> Instant>>;

impl Lent {
    pub(super) fn of(args: &TlsProxy, host: &str, context: &Context) -> Result<Self, Failure> {
        let (client, store) = (&args.client, &args.judge.trust.store);
        if !client.is_card() {
            let credential = client.credential(host, store, context)?;
            return Ok(Self { credential, card: None });
        }
        let mut kept = None;
        let credential = client.on_card(host, store, context, |asker| {
            let clock: fn() -> Instant = Instant::now;
            let remembered = Arc::new(Remembered::new(asker, args.pin_idle, clock));
            kept = Some(Arc::clone(&remembered));
            Box::new(Shared(remembered))
        })?;
        let card = credential.credential();
        let typed = card.key().pin() == PinRule::Needed && card.keypad() == Keypad::Absent;
        if typed && !client.pin.is_named() {
            if context.input == Input::None {
                return Err(Failure::pin_needed());
            }
            // Now, while its holder looks at the terminal. What would not be remembered is asked for when it is needed.
            if !args.pin_idle.is_zero() {
                credential.verify_pin()?;
            }
        }
        let credential = Arc::new(credential);
        let lent: Arc<dyn Credential> = credential.clone();
        Ok(Self { credential: Some(lent), card: kept.map(|kept| (credential, kept)) })
    }

    pub(super) fn is_emulated(&self) -> bool {
        self.credential.as_ref().is_some_and(|found| found.nature() == Nature::Emulated)
    }

    /// Forgets the PIN.
    pub(super) fn forget(&self) {
        if let Some((card, _)) = &self.card {
            card.credential().forget_pin();
        }
    }

    /// What was lent is in use: the PIN is not forgotten yet.
    pub(super) fn touch(&self) {
        if let Some((_, kept)) = &self.card {
            kept.touch();
        }
    }

    /// Whether a card that was lent is gone. On the way, a PIN that was not used for long enough is forgotten.
    pub(super) fn is_gone(&self) -> bool {
        self.card.as_ref().is_some_and(|(card, kept)| {
            kept.expire();
            card.credential().presence() == Presence::Gone
        })
    }
}

/// The credential asks what the idle limit looks at too.
struct Shared(Kept);

impl AskPin for Shared {
    fn ask(&self, keypad: Keypad) -> Result<Given, PinUnavailable> {
        self.0.ask(keypad)
    }

    fn accepted(&self) {
        self.0.accepted();
    }

    fn forget(&self) {
        self.0.forget();
    }
}
