//! Where new lines and moved entries go, and what parts them from their neighbours.

use super::super::*;
use super::*;
use crate::text::Line;

const HANDED: &str = "\
# Kitchen

### T-1: one
**Status**: ⏳ Pending
**Steps**:
- [ ] peel
- [ ] boil

### T-2: two ✅
**Status**: ✅ Done
**Completed**: 2025-01-01
";

#[test]
fn a_new_field_goes_before_a_label_with_its_list() {
    let wanted = HANDED.replace(
        "⏳ Pending\n**Steps**",
        "✅ Done\n**Completed**: 2025-02-03\n**Steps**",
    );
    let done = after(HANDED, "T-1", Status::Completed, &dated("2025-02-03"));
    assert_eq!(done.replace("one ✅\n", "one\n"), wanted);
    let (document, outline) = plan(HANDED);
    let edit = set_field(&document, &outline, Scope::Task(0), "Owner", "Ada");
    assert_eq!(
        edited(&document, edit),
        HANDED.replace("Pending\n", "Pending\n**Owner**: Ada\n")
    );
}

#[test]
fn a_label_keeps_the_paragraph_or_list_that_follows_it() {
    for below in [
        "**Why**:\nBecause of the soup.\n",
        "**Why**:\n\n- soup\n- salt\n",
        "**Why:**\n1. soup\n",
    ] {
        for head in [
            "### T-1: one\n**Status**: Pending\n",
            "### T-1: one (Pending)\n",
        ] {
            let text = format!("# K\n\n{head}{below}");
            let (document, outline) = plan(&text);
            let edit = set_field(&document, &outline, Scope::Task(0), "Owner", "Ada");
            let result = edited(&document, edit);
            assert!(result.ends_with(below), "{result}");
            assert!(result.contains("Owner"), "{result}");
        }
    }
}

#[test]
fn a_nested_label_keeps_the_boxes_beside_it() {
    let text = "- [ ] **T-1**: one\n  - **Size**: 2\n  - **Steps**:\n  - [ ] peel\n  - [ ] boil\n";
    let (document, outline) = plan(text);
    let edit = set_field(&document, &outline, Scope::Task(0), "Owner", "Ada");
    assert_eq!(
        edited(&document, edit),
        text.replace("2\n", "2\n  - **Owner**: Ada\n")
    );
}

const PARTED: &str = "\
# Shed

### J-1: Floor
**Status**: ✅ Done

**Checks**:
- flat
- dry

**Outcome**:
- all flat

**References**: page 3

### J-2: Walls
**Status**: ⏳ Open

**Checks**:
- upright
- sealed

**References**: page 4
";

#[test]
fn results_between_fields_of_a_heading_stand_apart_from_lists() {
    let (document, outline) = plan(PARTED);
    let edit = record_result(&document, &outline, 1, "all sealed");
    assert_eq!(
        edited(&document, edit),
        PARTED.replace("- sealed\n", "- sealed\n\n**Outcome**:\n- all sealed\n")
    );
}

const TASKS: &str = "\
# Shed

### TASK-1: Floor
**Status**: Open
- oak

### TASK-2: Walls
**Status**: Open

### TASK-3: Roof
**Status**: Open

### TASK-4: Door
**Status**: Open
- pine
";

#[test]
fn a_moved_heading_is_parted_as_its_siblings_are() {
    for (text, gap) in [
        (TASKS.to_owned(), "\n\n"),
        (TASKS.replace("\n\n###", "\n\n---\n\n###"), "\n\n---\n\n"),
    ] {
        let names = ["TASK-1", "TASK-2", "TASK-3", "TASK-4"];
        let (document, outline) = plan(&text);
        let parts: Vec<&str> = text.trim_end().split("### ").collect();
        for from in 0..4 {
            for to in 0..4 {
                if from == to {
                    continue;
                }
                let result = edited(
                    &document,
                    move_task(&document, &outline, from, None, Some(to)),
                );
                let mut order: Vec<usize> = (0..4).filter(|&task| task != from).collect();
                let at = order.iter().position(|&task| task == to).unwrap() + 1;
                order.insert(at, from);
                let blocks: Vec<String> = order
                    .iter()
                    .map(|&task| {
                        let block = parts[task + 1].trim_end_matches(['\n', '-']);
                        format!("### {block}")
                    })
                    .collect();
                let wanted = format!("{}{}\n", parts[0], blocks.join(gap));
                assert_eq!(result, wanted, "{} behind {}", names[from], names[to]);
            }
        }
    }
}

#[test]
fn a_heading_moved_to_an_empty_section_stands_apart_there() {
    let text = format!("{TASKS}\n## Later\nA word:\n- or two\n## Notes\nEnd.\n");
    let text = text.replace("# Shed", "# Plan\n\n## Shed");
    let (document, outline) = plan(&text);
    let edit = move_task(&document, &outline, 3, Some("Later"), None);
    let result = edited(&document, edit);
    assert!(
        result.contains("- or two\n\n### TASK-4: Door\n**Status**: Open\n- pine\n\n## Notes"),
        "{result}"
    );
    assert!(result.contains("Open\n\n## Later"), "{result}");
}

#[test]
fn a_heading_put_back_into_a_section_that_ends_with_a_list_stands_apart() {
    let (document, outline) = plan("# Plan\n\n## Later\n- a note\n\n## Notes\nEnd.\n");
    let block = ["### J-1: Floor\n", "**Status**: Open\n"].map(Line::from);
    let place = Place::Section("Later".to_owned());
    let edit = insert_blocks(&document, &outline, &[(block.to_vec(), place)]);
    let result = edited(&document, edit);
    assert!(
        result.contains("- a note\n\n### J-1: Floor\n**Status**: Open\n\n## Notes"),
        "{result}"
    );
}

const LEVELS: &str = "\
# Plan

## T-1: Walls
**Status**: Open

### T-2: Bricks
**Status**: Open

#### Notes

A word.

### T-3: Mortar
**Status**: Open

## T-9: Garden
**Status**: Open
";

#[test]
fn a_heading_is_not_moved_to_where_it_would_take_in_what_belongs_to_another() {
    let (document, outline) = plan(LEVELS);
    let (two, nine) = (super::task(&outline, "T-2"), super::task(&outline, "T-9"));
    let refused = |edit: Result<crate::edit::Edit, EditError>| match edit {
        Err(error @ EditError::NoPlace { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let reason = refused(move_task(&document, &outline, nine, None, Some(two)));
    assert!(reason.contains("take T-3"), "{reason}");
    let reason = refused(move_task(&document, &outline, nine, Some("Notes"), None));
    assert!(reason.contains("take T-3"), "{reason}");
    let three = super::task(&outline, "T-3");
    let reason = refused(move_task(&document, &outline, three, Some("Notes"), None));
    assert!(reason.contains("too high a level"), "{reason}");
    let edit = move_task(&document, &outline, three, None, Some(nine));
    let result = edited(&document, edit);
    assert!(
        result.ends_with("## T-9: Garden\n**Status**: Open\n\n### T-3: Mortar\n**Status**: Open\n"),
        "{result}"
    );
}

#[test]
fn a_task_is_not_moved_to_the_section_it_stands_in() {
    let text = "# Plan\n\n## Open\n\n- [ ] T-1: One\n  - [ ] T-2: Two\n- [ ] T-3: Three\n\n## Later\n\n- [ ] T-4: Four\n";
    let (document, outline) = plan(text);
    let one = super::task(&outline, "T-1");
    let stays = move_task(&document, &outline, one, Some("Open"), None).unwrap();
    assert_eq!(stays.hunks, []);
    // Out of the list of another task is somewhere else.
    let two = super::task(&outline, "T-2");
    let moved = move_task(&document, &outline, two, Some("Open"), None);
    assert!(moved.is_err() || !moved.unwrap().hunks.is_empty());
    let (document, outline) = plan(LEVELS);
    let two = super::task(&outline, "T-2");
    let stays = move_task(&document, &outline, two, Some("T-1: Walls"), None).unwrap();
    assert_eq!(stays.hunks, []);
}

const EPIC: &str = "\
# Plan

### ⏳ E-1: Garden

**Owner**: Ada

**Tasks**:

- [ ] T-1: Dig
- [ ] T-2: Sow

### ⏳ E-2: Shed

**Owner**: Bob
- [ ] T-3: Walls

### ⏳ E-3: Pond

#### Steps

- [ ] T-4: Dig

### ⏳ E-4: Path

**Owner**: Eve

| ID | Task | Status |
|----|------|--------|
| T-5 | Gravel | Pending |
";

#[test]
fn results_of_a_heading_come_before_the_tasks_nested_in_it() {
    let (document, outline) = plan(EPIC);
    for (id, was, is) in [
        ("E-1", "**Tasks**:", "**Results**:\n- ready\n\n**Tasks**:"),
        ("E-2", "Bob\n", "Bob\n\n**Results**: ready\n\n"),
        ("E-3", "#### Steps", "**Results**:\n- ready\n\n#### Steps"),
        ("E-4", "| ID |", "**Results**:\n- ready\n\n| ID |"),
    ] {
        let task = super::task(&outline, id);
        let wanted = EPIC.replace(was, is);
        let edit = record_result(&document, &outline, task, "ready");
        assert_eq!(edited(&document, edit), wanted, "{id}");
        let details = Details {
            results: vec!["ready".to_owned()],
            ..Details::default()
        };
        let edit = set_status(&document, &outline, task, Status::Completed, &details);
        let done = edited(&document, edit);
        assert!(done.contains("ready"), "{done}");
    }
    // A second one goes below the first.
    let once = record_result(&document, &outline, super::task(&outline, "E-1"), "ready");
    let (document, outline) = plan(&edited(&document, once));
    let twice = record_result(&document, &outline, super::task(&outline, "E-1"), "steady");
    let text = edited(&document, twice);
    assert!(text.contains("- ready\n- steady\n\n**Tasks**:"), "{text}");
}
