//! Which task of the old text is which of the new one.
//!
//! What agrees exactly is paired first. Of the rest, an index by id, title and rare words
//! proposes candidates, so that the work stays far from all times all; [`judge`] weighs each,
//! and the best pairs are taken first. A second round knows more neighbours than the first.

use std::collections::HashMap;
use std::hash::Hash;

use super::Side;
use super::judge::{Evidence, Ids, Place, judge};
use super::profile::{Profile, Texts, profiles};
use super::words::Bag;

/// Candidates that one index entry (an id, a title, a word, a neighbour) may propose.
const PER_ENTRY: usize = 16;
/// Words looked up for one title, the rarest ones.
const WORDS: usize = 8;
/// Rounds of looking at what is left.
const ROUNDS: usize = 2;

/// Pairs of indices into the two sides' tasks, in the order of the new side.
pub(super) fn pair(before: Side<'_>, after: Side<'_>) -> Vec<(usize, usize)> {
    let (old, new) = profiles(before, after);
    let mut pairing = Pairing::new(old.len(), new.len());
    exact(&old, &new, &mut pairing);
    if pairing.is_open() {
        let texts = Texts::read(&old, &new);
        for _ in 0..ROUNDS {
            similar(&old, &new, &texts, &mut pairing);
        }
    }
    pairing.pairs()
}

/// Who is whose so far.
struct Pairing {
    old: Vec<Option<usize>>,
    new: Vec<Option<usize>>,
}

impl Pairing {
    fn new(old: usize, new: usize) -> Self {
        Self {
            old: vec![None; old],
            new: vec![None; new],
        }
    }

    fn take(&mut self, a: usize, b: usize) {
        if let (Some(old @ None), Some(new @ None)) = (self.old.get_mut(a), self.new.get_mut(b)) {
            *old = Some(b);
            *new = Some(a);
        }
    }

    fn is_open(&self) -> bool {
        self.old.contains(&None) && self.new.contains(&None)
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let found = self.new.iter().enumerate();
        found.filter_map(|(b, a)| a.map(|a| (a, b))).collect()
    }
}

fn free(side: &[Option<usize>]) -> Vec<usize> {
    let found = side.iter().enumerate();
    found
        .filter(|(_, to)| to.is_none())
        .map(|(at, _)| at)
        .collect()
}

/// Pairs what agrees exactly, the fullest agreement first.
fn exact(old: &[Profile<'_>], new: &[Profile<'_>], pairing: &mut Pairing) {
    // Most of a plan stays as it is: found without a look at words.
    by_key(old, new, pairing, Twins::InOrder, |p| {
        Some((p.id, p.written, p.path, p.parent, p.block))
    });
    by_key(old, new, pairing, Twins::InOrder, |p| {
        Some((p.id, p.title(), p.path, p.parent, p.block))
    });
    by_key(old, new, pairing, Twins::InOrder, |p| {
        Some((p.id, p.title(), p.path, p.parent))
    });
    by_key(old, new, pairing, Twins::InOrder, |p| {
        p.id.map(|id| (id, p.title(), p.parent, p.block))
    });
    by_key(old, new, pairing, Twins::InOrder, |p| {
        p.id.map(|id| (id, p.title()))
    });
    // Ids renamed in bulk: nothing that follows could outweigh title and body.
    by_key(old, new, pairing, Twins::Left, |p| {
        p.is_distinctive().then_some((p.title(), p.body_hash))
    });
}

/// What becomes of several tasks of one side with the same key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twins {
    /// They are paired in their order.
    InOrder,
    /// They are left for a closer look.
    Left,
}

fn by_key<'a, K: Eq + Hash>(
    old: &'a [Profile<'a>],
    new: &'a [Profile<'a>],
    pairing: &mut Pairing,
    twins: Twins,
    key: impl Fn(&'a Profile<'a>) -> Option<K>,
) {
    let mut waiting: HashMap<K, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for a in free(&pairing.old) {
        if let Some(key) = old.get(a).and_then(&key) {
            waiting.entry(key).or_default().0.push(a);
        }
    }
    for b in free(&pairing.new) {
        let same = new
            .get(b)
            .and_then(&key)
            .and_then(|key| waiting.get_mut(&key));
        if let Some((_, list)) = same {
            list.push(b);
        }
    }
    for (olds, news) in waiting.into_values() {
        if twins == Twins::InOrder || (olds.len() == 1 && news.len() == 1) {
            for (a, b) in olds.into_iter().zip(news) {
                pairing.take(a, b);
            }
        }
    }
}

/// Pairs the best of what is left.
fn similar(old: &[Profile<'_>], new: &[Profile<'_>], texts: &Texts, pairing: &mut Pairing) {
    let (left, right) = (Anchors::of(&pairing.old), Anchors::of(&pairing.new));
    let right_anchors = right.named_by_old(&pairing.new);
    let index = Index::new(new, texts, &free(&pairing.new), &right_anchors);
    let mut scored: Vec<(f64, usize, usize)> = Vec::new();
    for a in free(&pairing.old) {
        let Some(profile) = old.get(a) else { continue };
        let anchors = left.at(a);
        for b in index.candidates(a, profile, texts, anchors) {
            let Some(other) = new.get(b) else { continue };
            let place = if index.is_between(anchors, right_anchors.get(b), &left) {
                Place::Between
            } else if profile.path == other.path || beside(anchors, right_anchors.get(b)) {
                Place::Near
            } else {
                Place::Apart
            };
            let evidence = evidence(profile, other, texts, (a, b), place);
            if let Some(score) = judge(&evidence) {
                scored.push((score, a, b));
            }
        }
    }
    // The best first; of equal ones those whose places differ least.
    scored.sort_by(|x, y| {
        let place = |pair: &(f64, usize, usize)| (pair.1.abs_diff(pair.2), pair.1, pair.2);
        y.0.total_cmp(&x.0).then(place(x).cmp(&place(y)))
    });
    for (_, a, b) in scored {
        pairing.take(a, b);
    }
}

fn evidence(
    a: &Profile<'_>,
    b: &Profile<'_>,
    texts: &Texts,
    at: (usize, usize),
    place: Place,
) -> Evidence {
    let empty: (Bag, Bag) = Default::default();
    let (old, new) = (
        texts.before.get(at.0).unwrap_or(&empty),
        texts.after.get(at.1).unwrap_or(&empty),
    );
    let title = texts.titles.compare(&old.0, &new.0);
    Evidence {
        ids: match (a.id, b.id) {
            (Some(x), Some(y)) if x == y => Ids::Same,
            (Some(_), Some(_)) => Ids::Differ,
            _ => Ids::Open,
        },
        same_title: a.title() == b.title(),
        distinctive: a.is_distinctive() && b.is_distinctive(),
        title: title.plain,
        contained: title.contained,
        title_telling: title.telling,
        other_numbers: title.other_numbers,
        // A body that is gone altogether speaks against the pair; one that came does not.
        body: (!old.1.is_empty()).then(|| texts.bodies.overlap(&old.1, &new.1)),
        unique: texts.are_unique(a.title()),
        place,
    }
}

/// The nearest paired tasks before and after a place, named by the old side's index.
type Neighbours = (Option<usize>, Option<usize>);

fn beside(old: Neighbours, new: Option<&Neighbours>) -> bool {
    new.is_some_and(|new| {
        (old.0.is_some() && old.0 == new.0) || (old.1.is_some() && old.1 == new.1)
    })
}

/// For each task the nearest paired tasks before and after it on its own side.
struct Anchors {
    previous: Vec<Option<usize>>,
    next: Vec<Option<usize>>,
}

impl Anchors {
    fn of(side: &[Option<usize>]) -> Self {
        let mut previous = vec![None; side.len()];
        let mut next = vec![None; side.len()];
        let mut last = None;
        for (at, slot) in previous.iter_mut().enumerate() {
            *slot = last;
            if side.get(at).is_some_and(Option::is_some) {
                last = Some(at);
            }
        }
        last = None;
        for (at, slot) in next.iter_mut().enumerate().rev() {
            *slot = last;
            if side.get(at).is_some_and(Option::is_some) {
                last = Some(at);
            }
        }
        Self { previous, next }
    }

    fn at(&self, task: usize) -> Neighbours {
        let of = |side: &[Option<usize>]| side.get(task).copied().flatten();
        (of(&self.previous), of(&self.next))
    }

    /// Whether only one task stands between these two.
    fn is_one_between(&self, (previous, next): Neighbours) -> bool {
        let start = previous.map_or(0, |at| at + 1);
        let end = next.unwrap_or(self.previous.len());
        end == start + 1
    }

    /// The same with each anchor named by its partner, so that both sides' can be compared.
    fn named_by_old(&self, partner: &[Option<usize>]) -> Vec<Neighbours> {
        let named =
            |anchor: Option<usize>| anchor.and_then(|at| partner.get(at).copied().flatten());
        (0..partner.len())
            .map(|task| {
                let (previous, next) = self.at(task);
                (named(previous), named(next))
            })
            .collect()
    }
}

/// The free tasks of the new side by what could make one a candidate; each list in order.
struct Index<'a> {
    ids: HashMap<&'a str, Vec<usize>>,
    titles: HashMap<&'a str, Vec<usize>>,
    words: HashMap<u32, Vec<usize>>,
    previous: HashMap<Option<usize>, Vec<usize>>,
    next: HashMap<Option<usize>, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(new: &'a [Profile<'a>], texts: &Texts, free: &[usize], anchors: &[Neighbours]) -> Self {
        let mut index = Self {
            ids: HashMap::new(),
            titles: HashMap::new(),
            words: HashMap::new(),
            previous: HashMap::new(),
            next: HashMap::new(),
        };
        for &b in free {
            let Some(profile) = new.get(b) else { continue };
            if let Some(id) = profile.id {
                index.ids.entry(id).or_default().push(b);
            }
            index.titles.entry(profile.title()).or_default().push(b);
            for &word in texts.after.get(b).into_iter().flat_map(|(title, _)| title) {
                index.words.entry(word).or_default().push(b);
            }
            if let Some(&(previous, next)) = anchors.get(b) {
                index.previous.entry(previous).or_default().push(b);
                index.next.entry(next).or_default().push(b);
            }
        }
        index
    }

    /// Whether the places are the same gap, and there is one task in it on either side.
    fn is_between(&self, old: Neighbours, new: Option<&Neighbours>, side: &Anchors) -> bool {
        let one = |list: Option<&Vec<usize>>| list.is_some_and(|list| list.len() == 1);
        Some(&old) == new
            && one(self.previous.get(&old.0))
            && one(self.next.get(&old.1))
            && side.is_one_between(old)
    }

    /// Tasks that could be task `a` of the old side, in ascending order.
    fn candidates(
        &self,
        a: usize,
        profile: &Profile<'_>,
        texts: &Texts,
        anchors: Neighbours,
    ) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut propose = |list: Option<&Vec<usize>>| {
            found.extend(list.into_iter().flat_map(|list| nearest(list, a)));
        };
        propose(profile.id.and_then(|id| self.ids.get(id)));
        propose(self.titles.get(profile.title()));
        propose(self.previous.get(&anchors.0));
        propose(self.next.get(&anchors.1));
        let mut words: Vec<(usize, &Vec<usize>)> = texts
            .before
            .get(a)
            .into_iter()
            .flat_map(|(title, _)| title)
            .filter_map(|word| self.words.get(word))
            .map(|list| (list.len(), list))
            .collect();
        words.sort_by_key(|&(count, list)| (count, list.first().copied()));
        for (_, list) in words.into_iter().take(WORDS) {
            propose(Some(list));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The part of an ordered list that is nearest to a position.
fn nearest(list: &[usize], at: usize) -> &[usize] {
    let middle = list.partition_point(|&other| other < at);
    let start = middle
        .saturating_sub(PER_ENTRY / 2)
        .min(list.len().saturating_sub(PER_ENTRY));
    let end = (start + PER_ENTRY).min(list.len());
    list.get(start..end).unwrap_or_default()
}
