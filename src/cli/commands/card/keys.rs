//! The key that a command uses, and what is said when the card does not have it on this interface.

use crate::card::{Card, Error as CardError, File, Interface, Key, Role};
use crate::cli::args::use_card::KeyChoice;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

pub(super) fn role(choice: KeyChoice) -> Role {
    match choice {
        KeyChoice::Authentication => Role::Authentication,
        KeyChoice::Signature => Role::Signature,
        KeyChoice::Technical => Role::Technical,
    }
}

/// The key of a role, with its certificate.
pub(super) fn key(card: &mut Card, role: Role) -> Result<Key, Failure> {
    match card.session(|session| session.key(role)) {
        Err(CardError::Absent { file: File::Key(_) }) => Err(absent(card, role)),
        found => Ok(found?),
    }
}

/// Which keys a card has is a matter of the interface (CPx fact sheet §10).
fn absent(card: &Card, role: Role) -> Failure {
    let interface = card.model().interface;
    let message = format!("this card has no {role} key on its {interface} interface");
    let failure = Failure::new("card.key.absent", Exit::Card, message);
    match interface {
        Interface::Contactless => failure.hint(
            "put the card in a contact reader; or `--key technical`, which proves that the card is there and nothing of its holder",
        ),
        Interface::Contact => failure.hint("on this interface: `--key signature`, `--key authentication`"),
    }
}
