//! Changing a task's status.

use super::cells::set_cell;
use super::date::Day;
use super::dates::Dates;
use super::insert::{Additions, delete_field};
use super::patch::Patch;
use super::siblings::{Kind, has, nearest, site, status_field};
use super::verify::{Want, verified};
use super::wording::{Wording, span, text_of};
use super::{Details, Edit, EditError, front_matter, sections};
use crate::outline::{Entry, Form, Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;

/// How many ways of writing a status are tried before giving up.
const ATTEMPTS: usize = 12;

/// Gives a task another status: all places of all its writings that say it, and what the
/// plan's author changes along with it (dates, the fields, results and notes given).
///
/// Setting the status a task already has changes nothing but what `details` adds.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::NoStatusSection`] if the plan says statuses by
/// sections and has none for this one; [`EditError::Misread`] if no way of writing it is read
/// back as this status, or if another task would read differently.
pub fn set_status(
    document: &Document,
    outline: &Outline,
    task: usize,
    to: Status,
    details: &Details,
) -> Result<Edit, EditError> {
    let writings = writings(outline, task)?;
    let mut refusal = None;
    let mut previous = None;
    for attempt in 0..ATTEMPTS {
        let mut patch = Patch::new(document);
        let mut remarks = Vec::new();
        let mut want = Want::touching(writings.iter().copied());
        want.status = Some(to);
        for (nth, &index) in writings.iter().enumerate() {
            let Some(entry) = outline.entries.get(index) else {
                continue;
            };
            let change = Change {
                document,
                outline,
                entry,
                to,
                attempt,
                primary: nth == 0,
                details,
            };
            change.write(&mut patch, &mut remarks)?;
            if change.is_gone(&patch) {
                want.gone.insert(index);
            }
        }
        let applied = patch.apply();
        if previous.as_ref() == Some(&applied.hunks) {
            continue;
        }
        previous = Some(applied.hunks.clone());
        match verified(outline, applied, &want, remarks) {
            Ok(edit) => return Ok(edit),
            Err(error) => {
                refusal.get_or_insert(error);
            }
        }
    }
    Err(refusal.unwrap_or(EditError::NoSuchTask(task)))
}

/// The entries of a task.
pub(super) fn writings(outline: &Outline, task: usize) -> Result<&[usize], EditError> {
    outline
        .tasks
        .get(task)
        .map(Vec::as_slice)
        .filter(|writings| !writings.is_empty())
        .ok_or(EditError::NoSuchTask(task))
}

/// The first writing of a task.
pub(super) fn primary(outline: &Outline, task: usize) -> Result<&Entry, EditError> {
    writings(outline, task)?
        .first()
        .and_then(|&index| outline.entries.get(index))
        .ok_or(EditError::NoSuchTask(task))
}

/// A change of one writing.
pub(super) struct Change<'a> {
    document: &'a Document,
    pub(super) outline: &'a Outline,
    pub(super) entry: &'a Entry,
    pub(super) to: Status,
    /// Which candidates to take.
    attempt: usize,
    /// Whether it is the task's first writing, which takes the details.
    primary: bool,
    pub(super) details: &'a Details,
}

impl<'a> Change<'a> {
    fn write(&self, patch: &mut Patch<'a>, remarks: &mut Vec<String>) -> Result<(), EditError> {
        let day = self.details.date.as_deref().and_then(Day::iso);
        let mut additions = Additions::new(self.outline, self.entry);
        if self.entry.status != self.to {
            let wording = Wording::new(self.document, self.outline, self.entry, self.to, day);
            self.sites(patch, &wording, remarks)?;
            if self.is_gone(patch) {
                return Ok(());
            }
            self.new_sites(patch, &mut additions, &wording);
            let dates = Dates {
                outline: self.outline,
                entry: self.entry,
                to: self.to,
                day,
                models: &wording.models,
            };
            dates.follow(patch, &mut additions);
            self.drop_reason(patch);
        }
        if self.primary {
            self.details(patch, &mut additions, remarks);
        }
        additions.finish(patch);
        Ok(())
    }

    /// The candidate of this attempt, or else the last one.
    fn pick<T>(&self, candidates: impl Iterator<Item = T>) -> Option<T> {
        let mut picked = None;
        for candidate in candidates.take(self.attempt + 1) {
            picked = Some(candidate);
        }
        picked
    }

    /// What the box says after this attempt.
    fn boxed(&self, wording: &Wording<'_>) -> Option<char> {
        if has(self.entry, Kind::Box) {
            self.pick(wording.boxes())
        } else {
            None
        }
    }

    /// Rewrites the places that say the status now.
    fn sites(
        &self,
        patch: &mut Patch<'a>,
        wording: &Wording<'_>,
        remarks: &mut Vec<String>,
    ) -> Result<(), EditError> {
        for (nth, site) in self.entry.sites.iter().enumerate() {
            let own = span(site)
                .map(|span| text_of(self.document, span))
                .unwrap_or_default();
            match site {
                Site::Box(span) => {
                    if let Some(letter) = self.boxed(wording) {
                        patch.replace(span, letter.to_string());
                    }
                }
                Site::Mark(span) => {
                    let marks = wording.marks(self.boxed(wording), Some(own));
                    self.rewrite(patch, span, self.pick(marks).flatten());
                }
                Site::Word(span) => {
                    let words = wording.words(own);
                    self.rewrite(patch, span, self.pick(words).flatten());
                }
                Site::Field(span) => self.rewrite_field(patch, wording, span, own),
                Site::Cell(span) => {
                    if let Some(value) = self.pick(wording.values(own, Kind::Cell)) {
                        set_cell(patch, span, &value);
                    }
                }
                Site::Yaml(span) => {
                    if let Some(value) = self.pick(wording.values(own, Kind::Yaml)) {
                        front_matter::set_scalar(patch, span, &value);
                    }
                }
                Site::Strike(span) => {
                    let kept = if wording.models.is_empty() {
                        self.to.is_closed()
                    } else {
                        wording.customary(Kind::Strike)
                    };
                    if !kept {
                        unstrike(patch, span);
                    }
                }
                Site::Section(section) => self.resettle(patch, *section, nth == 0, remarks)?,
            }
        }
        Ok(())
    }

    /// Replaces a mark or word, keeping the blanks around it; `None` takes it out.
    fn rewrite(&self, patch: &mut Patch<'a>, span: &Span, text: Option<String>) {
        let content = self.document.content(span.line);
        let own = text_of(self.document, span);
        match text {
            Some(text) => {
                let lead = &own[..own.len() - own.trim_start().len()];
                let trail = &own[own.trim_end().len()..];
                patch.replace(span, format!("{lead}{}{trail}", text.trim()));
            }
            None => {
                // Blanks on both sides of what goes become one.
                let after = content.get(span.columns.end..).unwrap_or_default();
                let before = content.get(..span.columns.start).unwrap_or_default();
                let double = after.starts_with(' ') && (before.ends_with(' ') || before.is_empty());
                let end = span.columns.end + usize::from(double);
                let whole = Span {
                    line: span.line,
                    columns: span.columns.start..end,
                };
                patch.replace(&whole, "");
            }
        }
    }

    /// Rewrites a status field, or takes it out where siblings with the status have none.
    fn rewrite_field(&self, patch: &mut Patch<'a>, wording: &Wording<'_>, span: &Span, own: &str) {
        let bare = !wording.models.is_empty()
            && wording.models.iter().all(|model| !has(model, Kind::Field))
            && has(self.entry, Kind::Box)
            && matches!(self.to, Status::Pending | Status::Completed)
            && self.attempt == 0;
        if bare && let Some(field) = status_field(self.entry) {
            delete_field(patch, field);
            return;
        }
        let Some(mut value) = self.pick(wording.values(own, Kind::Field)) else {
            return;
        };
        if let Some(reason) = self.reason()
            && self.reason_label().is_none()
        {
            value = format!("{value} ({reason})");
        }
        patch.replace(span, value);
    }

    /// Moves the entry to the section that stands for the status. A further writing that has
    /// no such place to go to is taken out: a finished task's line in a list of finished ones.
    fn resettle(
        &self,
        patch: &mut Patch<'a>,
        section: usize,
        deciding: bool,
        remarks: &mut Vec<String>,
    ) -> Result<(), EditError> {
        let stands = |index: usize| self.outline.sections.get(index).and_then(|s| s.status);
        if stands(section) == Some(self.to) {
            return Ok(());
        }
        let line = self.entry.lines.start + 1;
        let target = sections::for_status(self.outline, self.entry, self.to);
        // A row can only go where there are rows.
        let table = |target: &usize| {
            self.entry.form != Form::Row
                || sections::last_in(self.outline, *target, self.entry).is_some()
        };
        if let Some(target) = target.filter(table) {
            sections::move_to(patch, self.outline, self.entry, target, None);
            return Ok(());
        }
        if !deciding {
            remarks.push(format!(
                "line {line}: no section stands for '{}', so the task stays in its section",
                self.to
            ));
            return Ok(());
        }
        if self.removable() {
            patch.delete(sections::block(self.document, self.entry));
            remarks.push(format!(
                "line {line}: this list has no place for '{}', so the task is taken out of it",
                self.to
            ));
            return Ok(());
        }
        if target.is_none() && has(self.entry, Kind::Box) {
            // A plan called `# TODO` is no board: its boxes say the status.
            return Ok(());
        }
        if target.is_none() {
            return Err(EditError::NoStatusSection { status: self.to });
        }
        Err(EditError::NoPlace {
            line,
            reason: format!(
                "the section for '{}' has no table this row could move to",
                self.to
            ),
        })
    }

    /// Whether this writing may go: another one stays, and nothing is nested in this one.
    fn removable(&self) -> bool {
        let nested = |other: &Entry| {
            self.entry.lines.contains(&other.lines.start)
                && other.lines.start != self.entry.lines.start
        };
        !self.primary && !self.outline.entries.iter().any(nested)
    }

    /// Whether this attempt took the writing out.
    fn is_gone(&self, patch: &Patch<'_>) -> bool {
        !self.primary && patch.deletes(self.entry.lines.start)
    }

    /// Adds the places that siblings with the status have and this entry lacks.
    fn new_sites(
        &self,
        patch: &mut Patch<'a>,
        additions: &mut Additions<'a>,
        wording: &Wording<'a>,
    ) {
        if matches!(self.entry.form, Form::Row | Form::FrontMatter) {
            return;
        }
        let lacks = |wanted| !has(self.entry, wanted);
        if lacks(Kind::Field) && (wording.customary(Kind::Field) || self.needs_field()) {
            self.add_field(patch, additions, wording);
        }
        if lacks(Kind::Word)
            && wording.customary(Kind::Word)
            && let Some((model, text)) = wording.shown(Kind::Word).next()
        {
            self.attach(patch, model, Kind::Word, &wording.dated(text));
        }
        if lacks(Kind::Mark) && !self.needs_field() {
            let marks = wording.marks(self.boxed(wording), None);
            if let Some(text) = self.pick(marks).flatten() {
                let model = wording.shown(Kind::Mark).next().map(|(model, _)| model);
                self.attach(patch, model.unwrap_or(self.entry), Kind::Mark, &text);
            }
        }
        if lacks(Kind::Strike)
            && wording.customary(Kind::Strike)
            && let Some((model, _)) = wording.shown(Kind::Strike).next()
        {
            self.strike(patch, model);
        }
    }

    /// Whether an entry that says no status yet has siblings that say it by a field.
    fn needs_field(&self) -> bool {
        self.entry.sites.is_empty()
            && nearest(self.outline, self.entry, |_| true)
                .first()
                .is_some_and(|other| has(other, Kind::Field))
    }

    fn add_field(
        &self,
        patch: &mut Patch<'a>,
        additions: &mut Additions<'a>,
        wording: &Wording<'_>,
    ) {
        let shown = wording.shown(Kind::Field).next();
        let example = shown.map(|(model, _)| model).or_else(|| {
            nearest(self.outline, self.entry, |other| has(other, Kind::Field))
                .first()
                .copied()
        });
        let Some(field) = example.and_then(status_field) else {
            return;
        };
        if let Some(value) = self.pick(wording.values(&field.value.text, Kind::Field)) {
            additions.put(patch, &field.label, &value, &[]);
        }
    }

    /// Puts a mark or word where the model has its own: before or behind the title.
    fn attach(&self, patch: &mut Patch<'a>, model: &Entry, wanted: Kind, text: &str) {
        let line = self.entry.title.span.line;
        let text = text.trim();
        let before = site(model, wanted)
            .and_then(span)
            .is_some_and(|span| span.columns.start < first_column(model));
        let word = |entry: &Entry| match site(entry, Kind::Word) {
            Some(Site::Word(span)) if span.line == entry.title.span.line => Some(span.columns.end),
            _ => None,
        };
        // `Complete ✅ (remark)`: the mark follows the word, not the line's end.
        let behind_word = site(model, wanted)
            .and_then(span)
            .is_some_and(|span| wanted == Kind::Mark && word(model) == Some(span.columns.start));
        if let Some(column) = word(self.entry).filter(|_| behind_word) {
            patch.insert_text(line, column, format!(" {text}"));
        } else if before {
            patch.insert_text(
                line,
                text_column(self.document, self.entry),
                format!("{text} "),
            );
        } else {
            let content = self.document.content(line);
            patch.insert_text(line, end_column(content, self.entry), format!(" {text}"));
        }
    }

    /// Strikes the title through, with the id where the model has it so.
    fn strike(&self, patch: &mut Patch<'a>, model: &Entry) {
        let with_id = match (site(model, Kind::Strike), &model.id) {
            (Some(Site::Strike(strike)), Some(id)) => strike.columns.start <= id.span.columns.start,
            _ => true,
        };
        let title = &self.entry.title.span;
        let start = if with_id {
            text_column(self.document, self.entry)
        } else {
            title.columns.start
        };
        patch.insert_text(title.line, start, "~~");
        patch.insert_text(title.line, title.columns.end, "~~");
    }
}

/// Takes the `~~` around a span away.
fn unstrike(patch: &mut Patch<'_>, span: &Span) {
    let text = text_of(patch.document(), span);
    if text.len() < 4 || !text.starts_with("~~") || !text.ends_with("~~") {
        return;
    }
    let (start, end) = (span.columns.start, span.columns.end);
    for columns in [start..start + 2, end - 2..end] {
        let marker = Span {
            line: span.line,
            columns,
        };
        patch.replace(&marker, "");
    }
}

/// The column at which an entry's id or title starts.
fn first_column(entry: &Entry) -> usize {
    let title = &entry.title.span;
    match &entry.id {
        Some(id) if id.span.line == title.line => id.span.columns.start.min(title.columns.start),
        _ => title.columns.start,
    }
}

/// The column at which an entry's text starts, markup before its id or title included.
pub(super) fn text_column(document: &Document, entry: &Entry) -> usize {
    let content = document.content(entry.title.span.line);
    let before = content.get(..first_column(entry)).unwrap_or_default();
    before.trim_end_matches(['*', '_', '`', '[', '~']).len()
}

/// The column behind an entry's title and all that stands behind it on its line.
pub(super) fn end_column(content: &str, entry: &Entry) -> usize {
    let end = content.trim_end().len();
    if entry.form == Form::Heading {
        // A closing run of `#` stays at the end.
        let open = content[..end].trim_end_matches('#');
        if open.len() < end
            && open.ends_with(' ')
            && open.trim_end().len() >= entry.title.span.columns.end
        {
            return open.trim_end().len();
        }
    }
    end.max(entry.title.span.columns.end.min(content.len()))
}
