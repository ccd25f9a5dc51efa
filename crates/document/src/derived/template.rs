//! The template of a bound line: literal text around slots, and how it is laid over a line.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::date::DateFormat;
use super::title::Piece;

/// A part of a template: in JSON a string, or an object with a `slot` member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// Text that stays.
    Text(String),
    /// A place that is filled.
    Slot(Slot),
}

/// What a place is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "slot", rename_all = "snake_case")]
pub enum Slot {
    /// The subject's written id.
    Id,
    /// The names in the subject's title.
    Names {
        /// What stands between two of them.
        separator: String,
    },
    /// A piece of the subject's title.
    Piece {
        /// Which one.
        of: Piece,
    },
    /// What was done: the words given with a change, else these parts.
    Summary {
        /// The wording without words of somebody's own; none where nobody can tell it.
        default: Vec<Part>,
    },
    /// A date: the subject task's, or that of the last change.
    Date {
        /// How it is written.
        format: DateFormat,
    },
    /// How many of the group's tasks, or of their points.
    Count {
        /// Which ones.
        of: Share,
        /// The unit of the points; none for tasks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// Which part of the group's tasks or points, as a percentage.
    Percent {
        /// Which ones.
        of: Share,
        /// The unit of the points; none for tasks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// How it is rounded.
        #[serde(default, skip_serializing_if = "Rounding::is_usual")]
        rounding: Rounding,
        /// Digits after the point.
        #[serde(default, skip_serializing_if = "is_zero")]
        decimals: u8,
        /// Whether the point is a comma.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        comma: bool,
    },
    /// The mark of the group's task that goes by this name.
    Mark {
        /// Its id, a name in its title, or a piece of its title.
        of: String,
    },
}

/// Which tasks of a group are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// The completed ones.
    Done,
    /// All of them.
    Total,
    /// Those that are not completed.
    Open,
}

/// How a percentage is cut to its digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half goes up.
    #[default]
    Nearest,
    /// Always down.
    Down,
    /// Always up.
    Up,
}

impl Rounding {
    // Serde hands over a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_usual(&self) -> bool {
        *self == Self::Nearest
    }

    /// `part` of `whole` in units of 10^-`decimals` percent.
    pub(super) fn percent(self, part: u64, whole: u64, decimals: u8) -> Option<u64> {
        let scaled = part
            .checked_mul(100)?
            .checked_mul(10u64.checked_pow(u32::from(decimals))?)?;
        let (quotient, rest) = (scaled.checked_div(whole)?, scaled.checked_rem(whole)?);
        let up = match self {
            Self::Nearest => rest.checked_mul(2)? >= whole,
            Self::Down => false,
            Self::Up => rest > 0,
        };
        Some(quotient + u64::from(up))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Builds a template by walking over a line from left to right.
pub(super) struct Builder<'a> {
    text: &'a str,
    at: usize,
    parts: Vec<Part>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            parts: Vec::new(),
        }
    }

    /// Puts a slot where `range` is; what lies before it is literal.
    pub(super) fn slot(&mut self, range: &Range<usize>, slot: Slot) {
        self.literal_to(range.start);
        self.parts.push(Part::Slot(slot));
        self.at = range.end;
    }

    fn literal_to(&mut self, end: usize) {
        if end > self.at {
            self.parts
                .push(Part::Text(self.text[self.at..end].to_owned()));
            self.at = end;
        }
    }

    /// The template of all the text.
    pub(super) fn finish(mut self) -> Vec<Part> {
        self.literal_to(self.text.len());
        self.parts
    }
}

/// The places of the slots in `line`, in order, if the line reads as the template says.
///
/// Only the shape is compared: a count may be any number.
pub(super) fn lay(parts: &[Part], line: &str) -> Option<Vec<Range<usize>>> {
    let free = parts.iter().filter(|part| is_free(part)).count();
    if line.len() > LONGEST || free > MOST_FREE {
        return None;
    }
    let mut search = Search {
        parts,
        line,
        failed: HashSet::new(),
    };
    let mut found = Vec::new();
    search.from(0, 0, &mut found).then(|| {
        found.reverse();
        found
    })
}

/// Longest line a template is laid over; more is nobody's roll-up.
pub(super) const LONGEST: usize = 4096;

/// Most slots of free text in a template, and the longest text of one, so that laying one over a
/// hostile line ends soon.
const MOST_FREE: usize = 6;
const LONGEST_FREE: usize = 600;

/// Whether a part's place has to be searched for.
pub(super) fn is_free(part: &Part) -> bool {
    matches!(
        part,
        Part::Slot(Slot::Id | Slot::Names { .. } | Slot::Piece { .. } | Slot::Summary { .. })
    )
}

struct Search<'a> {
    parts: &'a [Part],
    line: &'a str,
    /// Places from which the rest is known not to fit.
    failed: HashSet<(usize, usize)>,
}

impl Search<'_> {
    /// Whether the parts from `part` on cover the line from `at` on; pushes the slots backwards.
    fn from(&mut self, part: usize, at: usize, found: &mut Vec<Range<usize>>) -> bool {
        let Some(next) = self.parts.get(part) else {
            return at == self.line.len();
        };
        if self.failed.contains(&(part, at)) {
            return false;
        }
        let rest = &self.line[at..];
        let fits = match next {
            Part::Text(text) => {
                rest.starts_with(text.as_str()) && self.from(part + 1, at + text.len(), found)
            }
            Part::Slot(slot) => {
                let following = match self.parts.get(part + 1) {
                    Some(Part::Text(text)) => Some(text.as_str()),
                    _ => None,
                };
                ends(slot, rest, following).into_iter().any(|length| {
                    let fits = self.from(part + 1, at + length, found);
                    if fits {
                        found.push(at..at + length);
                    }
                    fits
                })
            }
        };
        if !fits {
            self.failed.insert((part, at));
        }
        fits
    }
}

/// The lengths a slot's text can have at the start of `rest`, the likeliest first.
fn ends(slot: &Slot, rest: &str, following: Option<&str>) -> Vec<usize> {
    match slot {
        Slot::Date { format } => format
            .read(rest)
            .map(|(_, length)| length)
            .into_iter()
            .collect(),
        Slot::Count { .. } => prefix(rest, |c| c.is_ascii_digit()),
        Slot::Percent {
            comma, decimals, ..
        } => {
            let point = if *comma { ',' } else { '.' };
            let points = usize::from(*decimals > 0);
            prefix(rest, |c| c.is_ascii_digit() || (points > 0 && c == point))
        }
        Slot::Id => stops(rest, following)
            .into_iter()
            .filter(|&length| is_id(&rest[..length]))
            .collect(),
        Slot::Mark { .. } => super::mark::read(rest).into_iter().collect(),
        Slot::Names { .. } | Slot::Piece { .. } | Slot::Summary { .. } => stops(rest, following),
    }
}

/// Whether a text can be an id: one word, or few with a number (`Phase 1.2`).
fn is_id(text: &str) -> bool {
    let plain = |c: char| {
        !c.is_control() && !matches!(c, '(' | ')' | '（' | '）' | ',' | ';' | '、' | '，' | '。')
    };
    let words = text.split_whitespace().count();
    text.len() <= 80
        && text.chars().all(plain)
        && text.trim() == text
        && (words == 1 || (words <= 3 && text.contains(|c: char| c.is_ascii_digit())))
}

fn prefix(rest: &str, belongs: impl Fn(char) -> bool) -> Vec<usize> {
    let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    if length == 0 {
        Vec::new()
    } else {
        vec![length]
    }
}

/// Where free text can stop: before each place of the literal that follows, or at the end.
fn stops(rest: &str, following: Option<&str>) -> Vec<usize> {
    let mut reach = rest.len().min(LONGEST_FREE);
    while !rest.is_char_boundary(reach) {
        reach -= 1;
    }
    let mut stops: Vec<usize> = match following {
        Some(literal) => rest[..reach]
            .match_indices(literal)
            .map(|(at, _)| at)
            .filter(|&at| at > 0)
            .collect(),
        None => Vec::new(),
    };
    if !rest.is_empty() && rest.len() == reach {
        stops.push(reach);
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_the_way_asked() {
        let rounded = |rounding: Rounding| rounding.percent(2, 3, 0);
        assert_eq!(rounded(Rounding::Nearest), Some(67));
        assert_eq!(rounded(Rounding::Down), Some(66));
        assert_eq!(Rounding::Up.percent(1, 3, 1), Some(334));
        assert_eq!(Rounding::Nearest.percent(0, 0, 0), None);
        assert_eq!(Rounding::Nearest.percent(u64::MAX, 1, 0), None);
    }

    #[test]
    fn a_template_is_laid_over_a_line_of_the_same_shape_only() {
        let parts = vec![
            Part::Text("Next: ".into()),
            Part::Slot(Slot::Id),
            Part::Text(" (".into()),
            Part::Slot(Slot::Piece { of: Piece::Title }),
            Part::Text(")".into()),
        ];
        let line = "Next: K-7 (Roof (north) and gutter)";
        let places = lay(&parts, line).unwrap();
        assert_eq!(&line[places[0].clone()], "K-7");
        assert_eq!(&line[places[1].clone()], "Roof (north) and gutter");
        assert!(lay(&parts, "Next: K-7").is_none());
        assert!(lay(&parts, "Next: nothing left").is_none());
    }

    #[test]
    fn many_slots_over_a_hostile_line_end_soon() {
        let mut parts = Vec::new();
        for _ in 0..MOST_FREE {
            parts.push(Part::Slot(Slot::Piece { of: Piece::Title }));
            parts.push(Part::Text("a".into()));
        }
        parts.push(Part::Text("!".into()));
        assert!(lay(&parts, &"a".repeat(600)).is_none());
    }
}
