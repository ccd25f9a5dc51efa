//! Line hunks: the exact edit that an event makes to a document.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::text::{Document, Line};

/// Replaces `remove` lines at line `at` by the lines of `insert`.
///
/// In a list of hunks each one's `at` counts in the document that the ones before it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line that is replaced, from 0.
    pub at: usize,
    /// How many lines go.
    pub remove: usize,
    /// The lines that come, with their terminators.
    pub insert: Vec<Line>,
}

/// A hunk that reaches beyond the end of its document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hunk for lines {from}..{to} does not fit a document of {lines} lines")]
pub struct Misfit {
    /// First line the hunk names, from 0.
    pub from: usize,
    /// The line after its last.
    pub to: usize,
    /// Number of lines there are.
    pub lines: usize,
}

impl Hunk {
    /// Where a line of the old document is in the new one; `None` if this hunk removed it.
    #[must_use]
    pub fn carry(&self, line: usize) -> Option<usize> {
        if line < self.at {
            Some(line)
        } else if line < self.at + self.remove {
            None
        } else {
            Some(line - self.remove + self.insert.len())
        }
    }
}

impl Document {
    /// Applies one hunk.
    ///
    /// # Errors
    /// [`Misfit`] if it reaches beyond the end; the document is then unchanged.
    pub fn apply(&mut self, hunk: &Hunk) -> Result<(), Misfit> {
        let to = hunk
            .at
            .checked_add(hunk.remove)
            .filter(|&to| to <= self.len());
        let Some(_) = to else {
            return Err(Misfit {
                from: hunk.at,
                to: hunk.at.saturating_add(hunk.remove),
                lines: self.len(),
            });
        };
        self.splice(hunk.at, hunk.remove, &hunk.insert);
        Ok(())
    }

    /// Applies hunks in order.
    ///
    /// # Errors
    /// [`Misfit`] of the first that does not fit; those before it stay applied.
    pub fn apply_all<'a>(
        &mut self,
        hunks: impl IntoIterator<Item = &'a Hunk>,
    ) -> Result<(), Misfit> {
        hunks.into_iter().try_for_each(|hunk| self.apply(hunk))
    }
}

/// A difference in the coordinates of both documents: lines `before` became lines `after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Lines of the old document that went (may be empty).
    pub before: std::ops::Range<usize>,
    /// Lines of the new document that came (may be empty).
    pub after: std::ops::Range<usize>,
}

/// The regions in which two documents differ, in order, disjoint.
///
/// Histogram diff (imara-diff) with its indentation heuristic, so that a region starts where a
/// person would say it does.
#[must_use]
pub fn regions(before: &Document, after: &Document) -> Vec<Region> {
    let input = imara_diff::InternedInput::new(Lines(before), Lines(after));
    let mut diff = imara_diff::Diff::compute(imara_diff::Algorithm::Histogram, &input);
    diff.postprocess_with_heuristic(
        &input,
        imara_diff::IndentHeuristic::new(|token| {
            imara_diff::IndentLevel::for_ascii_line(input.interner[token].bytes(), 4)
        }),
    );
    diff.hunks()
        .map(|hunk| Region {
            before: hunk.before.start as usize..hunk.before.end as usize,
            after: hunk.after.start as usize..hunk.after.end as usize,
        })
        .collect()
}

/// The hunks that turn `before` into `after`, in order.
#[must_use]
pub fn diff(before: &Document, after: &Document) -> Vec<Hunk> {
    regions(before, after)
        .into_iter()
        .map(|region| Hunk {
            // Everything before this region already reads as in `after`.
            at: region.after.start,
            remove: region.before.len(),
            insert: after.lines()[region.after].to_vec(),
        })
        .collect()
}

struct Lines<'a>(&'a Document);

impl<'a> imara_diff::TokenSource for Lines<'a> {
    type Token = &'a str;
    type Tokenizer = std::iter::Map<std::slice::Iter<'a, Line>, fn(&'a Line) -> &'a str>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.lines().iter().map(|line| &**line)
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// What a three-way merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merged document.
    pub document: Document,
    /// Where both sides changed the same lines and `theirs` gave way, as lines of `theirs`.
    pub overridden: Vec<std::ops::Range<usize>>,
}

/// Merges what `ours` and `theirs` each did to `base`. Where both changed the same lines,
/// `ours` wins and the place is listed.
///
/// The classic diff3 walk (Khanna, Kunal, Pierce: "A Formal Investigation of Diff3", 2007)
/// over the two sides' regions.
#[must_use]
pub fn merge(base: &Document, ours: &Document, theirs: &Document) -> Merge {
    let mut our: VecDeque<Region> = regions(base, ours).into();
    let mut their: VecDeque<Region> = regions(base, theirs).into();
    let mut lines: Vec<Line> = Vec::with_capacity(ours.len().max(theirs.len()));
    let mut overridden = Vec::new();
    let mut at = 0;
    loop {
        let start = match (our.front(), their.front()) {
            (None, None) => break,
            (Some(a), None) | (None, Some(a)) => a.before.start,
            (Some(a), Some(b)) => a.before.start.min(b.before.start),
        };
        lines.extend_from_slice(&base.lines()[at..start]);
        // Regions of both sides that touch the same stretch of the base form one cluster.
        let (mut end, mut a, mut b) = (start, Cluster::default(), Cluster::default());
        loop {
            let grown = a.absorb(&mut our, start, &mut end) | b.absorb(&mut their, start, &mut end);
            if !grown {
                break;
            }
        }
        let mine = a.side(start, end);
        let other = b.side(start, end);
        match (mine, other) {
            (Some(mine), None) => lines.extend_from_slice(&ours.lines()[mine]),
            (None, Some(other)) => lines.extend_from_slice(&theirs.lines()[other]),
            (Some(mine), Some(other)) => {
                if ours.lines()[mine.clone()] != theirs.lines()[other.clone()] {
                    overridden.push(other);
                }
                lines.extend_from_slice(&ours.lines()[mine]);
            }
            (None, None) => {}
        }
        at = end;
    }
    lines.extend_from_slice(&base.lines()[at..]);
    Merge {
        document: Document::from_lines(lines),
        overridden,
    }
}

/// One side's regions inside a cluster.
#[derive(Default)]
struct Cluster {
    first: Option<Region>,
    last: Option<Region>,
}

impl Cluster {
    fn absorb(&mut self, side: &mut VecDeque<Region>, start: usize, end: &mut usize) -> bool {
        let mut grown = false;
        while let Some(region) = side.front() {
            let touches = region.before.start < *end || region.before.start == start;
            if !touches {
                break;
            }
            *end = (*end).max(region.before.end);
            self.first.get_or_insert_with(|| region.clone());
            self.last = side.pop_front();
            grown = true;
        }
        grown
    }

    /// The lines of this side that stand for base lines `start..end`.
    fn side(&self, start: usize, end: usize) -> Option<std::ops::Range<usize>> {
        let (first, last) = (self.first.as_ref()?, self.last.as_ref()?);
        let from = first.after.start - (first.before.start - start);
        let to = last.after.end + (end - last.before.end);
        Some(from..to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn document() -> impl Strategy<Value = Document> {
        prop::collection::vec("[abc]{0,1}", 0..30).prop_flat_map(|lines| {
            any::<bool>().prop_map(move |newline| {
                let mut text = lines.join("\n");
                if newline {
                    text.push('\n');
                }
                Document::from(text.as_str())
            })
        })
    }

    #[test]
    fn disjoint_edits_merge_and_the_hand_wins_a_conflict() {
        let base = Document::from("a\nb\nc\nd\n");
        let ours = Document::from("a\nB\nc\nd\n");
        let theirs = Document::from("a\nb\nc\nD\n");
        let merged = merge(&base, &ours, &theirs);
        assert_eq!(merged.document.text(), "a\nB\nc\nD\n");
        assert!(merged.overridden.is_empty());

        let theirs = Document::from("a\nX\nc\nD\n");
        let merged = merge(&base, &ours, &theirs);
        assert_eq!(merged.document.text(), "a\nB\nc\nD\n");
        assert_eq!(merged.overridden, vec![1..2]);
    }

    #[test]
    fn a_hunk_beyond_the_end_is_a_misfit() {
        let mut document = Document::from("a\n");
        let hunk = Hunk {
            at: 1,
            remove: usize::MAX,
            insert: vec![],
        };
        assert!(document.apply(&hunk).is_err());
        assert_eq!(document.text(), "a\n");
    }

    proptest! {
        #[test]
        fn applying_a_diff_gives_the_other_text(a in document(), b in document()) {
            let mut text = a.clone();
            text.apply_all(&diff(&a, &b)).unwrap();
            prop_assert_eq!(text, b);
        }

        #[test]
        fn merging_with_an_unchanged_side_gives_the_other(base in document(), side in document()) {
            prop_assert_eq!(&merge(&base, &side, &base).document, &side);
            prop_assert_eq!(&merge(&base, &base, &side).document, &side);
            prop_assert_eq!(&merge(&base, &side, &side).document, &side);
        }

        #[test]
        fn merging_any_three_never_fails(base in document(), a in document(), b in document()) {
            let _ = merge(&base, &a, &b);
        }
    }
}
