//! Which task a name stands for, without looking at all of them each time.

use std::collections::HashMap;
use std::sync::Arc;

use super::dependencies::Meanings;
use super::transaction::{Outlines, Transaction};
use crate::id::{DocumentId, TaskKey};
use crate::plan::{Plan, Task, Unresolved};

/// The written ids of a plan's tasks, and what words stand for them in the text.
///
/// They are read once and hold as long as no task comes, goes, moves or is called otherwise;
/// whoever changes that [forgets](Self::forget) them.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    ids: Option<HashMap<String, Bearers>>,
    meanings: Option<Arc<Meanings>>,
}

#[derive(Debug, Clone)]
enum Bearers {
    One(TaskKey),
    Several,
}

impl Names {
    /// [`Plan::resolve`] for a plan whose tasks are called as they were when it was first asked.
    pub(super) fn resolve<'p>(
        &mut self,
        plan: &'p Plan,
        name: &str,
    ) -> Result<&'p Arc<Task>, Unresolved> {
        let ids = self.ids.get_or_insert_with(|| ids(plan));
        let found = match ids.get(name) {
            Some(Bearers::One(key)) => plan.tasks.get(key),
            Some(Bearers::Several) => None,
            None => TaskKey::new(name).ok().and_then(|key| plan.tasks.get(&key)),
        };
        found.map_or_else(|| plan.resolve(name), Ok)
    }

    /// Notes that tasks may be called otherwise from now on.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Transaction<'_> {
    /// What the words of dependency fields stand for.
    pub(super) fn meanings(&mut self) -> Arc<Meanings> {
        if let Some(meanings) = &self.names.meanings {
            return Arc::clone(meanings);
        }
        let tracked: Vec<DocumentId> = self.plan.documents().map(|own| own.id.clone()).collect();
        let outlines: Outlines = tracked
            .into_iter()
            .map(|id| (id.clone(), self.outline(&id)))
            .collect();
        let meanings = Arc::new(Meanings::read(&self.plan, &outlines));
        self.names.meanings = Some(Arc::clone(&meanings));
        meanings
    }
}

fn ids(plan: &Plan) -> HashMap<String, Bearers> {
    let mut ids = HashMap::new();
    for task in plan.tasks.values() {
        if let Some(id) = &task.id {
            ids.entry(id.clone())
                .and_modify(|bearers| *bearers = Bearers::Several)
                .or_insert_with(|| Bearers::One(task.key.clone()));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use ledger_document::Document;
    use proptest::prelude::*;

    use super::*;
    use crate::decide::{Context, Transaction};

    fn plan(text: &str) -> Plan {
        let context = Context {
            today: "2025-10-15".to_owned(),
            entropy: [1; 32],
        };
        let nothing = Plan::default();
        let mut adopting = Transaction::new(&nothing, &context);
        adopting.adopt("TODO.md", &Document::from(text)).unwrap();
        adopting.plan().clone()
    }

    proptest! {
        #[test]
        fn a_name_that_is_looked_up_stands_for_what_it_always_stood_for(
            tasks in prop::collection::vec(("(\\*\\*[Tt]-[1-3]\\*\\*: )?", "[a-c]"), 0..8),
            names in prop::collection::vec("[Tt]-[1-4](#[12])?|[a-d]", 1..8),
        ) {
            let mut text = String::from("# Plan\n\n");
            for (id, title) in tasks {
                text.push_str(&format!("- [ ] {id}{title}\n"));
            }
            let plan = plan(&text);
            let mut known = Names::default();
            for name in names {
                prop_assert_eq!(known.resolve(&plan, &name), plan.resolve(&name));
            }
        }
    }
}
