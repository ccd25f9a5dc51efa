//! Which of two copies is right: the table of cases, and nothing else.
//!
//! | the mark (of `head`, or of the store) | the journal | so |
//! |---|---|---|
//! | none | anything | unknown: verify it from the start |
//! | at the journal's end, same last bytes | | level: nothing to do |
//! | before the journal's end, same last bytes there | longer | it lags: verify what follows |
//! | past the journal's end | shorter | damage: lines are gone; refused |
//! | other last bytes at the mark | | damage: two histories; refused, both are kept |
//!
//! | after the last batch that verifies | so |
//! |---|---|
//! | nothing | clean |
//! | the beginning of a line, or of a batch | torn: never acknowledged; kept aside and cut |
//! | a last line with zero bytes in it | torn: its blocks never reached the disk |
//! | any other line | damage; refused with its number |

use crate::error::StoreError;
use crate::head::Mark;
use crate::journal::{Journal, Rest};

/// How something derived from the journal stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It says nothing.
    Unknown,
    /// It was made from the whole journal.
    Level,
    /// It was made from an earlier part of this journal.
    Lags,
    /// It was made from a longer journal.
    Ahead,
    /// It was made from another journal.
    Differs,
}

/// The first table, for a mark and the journal's length and tail hash at the mark.
pub(crate) fn standing(mark: Option<&Mark>, journal: &Journal) -> Result<Standing, StoreError> {
    let Some(mark) = mark else {
        return Ok(Standing::Unknown);
    };
    Ok(if mark.length > journal.length() {
        Standing::Ahead
    } else if mark.tail != journal.tail(mark.length)? {
        Standing::Differs
    } else if mark.length < journal.length() {
        Standing::Lags
    } else {
        Standing::Level
    })
}

/// The part of a journal that a mark vouches for: `None` if it must be read from the start.
///
/// `other` is what the mark belongs to, for the error.
pub(crate) fn vouched<'a>(
    mark: Option<&'a Mark>,
    journal: &Journal,
    other: &str,
) -> Result<Option<&'a Mark>, StoreError> {
    match (standing(mark, journal)?, mark) {
        (Standing::Ahead, Some(mark)) => Err(StoreError::JournalShort {
            path: journal.path().to_owned(),
            journal: journal.length(),
            other: other.to_owned(),
            expected: mark.length,
        }),
        (Standing::Differs, Some(mark)) => Err(StoreError::Disagree {
            path: journal.path().to_owned(),
            other: other.to_owned(),
            at: mark.length,
        }),
        (Standing::Level | Standing::Lags, mark) => Ok(mark),
        _ => Ok(None),
    }
}

/// What to do with what stands after the last batch that verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// There is nothing.
    Clean,
    /// It was never acknowledged; why.
    Torn(&'static str),
    /// It is damage.
    Damaged,
}

/// The second table.
pub(crate) const fn tail(rest: &Rest) -> Tail {
    match rest {
        Rest::Nothing => Tail::Clean,
        Rest::PartialLine => Tail::Torn("the last line of the journal was not complete"),
        Rest::PartialBatch => Tail::Torn("the last batch of the journal was not complete"),
        Rest::Bad {
            zeros_at_the_end: true,
            ..
        } => Tail::Torn("the last line of the journal never reached the disk"),
        Rest::Bad { .. } => Tail::Damaged,
    }
}
