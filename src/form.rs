//! Forms of the administrative step.
