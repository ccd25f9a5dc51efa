//! Marks in derived text: where one stands, what it means in this plan, which one to write.

use crate::outline::Outline;
use crate::status::Status;
use crate::vocabulary::{
    box_status, boxes, is_pictograph, is_selector, marks, sequence_mark_status,
};

fn bare(mark: &str) -> &str {
    mark.trim_end_matches(is_selector)
}

/// The character between `[` and `]`.
fn boxed(mark: &str) -> Option<char> {
    let mut inside = mark.strip_prefix('[')?.strip_suffix(']')?.chars();
    inside.next().filter(|_| inside.next().is_none())
}

/// The length of the mark at the start of `text`, its variation selectors included.
pub(super) fn read(text: &str) -> Option<usize> {
    let length = if let Some(rest) = text.strip_prefix('[') {
        let inner = rest.chars().next()?;
        let boxed = rest[inner.len_utf8()..].starts_with(']') && !inner.is_ascii_digit();
        if !boxed {
            return None;
        }
        inner.len_utf8() + 2
    } else {
        let first = text.chars().next()?;
        if !is_pictograph(first) {
            return None;
        }
        first.len_utf8()
    };
    let selectors = text[length..].len() - text[length..].trim_start_matches(is_selector).len();
    Some(length + selectors)
}

/// What a mark means in this plan.
pub(super) fn status(outline: &Outline, mark: &str) -> Option<Status> {
    let mark = bare(mark);
    let own = outline
        .legend
        .iter()
        .find(|(own, _)| bare(own.trim()) == mark);
    own.map(|(_, status)| *status)
        .or_else(|| match boxed(mark) {
            Some(letter) => box_status(letter),
            None => {
                let mut signs = mark.chars();
                let sign = signs.next().filter(|_| signs.next().is_none())?;
                sequence_mark_status(sign)
            }
        })
}

/// The mark to write for a status: the one its neighbours use, the legend's, the usual one of
/// the same kind as `old` (a box stays a box).
pub(super) fn choose(outline: &Outline, neighbours: &[&str], old: &str, wanted: Status) -> String {
    if let Some(mark) = neighbours
        .iter()
        .find(|mark| status(outline, mark) == Some(wanted))
    {
        return (*mark).to_owned();
    }
    let boxed = old.starts_with('[');
    let legend = outline.legend.iter().find(|(mark, status)| {
        *status == wanted && mark.starts_with('[') == boxed && read(mark) == Some(mark.len())
    });
    if let Some((mark, _)) = legend {
        return mark.clone();
    }
    let usual_box = boxes(wanted).next().filter(|_| boxed);
    usual_box.map_or_else(
        || marks(wanted).first().map_or(old, |mark| mark).to_owned(),
        |letter| format!("[{letter}]"),
    )
}
