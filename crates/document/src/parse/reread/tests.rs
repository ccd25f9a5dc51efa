#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may fail, and read the real plans"
)]

use proptest::prelude::*;

use crate::hunk::{Hunk, diff};
use crate::outline::Outline;
use crate::real_plans;
use crate::text::{Document, Line};

/// Rereads an edited document and compares. Whether that took a part of it only.
fn agrees(before: &Document, hunks: &[Hunk]) -> bool {
    let mut after = before.clone();
    after.apply_all(hunks).unwrap();
    let old = Outline::parse(before);
    let new = Outline::parse(&after);
    let parts = old.reread_parts(before, &after, hunks);
    if let Some(parts) = &parts {
        assert_eq!(*parts, new, "{before}\n----\n{after}");
    }
    assert_eq!(old.reread(before, &after, hunks), new);
    parts.is_some()
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
