//! Where a file went that is not there any more, as git tells it.

use super::{Git, is_object_id};

/// How much of a list of renames is read.
const LIMIT: u64 = 16 << 20;

impl Git<'_> {
    /// What the file at `path` was renamed to, by what is to be committed, or by the last commit
    /// that took the name away; both relative to the root, with `/`.
    #[must_use]
    pub fn renamed(&self, path: &str) -> Option<String> {
        let staged = ["diff", "--cached", "HEAD"];
        if let Some(to) = self.rename_in(&staged, path) {
            return Some(to);
        }
        let literal = format!(":(literal){path}");
        let last = [
            "log",
            "-1",
            "--no-show-signature",
            "--no-renames",
            "--diff-filter=D",
            "--format=%H",
            "--",
            &literal,
        ];
        let commit = String::from_utf8(self.run(&last, 100)?).ok()?;
        let commit = commit.trim();
        if !is_object_id(commit) {
            return None;
        }
        self.rename_in(&["diff-tree", "-r", "--no-commit-id", commit], path)
    }

    /// What a comparison of two trees says that `path` became.
    fn rename_in(&self, comparison: &[&str], path: &str) -> Option<String> {
        let mut arguments = comparison.to_vec();
        arguments.extend([
            "-M",
            "--diff-filter=R",
            "--name-status",
            "-z",
            "--relative",
            "--no-ext-diff",
        ]);
        let listed = String::from_utf8(self.run(&arguments, LIMIT)?).ok()?;
        let mut fields = listed.split('\0');
        while let (Some(_score), Some(from), Some(to)) =
            (fields.next(), fields.next(), fields.next())
        {
            if from == path {
                return Some(to.to_owned());
            }
        }
        None
    }
}
