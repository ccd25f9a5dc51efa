//! Agents' own lists of work, and what an agent claims of what is found in a plan file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use ledger_core::decide::{Claim, Command, Edit, Lexicon, MOST_ITEMS, Work, WorkNews};
use ledger_core::document::Document;
use ledger_core::plan::work::MOST_LISTS;
use ledger_core::{Actor, ActorKind, Edited, Status};
use proptest::prelude::*;

const PLAN: &str = "# Plan\n\n- [ ] T-1: Brew coffee\n- [ ] T-12: Drink it\n- [ ] Wash the cup\n";

fn news(title: &str, status: Status) -> WorkNews {
    WorkNews {
        title: Some(title.to_owned()),
        status: Some(status),
        ..WorkNews::default()
    }
}

/// A list of whoever stamps the batches of these tests.
fn work(items: Vec<WorkNews>) -> Work {
    Work {
        agent: common::stamp(0).actor.id,
        session: common::stamp(0).actor.session,
        all: true,
        items,
    }
}

fn record(ledger: &mut Ledger, work: Work) -> Vec<String> {
    let batch = ledger
        .record(|tx| tx.command(&Command::Work(work)))
        .unwrap();
    let events = batch.iter().flat_map(|batch| batch.events());
    events
        .map(|recorded| recorded.event.header.kind.clone())
        .collect()
}

#[test]
fn words_mean_a_task_by_its_id_or_its_title() {
    let ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let meant = |words: &str| {
        let task = Lexicon::of(&ledger.plan).task(words);
        task.map(|task| task.title.clone())
    };
    let brew = Some("Brew coffee".to_owned());
    for words in [
        "T-1",
        "(t-1) do it!",
        "T-1: something else",
        "brew coffee",
        "Brew coffee.",
    ] {
        assert_eq!(meant(words), brew, "{words}");
    }
    assert_eq!(meant("T-12 and more"), Some("Drink it".to_owned()));
    assert_eq!(meant("Wash the cup"), Some("Wash the cup".to_owned()));
    for words in [
        "",
        "T-2",
        "coffee",
        "T-1-1",
        "Write the docs for T-1",
        "Add 12 tests",
        "buy milk",
    ] {
        assert_eq!(meant(words), None, "{words}");
    }
}

#[test]
fn a_list_is_recorded_once_and_folded_as_it_was() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let list = || {
        work(vec![
            news("T-1", Status::InProgress),
            news("buy milk", Status::Completed),
        ])
    };
    assert_eq!(
        record(&mut ledger, list()),
        ["task.started", "work.recorded"]
    );
    assert_eq!(record(&mut ledger, list()), [""; 0]);
    assert_eq!(ledger.replayed(), ledger.plan);
    let items = &ledger.plan.work()[0].items;
    assert_eq!(items[0].task.as_ref().unwrap().as_str(), "T-1");
    assert_eq!(
        (items[1].task.clone(), items[1].status),
        (None, Status::Completed)
    );
    // An empty list is none.
    assert_eq!(record(&mut ledger, work(Vec::new())), ["work.recorded"]);
    assert!(ledger.plan.work().is_empty());
}

#[test]
fn a_task_is_done_when_all_items_that_mean_it_are() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    for (first, second, events) in [
        (
            Status::Completed,
            Status::Pending,
            &["task.started", "work.recorded"][..],
        ),
        (Status::Completed, Status::InProgress, &["work.recorded"]),
        (
            Status::Completed,
            Status::Completed,
            &["task.completed", "work.recorded"],
        ),
    ] {
        let list = work(vec![news("T-1: look", first), news("T-1: build", second)]);
        assert_eq!(record(&mut ledger, list), events);
    }
}

#[test]
fn what_the_plan_refuses_is_left_and_the_list_stands() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    for (status, events) in [
        (Status::Blocked, &["task.blocked", "work.recorded"][..]),
        // It waits: that is the plan's to say.
        (Status::Completed, &["work.recorded"]),
        (Status::Cancelled, &["task.cancelled", "work.recorded"]),
        (Status::InProgress, &["work.recorded"]),
    ] {
        assert_eq!(record(&mut ledger, work(vec![news("T-1", status)])), events);
    }
}

#[test]
fn one_task_that_cannot_be_taken_on_keeps_no_other_back() {
    let plan = format!("{PLAN}\n## To do\n\n- Fill the jug\n");
    let mut ledger = Ledger::adopting(&[("TODO.md", &plan)]);
    let list = ["T-1", "Fill the jug", "T-12", "Wash the cup"];
    let list = list.map(|title| news(title, Status::Blocked));
    let events = record(&mut ledger, work(list.to_vec()));
    assert_eq!(
        events,
        [
            "task.blocked",
            "task.blocked",
            "task.blocked",
            "work.recorded"
        ]
    );
    let jug = Lexicon::of(&ledger.plan).task("Fill the jug").unwrap();
    assert_eq!(jug.status(), Status::Pending);
    assert_eq!(ledger.replayed(), ledger.plan);
}

#[test]
fn the_state_has_the_lists_of_the_last_sessions() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    for n in 0..3 {
        let mut list = work(vec![news(&format!("step {n}"), Status::Pending)]);
        list.all = false;
        record(&mut ledger, list);
    }
    assert_eq!(ledger.plan.work().len(), 1);
    assert_eq!(ledger.plan.work()[0].items.len(), 3);
    for n in 0..MOST_LISTS + 3 {
        let list = work(vec![news(&format!("step {n}"), Status::Pending)]);
        let actor = Actor {
            session: Some(format!("session {n}")),
            ..common::stamp(0).actor
        };
        let list = Work {
            session: actor.session.clone(),
            ..list
        };
        ledger
            .record_as(actor, |tx| tx.command(&Command::Work(list)))
            .unwrap();
    }
    assert_eq!(ledger.plan.work().len(), MOST_LISTS);
    assert_eq!(ledger.replayed(), ledger.plan);
}

#[test]
fn of_a_long_list_the_first_items_count() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let items = (0..2 * MOST_ITEMS).map(|n| news(&format!("item {n}"), Status::Pending));
    let list = work(items.collect());
    let after = list.items_after(&ledger.plan);
    assert_eq!(after.len(), MOST_ITEMS);
    assert_eq!(after[MOST_ITEMS - 1].title, "item 499");
    assert_eq!(record(&mut ledger, list), ["work.recorded"]);
    let also = Work {
        all: false,
        ..work(vec![news("T-1", Status::InProgress)])
    };
    assert_eq!(also.items_after(&ledger.plan), after, "it is full");
}

#[test]
fn a_claim_is_of_lines_and_not_of_places() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let id = ledger.id("TODO.md");
    let edited = PLAN
        .replace("[ ] T-1:", "[x] T-1:")
        .replace("[ ] T-12", "[x] T-12");
    let own = Edit::lines(["- [ ] T-1: Brew coffee"], ["- [x] T-1: Brew coffee"]);
    let claim = Claim::Edits([(id.clone(), own)].into());
    let edited = Edited::plain(id, Document::from(edited.as_str()));
    let batch = ledger
        .record(|tx| tx.observe(&[edited], &claim))
        .unwrap()
        .unwrap();
    let by: Vec<ActorKind> = batch
        .events()
        .iter()
        .map(|recorded| recorded.event.header.actor.kind)
        .collect();
    assert_eq!(by, [common::stamp(0).actor.kind, ActorKind::Unknown]);
}

/// Who is named for each event of an edit that leads to `after`, as far as they claim `own`.
fn claimed(before: &str, after: &str, own: Edit) -> Vec<(String, bool)> {
    let mut ledger = Ledger::adopting(&[("TODO.md", before)]);
    let id = ledger.id("TODO.md");
    let claim = Claim::Edits([(id.clone(), own)].into());
    let edited = Edited::plain(id, Document::from(after));
    let batch = ledger.record(|tx| tx.observe(&[edited], &claim)).unwrap();
    let events = batch.iter().flat_map(|batch| batch.events());
    let said = events.map(|recorded| {
        let header = &recorded.event.header;
        let is_own = header.actor == common::stamp(0).actor;
        (header.kind.clone(), is_own)
    });
    said.collect()
}

#[test]
fn what_changed_without_lines_of_its_own_goes_with_the_lines_of_its_task() {
    let before = "# Plan\n\n- [ ] T-1: Brew\n- [ ] T-2: Drink\n";
    let after = before
        .replace("[ ] T-1: Brew", "[x] T-1: Brew well")
        .replace("[ ] T-2: Drink", "[x] T-2: Drink up");
    let own = Edit::lines(["- [ ] T-1: Brew"], ["- [x] T-1: Brew well"]);
    let said = claimed(before, &after, own);
    let by_task: Vec<bool> = said.iter().map(|(_, own)| *own).collect();
    assert_eq!(by_task, [true, true, false, false], "{said:?}");
}

#[test]
fn what_follows_from_lines_of_no_task_is_claimed_with_all_there_is_or_by_nobody() {
    let before = "# Plan\n\n## To do\n\n- T-1: Brew\n\n## Done\n\n- T-2: Drink\n";
    let after = before.replace("## Done", "## To do later");
    let own = || Edit::lines(["## Done"], ["## To do later"]);
    let said = claimed(before, &after, own());
    assert!(
        said.len() > 1 && said.iter().all(|(_, own)| *own),
        "{said:?}"
    );
    let also = after.replace("Brew", "Brew well");
    for (kind, is_own) in claimed(before, &also, own()) {
        assert_eq!(is_own, kind == "document.edited", "{kind}");
    }
}

fn plans() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        (1..9_u8, any::<bool>()).prop_map(|(n, done)| {
            format!("- [{}] T-{n}: step {n}\n", if done { 'x' } else { ' ' })
        }),
        "[a-c ]{0,6}\n",
        Just("## Section\n".to_owned()),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn who_claims_the_whole_way_claims_every_event(before in plans(), after in plans()) {
        let mut ledger = Ledger::adopting(&[("TODO.md", &before)]);
        let id = ledger.id("TODO.md");
        let (before, after) = (Document::from(before.as_str()), Document::from(after.as_str()));
        let way = Edit::between(&before, &after);
        let claim = Claim::Edits([(id.clone(), way)].into());
        let edited = Edited::plain(id, after);
        if let Some(batch) = ledger.record(|tx| tx.observe(&[edited], &claim)).unwrap() {
            for recorded in batch.events() {
                prop_assert_eq!(&recorded.event.header.actor, &common::stamp(0).actor);
            }
        }
    }

    #[test]
    fn any_lists_fold_from_zero_to_what_they_were(
        lists in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(("T-1|T-12|[a-c]{1,3}", 0..6_usize, any::<bool>()), 0..5)),
            1..6,
        )
    ) {
        let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
        for (all, items) in lists {
            let items = items.into_iter().map(|(title, status, gone)| WorkNews {
                gone: gone && !all,
                ..news(&title, Status::ALL[status])
            });
            let list = Work { all, ..work(items.collect()) };
            let after = list.items_after(&ledger.plan);
            record(&mut ledger, list);
            let agent = common::stamp(0).actor;
            prop_assert_eq!(ledger.plan.work_of(&agent.id, agent.session.as_deref()), after);
        }
        prop_assert_eq!(ledger.replayed(), ledger.plan);
    }
}
