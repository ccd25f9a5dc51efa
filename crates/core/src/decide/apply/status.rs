//! Changes of status, and the derived text that follows the tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::edit::{self, Details, Edit};
use ledger_document::outline::{Entry, Field};
use ledger_document::vocabulary::{Role, role};
use ledger_document::{Outline, Status, derived};

use super::Target;
use crate::decide::command::{Act, Change};
use crate::decide::rejection::Rejection;
use crate::decide::settle::Settled;
use crate::decide::transaction::Transaction;
use crate::decide::{dependencies, rules};
use crate::id::DocumentId;
use crate::plan::wire::part;
use crate::plan::{Plan, agree};

pub(super) fn status(tx: &mut Transaction<'_>, act: Act, change: &Change) -> Result<(), Rejection> {
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
    tx.edit(&id, &edited.hunks, edited.outline.take())?;
    let mut settled = tx.settle(&id);
    if let Some(task) = tx.plan.tasks.get_mut(&target.task.key) {
        let waits = matches!(to, Status::Blocked | Status::IssuesFound);
        let task = Arc::make_mut(task);
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
    edited
        .remarks
        .extend(unwritten(said.summary.as_deref(), &derived));
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

/// That a summary was given and no derived line took it or said that it has no place for it.
fn unwritten(summary: Option<&str>, derived: &Edit) -> Option<String> {
    let summary = summary?.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = derived.hunks.iter().flat_map(|hunk| &hunk.insert);
    let said = lines.any(|line| line.contains(&summary))
        || derived
            .remarks
            .iter()
            .any(|remark| remark.contains("summary"));
    (!said).then(|| {
        "no line of the plan has a place for the summary; only the ledger keeps it".to_owned()
    })
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
    let tracked: Vec<DocumentId> = tx.plan.documents().map(|own| own.id.clone()).collect();
    let outlines: BTreeMap<DocumentId, Arc<Outline>> = tracked
        .into_iter()
        .map(|id| (id.clone(), tx.outline(&id)))
        .collect();
    dependencies::among(&tx.plan, |own| {
        outlines.get(&own.id).cloned().unwrap_or_default()
    })
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
pub(super) fn derive(
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
    tx.edit(document, &refill.hunks, None)?;
    if let Some(own) = tx.plan.documents.iter_mut().find(|own| own.id == *document) {
        own.bindings = refill.bindings;
    }
    if !refill.hunks.is_empty() {
        settled.extend(tx.settle(document));
    }
    let remarks = refill.unfilled.iter().map(ToString::to_string).collect();
    Ok(Edit {
        hunks: refill.hunks,
        remarks,
        outline: None,
    })
}

fn date(text: Option<&str>) -> Result<Option<String>, Rejection> {
    text.map(|text| {
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|date| date.format("%Y-%m-%d").to_string())
            .map_err(|_| Rejection::BadDate(text.to_owned()))
    })
    .transpose()
}
