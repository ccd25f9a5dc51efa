//! Telling that plan files are not what the ledger has, beside an answer taken from the ledger.

use std::io::Write;

use ledger_store::checkouts::{Checkout, Moment};

use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::Session;

/// Notes on standard error which plan files differ. A query answers all the same, so files that
/// cannot be looked at are only named too.
pub(crate) fn note(session: &mut Session) {
    let mut err = anstream::stderr().lock();
    let files = match session.look() {
        Ok(files) => files,
        Err(failure) => {
            let _ = failure
                .about("the plan files were not looked at")
                .report(&mut err);
            return;
        }
    };
    for file in files {
        let path = plain(&file.path);
        // There is nowhere to report a failing standard error to.
        let _ = match file.state {
            Checkout::Current => Ok(()),
            Checkout::Stale(moment) => writeln!(
                err,
                "note: {path} is {}; ledger observe brings it forward",
                as_of(moment)
            ),
            Checkout::Edited { .. } => writeln!(
                err,
                "note: {path} was edited since; ledger observe records it"
            ),
            Checkout::Absent => {
                writeln!(err, "note: {path} is not there; ledger render writes it")
            }
            Checkout::Unmerged => writeln!(err, "note: {path} has conflicts in git's index"),
            Checkout::Unreadable => {
                let why = file.trouble.as_ref().map_or("", Failure::message);
                writeln!(err, "note: {}", plain(why))
            }
        };
    }
}

/// What a stale file is: `as of event 5`.
pub(crate) fn as_of(moment: Option<Moment>) -> String {
    match moment {
        Some(moment) => format!("as of event {}", moment.seq),
        None => "as it was before the ledger".to_owned(),
    }
}
