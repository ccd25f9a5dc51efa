//! `ledger list`

use std::collections::HashMap;
use std::io::Write;

use ledger_core::Plan;
use ledger_core::plan::PlanDocument;
use schemars::JsonSchema;
use serde::Serialize;

use super::brief::{self, Brief};
use super::section::path_of;
use super::{drift, gaps};
use crate::args::{Global, List};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{columns, json};
use crate::session::{Access, Session};

#[derive(Serialize, JsonSchema)]
pub(super) struct Item<'p> {
    #[serde(flatten)]
    task: Brief<'p>,
    /// The titles of the sections it stands in, the outermost first.
    section: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &List) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    if args.at.is_none() {
        drift::note(&mut session);
    }
    let then = session.plan_then(args.at.as_deref())?;
    then.iter().for_each(gaps::note);
    let plan = then.as_ref().unwrap_or_else(|| session.plan());
    let documents: Vec<&PlanDocument> = plan.documents().collect();
    let mut items = Vec::new();
    for document in &documents {
        items.extend(items_of(plan, document));
    }
    items.retain(|item| args.status.is_empty() || args.status.contains(&item.task.status));
    if args.json {
        let mut array = json::Array::begin(screen::raw())?;
        for item in &items {
            array.push(item)?;
        }
        return Ok(array.end()?);
    }
    print(&items, documents.len() > 1)
}

fn items_of<'p>(plan: &'p Plan, document: &'p PlanDocument) -> Vec<Item<'p>> {
    let outline = document.outline();
    let sections: HashMap<usize, Option<usize>> = outline
        .entries
        .iter()
        .map(|entry| (entry.lines.start, entry.section))
        .collect();
    let item = |task| Item {
        task: Brief::of(plan, task),
        section: path_of(&outline, sections.get(&task.line()).copied().flatten()),
    };
    plan.tasks_of(&document.id).into_iter().map(item).collect()
}

fn print(items: &[Item<'_>], several: bool) -> Result<(), Failure> {
    let mut out = Screen::new();
    if items.is_empty() {
        writeln!(out, "no tasks")?;
    }
    let keys = brief::key_width(items.iter().map(|item| item.task.key));
    let mut place = None;
    for item in items {
        let here = (item.task.plan, item.section.as_slice());
        if place != Some(here) {
            if place.is_some() {
                writeln!(out)?;
            }
            let plan = several.then(|| item.task.plan.to_owned());
            let path: Vec<_> = plan
                .into_iter()
                .chain(item.section.iter().cloned())
                .collect();
            if !path.is_empty() {
                let path = path.join(" › ");
                let path = plain(&path);
                writeln!(out, "{BOLD}{}{BOLD:#}", out.rest(&path, 0).into_owned())?;
            }
            place = Some(here);
        }
        let key = columns::pad(&plain(item.task.key.as_str()), keys);
        let says = item.task.says();
        let says = out.rest(&says, 18 + columns::width(&key)).into_owned();
        let status = brief::painted(item.task.status);
        let (on, off) = match item.task.status.is_closed() {
            true => (format!("{DIM}"), format!("{DIM:#}")),
            false => (String::new(), String::new()),
        };
        writeln!(out, "  {key}  {status}  {on}{says}{off}")?;
    }
    Ok(out.flush()?)
}
