//! The look-alikes of the PKIs before IGC-Santé.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cpskit::emulate::igc::{self, LegacyAuthority, LegacyProduct, LegacyUse};
use cpskit::emulate::persona::{HolderSpec, StructureSpec};
use serde::Deserialize;

use super::{AuthorityRow, midnight};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Legacy {
    authorities: Vec<AuthorityRow>,
    not_before: String,
    not_after: String,
    structure: StructureSpec,
    host: String,
    card: String,
    holder: HolderSpec,
}

impl Legacy {
    pub(crate) fn make(&self, made: &mut BTreeMap<PathBuf, Vec<u8>>) {
        let path = |name: &str| Path::new("legacy").join(format!("{name}.der"));
        for row in &self.authorities {
            let authority = LegacyAuthority::ALL.into_iter().find(|a| a.code() == row.code);
            let authority = authority.expect("a code of the profile");
            let (from, to) = (midnight(&row.not_before), midnight(&row.not_after));
            let certificate = |usage| authority.certificate(usage, from, to).expect("minted");
            made.insert(path(&row.code), certificate(LegacyUse::Certificates));
            if authority.key() != authority.list_key() {
                let lists = format!("{}-lists", row.code);
                made.insert(path(&lists), certificate(LegacyUse::Lists));
            }
        }
        let Self { holder, card, structure, host, .. } = self;
        for (name, key, product) in [
            ("2bis-server", "2bis-server", LegacyProduct::Server { structure, host }),
            ("2ter-authentication", "2ter-card", LegacyProduct::Authentication { holder, card }),
            ("2ter-signature", "2ter-card", LegacyProduct::Signature { holder, card }),
        ] {
            let key = igc::product_key(key).expect("embedded").public().expect("RSA");
            let (from, to) = (midnight(&self.not_before), midnight(&self.not_after));
            let certificate = igc::legacy_certificate(product, &key, from, to).expect("minted");
            made.insert(path(name), certificate);
        }
    }
}
