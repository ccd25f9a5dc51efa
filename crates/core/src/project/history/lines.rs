//! The lines of a document that say a version, carried through its edits.

use ledger_document::version::{HEAD, number};
use serde::{Deserialize, Serialize};

/// Where a document says a version, and which. Nothing else of its text is kept, so following a
/// document costs what its edits are long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VersionLines(Vec<(usize, String)>);

impl VersionLines {
    /// Follows an edit: at line `at` (from 0) `remove` lines go and these come. A line whose text
    /// is not known says nothing.
    pub(super) fn edit<'l>(
        &mut self,
        at: usize,
        remove: usize,
        insert: impl ExactSizeIterator<Item = Option<&'l str>>,
    ) {
        let count = insert.len();
        let end = at.saturating_add(remove);
        self.0.retain(|(line, _)| *line < at || *line >= end);
        for (line, _) in &mut self.0 {
            if *line >= end {
                *line = (*line - remove).saturating_add(count);
            }
        }
        let before = self.0.partition_point(|(line, _)| *line < at);
        let came = insert.enumerate().filter_map(|(nth, line)| {
            let version = version_in(line?)?;
            Some((at.saturating_add(nth), version))
        });
        let came: Vec<_> = came.collect();
        self.0.splice(before..before, came);
    }

    /// The version the document says it is: that of the first such line, where it is near enough
    /// to the beginning.
    pub(super) fn version(&self) -> Option<&str> {
        let (line, version) = self.0.first()?;
        (*line < HEAD).then_some(version)
    }
}

/// The version that a line says.
fn version_in(line: &str) -> Option<String> {
    Some(line.get(number(line)?)?.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines() -> impl Strategy<Value = Vec<String>> {
        let line = prop_oneof![
            3 => Just("text\n".to_owned()),
            1 => (0..9u8).prop_map(|n| format!("Version: 1.{n}\n")),
        ];
        prop::collection::vec(line, 0..60)
    }

    proptest! {
        /// Edits of any place and length lead to what reading the edited text says.
        #[test]
        fn carried_lines_say_what_the_text_says(
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0..260usize, lines()), 1..12),
            filler in 150..260usize,
        ) {
            let mut text: Vec<String> = Vec::new();
            let mut carried = VersionLines::default();
            carried.edit(0, 0, (0..filler).map(|_| Some("text\n")));
            text.resize(filler, "text\n".to_owned());
            for (at, remove, insert) in edits {
                let at = at.index(text.len() + 1);
                let remove = remove.min(text.len() - at);
                carried.edit(at, remove, insert.iter().map(|line| Some(line.as_str())));
                text.splice(at..at + remove, insert);
                let plain = text.iter().take(HEAD).find_map(|line| version_in(line));
                prop_assert_eq!(carried.version(), plain.as_deref());
            }
        }
    }
}
