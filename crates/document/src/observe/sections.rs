//! Which heading of the old text is which of the new one, and which tasks left theirs.

use std::collections::{BTreeMap, HashMap};

use super::profile::key;
use crate::outline::{Entry, Outline};

/// How the two sides' sections correspond. `None` stands for "outside all sections".
pub(super) struct Correspondence {
    to: HashMap<usize, usize>,
}

impl Correspondence {
    /// Finds it: headings that are a paired task's own, then equal paths, then equal titles, then
    /// those that hold most of each other's tasks (a heading worded anew).
    pub(super) fn new(before: &Outline, after: &Outline, pairs: &[(usize, usize)]) -> Self {
        let mut found = Found::default();
        let (old_lines, new_lines) = (heading_lines(before), heading_lines(after));
        let mut votes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (old, new) in primaries(before, after, pairs) {
            let own = old_lines
                .get(&old.lines.start)
                .zip(new_lines.get(&new.lines.start));
            if let Some((&a, &b)) = own {
                found.join(a, b);
            }
            if let (Some(a), Some(b)) = (place(before, old), place(after, new)) {
                *votes.entry((a, b)).or_default() += 1;
            }
        }
        found.join_unique(&paths(before), &paths(after));
        found.join_unique(&titles(before), &titles(after));
        let mut ranked: Vec<_> = votes.into_iter().collect();
        ranked.sort_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
        for ((a, b), _) in ranked {
            found.join(a, b);
        }
        Self { to: found.to }
    }

    /// Whether a task that was in section `from` and is in section `to` now has moved.
    pub(super) fn is_move(&self, from: Option<usize>, to: Option<usize>) -> bool {
        match (from, to) {
            (None, None) => false,
            (Some(from), Some(to)) => self.to.get(&from) != Some(&to),
            _ => true,
        }
    }
}

/// The primary entries of each pair.
fn primaries<'a>(
    before: &'a Outline,
    after: &'a Outline,
    pairs: &'a [(usize, usize)],
) -> impl Iterator<Item = (&'a Entry, &'a Entry)> {
    pairs
        .iter()
        .filter_map(|&(a, b)| Some((before.primary(a)?, after.primary(b)?)))
}

/// The section a task stands in; for a heading that is a task, the one around it.
pub(super) fn place(outline: &Outline, entry: &Entry) -> Option<usize> {
    let innermost = entry.section?;
    let section = outline.sections.get(innermost)?;
    if section.title.span.line == entry.lines.start {
        section.parent
    } else {
        Some(innermost)
    }
}

#[derive(Default)]
struct Found {
    to: HashMap<usize, usize>,
    from: HashMap<usize, usize>,
}

impl Found {
    fn join(&mut self, a: usize, b: usize) {
        if !self.to.contains_key(&a) && !self.from.contains_key(&b) {
            self.to.insert(a, b);
            self.from.insert(b, a);
        }
    }

    /// Joins sections that have the same key, several with one key in their order.
    fn join_unique(&mut self, old: &[String], new: &[String]) {
        let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
        for (a, key) in old.iter().enumerate().rev() {
            if !self.to.contains_key(&a) {
                waiting.entry(key).or_default().push(a);
            }
        }
        for (b, key) in new.iter().enumerate() {
            if self.from.contains_key(&b) {
                continue;
            }
            if let Some(a) = waiting.get_mut(key.as_str()).and_then(Vec::pop) {
                self.join(a, b);
            }
        }
    }
}

fn heading_lines(outline: &Outline) -> HashMap<usize, usize> {
    let found = outline.sections.iter().enumerate();
    found
        .map(|(at, section)| (section.title.span.line, at))
        .collect()
}

fn titles(outline: &Outline) -> Vec<String> {
    let found = outline.sections.iter();
    found.map(|section| key(&section.title.text).0).collect()
}

fn paths(outline: &Outline) -> Vec<String> {
    let mut paths: Vec<String> = Vec::with_capacity(outline.sections.len());
    for section in &outline.sections {
        let parent = section.parent.and_then(|parent| paths.get(parent));
        let title = key(&section.title.text).0;
        paths.push(match parent {
            Some(parent) => format!("{parent}\n{title}"),
            None => title,
        });
    }
    paths
}
