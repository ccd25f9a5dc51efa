//! Plans of our own in many dialects: what each change turns them into.

use super::*;

/// Completes, by example, and checks the lines that differ.
fn lines_changed(before: &str, after: &str) -> Vec<String> {
    let (old, new) = (Document::from(before), Document::from(after));
    crate::hunk::regions(&old, &new)
        .into_iter()
        .flat_map(|region| {
            new.lines()[region.after]
                .iter()
                .map(|line| crate::text::content(line).to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

#[track_caller]
fn changes(text: &str, name: &str, to: Status, details: &Details, expected: &[&str]) {
    let result = after(text, name, to, details);
    assert_eq!(lines_changed(text, &result), expected, "\n{result}");
}

const BOXES: &str = "\
# Garden

## Beds

- [x] **G-1**: Dig the beds ✅ 2031-03-01
  - **Tools**: spade
  - **Completed**: 2031-03-01, before lunch

- [ ] **G-2**: Plant leeks
  - **Tools**: dibber
";

#[test]
fn a_box_takes_mark_date_and_completed_line_of_its_siblings() {
    changes(
        BOXES,
        "G-2",
        Status::Completed,
        &dated("2031-04-05"),
        &[
            "- [x] **G-2**: Plant leeks ✅ 2031-04-05",
            "  - **Completed**: 2031-04-05",
        ],
    );
}

#[test]
fn reopening_takes_back_what_completing_added() {
    let done = after(BOXES, "G-2", Status::Completed, &dated("2031-04-05"));
    assert_eq!(
        after(&done, "G-2", Status::Pending, &Details::default()),
        BOXES
    );
}

#[test]
fn results_and_notes_stay_when_a_task_is_reopened() {
    let details = Details {
        results: vec!["✅ 40 leeks".to_owned()],
        ..dated("2031-04-05")
    };
    let done = after(BOXES, "G-2", Status::Completed, &details);
    let open = after(&done, "G-2", Status::Pending, &Details::default());
    assert!(
        open.ends_with("  - **Results**:\n    - ✅ 40 leeks\n"),
        "{open}"
    );
    assert!(!open.contains("2031-04-05"), "{open}");
}

#[test]
fn fields_go_before_results_and_in_the_order_given() {
    let details = Details {
        fields: vec![
            ("Branch".to_owned(), "leeks".to_owned()),
            ("PR".to_owned(), "#7".to_owned()),
        ],
        results: vec!["all\nplanted".to_owned()],
        ..dated("2031-04-05")
    };
    changes(
        BOXES,
        "G-2",
        Status::Completed,
        &details,
        &[
            "- [x] **G-2**: Plant leeks ✅ 2031-04-05",
            "  - **Completed**: 2031-04-05",
            "  - **Branch**: leeks",
            "  - **PR**: #7",
            "  - **Results**:",
            "    - all planted",
        ],
    );
}

#[test]
fn a_box_plan_without_wide_boxes_gets_a_mark() {
    let text = "- [ ] A-1: one\n- [x] A-2: two\n";
    let result = after(text, "A-1", Status::InProgress, &Details::default());
    assert_eq!(result, "- [ ] A-1: one 🔄\n- [x] A-2: two\n");
    let back = after(&result, "A-1", Status::Completed, &Details::default());
    assert_eq!(back, "- [x] A-1: one\n- [x] A-2: two\n");
}

#[test]
fn a_plan_with_wide_boxes_uses_them() {
    let text = "* [ ] one\n* [~] two\n* [X] three\n";
    let result = after(text, "one", Status::InProgress, &Details::default());
    assert_eq!(result, "* [~] one\n* [~] two\n* [X] three\n");
    let done = after(text, "one", Status::Completed, &Details::default());
    assert_eq!(done, "* [X] one\n* [~] two\n* [X] three\n");
}

#[test]
fn a_legend_gives_the_mark_for_a_status_without_example() {
    let text = "\
# Plan

## Legend

- ✅ Completed
- 💤 Blocked

## Work

- [ ] A-1: one
";
    changes(
        text,
        "A-1",
        Status::Blocked,
        &Details::default(),
        &["- [ ] A-1: one 💤"],
    );
}

#[test]
fn a_reason_is_written_and_taken_back() {
    let blocked = Details {
        reason: Some("no seeds".to_owned()),
        ..Details::default()
    };
    let result = after(BOXES, "G-2", Status::Blocked, &blocked);
    assert_eq!(
        lines_changed(BOXES, &result),
        ["- [ ] **G-2**: Plant leeks ⏸️", "  - **Reason**: no seeds"]
    );
    let back = after(&result, "G-2", Status::Pending, &Details::default());
    assert_eq!(back, BOXES);
}

#[test]
fn a_mark_follows_the_word_it_belongs_to() {
    let text = "- Phase 1: Complete ✅ (frame)\n- Phase 2: Pending (roof)\n";
    changes(
        text,
        "Phase 2",
        Status::Completed,
        &Details::default(),
        &["- Phase 2: Complete ✅ (roof)"],
    );
}

#[test]
fn a_legend_gives_the_word_too() {
    let text = "\
# Plan

- **Status legend**: `[ ] pending` · `[>] in-progress` · `[x] complete`

### Task 1.1: Weigh
- **Status**: [ ] pending
";
    for (to, line) in [
        (Status::InProgress, "- **Status**: [>] in-progress"),
        (Status::Completed, "- **Status**: [x] complete"),
    ] {
        changes(text, "Weigh", to, &Details::default(), &[line]);
    }
}

const HEADINGS: &str = "\
# Umzug

### AUFGABE-1: Kisten kaufen
**Priorität**: Hoch
**Zustand**: ✅ Erledigt (02.03.2031)

Viele Kisten.

---

### AUFGABE-2: Wagen mieten
**Priorität**: Hoch
**Zustand**: ⏳ Offen

---
";

#[test]
fn a_status_field_is_written_in_the_siblings_words_and_date_format() {
    changes(
        HEADINGS,
        "AUFGABE-2",
        Status::Completed,
        &dated("2031-03-09"),
        &["**Zustand**: ✅ Erledigt (09.03.2031)"],
    );
    changes(
        HEADINGS,
        "AUFGABE-2",
        Status::InProgress,
        &Details::default(),
        &["**Zustand**: 🔄 In Arbeit"],
    );
    changes(
        HEADINGS,
        "AUFGABE-1",
        Status::Pending,
        &Details::default(),
        &["**Zustand**: ⏳ Offen"],
    );
}

#[test]
fn results_of_a_heading_close_its_text() {
    let details = Details {
        results: vec!["4 Wagen".to_owned()],
        ..Details::default()
    };
    let result = after(HEADINGS, "AUFGABE-2", Status::Completed, &details);
    assert!(
        result.ends_with("**Zustand**: ✅ Erledigt\n\n**Ergebnisse**:\n- 4 Wagen\n\n---\n"),
        "{result}"
    );
}

#[test]
fn japanese_values_keep_box_and_word() {
    let text = "\
### P1-1: 単体テスト
- **優先度**: 高
- **状態**: [x] 完了 (2031-01-17)

### P1-2: 結合テスト
- **優先度**: 高
- **状態**: [ ] 未着手
";
    changes(
        text,
        "P1-2",
        Status::Completed,
        &dated("2031-02-01"),
        &["- **状態**: [x] 完了 (2031-02-01)"],
    );
    changes(
        text,
        "P1-2",
        Status::InProgress,
        &Details::default(),
        &["- **状態**: [~] 進行中"],
    );
}

const TABLE: &str = "\
# Release

| ID  | Task          | Status      | Completed  | Notes |
|-----|---------------|-------------|------------|-------|
| R-1 | Write notes   | ✅ Done     | 2031-05-01 | long  |
| R-2 | Tag           | 🔄 Doing    | -          | -     |
| R-3 | Announce      | 📋 Todo     | -          | -     |
";

#[test]
fn a_table_row_is_completed_in_its_columns() {
    let details = Details {
        notes: vec!["sent | twice".to_owned()],
        ..dated("2031-05-09")
    };
    changes(
        TABLE,
        "R-3",
        Status::Completed,
        &details,
        &["| R-3 | Announce      | ✅ Done     | 2031-05-09 | sent \\| twice |"],
    );
    changes(
        TABLE,
        "R-1",
        Status::Pending,
        &Details::default(),
        &["| R-1 | Write notes   | 📋 Todo     | -          | long  |"],
    );
}

const BOARD: &str = "\
# Board

## To Do

- Paint the door
- Oil the hinges

## Done

- Sand the door
";

#[test]
fn on_a_board_a_task_moves_to_the_section_of_its_status() {
    assert_eq!(
        after(
            BOARD,
            "Paint the door",
            Status::Completed,
            &Details::default()
        ),
        "# Board\n\n## To Do\n\n- Oil the hinges\n\n## Done\n\n- Sand the door\n- Paint the door\n"
    );
    let (document, outline) = plan(BOARD);
    let door = task(&outline, "Paint the door");
    assert_eq!(
        set_status(
            &document,
            &outline,
            door,
            Status::Blocked,
            &Details::default()
        ),
        Err(EditError::NoStatusSection {
            status: Status::Blocked
        })
    );
}

#[test]
fn a_title_that_is_also_a_status_keeps_no_box_from_saying_another() {
    let text = "# TODO\n\n- [ ] **T-1**: one\n- [x] **T-2**: two\n";
    for (task, to, expected) in [
        ("T-1", Status::Completed, text.replace("[ ]", "[x]")),
        ("T-1", Status::InProgress, text.replace("one", "one 🔄")),
        ("T-2", Status::Pending, text.replace("[x]", "[ ]")),
    ] {
        assert_eq!(after(text, task, to, &Details::default()), expected);
    }
}

#[test]
fn a_reopened_task_leaves_the_list_of_finished_ones() {
    let text = "\
# Plan

## Tasks

- [x] **T-1**: Paint the door

## Done

- T-1: Paint the door
- T-0: Sand the door
";
    let (document, outline) = plan(text);
    assert_eq!(outline.tasks.len(), 2, "{outline:#?}");
    let edit = set_status(
        &document,
        &outline,
        0,
        Status::InProgress,
        &Details::default(),
    );
    assert_eq!(edit.as_ref().unwrap().remarks.len(), 1);
    assert_eq!(
        edited(&document, edit),
        text.replace(
            "[x] **T-1**: Paint the door",
            "[ ] **T-1**: Paint the door 🔄"
        )
        .replace("- T-1: Paint the door\n", "")
    );
}

#[test]
fn front_matter_follows_with_its_date() {
    let text = "---\nid: T-9\ntitle: Mend the fence\nstatus: To Do\nupdated_date: '2031-01-01 07:26'\n---\n\nText.\n";
    changes(
        text,
        "T-9",
        Status::Completed,
        &dated("2031-02-03"),
        &["status: Done", "updated_date: '2031-02-03'"],
    );
}

#[test]
fn every_writing_of_a_task_is_changed() {
    let text = "\
# Plan

- T-1: Build the shed ✅
- T-2: Build the fence ⏳

## Tasks

### T-1: Build the shed
**Status**: ✅ Completed

### T-2: Build the fence
**Status**: ⏳ Pending
";
    changes(
        text,
        "T-2",
        Status::Completed,
        &dated("2031-02-03"),
        &["- T-2: Build the fence ✅", "**Status**: ✅ Completed"],
    );
}

#[test]
fn crlf_and_a_missing_last_newline_are_kept() {
    let text = "- [x] A-1: one ✅ 2031-01-01\r\n  - Completed: 2031-01-01\r\n- [ ] A-2: two";
    assert_eq!(
        after(text, "A-2", Status::Completed, &dated("2031-01-02")),
        "- [x] A-1: one ✅ 2031-01-01\r\n  - Completed: 2031-01-01\r\n- [x] A-2: two ✅ 2031-01-02\r\n  - Completed: 2031-01-02"
    );
}

#[test]
fn an_indented_status_line_comes_and_goes_with_completion() {
    let text = "\
- [x] **K-1**: Bake
  - Output: bread
  - Status: ✅ Completed (2031-01-01)
  - Context: oven

- [ ] **K-2**: Cook
  - Output: soup
  - Context: stove

- [ ] **K-3**: Eat
  - Output: none
";
    changes(
        text,
        "K-2",
        Status::Completed,
        &dated("2031-01-02"),
        &[
            "- [x] **K-2**: Cook",
            "  - Status: ✅ Completed (2031-01-02)",
        ],
    );
    let done = after(text, "K-2", Status::Completed, &dated("2031-01-02"));
    assert_eq!(
        after(&done, "K-2", Status::Pending, &Details::default()),
        text
    );
}

#[test]
fn setting_the_status_there_is_changes_nothing() {
    for text in [BOXES, HEADINGS, TABLE, BOARD] {
        let (document, outline) = plan(text);
        for task in 0..outline.tasks.len() {
            let status = outline.status(task).unwrap();
            let edit = set_status(&document, &outline, task, status, &dated("2031-01-01"));
            assert_eq!(edit, Ok(Edit::default()));
        }
    }
}

#[test]
fn on_a_board_what_is_written_with_a_status_goes_where_the_task_goes() {
    let text = "# Board\n\n## To do\n\n- First\n- Second\n- Third\n\n## Done\n\n- Zero\n";
    for (task, rest) in [
        ("First", "- Second\n- Third\n"),
        ("Second", "- First\n- Third\n"),
    ] {
        let details = Details {
            results: vec!["all good".to_owned()],
            ..Details::default()
        };
        let edited = after(text, task, Status::Completed, &details);
        let open = format!("# Board\n\n## To do\n\n{rest}\n## Done\n\n- Zero\n- {task}\n");
        assert!(edited.starts_with(&open), "{edited}");
        assert!(edited[open.len()..].contains("all good"), "{edited}");
    }
}
