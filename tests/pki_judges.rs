//! Our verdicts against those of `openssl` on the certificates and lists of `certs-test`: they agree on what both can
//! judge, and where they do not the table says why.
#![cfg(feature = "emulate")]

#[path = "support/support.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use cpskit::pki::{
    Anchor, Candidate, ExplicitPolicy, Legacy, List, Options, Origin, PolicyInputs, Purpose,
    Validator, Verdict,
};
use cpskit::x509::{Certificate, Crl};
use der::pem::{LineEnding, encode_string};
use jiff::Timestamp;
use support::tool::{Tool, printed};
use tempfile::TempDir;

/// What is judged: a certificate under one root with these lists, in March 2026 (2018 for the PKIs before IGC-Santé).
struct Case {
    leaf: &'static str,
    lists: &'static [&'static str],
    asked: Asked,
    ours: Verdict,
    openssl: Other,
}

/// What is asked beside the path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asked {
    Nothing,
    /// A purpose.
    Purpose(Purpose),
    /// This policy, of the test PKI or not.
    Policy(&'static str),
    /// The weaknesses of before are admitted.
    Legacy,
}

/// What another judge says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Other {
    /// Valid where we say valid, and not otherwise.
    Agrees,
    /// The contrary, and why.
    Differs(&'static str),
}

use Other::{Agrees, Differs};
use Verdict::{Indeterminate, Invalid, Valid};

const NO_END: &str =
    "openssl takes a list without nextUpdate for current; RFC 5280 5.1.2.5 demands nextUpdate";
const OWN_LIST: &str = "openssl refuses a signer of lists whose own status is on a list that it signs; RFC 5280 6.3.3(f) asks for its path, and we say so as a finding";

const fn case(
    leaf: &'static str,
    lists: &'static [&'static str],
    ours: Verdict,
    openssl: Other,
) -> Case {
    Case { leaf, lists, asked: Asked::Nothing, ours, openssl }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("org-auth-cli", &["root", "empty"], Valid, Agrees),
    case("org-auth-cli", &["root", "current"], Valid, Agrees),
    case("org-conf", &["root", "current"], Invalid, Agrees),
    case("org-sign", &["root", "hold"], Invalid, Agrees),
    case("org-auth-cli", &["root"], Indeterminate, Agrees),
    case("org-auth-cli", &["current"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "stale"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "stale", "current"], Valid, Agrees),
    case("org-auth-cli", &["root", "future"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "wrong-issuer"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "wrong-key"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "separate-signer"], Valid, Agrees),
    case("org-conf", &["root", "separate-signer"], Invalid, Agrees),
    case("org-auth-cli", &["root-revoking", "current"], Invalid, Agrees),
    case("org-auth-cli", &["root", "own-point"], Valid, Agrees),
    case("org-auth-cli", &["root", "other-point"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "users-only"], Valid, Agrees),
    case("org-auth-cli", &["root", "authorities-only"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "attributes-only"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "reasons-compromise"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "reasons-compromise", "reasons-others"], Valid, Agrees),
    case("org-conf", &["root", "reasons-compromise"], Invalid, Agrees),
    case("org-sign", &["root", "base"], Invalid, Agrees),
    case("org-conf", &["root", "base", "delta"], Valid, Agrees),
    case("org-sign", &["root", "base", "delta"], Valid, Agrees),
    case("org-auth-cli", &["root", "base", "delta"], Invalid, Agrees),
    case("org-conf", &["root", "delta"], Indeterminate, Agrees),
    case("org-conf", &["root", "indirect"], Invalid, Agrees),
    case("org-auth-cli", &["root", "indirect"], Valid, Agrees),
    case("org-auth-cli", &["root", "no-next-update"], Indeterminate, Differs(NO_END)),
    case("org-auth-cli", &["root", "version-1"], Valid, Agrees),
    case("org-auth-cli", &["root", "unknown-critical"], Indeterminate, Agrees),
    case("org-auth-cli", &["root", "unknown-critical-entry"], Indeterminate, Agrees),
    Case { asked: Asked::Purpose(Purpose::Client), ..case("org-auth-cli", &["root", "current"], Valid, Agrees) },
    Case { asked: Asked::Purpose(Purpose::Server), ..case("org-auth-cli", &["root", "current"], Invalid, Agrees) },
    Case { asked: Asked::Purpose(Purpose::Server), ..case("serv-ssl", &["root", "current"], Valid, Agrees) },
    Case { asked: Asked::Policy("1.3.6.1.4.1.32473.7.2.1.1.1.1"), ..case("org-auth-cli", &["root", "current"], Valid, Agrees) },
    Case { asked: Asked::Policy("1.3.6.1.4.1.32473.7.1.1.1.1.1"), ..case("org-auth-cli", &["root", "current"], Invalid, Agrees) },
    case("2bis-server", &["2bis-root", "2bis-classe-4"], Invalid, Agrees),
    case("2ter-signature", &["2ter-root", "2ter-classe-1"], Invalid, Agrees),
    Case { asked: Asked::Legacy, ..case("2bis-server", &["2bis-root", "2bis-classe-4"], Valid, Differs(OWN_LIST)) },
    Case { asked: Asked::Legacy, ..case("2ter-signature", &["2ter-root", "2ter-classe-1"], Valid, Differs(OWN_LIST)) },
];

#[test]
fn our_verdicts_are_those_of_the_table() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter(|case| case.ours() != case.ours)
        .map(|case| format!("{case}: {:?}", case.ours()))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn openssl_agrees_on_what_it_can_judge() {
    let Some(openssl) = Tool::or_skip("openssl", "openssl") else { return };
    let mut wrong = Vec::new();
    for case in CASES {
        let valid = case.ours == Valid;
        let expected = match case.openssl {
            Agrees => valid,
            Differs(_) => !valid,
        };
        let (found, said) = case.openssl(openssl, &Files::of(case));
        if found != expected {
            wrong.push(format!("{case}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

impl Case {
    fn legacy(&self) -> Option<&'static str> {
        self.leaf.split_once('-').map(|(pki, _)| pki).filter(|pki| pki.starts_with('2'))
    }

    fn at(&self) -> Timestamp {
        let at =
            if self.legacy().is_some() { "2018-03-10T12:00:00Z" } else { "2026-03-03T12:00:00Z" };
        at.parse().expect("an instant")
    }

    fn leaf_file(&self) -> PathBuf {
        let folder = if self.legacy().is_some() { "legacy" } else { "igc/test" };
        folder_of_tests().join(folder).join(format!("{}.der", self.leaf))
    }

    /// The root, then who else is at hand.
    fn authorities(&self) -> Vec<PathBuf> {
        let names: &[&str] = match self.legacy() {
            Some("2bis") => &["2bis-root", "2bis-root-lists", "2bis-classe-4"],
            Some(_) => &["2ter-root", "2ter-root-lists", "2ter-classe-1", "2ter-classe-1-lists"],
            None => &["ACR-EL-TEST", "ACI-EL-ORG-TEST", "ACI-EL-ORG-TEST-lists"],
        };
        let folder = if self.legacy().is_some() { "legacy" } else { "igc/test" };
        let path = |name: &&str| folder_of_tests().join(folder).join(format!("{name}.der"));
        names.iter().map(path).collect()
    }

    fn list_files(&self) -> Vec<PathBuf> {
        let path = |name: &&str| folder_of_tests().join("lists").join(format!("{name}.crl"));
        self.lists.iter().map(path).collect()
    }

    fn ours(&self) -> Verdict {
        let origin = Origin("test".to_owned());
        let certificate = |path: &PathBuf| Certificate::parse(&read(path)).expect("a certificate");
        let authorities = self.authorities();
        let anchor = Anchor::from_certificate(certificate(&authorities[0]), origin.clone());
        let candidates = authorities[1..]
            .iter()
            .map(|path| Candidate { certificate: certificate(path), origin: origin.clone() });
        let lists: Vec<Vec<u8>> = self.list_files().iter().map(|path| read(path)).collect();
        let lists = lists
            .iter()
            .map(|der| List { crl: Crl::parse(der).expect("a list"), origin: origin.clone() });
        let mut options = Options::at(self.at());
        match self.asked {
            Asked::Nothing => {}
            Asked::Purpose(purpose) => options.purpose = purpose,
            Asked::Policy(oid) => {
                let initial = [oid.parse().expect("dotted")].into();
                let explicit = ExplicitPolicy::Required;
                options.policies = PolicyInputs { initial, explicit, ..PolicyInputs::default() };
            }
            Asked::Legacy => options.legacy = Legacy::DangerAllowed,
        }
        let validator = Validator::new(vec![anchor], candidates.collect(), lists.collect());
        validator.validate(&certificate(&self.leaf_file()), &origin, &options).verdict()
    }

    fn openssl(&self, openssl: Tool, files: &Files) -> (bool, String) {
        let level = if self.asked == Asked::Legacy { "0" } else { "2" };
        let at = self.at().as_second().to_string();
        let mut typed =
            vec!["verify", "-x509_strict", "-crl_check_all", "-extended_crl", "-use_deltas"];
        typed.extend(["-auth_level", level, "-attime", &at, "-no-CApath", "-no-CAstore"]);
        match self.asked {
            Asked::Purpose(Purpose::Server) => typed.extend(["-purpose", "sslserver"]),
            Asked::Purpose(_) => typed.extend(["-purpose", "sslclient"]),
            Asked::Policy(oid) => {
                typed.extend(["-policy_check", "-explicit_policy", "-policy", oid]);
            }
            Asked::Nothing | Asked::Legacy => {}
        }
        if self.legacy().is_some() {
            typed.retain(|flag| *flag != "-x509_strict");
        }
        let [root, others, lists, leaf] = &files.paths;
        typed.extend(["-CAfile", root, "-untrusted", others, "-CRLfile", lists, leaf]);
        let (code, stdout, stderr) = printed(&mut openssl.command(files.folder.path(), typed));
        (code == 0, format!("{stdout}{stderr}"))
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} with {:?}, asked {:?}, {:?} by us",
            self.leaf, self.lists, self.asked, self.ours
        )
    }
}

/// The files of a case, in PEM.
struct Files {
    folder: TempDir,
    /// Root, others, lists, leaf.
    paths: [String; 4],
}

impl Files {
    fn of(case: &Case) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("writable");
            path.into_os_string().into_string().expect("UTF-8")
        };
        let authorities: Vec<String> =
            case.authorities().iter().map(|path| pem("CERTIFICATE", &read(path))).collect();
        let leaf = pem("CERTIFICATE", &read(&case.leaf_file()));
        let lists = case.list_files();
        let lists = lists.iter().map(|path| pem("X509 CRL", &read(path))).collect();
        let paths = [
            write("root.pem", authorities[0].clone()),
            write("others.pem", authorities[1..].concat()),
            write("lists.pem", lists),
            write("leaf.pem", leaf),
        ];
        Self { folder, paths }
    }
}

fn pem(label: &'static str, bytes: &[u8]) -> String {
    encode_string(label, LineEnding::LF, bytes).expect("short")
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder_of_tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-test")
}
