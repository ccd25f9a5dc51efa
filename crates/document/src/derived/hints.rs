//! What stands beside the figures of a line and speaks about them: a label, a table's header.

use std::collections::HashMap;

use super::figures::Hints;
use super::line::{Kind, Place};

/// What speaks about a figure beside the words right behind it.
pub(super) struct PlaceHints<'a> {
    pub(super) place: &'a Place<'a>,
    /// Where the text starts that was searched.
    pub(super) from: usize,
    /// The table's header cells.
    pub(super) cells: Option<&'a Vec<&'a str>>,
}

impl Hints for PlaceHints<'_> {
    fn hint(&self, at: usize, first: bool) -> &str {
        match self.place.kind {
            Kind::Row => {
                let text = self.place.text();
                let before = text.get(..self.from + at).unwrap_or_default();
                let column = before.matches('|').count();
                let column = column.saturating_sub(usize::from(text.starts_with('|')));
                self.cells
                    .and_then(|cells| cells.get(column))
                    .copied()
                    .unwrap_or_default()
            }
            Kind::Field if first => self.place.label,
            _ => "",
        }
    }
}

/// The header cells of each table row, by the row's line.
pub(super) fn headers<'a>(places: &[Place<'a>]) -> HashMap<usize, Vec<&'a str>> {
    let mut found = HashMap::new();
    let mut header: Option<Vec<&str>> = None;
    let mut before: Option<&Place<'a>> = None;
    for place in places {
        if place.kind != Kind::Row || before.is_some_and(|before| before.block != place.block) {
            header = None;
        }
        if place.kind == Kind::Row {
            let delimiter = place.text().contains('-')
                && place
                    .text()
                    .chars()
                    .all(|c| matches!(c, '|' | '-' | ':' | ' '));
            if delimiter {
                header = before.map(|before| before.text().trim_matches('|').split('|').collect());
            } else if let Some(header) = &header {
                found.insert(place.line, header.clone());
            }
        }
        before = Some(place);
    }
    found
}
