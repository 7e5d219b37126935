//! The protocol of our emulator over mutual TLS: `docs/reference/platform-protocol.md`. No real platform speaks it.
