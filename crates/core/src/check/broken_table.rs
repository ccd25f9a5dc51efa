//! A table's row has another number of cells than its header. Markdown fills up what is missing
//! and drops what is too much, without a word.

use ledger_document::{Row, Table};

use super::desk::{Desk, count};
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "broken-table";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        for table in Table::all(sheet.document, sheet.outline) {
            let expected = table.header.cells.len();
            for row in table.rows {
                if row.cells.len() != expected {
                    found.extend(broken(desk, at, &row, table.header.line, expected));
                }
            }
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
    let wanted = count(expected, "cell", "cells");
    let message = match (row.parted, row.cells.len()) {
        (false, _) => "text right below a table is taken for a row of it".to_owned(),
        (true, own) => format!(
            "the row has {}, and the header {wanted}",
            count(own, "cell", "cells")
        ),
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
