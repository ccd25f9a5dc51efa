//! Long histories, made without a process for each event.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write};

use ledger_core::decide::Change;
use ledger_core::{
    Actor, ActorKind, Batch, Command, Context, Decision, Head, Plan, Stamp, Status, Time,
    Transaction, Verified, Verifier, seal,
};
use ledger_store::Layout;

use crate::Outcome;
use crate::product::Project;

/// A journal read: its batches, and the plan they lead to.
#[derive(Debug, Default)]
pub struct History {
    /// The lines.
    pub bytes: Vec<u8>,
    /// What they say.
    pub batches: Vec<Verified<Batch>>,
    /// Where it ends.
    pub head: Option<Head>,
    /// The plan there.
    pub plan: Plan,
}

impl History {
    /// Reads a project's journal.
    ///
    /// # Errors
    /// If it cannot be read or does not verify.
    pub fn read(project: &Project) -> Outcome<Self> {
        let mut history = Self {
            bytes: fs::read(project.journal())?,
            ..Self::default()
        };
        let mut verifier = Verifier::new();
        for line in history.bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(batch) = verifier.line(line)? {
                history.plan.evolve(&batch)?;
                history.batches.push(batch);
            }
        }
        history.head = verifier.head().cloned();
        Ok(history)
    }
}

/// How many tasks take their turns in a long history.
const TASKS: usize = 3;

/// Lengthens a project's history to about `events` events, one a batch, and lets `ledger` take
/// it in.
///
/// A few tasks are started, completed and reopened over and over. What each of these commands
/// decides is worked out once they lead to the same plan again, and sealed anew each time: the
/// journal is the one that as many processes would have written, in seconds rather than hours.
///
/// # Errors
/// If the plan has no open tasks or a change is refused.
pub fn lengthen(project: &Project, events: u64) -> Outcome<()> {
    let history = History::read(project)?;
    let (mut plan, head) = (history.plan, history.head);
    let mut head = head.ok_or("a ledger without events")?;
    let config = Layout::new(project.ledger()).open()?;
    let mut stamp = Stamp {
        time: head.time,
        actor: Actor {
            kind: ActorKind::Agent,
            id: "bench".to_owned(),
            session: Some("lengthen".to_owned()),
            tool: None,
        },
        cause: None,
        idem: None,
        writer: config.writer,
        entropy: [0; 32],
    };
    let commands = cycle(&plan)?;
    let file = OpenOptions::new().append(true).open(project.journal())?;
    let mut journal = BufWriter::new(file);
    let mut write = |head: &mut Head, decision: &Decision| -> Outcome<Verified<Batch>> {
        let next = head.seq.0 + 1;
        stamp.time = Time::from_millis(head.time.millis() + 1_000).unwrap_or(head.time);
        stamp.entropy[..8].copy_from_slice(&next.to_be_bytes());
        let documents: Vec<_> = decision
            .documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        let batch = seal(Some(head), &stamp, &decision.drafts, &documents, None)?;
        for recorded in batch.events() {
            journal.write_all(&recorded.line)?;
        }
        *head = batch.head().clone();
        Ok(batch)
    };
    // The first rounds may still change more than they change back: dates, derived text.
    let mut decisions = Vec::new();
    let mut settled = false;
    for _ in 0..4 {
        let before = plan.clone();
        decisions.clear();
        for command in &commands {
            let decision = decide(&plan, command, head.seq.0)?;
            plan.evolve(&write(&mut head, &decision)?)?;
            decisions.push(decision);
        }
        settled = plan == before;
        if settled {
            break;
        }
    }
    if !settled {
        return Err("the commands of a round never lead back to the same plan".into());
    }
    while head.seq.0 + 1 < events {
        for decision in &decisions {
            write(&mut head, decision)?;
        }
    }
    journal.flush()?;
    journal.get_ref().sync_all()?;
    drop(journal);
    project.run(["observe"], b"")?;
    Ok(())
}

/// Starts, completes and reopens a few open tasks.
fn cycle(plan: &Plan) -> Outcome<Vec<Command>> {
    let open = open_tasks(plan);
    if open.is_empty() {
        return Err("the plan has no open task".into());
    }
    let changes = [Command::Start, Command::Complete, Command::Reopen];
    Ok(open
        .into_iter()
        .take(TASKS)
        .flat_map(|task| changes.map(|change| change(named(&task))))
        .collect())
}

/// A change of a task's status, with nothing said about it.
#[must_use]
pub fn named(task: &str) -> Change {
    Change {
        task: task.to_owned(),
        ..Change::default()
    }
}

/// The names of the tasks that can be started, in order.
#[must_use]
pub fn open_tasks(plan: &Plan) -> Vec<String> {
    plan.tasks_in_order()
        .into_iter()
        .filter(|task| task.status() == Status::Pending && task.writings.len() == 1)
        .map(|task| task.key.to_string())
        .filter(|key| plan.resolve(key).is_ok())
        .collect()
}

/// What a command comes to on a plan.
///
/// # Errors
/// If it is refused.
pub fn decide(plan: &Plan, command: &Command, nth: u64) -> Outcome<Decision> {
    let mut entropy = [7; 32];
    entropy[..8].copy_from_slice(&nth.to_be_bytes());
    let context = Context {
        today: "2025-10-16".to_owned(),
        entropy,
    };
    let mut transaction = Transaction::new(plan, &context);
    transaction.command(command)?;
    Ok(transaction.finish()?)
}
