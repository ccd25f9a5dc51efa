//! The commits that git's own names mean: `HEAD`, a branch, a tag, `main~2` (gitrevisions(7)).

use std::fs;

use super::{Git, is_object_id};

/// The longest name that git is asked about.
const LONGEST: usize = 256;

/// Whether git may be asked what a text means. It never is an option, a range, a path in a tree or
/// a search through messages, and it has no character that a ref cannot have
/// (git-check-ref-format(1)).
fn may_name(text: &str) -> bool {
    let foreign = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, ':' | '\\' | '*' | '?' | '[' | '"')
    };
    !text.is_empty()
        && text.len() <= LONGEST
        && !text.starts_with(['-', '.', '^'])
        && !text.contains("..")
        && !text.contains("{/")
        && !text.contains(foreign)
}

/// Where a name is looked for, in the order of gitrevisions(7).
const REFS: [&str; 4] = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];

impl Git<'_> {
    /// Whether git may know a branch or a tag of this name, from its files, without a process.
    #[must_use]
    pub fn may_have_ref(&self, name: &str) -> bool {
        if !may_name(name) {
            return false;
        }
        let common = &self.dirs.common;
        // Only git itself reads that format of refs.
        if common.join("reftable").is_dir() {
            return true;
        }
        let names = REFS.map(|folder| format!("{folder}{name}"));
        if names.iter().any(|name| common.join(name).is_file()) {
            return true;
        }
        let packed = fs::read(common.join("packed-refs")).unwrap_or_default();
        packed.split(|byte| *byte == b'\n').any(|line| {
            let own = line.splitn(2, |byte| *byte == b' ').nth(1);
            own.is_some_and(|own| names.iter().any(|name| name.as_bytes() == own))
        })
    }

    /// The commit that git means by a name; `None` if it knows none of that name.
    #[must_use]
    pub fn revision(&self, name: &str) -> Option<String> {
        if !may_name(name) {
            return None;
        }
        let commit = format!("{name}^{{commit}}");
        let asked = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
        let answer = self.run(&[&asked[..], &[&commit]].concat(), 200)?;
        let text = String::from_utf8(answer).ok()?;
        // A git before 2.30 repeats the option that it does not know.
        let id = text.lines().last()?.trim();
        is_object_id(id).then(|| id.to_owned())
    }

    /// When a commit was made, in seconds since 1970, as it claims.
    #[must_use]
    pub fn time_of(&self, commit: &str) -> Option<i64> {
        if !is_object_id(commit) {
            return None;
        }
        let asked = [
            "log",
            "-1",
            "--no-show-signature",
            "--format=%ct",
            commit,
            "--",
        ];
        let answer = self.run(&asked, 100)?;
        String::from_utf8(answer).ok()?.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_never_reaches_git() {
        for name in [
            "HEAD",
            "main~2",
            "v1.0",
            "feature/x",
            "@{-1}",
            "HEAD^2",
            "größe",
        ] {
            assert!(may_name(name), "{name}");
        }
        for other in [
            "",
            "--help",
            "-n1",
            "HEAD:secret",
            ":/fix",
            "HEAD^{/fix}",
            "a..b",
            "^HEAD",
            "a b",
            "a\nb",
            "a\0b",
            &"x".repeat(257),
        ] {
            assert!(!may_name(other), "{other:?}");
        }
    }
}
