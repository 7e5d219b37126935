//! The published certificates of IGC-Santé: each has a path to its root at a date inside its validity. They are not
//! part of the repository: without the folder the test says so and skips.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use cpskit::pki::profile;
use cpskit::pki::{
    Anchor, Candidate, Legacy, Options, Origin, Revocation, Severity, Validator, Verdict,
};
use cpskit::x509::{Certificate, IssuedBy, World};

fn folder() -> PathBuf {
    match std::env::var_os("CPSKIT_IGC_SANTE") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/igc-sante"),
    }
}

/// Every certificate of a folder and of those below it.
fn certificates(folder: &Path) -> Vec<(Certificate, Origin)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(certificates(&path));
        } else if let Ok(file) = fs::read(&path)
            && let Ok(certificate) = Certificate::from_pem_or_der(&file)
        {
            found.push((certificate, Origin(path.display().to_string())));
        }
    }
    found
}

#[test]
fn a_published_certificate_whose_authority_is_published_has_a_path_to_its_root() {
    let authorities = certificates(&folder().join("ca"));
    if authorities.is_empty() {
        let _ = writeln!(std::io::stdout(), "skipped: no certificates in {}", folder().display());
        return;
    }
    let is_root = |certificate: &Certificate| {
        certificate.subject() == certificate.issuer()
            && matches!(certificate.issued_by(), IssuedBy::IgcSante { .. })
    };
    let anchors = authorities.iter().filter(|(certificate, _)| is_root(certificate));
    let anchors: Vec<_> =
        anchors.map(|(c, origin)| Anchor::from_certificate(c.clone(), origin.clone())).collect();
    let candidates = authorities
        .iter()
        .map(|(c, origin)| Candidate { certificate: c.clone(), origin: origin.clone() });
    let validator = Validator::new(anchors, candidates.collect(), vec![]);

    let mut judged = 0;
    for (certificate, origin) in certificates(&folder().join("ee")) {
        let published = authorities.iter().any(|(ca, _)| ca.subject() == certificate.issuer());
        let known = match certificate.issued_by() {
            IssuedBy::IgcSante { world: World::Production | World::Test, .. } => published,
            _ => false,
        };
        let at = certificate.not_before().expect("a date");
        let options = Options { revocation: Revocation::Off, ..Options::at(at) };
        let report = validator.validate(&certificate, &origin, &options);
        if known {
            assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
            assert_eq!(report.path.len(), 3, "{origin}");
            judged += 1;
        } else {
            assert_ne!(report.verdict(), Verdict::Valid, "{report:#?}");
        }
    }
    assert!(judged > 20, "{judged}");
}

#[test]
fn the_keys_of_the_pki_of_2004_are_admitted_only_on_demand() {
    let authorities = certificates(&folder().join("ca/legacy"));
    let class_4 = authorities
        .iter()
        .find(|(c, _)| c.subject().to_string() == "OU=AC-CLASSE-4,O=GIP-CPS,C=FR");
    let root = authorities.iter().find(|(c, _)| c.subject().to_string() == "O=GIP-CPS,C=FR");
    let (Some((class_4, origin)), Some((root, anchor))) = (class_4, root) else {
        let _ = writeln!(std::io::stdout(), "skipped: no certificates in {}", folder().display());
        return;
    };
    let anchor = Anchor::from_certificate(root.clone(), anchor.clone());
    let validator = Validator::new(vec![anchor], vec![], vec![]);
    let at = "2010-01-01T00:00:00Z".parse().expect("an instant");
    let codes = |legacy| {
        let options = Options { revocation: Revocation::Off, legacy, ..Options::at(at) };
        let report = validator.validate(class_4, origin, &options);
        let weak = report.findings.iter().map(|finding| finding.code());
        let weak: Vec<_> = weak.filter(|code| code.starts_with("pki.weak")).collect();
        (report.verdict(), weak)
    };
    let weak = vec!["pki.weak.key", "pki.weak.rsa_key", "pki.weak.sha1"];
    assert_eq!(codes(Legacy::Refused), (Verdict::Invalid, weak.clone()));
    assert_eq!(codes(Legacy::DangerAllowed), (Verdict::Valid, weak));
}

#[test]
fn no_published_certificate_breaks_a_rule_that_fails() {
    let all = certificates(&folder());
    if all.is_empty() {
        let _ = writeln!(std::io::stdout(), "skipped: no certificates in {}", folder().display());
        return;
    }
    let errors: Vec<String> = all
        .iter()
        .flat_map(|(certificate, origin)| {
            let grave = profile::lint(certificate)
                .into_iter()
                .filter(|remark| remark.severity() == Severity::Error);
            grave.map(move |remark| format!("{origin}: {} {}", remark.code(), remark.message()))
        })
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_product_of_a_published_certificate_is_that_of_its_file_name() {
    for (certificate, origin) in certificates(&folder().join("ee")) {
        let name = origin.0.rsplit('/').next().unwrap_or_default().to_owned();
        let expected = [
            ("_org-auth-cli_", "ORG AUTH_CLI"),
            ("_serv-ssl_", "SERV SSL"),
            ("_sign_", "ORG SIGN"),
            ("_org-conf_", "ORG CONF"),
            ("_ps-soft-auth_", "PS AUTH"),
            ("_ps-soft-sign_", "PS SIGN"),
            ("_classe1_cps-auth_", "IGC-CPS2ter card authentication"),
            ("_classe4_ssl-serv_", "IGC-CPS2bis server"),
            ("_cps-sign_", "card signature"),
            ("_cde-cpe-auth_", "card authentication"),
        ];
        let expected = expected.iter().find(|(part, _)| name.contains(part)).map(|(_, name)| *name);
        assert!(expected.is_some(), "{name}");
        assert_eq!(certificate.product().map(|product| product.name()), expected, "{name}");
        let world = name.split(['_', '-']).next();
        assert_eq!(certificate.environment().map(|found| found.name()), world, "{name}");
    }
}
