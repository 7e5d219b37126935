//! Programs of others on filled forms: whether the PDF is well made, what its fields hold, what its pages say.

use std::fs;
use std::path::Path;

use cpskit::form::acroform::Finish;

use crate::blank;
use crate::draft;
use crate::fill::filled;
use crate::support::tool::{Tool, printed};

/// A filled form in a file.
fn written(folder: &Path, finish: Finish) -> String {
    let filled = filled(&blank::known(), &draft::complete(), finish);
    let path = folder.join("f414.pdf");
    fs::write(&path, filled.bytes).expect("a file");
    path.display().to_string()
}

#[test]
fn qpdf_finds_no_fault_in_a_filled_or_a_flattened_form() {
    let Some(qpdf) = Tool::or_skip("qpdf", "qpdf") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for finish in [Finish::Fields, Finish::Pages] {
        let path = written(folder.path(), finish);
        let (code, output, errors) = printed(&mut qpdf.command(folder.path(), ["--check", &path]));
        assert_eq!((code, errors.as_str()), (0, ""), "{output}");
    }
}

#[test]
fn pdftk_reads_the_values_of_the_fields() {
    let Some(pdftk) = Tool::or_skip("pdftk", "pdftk-java") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), Finish::Fields);
    let args = [path.as_str(), "dump_data_fields_utf8"];
    let (code, output, errors) = printed(&mut pdftk.command(folder.path(), args));
    assert_eq!(code, 0, "{errors}");
    let value = |name: &str| {
        let field =
            output.split("---\n").find(|field| field.contains(&format!("FieldName: {name}\n")));
        let line = field
            .into_iter()
            .flat_map(str::lines)
            .find_map(|line| line.strip_prefix("FieldValue: "));
        line.map(ToOwned::to_owned)
    };
    let names = ["Commune", "Dénomination de la structure", "CPS4-29", "Check Box9", "Group8"];
    let expected = ["Saint-Étienne-en-Coglès", "Œuvres numériques de l’Ouest", "1", "Oui", "1"]
        .map(ToOwned::to_owned);
    assert_eq!(names.map(value), expected.map(Some));
}

#[test]
fn pdftotext_finds_the_values_on_the_pages() {
    let Some(pdftotext) = Tool::or_skip("pdftotext", "poppler-utils") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for finish in [Finish::Fields, Finish::Pages] {
        let path = written(folder.path(), finish);
        let args = ["-layout", path.as_str(), "-"];
        let (code, output, errors) = printed(&mut pdftotext.command(folder.path(), args));
        assert_eq!((code, errors.as_str()), (0, ""));
        let lacking: Vec<&str> = [
            "Saint-Étienne-en-Coglès",
            "Œuvres numériques de l’Ouest",
            "du Cœur-Volant",
            "2600971845",
        ]
        .into_iter()
        .filter(|text| !output.contains(text))
        .collect();
        assert_eq!(lacking, Vec::<&str>::new(), "{finish:?}");
    }
}
