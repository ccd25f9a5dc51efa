//! What [`observe`] makes of hand edits, in several dialects and languages.

#![allow(clippy::unwrap_used, reason = "a test")]

use ledger_document::observe::{Gone, Kind, Observation, Side, observe};
use ledger_document::{Document, Outline, Status};
use proptest::prelude::*;

fn see_with(before: &str, after: &str, gone: &[Gone]) -> Observation {
    let (a, b) = (Document::from(before), Document::from(after));
    let (x, y) = (Outline::parse(&a), Outline::parse(&b));
    let observation = observe(
        Side {
            document: &a,
            outline: &x,
        },
        Side {
            document: &b,
            outline: &y,
        },
        gone,
    );
    let mut replayed = a;
    let hunks = observation.changes.iter().flat_map(|change| &change.hunks);
    replayed.apply_all(hunks).unwrap();
    assert_eq!(replayed, b, "the hunks give the new text");
    observation
}

fn see(before: &str, after: &str) -> Vec<Kind> {
    let changes = see_with(before, after, &[]).changes;
    changes.into_iter().map(|change| change.kind).collect()
}

fn done() -> Kind {
    Kind::Status {
        from: Status::Pending,
        to: Status::Completed,
    }
}

fn moved(from: &str, to: &str) -> Kind {
    Kind::Moved {
        from_section: Some(from.to_owned()),
        to_section: Some(to.to_owned()),
    }
}

fn rekeyed(from: &str, to: &str) -> Kind {
    Kind::Rekeyed {
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
    }
}

#[test]
fn a_ticked_box_is_a_change_of_status_and_takes_its_lines_along() {
    let before = "# Plan\n\n- [ ] **A-1**: Write the parser\n  - **Owner**: Kim\n- [ ] **A-2**: Write the printer\n";
    let after = "# Plan\n\n- [x] **A-1**: Write the parser ✅ 2026-01-05\n  - **Owner**: Kim\n  - **Completed**: 2026-01-05\n- [ ] **A-2**: Write the printer\n";
    let observation = see_with(before, after, &[]);
    assert_eq!(observation.changes.len(), 1);
    assert_eq!(observation.changes[0].kind, done());
    assert_eq!(observation.changes[0].task.unwrap().after, Some(0));
    assert_eq!(observation.pairs, [(0, 0), (1, 1)]);
}

#[test]
fn prose_beside_a_flip_is_an_edit_of_its_own() {
    let before = "# Plan\n\nWe are early.\n\n- [ ] **A-1**: Write the parser\n";
    let after = "# Plan\n\nWe are late.\n\n- [x] **A-1**: Write the parser\n";
    let changes = see_with(before, after, &[]).changes;
    assert_eq!(changes.len(), 2);
    assert_eq!((&changes[0].kind, changes[0].hunks[0].at), (&done(), 4));
    assert_eq!(
        (&changes[1].kind, changes[1].hunks[0].at),
        (&Kind::Edited, 2)
    );
    assert_eq!(changes[1].task, None);
}

#[test]
fn a_table_row_flips_by_its_cell() {
    let before = "| ID | Task | Status |\n|---|---|---|\n| T1 | Écrire le lexeur | À faire |\n| T2 | Tester le lexeur | À faire |\n";
    let after = "| ID | Task | Status |\n|---|---|---|\n| T1 | Écrire le lexeur | Terminé |\n| T2 | Tester le lexeur | À faire |\n";
    assert_eq!(see(before, after), [done()]);
}

#[test]
fn a_card_dragged_to_another_column_flips_and_moves() {
    let before = "# Board\n\n## To Do\n\n- Paint the fence\n- Mow the lawn behind the house\n\n## Done\n\n- Buy paint\n";
    let after = "# Board\n\n## To Do\n\n- Paint the fence\n\n## Done\n\n- Buy paint\n- Mow the lawn behind the house\n";
    assert_eq!(see(before, after), [done(), moved("To Do", "Done")]);
}

#[test]
fn a_heading_task_flips_by_its_field() {
    let before = "# Plan\n\n## Phase 1\n\n### T-1: Sammle die Anforderungen\n**Status**: ⏳ Pending\n**Priority**: High\n\n### T-2: Schreibe den Entwurf\n**Status**: ⏳ Pending\n";
    let after = "# Plan\n\n## Phase 1\n\n### T-1: Sammle die Anforderungen\n**Status**: ✅ Completed\n**Priority**: High\n\n### T-2: Schreibe den Entwurf\n**Status**: ⏳ Pending\n";
    assert_eq!(see(before, after), [done()]);
}

#[test]
fn front_matter_flips_by_its_key() {
    let before = "---\nid: task-7\ntitle: Ship the installer\nstatus: To Do\n---\n\nSome text.\n";
    let after = "---\nid: task-7\ntitle: Ship the installer\nstatus: Done\n---\n\nSome text.\n";
    assert_eq!(see(before, after), [done()]);
}

#[test]
fn other_line_endings_are_an_edit_and_nothing_else() {
    let before = "# Plan\n\n## Phase 1\n\n- [ ] **A-1**: Write\n  - **Owner**: Kim\n- [x] **A-2**: Read\n\n| ID | Task | Status |\n|---|---|---|\n| B-1 | Listen | Done |\n";
    let after = before.replace('\n', "\r\n");
    assert_eq!(see(before, &after), [Kind::Edited]);
    assert_eq!(see(&after, before), [Kind::Edited]);
}

#[test]
fn another_mark_for_the_same_status_is_an_edit() {
    let before = "# Plan\n\n- [x] **A-1**: Write the parser\n";
    let after = "# Plan\n\n- [X] **A-1**: Write the parser ✅\n";
    assert_eq!(see(before, after), [Kind::Edited]);
}

#[test]
fn a_task_put_in_before_others_shifts_their_ids() {
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [ ] **T-2**: Parse the logs\n- [ ] **T-3**: Draw a chart of errors\n";
    let after = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [ ] **T-2**: Ask for access rights\n- [ ] **T-3**: Parse the logs\n- [ ] **T-4**: Draw a chart of errors\n";
    assert_eq!(
        see(before, after),
        [rekeyed("T-2", "T-3"), rekeyed("T-3", "T-4"), Kind::Added]
    );
}

#[test]
fn a_new_prefix_for_all_ids_rekeys_all_tasks() {
    let before = "# 计划\n\n- [ ] **TASK-1**: 编写解析器\n- [x] **TASK-2**: 测试解析器\n";
    let after = before.replace("TASK-", "TODO-");
    assert_eq!(
        see(before, &after),
        [rekeyed("TASK-1", "TODO-1"), rekeyed("TASK-2", "TODO-2")]
    );
}

#[test]
fn an_id_given_to_another_task_is_one_task_gone_and_one_come() {
    let before = "# Plan\n\n- [x] **T-1**: Set up the repository\n- [ ] **T-2**: Parse the logs\n";
    let after = "# Plan\n\n- [ ] **T-1**: Rent a second server\n- [ ] **T-2**: Parse the logs\n";
    assert_eq!(see(before, after), [Kind::Removed, Kind::Added]);
}

#[test]
fn a_corrected_title_is_no_new_task() {
    let before = "# Plan\n\n- [ ] Implmenet the login page\n- [ ] Deploy to staging\n";
    let after = "# Plan\n\n- [x] Implement the login page\n- [ ] Deploy to staging\n";
    assert_eq!(
        see(before, after),
        [
            done(),
            Kind::Retitled {
                from: "Implmenet the login page".to_owned(),
                to: "Implement the login page".to_owned(),
            }
        ]
    );
}

#[test]
fn emphasis_in_a_title_is_no_other_title() {
    let before = "# Plan\n\n- [ ] T-1: Fix parse_line\n";
    let after = "# Plan\n\n- [ ] T-1: Fix `parse_line`\n";
    assert_eq!(see(before, after), [Kind::Edited]);
}

#[test]
fn a_renamed_section_moves_nobody() {
    let before = "# Plan\n\n## Sprint one\n\n- [ ] Write the parser\n- [ ] Write the printer\n";
    let after = "# Plan\n\n## First weeks\n\n- [ ] Write the parser\n- [ ] Write the printer\n";
    assert_eq!(see(before, after), [Kind::Edited]);
}

#[test]
fn another_order_within_a_section_moves_nobody() {
    let before = "# Plan\n\n## Now\n\n- [ ] Write the parser\n- [ ] Write the printer\n";
    let after = "# Plan\n\n## Now\n\n- [ ] Write the printer\n- [ ] Write the parser\n";
    assert_eq!(see(before, after), [Kind::Edited]);
}

#[test]
fn a_task_in_another_section_has_moved() {
    let before = "# Plan\n\n## Parser\n\n- [ ] Read numbers\n- [ ] Read strings of text\n\n## Printer\n\n- [ ] Print numbers\n";
    let after = "# Plan\n\n## Parser\n\n- [ ] Read numbers\n\n## Printer\n\n- [ ] Print numbers\n- [ ] Read strings of text\n";
    assert_eq!(see(before, after), [moved("Parser", "Printer")]);
}

#[test]
fn a_removed_task_that_comes_back_is_restored() {
    let gone = [
        Gone {
            id: Some("T-9".to_owned()),
            title: "Buy a printer".to_owned(),
        },
        Gone {
            id: Some("T-2".to_owned()),
            title: "Parse the old logs".to_owned(),
        },
    ];
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n";
    let after = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [ ] **T-2**: Parse the logs\n- [ ] **T-9**: Call a plumber\n";
    let kinds: Vec<Kind> = see_with(before, after, &gone)
        .changes
        .into_iter()
        .map(|change| change.kind)
        .collect();
    assert_eq!(kinds, [Kind::Restored { gone: 1 }, Kind::Added]);
}

#[test]
fn two_tasks_with_one_id_are_told_apart_by_their_titles() {
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [ ] **T-1**: Draw a chart\n";
    let after = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [x] **T-1**: Draw a chart\n";
    let observation = see_with(before, after, &[]);
    assert_eq!(observation.changes.len(), 1);
    assert_eq!(observation.changes[0].kind, done());
    assert_eq!(observation.changes[0].task.unwrap().before, Some(1));
}

#[test]
fn fields_are_set_and_removed() {
    let before =
        "# Plan\n\n- [ ] **T-1**: Collect the logs\n  - **Owner**: Kim\n  - **Effort**: 2 days\n";
    let after =
        "# Plan\n\n- [ ] **T-1**: Collect the logs\n  - **Owner**: Jo\n  - **Due**: Friday\n";
    assert_eq!(
        see(before, after),
        [
            Kind::FieldSet {
                label: "Owner".to_owned(),
                value: "Jo".to_owned()
            },
            Kind::FieldSet {
                label: "Due".to_owned(),
                value: "Friday".to_owned()
            },
            Kind::FieldRemoved {
                label: "Effort".to_owned()
            },
        ]
    );
}

#[test]
fn dependencies_come_and_go() {
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [ ] **T-2**: Parse the logs\n- [ ] **T-3**: Draw a chart\n  - **Dependencies**: T-1\n";
    let after = before.replace("Dependencies**: T-1", "Dependencies**: T-2");
    assert_eq!(
        see(before, &after),
        [
            Kind::DependencyRemoved {
                id: "T-1".to_owned()
            },
            Kind::DependencyAdded {
                id: "T-2".to_owned()
            },
        ]
    );
}

#[test]
fn steps_are_checked_one_by_one() {
    let before = "# Plan\n\n### T-1: Collect the logs\n**Status**: ⏳ Pending\n\n**Success Criteria**:\n- [ ] All servers\n- [x] No gaps\n";
    let after = "# Plan\n\n### T-1: Collect the logs\n**Status**: ⏳ Pending\n\n**Success Criteria**:\n- [x] All servers\n- [ ] No gaps\n";
    assert_eq!(
        see(before, after),
        [
            Kind::StepChecked {
                text: "All servers".to_owned()
            },
            Kind::StepUnchecked {
                text: "No gaps".to_owned()
            },
        ]
    );
}

#[test]
fn a_list_turned_into_a_table_keeps_its_tasks() {
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n- [x] **T-2**: Parse the logs\n";
    let after = "# Plan\n\n| ID | Task | Status |\n|---|---|---|\n| T-1 | Collect the logs | Pending |\n| T-2 | Parse the logs | Done |\n";
    let observation = see_with(before, after, &[]);
    assert_eq!(observation.pairs, [(0, 0), (1, 1)]);
    let about_tasks =
        |kind: &Kind| matches!(kind, Kind::Status { .. } | Kind::Added | Kind::Removed);
    assert!(
        !observation
            .changes
            .iter()
            .any(|change| about_tasks(&change.kind))
    );
}

#[test]
fn a_short_title_is_known_again_in_another_section_if_it_is_the_only_one() {
    let before =
        "# Board\n\n## To Do\n\n- Changelog\n- Paint the fence\n\n## Done\n\n- Buy paint\n";
    let after = "# Board\n\n## To Do\n\n- Paint the fence\n\n## Done\n\n- Buy paint\n- Changelog\n";
    assert_eq!(see(before, after), [done(), moved("To Do", "Done")]);
}

#[test]
fn a_title_that_got_longer_is_the_same_task() {
    let before = "# Plan\n\n## Open\n\n- [ ] Write the parser\n- [ ] Draw a logo\n\n## Finished\n\n- [x] Rent a server\n";
    let after = "# Plan\n\n## Open\n\n- [ ] Draw a logo\n\n## Finished\n\n- [x] Rent a server\n- [x] Write the parser (recursive descent, 40 tests, all green)\n";
    let kinds = see(before, after);
    assert_eq!(kinds[0], done());
    assert!(matches!(&kinds[1], Kind::Retitled { .. }));
    assert_eq!(kinds[2], moved("Open", "Finished"));
    assert_eq!(kinds.len(), 3);
}

#[test]
fn a_task_reworded_where_it_stands_is_the_same_task() {
    let before = "# Plan\n\n- [ ] Rent a server\n- [ ] Remove the `silent` flag from `stop` and from all its callers\n- [ ] Draw a logo\n";
    let after = "# Plan\n\n- [ ] Rent a server\n- [ ] Remove the `silent` flag from the window code\n- [ ] Draw a logo\n";
    assert!(matches!(see(before, after)[..], [Kind::Retitled { .. }]));
    let after =
        "# Plan\n\n- [ ] Rent a server\n- [ ] Invite all the neighbours\n- [ ] Draw a logo\n";
    assert_eq!(see(before, after), [Kind::Removed, Kind::Added]);
}

#[test]
fn numbers_in_titles_keep_tasks_apart_and_same_ids_bring_them_together() {
    let before =
        "# Plan\n\n- [ ] **A-7**: Write story US-003 (login)\n- [ ] **A-8**: Draw a logo\n";
    let other_id =
        "# Plan\n\n- [ ] **A-8**: Draw a logo\n- [ ] **A-9**: Write story US-004 (login)\n";
    assert_eq!(see(before, other_id), [Kind::Removed, Kind::Added]);
    let same_id = before.replace("US-003", "US-004");
    assert!(matches!(see(before, &same_id)[..], [Kind::Retitled { .. }]));
}

#[test]
fn a_further_writing_of_a_task_changes_nothing_about_it() {
    let before = "# Plan\n\n## Overview\n\n| ID | Task | Status |\n|---|---|---|\n| T-1 | Collect the logs | Pending |\n";
    let after = format!(
        "{before}\n## Details\n\n### T-1: Collect the logs of all servers\n**Status**: Pending\n"
    );
    assert_eq!(see(before, &after), [Kind::Edited]);
}

#[test]
fn a_dash_in_a_cell_is_no_value() {
    let before = "| ID | Task | Status | Owner |\n|---|---|---|---|\n| T-1 | Collect the logs | Pending | - |\n";
    let after = before.replace("| - |", "| — |");
    assert_eq!(see(before, &after), [Kind::Edited]);
    let after = before.replace("| - |", "| Kim |");
    assert_eq!(
        see(before, &after),
        [Kind::FieldSet {
            label: "Owner".to_owned(),
            value: "Kim".to_owned()
        }]
    );
}

#[test]
fn results_and_notes_are_recorded_unless_they_came_with_the_status() {
    let before = "# Plan\n\n- [ ] **T-1**: Collect the logs\n  - **Notes**: Ask Kim\n";
    let noted = "# Plan\n\n- [ ] **T-1**: Collect the logs\n  - **Notes**: Ask Kim\n    - Kim is away\n  - **Results**:\n    - 40 files\n";
    assert_eq!(
        see(before, noted),
        [
            Kind::NoteRecorded {
                text: "Kim is away".to_owned()
            },
            Kind::ResultRecorded {
                text: "40 files".to_owned()
            },
        ]
    );
    let done_too = noted.replace("[ ]", "[x]");
    assert_eq!(see(before, &done_too), [done()]);
}

fn plan() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "#{1,3} (Now|Done|T-[0-9]: [a-c ]{1,6})",
        "(  )?- \\[[ xX~]\\] (\\*\\*T-[0-9]\\*\\*: )?[a-c]{1,3} [x-z]{1,2}( ✅)?",
        "\\| T-[0-9] \\| [a-c]{1,2} \\| (Done|Pending) \\|",
        Just("|---|---|---|".to_owned()),
        "(  )?- \\*\\*(Owner|Status|Results)\\*\\*: (Done|[a-c]{0,2})",
        Just("```".to_owned()),
        Just("---".to_owned()),
        "\\PC{0,12}",
        Just(String::new()),
    ];
    let end = prop_oneof![3 => Just("\n"), 1 => Just("\r\n")];
    prop::collection::vec((line, end), 0..24)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

/// What somebody may do to one task of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    Tick,
    Remove,
    /// Another task is put in before it.
    Precede,
    /// A word is added to its title.
    Extend,
}

/// A title that shares no word with that of another number.
fn title(number: usize) -> String {
    let word = |salt: usize| -> String {
        let mut rest = number * 7919 + salt * 104_729 + 1_000_003;
        let mut word = String::new();
        while rest > 0 {
            word.push(char::from(b"bdfgklmnprst"[rest % 12]));
            word.push(char::from(b"aeiou"[rest / 12 % 5]));
            rest /= 60;
        }
        word
    };
    format!("{} {} {}", word(1), word(2), word(3))
}

fn write_plan(tasks: &[(usize, bool, bool)], ids: bool, rows: bool) -> String {
    let mut text = String::from("# Plan\n\n");
    if rows {
        text.push_str("| ID | Task | Status |\n|---|---|---|\n");
    }
    for (at, &(number, done, longer)) in tasks.iter().enumerate() {
        let title = title(number) + if longer { " anew" } else { "" };
        if rows {
            let id = if ids {
                format!("T-{at}")
            } else {
                String::new()
            };
            let status = if done { "Done" } else { "Pending" };
            text.push_str(&format!("| {id} | {title} | {status} |\n"));
        } else {
            let id = if ids {
                format!("**T-{at}**: ")
            } else {
                String::new()
            };
            let mark = if done { 'x' } else { ' ' };
            text.push_str(&format!("- [{mark}] {id}{title}\n"));
        }
    }
    text
}

proptest! {
    #[test]
    fn what_was_done_to_a_plan_is_what_is_observed(
        deeds in prop::collection::vec(
            prop_oneof![
                4 => Just(Deed::Nothing),
                1 => Just(Deed::Tick),
                1 => Just(Deed::Remove),
                1 => Just(Deed::Precede),
                1 => Just(Deed::Extend),
            ],
            3..20,
        ),
        ids in any::<bool>(),
        rows in any::<bool>(),
    ) {
        let before: Vec<_> = (0..deeds.len()).map(|number| (number, false, false)).collect();
        let mut after = Vec::new();
        let mut pairs = Vec::new();
        for (number, deed) in deeds.iter().enumerate() {
            match deed {
                Deed::Remove => continue,
                Deed::Precede => after.push((1000 + number, false, false)),
                _ => {}
            }
            pairs.push((number, after.len()));
            after.push((number, *deed == Deed::Tick, *deed == Deed::Extend));
        }
        // Ids count the tasks, so that they shift along the whole plan.
        let observation = see_with(
            &write_plan(&before, ids, rows),
            &write_plan(&after, ids, rows),
            &[],
        );
        prop_assert_eq!(&observation.pairs, &pairs);
        let count = |wanted: &dyn Fn(&Kind) -> bool| {
            let changes = observation.changes.iter();
            changes.filter(|change| wanted(&change.kind)).count()
        };
        let did = |wanted: Deed| deeds.iter().filter(|&&deed| deed == wanted).count();
        prop_assert_eq!(count(&|kind| *kind == done()), did(Deed::Tick));
        prop_assert_eq!(count(&|kind| *kind == Kind::Removed), did(Deed::Remove));
        prop_assert_eq!(count(&|kind| *kind == Kind::Added), did(Deed::Precede));
        prop_assert_eq!(count(&|kind| matches!(kind, Kind::Retitled { .. })), did(Deed::Extend));
        let shifted = pairs.iter().filter(|(old, new)| ids && old != new).count();
        prop_assert_eq!(count(&|kind| matches!(kind, Kind::Rekeyed { .. })), shifted);
    }

    #[test]
    fn any_two_plans_are_told_apart_line_for_line(a in plan(), b in plan()) {
        see_with(&a, &b, &[]);
    }

    #[test]
    fn any_two_texts_are_told_apart_line_for_line(a in "(\\PC|[\n\r\t])*", b in "(\\PC|[\n\r\t])*") {
        see_with(&a, &b, &[]);
    }

    #[test]
    fn the_same_plan_twice_gives_nothing(a in plan()) {
        prop_assert!(see(&a, &a).is_empty());
    }
}
