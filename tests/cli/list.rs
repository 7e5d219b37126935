//! `card list`

use crate::transcript::Transcript;

#[test]
fn each_persona_is_listed_in_its_reader() {
    Transcript::default().on_each_persona(&["card", "list"]).is("card-list");
}
