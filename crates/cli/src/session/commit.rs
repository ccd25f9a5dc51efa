//! Recording changes: observe, decide, seal, append, write the plan files.

use std::path::PathBuf;

use ledger_core::id::{Digest, DocumentId};
use ledger_core::plan::wire::part;
use ledger_core::rules::Breach;
use ledger_core::{
    Actor, Batch, Command, Context, Decision, Edited, Outlines, Part, Rejection, Stamp,
    Transaction, Verified, seal,
};
use ledger_store::Store;
use ledger_store::checkouts::{Checkout, Moment};

use super::Session;
use super::files::{FileState, Written};
use super::indexes::Appended;
use super::kept::Kept;
use super::request::{Claims, Given, Request};
use crate::failure::Failure;
use crate::outside;

/// What a command recorded.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// What was found changed in the rules, recorded before anything else.
    pub(crate) ruled: Vec<Verified<Batch>>,
    /// What is wrong with files of rules.
    pub(crate) troubles: Vec<Failure>,
    /// What was found edited by hand, recorded before what was asked for.
    pub(crate) observed: Vec<Verified<Batch>>,
    /// What the command itself recorded.
    pub(crate) commanded: Option<Verified<Batch>>,
    /// Whether that had been recorded before, under the same key.
    pub(crate) repeated: bool,
    /// Why the command itself was not carried out; what was observed stands.
    pub(crate) refused: Option<Failure>,
    /// The rules that what was found edited goes against.
    pub(crate) edits_broke: Vec<Breach>,
    /// The rules that the command itself goes against.
    pub(crate) broke: Vec<Breach>,
    /// What the user should know.
    pub(crate) remarks: Vec<String>,
    /// Plan files that nobody had edited but that were not the head's: what they were, and that
    /// they are no more.
    pub(crate) brought_forward: Vec<(String, Option<Moment>)>,
    /// Plan files that could not be written though the event stands, or that were to be observed
    /// and could not be read.
    pub(crate) unwritten: Vec<Failure>,
    /// Plan files that are not there, or that git has conflicts for.
    pub(crate) left_alone: Vec<(String, Checkout)>,
    /// Where the change waits, if it could not get in; why is in `refused`.
    pub(crate) waits: Option<PathBuf>,
}

impl Committed {
    /// Whether all plan files were looked at, and written where they had to be.
    const fn is_done(&self) -> bool {
        self.refused.is_none() && self.unwritten.is_empty()
    }

    /// With what the same command recorded before, in a session of its own. What is still wrong is
    /// said by the later one.
    pub(crate) fn behind(mut self, before: Self) -> Self {
        self.ruled.splice(0..0, before.ruled);
        self.observed.splice(0..0, before.observed);
        self.edits_broke.splice(0..0, before.edits_broke);
        self.remarks.splice(0..0, before.remarks);
        self.brought_forward.splice(0..0, before.brought_forward);
        self
    }

    /// Whether every plan file was as the ledger had it.
    pub(crate) fn found_nothing(&self) -> bool {
        self.ruled.is_empty()
            && self.observed.is_empty()
            && self.refused.is_none()
            && self.unwritten.is_empty()
            && self.brought_forward.is_empty()
            && self.left_alone.is_empty()
    }
}

/// How often a plan file may be changed by somebody else while a command runs.
const PATIENCE: usize = 8;

impl Session {
    /// Records a change: first what was edited by hand, then what `work` decides.
    ///
    /// A refused change leaves what was observed recorded, and nothing else.
    pub(crate) fn change(
        &mut self,
        request: &Request,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<Committed, Failure> {
        let mut committed = self.begun();
        let mut files = self.look()?;
        // A file with an edit that is not recorded must not be written.
        if let Err(failure) = self.observe_into(&mut committed, &files, request, &Claims::None) {
            committed.refused = Some(failure);
            return Ok(committed);
        }
        if let Err(failure) = self.record_change(&mut committed, &files, request, work) {
            committed.refused = Some(failure);
            if !self.store.is_locked() {
                // Somebody else may be writing.
                return Ok(committed);
            }
        }
        let followed = self
            .follow(&mut committed, &mut files, request)
            .and_then(|()| self.write_all(&mut committed, &mut files, request));
        committed.unwritten.extend(followed.err());
        self.finish(&mut committed);
        if committed.refused.is_none() {
            let unread = files.iter().filter_map(|file| file.trouble.as_ref());
            committed.remarks.extend(
                unread.map(|trouble| format!("{}; it was left as it is", trouble.message())),
            );
        }
        Ok(committed)
    }

    fn record_change(
        &mut self,
        committed: &mut Committed,
        files: &[FileState],
        request: &Request,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<(), Failure> {
        if let Some(batch) = self.repeated(request)? {
            if let Some(why) = rejected(&batch) {
                return Err(Failure::finding(why)
                    .hint("nothing was added; use a new key to ask for it again"));
            }
            committed.commanded = Some(batch);
            committed.repeated = true;
            return Ok(());
        }
        let context = outside::context()?;
        self.read_all()?;
        let mut decision = self.decide(&context, &request.actor, work)?;
        read_all(&decision, files)?;
        committed.broke.append(&mut decision.breaches);
        committed.remarks.append(&mut decision.remarks);
        committed.commanded = self.append(decision, request, true)?;
        Ok(())
    }

    /// Looks at plan files that a change took in or gave another path.
    fn follow(
        &mut self,
        committed: &mut Committed,
        files: &mut Vec<FileState>,
        request: &Request,
    ) -> Result<(), Failure> {
        let new = self.look_at_new(files)?;
        self.observe_into(committed, &new, request, &Claims::None)?;
        files.extend(new);
        Ok(())
    }

    /// Records what was edited by hand, and brings stale files forward. `claims`: which of the
    /// edits are whoever's who asks for it.
    pub(crate) fn observe(
        &mut self,
        request: &Request,
        claims: &Claims<'_>,
    ) -> Result<Committed, Failure> {
        let mut committed = self.begun();
        let mut files = self.look()?;
        if let Err(failure) = self.observe_into(&mut committed, &files, request, claims) {
            match committed.observed.is_empty() {
                true => committed.refused = Some(failure),
                false => committed.unwritten.push(failure),
            }
            return Ok(committed);
        }
        let written = self.write_all(&mut committed, &mut files, request);
        committed.unwritten.extend(written.err());
        self.finish(&mut committed);
        let unread = files.into_iter().filter_map(|file| file.trouble);
        committed.unwritten.extend(unread);
        Ok(committed)
    }

    /// Brings plan files to what the ledger has; absent ones too.
    pub(crate) fn restore_files(&mut self, request: &Request) -> Result<Committed, Failure> {
        let mut committed = self.observe(request, &Claims::None)?;
        let absent = |(_, state): &(String, Checkout)| *state == Checkout::Absent;
        if committed.is_done() && !committed.left_alone.iter().any(absent) {
            return Ok(committed);
        }
        for file in self.look()? {
            if file.state == Checkout::Absent {
                match self.put(&file) {
                    Ok(_) => committed.left_alone.retain(|(path, _)| *path != file.path),
                    Err(failure) => committed.unwritten.push(failure),
                }
            }
        }
        Ok(committed)
    }

    /// The batch that this key recorded before.
    pub(super) fn repeated(
        &mut self,
        request: &Request,
    ) -> Result<Option<Verified<Batch>>, Failure> {
        match &request.idem {
            Some((key, command)) => self.recorded_before(key, command),
            None => Ok(None),
        }
    }

    /// The batch that a key recorded before, for the command with this digest.
    pub(super) fn recorded_before(
        &mut self,
        key: &str,
        command: &Digest,
    ) -> Result<Option<Verified<Batch>>, Failure> {
        let Some(batch) = self.store.batch_for_idem(key)? else {
            return Ok(None);
        };
        let first = batch.events().first();
        let same = first.is_some_and(|recorded| match recorded.event.text(part::COMMAND) {
            Some(digest) => digest == command.to_string(),
            // It went with what was redacted (ledger-format.md §8.10).
            None => {
                let mut parts = recorded.event.body.iter();
                parts.any(|part| matches!(part, Part::Redacted(_)))
            }
        });
        if same {
            return Ok(Some(batch));
        }
        let seq = first.map_or(0, |recorded| recorded.seq.0);
        Err(Failure::finding(format!(
            "the key '{key}' was used for another change (event {seq})"
        ))
        .hint("use a new key for a new change; nothing was recorded"))
    }

    fn observe_into(
        &mut self,
        committed: &mut Committed,
        files: &[FileState],
        request: &Request,
        claims: &Claims<'_>,
    ) -> Result<(), Failure> {
        let edits = self.edits(files)?;
        if edits.is_empty() {
            return Ok(());
        }
        for edited in &edits {
            let own = self.kept.document(&edited.document);
            let path = own.map_or("", |own| &own.path);
            committed.remarks.extend(gave_way(path, edited));
        }
        let context = outside::context()?;
        self.read_all()?;
        let is_edited = |file: &&FileState| edits.iter().any(|own| own.document == file.document);
        let edited = files.iter().filter(is_edited);
        let edited: Vec<(&DocumentId, &str)> =
            edited.map(|file| (&file.document, &*file.path)).collect();
        let claim = claims.of(&edited, self.kept.plan());
        let mut decision =
            self.decide(&context, &request.actor, |tx| tx.observe(&edits, &claim))?;
        committed.edits_broke.append(&mut decision.breaches);
        let request = Request {
            // The key is the command's own, and a file that was edited again is not the same edit.
            idem: None,
            ..request.clone()
        };
        match self.sealed(&mut decision, &request, claim.is_some())? {
            Some(batch) => {
                self.note_taking(files, &edits, moment_of(&batch))?;
                self.append_sealed(decision.outlines, &batch)?;
                committed.observed.push(batch);
            }
            // The ledger has all of it already.
            None => {
                if let Some(moment) = self.head_moment() {
                    self.note_taking(files, &edits, moment)?;
                }
            }
        }
        self.settle_taking()
    }

    /// Seals and appends a decision.
    pub(super) fn append(
        &mut self,
        mut decision: Decision,
        request: &Request,
        attributed: bool,
    ) -> Result<Option<Verified<Batch>>, Failure> {
        let batch = self.sealed(&mut decision, request, attributed)?;
        if let Some(batch) = &batch {
            self.append_sealed(decision.outlines, batch)?;
        }
        Ok(batch)
    }

    /// The batch of a decision's drafts, as it will follow the head; `None` if there are none.
    fn sealed(
        &self,
        decision: &mut Decision,
        request: &Request,
        attributed: bool,
    ) -> Result<Option<Verified<Batch>>, Failure> {
        let mut drafts = std::mem::take(&mut decision.drafts);
        if drafts.is_empty() {
            return Ok(None);
        }
        if let (Some((_, command)), Some(first)) = (&request.idem, drafts.first_mut()) {
            first
                .parts
                .push((part::COMMAND, command.to_string().into()));
        }
        let stamp = Stamp {
            time: request.time.map_or_else(outside::now, Ok)?,
            actor: request.actor.clone(),
            cause: request.cause.clone().filter(|_| attributed),
            idem: request.idem.as_ref().map(|(key, _)| key.clone()),
            writer: self.config.writer.clone(),
            entropy: outside::entropy()?,
        };
        let head = self.store.head();
        let genesis = match head {
            Some(_) => None,
            None => Some(outside::entropy()?),
        };
        let documents: Vec<_> = decision
            .documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        Ok(Some(seal(head, &stamp, &drafts, &documents, genesis)?))
    }

    /// Appends the batch of a decision. The plan moves on only with what is durable.
    fn append_sealed(
        &mut self,
        outlines: Outlines,
        batch: &Verified<Batch>,
    ) -> Result<(), Failure> {
        // Nothing is appended that could not be replayed.
        self.read_plan()?;
        let mut plan = self.kept.plan().clone();
        plan.evolve(batch)?;
        let head = self.store.head().map(|head| head.id);
        self.store.append(head, batch)?;
        self.appended = Some(Appended::of(batch));
        self.former = std::mem::replace(&mut self.kept, Kept::of(plan, outlines));
        Ok(())
    }

    /// Writes the plan files. A file that somebody changes meanwhile is observed first.
    fn write_all(
        &mut self,
        committed: &mut Committed,
        files: &mut Vec<FileState>,
        request: &Request,
    ) -> Result<(), Failure> {
        // Tried again at the end, which says what is in the way.
        let _ = self.keep();
        for _ in 0..PATIENCE {
            let mut again = false;
            committed.left_alone.clear();
            for file in &*files {
                match self.write(file) {
                    Ok(Written::Edited) => again = true,
                    Ok(Written::LeftAlone) if file.trouble.is_some() => {}
                    Ok(Written::LeftAlone) => {
                        committed.left_alone.push((file.path.clone(), file.state));
                    }
                    Ok(Written::Forward) => {
                        if let Checkout::Stale(moment) = file.state {
                            let forward = (file.path.clone(), moment);
                            committed.brought_forward.push(forward);
                        }
                    }
                    Ok(Written::Current) => {}
                    Err(failure) => committed.unwritten.push(failure),
                }
            }
            if !again {
                return Ok(());
            }
            *files = self.look()?;
            self.observe_into(committed, files, request, &Claims::None)?;
        }
        committed.unwritten.push(
            Failure::trouble("a plan file keeps changing; it was left as it is")
                .hint("run `ledger observe` when it has come to rest"),
        );
        Ok(())
    }

    /// The first command that gives a plan a path where another one is, under whatever name: its
    /// line, that path, and the other's.
    pub(crate) fn renames_onto_another(
        &self,
        given: &[Given],
    ) -> Option<(Option<usize>, String, String)> {
        given.iter().find_map(|(line, command)| match command {
            Command::Rename { plan, to } => {
                let other = self.tracked_as(&self.root().join(to))?;
                (other != *plan && other != *to).then(|| (*line, to.clone(), other))
            }
            _ => None,
        })
    }

    /// What `work` comes to on the plan as it is; it was [read](Session::read_all).
    pub(super) fn decide(
        &self,
        context: &Context,
        actor: &Actor,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<Decision, Rejection> {
        let outlines = self.kept.outlines();
        let mut transaction = Transaction::new(self.kept.plan(), context)
            .knowing(outlines)
            .asked_by(actor);
        work(&mut transaction)?;
        let promises = transaction.promises();
        transaction.knowing_files(self.look_for(promises));
        transaction.finish()
    }

    /// What a change begins with: what was found of the rules when the session was opened.
    fn begun(&mut self) -> Committed {
        Committed {
            ruled: std::mem::take(&mut self.ruled),
            troubles: std::mem::take(&mut self.warnings),
            ..Committed::default()
        }
    }

    fn finish(&mut self, committed: &mut Committed) {
        if let Err(failure) = self.settle() {
            committed
                .unwritten
                .push(failure.about("recorded, but the indexes were not updated"));
        }
    }
}

/// What the ledger had where a file's own lines were taken.
fn gave_way(path: &str, edited: &Edited) -> Vec<String> {
    let mut said = Vec::new();
    if !edited.overrode.is_empty() {
        let lines = shown(&edited.overrode);
        said.push(format!(
            "{path}: where the file and the ledger had both changed, it is as the file has it; that overrode {lines}"
        ));
    }
    if !edited.returned.is_empty() {
        let lines = shown(&edited.returned);
        said.push(format!(
            "{path}: what had been removed from the plan and was edited in the file stands again: {lines}"
        ));
    }
    said
}

/// The first few lines of some, quoted.
fn shown(lines: &[String]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = lines.iter().take(SHOWN).map(|line| line.trim()).collect();
    let more = match lines.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("'{}'{more}", first.join("', '"))
}

/// The moment that a batch leads to.
pub(super) fn moment_of(batch: &Batch) -> Moment {
    let head = batch.head();
    Moment {
        seq: head.seq,
        id: head.id,
    }
}

/// Why the change behind a key was refused when its turn came, if it was.
pub(super) fn rejected(batch: &Batch) -> Option<String> {
    let recorded = batch.events().first()?;
    let refused = recorded.event.header.kind == "command.rejected";
    let why = recorded
        .event
        .text(part::REASON)
        .unwrap_or("it says no more");
    refused.then(|| format!("it was refused before (event {}): {why}", recorded.seq))
}

/// Refuses to change a plan whose file cannot be read: what somebody wrote there would have to
/// be recorded first.
fn read_all(decision: &Decision, files: &[FileState]) -> Result<(), Failure> {
    let changes = |file: &&FileState| {
        decision
            .documents
            .iter()
            .any(|(id, _)| *id == file.document)
    };
    let unread = files.iter().filter(changes);
    match unread.filter_map(|file| file.trouble.clone()).next() {
        Some(trouble) => Err(trouble),
        None => Ok(()),
    }
}
