//! What is not known of a plan's past any more.

use std::io::Write;

use ledger_core::Plan;

use crate::output::escape::plain;

/// Says on standard error where lines of a plan were redacted: one of them may have been a heading,
/// and what stood below it is shown below the one before.
pub(super) fn note(plan: &Plan) {
    let mut err = anstream::stderr().lock();
    for document in plan.documents() {
        let lines = match document.redacted_lines() {
            0 => continue,
            1 => "one line".to_owned(),
            count => format!("{count} lines"),
        };
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(
            err,
            "note: since then, {lines} of {} got redacted; what was below a heading among them is shown below the one before it",
            plain(&document.path)
        );
    }
}
