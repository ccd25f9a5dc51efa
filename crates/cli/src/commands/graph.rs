//! `ledger graph`

mod diagram;
mod tree;

use std::collections::BTreeSet;
use std::io::Write;

use ledger_core::project::Graph;
use ledger_core::project::graph::{Critical as Longest, Unit};
use ledger_core::{Plan, Status, TaskKey};
use schemars::JsonSchema;
use serde::Serialize;

use super::absent::absent;
use super::{drift, gaps};
use crate::args::{self, Global, GraphFormat};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::session::{Access, Session};

/// Tasks that are named in a line.
const NAMED: usize = 12;
/// Tasks that hold others up, of which most are shown.
const HOLDING: usize = 10;

/// A graph and the tasks of it that are shown.
struct Shown<'g, 'p> {
    graph: &'g Graph<'p>,
    /// By their places, in order.
    places: Vec<usize>,
    /// The longest way through them.
    critical: Longest,
}

impl Shown<'_, '_> {
    fn has(&self, place: usize) -> bool {
        self.places.binary_search(&place).is_ok()
    }

    fn waits_for_itself(&self, place: usize) -> bool {
        let cycle = self.graph.nodes[place].cycle;
        cycle.is_some_and(|cycle| self.graph.cycles[cycle].len() == 1)
    }

    fn key(&self, place: usize) -> &TaskKey {
        &self.graph.nodes[place].task.key
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'p> {
    /// Those that depend on another or are depended on.
    tasks: Vec<Item<'p>>,
    /// Tasks that wait for each other, or one that waits for itself.
    cycles: Vec<Vec<&'p TaskKey>>,
    /// The way through open tasks that takes longest.
    critical_path: Critical<'p>,
}

#[derive(Serialize, JsonSchema)]
struct Item<'p> {
    /// What to type for it.
    key: &'p TaskKey,
    /// Its title as written.
    title: &'p str,
    /// Its status.
    status: Status,
    /// What it waits for.
    depends_on: Vec<&'p TaskKey>,
    /// Ids that it waits for and that no task has.
    unknown: &'p [String],
    /// What the plan says it takes.
    estimate: Option<EstimateReport>,
    /// How many open tasks wait for it, directly or not.
    holds_up: usize,
}

#[derive(Serialize, JsonSchema)]
struct EstimateReport {
    /// Working time: a day has 8 hours, a week 5 days.
    minutes: Option<u64>,
    /// Story points.
    points: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Critical<'p> {
    /// In the order in which they can be done.
    tasks: Vec<&'p TaskKey>,
    /// What `total` counts: `minutes`, `points` or `tasks`.
    unit: &'static str,
    /// What all of them take.
    total: f64,
    /// How many of them have no estimate in that unit, and count as the middle one.
    assumed: usize,
}

pub(crate) fn run(global: &Global, args: &args::Graph) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    if args.at.is_none() {
        drift::note(&mut session);
    }
    let moment = args.at.as_deref().map(|at| session.resolve(at));
    let moment = moment.transpose()?.map(|moment| moment.seq);
    let then = moment.map(|at| session.plan_at(at)).transpose()?;
    then.iter().for_each(gaps::note);
    let plan = then.unwrap_or_else(|| session.plan().clone());
    if let Some(name) = args.task.as_deref()
        && let Err(unresolved) = plan.resolve(name)
    {
        let command = "ledger graph --task";
        return Err(absent(&mut session, moment, command, name, unresolved));
    }
    session.release();
    let graph = Graph::of(&plan);
    let shown = shown(&plan, &graph, args.task.as_deref())?;
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report(&shown))?;
        return Ok(out.flush()?);
    }
    match args.format {
        GraphFormat::Tree => print(&shown, args.task.is_some()),
        GraphFormat::Mermaid => raw(&diagram::mermaid(&shown)),
        GraphFormat::Dot => raw(&diagram::dot(&shown)),
    }
}

/// The tasks that depend on another or are depended on; with a task those around it.
fn shown<'g, 'p>(
    plan: &Plan,
    graph: &'g Graph<'p>,
    task: Option<&str>,
) -> Result<Shown<'g, 'p>, Failure> {
    let place = match task {
        Some(name) => graph.place(&plan.resolve(name)?.key),
        None => None,
    };
    if let Some(place) = place {
        let places = graph.around(place);
        let critical = graph.critical_among(&places);
        return Ok(Shown {
            graph,
            places,
            critical,
        });
    }
    let says_anything = |at: &usize| graph.nodes[*at].says_anything();
    Ok(Shown {
        graph,
        places: (0..graph.nodes.len()).filter(says_anything).collect(),
        critical: graph.critical.clone(),
    })
}

fn raw(text: &str) -> Result<(), Failure> {
    let mut out = screen::raw();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn report<'r>(shown: &Shown<'r, 'r>) -> Report<'r> {
    let nodes = &shown.graph.nodes;
    let keys = |places: &[usize]| -> Vec<&'r TaskKey> {
        places.iter().map(|at| &nodes[*at].task.key).collect()
    };
    let item = |at: &usize| {
        let node = &nodes[*at];
        Item {
            key: &node.task.key,
            title: &node.task.title,
            status: node.task.status(),
            depends_on: keys(&node.on),
            unknown: &node.unknown,
            estimate: node.estimate.map(|own| EstimateReport {
                minutes: own.minutes,
                points: own.points.map(|own| Unit::Points.amount(own)),
            }),
            holds_up: node.holds_up,
        }
    };
    let cycles = shown.graph.cycles.iter();
    let critical = &shown.critical;
    Report {
        tasks: shown.places.iter().map(item).collect(),
        cycles: cycles
            .filter(|cycle| cycle.iter().any(|at| shown.has(*at)))
            .map(|cycle| keys(cycle))
            .collect(),
        critical_path: Critical {
            tasks: keys(&critical.tasks),
            unit: critical.unit.name(),
            total: critical.unit.amount(critical.total),
            assumed: critical.assumed,
        },
    }
}

/// `is_part`: what is around one task is shown, not all.
fn print(shown: &Shown<'_, '_>, is_part: bool) -> Result<(), Failure> {
    let mut out = Screen::new();
    let graph = shown.graph;
    let has_any = shown.places.iter().any(|at| {
        let node = &graph.nodes[*at];
        !node.on.is_empty() || !node.unknown.is_empty() || node.cycle.is_some()
    });
    match has_any {
        true => tree::print(&mut out, shown)?,
        false => match shown.places.first().filter(|_| is_part) {
            Some(task) => {
                let key = plain(shown.key(*task).as_str()).into_owned();
                writeln!(out, "{key} depends on no task, and none depends on it")?;
            }
            None => writeln!(out, "no task says that it depends on another")?,
        },
    }
    let names = |places: &[usize], between: &str| {
        let named = places.iter().take(NAMED);
        let named: Vec<_> = named.map(|at| plain(shown.key(*at).as_str())).collect();
        match places.len().saturating_sub(NAMED) {
            0 => named.join(between),
            more => format!("{}{between}{more} more", named.join(between)),
        }
    };
    let cycles: Vec<&Vec<usize>> = (graph.cycles.iter())
        .filter(|cycle| cycle.iter().any(|at| shown.has(*at)))
        .collect();
    if !cycles.is_empty() {
        writeln!(out, "\n{BOLD}wait for each other{BOLD:#}")?;
        for cycle in cycles {
            let named = match cycle.len() {
                1 => format!("{}, for itself", names(cycle, ", ")),
                _ => names(cycle, ", "),
            };
            writeln!(out, "  {}", out.rest(&named, 2).into_owned())?;
        }
    }
    let critical = &shown.critical;
    if has_any && critical.tasks.len() > 1 {
        writeln!(
            out,
            "\n{BOLD}critical path{BOLD:#} {DIM}{}{DIM:#}",
            critical.unit.words(critical.total)
        )?;
        writeln!(out, "  {}", names(&critical.tasks, " → "))?;
        if critical.assumed > 0 {
            writeln!(
                out,
                "  {DIM}{} of them without an estimate of that kind, taken as the middle one{DIM:#}",
                critical.assumed
            )?;
        }
    }
    let mut holding: Vec<usize> = shown.places.clone();
    holding.retain(|at| graph.nodes[*at].holds_up > 0);
    holding.sort_by_key(|at| std::cmp::Reverse(graph.nodes[*at].holds_up));
    if !holding.is_empty() {
        writeln!(out, "\n{BOLD}hold up most{BOLD:#}")?;
        for at in holding.iter().take(HOLDING) {
            let node = &graph.nodes[*at];
            let said = format!(
                "{} {}",
                plain(node.task.key.as_str()),
                plain(&node.task.title)
            );
            writeln!(
                out,
                "  {:>4}  {}",
                node.holds_up,
                out.rest(&said, 8).into_owned()
            )?;
        }
    }
    Ok(out.flush()?)
}

/// The pairs of places of a shown task and a shown one that it depends on, each once; also a task
/// with itself, where it says so.
fn edges(shown: &Shown<'_, '_>) -> BTreeSet<(usize, usize)> {
    let from = shown.places.iter().flat_map(|at| {
        let node = &shown.graph.nodes[*at];
        let itself = shown.waits_for_itself(*at).then_some(at);
        node.on.iter().chain(itself).map(move |on| (*at, *on))
    });
    from.filter(|(_, on)| shown.has(*on)).collect()
}
