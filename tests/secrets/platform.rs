//! Orders, retrievals, revocations and fleets: PIN, passwords, codes de révocation and keys are where they are kept on purpose, and
//! nowhere else.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use cpskit::emulate::platform::{Clock, Emulator, Settings};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::search::{found, without_long_numbers};
use crate::support::desk::{Desk, Slot};
use crate::tls::persona;
use crate::traces::files;

const PIN: &str = "7391";
const PASSWORD: &str = "MotDePasseJamaisVu";
const CODE: &str = "CodeJamaisVuNonPlus";
const WRONG: &str = "CodeFauxJamaisVu";

struct Bench {
    desk: Desk,
    platform: Emulator,
    /// Where what a user asked for is put, keys among it.
    given: TempDir,
    /// Where all else goes, the state folder with it.
    written: TempDir,
}

impl Bench {
    fn or_skip() -> Option<Self> {
        let platform = Emulator::start(Settings::new(Clock::running(Timestamp::now())));
        Some(Self {
            desk: Desk::or_skip()?,
            platform: platform.expect("a platform"),
            given: tempfile::tempdir().expect("a folder"),
            written: tempfile::tempdir().expect("a folder"),
        })
    }

    /// Runs `cpskit` at the highest verbosity; what it printed stays in two files.
    fn run(&self, name: &str, args: &[&str], code: i32) -> Value {
        let more = ["-vvv", "--no-input", "--format", "json", "--trace", "acts"];
        let mut command = self.desk.command(&[args, &more, &["--state", "state"]].concat());
        let path = |end| self.written.path().join(format!("{name}.{end}"));
        let file = |end| fs::File::create(path(end)).expect("made");
        for variable in ["HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
            command.env(variable, self.written.path());
        }
        command.env_remove("DATABASE_URL").current_dir(self.written.path());
        command.envs([("PIN", PIN), ("PASSWORD", PASSWORD), ("CODE", CODE), ("WRONG", WRONG)]);
        command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        let status = command.status().expect("it starts");
        let read = |end| fs::read_to_string(path(end)).expect("text");
        assert_eq!(status.code(), Some(code), "{name}: {}{}", read("out"), read("err"));
        serde_json::from_str(&read("out")).unwrap_or_default()
    }

    /// Asks the emulated platform, with the card.
    fn rest(&self, name: &str, args: &[&str], code: i32) -> Value {
        let port = ["--binding", "rest", "--endpoint", self.platform.endpoint()];
        self.run(name, &[args, &port, &["--pin-env", "PIN"]].concat(), code)
    }

    /// Every secret that was given or made: keys are moved out of the vault when they are installed.
    fn secrets(&self) -> Vec<Vec<u8>> {
        let state = self.written.path().join("state");
        let mut secrets: Vec<Vec<u8>> =
            [PASSWORD, CODE, WRONG].map(|text| text.as_bytes().to_vec()).into();
        for file in fs::read_dir(state.join("codes")).expect("codes") {
            let code = fs::read(file.expect("an entry").path()).expect("a code");
            secrets.push(code.trim_ascii().to_vec());
        }
        let installed = files(&self.given.path().join("out"));
        let kept = files(&state.join("keys")).into_iter().chain(installed);
        for (name, _) in kept.filter(|(name, _)| name.ends_with(".pem")) {
            let text = fs::read(&name).expect("a key");
            if !text.windows(11).any(|window| window == b"PRIVATE KEY") {
                continue;
            }
            let Ok((_, der)) = der::pem::decode_vec(&text) else { continue };
            // The modulus is public: it is in the first 320 bytes, or seven lines.
            secrets.extend(der[320..].chunks_exact(32).map(<[u8]>::to_vec));
            let lines = text.split(|byte| *byte == b'\n').skip(8);
            secrets.extend(lines.filter(|line| line.len() == 64).map(<[u8]>::to_vec));
        }
        secrets
    }
}

/// Numbers are taken out that have nothing to do with a PIN and may hold its digits: instants, UUIDs, digests.
fn without_chance(text: &str) -> String {
    let of_number = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | ':' | '.' | 'T' | 'Z');
    let mut kept = String::new();
    for run in text.split_inclusive(|c| !of_number(c)) {
        // Bytes that are printed one by one may be those of a PIN.
        let is_dump = run.contains(':') && !run.contains('T');
        if is_dump || run.trim_end_matches(|c| !of_number(c)).len() < 20 {
            kept.push_str(run);
        }
    }
    without_long_numbers(&kept)
}

/// Every file of a folder as it is, but those of the vault that hold a secret on purpose.
fn raw(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = files(folder).into_iter().map(|(name, _)| name);
    let elsewhere = names.filter(|name| !name.contains("/keys/") && !name.contains("/codes/"));
    elsewhere.map(|name| (name.clone(), fs::read(name).expect("readable"))).collect()
}

#[test]
fn what_is_ordered_retrieved_and_revoked_leaves_its_secrets_in_the_vault_only() {
    let Some(bench) = Bench::or_skip() else { return };
    let persona = persona(bench.given.path());
    let _card = bench.desk.emulate(Slot::First, &["--persona-file", &persona, "-vvv"]);
    let out = bench.given.path().join("out").display().to_string();
    let accept = ["--accept-cgu", "1", "--accept-pc", "1"];
    let typed = ["--structure", "10B0990001", "--usage", "AUTH_CLI", "--offer", "ORG"];
    for (name, more) in [
        ("local", &[][..]),
        ("closed", &["--password-env", "PASSWORD"]),
        ("made", &["--key", "platform", "--password-env", "PASSWORD"]),
    ] {
        let order = [&["platform", "order", "--service", name], &typed[..], more].concat();
        let ordered = bench.rest(&format!("{name}-order"), &order, 0);
        let id = ordered["order"]["reference"].as_str().expect("a reference").to_owned();
        let retrieve = ["platform", "retrieve", &id, "--out", &out, "--code-env", "CODE"];
        let password: &[&str] = if more.is_empty() { &[] } else { &["--password-env", "PASSWORD"] };
        let retrieve = [&retrieve[..], &accept, password].concat();
        bench.rest(&format!("{name}-retrieve"), &retrieve, 0);
        let revoke = ["platform", "revoke", &id, "--reason", "superseded", "--yes"];
        let wrong = [&revoke[..], &["--code-env", "WRONG"]].concat();
        bench.rest(&format!("{name}-wrong"), &wrong, 7);
        let right = [&revoke[..], &["--code-env", "CODE"]].concat();
        bench.rest(&format!("{name}-revoke"), &right, 0);
    }
    let order = [&["platform", "order", "--service", "hand"], &typed[..]].concat();
    let ordered = bench.run("hand-order", &order, 0);
    let id = ordered["order"]["reference"].as_str().expect("a reference").to_owned();
    bench.run("hand-track", &["platform", "track", &id, "--record", "A_RETIRER"], 0);
    let retrieve = [&["platform", "retrieve", &id], &accept[..]].concat();
    bench.run("hand-retrieve", &retrieve, 0);
    let fleet = format!(
        "version = 1\n[fleet]\nname = \"essai\"\n[acceptance]\ncgu = \"1\"\npc = \"1\"\nby = \"A. Martin\"\n[[structure]]\nid = \"hopital\"\nidentifier = \"10B0990001\"\nname = \"HOPITAL\"\n[[certificate]]\nname = \"fleet\"\nstructure = \"hopital\"\noffer = \"ORG\"\nusage = \"AUTH_CLI\"\nservice = \"fleet\"\nout = \"{out}\"\n"
    );
    fs::write(bench.written.path().join("fleet.toml"), fleet).expect("written");
    bench.rest("fleet", &["fleet", "apply", "--file", "fleet.toml", "--yes"], 0);

    let secrets = bench.secrets();
    assert!(secrets.len() > 150, "keys and codes were made: {}", secrets.len());
    let mut left = raw(bench.written.path());
    left.push(("mails".to_owned(), format!("{:?}", bench.platform.mails()).into_bytes()));
    assert!(left.iter().any(|(name, _)| name.ends_with("journal.sqlite")), "no journal");
    let presented = |content: &[u8]| content.windows(8).any(|window| window == b"[secret]");
    assert!(left.iter().any(|(_, content)| presented(content)), "no PIN was presented");
    for (name, content) in left {
        for secret in &secrets {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            for form in [secret.as_slice(), hex.as_bytes()] {
                assert!(!content.windows(form.len()).any(|window| window == form), "in {name}");
            }
        }
        let text = without_chance(&crate::search::stable(&String::from_utf8_lossy(&content)));
        assert_eq!(found(text.as_bytes(), PIN), None, "{name}:\n{text}");
    }
}
