//! The sheets that are checked, and what several rules need to know of them.

use std::cell::OnceCell;
use std::sync::Arc;

use ledger_document::derived::{Disagreement, disagreements};
use ledger_document::outline::Entry;
use ledger_document::text::terminator;
use ledger_document::{Hunk, Signs, Status};

use super::finding::{Finding, Fix, Related, Spot};
use super::{Around, Rule, Sheet};
use crate::decide::{Meanings, waits, words};
use crate::rules::cut;

/// A task, by its sheet and its index in the sheet's outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TaskAt {
    pub(super) sheet: usize,
    pub(super) task: usize,
}

/// What is checked.
pub(super) struct Desk<'a> {
    pub(super) sheets: &'a [Sheet<'a>],
    pub(super) around: &'a Around<'a>,
    /// The rules that are asked for.
    pub(super) rules: &'a [&'a Rule],
    meanings: OnceCell<Vec<Meanings<TaskAt>>>,
    waits: OnceCell<Vec<(TaskAt, TaskAt)>>,
    disagreements: OnceCell<Vec<Vec<Disagreement>>>,
}

impl<'a> Desk<'a> {
    pub(super) const fn new(
        sheets: &'a [Sheet<'a>],
        around: &'a Around<'a>,
        rules: &'a [&'a Rule],
    ) -> Self {
        Self {
            sheets,
            around,
            rules,
            meanings: OnceCell::new(),
            waits: OnceCell::new(),
            disagreements: OnceCell::new(),
        }
    }

    /// The sheets with their indices.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &'a Sheet<'a>)> {
        self.sheets.iter().enumerate()
    }

    /// The tasks of all sheets, each with its primary entry.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (TaskAt, &'a Entry)> {
        self.each().flat_map(|(sheet, own)| {
            (0..own.outline.tasks.len())
                .filter_map(move |task| Some((TaskAt { sheet, task }, own.outline.primary(task)?)))
        })
    }

    /// The completed ones of them.
    pub(super) fn completed(&self) -> impl Iterator<Item = (TaskAt, &'a Entry)> {
        self.tasks()
            .filter(|(_, entry)| entry.status == Status::Completed)
    }

    pub(super) fn entry(&self, at: TaskAt) -> Option<&'a Entry> {
        self.sheets.get(at.sheet)?.outline.primary(at.task)
    }

    pub(super) fn status(&self, at: TaskAt) -> Option<Status> {
        self.entry(at).map(|entry| entry.status)
    }

    /// What a task goes by in a message.
    pub(super) fn name(&self, at: TaskAt) -> String {
        self.entry(at).map(name).unwrap_or_default()
    }

    /// The signs of a sheet.
    pub(super) fn signs(&self, sheet: &Sheet<'a>) -> Signs<'a> {
        Signs::of(sheet.document, sheet.outline)
    }

    /// For each line of a sheet whether it holds no plan text: code, comments, legends.
    pub(super) fn opaque(&self, sheet: &Sheet<'_>) -> Vec<bool> {
        let mut opaque = vec![false; sheet.document.len()];
        let mut to = 0;
        for lines in &sheet.outline.opaque {
            // They are in order, and some lie within others.
            let from = lines.start.max(to);
            if let Some(own) = opaque.get_mut(from..lines.end.max(from)) {
                own.fill(true);
            }
            to = to.max(lines.end);
        }
        opaque
    }

    /// What words stand for in each sheet. Ids are counted anew in each plan.
    pub(super) fn meanings(&self) -> &[Meanings<TaskAt>] {
        self.meanings.get_or_init(|| {
            let mut all: Vec<_> = self.sheets.iter().map(|_| Meanings::new()).collect();
            for (at, _) in self.tasks() {
                if let (Some(own), Some(sheet)) = (all.get_mut(at.sheet), self.sheets.get(at.sheet))
                {
                    own.add(&at, sheet.outline, at.task);
                }
            }
            all
        })
    }

    /// Which task surely waits for which, in order; one may wait for itself.
    pub(super) fn waits(&self) -> &[(TaskAt, TaskAt)] {
        self.waits.get_or_init(|| {
            let mut found: Vec<(TaskAt, TaskAt)> = Vec::new();
            for (at, entry) in self.tasks() {
                let Some(meanings) = self.meanings().get(at.sheet) else {
                    continue;
                };
                let texts = entry.fields.iter().filter(|field| waits(field));
                let texts =
                    texts.flat_map(|field| std::iter::once(&field.value).chain(&field.items));
                let texts = texts.map(|text| text.text.as_str());
                let mut on: Vec<TaskAt> = meanings
                    .surely(texts.clone())
                    .into_iter()
                    .copied()
                    .collect();
                on.extend(self.elsewhere(at.sheet, meanings, texts));
                on.sort_unstable();
                on.dedup();
                found.extend(on.into_iter().map(|on| (at, on)));
            }
            found
        })
    }

    /// The tasks of other sheets that texts of this one surely mean. Those of one ledger are one
    /// plan, in which an id that its own sheet has not may be another's.
    fn elsewhere<'t>(
        &self,
        sheet: usize,
        own: &Meanings<TaskAt>,
        texts: impl Iterator<Item = &'t str>,
    ) -> Vec<TaskAt> {
        if self.sheets.len() < 2 || self.around.had.is_none() {
            return Vec::new();
        }
        let others = self.meanings().iter().enumerate();
        let others: Vec<_> = others.filter(|(at, _)| *at != sheet).collect();
        let only = |word: &str| {
            let mut with = others.iter().flat_map(|(_, other)| other.with_id(word));
            with.next().copied().filter(|_| with.next().is_none())
        };
        let mut found = Vec::new();
        for text in texts {
            let telling = own.outside(text);
            let strange = words(&telling).filter(|word| !own.knows(word));
            found.extend(strange.filter_map(only));
        }
        found
    }

    /// The derived lines of a sheet that say something else than its tasks.
    pub(super) fn disagreements(&self, sheet: usize) -> &[Disagreement] {
        let all = self.disagreements.get_or_init(|| {
            let own =
                |sheet: &Sheet<'_>| disagreements(sheet.document, sheet.outline, sheet.bindings);
            self.sheets.iter().map(own).collect()
        });
        all.get(sheet).map_or(&[], Vec::as_slice)
    }

    /// The edit that gives a line another content and leaves its end.
    pub(super) fn rewrite(&self, sheet: usize, line: usize, content: String) -> Option<Hunk> {
        let old = self.sheets.get(sheet)?.document.line(line);
        Some(Hunk {
            at: line,
            remove: 1,
            insert: vec![Arc::from(content + terminator(old))],
        })
    }
}

impl Finding {
    /// A finding without anything but its message.
    pub(super) fn new(rule: &str, spot: Spot, message: impl Into<String>) -> Option<Self> {
        Some(Self {
            rule: Rule::named(rule)?,
            spot,
            message: message.into(),
            related: Vec::new(),
            fix: None,
        })
    }

    pub(super) fn beside(mut self, spot: Spot, message: impl Into<String>) -> Self {
        self.related.push(Related {
            spot,
            message: message.into(),
        });
        self
    }

    pub(super) fn fixed_by(mut self, message: impl Into<String>, hunk: Option<Hunk>) -> Self {
        self.fix = hunk.map(|hunk| Fix {
            message: message.into(),
            hunks: vec![hunk],
        });
        self
    }
}

/// What a task goes by in a message: its id, or the beginning of its title in quotes.
pub(super) fn name(entry: &Entry) -> String {
    match &entry.id {
        Some(id) => cut(&id.text).into_owned(),
        None => format!("'{}'", cut(entry.title.text.trim())),
    }
}

/// Where an entry begins.
pub(super) fn head(sheet: usize, entry: &Entry) -> Spot {
    Spot::line(sheet, entry.lines.start)
}

/// A count with its noun.
pub(super) fn count(number: usize, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {several}"),
    }
}
