//! How often each thing happened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of what events did, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Times the document was taken into the ledger: 0 or 1.
    pub adopted: usize,
    /// Versions that were released by command.
    pub released: usize,
    /// Tasks added or restored.
    pub added: usize,
    /// Tasks removed.
    pub removed: usize,
    /// Tasks started.
    pub started: usize,
    /// Tasks completed.
    pub completed: usize,
    /// Tasks reopened.
    pub reopened: usize,
    /// Tasks blocked.
    pub blocked: usize,
    /// Tasks that could go on.
    pub unblocked: usize,
    /// Tasks cancelled.
    pub cancelled: usize,
    /// Tasks flagged.
    pub flagged: usize,
    /// Tasks retitled.
    pub retitled: usize,
    /// Tasks that got another id.
    pub rekeyed: usize,
    /// Tasks moved.
    pub moved: usize,
    /// Everything else: fields, steps, notes, prose.
    pub other: usize,
}

impl Changes {
    /// Counts an event of a type.
    pub(super) fn count(&mut self, kind: &str) {
        let slot = match kind {
            "document.adopted" => &mut self.adopted,
            "version.released" => &mut self.released,
            "task.added" | "task.restored" => &mut self.added,
            "task.removed" => &mut self.removed,
            "task.started" => &mut self.started,
            "task.completed" => &mut self.completed,
            "task.reopened" => &mut self.reopened,
            "task.blocked" => &mut self.blocked,
            "task.unblocked" => &mut self.unblocked,
            "task.cancelled" => &mut self.cancelled,
            "task.flagged" => &mut self.flagged,
            "task.retitled" => &mut self.retitled,
            "task.rekeyed" => &mut self.rekeyed,
            "task.moved" => &mut self.moved,
            _ => &mut self.other,
        };
        *slot += 1;
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, more: &Self) {
        self.adopted += more.adopted;
        self.released += more.released;
        self.added += more.added;
        self.removed += more.removed;
        self.started += more.started;
        self.completed += more.completed;
        self.reopened += more.reopened;
        self.blocked += more.blocked;
        self.unblocked += more.unblocked;
        self.cancelled += more.cancelled;
        self.flagged += more.flagged;
        self.retitled += more.retitled;
        self.rekeyed += more.rekeyed;
        self.moved += more.moved;
        self.other += more.other;
    }

    /// The counts that are not zero, in words: `3 completed, 1 added`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = [
            (self.completed, "completed"),
            (self.started, "started"),
            (self.blocked, "blocked"),
            (self.unblocked, "unblocked"),
            (self.flagged, "flagged"),
            (self.reopened, "reopened"),
            (self.cancelled, "cancelled"),
            (self.added, "added"),
            (self.removed, "removed"),
            (self.moved, "moved"),
            (self.retitled, "retitled"),
            (self.rekeyed, "rekeyed"),
            (
                self.other,
                if self.other == 1 {
                    "other change"
                } else {
                    "other changes"
                },
            ),
        ];
        let once = [(self.adopted, "adopted"), (self.released, "released")];
        let once = once
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, word)| word.to_owned());
        let said = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"));
        once.chain(said).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_what_happened_most_important_first() {
        let mut changes = Changes::default();
        for kind in [
            "task.added",
            "task.completed",
            "field.set",
            "task.completed",
        ] {
            changes.count(kind);
        }
        assert_eq!(changes.summary(), "2 completed, 1 added, 1 other change");
        let mut adopted = Changes::default();
        adopted.count("document.adopted");
        assert_eq!(adopted.summary(), "adopted");
    }
}
