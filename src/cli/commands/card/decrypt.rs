//! `cpskit card decrypt`: one RSA cryptogram, deciphered with the authentication key. The plaintext is never in a document.

use std::path::Path;

use serde::Serialize;
use zeroize::Zeroizing;

use super::keys;
use super::{is_emulated_by, label, obtain_pin};
use crate::card::Role;
use crate::cli::args::use_card::CardDecrypt;
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::delivery::{Delivery, Privacy};
use crate::cli::failure::Failure;
use crate::cli::inputs;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Exchanges, hex};
use crate::cli::sha256;
use crate::trace::Action;

/// `cpskit.card.decrypt/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    emulated: bool,
    reader: &'a str,
    key: String,
    length: usize,
    out: &'a Path,
    exchanges: Exchanges,
}

pub(super) fn run(args: &CardDecrypt, context: &Context) -> Result<Outcome, Failure> {
    let out = Delivery::of(args.out.as_deref(), "a plaintext", context)?;
    if out == Delivery::Document {
        return Err(Failure::arguments(
            "a plaintext is not put into a document: give `--out FILE`",
        ));
    }
    let cryptogram = inputs::bytes(args.file.as_deref().unwrap_or(Path::new("-")))?;
    let mut card = choose::card(&args.choice, context)?;
    let key = keys::key(&mut card, Role::Authentication)?;
    let pin = obtain_pin(&mut card, &args.pin, context)?;
    let plaintext = context.acts.act(Action::CardDecrypt, |record| {
        record.with(&mut card);
        record.certified(key.certificate());
        record.object.key = Some(key.role().to_string());
        record.object.scheme = Some("pkcs1".to_owned());
        record.object.hash = Some("sha256".to_owned());
        record.object.digest = Some(hex(&sha256(&cryptogram)));
        Ok(card.session(|session| {
            record.unlock(session, &pin, &args.pin)?.decrypt(&key, &cryptogram)
        })?)
    })?;
    let plaintext = plaintext.expose();
    out.write(plaintext, Privacy::Owner)?;
    let emulated = is_emulated_by(&card, key.certificate());
    let outcome = match &out {
        Delivery::File(path) => {
            let document = Document {
                schema: "cpskit.card.decrypt/1",
                emulated,
                reader: card.reader(),
                key: key.role().to_string(),
                length: plaintext.len(),
                out: path,
                exchanges: card.exchanges().into(),
            };
            Outcome::new(String::new(), &document)
        }
        Delivery::Document | Delivery::Output => {
            Outcome::plain(String::new()).secret_bytes(Zeroizing::new(plaintext.clone()))
        }
    };
    let remark = format!("deciphered with the {} key: {} bytes", key.role(), plaintext.len());
    Ok(outcome.remarks([remark]).labelled(label(emulated)))
}
