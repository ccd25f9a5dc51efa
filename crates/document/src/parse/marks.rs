//! The marks of one plan: what its own legend says of them, else the usual reading.

use super::scan;
use crate::status::Status;
use crate::vocabulary::{box_status, is_selector, is_symbol, mark_status, tag};

/// The marks of one plan.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The plan's own, without variation selectors; longest first.
    own: Vec<(String, Status)>,
    /// What the plan's own legend says of boxes, by the character in them.
    boxes: Vec<(char, Status)>,
}

impl Marks {
    pub(super) fn new(legend: &[(String, Status)]) -> Self {
        let mut marks = Self::default();
        for (written, status) in legend {
            let base = written.trim_end_matches(is_selector);
            if let Some((mark, _)) = scan::boxed(written) {
                marks.boxes.push((mark, *status));
            } else if !base.is_empty() {
                marks.own.push((base.to_owned(), *status));
            }
        }
        marks
            .own
            .sort_by_key(|(mark, _)| std::cmp::Reverse(mark.len()));
        marks
    }

    /// A mark right at the start: its length and status.
    pub(super) fn leading(&self, text: &str) -> Option<(usize, Status)> {
        for (mark, status) in &self.own {
            if let Some(rest) = text.strip_prefix(mark.as_str()) {
                return Some((text.len() - after_selector(rest).len(), *status));
            }
        }
        let first = text.chars().next()?;
        let status = mark_status(first)?;
        let rest = &text[first.len_utf8()..];
        Some((text.len() - after_selector(rest).len(), status))
    }

    /// A mark right at the end: where it starts, and its status.
    pub(super) fn trailing(&self, text: &str) -> Option<(usize, Status)> {
        let bare = text.trim_end_matches(is_selector);
        for (mark, status) in &self.own {
            if let Some(rest) = bare.strip_suffix(mark.as_str()) {
                return Some((rest.len(), *status));
            }
        }
        let last = bare.chars().next_back()?;
        Some((bare.len() - last.len_utf8(), mark_status(last)?))
    }

    /// A mark at the end with a word that says the same: `Walls ✅ DONE`, `Roof ⏳ **pending**`. Where
    /// it starts, and its status.
    pub(super) fn trailing_word(&self, text: &str) -> Option<(usize, Status)> {
        let mut signs = text.char_indices().rev();
        let (at, _) = signs.find(|(_, c)| is_symbol(*c))?;
        let (len, status) = self.leading(text.get(at..)?)?;
        let word = text.get(at + len..)?;
        (tag(word) == Some(status)).then_some((at, status))
    }

    /// The status of what stands between `[` and `]`.
    pub(super) fn boxed(&self, mark: char) -> Option<Status> {
        let own = self.boxes.iter().find(|(boxed, _)| *boxed == mark);
        let own = own.map(|(_, status)| *status);
        own.or_else(|| box_status(mark))
    }
}

fn after_selector(text: &str) -> &str {
    text.strip_prefix(is_selector).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plans_own_mark_overrides_the_usual_reading() {
        let marks = Marks::new(&[
            ("⏸️".into(), Status::Cancelled),
            ("[>]".into(), Status::Blocked),
        ]);
        assert_eq!(marks.leading("⏸ x"), Some(("⏸".len(), Status::Cancelled)));
        assert_eq!(marks.leading("⏸️ x"), Some(("⏸️".len(), Status::Cancelled)));
        assert_eq!(marks.trailing("a ✅"), Some((2, Status::Completed)));
        assert_eq!(marks.trailing("a ⚠️"), Some((2, Status::IssuesFound)));
        assert_eq!(marks.boxed('>'), Some(Status::Blocked));
        assert_eq!(marks.boxed('P'), None);
    }
}
