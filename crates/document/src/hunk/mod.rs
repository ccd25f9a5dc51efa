//! Line hunks: the exact edit that an event makes to a document.

mod align;
mod blocks;
mod merge;
mod moves;
mod tokens;
mod traits;
mod tree;

pub use merge::{Merge, merge};

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

    /// The lines of the new document that it wrote.
    #[must_use]
    pub const fn lines(&self) -> std::ops::Range<usize> {
        self.at..self.at.saturating_add(self.insert.len())
    }

    /// Where a line of the new document comes from.
    #[must_use]
    pub const fn source(&self, line: usize) -> Source {
        match line.checked_sub(self.at) {
            None => Source::Before(line),
            Some(nth) if nth < self.insert.len() => Source::Hunk(nth),
            Some(nth) => {
                let kept = nth - self.insert.len();
                Source::Before(self.at.saturating_add(self.remove).saturating_add(kept))
            }
        }
    }
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The hunk wrote it, as this one of its lines, from 0.
    Hunk(usize),
    /// It is this line of the old document, from 0.
    Before(usize),
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

/// The lines that stay, in order, as stretches of both documents, where one becomes the other with
/// about as few lines changed as can be: what did not move is the most there is.
///
/// Myers' diff (imara-diff), as git compares versions to say who wrote a line.
#[must_use]
pub fn stretches(before: &Document, after: &Document) -> Vec<Region> {
    let input = imara_diff::InternedInput::new(Lines(before), Lines(after));
    let diff = imara_diff::Diff::compute(imara_diff::Algorithm::Myers, &input);
    let (mut there, mut here) = (0, 0);
    let mut stretches = Vec::new();
    for hunk in diff.hunks() {
        stretches.push(Region {
            before: there..hunk.before.start as usize,
            after: here..hunk.after.start as usize,
        });
        (there, here) = (hunk.before.end as usize, hunk.after.end as usize);
    }
    stretches.push(Region {
        before: there..before.len(),
        after: here..after.len(),
    });
    stretches
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
        fn what_stays_is_the_same_in_both_and_in_order(a in document(), b in document()) {
            let (mut there, mut here) = (0, 0);
            for Region { before, after } in stretches(&a, &b) {
                prop_assert!(there <= before.start && here <= after.start);
                (there, here) = (before.end, after.end);
                prop_assert_eq!(&a.lines()[before], &b.lines()[after]);
            }
        }

        #[test]
        fn every_line_comes_from_where_it_stood_or_from_the_hunk(
            before in document(),
            at in 0..30usize,
            remove in 0..30usize,
            insert in document(),
        ) {
            let at = at.min(before.len());
            let remove = remove.min(before.len() - at);
            let insert = insert.lines().to_vec();
            let hunk = Hunk { at, remove, insert };
            let mut after = before.clone();
            after.apply(&hunk).unwrap();
            for (line, text) in after.lines().iter().enumerate() {
                match hunk.source(line) {
                    Source::Hunk(nth) => prop_assert_eq!(text, &hunk.insert[nth]),
                    Source::Before(was) => {
                        prop_assert_eq!(text, &before.lines()[was]);
                        prop_assert_eq!(hunk.carry(was), Some(line));
                    }
                }
            }
        }

        #[test]
        fn applying_a_diff_gives_the_other_text(a in document(), b in document()) {
            let mut text = a.clone();
            text.apply_all(&diff(&a, &b)).unwrap();
            prop_assert_eq!(text, b);
        }
    }
}
