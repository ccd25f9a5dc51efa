//! `ledger audit --follow`: what is appended is shown as it comes.
//!
//! Only the journal file's length and place on disk are looked at until they change; then the
//! ledger is opened anew, so a history that was rewritten beside and swapped is read from its new
//! file. No lock is held, and no more than one batch.

use std::fs;
use std::path::Path;
use std::time::Duration;

use ledger_core::project::{Entry, Filter};
use ledger_core::{EventId, Seq};
use ledger_store::Store;

use super::about::About;
use super::sink::Sink;
use crate::failure::Failure;
use crate::output::screen;
use crate::session::Session;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// So many looks in a row may find the ledger's files being swapped.
const PATIENCE: u32 = 15;

/// Shows events from the head on. Ends where nobody reads any more.
pub(super) fn on(
    mut session: Session,
    mut sink: Sink,
    filter: &Filter,
    mut about: About,
) -> Result<(), Failure> {
    let journal = session.layout().journal();
    let mut last = last_of(&mut session);
    // Taken as seen only once what was there then has been read.
    let mut seen = None;
    let mut failed = 0;
    loop {
        session.release();
        sink.flush()?;
        if !screen::wait(PAUSE) {
            return Ok(());
        }
        let now = Seen::of(&journal);
        if now.is_some() && now == seen {
            continue;
        }
        match session.reopened() {
            Ok(true) => {
                show_after(&mut session, last, &mut sink, filter, &mut about)?;
                last = last_of(&mut session);
            }
            Ok(false) => {}
            Err(_) if failed == PATIENCE && now.is_none() => {
                let path = journal.display();
                return Err(Failure::trouble(format!(
                    "the ledger is gone: there is no {path}"
                )));
            }
            Err(failure) if failed == PATIENCE => return Err(failure),
            Err(_) => {
                failed += 1;
                continue;
            }
        }
        failed = 0;
        seen = now;
    }
}

/// The last event that was there.
fn last_of(session: &mut Session) -> Option<(Seq, EventId)> {
    session.store().head().map(|head| (head.seq, head.id))
}

fn show_after(
    session: &mut Session,
    last: Option<(Seq, EventId)>,
    sink: &mut Sink,
    filter: &Filter,
    about: &mut About,
) -> Result<(), Failure> {
    let from = match last {
        Some((seq, id)) => {
            let then = session.store().event(seq)?;
            let stands = then.is_some_and(|own| own.event.id == id);
            if !stands {
                // A repair put the events in another order, or gave some up.
                return Err(Failure::finding(format!(
                    "event {seq} is another one now: the history was put together anew"
                ))
                .hint("ledger audit shows what it is now"));
            }
            Seq(seq.0 + 1)
        }
        None => Seq(0),
    };
    for batch in session.store().read(from)? {
        let batch = batch?;
        for recorded in batch.events().iter().filter(|own| own.seq >= from) {
            if about.follows(recorded) && filter.admits(recorded) {
                sink.push(&Entry::of(recorded))?;
            }
        }
    }
    Ok(())
}

/// What tells that a journal was appended to, or that another file has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    length: u64,
    file: Option<(u64, u64)>,
}

impl Seen {
    /// `None` while it is not there.
    fn of(journal: &Path) -> Option<Self> {
        let metadata = fs::metadata(journal).ok()?;
        Some(Self {
            length: metadata.len(),
            file: place(&metadata),
        })
    }
}

#[cfg(unix)]
fn place(metadata: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn place(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
