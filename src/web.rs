//! HTTP over what [`tls`](crate::tls) opens: the local proxy. No TLS library is named here.

pub mod proxy;
