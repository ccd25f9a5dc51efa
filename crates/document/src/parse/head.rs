//! The line a task stands on: id, title, and every place in it that writes a status.

use std::ops::Range;

use super::id::{self, Id, Sort};
use super::marks::Marks;
use super::scan;
use super::source::trimmed;
use crate::status::Status;
use crate::vocabulary as words;

/// How a status is written in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// A mark before the title, often mere decoration.
    LeadingMark,
    /// A mark behind the title.
    Mark,
    /// A word or tag.
    Word,
    /// Strikethrough.
    Strike,
}

/// What a line says.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<Id>,
    pub(super) title: Range<usize>,
    /// Places that write a status, the one closest to the end of the line first.
    pub(super) signals: Vec<(Signal, Range<usize>, Status)>,
}

impl Head {
    /// The first signal of a sort.
    pub(super) fn signal(&self, sort: Signal) -> Option<Status> {
        self.signals
            .iter()
            .find(|(signal, ..)| *signal == sort)
            .map(|&(.., status)| status)
    }
}

/// How many decorations are taken off the end of one line.
const MOST_TAGS: usize = 8;

/// Reads columns of a line as the head of a task.
pub(super) fn read(content: &str, columns: Range<usize>, marks: &Marks) -> Head {
    let mut reader = Reader {
        content,
        marks,
        rest: trimmed(content, columns),
        head: Head::default(),
        remark: None,
    };
    reader.unwrap();
    reader.tail();
    reader.unwrap();
    reader.front();
    reader.head.title = reader.rest;
    reader.head
}

/// Reads columns of a line as the heading of a task. Behind a task's own id a mark and a word that
/// says the same need nothing before them: `T-1: Walls ✅ DONE`.
pub(super) fn read_heading(content: &str, columns: Range<usize>, marks: &Marks) -> Head {
    let mut head = read(content, columns, marks);
    let is_named = head.id.as_ref().is_some_and(|id| id.sort == Sort::Named);
    let title = content.get(head.title.clone()).unwrap_or_default();
    if is_named
        && head.signals.is_empty()
        && let Some((at, status)) = marks.trailing_word(title)
        && let Some(before) = title.get(..at).map(str::trim_end)
        && !before.is_empty()
    {
        let from = head.title.start + before.len();
        let signal = (Signal::Word, from..head.title.end, status);
        head.signals.push(signal);
        head.title.end = from;
    }
    head
}

struct Reader<'a> {
    content: &'a str,
    marks: &'a Marks,
    /// What is left to read.
    rest: Range<usize>,
    head: Head,
    /// A remark in brackets behind a mark or word: `✅ (two coats)`.
    remark: Option<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn text(&self) -> &'a str {
        self.content.get(self.rest.clone()).unwrap_or_default()
    }

    fn signal(&mut self, signal: Signal, span: Range<usize>, status: Status) {
        self.head.signals.push((signal, span, status));
    }

    /// Takes `**` and `~~` off if they enclose all that is left.
    fn unwrap(&mut self) {
        for _ in 0..2 {
            let text = self.text();
            let Some(fence) = ["**", "__", "~~"].into_iter().find(|fence| {
                text.len() > 4
                    && text.starts_with(fence)
                    && text.ends_with(fence)
                    && text
                        .get(2..text.len() - 2)
                        .is_some_and(|inner| !inner.contains(fence))
            }) else {
                return;
            };
            if fence == "~~" {
                self.signal(Signal::Strike, self.rest.clone(), Status::Cancelled);
            }
            self.rest = trimmed(self.content, self.rest.start + 2..self.rest.end - 2);
        }
    }

    /// Takes marks, dates, tags and commit ids off the end.
    fn tail(&mut self) {
        // Where a date that belongs to the next mark or word ends.
        let mut end = None;
        for _ in 0..MOST_TAGS {
            self.rest = trimmed(self.content, self.rest.clone());
            let text = self.text();
            let start = self.rest.start;
            let to = end.unwrap_or(self.rest.end);
            if let Some((at, status)) = self.marks.trailing(text) {
                self.cut(start + at, to, Signal::Mark, status);
            } else if let Some(at) = scan::trailing_date(text) {
                end = Some(to);
                let before = text.get(..at).unwrap_or_default();
                self.rest.end = start + before.trim_end_matches([' ', ',', '-', '—', '–']).len();
                if self.rest.is_empty() {
                    self.rest.end = start + text.len();
                    return;
                }
                // ` — completed 2031-05-06` keeps its dash for the word.
                continue;
            } else if let Some((at, status)) = self.trailing_word(text) {
                self.cut(start + at, to, Signal::Word, status);
            } else if let Some(at) = self.trailing_bracket(text) {
                self.rest.end = start + at;
            } else {
                return;
            }
            end = None;
        }
    }

    /// Records a signal from `at` (blanks before it included) to `to`, and cuts it off.
    fn cut(&mut self, at: usize, to: usize, signal: Signal, status: Status) {
        let kept = self.content.get(self.rest.start..at).unwrap_or_default();
        let from = self.rest.start + kept.trim_end().len();
        self.signal(signal, from..to, status);
        self.rest.end = from;
    }

    /// ` (Pending)`, ` [DONE]`, ` - ✅ COMPLETED`, ` **DONE**`: where it starts, separator included.
    fn trailing_word(&self, text: &str) -> Option<(usize, Status)> {
        if let Some((open, inner)) = bracketed(text) {
            let status = self.tag(inner)?;
            return (open > 0).then_some((open, status));
        }
        const SEPARATORS: [&str; 5] = [" - ", " — ", " – ", " | ", " : "];
        let (at, len) = SEPARATORS
            .into_iter()
            .filter_map(|separator| text.rfind(separator).map(|at| (at, separator.len())))
            .max()?;
        let status = self.tag(text.get(at + len..)?)?;
        (at > 0).then_some((at, status))
    }

    /// The status of a tag, with a mark before or a date or count behind it.
    fn tag(&self, text: &str) -> Option<Status> {
        let mut text = text.trim();
        let mark = self.marks.leading(text);
        if let Some((len, _)) = mark {
            text = text.get(len..)?.trim_start();
        }
        if let Some(at) = scan::trailing_date(text) {
            text = text.get(..at)?.trim_end_matches([' ', ',', '-', '—', ':']);
        }
        if text.is_empty() {
            return mark.map(|(_, status)| status);
        }
        words::tag(text)
    }

    /// A commit id, a date in brackets, or a remark behind a mark or word: where it starts.
    fn trailing_bracket(&mut self, text: &str) -> Option<usize> {
        let (open, inner) = bracketed(text)?;
        let before = text.get(..open)?.trim_end();
        if before.is_empty() {
            return None;
        }
        let dated = text.ends_with(')') && scan::is_date(inner);
        if scan::is_commit(inner) || dated {
            return Some(before.len());
        }
        let remarks = self.marks.trailing(before).is_some_and(|(at, _)| at > 0)
            || self.trailing_word(before).is_some();
        remarks.then(|| {
            let start = self.rest.start + open + 1;
            self.remark = Some(start..start + inner.len());
            before.len()
        })
    }

    /// Takes marks, the id and tags off the front.
    fn front(&mut self) {
        self.leading_marks();
        self.unwrap();
        if self.text().starts_with("**") {
            self.bold_front();
        } else if let Some(id) = id::leading(self.content, self.rest.start, self.rest.end) {
            self.rest.start = id.after;
            self.head.id = Some(id);
        }
        self.unwrap();
        self.leading_marks();
        self.leading_tag();
        self.unwrap();
        self.bare_status();
    }

    fn leading_marks(&mut self) {
        while let Some((len, status)) = self.marks.leading(self.text()) {
            let rest = self.text().get(len..).unwrap_or_default();
            let gap = rest.len() - rest.trim_start().len();
            if rest.trim().is_empty() || (gap == 0 && !rest.starts_with("**")) {
                return;
            }
            let from = self.rest.start;
            self.rest.start += len + gap;
            self.signal(Signal::LeadingMark, from..self.rest.start, status);
        }
    }

    /// `**T-1**: Title`, `**T-1. Title** — more`, `**Task:** Title`, `**Title** — more`.
    fn bold_front(&mut self) {
        let (start, end) = (self.rest.start, self.rest.end);
        let inner_start = start + 2;
        let inner = self.content.get(inner_start..end).unwrap_or_default();
        let Some(close) = inner.find("**") else {
            return;
        };
        let inner = inner.get(..close).unwrap_or_default();
        let (inner_end, after) = (inner_start + close, inner_start + close + 2);
        let behind = self.content.get(after..end).unwrap_or_default();
        let title = after + separator_len(behind);
        if let Some(id) = id::leading(self.content, inner_start, inner_end) {
            if id.after >= inner_end {
                self.rest.start = title;
            } else {
                self.rest = trimmed(self.content, id.after..inner_end);
                self.tail();
            }
            self.head.id = Some(id);
            return;
        }
        let name = inner.trim().trim_end_matches([':', '：']);
        let parted = title > after + leading_blanks(behind) || inner.trim() != name;
        if parted && (1..=6).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit()) {
            // `**007** - Title`
            let columns = trimmed(self.content, inner_start..inner_start + name.len());
            self.head.id = Some(Id {
                sort: Sort::Numbered,
                columns,
                after: title,
            });
            self.rest.start = title.min(end);
        } else if words::is_generic(name) && title > after.min(end) {
            self.rest.start = title;
        } else if let Some(status) = words::tag(name) {
            self.signal(Signal::Word, start..title, status);
            self.rest.start = title;
        } else if separator_len(behind) > leading_blanks(behind) || inner.trim() != name {
            let columns = inner_start..inner_end;
            let name_end = inner_start + inner.trim_end().trim_end_matches([':', '：']).len();
            self.rest = trimmed(self.content, columns.start..name_end);
        }
        if self.rest.start > self.rest.end {
            self.rest.start = self.rest.end;
        }
    }

    /// `[DONE] Title`, `(WIP) Title`, `DONE: Title`, `**DEFERRED** - Title`.
    fn leading_tag(&mut self) {
        let text = self.text();
        let close = match text.chars().next() {
            Some('[') => text.find(']'),
            Some('(') => text.find(')'),
            Some('*') if text.starts_with("**") => {
                text.get(2..).and_then(|t| t.find("**")).map(|at| at + 3)
            }
            Some(c) if c.is_uppercase() => text.find(':').filter(|&at| {
                text.get(..at)
                    .is_some_and(|word| word == word.to_uppercase() && at > 2)
            }),
            _ => None,
        };
        let Some(close) = close else { return };
        let Some((tag, rest)) = text.get(..=close).zip(text.get(close + 1..)) else {
            return;
        };
        if rest.trim().is_empty() || rest.starts_with('(') {
            return;
        }
        if let Some(status) = words::tag(tag.trim_matches(['[', ']', '(', ')', ':', '*'])) {
            let from = self.rest.start;
            self.rest.start += close + 1 + separator_len(rest);
            self.signal(Signal::Word, from..self.rest.start, status);
        }
    }

    /// Behind the id of a part of the plan nothing but a status: `Phase 2: Complete`.
    fn bare_status(&mut self) {
        let whole = self.head.id.is_some() && !self.rest.is_empty();
        let bare = self.text();
        let container = matches!(&self.head.id, Some(id) if id.sort == Sort::Container);
        let status = if container {
            words::phrase(bare)
        } else {
            words::tag(bare)
        };
        if let Some(status) = status.filter(|_| whole) {
            self.signal(Signal::Word, self.rest.clone(), status);
            self.rest = self.remark.clone().unwrap_or(self.rest.end..self.rest.end);
        } else if container && self.remark.is_none() {
            self.bare_status_and_remark();
        }
    }

    /// `Phase 6: Ready to start (the fence)`
    fn bare_status_and_remark(&mut self) {
        let text = self.text();
        let Some((open, inner)) = bracketed(text) else {
            return;
        };
        let Some(status) = text.get(..open).and_then(words::phrase) else {
            return;
        };
        let start = self.rest.start;
        let word = trimmed(self.content, start..start + open);
        self.signal(Signal::Word, word, status);
        self.rest = start + open + 1..start + open + 1 + inner.len();
    }
}

/// `… (inner)` or `… [inner]` at the end: where the bracket opens, and what it holds.
fn bracketed(text: &str) -> Option<(usize, &str)> {
    let (open, close) = match text.chars().next_back()? {
        ')' => ('(', ')'),
        ']' => ('[', ']'),
        _ => return None,
    };
    let mut depth = 0_usize;
    // A remark is short; do not look through a megabyte for its start.
    for (at, c) in text.char_indices().rev().take(400) {
        if c == close {
            depth += 1;
        } else if c == open {
            depth -= 1;
            if depth == 0 {
                return Some((at, text.get(at + 1..text.len() - 1)?));
            }
        }
    }
    None
}

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The length of blanks with at most one `:`, `-`, `—`, `–` or `.` in them.
fn separator_len(text: &str) -> usize {
    let gap = leading_blanks(text);
    let rest = text.trim_start();
    let Some(mark) = rest.chars().next() else {
        return text.len();
    };
    if !matches!(mark, ':' | '：' | '-' | '—' | '–' | '.') {
        return gap;
    }
    let after = &rest[mark.len_utf8()..];
    if mark == '：' || after.is_empty() || after.starts_with([' ', '\t']) {
        text.len() - after.trim_start().len()
    } else {
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Said<'a> = (Option<&'a str>, &'a str, Vec<(Signal, &'a str, Status)>);

    fn said(text: &str) -> Said<'_> {
        let head = read(text, 0..text.len(), &Marks::default());
        (
            head.id.map(|id| &text[id.columns]),
            &text[head.title],
            head.signals
                .into_iter()
                .map(|(signal, span, status)| (signal, &text[span], status))
                .collect(),
        )
    }

    #[test]
    fn reads_an_id_a_title_and_a_dated_mark() {
        assert_eq!(
            said("**FARM-007**: Plough the field (north) ✅ 2031-04-02"),
            (
                Some("FARM-007"),
                "Plough the field (north)",
                vec![(Signal::Mark, " ✅ 2031-04-02", Status::Completed)]
            )
        );
        assert_eq!(
            said("**F1. Plough** — with the old tractor"),
            (Some("F1"), "Plough", vec![])
        );
        assert_eq!(
            said("**Task:** Sow `rye`. [a1b2c3d]"),
            (None, "Sow `rye`.", vec![])
        );
        assert_eq!(said("**Sow** — thinly"), (None, "Sow", vec![]));
        assert_eq!(said("**007** - Sow"), (Some("007"), "Sow", vec![]));
        assert_eq!(said("**NOT** rye"), (None, "**NOT** rye", vec![]));
    }

    #[test]
    fn reads_tags_in_every_place() {
        let word = |span, status| vec![(Signal::Word, span, status)];
        assert_eq!(
            said("Phase 2: Sowing - ✅ COMPLETED"),
            (
                Some("Phase 2"),
                "Sowing",
                word(" - ✅ COMPLETED", Status::Completed)
            )
        );
        assert_eq!(
            said("Sowing (In Progress)"),
            (None, "Sowing", word(" (In Progress)", Status::InProgress))
        );
        assert_eq!(
            said("Phase 3: Hay (2/2) — completed 2031-06-01"),
            (
                Some("Phase 3"),
                "Hay (2/2)",
                word(" — completed 2031-06-01", Status::Completed)
            )
        );
        assert_eq!(
            said("[DONE] Hay"),
            (None, "Hay", word("[DONE] ", Status::Completed))
        );
        assert_eq!(
            said("T039a **DEFERRED** - Hay"),
            (
                Some("T039a"),
                "Hay",
                word("**DEFERRED** - ", Status::Blocked)
            )
        );
    }

    #[test]
    fn reads_a_mark_and_its_word_behind_a_task_that_is_a_heading() {
        let said = |text: &str| {
            let head = read_heading(text, 0..text.len(), &Marks::default());
            let signal = head
                .signals
                .first()
                .map(|(_, span, status)| (span.clone(), *status));
            let signal = signal.map(|(span, status)| (text[span].to_owned(), status));
            (text[head.title].to_owned(), signal)
        };
        let word = |span: &str, status| Some((span.to_owned(), status));
        for (text, title, signal) in [
            (
                "T-1: Hay ✅ DONE",
                "Hay",
                word(" ✅ DONE", Status::Completed),
            ),
            (
                "T-1: Hay 🔄 **In Progress**",
                "Hay",
                word(" 🔄 **In Progress**", Status::InProgress),
            ),
            ("T-1: Hay ✅ pending", "Hay ✅ pending", None),
            ("T-1: ✅ DONE", "", word("✅ ", Status::Completed)),
            ("Hay ✅ DONE", "Hay ✅ DONE", None),
            ("Phase 2: Hay ✅ DONE", "Hay ✅ DONE", None),
        ] {
            assert_eq!(said(text), (title.to_owned(), signal), "{text}");
        }
    }

    #[test]
    fn reads_a_part_of_the_plan_whose_title_is_its_remark() {
        assert_eq!(
            said("**Phase 8.1: Complete ✅ (barn and roof)**"),
            (
                Some("Phase 8.1"),
                "barn and roof",
                vec![
                    (Signal::Mark, " ✅", Status::Completed),
                    (Signal::Word, "Complete", Status::Completed)
                ]
            )
        );
        assert_eq!(
            said("Phase 9: Next (fences)"),
            (
                Some("Phase 9"),
                "fences",
                vec![(Signal::Word, "Next", Status::Pending)]
            )
        );
    }

    #[test]
    fn reads_strikethrough_around_a_title() {
        let (id, title, signals) = said("7.2 ~~Paint the barn~~ (DEFERRED)");
        assert_eq!((id, title), (Some("7.2"), "Paint the barn"));
        assert_eq!(signals[0].0, Signal::Word);
        assert_eq!(
            signals[1],
            (Signal::Strike, "~~Paint the barn~~", Status::Cancelled)
        );
    }
}
