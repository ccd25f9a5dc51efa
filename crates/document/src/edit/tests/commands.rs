//! The other commands: fields, new and removed tasks, names, steps, dependencies.

use super::super::*;
use super::*;

fn new(id: Option<&str>, title: &str) -> NewTask {
    NewTask {
        id: id.map(str::to_owned),
        title: title.to_owned(),
        status: Status::Pending,
        section: None,
        after: None,
        fields: Vec::new(),
    }
}

fn added(text: &str, task: &NewTask) -> String {
    let (document, outline) = plan(text);
    edited(&document, add_task(&document, &outline, task))
}

const BOXES: &str = "\
# Plan

**Version**: 1.0
**Last Updated**: 2031-01-01

## First

- [x] **A-1**: One ✅ 2031-01-01
  - **Depends On**: None
  - **Completed**: 2031-01-01

- [ ] **A-2**: Two
  - **Depends On**: A-1
  - [ ] step one
  - [x] step two

## Second

Nothing yet.
";

#[test]
fn a_task_is_added_like_its_siblings() {
    let task = NewTask {
        section: Some("First".to_owned()),
        fields: vec![("Depends On".to_owned(), "A-2".to_owned())],
        ..new(Some("A-3"), "Three")
    };
    let result = added(BOXES, &task);
    assert!(
        result.contains(
            "  - [x] step two\n\n- [ ] **A-3**: Three\n  - **Depends On**: A-2\n\n## Second"
        ),
        "{result}"
    );
}

#[test]
fn a_task_can_be_added_with_any_status() {
    for status in Status::ALL {
        for text in [
            BOXES,
            "",
            "# T\n",
            "| ID | Task | Status |\n|--|--|--|\n| a1 | b | Done |\n",
        ] {
            let task = NewTask {
                status,
                ..new(Some("A-9"), "Nine")
            };
            let result = added(text, &task);
            let (_, outline) = plan(&result);
            let entry = outline.primary(super::task(&outline, "A-9")).unwrap();
            assert_eq!(
                (entry.status, entry.title.text.as_str()),
                (status, "Nine"),
                "{result}"
            );
        }
    }
}

#[test]
fn a_task_without_id_among_tasks_with_ids_is_remarked_on() {
    let remarks = |text: &str, id: Option<&str>| {
        let (document, outline) = plan(text);
        let edit = add_task(&document, &outline, &new(id, "Nine")).unwrap();
        edit.remarks.join("\n")
    };
    assert!(remarks(BOXES, None).contains("--id"));
    assert_eq!(remarks(BOXES, Some("A-9")), "");
    assert_eq!(remarks("- [ ] A-1: One\n- [ ] Two\n", None), "");
    assert_eq!(remarks("# Plan\n", None), "");
}

#[test]
fn a_table_without_rows_takes_the_first_task() {
    let text = "# Plan\n\n## Beds\n\nWhat to dig.\n\n| ID | Task | Size | Status |\n|----|:----|---|---|\n\n## Paths\n\n- [ ] P-1: Gravel\n";
    let task = NewTask {
        section: Some("Beds".to_owned()),
        fields: vec![("size".to_owned(), "2 | 3".to_owned())],
        ..new(Some("B-1"), "Dig | sow")
    };
    let wanted = text.replace(
        "|---|---|\n",
        "|---|---|\n| B-1 | Dig \\| sow | 2 \\| 3 | Pending |\n",
    );
    assert_eq!(added(text, &task), wanted);
    for status in Status::ALL {
        let result = added(
            text,
            &NewTask {
                status,
                ..task.clone()
            },
        );
        let (_, outline) = plan(&result);
        let found = super::task(&outline, "B-1");
        assert_eq!(outline.status(found), Some(status), "{result}");
    }
}

#[test]
fn an_empty_plan_gets_a_box() {
    assert_eq!(added("", &new(Some("A-1"), "One")), "- [ ] A-1: One\n");
    assert_eq!(
        added("# Plan\n", &new(None, "One")),
        "# Plan\n\n- [ ] One\n"
    );
    assert_eq!(
        added(
            BOXES,
            &NewTask {
                section: Some("second".to_owned()),
                ..new(Some("B-1"), "One")
            }
        ),
        format!("{BOXES}\n- [ ] **B-1**: One\n")
    );
}

#[test]
fn a_heading_task_is_added_with_its_status_field_and_rule() {
    let text = "# P\n\n### T-1: One\n**Priority**: High\n**Status**: ✅ Completed (2031-01-01)\n\nText.\n\n---\n\n### T-2: Two\n**Priority**: Low\n**Status**: ⏳ Pending\n\n---\n\n## Notes\n";
    let task = NewTask {
        fields: vec![("Priority".to_owned(), "Low".to_owned())],
        ..new(Some("T-3"), "Three")
    };
    let result = added(text, &task);
    assert!(
        result.contains("**Status**: ⏳ Pending\n\n---\n\n### T-3: Three\n**Priority**: Low\n**Status**: ⏳ Pending\n\n---\n\n## Notes\n"),
        "{result}"
    );
}

#[test]
fn a_row_is_added_with_its_columns_in_order() {
    let text = "| # | Task | Size | Status | Notes |\n|---|---|---|---|---|\n| 1 | One | x | ✅ Done | - |\n| 2 | Two | y | 📋 Todo | - |\n";
    let task = NewTask {
        fields: vec![("Notes".to_owned(), "a|b".to_owned())],
        ..new(Some("3"), "Three")
    };
    let result = added(text, &task);
    assert!(
        result.ends_with("| 3 | Three | - | 📋 Todo | a\\|b |\n"),
        "{result}"
    );
}

#[test]
fn removing_what_was_added_gives_the_plan_back() {
    for text in [
        BOXES,
        "- [ ] a: b\n",
        "### T-1: One\n**Status**: Done\n\n---\n\n### T-2: Two\n**Status**: Done\n",
    ] {
        let result = added(text, &new(Some("Z-9"), "Nine"));
        let (document, outline) = plan(&result);
        let removed = remove_task(&document, &outline, super::task(&outline, "Z-9"));
        assert_eq!(edited(&document, removed), text);
    }
}

#[test]
fn a_removed_block_can_be_put_back() {
    let (document, outline) = plan(BOXES);
    let two = super::task(&outline, "A-2");
    let lines = outline.primary(two).unwrap().lines.clone();
    let removed = edited(&document, remove_task(&document, &outline, two));
    let (shorter, less) = plan(&removed);
    let place = Place::After(super::task(&less, "A-1"));
    let block = &document.lines()[lines.clone()];
    // With one entry left nothing shows that entries are parted by blank lines.
    let blocks = [(block.to_vec(), place)];
    let back = edited(&shorter, insert_blocks(&shorter, &less, &blocks));
    assert_eq!(plan(&back).1.tasks.len(), outline.tasks.len());
    let place = Place::Line(lines.start - 1);
    let mut spaced = vec![Line::from("\n")];
    spaced.extend_from_slice(block);
    let blocks = [(spaced, place)];
    let back = edited(&shorter, insert_blocks(&shorter, &less, &blocks));
    assert_eq!(back, BOXES);
}

use crate::text::Line;

#[test]
fn fields_are_set_in_place_or_where_siblings_have_them() {
    let (document, outline) = plan(BOXES);
    let set = |scope, label: &str, value: &str| {
        edited(
            &document,
            set_field(&document, &outline, scope, label, value),
        )
    };
    let two = Scope::Task(super::task(&outline, "A-2"));
    assert_eq!(
        set(Scope::Document, "last updated", "2031-02-02"),
        BOXES.replace(
            "**Last Updated**: 2031-01-01",
            "**Last Updated**: 2031-02-02"
        )
    );
    assert_eq!(
        set(Scope::Document, "Owner", "Kim"),
        BOXES.replace(
            "2031-01-01\n\n## First",
            "2031-01-01\n**Owner**: Kim\n\n## First"
        )
    );
    assert_eq!(
        set(two, "Depends On", "nothing"),
        BOXES.replace("**Depends On**: A-1", "**Depends On**: nothing")
    );
    assert_eq!(
        set(two, "Owner", "Kim"),
        BOXES.replace("A-1\n  - [ ]", "A-1\n  - **Owner**: Kim\n  - [ ]")
    );
    let removed = remove_field(&document, &outline, two, "Depends On");
    assert_eq!(
        edited(&document, removed),
        BOXES.replace("  - **Depends On**: A-1\n", "")
    );
    assert!(matches!(
        remove_field(&document, &outline, two, "Colour"),
        Err(EditError::NoSuchField { .. })
    ));
}

#[test]
fn a_field_cannot_change_a_status_behind_its_back() {
    let (document, outline) = plan("### T-1: One\n**Status**: Done\n");
    let edit = set_field(&document, &outline, Scope::Task(0), "Status", "Pending");
    assert!(matches!(edit, Err(EditError::Misread { .. })), "{edit:?}");
}

#[test]
fn dependencies_come_and_go() {
    let (document, outline) = plan(BOXES);
    let (one, two) = (super::task(&outline, "A-1"), super::task(&outline, "A-2"));
    let edit = add_dependency(&document, &outline, two, "B-7");
    assert_eq!(
        edited(&document, edit),
        BOXES.replace(": A-1\n", ": A-1, B-7\n")
    );
    let edit = add_dependency(&document, &outline, one, "B-7");
    assert_eq!(
        edited(&document, edit),
        BOXES.replace("Depends On**: None", "Depends On**: B-7")
    );
    let edit = remove_dependency(&document, &outline, two, "A-1");
    assert_eq!(
        edited(&document, edit),
        BOXES.replace(": A-1\n", ": None\n")
    );
    assert_eq!(
        add_dependency(&document, &outline, two, "A-1"),
        Ok(Edit::default())
    );
    assert!(remove_dependency(&document, &outline, two, "A").is_err());
}

#[test]
fn dependencies_are_found_under_other_labels() {
    let text = "- [ ] **A**: x\n  - **Abhängigkeiten**: keine\n- [ ] **B**: y\n  - **Blocked by**: C (soon), D\n";
    let (document, outline) = plan(text);
    let edit = add_dependency(&document, &outline, 0, "B");
    assert_eq!(edited(&document, edit), text.replace("keine", "B"));
    let edit = remove_dependency(&document, &outline, 1, "C");
    assert_eq!(edited(&document, edit), text.replace("C (soon), D", "D"));
}

#[test]
fn names_change_in_all_writings() {
    let text = "- T-1: Shed ⏳\n- T-2: Fence ⏳\n\n### T-1: Shed\n**Status**: ⏳ Pending\n\n### T-2: Fence\n**Status**: ⏳ Pending\n**Dependencies**: T-1, T-10\n";
    let (document, outline) = plan(text);
    let shed = super::task(&outline, "T-1");
    let edit = rekey(&document, &outline, shed, "S-1");
    let expected = text.replace("T-1:", "S-1:").replace(": T-1,", ": S-1,");
    assert_eq!(edited(&document, edit), expected);
    let edit = retitle(&document, &outline, shed, "Barn");
    assert_eq!(edited(&document, edit), text.replace("Shed", "Barn"));
}

#[test]
fn a_task_without_id_gets_one_as_others_have_it() {
    let text = "- [ ] **A-1**: One\n- [ ] Two\n";
    let (document, outline) = plan(text);
    let edit = rekey(&document, &outline, 1, "A-2");
    assert_eq!(
        edited(&document, edit),
        "- [ ] **A-1**: One\n- [ ] **A-2**: Two\n"
    );
}

#[test]
fn steps_are_checked() {
    let (document, outline) = plan(BOXES);
    let two = super::task(&outline, "A-2");
    let edit = set_step(&document, &outline, two, 0, true);
    assert_eq!(
        edited(&document, edit),
        BOXES.replace("[ ] step one", "[x] step one")
    );
    let edit = set_step(&document, &outline, two, 1, false);
    assert_eq!(
        edited(&document, edit),
        BOXES.replace("[x] step two", "[ ] step two")
    );
    assert!(matches!(
        set_step(&document, &outline, two, 2, true),
        Err(EditError::NoSuchStep { steps: 2, .. })
    ));
}

#[test]
fn results_and_notes_are_recorded() {
    let (document, outline) = plan(BOXES);
    let one = super::task(&outline, "A-1");
    let first = edited(&document, record_result(&document, &outline, one, "works"));
    assert_eq!(
        first,
        BOXES.replace(
            "**Completed**: 2031-01-01\n",
            "**Completed**: 2031-01-01\n  - **Results**:\n    - works\n"
        )
    );
    let (document, outline) = plan(&first);
    let second = edited(&document, record_result(&document, &outline, one, "well"));
    assert_eq!(
        second,
        first.replace("    - works\n", "    - works\n    - well\n")
    );
    let noted = edited(&document, record_note(&document, &outline, one, "later"));
    assert_eq!(
        noted,
        first.replace("  - **Results**:", "  - **Note**: later\n  - **Results**:")
    );
}

#[test]
fn a_task_moves_to_a_section_or_behind_a_task() {
    let (document, outline) = plan(BOXES);
    let (one, two) = (super::task(&outline, "A-1"), super::task(&outline, "A-2"));
    let swapped = edited(
        &document,
        move_task(&document, &outline, one, None, Some(two)),
    );
    let at = |name: &str| swapped.find(name).unwrap();
    assert!(
        at("**A-2**") < at("**A-1**") && at("**A-1**") < at("## Second"),
        "{swapped}"
    );
    assert!(!swapped.contains("\n\n\n"), "{swapped}");
    let moved = edited(
        &document,
        move_task(&document, &outline, one, Some("Second"), None),
    );
    let at = |name: &str| moved.find(name).unwrap();
    assert!(at("## Second") < at("**A-1**"), "{moved}");
    assert!(move_task(&document, &outline, one, Some("Third"), None).is_err());
    assert!(move_task(&document, &outline, one, None, Some(one)).is_err());
}
