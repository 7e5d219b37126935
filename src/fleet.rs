//! A fleet: the cards and certificates that a team wants to have, in a file under version control, against what it has.
