//! OCSP against `openssl ocsp` as responder: what we ask it reads, and what it answers counts as it should. The
//! authorities and certificates are those of the test PKI, with dates that no test outlives.
//!
//! Tests that need `openssl` pass with a message where it is not installed.
#![cfg(feature = "emulate")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::process::Stdio;

use cpskit::emulate::igc::{
    self, Authority, Domain, Gamme, OrganisationProduct, OrganisationRequest, TestKey, World,
};
use cpskit::emulate::persona::StructureSpec;
use cpskit::pki::source::{self, Question, Source, What};
use cpskit::pki::{
    Anchor, AnswerRefusal, Candidate, Legacy, Options, Origin, Report, Response, RevocationScope,
    SourceRefusal, Status, Validator, Verdict,
};
use cpskit::x509::{
    CertIdHash, Certificate, OcspAnswer, OcspError, OcspRequest, OcspResponse, Reason, ResponderId,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tool::{Tool, printed};

/// Issues the certificate asked about.
const ISSUER: Authority =
    Authority::builtin(World::Test, Gamme::Elementaire, Domain::Organisations);
/// Issues nothing of it.
const STRANGER: Authority = Authority::builtin(World::Test, Gamme::Elementaire, Domain::Personnes);

#[test]
fn the_issuer_answers_good_revoked_or_unknown() {
    let Some(desk) = Desk::new() else { return };
    let good = desk.ask(&Asked::default());
    assert_eq!((good.verdict(), status(&good)), (Verdict::Valid, Status::Good));
    let revoked = desk.ask(&Asked { index: Index::Revoked, ..Asked::default() });
    let at = "2020-06-01T12:00:00Z".parse().expect("an instant");
    let expected = Status::Revoked { at, reason: Reason::KeyCompromise };
    assert_eq!((revoked.verdict(), status(&revoked)), (Verdict::Invalid, expected));
    let unknown = desk.ask(&Asked { index: Index::Empty, ..Asked::default() });
    assert_eq!(unknown.verdict(), Verdict::Indeterminate);
    assert_eq!(refusal(&unknown), AnswerRefusal::Unknown);
}

#[test]
fn the_certificate_is_asked_about_with_either_hash_with_a_nonce_or_without() {
    let Some(desk) = Desk::new() else { return };
    for hash in [CertIdHash::Sha1, CertIdHash::Sha256] {
        for nonce in [None, Some([7; 32].into())] {
            let question = Question { hash, nonce };
            let report = desk.ask(&Asked { question, ..Asked::default() });
            assert_eq!(status(&report), Status::Good, "{hash:?}");
            let codes: Vec<_> = report.findings.iter().map(|finding| finding.code()).collect();
            assert!(!codes.contains(&"pki.revocation.nonce_absent"), "{codes:?}");
        }
    }
}

#[test]
fn a_delegated_responder_answers_by_name_or_by_key() {
    let Some(desk) = Desk::new() else { return };
    for arguments in [&[][..], &["-resp_key_id"]] {
        let asked = Asked { signer: Signer::Delegated, arguments, ..Asked::default() };
        let answer = desk.answer(&asked);
        assert_eq!(matches!(answer.responder, ResponderId::Key(_)), !arguments.is_empty());
        assert_eq!(status(&desk.judge(&asked, SignedDuration::ZERO)), Status::Good);
    }
}

#[test]
fn whoever_may_not_answer_is_told_from_who_is_not_there() {
    let Some(desk) = Desk::new() else { return };
    let stranger = desk.ask(&Asked { signer: Signer::Stranger, ..Asked::default() });
    let responder = desk.stranger.subject().to_string();
    assert_eq!(refusal(&stranger), AnswerRefusal::ResponderNotDelegated { responder });
    let arguments = &["-resp_no_certs"];
    let absent = desk.ask(&Asked { signer: Signer::Delegated, arguments, ..Asked::default() });
    assert_eq!(refusal(&absent), AnswerRefusal::NoResponder);
    let broken = desk.ask(&Asked { arguments: &["-badsig"], ..Asked::default() });
    assert_eq!(refusal(&broken), AnswerRefusal::SignatureWrong);
}

#[test]
fn an_answer_counts_for_as_long_as_it_says() {
    let Some(desk) = Desk::new() else { return };
    let until = |arguments, later| {
        desk.judge(&Asked { arguments, ..Asked::default() }, SignedDuration::from_hours(later))
    };
    assert_eq!(status(&until(&["-ndays", "2"], 47)), Status::Good);
    let stale = refusal(&until(&["-nmin", "5"], 1));
    assert!(matches!(stale, AnswerRefusal::Stale { .. }), "{stale:?}");
    assert_eq!(status(&until(&[], 23)), Status::Good);
    let old = refusal(&until(&[], 25));
    assert!(matches!(old, AnswerRefusal::NotRecent { .. }), "{old:?}");
    let future = refusal(&until(&[], -1));
    assert!(matches!(future, AnswerRefusal::NotYet { .. }), "{future:?}");
}

#[test]
fn a_sha_1_signature_counts_only_where_legacy_is_admitted_and_is_said() {
    let Some(desk) = Desk::new() else { return };
    let asked = Asked { arguments: &["-rmd", "sha1"], ..Asked::default() };
    assert_eq!(refusal(&desk.ask(&asked)), AnswerRefusal::Weak);
    let admitted = desk.ask(&Asked { legacy: Legacy::DangerAllowed, ..asked });
    assert_eq!(status(&admitted), Status::Good);
    assert!(admitted.findings.iter().any(|finding| finding.code() == "pki.revocation.weak"));
}

#[test]
fn openssl_reads_the_request_field_by_field() {
    let Some(desk) = Desk::new() else { return };
    let nonce = Some([0xA5; 32].into());
    let question = Question { hash: CertIdHash::Sha256, nonce };
    desk.write("request.der", &desk.request(&question));
    let (code, text, errors) = desk.openssl(&["ocsp", "-reqin", "request.der", "-req_text"]);
    assert_eq!(code, 0, "{errors}");
    let serial = format!("Serial Number: {}", desk.leaf.serial().to_string().to_uppercase());
    let nonce = "0420".to_owned() + &"A5".repeat(32);
    for field in ["Version: 1 (0x0)", "Hash Algorithm: sha256", &serial, "OCSP Nonce", &nonce] {
        assert!(text.contains(field), "{field} in\n{text}");
    }
}

#[test]
fn a_responder_that_listens_is_asked_by_http() {
    let Some(desk) = Desk::new() else { return };
    let request = desk.request(&Question::default());
    let response = desk.post(&request);
    let report = desk.report(&response, &request, &Asked::default(), SignedDuration::ZERO);
    assert_eq!(status(&report), Status::Good);
}

#[test]
fn a_responder_says_that_a_request_is_malformed() {
    let Some(desk) = Desk::new() else { return };
    let response = desk.post(&[0x30, 0]);
    assert_eq!(response, OcspResponse::Error(OcspError::MalformedRequest));
}

/// The test PKI, in files that openssl reads.
struct Desk {
    tool: Tool,
    folder: TempDir,
    root: Certificate,
    issuer: Certificate,
    stranger: Certificate,
    leaf: Certificate,
}

/// What openssl is asked, and how it is to answer.
#[derive(Clone, Debug)]
struct Asked {
    question: Question,
    index: Index,
    signer: Signer,
    arguments: &'static [&'static str],
    legacy: Legacy,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            question: Question::default(),
            index: Index::Valid,
            signer: Signer::Issuer,
            arguments: &[],
            legacy: Legacy::Refused,
        }
    }
}

/// What the responder knows.
#[derive(Clone, Copy, Debug)]
enum Index {
    Empty,
    Revoked,
    Valid,
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
enum Signer {
    Delegated,
    Issuer,
    Stranger,
}

impl Desk {
    /// `None` where `openssl` is not installed.
    fn new() -> Option<Self> {
        let tool = Tool::or_skip("openssl", "openssl")?;
        let instant = |text: &str| text.parse::<Timestamp>().expect("an instant");
        let (from, to) = (instant("2020-01-01T00:00:00Z"), instant("2120-01-01T00:00:00Z"));
        let authority = |authority| {
            let der = igc::authority_certificate(authority, from, to).expect("minted");
            Certificate::parse(&der).expect("a certificate")
        };
        let key = igc::product_key("org-auth-cli").expect("embedded").public().expect("RSA");
        let structure = StructureSpec {
            department: "Paris (75)".to_owned(),
            name: "HOPITAL D'EMULATION".to_owned(),
            id: "10B0990001".to_owned(),
        };
        let request = OrganisationRequest {
            world: World::Test,
            product: OrganisationProduct::OrgAuthCli,
            structure: &structure,
            name: "emulation",
        };
        let leaf = igc::organisation_certificate(&request, &key, from, to).expect("minted");
        let responder_key = igc::product_key("serv-ssl").expect("embedded");
        let public = responder_key.public().expect("RSA");
        let responder = igc::responder_certificate(ISSUER, &public, from, to).expect("minted");
        let desk = Self {
            tool,
            folder: tempfile::tempdir().expect("a temporary folder"),
            root: authority(ISSUER.issuer()),
            issuer: authority(ISSUER),
            stranger: authority(STRANGER),
            leaf: Certificate::parse(&leaf).expect("a certificate"),
        };
        let responder = Certificate::parse(&responder).expect("a certificate");
        let key = |name: &str, key: TestKey| desk.write(name, key.pem().as_bytes());
        desk.write("issuer.pem", desk.issuer.to_pem().as_bytes());
        key("issuer.key", ISSUER.key());
        desk.write("stranger.pem", desk.stranger.to_pem().as_bytes());
        key("stranger.key", STRANGER.key());
        desk.write("responder.pem", responder.to_pem().as_bytes());
        key("responder.key", responder_key);
        Some(desk)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).expect("writable");
    }

    fn openssl(&self, arguments: &[&str]) -> (i32, String, String) {
        let folder = self.folder.path();
        printed(self.tool.command(folder, arguments).current_dir(folder))
    }

    /// The database of `openssl ca`.
    fn index(&self, index: Index) -> String {
        let serial = self.leaf.serial().to_string().to_uppercase();
        match index {
            Index::Empty => String::new(),
            Index::Valid => format!("V\t21200101000000Z\t\t{serial}\tunknown\t/CN=x\n"),
            Index::Revoked => format!(
                "R\t21200101000000Z\t200601120000Z,keyCompromise\t{serial}\tunknown\t/CN=x\n"
            ),
        }
    }

    fn request(&self, question: &Question) -> Vec<u8> {
        let sources = [Source::Ocsp];
        let mut requests =
            source::of_status(&self.leaf, self.issuer.spki(), &sources, question).into_iter();
        match requests.next().map(|request| request.what) {
            Some(What::Status { request }) => request,
            other => panic!("no request for a status: {other:?}"),
        }
    }

    fn response(&self, asked: &Asked) -> OcspResponse {
        self.write("request.der", &self.request(&asked.question));
        self.write("index.txt", self.index(asked.index).as_bytes());
        let signer = match asked.signer {
            Signer::Delegated => ["responder.pem", "responder.key"],
            Signer::Issuer => ["issuer.pem", "issuer.key"],
            Signer::Stranger => ["stranger.pem", "stranger.key"],
        };
        let mut arguments = vec!["ocsp", "-reqin", "request.der", "-respout", "response.der"];
        arguments.extend(["-index", "index.txt", "-CA", "issuer.pem"]);
        arguments.extend(["-rsigner", signer[0], "-rkey", signer[1]]);
        arguments.extend(asked.arguments);
        let (code, _, errors) = self.openssl(&arguments);
        assert_eq!(code, 0, "{errors}");
        let der = fs::read(self.folder.path().join("response.der")).expect("written");
        OcspResponse::parse(&der).expect("a response")
    }

    /// What a responder that listens on loopback answers.
    fn post(&self, request: &[u8]) -> OcspResponse {
        self.write("index.txt", self.index(Index::Valid).as_bytes());
        let folder = self.folder.path();
        let mut responder = self
            .tool
            .command(folder, ["ocsp", "-port", "0", "-nrequest", "1", "-index", "index.txt"])
            .args(["-CA", "issuer.pem", "-rsigner", "issuer.pem", "-rkey", "issuer.key"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = responder.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        // `ACCEPT [::]:37751 PID=20562`
        let port = line.split_whitespace().nth(1).and_then(|address| address.rsplit(':').next());
        let port: u16 = port.and_then(|port| port.parse().ok()).expect(&line);
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
        let head = format!(
            "POST / HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
            request.len()
        );
        stream.write_all(&[head.as_bytes(), request].concat()).expect("sent");
        // openssl reads some bytes at once, and would wait for more than a short request has.
        stream.shutdown(Shutdown::Write).expect("half closed");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("received");
        // One request, and it ends; one that it cannot read does not count.
        responder.kill().and_then(|()| responder.wait()).expect("it ends");
        // Before the answer to what it cannot read, openssl sends the head of another, with status 400.
        let after = |bytes: &[u8], end: &[u8]| {
            let place = bytes.windows(end.len()).position(|window| window == end);
            bytes[place.expect("a head") + end.len()..].to_vec()
        };
        let body = after(&after(&answer, b"HTTP/1.0 200 OK"), b"\r\n\r\n");
        OcspResponse::parse(&body).expect("a response")
    }

    fn answer(&self, asked: &Asked) -> OcspAnswer {
        match self.response(asked) {
            OcspResponse::Answer(answer) => *answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    fn ask(&self, asked: &Asked) -> Report {
        self.judge(asked, SignedDuration::ZERO)
    }

    /// Judges the leaf some time after the answer was made.
    fn judge(&self, asked: &Asked, later: SignedDuration) -> Report {
        self.report(&self.response(asked), &self.request(&asked.question), asked, later)
    }

    fn report(
        &self,
        response: &OcspResponse,
        request: &[u8],
        asked: &Asked,
        later: SignedDuration,
    ) -> Report {
        let OcspResponse::Answer(answer) = response else { panic!("no answer: {response:?}") };
        let origin = |text: &str| Origin(text.to_owned());
        let validator = Validator::new(
            vec![Anchor::from_certificate(self.root.clone(), origin("root"))],
            vec![Candidate { certificate: self.issuer.clone(), origin: origin("issuer") }],
            vec![],
        );
        let validator = validator.with_responses(vec![Response {
            response: response.clone(),
            origin: origin("openssl"),
            request: Some(OcspRequest::parse(request).expect("our request")),
        }]);
        let options = Options {
            scope: RevocationScope::Leaf,
            legacy: asked.legacy,
            ..Options::at(answer.produced_at + later)
        };
        validator.validate(&self.leaf, &origin("leaf"), &options)
    }
}

fn status(report: &Report) -> Status {
    report.revocation[0].status
}

/// Why the one response does not count.
fn refusal(report: &Report) -> AnswerRefusal {
    match &report.revocation[0].refused[..] {
        [fate] => match &fate.refusal {
            SourceRefusal::Answer(refusal) => refusal.clone(),
            SourceRefusal::List(refusal) => panic!("no list is at hand: {refusal}"),
        },
        other => panic!("one refusal: {other:?}"),
    }
}
