//! Many processes at one ledger: each change is there once, or waits where it is taken in from.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{batches, id, whole_receipts};
use crate::support::{Project, Run};

fn plan_of(writers: usize) -> String {
    let tasks: String = (0..writers)
        .map(|n| format!("- [ ] **W-{n}**: What writer {n} does\n"))
        .collect();
    format!("# Plan\n\n{tasks}")
}

/// What each of so many writers gets for its runs, one after another, all of them at once.
fn at_once<T: Send>(writers: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let all: Vec<_> = (0..writers)
            .map(|writer| scope.spawn(move || work(writer)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// So many processes at once make so many changes each, by turns completing and reopening a task
/// of their own.
fn everything_is_there_once(writers: usize, each: usize) {
    let project = Project::adopted(&plan_of(writers)).kept();
    let runs = at_once(writers, |writer| {
        let task = format!("W-{writer}");
        let runs = (0..each).map(|n| {
            let change = if n % 2 == 0 { "complete" } else { "reopen" };
            let started = Instant::now();
            let run = project.run(["append", change, &task, "--json"]);
            (run, started.elapsed())
        });
        runs.collect::<Vec<_>>()
    });
    let (runs, times): (Vec<Run>, Vec<Duration>) = runs.into_iter().flatten().unzip();
    let mut acknowledged = Vec::new();
    for run in &runs {
        assert_eq!(run.code, 0, "{}", run.stderr);
        acknowledged.extend(ids(&whole_receipts(&run.stdout)));
    }
    let events = project.events();
    assert_eq!(events.len(), 2 + writers * each);
    let mut there = ids(&events[2..]);
    acknowledged.sort();
    there.sort();
    there.dedup();
    assert_eq!(acknowledged, there, "what was acknowledged, each once");
    // Each writer's changes are in the order in which it made them.
    for writer in 0..writers {
        let task = format!("W-{writer}");
        let own = events.iter().filter(|event| event["task"] == task.as_str());
        let to: Vec<&str> = own.filter_map(|event| event["to"].as_str()).collect();
        assert_eq!(to.len(), each);
        let in_turn = |(n, to): (usize, &&str)| (n % 2 == 0) == (*to == "completed");
        assert!(to.iter().enumerate().all(in_turn), "{task}: {to:?}");
    }
    batches(&events);
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
    report(writers, times);
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| id(event).to_owned()).collect()
}

/// How long a run took from start to exit, with all the others at work.
fn report(writers: usize, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "{} appends by {writers} processes at once: p50 {:.1?}, p99 {:.1?}",
        times.len(),
        at(50),
        at(99)
    );
}

#[test]
fn what_four_processes_append_at_once_is_all_there_once() {
    everything_is_there_once(4, 10);
}

#[test]
#[ignore = "1,600 processes"]
fn what_sixteen_processes_append_a_hundred_times_each_is_all_there_once() {
    everything_is_there_once(16, 100);
}

/// How many files of changes wait in the spool.
fn waiting(project: &Project) -> usize {
    let Ok(entries) = fs::read_dir(project.path(".ledger/spool")) else {
        return 0;
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".change")).count()
}

/// So many processes at once, which do not wait for long. Every other one wants the same task as
/// the one before it, so some changes are refused. Gives how many had to go into the spool.
fn everything_gets_in_or_waits(writers: usize, wait: &str) -> usize {
    let project = Project::adopted(&plan_of(writers)).kept();
    let runs = at_once(writers, |writer| {
        let task = format!("W-{}", writer / 2 * 2);
        let by = format!("agent:writer-{writer}");
        project.run([
            "append", "complete", &task, "--json", "--wait", wait, "--actor", &by,
        ])
    });
    let (mut recorded, mut refused, mut postponed) = (0, 0, 0);
    for run in &runs {
        match run.code {
            0 => recorded += 1,
            1 => refused += 1,
            _ => {
                assert!(run.stderr.contains("waits at"), "{}", run.stderr);
                postponed += 1;
            }
        }
    }
    println!("{writers} at once: {recorded} recorded, {refused} refused, {postponed} waited");
    let spooled = waiting(&project);
    let taken_in = |events: &[Value]| {
        let mut by: BTreeMap<String, usize> = BTreeMap::new();
        for event in &events[2..] {
            let actor = event["actor"]["id"].as_str().unwrap().to_owned();
            *by.entry(actor).or_default() += 1;
        }
        by
    };
    let before = taken_in(&project.events()).len();
    assert_eq!(before + refused + spooled, writers, "one has vanished");
    project.ok(["observe"]);
    assert_eq!(waiting(&project), 0);
    let events = project.events();
    let by = taken_in(&events);
    assert!(by.values().all(|count| *count == 1), "twice: {by:?}");
    assert_eq!(by.len() + refused, writers, "one has vanished: {by:?}");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(of("task.completed"), writers / 2);
    assert_eq!(of("command.rejected") + refused, writers / 2);
    for run in runs.iter().filter(|run| run.code == 0) {
        for receipt in whole_receipts(&run.stdout) {
            let found = events.iter().any(|event| id(event) == id(&receipt));
            assert!(found, "acknowledged and not there: {receipt}");
        }
    }
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
    postponed
}

#[test]
fn of_sixteen_that_hardly_wait_each_gets_in_or_waits_in_the_spool() {
    everything_gets_in_or_waits(16, "0.02");
}

#[test]
#[ignore = "64 processes, several times"]
fn of_sixty_four_that_wait_a_second_or_less_each_gets_in_or_waits_in_the_spool() {
    let waited = ["1", "0.2", "0.05", "0"].map(|wait| everything_gets_in_or_waits(64, wait));
    // With no wait at all, whoever meets another one goes into the spool.
    assert!(waited[3] > 0, "nobody had to wait: {waited:?}");
}
