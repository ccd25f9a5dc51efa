//! A merge left its conflict markers behind: a line that begins with seven `<`, and after it one
//! with seven `=` and one with seven `>`, as git writes them.

use super::desk::Desk;
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "conflict-marker";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        // The lines of the markers so far.
        let mut ours = None;
        let mut middle = false;
        for line in 0..sheet.document.len() {
            let content = sheet.document.content(line);
            if content.starts_with("<<<<<<< ") {
                (ours, middle) = (Some(line), false);
            } else if content == "=======" {
                middle = ours.is_some();
            } else if content.starts_with(">>>>>>> ")
                && middle
                && let Some(start) = ours.take()
            {
                let message = format!(
                    "a merge left lines {} to {} in conflict",
                    start + 1,
                    line + 1
                );
                let spot = Spot {
                    sheet: at,
                    lines: start..line + 1,
                    columns: None,
                };
                found.extend(Finding::new(NAME, spot, message));
            }
        }
    }
}
