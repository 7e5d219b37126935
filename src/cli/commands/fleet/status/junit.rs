//! The status as JUnit XML: a test case a card and a certificate; what is to be done now is a failure.

use crate::cli::output::junit::escape;
use crate::fleet::plan::Action;
use crate::fleet::status::{Need, Status};

pub(super) fn render(status: &Status) -> String {
    let certificates = status
        .certificates
        .iter()
        .map(|found| ("certificate", found.wanted.name.clone(), found.need, &found.action));
    let cards =
        status.cards.iter().map(|found| ("card", found.card.title(), found.need, &found.action));
    let cases: Vec<_> = certificates.chain(cards).collect();
    let name = escape(&format!("cpskit fleet status {}", status.fleet));
    let totals =
        format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", cases.len(), status.count(Need::Now));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"{name}\" {totals}>\n"));
    text.push_str(&format!("  <testsuite name=\"{name}\" {totals} skipped=\"0\">\n"));
    if status.is_emulated() {
        text.push_str(
            "    <properties>\n      <property name=\"emulated\" value=\"true\"/>\n    </properties>\n",
        );
    }
    for (kind, name, need, action) in cases {
        text.push_str(&case(kind, &name, need, action));
    }
    text.push_str("  </testsuite>\n</testsuites>");
    text
}

fn case(kind: &str, name: &str, need: Need, action: &Action) -> String {
    let open = format!("    <testcase classname=\"{kind}\" name=\"{}\"", escape(name));
    let what = action.what.name();
    let reason = escape(&action.reason);
    match need {
        Need::Now => format!(
            "{open}>\n      <failure type=\"fleet.{what}\" message=\"{reason}\"/>\n    </testcase>\n"
        ),
        Need::Soon => {
            format!("{open}>\n      <system-out>soon: {reason}</system-out>\n    </testcase>\n")
        }
        Need::Later => format!("{open}/>\n"),
    }
}
