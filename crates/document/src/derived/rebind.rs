//! Brings recorded bindings in step with a document that was edited.

use std::collections::HashSet;

use crate::outline::Outline;
use crate::text::Document;

use super::bind::bind_beside;
use super::binding::Binding;
use super::facts::Facts;
use super::refill::resolves;

/// The bindings of an edited document: the recorded ones whose line still reads like their
/// template (their lines carried along, see [`Binding::carry`]), and those of lines that bind now.
///
/// A recorded binding stays even where the figures happen to fit another group too.
#[must_use]
pub fn rebind(document: &Document, outline: &Outline, kept: &[Binding]) -> Vec<Binding> {
    let facts = Facts::all(document, outline);
    let mut lines = HashSet::new();
    let mut bindings: Vec<Binding> = kept
        .iter()
        .filter(|binding| {
            binding.line < document.len()
                && binding.fits(document.content(binding.line))
                && resolves(&facts, binding)
                && lines.insert(binding.line)
        })
        .cloned()
        .collect();
    let new = bind_beside(&facts, &lines);
    bindings.extend(
        new.into_iter()
            .filter(|binding| !lines.contains(&binding.line)),
    );
    bindings.sort_by_key(|binding| binding.line);
    bindings
}
