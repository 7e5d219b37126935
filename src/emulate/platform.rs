//! The platform emulator, written from the fact sheet (§7.3, §12) and `docs/reference/platform-protocol.md`: everything it gives is worthless, and says so.
