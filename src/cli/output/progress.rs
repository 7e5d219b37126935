//! A bar on long work, for people at a terminal: nothing in a pipe, nothing when quiet.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Loudness, Printer};
use crate::cli::args::Format;

/// How far some work has come. It is gone from the terminal when it is dropped.
#[derive(Debug)]
pub(in crate::cli) struct Progress(Option<ProgressBar>);

/// Less is done before a bar could be read.
const MANY: usize = 200;

impl Printer {
    /// A bar for so many steps of work.
    pub(in crate::cli) fn progress(self, steps: usize) -> Progress {
        self.bar(steps, MANY)
    }

    /// A bar for steps that each wait for somebody else: two are long already.
    pub(in crate::cli) fn slow_progress(self, steps: usize) -> Progress {
        self.bar(steps, 2)
    }

    fn bar(self, steps: usize, many: usize) -> Progress {
        let seen = self.format == Format::Text
            && self.loudness > Loudness::Quiet
            && steps >= many
            && io::stderr().is_terminal();
        let style = || ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left").ok();
        let bar = || {
            let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX));
            match style() {
                Some(style) => bar.with_style(style),
                None => bar,
            }
        };
        Progress(seen.then(bar))
    }
}

impl Progress {
    /// One step is done.
    pub(in crate::cli) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
