//! Tasks that come, go, and are placed or called otherwise.

use std::sync::Arc;

use ledger_document::edit::{self, NewTask, Place};
use ledger_document::{Line, Status, similarity};

use super::{Target, record_edit};
use crate::decide::command::Placement;
use crate::decide::rejection::Rejection;
use crate::decide::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::plan::wire::part;
use crate::plan::{Gone, Plan, agree};

/// What stands before the name of a family whose next id a task is to have.
const COUNTED: &str = "auto:";

/// The most ids that are reserved at once.
const MOST_RESERVED: usize = 1_000;

pub(super) fn add(
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
        Some(after) => after.document().clone(),
        None => tx.which_document(place.plan.as_deref())?.id.clone(),
    };
    let next = match id.and_then(|id| id.strip_prefix(COUNTED)) {
        Some(family) => Some(next_ids(tx, family, 1)?.concat()),
        None => None,
    };
    let id = next.as_deref().or(id);
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
    let edited = tx.work_out(&document, |document, outline| {
        edit::add_task(document, outline, &new)
    })?;
    let mut proto = Proto::new("task.added", Origin::Commanded);
    proto.to = Some(Status::Pending.name().to_owned());
    proto.parts.text(part::TITLE, title);
    record_edit(tx, &document, edited, proto)
}

pub(super) fn remove(
    tx: &mut Transaction<'_>,
    name: &str,
    reason: Option<&str>,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |document, outline| {
        edit::remove_task(document, outline, target.place)
    })?;
    let mut proto = target.proto("task.removed");
    proto.from = Some(target.task.status().name().to_owned());
    proto
        .parts
        .text(part::TITLE, target.task.title.as_str())
        .maybe(part::REASON, reason);
    let outline = tx.outline(target.document());
    let section = agree::primary(&outline, target.place)
        .and_then(|entry| outline.sections.get(entry.section?))
        .map(|section| section.title.text.as_str());
    proto.parts.maybe(part::SECTION, section);
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn restore(tx: &mut Transaction<'_>, name: &str) -> Result<(), Rejection> {
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

pub(super) fn relocate(
    tx: &mut Transaction<'_>,
    name: &str,
    place: &Placement,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let after = place
        .after
        .as_deref()
        .map(|name| Target::of(tx, name))
        .transpose()?;
    let to = match (&after, place.plan.as_deref()) {
        (Some(after), _) => after.document(),
        (None, Some(path)) => &tx.which_document(Some(path))?.id,
        (None, None) => target.document(),
    };
    if to != target.document() {
        let own = tx.plan.document(target.document());
        return Err(Rejection::OtherDocument {
            task: target.task.key.clone(),
            path: own.map_or_else(String::new, |own| own.path.clone()),
        });
    }
    let edited = target.edit(tx, |document, outline| {
        edit::move_task(
            document,
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
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn retitle(tx: &mut Transaction<'_>, name: &str, title: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |document, outline| {
        edit::retitle(document, outline, target.place, title)
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
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn rekey(tx: &mut Transaction<'_>, name: &str, id: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    if target.task.id.as_deref() == Some(id) {
        return Err(Rejection::Nothing(format!(
            "{} has that id already",
            target.task.key
        )));
    }
    id_is_free(tx, id)?;
    let edited = target.edit(tx, |document, outline| {
        edit::rekey(document, outline, target.place, id)
    })?;
    let key = tx.keys.draw(Some(id));
    tx.keys.release(&target.task.key);
    target.task.id.iter().for_each(|id| tx.plan.spend_id(id));
    if let Some(mut task) = tx.plan.tasks.remove(&target.task.key) {
        Arc::make_mut(&mut task).key = key.clone();
        tx.plan.tasks.insert(key.clone(), task);
    }
    let was = tx.refile(&target.task.key, &key);
    // A task that came in this batch never had another key, as far as anybody else knows.
    let kind = was.as_ref().map_or("document.edited", |_| "task.rekeyed");
    let mut proto = Proto::new(kind, Origin::Commanded);
    if let Some(was) = was {
        proto.from = Some(was.to_string());
        proto.to = Some(key.to_string());
        proto
            .parts
            .maybe(part::WAS, target.task.id.as_deref())
            .text(part::VALUE, id);
    }
    proto.task = Some(key);
    record_edit(tx, target.document(), edited, proto)
}

/// The next ids of a family.
fn next_ids(tx: &Transaction<'_>, family: &str, count: usize) -> Result<Vec<String>, Rejection> {
    tx.plan
        .next_ids(family, count)
        .ok_or_else(|| Rejection::NoFamily {
            name: family.to_owned(),
        })
}

pub(super) fn reserve(
    tx: &mut Transaction<'_>,
    family: &str,
    count: usize,
) -> Result<(), Rejection> {
    if !(1..=MOST_RESERVED).contains(&count) {
        return Err(Rejection::TooMany {
            what: "ids",
            most: MOST_RESERVED,
        });
    }
    let mut proto = Proto::new("id.reserved", Origin::Commanded);
    for id in next_ids(tx, family, count)? {
        tx.plan.spend_id(&id);
        proto.parts.text(part::ID, id);
    }
    tx.push(proto);
    Ok(())
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
