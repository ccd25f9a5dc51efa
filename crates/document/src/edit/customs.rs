//! How a whole plan writes statuses, for what no sibling shows.
//!
//! It is asked again and again while a batch goes on, and each change of a status changes what one
//! entry says: so what is known is kept beside the outline, and carried over what was
//! [reread by lines](Outline::reread_lines).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::phrase::{Parts, head};
use super::wording::span;
use crate::kept::Kept;
use crate::outline::{Entry, Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary;

/// What is known of an outline's plan; each part once it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Customs {
    /// How many entries use boxes other than `[ ]` and `[x]`.
    wide: Kept<usize>,
    /// The status words, each with how many places write it.
    words: Kept<BTreeMap<String, usize>>,
    /// Status words beside the tasks.
    around: Kept<Around>,
}

/// Status words beside the tasks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The headings that are status words, as written, without marks and dates.
    pub(super) headings: Vec<(String, Status)>,
    /// The words of these and of the labels of what the plan counts, in order.
    pub(super) plain: Vec<String>,
}

impl Customs {
    /// Whether any entry uses boxes other than `[ ]` and `[x]`.
    pub(super) fn uses_wide_boxes(document: &Document, outline: &Outline) -> bool {
        let content = |line| document.content(line);
        let is_wide = |entry: &&Entry| is_wide(entry, content);
        let count = || outline.entries.iter().filter(is_wide).count();
        *outline.customs.wide.get_or(count) > 0
    }

    /// The status words that the plan uses, in order, each with how many places write it.
    pub(super) fn words(document: &Document, outline: &Outline) -> Arc<BTreeMap<String, usize>> {
        outline.customs.words.get_or(|| {
            let mut words = BTreeMap::new();
            let content = |line| document.content(line);
            for word in outline
                .entries
                .iter()
                .flat_map(|entry| said(entry, content))
            {
                *words.entry(word).or_default() += 1;
            }
            words
        })
    }

    /// The status words beside the tasks.
    pub(super) fn around(outline: &Outline) -> Arc<Around> {
        outline.customs.around.get_or(|| Around::of(outline))
    }

    /// What is known after some entries changed, each given as it was and as it is, with the
    /// contents of lines then and now. `retitled`: whether a heading changed too.
    pub(crate) fn after<'t>(
        &self,
        changed: &[(&Entry, &Entry)],
        retitled: bool,
        before: impl Fn(usize) -> &'t str + Copy,
        now: impl Fn(usize) -> &'t str + Copy,
    ) -> Self {
        let wide = self.wide.get().map(|wide| {
            changed.iter().fold(*wide, |wide, (was, is)| {
                (wide + usize::from(is_wide(is, now)))
                    .saturating_sub(usize::from(is_wide(was, before)))
            })
        });
        let words = self.words.get().map(|words| {
            let mut words = BTreeMap::clone(&words);
            for (was, is) in changed {
                for word in said(is, now) {
                    *words.entry(word).or_default() += 1;
                }
                for word in said(was, before) {
                    if let Some(count) = words.get_mut(&word) {
                        *count = count.saturating_sub(1);
                    }
                }
            }
            words.retain(|_, count| *count > 0);
            words
        });
        Self {
            wide: wide.into(),
            words: words.into(),
            around: match retitled {
                true => Kept::default(),
                false => self.around.clone(),
            },
        }
    }

    /// Whether nothing was asked for yet.
    #[cfg(test)]
    pub(crate) fn is_unknown(&self) -> bool {
        self.wide.get().is_none() && self.words.get().is_none() && self.around.get().is_none()
    }

    /// All of it.
    #[cfg(test)]
    pub(crate) fn learn(
        document: &Document,
        outline: &Outline,
    ) -> impl PartialEq + std::fmt::Debug {
        (
            Self::uses_wide_boxes(document, outline),
            Self::words(document, outline),
            Self::around(outline),
        )
    }
}

impl Around {
    fn of(outline: &Outline) -> Self {
        let named = |text: &str| {
            let word = Parts::of(text).core;
            let status = vocabulary::phrase(&word)?;
            Some((word, status))
        };
        let titles = outline.sections.iter().map(|section| &section.title.text);
        let headings: Vec<_> = titles.filter_map(|title| named(title)).collect();
        let labels = outline
            .fields
            .iter()
            .filter_map(|field| named(&field.label));
        let words = headings.iter().map(|(word, _)| vocabulary::plain(word));
        let words = words.chain(labels.map(|(word, _)| vocabulary::plain(&word)));
        let mut plain: Vec<String> = words.collect();
        plain.sort();
        plain.dedup();
        Self { headings, plain }
    }
}

fn is_wide<'t>(entry: &Entry, content: impl Fn(usize) -> &'t str) -> bool {
    let boxes = entry.sites.iter().filter_map(|site| match site {
        Site::Box(span) => Some(span),
        _ => None,
    });
    let steps = entry.steps.iter().map(|step| &step.mark);
    let mut letters = boxes
        .chain(steps)
        .filter_map(|span| written(span, &content).chars().next());
    letters.any(|letter| !matches!(letter, ' ' | 'x' | 'X'))
}

/// The words that state an entry's status.
fn said<'t>(entry: &Entry, content: impl Fn(usize) -> &'t str) -> impl Iterator<Item = String> {
    let worded = entry.sites.iter().filter(|site| {
        matches!(
            site,
            Site::Field(_) | Site::Word(_) | Site::Cell(_) | Site::Yaml(_)
        )
    });
    worded
        .filter_map(span)
        .map(move |span| vocabulary::plain(&Parts::of(head(written(span, &content))).core))
        .filter(|word| !word.is_empty())
}

fn written<'t>(span: &Span, content: impl Fn(usize) -> &'t str) -> &'t str {
    content(span.line)
        .get(span.columns.clone())
        .unwrap_or_default()
}
