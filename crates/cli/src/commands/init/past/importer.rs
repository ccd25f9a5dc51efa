//! Commits become batches, one after another, in a journal of its own.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::sync::Arc;

use ledger_core::codec::MAX_BODY;
use ledger_core::decide::PastChange;
use ledger_core::document::Document;
use ledger_core::id::MAX_HEADER_STRING;
use ledger_core::past::Past;
use ledger_core::{
    Actor, ActorKind, Batch, Claim, Decision, Edited, Head, Outlines, Parent, Plan, Rejection,
    Stamp, Time, Transaction, Verified, WriterId, seal, seal_on,
};
use ledger_store::git::{Commit, History, Texts, Version, with_carriage_returns};
use schemars::JsonSchema;
use serde::Serialize;

use super::PlanFile;
use crate::failure::Failure;
use crate::outside;

/// What was imported.
pub(super) struct Imported {
    /// The last event.
    pub(super) head: Head,
    /// Commits that became moments.
    pub(super) commits: u64,
    /// Texts that were left out.
    pub(super) skipped: Vec<Skipped>,
}

/// A text that no document can be.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Skipped {
    /// The commit.
    pub(super) commit: String,
    /// The file.
    pub(super) path: String,
    /// Why.
    pub(super) why: String,
}

/// What a commit has of each plan that it has: where it lies, and the id of its text.
type State = BTreeMap<usize, (Arc<str>, Arc<str>)>;

/// A moment, for those that follow it.
#[derive(Clone)]
struct Tip {
    parent: Parent,
    plan: Plan,
    outlines: Outlines,
}

/// How many bytes of an event a line takes up besides its text: salts, and what describes a task.
const PER_LINE: usize = 256;

pub(super) struct Importer<'a> {
    history: &'a History,
    texts: Texts,
    past: Past<State>,
    writer: WriterId,
    head: Head,
    /// What plans begin on.
    root: Tip,
    /// The moments that may still be followed, by their events' numbers.
    tips: BTreeMap<usize, Tip>,
    /// Of each plan, whether git gives its lines carriage returns where it checks it out.
    line_ends: Vec<bool>,
    /// Texts that cannot be recorded, and why.
    unfit: HashMap<Arc<str>, String>,
    journal: BufWriter<File>,
    commits: u64,
    skipped: Vec<Skipped>,
}

impl<'a> Importer<'a> {
    /// Begins a ledger.
    pub(super) fn begin(
        history: &'a History,
        texts: Texts,
        line_ends: Vec<bool>,
        writer: WriterId,
        actor: &Actor,
    ) -> Result<Self, Failure> {
        let context = outside::context()?;
        let mut plan = Plan::default();
        let mut tx = Transaction::new(&plan, &context);
        tx.create();
        let decision = tx.finish()?;
        let stamp = stamp(&writer, actor.clone(), outside::now()?, None)?;
        let nonce = Some(outside::entropy()?);
        let batch = seal(None, &stamp, &decision.drafts, &[], nonce)?;
        plan.evolve(&batch)?;
        let mut journal = BufWriter::new(tempfile::tempfile()?);
        write(&mut journal, &batch)?;
        Ok(Self {
            history,
            texts,
            past: Past::new(history.commits.iter().map(|own| own.parents.as_slice())),
            writer,
            head: batch.head().clone(),
            root: Tip {
                parent: Parent::from(batch.head()),
                plan,
                outlines: Outlines::new(),
            },
            tips: BTreeMap::new(),
            line_ends,
            unfit: HashMap::new(),
            journal,
            commits: 0,
            skipped: Vec::new(),
        })
    }

    /// Takes the next commit of the history.
    pub(super) fn take(&mut self, at: usize) -> Result<(), Failure> {
        let Some(commit) = self.history.commits.get(at) else {
            return Ok(());
        };
        let base = self.past.base(&commit.parents);
        let before = base.and_then(|base| self.past.state(base));
        let before = before.cloned().unwrap_or_default();
        let (state, texts) = self.state(commit, &before)?;
        let changes = changes(&before, &state, &texts);
        let step = self.past.place(&commit.parents, state);
        if let Some(placed) = step.event {
            let tip = self
                .record(commit, &placed.parents, &changes)
                .map_err(|failure| failure.about(format!("commit {}", commit.id)))?;
            self.tips.insert(placed.event, tip);
            self.commits += 1;
        }
        for event in step.released {
            self.tips.remove(&event);
        }
        Ok(())
    }

    /// What a commit has of the plans, and the texts that are new in it. Where a text cannot be
    /// recorded, the plan stays as it was before.
    fn state(
        &mut self,
        commit: &Commit,
        before: &State,
    ) -> Result<(State, HashMap<usize, Document>), Failure> {
        let mut state = State::new();
        let mut texts = HashMap::new();
        for (plan, version) in commit.plans.iter().enumerate() {
            let Some(version) = version else { continue };
            let known = before.get(&plan);
            let now = (Arc::clone(&version.path), Arc::clone(&version.blob));
            if known.is_some_and(|(_, blob)| *blob == version.blob) {
                state.insert(plan, now);
                continue;
            }
            match self.text(plan, version)? {
                Ok(text) => {
                    texts.insert(plan, text);
                    state.insert(plan, now);
                }
                Err(why) => {
                    self.skipped.push(Skipped {
                        commit: commit.id.clone(),
                        path: version.path.to_string(),
                        why,
                    });
                    // It lies where the commit has it all the same: another may be where it was.
                    let known =
                        known.map(|(_, blob)| (Arc::clone(&version.path), Arc::clone(blob)));
                    state.extend(known.map(|known| (plan, known)));
                }
            }
        }
        Ok((state, texts))
    }

    /// The text of a version, or why it can be none.
    fn text(
        &mut self,
        plan: usize,
        version: &Version,
    ) -> Result<Result<Document, String>, Failure> {
        if let Some(why) = self.unfit.get(&version.blob) {
            return Ok(Err(why.clone()));
        }
        let text = if !version.is_file {
            Err("it is a link there".to_owned())
        } else if version.size > MAX_BODY as u64 {
            Err("it is too large there".to_owned())
        } else {
            let bytes = self.texts.read(&version.blob)?;
            let bytes = bytes.map(|bytes| match self.line_ends.get(plan) {
                Some(true) => with_carriage_returns(&bytes),
                _ => bytes,
            });
            match bytes.map(|bytes| Document::from_bytes(&bytes)) {
                None => Err("git does not have its text here".to_owned()),
                Some(Err(error)) => Err(error.to_string()),
                Some(Ok(text)) if !fits(&text) => Err("it is too large there".to_owned()),
                Some(Ok(text)) => Ok(text),
            }
        };
        if let Err(why) = &text {
            self.unfit.insert(Arc::clone(&version.blob), why.clone());
        }
        Ok(text)
    }

    /// Records a commit on its parents. One that joins several histories is a row of batches;
    /// what it has of the plans is in the last.
    fn record(
        &mut self,
        commit: &Commit,
        parents: &[usize],
        changes: &[PastChange],
    ) -> Result<Tip, Failure> {
        let first = parents.first().and_then(|first| self.tips.get(first));
        let mut tip = first.unwrap_or(&self.root).clone();
        let joined: Vec<(Parent, Plan)> = parents
            .iter()
            .skip(1)
            .filter_map(|event| self.tips.get(event))
            .map(|tip| (tip.parent, tip.plan.clone()))
            .collect();
        let time = Time::from_millis(commit.time.saturating_mul(1_000));
        let time = time.or_else(|| Time::from_millis(0));
        let stamp = |importer: &Self| {
            let time = time.map_or_else(outside::now, Ok)?;
            stamp(
                &importer.writer,
                author(commit),
                time,
                Some(commit.id.clone()),
            )
        };
        let (last, others) = match joined.split_last() {
            Some(((last, _), others)) => (Some(*last), others),
            None => (None, &[][..]),
        };
        for (other, _) in others {
            let stamp = stamp(self)?;
            self.append(&mut tip, Some(*other), &stamp, |_| Ok(()))?;
        }
        let stamp = stamp(self)?;
        self.append(&mut tip, last, &stamp, |tx| {
            joined.iter().for_each(|(_, plan)| tx.call_as_in(plan));
            tx.take_over(changes)
        })?;
        Ok(tip)
    }

    /// Takes the plan files as they are now: what differs from the last commit is an edit.
    pub(super) fn take_files(&mut self, plans: &[PlanFile], actor: &Actor) -> Result<(), Failure> {
        let last = self.history.commits.len().checked_sub(1);
        let nearest = last.and_then(|last| self.past.nearest(last));
        let state = nearest.and_then(|nearest| self.past.state(nearest));
        let state = state.cloned().unwrap_or_default();
        let tip = nearest.and_then(|nearest| self.tips.remove(&nearest));
        let mut tip = tip.unwrap_or_else(|| self.root.clone());
        let mut moved = Vec::new();
        let mut edited = Vec::new();
        for (plan, (path, text)) in plans.iter().enumerate() {
            // One that is not there is nobody's edit.
            let Some(text) = text else { continue };
            let was = state.get(&plan).map(|(path, _)| path.to_string());
            let own = was.as_deref().and_then(|was| tip.plan.document_at(was));
            match own {
                Some(own) if own.path == path.name => {
                    edited.push(Edited::plain(own.id.clone(), text.clone()));
                }
                _ => moved.push(PastChange {
                    was,
                    now: Some((path.name.clone(), Some(text.clone()))),
                }),
            }
        }
        let stamp = stamp(&self.writer, actor.clone(), outside::now()?, None)?;
        self.append(&mut tip, None, &stamp, |tx| {
            tx.take_over(&moved)?;
            tx.observe(&edited, &Claim::Nothing)
        })
    }

    /// Appends what `work` decides on a moment, if it comes to anything, and moves the moment on.
    fn append(
        &mut self,
        tip: &mut Tip,
        joined: Option<Parent>,
        stamp: &Stamp,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<(), Failure> {
        let context = outside::context()?;
        let outlines = std::mem::take(&mut tip.outlines);
        let mut tx = Transaction::new(&tip.plan, &context).knowing(outlines.clone());
        if joined.is_some() {
            tx.join();
        }
        work(&mut tx)?;
        let Decision {
            drafts,
            documents,
            outlines: read,
            ..
        } = tx.finish()?;
        tip.outlines = outlines;
        // A text that was changed says something else.
        for (id, _) in &documents {
            tip.outlines.remove(id);
        }
        tip.outlines.extend(read);
        if drafts.is_empty() {
            return Ok(());
        }
        let documents: Vec<_> = documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        let follows = (tip.parent, joined);
        let batch = seal_on(&self.head, follows, stamp, &drafts, &documents)?;
        // Nothing is recorded that could not be replayed.
        tip.plan.evolve(&batch)?;
        tip.parent = Parent::from(batch.head());
        write(&mut self.journal, &batch)?;
        self.head = batch.head().clone();
        Ok(())
    }

    /// The journal, from its beginning.
    pub(super) fn finish(self) -> Result<(Imported, File), Failure> {
        let mut journal = self
            .journal
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        journal.rewind()?;
        let imported = Imported {
            head: self.head,
            commits: self.commits,
            skipped: self.skipped,
        };
        Ok((imported, journal))
    }
}

/// Whether one event can have all of a text, however much of it has to be escaped there.
fn fits(text: &Document) -> bool {
    2 * text.byte_len() + PER_LINE * text.len() <= MAX_BODY
}

/// What became of each plan between two states.
fn changes(before: &State, after: &State, texts: &HashMap<usize, Document>) -> Vec<PastChange> {
    let plans = before
        .keys()
        .chain(after.keys().filter(|plan| !before.contains_key(plan)));
    let changed = plans.filter(|plan| before.get(plan) != after.get(plan));
    let change = |plan: &usize| PastChange {
        was: before.get(plan).map(|(path, _)| path.to_string()),
        now: after
            .get(plan)
            .map(|(path, _)| (path.to_string(), texts.get(plan).cloned())),
    };
    changed.map(change).collect()
}

/// Who made a commit, in as many bytes as a header takes.
fn author(commit: &Commit) -> Actor {
    let mut id = match (commit.name.as_str(), commit.mail.as_str()) {
        (name, "") => name.to_owned(),
        ("", mail) => format!("<{mail}>"),
        (name, mail) => format!("{name} <{mail}>"),
    };
    let kind = match id.is_empty() {
        true => ActorKind::Unknown,
        false => ActorKind::Human,
    };
    if id.is_empty() {
        "unknown".clone_into(&mut id);
    }
    while id.len() > MAX_HEADER_STRING {
        id.pop();
    }
    Actor {
        kind,
        id,
        session: None,
        tool: None,
    }
}

fn stamp(
    writer: &WriterId,
    actor: Actor,
    time: Time,
    cause: Option<String>,
) -> Result<Stamp, Failure> {
    Ok(Stamp {
        time,
        actor,
        cause,
        idem: None,
        writer: writer.clone(),
        entropy: outside::entropy()?,
    })
}

fn write(journal: &mut impl Write, batch: &Verified<Batch>) -> std::io::Result<()> {
    let mut events = batch.events().iter();
    events.try_for_each(|recorded| journal.write_all(&recorded.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_named_in_as_many_bytes_as_a_header_takes() {
        let by = |name: &str, mail: &str| {
            author(&Commit {
                id: String::new(),
                parents: Vec::new(),
                name: name.to_owned(),
                mail: mail.to_owned(),
                time: 0,
                plans: Vec::new(),
            })
        };
        assert_eq!(by("Ann", "a@b").id, "Ann <a@b>");
        assert_eq!(by("", "a@b").id, "<a@b>");
        assert_eq!(by("Ann", "").id, "Ann");
        assert_eq!(by("", "").kind, ActorKind::Unknown);
        let long = by(&"ä".repeat(300), "a@b").id;
        assert_eq!(long, "ä".repeat(128));
        assert_eq!(by(&format!("x{long}"), "").id.len(), 255);
    }
}
