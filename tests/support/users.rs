//! Running the binary as somebody to whom something is forbidden.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{Project, Run};

/// A user that owns nothing here.
const NOBODY: u32 = 65_534;

pub(crate) fn is_root(project: &Project) -> bool {
    fs::metadata(project.path(".")).unwrap().uid() == 0
}

/// Whether another user may run the binary where it was built; that is not so everywhere.
fn may_run(project: &Project) -> bool {
    let mut version = project.command(["--version"]);
    let ran = version.current_dir("/").uid(NOBODY).output();
    let can = ran.is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("no other user can run the binary here; this test checks less");
    }
    can
}

pub(crate) fn give_to(path: &Path, user: u32) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_to(&entry.unwrap().path(), user);
        }
    }
    chown(path, Some(user), Some(user)).unwrap();
}

#[track_caller]
pub(crate) fn run_as(project: &Project, user: Option<u32>, words: &[&str]) -> Run {
    let mut command: Command = project.command(words);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    let run = Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        bytes: output.stdout,
    };
    assert!(
        matches!(run.code, 0..=2) && !run.stderr.contains("panicked"),
        "{}",
        run.stderr
    );
    run
}

/// Who a project is to be used as so that its files' modes count: whoever runs the tests, or where
/// that is root another user, to whom it is given. `None` where no such user can run the binary.
pub(crate) fn unprivileged(project: &Project) -> Option<Option<u32>> {
    if !is_root(project) {
        return Some(None);
    }
    may_run(project).then(|| {
        give_to(&project.path("."), NOBODY);
        Some(NOBODY)
    })
}
