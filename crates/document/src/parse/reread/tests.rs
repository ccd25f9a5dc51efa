#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may fail, and read the real plans"
)]

use proptest::prelude::*;

use crate::derived::{self, Learnt};
use crate::edit::Customs;
use crate::hunk::{Hunk, diff};
use crate::outline::{Form, Outline};
use crate::real_plans;
use crate::text::{Document, Line};

/// How much of a document was read again.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    All,
    Parts,
    Lines,
}

/// Rereads an edited document and compares. Whether that took a part of it only.
fn agrees(before: &Document, hunks: &[Hunk]) -> bool {
    reading(before, hunks) > Reading::All
}

/// Rereads an edited document in each way there is and compares.
fn reading(before: &Document, hunks: &[Hunk]) -> Reading {
    let mut after = before.clone();
    after.apply_all(hunks).unwrap();
    let old = Outline::parse(before);
    let new = Outline::parse(&after);
    // What it learns of the document is kept.
    let _ = derived::bind(before, &old);
    let _ = Customs::learn(before, &old);
    let lines = old.reread_lines(before, hunks);
    if let Some(lines) = &lines {
        if let Some(learnt) = lines.outline.learnt.get() {
            assert_eq!(
                *learnt,
                Learnt::new(&after, &new),
                "{before}\n----\n{after}"
            );
        }
        assert_eq!(
            Customs::learn(&after, &lines.outline),
            Customs::learn(&after, &new),
            "{before}\n----\n{after}"
        );
        assert_eq!(lines.outline, new, "{before}\n----\n{after}");
        let pairs = old.entries.iter().zip(&new.entries).enumerate();
        for (at, (old, new)) in pairs.filter(|(at, _)| !lines.entries.contains(at)) {
            assert_eq!(old, new, "entry {at} of {before}\n----\n{after}");
        }
    }
    let parts = old.reread_parts(before, &after, hunks);
    assert!(parts.iter().all(|parts| parts.learnt.get().is_none()));
    assert!(parts.iter().all(|parts| parts.customs.is_unknown()));
    if let Some(parts) = &parts {
        assert_eq!(*parts, new, "{before}\n----\n{after}");
    }
    assert_eq!(old.reread(before, &after, hunks), new);
    match (lines, parts) {
        (Some(_), _) => Reading::Lines,
        (None, Some(_)) => Reading::Parts,
        (None, None) => Reading::All,
    }
}

fn one(at: usize, remove: usize, insert: &[&str]) -> Vec<Hunk> {
    vec![Hunk {
        at,
        remove,
        insert: insert.iter().map(|line| Line::from(*line)).collect(),
    }]
}

const PLAN: &str = "\
# Plan

**Last Updated**: 2025-01-02

## Phase 1: Barn

### T-1: Roof

**Status**: ⏳ Pending

- [ ] first step
- [ ] second step

### T-2: Wall

- Status: done
- [ ] **T-3**: Door
  - **Output**: `door.md`

---

Some words.

## Others

| ID | Task | Status |
|---|---|---|
| T-4 | Gate | ⏳ Pending |
";

#[test]
fn a_change_between_headings_is_read_there() {
    let plan = Document::from(PLAN);
    for (at, remove, insert) in [
        (2, 1, &["**Last Updated**: 2025-01-03\n"][..]),
        (8, 1, &["**Status**: ✅ Completed\n"]),
        (10, 1, &["- [x] first step\n"]),
        (12, 0, &["- [ ] third step\n"]),
        (
            16,
            1,
            &["- [x] **T-3**: Door\n", "  - **Completed**: 2025-01-02\n"],
        ),
        (16, 2, &[]),
        (19, 2, &[]),
        (26, 1, &["| T-4 | Gate | ✅ Completed |\n"]),
        (27, 0, &["| T-5 | Path | ⏳ Pending |\n"]),
    ] {
        assert!(agrees(&plan, &one(at, remove, insert)), "line {at}");
    }
}

#[test]
fn a_change_that_may_tell_elsewhere_has_all_read_again() {
    let plan = Document::from(PLAN);
    for (at, remove, insert) in [
        (4, 1, &["## Done\n"][..]),
        (8, 1, &[]),
        (9, 0, &["```\n"]),
        (9, 0, &["<!--\n"]),
        (9, 0, &["#### More\n"]),
        (9, 0, &["\n", "Legend: ⏳ Done\n"]),
        (0, 0, &["---\n"]),
    ] {
        assert!(!agrees(&plan, &one(at, remove, insert)), "line {at}");
    }
}

#[test]
fn several_changes_of_one_edit_are_read_at_once() {
    let plan = Document::from(PLAN);
    let mut hunks = one(2, 1, &["**Last Updated**: today\n", "More.\n"]);
    hunks.extend(one(17, 2, &["- [x] **T-3**: Door\n"]));
    hunks.extend(one(26, 1, &["| T-4 | Gate | ✅ Completed |\n"]));
    assert!(agrees(&plan, &hunks));
}

/// Lines that plans are made of.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop::sample::select(vec![
        "# Plan",
        "## Phase 1: Barn",
        "## Done",
        "## Tasks",
        "### T-1: Roof",
        "### T-2: Wall ✅",
        "### ⏳ Epic",
        "#### 1.2 Deep",
        "Underlined",
        "===",
        "---",
        "",
        "",
        "",
        "",
        "Words.",
        "**Status**: ⏳ Pending",
        "**Status**: done",
        "- Status: In Progress",
        "**Owner**: Ada",
        "Owner: Bob",
        "**Results**:",
        "**Tasks**:",
        "- [ ] T-3: Door",
        "- [x] T-3: Door",
        "- [ ] **T-4**: Gate ✅ 2025-01-02",
        "- [ ] a step",
        "- [x] a step",
        "  - **Output**: `a.md`",
        "  - [ ] nested",
        "  - Status: blocked",
        "  - a note",
        "    - deeper",
        "- plain",
        "- T-5: Mark ⏳",
        "1. first",
        "> - [ ] quoted",
        "| ID | Task | Status |",
        "|---|---|---|",
        "| T-6 | Row | ⏳ Pending |",
        "| T-7 | Row | done |",
        "```",
        "<!--",
        "-->",
        "<details>",
        "</details>",
        "**Next**: T-4",
        "**Last completed**: T-3 (Door)",
        "Next task: T-4 ⏳",
        "**2025-01-02**: Remaining: T-3",
        "Legend: ⏳ done",
        "**Legend**:",
        "- ⏸️ Blocked",
        "[T-1]: https://example.org",
        "    indented",
    ]);
    prop::collection::vec(line.prop_map(|line| format!("{line}\n")), 0..8)
}

fn plan() -> impl Strategy<Value = String> {
    let heading = prop::sample::select(vec![
        "# A\n",
        "## B\n",
        "## Phase 2: C\n",
        "### T-8: D\n",
        "### T-9: E ⏳\n",
        "### T-10: F\n\n**Status**: pending\n",
        "#### G\n",
        "### T-11: H ✅ 2025-01-02\n",
        "",
    ]);
    let section =
        (heading, lines()).prop_map(|(heading, lines)| heading.to_owned() + &lines.concat());
    prop::collection::vec(section, 1..6).prop_map(|sections| sections.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn rereading_an_edit_is_reading_what_it_left(
        text in plan(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..3, lines()), 1..3),
    ) {
        let before = Document::from(text.as_str());
        let mut hunks = Vec::new();
        let mut after = before.clone();
        for (at, remove, insert) in edits {
            let at = at.index(after.len() + 1);
            let hunk = Hunk {
                at,
                remove: remove.min(after.len() - at),
                insert: insert.iter().take(2).map(|line| Line::from(line.as_str())).collect(),
            };
            after.apply(&hunk).unwrap();
            hunks.push(hunk);
        }
        agrees(&before, &hunks);
    }
}

/// A line with something in it exchanged or added, as editing a status does it or somebody might.
fn varied(line: &str, exchange: usize, add: usize) -> String {
    const SIGNS: [&str; 14] = [
        "[ ]", "[x]", "[~]", "[?]", "⏳", "✅", "🔄", "Pending", "done", "blocked", "Ada", "T-4",
        ": ", "**",
    ];
    const ENDS: [&str; 18] = [
        "",
        "",
        "",
        "",
        " ✅",
        " ⏳ 2025-01-02",
        " (done)",
        " - DONE",
        " |",
        "`",
        " <!--",
        "]: x",
        " 'a",
        "(x)",
        ":",
        " #",
        "\t",
        "~~",
    ];
    let mut line = line.trim_end_matches('\n').to_owned();
    let has = SIGNS.iter().find(|sign| line.contains(**sign));
    if let Some(sign) = has {
        line = line.replacen(sign, SIGNS[exchange % SIGNS.len()], 1);
    }
    line + ENDS[add % ENDS.len()] + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn rereading_lines_that_stay_what_they_are_is_reading_all(
        text in plan(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..14, 0usize..18), 1..3),
    ) {
        let before = Document::from(text.as_str());
        if before.is_empty() {
            return Ok(());
        }
        let mut hunks: Vec<Hunk> = edits
            .into_iter()
            .map(|(at, exchange, add)| {
                let at = at.index(before.len());
                let insert = vec![Line::from(varied(before.line(at), exchange, add))];
                Hunk { at, remove: 1, insert }
            })
            .collect();
        hunks.sort_by_key(|hunk| hunk.at);
        reading(&before, &hunks);
    }
}

#[test]
fn a_changed_status_is_read_in_its_line() {
    let plan = Document::from(PLAN);
    for (at, line) in [
        (2, "**Last Updated**: 2025-01-03\n"),
        (8, "**Status**: ✅ Completed\n"),
        (16, "- [x] **T-3**: Door ✅ 2025-01-02\n"),
        (17, "  - **Output**: `gate.md`\n"),
    ] {
        assert_eq!(
            reading(&plan, &one(at, 1, &[line])),
            Reading::Lines,
            "line {at}"
        );
    }
    for (at, line) in [
        (8, "**Status**: someday\n"),
        (8, "**State**: ✅ Completed\n"),
        (16, "- [x] **T-3**: Gate\n"),
        (16, "- [x] **T-5**: Door\n"),
        (16, "  - [x] **T-3**: Door\n"),
        (17, "  - **Output**:\n"),
        (21, "**Some**: words.\n"),
    ] {
        assert_ne!(
            reading(&plan, &one(at, 1, &[line])),
            Reading::Lines,
            "line {at}"
        );
    }
}

#[test]
fn most_changes_of_lines_of_the_real_plans_are_read_there() {
    let (mut lines, mut all) = (0, 0);
    for series in real_plans::all_series() {
        let Some(path) = real_plans::versions(&series).pop() else {
            continue;
        };
        let Ok(before) = Document::from_bytes(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        let outline = Outline::parse(&before);
        let boxed = outline
            .entries
            .iter()
            .filter(|entry| entry.form == Form::Checkbox);
        for at in boxed.map(|entry| entry.lines.start).step_by(3) {
            let line = before.line(at);
            let ticked = line.replacen("[ ]", "[x]", 1);
            let other = line.replacen("[x]", "[ ]", 1);
            let line = if ticked == line { other } else { ticked };
            all += 1;
            lines += usize::from(reading(&before, &one(at, 1, &[&line])) == Reading::Lines);
        }
        for field in outline
            .entries
            .iter()
            .flat_map(|entry| &entry.fields)
            .step_by(5)
        {
            let at = field.value.span.line;
            let line = before
                .line(at)
                .replacen(|c: char| c.is_ascii_digit(), "7", 1);
            reading(&before, &one(at, 1, &[&line.replace('⏳', "✅")]));
        }
    }
    assert!(lines * 2 >= all, "{lines} of {all}");
}

#[test]
fn rereading_each_version_of_the_real_plans_is_reading_it() {
    for series in real_plans::all_series() {
        let mut before: Option<Document> = None;
        for path in real_plans::versions(&series) {
            let Ok(after) = Document::from_bytes(&std::fs::read(&path).unwrap()) else {
                continue;
            };
            if let Some(before) = &before {
                agrees(before, &diff(before, &after));
            }
            before = Some(after);
        }
    }
}

#[test]
fn rereading_a_changed_line_of_the_real_plans_is_reading_all_of_it() {
    let (mut parts, mut all) = (0, 0);
    for series in real_plans::all_series() {
        let Some(path) = real_plans::versions(&series).pop() else {
            continue;
        };
        let Ok(before) = Document::from_bytes(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        for at in (0..before.len()).step_by(7) {
            let line = before.line(at);
            let ticked = line.replace("[ ]", "[x]").replace('⏳', "✅");
            let insert = if ticked == line {
                vec![
                    Line::from(line),
                    Line::from("  - **Completed**: 2025-01-02\n"),
                ]
            } else {
                vec![Line::from(ticked)]
            };
            let hunk = Hunk {
                at,
                remove: 1,
                insert,
            };
            all += 1;
            parts += usize::from(agrees(&before, &[hunk]));
        }
    }
    assert!(parts * 2 >= all, "{parts} of {all}");
}
