//! The journal of a team.

/// Why the address of a journal is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is not read.
    #[error("not `postgres://user:password@host:port/database`")]
    Unreadable,
}
