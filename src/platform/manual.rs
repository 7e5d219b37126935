//! A person at the platform's screens: the only binding for the real platform today.
