//! How long tasks took, and what adds up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::ledger::{Ledger, grown};
use common::plans::{Step, plan, steps};
use common::real_plans::all_series;
use ledger_core::decide::Change;
use ledger_core::document::Document;
use ledger_core::project::stats::Scope;
use ledger_core::project::{Along, Stats, Summary};
use ledger_core::{Batch, Command, Plan, Seq, Status, Time, Verified, Verifier};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn batches(ledger: &Ledger) -> Vec<Verified<Batch>> {
    let mut verifier = Verifier::new();
    let lines = ledger.lines.iter();
    lines
        .filter_map(|line| verifier.line(line).unwrap())
        .collect()
}

fn folded<'b>(batches: impl IntoIterator<Item = &'b Verified<Batch>>) -> Stats {
    let mut fold = Along::new(Stats::default(), []);
    for batch in batches {
        fold.take(batch).unwrap();
    }
    fold.into_state()
}

fn moment(batches: &[Verified<Batch>]) -> (Seq, Time) {
    let head = batches.last().unwrap().head();
    (head.seq, head.time)
}

fn summary(batches: &[Verified<Batch>], plan: &Plan) -> Summary {
    Summary::of(&folded(batches), plan, moment(batches), &Scope::default())
}

fn change(task: &str, reason: Option<&str>) -> Change {
    Change {
        task: task.to_owned(),
        reason: reason.map(str::to_owned),
        ..Change::default()
    }
}

fn run(ledger: &mut Ledger, hours: i64, command: &Command) {
    ledger.later = hours * HOUR;
    ledger.record(|tx| tx.command(command)).unwrap();
}

#[test]
fn the_spans_of_a_task_are_those_between_its_changes() {
    let mut ledger = Ledger::adopting(&[("TODO.md", "# Plan\n\n- [ ] T-1: one\n- [ ] T-2: two\n")]);
    run(&mut ledger, 2, &Command::Start(change("T-1", None)));
    let block = Command::Block(change("T-1", Some("no key")));
    run(&mut ledger, 5, &block);
    run(&mut ledger, 25, &Command::Unblock(change("T-1", None)));
    let complete = |task: &str| Command::Complete(change(task, None));
    run(&mut ledger, 26, &complete("T-1"));
    run(&mut ledger, 30, &Command::Reopen(change("T-1", None)));
    run(&mut ledger, 50, &complete("T-1"));
    run(&mut ledger, 60, &Command::Start(change("T-2", None)));
    let summary = summary(&batches(&ledger), &ledger.plan);
    let task = &summary.tasks[0];
    let hours = |hours: i64| Some((hours * HOUR) as u64);
    assert_eq!((task.lead, task.cycle), (hours(50), hours(48)));
    let spent: BTreeMap<&str, u64> = task
        .spent
        .iter()
        .map(|(status, span)| (*status, span / HOUR as u64))
        .collect();
    assert_eq!(
        spent,
        BTreeMap::from([
            ("pending", 2 + 20),
            ("in_progress", 3 + 1),
            ("blocked", 20),
            ("completed", 4 + 10),
        ])
    );
    assert_eq!(
        task.blocked,
        BTreeMap::from([("no key".to_owned(), 20 * HOUR as u64)])
    );
    assert_eq!((task.reopened, task.backwards), (1, 0));
    let actors = summary.actors.unwrap();
    let did = |actor: &ledger_core::project::stats::ActorStats| {
        (
            actor.id.clone(),
            actor.completed,
            actor.reopened,
            actor.unproven,
        )
    };
    let did: Vec<_> = actors.iter().map(did).collect();
    assert_eq!(did, [("builder".to_owned(), 2, 1, 1)]);
    let days = summary.days.unwrap();
    let per_day: Vec<_> = days
        .iter()
        .map(|day| (day.day.as_str(), day.added, day.completed, day.reopened))
        .collect();
    assert_eq!(
        per_day,
        [
            ("2025-10-15", 2, 0, 0),
            ("2025-10-16", 0, 1, 1),
            ("2025-10-17", 0, 1, 0)
        ]
    );
}

#[test]
fn a_time_before_the_one_before_it_is_no_negative_span() {
    let mut ledger = Ledger::adopting(&[("TODO.md", "- [ ] T-1: one\n- [ ] T-2: two\n")]);
    run(&mut ledger, 10, &Command::Start(change("T-1", None)));
    run(
        &mut ledger,
        -10,
        &Command::Cancel(change("T-1", Some("no"))),
    );
    let summary = summary(&batches(&ledger), &ledger.plan);
    let task = &summary.tasks[0];
    assert_eq!((task.age, task.backwards), (10 * HOUR as u64, 1));
    assert_eq!(task.spent["cancelled"], 0);
    assert_eq!(summary.totals.unwrap().backwards, 1);
}

#[test]
fn a_task_keeps_its_life_under_another_key_and_after_its_return() {
    let mut ledger = Ledger::adopting(&[("TODO.md", "- [ ] T-1: one\n- [ ] T-2: two\n")]);
    let id = ledger.id("TODO.md");
    let text = ledger.text("TODO.md");
    let mut observe = |hours: i64, text: &str| {
        ledger.later = hours * HOUR;
        ledger.observe(&[(id.clone(), Document::from(text))]);
        summary(&batches(&ledger), &ledger.plan)
    };
    observe(1, &text.replace("[ ] T-1", "[x] T-1"));
    observe(3, "- [ ] T-2: two\n");
    let back = observe(7, &text.replace("[ ] T-1", "[x] T-1"));
    let task = &back.tasks[0];
    assert_eq!((task.away, task.age), (4 * HOUR as u64, 7 * HOUR as u64));
    let renamed = observe(8, &text.replace("[ ] T-1", "[x] T-9"));
    let task = &renamed.tasks[0];
    assert_eq!(task.key.as_str(), "T-9");
    assert_eq!(task.age, 8 * HOUR as u64);
}

/// What holds after every batch, whatever was done.
#[test]
fn a_finished_task_that_leaves_stays_done_and_sections_count_what_is_below_them() {
    let text = "\
# Plan

## One

### A

- [x] T-1: a
- [ ] T-2: b

### B

- [x] T-3: c

## Two

### C

- [ ] T-4: d
";
    let mut ledger = Ledger::adopting(&[("TODO.md", text)]);
    let with = |text: &str| (text.replace("- [x] T-3: c\n\n", ""), text.to_owned());
    let (without, before) = with(text);
    let id = ledger.plan.documents().next().unwrap().id.clone();
    let edit = |ledger: &mut Ledger, text: &str| {
        ledger.observe(&[(id.clone(), Document::from(text))]);
    };
    ledger.later = DAY;
    edit(&mut ledger, &without);
    let own = summary(&batches(&ledger), &ledger.plan);
    let totals = own.totals.as_ref().unwrap();
    assert_eq!((totals.removed, totals.left_completed), (1, 1));
    let left = |own: &Summary| -> Vec<i64> {
        let days = own.days.as_ref().unwrap().iter();
        days.map(|day| day.left_completed).collect()
    };
    assert_eq!(left(&own), [0, 1]);
    ledger.later = 2 * DAY;
    edit(&mut ledger, &before);
    let own = summary(&batches(&ledger), &ledger.plan);
    assert_eq!(own.totals.as_ref().unwrap().left_completed, 0);
    assert_eq!(left(&own), [0, 1, 0]);

    let phases = own.phases.as_ref().unwrap().iter();
    let phases: Vec<_> = phases
        .map(|phase| {
            let whole = phase.whole.as_ref();
            let whole = whole.map(|whole| (whole.tasks, whole.statuses["completed"]));
            (phase.path.join("/"), phase.tasks, whole)
        })
        .collect();
    let phases: Vec<_> = phases
        .iter()
        .map(|(path, tasks, whole)| (&**path, *tasks, *whole))
        .collect();
    assert_eq!(
        phases,
        [
            ("One", 0, Some((3, 2))),
            ("One/A", 2, None),
            ("One/B", 1, None),
            ("Two/C", 1, None),
        ]
    );
}

fn adds_up(batches: &[Verified<Batch>], stats: &Stats, plan: &Plan) {
    let tasks = plan.tasks().iter().map(|(key, task)| (key, task.status()));
    assert!(
        stats.statuses().eq(tasks),
        "the lives end with other statuses than the plan's"
    );
    let (_, until) = moment(batches);
    let summary = Summary::of(stats, plan, moment(batches), &Scope::default());
    assert_eq!(summary.tasks.len(), plan.tasks_in_order().len());
    for task in &summary.tasks {
        let spent: u64 = task.spent.values().sum();
        assert_eq!(spent + task.away, task.age, "{}", task.key);
        let blocked: u64 = task.blocked.values().sum();
        assert_eq!(
            blocked,
            task.spent.get("blocked").copied().unwrap_or(0),
            "{}",
            task.key
        );
        let life = stats.life(&task.key).unwrap();
        let stays: Vec<_> = life.stays(until).collect();
        assert!(stays.windows(2).all(|pair| pair[0].to == pair[1].from));
    }
    let totals = summary.totals.unwrap();
    let days = summary.days.unwrap();
    for day in &days {
        assert!(day.tasks.values().all(|count| *count >= 0), "{day:?}");
    }
    let last = days.last().map(|day| day.tasks.clone()).unwrap_or_default();
    for status in Status::ALL {
        let now = totals.statuses[status.name()] as i64;
        assert_eq!(last.get(status.name()).copied().unwrap_or(0), now);
    }
    let came: usize = days.iter().map(|day| day.added).sum();
    let left: usize = days.iter().map(|day| day.removed).sum();
    assert_eq!(came - left, totals.tasks);
    let in_phases: usize = summary.phases.unwrap().iter().map(|own| own.tasks).sum();
    assert_eq!(in_phases, totals.tasks);
    let unproven: usize = summary.actors.unwrap().iter().map(|own| own.unproven).sum();
    assert!(unproven <= totals.statuses["completed"]);
}

/// Folds a journal, checking each moment: going on is the same as from the beginning, and a moment
/// is the same as the history that ends there.
fn check(ledger: &Ledger) {
    let batches = batches(ledger);
    let mut fold = Along::new(Stats::default(), []);
    let mut plan = Plan::default();
    for (at, batch) in batches.iter().enumerate() {
        fold.take(batch).unwrap();
        plan.evolve(batch).unwrap();
        adds_up(&batches[..=at], fold.state(), &plan);
    }
    let middle = batches.len() / 2;
    let kept = postcard::to_stdvec(&folded(&batches[..=middle])).unwrap();
    let kept: Stats = postcard::from_bytes(&kept).unwrap();
    let mut on = Along::resumed(batches[middle].head().id, kept);
    for batch in &batches[middle + 1..] {
        on.take(batch).unwrap();
    }
    assert!(on.state() == fold.state());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_the_numbers_add_up(
        first in plan(),
        second in plan(),
        steps in steps(10),
        times in prop::collection::vec(-3 * DAY..9 * DAY, 10),
    ) {
        let (first, second) = (first.text(), second.text());
        let mut ledger = Ledger::adopting(&[("TODO.md", &first), ("docs/LATER.md", &second)]);
        for (step, later) in steps.iter().zip(times) {
            ledger.later = later;
            match step {
                Step::Commands(draws) => {
                    let _ = ledger.record(|tx| {
                        draws.iter().try_for_each(|draw| tx.command(&draw.command(tx.plan())))
                    });
                }
                Step::Hand(draws) => {
                    let documents: Vec<_> = ledger.plan.documents()
                        .map(|own| (own.id.clone(), own.text.clone())).collect();
                    for (at, (id, text)) in documents.into_iter().enumerate() {
                        let mut lines = text.lines().to_vec();
                        draws.iter().skip(at).for_each(|draw| draw.edit(&mut lines));
                        let text = Document::from_lines(lines).text();
                        let _ = ledger.try_observe(&[(id, Document::from(text.as_str()))]);
                    }
                }
            }
        }
        check(&ledger);
    }
}

#[test]
fn the_numbers_of_real_plans_add_up() {
    for series in all_series() {
        let ledger = grown(&series, |ledger| ledger.later += 7 * HOUR);
        check(&ledger.expect("a plan has versions"));
    }
}

#[test]
fn only_what_is_asked_for_is_worked_out() {
    let ledger = Ledger::adopting(&[
        ("TODO.md", "- [ ] T-1: one\n"),
        ("docs/LATER.md", "- [x] T-2: two\n- [ ] T-3: three\n"),
    ]);
    let batches = batches(&ledger);
    let stats = folded(&batches);
    let of = |scope: &Scope| Summary::of(&stats, &ledger.plan, moment(&batches), scope);
    let later = of(&Scope {
        document: Some(ledger.id("docs/LATER.md")),
        tasks: BTreeSet::new(),
    });
    assert_eq!(later.totals.unwrap().tasks, 2);
    assert_eq!(later.days.unwrap()[0].added, 2);
    let one = of(&Scope {
        document: None,
        tasks: BTreeSet::from([later.tasks[0].key.clone()]),
    });
    assert_eq!(one.tasks.len(), 1);
    assert!(one.totals.is_none() && one.actors.is_none() && one.days.is_none());
}
