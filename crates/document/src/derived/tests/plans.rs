//! Plans in other words, languages and shapes.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_german_plan_is_kept_in_step() {
    let text = "\
# Umbau

**Stand**: 03.05.2025
**Fortschritt**: 1 von 3 Schritten erledigt (33 %)
**Reihenfolge**: K-1 ✅ · K-2 ⏳ · K-3 ⏳
**Zuletzt erledigt**: K-1 – Keller räumen (03.05.2025)
**Nächster Schritt**: K-2 – Dach decken

- [x] **K-1**: Keller räumen ✅ 2025-05-03
- [ ] **K-2**: Dach decken
- [ ] **K-3**: Fenster setzen
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 5, "{:#?}", plan.bound());
    let edited = text.replace(
        "- [ ] **K-2**: Dach decken",
        "- [x] **K-2**: Dach decken ✅ 2025-05-04",
    );
    let (next, filled) = plan.after(&edited, "K-2", Status::Completed, "2025-05-04", None);
    assert_eq!(filled.unfilled, []);
    let head: Vec<&str> = (2..7).map(|line| next.document.content(line)).collect();
    assert_eq!(
        head,
        [
            "**Stand**: 04.05.2025",
            "**Fortschritt**: 2 von 3 Schritten erledigt (67 %)",
            "**Reihenfolge**: K-1 ✅ · K-2 ✅ · K-3 ⏳",
            "**Zuletzt erledigt**: K-2 – Dach decken (04.05.2025)",
            "**Nächster Schritt**: K-3 – Fenster setzen",
        ]
    );
}

#[test]
fn a_french_plan_without_ids_is_kept_in_step() {
    let text = "\
# Chantier

- Avancement : 1 sur 4 tâches terminées (25 %)
- Prochaine tâche : Couler la dalle

## Travaux

- [x] Creuser les fondations
- [ ] Couler la dalle
- [ ] Monter les murs
- [ ] Poser le toit
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 2, "{:#?}", plan.bound());
    let edited = text.replace("- [ ] Couler", "- [x] Couler");
    let (next, _) = plan.after(
        &edited,
        "Couler la dalle",
        Status::Completed,
        "2025-05-04",
        None,
    );
    assert_eq!(
        next.document.content(2),
        "- Avancement : 2 sur 4 tâches terminées (50 %)"
    );
    assert_eq!(
        next.document.content(3),
        "- Prochaine tâche : Monter les murs"
    );
}

#[test]
fn a_japanese_plan_is_kept_in_step() {
    let text = "\
# 計画

**最終更新**: 2025年5月3日
**進捗**: 3件中1件完了（33%）
**次**: T-2（画面設計）

- [x] **T-1**: 要件定義
- [ ] **T-2**: 画面設計
- [ ] **T-3**: 実装
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 3, "{:#?}", plan.bound());
    let edited = text.replace("- [ ] **T-2**", "- [x] **T-2**");
    let (next, _) = plan.after(&edited, "T-2", Status::Completed, "2025-05-14", None);
    assert_eq!(next.document.content(2), "**最終更新**: 2025年5月14日");
    assert_eq!(next.document.content(3), "**進捗**: 3件中2件完了（67%）");
    assert_eq!(next.document.content(4), "**次**: T-3（実装）");
}

#[test]
fn sections_count_their_own_tasks() {
    let text = "\
# Plan

## Walls (2 tasks)

Progress: 1/2

- [x] W-1: Stone
- [ ] W-2: Paint

## Roof (3 tasks)

Progress: 1/3

- [x] R-1: Beams
- [ ] R-2: Tiles
- [ ] R-3: Gutter

## Summary

| Part | Done | Tasks | Share |
|------|------|-------|-------|
| Walls | 1 | 2 | 50% |
| Roof | 1 | 3 | 33% |
| **Total** | 2 | 5 | 40% |
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 7, "{:#?}", plan.bound());
    let edited = text.replace("- [ ] R-2", "- [x] R-2");
    let (next, _) = plan.after(&edited, "R-2", Status::Completed, "2025-05-14", None);
    let wanted = edited
        .replace("Progress: 1/3", "Progress: 2/3")
        .replace("| Roof | 1 | 3 | 33% |", "| Roof | 2 | 3 | 67% |")
        .replace("| 2 | 5 | 40% |", "| 3 | 5 | 60% |");
    assert_eq!(next.document.text(), wanted);
}

#[test]
fn points_are_counted_in_their_own_unit() {
    let text = "\
# Plan

**Progress**: 1/3 stories implemented (3/16 pts complete)

## Work (3 stories, ~16 pts)

- [x] S-1: Login
  - Estimate: 3 pts
- [ ] S-2: Search
  - Estimate: 5 pts
- [ ] S-3: Billing
  - Estimate: 8 pts
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 2, "{:#?}", plan.bound());
    let edited = text.replace("- [ ] S-3", "- [x] S-3");
    let (next, _) = plan.after(&edited, "S-3", Status::Completed, "2025-05-14", None);
    assert_eq!(
        next.document.content(2),
        "**Progress**: 2/3 stories implemented (11/16 pts complete)"
    );
}

#[test]
fn figures_that_fit_two_groups_do_not_bind_unless_the_place_says_which() {
    let text = "\
# Plan

**Progress**: 1/3 done (33%)

## Walls

**Progress**: 1/3 done (33%)

- [x] W-1: Stone
- [ ] W-2: Paint
- [ ] W-3: Paper

## Roof

- [x] R-1: Beams
- [ ] R-2: Tiles
- [ ] R-3: Gutter
";
    let plan = Plan::read(text);
    let lines: Vec<usize> = plan.bindings.iter().map(|binding| binding.line).collect();
    assert_eq!(lines, [6]);
}

#[test]
fn groups_of_the_same_members_count_as_one() {
    let text = "\
# Plan
**Progress**: 1/3 done (33%)

## Walls
### Inside
- [x] W-1: Stone
- [ ] W-2: Paint
- [ ] W-3: Paper
";
    assert_eq!(Plan::read(text).bindings.len(), 1);
}

#[test]
fn a_recorded_binding_stays_when_its_figures_fit_another_group_too() {
    let text = "\
# Plan

**Progress**: 1/3 done (33%)

## Walls
- [x] W-1: Stone
- [ ] W-2: Paint
- [ ] W-3: Paper

## Roof
- [ ] R-1: Beams
- [ ] R-2: Tiles
- [ ] R-3: Gutter
";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 1);
    let coincide = Document::from(text.replace("[ ] R-1", "[x] R-1").as_str());
    let outline = Outline::parse(&coincide);
    assert_eq!(bind(&coincide, &outline), []);
    assert_eq!(
        rebind(&coincide, &outline, &plan.bindings, &BTreeSet::new()),
        plan.bindings
    );
    let rewritten = Document::from(text.replace("1/3 done (33%)", "going well").as_str());
    let outline = Outline::parse(&rewritten);
    assert_eq!(
        rebind(&rewritten, &outline, &plan.bindings, &BTreeSet::new()),
        []
    );
}

#[test]
fn marks_decide_between_two_tasks_of_one_name() {
    let text = "\
# Plan

Order: ✅ S-1 → ⏸️ S-2

## Design
- [x] D-1: Design S-1
- [x] D-2: Design S-2

## Build
- [x] B-1: Build S-1
- [ ] B-2: Build S-2 ⏸️
";
    let plan = Plan::read(text);
    let subjects: Vec<_> = plan
        .bindings
        .iter()
        .map(|binding| binding.subject.clone())
        .collect();
    assert_eq!(subjects, [Subject::Group(Group::whole(Scope::Section(8)))]);
    let edited = text.replace("- [ ] B-2: Build S-2 ⏸️", "- [x] B-2: Build S-2 ✅");
    let (next, _) = plan.after(&edited, "B-2", Status::Completed, "2025-05-14", None);
    assert_eq!(next.document.content(2), "Order: ✅ S-1 → ✅ S-2");
    // With both sets done, nobody knows which one is meant.
    assert_eq!(Plan::read(&next.document.text()).bindings, []);
}

#[test]
fn prose_and_other_figures_do_not_bind() {
    for line in [
        "We did 1/3 of it before lunch, and 33% of the rest.",
        "It was 1/3 done.",
        "1",
        "3",
        "2025-05-03",
        "The release is due on 2025-05-03",
        "**Deadline**: 2025-05-03",
        "**Created**: 2025-05-03",
        "**Last Updated**: 2024-01-01",
        "**Last Updated**: 2025-05-03 10:30",
        "**Build**: 3",
        "**Low priority**: 3 tasks",
        "**Version**: 1.3",
        "**Chapters**: 1-3",
        "**Progress**: 0/3 → 1/3",
        "**Progress**: 1/3 on 2025-05-03",
        "**Progress**: 1/3 (36%) done",
        "**Blocked by**: W-2 (Paint)",
        "**Owner of**: W-2 (Paint)",
        "**Next**: W-2 (Pain)",
        "**Next**: W-2 (Paint the walls)",
        "**Next**: W-2 (Paint) or W-3 (Paper)",
        "**Next**: W-3 (Paper)",
        "**Next**: finish W-2 (Paint)",
        "**Last completed**: W-1 (Stone and more - 2025-05-04)",
        "**Last completed**: W-2 (Paint - 2025-05-03)",
        "**Order**: W-1 ⏳ → W-2 ⏳",
        "**Order**: W-1 ✅ → X-9 ⏳",
        "W-1 ✅",
        "```\nProgress: 1/3\n```",
        "<!-- Progress: 1/3 -->",
        "## 2025-05-03\n\n**Progress**: 1/3 (33%)",
    ] {
        let text = format!(
            "# Plan\n\n{line}\n\n## Walls\n\n- [x] W-1: Stone ✅ 2025-05-03\n- [ ] W-2: Paint\n- [ ] W-3: Paper\n"
        );
        assert_eq!(Plan::read(&text).bound(), [""; 0], "{line}");
    }
}

#[test]
fn a_summary_replaces_the_free_words_and_the_usual_ones_come_back() {
    let text = "\
# Plan
**Last completed**: W-1 (X-1 rolled out - 2025-05-03)
**Next**: W-2

- [x] W-1: Build X-1 ✅ 2025-05-03
- [ ] W-2: Build X-2
- [ ] W-3: Build X-3
";
    let plan = Plan::read(text);
    let edited = text.replace("- [ ] W-2: Build X-2", "- [x] W-2: Build X-2 ✅ 2025-05-04");
    let (next, _) = plan.after(
        &edited,
        "W-2",
        Status::Completed,
        "2025-05-04",
        Some("tried on\nfour machines"),
    );
    assert_eq!(
        next.document.content(1),
        "**Last completed**: W-2 (tried on four machines - 2025-05-04)"
    );
    assert_eq!(next.document.content(2), "**Next**: W-3");
    let text = next.document.text();
    let edited = text.replace("- [ ] W-3: Build X-3", "- [x] W-3: Build X-3 ✅ 2025-05-05");
    let (last, filled) = next.after(&edited, "W-3", Status::Completed, "2025-05-05", None);
    assert_eq!(
        last.document.content(1),
        "**Last completed**: W-3 (X-3 rolled out - 2025-05-05)"
    );
    assert_eq!(last.document.content(2), "**Next**: W-3");
    assert_eq!(filled.unfilled.len(), 1);
}

#[test]
fn words_that_somebody_wrote_by_hand_are_never_given_to_another_task() {
    let text = "\
# Plan
**Last completed**: W-1 (X-1 rolled out - 2025-05-03)

- [x] W-1: Build X-1 ✅ 2025-05-03
- [ ] W-2: Build X-2
- [ ] W-3: Build X-3
- [ ] W-4: Build X-4 through X-9
";
    let before = Plan::read(text);
    let by_hand = |line: &str| {
        let text = text
            .replace(
                "**Last completed**: W-1 (X-1 rolled out - 2025-05-03)",
                line,
            )
            .replace("[ ] W-2: Build X-2", "[x] W-2: Build X-2 ✅ 2025-05-04");
        let document = Document::from(text.as_str());
        let outline = Outline::parse(&document);
        let written = BTreeSet::from([1, 4]);
        let bindings = rebind(&document, &outline, &before.bindings, &written);
        Plan {
            document,
            outline,
            bindings,
        }
    };
    let completing = |plan: &Plan, task: &str, summary| {
        let text = plan.document.text();
        let (open, done) = (format!("[ ] {task}"), format!("[x] {task}"));
        let edited = text.replace(&open, &done);
        plan.after(&edited, task, Status::Completed, "2025-05-05", summary)
    };
    let line = "**Last completed**: W-2 (all night long, and it works - 2025-05-04)";
    let plan = by_hand(line);
    assert_eq!(plan.bound(), [line]);
    let (next, filled) = completing(&plan, "W-3", None);
    assert_eq!(next.document.content(1), line);
    let said: Vec<String> = filled.unfilled.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("somebody's own"), "{said:?}");
    let (next, filled) = completing(&plan, "W-3", Some("in an hour"));
    assert_eq!(
        next.document.content(1),
        "**Last completed**: W-3 (in an hour - 2025-05-05)"
    );
    assert_eq!(filled.unfilled, []);
    // Words that the line had of its own are those with other names.
    let line = "**Last completed**: W-2 (X-2 rolled out - 2025-05-04)";
    let plan = by_hand(line);
    assert_eq!(plan.bindings, before.bindings);
    // Names that stand for others too are no list of what was done.
    let (next, filled) = completing(&plan, "W-4", None);
    assert_eq!(next.document.content(1), line);
    assert_eq!(filled.unfilled.len(), 1);
}

#[test]
fn a_summary_stands_in_for_the_title_in_the_brackets() {
    let text = "\
# Umbau

**Zuletzt erledigt:** AUF-3 (Wände streichen - 2025-10-01)

- [x] **AUF-3**: Wände streichen ✅ 2025-10-01
- [ ] **AUF-4**: Boden legen
- [ ] **AUF-5**: Türen setzen
";
    let plan = Plan::read(text);
    let edited = text.replace(
        "- [ ] **AUF-4**: Boden legen",
        "- [x] **AUF-4**: Boden legen ✅ 2025-10-02",
    );
    let (next, filled) = plan.after(
        &edited,
        "AUF-4",
        Status::Completed,
        "2025-10-02",
        Some("alles liegt"),
    );
    assert_eq!(
        next.document.content(2),
        "**Zuletzt erledigt:** AUF-4 (alles liegt - 2025-10-02)"
    );
    assert_eq!(filled.unfilled, []);
    let text = next.document.text();
    let edited = text.replace(
        "- [ ] **AUF-5**: Türen setzen",
        "- [x] **AUF-5**: Türen setzen ✅ 2025-10-03",
    );
    let (last, _) = next.after(&edited, "AUF-5", Status::Completed, "2025-10-03", None);
    assert_eq!(
        last.document.content(2),
        "**Zuletzt erledigt:** AUF-5 (Türen setzen - 2025-10-03)"
    );
}

#[test]
fn a_summary_that_has_no_place_is_remarked_on() {
    let text = "\
# Plan

**Last completed**: W-1 – Stone

- [x] W-1: Stone
- [ ] W-2: Paint
";
    let plan = Plan::read(text);
    let edited = text.replace("[ ] W-2", "[x] W-2");
    let complete = |summary| plan.after(&edited, "W-2", Status::Completed, "2025-05-04", summary);
    let (next, filled) = complete(Some("two coats"));
    assert_eq!(next.document.content(2), "**Last completed**: W-2 – Paint");
    let said: Vec<String> = filled.unfilled.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["line 3 has no place for the summary (Last completed)"]
    );
    assert_eq!(complete(None).1.unfilled, []);
}

/// What completing `W-2` says about lines that are not kept in step.
fn said_of(line: &str) -> Vec<String> {
    let text = format!(
        "# Plan\n\n{line}\n\n## Walls\n\n- [x] W-1: Stone\n- [x] W-2: Paint\n- [ ] W-3: Paper\n"
    );
    let document = Document::from(text.as_str());
    let outline = Outline::parse(&document);
    let change = Change {
        flipped: Some((1, Status::Completed)),
        ..Change::default()
    };
    let filled = refill(&document, &outline, &[], &change);
    assert_eq!(filled.hunks, []);
    filled.unfilled.iter().map(ToString::to_string).collect()
}

#[test]
fn an_unbound_line_that_a_completion_makes_wrong_is_named() {
    for (line, why) in [
        (
            "**Next Task**: W-2 (Paint it)",
            "Next Task): it still names W-2 as next",
        ),
        ("- Next: finish W-2", "Next): it still names W-2 as next"),
        (
            "Next up: W-1, W-2 and more",
            "Next up): it still names W-2 as next",
        ),
        (
            "Nächster Schritt: W-2",
            "Nächster Schritt): it still names W-2 as next",
        ),
        (
            "Last Completed: W-1 (the stones)",
            "Last Completed): it still names W-1 as the last one",
        ),
        (
            "Remaining: 2 tasks (W-2, W-3)",
            "Remaining): it still counts W-2 as open",
        ),
    ] {
        assert_eq!(
            said_of(line),
            [format!("line 3 stays as it is ({why}")],
            "{line}"
        );
    }
}

#[test]
fn lines_that_a_completion_leaves_true_are_not_named() {
    for line in [
        "Next: W-3 (Paper)",
        "Next: W-3 (after W-2)",
        "Next: when done with all, wait for W-2",
        "Blocked next: W-2",
        "Last completed: W-2 (Paint)",
        "Last completed: W-3",
        "Last updated: W-1",
        "Notes: W-2 is next to the door",
        "We do W-2 next",
        "Remaining: W-3 (1)",
        "Open question: is W-2 dry?",
        "## 2025-05-03\n\nNext: W-2",
        "```\nNext: W-2\n```",
    ] {
        assert_eq!(said_of(line), [""; 0], "{line}");
    }
}

#[test]
fn a_roll_up_that_disagrees_is_left_alone_and_reported() {
    let text = "# Plan\n\n**Progress**: 2/5 (40%)\n\n- [x] W-1: Stone\n- [ ] W-2: Paint\n";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings, []);
    let found = disagreements(&plan.document, &plan.outline, &plan.bindings);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].label.as_str()), (2, "Progress"));
    let tally = found[0].tally.as_ref().unwrap();
    assert_eq!((tally.done, tally.total, tally.heading), (1, 2, None));
    assert_eq!(looks_like_rollup(&plan.document, &plan.outline), [2]);
}

#[test]
fn carrying_follows_lines_and_headings_and_drops_what_was_rewritten() {
    let text = "# Plan\n\nProgress: 1/2 done\n\n## Walls (2 tasks)\n\n- [x] W-1: Stone\n- [ ] W-2: Paint\n\n## More\n\n- [ ] M-1: Other\n";
    let plan = Plan::read(text);
    assert_eq!(plan.bindings.len(), 1, "{:?}", plan.bound());
    let moved = Document::from(format!("intro\n\n{text}").as_str());
    let hunks = crate::hunk::diff(&plan.document, &moved);
    let carried = Binding::carry_all(&plan.bindings, &hunks);
    assert_eq!(carried, bind(&moved, &Outline::parse(&moved)));
    let rewritten = Document::from(text.replace("## Walls (2 tasks)", "## Walls").as_str());
    let hunks = crate::hunk::diff(&plan.document, &rewritten);
    assert_eq!(Binding::carry_all(&plan.bindings, &hunks), []);
}
