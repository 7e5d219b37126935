//! GnuTLS as a judge of signatures. Its `certtool` verifies none that stands alone, and in a CMS takes PSS with SHA-256
//! only: the library itself is asked, by a few lines of Python.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::tool::Tool;

/// A signature and what it is said to be.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// As GnuTLS names it: `RSA-SHA256`, `RSA-PSS-SHA384`.
    pub(crate) algorithm: String,
    /// Bytes; PSS only.
    pub(crate) salt: usize,
    /// Files: the certificate (PEM), the message, the signature.
    pub(crate) files: [String; 3],
}

/// Python with the library at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gnutls(Tool);

impl Gnutls {
    /// The judge, or a line that says what is missing.
    pub(crate) fn or_skip() -> Option<Self> {
        Tool::or_skip("certtool", "gnutls-bin")?;
        Tool::or_skip("python3", "python3").map(Self)
    }

    /// Of each case, whether it holds.
    pub(crate) fn judge(self, home: &Path, cases: &[Case]) -> Vec<bool> {
        let mut python = self.0.command(home, ["-I", "-c", include_str!("gnutls.py")]);
        let mut process = python
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines: String = cases
            .iter()
            .map(|Case { algorithm, salt, files }| {
                format!("{algorithm}\t{salt}\t{}\n", files.join("\t"))
            })
            .collect();
        let mut stdin = process.stdin.take().expect("a pipe");
        let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        writing.join().expect("no panic").expect("it reads");
        let answers = String::from_utf8(output.stdout).expect("numbers");
        let answers: Vec<bool> = answers.lines().map(|line| !line.starts_with('-')).collect();
        assert_eq!(answers.len(), cases.len());
        answers
    }
}
