//! Taking in one change that waited: its edits, then its commands. What is refused of it takes
//! nothing else along, and is recorded as refused.

use std::path::Path;

use ledger_core::decide::Command;
use ledger_core::{Batch, Context, Rejection, Verified};
use ledger_store::Spool;
use ledger_store::checkouts::{
    Base, Checkout, CheckoutRecord, Moment, Rendered, Taking, plain_hash,
};
use ledger_store::spool::Waiting;

use super::Obstacle;
use super::change::{Change, Edit};
use crate::failure::{Exit, Failure, cut};
use crate::outside;
use crate::session::Session;
use crate::session::commit::{moment_of, rejected};
use crate::session::files::FileState;
use crate::session::request::{Request, asked, carry_out};

impl Session {
    pub(super) fn take_in_one(
        &mut self,
        spool: &Spool,
        waiting: &Waiting,
        bytes: &[u8],
    ) -> Result<String, Obstacle> {
        let change = Change::read(bytes)?;
        self.read_all()?;
        let mut said = self.take_in_edits(spool, waiting, &change)?;
        if !change.commands.is_empty() {
            said.push(self.take_in_commands(waiting, &change)?);
        }
        let said = match said.is_empty() {
            true => "nothing new".to_owned(),
            false => said.join(", "),
        };
        Ok(format!(
            "a change of {} that had waited since {} was taken in: {said}",
            change.actor.id, change.time
        ))
    }

    /// Takes in the edits together, since lines may have gone from one file to another; where that
    /// is refused, each by itself.
    fn take_in_edits(
        &mut self,
        spool: &Spool,
        waiting: &Waiting,
        change: &Change,
    ) -> Result<Vec<String>, Obstacle> {
        let mut said = Vec::new();
        let is_tracked: Vec<bool> = change
            .edits
            .iter()
            .map(|edit| self.kept.documents().any(|own| own.id == edit.document))
            .collect();
        let tracked: Vec<&Edit> = change
            .edits
            .iter()
            .zip(&is_tracked)
            .filter_map(|(edit, is_tracked)| is_tracked.then_some(edit))
            .collect();
        let key = format!("spool/{}/edits", waiting.name);
        let together = change.request(key.clone(), &change.edits)?;
        let refused = self.record_edits(waiting, change, &tracked, &together, &mut said)?;
        for (nth, (edit, is_tracked)) in change.edits.iter().zip(is_tracked).enumerate() {
            let own = change.request(format!("{key}/{nth}"), edit)?;
            let why = match &refused {
                _ if !is_tracked => Some(Rejection::UnknownDocument {
                    path: edit.path.clone(),
                }),
                None => None,
                Some(why) if tracked.len() == 1 => Some(why.clone()),
                Some(_) => self.record_edits(waiting, change, &[edit], &own, &mut said)?,
            };
            if let Some(why) = why {
                said.push(self.refuse_edit(spool, waiting, change, edit, &own, &why)?);
            }
        }
        Ok(said)
    }

    /// Records edits in one batch, and gives why they are refused if they are.
    fn record_edits(
        &mut self,
        waiting: &Waiting,
        change: &Change,
        edits: &[&Edit],
        request: &Request,
        said: &mut Vec<String>,
    ) -> Result<Option<Rejection>, Obstacle> {
        if edits.is_empty() {
            return Ok(None);
        }
        let record = self.record_of(&change.root)?;
        let file = |edit: &&Edit| edit.file(made_on(edit, waiting, record.as_ref()));
        let files: Vec<FileState> = edits.iter().map(file).collect();
        if let Some(batch) = self.repeated(request)? {
            // Whoever recorded it may have been killed before it was noted.
            if rejected(&batch).is_none() {
                self.note_taken(waiting, record, &files, moment_of(&batch))?;
            }
            return Ok(None);
        }
        let edits = self.edits(&files)?;
        let context = change.context()?;
        let claim = change.claim();
        let decision = match self.decide(&context, &change.actor, |tx| tx.observe(&edits, &claim)) {
            Ok(decision) => decision,
            Err(rejection) => return refusal(rejection).map(Some),
        };
        let batch = match self.append(decision, request, claim.is_some()) {
            Ok(batch) => batch,
            Err(failure) if failure.is_unsealable() => return Ok(Some(unsealable(&failure))),
            Err(failure) => return Err(failure.into()),
        };
        if let Some(moment) = self.head_moment() {
            self.note_taken(waiting, record, &files, moment)?;
        }
        said.extend(batch.map(|batch| format!("event {}, found in the file", batch.head().seq)));
        Ok(None)
    }

    /// Records that an edit was refused when its turn came. What it says may be nowhere else, and
    /// more than an event can hold, so it is kept in the quarantine.
    fn refuse_edit(
        &mut self,
        spool: &Spool,
        waiting: &Waiting,
        change: &Change,
        edit: &Edit,
        request: &Request,
        why: &Rejection,
    ) -> Result<String, Obstacle> {
        if let Some(batch) = self.repeated(request)? {
            return Ok(format!("event {}, refused before", batch.head().seq));
        }
        let path = &edit.path;
        let kept = spool.keep_edit(waiting, path, edit.text.as_bytes(), &why.to_string());
        let kept = kept.map_err(Failure::from)?;
        let what = format!("an edit of {path}: {why}; its text is in the quarantine");
        let refused = self.refuse(request, &change.context()?, &[], &Rejection::Nothing(what))?;
        Ok(format!("{refused}, at {}", kept.display()))
    }

    fn take_in_commands(&mut self, waiting: &Waiting, change: &Change) -> Result<String, Obstacle> {
        let commands: Vec<&Command> = change.commands.iter().map(|(_, command)| command).collect();
        let asked = asked(&change.commands);
        let own = change.request(format!("spool/{}", waiting.name), &asked)?;
        let request = match &change.idem {
            Some(key) => change.request(key.clone(), &asked)?,
            None => own.clone(),
        };
        if let Some(batch) = self.repeated(&own)? {
            return Ok(format!("event {}, recorded before", batch.head().seq));
        }
        let context = change.context()?;
        match self.repeated(&request) {
            Ok(Some(batch)) => return Ok(format!("event {}, recorded before", batch.head().seq)),
            Ok(None) => {}
            // The key was used for something else meanwhile.
            Err(failure) if failure.exit() == Exit::Findings => {
                let why = Rejection::Nothing(failure.message().to_owned());
                return self.refuse(&own, &context, &commands, &why);
            }
            Err(failure) => return Err(failure.into()),
        }
        let decided = match self.renames_onto_another(&change.commands) {
            Some((_, _, other)) => Err(Rejection::AlreadyTracked(other)),
            None => {
                let files = self.look_for_lists(&change.commands);
                self.decide(&context, &change.actor, |tx| {
                    tx.knowing_files(files);
                    carry_out(tx, &change.commands)
                })
            }
        };
        let decision = match decided {
            Ok(decision) => decision,
            Err(rejection) => {
                let why = refusal(rejection)?;
                return self.refuse(&request, &context, &commands, &why);
            }
        };
        match self.append(decision, &request, true) {
            Ok(batch) => Ok(event(batch.as_ref())),
            Err(failure) if failure.is_unsealable() => {
                self.refuse(&request, &context, &commands, &unsealable(&failure))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Records that a change was refused when its turn came.
    fn refuse(
        &mut self,
        request: &Request,
        context: &Context,
        commands: &[&Command],
        rejection: &Rejection,
    ) -> Result<String, Obstacle> {
        let decided = self.decide(context, &request.actor, |tx| {
            tx.refused(commands, rejection);
            Ok(())
        });
        let decision = match decided {
            Ok(decision) => decision,
            Err(rejection) => return Err(Obstacle::Never(refusal(rejection)?.to_string())),
        };
        let batch = self.append(decision, request, true)?;
        let why = rejection.to_string();
        let event = event(batch.as_ref());
        Ok(format!("{event}, refused: {}", cut(&why)))
    }

    /// The record of the checkout at a root, if it has one.
    fn record_of(&mut self, root: &Path) -> Result<Option<CheckoutRecord>, Failure> {
        if self.checkout.root == root {
            return Ok(Some(self.checkout.clone()));
        }
        let records = self.checkouts.all()?.into_iter();
        let mut records = records.filter_map(|(_, record)| record);
        let mut found = records.find(|record| record.root == root);
        if let Some(record) = &mut found {
            record.settle_taking(|moment| self.has(moment))?;
        }
        Ok(found)
    }

    /// Notes in the record of a checkout which bytes of its plan files the ledger has taken in as of
    /// a moment. Nothing of a file that something else was put into since.
    fn note_taken(
        &mut self,
        waiting: &Waiting,
        record: Option<CheckoutRecord>,
        files: &[FileState],
        moment: Moment,
    ) -> Result<(), Failure> {
        let Some(mut record) = record else {
            return Ok(());
        };
        let then = match self.head_moment() == Some(moment) {
            true => {
                self.read_plan()?;
                self.kept.plan().clone()
            }
            false => self.plan_at(moment.seq)?,
        };
        for file in files {
            let (Checkout::Edited { base }, Some(bytes)) = (file.state, &file.bytes) else {
                continue;
            };
            let known = record.document(&file.document);
            let rendered = known.map(|known| known.rendered.moment);
            let moved_on = base
                .zip(rendered)
                .is_some_and(|(base, rendered)| base.moment != rendered);
            if moved_on {
                continue;
            }
            let text = then.document(&file.document).map(|own| own.text.text());
            let whole = text.is_some_and(|text| text.as_bytes() == bytes);
            if !whole {
                // An aid for later, which keeps nobody from taking this in.
                let _ = self.checkouts.keep_text(bytes);
            }
            let taking = Taking {
                document: file.document.clone(),
                path: file.path.clone(),
                bytes: Rendered {
                    moment,
                    hash: plain_hash(bytes),
                    at: outside::now()?,
                    git: known.and_then(|known| known.rendered.git.clone()),
                    turn: Some(waiting.name.clone()),
                },
                whole,
                durable: false,
            };
            record.taking.push(taking);
        }
        record.settle_taking(|_| Ok::<_, Failure>(true))?;
        self.checkouts.write_durably(&record)?;
        self.checkouts.tidy_texts();
        if self.checkout.name == record.name {
            self.has_texts = record.texts().next().is_some();
            self.checkout = record;
        }
        Ok(())
    }
}

/// What an edit that waited was made on. Where another one of the same file waited before it, and
/// nothing was put into the file since, that is what the other one made of it, though whoever found
/// this one could not know.
fn made_on(edit: &Edit, waiting: &Waiting, record: Option<&CheckoutRecord>) -> Option<Base> {
    let known = record.and_then(|record| record.document(&edit.document));
    let after = |turn: &String| *turn < waiting.name;
    match known {
        Some(known) if known.last().turn.as_ref().is_some_and(after) => Some(known.base()),
        _ => edit.base(),
    }
}

/// Why a change is refused for good; one that a newer program could carry out is not.
fn refusal(rejection: Rejection) -> Result<Rejection, Obstacle> {
    match rejection {
        Rejection::NewerGrammar { .. } => Err(Obstacle::NotNow(rejection.into())),
        refused => Ok(refused),
    }
}

fn unsealable(failure: &Failure) -> Rejection {
    Rejection::Nothing(failure.message().to_owned())
}

/// `event 12`
fn event(batch: Option<&Verified<Batch>>) -> String {
    batch.map_or_else(
        || "nothing new".to_owned(),
        |batch| format!("event {}", batch.head().seq),
    )
}
