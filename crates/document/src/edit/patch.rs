//! Edits stated in the coordinates of the text they start from, and the hunks they make.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::hunk::Hunk;
use crate::outline::Span;
use crate::text::{Document, Line, terminator};

/// A set of edits to one document. All lines and columns are those of that document, so the
/// order in which edits are stated does not matter.
pub(super) struct Patch<'a> {
    document: &'a Document,
    replaced: BTreeMap<usize, Vec<(Range<usize>, String)>>,
    deleted: BTreeSet<usize>,
    inserted: BTreeMap<usize, Vec<Insert>>,
}

enum Insert {
    New(String),
    Moved(usize),
}

/// A patch worked out.
pub(super) struct Applied<'a> {
    pub(super) before: &'a Document,
    pub(super) hunks: Vec<Hunk>,
    document: OnceCell<Document>,
    pub(super) carried: Carried,
}

/// Where the lines of the old document are now.
#[derive(Clone)]
pub(super) enum Carried {
    /// All are where they were; how many there are.
    InPlace(usize),
    /// By the old line.
    Moved(Vec<Option<usize>>),
}

impl Carried {
    /// Where a line is now; `None` if it is gone.
    pub(super) fn get(&self, line: usize) -> Option<usize> {
        match self {
            Self::InPlace(lines) => (line < *lines).then_some(line),
            Self::Moved(carried) => carried.get(line).copied().flatten(),
        }
    }
}

impl Applied<'_> {
    /// The edited document.
    pub(super) fn document(&self) -> &Document {
        self.document.get_or_init(|| {
            let mut document = self.before.clone();
            for hunk in &self.hunks {
                // They were made from lines it has.
                let _ = document.apply(hunk);
            }
            document
        })
    }
}

/// One line of the new text.
struct Out {
    /// The old line it was, if it was one.
    from: Option<usize>,
    /// Whether it still stands between the same neighbours (not moved).
    kept: bool,
    /// Its new content, if that differs.
    content: Option<String>,
}

impl<'a> Patch<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            replaced: BTreeMap::new(),
            deleted: BTreeSet::new(),
            inserted: BTreeMap::new(),
        }
    }

    pub(super) fn document(&self) -> &'a Document {
        self.document
    }

    /// Replaces a span by other text; nothing happens if it is that text already.
    pub(super) fn replace(&mut self, span: &Span, text: impl Into<String>) {
        let text = text.into();
        if self
            .document
            .content(span.line)
            .get(span.columns.clone())
            .is_some_and(|old| old != text)
        {
            self.replaced
                .entry(span.line)
                .or_default()
                .push((span.columns.clone(), text));
        }
    }

    /// Puts text in at one column.
    pub(super) fn insert_text(&mut self, line: usize, column: usize, text: impl Into<String>) {
        self.replace(
            &Span {
                line,
                columns: column..column,
            },
            text,
        );
    }

    /// Puts a new line in before line `before` (after lines put in there earlier).
    pub(super) fn insert_line(&mut self, before: usize, content: impl Into<String>) {
        self.inserted
            .entry(before.min(self.document.len()))
            .or_default()
            .push(Insert::New(content.into()));
    }

    /// Removes whole lines.
    pub(super) fn delete(&mut self, lines: Range<usize>) {
        self.deleted.extend(lines);
    }

    /// Whether a line is removed (and not moved).
    pub(super) fn deletes(&self, line: usize) -> bool {
        let moved = |insert: &Insert| matches!(insert, Insert::Moved(from) if *from == line);
        self.deleted.contains(&line) && !self.inserted.values().flatten().any(moved)
    }

    /// Moves whole lines before line `before`, with the edits made to them.
    pub(super) fn relocate(&mut self, lines: Range<usize>, before: usize) {
        for line in lines {
            self.deleted.insert(line);
            self.inserted
                .entry(before.min(self.document.len()))
                .or_default()
                .push(Insert::Moved(line));
        }
    }

    /// The content of an old line with the edits made to it; `None` if there are none.
    fn edited(&self, line: usize) -> Option<String> {
        let mut edits: Vec<_> = self.replaced.get(&line)?.iter().collect();
        edits.sort_by_key(|(columns, _)| (columns.start, columns.end));
        let old = self.document.content(line);
        let mut content = String::with_capacity(old.len() + 32);
        let mut at = 0;
        for (columns, text) in edits {
            // Overlapping edits: the first wins; reading the result again finds what is lost.
            let Some(before) = old.get(at..columns.start) else {
                continue;
            };
            content.push_str(before);
            content.push_str(text);
            at = columns.end;
        }
        content.push_str(old.get(at..).unwrap_or_default());
        (content != old).then_some(content)
    }

    /// Works the edits out.
    pub(super) fn apply(&self) -> Applied<'a> {
        self.in_place().unwrap_or_else(|| self.rebuilt())
    }

    /// Works edits within lines out; `None` if there are others.
    fn in_place(&self) -> Option<Applied<'a>> {
        if !self.inserted.is_empty() || !self.deleted.is_empty() {
            return None;
        }
        let mut hunks: Vec<Hunk> = Vec::with_capacity(self.replaced.len());
        for &line in self.replaced.keys() {
            let Some(old) = self.document.lines().get(line) else {
                break;
            };
            let Some(content) = self.edited(line) else {
                continue;
            };
            let end = terminator(old);
            if content.is_empty() && end.is_empty() {
                return None;
            }
            let new = Line::from(content + end);
            match hunks
                .last_mut()
                .filter(|last| last.at + last.remove == line)
            {
                Some(last) => {
                    last.remove += 1;
                    last.insert.push(new);
                }
                None => hunks.push(Hunk {
                    at: line,
                    remove: 1,
                    insert: vec![new],
                }),
            }
        }
        Some(Applied {
            before: self.document,
            hunks,
            document: OnceCell::new(),
            carried: Carried::InPlace(self.document.len()),
        })
    }

    /// Works the edits out line by line.
    fn rebuilt(&self) -> Applied<'a> {
        let lines = self.document.lines();
        let mut outs: Vec<Out> = Vec::with_capacity(lines.len() + 16);
        let new = |content: &String| Out {
            from: None,
            kept: false,
            content: Some(content.clone()),
        };
        let inserts = |at: usize| self.inserted.get(&at).into_iter().flatten();
        let news = |at: usize| {
            inserts(at).filter_map(|insert| match insert {
                Insert::New(content) => Some(content),
                Insert::Moved(_) => None,
            })
        };
        let moved: BTreeSet<usize> = (self.inserted.values().flatten())
            .filter_map(|insert| match insert {
                Insert::Moved(line) => Some(*line),
                Insert::New(_) => None,
            })
            .collect();
        for at in 0..=lines.len() {
            // What was put in behind a line that moves goes with it.
            let goes_along = at > 0 && moved.contains(&(at - 1));
            for insert in inserts(at) {
                match insert {
                    Insert::New(_) if goes_along => {}
                    Insert::New(content) => outs.push(new(content)),
                    Insert::Moved(line) => {
                        outs.push(Out {
                            from: Some(*line),
                            kept: false,
                            content: self.edited(*line),
                        });
                        outs.extend(news(line + 1).map(new));
                    }
                }
            }
            if at < lines.len() && !self.deleted.contains(&at) {
                outs.push(Out {
                    from: Some(at),
                    kept: true,
                    content: self.edited(at),
                });
            }
        }
        if self.open_end() {
            // A last line without terminator and without text is no line.
            let is_empty = |out: &Out| match (&out.content, out.from) {
                (Some(content), _) => content.is_empty(),
                (None, from) => from.is_none_or(|from| self.document.content(from).is_empty()),
            };
            while outs.last().is_some_and(is_empty) {
                outs.pop();
            }
        }
        self.finish(&outs)
    }

    /// Whether the document's last line has no terminator.
    fn open_end(&self) -> bool {
        let last = self.document.lines().last();
        last.is_some_and(|line| terminator(line).is_empty())
    }

    fn finish(&self, outs: &[Out]) -> Applied<'a> {
        let lines = self.document.lines();
        let open_end = self.open_end();
        let mut carried = vec![None; lines.len()];
        let mut next: Vec<Line> = Vec::with_capacity(outs.len());
        let mut hunks: Vec<Hunk> = Vec::new();
        let mut passed = 0; // old lines accounted for
        let mut open: Option<Hunk> = None;
        for (index, out) in outs.iter().enumerate() {
            if let Some(from) = out.from {
                carried[from] = Some(index);
            }
            let line = self.line(out, passed, open_end && index + 1 == outs.len());
            let old = out.from.filter(|_| out.kept);
            let removed = old.map_or(0, |old| old - passed);
            let same = old.is_some_and(|old| lines[old] == line);
            if removed > 0 || !same {
                let hunk = open.get_or_insert_with(|| Hunk {
                    at: index,
                    remove: 0,
                    insert: Vec::new(),
                });
                hunk.remove += removed;
                if !same {
                    hunk.remove += usize::from(old.is_some());
                    hunk.insert.push(line.clone());
                }
            }
            if same {
                hunks.extend(open.take());
            }
            if let Some(old) = old {
                passed = old + 1;
            }
            next.push(line);
        }
        if passed < lines.len() {
            let hunk = open.get_or_insert_with(|| Hunk {
                at: outs.len(),
                remove: 0,
                insert: Vec::new(),
            });
            hunk.remove += lines.len() - passed;
        }
        hunks.extend(open);
        Applied {
            before: self.document,
            hunks,
            document: Document::from_lines(next).into(),
            carried: Carried::Moved(carried),
        }
    }

    /// The new line for `out`. Only the last line of a text that had no last terminator has none.
    fn line(&self, out: &Out, passed: usize, last_and_open: bool) -> Line {
        let own = out.from.map(|from| self.document.line(from));
        let end = match own.map(terminator) {
            _ if last_and_open => "",
            Some(end) if !end.is_empty() => end,
            _ => self.document.terminator_near(passed),
        };
        match (&out.content, own) {
            (None, Some(line)) if terminator(line) == end => out
                .from
                .and_then(|from| self.document.lines().get(from).cloned())
                .unwrap_or_default(),
            (None, Some(line)) => format!("{}{end}", crate::text::content(line)).into(),
            (Some(content), _) => format!("{content}{end}").into(),
            (None, None) => end.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn applied(text: &str, edit: impl FnOnce(&mut Patch<'_>)) -> String {
        let document = Document::from(text);
        let mut patch = Patch::new(&document);
        edit(&mut patch);
        let applied = patch.apply();
        let mut replayed = document.clone();
        replayed.apply_all(&applied.hunks).unwrap();
        assert_eq!(replayed, *applied.document());
        let text = applied.document().text();
        assert_eq!(Document::from(text.as_str()), *applied.document());
        let rebuilt = patch.rebuilt();
        assert_eq!(rebuilt.hunks, applied.hunks);
        assert_eq!(rebuilt.document(), applied.document());
        for line in 0..document.len() + 1 {
            assert_eq!(rebuilt.carried.get(line), applied.carried.get(line));
        }
        text
    }

    #[test]
    fn new_lines_take_the_terminator_of_the_line_before() {
        let edit = |patch: &mut Patch<'_>| patch.insert_line(1, "x");
        assert_eq!(applied("a\r\nb\n", edit), "a\r\nx\r\nb\n");
    }

    #[test]
    fn a_missing_last_terminator_stays_missing() {
        assert_eq!(applied("a\nb", |p| p.insert_line(2, "c")), "a\nb\nc");
        assert_eq!(applied("a\nb", |p| p.delete(1..2)), "a");
        assert_eq!(applied("a\nb", |p| p.relocate(1..2, 0)), "b\na");
        assert_eq!(applied("a\nb", |p| p.insert_line(2, "")), "a\nb");
        assert_eq!(applied("a\n\nb", |p| p.relocate(2..3, 0)), "b\na");
    }

    #[test]
    fn lines_put_in_behind_a_line_move_with_it() {
        let text = applied("a\n  b\nc\nd\n", |patch| {
            patch.insert_line(1, "  a1");
            patch.insert_line(2, "  b1");
            patch.relocate(0..2, 4);
            patch.insert_line(3, "c1");
        });
        assert_eq!(text, "c\nc1\nd\na\n  a1\n  b\n  b1\n");
    }

    #[test]
    fn edits_move_with_their_lines() {
        let text = applied("a\nb\nc\n", |patch| {
            patch.insert_text(0, 1, "!");
            patch.relocate(0..1, 3);
        });
        assert_eq!(text, "b\nc\na!\n");
    }

    proptest! {
        #[test]
        fn hunks_replay_to_the_patched_text(
            lines in prop::collection::vec("[ab]{0,2}", 0..12),
            newline in any::<bool>(),
            edits in prop::collection::vec((0usize..14, 0usize..14, 0u8..4), 0..6),
        ) {
            let mut text = lines.join("\n");
            if newline { text.push('\n'); }
            let count = Document::from(text.as_str()).len();
            applied(&text, |patch| {
                for (a, b, kind) in edits {
                    let line = a.min(count);
                    match kind {
                        0 => patch.insert_line(line, "n"),
                        1 => patch.delete(line..(line + 1).min(count)),
                        2 => patch.insert_text(line, 0, "z"),
                        _ => if line < count && !patch.deleted.contains(&line) {
                            patch.relocate(line..line + 1, b.min(count));
                        },
                    }
                }
            });
        }
    }
}
