//! Where somebody's own words about a completed task can stand in a line.

use super::binding::Binding;
use super::template::{self, Part, Slot};
use crate::text::Document;

/// Whether a line has a place for a summary.
pub(super) fn has_place(binding: &Binding) -> bool {
    let is_summary = |part: &Part| matches!(part, Part::Slot(Slot::Summary { .. }));
    binding.template.iter().any(is_summary)
}

/// The binding with a place for a summary where its line repeats the title inside brackets behind
/// the id: `K-1 (Roof - 2025-10-01)`. `None` if it has a place already, or no such brackets.
///
/// Without a summary the place holds what it held before.
pub(super) fn with_place(binding: &Binding) -> Option<Binding> {
    if has_place(binding) {
        return None;
    }
    let parts = &binding.template;
    let id = parts
        .iter()
        .position(|part| matches!(part, Part::Slot(Slot::Id)))?;
    let repeats = |part: &Part| matches!(part, Part::Slot(Slot::Piece { .. } | Slot::Names { .. }));
    let mut depth = 0;
    let mut place: Option<(usize, usize)> = None;
    for (at, part) in parts.iter().enumerate().skip(id + 1) {
        match part {
            Part::Text(text) => {
                depth += brackets(text);
                if depth <= 0 && place.is_some() {
                    break;
                }
            }
            part if depth > 0 && repeats(part) => {
                place = Some((place.map_or(at, |(first, _)| first), at));
            }
            Part::Slot(_) if place.is_some() => break,
            Part::Slot(_) => {}
        }
    }
    let (first, last) = place?;
    let mut template = parts.get(..first)?.to_vec();
    template.push(Part::Slot(Slot::Summary {
        default: parts.get(first..=last)?.to_vec(),
    }));
    template.extend_from_slice(parts.get(last + 1..)?);
    Some(Binding {
        template,
        ..binding.clone()
    })
}

/// Whether the place for a summary, if a line has one, holds what stands there without one.
pub(super) fn has_usual_words(binding: &Binding, document: &Document) -> bool {
    let content = document.content(binding.line);
    let places = template::lay(&binding.template, content).unwrap_or_default();
    let slots = binding.template.iter().filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Slot(slot) => Some(slot),
    });
    slots.zip(places).all(|(slot, place)| match slot {
        Slot::Summary { default } if !default.is_empty() => content
            .get(place)
            .is_some_and(|words| template::lay(default, words).is_some()),
        _ => true,
    })
}

/// The binding with a place for a summary that holds nothing else.
pub(super) fn without_words(binding: &Binding) -> Binding {
    let template = binding.template.iter().map(|part| match part {
        Part::Slot(Slot::Summary { .. }) => Part::Slot(Slot::Summary {
            default: Vec::new(),
        }),
        part => part.clone(),
    });
    Binding {
        template: template.collect(),
        ..binding.clone()
    }
}

/// How many more brackets a text opens than it closes.
fn brackets(text: &str) -> i32 {
    text.chars().fold(0, |depth: i32, c| match c {
        '(' | '（' => depth.saturating_add(1),
        ')' | '）' => depth.saturating_sub(1),
        _ => depth,
    })
}
