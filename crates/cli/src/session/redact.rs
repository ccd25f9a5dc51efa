//! Removing what should never have been recorded, in the order that a broken run can be taken up
//! again: the plan first, then the word that parts are to go, then the parts.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::document::Line;
use ledger_core::redact::{Removal, Secret, needed};
use ledger_core::{Decision, EventId, Part, Recorded, Seq};
use ledger_store::spool::BESIDE_THE_PLAN;
use ledger_store::{Store, Swept};
use schemars::JsonSchema;
use serde::Serialize;

use super::files::git;
use super::kept::Kept;
use super::{Committed, Request, Session};
use crate::failure::Failure;

/// The most bytes of a plan file elsewhere that are looked at.
const MOST: u64 = 64 << 20;

/// How much of a part is shown.
const WORDS: usize = 48;

/// What is to go.
pub(crate) enum What {
    /// Whatever holds a text.
    Text(Secret),
    /// One part of one event.
    Part(Seq, usize),
}

/// A part that is to go, or cannot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    /// The event.
    pub(crate) seq: Seq,
    /// Its id.
    pub(crate) id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The part's number, from 0, or the header's member.
    pub(crate) part: String,
    /// What the part is called.
    pub(crate) name: String,
    /// Its first words, without the text.
    pub(crate) words: String,
    /// Why it cannot go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<&'static str>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// The parts that can go.
    pub(crate) parts: Vec<Place>,
    /// What cannot.
    pub(crate) kept: Vec<Place>,
    /// The plans that have the text now, with the numbers of the lines, from 1.
    pub(crate) plans: Vec<(String, Vec<usize>)>,
    removal: Removal,
}

/// What was done.
pub(crate) struct Redacted {
    /// The edit of the plan, and what was found edited before it.
    pub(crate) committed: Committed,
    /// What went, and what could not.
    pub(crate) sight: Sight,
    /// What became of files.
    pub(crate) swept: Swept,
    /// What it cannot reach, in words.
    pub(crate) beyond: Vec<String>,
}

impl Session {
    /// Looks for what is to go.
    pub(crate) fn sight(&mut self, what: &What) -> Result<Sight, Failure> {
        let mut sight = Sight::default();
        match what {
            What::Text(secret) => {
                self.read_plan()?;
                for document in self.plan().documents() {
                    let lines = document.text.lines().iter().enumerate();
                    let lines = lines.filter(|(_, line)| secret.is_in(line));
                    let lines: Vec<usize> = lines.map(|(at, _)| at + 1).collect();
                    if !lines.is_empty() {
                        sight.plans.push((document.path.clone(), lines));
                    }
                }
                for batch in self.store.read(Seq(0))? {
                    for recorded in batch?.events() {
                        sight.look(recorded, secret);
                    }
                }
            }
            What::Part(seq, part) => {
                let recorded = self.store.event(*seq)?;
                let recorded =
                    recorded.ok_or_else(|| Failure::trouble(format!("there is no event {seq}")))?;
                match recorded.event.body.get(*part) {
                    None => {
                        return Err(Failure::trouble(format!(
                            "event {seq} has {} parts, numbered from 0",
                            recorded.event.body.len()
                        )));
                    }
                    Some(Part::Open { .. }) => sight.add(&recorded, *part, None),
                    Some(Part::Redacted(_)) => {}
                }
                self.refuse_line_of_now(&recorded, *part)?;
            }
        }
        Ok(sight)
    }

    /// Refuses to take a line out of the history that the plan has now: its file would have it
    /// still.
    fn refuse_line_of_now(&mut self, recorded: &Recorded, part: usize) -> Result<(), Failure> {
        let Some(Part::Open { name, value, .. }) = recorded.event.body.get(part) else {
            return Ok(());
        };
        let (true, Some(text)) = (name == "line", value.as_str()) else {
            return Ok(());
        };
        self.read_plan()?;
        for document in self.plan().documents() {
            let mut lines = document.text.lines().iter();
            if let Some(at) = lines.position(|line: &Line| **line == *text) {
                return Err(Failure::finding(format!(
                    "part {part} of event {} is line {} of {} as it is now",
                    recorded.seq,
                    at + 1,
                    document.path
                ))
                .hint("edit it in the plan first, or use --text; nothing was redacted"));
            }
        }
        Ok(())
    }

    /// Removes it.
    pub(crate) fn redact(
        &mut self,
        what: &What,
        reason: &str,
        request: &Request,
    ) -> Result<Redacted, Failure> {
        let secret = match what {
            What::Text(secret) => Some(secret),
            What::Part(..) => None,
        };
        let mut committed = self.change(request, |tx| match secret {
            Some(secret) => tx.redact(secret),
            None => Ok(()),
        })?;
        if let Some(refused) = committed.refused.take() {
            return Err(refused.hint("nothing was redacted"));
        }
        let sight = self.sight(what)?;
        if let Some((path, lines)) = sight.plans.first() {
            let line = lines.first().copied().unwrap_or_default();
            return Err(Failure::finding(format!(
                "{path} still has it, on line {line}, where it cannot be taken out"
            ))
            .hint("edit the plan; nothing more was redacted"));
        }
        let mut all = self.store.redacted()?;
        let new = sight.new_to(&all);
        if !new.is_empty() {
            let decision = Decision {
                drafts: new.drafts(reason),
                documents: Vec::new(),
                outlines: self.kept.outlines(),
                breaches: Vec::new(),
                remarks: Vec::new(),
            };
            self.append(decision, request, true)?;
        }
        all.join(new);
        let swept = self.store.redact(&all, secret).map_err(|error| {
            Failure::from(error)
                .hint("the redaction is recorded and not finished: the same command finishes it")
        })?;
        // What was folded before has it still.
        self.kept = Kept::default();
        self.former = Kept::default();
        self.load()?;
        self.read_plan()?;
        if let Err(failure) = self.settle() {
            committed.unwritten.push(failure);
        }
        let beyond = secret.map_or_else(Vec::new, |secret| self.beyond(secret));
        Ok(Redacted {
            committed,
            sight,
            swept,
            beyond,
        })
    }

    /// Where a text is that is known of and out of reach.
    fn beyond(&self, secret: &Secret) -> Vec<String> {
        let mut said = Vec::new();
        let documents = self.kept.plan().all_documents().iter();
        let paths: Vec<&str> = documents.map(|document| document.path.as_str()).collect();
        if let Some(git) = git(&self.place) {
            match git.commits_with(&paths, |line| secret.is_in_bytes(line)) {
                None => said.push(
                    "git's history of the plan, which could not be looked through".to_owned(),
                ),
                Some(commits) if commits.is_empty() => {}
                Some(commits) => {
                    const SHOWN: usize = 8;
                    let ids = commits.iter().take(SHOWN);
                    let ids: Vec<&str> = ids.map(|id| id.get(..12).unwrap_or(id)).collect();
                    let more = match commits.len().saturating_sub(SHOWN) {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    said.push(format!(
                        "git's history of the plan: commits {}{more} put it in or took it out",
                        ids.join(", ")
                    ));
                }
            }
        }
        for root in self.other_roots() {
            for path in &paths {
                let file = root.join(path);
                if holds(&file, secret) {
                    said.push(format!("{}, the plan of another checkout", file.display()));
                }
            }
        }
        let roots = self.other_roots().into_iter();
        for root in roots.chain([self.place.root.clone()]) {
            let entries = fs::read_dir(root.join(BESIDE_THE_PLAN));
            for entry in entries.into_iter().flatten().flatten() {
                if holds(&entry.path(), secret) {
                    said.push(format!("{}, a change that waits", entry.path().display()));
                }
            }
        }
        for path in &paths {
            let file = self.root().join(path);
            for left in left_beside(&file) {
                if holds(&left, secret) {
                    said.push(format!("{}, which a killed process left", left.display()));
                }
            }
        }
        for path in &paths {
            let file = self.root().join(path);
            if holds(&file, secret) {
                said.push(format!("{}, which could not be written", file.display()));
            }
        }
        said
    }

    /// The top folders of the other checkouts that share this ledger.
    fn other_roots(&self) -> Vec<PathBuf> {
        let records = self.checkouts.all().unwrap_or_default();
        let roots = records
            .into_iter()
            .filter_map(|(_, record)| Some(record?.root));
        roots.filter(|root| *root != self.place.root).collect()
    }
}

/// What a process that was killed while it wrote a plan file may have left beside it.
fn left_beside(plan: &Path) -> Vec<PathBuf> {
    let entries = plan.parent().map(fs::read_dir).into_iter().flatten();
    let paths = entries.flatten().flatten().map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().ends_with(b".ledger-new")
    };
    paths.filter(is_ours).collect()
}

fn holds(path: &Path, secret: &Secret) -> bool {
    let small = fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST);
    small && fs::read(path).is_ok_and(|bytes| secret.is_in_bytes(&bytes))
}

impl Sight {
    fn look(&mut self, recorded: &Recorded, secret: &Secret) {
        for (at, part) in recorded.event.body.iter().enumerate() {
            let Part::Open { name, value, .. } = part else {
                continue;
            };
            if secret.is_in_value(value) || secret.is_in(name) {
                self.add(recorded, at, Some(secret));
            }
        }
        let header = &recorded.event.header;
        if let Some(member) = secret.in_header(header) {
            self.kept.push(Place {
                seq: recorded.seq,
                id: recorded.event.id,
                kind: header.kind.clone(),
                part: member.to_owned(),
                name: "header".to_owned(),
                words: String::new(),
                why: Some("the event's id is the hash of its header"),
            });
        }
    }

    fn add(&mut self, recorded: &Recorded, at: usize, secret: Option<&Secret>) {
        let event = &recorded.event;
        let Some(Part::Open { name, value, .. }) = event.body.get(at) else {
            return;
        };
        let text = value.as_str().unwrap_or_default().trim();
        // Of a part that is named by its number nobody knows which of its words are to go.
        let words = secret.map_or_else(String::new, |secret| secret.taken_from(text));
        let why = needed(event, at);
        let place = Place {
            seq: recorded.seq,
            id: event.id,
            kind: event.header.kind.clone(),
            part: at.to_string(),
            name: name.clone(),
            words: words.chars().take(WORDS).collect(),
            why,
        };
        match why {
            Some(_) => self.kept.push(place),
            None => {
                self.removal.add(event.id, at);
                self.parts.push(place);
            }
        }
    }

    /// What of it is not said to be gone yet.
    fn new_to(&self, known: &Removal) -> Removal {
        let mut new = self.removal.clone();
        new.leave_out(known);
        new
    }
}
