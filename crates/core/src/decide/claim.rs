//! Which of the changes found in an edited file somebody claims.

use std::collections::{BTreeMap, HashMap};

use ledger_document::observe::{Change, TaskRef};
use ledger_document::text::content;
use ledger_document::{Document, Hunk, hunk};
use serde::{Deserialize, Serialize};

use crate::id::DocumentId;

/// What whoever sets off an observation claims of what is found. The rest is recorded as nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// None of it.
    #[default]
    Nothing,
    /// All of it.
    Everything,
    /// What these edits make of documents.
    Edits(BTreeMap<DocumentId, Edit>),
}

/// What an edit does to a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Whatever was found in it.
    All,
    /// It takes out and puts in these lines, each without its terminator and so many times.
    Lines {
        /// What goes.
        removed: BTreeMap<String, usize>,
        /// What comes.
        inserted: BTreeMap<String, usize>,
    },
}

impl Edit {
    /// The edit that leads from one text to another.
    #[must_use]
    pub fn between(before: &Document, after: &Document) -> Self {
        let mut text = before.clone();
        let (mut removed, mut inserted) = (BTreeMap::new(), BTreeMap::new());
        for hunk in hunk::diff(before, after) {
            count(&mut removed, taken(&text, &hunk));
            count(&mut inserted, put(&hunk));
            if text.apply(&hunk).is_err() {
                break;
            }
        }
        Self::Lines { removed, inserted }
    }

    /// An edit that takes out and puts in these lines.
    pub fn lines<'l>(
        removed: impl IntoIterator<Item = &'l str>,
        inserted: impl IntoIterator<Item = &'l str>,
    ) -> Self {
        let counted = |lines: &mut dyn Iterator<Item = &'l str>| {
            let mut counts = BTreeMap::new();
            lines.for_each(|line| count(&mut counts, std::iter::once(line)));
            counts
        };
        Self::Lines {
            removed: counted(&mut removed.into_iter()),
            inserted: counted(&mut inserted.into_iter()),
        }
    }

    /// This edit, which puts in these lines as well, wherever that is.
    #[must_use]
    pub fn and_inserted<'l>(mut self, lines: impl IntoIterator<Item = &'l str>) -> Self {
        if let Self::Lines { inserted, .. } = &mut self {
            count(inserted, lines.into_iter());
        }
        self
    }

    fn covers(&self, text: &Document, hunk: &Hunk) -> bool {
        match self {
            Self::All => true,
            Self::Lines { removed, inserted } => {
                has_all(removed, taken(text, hunk)) && has_all(inserted, put(hunk))
            }
        }
    }
}

impl Claim {
    /// Which of the changes found in a document are claimed. `text`: the document before them.
    ///
    /// A change without lines of its own goes with the lines of its task; where that has none
    /// either (its section was renamed, say), only who claims all there is claims it.
    pub(super) fn of(
        &self,
        document: &DocumentId,
        text: &Document,
        changes: &[Change],
    ) -> Vec<bool> {
        let edit = match self {
            Self::Nothing => None,
            Self::Everything => return vec![true; changes.len()],
            Self::Edits(edits) => edits.get(document),
        };
        let Some(edit) = edit else {
            return vec![false; changes.len()];
        };
        let mut text = text.clone();
        let mut of_task: HashMap<TaskRef, bool> = HashMap::new();
        let mut own = Vec::with_capacity(changes.len());
        for change in changes {
            if change.hunks.is_empty() {
                own.push(None);
                continue;
            }
            let mut claimed = true;
            for hunk in &change.hunks {
                claimed &= edit.covers(&text, hunk);
                claimed &= text.apply(hunk).is_ok();
            }
            own.push(Some(claimed));
            if let Some(task) = change.task {
                *of_task.entry(task).or_insert(true) &= claimed;
            }
        }
        let all = own.iter().all(|own| *own != Some(false));
        let goes_with = |change: &Change| change.task.and_then(|task| of_task.get(&task).copied());
        changes
            .iter()
            .zip(own)
            .map(|(change, own)| own.or_else(|| goes_with(change)).unwrap_or(all))
            .collect()
    }

    /// Whether anything is claimed.
    #[must_use]
    pub fn is_some(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

fn taken<'t>(text: &'t Document, hunk: &Hunk) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().iter().skip(hunk.at).take(hunk.remove);
    lines.map(|line| content(line))
}

fn put(hunk: &Hunk) -> impl Iterator<Item = &str> {
    hunk.insert.iter().map(|line| content(line))
}

fn count<'l>(counts: &mut BTreeMap<String, usize>, lines: impl Iterator<Item = &'l str>) {
    for line in lines {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
}

fn has_all<'l>(counts: &BTreeMap<String, usize>, lines: impl Iterator<Item = &'l str>) -> bool {
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        let asked = asked.entry(line).or_default();
        *asked += 1;
        if counts.get(line).is_none_or(|there| there < asked) {
            return false;
        }
    }
    true
}
