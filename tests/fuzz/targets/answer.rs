//! An OCSP response, and a request, which is written as it was read.
#![no_main]

use cpskit::x509::{OcspRequest, OcspResponse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(OcspResponse::Answer(answer)) = OcspResponse::parse(bytes) {
        let _facts = (answer.nonce(), answer.tbs(), answer.responder.is_key(bytes));
    }
    if let Ok(request) = OcspRequest::parse(bytes) {
        assert_eq!(OcspRequest::parse(&request.to_der()), Ok(request));
    }
});
