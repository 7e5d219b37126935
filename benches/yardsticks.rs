//! What `benches/yardsticks.sh` starts: the maker of its files, and the sides that no tool of the system has.
//!
//! ```text
//! yardsticks make FOLDER                  the emulation authorities, lists of up to two million entries, 2,000 leaves
//! yardsticks webpki FOLDER LIST           one leaf against one list, by the borrowed list of rustls-webpki
//! yardsticks webpki-each FOLDER LIST      each of the 2,000 leaves, one after the other
//! yardsticks ring FOLDER                  nothing but the signatures of the 2,000 leaves, on every core, by ring
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread;
use std::{env, fs};

use cpskit::emulate::igc::{
    self, Authority, Domain, Gamme, OrganisationProduct, OrganisationRequest, Reason, Revoked,
    World, organisation_certificate, product_key,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::x509::{Certificate, PublicKey};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, KeyUsage, RevocationCheckDepth,
    RevocationOptionsBuilder, anchor_from_trusted_cert,
};

const ROOT: Authority = Authority::root(World::Production, Gamme::Elementaire);
const ISSUER: Authority =
    Authority::builtin(World::Production, Gamme::Elementaire, Domain::Organisations);
const LEAVES: u32 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", folder] => make(Path::new(folder)),
        ["webpki", folder, list] => webpki(Path::new(folder), list, "leaf.pem"),
        ["webpki-each", folder, list] => webpki(Path::new(folder), list, "leaves.pem"),
        ["ring", folder] => ring(Path::new(folder)),
        // Among other benchmarks there is nothing to measure.
        _ => Ok(()),
    }
}

fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let file = |name: &str| folder.join(name);
    let pem = |der: &[u8]| Certificate::parse(der).map(|certificate| certificate.to_pem());
    fs::write(file("root.pem"), pem(ROOT.certificate())?)?;
    fs::write(file("ca.pem"), pem(ISSUER.certificate())?)?;
    let (start, end): (Timestamp, Timestamp) =
        ("2026-01-01T00:00:00Z".parse()?, "2032-01-01T00:00:00Z".parse()?);
    fs::write(file("root.crl"), igc::crl(ROOT, start, end, 1, &[])?)?;
    for (name, entries) in
        [("small.crl", 1_000), ("million.crl", 1_000_000), ("two.crl", 2_000_000)]
    {
        // Sixteen bytes, spread as drawn ones are; none is that of a leaf, which starts otherwise.
        let revoked: Vec<Revoked> = (0..entries)
            .map(|number: u64| Revoked {
                serial: [
                    (0x2000_0000_0000_0000 | number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4)
                        .to_be_bytes(),
                    number.to_be_bytes(),
                ]
                .concat(),
                at: start,
                reason: Some(Reason::KeyCompromise),
            })
            .collect();
        fs::write(file(name), igc::crl(ISSUER, start, end, 1, &revoked)?)?;
    }
    let key = product_key("org-auth-cli").ok_or("a key")?.public()?;
    let structure = StructureSpec {
        department: "Paris (75)".to_owned(),
        name: "CABINET DE MESURE".to_owned(),
        id: "10B0000001".to_owned(),
    };
    let mut leaves = String::new();
    for number in 0..LEAVES {
        let name = format!("SERVICE {number}");
        let request = OrganisationRequest {
            world: World::Production,
            product: OrganisationProduct::OrgAuthCli,
            structure: &structure,
            name: &name,
        };
        let leaf = pem(&organisation_certificate(&request, &key, start, end)?)?;
        if number == 0 {
            fs::write(file("leaf.pem"), &leaf)?;
        }
        leaves.push_str(&leaf);
    }
    Ok(fs::write(file("leaves.pem"), leaves)?)
}

fn certificates(path: PathBuf) -> Result<Vec<Certificate>, Box<dyn Error>> {
    let all = Certificate::all_from_pem_or_der(&fs::read(path)?);
    Ok(all.into_iter().collect::<Result<_, _>>()?)
}

fn webpki(folder: &Path, list: &str, leaves: &str) -> Result<(), Box<dyn Error>> {
    let one = |name: &str| -> Result<CertificateDer<'static>, Box<dyn Error>> {
        let found = certificates(folder.join(name))?.into_iter().next().ok_or("a certificate")?;
        Ok(CertificateDer::from(found.der().to_vec()))
    };
    let (root, issuer) = (one("root.pem")?, one("ca.pem")?);
    let anchors = [anchor_from_trusted_cert(&root)?];
    let der = fs::read(folder.join(list))?;
    let list = CertRevocationList::Borrowed(BorrowedCertRevocationList::from_der(&der)?);
    for leaf in certificates(folder.join(leaves))? {
        let lists = [&list];
        let revocation = RevocationOptionsBuilder::new(&lists)
            .map_err(|_| "no list")?
            .with_depth(RevocationCheckDepth::EndEntity)
            .build();
        let leaf = CertificateDer::from(leaf.der());
        EndEntityCert::try_from(&leaf)?.verify_for_usage(
            &[webpki::ring::RSA_PKCS1_2048_8192_SHA256],
            &anchors,
            std::slice::from_ref(&issuer),
            UnixTime::now(),
            KeyUsage::client_auth(),
            Some(revocation),
            None,
        )?;
    }
    Ok(())
}

fn ring(folder: &Path) -> Result<(), Box<dyn Error>> {
    let issuer = Certificate::parse(ISSUER.certificate())?;
    let PublicKey::Rsa { modulus, exponent } = issuer.public_key()? else {
        return Err("RSA".into());
    };
    let key = RsaPublicKeyComponents { n: &modulus, e: &exponent };
    let leaves = certificates(folder.join("leaves.pem"))?;
    let cores = thread::available_parallelism()?;
    let start = std::time::Instant::now();
    let verified: usize = thread::scope(|scope| {
        let share = |leaves| {
            scope.spawn(move || {
                let holds = |leaf: &&Certificate| {
                    let signature = leaf.signature().unwrap_or_default();
                    key.verify(&RSA_PKCS1_2048_8192_SHA256, leaf.tbs(), signature).is_ok()
                };
                <[Certificate]>::iter(leaves).filter(holds).count()
            })
        };
        let shares: Vec<_> = leaves.chunks(leaves.len().div_ceil(cores.get())).map(share).collect();
        shares.into_iter().map(|share| share.join().expect("no panic")).sum()
    });
    let spent = start.elapsed();
    // The script reads it.
    #[expect(clippy::print_stdout, reason = "the answer of a program of its own")]
    {
        println!("{verified} signatures in {} us", spent.as_micros());
    }
    Ok(())
}
