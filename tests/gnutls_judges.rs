//! Our verdicts against those of GnuTLS. Its `certtool` judges at the present instant only: certificates and lists are
//! minted for it, around now.
#![cfg(feature = "emulate")]

#[path = "support/support.rs"]
mod support;

use std::fs;

use cpskit::emulate::Persona;
use cpskit::emulate::igc::{self, Authority, Domain, Gamme, Reason, Revoked, World};
use cpskit::pki::{Anchor, Candidate, List, Options, Origin, Validator, Verdict};
use cpskit::x509::{Certificate, Crl};
use der::pem::{LineEnding, encode_string};
use jiff::{Timestamp, ToSpan};
use support::tool::{Tool, printed};
use tempfile::TempDir;

const ISSUER: Authority = Authority::builtin(World::Test, Gamme::Fort, Domain::Personnes);
const ROOT: Authority = Authority::root(World::Test, Gamme::Fort);
const OTHER_ROOT: Authority = Authority::root(World::Production, Gamme::Fort);

/// A card's certificate with lists of its issuer and of its root.
struct Case {
    leaf: Vec<u8>,
    trusted: Authority,
    lists: [Vec<u8>; 2],
}

impl Case {
    fn new(now: Timestamp, trusted: Authority, is_revoked: bool) -> Self {
        let persona = Persona::builtin("medecin-cps3").expect("a persona");
        let (from, until) = (now - 48.hours(), now + 480.hours());
        let card = igc::card_certificates(&persona, from, until).expect("minted");
        let leaf = card.authentication.expect("a certificate").der.into_owned();
        let serial = Certificate::parse(&leaf).expect("minted").serial().content().to_vec();
        let revoked = Revoked { serial, at: now - 24.hours(), reason: Some(Reason::KeyCompromise) };
        let revoked = if is_revoked { vec![revoked] } else { Vec::new() };
        let list = |authority, entries: &[Revoked]| {
            igc::crl(authority, now - 2.hours(), now + 20.hours(), 1, entries).expect("minted")
        };
        Self { leaf, trusted, lists: [list(ISSUER, &revoked), list(ROOT, &[])] }
    }

    fn ours(&self, now: Timestamp) -> Verdict {
        let origin = Origin("test".to_owned());
        let read = |der: &[u8]| Certificate::parse(der).expect("minted");
        let anchors =
            vec![Anchor::from_certificate(read(self.trusted.certificate()), origin.clone())];
        let candidates = [ISSUER, ROOT]
            .map(|ca| Candidate { certificate: read(ca.certificate()), origin: origin.clone() });
        let lists = self
            .lists
            .iter()
            .map(|der| List { crl: Crl::parse(der).expect("minted"), origin: origin.clone() });
        let validator = Validator::new(anchors, candidates.into(), lists.collect());
        validator.validate(&read(&self.leaf), &origin, &Options::at(now)).verdict()
    }

    /// Whether GnuTLS trusts it.
    fn is_trusted(&self, certtool: Tool) -> bool {
        let folder = TempDir::new().expect("a folder");
        let pem = |label, der: &[u8]| encode_string(label, LineEnding::LF, der).expect("PEM");
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("written");
            path.display().to_string()
        };
        let chain = [&self.leaf[..], ISSUER.certificate(), ROOT.certificate()];
        let chain = write("chain.pem", chain.map(|der| pem("CERTIFICATE", der)).concat());
        let lists = self.lists.each_ref().map(|der| pem("X509 CRL", der)).concat();
        let lists = write("lists.pem", lists);
        let root = write("root.pem", pem("CERTIFICATE", self.trusted.certificate()));
        let args =
            ["--verify", "--load-ca-certificate", &root, "--load-crl", &lists, "--infile", &chain];
        let (code, stdout, _) = printed(&mut certtool.command(folder.path(), args));
        code == 0 && stdout.contains("Chain verification output: Verified.")
    }
}

#[test]
fn gnutls_agrees_on_what_is_good_what_is_revoked_and_who_is_not_trusted() {
    let Some(certtool) = Tool::or_skip("certtool", "gnutls-bin") else { return };
    let now = Timestamp::from_second(Timestamp::now().as_second()).expect("an instant");
    let judged = [(ROOT, false), (ROOT, true), (OTHER_ROOT, false)].map(|(trusted, is_revoked)| {
        let case = Case::new(now, trusted, is_revoked);
        (case.ours(now), case.is_trusted(certtool))
    });
    let expected = [(Verdict::Valid, true), (Verdict::Invalid, false), (Verdict::Invalid, false)];
    assert_eq!(judged, expected);
}
