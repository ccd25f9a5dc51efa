//! A folder with a plan, and the `ledger` binary to run in it.

pub(crate) mod commits;
pub(crate) mod doctor;
pub(crate) mod holder;
pub(crate) mod limits;
pub(crate) mod real_plans;
pub(crate) mod schemas;
#[cfg(target_os = "linux")]
pub(crate) mod terminal;
#[cfg(unix)]
pub(crate) mod users;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder to run `ledger` in.
///
/// Where `LEDGER_JOURNALS` names a folder, the journal of a ledger that is whole at the end of
/// its test is put there, for the independent verifier.
pub(crate) struct Project {
    folder: TempDir,
    kept: bool,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) bytes: Vec<u8>,
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.kept && std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("the folder is kept at {}", self.folder.path().display());
        }
        let Some(journals) = std::env::var_os("LEDGER_JOURNALS") else {
            return;
        };
        // Some tests have no ledger, and some damage it or take away the right to read it.
        if !std::thread::panicking() && self.run(["verify"]).code == 0 {
            export(self, Path::new(&journals));
        }
    }
}

/// Puts the journal of a project into a folder, under a name that no other has.
fn export(project: &Project, folder: &Path) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let test = std::thread::current();
    let test = test.name().unwrap_or("unnamed").replace("::", "-");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{test}-{}-{count}.jsonl", std::process::id());
    let journal = project.ok(["export"]).bytes;
    fs::write(folder.join(name), journal).expect("a written journal");
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            kept: false,
        }
    }

    /// The same, in a folder that is left for somebody to look at if the test fails.
    pub(crate) fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// A folder with this text as TODO.md, adopted.
    pub(crate) fn adopted(text: &str) -> Self {
        let project = Self::empty();
        project.write("TODO.md", text);
        project.ok(["init", "TODO.md"]);
        project
    }

    /// A git repository with an adopted, committed plan.
    pub(crate) fn in_git(text: &str) -> Self {
        let project = Self::empty();
        project.write("TODO.md", text);
        project.git_init();
        project.ok(["init", "TODO.md"]);
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a written file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("a text")
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file")
    }

    /// The TODO.md.
    pub(crate) fn plan(&self) -> String {
        self.read("TODO.md")
    }

    /// The command, with nothing of this machine's own settings.
    pub(crate) fn command<I, S>(&self, arguments: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env_remove("LEDGER_DIR")
            .env_remove("LEDGER_ACTOR")
            .env_remove("CLAUDE_CONFIG_DIR")
            .env_remove("CODEX_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env("USER", "tester")
            .env("TZ", "UTC")
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        clear_of_agents(&mut command);
        command
    }

    /// Runs the binary. What it prints as JSON has to be as its schema says.
    pub(crate) fn run<I, S>(&self, arguments: I) -> Run
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(arguments);
        let output = command.output().expect("a run");
        schemas::check(&command, &output.stdout);
        Run::of(&output)
    }

    /// Runs the binary within bounds of memory and time; see [`limits::run`].
    #[track_caller]
    pub(crate) fn bounded<I, S>(&self, arguments: I, input: limits::Input) -> Run
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        limits::run(&self.command(arguments), input)
    }

    /// Runs the binary with something on standard input.
    pub(crate) fn run_with<I, S>(&self, arguments: I, input: impl AsRef<[u8]>) -> Run
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a run");
        let mut stdin = child.stdin.take().expect("its standard input");
        let input = input.as_ref().to_vec();
        // It may end without reading all of it.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("its end");
        writer.join().expect("the writer");
        schemas::check(&command, &output.stdout);
        Run::of(&output)
    }

    /// Runs the binary and expects exit 0.
    #[track_caller]
    pub(crate) fn ok<I, S>(&self, arguments: I) -> Run
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        run
    }

    /// Runs the binary and expects this exit code and these words on standard error.
    #[track_caller]
    pub(crate) fn fails<I, S>(&self, arguments: I, code: i32, words: &[&str]) -> Run
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        for word in words {
            assert!(
                run.stderr.contains(word),
                "'{word}' is not in: {}",
                run.stderr
            );
        }
        run
    }

    /// The receipts of a command that is given `--json`.
    #[track_caller]
    pub(crate) fn receipts<I, S>(&self, arguments: I) -> Vec<Value>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let run = self.ok(arguments);
        lines_of_json(&run.stdout)
    }

    /// Every event of the ledger, as `audit --format ndjson` shows it.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        self.receipts(["audit", "--format", "ndjson"])
    }

    /// Runs git and expects success.
    #[track_caller]
    pub(crate) fn git<I, S>(&self, arguments: I) -> String
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        git_in(self.folder.path(), arguments)
    }

    /// Makes the folder a git repository with one commit of all files.
    pub(crate) fn git_init(&self) {
        self.git(["init", "-q", "-b", "main"]);
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", "start"]);
    }
}

/// Takes away what tells a command that an agent runs it: one may run these tests.
pub(crate) fn clear_of_agents(command: &mut Command) {
    for mark in [
        "CLAUDECODE",
        "CODEX_THREAD_ID",
        "CODEX_SANDBOX",
        "GEMINI_CLI",
        "COPILOT_CLI",
        "OPENCODE",
        "CURSOR_AGENT",
    ] {
        command.env_remove(mark);
    }
}

/// Runs git in a folder and expects success.
#[track_caller]
pub(crate) fn git_in<I, S>(folder: &Path, arguments: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let output = git_command(folder, arguments).output().expect("git");
    succeeded(&output);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Commits all files of a repository, at this time.
#[track_caller]
pub(crate) fn commit_at(folder: &Path, time: &str) {
    git_in(folder, ["add", "-A"]);
    let date = format!("--date={time}");
    let output = git_command(folder, ["commit", "-q", "-m", "change", &date])
        .env("GIT_COMMITTER_DATE", time)
        .output()
        .expect("git");
    succeeded(&output);
}

#[track_caller]
fn succeeded(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// git, with nothing of this machine's own settings.
fn git_command<I, S>(folder: &Path, arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "user.name=tester"])
        .args(["-c", "user.email=tester@example.org"])
        .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout.clone(),
        }
    }
}

/// One JSON value a line.
#[track_caller]
pub(crate) fn lines_of_json(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

/// The types of receipts or events, in order.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}
