//! A table that markdown does not read as it was meant: a row has another number of cells than its
//! header (what is missing is filled up, and what is too much dropped, without a word), another table
//! begins inside it, an empty line cuts it in two, or its line of dashes is missing or does not fit
//! the header, so that it is no table at all (GFM, §4.10).

use std::ops::Range;

use ledger_document::{Row, Table};

use super::Sheet;
use super::desk::{Desk, count};
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "broken-table";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let tables = Table::all(sheet.document, sheet.outline);
        for table in &tables {
            rows(desk, at, table, found);
        }
        outside(desk, at, &tables, found);
    }
}

/// The rows of a table, held against its header, or that of another table inside it.
fn rows(desk: &Desk<'_>, at: usize, table: &Table, found: &mut Vec<Finding>) {
    let (mut header, mut expected) = (table.header.line, table.header.cells.len());
    let document = desk.sheets.get(at).map(|sheet| sheet.document);
    for row in &table.rows {
        let text =
            document.and_then(|document| document.content(row.line).get(row.columns.clone()));
        let dashes = text.and_then(dashes).filter(|_| row.line > header + 2);
        if let Some(cells) = dashes {
            (header, expected) = (row.line - 1, cells);
            let message =
                "another table begins inside this one: an empty line has to stand before it";
            let spot = Spot::columns(at, row.line, row.columns.clone());
            let finding = Finding::new(NAME, spot, message);
            let first = Spot::line(at, table.header.line);
            found.extend(finding.map(|own| own.beside(first, "this one")));
        } else if row.cells.len() != expected {
            found.extend(broken(desk, at, row, header, expected));
        }
    }
}

fn broken(
    desk: &Desk<'_>,
    at: usize,
    row: &Row,
    header: usize,
    expected: usize,
) -> Option<Finding> {
    let content = desk.sheets.get(at)?.document.content(row.line);
    let wanted = cells(expected);
    let message = match (row.parted, row.cells.len()) {
        (false, _) => "text right below a table is taken for a row of it".to_owned(),
        (true, own) => format!("the row has {}, and the header {wanted}", cells(own)),
    };
    let spot = Spot::columns(at, row.line, row.columns.clone());
    let finding = Finding::new(NAME, spot, message)?.beside(Spot::line(at, header), wanted);
    let missing = expected.saturating_sub(row.cells.len());
    // Empty cells are what markdown takes it for; an end without a bar would be one with them.
    let text = content.trim_end();
    if !row.parted || missing == 0 || !text.ends_with('|') || text.ends_with("\\|") {
        return Some(finding);
    }
    let hunk = desk.rewrite(at, row.line, format!("{text}{}", "  |".repeat(missing)));
    Some(finding.fixed_by(
        format!("add {}", count(missing, "empty cell", "empty cells")),
        hunk,
    ))
}

/// Lines between bars that are in no table.
fn outside(desk: &Desk<'_>, at: usize, tables: &[Table], found: &mut Vec<Finding>) {
    let Some(sheet) = desk.sheets.get(at) else {
        return;
    };
    let mut skipped = desk.opaque(sheet);
    // Each table's last line, with the number of its columns.
    let mut ends = tables.iter().map(|table| {
        let dashes = table.header.line + 1;
        let last = table.rows.last().map_or(dashes, |row| row.line);
        (last, table)
    });
    for (last, table) in ends.clone() {
        if let Some(own) = skipped.get_mut(table.header.line..last + 1) {
            own.fill(true);
        }
    }
    let mut above: Option<(usize, &Table)> = None;
    let mut line = 0;
    while line < sheet.document.len() {
        let is_barred = |line: &usize| {
            let free = skipped.get(*line) == Some(&false);
            free && barred(sheet.document.content(*line)).is_some()
        };
        let run = line..line + (line..sheet.document.len()).take_while(is_barred).count();
        if run.is_empty() {
            line += 1;
            continue;
        }
        line = run.end;
        while let Some(end) = ends.clone().next().filter(|(last, _)| *last < run.start) {
            above = Some(end);
            ends.next();
        }
        let is_blank = |line: usize| sheet.document.content(line).trim().is_empty();
        let cut_off = above.filter(|(last, _)| (last + 1..run.start).all(is_blank));
        found.extend(unread(sheet, at, &run, cut_off.map(|(_, table)| table)));
    }
}

/// Says why lines between bars are no table. `above`: the table that only empty lines part them from.
fn unread(
    sheet: &Sheet<'_>,
    at: usize,
    run: &Range<usize>,
    above: Option<&Table>,
) -> Option<Finding> {
    let of = |line: usize| barred(sheet.document.content(line));
    let own = cells_of(of(run.start)?);
    let second = Some(run.start + 1).filter(|line| run.contains(line));
    if let Some((line, dashes)) = second.and_then(|line| Some((line, dashes(of(line)?)?))) {
        let message = match (cells(dashes), cells(own)) {
            (wrong, wanted) if wrong != wanted => {
                format!("the line of dashes has {wrong}, and the header {wanted}: this is no table")
            }
            _ => "what stands right above makes this no table: an empty line has to stand between"
                .to_owned(),
        };
        let finding = Finding::new(NAME, Spot::line(at, line), message)?;
        return Some(finding.beside(Spot::line(at, run.start), "the header"));
    }
    let spot = Spot {
        sheet: at,
        lines: run.clone(),
        columns: None,
    };
    if let Some(table) = above.filter(|table| table.header.cells.len() == own) {
        let rows = count(run.len(), "row", "rows");
        let message = format!("an empty line cuts {rows} off the table above");
        let finding = Finding::new(NAME, spot, message)?;
        return Some(finding.beside(Spot::line(at, table.header.line), "the table"));
    }
    let alike = run.clone().all(|line| of(line).map(cells_of) == Some(own));
    let message = "these rows are no table: a line of dashes has to stand below the first";
    Finding::new(NAME, spot, message).filter(|_| second.is_some() && own > 1 && alike)
}

/// What stands on a line from its first bar to its last, where nothing stands around them.
fn barred(content: &str) -> Option<&str> {
    let text = content.trim_start_matches([' ', '\t', '>']).trim_end();
    let is_row = text.len() > 1 && text.starts_with('|') && text.ends_with('|');
    is_row.then_some(text)
}

/// How many cells a line of dashes is for; `None` if it is none.
fn dashes(text: &str) -> Option<usize> {
    let is_rule = |cell: &str| {
        cell.trim().trim_matches(':').len() > 2 && {
            let bare = cell.trim().trim_matches(':');
            bare.bytes().all(|byte| byte == b'-')
        }
    };
    let inner = text.trim().trim_matches('|');
    inner.split('|').all(is_rule).then(|| cells_of(text))
}

/// How many cells a line has.
fn cells_of(text: &str) -> usize {
    let inner = text.trim();
    let inner = inner.strip_prefix('|').unwrap_or(inner);
    let inner = match inner.strip_suffix('|') {
        Some(rest) if !rest.ends_with('\\') => rest,
        _ => inner,
    };
    let escaped = inner.matches("\\|").count();
    inner.matches('|').count() - escaped + 1
}

fn cells(number: usize) -> String {
    count(number, "cell", "cells")
}
