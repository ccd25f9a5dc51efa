//! Which completed tasks have evidence.

use std::collections::BTreeSet;

use ledger_document::Status;
use serde_json::Value;

use super::Plan;
use super::wire::part;
use crate::batch::Batch;
use crate::event::Event;
use crate::id::TaskKey;

/// The tasks whose latest evidence speaks for them, and that were not taken up again since.
pub type Proofs = BTreeSet<TaskKey>;

/// Whether the evidence that an event records speaks for its task: where a command was run, it
/// succeeded.
fn speaks_for_it(event: &Event) -> bool {
    let mut runs = event.values(part::RUN);
    runs.all(|run| run.get("exit").and_then(Value::as_i64) == Some(0))
}

impl Plan {
    /// Whether there is evidence for what was done of a task.
    #[must_use]
    pub fn is_proven(&self, task: &TaskKey) -> bool {
        self.proven.contains(task)
    }

    /// Takes in what the events of a batch say of evidence; its tasks have come and gone already.
    pub(super) fn prove(&mut self, batch: &Batch) {
        let mut renamed = Vec::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            let Some(task) = &header.task else { continue };
            let completed = Some(Status::Completed.name());
            match header.kind.as_str() {
                "evidence.recorded" if speaks_for_it(&recorded.event) => {
                    self.proven.insert(task.clone());
                }
                "evidence.recorded" => {
                    self.proven.remove(task);
                }
                "task.rekeyed" => {
                    let was = header.from.as_deref().map(TaskKey::new);
                    if let Some(Ok(was)) = was
                        && self.proven.remove(&was)
                    {
                        renamed.push(task.clone());
                    }
                }
                "task.removed" => {
                    self.proven.remove(task);
                }
                _ if header.from.as_deref() == completed && header.to.as_deref() != completed => {
                    self.proven.remove(task);
                }
                _ => {}
            }
        }
        self.proven.extend(renamed);
    }
}
