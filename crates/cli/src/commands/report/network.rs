//! The dependency graph as a picture: what has to be done first stands left of what waits for it.

use std::collections::BTreeMap;

use ledger_core::project::Graph;

use super::charts::LABEL;
use super::svg::{Svg, number};
use crate::output::columns;
use crate::output::escape::plain;

/// Tasks that a picture has.
pub(super) const TASKS: usize = 150;

const WIDE: f64 = 168.0;
const HIGH: f64 = 30.0;
const ACROSS: f64 = 60.0;
const DOWN: f64 = 12.0;

/// Where each of some tasks stands: its column and its row. `places`: in order.
fn laid_out(graph: &Graph<'_>, places: &[usize]) -> BTreeMap<usize, (usize, usize)> {
    let is_in = |at: &usize| places.binary_search(at).is_ok();
    let mut column: BTreeMap<usize, usize> = BTreeMap::new();
    let mut rest: Vec<usize> = places.to_vec();
    // Tasks all of whose dependencies have a column; of a circle the first has to do without.
    while !rest.is_empty() {
        let open = |at: &usize| {
            let mut on = graph.nodes[*at].on.iter().filter(|on| is_in(on));
            on.any(|on| !column.contains_key(on))
        };
        let (later, mut now): (Vec<usize>, Vec<usize>) = rest.iter().partition(|at| open(at));
        rest = later;
        if now.is_empty() {
            now.push(rest.remove(0));
        }
        let columns: Vec<(usize, usize)> = now
            .into_iter()
            .map(|at| {
                let on = graph.nodes[at].on.iter().filter_map(|on| column.get(on));
                (at, on.max().map_or(0, |column| column + 1))
            })
            .collect();
        column.extend(columns);
    }
    let mut columns: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, column) in column {
        columns.entry(column).or_default().push(at);
    }
    let mut placed: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (column, mut own) in columns {
        // Beside what it waits for, so that fewer lines cross.
        own.sort_by_key(|at| {
            let rows: Vec<usize> = (graph.nodes[*at].on.iter())
                .filter_map(|on| placed.get(on))
                .map(|(_, row)| *row)
                .collect();
            match rows.len() {
                0 => 0,
                count => rows.iter().sum::<usize>() * 16 / count,
            }
        });
        placed.extend(
            own.into_iter()
                .enumerate()
                .map(|(row, at)| (at, (column, row))),
        );
    }
    placed
}

/// Draws some tasks of a graph, with the ways between them. `places`: in order, no more than
/// [`TASKS`].
pub(super) fn picture(graph: &Graph<'_>, places: &[usize]) -> String {
    let placed = laid_out(graph, places);
    let corner = |at: usize| {
        let (column, row) = placed.get(&at).copied()?;
        let x = 10.0 + column as f64 * (WIDE + ACROSS);
        Some((x, 10.0 + row as f64 * (HIGH + DOWN)))
    };
    let most = |of: fn(&(usize, usize)) -> usize| placed.values().map(of).max().unwrap_or(0) as f64;
    let width = 20.0 + (most(|own| own.0) + 1.0) * (WIDE + ACROSS) - ACROSS;
    let height = 20.0 + (most(|own| own.1) + 1.0) * (HIGH + DOWN) - DOWN;
    let says = format!(
        "{} tasks; a line leads from a task to what waits for it. The table below has them all.",
        places.len()
    );
    let mut svg = Svg::fixed("network", width, height, "Dependencies", &says);
    let critical: Vec<(usize, usize)> = (graph.critical.tasks.windows(2))
        .map(|pair| (pair[0], pair[1]))
        .collect();
    for at in places {
        for on in &graph.nodes[*at].on {
            let (Some((from_x, from_y)), Some((to_x, to_y))) = (corner(*on), corner(*at)) else {
                continue;
            };
            let (x, y) = (from_x + WIDE, from_y + HIGH / 2.0);
            let (to_x, to_y) = (to_x, to_y + HIGH / 2.0);
            let bend = ACROSS / 2.0;
            let data = format!(
                "M{} {}C{} {} {} {} {} {}",
                number(x),
                number(y),
                number(x + bend),
                number(y),
                number(to_x - bend),
                number(to_y),
                number(to_x - 5.0),
                number(to_y)
            );
            let class = match critical.contains(&(*on, *at)) {
                true => "edge strong",
                false => "edge",
            };
            svg.path(class, &data);
            let head = format!("M{} {}l-7 -4v8z", number(to_x), number(to_y));
            svg.path("head", &head);
        }
    }
    for at in places {
        let (Some((x, y)), task) = (corner(*at), graph.nodes[*at].task) else {
            continue;
        };
        let hint = format!("{}: {} ({})", task.key, task.title, task.status());
        let class = format!("box s-{}", task.status().name());
        svg.rect(&class, (x, y), (WIDE, HIGH), &hint);
        let key = columns::fit(&plain(task.key.as_str()), LABEL).into_owned();
        svg.text("", "middle", (x + WIDE / 2.0, y + HIGH / 2.0 + 4.0), &key);
    }
    svg.finish()
}
