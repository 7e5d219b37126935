//! `cpskit card sign`: a file of any size, signed with a key of the card, in constant memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::activities::choose_one;
use super::keys::{self, role};
use super::{is_emulated_by, label, obtain_pin};
use crate::card::{
    Error as CardError, Hash, Hashed, Hasher, Key, Padding, PinRule, Session, Verified,
};
use crate::cli::acts::Record;
use crate::cli::args::use_card::{CardSign, HashChoice, SchemeChoice};
use crate::cli::choose;
use crate::cli::context::Context;
use crate::cli::delivery::{Delivery, Privacy};
use crate::cli::failure::Failure;
use crate::cli::issuers;
use crate::cli::output::Outcome;
use crate::cli::output::json::{Exchanges, hex};
use crate::cli::pin::Given;
use crate::cms::{Detached, SignedWith};
use crate::trace::Action;
use crate::x509::Certificate;

/// `cpskit.card.sign/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    emulated: bool,
    reader: &'a str,
    key: String,
    scheme: &'static str,
    hash: &'static str,
    /// Of the content.
    digest: String,
    salt_length: Option<usize>,
    form: &'static str,
    signature: String,
    /// Its SHA-256.
    certificate: String,
    activity: Option<u8>,
    out: Option<&'a Path>,
    exchanges: Exchanges,
}

/// What came of it.
struct Signed {
    /// The signature, or the CMS that holds it.
    bytes: Vec<u8>,
    salt: Option<usize>,
}

pub(super) fn run(args: &CardSign, context: &Context) -> Result<Outcome, Failure> {
    let out = Delivery::of(args.out.as_deref(), "a signature", context)?;
    let chain = chain(&args.chain)?;
    let (hash, padding) = (Hash::from(args.hash), Padding::from(args.scheme));
    let mut card = choose::card(&args.choice, context)?;
    let key = keys::key(&mut card, role(args.key))?;
    let pin = match key.pin() {
        PinRule::Needed => Some(obtain_pin(&mut card, &args.pin, context)?),
        PinRule::NotNeeded if args.activity.is_some() => {
            return Err(Failure::arguments(
                "`--activity` needs the PIN, and this key is used without it",
            ));
        }
        PinRule::NotNeeded => None,
    };
    // Before the card is ours: other programs do not wait for the file.
    let content = digest(args, hash)?;
    let detached = args.detached_cms.then(|| {
        let signer = key.certificate();
        let chain = [issuers::of(signer, &chain, &args.store), chain].concat();
        Detached::new(hash, content.digest(), context.now(), signer, &chain)
    });
    let to_sign = match &detached {
        Some(detached) => Hashed::of(hash, &detached.to_sign()),
        None => content.clone(),
    };
    let signature = context.acts.act(Action::CardSign, |record| {
        record.with(&mut card);
        record.certified(key.certificate());
        record.object.key = Some(key.role().to_string());
        record.object.scheme = Some(padding.name().to_owned());
        record.object.hash = Some(hash.name().to_owned());
        record.object.digest = Some(hex(content.digest()));
        let work = Work { args, key: &key, padding, hashed: &to_sign, pin: pin.as_ref() };
        card.session(|session| work.sign(session, record))?
    })?;
    let signed = finish(&key, padding, &to_sign, detached.as_ref(), signature);
    out.write(&signed.bytes, Privacy::Usual)?;
    let emulated = is_emulated_by(&card, key.certificate());
    let document = Document {
        schema: "cpskit.card.sign/1",
        emulated,
        reader: card.reader(),
        key: key.role().to_string(),
        scheme: padding.name(),
        hash: hash.name(),
        digest: hex(content.digest()),
        salt_length: signed.salt,
        form: if args.detached_cms { "cms" } else { "raw" },
        signature: hex(&signed.bytes),
        certificate: hex(&key.certificate().sha256()),
        activity: args.activity,
        out: out.file(),
        exchanges: card.exchanges().into(),
    };
    let outcome = Outcome::new(String::new(), &document);
    let outcome = match out {
        Delivery::Output => outcome.bytes(signed.bytes),
        Delivery::Document | Delivery::File(_) => outcome,
    };
    let what = if args.detached_cms { "CMS with " } else { "" };
    let remark = format!("signed with the {} key: {what}{padding}, {hash}", key.role());
    Ok(outcome.remarks([remark]).labelled(label(emulated)))
}

/// What a session needs for the signature.
struct Work<'a> {
    args: &'a CardSign,
    key: &'a Key,
    padding: Padding,
    hashed: &'a Hashed,
    pin: Option<&'a Given>,
}

impl Work<'_> {
    /// Signs, under the activity that was asked for when the card has it.
    fn sign(
        &self,
        session: &mut Session<'_>,
        record: &mut Record,
    ) -> Result<Result<Vec<u8>, Failure>, CardError> {
        let Some(pin) = self.pin else {
            return session.sign_without_pin(self.key, self.padding, self.hashed).map(Ok);
        };
        let mut unlocked = record.unlock(session, pin, &self.args.pin)?;
        if let Some(number) = self.args.activity {
            match choose_one(unlocked.activities()?, Some(number)) {
                Ok(chosen) => chosen.iter().for_each(|situation| record.under(situation)),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        unlocked.sign(self.key, self.padding, self.hashed).map(Ok)
    }
}

/// The signature as it is handed out. The length of a salt is the card's own choice: it is read from the signature.
fn finish(
    key: &Key,
    padding: Padding,
    hashed: &Hashed,
    detached: Option<&Detached>,
    signature: Vec<u8>,
) -> Signed {
    let salt = match key.verify(padding, hashed, &signature) {
        Some(Verified::Pss { salt }) => Some(salt),
        _ => None,
    };
    let length = salt.and_then(|salt| u8::try_from(salt).ok()).unwrap_or_default();
    let bytes = match detached {
        Some(detached) => detached.finish(SignedWith::new(padding, length), &signature),
        None => signature,
    };
    Signed { bytes, salt }
}

/// The digest of the content, or the content that is one.
fn digest(args: &CardSign, hash: Hash) -> Result<Hashed, Failure> {
    let path = args.file.as_deref().filter(|path| *path != Path::new("-"));
    let shown = path.unwrap_or(Path::new("standard input"));
    let read = || -> io::Result<Result<Hashed, Failure>> {
        let mut input: Box<dyn Read> = match path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(io::stdin()),
        };
        if args.prehashed {
            let mut digest = Vec::new();
            // Longer than any digest is refused like any other wrong length.
            input.take(1 << 10).read_to_end(&mut digest)?;
            return Ok(Hashed::ready(hash, &digest).map_err(|error| {
                Failure::arguments(format!("`--prehashed`: {error}"))
                    .hint("the input is the digest itself, as raw bytes, and `--hash` says which")
            }));
        }
        let mut hasher = Hasher::new(hash);
        let mut block = vec![0; 1 << 16];
        loop {
            match input.read(&mut block)? {
                0 => return Ok(Ok(hasher.finish())),
                read => hasher.update(&block[..read]),
            }
        }
    };
    read().map_err(|error| Failure::input(shown, &error))?
}

fn chain(files: &[PathBuf]) -> Result<Vec<Certificate>, Failure> {
    let mut chain = Vec::new();
    for path in files {
        let bytes = std::fs::read(path).map_err(|error| Failure::input(path, &error))?;
        for certificate in Certificate::all_from_pem_or_der(&bytes) {
            chain.push(certificate.map_err(|error| Failure::not_a_certificate(path, &error))?);
        }
    }
    Ok(chain)
}

impl From<HashChoice> for Hash {
    fn from(choice: HashChoice) -> Self {
        match choice {
            HashChoice::Sha1 => Self::Sha1,
            HashChoice::Sha256 => Self::Sha256,
            HashChoice::Sha384 => Self::Sha384,
            HashChoice::Sha512 => Self::Sha512,
        }
    }
}

impl From<SchemeChoice> for Padding {
    fn from(choice: SchemeChoice) -> Self {
        match choice {
            SchemeChoice::Pkcs1 => Self::Pkcs1,
            SchemeChoice::Pss => Self::Pss,
        }
    }
}
