//! What holds for every plan and every sequence of changes.
//!
//! More cases: `PROPTEST_CASES=5000 cargo test -p ledger-core --test laws`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeSet;

use common::ledger::Ledger;
use common::plans::{Draw, Step, plan, steps};
use ledger_core::decide::Change;
use ledger_core::document::{Document, Line, Status};
use ledger_core::plan::Task;
use ledger_core::plan::kept::WithoutTexts;
use ledger_core::{Command, DocumentId, Plan, Rejection, TaskKey};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    // PROPTEST_CASES, where it is set, is in the default already.
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if default.cases == 256 {
            200
        } else {
            default.cases
        },
        failure_persistence: None,
        ..default
    }
}

fn two_plans(first: &Document, second: &Document) -> Ledger {
    let (first, second) = (first.text(), second.text());
    Ledger::adopting(&[("TODO.md", &first), ("docs/LATER.md", &second)])
}

/// What a command about one task must leave as it is in another.
fn facts(task: &Task) -> impl PartialEq + std::fmt::Debug {
    (
        &task.document,
        task.id.as_deref(),
        &task.title,
        task.writings
            .iter()
            .map(|writing| writing.status)
            .collect::<Vec<_>>(),
        task.reason.as_deref(),
        task.resume,
    )
}

/// Runs commands as one batch; a refused one leaves nothing behind.
fn commands(ledger: &mut Ledger, draws: &[Draw]) {
    let before = ledger.plan.clone();
    let mut given = Vec::new();
    let recorded = ledger.record(|transaction| {
        draws.iter().try_for_each(|draw| {
            let command = draw.command(transaction.plan());
            given.push(command.clone());
            transaction.command(&command)
        })
    });
    match recorded {
        Err(rejection) => {
            assert!(
                !matches!(rejection, Rejection::Disagrees(_)),
                "{rejection}: {given:#?}\n{}",
                texts(&before)
            );
            assert!(ledger.plan == before);
        }
        Ok(Some(batch)) => {
            let dropped = |task: &Task| ledger.plan.document(&task.document).unwrap().dropped;
            let named: BTreeSet<&TaskKey> = batch
                .events()
                .iter()
                .filter_map(|recorded| recorded.event.header.task.as_ref())
                .collect();
            for (key, task) in before
                .tasks()
                .iter()
                .filter(|(key, _)| !named.contains(key))
            {
                let rekeyed = batch.events().iter().any(|recorded| {
                    recorded.event.header.kind == "task.rekeyed"
                        && recorded.event.header.from.as_deref() == Some(key.as_str())
                });
                if rekeyed || dropped(task) {
                    continue;
                }
                let now = ledger.plan.task(key).map(facts);
                assert_eq!(
                    now,
                    Some(facts(task)),
                    "{given:#?}\n{}\n=>\n{}",
                    texts(&before),
                    texts(&ledger.plan)
                );
            }
            if let [command] = given.as_slice() {
                one_task_at_most(
                    command,
                    &batch
                        .events()
                        .iter()
                        .map(|recorded| recorded.event.header.kind.as_str())
                        .collect::<Vec<_>>(),
                    named.len(),
                    &before,
                    &ledger.plan,
                );
            }
        }
        Ok(None) => {}
    }
}

/// A command changes one task: the one it names.
fn one_task_at_most(command: &Command, kinds: &[&str], named: usize, before: &Plan, after: &Plan) {
    // A task may hold others, which go and come with it.
    if matches!(command, Command::Remove { .. } | Command::Restore { .. }) {
        return;
    }
    assert!(
        named <= 1,
        "{command:?} gave {kinds:?}\n{}\n=>\n{}",
        texts(before),
        texts(after)
    );
}

fn texts(plan: &Plan) -> String {
    plan.documents()
        .map(|document| format!("=== {}\n{}", document.path, document.text.text()))
        .collect()
}

/// Edits the documents by hand and observes them together.
fn hand(ledger: &mut Ledger, draws: &[Draw]) {
    let mut files: Vec<(DocumentId, Vec<Line>)> = ledger
        .plan
        .documents()
        .map(|document| (document.id.clone(), document.text.lines().to_vec()))
        .collect();
    for draw in draws {
        let count = files.len();
        if draw.kind % 10 == 9 && count > 1 && !files[0].1.is_empty() {
            // A block goes to the other file.
            let from = draw.other % count;
            let lines = files[from].1.len();
            if lines > 0 {
                let at = draw.task % lines;
                let block: Vec<Line> = files[from].1.drain(at..(at + 4).min(lines)).collect();
                files[(from + 1) % count].1.extend(block);
            }
        } else {
            draw.edit(&mut files[draw.other % count].1);
        }
    }
    // What a file says is bytes, not lines.
    let edited: Vec<(DocumentId, Document)> = files
        .into_iter()
        .map(|(id, lines)| {
            (
                id,
                Document::from(Document::from_lines(lines).text().as_str()),
            )
        })
        .collect();
    ledger.observe(&edited);
    for (id, text) in &edited {
        assert_eq!(&ledger.plan.document(id).unwrap().text, text);
    }
    assert!(ledger.observe(&edited).is_none(), "observed twice");
}

fn change(task: &str, reason: Option<&str>) -> Change {
    Change {
        task: task.to_owned(),
        reason: reason.map(str::to_owned),
        ..Change::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_done_the_fold_the_text_and_the_replay_agree(
        first in plan(),
        second in plan(),
        steps in steps(9),
    ) {
        let mut ledger = two_plans(&first, &second);
        for step in &steps {
            match step {
                Step::Commands(draws) => commands(&mut ledger, draws),
                Step::Hand(draws) => hand(&mut ledger, draws),
            }
        }
        prop_assert!(ledger.replayed() == ledger.plan, "replay gives another state");
        let cached = postcard::to_stdvec(&ledger.plan).unwrap();
        let back: Plan = postcard::from_bytes(&cached).unwrap();
        prop_assert!(back == ledger.plan, "the cached state is another");
    }

    #[test]
    fn a_plan_kept_apart_from_its_texts_is_the_same_plan(
        first in plan(),
        second in plan(),
        steps in steps(4),
    ) {
        let mut ledger = two_plans(&first, &second);
        for step in &steps {
            match step {
                Step::Commands(draws) => commands(&mut ledger, draws),
                Step::Hand(draws) => hand(&mut ledger, draws),
            }
        }
        let rest = postcard::to_stdvec(&WithoutTexts::from(&ledger.plan)).unwrap();
        let read = || postcard::from_bytes::<WithoutTexts<'_>>(&rest).unwrap();
        let documents = ledger.plan.all_documents().iter();
        let mut texts: Vec<Document> = documents
            .map(|document| Document::from(document.text.text().as_str()))
            .collect();
        prop_assert!(read().with(texts.clone()) == Some(ledger.plan.clone()));
        texts.pop();
        prop_assert!(read().with(texts).is_none(), "a text is missing");
    }

    #[test]
    fn observing_one_plan_after_another_gives_exactly_that(first in plan(), second in plan()) {
        let mut ledger = Ledger::adopting(&[("TODO.md", &first.text())]);
        let id = ledger.id("TODO.md");
        for text in [&second, &first, &second] {
            ledger.observe(&[(id.clone(), text.clone())]);
            prop_assert_eq!(&ledger.plan.document(&id).unwrap().text, text);
        }
        prop_assert!(ledger.replayed() == ledger.plan);
    }

    #[test]
    fn a_blocked_task_goes_back_to_what_it_was(text in plan(), pick in 0..64usize) {
        let mut ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
        let open: Vec<TaskKey> = ledger.plan.tasks_in_order().into_iter()
            .filter(|task| matches!(task.status(), Status::Pending | Status::InProgress))
            .map(|task| task.key.clone())
            .collect();
        prop_assume!(!open.is_empty());
        let key = &open[pick % open.len()];
        // By its key where several tasks share its id.
        let name = match ledger.plan.resolve(key.as_str()) {
            Ok(_) => key.to_string(),
            Err(_) => format!("{key}#1"),
        };
        if ledger.plan.task(key).unwrap().status() == Status::Pending
            && ledger.record(|tx| tx.command(&Command::Start(change(&name, None)))).is_err()
        {
            return Ok(());
        }
        if ledger.record(|tx| tx.command(&Command::Block(change(&name, Some("rain"))))).is_ok() {
            let task = ledger.plan.task(key).unwrap();
            prop_assert_eq!(task.status(), Status::Blocked);
            prop_assert_eq!(task.reason.as_deref(), Some("rain"));
            ledger.record(|tx| tx.command(&Command::Unblock(change(&name, None)))).unwrap();
        }
        let task = ledger.plan.task(key).unwrap();
        prop_assert_eq!(task.status(), Status::InProgress);
        prop_assert_eq!((task.reason.as_ref(), task.resume), (None, None));
        if ledger.record(|tx| tx.command(&Command::Complete(change(&name, None)))).is_ok() {
            prop_assert_eq!(ledger.plan.task(key).unwrap().status(), Status::Completed);
            let again = ledger.record(|tx| tx.command(&Command::Complete(change(&name, None))));
            let forbidden = matches!(again, Err(Rejection::Forbidden { .. }));
            prop_assert!(forbidden);
            match ledger.record(|tx| tx.command(&Command::Reopen(change(&name, None)))) {
                Ok(_) => prop_assert_eq!(ledger.plan.task(key).unwrap().status(), Status::Pending),
                // A board may lack the column.
                Err(Rejection::Edit { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_batch_of_changes_of_status_leaves_what_they_leave_one_by_one(
        text in plan(),
        picks in prop::collection::vec((0..64usize, 0..6u8), 1..12),
    ) {
        let mut together = Ledger::adopting(&[("TODO.md", &text.text())]);
        let keys: Vec<TaskKey> = together.plan.tasks().keys().cloned().collect();
        prop_assume!(!keys.is_empty());
        let commands: Vec<Command> = picks.iter().map(|&(pick, kind)| {
            let said = change(keys[pick % keys.len()].as_str(), Some("rain"));
            match kind {
                0 => Command::Start(said),
                1 => Command::Complete(said),
                2 => Command::Reopen(said),
                3 => Command::Block(said),
                4 => Command::Flag(said),
                _ => Command::Unblock(said),
            }
        }).collect();
        let mut one_by_one = Ledger::adopting(&[("TODO.md", &text.text())]);
        let allowed: Vec<&Command> = commands
            .iter()
            .filter(|command| one_by_one.record(|tx| tx.command(command)).is_ok())
            .collect();
        together
            .record(|tx| allowed.iter().try_for_each(|command| tx.command(command)))
            .unwrap();
        // Derived lines are bound between two batches, and followed only from then on.
        if one_by_one.plan.documents().all(|own| own.bindings.is_empty()) {
            prop_assert_eq!(together.text("TODO.md"), one_by_one.text("TODO.md"));
        }
        let said = |ledger: &Ledger| -> Vec<_> {
            let tasks = ledger.plan.tasks_in_order().into_iter();
            tasks
                .map(|task| (task.key.clone(), task.writings.clone(), task.reason.clone(), task.resume))
                .collect()
        };
        prop_assert_eq!(said(&together), said(&one_by_one));
        prop_assert!(together.replayed() == together.plan, "replay gives another state");
    }

    #[test]
    fn a_restored_task_is_the_task_that_was_removed(text in plan(), pick in 0..64usize) {
        let mut ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
        let derived = ledger.plan.documents().any(|own| !own.bindings.is_empty());
        let tasks: Vec<Task> = ledger.plan.tasks_in_order().into_iter().cloned().collect();
        prop_assume!(!tasks.is_empty());
        let task = &tasks[pick % tasks.len()];
        let name = match ledger.plan.resolve(task.key.as_str()) {
            Ok(_) => task.key.to_string(),
            Err(_) => format!("{}#1", task.key),
        };
        let removed = ledger.record(|tx| tx.command(&Command::Remove {
            task: name,
            reason: None,
            overrides: false,
        }));
        if removed.is_err() {
            return Ok(());
        }
        prop_assert!(ledger.plan.task(&task.key).is_none());
        let gone = ledger.plan.gone().last().unwrap().clone();
        prop_assert_eq!(&gone.key, &task.key);
        prop_assert!(!gone.blocks.is_empty());
        let restored = ledger.record(|tx| tx.command(&Command::Restore {
            task: task.key.to_string(),
        }));
        match restored {
            Ok(batch) => {
                let now = ledger.plan.task(&task.key);
                let Some(now) = now else {
                    panic!("{} is not back:\n{}\n=>\n{}", task.key, text.text(), texts(&ledger.plan));
                };
                prop_assert_eq!(&now.title, &task.title);
                prop_assert_eq!(now.id.as_ref(), task.id.as_ref());
                prop_assert_eq!(now.status(), task.status(), "{}\n=>\n{}", text.text(), texts(&ledger.plan));
                let batch = batch.unwrap();
                let header = &batch.events()[0].event.header;
                prop_assert_eq!(header.kind.as_str(), "task.restored");
                prop_assert_eq!(header.task.as_ref(), Some(&task.key));
                prop_assert!(!ledger.plan.gone().iter().any(|gone| gone.key == task.key));
                // Derived lines may count otherwise afterwards: a wrong figure is put right.
                if !derived {
                    prop_assert_eq!(ledger.text("TODO.md"), text.text());
                }
            }
            // Another task has its id, or its last row took the table along.
            Err(
                Rejection::IdTaken { .. } | Rejection::Edit { .. } | Rejection::NoTaskOfItsOwn(_),
            ) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
