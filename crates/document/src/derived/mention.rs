//! Lines that name one task: the one completed last, or the next one.

use std::ops::Range;

use super::date::Date;
use super::facts::{Facts, Task};
use super::lex::{self, Kind};
use super::line::Place;
use super::template::{Builder, Part, Slot};
use super::title::Piece;

/// A line that names one task, and nothing in it contradicts the task.
#[derive(Debug)]
pub(super) struct Mention {
    /// Index into the facts' tasks.
    pub(super) task: usize,
    pub(super) template: Vec<Part>,
    /// Whether it repeats more than the id: names, a piece of the title, the date.
    pub(super) detailed: bool,
    /// Whether it has words of its own.
    pub(super) worded: bool,
    pub(super) dated: bool,
}

/// Most words of a summary's own (`US-1 rolled out`): more is somebody's sentence.
const OWN_WORDS: usize = 3;

/// Reads a place as a mention of one task.
pub(super) fn read(place: &Place<'_>, facts: &Facts<'_>) -> Option<Mention> {
    let text = place.text();
    let (task, id) = match named(text, facts)? {
        Named::Id(task, range) => (task, Some(range)),
        Named::Title(task) => (task, None),
    };
    let facts_of = facts.task(task)?;
    let start = place.columns.start;
    let mut builder = Builder::new(place.content);
    let Some(id) = id else {
        let range = start..start + text.len();
        builder.slot(&range, Slot::Piece { of: Piece::Title });
        return Some(Mention {
            task,
            template: builder.finish(),
            detailed: true,
            worded: false,
            dated: false,
        });
    };
    // What stands before the id may be markup, no words.
    if lex::split(&text[..id.start])
        .iter()
        .any(|token| !matches!(token.kind, Kind::Sign(_)))
    {
        return None;
    }
    builder.slot(&(start + id.start..start + id.end), Slot::Id);
    let tail = Tail::read(text, id.end, &facts_of, facts.date(task))?;
    // More repetitions than a line has any use for.
    if tail.slots.len() > 4 {
        return None;
    }
    let (detailed, worded, dated) = (!tail.slots.is_empty(), tail.words > 0, tail.date.is_some());
    tail.put(&mut builder, text, start);
    Some(Mention {
        task,
        template: builder.finish(),
        detailed,
        worded,
        dated,
    })
}

enum Named {
    Id(usize, Range<usize>),
    Title(usize),
}

/// The one task that a text names by its id or by its whole title.
fn named(text: &str, facts: &Facts<'_>) -> Option<Named> {
    let mut found: Option<(usize, Range<usize>)> = None;
    for range in words(text) {
        let Some(tasks) = facts.with_id(&text[range.clone()]) else {
            continue;
        };
        let ([task], None) = (tasks, &found) else {
            // Two tasks of one id, or two ids.
            return None;
        };
        found = Some((*task, range));
    }
    if let Some((task, range)) = found {
        return Some(Named::Id(task, range));
    }
    // Short titles are words like any other.
    if text.chars().count() < 4 {
        return None;
    }
    facts.titled(text).map(Named::Title)
}

/// The runs of a text that could be ids: no blanks, no brackets, no punctuation around them.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    const EDGES: [char; 14] = [
        '(', ')', '（', '）', ',', ';', ':', '：', '、', '，', '。', '*', '`', '.',
    ];
    let splits =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）' | '、' | '，' | '：');
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(|c| !splits(c))?;
        let length = text[start..].find(splits).unwrap_or(text.len() - start);
        at = start + length;
        let word = &text[start..at];
        let trimmed = word.trim_start_matches(EDGES);
        let from = start + word.len() - trimmed.len();
        Some(from..from + trimmed.trim_end_matches(EDGES).len())
    })
    .filter(|range| !range.is_empty())
}

/// What follows the id, in byte columns of the text.
struct Tail {
    slots: Vec<(Range<usize>, Slot)>,
    /// Number of literal words.
    words: usize,
    /// Where the first and the last word or slot before the date stand.
    body: Option<Range<usize>>,
    date: Option<Range<usize>>,
}

impl Tail {
    fn read(text: &str, from: usize, task: &Task<'_>, done: Option<Date>) -> Option<Self> {
        let mut tail = Self {
            slots: Vec::new(),
            words: 0,
            body: None,
            date: None,
        };
        let own: Vec<String> = lex::split(task.title)
            .into_iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| task.title[token.range].to_lowercase())
            .collect();
        let mut at = from;
        for token in lex::split(&text[from..]) {
            let range = from + token.range.start..from + token.range.end;
            if range.start < at {
                continue;
            }
            // Nothing may follow the date: it would be about something else.
            if tail.date.is_some() && !matches!(token.kind, Kind::Sign(_)) {
                return None;
            }
            if let Some((length, slot)) = repeated(&text[range.start..], task) {
                at = range.start + length;
                tail.cover(range.start..at);
                tail.slots.push((range.start..at, slot));
                continue;
            }
            match token.kind {
                Kind::Date(date, format) if done == Some(date) => {
                    tail.date = Some(range.clone());
                    tail.slots.push((range, Slot::Date { format }));
                }
                // A word of the title outside a whole piece: the title was shortened.
                Kind::Word if own.contains(&text[range.clone()].to_lowercase()) => return None,
                Kind::Word => {
                    tail.words += 1;
                    tail.cover(range);
                }
                Kind::Sign(sign) if crate::vocabulary::is_pictograph(sign) => return None,
                Kind::Sign(_) => {}
                Kind::Date(..)
                | Kind::Name
                | Kind::Number(_)
                | Kind::Percent { .. }
                | Kind::Odd => {
                    return None;
                }
            }
        }
        (tail.words <= OWN_WORDS).then_some(tail)
    }

    fn cover(&mut self, range: Range<usize>) {
        self.body = Some(match &self.body {
            Some(body) => body.start..range.end,
            None => range,
        });
    }

    /// Puts the slots into a template. Words between the id and the date, or in the brackets
    /// behind the id, are a summary that a change can replace.
    fn put(self, builder: &mut Builder<'_>, text: &str, start: usize) {
        let summary = self.body.clone().filter(|_| self.words > 0);
        let Some(body) = summary else {
            for (range, slot) in self.slots {
                builder.slot(&(start + range.start..start + range.end), slot);
            }
            return;
        };
        let mut default = Builder::new(&text[body.clone()]);
        let mut rest = Vec::new();
        for (range, slot) in self.slots {
            if range.start >= body.start && range.end <= body.end {
                default.slot(&(range.start - body.start..range.end - body.start), slot);
            } else {
                rest.push((range, slot));
            }
        }
        builder.slot(
            &(start + body.start..start + body.end),
            Slot::Summary {
                default: default.finish(),
            },
        );
        for (range, slot) in rest {
            builder.slot(&(start + range.start..start + range.end), slot);
        }
    }
}

/// The longest piece or list of names of the task's title at the start of `text`.
fn repeated(text: &str, task: &Task<'_>) -> Option<(usize, Slot)> {
    let piece = Piece::ALL
        .into_iter()
        .filter_map(|of| {
            let piece = of.of(task.title)?;
            ends_a_word(text, piece).then_some((piece.len(), Slot::Piece { of }))
        })
        // The first of equals.
        .reduce(|best, other| if other.0 > best.0 { other } else { best });
    let names =
        listed(text, &task.names()).map(|(length, separator)| (length, Slot::Names { separator }));
    match (piece, names) {
        (Some(piece), Some(names)) => Some(if names.0 >= piece.0 { names } else { piece }),
        (piece, names) => piece.or(names),
    }
}

/// The length of all of `names` at the start of `text`, in order, and what stands between them.
fn listed(text: &str, names: &[&str]) -> Option<(usize, String)> {
    let (first, others) = names.split_first()?;
    let mut at = text.strip_prefix(first).map(|_| first.len())?;
    let mut separator: Option<&str> = None;
    for name in others {
        let rest = &text[at..];
        let gap = rest.find(name).filter(|gap| (1..=4).contains(gap))?;
        let between = &rest[..gap];
        if *separator.get_or_insert(between) != between {
            return None;
        }
        at += gap + name.len();
    }
    ends_a_word(text, &text[..at]).then(|| (at, separator.unwrap_or(", ").to_owned()))
}

fn ends_a_word(text: &str, start: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_');
    let Some(rest) = text.strip_prefix(start) else {
        return false;
    };
    let mut rest = rest.chars();
    let next = rest.next();
    let hyphen = next == Some('-') && rest.next().is_some_and(char::is_alphanumeric);
    let word = start.chars().next_back().is_some_and(joins) && next.is_some_and(joins);
    !word && !hyphen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_with_one_separator() {
        let names = ["K-1", "K-2"];
        assert_eq!(listed("K-1, K-2 done", &names), Some((8, ", ".to_owned())));
        assert_eq!(listed("K-1/K-2", &names), Some((7, "/".to_owned())));
        assert_eq!(listed("K-1, K-21", &names), None);
        assert_eq!(listed("K-1", &names), None);
        assert_eq!(listed("K-1", &names[..1]), Some((3, ", ".to_owned())));
    }

    #[test]
    fn words_leave_punctuation_out() {
        let text = "**K-1** (K-2: a), `K-3`.";
        let found: Vec<_> = words(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["K-1", "K-2", "a", "K-3"]);
    }
}
