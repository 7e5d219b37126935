//! The certificates that a command is about, each with the name of where it stands.

use crate::cli::inputs::{Input, Inputs};
use crate::cli::output::text::count;
use crate::x509::Certificate;

/// One certificate.
#[derive(Debug)]
pub(in crate::cli) struct Subject {
    /// The file, with the place in it when there are several: `bundle.pem#3`.
    pub(in crate::cli) input: String,
    /// Its place in its file, from 1.
    pub(in crate::cli) place: usize,
    /// The file alone, `None` for standard input.
    pub(in crate::cli) file: Option<String>,
    pub(in crate::cli) certificate: Certificate,
}

/// Every certificate of every file, in order.
pub(super) fn each(files: Vec<Input>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for Input { name, contents } in files {
        let several = contents.certificates.len() > 1;
        let file = (name != "-").then(|| name.clone());
        for (place, certificate) in (1..).zip(contents.certificates) {
            let input = if several { format!("{name}#{place}") } else { name.clone() };
            subjects.push(Subject { input, place, file: file.clone(), certificate });
        }
    }
    subjects
}

/// What of the inputs is no certificate: files passed over, lists, parts that could not be read and do not count.
pub(super) fn left_out(inputs: &Inputs) -> Vec<String> {
    let mut remarks = Vec::new();
    for Input { name, contents } in
        inputs.files.iter().filter(|file| !file.contents.lists.is_empty())
    {
        let number = u64::try_from(contents.lists.len()).unwrap_or(u64::MAX);
        let lists = count(number, "revocation list", "revocation lists");
        remarks.push(format!("{name}: {lists} too: `cpskit crl show` shows them"));
    }
    remarks.extend(inputs.remarks());
    if inputs.skipped > 0 {
        let skipped = u64::try_from(inputs.skipped).unwrap_or(u64::MAX);
        let files = count(skipped, "file", "files");
        remarks.push(format!("{files} without a certificate passed over"));
    }
    remarks
}
