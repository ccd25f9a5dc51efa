//! When a document says it was changed last, and the days that say otherwise.

use std::ops::Range;

use crate::outline::{Entry, Field, Outline};
use crate::parse::Signs;
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary::{Role, Sense, role};

use super::bind::lone_date;
use super::date::{self, Date};
use super::facts;
use super::lex;
use super::line;

/// A field such as `Last Updated` that names a day before the last one on which something
/// happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfDate {
    /// The line, from 0.
    pub line: usize,
    /// The date in that line, in bytes.
    pub columns: Range<usize>,
    /// The date as it should be, written the same way; none where more is said of the moment.
    pub instead: Option<String>,
    /// What it says.
    pub says: Date,
}

/// The days on which something happened, by what the document says: tasks were begun, finished or
/// changed, and the document itself was. Each with its line, from 0; in no order.
#[must_use]
pub fn days(document: &Document, outline: &Outline) -> Vec<(usize, Date)> {
    let mut days = Vec::new();
    for (at, day) in completed_on(document, outline).into_iter().enumerate() {
        if let (Some(day), Some(entry)) = (day, outline.primary(at)) {
            days.push((entry.lines.start, day));
        }
    }
    let fields = outline.entries.iter().flat_map(|entry| &entry.fields);
    for field in fields.filter(|field| has_happened(field)) {
        let day = date::read(field.value.text.trim());
        days.extend(day.map(|(day, ..)| (field.lines.start, day)));
    }
    for place in line::places(document, outline) {
        if place.kind == line::Kind::Field && tells_of_a_change(place.label) {
            days.extend(date::find(place.text()).map(|day| (place.line, day)));
        }
    }
    days
}

/// The fields that hold the day of the document's last change, where that is before `newest`. Of
/// several, those with the latest day: nobody keeps the others.
#[must_use]
pub fn out_of_date(document: &Document, outline: &Outline, newest: Date) -> Vec<OutOfDate> {
    let places = line::places(document, outline);
    let dated = places.iter().filter_map(|place| {
        let alone = lone_date(place).map(|(day, format, columns)| OutOfDate {
            line: place.line,
            columns,
            instead: Some(format.write(newest)),
            says: day,
        });
        alone.or_else(|| begun_by_day(place))
    });
    let dated: Vec<_> = dated.collect();
    let latest = dated.iter().map(|own| own.says).max();
    let old = dated.into_iter();
    old.filter(|own| Some(own.says) == latest && own.says < newest)
        .collect()
}

/// The day that the value of a field about the document's last change begins with, where a time or
/// a name follows and no other day: `2025-10-15 14:30`, `2025-10-15 by Ada`.
fn begun_by_day(place: &line::Place<'_>) -> Option<OutOfDate> {
    if place.kind != line::Kind::Field || !Sense::Updated.is_in(place.label) {
        return None;
    }
    let text = place.text();
    let value =
        text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`'));
    // RFC 3339 has a letter right behind the day.
    let day = value.get(..10).filter(|_| value.get(10..11) == Some("T"));
    let (says, _, length) = date::read(day.unwrap_or(value))?;
    let rest = value.get(length..)?;
    let start = place.columns.start + (text.len() - value.len());
    date::find(rest).is_none().then_some(OutOfDate {
        line: place.line,
        columns: start..start + length,
        instead: None,
        says,
    })
}

/// For each task the day on which it was completed, if it is and says so where it says its status,
/// or in a field that is for that day alone.
#[must_use]
pub fn completed_on(document: &Document, outline: &Outline) -> Vec<Option<Date>> {
    let signs = Signs::of(document, outline);
    let day = |task: usize| {
        let entry = outline.primary(task)?;
        let fields = entry.fields.iter();
        let finished = fields.filter(|field| role(&field.label) == Some(Role::Finished));
        let labels: Vec<&str> = finished.map(|field| field.label.as_str()).collect();
        let written = || {
            let day = facts::completed_on(document, entry, &labels);
            day.or_else(|| behind_sign(document, entry, &signs))
        };
        (entry.status == Status::Completed).then(written).flatten()
    };
    (0..outline.tasks.len()).map(day).collect()
}

/// The field that says on which day a task was completed, whatever its status, and that day. Labels
/// such as `End date` may be of a day that is planned.
#[must_use]
pub fn says_completed(entry: &Entry) -> Option<(&Field, Date)> {
    let is_of_its_own = |field: &&Field| {
        role(&field.label) == Some(Role::Finished) && Sense::Done.is_in(&field.label)
    };
    let day = |field: &Field| match lex::split(&field.value.text).first()?.kind {
        lex::Kind::Date(day, _) => Some(day),
        _ => None,
    };
    let mut fields = entry.fields.iter().filter(is_of_its_own);
    fields.find_map(|field| Some((field, day(field)?)))
}

/// The day in brackets at the end of a task's own line, behind the sign or word that says that it is
/// completed: `✅ Done (2025-10-15)`.
fn behind_sign(document: &Document, entry: &Entry, signs: &Signs<'_>) -> Option<Date> {
    let line = document.content(entry.lines.start).trim_end();
    let (before, inner) = line.strip_suffix(')')?.rsplit_once('(')?;
    let (day, _, length) = date::read(inner)?;
    let (_, status) = signs.trailing(before)?;
    (length == inner.len() && status == Status::Completed).then_some(day)
}

/// Whether a task's field names the day of something that happened.
fn has_happened(field: &Field) -> bool {
    matches!(
        role(&field.label),
        Some(Role::Finished | Role::Begun | Role::Updated)
    )
}

/// Whether a label of the document is about something that was changed or finished, so that a day
/// behind it has passed.
fn tells_of_a_change(label: &str) -> bool {
    let changed = || {
        let mut words = label.split(|c: char| !c.is_alphanumeric());
        words.any(|word| word.eq_ignore_ascii_case("update"))
    };
    let planned = Sense::Next.is_in(label) || Sense::Open.is_in(label);
    !planned && (Sense::Updated.is_in(label) || Sense::Last.is_in(label) || changed())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "**Last Updated:** 2025-10-03\n**Deadline**: 2026-01-01\n\n\
                        ## Work\n\n- [x] **T-1**: one ✅ 2025-10-05\n  - **Due**: 2025-12-24\n";

    #[test]
    fn what_is_due_is_no_day_on_which_something_happened() {
        let document = Document::from(PLAN);
        let outline = Outline::parse(&document);
        let mut days = days(&document, &outline);
        days.sort();
        let days: Vec<_> = days
            .iter()
            .map(|(line, day)| (*line, day.to_string()))
            .collect();
        let expected = [(0, "2025-10-03"), (5, "2025-10-05")];
        assert_eq!(days, expected.map(|(line, day)| (line, day.to_owned())));
    }

    #[test]
    fn a_day_before_the_newest_is_out_of_date_and_keeps_its_form() {
        let text = PLAN.replace("2025-10-03", "3.10.2025");
        let document = Document::from(text.as_str());
        let outline = Outline::parse(&document);
        let newest = |text| Date::read(text).unwrap();
        let found = out_of_date(&document, &outline, newest("2025-10-05"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].instead.as_deref(), Some("5.10.2025"));
        assert_eq!(
            document.content(0).get(found[0].columns.clone()),
            Some("3.10.2025")
        );
        assert_eq!(out_of_date(&document, &outline, newest("2025-10-03")), []);
    }
}
