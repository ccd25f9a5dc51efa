//! A list whose copies share what they have in common.

use std::fmt;
use std::iter::FlatMap;
use std::ops::{Index, Range};
use std::slice;
use std::sync::{Arc, OnceLock};

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many items are copied (as pointers) to change one.
const CHUNK: usize = 64;

/// A list that is copied in no time and of which a change copies little: what a document says is
/// kept beside what it said before a change, and most of both is the same.
///
/// Serialized like a `Vec`.
pub struct List<T> {
    chunks: Arc<Vec<Chunk<T>>>,
}

/// Never empty.
struct Chunk<T> {
    items: Arc<Vec<Arc<T>>>,
    /// The number of items up to its end.
    end: usize,
    /// The marks of all its items together, once somebody asked for them.
    marks: OnceLock<u8>,
}

/// Items that are looked for by a mark.
pub(crate) trait Marked {
    /// The marks it has, as bits.
    fn marks(&self) -> u8;
}

impl<T> List<T> {
    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| chunk.end)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The item at an index, if it has that many.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        let chunk = self.chunks.get(self.chunk_of(index))?;
        let item = chunk.items.get(index - chunk.start())?;
        Some(item)
    }

    /// The first item.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The items in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter {
            items: self.chunks.iter().flat_map(Chunk::iter),
        }
    }

    /// The items from an index on, in order.
    pub fn iter_from(&self, index: usize) -> impl DoubleEndedIterator<Item = &T> {
        let (first, rest) = self.behind(index);
        let rest = rest.iter().flat_map(Chunk::iter);
        first.iter().chain(rest).map(|item| &**item)
    }

    /// The items before an index, the last one first.
    pub(crate) fn iter_back(&self, index: usize) -> impl Iterator<Item = &T> {
        let (before, last) = self.before(index);
        let before = before.iter().flat_map(Chunk::iter);
        before.chain(last).rev().map(|item| &**item)
    }

    /// The items of the chunk that holds an index from there on, and the chunks behind it.
    fn behind(&self, index: usize) -> (&[Arc<T>], &[Chunk<T>]) {
        let at = self.chunk_of(index);
        match self.chunks.get(at..).and_then(<[_]>::split_first) {
            Some((first, rest)) => {
                let items = first.items.get(index - first.start()..);
                (items.unwrap_or_default(), rest)
            }
            None => (&[], &[]),
        }
    }

    /// The chunks before the one that holds an index, and its items before it.
    fn before(&self, index: usize) -> (&[Chunk<T>], &[Arc<T>]) {
        let at = self.chunk_of(index);
        let last = self.chunks.get(at).map_or(&[][..], |chunk| {
            chunk.items.get(..index - chunk.start()).unwrap_or_default()
        });
        (self.chunks.get(..at).unwrap_or_default(), last)
    }

    /// The index of the first item for which a test fails that holds for all before it.
    pub fn partition_point(&self, mut holds: impl FnMut(&T) -> bool) -> usize {
        let at = self
            .chunks
            .partition_point(|chunk| chunk.items.last().is_some_and(|item| holds(item)));
        self.chunks.get(at).map_or(self.len(), |chunk| {
            chunk.start() + chunk.items.partition_point(|item| holds(item))
        })
    }

    /// The chunk that holds an index; the number of chunks beyond the end.
    fn chunk_of(&self, index: usize) -> usize {
        self.chunks.partition_point(|chunk| chunk.end <= index)
    }

    /// Whether any item has a mark.
    pub(crate) fn is_marked(&self) -> bool
    where
        T: Marked,
    {
        self.chunks.iter().any(|chunk| chunk.has_any(u8::MAX))
    }

    /// The items with any of some marks from an index on, in order.
    pub(crate) fn marked_from(&self, index: usize, marks: u8) -> impl Iterator<Item = &T>
    where
        T: Marked,
    {
        let (first, rest) = self.behind(index);
        let rest = rest.iter().filter(move |chunk| chunk.has_any(marks));
        let items = first.iter().chain(rest.flat_map(Chunk::iter));
        let items = items.filter(move |item| item.marks() & marks != 0);
        items.map(|item| &**item)
    }

    /// The items with any of some marks before an index, the last one first.
    pub(crate) fn marked_back(&self, index: usize, marks: u8) -> impl Iterator<Item = &T>
    where
        T: Marked,
    {
        let (before, last) = self.before(index);
        let before = before.iter().filter(move |chunk| chunk.has_any(marks));
        let items = before.flat_map(Chunk::iter).chain(last).rev();
        let items = items.filter(move |item| item.marks() & marks != 0);
        items.map(|item| &**item)
    }
}

impl<T: Clone> List<T> {
    /// The item at an index, to change it.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let at = self.chunk_of(index);
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(at)?;
        let start = chunk.start();
        chunk.marks = OnceLock::new();
        let item = Arc::make_mut(&mut chunk.items).get_mut(index - start)?;
        Some(Arc::make_mut(item))
    }

    /// The items in order, to change them all.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        Arc::make_mut(&mut self.chunks)
            .iter_mut()
            .flat_map(|chunk| {
                chunk.marks = OnceLock::new();
                Arc::make_mut(&mut chunk.items).iter_mut()
            })
            .map(Arc::make_mut)
    }

    /// Replaces a range of items, and gives those that were there.
    pub(crate) fn splice(&mut self, range: Range<usize>, new: Vec<T>) -> Vec<Arc<T>> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        if range.is_empty() && new.is_empty() {
            return Vec::new();
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        let from = chunks.partition_point(|chunk| chunk.end <= range.start);
        // What is put in at the end of a chunk goes into it.
        let from = from.min(chunks.len().saturating_sub(1));
        let to = chunks
            .partition_point(|chunk| chunk.end < range.end)
            .max(from)
            + 1;
        let start = chunks.get(from).map_or(0, Chunk::start);
        let to = to.min(chunks.len());
        let mut touched: Vec<Arc<T>> = chunks
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .flat_map(Chunk::iter)
            .cloned()
            .collect();
        let (added, removed) = (new.len(), range.len());
        let taken = touched
            .splice(
                range.start - start..range.end - start,
                new.into_iter().map(Arc::new),
            )
            .collect();
        let behind = chunks.split_off(to);
        chunks.truncate(from);
        fill(chunks, touched.into_iter(), start);
        chunks.extend(behind.into_iter().map(|chunk| Chunk {
            end: chunk.end + added - removed,
            ..chunk
        }));
        taken
    }
}

/// Adds items as chunks behind those before `start`.
fn fill<T>(chunks: &mut Vec<Chunk<T>>, mut items: impl Iterator<Item = Arc<T>>, start: usize) {
    let mut end = start;
    loop {
        let chunk: Vec<Arc<T>> = items.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return;
        }
        end += chunk.len();
        chunks.push(Chunk {
            items: Arc::new(chunk),
            end,
            marks: OnceLock::new(),
        });
    }
}

impl<T> Chunk<T> {
    fn start(&self) -> usize {
        self.end - self.items.len()
    }

    fn iter(&self) -> slice::Iter<'_, Arc<T>> {
        self.items.iter()
    }
}

impl<T: Marked> Chunk<T> {
    fn has_any(&self, marks: u8) -> bool {
        let all = || self.iter().fold(0, |all, item| all | item.marks());
        self.marks.get_or_init(all) & marks != 0
    }
}

impl<T> Clone for Chunk<T> {
    fn clone(&self) -> Self {
        Self {
            items: Arc::clone(&self.items),
            end: self.end,
            marks: self.marks.clone(),
        }
    }
}

/// The items of a [`List`].
pub struct Iter<'a, T> {
    items: FlatMap<Chunks<'a, T>, Items<'a, T>, Open<'a, T>>,
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
        }
    }
}

type Chunks<'a, T> = slice::Iter<'a, Chunk<T>>;
type Items<'a, T> = slice::Iter<'a, Arc<T>>;
type Open<'a, T> = fn(&'a Chunk<T>) -> Items<'a, T>;

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.items.next().map(|item| &**item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, mut add: F) -> B {
        self.items.fold(init, |sum, item| add(sum, item))
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.items.next_back().map(|item| &**item)
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Index<usize> for List<T> {
    type Output = T;

    /// # Panics
    /// If there is no such item; see [`List::get`].
    fn index(&self, index: usize) -> &T {
        let chunk = &self.chunks[self.chunk_of(index)];
        &chunk.items[index - chunk.start()]
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut chunks = Vec::new();
        fill(&mut chunks, items.into_iter().map(Arc::new), 0);
        Self {
            chunks: Arc::new(chunks),
        }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self {
            chunks: Arc::clone(&self.chunks),
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            chunks: Arc::default(),
        }
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.len()))?;
        self.iter()
            .try_for_each(|item| items.serialize_element(item))?;
        items.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Marked for u8 {
        fn marks(&self) -> u8 {
            // Rare enough that chunks lack some.
            (1u8 << (self / 40)) >> 1
        }
    }

    fn is_like(list: &List<u8>, plain: &[u8]) {
        assert_eq!(list.is_marked(), plain.iter().any(|item| item.marks() != 0));
        assert_eq!(list.len(), plain.len());
        assert!(list.iter().eq(plain) && list.iter().rev().eq(plain.iter().rev()));
        assert_eq!(*list, List::from(plain.to_vec()));
        for at in 0..plain.len() + 2 {
            assert_eq!(list.get(at), plain.get(at));
            let (before, behind) = plain.split_at(at.min(plain.len()));
            assert!(list.iter_from(at).eq(behind));
            assert!(list.iter_back(at).eq(before.iter().rev()));
            for marks in [1, 6] {
                let has = |item: &&u8| item.marks() & marks != 0;
                assert!(list.marked_from(at, marks).eq(behind.iter().filter(has)));
                let back = list.marked_back(at, marks);
                assert!(back.eq(before.iter().rev().filter(has)));
            }
        }
    }

    proptest! {
        #[test]
        fn a_list_is_a_vec_whose_copies_stay_as_they_are(
            items in prop::collection::vec(any::<u8>(), 0..300),
            edits in prop::collection::vec(
                (any::<prop::sample::Index>(), 0usize..150, prop::collection::vec(any::<u8>(), 0..150)),
                1..6,
            ),
        ) {
            let mut plain = items;
            let mut list = List::from(plain.clone());
            for (at, remove, insert) in edits {
                let (copy, was) = (list.clone(), plain.clone());
                let at = at.index(plain.len() + 1);
                let range = at..(at + remove).min(plain.len());
                let taken = list.splice(range.clone(), insert.clone());
                let gone: Vec<u8> = plain.splice(range, insert).collect();
                prop_assert!(taken.iter().map(|item| &**item).eq(&gone));
                if let Some(item) = list.get_mut(at) {
                    *item = item.wrapping_add(50);
                    plain[at] = plain[at].wrapping_add(50);
                }
                is_like(&list, &plain);
                is_like(&copy, &was);
            }
            plain.sort_unstable();
            let sorted = List::from(plain.clone());
            for limit in [0, 100, 255] {
                let holds = |item: &u8| *item < limit;
                prop_assert_eq!(sorted.partition_point(holds), plain.partition_point(holds));
            }
        }
    }
}
