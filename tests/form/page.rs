//! The page of the form against the program.

use cpskit::form::acroform::Kind;
use cpskit::form::f414::catalogue::{cards, sets};
use cpskit::form::f414::edition::known;
use cpskit::form::f414::field::{Need, Slot, fields};

const PAGE: &str = include_str!("../../docs/reference/form-f414.md");

/// The cells of the rows of a section's tables, backquotes left out.
fn rows(section: &str) -> Vec<Vec<String>> {
    let start = PAGE.find(&format!("\n## {section}\n")).expect("the section");
    let text = &PAGE[start + 1..];
    let text = &text[..text.find("\n## ").unwrap_or(text.len())];
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| {
        let cells = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap_or(line);
        cells.split('|').map(|cell| cell.trim().replace('`', "")).collect()
    };
    lines.skip(1).map(cells).collect()
}

#[test]
fn every_field_is_on_the_page_with_its_section_type_and_need() {
    // Fields that differ by a number have one row together.
    let numbered = |slot: Slot| matches!(slot, Slot::Quantity(..) | Slot::AdministratorCard(_));
    let program: Vec<Vec<String>> = fields()
        .into_iter()
        .filter(|field| !numbered(field.slot))
        .map(|field| {
            let need = match field.need {
                Need::Required => "required",
                Need::Conditional => "with its part, or one of two",
                Need::Optional => "",
                Need::Hand => "by hand",
            };
            let kind = field.kind.map_or("not told", Kind::name);
            [field.section, &field.name.shown(), kind, need].map(str::to_owned).to_vec()
        })
        .collect();
    let page: Vec<Vec<String>> = rows("Fields")
        .into_iter()
        .filter(|row| !row[1].contains(" … "))
        .map(|row| row[..4].to_vec())
        .collect();
    assert_eq!(page, program);
}

#[test]
fn every_card_and_set_is_on_the_page_with_its_field() {
    let cards = cards()
        .map(|card| vec![card.slug.to_owned(), card.place.to_string(), card.label.to_owned()]);
    assert_eq!(rows("Cards"), cards.collect::<Vec<_>>());
    let sets = sets().map(|set| {
        [set.slug, &set.place.to_string(), set.label, &set.cards.to_string()]
            .map(str::to_owned)
            .to_vec()
    });
    assert_eq!(rows("Sets"), sets.collect::<Vec<_>>());
}

#[test]
fn the_fingerprint_on_the_page_is_that_of_the_table() {
    assert_eq!(rows("The edition"), [["2024-03".to_owned(), known(&fields()).to_string()]]);
}
