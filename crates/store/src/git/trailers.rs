//! What commit messages say in their trailers (git-interpret-trailers).

use super::{Git, is_object_id};

/// The most bytes of messages that are read at once.
const LIMIT: u64 = 16 << 20;

/// The trailers of a commit, and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailers {
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
    pub list: Vec<(String, String)>,
}

impl Git<'_> {
    /// The trailers of the commits of `range` (a commit's id for it and all before it, or two with
    /// `..` between them), the oldest first; of the `most` newest commits. Those without trailers
    /// are left out.
    #[must_use]
    pub fn trailers(&self, range: &str, most: usize) -> Vec<Trailers> {
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
        let arguments = [&log[..], &["--encoding=UTF-8", &count, format, range, "--"]].concat();
        let output = self.run(&arguments, LIMIT).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let mut commits: Vec<Trailers> = text.split('\0').filter_map(read).collect();
        commits.reverse();
        commits
    }

    /// The commits that `HEAD` came to last: from where it was before to where it is, as a range;
    /// `None` if its log does not say.
    #[must_use]
    pub fn arrived(&self) -> Option<String> {
        let was = self.run(&["rev-parse", "--verify", "--quiet", "HEAD@{1}"], 100)?;
        let was = String::from_utf8(was).ok()?;
        Some(format!("{}..{}", was.trim(), self.head()?))
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
fn read(record: &str) -> Option<Trailers> {
    let mut lines = record.lines();
    let commit = lines.next().filter(|id| is_object_id(id))?.to_owned();
    let mut next = || lines.next().map(str::to_owned);
    let (name, mail, authored) = (next()?, next()?, next()?);
    let trailer = |line: &str| {
        let (key, value) = line.split_once(':')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    let list: Vec<_> = lines.filter_map(trailer).collect();
    (!list.is_empty()).then_some(Trailers {
        commit,
        name,
        mail,
        authored,
        list,
    })
}
