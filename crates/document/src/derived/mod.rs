//! Derived text: lines of a plan that repeat what its tasks say.
//!
//! `4/5 batches completed (80%)`, `Next: K-7 (Roof)`, `K-1 ✅ → K-2 ⏳`. Such a line is kept as a
//! template, literal words around slots, with a subject the slots are about ([`Binding`]).
//! [`bind`] finds these lines, [`rebind`] keeps what was found in step with edits, [`refill`]
//! writes the new values after a change of status ([`refill_rest`] looks only at those that it can
//! have changed), and [`disagreements`] lists the lines that look derived and are wrong.
//!
//! Invariants: a line binds only if every slot agrees with the tasks and just one group of tasks
//! fits it; free prose never binds, since a wrong binding would overwrite somebody's words; and
//! filling changes nothing but the text of slots.

mod bind;
mod binding;
mod called;
mod check;
mod date;
mod facts;
mod figures;
mod fill;
mod group;
mod hints;
mod in_step;
mod learnt;
mod lex;
mod line;
mod mark;
mod mention;
mod pointers;
mod rebind;
mod refill;
mod sequence;
mod stale;
mod summary;
mod tally;
mod template;
mod title;
mod total;
mod unfilled;
mod updated;

#[cfg(test)]
mod tests;

pub(crate) use learnt::Learnt;
pub(crate) use line::{dates_its_section, fits_a_place};

pub use bind::bind;
pub use binding::{Binding, Subject};
pub use check::{Disagreement, Tally, WrongShare, disagreements, looks_like_rollup, wrong_shares};
pub use date::{Date, DateFormat, UnknownPattern};
pub use group::{Depth, Group, Scope};
pub use in_step::InStep;
pub use pointers::{Misdirection, misdirections};
pub use rebind::rebind;
pub use refill::{Change, Refill, refill, refill_rest, refresh};
pub use sequence::{WrongMark, wrong_marks};
pub use template::{Part, Rounding, Share, Slot};
pub use title::Piece;
pub use unfilled::{Unfilled, Why};
pub use updated::{OutOfDate, completed_on, days, out_of_date, says_completed};
