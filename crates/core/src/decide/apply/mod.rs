//! What each command does.

mod details;
mod release;
mod status;
mod tasks;

use std::sync::Arc;

use ledger_document::derived;
use ledger_document::edit::{Edit, EditError};
use ledger_document::{Document, Hunk, Outline};

use super::command::{Act, Command};
use super::evidence;
use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use super::work;
use crate::event::Origin;
use crate::id::DocumentId;
use crate::plan::wire::part;
use crate::plan::{Block, Gone, Plan, PlanDocument, Task};

pub(super) fn command(tx: &mut Transaction<'_>, command: &Command) -> Result<(), Rejection> {
    let waiver = command.waiver()?;
    let before = tx.protos.len();
    run(tx, command)?;
    for proto in tx.protos.iter_mut().skip(before) {
        proto.waiver = waiver.map(str::to_owned);
    }
    // A line without an end inside a document would be one with the next when it is read again.
    let is_whole = |own: &&PlanDocument| tx.open_lines.is_whole(&own.id, &own.text);
    match tx.plan.documents().find(|own| !is_whole(own)) {
        Some(document) => Err(Rejection::OpenLine {
            path: document.path.clone(),
        }),
        None => Ok(()),
    }
}

fn run(tx: &mut Transaction<'_>, command: &Command) -> Result<(), Rejection> {
    let only_status = matches!(
        command,
        Command::Start(_)
            | Command::Complete(_)
            | Command::Block(_)
            | Command::Unblock(_)
            | Command::Reopen(_)
            | Command::Flag(_)
            | Command::Cancel(_)
    );
    if !only_status {
        tx.names.forget();
    }
    match command {
        Command::Start(change) => status::status(tx, Act::Start, change),
        Command::Complete(change) => status::status(tx, Act::Complete, change),
        Command::Block(change) => status::status(tx, Act::Block, change),
        Command::Unblock(change) => status::status(tx, Act::Unblock, change),
        Command::Reopen(change) => status::status(tx, Act::Reopen, change),
        Command::Flag(change) => status::status(tx, Act::Flag, change),
        Command::Cancel(change) => status::status(tx, Act::Cancel, change),
        Command::Add {
            title,
            id,
            place,
            fields,
        } => tasks::add(tx, title, id.as_deref(), place, fields),
        Command::Remove { task, reason, .. } => tasks::remove(tx, task, reason.as_deref()),
        Command::Restore { task } => tasks::restore(tx, task),
        Command::Move { task, place } => tasks::relocate(tx, task, place),
        Command::Retitle { task, title } => tasks::retitle(tx, task, title),
        Command::Rekey { task, id } => tasks::rekey(tx, task, id),
        Command::Set {
            task,
            plan,
            label,
            text,
        } => details::set(tx, task.as_deref(), plan.as_deref(), label, Some(text)),
        Command::Unset { task, plan, label } => {
            details::set(tx, task.as_deref(), plan.as_deref(), label, None)
        }
        Command::Note { task, text } => details::record(tx, task, text, "note.recorded"),
        Command::Result { task, text } => details::record(tx, task, text, "result.recorded"),
        Command::Step { task, step, undo } => details::set_step(tx, task, step, !undo),
        Command::Depend { task, on } => details::depend(tx, task, on),
        Command::Undepend { task, on } => details::undepend(tx, task, on),
        Command::Evidence(own) => evidence::evidence(tx, own),
        Command::Reserve { family, count } => tasks::reserve(tx, family, *count),
        Command::Rename { plan, to } => tx.rename_document(plan, to),
        Command::Drop { plan } => tx.drop_document(plan),
        Command::Release {
            version,
            plan,
            date,
        } => release::release(tx, plan.as_deref(), version, date.as_deref()),
        Command::Work(own) => {
            work::work(tx, own);
            Ok(())
        }
    }
}

/// A task and its place in the outline of its document.
struct Target {
    task: Arc<Task>,
    place: usize,
}

impl Target {
    fn of(tx: &mut Transaction<'_>, name: &str) -> Result<Self, Rejection> {
        let task = Arc::clone(tx.plan.resolve(name)?);
        Self::at(tx, task)
    }

    /// [`Target::of`] where many may be asked for and none is called otherwise meanwhile.
    fn of_many(tx: &mut Transaction<'_>, name: &str) -> Result<Self, Rejection> {
        let task = Arc::clone(tx.names.resolve(&tx.plan, name)?);
        Self::at(tx, task)
    }

    fn at(tx: &mut Transaction<'_>, task: Arc<Task>) -> Result<Self, Rejection> {
        let place = Plan::place(&task, &tx.outline(&task.document));
        match place.filter(|_| tx.plan.document(&task.document).is_some()) {
            Some(place) => Ok(Self { task, place }),
            None => Err(Rejection::Disagrees(crate::plan::Disagreement::Different {
                task: task.key.clone(),
            })),
        }
    }

    /// The document that holds it.
    fn document(&self) -> &DocumentId {
        &self.task.document
    }

    fn edit(
        &self,
        tx: &mut Transaction<'_>,
        edit: impl FnOnce(&Document, &Outline) -> Result<Edit, EditError>,
    ) -> Result<Edit, Rejection> {
        tx.work_out(self.document(), edit)
    }

    /// An event about this task.
    fn proto(&self, kind: &'static str) -> Proto {
        Proto {
            task: Some(self.task.key.clone()),
            ..Proto::new(kind, Origin::Commanded)
        }
    }
}

impl Transaction<'_> {
    /// Works out an edit of a document.
    fn work_out(
        &mut self,
        id: &DocumentId,
        edit: impl FnOnce(&Document, &Outline) -> Result<Edit, EditError>,
    ) -> Result<Edit, Rejection> {
        let outline = self.outline(id);
        let own = self.plan.document(id).ok_or_else(|| unknown(id))?;
        edit(&own.text, &outline).map_err(|error| Rejection::Edit {
            path: own.path.clone(),
            error,
        })
    }
}

fn unknown(id: &DocumentId) -> Rejection {
    Rejection::UnknownDocument {
        path: id.to_string(),
    }
}

/// Applies an edit and records it as one event; whatever else the edit makes of other tasks
/// is recorded behind it.
pub(super) fn record_edit(
    tx: &mut Transaction<'_>,
    document: &DocumentId,
    edit: Edit,
    proto: Proto,
) -> Result<(), Rejection> {
    let today = tx.context.today.clone();
    record_edit_of(tx, document, edit, proto, today)
}

/// [`record_edit`] where derived text names another day than today.
fn record_edit_of(
    tx: &mut Transaction<'_>,
    document: &DocumentId,
    edit: Edit,
    mut proto: Proto,
    day: String,
) -> Result<(), Rejection> {
    let taken = blocks_taken(tx, document, &edit.hunks);
    tx.edit(document, &edit.hunks, edit.outline.clone())?;
    let mut settled = tx.settle(document);
    let mut edits = vec![edit];
    if matches!(
        proto.kind,
        "task.added" | "task.removed" | "task.restored" | "task.moved" | "version.released"
    ) {
        let outline = tx.outline(document);
        let mut change = derived::Change {
            date: Some(day),
            ..derived::Change::default()
        };
        if proto.kind == "task.restored" {
            let back = settled.added.iter().filter_map(|key| tx.plan.task(key));
            change.returned = back
                .filter_map(|task| Plan::place(task, &outline))
                .collect();
        }
        edits.push(status::derive(tx, &mut settled, document, &change)?);
    }
    for edit in edits {
        for remark in edit.remarks {
            proto.parts.text(part::REMARK, remark.as_str());
            tx.remark(remark);
        }
        let hunks = edit.hunks.into_iter();
        proto
            .hunks
            .extend(hunks.map(|hunk| (document.clone(), hunk)));
    }
    let brings = matches!(proto.kind, "task.added" | "task.restored");
    let title = || proto.parts.0.iter().find(|(name, _)| *name == part::TITLE);
    if brings && settled.added.is_empty() {
        let title = title().and_then(|(_, title)| title.as_str());
        return Err(Rejection::NoTaskOfItsOwn(
            title.unwrap_or_default().to_owned(),
        ));
    }
    if proto.kind != "task.removed" {
        settled.takes_none()?;
    }
    if let Some(task) = settled.claim(&mut proto) {
        proto.gone = tx.leaves(&task.key);
        if let Some(known) = &proto.gone {
            proto.task = Some(known.clone());
            let section = proto
                .parts
                .0
                .iter()
                .find(|(name, _)| *name == part::SECTION);
            let gone = Gone {
                key: known.clone(),
                document: task.document,
                id: task.id,
                title: task.title,
                section: section.and_then(|(_, title)| Some(title.as_str()?.to_owned())),
                blocks: taken,
            };
            tx.plan.gone.push(gone);
        }
    }
    tx.push(proto);
    tx.push_all(settled.into_protos());
    Ok(())
}

/// The lines that hunks take out of a document.
fn blocks_taken(tx: &Transaction<'_>, document: &DocumentId, hunks: &[Hunk]) -> Vec<Block> {
    let Some(document) = tx.plan.document(document) else {
        return Vec::new();
    };
    let mut document = document.clone();
    let mut taken = Vec::new();
    for hunk in hunks {
        taken.extend(document.taken_by(hunk));
        if document.text.apply(hunk).is_err() {
            break;
        }
    }
    taken
}
