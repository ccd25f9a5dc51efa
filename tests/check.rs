//! `ledger check`: contradictions and rot, shown in every form and put right.

use serde_json::Value;

use crate::support::limits::Input;
use crate::support::{Project, real_plans, types};

pub(crate) const PLAN: &str = "\
# Plan

**Last Updated**: 2025-10-01
**Progress**: 1/2 tasks (50%)

- [x] **T-1**: Lay the floor ✅ 2025-10-02
  - **Results**:
    - ⏳ Review pending
- [ ] **T-2**: Paint [it](x)

| Task | Status |
|---|---|
| Roof | done |
| Wall |
";

pub(crate) fn json(project: &Project, arguments: &[&str], code: i32) -> Value {
    let run = project.run(arguments);
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    serde_json::from_str(&run.stdout).expect("one JSON value")
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter_map(|finding| finding["rule"].as_str())
        .collect()
}

#[test]
fn findings_are_lines_that_editors_jump_to_and_the_exit_code_tells() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    let run = project.run(["check", "TODO.md"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "TODO.md:3:19: warning: stale-last-updated: it says 2025-10-01, and line 6 is of 2025-10-02",
            "TODO.md:8:7: warning: done-with-pending-result: T-1 is completed, and its result is open: ⏳ Review pending",
            "TODO.md:14:1: warning: broken-table: the row has 1 cell, and the header 2 cells",
        ]
    );
    assert!(
        run.stderr.contains("3 findings in 1 plan") && run.stderr.contains("2 of them"),
        "{}",
        run.stderr
    );

    project.write("CLEAN.md", "# Plan\n\n- [x] **T-1**: a\n");
    assert_eq!(project.ok(["check", "CLEAN.md"]).stdout, "");
    project.fails(["check", "NONE.md"], 2, &["there is no file NONE.md"]);
    project.fails(["check", "."], 2, &["is a folder"]);
    project.fails(["check"], 2, &["error:"]);
    project.fails(
        ["check", "CLEAN.md", "--rule", "no-such"],
        2,
        &["invalid value 'no-such'", "--rule"],
    );
    let one = project.run(["check", "TODO.md", "--rule", "broken-table"]);
    assert_eq!(one.stdout.lines().count(), 1);
    let listed = project.ok(["check", "--rules"]).stdout;
    let listed_too = json(&project, &["check", "--rules", "--json"], 0);
    for rule in listed_too.as_array().expect("rules") {
        let name = rule["name"].as_str().expect("a name");
        assert!(listed.contains(name), "{name}");
    }
}

#[test]
fn json_has_both_sides_places_and_the_edits_that_put_it_right() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    let report = json(&project, &["check", "TODO.md", "--json"], 1);
    assert_eq!(report["counts"]["findings"], 3);
    assert_eq!(report["counts"]["fixable"], 2);
    assert_eq!(report["counts"]["by_rule"]["broken-table"], 1);
    let first = &report["findings"][0];
    assert_eq!(
        (first["line"].as_u64(), first["column"].as_u64()),
        (Some(3), Some(19))
    );
    assert_eq!(first["end_column"], 29);
    assert_eq!(first["related"][0]["line"], 6);
    assert_eq!(
        first["fix"]["edits"][0]["insert"][0],
        "**Last Updated**: 2025-10-02\n"
    );
}

#[test]
fn a_file_without_a_ledger_is_put_right_once_and_for_all() {
    let project = Project::empty();
    let text = PLAN.replace('\n', "\r\n");
    project.write("TODO.md", &text);
    let shown = project
        .ok(["check", "TODO.md", "--fix", "--dry-run"])
        .stdout;
    for line in [
        "--- TODO.md",
        "@@ -3,1 +3,1 @@",
        "-| Wall |",
        "+| Wall |  |",
    ] {
        assert!(
            shown.lines().any(|own| own == line),
            "'{line}' is not in {shown}"
        );
    }
    assert_eq!(project.plan(), text);
    let run = project.run(["check", "TODO.md", "--fix"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    let fixed = text
        .replace("2025-10-01", "2025-10-02")
        .replace("| Wall |", "| Wall |  |");
    assert_eq!(project.plan(), fixed);
    assert_eq!(project.run(["check", "TODO.md", "--fix"]).code, 1);
    assert_eq!(project.plan(), fixed);
    let left: Vec<_> = std::fs::read_dir(project.folder()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_ledgers_plan_is_put_right_as_a_recorded_change() {
    let project = Project::adopted(PLAN);
    // Somebody ticks a task by hand and forgets the roll-up: the ledger knows what it counts.
    let edited = project.plan().replace("- [ ] **T-2**", "- [x] **T-2**");
    project.write("TODO.md", &edited);
    let before = project.events().len();
    let report = json(&project, &["check", "--json"], 1);
    assert_eq!(rules(&report)[..2], ["stale-last-updated", "stale-roll-up"]);
    assert_eq!(project.events().len(), before, "a check records nothing");

    let run = project.run(["check", "--fix"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(project.plan().contains("**Progress**: 2/2 tasks (100%)"));
    assert!(!project.plan().contains("2025-10-01"));
    let events = project.events();
    assert_eq!(
        types(&events[before..]),
        ["task.completed", "document.edited"],
        "{run:?}"
    );
    let last = events.last().expect("an event");
    assert_eq!(last["origin"], "commanded");
    project.ok(["verify", "--deep"]);
    project.ok(["render", "--check"]);
    let report = json(&project, &["check", "--json"], 1);
    assert_eq!(rules(&report), ["done-with-pending-result"]);
    let seq = events.len();
    assert_eq!(project.run(["check", "--fix"]).code, 1);
    assert_eq!(
        project.events().len(),
        seq,
        "there is nothing left to put right"
    );

    let then = json(&project, &["check", "--at", "1", "--json"], 1);
    assert!(rules(&then).contains(&"broken-table"), "{then}");
    project.fails(["check", "--at", "1", "--fix"], 2, &["--fix"]);
}

#[test]
fn a_plan_that_nobody_edited_is_put_right_too() {
    let project = Project::adopted(PLAN);
    let run = project.run(["check", "--fix"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(!project.plan().contains("2025-10-01"), "{run:?}");
    assert_eq!(types(&project.events()).last(), Some(&"document.edited"));
    let report = json(&project, &["check", "--json"], 1);
    assert_eq!(rules(&report), ["done-with-pending-result"]);
}

/// A row that is too short and has a count that is wrong by and by.
const ROWS: &str = "\
| Phase | Progress | Note |
|---|---|---|
| Walls | 1/2 (50%) |

## Walls

- [x] a
- [ ] b
";

#[test]
fn two_fixes_of_one_line_are_made_in_one_run_and_said() {
    let project = Project::adopted(ROWS);
    let edited = project.plan().replace("[ ] b", "[x] b");
    project.write("TODO.md", &edited);
    let report = json(&project, &["check", "--json"], 1);
    assert_eq!(rules(&report), ["stale-roll-up", "broken-table"]);
    assert_eq!(report["counts"]["fixed"], 0);
    let run = project.run(["check", "--fix", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("stale-roll-up: 1") && run.stderr.contains("broken-table: 1"));
    assert!(
        run.stderr
            .lines()
            .all(|line| line.starts_with("note: put right in TODO.md: "))
    );
    let report: Value = serde_json::from_str(&run.stdout).expect("one JSON value");
    assert_eq!(
        (rules(&report).len(), &report["counts"]["fixed"]),
        (0, &Value::from(2))
    );
    let fixed = edited.replace("| 1/2 (50%) |", "| 2/2 (100%) |  |");
    assert_eq!(project.plan(), fixed);
    project.ok(["verify", "--deep"]);
    // The same in a file of no ledger, of which only the table is broken.
    let alone = Project::empty();
    alone.write("TODO.md", ROWS);
    let run = alone.run(["check", "TODO.md", "--fix"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(
        run.stderr
            .contains("note: put right in TODO.md: broken-table: 1"),
        "{}",
        run.stderr
    );
    assert_eq!(alone.run(["check", "TODO.md", "--fix"]).stderr, "");
}

#[test]
fn rules_are_chosen_by_name_and_left_out_by_name() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    let named = |arguments: &[&str]| -> Vec<String> {
        let arguments = ["check", "TODO.md", "--json"].iter().chain(arguments);
        let run = project.run(arguments);
        let report: Value = serde_json::from_str(&run.stdout).expect("one JSON value");
        rules(&report).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(
        named(&["--rule", "broken-table,stale-last-updated"]),
        ["stale-last-updated", "broken-table"]
    );
    assert_eq!(
        named(&["--except", "broken-table", "--except", "stale-last-updated"]),
        ["done-with-pending-result"]
    );
    assert_eq!(
        named(&["--rule", "broken-table", "--except", "broken-table"]),
        [""; 0]
    );
    project.fails(
        ["check", "TODO.md", "--except", "broken-tables"],
        2,
        &["broken-tables", "'broken-table'"],
    );
}

#[test]
fn what_is_on_standard_input_is_checked_and_never_put_right() {
    let project = Project::empty();
    let run = project.run_with(["check", "-"], PLAN);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout
            .starts_with("-:3:19: warning: stale-last-updated"),
        "{}",
        run.stdout
    );
    let clean = project.run_with(["check", "-"], "- [x] a\n");
    assert_eq!((clean.code, clean.stdout.as_str()), (0, ""));
    assert_eq!(project.run_with(["check", "-"], [0xff_u8, 0xfe]).code, 2);
    project.fails(["check", "-", "--fix"], 2, &["standard input", "hint:"]);
    project.fails(["check", "-", "-"], 2, &["only once"]);
}

#[test]
fn a_task_of_a_plan_that_is_not_checked_is_known_to_the_ledger() {
    let project = Project::adopted("- [x] **T-1**: a\n- [x] **T-9**: b\n");
    let other = "- [ ] **T-2**: a\n  - **Dependencies**: T-9\n- [ ] **T-3**: b\n  - **Dependencies**: T-20\n";
    project.write("B.md", other);
    project.ok(["init", "B.md"]);
    for plans in [&["check", "B.md", "--json"][..], &["check", "--json"]] {
        let report = json(&project, plans, 1);
        assert_eq!(rules(&report), ["unknown-reference"]);
        let message = report["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains("T-20"), "{message}");
    }
}

#[test]
fn promised_files_are_looked_for_in_the_project() {
    let plan = "- [x] **T-1**: a\n  - **Output**: `out/a.md`, `b.md`\n";
    let project = Project::in_git(plan);
    std::fs::create_dir(project.path("out")).unwrap();
    project.write("out/a.md", "");
    let report = json(&project, &["check", "--json"], 1);
    assert_eq!(rules(&report), ["missing-output"]);
    project.write("b.md", "");
    project.ok(["check"]);
    // A pattern promises a file that fits it, one with braces each of its numbers.
    let many = Project::in_git("- [x] **T-1**: a\n  - Output: out/US-{007-009}_*.md, out/*.txt\n");
    std::fs::create_dir(many.path("out")).unwrap();
    many.write("out/US-007_door.md", "");
    many.write("out/US-009_lamp.md", "");
    let report = json(&many, &["check", "--json"], 1);
    let messages = report["findings"].as_array().unwrap().iter();
    let messages: Vec<&str> = messages
        .map(|own| own["message"].as_str().unwrap())
        .collect();
    let expected = [
        "T-1 is completed and promises out/US-{007-009}_*.md, of which out/US-008_*.md is missing",
        "T-1 is completed and promises out/*.txt, which does not exist",
    ];
    assert_eq!(messages, expected);
    many.write("out/US-008_roof.md", "");
    many.write("out/notes.txt", "");
    many.ok(["check"]);
    // A copy of a plan that is part of no project promises nothing.
    let alone = Project::empty();
    alone.write("COPY.md", plan);
    alone.ok(["check", "COPY.md"]);
}

#[test]
fn a_plan_that_cannot_be_read_does_not_hide_what_is_wrong_with_others() {
    let project = Project::adopted("- [x] **T-1**: a\n");
    project.write("B.md", PLAN);
    project.ok(["init", "B.md"]);
    std::fs::remove_file(project.path("TODO.md")).unwrap();
    let run = project.fails(["check"], 2, &["TODO.md is not there"]);
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    // By its path, the ledger's plan is one of the ledger's also from below its folder.
    std::fs::create_dir(project.path("sub")).unwrap();
    let run = project.run(["-C", "sub", "check", "../B.md"]);
    assert!(
        run.stdout.starts_with("B.md:3:"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

#[test]
fn every_file_that_is_named_is_found_from_the_folder_a_command_is_run_as_if_in() {
    let project = Project::adopted("- [x] **T-1**: a\n");
    std::fs::create_dir(project.path("sub")).unwrap();
    let ok = |words: &[&str]| project.ok([&["-C", "sub"], words].concat());
    ok(&["checkpoint", "--to", "point"]);
    ok(&["prove", "1", "--checkpoint", "point", "--to", "proof"]);
    ok(&["verify-proof", "proof", "--checkpoint", "point"]);
    ok(&["verify", "--checkpoint", "point"]);
    ok(&["report", "--html", "page.html"]);
    ok(&["identify", "../TODO.md"]);
    for file in ["point", "proof", "page.html"] {
        assert!(project.path(&format!("sub/{file}")).is_file(), "{file}");
    }
    // A folder that is not there is said to be none, not the files in it.
    project.fails(["-C", "none", "status"], 2, &["none"]);
}

/// What a terminal would obey, a viewer of SARIF would make a link, or a spreadsheet would run.
const HOSTILE: &str = "\
# Plan \u{1b}]0;x\u{7}

- [x] **T-1**: =HYPERLINK(\"x\") [click](javascript:x) \u{1b}[2J \u{202e}exe
- [ ] **T-1**: \u{9b}31m another <script>alert(1)</script> | \u{200b}
- [x] **T-2**: x
  - **Results**:
    - ⏳ [here](javascript:alert(1)) \u{1b}[2J
  - Status: \u{1b}[31m⏳ Pending
- [?] \u{202e}odd
";

#[test]
fn nothing_of_a_plan_gets_the_better_of_who_reads_what_was_found() {
    let project = Project::empty();
    project.write("TODO.md", HOSTILE);
    for format in ["text", "json", "sarif"] {
        let run = project.bounded(["check", "TODO.md", "--format", format], Input::None);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let acts_up = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}')
        };
        assert!(!run.stdout.contains(acts_up), "{format}: {:?}", run.stdout);
    }
    let log = json(&project, &["check", "TODO.md", "--format", "sarif"], 1);
    for result in log["runs"][0]["results"].as_array().expect("results") {
        let text = result["message"]["text"].as_str().expect("a text");
        assert!(!text.contains("](") || text.contains("\\]("), "{text}");
    }
    let shown = project.run(["check", "TODO.md", "--fix", "--dry-run"]);
    assert!(!shown.stdout.contains('\u{1b}'));
}

#[test]
fn a_large_plan_of_somebody_who_means_harm_is_checked_in_bounds() {
    const SIZE: usize = 4 << 20;
    let project = Project::empty();
    for (name, piece) in [
        ("bars", "|"),
        ("rows", "| a | status |\n|---|---|\n| x |\n\n"),
        ("boxes", "- [?] x\n"),
        (
            "rollups",
            "## A (7 tasks)\n- [x] **T-1**: x\n  - **Depends on**: T-1, T-2, T-999\n",
        ),
        ("fields", "**Total**: 5 tasks\n"),
        ("updated", "- [ ] x\n\n**Last Updated**: 2025-10-01\n"),
        ("steps", "### T-1: x ✅\n- [ ] a\n"),
        ("markers", "<<<<<<< a\n=======\n"),
        (
            "totals",
            "## A (7 stories, 3 SP)\n- [x] **T-1**: x (2 SP)\n",
        ),
        (
            "phases",
            "## A\n- [x] x\n\n| Phase | Done | Total |\n|---|---|---|\n| A | 7 | 9 |\n\n",
        ),
        (
            "called",
            "## Building\n- [x] x\n\n**Building Progress**: 3/9 batches completed (33%)\n",
        ),
        (
            "marks",
            "Order: US-1 ✅ → US-2 ⏳ → US-3 ⏳\n\n- [ ] **T-1**: US-1 US-2 US-3\n",
        ),
        ("dashes", "|---|---|\n"),
        ("cut", "| a | b |\n\n"),
        (
            "brackets",
            "- [x] **T-1**: x\n  - **Depends on**: ((((((((T-2\n",
        ),
    ] {
        project.write("TODO.md", piece.repeat(SIZE / piece.len()));
        let run = project.bounded(["check", "TODO.md", "--json"], Input::None);
        assert!(run.code == 0 || run.code == 1, "{name}: {}", run.stderr);
    }
}

#[test]
fn the_real_plans_are_checked_in_every_form() {
    for series in real_plans::all_series() {
        let Some(newest) = real_plans::versions(&series).pop() else {
            continue;
        };
        let project = Project::empty();
        std::fs::copy(newest, project.path("TODO.md")).unwrap();
        let report = json_of(&project, "json");
        let log = json_of(&project, "sarif");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), rules(&report).len());
        let lines = project.run(["check", "TODO.md"]).stdout;
        assert_eq!(lines.lines().count(), results.len());
    }
}

fn json_of(project: &Project, format: &str) -> Value {
    let run = project.run(["check", "TODO.md", "--format", format]);
    serde_json::from_str(&run.stdout).expect("one JSON value")
}
