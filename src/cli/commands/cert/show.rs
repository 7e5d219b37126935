//! `cpskit cert show`: what certificates say, decoded for people.

mod document;
mod oddity;
mod text;

use self::document::Document;
use super::subject;
use crate::cli::args::cert::CertShow;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::inputs::Inputs;
use crate::cli::output::Outcome;
use crate::x509::Environment;

pub(super) fn run(args: &CertShow, context: &Context) -> Result<Outcome, Failure> {
    let password = args.password.given()?;
    let inputs = Inputs::read(&args.files, password.as_ref());
    let remarks = subject::left_out(&inputs);
    let unread = inputs.unread;
    let subjects = subject::each(inputs.files);
    if subjects.is_empty() {
        // Nothing to show: the first input that could not be read says why.
        return Err(match unread.into_iter().next() {
            Some(unread) => unread.failure,
            None => Failure::arguments("no certificate in what was named"),
        });
    }
    let emulated = subjects
        .iter()
        .any(|subject| subject.certificate.environment() == Some(Environment::Emulated));
    let now = context.now();
    let texts: Vec<String> = subjects.iter().map(|subject| text::render(subject, now)).collect();
    let document = Document::of(&subjects, &unread, emulated);
    let label =
        emulated.then_some("[emulated: a certificate here comes from the emulation authority]");
    let failures = unread.iter().map(|unread| unread.failure.render());
    let exit = Exit::worst(unread.iter().map(|unread| unread.failure.exit));
    let outcome = Outcome::new(texts.join("\n\n"), &document);
    Ok(outcome.remarks(failures.chain(remarks)).labelled(label).ending(exit))
}
