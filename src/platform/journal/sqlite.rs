//! The journal in a file of the state folder.
