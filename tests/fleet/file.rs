//! `fleet.toml`: what is read, and how what is wrong with it is said.

use std::collections::BTreeSet;
use std::path::Path;

use cpskit::fleet::{
    Fleet, FleetError, KeyMaker, Opposition, Problem, ProblemKind, Renewal, Renewer, Superseded,
};
use cpskit::platform::port::Acceptance;
use cpskit::platform::want::Ps;
use jiff::civil::date;

/// A fleet with one structure and this after it.
pub(crate) fn with(rest: &str) -> String {
    format!(
        "version = 1\n[fleet]\nname = \"essai\"\n[[structure]]\nid = \"cabinet\"\nidentifier = \"10B0152872\"\nname = \"CABINET\"\n{rest}"
    )
}

pub(crate) const DMP: &str = "[[certificate]]\nname = \"dmp\"\nstructure = \"cabinet\"\noffer = \"ORG\"\nusage = \"AUTH_CLI\"\nservice = \"DMP-ESSAI\"\n";

pub(crate) fn read(text: &str) -> Result<Fleet, FleetError> {
    Fleet::parse(text, Path::new("team"), Ps::Off)
}

/// What is wrong, as it is said.
fn wrong(text: &str) -> Vec<String> {
    let error = read(text).expect_err("a fleet that is wrong");
    error.0.iter().map(ToString::to_string).collect()
}

#[test]
fn a_certificate_takes_what_the_file_says_for_all() {
    let text = with(&format!(
        "[acceptance]\ncgu = \"1\"\npc = \"2\"\nby = \"A. Martin\"\n{DMP}out = \"keys\"\nrenew_before = \"45d\"\nrenewed_by = \"B. Petit\"\nsuperseded = \"revoked\"\nkey = \"platform\"\nhabilitation = \"p1\"\n"
    ));
    let fleet = read(&text).expect("a fleet");
    let [dmp] = fleet.certificates.as_slice() else { panic!("one certificate: {fleet:?}") };
    assert_eq!(dmp.out, Path::new("team/keys"));
    assert_eq!(
        dmp.renewal,
        Renewal { days: 45, by: Renewer::Somebody("B. Petit".into()), old: Superseded::Revoked }
    );
    assert_eq!(dmp.key, KeyMaker::Platform);
    assert_eq!(dmp.profile.as_deref(), Some("p1"));
    let accepted = Acceptance { cgu: "1".into(), pc: "2".into(), by: Some("A. Martin".to_owned()) };
    assert_eq!(dmp.acceptance, Some(accepted));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let known = |text: &str| match read(text).expect_err("a key that is none").0.remove(0) {
        Problem { line, kind: ProblemKind::UnknownKey { key, nearest, .. } } => {
            (line, key, nearest)
        }
        problem => panic!("{problem}"),
    };
    let renew = with(&format!("{DMP}renew_befor = \"30d\"\n"));
    assert_eq!(known(&renew), (14, "renew_befor".into(), Some("renew_before".into())));
    assert_eq!(
        known(&with("[[certifcate]]\nname = \"a\"\n")),
        (8, "certifcate".into(), Some("certificate".into()))
    );
    assert_eq!(known("version = 1\nzzz = 1\n"), (2, "zzz".into(), None));
}

#[test]
fn an_unknown_key_is_said_as_a_sentence() {
    assert_eq!(
        wrong(&with("[[card]]\npersonna = \"x\"\n")),
        ["line 9: there is no key `personna` here; did you mean `persona`?"]
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_by_line() {
    let text = "version = 2\n[fleet]\nname = \" \"\n[[structure]]\nid = \"cabinet\"\nidentifier = \"\"\nname = \"C\"\n[[card]]\nnumber = \"12\"\npersona = \"p\"\nfamily = \"CPX\"\nordered = 2026-01-01T00:00:00Z\n";
    assert_eq!(
        wrong(text),
        [
            "line 1: the file is of version 2, and this cpskit knows 1",
            "line 3: `name` is a name that the journal can tell fleets apart by, and not ` `",
            "line 6: `identifier` is a struct_IdNat: its type digit, then the number, and not ``",
            "line 9: `number` is the 10 digits printed on the card, and not `12`",
            "line 11: `family` is CPS, CPF, CDE, CPE, CDA, CPA, and not `CPX`",
            "line 12: `ordered` is a day: `2026-01-31`, and not `2026-01-01T00:00:00Z`",
        ]
    );
}

#[test]
fn values_of_a_certificate_are_kept_to_their_keys() {
    let text = with(&format!(
        "{}renew_before = \"4 weeks\"\nsuperseded = \"burnt\"\nkey = \"mine\"\n",
        DMP.replace("\"dmp\"", "\"../dmp\"")
    ));
    assert_eq!(
        wrong(&text),
        [
            "line 9: `name` is letters, digits, `-`, `_` and `.`: files are called so, and not `../dmp`",
            "line 14: `renew_before` is a number of days, `1d` to `900d`, and not `4 weeks`",
            "line 15: `superseded` is `kept` or `revoked`, and not `burnt`",
            "line 16: `key` is `local` or `platform`, and not `mine`",
        ]
    );
}

#[test]
fn a_structure_that_is_not_in_the_file_is_named_with_the_nearest_one() {
    assert_eq!(
        wrong(&with(&DMP.replace("\"cabinet\"", "\"cabinnet\""))),
        ["line 10: no structure has the id `cabinnet`; did you mean `cabinet`?"]
    );
}

#[test]
fn a_breach_of_the_rules_of_names_stands_on_the_line_of_its_field() {
    let error = read(&with(&DMP.replace("DMP-ESSAI", &"x".repeat(65)))).expect_err("too long");
    let [Problem { line: 13, kind: ProblemKind::Want { certificate, .. } }] = error.0.as_slice()
    else {
        panic!("{error:?}")
    };
    assert_eq!(certificate, "dmp");
}

#[test]
fn nothing_stands_twice() {
    let card = "[[card]]\nnumber = \"2600971845\"\npersona = \"p\"\n";
    assert_eq!(
        wrong(&with(&format!("{card}{card}{DMP}{DMP}"))),
        [
            "line 12: card `2600971845` stands on line 9 already",
            "line 21: certificate `dmp` stands on line 15 already",
        ]
    );
}

#[test]
fn what_would_be_one_order_is_not_wanted_under_two_names() {
    let second = DMP.replace("\"dmp\"", "\"dmp2\"");
    assert_eq!(
        wrong(&with(&format!("{DMP}{second}"))),
        ["line 15: what is wanted by certificate `dmp2` stands on line 9 already"]
    );
    let other = format!("{second}habilitation = \"other\"\n");
    assert_eq!(read(&with(&format!("{DMP}{other}"))).expect("two").certificates.len(), 2);
}

#[test]
fn a_card_is_in_opposition_three_years_after_the_start_of_its_validity() {
    let text = with(
        "[[card]]\npersona = \"p\"\nordered = 2026-01-05\nreceived = 2026-01-20\nvalid_from = 2026-01-10\n[[card]]\npersona = \"q\"\nordered = 2028-02-29\n[[card]]\npersona = \"r\"\n",
    );
    let fleet = read(&text).expect("a fleet");
    let days: Vec<Option<Opposition>> =
        fleet.cards.iter().map(cpskit::fleet::TestCard::opposition).collect();
    assert_eq!(
        days,
        [Some(Opposition::On(date(2029, 1, 10))), Some(Opposition::About(date(2031, 2, 28))), None]
    );
}

#[test]
fn every_key_of_the_file_is_on_its_page_and_every_key_of_the_page_in_the_file() {
    let page = include_str!("../../docs/reference/fleet-file.md");
    let tables = [
        ("At the top", "KEY = 1\n"),
        ("`[fleet]`", "[fleet]\nKEY = 1\n"),
        (
            "`[acceptance]`, also as `acceptance = { … }` of a certificate",
            "[acceptance]\nKEY = 1\n",
        ),
        ("`[demandeur]`", "[demandeur]\nKEY = 1\n"),
        ("`[form]`", "[form]\nKEY = 1\n"),
        ("`[form.delivery]`", "[form.delivery]\nKEY = 1\n"),
        ("`[[structure]]`", "[[structure]]\nKEY = 1\n"),
        ("`[structure.address]`", "[[structure]]\n[structure.address]\nKEY = 1\n"),
        ("`[[card]]`", "[[card]]\nKEY = 1\n"),
        ("`[[certificate]]`", "[[certificate]]\nKEY = 1\n"),
    ];
    let sections: BTreeSet<&str> =
        page.split("\n## ").skip(1).filter_map(|section| section.lines().next()).collect();
    assert_eq!(sections, tables.iter().map(|(title, _)| *title).collect());
    for (title, text) in tables {
        let section = page.split("\n## ").find(|section| section.starts_with(title));
        let rows = section.expect("a section").lines().filter(|line| line.starts_with("| `"));
        let written: BTreeSet<String> =
            rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
        let error = read(&text.replace("KEY", "no_such_key")).expect_err("a key that is none");
        let ProblemKind::UnknownKey { known, .. } = &error.0[0].kind else { panic!("{error}") };
        assert_eq!(written, known.iter().cloned().collect(), "{title}");
    }
}

#[test]
fn the_example_of_the_page_is_a_fleet() {
    let page = include_str!("../../docs/reference/fleet-file.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let fleet = read(example.expect("an example")).expect("a fleet");
    assert_eq!((fleet.cards.len(), fleet.certificates.len()), (1, 1));
}

#[test]
fn a_file_cut_anywhere_is_a_fleet_or_an_error() {
    let text = with(DMP);
    for (end, _) in text.char_indices() {
        let _ = read(&text[..end]);
    }
}
