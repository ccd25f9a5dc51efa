//! Reads the figures of a line, and explains them by a group of tasks.

mod claims;

use std::ops::Range;

use super::facts::Facts;
use super::group::Known;
use super::lex::{self, Kind, Token};
use super::template::{Rounding, Share, Slot};
use crate::vocabulary::Sense;

/// A number in a line.
#[derive(Debug, Clone)]
struct Figure {
    range: Range<usize>,
    shape: Shape,
    /// The unit of its points.
    unit: Option<String>,
    /// Whether a word follows that says what is counted.
    noun: bool,
    /// What the words around it say.
    sense: Option<Share>,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// `4` in `4/5`.
    Part(u64),
    /// `5` in `4/5`.
    Whole(u64),
    /// A number by itself.
    Lone(u64),
    Percent {
        value: u64,
        decimals: u8,
        comma: bool,
    },
}

/// The figures of one line, all of which a group has to explain.
#[derive(Debug)]
pub(super) struct Figures {
    figures: Vec<Figure>,
    /// Words that are neither a unit nor a noun behind a number.
    pub(super) words: usize,
}

/// What the words around a number are.
pub(super) trait Hints {
    /// Text that speaks about the number at this place, beside the words right behind it.
    fn hint(&self, at: usize, first: bool) -> &str;
}

/// How the figures of a line speak for its being a roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Has a part of a whole.
    pub(super) fraction: bool,
    pub(super) percent: bool,
    /// Each number by itself is explained by words, or there are several of them.
    pub(super) worded: bool,
    /// Has several numbers that are no part of a whole.
    pub(super) several: bool,
    /// Has a number with a noun behind it.
    pub(super) noun: bool,
    /// Counts points.
    pub(super) points: bool,
    /// The largest whole.
    pub(super) most: u64,
    /// The part is all of the whole.
    pub(super) full: bool,
}

impl Figures {
    /// The figures in `text`. `None` if there are none, or if a number, a name behind them or a
    /// date is there that no group of tasks can explain.
    pub(super) fn read(text: &str, facts: &Facts<'_>, hints: &impl Hints) -> Option<Self> {
        // Most lines have no number in them.
        if !lex::has_digit(text) {
            return None;
        }
        let tokens = lex::split(text);
        let mut figures: Vec<Figure> = Vec::new();
        let mut words = 0;
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            match token.kind {
                Kind::Odd | Kind::Date(..) => return None,
                // Names behind a figure list what it counts, and would go stale.
                Kind::Name if !figures.is_empty() => return None,
                Kind::Percent { decimals, comma } => figures.push(Figure {
                    range: token.range.clone(),
                    shape: Shape::Percent {
                        value: scaled(&text[token.range.clone()])?,
                        decimals,
                        comma,
                    },
                    unit: None,
                    noun: false,
                    sense: None,
                }),
                Kind::Number(value) => {
                    if let Some((skip, reversed, whole)) = whole(&tokens, index, text) {
                        let part = figure(token, Shape::Part(value));
                        let other = tokens.get(index + skip)?;
                        let whole = figure(other, Shape::Whole(whole));
                        if reversed {
                            figures.push(Figure {
                                shape: Shape::Whole(value),
                                ..part
                            });
                            let Shape::Whole(value) = whole.shape else {
                                return None;
                            };
                            figures.push(Figure {
                                shape: Shape::Part(value),
                                ..whole
                            });
                        } else {
                            figures.push(part);
                            figures.push(whole);
                        }
                        index += skip;
                    } else if !is_numbering(&tokens, index, text) {
                        figures.push(figure(token, Shape::Lone(value)));
                    }
                }
                Kind::Word => words += 1,
                Kind::Name | Kind::Sign(_) => {}
            }
            index += 1;
        }
        if figures.is_empty() {
            return None;
        }
        let mut read = Self { figures, words };
        read.look_around(text, &tokens, facts, hints);
        Some(read)
    }

    /// Finds the units, nouns and senses of the figures.
    fn look_around(&mut self, text: &str, tokens: &[Token], facts: &Facts<'_>, hints: &impl Hints) {
        let starts: Vec<usize> = self
            .figures
            .iter()
            .map(|figure| figure.range.start)
            .collect();
        for (index, figure) in self.figures.iter_mut().enumerate() {
            if matches!(figure.shape, Shape::Percent { .. }) {
                continue;
            }
            let next = starts.get(index + 1).copied().unwrap_or(text.len());
            let near = text.get(figure.range.end..next).unwrap_or_default();
            let near = near
                .split([',', ';', '(', ')', '|', '、', '（', '）', '·', '•'])
                .next()
                .unwrap_or_default();
            let following = tokens
                .iter()
                .find(|token| token.range.start >= figure.range.end)
                .filter(|token| token.kind == Kind::Word);
            if let Some(word) = following {
                let word = &text[word.range.clone()];
                figure.noun = true;
                figure.unit = facts.has_unit(word).then(|| word.to_lowercase());
            }
            figure.sense =
                sense(near).or_else(|| sense(hints.hint(figure.range.start, index == 0)));
        }
        // Both sides of a fraction are of one unit, whichever side it is written on.
        for at in 1..self.figures.len() {
            let (before, after) = self.figures.split_at_mut(at);
            if let (Some(a), Some(b)) = (before.last_mut(), after.first_mut())
                && matches!(
                    (a.shape, b.shape),
                    (Shape::Part(_), Shape::Whole(_)) | (Shape::Whole(_), Shape::Part(_))
                )
            {
                let unit = a.unit.take().or_else(|| b.unit.take());
                a.unit.clone_from(&unit);
                b.unit = unit;
                let open = [a.sense, b.sense].contains(&Some(Share::Open))
                    && ![a.sense, b.sense].contains(&Some(Share::Done));
                let sense = Some(if open { Share::Open } else { Share::Done });
                (a.sense, b.sense) = (sense, sense);
            }
        }
    }

    pub(super) fn evidence(&self) -> Evidence {
        let lone = || {
            self.figures
                .iter()
                .filter(|figure| matches!(figure.shape, Shape::Lone(_)))
        };
        let part = self.figures.iter().find_map(|figure| match figure.shape {
            Shape::Part(value) => Some(value),
            _ => None,
        });
        let most = self.figures.iter().find_map(|figure| match figure.shape {
            Shape::Whole(value) => Some(value),
            _ => None,
        });
        Evidence {
            fraction: part.is_some(),
            percent: self
                .figures
                .iter()
                .any(|figure| matches!(figure.shape, Shape::Percent { .. })),
            worded: lone().count() > 0 && lone().all(|figure| figure.sense.is_some())
                || lone().filter(|figure| figure.sense.is_some()).count() > 1,
            several: lone().count() > 1,
            noun: lone().any(|figure| figure.noun),
            points: lone().any(|figure| figure.unit.is_some()),
            most: most.unwrap_or_default(),
            full: part == most,
        }
    }

    /// The unit of the points that are counted, if any are.
    pub(super) fn unit(&self) -> Option<&str> {
        let mut units = self
            .figures
            .iter()
            .filter_map(|figure| figure.unit.as_ref());
        units.next().map(String::as_str)
    }

    /// The slots that stand for the figures if they are about the tasks of `group`; `None` if
    /// one of them is not true of it, or could be read in two ways.
    ///
    /// `plain` is what a number without a telling word counts in a heading.
    pub(super) fn explain(
        &self,
        facts: &Facts<'_>,
        group: &Known,
        plain: Option<Share>,
    ) -> Option<Vec<(Range<usize>, Slot)>> {
        let count = |of: Share, unit: Option<&str>| group.count(facts, of, unit);
        let mut read: Vec<Option<(Share, Option<String>)>> = Vec::with_capacity(self.figures.len());
        for figure in &self.figures {
            let (value, share) = match figure.shape {
                Shape::Part(value) => (value, figure.sense?),
                Shape::Whole(value) => (value, Share::Total),
                Shape::Lone(value) => {
                    let share = match figure.sense.or(plain) {
                        Some(share) => share,
                        None => self.only_reading(value, figure, &count)?,
                    };
                    (value, share)
                }
                Shape::Percent { .. } => {
                    read.push(None);
                    continue;
                }
            };
            let unit = figure.unit.as_deref();
            // A unit whose points are all zero explains nothing.
            if count(share, unit) != value || (unit.is_some() && count(Share::Total, unit) == 0) {
                return None;
            }
            read.push(Some((share, figure.unit.clone())));
        }
        let mut slots = Vec::with_capacity(read.len());
        for (index, figure) in self.figures.iter().enumerate() {
            let slot = match (figure.shape, read.get(index)?) {
                (
                    Shape::Percent {
                        value,
                        decimals,
                        comma,
                    },
                    _,
                ) => {
                    // A percentage speaks about the figure before it, or else behind it.
                    let (of, unit) = read
                        .get(..index)?
                        .iter()
                        .rev()
                        .chain(read.get(index..)?)
                        .flatten()
                        .find(|(share, _)| *share != Share::Total)
                        .cloned()
                        .unwrap_or((Share::Done, None));
                    let (part, whole) = (
                        count(of, unit.as_deref()),
                        count(Share::Total, unit.as_deref()),
                    );
                    let rounding = [Rounding::Nearest, Rounding::Down, Rounding::Up]
                        .into_iter()
                        .find(|rounding| rounding.percent(part, whole, decimals) == Some(value))?;
                    Slot::Percent {
                        of,
                        unit,
                        rounding,
                        decimals,
                        comma,
                    }
                }
                (_, Some((of, unit))) => Slot::Count {
                    of: *of,
                    unit: unit.clone(),
                },
                (_, None) => return None,
            };
            slots.push((figure.range.clone(), slot));
        }
        Some(slots)
    }

    /// The one share that a number without telling words can be, beside those that words gave to
    /// its neighbours.
    fn only_reading(
        &self,
        value: u64,
        figure: &Figure,
        count: &impl Fn(Share, Option<&str>) -> u64,
    ) -> Option<Share> {
        let used = |share: Share| {
            self.figures
                .iter()
                .any(|other| other.unit == figure.unit && other.sense == Some(share))
        };
        let mut fitting = [Share::Total, Share::Done, Share::Open]
            .into_iter()
            .filter(|share| !used(*share) && count(*share, figure.unit.as_deref()) == value);
        let only = fitting.next()?;
        // A whole next to its own part is surely the whole; anything else must be the only one.
        let whole = only == Share::Total
            && (used(Share::Done) || used(Share::Open) || figure.unit.is_some());
        (whole || fitting.next().is_none()).then_some(only)
    }
}

fn figure(token: &Token, shape: Shape) -> Figure {
    Figure {
        range: token.range.clone(),
        shape,
        unit: None,
        noun: false,
        sense: None,
    }
}

fn sense(text: &str) -> Option<Share> {
    let senses = [
        (Sense::Done, Share::Done),
        (Sense::Open, Share::Open),
        (Sense::Total, Share::Total),
    ];
    let mut found = senses
        .into_iter()
        .filter(|(sense, _)| sense.is_in(text))
        .map(|(_, share)| share);
    match (found.next(), found.next()) {
        (Some(share), None) => Some(share),
        // "Total completed" is about what is completed; "open" and "completed" contradict.
        (Some(share), Some(Share::Total)) => Some(share),
        _ => None,
    }
}

/// Words between a part and its whole, and those between a whole and its part.
const OF: &str = "of|von|der|sur|de|di|su|van|av|af|z|ze|из|od|共";

/// If a number and the one behind it are a part and its whole: how many tokens on the other one
/// is, whether the whole comes first, and the other number.
fn whole(tokens: &[Token], index: usize, text: &str) -> Option<(usize, bool, u64)> {
    let word = |token: &Token| text[token.range.clone()].to_lowercase();
    let number = |at: usize| match tokens.get(at)?.kind {
        Kind::Number(value) => Some(value),
        _ => None,
    };
    let first = tokens.get(index + 1)?;
    match first.kind {
        Kind::Sign('/' | '／') => Some((2, false, number(index + 2)?)),
        Kind::Word if word(first).contains('中') => Some((2, true, number(index + 2)?)),
        Kind::Word if OF.split('|').any(|of| of == word(first)) => {
            Some((2, false, number(index + 2)?))
        }
        // `6 SP of 16 SP`, `4 out of 5`
        Kind::Word => {
            let second = tokens.get(index + 2)?;
            let of = match second.kind {
                Kind::Sign('/') => true,
                Kind::Word => OF.split('|').any(|of| of == word(second)),
                _ => false,
            };
            of.then(|| number(index + 3))
                .flatten()
                .map(|value| (3, false, value))
        }
        _ => None,
    }
}

/// Whether a number only numbers something: `Phase 2:`, `3. Roof`.
fn is_numbering(tokens: &[Token], index: usize, text: &str) -> bool {
    let next = tokens.get(index + 1).map(|token| token.kind);
    if index == 0 && matches!(next, Some(Kind::Sign('.' | ')'))) {
        return true;
    }
    let Some((before, number)) = index
        .checked_sub(1)
        .and_then(|before| tokens.get(before))
        .zip(tokens.get(index))
    else {
        return false;
    };
    let titled = before.kind == Kind::Word
        && text[before.range.clone()].starts_with(char::is_uppercase)
        && text.get(before.range.end..number.range.start) == Some(" ");
    titled && !matches!(next, Some(Kind::Word | Kind::Sign('/' | '／')))
}

/// A percentage's digits without the point.
fn scaled(digits: &str) -> Option<u64> {
    digits
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .ok()
}
