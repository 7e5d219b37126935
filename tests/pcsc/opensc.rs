//! OpenSC on the virtual card, through the same service. What it reads was written by neither of us for the other. What it
//! cannot do, and the exchange that shows why, is in `docs/reference/virtual-card.md`.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::desk::{Desk, Slot};
use crate::support::tool::{Tool, printed};

/// The PKCS#15 application of the contact side.
const AID: &str = "E828BD080F8025000001FF0010";

/// OpenSC at a desk.
struct OpenSc {
    desk: Desk,
    home: TempDir,
    tool: Tool,
    pkcs15: Tool,
}

impl OpenSc {
    fn or_skip() -> Option<Self> {
        let tool = Tool::or_skip("opensc-tool", "opensc")?;
        let pkcs15 = Tool::or_skip("pkcs15-tool", "opensc")?;
        let home = tempfile::tempdir().expect("a folder");
        Some(Self { desk: Desk::or_skip()?, home, tool, pkcs15 })
    }

    fn tool(&self, args: &[&str]) -> (i32, String, String) {
        printed(self.at_desk(&mut self.tool.command(self.home.path(), args)))
    }

    fn pkcs15(&self, args: &[&str]) -> (i32, String, String) {
        printed(self.at_desk(&mut self.pkcs15.command(self.home.path(), args)))
    }

    fn at_desk<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        self.desk.service.env(command)
    }

    /// The answers to raw commands, as `opensc-tool -s` shows them, without its column of characters.
    fn send(&self, commands: &[&str]) -> Vec<String> {
        let args: Vec<&str> = commands.iter().flat_map(|command| ["-s", command]).collect();
        let (code, stdout, stderr) = self.tool(&args);
        assert_eq!(code, 0, "{stderr}");
        let mut answers = Vec::new();
        for line in stdout.lines() {
            if let Some((_, status)) = line.split_once("Received (SW1=0x") {
                let digits: String = status.chars().filter(char::is_ascii_hexdigit).collect();
                // `90, SW2=0x00)`: the digits of the name are dropped.
                answers.push((
                    String::new(),
                    format!("{}{}", &digits[..2], &digits[digits.len() - 2..]),
                ));
            } else if let Some((data, _)) = answers.last_mut()
                && !line.starts_with("Sending")
            {
                data.push_str(&line.get(..48).unwrap_or(line).replace(' ', ""));
            }
        }
        answers.into_iter().map(|(data, status)| data + &status).collect()
    }
}

#[test]
fn opensc_sees_the_reader_and_the_answer_to_reset_of_each_model() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    for (persona, atr) in [
        ("medecin-cps3", "3b:ac:00:40:2a:00:12:25:00:64:80:00:03:10:00:90:00"),
        ("sans-contact-cps3", "3b:8f:80:01:00:31:b8:64:04:b0:ec:c1:73:94:01:80:82:90:00:0e"),
        ("cpa-cps4", "3b:dc:18:ff:00:00:12:25:00:64:80:00:04:01:00:90:00"),
        ("medecin-cps4", "3b:9b:18:80:01:00:12:25:00:64:80:04:01:00:00:90:44"),
    ] {
        let card = opensc.desk.insert(Slot::First, persona);
        let (_, listed, _) = opensc.tool(&["-l"]);
        assert!(listed.contains("0    Yes             Virtual PCD 00 00"), "{listed}");
        assert_eq!(opensc.tool(&["-a"]).1, format!("{atr}\n"), "{persona}");
        card.remove();
    }
}

#[test]
fn opensc_takes_the_contact_cps3_and_the_cps4_of_t0_for_its_ias_ecc_driver_and_no_other() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    for (persona, name, why) in [
        ("medecin-cps3", "IAS-ECC", "PKCS#15 binding failed: Unsupported card"),
        ("sans-contact-cps3", "Unsupported card", "Card is invalid or cannot be handled"),
        ("cpa-cps4", "", "Unsupported CLA byte in APDU"),
        ("medecin-cps4", "Unsupported card", "Card is invalid or cannot be handled"),
    ] {
        let card = opensc.desk.insert(Slot::First, persona);
        assert_eq!(opensc.tool(&["--name"]).1.trim_end(), name, "{persona}");
        let (code, _, stderr) = opensc.pkcs15(&["-D"]);
        assert_ne!(code, 0, "{persona}");
        assert!(stderr.contains(why), "{persona}: {stderr}");
        card.remove();
    }
}

#[test]
fn raw_commands_of_opensc_get_the_answers_of_the_card() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    let odf =
        "A806300404027001A006300404027002A106300404027004A406300404027005A7063004040270069000";
    let select = format!("00A4040C0D{AID}");
    let card = opensc.desk.insert(Slot::First, "medecin-cps3");
    assert_eq!(opensc.send(&[&select, "00A4090C025031", "00B0000028"]), ["9000", "9000", odf]);
    card.remove();
    // The contactless side has the other application, and starts from it.
    let card = opensc.desk.insert(Slot::First, "sans-contact-cps3");
    assert_eq!(opensc.send(&[&select, "00A4040C0DE828BD080F8025000001FF0020"]), ["6A82", "9000"]);
    card.remove();
    // CPS4 is driven on logical channel 1.
    let _card = opensc.desk.insert(Slot::First, "medecin-cps4");
    let channel = format!("01A4040C0D{AID}");
    assert_eq!(opensc.send(&[&select, "00A4090C025031", &channel]), ["9000", "6E00", "9000"]);
}

#[test]
fn opensc_reads_the_whole_contact_application_of_a_cps3() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    let _card = opensc.desk.insert(Slot::First, "medecin-cps3");
    let (code, dump, stderr) = opensc.pkcs15(&["--aid", AID, "-D"]);
    assert_eq!(code, 0, "{stderr}");
    let titles: Vec<&str> = dump.lines().filter(|line| !line.starts_with(['\t', ' '])).collect();
    let titles: Vec<&str> = titles.into_iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        titles,
        [
            "PKCS#15 Card [CPS3v3-2900100001]:",
            "PIN [Code porteur]",
            "PIN [Code de deblocage]",
            "Private RSA Key [CPS_PRIV_SIG]",
            "Private RSA Key [CPS_PRIV_AUT]",
            "Public RSA Key [Cle Publique Sign]",
            "Public RSA Key [Cle Publique Aut]",
            "X.509 Certificate [Certificat de Signature CPS]",
            "X.509 Certificate [Certificat d'Authentification CPS]",
            "Data object 'CPS_DATA'",
            "Data object 'CPS_ID_CARD'",
            "Data object 'CPS_NAME_PS'",
            "Data object 'CPS_LANG_PS'",
            "Data object 'CPS_INFO_PS'",
            "Data object 'CPS_ACTIVITY_01_PS'",
            "Data object 'CPS_ACTIVITY_02_PS'",
            "Data object 'CPS_ACTIVITY_04_PS'",
        ]
    );
    let pin = "PIN [Code porteur]\n\
        \tObject Flags   : [0x03], private, modifiable\n\
        \tID             : 01\n\
        \tFlags          : [0x12], local, initialized\n\
        \tLength         : min_len:4, max_len:4, stored_len:4\n\
        \tPad char       : 0x00\n\
        \tReference      : 1 (0x01)\n\
        \tType           : ascii-numeric\n";
    assert!(dump.contains(pin), "{dump}");
    // The national identifier where OpenSC finds it, in CPS_INFO_PS.
    assert!(dump.contains("810C383939373030313030303131"), "{dump}");
}

#[test]
fn the_certificates_that_opensc_reads_are_those_that_we_export() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    let _card = opensc.desk.insert(Slot::First, "medecin-cps3");
    let folder = opensc.home.path().join("ours");
    let export = folder.to_str().expect("text");
    let run = opensc.desk.run(&["card", "certs", "--export", export, "--format", "json"]);
    let ours = run.document();
    let (_, listed, _) = opensc.pkcs15(&["--aid", AID, "--list-certificates"]);
    for (index, id) in ["01", "02"].iter().enumerate() {
        let certificate: &Value = &ours["certificates"][index];
        let serial = certificate["serial"].as_str().expect("a serial").to_uppercase();
        assert!(listed.contains(&format!("Encoded serial : 02 10 {serial}")), "{listed}");
        let id = format!("e828bd080f8025000001ff0010{id}");
        let (code, pem, stderr) = opensc.pkcs15(&["--aid", AID, "--read-certificate", &id]);
        assert_eq!(code, 0, "{stderr}");
        let path = certificate["files"]["pem"].as_str().expect("a file");
        assert_eq!(pem, std::fs::read_to_string(path).expect("exported"));
    }
}

#[test]
fn the_application_that_opensc_takes_unless_told_is_closed_to_the_contacts() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    let _card = opensc.desk.insert(Slot::First, "medecin-cps3");
    // What `pkcs15-tool -D` sends last: the DF of the contactless application, which EF.DIR names second.
    assert_eq!(opensc.send(&["00A40904043F000002"]), ["6A82"]);
}

#[test]
fn asked_to_verify_the_pin_opensc_stops_before_presenting_it() {
    let Some(opensc) = OpenSc::or_skip() else { return };
    let _card = opensc.desk.insert(Slot::First, "medecin-cps3");
    let args = ["--aid", AID, "--verify-pin", "--auth-id", "01", "--pin", "9999"];
    let (code, _, stderr) = opensc.pkcs15(&args);
    assert_ne!(code, 0);
    assert!(stderr.contains("Wrong length"), "{stderr}");
    let status = opensc.desk.run(&["card", "pin", "status", "--format", "json"]).document();
    assert_eq!(status["pin"]["tries_left"], 3);
    assert_eq!(opensc.send(&["0020000100"]), ["6700"]);
}
