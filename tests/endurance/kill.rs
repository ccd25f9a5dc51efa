//! `kill -9` at random moments: what was acknowledged stands, nothing stands half, and nobody's
//! edit is made up.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    Random, batches, bytes_of, id, plan_of, projections, save, standing, text_at, whole_receipts,
};
use crate::support::Project;

const TASKS: usize = 90;

/// What is going on when the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// One change.
    Append,
    /// A batch of changes.
    Batch,
    /// A batch after which so many events wait that they are absorbed.
    Absorb,
    /// A plan edited by hand is recorded.
    Observe,
    /// A plan file that is not there is written.
    Render,
    /// A query that opens sled and absorbs what waits.
    Query,
    /// The store is filled anew.
    Refill,
}

const ALL: [Work; 7] = [
    Work::Append,
    Work::Batch,
    Work::Absorb,
    Work::Observe,
    Work::Render,
    Work::Query,
    Work::Refill,
];

/// How the rounds of one kind of work went.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// How long it takes undisturbed.
    lasts: Duration,
    rounds: usize,
    /// Ended by the kill, not by itself.
    killed: usize,
    /// Of these, those that had recorded something and were not through with saying so.
    recorded: usize,
}

struct Range<'r> {
    project: Project,
    random: &'r mut Random,
    events: Vec<Value>,
    edits: usize,
    tallies: [Tally; ALL.len()],
}

impl<'r> Range<'r> {
    fn new(random: &'r mut Random) -> Self {
        let project = Project::adopted(&plan_of(TASKS)).kept();
        let events = project.events();
        Self {
            project,
            random,
            events,
            edits: 0,
            tallies: [Tally::default(); ALL.len()],
        }
    }

    /// A change that the task's state allows.
    fn change(&self, plan: &str, task: usize) -> Value {
        let done = plan.contains(&format!("- [x] **T-{task}**"));
        let change = if done { "reopen" } else { "complete" };
        serde_json::json!({"change": change, "task": format!("T-{task}")})
    }

    /// Puts so many changes into a file, from this task on.
    fn batch(&self, plan: &str, from: usize, count: usize) {
        let lines: String = (0..count)
            .map(|n| format!("{}\n", self.change(plan, 1 + (from + n) % TASKS)))
            .collect();
        self.project.write("batch.ndjson", lines);
    }

    /// Starts one round's work. Gives the line that was written by hand, if one was.
    fn start(&mut self, work: Work) -> (Child, Option<String>) {
        let plan = self.project.plan();
        let task = 1 + self.random.index(TASKS);
        let mut by_hand = None;
        let mut words: Vec<String> = Vec::new();
        let mut say = |text: &str| words.extend(text.split(' ').map(str::to_owned));
        match work {
            Work::Append => {
                let change = self.change(&plan, task);
                let change = change["change"].as_str().unwrap().to_owned();
                say(&format!("append {change} T-{task} --json"));
            }
            Work::Batch => {
                self.batch(&plan, task, 12);
                say("append --json batch.ndjson");
            }
            Work::Absorb => {
                // Another batch of almost as many as may wait comes before it, undisturbed.
                self.batch(&plan, task, 60);
                self.project.ok(["append", "--json", "batch.ndjson"]);
                self.events = self.project.events();
                self.batch(&self.project.plan(), task, 6);
                say("append --json batch.ndjson");
            }
            Work::Observe => {
                self.edits += 1;
                let line = format!("Said by hand for the {}th time.", self.edits);
                let lines: Vec<&str> = plan.lines().collect();
                let at = 2 + self.random.index(lines.len() - 2);
                let (above, below) = lines.split_at(at);
                // A paragraph of its own, which is no continuation of the task above it.
                let text = [above, &["", &line, ""], below].concat().join("\n");
                save(&self.project, &format!("{text}\n"));
                by_hand = Some(line);
                say("observe --json");
            }
            Work::Render => {
                fs::remove_file(self.project.path("TODO.md")).unwrap();
                say("render");
            }
            Work::Query => {
                let at = self.random.index(self.events.len());
                // Only the last event of a batch is a moment.
                let moment = self.events[at..]
                    .iter()
                    .find(|event| {
                        event["batch"][0].as_u64().map(|n| n + 1) == event["batch"][1].as_u64()
                    })
                    .unwrap();
                say(&format!("render --stdout --at {}", moment["seq"]));
            }
            // By command, or since it is gone.
            Work::Refill if self.random.below(2) == 0 => say("rebuild"),
            Work::Refill => {
                let _ = fs::remove_dir_all(self.project.path(".ledger/store"));
                say("render --stdout --at 1");
            }
        }
        let child = self
            .project
            .command(&words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a run");
        (child, by_hand)
    }

    /// When to kill something that lasts so long; every other time late, where it writes.
    fn moment(&mut self, lasts: Duration) -> Duration {
        let tenth = u64::try_from(lasts.as_nanos() / 10).unwrap();
        let nanos = match self.random.below(2) {
            0 => self.random.below(11 * tenth),
            _ => 5 * tenth + self.random.below(6 * tenth),
        };
        Duration::from_nanos(nanos)
    }

    /// One round; `disturbed`: whether the process is killed.
    fn round(&mut self, work: Work, disturbed: bool) {
        let at = ALL.iter().position(|other| *other == work).unwrap();
        let delay = self.moment(self.tallies[at].lasts);
        let (mut child, by_hand) = self.start(work);
        let started = Instant::now();
        let before = bytes_of(&self.project.path("TODO.md"));
        if disturbed {
            thread::sleep(delay);
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let ended = output.status.code();
        assert!(
            matches!(ended, None | Some(0)),
            "{work:?}: {ended:?} {said}"
        );
        let tally = &mut self.tallies[at];
        tally.rounds += 1;
        if ended.is_none() {
            tally.killed += 1;
        } else {
            tally.lasts = took;
        }
        let promised = match work {
            Work::Append | Work::Batch | Work::Absorb | Work::Observe => {
                whole_receipts(&String::from_utf8_lossy(&output.stdout))
            }
            Work::Render | Work::Query | Work::Refill => Vec::new(),
        };
        let new = self.judge(work, before, by_hand.as_deref(), &promised);
        if ended.is_none() && new > promised.len() {
            self.tallies[at].recorded += 1;
        }
    }

    /// Looks at what is left. Gives how many events came in.
    fn judge(
        &mut self,
        work: Work,
        before: Option<Vec<u8>>,
        by_hand: Option<&str>,
        promised: &[Value],
    ) -> usize {
        let project = &self.project;
        // The file first: every command that writes brings it forward.
        let plan = bytes_of(&project.path("TODO.md"));
        let verified = project.run(["verify"]);
        let torn = verified
            .stderr
            .contains("a write cut short leaves an end like this");
        assert!(verified.code == 0 || torn, "{work:?}: {}", verified.stderr);
        let events = project.events();
        let known = self.events.len();
        assert!(events.len() >= known, "{work:?}: the history is shorter");
        assert_eq!(events[..known], self.events, "{work:?}: another history");
        let new = &events[known..];
        let whole = batches(new);
        for receipt in promised {
            assert!(
                new.iter().any(|event| id(event) == id(receipt)),
                "{work:?}: acknowledged and not there: {receipt}"
            );
        }
        assert!(whole.len() <= 1, "{work:?}: {} batches", whole.len());
        let origin = match work {
            Work::Append | Work::Batch | Work::Absorb => Some("commanded"),
            Work::Observe => Some("observed"),
            _ => None,
        };
        for event in new {
            assert_eq!(event["origin"].as_str(), origin, "{work:?}: {event}");
        }
        let known_texts = projections(project, before, new);
        assert!(
            known_texts.contains(&plan),
            "{work:?}: the plan file has the text of no moment"
        );

        let unseen = work == Work::Observe && new.is_empty();
        let standing = standing(project);
        match standing.as_str() {
            "current" | "stale" if !unseen => {}
            "edited" if unseen => {}
            "absent" if work == Work::Render => {}
            other => panic!("{work:?}: the plan file is {other}"),
        }

        // What the next command finds: the edit that somebody made, if it is not recorded yet.
        let found = match standing.as_str() {
            "absent" => project.ok(["render"]).stdout.lines().count(),
            _ => project.receipts(["observe", "--json"]).len(),
        };
        assert_eq!(found > 0, unseen, "{work:?}: an edit that nobody made");
        project.ok(["verify"]);
        assert_eq!(project.plan().as_bytes(), text_at(project, None));
        if let Some(line) = by_hand {
            assert!(project.plan().contains(line), "{line} is lost");
        }
        let new = new.len();
        self.events = project.events();
        let observed = batches(&self.events)
            .into_iter()
            .filter(|batch| batch[0]["origin"] == "observed")
            .count();
        assert_eq!(observed, self.edits, "each edit is found once");
        new
    }
}

/// Tries until each kind of work was killed so often on a ledger, on so many ledgers one after
/// another. What ends before it is killed is tried again, and no more often than that.
fn rounds(random: &mut Random, ledgers: usize, kills: usize) -> [Tally; ALL.len()] {
    /// Tries for each kill.
    const TRIES: usize = 6;
    let mut sums = [Tally::default(); ALL.len()];
    for _ in 0..ledgers {
        let mut range = Range::new(random);
        for work in ALL {
            range.round(work, false);
        }
        for tally in &mut range.tallies {
            tally.rounds = 0;
        }
        for _ in 0..kills * TRIES {
            for (at, work) in ALL.into_iter().enumerate() {
                if range.tallies[at].killed < kills {
                    range.round(work, true);
                }
            }
        }
        for (sum, tally) in sums.iter_mut().zip(range.tallies) {
            sum.rounds += tally.rounds;
            sum.killed += tally.killed;
            sum.recorded += tally.recorded;
        }
    }
    for (work, sum) in ALL.iter().zip(&sums) {
        println!(
            "{work:?}: {} rounds, {} killed before their end, {} of these between recording and saying so",
            sum.rounds, sum.killed, sum.recorded
        );
    }
    sums
}

#[test]
fn a_process_that_is_killed_leaves_all_it_acknowledged_and_nothing_half() {
    rounds(&mut Random::seeded("kill"), 1, 1);
}

#[test]
#[ignore = "500 kills take a minute"]
fn five_hundred_kills_leave_all_that_was_acknowledged_and_nothing_half() {
    let sums = rounds(&mut Random::seeded("kill"), 5, 15);
    let total: usize = sums.iter().map(|sum| sum.killed).sum();
    assert!(total >= 500, "only {total} were killed");
    // Killed where it matters most: what was asked for stands, and nobody was told.
    let recorded: usize = sums.iter().map(|sum| sum.recorded).sum();
    assert!(
        recorded * 20 > total,
        "{recorded} of {total} were killed between recording and saying so"
    );
}
