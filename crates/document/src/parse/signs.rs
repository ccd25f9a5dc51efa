//! What single places of a plan state, read the way the plan as a whole is.

use super::id::{self, Sort};
use super::marks::Marks;
use super::{scan, value};
use crate::outline::{Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary as words;

/// Reads single places of a document with its own legend.
#[derive(Debug)]
pub struct Signs<'a> {
    document: &'a Document,
    outline: &'a Outline,
    marks: Marks,
}

impl<'a> Signs<'a> {
    /// The signs of a document that this outline was read from.
    #[must_use]
    pub fn of(document: &'a Document, outline: &'a Outline) -> Self {
        Self {
            document,
            outline,
            marks: Marks::new(&outline.legend),
        }
    }

    /// The status that a place of an entry states by itself; `None` for strikethrough, which may
    /// mean done as well as given up.
    #[must_use]
    pub fn site(&self, site: &Site) -> Option<Status> {
        match site {
            Site::Box(span) => self.marks.boxed(self.written(span).chars().next()?),
            Site::Field(span) | Site::Cell(span) | Site::Yaml(span) => {
                self.clear_value(self.written(span))
            }
            Site::Mark(span) => {
                let text = self.written(span).trim_start();
                self.marks.leading(text).map(|(_, status)| status)
            }
            Site::Word(span) => {
                let edge = |c: char| !c.is_alphanumeric();
                words::tag(self.written(span).trim_matches(edge))
            }
            Site::Section(section) => self.outline.sections.get(*section)?.status,
            Site::Strike(_) => None,
        }
    }

    /// The status that the value of a field or the text of a cell states.
    #[must_use]
    pub fn value(&self, text: &str) -> Option<Status> {
        value::status(text, &self.marks)
    }

    /// The same of a text in which no mark says otherwise: `Ready for review ✅` may mean both.
    #[must_use]
    pub fn clear_value(&self, text: &str) -> Option<Status> {
        let status = self.value(text)?;
        let mut marks = text.char_indices().filter_map(|(at, c)| {
            let rest = text.get(at..).filter(|_| words::is_symbol(c))?;
            self.marks.leading(rest)
        });
        marks.all(|(_, said)| said == status).then_some(status)
    }

    /// The status of the mark or box that a text begins with.
    #[must_use]
    pub fn leading(&self, text: &str) -> Option<Status> {
        match scan::boxed(text) {
            Some((mark, _)) => self.marks.boxed(mark),
            None => self.marks.leading(text).map(|(_, status)| status),
        }
    }

    /// The status of the mark that a text ends with, or of a mark and its word: `Walls ✅`, `Walls ✅
    /// Done`. With the text before it.
    #[must_use]
    pub fn trailing<'t>(&self, text: &'t str) -> Option<(&'t str, Status)> {
        let text = text.trim_end_matches(is_edge);
        if let Some((at, status)) = self.marks.trailing(text) {
            return Some((text.get(..at)?, status));
        }
        self.marked_word(text)
    }

    /// The mark and its word that a text ends with, and the text before them.
    fn marked_word<'t>(&self, text: &'t str) -> Option<(&'t str, Status)> {
        let (at, status) = self.marks.trailing_word(text)?;
        Some((text.get(..at)?, status))
    }

    /// The status that a heading states in a word of the part of the plan it names: `Walls ✅ Done`,
    /// `✅ Phase 2 Completed`, `Completed Phase 2`, `[x] Walls`. One that names nothing but a status is a heading of another sort, and
    /// a mark alone may be nothing but decoration.
    #[must_use]
    pub fn heading(&self, title: &str) -> Option<Status> {
        let title = undated(title).trim_matches(is_edge);
        if let Some((name, status)) = self.marked_word(title) {
            return self.is_whole(name).then_some(status);
        }
        if let Some((mark, len)) = scan::boxed(title) {
            let named = title.get(len..).unwrap_or_default();
            let status = self.marks.boxed(mark);
            return status.filter(|_| self.is_whole(named));
        }
        let (len, status) = match self.marks.leading(title) {
            Some((len, status)) => (len, Some(status)),
            None => (0, None),
        };
        let title = title.get(len..)?.trim();
        let is_part = |name: &str| {
            let id = id::leading(name, 0, name.len());
            id.is_some_and(|id| id.sort == Sort::Container && id.columns.end == name.len())
        };
        let fits = |word: &str, name: &str| {
            let said = words::tag(word)?;
            (is_part(name.trim()) && status.is_none_or(|status| status == said)).then_some(said)
        };
        let behind = title.rsplit_once(' ').filter(|_| len > 0);
        let behind = behind.and_then(|(name, word)| fits(word, name));
        behind.or_else(|| {
            title
                .split_once(' ')
                .and_then(|(word, name)| fits(word, name))
        })
    }

    /// Whether a name is that of something as a whole: it says no share, no other status and no doubt.
    fn is_whole(&self, name: &str) -> bool {
        let last = name.split_whitespace().next_back().unwrap_or_default();
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        let says_more = |(at, c): (usize, char)| {
            let rest = name.get(at..).unwrap_or_default();
            words::is_symbol(c) && self.marks.leading(rest).is_some() || scan::boxed(rest).is_some()
        };
        name.contains(char::is_alphanumeric)
            && !last.contains(['/', '%'])
            && !words.any(|word| DOUBTS.contains(&word.to_lowercase().as_str()))
            && !name.char_indices().any(says_more)
    }

    /// The id of a task that a title begins with: letters and a number, as in `T-1: Walls`.
    #[must_use]
    pub fn named(title: &str) -> Option<&str> {
        let title = title.trim_start_matches(is_edge);
        let id = id::leading(title, 0, title.len())?;
        title.get(id.columns).filter(|_| id.sort == Sort::Named)
    }

    /// The sign in the box that a text begins with, where it is none that anybody knows: a
    /// punctuation mark or symbol, since letters and digits in brackets are tags.
    #[must_use]
    pub fn unknown_box(&self, text: &str) -> Option<char> {
        let (mark, _) = scan::boxed(text)?;
        let is_sign = !mark.is_alphanumeric() && !mark.is_whitespace() && !mark.is_control();
        (is_sign && self.marks.boxed(mark).is_none()).then_some(mark)
    }

    fn written(&self, span: &Span) -> &'a str {
        let line = self.document.content(span.line);
        line.get(span.columns.clone()).unwrap_or_default()
    }
}

/// Words that leave open whether what a heading names is done.
const DOUBTS: [&str; 8] = [
    "not",
    "partially",
    "partly",
    "almost",
    "nearly",
    "until",
    "before",
    "when",
];

/// A text without the date at its end.
fn undated(text: &str) -> &str {
    let text = text.trim_end();
    let inner = text.strip_suffix(')').unwrap_or(text);
    let Some(before) = scan::trailing_date(inner).and_then(|at| text.get(..at)) else {
        return text;
    };
    before.trim_end_matches([' ', '(', ',', '-', '—', '–'])
}

fn is_edge(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_says_what_became_of_the_part_it_names() {
        let document = Document::default();
        let outline = Outline::default();
        let signs = Signs::of(&document, &outline);
        for (title, status) in [
            ("Phase A ✅ Completed", Some(Status::Completed)),
            ("✅ Phase E Completed", Some(Status::Completed)),
            (
                "**Walls** ✅ **DONE** (2026-02-02)",
                Some(Status::Completed),
            ),
            ("Roof ⏳ pending", Some(Status::Pending)),
            ("✅ Done", None),
            ("✅ Completed Tasks", None),
            ("✅ Recently Completed", None),
            ("✅ Definition of Done", None),
            ("Roof ✅ as far as it was planned", None),
            ("Phase 2 ⏳ Done", None),
            ("Phase A", None),
            ("Things to do ✅", None),
            ("Completed Phase A", Some(Status::Completed)),
            ("✅ Completed Phase A", Some(Status::Completed)),
            ("[x] Walls", Some(Status::Completed)),
            ("Completed Steps", None),
            ("Phase 2 ✅ Done", Some(Status::Completed)),
            ("Phase 1 — 1/2 ✅ done", None),
            ("Status: ⏳ Pending, ✅ Done", None),
            ("Not yet ✅ Done", None),
            ("[x] Walls and [ ] roof", None),
            ("Done in Phase 2", None),
        ] {
            assert_eq!(signs.heading(title), status, "{title}");
        }
    }

    #[test]
    fn every_place_of_an_entry_states_its_own_status() {
        let document = Document::from(
            "## Legend\n- 🅿️ Blocked\n\n## Work\n- [x] **T-1**: one 🅿️\n  - Status: ⏳ Pending\n\
             - T-2: two (Done)\n",
        );
        let outline = Outline::parse(&document);
        let signs = Signs::of(&document, &outline);
        let said = |entry: usize| -> Vec<Option<Status>> {
            let entry = outline.entries.get(entry).unwrap();
            let mut said: Vec<_> = entry.sites.iter().map(|site| signs.site(site)).collect();
            said.sort();
            said
        };
        assert_eq!(
            said(0),
            [
                Some(Status::Pending),
                Some(Status::Blocked),
                Some(Status::Completed)
            ]
        );
        assert_eq!(said(1), [Some(Status::Completed)]);
    }

    #[test]
    fn a_tag_in_brackets_is_no_unknown_box() {
        let document = Document::default();
        let outline = Outline::default();
        let signs = Signs::of(&document, &outline);
        for (text, sign) in [
            ("[?] x", Some('?')),
            ("[x] x", None),
            ("[P] x", None),
            ("[1] x", None),
            ("[?](y)", None),
        ] {
            assert_eq!(signs.unknown_box(text), sign, "{text}");
        }
    }
}
