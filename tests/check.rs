//! `ledger check`: contradictions and rot, shown in every form and put right.

use serde_json::Value;

use crate::support::limits::Input;
use crate::support::{Project, real_plans, types};

const PLAN: &str = "\
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

fn json(project: &Project, arguments: &[&str], code: i32) -> Value {
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
        &["there is no rule 'no-such'", "--rules"],
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
fn sarif_has_what_its_schema_asks_for() {
    let project = Project::empty();
    project.write("a [b].md", PLAN);
    let log = json(&project, &["check", "a [b].md", "--format", "sarif"], 1);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "ledger");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        let level = rule["defaultConfiguration"]["level"].as_str();
        assert!(matches!(level, Some("error" | "warning")));
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    for result in results {
        assert!(result["message"]["text"].is_string());
        let index = result["ruleIndex"].as_u64().expect("an index");
        let rule = &rules[usize::try_from(index).expect("a small one")];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20%5Bb%5D.md");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        for fix in result["fixes"].as_array().into_iter().flatten() {
            let change = &fix["artifactChanges"][0];
            assert!(change["artifactLocation"]["uri"].is_string());
            let replacement = &change["replacements"][0];
            assert!(replacement["deletedRegion"]["startLine"].is_u64());
            assert!(replacement["insertedContent"]["text"].is_string());
        }
    }
    let fixed = results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0].clone();
    assert_eq!(
        fixed["insertedContent"]["text"],
        "**Last Updated**: 2025-10-02"
    );
    assert_eq!(fixed["deletedRegion"]["endColumn"], 29);
    let clean = Project::empty();
    clean.write("a.md", "# Plan\n");
    let log = json(&clean, &["check", "a.md", "--format", "sarif"], 0);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

/// Checks a region (SARIF 2.1.0, §3.30) of a text, and gives the place of its ends in it, in bytes.
fn ends(text: &str, region: &Value) -> (usize, usize) {
    let number = |name: &str| {
        region[name]
            .as_u64()
            .and_then(|own| usize::try_from(own).ok())
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let content = |line: usize| lines[line - 1].trim_end_matches(['\n', '\r']);
    let place = |line: usize, column: usize| {
        assert!(
            column >= 1 && column <= content(line).chars().count() + 1,
            "{region}"
        );
        let before: usize = lines[..line - 1].iter().map(|line| line.len()).sum();
        let within = content(line).chars().take(column - 1).map(char::len_utf8);
        before + within.sum::<usize>()
    };
    let start = number("startLine").expect("a line");
    let end = number("endLine").expect("its last line");
    assert!(1 <= start && start <= end && end <= lines.len(), "{region}");
    assert_eq!(
        number("startColumn").is_some(),
        number("endColumn").is_some()
    );
    let to = number("endColumn").unwrap_or(content(end).chars().count() + 1);
    (
        place(start, number("startColumn").unwrap_or(1)),
        place(end, to),
    )
}

/// What SARIF 2.1.0 (OASIS) requires of each object that is printed, read off its sections.
#[test]
fn a_sarif_logs_regions_and_fixes_are_those_of_the_text() {
    let folder = "é [1]:x";
    let uri = "%C3%A9%20%5B1%5D%3Ax/a%25%23%3F.md";
    let text = PLAN
        .replace("| Wall |", "| Wäll 🧱 |")
        .replace('\n', "\r\n");
    let project = Project::empty();
    std::fs::create_dir(project.path(folder)).expect("a folder");
    let file = format!("{folder}/a%#?.md");
    project.write(&file, &text);
    let log = json(&project, &["check", &file, "--format", "sarif"], 1);
    assert_eq!(log["version"], "2.1.0");
    let [run] = log["runs"].as_array().expect("runs").as_slice() else {
        panic!("one run");
    };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let mut fixed = text.clone();
    let mut edits = Vec::new();
    let mut placed = 0;
    for result in run["results"].as_array().expect("results") {
        let beside = result["relatedLocations"].as_array();
        let own = result["locations"].as_array().expect("locations");
        assert_eq!(own.len(), 1);
        for place in own.iter().chain(beside.into_iter().flatten()) {
            let place = &place["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], uri);
            let (from, to) = ends(&text, &place["region"]);
            assert!(from <= to);
        }
        let (from, to) = ends(&text, &own[0]["physicalLocation"]["region"]);
        match result["ruleId"].as_str().expect("a rule") {
            "stale-last-updated" => assert_eq!(&text[from..to], "2025-10-01"),
            "broken-table" => assert_eq!(&text[from..to], "| Wäll 🧱 |"),
            _ => continue,
        }
        placed += 1;
        for fix in result["fixes"].as_array().into_iter().flatten() {
            assert!(fix["description"]["text"].is_string());
            let changes = fix["artifactChanges"].as_array().expect("changes");
            assert!(!changes.is_empty());
            for change in changes {
                assert_eq!(change["artifactLocation"]["uri"], uri);
                let replacements = change["replacements"].as_array().expect("replacements");
                assert!(!replacements.is_empty());
                for one in replacements {
                    let inserted = one["insertedContent"]["text"].as_str().expect("a text");
                    edits.push((ends(&text, &one["deletedRegion"]), inserted.to_owned()));
                }
            }
        }
    }
    assert_eq!((placed, edits.len()), (2, 2));
    edits.sort();
    for ((from, to), inserted) in edits.into_iter().rev() {
        fixed.replace_range(from..to, &inserted);
    }
    // Whoever applies the fixes of the log has what the program itself would write.
    project.run(["check", &file, "--fix"]);
    assert_eq!(project.read(&file), fixed);
    assert_ne!(fixed, text);
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
