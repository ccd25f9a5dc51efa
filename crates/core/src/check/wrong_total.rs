//! A total of tasks, stories or points is not their sum, or the last row of a table is not that of
//! the rows above it.

use ledger_document::derived::Tally;
use ledger_document::vocabulary::is_total;
use ledger_document::{Row, Table};

use super::Sheet;
use super::desk::{Desk, count};
use super::finding::{Finding, Spot};
use super::stale_roll_up::place;
use crate::rules::cut;

pub(super) const NAME: &str = "wrong-total";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let wrong = desk.disagreements(at).iter();
        for wrong in wrong.filter(|wrong| wrong.is_total) {
            let Some(tally) = &wrong.tally else {
                continue;
            };
            let says = cut(wrong.found.trim());
            let message = format!("it says '{says}', and {}", of_tasks(sheet, tally));
            found.extend(Finding::new(NAME, Spot::line(at, wrong.line), message));
        }
        for table in Table::all(sheet.document, sheet.outline) {
            sums(sheet, at, &table, found);
        }
    }
}

/// What tasks come to, as a clause: `there are 7 tasks in 'Phase 2'`.
fn of_tasks(sheet: &Sheet<'_>, tally: &Tally) -> String {
    let place = place(sheet, tally);
    match (&tally.unit, tally.total) {
        (Some(_), total) => format!("the tasks {place} come to {total}"),
        (None, 1) => format!("there is 1 task {place}"),
        (None, total) => format!("there are {total} tasks {place}"),
    }
}

/// Holds the last row of a table, if it is called a total, against the rows above it.
fn sums(sheet: &Sheet<'_>, at: usize, table: &Table, found: &mut Vec<Finding>) {
    let text = |row: &Row, column: usize| {
        let columns = row.cells.get(column)?.clone();
        sheet.document.content(row.line).get(columns)
    };
    let is_sum = |row: &Row| {
        let mut cells = (0..row.cells.len()).filter_map(|column| text(row, column));
        let first = cells.find(|cell| cell.contains(char::is_alphanumeric));
        first.is_some_and(|first| is_total(plain(first)))
    };
    let Some((last, rows)) = table.rows.split_last() else {
        return;
    };
    // Of several sums nobody knows which rows each is of.
    if rows.len() < 2 || !is_sum(last) || rows.iter().any(is_sum) {
        return;
    }
    for column in 0..last.cells.len() {
        let Some(says) = text(last, column).and_then(Amount::read) else {
            continue;
        };
        let above: Option<Vec<Amount<'_>>> = rows
            .iter()
            .filter_map(|row| text(row, column))
            .filter(|cell| cell.contains(char::is_alphanumeric))
            .map(Amount::read)
            .collect();
        let Some(above) = above.filter(|above| above.len() > 1) else {
            continue;
        };
        let sum: u64 = above
            .iter()
            .map(|own| own.thousandths)
            .fold(0, u64::saturating_add);
        // What is given in another unit may be another sum.
        if above.iter().any(|own| own.unit != says.unit) || sum == says.thousandths {
            continue;
        }
        let rows = count(rows.len(), "row", "rows");
        let message = format!(
            "it says {}, and the {rows} above come to {}",
            says.written(),
            Amount {
                thousandths: sum,
                ..says
            }
            .written()
        );
        let columns = last.cells.get(column).cloned().unwrap_or_default();
        let finding = Finding::new(NAME, Spot::columns(at, last.line, columns), message);
        found.extend(finding.map(|own| own.beside(Spot::line(at, table.header.line), "the table")));
    }
}

/// A cell without the markup around it.
fn plain(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`' | ':' | '：'))
}

/// A number of a table, with its unit.
#[derive(Clone, Copy)]
struct Amount<'a> {
    thousandths: u64,
    unit: &'a str,
}

impl<'a> Amount<'a> {
    /// The amount that is all of a cell: `8`, `~2.5h`, `**13 SP**`.
    fn read(cell: &'a str) -> Option<Self> {
        let text = plain(cell).trim_start_matches(['~', '≈']).trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = text.split_at(end.unwrap_or(text.len()));
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let unit = unit.trim();
        if part.is_empty() || part.len() > 3 || !unit.chars().all(char::is_alphabetic) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let part: u64 = format!("{part:0<3}").parse().ok()?;
        let thousandths = whole.checked_mul(1000)?.checked_add(part)?;
        Some(Self { thousandths, unit })
    }

    /// It in figures.
    fn written(self) -> String {
        let (whole, part) = (self.thousandths / 1000, self.thousandths % 1000);
        match part {
            0 => whole.to_string(),
            part => format!("{whole}.{}", format!("{part:03}").trim_end_matches('0')),
        }
    }
}
