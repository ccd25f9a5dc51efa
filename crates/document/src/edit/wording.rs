//! How a status is written: candidates for each kind of place, the most fitting first.
//!
//! The first candidates are copied from siblings that have the status, the next are made from
//! the plan's legend, from words it has for the status elsewhere and from those of the family it
//! uses, in the style of the text they replace; the last are plain defaults. The caller reads the result of each attempt and takes
//! the first that says what it should.

use super::customs::{Around, Customs};
use super::date::{self, Day};
use super::phrase::{Parts, boxed, head, is_symbol, styled};
use super::siblings::{Kind, has, most, outward, site, with_status};
use crate::outline::{Entry, Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary;

/// Usual marks that are tried for one status.
const MOST_USUAL_MARKS: usize = 3;

/// How many lines are searched for the words of a legend.
const MOST_LEGEND_LINES: usize = 1000;

/// What is known for writing one status in one entry.
pub(super) struct Wording<'a> {
    document: &'a Document,
    outline: &'a Outline,
    entry: &'a Entry,
    to: Status,
    day: Option<Day>,
    /// The nearest siblings that have the status.
    pub(super) models: Vec<&'a Entry>,
}

/// The text a site covers.
pub(super) fn text_of<'a>(document: &'a Document, span: &Span) -> &'a str {
    document
        .content(span.line)
        .get(span.columns.clone())
        .unwrap_or_default()
}

/// The sign a text begins with.
fn leading_mark(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|&(at, c)| !(is_symbol(c) || at > 0 && matches!(c, '\u{fe0f}' | '\u{200d}')))
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).filter(|mark| !mark.is_empty())
}

/// What is only worked out when it is asked for.
fn later<I: IntoIterator>(items: impl FnOnce() -> I) -> impl Iterator<Item = I::Item> {
    std::iter::once_with(items).flatten()
}

/// The span of a site, if it is one in a line.
pub(super) const fn span(site: &Site) -> Option<&Span> {
    match site {
        Site::Box(span)
        | Site::Field(span)
        | Site::Mark(span)
        | Site::Word(span)
        | Site::Cell(span)
        | Site::Strike(span)
        | Site::Yaml(span) => Some(span),
        Site::Section(_) => None,
    }
}

impl<'a> Wording<'a> {
    pub(super) fn new(
        document: &'a Document,
        outline: &'a Outline,
        entry: &'a Entry,
        to: Status,
        day: Option<Day>,
    ) -> Self {
        let models = with_status(outline, entry, to);
        Self {
            document,
            outline,
            entry,
            to,
            day,
            models,
        }
    }

    /// Whether most siblings with the status have such a site.
    pub(super) fn customary(&self, kind: Kind) -> bool {
        most(&self.models, |model| has(model, kind))
    }

    /// The texts siblings with the status have at sites of a kind, with their entries.
    pub(super) fn shown(&self, kind: Kind) -> impl Iterator<Item = (&'a Entry, &'a str)> {
        let document = self.document;
        self.models.iter().filter_map(move |model| {
            let span = span(site(model, kind)?)?;
            Some((*model, text_of(document, span)))
        })
    }

    /// A text with the day of this change in place of its date, or without a date.
    pub(super) fn dated(&self, text: &str) -> String {
        match self.day {
            Some(day) => date::redate(text, day).unwrap_or_else(|| text.to_owned()),
            None => date::undate(text),
        }
    }

    /// Characters for the box.
    pub(super) fn boxes(&self) -> impl Iterator<Item = char> {
        let shown = self
            .shown(Kind::Box)
            .filter_map(|(_, text)| text.chars().next());
        shown.take(1).chain(later(|| self.other_boxes()))
    }

    /// Characters for the box that no sibling shows.
    fn other_boxes(&self) -> Vec<char> {
        match self.to {
            Status::Pending => vec![' '],
            Status::Completed => vec!['x'],
            _ => {
                let anywhere = self.everywhere(Kind::Box);
                let anywhere = anywhere.and_then(|text| text.chars().next());
                let mut chars: Vec<char> = anywhere.filter(|c| *c != ' ').into_iter().collect();
                chars.extend(self.legend().filter_map(boxed));
                if self.uses_wide_boxes() {
                    chars.extend(vocabulary::boxes(self.to));
                }
                chars.extend([' '; 4]);
                chars.extend(vocabulary::boxes(self.to));
                chars
            }
        }
    }

    /// Texts for the mark behind (or before) the title; `None` is no mark.
    ///
    /// `boxed` is what the box will say, `own` the mark the entry has now.
    pub(super) fn marks(
        &self,
        boxed: Option<char>,
        own: Option<&str>,
    ) -> impl Iterator<Item = Option<String>> {
        let shown = self
            .shown(Kind::Mark)
            .map(|(_, text)| Some(self.dated(text).trim().to_owned()));
        let said_by_box = match self.to {
            Status::Pending => boxed == Some(' '),
            Status::Completed => boxed.is_some_and(|c| c == 'x' || c == 'X'),
            _ => boxed.is_some_and(|c| !matches!(c, ' ' | 'x' | 'X')),
        };
        let said_elsewhere = self.entry.sites.iter().any(|site| {
            matches!(
                site,
                Site::Field(_) | Site::Word(_) | Site::Cell(_) | Site::Yaml(_) | Site::Section(_)
            )
        });
        let said = said_by_box || said_elsewhere;
        let unmarked = if self.models.is_empty() {
            // A plan that marks its open tasks marks the others too.
            let marks_all = own.is_some() && self.entry.status == Status::Pending;
            said && !marks_all
        } else {
            !self.customary(Kind::Mark)
        };
        // Twice, where nothing is lost without a mark.
        let without = if unmarked { 1 + usize::from(said) } else { 0 };
        std::iter::repeat_n(None, without)
            .chain(shown.take(1))
            .chain(later(|| self.other_marks().into_iter().map(Some)))
            .chain([None])
    }

    /// Texts for the mark that no sibling shows.
    fn other_marks(&self) -> Vec<String> {
        let mut marks: Vec<String> = self.legend_marks().map(str::to_owned).collect();
        let anywhere = self.everywhere(Kind::Mark);
        marks.extend(anywhere.map(|text| date::undate(text).trim().to_owned()));
        let usual = vocabulary::marks(self.to).iter().take(MOST_USUAL_MARKS);
        marks.extend(usual.map(|mark| (*mark).to_owned()));
        marks
    }

    /// Texts for a status word in the entry's own line; `None` is no word.
    pub(super) fn words(&self, own: &str) -> impl Iterator<Item = Option<String>> {
        let shown = self
            .shown(Kind::Word)
            .map(|(_, text)| Some(self.dated(text)));
        let bare = !self.models.is_empty() && !self.customary(Kind::Word);
        std::iter::repeat_n(None, usize::from(bare))
            .chain(shown.take(1))
            .chain(later(move || {
                self.made(own, Kind::Word).into_iter().map(Some)
            }))
            .chain(std::iter::repeat_n(None, usize::from(!bare)))
    }

    /// Texts for a status field's value, a table cell or a YAML value.
    pub(super) fn values(&self, own: &str, kind: Kind) -> impl Iterator<Item = String> {
        let shown = self.shown(kind).map(|(_, text)| self.dated(head(text)));
        let anywhere = later(move || {
            let text = self.everywhere(kind);
            text.map(|text| self.dated(head(text)))
        });
        let all = shown
            .take(2)
            .chain(anywhere)
            .chain(later(move || self.made(own, kind)));
        let mut last = None;
        all.filter(|value| !value.trim().is_empty())
            .filter(move |value| {
                let new = last.as_ref() != Some(value);
                if new {
                    last = Some(value.clone());
                }
                new
            })
    }

    /// The text of the nearest site of a kind that writes the status, anywhere in the document.
    fn everywhere(&self, kind: Kind) -> Option<&'a str> {
        let mut others = self.others();
        let span = others.find_map(|other| span(site(other, kind)?))?;
        Some(text_of(self.document, span))
    }

    /// The entries of the document that have the status, nearest first.
    fn others(&self) -> impl Iterator<Item = &'a Entry> {
        let here = self.entry.lines.start;
        outward(self.outline, here, 0..usize::MAX, self.to.bit())
    }

    /// Values made from the text they replace: its mark and word exchanged, its style kept.
    fn made(&self, own: &str, kind: Kind) -> Vec<String> {
        let parts = Parts::of(head(own));
        let mark = self
            .legend_marks()
            .next()
            .or_else(|| self.worded().find_map(leading_mark))
            .or_else(|| vocabulary::marks(self.to).first().copied())
            .unwrap_or_default();
        let letter = self
            .legend()
            .find_map(boxed)
            .or_else(|| vocabulary::boxes(self.to).next())
            .unwrap_or(' ');
        let mut made: Vec<String> = self
            .legend()
            .filter(|text| boxed(text).is_none() && text.chars().any(char::is_alphabetic))
            .map(|word| parts.with(mark, letter, word))
            .collect();
        if parts.core.is_empty() && !parts.is_empty() {
            made.push(parts.with(mark, letter, ""));
        }
        for word in self.legend_words() {
            for word in styled(word, &parts.core, kind).into_iter().take(1) {
                made.push(parts.with(mark, letter, &word));
            }
        }
        let around = Customs::around(self.outline);
        for word in self.words_elsewhere(&around) {
            for word in styled(&word, &parts.core, kind).into_iter().take(1) {
                made.push(parts.with(mark, letter, &word));
            }
        }
        // The words the plan uses tell the family they belong to.
        let words = Customs::words(self.document, self.outline);
        let words: Vec<String> = words.keys().cloned().collect();
        for names in vocabulary::families(&words, &around.plain, self.to).take(2) {
            // Of several names in a family the one the plan has somewhere.
            let known = |name: &&&str| around.plain.contains(&vocabulary::plain(name));
            let others = names.iter().filter(|name| !known(name));
            for name in names.iter().filter(known).chain(others) {
                for word in styled(name, &parts.core, kind) {
                    made.push(parts.with(mark, letter, &word));
                }
            }
        }
        for name in vocabulary::families(&[], &[], self.to).take(1).flatten() {
            made.extend(styled(name, &parts.core, kind));
            made.push(parts.with(mark, letter, name));
        }
        made.dedup();
        made
    }

    /// The texts that state the status in words anywhere in the plan, nearest first.
    fn worded(&self) -> impl Iterator<Item = &'a str> {
        let here = self.entry.lines.start;
        let entries = self.others();
        let entries = entries.filter(move |other| other.lines.start != here);
        let document = self.document;
        entries.flat_map(move |entry| {
            let worded = entry.sites.iter().filter(|site| {
                matches!(
                    site,
                    Site::Field(_) | Site::Word(_) | Site::Cell(_) | Site::Yaml(_)
                )
            });
            let texts = worded.filter_map(span);
            texts.map(move |span| head(text_of(document, span)))
        })
    }

    /// The plan's words for the status: those of tasks of any form, and of headings.
    fn words_elsewhere(&self, around: &Around) -> Vec<String> {
        let worded = self.worded().map(|text| Parts::of(text).core);
        let worded = worded.filter(|word| vocabulary::phrase(word) == Some(self.to));
        let headings = around.headings.iter();
        let headings = headings.filter(|(_, status)| *status == self.to);
        let headings = headings.map(|(word, _)| word.clone());
        let mut words: Vec<String> = worded.chain(headings).take(2).collect();
        words.dedup();
        words
    }

    fn legend(&self) -> impl Iterator<Item = &'a str> {
        self.outline
            .legend
            .iter()
            .filter(|(_, status)| *status == self.to)
            .map(|(mark, _)| mark.trim())
    }

    /// The words the plan's legend has behind its marks: `[>] in-progress`.
    fn legend_words(&self) -> Vec<&'a str> {
        let document = self.document;
        let marks: Vec<&str> = self.legend().filter(|mark| !mark.is_empty()).collect();
        let lines = self.outline.opaque.iter().cloned().flatten();
        lines
            .take(MOST_LEGEND_LINES)
            .flat_map(|line| {
                let content = document.content(line);
                marks.iter().filter_map(move |mark| {
                    let rest = &content[content.find(mark)? + mark.len()..];
                    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
                    let ends =
                        |c: char| matches!(c, '`' | '*' | '|' | ',' | ';' | '·' | '(' | ':' | '=');
                    Some(rest[..rest.find(ends).unwrap_or(rest.len())].trim())
                })
            })
            .filter(|word| vocabulary::phrase(word) == Some(self.to))
            .collect()
    }

    fn legend_marks(&self) -> impl Iterator<Item = &'a str> {
        self.legend()
            .filter(|mark| boxed(mark).is_none() && mark.chars().any(is_symbol))
            .map(|mark| {
                let end = mark
                    .find(|c: char| c.is_alphanumeric())
                    .unwrap_or(mark.len());
                mark[..end].trim()
            })
            .filter(|mark| !mark.is_empty())
    }

    /// Whether the plan or its legend uses boxes other than `[ ]` and `[x]`.
    fn uses_wide_boxes(&self) -> bool {
        let wide = |c: char| !matches!(c, ' ' | 'x' | 'X');
        self.outline
            .legend
            .iter()
            .any(|(mark, _)| boxed(mark).is_some_and(wide))
            || Customs::uses_wide_boxes(self.document, self.outline)
    }
}
