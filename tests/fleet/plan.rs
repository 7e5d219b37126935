//! The plan as a table: what is known, what is to be done, and why.

use cpskit::fleet::Fleet;
use cpskit::fleet::plan::{
    Condition, Doer, Holds, Prune, Standing, Subject, What, Why, plan, successor,
};
use cpskit::platform::journal::State;
use uuid::Uuid;

use crate::file::{DMP, read, with};
use crate::known::World;

fn fleet(rest: &str) -> Fleet {
    read(&with(rest)).expect("a fleet")
}

/// What is to be done with the one certificate of this fleet, and why.
fn one(world: &World, fleet: &Fleet) -> (What, String) {
    let actions = plan(fleet, &world.known(), Prune::No);
    let [action] = actions.as_slice() else { panic!("one action: {actions:?}") };
    assert_eq!(action.subject, Subject::Certificate("dmp".to_owned()));
    (action.what.clone(), action.reason.clone())
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
fn what_was_never_ordered_is_ordered() {
    let fleet = fleet(DMP);
    assert_eq!(one(&World::new(), &fleet), (What::Order, "not ordered yet".to_owned()));
}

#[test]
fn each_state_on_the_way_has_its_next_step() {
    let fleet = fleet(DMP);
    let begun = "its retrieval was begun";
    let table = [
        (State::Prepared, What::Resume(id(1)), "prepared, and not sent"),
        (State::Sending, What::Resume(id(1)), "sent, and its answer is not here"),
        (State::Submitted, What::Wait(id(1)), "the platform looks at it"),
        (State::Ready, What::Retrieve(id(1)), "it can be retrieved"),
        (State::Finalising, What::Retrieve(id(1)), begun),
        (State::Finalised, What::Retrieve(id(1)), begun),
        (State::Downloading, What::Retrieve(id(1)), begun),
        (State::Refused, What::Order, "the platform refused the last one: non"),
        (State::Expired, What::Order, "the last one was not retrieved in time: non"),
        (State::Lost, What::Order, "the key of the last one was lost: non"),
        (State::Revoked, What::Order, "the last one is revoked"),
        (State::Published, What::Order, "the last one is revoked"),
        (
            State::Revoking,
            What::Revoke(id(1), Why::Begun),
            "its revocation was begun, and has no answer yet",
        ),
        (
            State::Mismatched,
            What::Look,
            "what came is not what was ordered: non; revoke it, then order with `--new`",
        ),
    ];
    for (state, what, reason) in table {
        let world = World::new()
            .ordered(&fleet, 0, state)
            .but(|order| order.refusal = Some("non".to_owned()));
        assert_eq!(one(&world, &fleet), (what, reason.to_owned()), "{state:?}");
    }
}

#[test]
fn what_is_valid_and_in_place_needs_nothing() {
    let fleet = fleet(DMP);
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("251201", "281201")
        .standing(Standing::Good)
        .file(Holds::Key, "dmp.key.pem", Condition::Locked)
        .file(Holds::Certificate, "dmp.crt.pem", Condition::Right);
    let reason = "valid until 2028-12-01".to_owned();
    assert_eq!(one(&world, &fleet), (What::Nothing, reason));
}

#[test]
fn a_certificate_is_renewed_so_many_days_before_its_end_and_no_day_sooner() {
    let fleet = fleet(&format!("{DMP}renew_before = \"9d\"\n"));
    let until = |day: &str| World::new().ordered(&fleet, 0, State::Collected).valid("251201", day);
    assert_eq!(one(&until("261202"), &fleet).0, What::Nothing);
    let due = until("261201");
    let what = What::Renew { old: id(1), successor: successor(id(1), &due.orders) };
    let reason = "it ends on 2026-12-01, in 9 days or less".to_owned();
    assert_eq!(one(&due, &fleet), (what, reason));
}

#[test]
fn what_somebody_else_renews_is_only_said() {
    let fleet = fleet(&format!("{DMP}renewed_by = \"B. Petit\"\n"));
    let world = World::new().ordered(&fleet, 0, State::Collected).valid("251201", "261201");
    let (what, _) = one(&world, &fleet);
    assert_eq!((what.doer(), what), (Doer::Somebody, What::RenewByHand("B. Petit".to_owned())));
}

#[test]
fn an_expired_certificate_is_ordered_as_if_for_the_first_time() {
    let fleet = fleet(DMP);
    let world = World::new().ordered(&fleet, 0, State::Collected).valid("231201", "251201");
    assert_eq!(one(&world, &fleet), (What::Order, "the last one has ended".to_owned()));
}

#[test]
fn a_certificate_that_was_revoked_by_others_has_a_successor() {
    let fleet = fleet(DMP);
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("251201", "281201")
        .standing(Standing::Revoked(None));
    let what = What::Renew { old: id(1), successor: successor(id(1), &world.orders) };
    let reason = "lists or OCSP say that it is revoked".to_owned();
    assert_eq!(one(&world, &fleet), (what, reason));
}

#[test]
fn files_that_are_wrong_are_repaired_renewed_or_looked_at() {
    let fleet = fleet(DMP);
    let base = || World::new().ordered(&fleet, 0, State::Collected).valid("251201", "281201");
    let renew = What::Renew { old: id(1), successor: successor(id(1), &[]) };
    let table = [
        (Holds::Certificate, Condition::Missing, What::Repair(id(1)), "f is missing"),
        (
            Holds::Certificate,
            Condition::Other,
            What::Look,
            "f is not its certificate: move it away",
        ),
        (Holds::Key, Condition::Missing, renew, "its key f is gone: revoke it for a lost key"),
        (
            Holds::Key,
            Condition::Other,
            What::Look,
            "the key in f is not the one of its certificate",
        ),
        (
            Holds::Key,
            Condition::Exposed(0o640),
            What::Look,
            "its key f can be read by others (mode 0640): make it 0600, and revoke it if somebody may have read it",
        ),
        (Holds::Key, Condition::Unreadable, What::Look, "its key f cannot be read"),
    ];
    for (holds, condition, what, reason) in table {
        let world = base().file(holds, "f", condition);
        assert_eq!(one(&world, &fleet), (what, reason.to_owned()), "{condition:?}");
    }
}

#[test]
fn what_another_machine_holds_is_neither_ordered_again_nor_retrieved_nor_renewed() {
    let fleet = fleet(DMP);
    let what = What::HeldElsewhere { order: id(1), machine: "atelier".to_owned() };
    let reason = "its key is on atelier: neither ordered again nor retrieved here".to_owned();
    for state in [State::Prepared, State::Sending, State::Ready, State::Downloading] {
        let world = World::new().ordered(&fleet, 0, state).elsewhere();
        assert_eq!(one(&world, &fleet), (what.clone(), reason.clone()), "{state:?}");
    }
    let due =
        World::new().ordered(&fleet, 0, State::Collected).valid("251201", "261201").elsewhere();
    assert_eq!(one(&due, &fleet), (what.clone(), reason));
    assert_eq!(what.doer(), Doer::Nobody);
}

#[test]
fn an_order_on_its_way_goes_before_the_certificate_that_it_renews() {
    let fleet = fleet(DMP);
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("251201", "261201")
        .ordered(&fleet, 0, State::Ready);
    assert_eq!(one(&world, &fleet).0, What::Retrieve(id(2)));
}

#[test]
fn the_old_certificate_stays_unless_the_file_says_that_it_is_revoked() {
    let collected = |fleet: &Fleet| {
        World::new()
            .ordered(fleet, 0, State::Collected)
            .valid("251201", "261201")
            .ordered(fleet, 0, State::Collected)
            .valid("261101", "291101")
    };
    let kept = fleet(DMP);
    assert_eq!(one(&collected(&kept), &kept).0, What::Nothing);
    let revoked = fleet(&format!("{DMP}superseded = \"revoked\"\n"));
    let world = collected(&revoked);
    let actions = plan(&revoked, &world.known(), Prune::No);
    let whats: Vec<What> = actions.into_iter().map(|action| action.what).collect();
    assert_eq!(whats, [What::Nothing, What::Revoke(id(1), Why::Superseded)]);
}

#[test]
fn the_old_certificate_stays_until_the_successor_is_here() {
    let fleet = fleet(&format!("{DMP}superseded = \"revoked\"\n"));
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("251201", "261201")
        .ordered(&fleet, 0, State::Finalised);
    assert_eq!(one(&world, &fleet).0, What::Retrieve(id(2)));
}

#[test]
fn a_successor_that_was_refused_has_a_successor() {
    let fleet = fleet(DMP);
    let first = successor(id(1), &[]);
    let world = World::new()
        .ordered(&fleet, 0, State::Collected)
        .valid("251201", "261201")
        .ordered(&fleet, 0, State::Refused)
        .but(|order| order.reference = first);
    let second = successor(first, &[]);
    assert_eq!(one(&world, &fleet).0, What::Renew { old: id(1), successor: second });
    assert_ne!(first, second);
}

/// What is planned for what nothing in this fleet wants.
fn strays(world: &World, fleet: &Fleet, prune: Prune) -> Vec<(What, String)> {
    let actions = plan(fleet, &world.known(), prune).into_iter();
    let strays = actions.filter(|action| matches!(action.subject, Subject::Stray(_)));
    strays.map(|action| (action.what, action.reason)).collect()
}

#[test]
fn what_left_the_file_is_revoked_with_prune_only() {
    let (before, after) = (fleet(DMP), fleet(""));
    let world = World::new().ordered(&before, 0, State::Collected).valid("251201", "281201");
    assert_eq!(
        strays(&world, &after, Prune::No),
        [(What::Nothing, "it left the file; `--prune` revokes it".to_owned())]
    );
    assert_eq!(
        strays(&world, &after, Prune::Yes),
        [(What::Revoke(id(1), Why::Pruned), "it left the file".to_owned())]
    );
}

#[test]
fn prune_touches_nothing_of_another_fleet_and_nothing_ordered_by_hand() {
    let (before, after) = (fleet(DMP), fleet(""));
    for owner in [None, Some("other".to_owned())] {
        let world = World::new()
            .ordered(&before, 0, State::Collected)
            .valid("251201", "281201")
            .but(|order| order.fleet = owner);
        assert_eq!(strays(&world, &after, Prune::Yes), []);
    }
}

#[test]
fn prune_revokes_neither_what_has_ended_nor_what_another_machine_holds() {
    let (before, after) = (fleet(DMP), fleet(""));
    let ended = World::new().ordered(&before, 0, State::Collected).valid("231201", "251201");
    assert_eq!(strays(&ended, &after, Prune::Yes), []);
    let elsewhere =
        World::new().ordered(&before, 0, State::Collected).valid("251201", "281201").elsewhere();
    let planned = strays(&elsewhere, &after, Prune::Yes);
    assert!(matches!(planned.as_slice(), [(What::HeldElsewhere { .. }, _)]), "{planned:?}");
}

#[test]
fn cards_are_to_be_replaced_before_their_opposition() {
    let fleet = fleet(
        "[[card]]\npersona = \"opposed\"\nvalid_from = 2023-11-22\n[[card]]\npersona = \"soon\"\nvalid_from = 2024-01-21\n[[card]]\npersona = \"later\"\nvalid_from = 2024-01-22\n[[card]]\npersona = \"none\"\n",
    );
    let actions = plan(&fleet, &World::new().known(), Prune::No);
    let found: Vec<(What, String)> =
        actions.into_iter().map(|action| (action.what, action.reason)).collect();
    let expected = [
        (What::ReplaceCard, "in opposition since 2026-11-22: its certificates are revoked"),
        (What::ReplaceCard, "in opposition from 2027-01-21: order another, then register it"),
        (What::Nothing, "in opposition from 2027-01-22"),
        (What::Nothing, "neither ordered nor received"),
    ];
    assert_eq!(found, expected.map(|(what, reason)| (what, reason.to_owned())));
}
