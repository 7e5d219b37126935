//! What the proxy reads of others: the framing of requests, addresses and cookies of the service.
#![no_main]

use cpskit::web::proxy::{Service, cookie, framing::Framing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = |piece: usize| {
        let mut framing = Framing::default();
        let mut out = Vec::new();
        bytes.chunks(piece).for_each(|bytes| framing.read(bytes, &mut out));
        (out, framing.is_faulty())
    };
    assert_eq!(read(1), read(usize::MAX));

    let service: Service = "https://service.example/app".parse().expect("a service");
    if let Some(cookie) = cookie::inside(&service, "cpskit-8443", bytes) {
        assert!(!cookie.to_ascii_lowercase().starts_with(b"cpskit-8443="));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(service) = text.parse::<Service>() {
        assert_eq!(service.to_string().parse(), Ok(service));
    }
    let inside = service.brought_inside(text);
    assert!(inside == text || inside.starts_with('/') || inside.starts_with("https://service.example"));
    assert!(inside == text || !inside.starts_with("//"));
    if let Ok(uri) = text.parse::<http::Uri>()
        && let Some(Ok(asked)) = uri.path_and_query().map(|asked| service.uri(asked))
    {
        assert!(asked.path().starts_with("/app"), "{asked}");
        assert!(!asked.path().split('/').any(|segment| segment == ".."), "{asked}");
    }
});
