//! Where a secret comes from: a variable, a file, a descriptor. Never an argument.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::args::PasswordArgs;
use super::args::platform::CodeArgs;
use super::failure::Failure;
use crate::secret::Secret;

/// The place a flag names.
#[derive(Clone, Copy, Debug)]
pub(super) enum SecretSource<'a> {
    /// `--…-env`.
    Variable(&'a str),
    /// `--…-file`.
    File(&'a Path),
    /// `--…-fd`.
    Descriptor(u32),
}

/// More than this is no secret that people type.
const LARGEST: u64 = 4096;

impl<'a> SecretSource<'a> {
    /// The flag that was given, of the three; the parser of arguments takes one at most.
    pub(super) fn named(
        variable: Option<&'a str>,
        file: Option<&'a Path>,
        descriptor: Option<u32>,
    ) -> Option<Self> {
        let variable = variable.map(Self::Variable);
        variable.or(file.map(Self::File)).or(descriptor.map(Self::Descriptor))
    }

    /// The text, with the line end that a file may have.
    pub(super) fn read(self) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Variable(name) => std::env::var(name).map(Zeroizing::new).map_err(|_| {
                Failure::secret_source(format!(
                    "environment variable `{name}` is not set, or not text"
                ))
            }),
            Self::File(path) => text(path).map_err(|error| Failure::input(path, &error)),
            Self::Descriptor(_) if cfg!(not(unix)) => {
                Err(Failure::secret_source("descriptors are read on Unix systems only".to_owned()))
            }
            Self::Descriptor(number) => {
                let path = PathBuf::from(format!("/dev/fd/{number}"));
                text(&path).map_err(|error| Failure::input(&path, &error))
            }
        }
    }
}

impl PasswordArgs {
    /// The password given by a flag, without one line end at its end; `None` when no flag gives one.
    pub(super) fn given(&self) -> Result<Option<Secret<String>>, Failure> {
        let variable = self.password_env.as_deref();
        let file = self.password_file.as_deref();
        line(SecretSource::named(variable, file, self.password_fd), || {
            Failure::password_itself("--password-env", "the name of a variable")
        })
    }
}

impl CodeArgs {
    /// The code de révocation given by a flag, without one line end at its end; `None` when no flag gives one.
    pub(super) fn given(&self) -> Result<Option<Secret<String>>, Failure> {
        let (variable, file) = (self.code_env.as_deref(), self.code_file.as_deref());
        line(SecretSource::named(variable, file, self.code_fd), || {
            Failure::code_itself("--code-env", "the name of a variable")
        })
    }
}

/// What a source holds, without one line end at its end. `itself` is the failure of who gave the secret in place of a name:
/// most likely that, and it must not be repeated.
fn line(
    source: Option<SecretSource<'_>>,
    itself: impl FnOnce() -> Failure,
) -> Result<Option<Secret<String>>, Failure> {
    let Some(source) = source else { return Ok(None) };
    let text = source.read().map_err(|failure| match source {
        SecretSource::Variable(name) if !is_name(name) => itself(),
        _ => failure,
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Some(Secret::new(line.to_owned())))
}

/// Whether it has the form that names of variables have.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A small file, read into memory that is zeroed.
fn text(path: &Path) -> io::Result<Zeroizing<String>> {
    let capacity = usize::try_from(LARGEST).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}
