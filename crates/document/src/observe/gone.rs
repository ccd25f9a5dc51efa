//! Tasks that come back.

use std::collections::HashMap;

use super::Gone;
use super::profile::{DISTINCTIVE_WORDS, key};
use super::words::{self, Lexicon};
use crate::outline::Outline;

/// Share of title words that must be the same under the same id.
const SAME_TITLE: f64 = 0.5;

/// The tasks that were removed earlier and have not come back yet.
pub(super) struct Returns<'a> {
    gone: &'a [Gone],
    by_id: HashMap<&'a str, Vec<usize>>,
    by_title: HashMap<String, Vec<usize>>,
    back: Vec<bool>,
}

impl<'a> Returns<'a> {
    pub(super) fn new(gone: &'a [Gone]) -> Self {
        let mut returns = Self {
            gone,
            by_id: HashMap::new(),
            by_title: HashMap::new(),
            back: vec![false; gone.len()],
        };
        for (at, gone) in gone.iter().enumerate() {
            if let Some(id) = &gone.id {
                returns.by_id.entry(id).or_default().push(at);
            }
            returns
                .by_title
                .entry(key(&gone.title).0)
                .or_default()
                .push(at);
        }
        returns
    }

    /// The removed task that the given one is, the one removed last if several fit.
    pub(super) fn take(&mut self, outline: &Outline, task: usize) -> Option<usize> {
        let entry = outline.primary(task)?;
        let id = entry.id.as_ref().map(|id| id.text.as_str());
        let (title, words) = key(&entry.title.text);
        let known = |list: Option<&Vec<usize>>, fits: &dyn Fn(&Gone) -> bool| {
            let candidates = list?.iter().rev().copied();
            candidates
                .filter(|&at| self.back.get(at) == Some(&false))
                .find(|&at| self.gone.get(at).is_some_and(fits))
        };
        let found = known(self.by_title.get(&title), &|gone| gone.id.as_deref() == id)
            .or_else(|| {
                known(self.by_id.get(id?), &|gone| {
                    are_alike(&gone.title, &entry.title.text)
                })
            })
            .or_else(|| {
                known(self.by_title.get(&title), &|gone| {
                    words >= DISTINCTIVE_WORDS && (gone.id.is_none() || id.is_none())
                })
            })?;
        if let Some(back) = self.back.get_mut(found) {
            *back = true;
        }
        Some(found)
    }
}

fn are_alike(a: &str, b: &str) -> bool {
    let mut lexicon = Lexicon::default();
    let (a, b) = (lexicon.read(words::split(a)), lexicon.read(words::split(b)));
    lexicon.compare(&a, &b).plain >= SAME_TITLE
}
