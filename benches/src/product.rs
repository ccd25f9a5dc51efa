//! The `ledger` binary, and folders to run it in.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::Outcome;
use crate::sample::time;

/// The release build of `ledger`: the file that `LEDGER_BIN` names, else cargo's own, built if
/// need be.
///
/// # Errors
/// If cargo cannot be run or the build fails.
pub fn binary() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os("LEDGER_BIN") {
        return Ok(fs::canonicalize(path)?);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "-p", "ledger-cli", "--bin", "ledger"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    let path = built
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "ledger")
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    path.filter(|_| built.status.success())
        .ok_or_else(|| "the ledger binary could not be built".into())
}

/// A temporary folder with a plan and a ledger, on the disk that holds cargo's target
/// directory: the system's temporary folder may be in memory, where fsync costs nothing.
#[derive(Debug)]
pub struct Project {
    binary: PathBuf,
    folder: TempDir,
}

impl Project {
    /// A folder with this text as `TODO.md`, adopted.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn adopted(binary: &Path, text: &str) -> Outcome<Self> {
        let project = Self::empty(binary)?;
        fs::write(project.plan(), text)?;
        project.run(["init", "TODO.md"], b"")?;
        Ok(project)
    }

    /// A git repository without a ledger, with a commit for each of these texts as `TODO.md`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn committed(binary: &Path, texts: &[String]) -> Outcome<Self> {
        let project = Self::empty(binary)?;
        let git = |words: &[&str]| -> Outcome<()> {
            let mut command = Command::new("git");
            let author = [
                "-c",
                "user.name=bench",
                "-c",
                "user.email=bench@example.org",
            ];
            command.current_dir(project.path("a")).args(author);
            run(command.args(words), b"").map(drop)
        };
        git(&["init", "-q"])?;
        for text in texts {
            fs::write(project.plan(), text)?;
            git(&["add", "TODO.md"])?;
            git(&["commit", "-q", "--allow-empty", "-m", "change"])?;
        }
        Ok(project)
    }

    /// A folder with room for a plan.
    fn empty(binary: &Path) -> Outcome<Self> {
        let disk = binary.parent().unwrap_or(Path::new("."));
        let project = Self {
            binary: binary.to_owned(),
            folder: tempfile::Builder::new()
                .prefix("ledger-bench-")
                .tempdir_in(disk)?,
        };
        fs::create_dir(project.path("a"))?;
        Ok(project)
    }

    /// The folder, with room for other files beside the plan's own folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> PathBuf {
        self.path("a/TODO.md")
    }

    /// The ledger's directory.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.path("a/.ledger")
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.ledger().join("journal.jsonl")
    }

    /// Runs `ledger` in the plan's folder; how long it took from start to exit, and what it
    /// printed.
    ///
    /// # Errors
    /// If it could not be run, or did not succeed.
    pub fn run<I, S>(&self, arguments: I, input: &[u8]) -> Outcome<(Duration, Vec<u8>)>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.run_in("a", arguments, input)
    }

    /// [`Project::run`] without its output; how long it took, and the most memory it had in KiB
    /// as far as it was looked at (Linux's `VmHWM`, every two milliseconds; 0 elsewhere).
    ///
    /// # Errors
    /// If it could not be run, or did not succeed.
    pub fn run_watched<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome<(Duration, u64)> {
        let mut command = self.command("a", arguments);
        command.stdout(Stdio::null()).stdin(Stdio::null());
        let mut peak = 0;
        let (took, status) = time(|| -> Outcome<_> {
            let mut child = command.spawn()?;
            let watched = format!("/proc/{}/status", child.id());
            loop {
                if let Some(status) = child.try_wait()? {
                    return Ok(status);
                }
                peak = peak.max(high_water(&watched).unwrap_or(0));
                thread::sleep(Duration::from_millis(2));
            }
        });
        let status = status?;
        match status.success() {
            true => Ok((took, peak)),
            false => Err(format!("{command:?}: {status}").into()),
        }
    }

    /// [`Project::run`] in another of the project's folders.
    ///
    /// # Errors
    /// If it could not be run, or did not succeed.
    pub fn run_in<I, S>(
        &self,
        folder: &str,
        arguments: I,
        input: &[u8],
    ) -> Outcome<(Duration, Vec<u8>)>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        run(&mut self.command(folder, arguments), input)
    }

    fn command<I, S>(&self, folder: &str, arguments: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("USER", "bench")
            .env("TZ", "UTC")
            .env("LEDGER_DIR", self.ledger());
        command
    }
}

fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The bytes of all files below a folder.
///
/// # Errors
/// If it cannot be read.
pub fn size(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += match meta.is_dir() {
            true => size(&entry.path())?,
            false => meta.len(),
        };
    }
    Ok(sum)
}

/// Runs a command and times it from start to exit.
///
/// # Errors
/// If it could not be run, or did not succeed.
pub fn run(command: &mut Command, input: &[u8]) -> Outcome<(Duration, Vec<u8>)> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    });
    let (took, output) = time(|| -> Outcome<_> {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It reads all of its input before it prints anything.
            stdin.write_all(input)?;
        }
        Ok(child.wait_with_output()?)
    });
    let output = output?;
    if output.status.success() {
        return Ok((took, output.stdout));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {said}", output.status).into())
}
