//! Changes of status, and the derived text that follows the tasks.

use std::sync::Arc;

use ledger_document::edit::{self, Details, Edit};
use ledger_document::{Status, derived};

use super::Target;
use crate::decide::command::{Act, Change};
use crate::decide::near::Known;
use crate::decide::rejection::Rejection;
use crate::decide::settle::Settled;
use crate::decide::transaction::Transaction;
use crate::decide::{dependencies, transitions};
use crate::id::DocumentId;
use crate::plan::wire::part;
use crate::plan::{Plan, agree};

pub(super) fn status(tx: &mut Transaction<'_>, act: Act, change: &Change) -> Result<(), Rejection> {
    let target = Target::of_many(tx, &change.task)?;
    let reason = change
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    let to = transitions::target(&target.task, act, reason)?;
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
    let id = target.document();
    let known = Known::of(tx, &target.task, target.place);
    let mut edited = target.edit(tx, |document, outline| {
        edit::set_status(document, outline, target.place, to, &details)
    })?;
    let read = edited.hunks.is_empty() || edited.outline.is_some();
    tx.edit(id, &edited.hunks, edited.outline.take())?;
    let mut settled = match read {
        true => tx.settle_one(id, known),
        false => tx.settle(id),
    };
    if from == Status::Completed {
        tx.plan.proven.remove(&target.task.key);
    }
    if let Some(task) = tx.plan.tasks.get_mut(&target.task.key) {
        let waits = matches!(to, Status::Blocked | Status::IssuesFound);
        let task = Arc::make_mut(task);
        task.reason = reason.filter(|_| waits).map(str::to_owned);
        task.resume = (to == Status::Blocked).then_some(from);
    }
    let outline = tx.outline(id);
    let place = tx.plan.task(&target.task.key);
    let place = place.and_then(|task| Plan::place(task, &outline));
    drop(outline);
    let change = derived::Change {
        flipped: place.map(|place| (place, to)),
        date: Some(date),
        summary: said.summary.clone(),
        ..derived::Change::default()
    };
    let derived = derive(tx, &mut settled, id, &change)?;
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
    let hunks = edited.hunks.into_iter().chain(derived.hunks);
    proto.hunks.extend(hunks.map(|hunk| (id.clone(), hunk)));
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
    let key = &target.task.key;
    let outline = tx.outline(target.document());
    let place = tx.plan.task(key);
    let place = place.and_then(|task| Plan::place(task, &outline));
    let waits = |place: &usize| {
        let entry = agree::primary(&outline, *place);
        entry.is_some_and(|entry| entry.fields.iter().any(dependencies::waits))
    };
    let Some(place) = place.filter(waits) else {
        return Vec::new();
    };
    if !matches!(act, Act::Start | Act::Complete) {
        return Vec::new();
    }
    let closed = |status| matches!(status, Status::Completed | Status::Cancelled);
    let meanings = tx.meanings();
    let awaited = meanings.awaited(key, &outline, place).into_iter();
    awaited
        .filter_map(|on| tx.plan.task(on))
        .filter(|on| !closed(on.status()))
        .map(|on| {
            let status = on.status();
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
    let known = tx.in_step.remove(document).unwrap_or_default();
    let mut refill = derived::refill_rest(&own.text, &outline, &own.bindings, change, known);
    drop(outline);
    settled.extend(tx.fill_and_settle(document, &mut refill)?);
    let own = tx.plan.documents.iter_mut().find(|own| own.id == *document);
    if let (Some(own), Some(bindings)) = (own, refill.bindings) {
        own.bindings = bindings;
    }
    let remarks = refill.unfilled.iter().map(ToString::to_string).collect();
    Ok(Edit {
        hunks: refill.hunks,
        remarks,
        outline: None,
    })
}

pub(super) fn date(text: Option<&str>) -> Result<Option<String>, Rejection> {
    text.map(|text| {
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|date| date.format("%Y-%m-%d").to_string())
            .map_err(|_| Rejection::BadDate(text.to_owned()))
    })
    .transpose()
}
