//! Lists from OpenLDAP's slapd, under the entry where IGC-Santé publishes them (IGC-Santé fact sheet §4).

use std::fs;
use std::path::Path;

use base64ct::{Base64, Encoding};
use cpskit::emulate::igc::{Authority, Domain, Gamme, ListRequest, World};
use cpskit::pki::source::{Fetch, FetchProblem, Request, What};
use tempfile::TempDir;

use crate::support::daemon::Daemon;
use crate::support::tool::{Tool, printed};
use crate::{client, current, fetch};

/// A directory with one authority in it. Dropped, it ends.
struct Directory {
    daemon: Daemon,
    complete: Vec<u8>,
    delta: Vec<u8>,
    _home: TempDir,
}

/// The path that IGC-Santé gives to an authority: spaces encoded, the root's name between.
const ENTRY: &str = "cn=TEST%20AC%20EMULATION%20ORGANISATIONS,ou=TEST%20AC%20RACINE%20EMULATION,ou=IGC-SANTE%20TEST,ou=0002%20187512751,o=ASIP-SANTE,c=FR";

impl Directory {
    fn or_skip() -> Option<Self> {
        let slapd = Tool::or_skip("slapd", "slapd")?;
        let slapadd = Tool::or_skip("slapadd", "slapd")?;
        let home = tempfile::tempdir().expect("a folder");
        let authority = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
        let this_update = "2026-03-01T22:00:00Z".parse().expect("an instant");
        let complete = ListRequest::new(authority, this_update).number(7).der().expect("minted");
        let delta =
            ListRequest::new(authority, this_update).number(8).delta_of(7).der().expect("minted");
        configure(home.path(), &complete, &delta);
        let config = home.path().join("slapd.conf");
        let load = [Path::new("-f"), &config, Path::new("-l"), &home.path().join("entries.ldif")];
        let loaded = printed(&mut slapadd.command(home.path(), load));
        assert_eq!(loaded.0, 0, "{loaded:?}");
        let daemon = Daemon::start(|port| {
            let url = format!("ldap://127.0.0.1:{port}");
            let mut command = slapd.command(home.path(), ["-d", "0", "-h", url.as_str(), "-f"]);
            command.arg(&config);
            command
        });
        Some(Self { daemon, complete, delta, _home: home })
    }

    fn url(&self, rest: &str) -> String {
        format!("ldap://127.0.0.1:{}/{ENTRY}{rest}", self.daemon.port())
    }
}

fn configure(home: &Path, complete: &[u8], delta: &[u8]) {
    fs::create_dir(home.join("data")).expect("made");
    let home_name = home.display();
    let config = format!(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         pidfile {home_name}/pid\nargsfile {home_name}/args\n\
         database mdb\nmaxsize 16777216\nsuffix \"c=FR\"\ndirectory {home_name}/data\n\
         access to * by anonymous read\n"
    );
    fs::write(home.join("slapd.conf"), config).expect("written");
    for (name, bytes) in [("complete", complete), ("delta", delta)] {
        fs::write(home.join(name), bytes).expect("written");
    }
    let above = [
        ("c=FR", "objectClass: country\nc: FR"),
        ("o=ASIP-SANTE", "objectClass: organization\no: ASIP-SANTE"),
        ("ou=0002 187512751", "objectClass: organizationalUnit\nou: 0002 187512751"),
        ("ou=IGC-SANTE TEST", "objectClass: organizationalUnit\nou: IGC-SANTE TEST"),
        (
            "ou=TEST AC RACINE EMULATION",
            "objectClass: organizationalUnit\nou: TEST AC RACINE EMULATION",
        ),
    ];
    let mut dn = String::new();
    let mut ldif = String::new();
    for (name, attributes) in above {
        dn = if dn.is_empty() { name.to_owned() } else { format!("{name},{dn}") };
        ldif.push_str(&format!("dn: {dn}\n{attributes}\n\n"));
    }
    ldif.push_str(&format!(
        "dn: cn=TEST AC EMULATION ORGANISATIONS,{dn}\nobjectClass: applicationProcess\nobjectClass: pkiCA\n\
         objectClass: deltaCRL\ncn: TEST AC EMULATION ORGANISATIONS\n\
         certificateRevocationList;binary:< file://{home_name}/complete\n\
         deltaRevocationList;binary:< file://{home_name}/delta\n"
    ));
    fs::write(home.join("entries.ldif"), ldif).expect("written");
}

#[test]
fn the_complete_and_the_delta_list_come_from_where_certificates_say() {
    let Some(directory) = Directory::or_skip() else { return };
    let complete = directory.url("?certificaterevocationlist;binary?base?objectClass=pkiCA");
    assert_eq!(fetch(&client(), &complete), current(&directory.complete));
    let url = directory.url("?deltarevocationlist;binary?base?objectClass=pkiCA");
    let delta = client().fetch(&Request { url, what: What::DeltaList });
    assert_eq!(delta.map_err(|error| error.problem), current(&directory.delta));
}

#[test]
fn what_the_directory_does_not_have_is_absent() {
    let Some(directory) = Directory::or_skip() else { return };
    let absent = Err(FetchProblem::Absent);
    assert_eq!(fetch(&client(), &directory.url("?authorityRevocationList")), absent);
    let port = directory.daemon.port();
    let nowhere = format!("ldap://127.0.0.1:{port}/cn=NOWHERE,c=FR?certificateRevocationList");
    assert_eq!(fetch(&client(), &nowhere), absent);
}

#[test]
fn a_name_that_is_none_is_refused_by_the_directory() {
    let Some(directory) = Directory::or_skip() else { return };
    let port = directory.daemon.port();
    let broken = format!("ldap://127.0.0.1:{port}/nonsense?certificateRevocationList");
    // invalidDNSyntax.
    assert_eq!(fetch(&client(), &broken), Err(FetchProblem::Directory { code: 34 }));
}

#[test]
fn another_client_sees_the_same_bytes() {
    let Some(directory) = Directory::or_skip() else { return };
    let Some(ldapsearch) = Tool::or_skip("ldapsearch", "ldap-utils") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let host = format!("ldap://127.0.0.1:{}", directory.daemon.port());
    let base = ENTRY.replace("%20", " ");
    let mut command = ldapsearch.command(home.path(), ["-x", "-LLL", "-o", "ldif-wrap=no"]);
    command.args(["-H", &host, "-s", "base", "-b", &base, "certificateRevocationList;binary"]);
    let (code, stdout, stderr) = printed(&mut command);
    assert_eq!(code, 0, "{stderr}");
    let value =
        stdout.lines().find_map(|line| line.strip_prefix("certificateRevocationList;binary:: "));
    let value = Base64::decode_vec(value.expect("a value")).expect("base64");
    assert_eq!(value, directory.complete);
    let url = directory.url("?certificateRevocationList");
    assert_eq!(fetch(&client(), &url), current(&directory.complete));
}
