//! What each command does.

use ledger_document::derived;
use ledger_document::edit::{self, Details, Edit, EditError, NewTask, Place, Scope};
use ledger_document::outline::{Entry, Field};
use ledger_document::vocabulary::{Role, role};
use ledger_document::{Hunk, Line, Status, similarity};

use super::command::{Act, Change, Command, Placement, StepName};
use super::rejection::Rejection;
use super::settle::Settled;
use super::transaction::{Proto, Transaction};
use super::{dependencies, rules};
use crate::event::Origin;
use crate::id::DocumentId;
use crate::plan::wire::part;
use crate::plan::{Block, Gone, Plan, PlanDocument, Task, agree};

pub(super) fn command(tx: &mut Transaction<'_>, command: &Command) -> Result<(), Rejection> {
    run(tx, command)?;
    // A line without an end inside a document would be one with the next when it is read again.
    match tx.plan.documents().find(|own| !own.text.is_whole()) {
        Some(document) => Err(Rejection::OpenLine {
            path: document.path.clone(),
        }),
        None => Ok(()),
    }
}

fn run(tx: &mut Transaction<'_>, command: &Command) -> Result<(), Rejection> {
    match command {
        Command::Start(change) => status(tx, Act::Start, change),
        Command::Complete(change) => status(tx, Act::Complete, change),
        Command::Block(change) => status(tx, Act::Block, change),
        Command::Unblock(change) => status(tx, Act::Unblock, change),
        Command::Reopen(change) => status(tx, Act::Reopen, change),
        Command::Flag(change) => status(tx, Act::Flag, change),
        Command::Cancel(change) => status(tx, Act::Cancel, change),
        Command::Add {
            title,
            id,
            place,
            fields,
        } => add(tx, title, id.as_deref(), place, fields),
        Command::Remove { task, reason } => remove(tx, task, reason.as_deref()),
        Command::Restore { task } => restore(tx, task),
        Command::Move { task, place } => relocate(tx, task, place),
        Command::Retitle { task, title } => retitle(tx, task, title),
        Command::Rekey { task, id } => rekey(tx, task, id),
        Command::Set {
            task,
            plan,
            label,
            text,
        } => set(tx, task.as_deref(), plan.as_deref(), label, Some(text)),
        Command::Unset { task, plan, label } => {
            set(tx, task.as_deref(), plan.as_deref(), label, None)
        }
        Command::Note { task, text } => record(tx, task, text, "note.recorded"),
        Command::Result { task, text } => record(tx, task, text, "result.recorded"),
        Command::Step { task, step, undo } => set_step(tx, task, step, !undo),
        Command::Depend { task, on } => depend(tx, task, on),
        Command::Undepend { task, on } => undepend(tx, task, on),
        Command::Rename { plan, to } => tx.rename_document(plan, to),
        Command::Drop { plan } => tx.drop_document(plan),
    }
}

/// A task with its document and its place in the document's outline.
struct Target {
    task: Task,
    document: PlanDocument,
    place: usize,
}

impl Target {
    fn of(tx: &mut Transaction<'_>, name: &str) -> Result<Self, Rejection> {
        let task = tx.plan.resolve(name)?.clone();
        let outline = tx.outline(&task.document);
        let disagrees = || {
            Rejection::Disagrees(crate::plan::Disagreement::Different {
                task: task.key.clone(),
            })
        };
        let place = Plan::place(&task, &outline).ok_or_else(disagrees)?;
        let document = tx
            .plan
            .document(&task.document)
            .cloned()
            .ok_or_else(disagrees)?;
        Ok(Self {
            task,
            document,
            place,
        })
    }

    fn edit(
        &self,
        tx: &mut Transaction<'_>,
        edit: impl FnOnce(&Self, &ledger_document::Outline) -> Result<Edit, EditError>,
    ) -> Result<Edit, Rejection> {
        let outline = tx.outline(&self.document.id);
        edit(self, &outline).map_err(|error| Rejection::Edit {
            path: self.document.path.clone(),
            error,
        })
    }

    /// An event about this task.
    fn proto(&self, kind: &'static str) -> Proto {
        Proto {
            task: Some(self.task.key.clone()),
            ..Proto::new(kind, Origin::Commanded)
        }
    }
}

/// Applies an edit and records it as one event; whatever else the edit makes of other tasks
/// is recorded behind it.
fn record_edit(
    tx: &mut Transaction<'_>,
    document: &DocumentId,
    edit: Edit,
    mut proto: Proto,
) -> Result<(), Rejection> {
    let taken = blocks_taken(tx, document, &edit.hunks);
    tx.edit(document, &edit.hunks)?;
    tx.read_as(document, edit.outline.clone());
    let mut settled = tx.settle(document);
    let mut edits = vec![edit];
    if matches!(
        proto.kind,
        "task.added" | "task.removed" | "task.restored" | "task.moved"
    ) {
        let outline = tx.outline(document);
        let mut change = derived::Change {
            date: Some(tx.context.today.clone()),
            ..derived::Change::default()
        };
        if proto.kind == "task.restored" {
            let back = settled.added.iter().filter_map(|key| tx.plan.task(key));
            change.returned = back
                .filter_map(|task| Plan::place(task, &outline))
                .collect();
        }
        edits.push(derive(tx, &mut settled, document, &change)?);
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

fn status(tx: &mut Transaction<'_>, act: Act, change: &Change) -> Result<(), Rejection> {
    let target = Target::of(tx, &change.task)?;
    let reason = change
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    let to = rules::target(&target.task, act, reason)?;
    let date = date(change.date.as_deref())?.unwrap_or(tx.context.today.clone());
    let from = target.task.status();
    let said = &change.completion;
    let details = Details {
        date: Some(date.clone()),
        reason: reason.map(str::to_owned),
        fields: said.fields.clone(),
        results: said.results.clone(),
        notes: said.notes.clone(),
    };
    let id = target.document.id.clone();
    let mut edited = target.edit(tx, |target, outline| {
        edit::set_status(&target.document.text, outline, target.place, to, &details)
    })?;
    tx.edit(&id, &edited.hunks)?;
    tx.read_as(&id, edited.outline.take());
    let mut settled = tx.settle(&id);
    if let Some(task) = tx.plan.tasks.get_mut(&target.task.key) {
        let waits = matches!(to, Status::Blocked | Status::IssuesFound);
        task.reason = reason.filter(|_| waits).map(str::to_owned);
        task.resume = (to == Status::Blocked).then_some(from);
    }
    let outline = tx.outline(&id);
    let place = tx.plan.task(&target.task.key);
    let place = place.and_then(|task| Plan::place(task, &outline));
    let change = derived::Change {
        flipped: place.map(|place| (place, to)),
        date: Some(date),
        summary: said.summary.clone(),
        ..derived::Change::default()
    };
    let derived = derive(tx, &mut settled, &id, &change)?;
    edited.remarks.extend(derived.remarks);
    edited.remarks.extend(waits_for(tx, &target, act));

    let mut proto = target.proto(act.event());
    proto.from = Some(from.name().to_owned());
    proto.to = Some(to.name().to_owned());
    proto
        .parts
        .maybe(part::REASON, reason)
        .maybe(part::SUMMARY, said.summary.as_deref());
    for result in &said.results {
        proto.parts.text(part::RESULT, result);
    }
    for note in &said.notes {
        proto.parts.text(part::NOTE, note);
    }
    for (label, value) in &said.fields {
        proto
            .parts
            .text(part::LABEL, label)
            .text(part::VALUE, value);
    }
    for hunk in edited.hunks.iter().chain(&derived.hunks) {
        proto.hunks.push((id.clone(), hunk.clone()));
    }
    for remark in edited.remarks {
        proto.parts.text(part::REMARK, remark.as_str());
        tx.remark(remark);
    }
    settled.takes_none()?;
    settled.flipped.retain(|flip| flip.key != target.task.key);
    tx.push(proto);
    tx.push_all(settled.into_protos());
    Ok(())
}

/// What a task that is begun or finished still waits for, in words.
fn waits_for(tx: &mut Transaction<'_>, target: &Target, act: Act) -> Vec<String> {
    let outline = tx.outline(&target.document.id);
    let says = |entry: &Entry| {
        let waits = |field: &Field| role(&field.label) == Some(Role::Dependencies);
        entry.fields.iter().any(waits)
    };
    let place = tx
        .plan
        .task(&target.task.key)
        .and_then(|task| Plan::place(task, &outline));
    let entry = place.and_then(|place| agree::primary(&outline, place));
    if !matches!(act, Act::Start | Act::Complete) || !entry.is_some_and(says) {
        return Vec::new();
    }
    let closed = |status| matches!(status, Status::Completed | Status::Cancelled);
    dependencies::dependencies(&tx.plan)
        .into_iter()
        .filter(|dependency| dependency.task == target.task.key)
        .filter_map(|dependency| tx.plan.task(&dependency.on))
        .filter(|on| !closed(on.status()))
        .map(|on| {
            let (key, status) = (&target.task.key, on.status());
            format!("{key} depends on {}, which is {status}", on.key)
        })
        .collect()
}

/// Fills derived text anew after the tasks changed, and settles what that makes of them.
fn derive(
    tx: &mut Transaction<'_>,
    settled: &mut Settled,
    document: &DocumentId,
    change: &derived::Change,
) -> Result<Edit, Rejection> {
    let outline = tx.outline(document);
    let Some(own) = tx.plan.document(document) else {
        return Ok(Edit::default());
    };
    let refill = derived::refill(&own.text, &outline, &own.bindings, change);
    tx.edit(document, &refill.hunks)?;
    if let Some(own) = tx.plan.documents.iter_mut().find(|own| own.id == *document) {
        own.bindings = refill.bindings;
    }
    if !refill.hunks.is_empty() {
        settled.extend(tx.settle(document));
    }
    let remarks = refill
        .unfilled
        .iter()
        .map(|unfilled| {
            format!(
                "line {} stays as it is ({}): {}",
                unfilled.line + 1,
                unfilled.label,
                unfilled.why
            )
        })
        .collect();
    Ok(Edit {
        hunks: refill.hunks,
        remarks,
        outline: None,
    })
}

fn add(
    tx: &mut Transaction<'_>,
    title: &str,
    id: Option<&str>,
    place: &Placement,
    fields: &[(String, String)],
) -> Result<(), Rejection> {
    let after = place
        .after
        .as_deref()
        .map(|name| Target::of(tx, name))
        .transpose()?;
    let document = match &after {
        Some(after) => after.document.clone(),
        None => tx.which_document(place.plan.as_deref())?,
    };
    if let Some(id) = id {
        id_is_free(tx, id)?;
    }
    let new = NewTask {
        id: id.map(str::to_owned),
        title: title.to_owned(),
        status: Status::Pending,
        section: place.section.clone(),
        after: after.as_ref().map(|after| after.place),
        fields: fields.to_vec(),
    };
    let outline = tx.outline(&document.id);
    let edited =
        edit::add_task(&document.text, &outline, &new).map_err(|error| Rejection::Edit {
            path: document.path.clone(),
            error,
        })?;
    let mut proto = Proto::new("task.added", Origin::Commanded);
    proto.to = Some(Status::Pending.name().to_owned());
    proto.parts.text(part::TITLE, title);
    record_edit(tx, &document.id, edited, proto)
}

fn remove(tx: &mut Transaction<'_>, name: &str, reason: Option<&str>) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |target, outline| {
        edit::remove_task(&target.document.text, outline, target.place)
    })?;
    let mut proto = target.proto("task.removed");
    proto.from = Some(target.task.status().name().to_owned());
    proto
        .parts
        .text(part::TITLE, target.task.title.as_str())
        .maybe(part::REASON, reason);
    let outline = tx.outline(&target.document.id);
    let section = agree::primary(&outline, target.place)
        .and_then(|entry| outline.sections.get(entry.section?))
        .map(|section| section.title.text.as_str());
    proto.parts.maybe(part::SECTION, section);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn restore(tx: &mut Transaction<'_>, name: &str) -> Result<(), Rejection> {
    let unknown = |plan: &Plan| Rejection::NotRemoved {
        name: name.to_owned(),
        nearest: plan.nearest_removed(name),
    };
    let gone = tx.plan.resolve_removed(name).cloned();
    let gone = gone.ok_or_else(|| unknown(&tx.plan))?;
    is_no_other(tx, &gone)?;
    let document = tx
        .plan
        .documents()
        .find(|document| document.id == gone.document)
        .cloned()
        .ok_or_else(|| unknown(&tx.plan))?;
    let outline = tx.outline(&document.id);
    // Where nothing around it is as it was: in its section, or at the end if that is gone too.
    let section = gone.section.clone().filter(|title| {
        outline
            .sections
            .iter()
            .any(|section| section.title.text == *title)
    });
    let elsewhere = section.map_or(Place::Line(usize::MAX), Place::Section);
    let blocks: Vec<(Vec<Line>, Place)> = gone
        .blocks
        .iter()
        .map(|block| {
            let place = block.place(&document.text).map(Place::Line);
            let lines = block.lines.iter().map(|line| Line::from(line.as_str()));
            (lines.collect(), place.unwrap_or_else(|| elsewhere.clone()))
        })
        .collect();
    let edited = edit::insert_blocks(&document.text, &outline, &blocks).map_err(|error| {
        Rejection::Edit {
            path: document.path.clone(),
            error,
        }
    })?;
    let mut proto = Proto::new("task.restored", Origin::Commanded);
    proto
        .parts
        .text(part::WAS, gone.key.as_str())
        .text(part::TITLE, gone.title.as_str());
    tx.keys.release(&gone.key);
    tx.restoring = true;
    let restored = record_edit(tx, &document.id, edited, proto);
    tx.restoring = false;
    restored
}

fn relocate(tx: &mut Transaction<'_>, name: &str, place: &Placement) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let after = place
        .after
        .as_deref()
        .map(|name| Target::of(tx, name))
        .transpose()?;
    let to = match (&after, place.plan.as_deref()) {
        (Some(after), _) => after.document.id.clone(),
        (None, Some(path)) => tx.which_document(Some(path))?.id,
        (None, None) => target.document.id.clone(),
    };
    if to != target.document.id {
        return Err(Rejection::OtherDocument {
            task: target.task.key.clone(),
            path: target.document.path.clone(),
        });
    }
    let edited = target.edit(tx, |target, outline| {
        edit::move_task(
            &target.document.text,
            outline,
            target.place,
            place.section.as_deref(),
            after.as_ref().map(|after| after.place),
        )
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} is there already",
            target.task.key
        )));
    }
    let mut proto = target.proto("task.moved");
    proto.parts.maybe(part::VALUE, place.section.as_deref());
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn retitle(tx: &mut Transaction<'_>, name: &str, title: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |target, outline| {
        edit::retitle(&target.document.text, outline, target.place, title)
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} has that title already",
            target.task.key
        )));
    }
    let mut proto = target.proto("task.retitled");
    proto
        .parts
        .text(part::WAS, target.task.title.as_str())
        .text(part::TITLE, title);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn rekey(tx: &mut Transaction<'_>, name: &str, id: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    if target.task.id.as_deref() == Some(id) {
        return Err(Rejection::Nothing(format!(
            "{} has that id already",
            target.task.key
        )));
    }
    id_is_free(tx, id)?;
    let edited = target.edit(tx, |target, outline| {
        edit::rekey(&target.document.text, outline, target.place, id)
    })?;
    let key = tx.keys.draw(Some(id));
    tx.keys.release(&target.task.key);
    if let Some(mut task) = tx.plan.tasks.remove(&target.task.key) {
        task.key = key.clone();
        tx.plan.tasks.insert(key.clone(), task);
    }
    let was = tx.refile(&target.task.key, &key);
    // A task that came in this batch never had another key, as far as anybody else knows.
    let kind = was.as_ref().map_or("document.edited", |_| "task.rekeyed");
    let mut proto = Proto::new(kind, Origin::Commanded);
    if let Some(was) = was {
        proto.from = Some(was.to_string());
        proto.to = Some(key.to_string());
    }
    proto.task = Some(key);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn set(
    tx: &mut Transaction<'_>,
    task: Option<&str>,
    plan: Option<&str>,
    label: &str,
    text: Option<&str>,
) -> Result<(), Rejection> {
    let target = task.map(|name| Target::of(tx, name)).transpose()?;
    let document = match &target {
        Some(target) => target.document.clone(),
        None => tx.which_document(plan)?,
    };
    if let Some(target) = target
        .as_ref()
        .filter(|_| role(label) == Some(Role::Status))
    {
        return Err(Rejection::StatusByField {
            task: target.task.key.clone(),
            label: label.to_owned(),
        });
    }
    let scope = target
        .as_ref()
        .map_or(Scope::Document, |target| Scope::Task(target.place));
    let outline = tx.outline(&document.id);
    let edited = match text {
        Some(text) => edit::set_field(&document.text, &outline, scope, label, text),
        None => edit::remove_field(&document.text, &outline, scope, label),
    }
    .map_err(|error| Rejection::Edit {
        path: document.path.clone(),
        error,
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!("'{label}' says that already")));
    }
    let kind = if text.is_some() {
        "field.set"
    } else {
        "field.removed"
    };
    let mut proto = Proto::new(kind, Origin::Commanded);
    proto.task = target.map(|target| target.task.key);
    proto
        .parts
        .text(part::LABEL, label)
        .maybe(part::VALUE, text);
    record_edit(tx, &document.id, edited, proto)
}

fn record(
    tx: &mut Transaction<'_>,
    name: &str,
    text: &str,
    kind: &'static str,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |target, outline| {
        let document = &target.document.text;
        if kind == "note.recorded" {
            edit::record_note(document, outline, target.place, text)
        } else {
            edit::record_result(document, outline, target.place, text)
        }
    })?;
    let mut proto = target.proto(kind);
    proto.parts.text(
        if kind == "note.recorded" {
            part::NOTE
        } else {
            part::RESULT
        },
        text,
    );
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn set_step(
    tx: &mut Transaction<'_>,
    name: &str,
    step: &StepName,
    checked: bool,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let outline = tx.outline(&target.document.id);
    let steps: Vec<(String, bool)> = outline
        .tasks
        .get(target.place)
        .and_then(|group| outline.entries.get(*group.first()?))
        .map(|entry| {
            entry
                .steps
                .iter()
                .map(|step| (step.text.text.clone(), step.checked))
                .collect()
        })
        .unwrap_or_default();
    let found = match step {
        StepName::Number(number) => number.checked_sub(1).filter(|at| *at < steps.len()),
        StepName::Text(text) => steps.iter().position(|(own, _)| own == text).or_else(|| {
            steps
                .iter()
                .position(|(own, _)| own.starts_with(text.as_str()))
        }),
    };
    let Some(at) = found else {
        return Err(Rejection::UnknownStep {
            task: target.task.key.clone(),
            step: match step {
                StepName::Number(number) => number.to_string(),
                StepName::Text(text) => text.clone(),
            },
            steps: steps.into_iter().map(|(text, _)| text).collect(),
        });
    };
    let text = steps
        .get(at)
        .map(|(text, _)| text.clone())
        .unwrap_or_default();
    let edited = target.edit(tx, |target, outline| {
        edit::set_step(&target.document.text, outline, target.place, at, checked)
    })?;
    if edited.hunks.is_empty() {
        let state = if checked { "checked" } else { "unchecked" };
        return Err(Rejection::Nothing(format!("that step is {state} already")));
    }
    let mut proto = target.proto(if checked {
        "step.checked"
    } else {
        "step.unchecked"
    });
    proto.parts.text(part::VALUE, text);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn depend(tx: &mut Transaction<'_>, name: &str, on: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let needed = Target::of(tx, on)?;
    if let Some(members) = dependencies::cycle(tx, &target.task.key, &needed.task.key) {
        return Err(Rejection::Cycle { members });
    }
    let id = needed
        .task
        .id
        .clone()
        .unwrap_or_else(|| needed.task.title.clone());
    let edited = target.edit(tx, |target, outline| {
        edit::add_dependency(&target.document.text, outline, target.place, &id)
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} waits for {id} already",
            target.task.key
        )));
    }
    let mut proto = target.proto("dependency.added");
    proto.parts.text(part::VALUE, id);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn undepend(tx: &mut Transaction<'_>, name: &str, on: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    // What it waits for need not be a task of the plan any more.
    let id = tx
        .plan
        .resolve(on)
        .ok()
        .and_then(|needed| needed.id.clone())
        .unwrap_or_else(|| on.to_owned());
    let edited = target.edit(tx, |target, outline| {
        edit::remove_dependency(&target.document.text, outline, target.place, &id)
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} does not wait for {id}",
            target.task.key
        )));
    }
    let mut proto = target.proto("dependency.removed");
    proto.parts.text(part::VALUE, id);
    record_edit(tx, &target.document.id.clone(), edited, proto)
}

fn id_is_free(tx: &Transaction<'_>, id: &str) -> Result<(), Rejection> {
    match tx
        .plan
        .tasks
        .values()
        .find(|task| task.id.as_deref() == Some(id))
    {
        Some(task) => Err(Rejection::IdTaken {
            id: id.to_owned(),
            title: format!("'{}'", task.title),
        }),
        None => Ok(()),
    }
}

/// A removed task can come back beside another one with its id, as it may have stood there, but
/// not under another's key or as a further writing of it.
fn is_no_other(tx: &Transaction<'_>, gone: &Gone) -> Result<(), Rejection> {
    let other = tx.plan.task(&gone.key).or_else(|| {
        tx.plan.tasks_of(&gone.document).into_iter().find(|task| {
            task.id.is_some()
                && task.id == gone.id
                && similarity::is_similar(&task.title, &gone.title)
        })
    });
    match other {
        Some(task) => Err(Rejection::IdTaken {
            id: task.id.clone().unwrap_or_else(|| task.key.to_string()),
            title: format!("'{}'", task.title),
        }),
        None => Ok(()),
    }
}

fn date(text: Option<&str>) -> Result<Option<String>, Rejection> {
    text.map(|text| {
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|date| date.format("%Y-%m-%d").to_string())
            .map_err(|_| Rejection::BadDate(text.to_owned()))
    })
    .transpose()
}
