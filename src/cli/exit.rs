//! The exit codes: one table, kept to the letter of `docs/reference/exit-codes.md`.

use std::process::ExitCode;

/// What a run comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Exit {
    /// What was asked for is so.
    Ok,
    /// Checked, and it is not.
    Negative,
    /// Arguments or input.
    Usage,
    /// Not enough to decide.
    Indeterminate,
    /// Reader or card.
    Card,
    /// PIN refused.
    PinRefused,
    /// PIN blocked, or the last try kept.
    PinBlocked,
    /// The platform refused.
    Platform,
    /// A defect of cpskit.
    Defect,
    /// A later try may succeed.
    Temporary,
}

impl Exit {
    pub(super) const ALL: [Self; 10] = [
        Self::Ok,
        Self::Negative,
        Self::Usage,
        Self::Indeterminate,
        Self::Card,
        Self::PinRefused,
        Self::PinBlocked,
        Self::Platform,
        Self::Defect,
        Self::Temporary,
    ];

    /// Of several, the one that the run comes to: the first of 70, 2, 4, 6, 5, 7, 1, 3, 75, 0 that occurs.
    pub(super) fn worst(exits: impl Iterator<Item = Self>) -> Self {
        const ORDER: [Exit; 10] = [
            Exit::Defect,
            Exit::Usage,
            Exit::Card,
            Exit::PinBlocked,
            Exit::PinRefused,
            Exit::Platform,
            Exit::Negative,
            Exit::Indeterminate,
            Exit::Temporary,
            Exit::Ok,
        ];
        let found: Vec<Self> = exits.collect();
        ORDER.into_iter().find(|exit| found.contains(exit)).unwrap_or(Self::Ok)
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Negative => 1,
            Self::Usage => 2,
            Self::Indeterminate => 3,
            Self::Card => 4,
            Self::PinRefused => 5,
            Self::PinBlocked => 6,
            Self::Platform => 7,
            Self::Defect => 70,
            Self::Temporary => 75,
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "what was asked for is so: read, valid, signed, ordered, already as wanted",
            Self::Negative => {
                "checked, and it is not: invalid, revoked, bad signature, plan differs"
            }
            Self::Usage => {
                "usage: arguments, unreadable or malformed input, nothing matched, several candidates"
            }
            Self::Indeterminate => "indeterminate: not enough to decide",
            Self::Card => {
                "reader or card: none, removed, not a CPx, not authorised, held by another program"
            }
            Self::PinRefused => "PIN refused (tries left are said)",
            Self::PinBlocked => "PIN blocked, or one try left and not allowed to spend it",
            Self::Platform => "the platform refused",
            Self::Defect => "a defect of cpskit",
            Self::Temporary => "temporary: a later try may succeed",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
