//! The page of products and rules against the program.

use cpskit::platform::product::{Field, Product};
use cpskit::platform::received::Profile;
use cpskit::platform::rule::Rule;
use cpskit::x509::oid;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/products.md");

/// The rows of the tables whose first cell begins so.
fn rows(start: &str) -> Vec<String> {
    let page = std::fs::read_to_string(PAGE).expect("a page");
    page.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

#[test]
fn every_product_is_on_the_page_with_its_field_and_the_usage_of_its_key() {
    let expected: Vec<String> = Product::all()
        .map(|product| {
            let profile = Profile::of(product);
            let field = match product.field() {
                Some(Field::Service) => "`--service`",
                Some(Field::Dns) => "`--dns`, once or more",
                Some(Field::Email) => "`--email`",
                None => "–",
            };
            let uses: Vec<&str> = profile.key_uses.iter().map(|one| one.name()).collect();
            let purposes: Vec<&str> =
                profile.purposes.iter().map(|one| oid::name(one).unwrap_or(one)).collect();
            format!(
                "| {} | {} | {field} | {} | {} | {} |",
                product.offer(),
                product.usage(),
                uses.join(", "),
                purposes.join(", "),
                profile.confidence
            )
        })
        .collect();
    let written: Vec<String> =
        ["| ORG ", "| SERV ", "| PRO ", "| PS "].iter().flat_map(|start| rows(start)).collect();
    assert_eq!(written, expected);
}

#[test]
fn every_rule_is_on_the_page_with_its_confidence_and_its_source() {
    let expected: Vec<String> = Rule::ALL
        .iter()
        .map(|rule| {
            format!("| `{rule}` | {} | {} | {} |", rule.confidence(), rule.source(), rule.meaning())
        })
        .collect();
    assert_eq!(rows("| `platform."), expected);
}
