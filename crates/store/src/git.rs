//! The few facts about git that tell a stale plan file from an edited one.
//!
//! Where `HEAD` points is read from git's files, so the normal case starts no process. The rest
//! asks the `git` program; without it, or where it refuses or hangs, there are simply no facts.

mod index;
mod messages;
mod names;
mod past;
mod renames;
mod revision;

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::checkouts::GitHead;
use crate::layout::Layout;
use crate::locate::{GitDirs, read_line};

pub use index::Index;
pub use messages::{Message, Rebase};
pub use past::{Commit, GitError, History, Texts, Version};

/// Variables by which a surrounding git command would redirect ours to its own repository.
const LOCAL_VARIABLES: [&str; 18] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// How long git may take for an answer. It is asked under the ledger's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether git took longer than that. It is not asked again then: a file system that hangs, or a
/// `git` that wants something of somebody, would do so each time.
static HUNG: AtomicBool = AtomicBool::new(false);

/// A process that took too long.
#[derive(Debug, PartialEq, Eq)]
struct Hangs;

/// When git made a worktree beside a clone's own, in microseconds; `None` for a clone's own.
#[must_use]
pub fn made(dirs: &GitDirs) -> Option<u64> {
    // Git writes this file once.
    let written = fs::metadata(dirs.own.join("commondir")).ok()?.modified();
    let since = written.ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_micros()).ok()
}

/// Whether a checkout that is not there was a worktree that git has given up, as far as the git
/// directory shows that the ledger `directory` lies in. One that git still lists may be on a disk
/// that is not mounted; where there is no git, nobody can tell.
pub(crate) fn has_given_up(directory: &Path, checkout: &Path) -> bool {
    let Some(common) = directory.parent().filter(|dir| dir.join("HEAD").is_file()) else {
        return false;
    };
    let listed = match fs::read_dir(common.join("worktrees")) {
        Ok(entries) => entries,
        // Git takes the folder away with the last worktree.
        Err(error) => return error.kind() == std::io::ErrorKind::NotFound,
    };
    // Git may write the path relative, or by way of a link: the name is all that is compared.
    !listed.flatten().any(|entry| {
        let gitdir = read_line(&entry.path().join("gitdir"));
        gitdir.is_none_or(|line| {
            Path::new(line.trim()).parent().and_then(Path::file_name) == checkout.file_name()
        })
    })
}

/// The top folders of the checkouts that git knows of the clone that a ledger belongs to; none
/// where it belongs to no clone. Read from git's files.
pub(crate) fn checkouts_of(layout: &Layout) -> Vec<PathBuf> {
    let is_git = |folder: &PathBuf| folder.join("HEAD").is_file();
    let directory = layout.directory();
    let around = directory.parent().map(Path::to_owned).filter(is_git);
    // A `.ledger` belongs to the folder it is in.
    let elsewhere = || match directory.ends_with(".ledger") {
        true => None,
        false => layout.home().filter(is_git),
    };
    let Some(common) = around.or_else(elsewhere) else {
        return Vec::new();
    };
    let first = common.parent().filter(|_| common.ends_with(".git"));
    let entries = fs::read_dir(common.join("worktrees"));
    let listed = entries.into_iter().flatten().flatten().filter_map(|entry| {
        let own = entry.path();
        // It may be relative to where it is written.
        let dot_git = own.join(read_line(&own.join("gitdir"))?.trim());
        dot_git.parent().map(Path::to_owned)
    });
    first
        .map(Path::to_owned)
        .into_iter()
        .chain(listed)
        .collect()
}

/// Asks about one checkout.
#[derive(Debug, Clone, Copy)]
pub struct Git<'a> {
    root: &'a Path,
    dirs: &'a GitDirs,
}

impl<'a> Git<'a> {
    /// For the checkout with its top at `root`.
    #[must_use]
    pub const fn new(root: &'a Path, dirs: &'a GitDirs) -> Self {
        Self { root, dirs }
    }

    /// The commit `HEAD` is at; `None` before the first commit.
    #[must_use]
    pub fn head(&self) -> Option<String> {
        let mut text = read_line(&self.dirs.own.join("HEAD"))?;
        // A symbolic ref may name another one; a bound keeps a loop from being followed.
        for _ in 0..5 {
            let Some(name) = text.strip_prefix("ref:").map(str::trim) else {
                return is_object_id(&text).then_some(text);
            };
            if name.starts_with('/') || name.split('/').any(|part| part == "..") {
                return None;
            }
            if name == "refs/heads/.invalid" {
                // Refs are kept in the reftable format, which only git itself reads.
                return self.ask_head();
            }
            text = match read_line(&self.dirs.own.join(name))
                .or_else(|| read_line(&self.dirs.common.join(name)))
            {
                Some(text) => text,
                None => return packed_ref(&self.dirs.common.join("packed-refs"), name),
            };
        }
        None
    }

    /// The commit `HEAD` is at, how long its log is, and of which worktree.
    #[must_use]
    pub fn position(&self) -> Option<GitHead> {
        let log = fs::metadata(self.dirs.own.join("logs/HEAD"));
        Some(GitHead {
            commit: self.head()?,
            log: log.map_or(0, |log| log.len()),
            made: made(self.dirs),
        })
    }

    fn ask_head(&self) -> Option<String> {
        let bytes = self.run(&["rev-parse", "--verify", "--quiet", "HEAD"], 100)?;
        let text = String::from_utf8(bytes).ok()?.trim().to_owned();
        is_object_id(&text).then_some(text)
    }

    /// The bytes of `path` (relative to the root, with `/`) in `commit`, as git stores them;
    /// `None` if it is not in it or longer than `limit`.
    #[must_use]
    pub fn blob(&self, commit: &str, path: &str, limit: u64) -> Option<Vec<u8>> {
        if !is_object_id(commit) {
            return None;
        }
        let object = format!("{commit}:./{path}");
        self.run(&["cat-file", "blob", &object], limit)
    }

    /// The bytes of `path` as it is staged, likewise.
    #[must_use]
    pub fn staged(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        self.run(&["cat-file", "blob", &format!(":./{path}")], limit)
    }

    /// Whether git's index has conflicts for `path` (relative to the root, with `/`).
    #[must_use]
    pub fn is_unmerged(&self, path: &str) -> bool {
        let path = format!(":(literal){path}");
        self.run(&["ls-files", "--unmerged", "-z", "--", &path], 1 << 16)
            .is_some_and(|list| !list.is_empty())
    }

    /// Whether `ancestor` is `commit` or one of those it was made on.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: &str, commit: &str) -> bool {
        let known = is_object_id(ancestor) && is_object_id(commit);
        known
            && self
                .run(&["merge-base", "--is-ancestor", ancestor, commit], 0)
                .is_some()
    }

    /// A commit and all that it was made on, each before those that it was made on itself.
    #[must_use]
    pub fn ancestors(&self, commit: &str) -> Vec<String> {
        /// Room for several million commits.
        const LIMIT: u64 = 256 << 20;
        if !is_object_id(commit) {
            return Vec::new();
        }
        let listed = self.run(&["rev-list", "--topo-order", commit], LIMIT);
        let listed = listed.and_then(|list| String::from_utf8(list).ok());
        listed
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// When the commit was made that last changed `path` (relative to the root, with `/`) up to
    /// `commit`, in seconds since 1970, as it claims.
    #[must_use]
    pub fn last_change(&self, commit: &str, path: &str) -> Option<i64> {
        if !is_object_id(commit) {
            return None;
        }
        let path = format!(":(literal){path}");
        let bytes = self.run(
            &[
                "log",
                "-1",
                "--no-show-signature",
                "--format=%ct",
                commit,
                "--",
                &path,
            ],
            100,
        )?;
        String::from_utf8(bytes).ok()?.trim().parse().ok()
    }

    /// Puts a text into the note of `HEAD`'s commit under `refs/notes/NAME`, in place of one that is
    /// there; that commit.
    ///
    /// # Errors
    /// What git says.
    pub fn put_note(&self, name: &str, text: &str) -> Result<String, String> {
        let commit = self.head().ok_or("there is no commit yet")?;
        let mut command = self.command();
        command
            .args(["notes", "--ref", name, "add", "-f", "-F", "-", &commit])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let ended = command.spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(text.as_bytes())?;
            }
            child.wait_with_output()
        });
        match ended {
            Ok(output) if output.status.success() => Ok(commit),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(said.trim().to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// The commits of any branch that put a line into one of these files, or took one out of it,
    /// for which `holds` is true; `None` if git cannot tell within bounds of time and bytes. The
    /// lines are looked at here: git's arguments can be seen by everybody on the machine.
    #[must_use]
    pub fn commits_with(
        &self,
        paths: &[&str],
        holds: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<String>> {
        const LIMIT: u64 = 64 << 20;
        let paths = paths.iter().map(|path| format!(":(literal){path}"));
        let options = [
            "log",
            "--all",
            "--reflog",
            "--no-show-signature",
            "--format=%x00%H",
        ];
        let patch = [
            "-p",
            "-m",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--text",
            "--",
        ];
        let arguments = options.into_iter().chain(patch).map(str::to_owned);
        let output = self.run(&arguments.chain(paths).collect::<Vec<_>>(), LIMIT)?;
        let mut found: Vec<String> = Vec::new();
        let mut commit = String::new();
        // Lines that came, or went, one after the other.
        let (mut sign, mut run) = (0, Vec::new());
        // The last commit ends like the others.
        for line in output.split(|byte| *byte == b'\n').chain([&b"\0"[..]]) {
            let (first, text) = line
                .split_first()
                .map_or((0, line), |(sign, text)| (*sign, text));
            if first != sign || first == 0 {
                if holds(&run) && found.last() != Some(&commit) {
                    found.push(commit.clone());
                }
                run.clear();
                sign = first;
            }
            match first {
                0 if !text.is_empty() => commit = String::from_utf8_lossy(text).into_owned(),
                b'+' | b'-' => {
                    run.extend_from_slice(text);
                    run.push(b'\n');
                }
                _ => {}
            }
        }
        Some(found)
    }

    /// Runs git at the root; `None` unless it succeeds within `limit` bytes of output.
    fn run<I: AsRef<OsStr>>(&self, arguments: &[I], limit: u64) -> Option<Vec<u8>> {
        let mut command = self.silent();
        command.args(arguments);
        if HUNG.load(Ordering::Relaxed) {
            return None;
        }
        let answer = answer(command.spawn().ok()?, limit, PATIENCE);
        HUNG.store(answer.is_err(), Ordering::Relaxed);
        answer.ok()?.filter(|output| output.len() as u64 <= limit)
    }

    /// Git at the root, to be asked for what it prints.
    fn silent(&self) -> Command {
        let mut command = self.command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// Git at the root, with nothing of a git around this process, and asking nobody anything.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(self.root)
            .args(["-c", "core.fsmonitor=false"]);
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0");
        command
    }
}

/// What a process prints, up to one byte more than `limit`; `None` if it fails.
///
/// # Errors
/// [`Hangs`] if it took longer than `patience`: it was killed then.
fn answer(mut child: Child, limit: u64, patience: Duration) -> Result<Option<Vec<u8>>, Hangs> {
    let until = Instant::now() + patience;
    let (sender, receiver) = sync_channel(1);
    let stdout = child.stdout.take();
    // What it started may keep the pipe open after it was killed, so nobody waits for the thread.
    let reader = thread::Builder::new().spawn(move || {
        let mut output = Vec::new();
        let read = stdout.map(|out| out.take(limit.saturating_add(1)).read_to_end(&mut output));
        let _ = sender.send(read.and_then(Result::ok).map(|_| output));
    });
    let output = match reader {
        Ok(_) => receiver.recv_timeout(patience),
        Err(_) => Ok(None),
    };
    // The pipe is closed now, so a git with more to say ends by itself.
    let mut pause = Duration::from_micros(50);
    while output.is_ok() && Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(output.unwrap_or(None).filter(|_| status.success())),
            Ok(None) => thread::sleep(pause),
            Err(_) => return Ok(None),
        }
        pause = (pause * 2).min(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(Hangs)
}

fn packed_ref(path: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (id, own) = line.split_once(' ')?;
        (own == name && is_object_id(id)).then(|| id.to_owned())
    })
}

/// Whether a text has the form of a commit's full id.
#[must_use]
pub fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether git checks `blob` out as `bytes`: unchanged, or with `\n` made `\r\n` (autocrlf).
#[must_use]
pub fn checks_out_as(blob: &[u8], bytes: &[u8]) -> bool {
    if blob == bytes {
        return true;
    }
    let feeds = blob.iter().filter(|byte| **byte == b'\n').count();
    blob.len() + feeds == bytes.len() && carried(blob).eq(bytes.iter().copied())
}

/// A text as git checks it out with `core.autocrlf`: one that has a carriage return stays as it is.
#[must_use]
pub fn with_carriage_returns(blob: &[u8]) -> Vec<u8> {
    carried(blob).collect()
}

fn carried(blob: &[u8]) -> impl Iterator<Item = u8> {
    let stays = blob.contains(&b'\r');
    blob.iter().flat_map(move |byte| {
        let carriage = (*byte == b'\n' && !stays).then_some(b'\r');
        carriage.into_iter().chain([*byte])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locate::locate;

    fn git(folder: &Path, arguments: &[&str]) -> bool {
        let mut command = Command::new("git");
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        command
            .arg("-C")
            .arg(folder)
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    #[test]
    fn a_blob_is_checked_out_as_it_is_or_with_other_line_ends() {
        assert!(checks_out_as(b"a\nb\n", b"a\nb\n"));
        assert!(checks_out_as(b"a\nb\n", b"a\r\nb\r\n"));
        for other in [&b"a\nb\r\n"[..], b"a\nb", b"a\nc\n"] {
            assert!(!checks_out_as(b"a\nb\n", other));
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_git_that_hangs_is_killed_and_gives_no_answer() {
        let run = |script: &str, patience| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).stdout(Stdio::piped());
            // What it leaves behind keeps nobody waiting who reads the output of the tests.
            shell.stderr(Stdio::null());
            answer(shell.spawn().unwrap(), 100, patience)
        };
        let brief = Duration::from_millis(50);
        // It says nothing, it says something and stays, and what it started holds the pipe.
        for script in [
            "exec sleep 600",
            "echo yes; exec >&-; exec sleep 600",
            "sleep 600 & echo yes",
        ] {
            assert_eq!(run(script, brief), Err(Hangs), "{script}");
        }
        let long = Duration::from_secs(600);
        assert_eq!(run("echo yes", long), Ok(Some(b"yes\n".to_vec())));
        assert_eq!(run("echo no; exit 1", long), Ok(None));
        let endless = run("exec yes", long);
        assert_eq!(endless, Ok(None), "it is stopped by what nobody reads");
    }

    #[test]
    fn head_blob_and_conflicts_are_seen_in_a_clone_and_its_worktree() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let clone = top.join("clone");
        fs::create_dir(&clone).unwrap();
        if !git(&clone, &["init", "-q", "-b", "main"]) {
            eprintln!("skipped: no usable git");
            return;
        }
        let place = locate(&clone, None).unwrap();
        let dirs = place.git.as_ref().unwrap();
        let here = Git::new(&place.root, dirs);
        assert_eq!(here.head(), None);
        fs::create_dir(clone.join("docs")).unwrap();
        fs::write(clone.join("docs/a b.md"), "one\n").unwrap();
        assert!(git(&clone, &["add", "."]));
        assert!(git(&clone, &["commit", "-qm", "one"]));
        let first = here.head().unwrap();
        assert_eq!(here.ask_head().unwrap(), first);
        assert_eq!(here.blob(&first, "docs/a b.md", 100).unwrap(), b"one\n");
        assert_eq!(here.blob(&first, "docs/a b.md", 3), None);
        assert_eq!(here.blob(&first, "none.md", 100), None);
        assert!(git(&clone, &["pack-refs", "--all"]));
        assert_eq!(here.head().unwrap(), first);

        assert!(git(
            &clone,
            &["worktree", "add", "-q", "-b", "side", "../tree"]
        ));
        let tree = locate(&top.join("tree"), None).unwrap();
        let there = Git::new(&tree.root, tree.git.as_ref().unwrap());
        fs::write(tree.root.join("docs/a b.md"), "side\n").unwrap();
        assert!(git(&tree.root, &["commit", "-qam", "side"]));
        let second = there.head().unwrap();
        let before = there.position().unwrap();
        assert!(git(&tree.root, &["checkout", "-q", "-b", "other"]));
        assert!(git(&tree.root, &["checkout", "-q", "side"]));
        let after = there.position().unwrap();
        assert_eq!(after.commit, before.commit);
        assert_ne!(after, before, "HEAD went elsewhere meanwhile");
        assert!(here.is_ancestor(&first, &second) && here.is_ancestor(&first, &first));
        assert!(!here.is_ancestor(&second, &first));
        let changed = here.last_change(&second, "docs/a b.md").unwrap();
        assert!(changed >= here.last_change(&first, "docs/a b.md").unwrap());
        assert_eq!(here.last_change(&second, "none.md"), None);
        assert_eq!(here.head().unwrap(), first);

        fs::write(clone.join("docs/a b.md"), "main\n").unwrap();
        assert!(git(&clone, &["commit", "-qam", "main"]));
        assert!(!here.is_unmerged("docs/a b.md"));
        assert!(!git(&clone, &["merge", "-q", "side"]));
        assert!(here.is_unmerged("docs/a b.md"));
        assert!(!here.is_unmerged("docs/*.md"));
    }
}
