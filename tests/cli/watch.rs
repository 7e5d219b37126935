//! `card watch` on the virtual card in process; readers that change are in `tests/pcsc`.

use crate::support::cli::run;
use crate::support::schema;

#[test]
fn the_virtual_card_is_inserted_and_watching_ends() {
    let run = run(["card", "watch", "--emulated=cpa-cps4", "--format", "ndjson"]);
    let events: Vec<_> = run.stdout.lines().map(schema::checked).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str()).collect();
    assert_eq!((run.code, names), (0, vec![Some("reader-added"), Some("card-inserted")]));
    assert_eq!(events[1]["generation"], "CPS4");
}
