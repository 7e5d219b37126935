//! The bench's own certificate: one that is given, or one made at the start by the emulation authority.

use std::sync::Arc;

use jiff::ToSpan;

use crate::cli::args::tls::TlsServe;
use crate::cli::client::KeyFlags;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::inputs;
use crate::credential::{Credential, FileCredential, Nature};
use crate::emulate::igc::{
    self, Authority, Domain, Gamme, OrganisationProduct, OrganisationRequest, World,
};
use crate::emulate::persona::StructureSpec;
use crate::x509::Certificate;

/// The key the bench shows.
pub(super) struct Own {
    pub(super) credential: Arc<dyn Credential>,
    /// The root that clients are to trust, PEM, where it is ours.
    pub(super) anchor: Option<String>,
}

impl Own {
    /// What the flags name; the emulated one when they name none.
    pub(super) fn of(args: &TlsServe, context: &Context) -> Result<Self, Failure> {
        let Some(path) = &args.cert else {
            let own = Self::emulated(context)?;
            if let (Some(path), Some(anchor)) = (&args.anchor, &own.anchor) {
                std::fs::write(path, anchor).map_err(|error| Failure::input(path, &error))?;
            }
            return Ok(own);
        };
        let password = args.password.given()?;
        let file = inputs::secret(path)?;
        let key = args.key.as_deref().map(inputs::secret).transpose()?;
        let key = key.as_ref().map(|key| key.as_slice());
        let read = FileCredential::read(&file, key, password.as_ref());
        let credential = read.map_err(|error| {
            Failure::credential_file(&path.display().to_string(), KeyFlags::SERVER, &error)
        })?;
        Ok(Self { credential: Arc::new(credential), anchor: None })
    }

    /// For a month, under the names of loopback.
    pub(super) fn emulated(context: &Context) -> Result<Self, Failure> {
        let at = context.now();
        let structure = StructureSpec {
            department: "Paris (75)".to_owned(),
            name: "HOPITAL D'EMULATION".to_owned(),
            id: "10B0990001".to_owned(),
        };
        let request = OrganisationRequest {
            world: World::Test,
            product: OrganisationProduct::ServSsl { other_names: &["127.0.0.1", "::1"] },
            structure: &structure,
            name: "localhost",
        };
        let key = igc::product_key("serv-ssl").expect("embedded");
        let made = key.public().and_then(|public| {
            igc::organisation_certificate(&request, &public, at - 1.hour(), at + (30 * 24).hours())
        });
        let made = made.map_err(|error| Failure::arguments(error.to_string()))?;
        let issuer = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
        let pem = |der: &[u8]| Certificate::parse(der).map(|found| found.to_pem());
        let certificates = [pem(&made), pem(issuer.certificate())]
            .map(|found| found.expect("what we make is read"));
        let credential = FileCredential::read(
            certificates.concat().as_bytes(),
            Some(key.pem().as_bytes()),
            None,
        );
        let credential = credential.expect("a key of ours, and its certificate");
        let root = Authority::all().find(|found| {
            (found.world(), found.gamme(), found.domain())
                == (World::Test, Gamme::Elementaire, None)
        });
        let root = root.expect("every gamme has a root");
        let anchor = pem(root.certificate()).expect("what we make is read");
        Ok(Self { credential: Arc::new(credential), anchor: Some(anchor) })
    }

    pub(super) fn is_emulated(&self) -> bool {
        self.credential.nature() == Nature::Emulated
    }
}
