//! HTTP over what [`tls`](crate::tls) opens: one request, the local proxy, the bench. No TLS library is named here.

pub mod bench;
pub mod dial;
pub mod proxy;
pub mod request;
