//! The folder where the demo plays, and how its steps are shown.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ledger_core::document::{Document, hunk};

use crate::failure::Failure;
use crate::output::escape::plain;

/// Changed lines shown of one step.
const SHOWN: usize = 16;

/// A folder to run this program in.
pub(super) struct Stage {
    folder: PathBuf,
    program: PathBuf,
}

impl Stage {
    pub(super) fn new(folder: PathBuf) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::from(error).about("this program cannot be found"))?;
        Ok(Self { folder, program })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        fs::read(self.file(name)).map_err(|error| Failure::from(error).about(name))
    }

    /// Says something.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(anstream::stdout(), "{text}")?)
    }

    /// Begins a step.
    pub(super) fn chapter(&self, text: &str) -> Result<(), Failure> {
        let bold = anstyle::Style::new().bold();
        Ok(writeln!(anstream::stdout(), "\n{bold}{text}{bold:#}")?)
    }

    /// Runs a command and shows it with what it prints.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        self.announce(arguments)?;
        let output = self.output(arguments)?;
        show(&output.stdout)?;
        show(&output.stderr)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failed(arguments))
        }
    }

    /// Runs a command that should find something; whether it did.
    pub(super) fn fails(&self, arguments: &[&str]) -> Result<bool, Failure> {
        self.announce(arguments)?;
        let output = self.output(arguments)?;
        show(&output.stdout)?;
        show(&output.stderr)?;
        Ok(output.status.code() == Some(1))
    }

    /// What a command prints.
    pub(super) fn quiet(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = self.output(arguments)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failed(arguments))
        }
    }

    /// The position of the last event.
    pub(super) fn seq(&self) -> Result<String, Failure> {
        let status = self.quiet(&["status", "--json"])?;
        serde_json::from_slice::<serde_json::Value>(&status)
            .ok()
            .and_then(|status| status["head"]["seq"].as_u64())
            .map(|seq| seq.to_string())
            .ok_or_else(|| Failure::trouble("status --json names no head"))
    }

    /// Does something and shows which lines of a file it changed.
    pub(super) fn edit<T>(
        &self,
        name: &str,
        work: impl FnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let before = Document::from_bytes(&self.read(name)?)?;
        let done = work(self)?;
        let after = Document::from_bytes(&self.read(name)?)?;
        let (red, green) = (
            anstyle::AnsiColor::Red.on_default(),
            anstyle::AnsiColor::Green.on_default(),
        );
        let mut out = anstream::stdout();
        let mut lines = Vec::new();
        for region in hunk::regions(&before, &after) {
            for line in region.before {
                lines.push(format!("{red}  - {}{red:#}", plain(before.content(line))));
            }
            for line in region.after {
                lines.push(format!(
                    "{green}  + {}{green:#}",
                    plain(after.content(line))
                ));
            }
        }
        writeln!(out, "  {name}:")?;
        for line in lines.iter().take(SHOWN) {
            writeln!(out, "  {line}")?;
        }
        if lines.len() > SHOWN {
            writeln!(out, "    … and {} more changed lines", lines.len() - SHOWN)?;
        }
        Ok(done)
    }

    /// Says where to go from here.
    pub(super) fn finale(&self, name: &str, task: &str) -> Result<(), Failure> {
        self.chapter("The folder is yours to go on with:")?;
        self.say(&format!("  cd {}", self.folder.display()))?;
        for command in [
            "ledger status".to_owned(),
            format!("$EDITOR {name}; ledger observe"),
            format!("ledger show {task}"),
            "ledger render --view history".to_owned(),
        ] {
            self.say(&format!("  {command}"))?;
        }
        Ok(())
    }

    fn announce(&self, arguments: &[&str]) -> Result<(), Failure> {
        let words: Vec<String> = arguments
            .iter()
            .map(|word| {
                if word.contains(' ') {
                    format!("\"{word}\"")
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        self.say(&format!("  $ ledger {}", plain(&words.join(" "))))
    }

    fn output(&self, arguments: &[&str]) -> Result<Output, Failure> {
        Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_remove("LEDGER_DIR")
            .stdin(std::process::Stdio::null())
            .output()
            .map_err(|error| Failure::from(error).about(self.program.display()))
    }
}

fn show(bytes: &[u8]) -> io::Result<()> {
    let mut out = anstream::stdout();
    for line in String::from_utf8_lossy(bytes).lines() {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn failed(arguments: &[&str]) -> Failure {
    Failure::finding(format!("ledger {} did not succeed", arguments.join(" ")))
}
