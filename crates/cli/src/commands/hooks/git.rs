//! Blocks in git's hooks, in the folder that git really uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger_store::Place;

use super::blocks::SHELL;
use super::files::{self, Edit};
use super::{Step, Way, not_understood};
use crate::args::GitHook;
use crate::failure::Failure;

/// The hooks that run this program.
pub(super) const HOOKS: [GitHook; 5] = [
    GitHook::PreCommit,
    GitHook::PostCommit,
    GitHook::PostMerge,
    GitHook::PostRewrite,
    GitHook::PostCheckout,
];

const FIRST: &str = "#!/bin/sh\n";

/// Shells that understand the block.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// What a hook does. Without the command it does nothing, only `pre-commit` is ever in git's way,
/// and what git gives the user's own part on standard input stays there.
fn block(hook: GitHook) -> String {
    let ended = match hook {
        GitHook::PreCommit => "exit 1",
        _ => "true",
    };
    format!(
        "if command -v ledger >/dev/null 2>&1; then\n  \
         ledger hooks run {} </dev/null || {ended}\nfi\n",
        hook.name()
    )
}

/// The folder of a checkout's hooks.
///
/// # Errors
/// That there is no git, or that it is everybody's folder.
pub(super) fn folder(place: &Place, user: bool) -> Result<PathBuf, Failure> {
    let Some(git) = &place.git else {
        return Err(
            Failure::trouble("git: this project is in no git repository")
                .hint("run git init first"),
        );
    };
    let folder = ask(&place.root, &["rev-parse", "--git-path", "hooks"])
        .map(|path| place.root.join(path))
        .ok_or_else(|| Failure::trouble("git does not say where its hooks are"))?;
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = folder
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(&folder);
    let existing = real(existing);
    let own = [&place.root, &git.common, &git.own];
    let main = git.common.parent().map(real);
    let is_own = own.iter().any(|own| existing.starts_with(real(own)))
        || main.is_some_and(|main| git.common.ends_with(".git") && existing.starts_with(main));
    if is_own || user {
        return Ok(folder);
    }
    Err(Failure::trouble(format!(
        "git's hooks are in {}, outside of this repository (core.hooksPath): others may use them too",
        folder.display()
    ))
    .hint("run it with --user to put them there all the same"))
}

/// What git answers, in one line, with nothing of a git around this process.
fn ask(root: &Path, words: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(words);
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
    ] {
        command.env_remove(name);
    }
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.strip_suffix('\n')?;
    Some(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// What is to be done for one hook.
pub(super) fn step(folder: &Path, hook: GitHook, way: Way) -> Result<Step, Failure> {
    let path = folder.join(hook.name());
    let before = files::read(&path)?;
    let after = match (way, &before) {
        (Way::In, None) => Ok(Some(SHELL.made(FIRST, &block(hook)))),
        (Way::In, Some(text)) => fits(&path, text)
            .and_then(|()| SHELL.install(text, &block(hook)))
            .map(Some),
        (Way::Out, None) => Ok(None),
        (Way::Out, Some(text)) => SHELL.uninstall(text, FIRST),
    };
    let after = after.map_err(|why| not_understood(&path, &why))?;
    Ok(Step {
        whose: "git",
        edit: Edit {
            path,
            before,
            after,
            executable: true,
            keep: folder.to_owned(),
        },
        advice: None,
    })
}

/// Whether a hook of ours is in a file.
pub(super) fn is_in(path: &Path) -> Result<bool, String> {
    let text = files::read(path).map_err(|failure| failure.message().to_owned())?;
    let has = text.map_or(Ok(false), |text| SHELL.has(&text));
    has.map_err(|why| format!("{}: {why}", path.display()))
}

/// Whether a block can be put into somebody's script, and would run there.
fn fits(path: &Path, text: &str) -> Result<(), String> {
    if SHELL.has(text)? {
        return Ok(());
    }
    if let Some(line) = text.strip_prefix("#!") {
        let mut words = line.lines().next().unwrap_or_default().split_whitespace();
        let is_shell = words.any(|word| {
            let name = word.rsplit('/').next().unwrap_or_default();
            SHELLS.contains(&name)
        });
        if !is_shell {
            return Err("line 1 says that it is no shell script; let it run \
                        `ledger hooks run` itself"
                .to_owned());
        }
    }
    if !is_executable(path) {
        return Err(
            "it is not executable, so git does not run it, and making it so would start \
                    what is in it"
                .to_owned(),
        );
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}
