//! The journal of a team.
