//! One ledger, many checkouts: current, stale, edited and absent copies of a plan, with real git.

use std::fs;

use crate::support::{Project, commit_at, git_in, types};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: First
- [ ] **T-2**: Second

Between the two ends of this plan stands some prose,
which is long enough to keep changes apart.

- [ ] **T-3**: Third
- [ ] **T-4**: Fourth
";

fn ticked(text: &str, id: &str) -> String {
    text.replace(&format!("- [ ] **{id}**"), &format!("- [x] **{id}**"))
}

#[test]
fn with_git_the_ledger_lives_in_its_common_directory() {
    let project = Project::in_git(PLAN);
    assert!(project.path(".git/ledger/journal.jsonl").is_file());
    assert!(!project.path(".ledger").exists());
    project.git(["clean", "-xdfq"]);
    project.git(["stash", "-aq"]);
    project.ok(["verify"]);
}

#[test]
fn what_another_worktree_was_given_is_never_given_up_without_a_word() {
    let project = Project::in_git(PLAN);
    let other = project.path("other").display().to_string();
    project.git(["worktree", "add", "-q", &other, "-b", "other"]);
    for task in ["T-1", "T-2"] {
        project.ok(["-C", &other, "append", "complete", task]);
    }
    let file = |name: &str| format!(".git/ledger/{name}");
    let [journal, head] = ["journal.jsonl", "head"].map(|name| project.bytes(&file(name)));
    project.ok(["-C", &other, "append", "complete", "T-3"]);
    let [longer, last] = ["journal.jsonl", "head"].map(|name| project.bytes(&file(name)));
    // An older head lags, which is harmless, and one that was put back with the journal is level.
    let older = {
        project.write(&file("journal.jsonl"), &journal);
        project.write(&file("head"), &head);
        let lines = journal.split_inclusive(|byte| *byte == b'\n').count();
        let start = journal
            .split_inclusive(|byte| *byte == b'\n')
            .take(lines - 1);
        start.flatten().copied().collect::<Vec<u8>>()
    };
    assert!(longer.starts_with(&journal) && journal.starts_with(&older));
    let root = fs::canonicalize(&other).unwrap().display().to_string();
    for (journal, head) in [(&journal, &head), (&older, &last), (&older, &head)] {
        project.write(&file("journal.jsonl"), journal);
        project.write(&file("head"), head);
        for words in [&["status"][..], &["list"], &["append", "complete", "T-4"]] {
            project.fails(
                words,
                2,
                &["journal.jsonl", "has lost event", "ledger doctor"],
            );
        }
        project.fails(["verify"], 1, &["has lost event"]);
        assert_eq!(project.bytes(&file("journal.jsonl")), *journal);
    }
    project.write(&file("head"), &head);
    project.write(&file("journal.jsonl"), &journal);
    project.fails(["status"], 2, &["the record of", &root]);
    // A record that cannot be made out knows nothing, and one of a worktree that is gone still does.
    project.git(["worktree", "remove", "--force", &other]);
    project.fails(["status"], 2, &["the record of", &root]);
    for entry in fs::read_dir(project.path(&file("checkouts"))).unwrap() {
        let path = entry.unwrap().path();
        if fs::read_to_string(&path).unwrap().contains(&root) {
            fs::write(path, "garbled").unwrap();
        }
    }
    project.ok(["append", "complete", "T-4"]);
}

#[test]
fn a_copy_that_git_brought_back_is_stale_and_is_brought_forward() {
    let project = Project::in_git(PLAN);
    project.ok(["append", "complete", "T-1"]);
    let done = project.plan();
    project.git(["commit", "-qam", "done"]);
    project.ok(["append", "start", "T-2"]);
    let head = project.plan();
    // git takes the file back two moments; nobody wrote it.
    project.git(["checkout", "-qf", "HEAD~1"]);
    assert_eq!(project.plan(), PLAN);
    assert_eq!(project.events().len(), 4);
    project.ok(["observe"]);
    assert_eq!(project.plan(), head);
    assert_eq!(project.events().len(), 4, "a checkout is nobody's edit");
    project.git(["checkout", "-qf", "main"]);
    assert_eq!(project.plan(), done);
    project.ok(["append", "note", "T-3", "soon"]);
    assert_eq!(project.events().len(), 5);
    assert!(project.plan().contains("soon"));
}

#[test]
fn a_branch_that_was_left_and_come_back_to_takes_nothing_back() {
    for back in [["switch", "-q", "-"], ["reset", "-q", "--hard"]] {
        let project = Project::in_git(PLAN);
        project.git(["switch", "-q", "-c", "side"]);
        project.ok(["append", "complete", "T-1"]);
        let done = project.plan();
        project.git(["commit", "-qam", "done"]);
        match back[0] {
            "reset" => project.git(["reset", "-q", "--hard", "HEAD~1"]),
            _ => project.git(back),
        };
        assert_eq!(project.plan(), PLAN);
        project.ok(["status"]);
        project.ok(["observe"]);
        assert_eq!(project.plan(), done, "{back:?}");
        assert!(!types(&project.events()).contains(&"task.reopened"));
    }
}

#[test]
fn a_stash_takes_nothing_back() {
    let project = Project::in_git(PLAN);
    project.ok(["append", "complete", "T-1"]);
    let done = project.plan();
    project.git(["stash", "-q"]);
    assert_eq!(project.plan(), PLAN);
    project.ok(["observe"]);
    assert_eq!(project.plan(), done);
    assert_eq!(project.events().len(), 3);
}

#[test]
fn a_commit_from_before_the_ledger_is_nobodys_edit() {
    let project = Project::empty();
    project.write("TODO.md", PLAN.replace("Fourth", "Something else"));
    project.git(["init", "-q", "-b", "main"]);
    commit_at(&project.path("."), "2020-01-01T12:00:00Z");
    project.write("TODO.md", PLAN);
    commit_at(&project.path("."), "2020-01-02T12:00:00Z");
    project.ok(["init", "TODO.md"]);
    let other = project.path("old");
    project.git([
        "worktree",
        "add",
        "-q",
        "--detach",
        other.to_str().unwrap(),
        "HEAD~1",
    ]);
    project.git(["checkout", "-q", "HEAD~1"]);
    for folder in [".", "old"] {
        let run = project.ok(["-C", folder, "observe"]);
        assert!(run.stderr.contains("before the ledger"), "{}", run.stderr);
        assert_eq!(project.read(&format!("{folder}/TODO.md")), PLAN);
    }
    assert_eq!(project.events().len(), 2);
}

#[test]
fn taking_a_change_back_by_hand_and_committing_it_is_an_edit() {
    let project = Project::in_git(PLAN);
    project.ok(["append", "complete", "T-1"]);
    project.git(["commit", "-qam", "done"]);
    project.ok(["observe"]);
    project.write("TODO.md", PLAN);
    commit_at(&project.path("."), "2099-01-01T12:00:00Z");
    project.ok(["observe"]);
    assert_eq!(project.plan(), PLAN);
    assert!(types(&project.events()).contains(&"task.reopened"));
}

#[test]
fn a_merge_of_another_worktrees_commit_takes_nothing_back() {
    let project = Project::in_git(PLAN);
    let other = project.path("other");
    let at = other.to_str().unwrap();
    project.git(["worktree", "add", "-q", "-b", "side", at]);
    project.ok(["-C", "other", "append", "start", "T-1"]);
    commit_at(&other, "2099-01-01T12:00:00Z");
    project.ok(["-C", "other", "append", "complete", "T-1"]);
    let head = project.read("other/TODO.md");
    // What comes is newer than what was rendered here, and older than the head.
    project.git(["merge", "-q", "side"]);
    assert!(project.plan() != PLAN && project.plan() != head);
    let before = project.events().len();
    project.ok(["observe"]);
    assert_eq!(project.plan(), head);
    assert_eq!(project.events().len(), before);
}

#[test]
fn a_copy_in_a_branch_that_went_elsewhere_is_compared_with_what_it_was_made_from() {
    let project = Project::in_git(PLAN);
    project.git(["checkout", "-qb", "side"]);
    project.write("TODO.md", PLAN.replace("Fourth", "The fourth"));
    commit_at(&project.path("."), "2099-01-01T12:00:00Z");
    project.git(["checkout", "-q", "main"]);
    project.ok(["append", "complete", "T-1"]);
    project.git(["commit", "-qam", "done"]);
    project.ok(["observe"]);
    // Somebody else's edit of the plan as it was before T-1 was completed.
    project.git(["checkout", "-q", "side"]);
    project.ok(["observe"]);
    let expected = ticked(PLAN, "T-1").replace("Fourth", "The fourth");
    assert_eq!(project.plan(), expected);
    assert!(!types(&project.events()).contains(&"task.reopened"));
}

#[test]
fn the_same_bytes_saved_by_hand_are_the_edit_they_are() {
    let project = Project::in_git(PLAN);
    project.ok(["append", "complete", "T-1"]);
    // Nothing but an editor is at work here: bytes of an earlier moment, git's HEAD unmoved.
    project.write("TODO.md", PLAN);
    project.ok(["observe"]);
    assert_eq!(project.plan(), PLAN);
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "task.completed",
            "task.reopened"
        ]
    );
}

#[test]
fn a_worktree_that_lags_is_brought_forward_without_an_event() {
    let project = Project::in_git(PLAN);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "append", "start", "T-1"]);
    let started = fs::read_to_string(other.join("TODO.md")).unwrap();
    assert_eq!(project.plan(), PLAN, "the other checkout's file is its own");
    project.ok(["observe"]);
    assert_eq!(project.plan(), started);
    assert_eq!(
        types(&project.events()),
        ["ledger.created", "document.adopted", "task.started"]
    );
}

#[test]
fn two_copies_edited_from_the_same_base_both_keep_their_completions() {
    let project = Project::in_git(PLAN);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "observe"]);
    project.write("TODO.md", ticked(PLAN, "T-1"));
    fs::write(other.join("TODO.md"), ticked(PLAN, "T-4")).unwrap();
    project.ok(["observe"]);
    project.ok(["-C", "other", "observe"]);
    let both = ticked(&ticked(PLAN, "T-1"), "T-4");
    assert_eq!(fs::read_to_string(other.join("TODO.md")).unwrap(), both);
    project.ok(["observe"]);
    assert_eq!(project.plan(), both);
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "task.completed",
            "task.completed"
        ]
    );
    project.ok(["verify"]);
}

/// A second worktree, in which the plan is edited by hand while it lags behind `append` here.
/// Gives its text after `observe`, and what that said.
fn edited_while_lagging(project: &Project, done: &[&str], edit: &str) -> (String, String) {
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "observe"]);
    for id in done {
        project.ok(["append", "complete", id]);
    }
    fs::write(other.join("TODO.md"), edit).unwrap();
    let run = project.ok(["-C", "other", "observe"]);
    (project.read("other/TODO.md"), run.stderr)
}

#[test]
fn one_of_two_completions_next_to_each_other_ticked_by_hand_takes_back_none() {
    let plan = PLAN.replace(
        "- [ ] **T-4**: Fourth\n",
        "- [ ] **T-4**: Fourth\n- [ ] **T-5**: Fifth\n",
    );
    let project = Project::empty();
    project.write("TODO.md", &plan);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let by_hand = ticked(&plan, "T-4");
    let (text, said) = edited_while_lagging(&project, &["T-3", "T-4"], &by_hand);
    assert_eq!(text, ticked(&ticked(&plan, "T-3"), "T-4"));
    assert!(!said.contains("overrode"), "{said}");
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "task.completed",
            "task.completed"
        ]
    );
    project.ok(["observe"]);
    assert_eq!(project.plan(), text);
    project.ok(["verify"]);
}

#[test]
fn a_title_corrected_by_hand_keeps_the_completion_of_its_task() {
    let project = Project::in_git(PLAN);
    let by_hand = PLAN.replace("**T-2**: Second", "**T-2**: The second");
    let (text, said) = edited_while_lagging(&project, &["T-2"], &by_hand);
    assert_eq!(text, ticked(&by_hand, "T-2"));
    assert!(!said.contains("overrode"), "{said}");
    let events = project.events();
    assert!(!types(&events).contains(&"task.reopened"), "{events:?}");
    assert!(types(&events).contains(&"task.retitled"), "{events:?}");
    project.ok(["observe"]);
    assert_eq!(project.plan(), text);
    project.ok(["verify"]);
}

#[test]
fn where_both_changed_the_same_box_the_file_wins_and_says_so() {
    let project = Project::in_git(PLAN);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "observe"]);
    project.ok(["append", "complete", "T-1"]);
    fs::write(
        other.join("TODO.md"),
        PLAN.replace("- [ ] **T-1**", "- [-] **T-1**"),
    )
    .unwrap();
    let run = project.ok(["-C", "other", "observe"]);
    assert!(
        run.stderr.contains("overrode '- [x] **T-1**: First'"),
        "{}",
        run.stderr
    );
    let text = fs::read_to_string(other.join("TODO.md")).unwrap();
    assert!(text.contains("- [-] **T-1**: First"), "{text}");
    let events = project.events();
    let overrode = events
        .iter()
        .any(|event| event["details"].to_string().contains("overrode"));
    assert!(overrode, "the event names what gave way: {events:?}");
    assert!(
        project
            .ok(["render", "--stdout", "--at", "2"])
            .stdout
            .contains("- [x] **T-1**")
    );
}

const BOARD: &str = "\
# Plan

## Todo

- [ ] **T-1**: First
- [ ] **T-2**: Second
  - Note: mind the gutter
- [ ] **T-3**: Third

## Done

- [x] **T-0**: Groundwork
";

/// A repository with a board, and a second worktree where it is current.
fn board() -> Project {
    let project = Project::empty();
    project.write("TODO.md", BOARD);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "observe"]);
    project
}

/// What one worktree records, by command and observed, while the plan of the other one is edited.
/// Gives the plan, which is then the same in both, and what observing the edit said.
fn at_once(commands: &[&[&str]], edit: &str, here_first: bool) -> (Project, String, String) {
    let project = board();
    let (here, there) = if here_first {
        (".", "other")
    } else {
        ("other", ".")
    };
    for command in commands {
        project.ok(["-C", here].iter().chain(*command));
    }
    project.write(&format!("{there}/TODO.md"), edit);
    let said = project.ok(["-C", there, "observe"]).stderr;
    let text = project.read(&format!("{there}/TODO.md"));
    project.ok(["-C", here, "observe"]);
    assert_eq!(project.read(&format!("{here}/TODO.md")), text);
    project.ok(["verify"]);
    (project, text, said)
}

#[test]
fn a_title_corrected_by_hand_goes_where_completing_moved_its_task() {
    for here_first in [true, false] {
        let edit = BOARD
            .replace("**T-2**: Second", "**T-2**: The second")
            .replace("mind the gutter", "mind the old gutter");
        let complete: &[&str] = &["append", "move", "T-2", "--section", "Done"];
        let (project, text, said) = at_once(&[complete], &edit, here_first);
        assert_eq!(
            text,
            "# Plan\n\n## Todo\n\n- [ ] **T-1**: First\n- [ ] **T-3**: Third\n\n## Done\n\n\
             - [x] **T-0**: Groundwork\n- [ ] **T-2**: The second\n  - Note: mind the old gutter\n"
        );
        assert!(!said.contains("overrode"), "{said}");
        let events = project.events();
        assert!(types(&events).contains(&"task.retitled"), "{events:?}");
        assert!(!types(&events).contains(&"task.added"), "{events:?}");
    }
}

#[test]
fn a_detail_edited_by_hand_brings_its_removed_task_back_and_says_so() {
    for here_first in [true, false] {
        let edit = BOARD.replace("mind the gutter", "mind the old gutter");
        let remove: &[&str] = &["append", "remove", "T-2"];
        let (project, text, said) = at_once(&[remove], &edit, here_first);
        assert_eq!(text, edit);
        assert!(
            said.contains("stands again: '- [ ] **T-2**: Second'"),
            "{said}"
        );
        let events = project.events();
        assert_eq!(types(&events).last(), Some(&"task.restored"), "{events:?}");
        let named = events.last().unwrap()["details"].to_string();
        assert!(named.contains("returned"), "the event names it: {named}");
    }
}

#[test]
fn a_task_removed_by_hand_goes_with_what_was_added_to_it_and_can_be_restored() {
    for here_first in [true, false] {
        let edit = BOARD.replace("- [ ] **T-2**: Second\n  - Note: mind the gutter\n", "");
        let commands: [&[&str]; 2] = [
            &["append", "complete", "T-2"],
            &["append", "note", "T-2", "the tiles are here"],
        ];
        let (project, text, said) = at_once(&commands, &edit, here_first);
        assert_eq!(text, edit, "no line of it is left under another task");
        assert!(said.contains("overrode"), "{said}");
        assert!(said.contains("the tiles are here"), "{said}");
        project.ok(["append", "restore", "T-2"]);
        let text = project.plan();
        assert!(text.contains("- [x] **T-2**: Second"), "{text}");
        assert!(text.contains("the tiles are here"), "{text}");
    }
}

#[test]
fn what_counts_tasks_counts_those_of_both_sides_after_a_merge() {
    let plan = format!("{PLAN}\nProgress: 0/4 (0%)\n");
    let project = Project::empty();
    project.write("TODO.md", &plan);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let by_hand = ticked(&plan, "T-4").replace("0/4 (0%)", "1/4 (25%)");
    let (text, said) = edited_while_lagging(&project, &["T-1", "T-2"], &by_hand);
    let all = ticked(&ticked(&ticked(&plan, "T-1"), "T-2"), "T-4");
    assert_eq!(text, all.replace("0/4 (0%)", "3/4 (75%)"));
    assert!(!said.contains("overrode"), "{said}");
    assert!(!types(&project.events()).contains(&"task.reopened"));
    project.ok(["verify"]);
    // What nobody merged is what the hand wrote, to the byte.
    let by_hand = ticked(&text, "T-3");
    project.ok(["observe"]);
    project.write("TODO.md", &by_hand);
    project.ok(["observe"]);
    assert_eq!(project.plan(), by_hand);
}

#[test]
fn a_plan_with_conflicts_records_nothing() {
    let project = Project::in_git(PLAN);
    project.git(["checkout", "-qb", "side"]);
    project.write("TODO.md", PLAN.replace("First", "One"));
    project.git(["commit", "-qam", "one"]);
    project.git(["checkout", "-q", "main"]);
    project.write("TODO.md", PLAN.replace("First", "Uno"));
    project.git(["commit", "-qam", "uno"]);
    project.ok(["observe"]);
    let before = project.events().len();
    let merge = std::process::Command::new("git")
        .current_dir(project.path("."))
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "merge",
            "-q",
            "side",
        ])
        .output()
        .unwrap();
    assert!(!merge.status.success(), "the merge conflicts");
    let conflicted = project.plan();
    assert!(conflicted.contains("<<<<<<<"));
    let run = project.ok(["observe"]);
    assert!(run.stderr.contains("conflicts"), "{}", run.stderr);
    assert_eq!(project.plan(), conflicted, "left alone");
    assert_eq!(project.events().len(), before);
}

#[test]
fn a_bare_repository_and_its_worktrees_share_one_ledger() {
    let origin = Project::empty();
    origin.write("TODO.md", PLAN);
    origin.git_init();
    let project = Project::empty();
    let url = origin.path(".git");
    project.git(["clone", "-q", "--bare", url.to_str().unwrap(), "bare.git"]);
    let bare = project.path("bare.git");
    git_in(&bare, ["worktree", "add", "-q", "../a", "main"]);
    git_in(&bare, ["worktree", "add", "-q", "-b", "b", "../b", "main"]);
    project.ok(["-C", "a", "init", "TODO.md"]);
    assert!(bare.join("ledger/journal.jsonl").is_file());
    project.ok(["-C", "b", "append", "complete", "T-2"]);
    project.ok(["-C", "a", "observe"]);
    assert_eq!(project.read("a/TODO.md"), project.read("b/TODO.md"));
}

#[test]
fn a_worktree_that_was_never_rendered_is_compared_with_its_commit() {
    let plan = format!("{PLAN}\nProgress: 0/4 (0%)\n");
    let project = Project::empty();
    project.write("TODO.md", &plan);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["append", "complete", "T-1"]);
    // Both sides count one task: the head is no further from the edit than what it was made on.
    let edited = ticked(&plan, "T-2").replace("0/4 (0%)", "1/4 (25%)");
    fs::write(other.join("TODO.md"), edited).unwrap();
    project.ok(["-C", "other", "observe"]);
    let text = project.read("other/TODO.md");
    assert!(
        text.contains("- [x] **T-1**") && text.contains("- [x] **T-2**"),
        "{text}"
    );
    assert!(!types(&project.events()).contains(&"task.reopened"));
}
