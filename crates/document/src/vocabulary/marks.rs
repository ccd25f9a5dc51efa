//! Status marks: which signs there are, what they say, and which one to write.

use crate::status::Status;

/// Marks that state a status wherever they stand behind or before a title. Of those for one
/// status the first are the ones to write, with the selector that makes them a picture.
const MARKS: [(Status, &[&str]); 6] = [
    (
        Status::Pending,
        &["⏳", "⬜", "📋", "⌛", "☐", "🔲", "🕐", "🕒", "📅"],
    ),
    (
        Status::InProgress,
        &["🔄", "🚧", "🏗️", "▶️", "🔨", "🏃", "⚙️"],
    ),
    (Status::Blocked, &["⏸️", "🚫", "⛔", "🛑", "🔒"]),
    (Status::IssuesFound, &["⚠️"]),
    (Status::Completed, &["✅", "✔️", "✓", "☑️"]),
    (Status::Cancelled, &["❌", "🗑️", "✖️", "✗"]),
];

/// Colours and cheers: beside a title they may as well be a priority, so they count only where
/// a mark is surely meant for a status, as in `US-1 🟢 → US-2 🟡`.
const COLOURS: [(char, Status); 6] = [
    ('⚪', Status::Pending),
    ('🔜', Status::Pending),
    ('🟡', Status::InProgress),
    ('🔴', Status::IssuesFound),
    ('🟢', Status::Completed),
    ('🎉', Status::Completed),
];

/// Marks for a status where the plan shows none, the most usual first.
pub(crate) fn marks(status: Status) -> &'static [&'static str] {
    MARKS
        .iter()
        .find(|(known, _)| *known == status)
        .map_or(&[], |(_, marks)| marks)
}

/// The status a mark usually stands for. Colours and signs of priority are no status.
pub(crate) fn mark_status(mark: char) -> Option<Status> {
    // No mark is plain text: most characters end here.
    if mark < '\u{2000}' {
        return None;
    }
    MARKS
        .iter()
        .find(|(_, marks)| marks.iter().any(|known| known.starts_with(mark)))
        .map(|(status, _)| *status)
}

/// The status a mark stands for where marks of several tasks stand in a row.
pub(crate) fn sequence_mark_status(mark: char) -> Option<Status> {
    let colour = || COLOURS.iter().find(|(known, _)| *known == mark);
    mark_status(mark).or_else(|| colour().map(|(_, status)| *status))
}

/// Whether a character only selects how the one before it is shown.
pub(crate) const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// Whether a character is a symbol that may stand for a status in a legend.
pub(crate) const fn is_symbol(c: char) -> bool {
    matches!(c as u32,
        0x2190..=0x21ff | 0x2300..=0x27bf | 0x2900..=0x29ff | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
}

/// Whether a character is a picture: a symbol, but no arrow, which parts tasks in a row.
pub(crate) const fn is_pictograph(c: char) -> bool {
    matches!(c as u32, 0x2300..=0x23ff | 0x25a0..=0x27bf | 0x2b00..=0x2b5f | 0x1f300..=0x1faff)
        && !matches!(c as u32, 0x2794..=0x27be | 0x2b05..=0x2b0d | 0x25b6 | 0x25c0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_a_symbol_and_is_read_as_what_it_is_written_for() {
        for (status, marks) in MARKS {
            for mark in marks {
                let sign = mark.chars().next().unwrap();
                assert!(is_symbol(sign), "{mark}");
                assert_eq!(mark_status(sign), Some(status), "{mark}");
                assert!(mark.chars().skip(1).all(is_selector), "{mark}");
            }
        }
    }

    #[test]
    fn a_colour_is_a_status_only_in_a_sequence() {
        assert_eq!(mark_status('🔴'), None);
        assert_eq!(sequence_mark_status('🔴'), Some(Status::IssuesFound));
    }
}
