//! An edit that was made on an older text, merged with what the plan has got since.

use std::collections::HashSet;

use ledger_document::derived::{self, Binding};
use ledger_document::hunk::{diff, merge};
use ledger_document::{Document, Outline};

use super::observed::Edited;
use crate::plan::PlanDocument;

impl Edited {
    /// What a plan should say after somebody made `found` of its older text `base`.
    ///
    /// What is derived from the tasks is neither side's any more, since none could count what the
    /// other one did, and is filled anew. A line stays that did not agree with the tasks in the
    /// plan itself, or that was written otherwise by hand.
    #[must_use]
    pub fn merged(own: &PlanDocument, base: &Document, found: &Document) -> Self {
        let ours = &own.text;
        let merge = merge(base, found, ours);
        let followed = followed(own, base, found);
        let mut text = merge.document;
        let to_merged = diff(ours, &text);
        let carried: Vec<(usize, Binding)> = followed
            .iter()
            .filter_map(|binding| Some((binding.line, binding.carry(&to_merged)?)))
            .collect();
        let filled: HashSet<usize> = carried.iter().map(|(line, _)| *line).collect();
        let bindings: Vec<Binding> = carried.into_iter().map(|(_, binding)| binding).collect();
        if !bindings.is_empty() {
            for hunk in derived::refresh(&text, &Outline::parse(&text), &bindings) {
                // Each replaces one line, so that all fit.
                let _ = text.apply(&hunk);
            }
        }
        let overrode = merge.overridden.into_iter().flatten();
        Self {
            document: own.id.clone(),
            text,
            overrode: overrode
                .filter(|line| !filled.contains(line))
                .map(|line| ours.line(line).to_owned())
                .collect(),
            returned: merge
                .returned
                .into_iter()
                .map(|line| base.line(line).to_owned())
                .collect(),
        }
    }
}

/// The derived text of a plan that agrees with its tasks, and in the found text too unless nobody
/// touched it there.
fn followed<'a>(own: &'a PlanDocument, base: &Document, found: &Document) -> Vec<&'a Binding> {
    if own.bindings.is_empty() {
        return Vec::new();
    }
    let agrees = |document: &Document, outline: &Outline, binding: &Binding| {
        derived::refresh(document, outline, std::slice::from_ref(binding)).is_empty()
    };
    let (ours, theirs) = (own.outline(), Outline::parse(found));
    let to_found = diff(&own.text, found);
    let known: HashSet<&str> = (0..base.len()).map(|line| base.content(line)).collect();
    own.bindings
        .iter()
        .filter(|binding| agrees(&own.text, &ours, binding))
        .filter(|binding| {
            let there = binding.carry(&to_found);
            there.is_none_or(|there| {
                known.contains(found.content(there.line)) || agrees(found, &theirs, &there)
            })
        })
        .collect()
}
