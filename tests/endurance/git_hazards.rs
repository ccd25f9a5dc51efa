//! What git does to a clone: it cleans up, stashes, packs, and takes worktrees away. The ledger is
//! whole after each.

use std::fs;

use serde_json::Value;

use super::plan_of;
use crate::support::{Project, git_in};

/// A clone whose plan has a history, and what is known of it.
struct History {
    project: Project,
    /// Where commands are run, below the project's folder.
    folder: String,
    events: Vec<Value>,
    moments: Vec<(u64, Vec<u8>)>,
    task: usize,
}

impl History {
    fn of(project: Project, folder: &str) -> Self {
        let mut history = Self {
            project: project.kept(),
            folder: folder.to_owned(),
            events: Vec::new(),
            moments: Vec::new(),
            task: 0,
        };
        history.ok(&["init", "TODO.md"]);
        for _ in 0..3 {
            history.goes_on();
        }
        history
    }

    #[track_caller]
    fn ok(&self, words: &[&str]) -> Vec<u8> {
        let words = ["-C", &self.folder]
            .into_iter()
            .chain(words.iter().copied());
        self.project.ok(words).bytes
    }

    fn git(&self, words: &[&str]) {
        git_in(&self.project.path(&self.folder), words);
    }

    /// One more change, of which everything is known then.
    #[track_caller]
    fn goes_on(&mut self) {
        self.task += 1;
        self.ok(&["append", "complete", &format!("T-{}", self.task)]);
        let text = self.ok(&["render", "--stdout"]);
        let plan = format!("{}/TODO.md", self.folder);
        assert_eq!(self.project.bytes(&plan), text);
        self.events = self.read();
        let seq = self.events.last().unwrap()["seq"].as_u64().unwrap();
        self.moments.push((seq, text));
    }

    #[track_caller]
    fn read(&self) -> Vec<Value> {
        let text = String::from_utf8(self.ok(&["audit", "--format", "ndjson"])).unwrap();
        crate::support::lines_of_json(&text)
    }

    /// Sees that nothing of it is missing, and that nobody's edit was made up; then goes on.
    #[track_caller]
    fn is_whole_after(&mut self, what: &str) {
        self.ok(&["verify"]);
        assert_eq!(self.read(), self.events, "{what}");
        for (seq, text) in &self.moments {
            let seq = seq.to_string();
            let given = self.ok(&["render", "--stdout", "--at", &seq]);
            assert_eq!(given, *text, "{what}: moment {seq}");
        }
        self.ok(&["observe"]);
        self.ok(&["render"]);
        assert_eq!(self.read(), self.events, "{what}: an edit that nobody made");
        self.goes_on();
        self.ok(&["verify"]);
    }
}

/// A repository with a plan that is committed.
fn repository() -> Project {
    let project = Project::empty();
    project.write("TODO.md", plan_of(60));
    project.write("README.md", "A file that has nothing to do with it.\n");
    project.git_init();
    project
}

#[test]
fn what_git_cleans_stashes_packs_and_resets_never_is_the_ledger() {
    let mut history = History::of(repository(), ".");
    let rounds: [&[&[&str]]; 9] = [
        &[&["clean", "-xdfq"]],
        &[&["stash", "-aq"]],
        &[&["gc", "-q", "--aggressive", "--prune=now"]],
        &[
            &["commit", "-qam", "some"],
            &["reset", "-q", "--hard", "HEAD~1"],
        ],
        &[
            &["commit", "-qam", "more"],
            &["checkout", "-q", "HEAD~1"],
            &["checkout", "-q", "main"],
        ],
        &[
            &["switch", "-qC", "side"],
            &["commit", "-qam", "side"],
            &["switch", "-q", "main"],
        ],
        &[
            &["reflog", "expire", "--expire=now", "--all"],
            &["gc", "-q", "--prune=now"],
        ],
        &[
            &["stash", "-aq"],
            &["stash", "drop", "-q"],
            &["clean", "-xdfq"],
        ],
        &[
            &["worktree", "prune"],
            &["pack-refs", "--all"],
            &["fsck", "--full"],
        ],
    ];
    for commands in rounds {
        for words in commands {
            history.git(words);
        }
        history.is_whole_after(&format!("{commands:?}"));
    }
}

#[test]
fn a_plan_that_git_does_not_track_and_cleans_away_comes_back() {
    let project = Project::empty();
    project.write("README.md", "A file that has nothing to do with it.\n");
    project.git_init();
    project.write("TODO.md", plan_of(20));
    let mut history = History::of(project, ".");
    for words in [&["clean", "-xdfq"][..], &["stash", "-aq"]] {
        history.git(words);
        assert!(!history.project.path("TODO.md").exists());
        history.is_whole_after(&format!("{words:?}"));
    }
}

#[test]
fn worktrees_come_and_go_and_the_ledger_of_their_clone_stays() {
    let mut history = History::of(repository(), ".");
    history.git(&["commit", "-qam", "done so far"]);
    for gone_by in ["remove", "hand"] {
        history.git(&["worktree", "add", "-q", "-b", gone_by, "side"]);
        history.folder = "side".to_owned();
        history.is_whole_after("a new worktree");
        history.git(&["commit", "-qam", "in the worktree"]);
        history.folder = ".".to_owned();
        take_away(&history, "side", gone_by);
        history.is_whole_after(&format!("a worktree taken away by {gone_by}"));
    }
}

#[test]
fn a_bare_clone_keeps_its_ledger_whatever_becomes_of_its_worktrees() {
    let origin = repository();
    let project = Project::empty();
    let url = origin.path(".git");
    project.git(["clone", "-q", "--bare", url.to_str().unwrap(), "bare.git"]);
    let bare = project.path("bare.git");
    git_in(&bare, ["worktree", "add", "-q", "../one", "main"]);
    let mut history = History::of(project, "one");
    assert!(bare.join("ledger/journal.jsonl").is_file());
    for (at, gone_by) in ["remove", "hand", "remove", "hand"].into_iter().enumerate() {
        let next = format!("next{at}");
        git_in(
            &bare,
            [
                "worktree",
                "add",
                "-qf",
                "-b",
                &next,
                &format!("../{next}"),
                "main",
            ],
        );
        let old = std::mem::replace(&mut history.folder, next);
        history.is_whole_after("a new worktree");
        take_away(&history, &old, gone_by);
        git_in(&bare, ["gc", "-q", "--prune=now"]);
        history.is_whole_after(&format!("a worktree taken away by {gone_by}"));
    }
}

/// Takes a worktree away, in git's way or with no word to git.
fn take_away(history: &History, folder: &str, by: &str) {
    let path = history.project.path(folder);
    if by == "remove" {
        history.git(&["worktree", "remove", "--force", path.to_str().unwrap()]);
    } else {
        fs::remove_dir_all(&path).unwrap();
        history.git(&["worktree", "prune"]);
    }
    assert!(!path.exists());
}
