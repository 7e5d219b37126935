//! All commands at the highest verbosity, on cards whose PINs are told from everything else they hold.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::search::{found, stable, without_long_numbers};
use crate::support::desk::{Desk, Inserted, Slot};

/// The codes of a card's holder, and one that is not.
#[derive(Clone, Copy, Debug)]
struct Pins {
    right: &'static str,
    wrong: &'static str,
    /// What the right one is changed to, and back.
    new: &'static str,
    /// Code de déblocage.
    code: &'static str,
}

impl Pins {
    fn all(&self) -> [&'static str; 5] {
        [self.right, self.wrong, self.new, self.code, WRONG_CODE]
    }
}

/// What was left by a run: its name, and the text.
pub(crate) type Trace = (String, String);

/// A card of each way to be driven, and the VERIFY that it takes.
const CARDS: [(&str, &str); 2] = [("medecin-cps3", "00200001"), ("pharmacien-cps4", "01200001")];

/// Codes to choose from; the first set serves as control.
const CONTROL: Pins = Pins { right: "0852", wrong: "4407", new: "5530", code: "60418853" };
/// No card has it.
const WRONG_CODE: &str = "60231145";
const CANDIDATES: [&str; 24] = [
    "7391", "8264", "6917", "5183", "9346", "2719", "8057", "3964", "6208", "9571", "4836", "7620",
    "5942", "8375", "6493", "2986", "9108", "3757", "7684", "5039", "8912", "4675", "6350", "9823",
];

#[test]
fn no_pin_is_in_anything_that_any_command_leaves() {
    let Some(desk) = Desk::or_skip() else { return };
    // Four digits stand in certificates and keys by accident. A run with other PINs tells which do: those are not used.
    let control = leave_traces(&desk, CONTROL);
    let free = |pin: &&&str| control.iter().all(|(_, text)| found(text.as_bytes(), pin).is_none());
    let mut free = CANDIDATES.iter().filter(free);
    let (Some(right), Some(wrong), Some(new)) = (free.next(), free.next(), free.next()) else {
        panic!("no PIN to tell")
    };
    let pins = Pins { right, wrong, new, code: "73918264" };
    for (name, text) in leave_traces(&desk, pins) {
        for pin in pins.all() {
            let form = found(text.as_bytes(), pin);
            assert_eq!(form, None, "{name}, in:\n{text}");
        }
    }
}

/// Runs every command on each card, and keeps what each printed and every file that was written.
fn leave_traces(desk: &Desk, pins: Pins) -> Vec<Trace> {
    let mut traces = Vec::new();
    for (persona, verify) in CARDS {
        let given = tempfile::tempdir().expect("a folder");
        let card = insert(desk, given.path(), persona, pins);
        let written = tempfile::tempdir().expect("a folder");
        let runs = Runs { desk, given: given.path(), written: written.path(), verify, pins };
        traces.extend(runs.all());
        let emulator = card.remove();
        traces.push((
            format!("emulate card {persona}"),
            stable(&(emulator.stdout + &emulator.stderr)),
        ));
        traces.extend(files(written.path()));
    }
    assert!(traces.iter().any(|(name, _)| name.ends_with("signature.pem")), "nothing was exported");
    assert!(traces.iter().any(|(_, text)| text.contains("[secret]")), "no PIN was presented");
    traces
}

/// The card of a persona of ours with these PINs.
fn insert<'d>(desk: &'d Desk, folder: &Path, persona: &str, pins: Pins) -> Inserted<'d> {
    let builtin = format!("{}/certs-test/cards/{persona}/persona.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(builtin).expect("a persona");
    assert!(!text.contains("[pin]"));
    let file = folder.join("persona.toml");
    fs::write(
        &file,
        format!("{text}\n[pin]\nuser = \"{}\"\nunblock = \"{}\"\n", pins.right, pins.code),
    )
    .expect("written");
    desk.emulate(Slot::First, &["--persona-file", file.to_str().expect("text"), "-vvv"])
}

/// Where a PIN comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Nothing,
    Environment(&'static str),
    File(&'static str),
    Descriptor(&'static str),
}

/// All commands on one card.
struct Runs<'a> {
    desk: &'a Desk,
    /// Where the files are that hold a PIN on purpose.
    given: &'a Path,
    /// Where everything that is written goes.
    written: &'a Path,
    verify: &'a str,
    pins: Pins,
}

impl Runs<'_> {
    fn all(&self) -> Vec<Trace> {
        let Pins { right, wrong, .. } = self.pins;
        let in_clear = |pin: &str| {
            let hex: String = pin.bytes().map(|byte| format!("{byte:02X}")).collect();
            format!("{}04{hex}", self.verify)
        };
        let with_placeholder = format!("{}04{{PIN}}", self.verify);
        let too_short = format!("{}05{{PIN}}", self.verify);
        fs::write(self.given.join("script"), format!("{with_placeholder} # the PIN\n"))
            .expect("written");
        let script = self.given.join("script").display().to_string();
        let mut traces = Vec::new();
        let mut run = |source: Source, args: &[&str], code: i32| {
            for format in ["json", "text"] {
                traces.push(self.run(source, &[args, &["--format", format]].concat(), code));
            }
        };
        let sources = |pin| [Source::Environment(pin), Source::File(pin), Source::Descriptor(pin)];
        for source in sources(right) {
            run(source, &["card", "activities"], 0);
            run(source, &["card", "activities", "--activity", "1"], 0);
            run(source, &["card", "read"], 0);
            run(source, &["card", "apdu", &with_placeholder], 0);
            run(source, &["card", "apdu", &too_short], 2);
            run(source, &["card", "apdu", "--script", &script], 0);
        }
        for source in sources(wrong) {
            // Two formats spend two tries, the right PIN gives them back.
            run(source, &["card", "activities"], 5);
            run(source, &["card", "activities"], 6);
            run(Source::Environment(right), &["card", "activities", "--allow-last-try"], 0);
            run(source, &["card", "apdu", &with_placeholder], 0);
            run(source, &["card", "apdu", &with_placeholder], 6);
            run(Source::Environment(right), &["card", "read", "--allow-last-try"], 0);
        }
        for pin in [right, wrong] {
            run(Source::Nothing, &["card", "apdu", &in_clear(pin)], 2);
            run(Source::Nothing, &["card", "activities", "--pin", pin], 2);
            run(Source::Nothing, &["card", "activities", &format!("--pin={pin}")], 2);
            run(Source::Nothing, &["card", "activities", "--pin-env", pin], 2);
            run(Source::Nothing, &["card", "activities", "--pin-file", pin], 2);
        }
        self.use_keys(&mut run);
        run(Source::Nothing, &["card", "activities", "--no-input"], 2);
        run(Source::Nothing, &["card", "id"], 0);
        run(Source::Nothing, &["card", "list"], 0);
        run(Source::Nothing, &["card", "certs", "--export", "out"], 0);
        run(Source::Nothing, &["card", "pin", "status"], 0);
        run(Source::Nothing, &["card", "watch", "--emulated"], 0);
        run(Source::Nothing, &["doctor"], 0);
        // Not online, where it signs what is random: `tls.rs` looks at signatures of handshakes. The demonstration is given no
        // PIN but its own, which it shows.
        run(Source::Nothing, &["demo", "--offline"], 0);
        run(Source::Nothing, &["emulate", "card", "--list"], 0);
        run(Source::Nothing, &["emulate", "card", "--fault", "help"], 0);
        run(Source::Nothing, &["completions", "bash"], 0);
        run(Source::Nothing, &["man"], 0);
        traces.extend(self.set_pins());
        traces
    }

    /// Keys and data, with a file of functional traces. The object that is written holds no digits.
    fn use_keys(&self, run: &mut impl FnMut(Source, &[&str], i32)) {
        let Pins { right, wrong, .. } = self.pins;
        fs::write(self.written.join("letter"), "a letter").expect("written");
        for source in [Source::Environment(right), Source::File(right), Source::Descriptor(right)] {
            let sign = ["card", "sign", "letter", "--trace", "acts"];
            run(source, &[&sign[..], &["--out", "letter.sig", "--activity", "1"]].concat(), 0);
            run(source, &[&sign[..], &["--out", "letter.p7s", "--detached-cms"]].concat(), 0);
            run(source, &["card", "decrypt", "letter", "--out", "opened", "--trace", "acts"], 1);
            run(source, &["card", "data", "read", "--out", "data", "--trace", "acts"], 0);
            let write = ["card", "data", "write", "letter", "--yes", "--backup", "old"];
            run(source, &[&write[..], &["--trace", "acts"]].concat(), 0);
        }
        let sign = ["card", "sign", "letter", "--out", "never", "--trace", "acts"];
        run(Source::Environment(wrong), &[&sign[..], &["--key", "technical"]].concat(), 4);
        run(Source::Environment(wrong), &sign, 5);
        run(Source::Environment(wrong), &sign, 6);
        run(Source::Environment(right), &[&sign[..], &["--allow-last-try"]].concat(), 0);
        run(Source::Nothing, &["trace", "verify", "acts"], 0);
    }

    /// Another PIN and back, with right and wrong codes, and codes in place of the names of their sources.
    fn set_pins(&self) -> Vec<Trace> {
        let Pins { right, wrong, new, code } = self.pins;
        let file = |name: &str, secret: &str| {
            let path = self.given.join(name);
            fs::write(&path, format!("{secret}\n")).expect("written");
            path.display().to_string()
        };
        let (right_file, new_file) = (file("right", right), file("new", new));
        let (code_file, wrong_code_file) = (file("unblock", code), file("wrong-code", WRONG_CODE));
        let mut traces = Vec::new();
        for format in ["json", "text"] {
            let mut run = |source: Source, args: &[&str], code: i32| {
                let rest = ["--trace", "acts", "--format", format];
                traces.push(self.run(source, &[args, &rest].concat(), code));
            };
            let change = ["card", "pin", "change"];
            for (from, to) in [(right, &new_file), (new, &right_file)] {
                let args = [&change[..], &["--new-pin-file", to]].concat();
                run(Source::Environment(from), &args, 0);
            }
            run(Source::File(wrong), &[&change[..], &["--new-pin-file", &new_file]].concat(), 5);
            run(Source::File(right), &[&change[..], &["--new-pin-file", &right_file]].concat(), 2);
            for flag in ["--new-pin-env", "--new-pin-file"] {
                run(Source::Environment(right), &[&change[..], &[flag, new]].concat(), 2);
            }
            let unblock = ["card", "pin", "unblock", "--new-pin-file", &right_file];
            let with = |flag, value| [&unblock[..], &[flag, value]].concat();
            run(Source::Nothing, &with("--unblock-code-file", &wrong_code_file), 5);
            run(Source::Nothing, &with("--unblock-code-file", &code_file), 0);
            run(Source::Nothing, &with("--unblock-code-env", code), 2);
            run(Source::Nothing, &with("--unblock-code-file", code), 2);
        }
        traces
    }

    /// One run at the highest verbosity; everything that a program may want to write goes to one folder.
    fn run(&self, source: Source, args: &[&str], code: i32) -> Trace {
        let mut command = self.desk.command(&[args, &["-vvv"]].concat());
        command.current_dir(self.written).stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in [
            "HOME",
            "TMPDIR",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "XDG_DATA_HOME",
        ] {
            command.env(variable, self.written);
        }
        let mut typed = None;
        match source {
            Source::Nothing => {}
            Source::Environment(pin) => {
                command.args(["--pin-env", "CODE"]).env("CODE", pin);
            }
            Source::File(pin) => {
                let file = self.given.join("code");
                fs::write(&file, format!("{pin}\n")).expect("written");
                command.arg("--pin-file").arg(file);
            }
            Source::Descriptor(pin) => {
                command.args(["--pin-fd", "0"]).stdin(Stdio::piped());
                typed = Some(pin);
            }
        }
        let mut process = command.spawn().expect("cpskit starts");
        if let Some(pin) = typed {
            // It may have ended without asking.
            let _ = process.stdin.take().expect("a pipe").write_all(pin.as_bytes());
        }
        let output = process.wait_with_output().expect("it ends");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).expect("cpskit writes UTF-8");
        // The arguments that hold a PIN by design of this test are not part of the name.
        let name = format!("{source:?} {:?}", &args[..args.len().min(2)]);
        assert_eq!(output.status.code(), Some(code), "{name} {args:?}: {text}");
        let text = stable(&text);
        // A CMS signs the instant, and so is another each time.
        let is_new = args.contains(&"--detached-cms");
        (name, if is_new { without_long_numbers(&text) } else { text })
    }
}

/// Every file below a folder, with its content.
pub(crate) fn files(folder: &Path) -> Vec<Trace> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => {
                let content = fs::read(&path).expect("readable");
                let text = stable(&String::from_utf8_lossy(&content));
                vec![(path.display().to_string(), text)]
            }
        })
        .collect()
}
