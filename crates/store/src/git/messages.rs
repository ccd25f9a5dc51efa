//! Who made commits, and what their messages say in trailers (git-interpret-trailers).

use std::fs;

use super::{Git, is_object_id};
use crate::locate::read_line;

/// The most bytes of messages that are read at once.
const LIMIT: u64 = 16 << 20;

/// A commit as its message and its author's line have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The commit's full id.
    pub commit: String,
    /// The author's name.
    pub name: String,
    /// The author's address.
    pub mail: String,
    /// When the author made it, as git prints it: a commit that is made anew by `--amend` or a
    /// rebase keeps it.
    pub authored: String,
    /// Each trailer, key and value, in order.
    pub trailers: Vec<(String, String)>,
}

/// A rebase that git is about to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The commit that the branch was at before.
    pub was: String,
    /// Whether changes of files that were put aside come back after it.
    pub sets_aside: bool,
}

impl Git<'_> {
    /// The messages of the commits of `range` (a commit's id for it and all before it, or two with
    /// `..` between them), the oldest first; of the `most` newest commits, and with `paths`
    /// (relative to the root, with `/`) of those that touch one of them.
    #[must_use]
    pub fn messages(&self, range: &str, paths: &[&str], most: usize) -> Vec<Message> {
        if !range.split("..").all(is_object_id) {
            return Vec::new();
        }
        let count = format!("--max-count={most}");
        let format = "--format=%H%n%an%n%ae%n%ad%n%(trailers:only,unfold)";
        let log = [
            "log",
            "-z",
            "--date=raw",
            "--no-show-signature",
            "--no-color",
        ];
        let literal: Vec<String> = paths
            .iter()
            .map(|path| format!(":(literal){path}"))
            .collect();
        let mut arguments = log.to_vec();
        arguments.extend(["--encoding=UTF-8", &count, format, range, "--"]);
        arguments.extend(literal.iter().map(String::as_str));
        let output = self.run(&arguments, LIMIT).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let mut commits: Vec<Message> = text.split('\0').filter_map(read).collect();
        commits.reverse();
        commits
    }

    /// The name and the address that the next commit's author has.
    #[must_use]
    pub fn author(&self) -> Option<(String, String)> {
        let line = self.run(&["var", "GIT_AUTHOR_IDENT"], 1 << 12)?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let (name, rest) = line.split_once('<')?;
        let (mail, _) = rest.split_once('>')?;
        Some((name.trim().to_owned(), mail.to_owned()))
    }

    /// The commits that `HEAD` came to last: from where it was before to where it is, as a range;
    /// `None` if its log does not say.
    #[must_use]
    pub fn arrived(&self) -> Option<String> {
        let was = self.run(&["rev-parse", "--verify", "--quiet", "HEAD@{1}"], 100)?;
        let was = String::from_utf8(was).ok()?;
        Some(format!("{}..{}", was.trim(), self.head()?))
    }

    /// The rebase that has just made its last commit; `None` at any other time. Git runs
    /// `post-rewrite` while its notes of the rebase are still there, and for a single amended
    /// commit as well.
    #[must_use]
    pub fn rebased_from(&self) -> Option<Rebase> {
        let notes = self.dirs.own.join("rebase-merge");
        // On the way `HEAD` names no branch.
        let head = read_line(&self.dirs.own.join("HEAD"))?;
        let is_over = head.starts_with("ref:");
        let was = read_line(&notes.join("orig-head"))?.trim().to_owned();
        let sets_aside = fs::exists(notes.join("autostash")).unwrap_or_default();
        (is_over && is_object_id(&was)).then_some(Rebase { was, sets_aside })
    }

    /// Whether the file at `path` (relative to the root, with `/`) is as `HEAD` has it.
    #[must_use]
    pub fn is_committed(&self, path: &str) -> bool {
        let path = format!(":(literal){path}");
        let diff = ["diff", "--quiet", "--no-ext-diff", "HEAD", "--", &path];
        self.run(&diff, 0).is_some()
    }

    /// Whether git is in the midst of a row of commits (a rebase, a row of picks): it does not go on
    /// over files that were changed meanwhile.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        let states = ["rebase-merge", "rebase-apply", "sequencer"];
        states.iter().any(|name| self.dirs.own.join(name).exists())
    }
}

/// Reads one commit of the log.
fn read(record: &str) -> Option<Message> {
    let mut lines = record.lines();
    let commit = lines.next().filter(|id| is_object_id(id))?.to_owned();
    let mut next = || lines.next().map(str::to_owned);
    let (name, mail, authored) = (next()?, next()?, next()?);
    let trailer = |line: &str| {
        let (key, value) = line.split_once(':')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    Some(Message {
        commit,
        name,
        mail,
        authored,
        trailers: lines.filter_map(trailer).collect(),
    })
}
