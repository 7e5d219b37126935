//! `card pin status`

use crate::transcript::Transcript;

#[test]
fn each_persona_says_its_tries_left_or_that_it_has_no_pin() {
    Transcript::default().on_each_persona(&["card", "pin", "status"]).is("card-pin-status");
}
