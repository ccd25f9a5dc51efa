//! Fills the slots of bound lines anew after a change of the tasks.

use std::sync::Arc;

use crate::hunk::Hunk;
use crate::outline::Outline;
use crate::status::Status;
use crate::text::{self, Document};

use super::binding::Binding;
use super::facts::Facts;
use super::fill::Filler;
use super::group::Scope;
use super::in_step::{InStep, Touched};
use super::stale;
use super::summary;
use super::template::Part;
use super::unfilled::{Unfilled, Why};

/// A change of the tasks that was just applied to a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The task whose status changed, as an index into [`Outline::tasks`] of the changed
    /// document, and its new status; `None` where tasks came or went.
    pub flipped: Option<(usize, Status)>,
    /// The tasks that came back after they had left, as indices like that of `flipped`.
    pub returned: Vec<usize>,
    /// The day of the change, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// What was done, in the words of whoever did it.
    pub summary: Option<String>,
}

/// What filling anew gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refill {
    /// The edits, in order. Each replaces one line by one.
    pub hunks: Vec<Hunk>,
    /// What the edited document says, where that took no more than reading these lines again.
    pub outline: Option<Arc<Outline>>,
    /// The bindings that hold afterwards; `None` if they are those from before.
    pub bindings: Option<Vec<Binding>>,
    /// Which lines are in step afterwards, for the next change.
    pub in_step: InStep,
    /// Lines that do not say all they should now: bound ones that were left as they are or have
    /// no place for the summary, and unbound ones that this change made wrong.
    pub unfilled: Vec<Unfilled>,
}

/// Fills the slots of all bound lines from the tasks as they are now.
///
/// `document` and `outline` are those after the change's own edit, and so are the lines of
/// `bindings` (see [`Binding::carry`]). A line is filled whole or not at all.
#[must_use]
pub fn refill(
    document: &Document,
    outline: &Outline,
    bindings: &[Binding],
    change: &Change,
) -> Refill {
    refill_rest(document, outline, bindings, change, InStep::default())
}

/// [`refill`], given which of the lines were in step before the change: those that cannot be
/// about the task whose status changed still are.
///
/// `known` is what the last one gave. Since then, that task may have changed and no other.
#[must_use]
pub fn refill_rest(
    document: &Document,
    outline: &Outline,
    bindings: &[Binding],
    change: &Change,
    known: InStep,
) -> Refill {
    let mut refill = Refill::default();
    let closed = change.flipped.filter(|(_, to)| to.is_closed());
    if bindings.is_empty() && closed.is_none() {
        return refill;
    }
    let facts = Facts::new(document, outline);
    let filler = Filler::after(&facts, change);
    let touched = Touched::by(&facts, change);
    let mut in_step = known.since(&facts, bindings.len());
    let mut changed = Changed::new(bindings);
    let mut told = false;
    let mut untold = None;
    for (at, binding) in bindings.iter().enumerate() {
        if in_step.holds(at, document, binding, &touched) {
            continue;
        }
        let own_words = filler.takes_summary(binding);
        let summarized = own_words.then(|| summary::with_place(binding)).flatten();
        if let Some(summarized) = &summarized {
            changed.replace(at, summarized.clone());
        }
        let binding = summarized.as_ref().unwrap_or(binding);
        let filled = filler.fill(binding);
        let old = document.line(binding.line);
        let is_same = matches!(&filled, Ok(content) if content == text::content(old));
        in_step.note(at, document, binding, is_same);
        match filled {
            Ok(content) => {
                if own_words && summary::has_place(binding) {
                    told = true;
                } else if own_words {
                    untold.get_or_insert_with(|| Unfilled {
                        line: binding.line,
                        label: label(&binding.template),
                        why: Why::NoPlaceForSummary,
                    });
                }
                if !is_same {
                    refill.hunks.push(Hunk {
                        at: binding.line,
                        remove: 1,
                        insert: vec![Arc::from(content + text::terminator(old))],
                    });
                }
            }
            Err(why) => {
                if why == Why::Rewritten {
                    changed.remove(at);
                }
                refill.unfilled.push(Unfilled {
                    line: binding.line,
                    label: label(&binding.template),
                    why,
                });
            }
        }
    }
    refill.unfilled.extend(untold.filter(|_| !told));
    if let Some((task, to)) = closed {
        let stale = stale::stale(&facts, bindings, task, to);
        refill.unfilled.extend(stale);
    }
    if !refill.hunks.is_empty() {
        let reread = outline.reread_lines(document, &refill.hunks);
        refill.outline = reread.map(|reread| Arc::new(reread.outline));
    }
    refill.bindings = changed.list;
    if refill.bindings.is_none() {
        refill.in_step = in_step;
    }
    refill
}

/// A list of bindings, copied when the first of them changes.
struct Changed<'a> {
    before: &'a [Binding],
    list: Option<Vec<Binding>>,
    removed: usize,
}

impl<'a> Changed<'a> {
    const fn new(before: &'a [Binding]) -> Self {
        Self {
            before,
            list: None,
            removed: 0,
        }
    }

    /// Puts another binding in the place of the one that had this index.
    fn replace(&mut self, at: usize, new: Binding) {
        let list = self.list.get_or_insert_with(|| self.before.to_vec());
        if let Some(own) = list.get_mut(at - self.removed) {
            *own = new;
        }
    }

    /// Takes out the one that had this index; those before it are done with.
    fn remove(&mut self, at: usize) {
        let list = self.list.get_or_insert_with(|| self.before.to_vec());
        list.remove(at - self.removed);
        self.removed += 1;
    }
}

/// The edits that bring bound lines in step with the tasks where nothing just happened to these:
/// dates stay, and so do lines that cannot be filled.
#[must_use]
pub fn refresh(document: &Document, outline: &Outline, bindings: &[Binding]) -> Vec<Hunk> {
    if bindings.is_empty() {
        return Vec::new();
    }
    let facts = Facts::new(document, outline);
    let filler = Filler::of(&facts);
    let filled = bindings.iter().filter_map(|binding| {
        let content = filler.fill(binding).ok()?;
        let old = document.line(binding.line);
        (content != text::content(old)).then(|| Hunk {
            at: binding.line,
            remove: 1,
            insert: vec![Arc::from(content + text::terminator(old))],
        })
    });
    filled.collect()
}

/// A line's text in front of its first slot, without markup.
pub(super) fn label(template: &[Part]) -> String {
    let text = template.iter().find_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Slot(_) => None,
    });
    text.unwrap_or_default()
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_owned()
}

/// Whether a binding's group still exists in a document.
pub(super) fn resolves(facts: &Facts<'_>, binding: &Binding) -> bool {
    binding.subject.group().is_none_or(|group| match &group.of {
        Scope::All => true,
        Scope::Section(_) | Scope::Prefix(_) => group.members(facts).is_some(),
    })
}
