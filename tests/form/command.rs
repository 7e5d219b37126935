//! `cpskit form f414`, as a user's shell runs it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::blank::{self, Layout};
use crate::support::cli::{Run, run};

const FLEET: &str = r#"
version = 1

[fleet]
name = "essais"

[demandeur]
family_name = "Lefèvre"
given_names = "Zoé"
phone = "02 00 00 00 00"
email = "zoe.lefevre@exemple.fr"

[[structure]]
id = "siege"
identifier = "318751275100020"
name = "Œuvres numériques de l’Ouest"
address = { number = "12 bis", street_type = "allée", street = "des Hêtres", postcode = "35000", town = "Saint-Étienne-en-Coglès" }

[[card]]
number = "2600971845"
persona = "médecin généraliste"
family = "CPS"

[[certificate]]
name = "dmp"
structure = "siege"
offer = "ORG"
usage = "AUTH_CLI"
service = "Logiciel d'essai"

[[certificate]]
name = "serveur"
structure = "siege"
offer = "SERV"
usage = "SSL_SERV"
dns = ["essai.exemple.fr"]

[form]
cards_usage = "Lecture des cartes"
cards_project = "DMP"
certificates_usage = "Appels du DMP"
kits = 1
cps4 = { orthophoniste = 1, cabinet-medical = 1 }

[form.delivery]
name = "Accueil"
number = "3"
street_type = "rue"
street = "du Cœur-Volant"
postcode = "35000"
town = "Rennes"
country = "France"
"#;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn with(fleet: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = Self { folder };
        fs::write(desk.path("fleet.toml"), fleet).expect("a file");
        fs::write(desk.path("blank.pdf"), blank::known()).expect("a file");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `form f414 --from fleet.toml --format json` with these arguments after it; names of files are those of the folder.
    fn form(&self, files: &[&str]) -> Run {
        let text = |path: &Path| path.display().to_string();
        let head = ["form", "f414", "--format", "json", "--from"].map(str::to_owned);
        let fleet = text(&self.path("fleet.toml"));
        let files = files.iter().map(|name| match name.starts_with('-') {
            true => (*name).to_owned(),
            false => text(&self.path(name)),
        });
        run(head.into_iter().chain([fleet]).chain(files))
    }
}

/// Section, name and value of each field.
fn rows(document: &Value) -> Vec<String> {
    let fields = document["fields"].as_array().expect("an array").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let row = |field: &Value| {
        let value = field["value"].as_str().unwrap_or("x");
        format!("{} {} = {value}", text(&field["section"]), text(&field["name"]))
    };
    fields.map(row).collect()
}

#[test]
fn without_a_pdf_the_values_are_printed_in_the_order_of_the_form() {
    let run = Desk::with(FLEET).form(&[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(
        rows(&run.document()),
        [
            "2 Dénomination de la structure = Œuvres numériques de l’Ouest",
            "2 N SIRET = 18751275100020",
            "2 N = 12 bis",
            "2 Type de voie avenue rue = allée",
            "2 Libellé de la voie = des Hêtres",
            "2 Code postal_2 = 35000",
            "2 Commune = Saint-Étienne-en-Coglès",
            "3 Nom = Lefèvre",
            "3 Prénoms = Zoé",
            "3 Téléphone = 02 00 00 00 00",
            "3 Email professionnel = zoe.lefevre@exemple.fr",
            "4.1 Précisions sur l'usage = Lecture des cartes",
            "4.1 Précisions sur le projet = DMP",
            "4.2 Check Box2 = x",
            "4.2 Quantité = 1",
            "4.2 Check Box3 = x",
            "4.2 CPS4-28 = 1",
            "4.2 Check Box4 = x",
            "4.2 CPS4-29 = 1",
            "4.2 Dénomination de la structure_32 = Accueil",
            "4.2 N2 = 3",
            "4.2 Type de voie avenue rue2 = rue",
            "4.2 Libellé de la voie2 = du Cœur-Volant",
            "4.2 Code postal2 = 35000",
            "4.2 Commune2 = Rennes",
            "4.2 Pays2 = France",
            "5.1 Précisions sur l'usage2 = Appels du DMP",
            "5.2 Check Box9 = x",
            "5.2 Check Box10 = x",
            "5.2 OU certificat restreint au serveur suivant… = essai.exemple.fr",
            "5.3 Group8 = 1",
            "5.3 N de carteRow1 = 2600971845",
        ]
    );
}

#[test]
fn a_blank_is_filled_and_the_document_says_so() {
    let desk = Desk::with(FLEET);
    let filled = desk.form(&["blank.pdf", "out.pdf"]).document();
    assert_eq!(filled["flattened"], false);
    assert_eq!(filled["out"], desk.path("out.pdf").display().to_string());
    assert!(lopdf::Document::load(desk.path("out.pdf")).is_ok());
    let flat = desk.form(&["blank.pdf", "out.pdf", "--flatten"]).document();
    assert_eq!(flat["flattened"], true);
}

#[cfg(unix)]
#[test]
fn a_filled_form_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with(FLEET);
    desk.form(&["blank.pdf", "out.pdf"]);
    let mode = |name: &str| fs::metadata(desk.path(name)).expect("a file").permissions().mode();
    assert_eq!(mode("out.pdf"), mode("blank.pdf"));
}

#[test]
fn the_blank_is_never_written_over() {
    let desk = Desk::with(FLEET);
    let error = desk.form(&["blank.pdf", "blank.pdf"]).error();
    assert_eq!(error["message"], "the filled form would take the place of the blank");
    assert_eq!(fs::read(desk.path("blank.pdf")).expect("a file"), blank::known());
}

#[test]
fn every_breach_of_the_limits_is_told_at_once() {
    let fleet = FLEET
        .replace("kits = 1", "kits = 3\ncps3 = { pharmacein = 1, infirmier = 10 }")
        .replace("cabinet-medical = 1", "officine = 3")
        .replace("cards_usage", "certificates_project")
        .replace("family = \"CPS\"", "family = \"CPS\"\n[[card]]\nnumber = \"2600971846\"\npersona = \"étudiant\"\nfamily = \"CPF\"")
        .replace("[form]", "[form]\nadministrators = [\"2600971845\", \"2600971846\"]")
        .replace("dns = [\"essai.exemple.fr\"]", "dns = [\"a.exemple.fr\", \"b.exemple.fr\"]");
    let run = Desk::with(&fleet).form(&["blank.pdf", "out.pdf"]);
    let error = run.error();
    assert_eq!((run.code, error["code"].as_str()), (2, Some("form.breach")));
    let causes: Vec<&str> =
        error["causes"].as_array().expect("an array").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        causes,
        [
            "`form.cards_usage`: required when cards are ordered",
            "`form.cps3.pharmacein`: no card or set is called so; the nearest is `pharmacien`",
            "`form.kits`: 3 kits; at most 2 are ordered at a time",
            "`form`: 11 single cards; at most 10 are ordered at a time",
            "`form`: 3 sets; at most 2 are ordered at a time",
            "`form.server_domain`: the form has a line for one server, and there are several (`a.exemple.fr`, `b.exemple.fr`): give the whole domain",
            "`form.administrators`: 2600971846 is a CPF; an administrateur technique holds a CPS, CDE, nominative CPE, CDA or CPA",
        ]
    );
}

#[test]
fn an_edition_that_is_not_known_is_refused_and_nothing_is_written() {
    let desk = Desk::with(FLEET);
    let mut table = cpskit::form::f414::field::fields();
    table.remove(0);
    let old = blank::bytes(blank::document(&table), Layout::Plain);
    fs::write(desk.path("blank.pdf"), old).expect("a file");
    let run = desk.form(&["blank.pdf", "out.pdf"]);
    let error = run.error();
    assert_eq!((run.code, error["code"].as_str()), (2, Some("form.edition")));
    assert_eq!(error["causes"], serde_json::json!(["missing: `Dénomination de la structure`"]));
    assert!(!desk.path("out.pdf").exists());
}

#[test]
fn a_file_that_is_no_pdf_is_refused_by_name() {
    let run = Desk::with(FLEET).form(&["fleet.toml", "out.pdf"]);
    assert_eq!((run.code, run.error()["code"].as_str()), (2, Some("form.blank")));
}
