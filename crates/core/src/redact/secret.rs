//! The text that is to go: finding it in whatever form it stands somewhere, and taking it out.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::event::Header;
use crate::plan::wire::REDACTED;

/// A text that is to go, in the forms in which it may stand somewhere.
#[derive(Clone)]
pub struct Secret {
    /// The text and what commands make one line of it, each also as JSON and a cell of a table
    /// have it.
    forms: Vec<String>,
    /// Its lines without the blanks around them, where it has several: a list may indent them.
    lines: Vec<String>,
}

/// Says nothing of it.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a text cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing to look for.
    #[error("there is no text to redact")]
    Empty,
    /// What takes its place would hold it too.
    #[error("a text that '{REDACTED}' itself holds cannot be redacted")]
    Mark,
}

impl Secret {
    /// A text. White space around it counts; around the lines of one that has several, and empty
    /// lines at its ends, it does not.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(text: &str) -> Result<Self, Unfit> {
        let mut all: Vec<&str> = text
            .split('\n')
            .map(|line| line.trim_end_matches('\r'))
            .collect();
        let is_blank = |line: &&str| line.trim().is_empty();
        while all.last().is_some_and(is_blank) {
            all.pop();
        }
        let blank = all.iter().take_while(|line| is_blank(line)).count();
        let all = all.get(blank..).unwrap_or_default();
        let (whole, lines): (Vec<String>, Vec<String>) = match all {
            [] => return Err(Unfit::Empty),
            [line] => (vec![(*line).to_owned(), in_one_line(line)], Vec::new()),
            several => (
                ["\n", "\r\n"]
                    .map(|end| several.join(end).trim().to_owned())
                    .into_iter()
                    .chain([in_one_line(several.join(" ").trim())])
                    .collect(),
                several.iter().map(|line| line.trim().to_owned()).collect(),
            ),
        };
        let whole_in_mark = whole.iter().any(|text| REDACTED.contains(text.as_str()));
        let lines_in_mark = lines.iter().all(|line| REDACTED.contains(line.as_str()));
        if whole_in_mark || (lines_in_mark && !lines.is_empty()) {
            return Err(Unfit::Mark);
        }
        let mut forms: Vec<String> = Vec::new();
        for text in whole {
            for text in [text.replace('|', "\\|"), text] {
                for form in [in_json(&text), text] {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
            }
        }
        // The longer ones first: one may be the beginning of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Ok(Self { forms, lines })
    }

    /// Whether it has several lines, which may have come one by one.
    #[must_use]
    pub const fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// How many lines before or behind one of its own another one can stand.
    pub(super) const fn lines_reach(&self) -> usize {
        self.lines.len()
    }

    /// Whether a text holds it.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut forms = self.forms.iter();
        forms.any(|form| text.contains(form.as_str()))
            || (self.has_lines()
                && text.contains('\n')
                && !self
                    .lines_with(&text.split('\n').collect::<Vec<_>>())
                    .is_empty())
    }

    /// Which of some lines hold it, each as a whole or its piece of it.
    #[must_use]
    pub fn lines_with(&self, lines: &[impl AsRef<str>]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (at, line) in lines.iter().enumerate() {
            if self.starts_at(lines, at) {
                found.extend(at..at + self.lines.len());
            }
            if self.forms.iter().any(|form| line.as_ref().contains(form)) {
                found.insert(at);
            }
        }
        found
    }

    /// Whether its lines stand one below the other from this one on.
    fn starts_at(&self, lines: &[impl AsRef<str>], at: usize) -> bool {
        let run = lines.get(at..at + self.lines.len()).unwrap_or_default();
        let mut pairs = self.lines.iter().zip(run).enumerate();
        !run.is_empty()
            && pairs.all(|(nth, (piece, line))| match line.as_ref().trim() {
                line if nth == 0 => line.ends_with(piece.as_str()),
                line if nth + 1 == self.lines.len() => line.starts_with(piece.as_str()),
                line => line == piece,
            })
    }

    /// Whether bytes hold it, such as those of a file.
    #[must_use]
    pub fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        let mut forms = self.forms.iter();
        forms.any(|form| memchr::memmem::find(bytes, form.as_bytes()).is_some())
            || (self.has_lines() && self.is_in(&String::from_utf8_lossy(bytes)))
    }

    /// Whether a part's value holds it, in whatever string.
    #[must_use]
    pub fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text),
            Value::Array(values) => values.iter().any(|value| self.is_in_value(value)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| self.is_in(name) || self.is_in_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The member of a header that holds it. Headers are hashed, so it cannot go from there.
    #[must_use]
    pub fn in_header(&self, header: &Header) -> Option<&'static str> {
        let has = |text: Option<&str>| text.is_some_and(|text| self.is_in(text));
        let members = [
            ("task", header.task.as_ref().map(|task| task.as_str())),
            ("from", header.from.as_deref()),
            ("to", header.to.as_deref()),
            ("actor", Some(header.actor.id.as_str())),
            ("session", header.actor.session.as_deref()),
            ("tool", header.actor.tool.as_deref()),
            ("cause", header.cause.as_deref()),
            ("idem", header.idem.as_deref()),
        ];
        let found = members.into_iter().find(|(_, text)| has(*text));
        found.map(|(member, _)| member)
    }

    /// A text with the mark in its place; where its lines stand there one below the other, with a
    /// mark in each.
    #[must_use]
    pub fn taken_from(&self, text: &str) -> String {
        // As lines first: a form of several would make one of them.
        let mut text = match self.has_lines() && text.contains('\n') {
            true => self.taken_from_lines(text),
            false => text.to_owned(),
        };
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), REDACTED);
            }
        }
        text
    }

    fn taken_from_lines(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        for at in 0..lines.len() {
            if self.starts_at(&lines, at) {
                let run = self.lines.iter().zip(lines.iter_mut().skip(at));
                for (nth, (piece, line)) in run.enumerate() {
                    *line = marked(line, piece, nth == 0);
                }
            }
        }
        lines.concat()
    }

    /// Bytes with the mark in its place, such as those of a file.
    #[must_use]
    pub fn taken_from_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return self.taken_from(text).into_bytes();
        }
        let mut bytes = bytes.to_vec();
        for form in &self.forms {
            let mut without = Vec::with_capacity(bytes.len());
            let mut done = 0;
            for at in memchr::memmem::find_iter(&bytes, form.as_bytes()) {
                without.extend_from_slice(bytes.get(done..at).unwrap_or_default());
                without.extend_from_slice(REDACTED.as_bytes());
                done = at + form.len();
            }
            without.extend_from_slice(bytes.get(done..).unwrap_or_default());
            bytes = without;
        }
        bytes
    }

    /// A value with the mark in its place in every string.
    #[must_use]
    pub fn taken_from_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.taken_from(&text)),
            Value::Array(values) => {
                let values = values.into_iter();
                Value::Array(values.map(|value| self.taken_from_value(value)).collect())
            }
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (self.taken_from(&name), self.taken_from_value(value)))
                    .collect::<Map<_, _>>(),
            ),
            other => other,
        }
    }
}

/// A line with the mark in the place of a piece, which ends it or else begins it.
fn marked(line: &str, piece: &str, at_end: bool) -> String {
    if piece.is_empty() {
        return line.to_owned();
    }
    let at = match at_end {
        true => line.trim_end().len() - piece.len(),
        false => line.len() - line.trim_start().len(),
    };
    let (before, rest) = line.split_at(at);
    format!("{before}{REDACTED}{}", &rest[piece.len()..])
}

/// A text as commands write it into one line; the blanks around it stay.
fn in_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (before, inner) = text.split_at(text.len() - text.trim_start().len());
    let behind = &inner[inner.trim_end().len()..];
    format!("{before}{}{behind}", words.join(" "))
}

/// A text as it stands between the quotes of a JSON string.
fn in_json(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    let inner = quoted.get(1..quoted.len() - 1);
    inner.unwrap_or_default().to_owned()
}
