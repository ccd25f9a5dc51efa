//! What the next commit will have.

use std::path::Path;

use super::{Git, PATIENCE, answer};

/// Git's index, or the one that `git commit` has made for a commit of certain files.
#[derive(Debug, Clone, Copy)]
pub struct Index<'a> {
    git: Git<'a>,
    /// Its file, where it is not the usual one.
    file: Option<&'a Path>,
}

impl<'a> Git<'a> {
    /// The index; `file`: what `GIT_INDEX_FILE` names, as an absolute path.
    #[must_use]
    pub const fn index(self, file: Option<&'a Path>) -> Index<'a> {
        Index { git: self, file }
    }
}

impl Index<'_> {
    /// Whether the next commit changes `path` (relative to the root, with `/`).
    #[must_use]
    pub fn changes(&self, path: &str) -> bool {
        let path = format!(":(literal){path}");
        let diff = [
            "diff",
            "--cached",
            "--name-only",
            "-z",
            "--no-ext-diff",
            "--",
            &path,
        ];
        self.run(&diff, 1 << 16)
            .is_some_and(|list| !list.is_empty())
    }

    /// Whether the next commit will have `path` (relative to the root, with `/`) as the file is.
    #[must_use]
    pub fn is_as_file(&self, path: &str) -> bool {
        let path = format!(":(literal){path}");
        let diff = ["diff", "--quiet", "--no-ext-diff", "--", &path];
        self.run(&diff, 0).is_some()
    }

    /// The bytes of `path` (relative to the root, with `/`) that the next commit will have, as git
    /// stores them; `None` if it will not have it or it is longer than `limit`.
    #[must_use]
    pub fn blob(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let object = format!(":./{path}");
        self.run(&["cat-file", "blob", &object], limit)
    }

    fn run(&self, arguments: &[&str], limit: u64) -> Option<Vec<u8>> {
        let Some(file) = self.file else {
            return self.git.run(arguments, limit);
        };
        let mut command = self.git.silent();
        command.args(arguments).env("GIT_INDEX_FILE", file);
        let output = answer(command.spawn().ok()?, limit, PATIENCE).ok()??;
        (output.len() as u64 <= limit).then_some(output)
    }
}
