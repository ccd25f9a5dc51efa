//! What waits for what.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::ledger::Ledger;
use ledger_core::decide::dependencies;
use ledger_core::project::Graph;
use ledger_core::project::graph::{Unit, Why};
use ledger_core::{Plan, TaskKey};
use proptest::prelude::*;

/// Tasks, each with whether it is done, what it waits for, and its estimate in hours.
type Tasks = Vec<(bool, Vec<usize>, Option<u8>)>;

fn plan_of(tasks: &Tasks) -> Plan {
    let mut text = String::from("# Plan\n\n");
    for (at, (done, on, hours)) in tasks.iter().enumerate() {
        let mark = if *done { 'x' } else { ' ' };
        let _ = writeln!(text, "- [{mark}] **T-{at}**: number {at}");
        if !on.is_empty() {
            let on: Vec<String> = on.iter().map(|on| format!("T-{on}")).collect();
            let _ = writeln!(text, "  - **Depends on**: {}", on.join(", "));
        }
        if let Some(hours) = hours {
            let _ = writeln!(text, "  - **Estimate**: {hours}h");
        }
    }
    Ledger::adopting(&[("TODO.md", &text)]).plan
}

fn keys(graph: &Graph<'_>, places: &[usize]) -> Vec<String> {
    let key = |at: &usize| graph.nodes[*at].task.key.to_string();
    places.iter().map(key).collect()
}

#[test]
fn the_longest_way_counts_estimates_and_says_what_it_assumed() {
    let plan = plan_of(&vec![
        (true, vec![], Some(9)),
        (false, vec![0], Some(2)),
        (false, vec![1], Some(1)),
        (false, vec![1], Some(5)),
        (false, vec![3], None),
    ]);
    let graph = Graph::of(&plan);
    assert_eq!(keys(&graph, &graph.critical.tasks), ["T-1", "T-3", "T-4"]);
    assert_eq!(graph.critical.unit, Unit::Minutes);
    assert_eq!((graph.critical.total, graph.critical.assumed), (9 * 60, 1));
    let held: Vec<usize> = graph.nodes.iter().map(|node| node.holds_up).collect();
    assert_eq!(held, [0, 3, 0, 1, 0]);
    assert_eq!(graph.why(1), Some(Why::AllDone(1)));
    assert!(matches!(graph.why(2), Some(Why::Waits(on)) if on[0].key.as_str() == "T-1"));
    assert_eq!(graph.why(0), None);
}

#[test]
fn a_circle_is_named_and_ends_nothing() {
    let plan = plan_of(&vec![
        (false, vec![1], None),
        (false, vec![2], None),
        (false, vec![0], None),
        (false, vec![2], None),
    ]);
    let graph = Graph::of(&plan);
    assert_eq!(graph.cycles, [vec![0, 1, 2]]);
    assert!(matches!(graph.why(0), Some(Why::Circle(all)) if all.len() == 3));
    assert_eq!(graph.critical.total, 4);
    assert_eq!(graph.critical.unit, Unit::Tasks);
    assert_eq!(graph.nodes[2].holds_up, 3);
    assert_eq!(graph.around(3), [0, 1, 2, 3]);
}

#[test]
fn of_several_plans_a_task_waits_for_those_of_its_own_first() {
    let own = "- [ ] **T-1**: Dig\n- [ ] **T-2**: Sow\n  - **Depends on**: T-1, U-1\n";
    let other = "- [ ] **U-1**: Fence\n- [ ] **T-1**: Paint\n- [ ] **U-2**: Gate\n  - **Depends on**: T-1, T-2\n";
    for plans in [
        [("A.md", own), ("B.md", other)],
        [("B.md", other), ("A.md", own)],
    ] {
        let plan = Ledger::adopting(&plans).plan;
        let title = |key: &TaskKey| plan.task(key).unwrap().title.clone();
        let waits = dependencies(&plan).into_iter();
        let mut waits: Vec<_> = waits
            .map(|own| (title(&own.task), title(&own.on)))
            .collect();
        waits.sort();
        let expected = [
            ("Gate", "Paint"),
            ("Gate", "Sow"),
            ("Sow", "Dig"),
            ("Sow", "Fence"),
        ];
        let expected = expected.map(|(task, on)| (task.to_owned(), on.to_owned()));
        assert_eq!(waits, expected);
    }
}

#[test]
fn what_a_task_cannot_wait_for_is_kept_apart() {
    let text = "\
# Plan

- [ ] **T-3**: Dig
  - **Depends on**: T-3, T-9
- [ ] **T-4**: Sow
  - **Depends on**: T-3, T-1, UTF-8 (see T-12)
";
    let plan = Ledger::adopting(&[("TODO.md", text)]).plan;
    let graph = Graph::of(&plan);
    // T-1 may have been a task before the ledger was, and UTF-8 is none of its ids.
    assert_eq!(graph.nodes[0].unknown, ["T-9"]);
    assert!(graph.nodes[1].unknown.is_empty());
    assert_eq!(graph.cycles, [vec![0]]);
    assert_eq!(graph.why(0), Some(Why::Circle(&[0])));
    assert_eq!(graph.nodes[0].holds_up, 1);
    assert_eq!(graph.critical.tasks, [0, 1]);
}

fn reached(next: &dyn Fn(usize) -> Vec<usize>, from: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut rest = next(from);
    while let Some(at) = rest.pop() {
        if seen.insert(at) {
            rest.extend(next(at));
        }
    }
    seen.remove(&from);
    seen
}

/// The longest way by trying all of them; for graphs without circles.
fn longest(tasks: &Tasks, at: usize) -> u64 {
    let on = tasks[at].1.iter().filter(|on| !tasks[**on].0);
    let before = on.map(|on| longest(tasks, *on)).max().unwrap_or(0);
    before + u64::from(tasks[at].2.unwrap_or(0)) * 60
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_task_holds_up_all_that_reach_it(
        drawn in prop::collection::vec(
            (prop::bool::weighted(0.2), prop::collection::vec(any::<prop::sample::Index>(), 0..3)),
            1..90,
        ),
    ) {
        let count = drawn.len();
        let tasks: Tasks = drawn.iter().enumerate().map(|(at, (done, on))| {
            let on: BTreeSet<usize> = on.iter().map(|on| on.index(count)).filter(|on| *on != at).collect();
            (*done, on.into_iter().collect(), None)
        }).collect();
        let plan = plan_of(&tasks);
        let graph = Graph::of(&plan);
        let waiting = |at: usize| -> Vec<usize> {
            (0..count).filter(|other| !tasks[*other].0 && tasks[*other].1.contains(&at)).collect()
        };
        for (at, node) in graph.nodes.iter().enumerate() {
            let expected = if tasks[at].0 { 0 } else { reached(&waiting, at).len() };
            prop_assert_eq!(node.holds_up, expected, "T-{}", at);
        }
    }

    #[test]
    fn the_critical_path_is_the_longest_there_is(
        drawn in prop::collection::vec(
            (prop::bool::weighted(0.2), prop::collection::vec(any::<prop::sample::Index>(), 0..3), 1..9u8),
            1..12,
        ),
    ) {
        let tasks: Tasks = drawn.iter().enumerate().map(|(at, (done, on, hours))| {
            let on: BTreeSet<usize> = match at {
                0 => BTreeSet::new(),
                at => on.iter().map(|on| on.index(at)).collect(),
            };
            (*done, on.into_iter().collect(), Some(*hours))
        }).collect();
        let plan = plan_of(&tasks);
        let graph = Graph::of(&plan);
        let open = (0..tasks.len()).filter(|at| !tasks[*at].0);
        let most = open.map(|at| longest(&tasks, at)).max().unwrap_or(0);
        prop_assert_eq!(graph.critical.total, most);
        let path = &graph.critical.tasks;
        for pair in path.windows(2) {
            prop_assert!(graph.nodes[pair[1]].on.contains(&pair[0]));
        }
    }
}
