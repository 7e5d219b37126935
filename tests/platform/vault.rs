//! The files of keys and codes: modes, wholeness, what is refused, what an interruption leaves.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cpskit::platform::vault::{Installed, Parcel, Place, Vault, VaultError};
use cpskit::x509::Certificate;
use tempfile::TempDir;
use uuid::Uuid;

use super::support::tool::printed;

const SECRET: &[u8] = b"no key, but as secret as one";
const OTHER: &[u8] = b"another";

fn vault() -> (TempDir, Vault) {
    let home = tempfile::tempdir().expect("a folder");
    let vault = Vault::open(&home.path().join("state")).expect("it opens");
    (home, vault)
}

fn reference() -> Uuid {
    Uuid::from_u128(0x1234)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").mode() & 0o7777
}

fn get(vault: &Vault, file: &Path) -> Option<Vec<u8>> {
    vault.get(file).expect("readable").map(|secret| secret.expose().clone())
}

/// What a folder holds, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn keys_and_codes_are_apart_and_their_owners_alone() {
    let (home, vault) = vault();
    let (key, code) = (vault.key_file(reference()), vault.code_file(reference()));
    let state = home.path().join("state");
    assert_eq!(key, state.join("keys/00000000-0000-0000-0000-000000001234.key.pem"));
    assert_eq!(code, state.join("codes/00000000-0000-0000-0000-000000001234.code"));
    vault.put(&key, SECRET).expect("written");
    vault.put(&code, OTHER).expect("written");
    let modes =
        [&state, &state.join("keys"), &state.join("codes"), &key, &code].map(|path| mode(path));
    assert_eq!(modes, [0o700, 0o700, 0o700, 0o600, 0o600]);
    assert_eq!((get(&vault, &key), get(&vault, &code)), (Some(SECRET.into()), Some(OTHER.into())));
    assert_eq!(names(&state.join("keys")), ["00000000-0000-0000-0000-000000001234.key.pem"]);
}

#[test]
fn what_is_not_there_is_none() {
    let (_home, vault) = vault();
    assert_eq!(get(&vault, &vault.key_file(reference())), None);
}

#[test]
fn the_same_may_be_put_twice_and_another_content_never() {
    let (_home, vault) = vault();
    let file = vault.key_file(reference());
    vault.put(&file, SECRET).expect("written");
    vault.put(&file, SECRET).expect("the same");
    let refused = vault.put(&file, OTHER).expect_err("another");
    assert!(matches!(&refused, VaultError::Occupied { path } if *path == file), "{refused}");
    assert_eq!(get(&vault, &file), Some(SECRET.into()));
    assert_eq!(names(file.parent().expect("a folder")).len(), 1);
}

#[test]
fn of_many_that_put_at_once_one_content_stays_whole() {
    let (_home, vault) = vault();
    let file = vault.key_file(reference());
    let contents: Vec<Vec<u8>> = (0..16_u8).map(|n| vec![n; 5_000]).collect();
    let start = Barrier::new(contents.len());
    let written: Vec<bool> = thread::scope(|scope| {
        let writers: Vec<_> = contents
            .iter()
            .map(|content| {
                scope.spawn(|| {
                    start.wait();
                    match vault.put(&file, content) {
                        Ok(()) => true,
                        Err(VaultError::Occupied { .. }) => false,
                        Err(error) => panic!("{error}"),
                    }
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
    });
    let winners: Vec<&Vec<u8>> = contents
        .iter()
        .zip(&written)
        .filter(|(_, won)| **won)
        .map(|(content, _)| content)
        .collect();
    assert_eq!(winners, [&get(&vault, &file).expect("one")]);
    assert_eq!(names(file.parent().expect("a folder")).len(), 1);
}

#[test]
fn of_many_that_put_the_same_at_once_all_succeed() {
    let (_home, vault) = vault();
    let file = vault.key_file(reference());
    let start = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                vault.put(&file, SECRET).expect("the same");
            });
        }
    });
    assert_eq!(names(file.parent().expect("a folder")).len(), 1);
}

/// A second thread looks at everything in a folder as often as it can, and counts what others could read.
fn watched(folder: &Path, work: impl FnOnce()) -> (u64, u64) {
    let done = AtomicBool::new(false);
    let started = Barrier::new(2);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let (mut looks, mut open) = (0, 0);
            started.wait();
            while !done.load(Ordering::Relaxed) {
                for entry in fs::read_dir(folder).expect("a folder").flatten() {
                    if let Ok(data) = fs::symlink_metadata(entry.path()) {
                        looks += 1;
                        open += u64::from(data.is_file() && data.mode() & 0o077 != 0);
                    }
                }
            }
            (looks, open)
        });
        started.wait();
        work();
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("no panic")
    })
}

#[test]
fn nobody_else_can_read_a_key_at_any_instant_of_its_writing() {
    let (_home, vault) = vault();
    let folder = vault.key_file(reference()).parent().expect("a folder").to_owned();
    let (looks, open) = watched(&folder, || {
        for n in 0..200 {
            vault.put(&vault.key_file(Uuid::from_u128(n)), &[0x55; 100_000]).expect("written");
        }
    });
    assert!(looks > 0);
    assert_eq!(open, 0);
}

#[test]
fn a_file_or_a_folder_that_is_open_to_others_is_refused() {
    let (home, vault) = vault();
    let file = vault.key_file(reference());
    vault.put(&file, SECRET).expect("written");
    for bits in [0o640, 0o604, 0o620, 0o602, 0o644] {
        fs::set_permissions(&file, Permissions::from_mode(bits)).expect("ours");
        let refused = vault.get(&file).expect_err("open to others");
        assert!(
            matches!(&refused, VaultError::Exposed { path, mode } if *path == file && *mode == bits),
            "{refused}"
        );
        assert!(matches!(vault.put(&file, SECRET), Err(VaultError::Exposed { .. })));
    }
    let keys = home.path().join("state/keys");
    fs::set_permissions(&keys, Permissions::from_mode(0o770)).expect("ours");
    let refused = Vault::open(&home.path().join("state")).expect_err("open to others");
    assert!(
        matches!(&refused, VaultError::Exposed { path, mode: 0o770 } if *path == keys),
        "{refused}"
    );
}

#[test]
fn a_link_is_neither_followed_nor_replaced() {
    let (home, vault) = vault();
    let file = vault.key_file(reference());
    let target = home.path().join("target");
    symlink(&target, &file).expect("a link");
    let plain = |result: Result<(), VaultError>| match result {
        Err(VaultError::NotPlain { path }) => assert_eq!(path, file),
        other => panic!("{other:?}"),
    };
    plain(vault.put(&file, SECRET));
    assert!(!target.exists());
    fs::write(&target, SECRET).expect("written");
    fs::set_permissions(&target, Permissions::from_mode(0o600)).expect("ours");
    plain(vault.put(&file, SECRET));
    plain(vault.get(&file).map(|_| ()));

    let keys = home.path().join("state/keys");
    fs::remove_dir_all(&keys).expect("ours");
    symlink(home.path(), &keys).expect("a link");
    let refused = Vault::open(&home.path().join("state")).expect_err("a link");
    assert!(matches!(&refused, VaultError::NotPlain { path } if *path == keys), "{refused}");
}

#[test]
fn what_is_no_plain_file_is_refused_without_waiting() {
    let (home, vault) = vault();
    let file = vault.key_file(reference());
    fs::create_dir(&file).expect("a folder");
    assert!(matches!(vault.get(&file), Err(VaultError::NotPlain { .. })));
    assert!(matches!(vault.put(&file, SECRET), Err(VaultError::NotPlain { .. })));
    assert!(matches!(vault.get(&PathBuf::from("/dev/zero")), Err(VaultError::NotPlain { .. })));
    let long = home.path().join("long");
    fs::write(&long, vec![0; (1 << 20) + 1]).expect("written");
    fs::set_permissions(&long, Permissions::from_mode(0o600)).expect("ours");
    assert!(matches!(vault.get(&long), Err(VaultError::TooLong { .. })));
}

fn certificates() -> Vec<Certificate> {
    use cpskit::emulate::igc::{Authority, Domain, Gamme, World};
    let issuer = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
    vec![Certificate::parse(issuer.certificate()).expect("a certificate")]
}

#[test]
fn an_installed_key_is_at_its_place_only() {
    let (home, vault) = vault();
    let kept = vault.key_file(reference());
    vault.put(&kept, SECRET).expect("written");
    let out = home.path().join("a/b");
    let place = Place::new(&out, "service").expect("a name");
    let certificates = certificates();
    let parcel = Parcel::Local { key: &kept, certificates: &certificates };
    let expected = Installed {
        key: out.join("service.key.pem"),
        certificates: Some(out.join("service.crt.pem")),
    };
    let (_, open) = watched(home.path(), || {
        assert_eq!(vault.install(&place, parcel).expect("installed"), expected);
    });
    assert_eq!(open, 0);
    assert_eq!(get(&vault, &kept), None);
    assert_eq!(get(&vault, &expected.key), Some(SECRET.into()));
    assert_eq!(names(&out), ["service.crt.pem", "service.key.pem"]);
    assert_eq!((mode(&out), mode(&expected.key)), (0o700, 0o600));
    let chain: String = certificates.iter().map(Certificate::to_pem).collect();
    assert_eq!(fs::read_to_string(out.join("service.crt.pem")).expect("readable"), chain);
    // Run again, it is so already.
    assert_eq!(vault.install(&place, parcel).expect("installed"), expected);
    // A second place, which somebody insisted on: the first one keeps it.
    let second = Place::new(&home.path().join("second"), "service").expect("a name");
    let parcel = Parcel::Local { key: &expected.key, certificates: &certificates };
    vault.install(&second, parcel).expect("installed");
    assert!(expected.key.exists() && second.key_file().exists());
}

#[test]
fn an_interrupted_installation_goes_on() {
    let (home, vault) = vault();
    let kept = vault.key_file(reference());
    vault.put(&kept, SECRET).expect("written");
    let place = Place::new(home.path(), "service").expect("a name");
    // As left by a run that ended before it took the key out of the vault.
    vault.put(&place.key_file(), SECRET).expect("written");
    let certificates = certificates();
    let parcel = Parcel::Local { key: &kept, certificates: &certificates };
    vault.install(&place, parcel).expect("installed");
    assert_eq!((kept.exists(), get(&vault, &place.key_file())), (false, Some(SECRET.into())));
}

#[test]
fn nothing_of_another_content_is_overwritten_and_the_key_stays() {
    for occupied in ["service.key.pem", "service.crt.pem"] {
        let (home, vault) = vault();
        let kept = vault.key_file(reference());
        vault.put(&kept, SECRET).expect("written");
        let out = home.path().join("out");
        fs::create_dir(&out).expect("a folder");
        vault.put(&out.join(occupied), OTHER).expect("written");
        let place = Place::new(&out, "service").expect("a name");
        let parcel = Parcel::Local { key: &kept, certificates: &certificates() };
        let refused = vault.install(&place, parcel).expect_err("occupied");
        assert!(
            matches!(&refused, VaultError::Occupied { path } if *path == out.join(occupied)),
            "{refused}"
        );
        assert_eq!(get(&vault, &kept), Some(SECRET.into()));
        assert_eq!(names(&out), [occupied]);
        assert_eq!(get(&vault, &out.join(occupied)), Some(OTHER.into()));
    }
}

#[test]
fn a_key_that_is_nowhere_is_said() {
    let (home, vault) = vault();
    let kept = vault.key_file(reference());
    let place = Place::new(home.path(), "service").expect("a name");
    let parcel = Parcel::Local { key: &kept, certificates: &certificates() };
    let refused = vault.install(&place, parcel).expect_err("gone");
    let expected = (kept, place.key_file());
    assert!(
        matches!(&refused, VaultError::Gone { vault, place } if (vault, place) == (&expected.0, &expected.1)),
        "{refused}"
    );
    assert!(!place.certificates_file().exists());
}

#[test]
fn a_pkcs12_is_installed_for_its_owner_alone() {
    let (home, vault) = vault();
    let place = Place::new(home.path(), "service").expect("a name");
    let installed = vault.install(&place, Parcel::Pkcs12(SECRET)).expect("installed");
    let file = home.path().join("service.p12");
    assert_eq!(installed.files(), std::slice::from_ref(&file));
    assert_eq!((mode(&file), get(&vault, &file)), (0o600, Some(SECRET.into())));
}

#[test]
fn the_name_of_a_file_leads_nowhere_else() {
    for wrong in ["", "a/b", "../a", "a\\b", "a\0b"] {
        assert!(
            matches!(Place::new(Path::new("."), wrong), Err(VaultError::Name(name)) if name == wrong)
        );
    }
}

/// In this state folder, the test below does its work; set for a process of its own, which has a limit, a mask or a user that tests
/// cannot have.
const STATE: &str = "CPSKIT_TEST_STATE";

#[test]
fn a_child_puts_a_secret() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let put = Vault::open(Path::new(&state))
        .and_then(|vault| vault.put(&vault.key_file(reference()), &[0x55; 100_000]));
    if let Err(error) = put {
        panic!("refused: {error}");
    }
}

/// Runs that test in a child of a shell that has done this before; its error, if it met one.
fn put_after(shell: &str, state: &Path) -> Option<String> {
    let test = std::env::current_exe().expect("this test");
    let mut command = std::process::Command::new("sh");
    let line = format!("{shell} \"$0\" --exact vault::a_child_puts_a_secret --nocapture 2>&1");
    command.args(["-c", &line]).arg(test).env(STATE, state).env("RUST_BACKTRACE", "0");
    let (code, told, _) = printed(&mut command);
    if code == 0 {
        assert!(told.contains("1 passed"), "{told}");
        return None;
    }
    let refused = told.lines().find_map(|line| line.strip_prefix("refused: "));
    Some(refused.unwrap_or_else(|| panic!("{told}")).to_owned())
}

#[test]
fn modes_are_the_same_whatever_the_mask() {
    for mask in ["000", "022", "077"] {
        let home = tempfile::tempdir().expect("a folder");
        let state = home.path().join("state");
        let shell = format!("umask {mask}; exec");
        let (_, open) = watched(home.path(), || assert_eq!(put_after(&shell, &state), None));
        let key = Vault::open(&state).expect("it opens").key_file(reference());
        let folder = key.parent().expect("a folder");
        assert_eq!((mode(&key), mode(folder), open), (0o600, 0o700, 0), "umask {mask}");
    }
}

/// A limit on the length of files stands for a disk that is full: both end a write in the middle.
#[test]
fn a_disk_that_is_full_leaves_nothing_half() {
    let home = tempfile::tempdir().expect("a folder");
    let state = home.path().join("state");
    let vault = Vault::open(&state).expect("it opens");
    let key = vault.key_file(reference());
    // 20 blocks of 512 bytes.
    let refused = put_after("trap '' XFSZ; ulimit -f 20; exec", &state).expect("no room");
    assert_eq!(refused, format!("{}: File too large (os error 27)", key.display()));
    assert_eq!(names(&state.join("keys")), Vec::<String>::new());
    vault.put(&key, SECRET).expect("there is room again");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    let state = home.path().join("state");
    let key = Vault::open(&state).expect("it opens").key_file(reference());
    let keys = state.join("keys");
    // The administrator may write everywhere: somebody else tries.
    let mut shell = "exec".to_owned();
    if rustix::process::geteuid().is_root() {
        let nobody = Some(65_534);
        for folder in [home.path(), &state, &keys, &state.join("codes")] {
            chown(folder, nobody, nobody).expect("it is given");
        }
        shell = "exec setpriv --reuid 65534 --regid 65534 --clear-groups".to_owned();
    }
    fs::set_permissions(&keys, Permissions::from_mode(0o500)).expect("ours");
    let refused = put_after(&shell, &state).expect("read-only");
    assert_eq!(refused, format!("{}: permission denied", key.display()));
    assert_eq!(names(&keys), Vec::<String>::new());
}

#[test]
fn a_vault_of_somebody_else_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (home, vault) = vault();
    let file = vault.key_file(reference());
    vault.put(&file, SECRET).expect("written");
    chown(&file, Some(65_534), None).expect("it is given");
    assert!(matches!(vault.get(&file), Err(VaultError::Foreign { owner: 65_534, .. })));
    chown(home.path().join("state/keys"), Some(65_534), None).expect("it is given");
    let refused = Vault::open(&home.path().join("state")).expect_err("not ours");
    assert!(matches!(refused, VaultError::Foreign { owner: 65_534, .. }), "{refused}");
}
