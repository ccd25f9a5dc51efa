//! A line that counts tasks, or repeats what they say, says something else than they do.

use ledger_document::derived::{Disagreement, Tally, WrongMark, wrong_marks, wrong_shares};
use ledger_document::status::Status;

use super::Sheet;
use super::desk::{Desk, TaskAt, head};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "stale-roll-up";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        // That the percentage is wrong is said by a rule of its own.
        let shares = wrong_shares(sheet.document, sheet.outline);
        let is_share = |wrong: &Disagreement| {
            let tally = wrong.tally.as_ref().map(|tally| (tally.done, tally.total));
            let mut shares = shares.iter().filter(|share| share.line == wrong.line);
            shares.any(|share| tally == Some((share.part, share.whole)))
        };
        let wrong = desk.disagreements(at).iter();
        for wrong in wrong.filter(|wrong| !wrong.is_total && !is_share(wrong)) {
            let spot = Spot::line(at, wrong.line);
            let says = cut(wrong.found.trim()).into_owned();
            let finding = match (&wrong.expected, &wrong.tally) {
                (Some(expected), _) => {
                    let instead = cut(expected.trim()).into_owned();
                    let message = format!("it says '{says}', and by the tasks it is '{instead}'");
                    let hunk = desk.rewrite(at, wrong.line, expected.clone());
                    Finding::new(NAME, spot, message)
                        .map(|finding| finding.fixed_by("fill it from the tasks", hunk))
                }
                (None, Some(tally)) => counted(sheet, wrong, tally, at, spot),
                // It may count something else.
                (None, None) => None,
            };
            found.extend(finding);
        }
        let filled = |line: usize| {
            let mut wrong = desk.disagreements(at).iter();
            wrong.any(|wrong| wrong.line == line && wrong.expected.is_some())
        };
        let marks = wrong_marks(sheet.document, sheet.outline).into_iter();
        found.extend(
            marks
                .filter(|mark| !filled(mark.line))
                .filter_map(|mark| marked(desk, at, mark)),
        );
    }
}

fn marked(desk: &Desk<'_>, at: usize, mark: WrongMark) -> Option<Finding> {
    let entry = desk.entry(TaskAt {
        sheet: at,
        task: mark.task,
    })?;
    let name = cut(&mark.name);
    let message = format!(
        "{name} is marked as {} here, and is {} in line {}",
        mark.says,
        mark.status,
        entry.lines.start + 1
    );
    let finding = Finding::new(NAME, Spot::columns(at, mark.line, mark.columns), message)?;
    Some(finding.beside(head(at, entry), format!("{name} is {}", mark.status)))
}

fn counted(
    sheet: &Sheet<'_>,
    wrong: &Disagreement,
    tally: &Tally,
    at: usize,
    spot: Spot,
) -> Option<Finding> {
    let says = cut(wrong.found.trim());
    let message = format!("it says '{says}', and {}", of_tasks(sheet, tally));
    let finding = Finding::new(NAME, spot, message)?;
    Some(match tally.heading {
        Some(line) => finding.beside(Spot::line(at, line), "the tasks that it counts"),
        None => finding,
    })
}

/// What there is of tasks, as a clause: `7 of the 15 tasks in 'Phase 2' are completed`.
fn of_tasks(sheet: &Sheet<'_>, tally: &Tally) -> String {
    let place = place(sheet, tally);
    let unit = tally.unit.as_deref().map_or("tasks", |_| "points");
    format!(
        "{} of the {} {unit} {place} are {}",
        tally.done,
        tally.total,
        Status::Completed
    )
}

/// Where the tasks of a tally stand.
pub(super) fn place(sheet: &Sheet<'_>, tally: &Tally) -> String {
    let section = tally.heading.and_then(|line| sheet.outline.headed_at(line));
    match section {
        Some(section) => format!("in '{}'", cut(section.title.text.trim())),
        None => "in the plan".to_owned(),
    }
}
