//! What comes of three texts, by example.

use super::{Merge, merge};
use crate::text::Document;

/// Merges and gives the text and the lines of ours that gave way.
pub(super) fn merged(base: &str, found: &str, ours: &str) -> (String, Vec<String>) {
    let ours = Document::from(ours);
    let merge: Merge = merge(&Document::from(base), &Document::from(found), &ours);
    assert!(merge.document.is_whole(), "{:?}", merge.document);
    let lines = merge.overridden.into_iter().flatten();
    let lines = lines.map(|at| ours.content(at).to_owned()).collect();
    (merge.document.text(), lines)
}

fn clean(text: &str) -> (String, Vec<String>) {
    (text.to_owned(), Vec::new())
}

#[test]
fn changes_of_different_lines_are_both_made_though_they_touch() {
    assert_eq!(
        merged("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nC\nD\n"),
        clean("a\nB\nC\nD\n")
    );
    let base = "- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] T-3: Three\n";
    let ours = "- [ ] T-1: One\n- [x] T-2: Two\n- [x] T-3: Three\n";
    let found = "- [ ] T-1: One\n- [ ] T-2: Two\n- [x] T-3: Three\n";
    assert_eq!(merged(base, found, ours), clean(ours));
}

#[test]
fn a_corrected_title_and_a_tick_are_one_line() {
    assert_eq!(
        merged(
            "- [ ] T-2: Sceond\n",
            "- [ ] T-2: Second\n",
            "- [x] T-2: Sceond\n"
        ),
        clean("- [x] T-2: Second\n")
    );
}

#[test]
fn the_hand_wins_line_by_line_and_what_gave_way_is_listed() {
    let base = "- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] T-3: Three\n";
    let ours = "- [x] T-1: One\n- [x] T-2: Two\n- [x] T-3: Three\n";
    let found = "- [ ] T-1: The one\n- [-] T-2: Two\n- [ ] T-3: Three\n";
    let (text, overridden) = merged(base, found, ours);
    assert_eq!(
        text,
        "- [x] T-1: The one\n- [-] T-2: Two\n- [x] T-3: Three\n"
    );
    assert_eq!(overridden, ["- [x] T-2: Two"]);
    assert_eq!(
        merged("a\nb\n", "a\nX\n", "a\nB\n"),
        ("a\nX\n".to_owned(), vec!["B".to_owned()])
    );
}

#[test]
fn what_one_side_removed_and_the_other_changed_is_as_the_hand_left_it() {
    let base = "- [ ] T-1: One\n- [ ] T-2: Two\n";
    let ticked = "- [ ] T-1: One\n- [x] T-2: Two\n";
    let shorter = "- [ ] T-1: One\n";
    assert_eq!(
        merged(base, shorter, ticked),
        (shorter.to_owned(), vec!["- [x] T-2: Two".to_owned()])
    );
    assert_eq!(merged(base, ticked, shorter), clean(ticked));
}

#[test]
fn new_lines_at_one_place_are_all_kept_and_equal_ones_once() {
    let base = "- [ ] T-1: One\n";
    let done = "- [x] T-1: One\n  - Completed: 2025-05-04\n- [ ] T-8: Roof\n";
    let note = "- [ ] T-1: One\n- [ ] T-8: Roof\n- [ ] T-9: Door\n";
    assert_eq!(
        merged(base, note, done),
        clean("- [x] T-1: One\n  - Completed: 2025-05-04\n- [ ] T-8: Roof\n- [ ] T-9: Door\n")
    );
    let task = "- [ ] T-1: One\n- [ ] T-9: Door\n";
    let note = "- [ ] T-1: One\n  - Note: mind the dog\n";
    assert_eq!(
        merged(base, note, task),
        clean("- [ ] T-1: One\n  - Note: mind the dog\n- [ ] T-9: Door\n")
    );
    assert_eq!(merged("a\n", "a\nc\n", "a\nb\n"), clean("a\nb\nc\n"));
}

const BOARD: &str = "\
# Plan

## Open

- [ ] T-1: Walls
- [ ] T-2: Roof
  - Note: mind the gutter
  - Tiles: red
- [ ] T-3: Door

## Done

- [x] T-0: Plans
";

fn removed(text: &str, lines: &[&str]) -> String {
    let kept = text
        .split_inclusive('\n')
        .filter(|line| !lines.contains(&line.trim_end()));
    kept.collect()
}

/// A board on which T-2 with its details is completed, and so among those done.
fn finished(text: &str) -> String {
    let block = [
        "- [ ] T-2: Roof",
        "  - Note: mind the gutter",
        "  - Tiles: red",
    ];
    removed(text, &block)
        + "- [x] T-2: Roof ✅\n  - Note: mind the gutter\n  - Tiles: red\n  - Completed: 2025-05-04\n"
}

#[test]
fn a_detail_of_a_block_that_was_removed_brings_the_block_back() {
    let block = [
        "- [ ] T-2: Roof",
        "  - Note: mind the gutter",
        "  - Tiles: red",
    ];
    let ours = removed(BOARD, &block);
    let found = BOARD.replace("Tiles: red", "Tiles: black");
    let of_base = |found: &str| {
        let [base, found, ours] = [BOARD, found, &ours].map(Document::from);
        let merge = merge(&base, &found, &ours);
        let back = merge
            .returned
            .iter()
            .map(|&line| base.content(line).to_owned());
        (merge.document.text(), back.collect::<Vec<_>>())
    };
    let back = vec!["- [ ] T-2: Roof".to_owned()];
    assert_eq!(of_base(&found), (found.clone(), back.clone()));
    let found = BOARD.replace("  - Tiles: red\n", "  - Tiles: red\n  - Price: high\n");
    assert_eq!(of_base(&found), (found.clone(), back));
    let found = BOARD.replace("Walls", "The walls");
    assert_eq!(of_base(&found), (removed(&found, &block), Vec::new()));
    // Saved with other line ends, nothing in it was changed.
    let found = BOARD.replace('\n', "\r\n");
    assert_eq!(of_base(&found), (ours.replace('\n', "\r\n"), Vec::new()));
}

#[test]
fn what_was_changed_in_a_block_goes_where_ours_moved_it() {
    let ours = finished(BOARD);
    for (was, is) in [
        ("T-2: Roof", "T-2: The roof"),
        ("Tiles: red", "Tiles: black"),
        ("  - Tiles: red\n", "  - Price: high\n  - Tiles: red\n"),
        ("  - Note: mind the gutter\n", ""),
    ] {
        let expected = ours.replace(was, is);
        assert_eq!(
            merged(BOARD, &BOARD.replace(was, is), &ours),
            clean(&expected)
        );
        // Whichever side it is that moved it.
        assert_eq!(
            merged(BOARD, &ours, &BOARD.replace(was, is)),
            clean(&expected)
        );
    }
}

#[test]
fn what_the_hand_removed_goes_with_what_ours_did_inside_and_that_is_listed() {
    let block = [
        "- [ ] T-2: Roof",
        "  - Note: mind the gutter",
        "  - Tiles: red",
    ];
    let found = removed(BOARD, &block);
    let ours = BOARD.replace("  - Tiles: red\n", "  - Tiles: black\n  - Price: high\n");
    let lines = vec!["  - Tiles: black".to_owned(), "  - Price: high".to_owned()];
    assert_eq!(merged(BOARD, &found, &ours), (found.clone(), lines));
    let lines = ["- [x] T-2: Roof ✅", "  - Completed: 2025-05-04"];
    let (text, overridden) = merged(BOARD, &found, &finished(BOARD));
    assert_eq!(text, found);
    assert_eq!(overridden, lines);
}

#[test]
fn where_both_moved_a_block_it_stands_where_the_hand_put_it_with_what_both_did() {
    let base = format!("{BOARD}\n## Later\n\n- [ ] T-9: Garden\n");
    let (done, later) = base.split_once("\n## Later").unwrap();
    let ours = format!("{}\n## Later{later}", finished(done));
    let block = [
        "- [ ] T-2: Roof",
        "  - Note: mind the gutter",
        "  - Tiles: red",
    ];
    let found =
        removed(&base, &block) + "- [ ] T-2: The roof\n  - Note: mind the gutter\n  - Tiles: red\n";
    let (text, overridden) = merged(&base, &found, &ours);
    assert_eq!(
        text,
        removed(
            &found,
            &[
                "- [ ] T-2: The roof",
                "  - Note: mind the gutter",
                "  - Tiles: red"
            ]
        ) + "- [x] T-2: The roof ✅\n  - Note: mind the gutter\n  - Tiles: red\n  - Completed: 2025-05-04\n"
    );
    assert_eq!(overridden, ["- [x] T-2: Roof ✅"]);
}

#[test]
fn a_section_that_the_hand_dissolved_leaves_what_is_new_in_it_beside_its_neighbours() {
    let base = "# Plan\n\n## A\n\n- [ ] T-1: One\n\n## B\n\n- [ ] T-2: Two\n- [ ] T-3: Three\n";
    let found = "# Plan\n\n## A\n\n- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] T-3: Three\n";
    let ours = base.replace("T-2: Two\n", "T-2: Two\n- [ ] T-7: Seven\n");
    let expected = found.replace("T-2: Two\n", "T-2: Two\n- [ ] T-7: Seven\n");
    assert_eq!(merged(base, found, &ours), clean(&expected));
}

#[test]
fn sections_that_both_added_at_the_end_stand_apart() {
    let base = "# Plan\n\n- [ ] T-1: One\n";
    let added = |title: &str| format!("{base}\n## {title}\n\n- [ ] {title}-1: First\n");
    assert_eq!(
        merged(base, &added("X"), &added("Y")),
        clean(&(added("Y") + "\n## X\n\n- [ ] X-1: First\n"))
    );
}

#[test]
fn a_task_that_both_added_stands_once_where_the_hand_put_it() {
    let base = "## A\n\n- [ ] T-1: One\n- [ ] T-2: Two\n";
    let found = "## A\n\n- [ ] T-9: Nine\n- [ ] T-1: One\n- [ ] T-2: Two\n";
    let ours = "## A\n\n- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] T-9: Nine\n  - Note: late\n";
    let expected = found.replace("T-9: Nine\n", "T-9: Nine\n  - Note: late\n");
    assert_eq!(merged(base, found, ours), clean(&expected));
}

#[test]
fn a_new_detail_of_a_line_that_was_indented_is_indented_with_it() {
    let base = "- [ ] T-1: One\n- [ ] T-2: Two\n";
    let found = "- [ ] T-1: One\n  - [ ] T-2: Two\n";
    let ours = "- [ ] T-1: One\n- [ ] T-2: Two\n  - Note: late\n";
    assert_eq!(
        merged(base, found, ours),
        clean("- [ ] T-1: One\n  - [ ] T-2: Two\n    - Note: late\n")
    );
}

#[test]
fn a_last_line_without_an_end_gets_one_where_more_follows() {
    assert_eq!(merged("a", "a\nc", "a\nb"), clean("a\nb\nc"));
    assert_eq!(merged("a\r\n", "a\r\nc", "a\r\nb"), clean("a\r\nb\r\nc"));
}

#[test]
fn a_file_saved_with_other_line_ends_keeps_them_and_the_ticks() {
    let base: String = (0..40).map(|at| format!("- [ ] T-{at}: Thing\n")).collect();
    let ours = base.replace("- [ ] T-7:", "- [x] T-7:");
    let found = base.replace('\n', "\r\n");
    assert_eq!(
        merged(&base, &found, &ours),
        clean(&ours.replace('\n', "\r\n"))
    );
}

#[test]
fn a_detail_is_not_taken_for_one_of_the_task_that_was_removed_behind_it() {
    let base = "\
- [ ] T-3: Build the wall
  - first of 3
  - second of 3
- [ ] T-4: Paint the roof
  - first of 4
  - second of 4
";
    let ours = "\
- [ ] T-3: Build the wall
  - first of 3
  - another 2 of 3
  - second of 3 changed
";
    let found = base.replace("  - first of 4\n", "  - new\n  - first of 4\n");
    let (text, overridden) = merged(base, &found, ours);
    let back = "- [ ] T-4: Paint the roof\n  - new\n  - first of 4\n  - second of 4\n";
    assert_eq!(text, format!("{ours}{back}"));
    assert_eq!(overridden, Vec::<String>::new());
}
