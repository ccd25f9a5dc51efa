//! Three-way merge.
//!
//! Diff3 as described by Khanna, Kunal and Pierce ("A Formal Investigation of Diff3", FSTTCS
//! 2007): what each side did to the base is worked out by itself, and where only one of them did
//! something that is what happens. They call a stretch that both changed a conflict. Here such a
//! stretch is taken apart further, so that one changed word overrides no change of another line:
//!
//! 1. Each side is aligned with the base line by line (see [`align`](super::align)): a line of
//!    the base is kept, changed, replaced by an unrelated one or removed, and new lines stand
//!    before it.
//! 2. A line that both sides changed is merged within, by its tokens (see
//!    [`tokens`](super::tokens)).
//! 3. Where the same tokens were changed in two ways, or one side changed what the other removed
//!    or replaced, the found document's line stands: it is the newer one, and somebody's hand. The
//!    line of ours that gave way is listed.
//! 4. New lines at the same place are all kept, those that both sides have once. Deeper indented
//!    ones come first, since they belong to the line above; otherwise ours do.

use std::ops::Range;

use crate::text::{Document, Line, content, terminator};

use super::align::{Fate, Side, align};
use super::{regions, tokens};

/// What a three-way merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merged document.
    pub document: Document,
    /// The lines of ours that were changed or added there and gave way: neither they nor what
    /// they changed is in the merged document. In order, not touching.
    pub overridden: Vec<Range<usize>>,
}

/// Merges what was done to `base` in a document that was found and in ours. Where that cannot be
/// had both, what was found wins.
#[must_use]
pub fn merge(base: &Document, found: &Document, ours: &Document) -> Merge {
    let (theirs, mine) = (align(base, found), align(base, ours));
    let mut merger = Merger {
        found,
        ours,
        lines: Vec::with_capacity(found.len().max(ours.len())),
        overridden: Vec::new(),
    };
    let kept = (Fate::Kept, Fate::Kept);
    for at in 0..=base.len() {
        merger.new_lines(new_at(&theirs, at), new_at(&mine, at));
        if let Some(line) = base.lines().get(at) {
            let fates = theirs.fates.get(at).zip(mine.fates.get(at));
            merger.old_line(line, fates.map_or(kept, |(theirs, mine)| (*theirs, *mine)));
        }
    }
    merger.finish()
}

fn new_at(side: &Side, at: usize) -> &[usize] {
    side.inserted.get(at).map_or(&[], Vec::as_slice)
}

struct Merger<'a> {
    found: &'a Document,
    ours: &'a Document,
    lines: Vec<Line>,
    overridden: Vec<usize>,
}

impl Merger<'_> {
    /// What becomes of a line of the base.
    fn old_line(&mut self, base: &Line, fates: (Fate, Fate)) {
        use Fate::{Changed, Kept, Removed, Replaced};
        match fates {
            (Kept, Kept) => self.lines.push(base.clone()),
            (Kept, Changed(at) | Replaced(at)) | (Removed, Replaced(at)) => {
                self.extend_ours(at);
            }
            (Changed(at) | Replaced(at), Kept | Removed) => self.extend_found(at),
            (Kept | Removed, Removed) | (Removed, Kept) => {}
            (Changed(found), Changed(ours)) => {
                match tokens::merge(base, self.found.line(found), self.ours.line(ours)) {
                    Some(line) => self.lines.push(line.into()),
                    None => self.decide(found, ours),
                }
            }
            (Replaced(found), Changed(ours) | Replaced(ours)) => self.decide(found, ours),
            // Ours is another line than the one that was changed.
            (Changed(found), Replaced(ours)) => {
                self.extend_found(found);
                self.extend_ours(ours);
            }
            (Removed, Changed(at)) => self.overridden.push(at),
        }
    }

    /// Two lines of which only one can be had.
    fn decide(&mut self, found: usize, ours: usize) {
        self.extend_found(found);
        if content(self.found.line(found)) != content(self.ours.line(ours)) {
            self.overridden.push(ours);
        }
    }

    /// Lines that are new at the same place.
    fn new_lines(&mut self, found: &[usize], ours: &[usize]) {
        if found.is_empty() || ours.is_empty() {
            found.iter().for_each(|&at| self.extend_found(at));
            ours.iter().for_each(|&at| self.extend_ours(at));
            return;
        }
        let take = |document: &Document, lines: &[usize]| {
            let lines = lines.iter().filter_map(|&at| document.lines().get(at));
            Document::from_lines(lines.cloned().collect())
        };
        let (theirs, mine) = (take(self.found, found), take(self.ours, ours));
        let mut at = 0;
        for region in regions(&mine, &theirs) {
            let (mine_only, theirs_only) = (
                &mine.lines()[region.before.clone()],
                &theirs.lines()[region.after.clone()],
            );
            self.lines
                .extend_from_slice(&mine.lines()[at..region.before.start]);
            let mut order = [mine_only, theirs_only];
            if depth(theirs_only) > depth(mine_only) {
                order.reverse();
            }
            self.lines.extend(order.concat());
            at = region.before.end;
        }
        self.lines.extend_from_slice(&mine.lines()[at..]);
    }

    fn extend_found(&mut self, at: usize) {
        self.lines.extend(self.found.lines().get(at).cloned());
    }

    fn extend_ours(&mut self, at: usize) {
        self.lines.extend(self.ours.lines().get(at).cloned());
    }

    fn finish(self) -> Merge {
        let mut overridden: Vec<Range<usize>> = Vec::new();
        let mut lines = self.overridden;
        lines.sort_unstable();
        for line in lines {
            match overridden.last_mut() {
                Some(last) if last.end == line => last.end += 1,
                _ => overridden.push(line..line + 1),
            }
        }
        Merge {
            document: Document::from_lines(ended(self.lines)),
            overridden,
        }
    }
}

/// How closely lines belong to what stands above them: by the indentation of the first; a blank
/// line or a heading begins something else.
fn depth(lines: &[Line]) -> usize {
    let Some(first) = lines.first().map(|line| content(line)) else {
        return 0;
    };
    let rest = first.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        0
    } else {
        1 + first.len() - rest.len()
    }
}

/// Lines of which each but the last is ended: the last line of one side may be in the midst now.
fn ended(mut lines: Vec<Line>) -> Vec<Line> {
    let open = |line: &Line| !line.ends_with('\n');
    let Some((_, inner)) = lines.split_last() else {
        return lines;
    };
    if !inner.iter().any(open) {
        return lines;
    }
    let end = inner
        .iter()
        .map(|line| terminator(line))
        .find(|end| !end.is_empty())
        .unwrap_or("\n")
        .to_owned();
    let last = lines.len() - 1;
    for line in lines[..last].iter_mut().filter(|line| open(line)) {
        *line = format!("{line}{end}").into();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Merges and gives the text and the lines of ours that gave way.
    fn merged(base: &str, found: &str, ours: &str) -> (String, Vec<String>) {
        let ours = Document::from(ours);
        let merge = merge(&Document::from(base), &Document::from(found), &ours);
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

    fn document() -> impl Strategy<Value = Document> {
        (prop::collection::vec("[abc]{0,1}", 0..30), any::<bool>()).prop_map(|(lines, end)| {
            let text = lines.join("\n") + if end { "\n" } else { "" };
            Document::from(text.as_str())
        })
    }

    /// What one side did to each line of a base of different lines, and what it put before it.
    fn edits(own: char) -> impl Strategy<Value = Vec<(u8, Vec<String>)>> {
        let new = prop_oneof![
            (0u32..50).prop_map(move |at| format!("{own}{at}\n")),
            (0u32..50).prop_map(|at| format!("s{at}\n")),
        ];
        prop::collection::vec((0u8..6, prop::collection::vec(new, 0..3)), 0..12)
    }

    fn edited(base: usize, edits: &[(u8, Vec<String>)], own: char) -> String {
        let mut text = String::new();
        for at in 0..base {
            let (act, new) = edits.get(at).cloned().unwrap_or_default();
            text.push_str(&new.concat());
            match act {
                0 => {}
                1 => text.push_str(&format!("{own}c{at}\n")),
                _ => text.push_str(&format!("b{at}\n")),
            }
        }
        text
    }

    /// A task's box, the words of its title and its mark, as one side has them.
    type Task = (u8, [u8; 3], u8);

    fn tasks() -> impl Strategy<Value = Vec<Task>> {
        let changed = prop_oneof![3 => Just(0u8), 1 => 1u8..3];
        let word = [changed.clone(), changed.clone(), changed.clone()];
        prop::collection::vec((changed.clone(), word, changed), 8)
    }

    fn written(tasks: &[Task]) -> Vec<String> {
        let line = |(at, (tick, words, mark)): (usize, &Task)| {
            let tick = [" ", "x", "-"][usize::from(*tick)];
            let mark = ["⏳", "✅", "🔄"][usize::from(*mark)];
            let [one, two, three] = words.map(|word| ["same", "new", "other"][usize::from(word)]);
            format!("- [{tick}] T-{at}: {one} walls {two} roof {three} {mark}\n")
        };
        tasks.iter().enumerate().map(line).collect()
    }

    /// What both sides make of it, unless they do different things to it.
    fn both(found: u8, ours: u8) -> Option<u8> {
        match (found, ours) {
            (0, side) | (side, 0) => Some(side),
            (a, b) => (a == b).then_some(a),
        }
    }

    proptest! {
        #[test]
        fn merging_with_an_unchanged_side_gives_the_other(base in document(), side in document()) {
            for (found, ours) in [(&side, &base), (&base, &side), (&side, &side)] {
                let merge = merge(&base, found, ours);
                prop_assert_eq!(&merge.document, &side);
                prop_assert!(merge.overridden.is_empty());
            }
        }

        #[test]
        fn merging_any_three_gives_a_document(base in document(), a in document(), b in document()) {
            let merge = merge(&base, &a, &b);
            prop_assert!(merge.document.is_whole());
            for lines in merge.overridden {
                prop_assert!(!lines.is_empty() && lines.end <= b.len());
            }
        }

        #[test]
        fn each_line_stands_or_is_listed(found in edits('f'), ours in edits('o')) {
            let base = edited(12, &[], 'b');
            let (found, ours) = (edited(12, &found, 'f'), edited(12, &ours, 'o'));
            let (text, overridden) = merged(&base, &found, &ours);
            let stands = |line: &str| text.lines().any(|other| other == line);
            for line in found.lines().filter(|line| !base.contains(line)) {
                prop_assert!(stands(line), "{line} of the file is lost");
            }
            for line in ours.lines().filter(|line| line.starts_with('o')) {
                let listed = overridden.iter().any(|other| other == line);
                prop_assert!(stands(line) || listed, "{line} of ours is lost");
            }
            for line in &overridden {
                prop_assert!(!base.lines().any(|other| other == line), "{line} was not changed");
            }
        }

        #[test]
        fn no_new_line_of_one_side_is_lost(found in edits('f'), ours in edits('o')) {
            let base = edited(12, &[], 'b');
            let only_new: Vec<_> = ours.into_iter().map(|(_, new)| (5, new)).collect();
            let (found, ours) = (edited(12, &found, 'f'), edited(12, &only_new, 'o'));
            let (text, overridden) = merged(&base, &found, &ours);
            prop_assert_eq!(overridden, Vec::<String>::new());
            for line in found.lines().chain(ours.lines()).filter(|line| !line.starts_with('b')) {
                prop_assert!(text.lines().any(|other| other == line), "{line} is lost");
            }
        }

        #[test]
        fn what_both_did_to_tasks_is_merged_token_by_token(found in tasks(), ours in tasks()) {
            let base = written(&[(0, [0; 3], 0); 8]);
            let (theirs, mine) = (written(&found), written(&ours));
            let mut expected = String::new();
            let mut gave_way = Vec::new();
            for (at, (f, o)) in found.iter().zip(&ours).enumerate() {
                let all = (|| {
                    let words = [both(f.1[0], o.1[0])?, both(f.1[1], o.1[1])?, both(f.1[2], o.1[2])?];
                    Some((both(f.0, o.0)?, words, both(f.2, o.2)?))
                })();
                let mut tasks = [(0, [0; 3], 0); 8];
                if let Some(all) = all {
                    tasks[at] = all;
                    expected.push_str(&written(&tasks)[at]);
                } else {
                    expected.push_str(&theirs[at]);
                    gave_way.push(content(&mine[at]).to_owned());
                }
            }
            prop_assert_eq!(
                merged(&base.concat(), &theirs.concat(), &mine.concat()),
                (expected, gave_way)
            );
        }
    }
}
