//! What somebody types as an order, and the perimeter it is held against.
#![no_main]

use cpskit::platform::habilitation::Perimeter;
use cpskit::platform::product::{Field, Product};
use cpskit::platform::want::{Names, Ps, Typed, Want};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut lines = text.split('\n').map(str::to_owned);
    let products: Vec<Product> = Product::all().collect();
    let product = products[usize::from(*which) % products.len()];
    let mut typed = Typed {
        offer: product.offer().name().to_owned(),
        usage: product.usage().name().to_owned(),
        structure: lines.next().unwrap_or_default(),
        ..Typed::default()
    };
    let domains = lines.next().into_iter().collect();
    match product.field() {
        Some(Field::Service) => typed.service = lines.next(),
        Some(Field::Dns) => typed.dns = lines.collect(),
        Some(Field::Email) => typed.email = lines.next(),
        None => {}
    }
    let Ok(want) = Want::parse(&typed, Ps::On) else { return };
    let perimeter = Perimeter { domains, ..Perimeter::default() };
    if let Names::Server { fqdn, others } = &want.names {
        let again = Typed { dns: [std::slice::from_ref(fqdn), others].concat(), ..typed };
        assert_eq!(Want::parse(&again, Ps::On).as_ref(), Ok(&want));
        if perimeter.admits_server(fqdn) {
            let domain = perimeter.domains.concat().trim().to_ascii_lowercase();
            let domain = domain.strip_suffix('.').unwrap_or(&domain);
            assert!(fqdn == domain || fqdn.ends_with(&format!(".{domain}")));
        }
    }
    let _facts = (want.key(), want.warnings());
});
