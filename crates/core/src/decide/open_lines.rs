//! Whether documents would be read again as the lines they are.

use std::collections::BTreeMap;

use ledger_document::{Document, Hunk};

use crate::id::DocumentId;

/// How many lines of each edited document lack a line feed at their end or have one inside.
///
/// Each edit is counted where it is made, so that asking costs nothing: see
/// [`Document::is_whole`]. A document that nobody edited is whole, as it was when it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenLines(BTreeMap<DocumentId, usize>);

impl OpenLines {
    /// Notes a hunk that is about to be applied to a document. One that does not fit counts for
    /// nothing: it is refused.
    pub(super) fn follow(&mut self, id: &DocumentId, text: &Document, hunk: &Hunk) {
        let own = match self.0.get_mut(id) {
            Some(own) => own,
            None => self.0.entry(id.clone()).or_insert(count(text.lines())),
        };
        let end = hunk.at.saturating_add(hunk.remove);
        let removed = text.lines().get(hunk.at..end).map_or(0, count);
        *own = (*own + count(&hunk.insert)).saturating_sub(removed);
    }

    /// Whether reading a document again would give the same lines.
    pub(super) fn is_whole(&self, id: &DocumentId, text: &Document) -> bool {
        match self.0.get(id) {
            None | Some(0) => true,
            // Only the last line may lack its line feed.
            Some(1) => text
                .lines()
                .last()
                .is_some_and(|line| !line.is_empty() && !line.contains('\n')),
            Some(_) => false,
        }
    }
}

fn count<L: AsRef<str>>(lines: &[L]) -> usize {
    let is_open = |line: &&L| {
        let line = line.as_ref();
        line.find('\n').is_none_or(|end| end + 1 != line.len())
    };
    lines.iter().filter(is_open).count()
}

#[cfg(test)]
mod tests {
    use ledger_document::Line;
    use proptest::prelude::*;

    use super::*;

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        prop::collection::vec("[ab\r]{0,2}\n?[a\n]?".prop_map(Line::from), 0..4)
    }

    proptest! {
        #[test]
        fn a_document_is_as_whole_as_counting_its_edits_says(
            text in "([ab\r]{0,2}\n){0,4}[ab]?",
            hunks in prop::collection::vec((0usize..8, 0usize..4, lines()), 0..6),
        ) {
            let id = DocumentId::new("0123456789abcdef".to_owned()).unwrap();
            let mut document = Document::from(text.as_str());
            let mut open = OpenLines::default();
            for (at, remove, insert) in hunks {
                let at = at.min(document.len());
                let remove = remove.min(document.len() - at);
                let hunk = Hunk { at, remove, insert };
                open.follow(&id, &document, &hunk);
                document.apply(&hunk).unwrap();
                prop_assert_eq!(open.is_whole(&id, &document), document.is_whole());
            }
        }
    }
}
