//! The jobs of the guide, as far as they can be run without a CI server: their `cpskit` lines, on emulated certificates.

use std::fs;
use std::process::Command;

use cpskit::emulate::igc::{self, Authority, Domain, Gamme, World};
use cpskit::x509::Certificate;
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;

const ISSUER: Authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
const ROOT: Authority = Authority::root(World::Test, Gamme::Fort);

/// The `cpskit` lines of the jobs, in order.
fn lines() -> Vec<String> {
    let page = include_str!("../../docs/guide/verify-in-ci.md");
    let jobs = page.split("```yaml").skip(1).filter_map(|block| block.split("```").next());
    let lines = jobs.flat_map(str::lines).map(|line| line.trim().trim_start_matches("- "));
    lines.filter(|line| line.starts_with("cpskit ")).map(str::to_owned).collect()
}

#[test]
fn the_jobs_of_the_guide_accept_a_good_certificate() {
    let folder = TempDir::new().expect("a folder");
    for name in ["certs", "lists", "trust"] {
        fs::create_dir(folder.path().join(name)).expect("made");
    }
    let card = igc::committed("medecin-cps3").expect("a persona");
    let der = card.authentication.as_ref().expect("a certificate").der.as_ref();
    let pem = Certificate::parse(der).expect("minted").to_pem();
    fs::write(folder.path().join("certs/card.pem"), pem).expect("written");
    let now = Timestamp::now();
    let (from, until) = (now - 24.hours(), now + 400.hours());
    for (name, issuer) in [("issuer.crl", ISSUER), ("root.crl", ROOT)] {
        let list = igc::crl(issuer, from, until, 1, &[]).expect("minted");
        fs::write(folder.path().join("lists").join(name), list).expect("written");
    }
    let lines = lines();
    assert_eq!(lines.len(), 4);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_cpskit"));
    let programs = program.parent().expect("a folder").display().to_string();
    for line in lines {
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(&folder)
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .env("ENVIRONMENT", "emulated")
            .env("CPSKIT_OFFLINE", "1")
            .env("CPSKIT_CACHE", folder.path().join("cache"))
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .output()
            .expect("a shell");
        // The persona's card may have ended by the day this runs: then the job says just that.
        let ended = now > "2028-12-01T00:00:00Z".parse().expect("a date");
        let code = output.status.code();
        assert!(code == Some(0) || ended && code == Some(1), "{line}: {output:?}");
    }
}
