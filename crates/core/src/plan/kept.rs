//! How plans are serialized where they are kept: whole, or without the texts of their documents.
//!
//! Kept plans are caches and snapshots. Only whole moments are ever serialized, so a text is read
//! back as the lines it was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::Document;
use ledger_document::derived::Binding;
use serde::{Deserialize, Serialize};

use super::{Doer, Gone, Plan, PlanDocument, Proofs, Spent, Task, WorkList};
use crate::id::{DocumentId, EventId, TaskKey};
use crate::rules::RuleFile;

/// A plan without the texts of its documents, for who keeps those apart: a text can be compared
/// and written without reading the plan, and is most of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WithoutTexts<'a> {
    ledger: Option<EventId>,
    grammar: u32,
    documents: Vec<Frame<'a>>,
    #[serde(with = "by_key")]
    tasks: Cow<'a, BTreeMap<TaskKey, Arc<Task>>>,
    gone: Cow<'a, [Gone]>,
    work: Cow<'a, [WorkList]>,
    spent: Cow<'a, Spent>,
    proven: Cow<'a, Proofs>,
    rules: Cow<'a, [RuleFile]>,
    doers: Cow<'a, BTreeMap<TaskKey, Doer>>,
}

/// A document without its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Frame<'a> {
    id: DocumentId,
    path: Cow<'a, str>,
    former: Cow<'a, [String]>,
    #[serde(with = "json_text")]
    bindings: Cow<'a, [Binding]>,
    dropped: bool,
    uncertain: bool,
}

impl<'a> From<&'a Plan> for WithoutTexts<'a> {
    fn from(plan: &'a Plan) -> Self {
        let frame = |document: &'a PlanDocument| Frame {
            id: document.id.clone(),
            path: Cow::Borrowed(&document.path),
            former: Cow::Borrowed(&document.former),
            bindings: Cow::Borrowed(&document.bindings),
            dropped: document.dropped,
            uncertain: document.uncertain,
        };
        Self {
            ledger: plan.ledger,
            grammar: plan.grammar,
            documents: plan.documents.iter().map(frame).collect(),
            tasks: Cow::Borrowed(&plan.tasks),
            gone: Cow::Borrowed(&plan.gone),
            work: Cow::Borrowed(&plan.work),
            spent: Cow::Borrowed(&plan.spent),
            proven: Cow::Borrowed(&plan.proven),
            rules: Cow::Borrowed(&plan.rules),
            doers: Cow::Borrowed(&plan.doers),
        }
    }
}

impl WithoutTexts<'_> {
    /// The plan with these texts, one for each of its documents (dropped ones included) in their
    /// order; `None` if there are more or fewer.
    #[must_use]
    pub fn with(self, texts: Vec<Document>) -> Option<Plan> {
        if texts.len() != self.documents.len() {
            return None;
        }
        let documents = self.documents.into_iter().zip(texts);
        let documents = documents.map(|(frame, text)| PlanDocument {
            id: frame.id,
            path: frame.path.into_owned(),
            former: frame.former.into_owned(),
            text,
            bindings: frame.bindings.into_owned(),
            dropped: frame.dropped,
            uncertain: frame.uncertain,
        });
        Some(Plan {
            ledger: self.ledger,
            grammar: self.grammar,
            documents: documents.collect(),
            tasks: self.tasks.into_owned(),
            gone: self.gone.into_owned(),
            work: self.work.into_owned(),
            spent: self.spent.into_owned(),
            proven: self.proven.into_owned(),
            rules: self.rules.into_owned(),
            doers: self.doers.into_owned(),
        })
    }
}

/// A document as one text.
pub(crate) mod lines {
    use ledger_document::Document;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        document: &Document,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&document.text())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Document, D::Error> {
        String::deserialize(deserializer).map(|text| Document::from(text.as_str()))
    }
}

/// Tasks one after another: each knows its key, and in their order they need not be sorted again.
pub(super) mod by_key {
    use std::borrow::Borrow;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::super::Task;
    use crate::id::TaskKey;

    type Tasks = BTreeMap<TaskKey, Arc<Task>>;

    pub(in crate::plan) fn serialize<S: Serializer>(
        tasks: &impl Borrow<Tasks>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(tasks.borrow().values())
    }

    pub(in crate::plan) fn deserialize<'de, D: Deserializer<'de>, T: From<Kept>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let tasks = Vec::<Arc<Task>>::deserialize(deserializer)?;
        let tasks = tasks.into_iter().map(|task| (task.key.clone(), task));
        Ok(T::from(Kept(tasks.collect())))
    }

    /// Tasks as they were read, for whatever holds them.
    pub(in crate::plan) struct Kept(Tasks);

    impl From<Kept> for Tasks {
        fn from(kept: Kept) -> Self {
            kept.0
        }
    }

    impl From<Kept> for std::borrow::Cow<'_, Tasks> {
        fn from(kept: Kept) -> Self {
            Self::Owned(kept.0)
        }
    }
}

/// A value as JSON text, for formats that are not self-describing.
pub(super) mod json_text {
    use serde::de::DeserializeOwned;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    pub(in crate::plan) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub(in crate::plan) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
