//! The binary: nothing here but the entry point.

fn main() {}
