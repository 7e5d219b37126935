//! How long one fetch may take in all, whatever it is made of.

use std::time::{Duration, Instant};

use crate::pki::source::FetchProblem;

/// The end of one fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// From now on.
    pub(super) fn starting(limit: Duration) -> Self {
        Self { started: Instant::now(), limit }
    }

    /// What is left, more than nothing.
    ///
    /// # Errors
    /// [`FetchProblem::TimedOut`].
    pub(super) fn left(&self) -> Result<Duration, FetchProblem> {
        let left = self.limit.saturating_sub(self.started.elapsed());
        if left.is_zero() { Err(self.passed()) } else { Ok(left) }
    }

    /// That it has passed.
    pub(super) fn passed(&self) -> FetchProblem {
        FetchProblem::TimedOut { limit: self.limit }
    }
}
