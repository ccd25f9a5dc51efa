//! Where the lines of a journal do not follow the line before them: its first parents as
//! stretches of lines (ledger-format.md §7.3).

use serde::{Deserialize, Serialize};

use crate::id::{EventId, Seq};

/// An event whose first parent is not the event of the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The event.
    pub first: Seq,
    /// Its first parent, further up in the journal.
    pub parent: Seq,
    /// The id of that.
    pub id: EventId,
}

/// All branches of a journal; none in a history that never went apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branches(Vec<Branch>);

impl Branches {
    /// Those that are given, in any order.
    #[must_use]
    pub fn new(mut branches: Vec<Branch>) -> Self {
        branches.sort_unstable_by_key(|branch| branch.first);
        Self(branches)
    }

    /// The branches, in the order of their lines.
    #[must_use]
    pub fn all(&self) -> &[Branch] {
        &self.0
    }

    /// The events that lead to `at` along first parents, as stretches of lines from the first
    /// to the last of each, the latest stretch first.
    #[must_use]
    pub fn path(&self, mut at: Seq) -> Vec<(Seq, Seq)> {
        let mut path = Vec::new();
        loop {
            let until = self.0.partition_point(|branch| branch.first <= at);
            match until.checked_sub(1).and_then(|last| self.0.get(last)) {
                // What is read from a file may say anything; a parent comes before its child.
                Some(branch) if branch.parent < branch.first => {
                    path.push((branch.first, at));
                    at = branch.parent;
                }
                _ => {
                    path.push((Seq(0), at));
                    return path;
                }
            }
        }
    }
}

/// Whether an event is on a path that [`Branches::path`] gave.
#[must_use]
pub fn is_on(path: &[(Seq, Seq)], seq: Seq) -> bool {
    let behind = path.partition_point(|(first, _)| *first > seq);
    path.get(behind).is_some_and(|(_, last)| seq <= *last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Digest;

    fn histories() -> impl Strategy<Value = Vec<usize>> {
        // The parent of each event but the first; mostly the event before it.
        prop::collection::vec((any::<prop::sample::Index>(), 0..3u8), 0..40).prop_map(|draws| {
            let parents = draws.into_iter().enumerate();
            let parent = |(before, (any, often)): (usize, (prop::sample::Index, u8))| match often {
                0 => any.index(before + 1),
                _ => before,
            };
            parents.map(parent).collect()
        })
    }

    proptest! {
        #[test]
        fn a_path_is_what_following_the_first_parents_gives(
            parents in histories(),
            at in any::<prop::sample::Index>(),
        ) {
            let id = EventId::new(Digest::from_bytes([0; 32]));
            let branches = (1..).zip(&parents).filter(|(at, parent)| **parent + 1 != *at);
            let branches = Branches::new(branches.map(|(at, parent)| Branch {
                first: Seq(at as u64),
                parent: Seq(*parent as u64),
                id,
            }).collect());
            let at = at.index(parents.len() + 1);
            let mut expected = vec![at];
            while let Some(parent) = expected.last().and_then(|last| parents.get(last.checked_sub(1)?)) {
                expected.push(*parent);
            }
            let path = branches.path(Seq(at as u64));
            let found: Vec<usize> = path.iter()
                .flat_map(|(first, last)| (first.0..=last.0).rev())
                .map(|seq| seq as usize)
                .collect();
            prop_assert_eq!(&found, &expected);
            for seq in 0..=parents.len() {
                prop_assert_eq!(is_on(&path, Seq(seq as u64)), expected.contains(&seq));
            }
        }
    }
}
