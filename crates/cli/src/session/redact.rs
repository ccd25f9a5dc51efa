//! Removing what should never have been recorded, in the order that a broken run can be taken up
//! again: the plan first, then the word that parts are to go, then the parts.

mod beyond;
mod elsewhere;

use std::borrow::Cow;
use std::collections::BTreeSet;

use ledger_core::document::Line;
use ledger_core::plan::Task;
use ledger_core::redact::{Removal, Secret, Trace, needed};
use ledger_core::{Decision, EventId, Part, Recorded, Seq};
use ledger_store::{Store, Swept};
use schemars::JsonSchema;
use serde::Serialize;

use super::kept::Kept;
use super::{Committed, Request, Session, waiting};
use crate::failure::Failure;
use elsewhere::Elsewhere;

/// A shorter text of a part that was named by its number is left in other files: it may stand
/// there by chance.
const LEAST: usize = 4;

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
    /// The plans that have the text, or had it until now, with the numbers of the lines, from 1.
    pub(crate) plans: Vec<(String, Vec<usize>)>,
    /// The tasks that are none any more without the text.
    pub(crate) lost: Vec<String>,
    /// What else holds what a part says that was named by its number, and stays.
    pub(crate) elsewhere: Elsewhere,
    removal: Removal,
    /// What a part says that was named by its number.
    said: Option<String>,
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
                self.refuse_id_of_now(secret)?;
                for document in self.plan().documents() {
                    let lines = secret.lines_with(document.text.lines());
                    if !lines.is_empty() {
                        let lines = lines.into_iter().map(|at| at + 1).collect();
                        sight.plans.push((document.path.clone(), lines));
                    }
                }
                sight.lost = self.lost_without(secret);
                let runs = self.runs_of(secret)?;
                for batch in self.store.read(Seq(0))? {
                    for recorded in batch?.events() {
                        sight.look(recorded, secret, &runs);
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
                    Some(Part::Open { value, .. }) => {
                        sight.said = value.as_str().map(|text| text.trim().to_owned());
                        sight.add(&recorded, *part, None);
                    }
                    Some(Part::Redacted(_)) => {}
                }
                self.refuse_line_of_now(&recorded, *part)?;
                if let Some(secret) = sight.said().and_then(|said| Secret::new(said).ok()) {
                    sight.elsewhere = self.elsewhere(&secret, (*seq, *part))?;
                }
            }
        }
        self.add_clues(&mut sight)?;
        Ok(sight)
    }

    /// The parts of an event, each with its first words: those that can go, and those that cannot.
    pub(crate) fn parts_of(&mut self, seq: Seq) -> Result<Sight, Failure> {
        let recorded = self.store.event(seq)?;
        let recorded =
            recorded.ok_or_else(|| Failure::trouble(format!("there is no event {seq}")))?;
        let mut sight = Sight::default();
        for (at, part) in recorded.event.body.iter().enumerate() {
            let (name, words, why) = match part {
                Part::Redacted(_) => ("", Cow::Borrowed(""), Some("it is gone already")),
                Part::Open { name, value, .. } => {
                    let words = value
                        .as_str()
                        .map_or_else(|| value.to_string().into(), Cow::from);
                    (name.as_str(), words, needed(&recorded.event, at))
                }
            };
            let place = Place {
                why,
                ..Place::of(&recorded, at, name, words.trim())
            };
            match why {
                Some(_) => sight.kept.push(place),
                None => sight.parts.push(place),
            }
        }
        Ok(sight)
    }

    /// Refuses to take out of the plan what is an id there: its task would be none any more, and
    /// the headers of its events have it still.
    fn refuse_id_of_now(&mut self, secret: &Secret) -> Result<(), Failure> {
        self.read_plan()?;
        let mut tasks = self.plan().tasks().values();
        let is_in = |task: &Task| task.id.as_deref().is_some_and(|id| secret.is_in(id));
        match tasks.find(|task| is_in(task)) {
            None => Ok(()),
            Some(task) => Err(Failure::finding(format!(
                "the text is in the id of task {}, and the headers of its events have it",
                task.key
            ))
            .hint(format!(
                "`ledger append rekey {} NEW-ID` gives it another one first; nothing was redacted",
                task.key
            ))),
        }
    }

    /// The parts that have the lines of a text one by one.
    fn runs_of(&mut self, secret: &Secret) -> Result<BTreeSet<(Seq, usize)>, Failure> {
        let mut runs = BTreeSet::new();
        if let Some(head) = self.head_seq().filter(|_| secret.has_lines()) {
            self.fold_to(Trace::default(), head, |_, trace| {
                runs.extend(trace.holding(secret));
            })?;
        }
        Ok(runs)
    }

    /// Adds what a guess at the removed text could be checked with.
    fn add_clues(&mut self, sight: &mut Sight) -> Result<(), Failure> {
        let mut all = self.store.redacted()?;
        all.join(sight.removal.clone());
        let Some(head) = self.head_seq().filter(|_| !all.is_empty()) else {
            return Ok(());
        };
        self.fold_to(Trace::of(all), head, |batch, trace| {
            for (event, part) in trace.clues(batch) {
                let mut events = batch.events().iter();
                if let Some(recorded) = events.find(|own| own.event.id == event) {
                    sight.add_going(recorded, part, "");
                }
            }
        })?;
        Ok(())
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
        let mut secret = match what {
            What::Text(secret) => Some(secret.clone()),
            What::Part(..) => None,
        };
        if let Some(secret) = &secret {
            self.refuse_id_of_now(secret)?;
        }
        let lost = secret
            .as_ref()
            .map_or_else(Vec::new, |secret| self.lost_without(secret));
        let mut edited = Vec::new();
        let mut committed = self.change(request, |tx| {
            if let Some(secret) = &secret {
                edited = tx.redact(secret)?;
            }
            Ok(())
        })?;
        if let Some(refused) = committed.refused.take() {
            return Err(refused.hint("nothing was redacted"));
        }
        let mut sight = self.sight(what)?;
        if let Some((path, lines)) = sight.plans.first() {
            let line = lines.first().copied().unwrap_or_default();
            return Err(Failure::finding(format!(
                "{path} still has it, on line {line}, where it cannot be taken out"
            ))
            .hint("edit the plan; nothing more was redacted"));
        }
        sight.plans = edited;
        sight.lost = lost;
        let said = sight.said();
        if said.is_some_and(|said| reason.contains(said)) {
            return Err(
                Failure::trouble("the reason is recorded, and holds what the part says")
                    .hint("nothing was redacted"),
            );
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
        if let Some(said) = said {
            secret = Secret::new(said).ok();
        }
        let swept = self.take_out(&all, secret.as_ref()).map_err(|failure| {
            failure.hint("the redaction is recorded and not finished: the same command finishes it")
        })?;
        // What was folded before has it still.
        self.kept = Kept::default();
        self.former = Kept::default();
        self.load()?;
        self.read_plan()?;
        if let Err(failure) = self.settle() {
            committed.unwritten.push(failure);
        }
        let beyond = match what {
            What::Text(secret) => self.beyond(secret),
            What::Part(..) => Vec::new(),
        };
        Ok(Redacted {
            committed,
            sight,
            swept,
            beyond,
        })
    }

    /// Takes parts out of everything that is in reach, the journal last.
    fn take_out(&mut self, all: &Removal, secret: Option<&Secret>) -> Result<Swept, Failure> {
        let mut swept = Swept::default();
        if let Some(secret) = secret {
            // What could be taken in was when the session began.
            waiting::spool(self)?.take_out(secret, &mut swept)?;
        }
        let more = self.store.redact(all, secret)?;
        swept.removed.extend(more.removed);
        swept.rewritten.extend(more.rewritten);
        swept.left.extend(more.left);
        Ok(swept)
    }
}

impl Place {
    fn of(recorded: &Recorded, at: usize, name: &str, words: &str) -> Self {
        Self {
            seq: recorded.seq,
            id: recorded.event.id,
            kind: recorded.event.header.kind.clone(),
            part: at.to_string(),
            name: name.to_owned(),
            words: words.chars().take(WORDS).collect(),
            why: None,
        }
    }
}

impl Sight {
    /// `runs`: the parts that have lines of the text.
    fn look(&mut self, recorded: &Recorded, secret: &Secret, runs: &BTreeSet<(Seq, usize)>) {
        for (at, part) in recorded.event.body.iter().enumerate() {
            let Part::Open { name, value, .. } = part else {
                continue;
            };
            let is_line = runs.contains(&(recorded.seq, at));
            if is_line || secret.is_in_value(value) || secret.is_in(name) {
                self.add(recorded, at, Some(secret).filter(|_| !is_line));
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

    /// What the part says that was named by its number, if that is enough to be looked for.
    fn said(&self) -> Option<&str> {
        self.said.as_deref().filter(|said| said.len() >= LEAST)
    }

    fn add(&mut self, recorded: &Recorded, at: usize, secret: Option<&Secret>) {
        let event = &recorded.event;
        let Some(Part::Open { name, value, .. }) = event.body.get(at) else {
            return;
        };
        let text = value.as_str().unwrap_or_default().trim();
        // Of a part that is named by its number nobody knows which of its words are to go.
        let words = secret.map_or_else(String::new, |secret| secret.taken_from(text));
        match needed(event, at) {
            Some(why) => self.kept.push(Place {
                why: Some(why),
                ..Place::of(recorded, at, name, &words)
            }),
            None => self.add_going(recorded, at, &words),
        }
    }

    /// Adds a part that goes, once.
    fn add_going(&mut self, recorded: &Recorded, at: usize, words: &str) {
        let event = &recorded.event;
        if let Some(Part::Open { name, .. }) = event.body.get(at)
            && !self.removal.has(&event.id, at)
        {
            self.removal.add(event.id, at);
            self.parts.push(Place::of(recorded, at, name, words));
        }
    }

    /// What of it is not said to be gone yet.
    fn new_to(&self, known: &Removal) -> Removal {
        let mut new = self.removal.clone();
        new.leave_out(known);
        new
    }
}
