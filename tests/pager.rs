//! Long answers on a terminal: which pager shows them, and what becomes of it.

use std::process::Command;

use crate::support::Project;
use crate::support::terminal::{self, Seen};

const PLAN: &str = "\
# Plan

- [x] **US-1**: Draw the map
- [ ] **US-2**: Ink the coast, and the islands before it, and the reefs around the islands
";

/// A command with neither of the variables that name a pager.
fn bare(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.command(arguments);
    for name in ["LEDGER_PAGER", "PAGER", "LESS", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// What a command shows with this as `LEDGER_PAGER`.
fn paged(project: &Project, pager: &str, arguments: &[&str]) -> Seen {
    let mut command = bare(project, arguments);
    terminal::run(command.env("LEDGER_PAGER", pager), 60)
}

#[test]
fn the_pager_gets_what_the_terminal_would_colours_and_width_included() {
    let project = Project::adopted(PLAN);
    let direct = paged(&project, "", &["list"]);
    assert_eq!(direct.code, Some(0));
    assert!(direct.text.contains("\u{1b}["), "{direct:?}");
    assert!(direct.text.contains('…'), "{direct:?}");
    let seen = paged(&project, "cat > paged.txt", &["list"]);
    assert_eq!((seen.code, seen.text.as_str()), (Some(0), ""));
    assert_eq!(project.read("paged.txt"), direct.text);
}

#[test]
fn less_shows_a_short_answer_and_leaves() {
    let project = Project::adopted(PLAN);
    let direct = paged(&project, "cat", &["show", "US-1"]);
    // Where less is not there, the answer is printed all the same.
    let seen = terminal::run(&mut bare(&project, &["show", "US-1"]), 60);
    assert_eq!(seen.code, Some(0));
    assert!(seen.text.contains("Draw the map"), "{seen:?}");
    assert!(!seen.text.contains("note"), "{seen:?}");
    assert!(direct.text.contains("Draw the map"), "{direct:?}");
}

#[test]
fn nothing_is_paged_that_somebody_does_not_want_paged() {
    let project = Project::adopted(PLAN);
    let pager = "cat > paged.txt";
    let nothing = |seen: &Seen| {
        assert_eq!(seen.code, Some(0));
        assert!(seen.text.contains("Draw the map"), "{seen:?}");
        assert!(!project.path("paged.txt").exists());
    };
    nothing(&paged(&project, pager, &["list", "--no-pager"]));
    let mut command = bare(&project, &["list"]);
    nothing(&terminal::run(
        command.env("LEDGER_PAGER", "").env("PAGER", pager),
        60,
    ));
    // It is only what people look at that is shown with it.
    let mut command = bare(&project, &["list"]);
    let output = command.env("LEDGER_PAGER", pager).output().unwrap();
    assert!(output.stdout.starts_with(b"TODO.md") || !output.stdout.is_empty());
    assert!(!project.path("paged.txt").exists());
    // What changes something is short, and not to be waited for.
    let seen = paged(&project, pager, &["append", "start", "US-2"]);
    assert!(seen.text.contains("task.started"), "{seen:?}");
    assert!(!project.path("paged.txt").exists());
    // Nor is there anything to be shown where a command only fails.
    let seen = paged(&project, pager, &["show", "US-9"]);
    assert_eq!(seen.code, Some(1));
    assert!(seen.text.contains("error"), "{seen:?}");
    assert!(!project.path("paged.txt").exists());
    let mut command = bare(&project, &["list"]);
    terminal::run(command.env("PAGER", pager), 60);
    assert!(project.read("paged.txt").contains("Draw the map"));
}

#[test]
fn a_pager_that_is_not_there_is_named_and_missed_by_nobody() {
    let project = Project::adopted(PLAN);
    let seen = paged(&project, "no-such-pager -x", &["list"]);
    assert_eq!(seen.code, Some(0));
    assert!(
        seen.text.contains("the pager 'no-such-pager -x'"),
        "{seen:?}"
    );
    assert!(seen.text.contains("Draw the map"), "{seen:?}");
}

#[test]
fn how_a_command_ends_is_said_below_what_was_shown() {
    let project = Project::adopted("# Plan\n\n- [ ] **US-1**: Map\n- [x] **US-1**: Coast\n");
    let seen = paged(&project, "sed s/^/shown:/", &["check"]);
    assert_eq!(seen.code, Some(1), "{seen:?}");
    let last = seen.text.lines().last().unwrap();
    assert!(!last.starts_with("shown:"), "{seen:?}");
    assert!(seen.text.contains("shown:"), "{seen:?}");
    // Leaving the pager early is no failure.
    let seen = paged(&project, "exec <&-; exit 3", &["list"]);
    assert_eq!((seen.code, seen.text.as_str()), (Some(0), ""));
}

#[test]
fn others_write_while_somebody_reads() {
    let project = Project::adopted(PLAN);
    let binary = env!("CARGO_BIN_EXE_ledger");
    project.write(
        "pager.sh",
        format!("'{binary}' append start US-2 --wait 0 > appended.txt 2>&1\ncat > paged.txt\n"),
    );
    let seen = paged(&project, "sh pager.sh", &["audit"]);
    assert_eq!(seen.code, Some(0));
    assert!(project.read("appended.txt").contains("task.started"));
    assert!(!project.read("paged.txt").contains("task.started"));
    assert!(project.plan().contains("US-2"));
}

#[test]
fn an_interrupt_is_for_the_pager() {
    let project = Project::adopted(PLAN);
    project.write("pager.sh", "kill -INT $PPID\nsleep 0.1\ncat > paged.txt\n");
    let seen = paged(&project, "sh pager.sh", &["list"]);
    assert_eq!((seen.code, seen.text.as_str()), (Some(0), ""));
    assert!(project.read("paged.txt").contains("Ink the coast"));
}

#[test]
fn a_plan_does_nothing_to_the_terminal_it_is_shown_on_and_goes_elsewhere_as_it_is() {
    let text = "- [ ] **T-1**: a\u{1b}]0;mine\u{7} b\r\n\ttab \u{202e}c\r\n";
    let project = Project::adopted(text);
    let piped = project.ok(["render", "--stdout"]).stdout;
    assert_eq!(piped, text);
    project.ok(["append", "start", "T-1"]);
    for arguments in [&["render", "--stdout"][..], &["diff", "--text", "1", "2"]] {
        let seen = paged(&project, "cat", arguments);
        assert_eq!(seen.code, Some(0), "{seen:?}");
        assert!(seen.text.contains("a\\u{1b}]0;mine\\u{7} b"), "{seen:?}");
        let odd = ['\u{1b}', '\u{202e}', '\r'];
        assert!(!seen.text.contains(odd), "{seen:?}");
    }
}
