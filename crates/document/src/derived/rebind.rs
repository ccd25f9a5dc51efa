//! Brings recorded bindings in step with a document that was edited.

use std::collections::{BTreeSet, HashSet};

use crate::outline::Outline;
use crate::text::Document;

use super::bind::bind_beside;
use super::binding::Binding;
use super::facts::Facts;
use super::refill::resolves;
use super::summary;

/// The bindings of an edited document: the recorded ones whose line still reads like their
/// template (their lines carried along, see [`Binding::carry`]), and those of lines that bind now.
///
/// A recorded binding stays even where the figures happen to fit another group too. Of the lines
/// in `by_hand` somebody wrote the words: where these are not those that the line had of its own,
/// it has none from then on, unless it binds anew.
#[must_use]
pub fn rebind(
    document: &Document,
    outline: &Outline,
    kept: &[Binding],
    by_hand: &BTreeSet<usize>,
) -> Vec<Binding> {
    let facts = Facts::all(document, outline);
    let mut lines = HashSet::new();
    let mut bindings = Vec::new();
    let mut reworded = Vec::new();
    for binding in kept {
        let line = binding.line;
        let stays = line < document.len()
            && binding.fits(document.content(line))
            && resolves(&facts, binding);
        if stays && by_hand.contains(&line) && !summary::has_usual_words(binding, document) {
            reworded.push(summary::without_words(binding));
        } else if stays && lines.insert(line) {
            bindings.push(binding.clone());
        }
    }
    for binding in bind_beside(&facts, &lines).into_iter().chain(reworded) {
        if lines.insert(binding.line) {
            bindings.push(binding);
        }
    }
    bindings.sort_by_key(|binding| binding.line);
    bindings
}
