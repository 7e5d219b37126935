//! The page for people: self-contained, escaped, sorted.

use std::path::Path;

use cpskit::fleet::plan::{Condition, Holds, Standing};
use cpskit::fleet::report::html;
use cpskit::fleet::status::{Need, Status};
use cpskit::platform::journal::State;

use crate::file::{DMP, read, with};
use crate::known::World;

/// A fleet with something of everything.
pub(crate) fn varied() -> Status {
    let named =
        |name: &str| DMP.replace("\"dmp\"", &format!("\"{name}\"")).replace("DMP-ESSAI", name);
    let text = with(&format!(
        "[[card]]\nnumber = \"2600971845\"\npersona = \"médecin libéral\"\nfamily = \"CPS\"\nordered = 2024-01-04\nreceived = 2024-01-15\nvalid_from = 2024-01-10\nholder = \"A. Martin, tiroir 2\"\n[[card]]\nnumber = \"2600971999\"\npersona = \"directeur d'établissement\"\nfamily = \"CDE\"\nordered = 2026-03-01\n[[card]]\npersona = \"orthophoniste\"\n{}{}{}{}renewed_by = \"B. Petit\"\n{}",
        named("dmp-production-de-test"),
        named("ror"),
        named("annuaire"),
        named("insi"),
        named("nouveau"),
    ));
    let fleet = read(&text).expect("a fleet");
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("231210", "261210")
        .file(Holds::Key, "certificates/dmp.key.pem", Condition::Right)
        .standing(Standing::Good)
        .ordered(&fleet, 1, State::Collected)
        .valid("240210", "270208")
        .file(Holds::Key, "certificates/ror.key.pem", Condition::Locked)
        .file(Holds::Certificate, "certificates/ror.crt.pem", Condition::Right)
        .standing(Standing::Good)
        .ordered(&fleet, 2, State::Collected)
        .valid("260601", "290601")
        .ordered(&fleet, 3, State::Ready);
    Status::of(&fleet, &world.known())
}

#[test]
fn what_needs_action_stands_first_and_of_these_what_ends_sooner() {
    let status = varied();
    let names: Vec<(Need, &str)> =
        status.certificates.iter().map(|found| (found.need, found.wanted.name.as_str())).collect();
    let expected = [
        (Need::Now, "insi"),
        (Need::Now, "nouveau"),
        (Need::Now, "dmp-production-de-test"),
        (Need::Soon, "ror"),
        (Need::Later, "annuaire"),
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_page_refers_to_nothing_outside_it_and_runs_nothing() {
    let page = html(&varied());
    for forbidden in ["<script", "http:", "https:", "@import", "url(http", " on", "src="] {
        let found = page.find(forbidden).map(|at| &page[at.saturating_sub(30)..at + 30]);
        let harmless = forbidden == " on" && !page.contains("onclick") && !page.contains("onload");
        assert!(found.is_none() || harmless, "{forbidden}: {found:?}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn what_comes_from_the_file_and_from_platforms_is_escaped_everywhere() {
    let hostile = "<b onclick='x'>&\\\"";
    let text = with(&format!(
        "[[card]]\npersona = \"{hostile}\"\nholder = \"{hostile}\"\n{}renewed_by = \"{hostile}\"\n",
        DMP
    ))
    .replace("\"essai\"", &format!("\"{hostile}\""));
    let fleet = read(&text).expect("a fleet");
    let world = World::new()
        .ordered(&fleet, 0, State::Refused)
        .but(|order| order.refusal = Some("<script>\u{1b}".to_owned()))
        .file(Holds::Certificate, "<i>", Condition::Missing);
    let page = html(&Status::of(&fleet, &world.known()));
    for raw in ["<b onclick", "<script", "<i>", "\u{1b}"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;"));
}

#[test]
fn what_is_emulated_is_said_at_the_top_and_beside_each() {
    let page = html(&varied());
    assert!(page.contains("<strong>Emulated:</strong>"));
    assert_eq!(page.matches(">emulated</span>").count(), 4);
}

#[test]
fn an_empty_fleet_has_a_page() {
    let fleet = read(&with("")).expect("a fleet");
    let page = html(&Status::of(&fleet, &World::new().known()));
    assert!(page.contains("None in the file."));
}

/// Not a test: `CPSKIT_PAGE=FILE cargo test --test fleet page -- --ignored` writes the page to look at.
#[test]
#[ignore = "writes a page to look at"]
fn page() {
    let file = std::env::var("CPSKIT_PAGE").expect("CPSKIT_PAGE names a file");
    std::fs::write(Path::new(&file), html(&varied())).expect("written");
}
