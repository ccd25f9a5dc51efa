//! What the ledger calls a task.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{DocumentId, MAX_HEADER_STRING, TaskKey, hex};

/// Hands out keys that no task of the plan has.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    taken: BTreeSet<TaskKey>,
    /// The next number to try for an id that several tasks have.
    next: BTreeMap<String, usize>,
    entropy: blake3::OutputReader,
}

impl Keys {
    pub(super) fn new(taken: impl IntoIterator<Item = TaskKey>, entropy: &[u8; 32]) -> Self {
        Self {
            taken: taken.into_iter().collect(),
            next: BTreeMap::new(),
            entropy: blake3::Hasher::new_keyed(entropy)
                .update(b"task keys")
                .finalize_xof(),
        }
    }

    /// The key for a task with this written id: the id itself, `id#2` and so on where it is
    /// taken, a generated name where there is none or it is too long for a header.
    pub(super) fn draw(&mut self, id: Option<&str>) -> TaskKey {
        let written = id
            .filter(|id| id.len() + 8 <= MAX_HEADER_STRING)
            .and_then(|id| self.written(id));
        let key = written.unwrap_or_else(|| self.generate());
        self.taken.insert(key.clone());
        key
    }

    fn written(&mut self, id: &str) -> Option<TaskKey> {
        let free = |key: String| {
            TaskKey::new(key)
                .ok()
                .filter(|key| !self.taken.contains(key))
        };
        if let Some(key) = free(id.to_owned()) {
            return Some(key);
        }
        let first = self.next.get(id).copied().unwrap_or(2);
        let (number, key) =
            (first..1_000_000).find_map(|n| Some((n, free(format!("{id}#{n}"))?)))?;
        self.next.insert(id.to_owned(), number + 1);
        Some(key)
    }

    /// Whether no task has this key.
    pub(super) fn is_free(&self, key: &TaskKey) -> bool {
        !self.taken.contains(key)
    }

    /// Gives a key away.
    pub(super) fn release(&mut self, key: &TaskKey) {
        self.taken.remove(key);
        self.next.clear();
    }

    /// Takes a certain key.
    pub(super) fn hold(&mut self, key: TaskKey) -> TaskKey {
        self.taken.insert(key.clone());
        key
    }

    /// The id for a document that is adopted.
    pub(super) fn document(&mut self) -> DocumentId {
        loop {
            let mut bytes = [0; 8];
            self.entropy.fill(&mut bytes);
            if let Ok(id) = DocumentId::new(hex(&bytes)) {
                return id;
            }
        }
    }

    fn generate(&mut self) -> TaskKey {
        // Without letters that are easily taken for digits (Crockford's base 32).
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        loop {
            let mut bytes = [0; 8];
            self.entropy.fill(&mut bytes);
            let name: String = bytes
                .iter()
                .map(|byte| char::from(LETTERS[usize::from(byte & 31)]))
                .collect();
            if let Ok(key) = TaskKey::new(format!("t-{}", &name[..6]))
                && !self.taken.contains(&key)
            {
                return key;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_task_with_an_id_gets_a_number() {
        let mut keys = Keys::new([], &[1; 32]);
        assert_eq!(keys.draw(Some("T-1")).as_str(), "T-1");
        assert_eq!(keys.draw(Some("T-1")).as_str(), "T-1#2");
        assert_eq!(keys.draw(Some("T-1")).as_str(), "T-1#3");
    }

    #[test]
    fn a_task_without_a_usable_id_gets_a_name() {
        let mut keys = Keys::new([], &[1; 32]);
        let (a, b) = (keys.draw(None), keys.draw(Some(&"x".repeat(300))));
        assert_ne!(a, b);
        assert!(a.as_str().starts_with("t-") && a.as_str().len() == 8);
    }
}
