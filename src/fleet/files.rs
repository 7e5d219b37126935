//! The files of a certificate, looked at and put back.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::plan::{Condition, Holds, SeenFile};
use crate::platform::journal::{Machine, Order};
use crate::platform::key::LocalKey;
use crate::x509::Certificate;

/// How the files of an order are; none when they are on another machine, or not there yet. A key that a password protects is not
/// opened.
pub fn look(order: &Order, here: &Machine) -> Vec<SeenFile> {
    if order.key.machine().id != here.id {
        return Vec::new();
    }
    let Some(certificate) = certificate(order) else { return Vec::new() };
    let seen = |path: &std::path::PathBuf| {
        let holds = if is_certificates(path) { Holds::Certificate } else { Holds::Key };
        let condition = match holds {
            Holds::Certificate => of_certificate(path, &certificate),
            Holds::Key => of_key(path, &certificate),
        };
        SeenFile { path: path.clone(), holds, condition }
    };
    order.files.iter().map(seen).collect()
}

/// Puts a certificate's file back where it is missing. Keys cannot be put back.
///
/// # Errors
/// What the file system says.
pub fn repair(order: &Order) -> io::Result<()> {
    let Some(certificate) = certificate(order) else { return Ok(()) };
    for path in order.files.iter().filter(|path| is_certificates(path) && !path.exists()) {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(certificate.to_pem().as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A certificate is no secret: services that run as another user read it.
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn certificate(order: &Order) -> Option<Certificate> {
    Certificate::parse(order.certificate.as_ref()?).ok()
}

/// As the vault names what it installs.
fn is_certificates(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".crt.pem")
}

fn of_certificate(path: &Path, certificate: &Certificate) -> Condition {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Condition::Missing,
        Err(_) => Condition::Unreadable,
        Ok(bytes) => match Certificate::from_pem_or_der(&bytes) {
            Ok(found) if found == *certificate => Condition::Right,
            _ => Condition::Other,
        },
    }
}

fn of_key(path: &Path, certificate: &Certificate) -> Condition {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Condition::Missing,
        Err(_) => return Condition::Unreadable,
        Ok(found) => found,
    };
    if let Some(mode) = exposed(&found) {
        return Condition::Exposed(mode);
    }
    let Ok(bytes) = fs::read(path).map(zeroize::Zeroizing::new) else {
        return Condition::Unreadable;
    };
    match LocalKey::from_pem(&bytes, None) {
        Ok(key) if key.hash() == certificate.spki_sha256() => Condition::Right,
        Ok(_) => Condition::Other,
        Err(_) => Condition::Locked,
    }
}

#[cfg(unix)]
fn exposed(found: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = found.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn exposed(_: &fs::Metadata) -> Option<u32> {
    None
}
