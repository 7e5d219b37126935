//! HTTP over what [`tls`](crate::tls) opens: one request, the local proxy. No TLS library is named here.

pub mod dial;
pub mod proxy;
pub mod request;
