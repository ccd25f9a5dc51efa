//! The plan's own words come back.

use super::*;

/// The text after a task was blocked and unblocked.
fn back(text: &str, name: &str, was: Status) -> String {
    let none = Details::default();
    let blocked = after(text, name, Status::Blocked, &none);
    assert_ne!(blocked, text);
    after(&blocked, name, was, &none)
}

#[test]
fn a_word_is_found_again_in_a_task_of_another_form() {
    let text = "\
# Yard

| ID | Task | Status |
|----|------|--------|
| Y-1 | Gate | 📋 Planned |
| Y-2 | Path | 🚧 Active |

## Details

### Z-1: Pond
**Status**: 📋 Planned

### Z-2: Wall
**Status**: 🚧 Active
";
    assert_eq!(back(text, "Z-1", Status::Pending), text);
    assert_eq!(back(text, "Z-2", Status::InProgress), text);
}

#[test]
fn a_word_is_found_again_in_a_heading() {
    let text = "# Yard\n\n## To Do\n\n### Y-1: Gate\n**Status**: To Do\n\n## Other\n\nText.\n";
    assert_eq!(back(text, "Y-1", Status::Pending), text);
}

#[test]
fn a_word_is_chosen_by_the_labels_of_what_the_plan_counts() {
    let counts = "# Yard\n\n**Planned**: 1\n**Active**: 1\n**Done**: 0\n\n";
    let text = format!(
        "{counts}### Y-1: Gate\n**Status**: Planned\n\n### Y-2: Path\n**Status**: Active\n"
    );
    assert_eq!(back(&text, "Y-1", Status::Pending), text);
    assert_eq!(back(&text, "Y-2", Status::InProgress), text);
    let done = after(&text, "Y-2", Status::Completed, &Details::default());
    assert_eq!(done, text.replace("**Status**: Active", "**Status**: Done"));
}
