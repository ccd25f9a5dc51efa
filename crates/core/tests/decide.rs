//! Given a plan, when something is asked of it, then so.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use common::plans::act;
use common::stamp;
use ledger_core::decide::{Act, Change, Placement, dependencies};
use ledger_core::document::{Document, Status};
use ledger_core::event::Part;
use ledger_core::plan::Unresolved;
use ledger_core::plan::wire::part;
use ledger_core::project::{History, Lineage, next};
use ledger_core::{Batch, Command, Draft, Origin, Rejection, TaskKey, Verified, seal};

fn change(task: &str) -> Change {
    Change {
        task: task.to_owned(),
        ..Change::default()
    }
}

fn because(task: &str, reason: &str) -> Change {
    Change {
        reason: Some(reason.to_owned()),
        ..change(task)
    }
}

fn ask(ledger: &mut Ledger, command: &Command) -> Result<Verified<Batch>, Rejection> {
    ledger
        .record(|transaction| transaction.command(command))
        .map(Option::unwrap)
}

fn key(name: &str) -> TaskKey {
    TaskKey::new(name).unwrap()
}

fn kinds(batch: &Batch) -> Vec<String> {
    batch
        .events()
        .iter()
        .map(|recorded| recorded.event.header.kind.clone())
        .collect()
}

const STATUSES: &str = "\
# Plan

| ID | Task | Status |
|----|------|--------|
| S-0 | Oil the gate | ⏳ Pending |
| S-1 | Sow peas | 🔄 In Progress |
| S-2 | Weed | ⏸️ Blocked |
| S-3 | Mulch | ⚠️ Issues Found |
| S-4 | Dig | ✅ Completed |
| S-5 | Paint | ❌ Cancelled |
";

#[test]
fn each_act_is_allowed_from_some_statuses_and_refused_from_the_others() {
    use Status::{Blocked, Cancelled, Completed, InProgress, IssuesFound, Pending};
    let from = [
        Pending,
        InProgress,
        Blocked,
        IssuesFound,
        Completed,
        Cancelled,
    ];
    let ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let read: Vec<Status> = ledger
        .plan
        .tasks_in_order()
        .iter()
        .map(|task| task.status())
        .collect();
    assert_eq!(read, from);

    let (go, done, stop) = (Some(InProgress), Some(Completed), Some(Blocked));
    let (flag, no, open) = (Some(IssuesFound), Some(Cancelled), Some(Pending));
    let table = [
        (Act::Start, [go, None, None, go, None, None]),
        (Act::Complete, [done, done, None, done, None, None]),
        (Act::Block, [stop, stop, None, stop, None, None]),
        (Act::Unblock, [None, None, open, None, None, None]),
        (Act::Reopen, [None, None, None, None, open, open]),
        (Act::Flag, [flag, flag, flag, None, flag, None]),
        (Act::Cancel, [no, no, no, no, None, None]),
    ];
    for (wanted, row) in table {
        for (at, expected) in row.into_iter().enumerate() {
            let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
            let before = ledger.text("TODO.md");
            let name = format!("S-{at}");
            let given = ask(&mut ledger, &act(wanted, because(&name, "rain")));
            match (expected, given) {
                (Some(to), Ok(batch)) => {
                    let header = &batch.events()[0].event.header;
                    assert_eq!(header.kind, wanted.event());
                    assert_eq!(header.task, Some(key(&name)));
                    assert_eq!(header.from.as_deref(), Some(from[at].name()));
                    assert_eq!(header.to.as_deref(), Some(to.name()));
                    assert_eq!(ledger.plan.task(&key(&name)).unwrap().status(), to);
                }
                (None, Err(Rejection::NotBlocked { status, .. })) if wanted == Act::Unblock => {
                    assert_eq!(status, from[at]);
                    assert_eq!(ledger.text("TODO.md"), before);
                }
                (None, Err(rejection)) => {
                    let Rejection::Forbidden {
                        from: was, instead, ..
                    } = &rejection
                    else {
                        panic!("{wanted:?} {name}: {rejection}");
                    };
                    assert_eq!(*was, from[at]);
                    // What it advises instead is allowed.
                    if let Some(instead) = instead {
                        ask(&mut ledger, &act(*instead, because(&name, "sun"))).unwrap();
                    } else {
                        assert_eq!(ledger.text("TODO.md"), before);
                    }
                }
                (expected, given) => panic!(
                    "{wanted:?} {name}: expected {expected:?}, got {:?}",
                    given.map(|batch| kinds(&batch))
                ),
            }
        }
    }
}

#[test]
fn blocking_needs_a_reason() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    for reason in [None, Some(" ".to_owned())] {
        let change = Change {
            reason,
            ..change("S-0")
        };
        let refused = ask(&mut ledger, &Command::Block(change)).unwrap_err();
        assert_eq!(refused, Rejection::ReasonMissing { task: key("S-0") });
    }
}

#[test]
fn a_date_is_a_day_of_the_calendar() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    for date in [
        "2025-02-30",
        "15.10.2025",
        "tomorrow",
        "",
        "2025-10-15T10:00",
        "2025-13-01",
    ] {
        let change = Change {
            date: Some(date.to_owned()),
            ..change("S-0")
        };
        let refused = ask(&mut ledger, &Command::Complete(change)).unwrap_err();
        assert_eq!(refused, Rejection::BadDate(date.to_owned()));
    }
    let change = Change {
        date: Some("2024-02-29".to_owned()),
        ..change("S-0")
    };
    ask(&mut ledger, &Command::Complete(change)).unwrap();
}

#[test]
fn an_unknown_task_names_the_nearest_ones() {
    let ledger = Ledger::adopting(&[(
        "TODO.md",
        "- [ ] TASK-12: Sow\n- [ ] TASK-13: Weed\n- [ ] Mulch\n",
    )]);
    let Err(Unresolved::Unknown { nearest, .. }) = ledger.plan.resolve("TASK-21") else {
        panic!("TASK-21 was found");
    };
    let nearest: Vec<TaskKey> = nearest.into_iter().map(|near| near.key).collect();
    assert_eq!(nearest, [key("TASK-12"), key("TASK-13")]);
    assert_eq!(ledger.plan.resolve("task-12").unwrap().key, key("TASK-12"));
}

#[test]
fn a_hint_tells_what_a_generated_name_stands_for() {
    let ledger = Ledger::adopting(&[("TODO.md", "- [ ] TASK-12: Write songs\n- [ ] Write docs\n")]);
    let generated = ledger.plan.resolve("Write docs").unwrap().key.clone();
    let hint = |name: &str| ledger.plan.resolve(name).unwrap_err().hint().unwrap();
    assert_eq!(
        hint("write doc"),
        format!("did you mean {generated} (Write docs), TASK-12?")
    );
    assert_eq!(hint("TASK-21"), "did you mean TASK-12?");
}

#[test]
fn an_id_typed_without_its_punctuation_is_a_near_one() {
    let ledger = Ledger::adopting(&[("TODO.md", "- [ ] T-1: Sow\n- [ ] T-20: Weed\n")]);
    let hint = |name: &str| ledger.plan.resolve(name).unwrap_err().hint().unwrap();
    assert_eq!(hint("T1"), "did you mean T-1?");
    assert!(hint("t_20").starts_with("did you mean T-20"));
}

#[test]
fn an_id_of_two_tasks_is_ambiguous_and_each_handle_names_one() {
    let mut ledger =
        Ledger::adopting(&[("TODO.md", "- [ ] T-1: Sow peas\n- [ ] T-1: Mend the roof\n")]);
    for name in ["T-1", "t-1"] {
        let refused = ask(&mut ledger, &Command::Start(change(name))).unwrap_err();
        let Rejection::Unresolved(Unresolved::Ambiguous { tasks, .. }) = refused else {
            panic!("{refused}");
        };
        let handles: Vec<&str> = tasks.iter().map(|(handle, _)| handle.as_str()).collect();
        assert_eq!(handles, ["T-1#1", "T-1#2"]);
        for ((handle, title), wanted) in tasks.iter().zip(["Sow peas", "Mend the roof"]) {
            assert_eq!(title, wanted);
            assert_eq!(ledger.plan.resolve(handle).unwrap().title, wanted);
        }
    }
    ask(&mut ledger, &Command::Complete(change("T-1#2"))).unwrap();
    assert_eq!(
        ledger.text("TODO.md"),
        "- [ ] T-1: Sow peas\n- [x] T-1: Mend the roof\n"
    );
}

#[test]
fn ids_that_differ_in_case_are_two_tasks() {
    let ledger = Ledger::adopting(&[(
        "TODO.md",
        "- [ ] **A1-x**: Sow peas\n- [ ] **a1-x**: Mend the roof\n",
    )]);
    let keys: Vec<&TaskKey> = ledger.plan.tasks().keys().collect();
    for key in keys {
        assert_eq!(&ledger.plan.resolve(key.as_str()).unwrap().key, key);
        assert_eq!(&ledger.plan.resolve(&format!("{key}#1")).unwrap().key, key);
    }
}

const CHAIN: &str = "\
# Plan

- [ ] **T-1**: Dig
- [ ] **T-2**: Sow
  - **Depends on**: T-1
- [ ] **T-3**: Water
  - **Depends on**: T-2
- [x] **T-4**: Order lime
- [ ] **T-5**: Lime
  - **Depends on**: T-4
";

fn waits(ledger: &Ledger) -> Vec<String> {
    dependencies(&ledger.plan)
        .iter()
        .map(|dependency| format!("{} {}", dependency.task, dependency.on))
        .collect()
}

#[test]
fn what_stands_in_brackets_tells_why_unless_nothing_else_says_what() {
    let plan = "\
# Plan

- [ ] **T-1**: Write US-1, v1
- [ ] **T-2**: Review US-1
- [ ] **T-3**: Release
  - **Depends on**: T-1 (US-1 written), T-9 (T-2 agreed)
- [ ] **T-4**: Tell
  - **Depends on**: the review (T-2)
- [ ] **T-5**: Sing
  - **Depends on**: None (T-1 and T-2 stand beside it)
- [ ] **T-6**: Dance
  - **Depends on**: the first draft, v1
";
    let ledger = Ledger::adopting(&[("TODO.md", plan)]);
    assert_eq!(waits(&ledger), ["T-3 T-1", "T-4 T-2"]);
}

#[test]
fn a_cycle_names_its_members_in_order() {
    let mut ledger = Ledger::adopting(&[("TODO.md", CHAIN)]);
    assert_eq!(waits(&ledger), ["T-2 T-1", "T-3 T-2", "T-5 T-4"]);
    let depend = |task: &str, on: &str| Command::Depend {
        task: task.to_owned(),
        on: on.to_owned(),
    };
    let refused = ask(&mut ledger, &depend("T-1", "T-3")).unwrap_err();
    assert_eq!(
        refused,
        Rejection::Cycle {
            members: vec![key("T-1"), key("T-3"), key("T-2")]
        }
    );
    assert_eq!(
        refused.to_string(),
        "T-1 would wait for itself: T-1 → T-3 → T-2 → T-1"
    );
    let refused = ask(&mut ledger, &depend("T-2", "T-2")).unwrap_err();
    assert_eq!(
        refused,
        Rejection::Cycle {
            members: vec![key("T-2")]
        }
    );
    ask(&mut ledger, &depend("T-3", "T-4")).unwrap();
    assert!(waits(&ledger).contains(&"T-3 T-4".to_owned()));
    let undepend = Command::Undepend {
        task: "T-3".to_owned(),
        on: "T-4".to_owned(),
    };
    ask(&mut ledger, &undepend).unwrap();
    assert_eq!(waits(&ledger), ["T-2 T-1", "T-3 T-2", "T-5 T-4"]);
    assert!(matches!(
        ask(&mut ledger, &undepend),
        Err(Rejection::Nothing(_) | Rejection::Edit { .. })
    ));
}

#[test]
fn next_is_what_waits_for_nothing_open() {
    let mut ledger = Ledger::adopting(&[("TODO.md", CHAIN)]);
    let ready = |ledger: &Ledger| -> Vec<String> {
        next(&ledger.plan)
            .iter()
            .filter(|readiness| readiness.is_ready())
            .map(|readiness| readiness.task.key.to_string())
            .collect()
    };
    assert_eq!(ready(&ledger), ["T-1", "T-5"]);
    ask(&mut ledger, &Command::Complete(change("T-1"))).unwrap();
    assert_eq!(ready(&ledger), ["T-2", "T-5"]);
    ask(&mut ledger, &Command::Block(because("T-5", "no lime"))).unwrap();
    assert_eq!(ready(&ledger), ["T-2"]);
}

#[test]
fn what_holds_other_tasks_comes_last_with_how_many_of_them_are_open() {
    let plan = "\
# Plan

- [ ] **T-1**: House
  - [x] **T-2**: Walls
  - [ ] **T-3**: Roof
- [ ] **T-4**: Garden
  - [x] **T-5**: Pond
- [ ] **T-6**: Fence
";
    let ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let own: Vec<(String, usize, usize)> = next(&ledger.plan)
        .iter()
        .map(|own| (own.task.key.to_string(), own.parts, own.open_parts))
        .collect();
    let own: Vec<_> = own.iter().map(|own| (&*own.0, own.1, own.2)).collect();
    let expected = [("T-3", 0, 0), ("T-6", 0, 0), ("T-1", 2, 1), ("T-4", 1, 0)];
    assert_eq!(own, expected);
}

fn lineage(batches: &[Verified<Batch>], name: &str) -> Vec<String> {
    let mut lineage = Lineage::new(key(name));
    let mut trail: Vec<String> = Vec::new();
    for batch in batches.iter().rev() {
        let own = lineage.take(batch.events().to_vec()).into_iter().rev();
        trail.extend(own.map(|recorded| recorded.event.header.kind));
    }
    trail.reverse();
    trail
}

#[test]
fn ids_handed_on_along_a_chain_keep_each_tasks_trail() {
    let mut ledger = Ledger::adopting(&[(
        "TODO.md",
        "- [ ] T-1: Dig the pond\n- [ ] T-2: Sow the peas\n",
    )]);
    let id = ledger.id("TODO.md");
    let mut batches = Vec::new();
    batches.push(ask(&mut ledger, &Command::Start(change("T-1"))).unwrap());
    batches.push(ask(&mut ledger, &Command::Complete(change("T-2"))).unwrap());
    let text = ledger.text("TODO.md");
    let text = text.replace("T-2", "T-3").replace("T-1", "T-2");
    let text = format!("- [ ] T-1: Order lime for the beds\n{text}");
    batches.push(
        ledger
            .observe(&[(id, Document::from(text.as_str()))])
            .unwrap(),
    );
    for (name, title) in [
        ("T-1", "Order lime for the beds"),
        ("T-2", "Dig the pond"),
        ("T-3", "Sow the peas"),
    ] {
        assert_eq!(ledger.plan.task(&key(name)).unwrap().title, title);
    }
    assert_eq!(lineage(&batches, "T-1"), ["task.added"]);
    assert_eq!(lineage(&batches, "T-2"), ["task.started", "task.rekeyed"]);
    assert_eq!(lineage(&batches, "T-3"), ["task.completed", "task.rekeyed"]);
}

#[test]
fn changes_of_one_batch_follow_a_task_through_its_keys() {
    let rekey = |from: &str, to: &str| Command::Rekey {
        task: from.to_owned(),
        id: to.to_owned(),
    };
    let add = Command::Add {
        title: "Order lime".to_owned(),
        id: Some("N-1".to_owned()),
        place: Placement::default(),
        fields: Vec::new(),
    };
    let remove = |task: &str| Command::Remove {
        task: task.to_owned(),
        reason: None,
        overrides: false,
    };
    let restore = |task: &str| Command::Restore {
        task: task.to_owned(),
    };
    let start = |task: &str| Command::Start(change(task));
    let text = "- [ ] T-1: Dig the pond\n- [ ] T-2: Sow the peas\n";
    for (commands, left) in [
        (
            vec![start("T-1"), rekey("T-1", "A-1"), rekey("A-1", "B-1")],
            vec!["B-1", "T-2"],
        ),
        (
            vec![rekey("T-1", "A-1"), rekey("T-2", "T-1")],
            vec!["A-1", "T-1"],
        ),
        (vec![rekey("T-1", "A-1"), remove("A-1")], vec!["T-2"]),
        (
            vec![add.clone(), rekey("N-1", "N-2"), start("N-2")],
            vec!["N-2", "T-1", "T-2"],
        ),
        (vec![add, remove("N-1")], vec!["T-1", "T-2"]),
        (vec![remove("T-1"), restore("T-1")], vec!["T-1", "T-2"]),
        (
            vec![remove("T-1"), restore("T-1"), remove("T-1")],
            vec!["T-2"],
        ),
    ] {
        let mut ledger = Ledger::adopting(&[("TODO.md", text)]);
        ledger
            .record(|transaction| transaction.commands((1..).zip(&commands)))
            .unwrap_or_else(|error| panic!("{commands:?}: {error}"));
        let keys: Vec<&str> = ledger.plan.tasks().keys().map(TaskKey::as_str).collect();
        assert_eq!(keys, left, "{commands:?}");
        assert!(ledger.replayed() == ledger.plan);
    }
}

#[test]
fn a_batch_names_the_command_it_is_refused_for_and_leaves_nothing() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let before = ledger.plan.clone();
    let commands = [Command::Start(change("S-0")), Command::Start(change("S-1"))];
    let refused = ledger
        .record(|transaction| transaction.commands((1..).zip(&commands)))
        .unwrap_err();
    assert!(matches!(refused, Rejection::InBatch { line: 2, .. }));
    assert!(ledger.plan == before);
}

#[test]
fn the_id_of_another_task_cannot_be_given() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let rekey = Command::Rekey {
        task: "S-0".to_owned(),
        id: "S-1".to_owned(),
    };
    assert!(matches!(
        ask(&mut ledger, &rekey),
        Err(Rejection::IdTaken { .. })
    ));
    let same = Command::Rekey {
        task: "S-0".to_owned(),
        id: "S-0".to_owned(),
    };
    assert!(matches!(
        ask(&mut ledger, &same),
        Err(Rejection::Nothing(_))
    ));
}

#[test]
fn a_task_moved_between_files_by_hand_is_one_move() {
    let block = "- [ ] **T-2**: Sow the peas\n";
    let mut ledger = Ledger::adopting(&[
        ("A.md", &format!("# A\n\n- [ ] **T-1**: Dig\n{block}")),
        ("B.md", "# B\n\n- [ ] **T-9**: Weed\n"),
    ]);
    let (a, b) = (ledger.id("A.md"), ledger.id("B.md"));
    let (to_a, to_b) = (
        "# A\n\n- [ ] **T-1**: Dig\n",
        format!("# B\n\n- [ ] **T-9**: Weed\n{block}"),
    );
    let batch = ledger
        .observe(&[
            (a, Document::from(to_a)),
            (b.clone(), Document::from(to_b.as_str())),
        ])
        .unwrap();
    assert_eq!(kinds(&batch), ["task.moved", "document.edited"]);
    let task = ledger.plan.task(&key("T-2")).unwrap();
    assert_eq!(task.document, b);
    assert!(ledger.plan.gone().is_empty());
}

#[test]
fn a_command_does_not_move_a_task_to_another_file() {
    let mut ledger = Ledger::adopting(&[
        ("A.md", "- [ ] **T-1**: Dig\n- [ ] **T-2**: Sow\n"),
        ("B.md", "- [ ] **T-9**: Weed\n"),
    ]);
    for place in [
        Placement {
            after: Some("T-9".to_owned()),
            ..Placement::default()
        },
        Placement {
            plan: Some("B.md".to_owned()),
            ..Placement::default()
        },
    ] {
        let command = Command::Move {
            task: "T-1".to_owned(),
            place,
        };
        let refused = ask(&mut ledger, &command).unwrap_err();
        assert!(
            matches!(refused, Rejection::OtherDocument { .. }),
            "{refused}"
        );
    }
}

#[test]
fn a_task_without_an_id_keeps_its_generated_key() {
    let mut ledger = Ledger::adopting(&[("TODO.md", "- [ ] Dig the pond\n- [ ] Sow the peas\n")]);
    let id = ledger.id("TODO.md");
    let keys: Vec<TaskKey> = ledger
        .plan
        .tasks_in_order()
        .iter()
        .map(|task| task.key.clone())
        .collect();
    assert!(keys.iter().all(|key| key.as_str().starts_with("t-")));
    let text = "Some words first.\n\n- [ ] Order lime\n- [ ] Sow the peas\n- [x] Dig the pond\n";
    ledger.observe(&[(id, Document::from(text))]);
    let now: Vec<TaskKey> = ledger
        .plan
        .tasks_in_order()
        .iter()
        .map(|task| task.key.clone())
        .collect();
    assert_eq!(&now[1..], [keys[1].clone(), keys[0].clone()]);
}

#[test]
fn history_follows_the_versions_that_the_plan_writes() {
    let mut ledger = Ledger::new();
    let mut history = History::default();
    let text = |version: &str, mark: &str| {
        Document::from(
            format!("# Plan\n\n**Version**: {version}\n\n- [{mark}] T-1: Dig\n").as_str(),
        )
    };
    let first = ledger
        .record(|transaction| {
            transaction.create();
            transaction.adopt("TODO.md", &text("1.4", " ")).map(drop)
        })
        .unwrap()
        .unwrap();
    history.push(&first);
    let id = ledger.id("TODO.md");
    for (version, mark) in [("1.4", "x"), ("1.5", "x"), ("1.5", " ")] {
        let batch = ledger
            .observe(&[(id.clone(), text(version, mark))])
            .unwrap();
        history.push(&batch);
    }
    let seen: Vec<(Option<&str>, u64, String)> = history
        .versions()
        .iter()
        .map(|version| {
            (
                version.version.as_deref(),
                version.moments,
                version.changes.summary(),
            )
        })
        .collect();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].0, seen[0].1), (Some("1.4"), 2));
    assert!(seen[0].2.contains("1 completed"), "{}", seen[0].2);
    assert_eq!((seen[1].0, seen[1].1), (Some("1.5"), 2));
    assert!(seen[1].2.contains("1 reopened"), "{}", seen[1].2);
}

const BOARD: &str = "\
# Plan

**Progress**: 1/4 tasks completed
**Last Completed**: A-0 (zero thing)

## Todo

- A-1: first thing
- A-2: second thing
- A-3: third thing

## Done

- A-0: zero thing
";

#[test]
fn derived_text_names_the_task_that_moved_to_where_its_status_is() {
    let mut ledger = Ledger::adopting(&[("TODO.md", BOARD)]);
    ask(&mut ledger, &act(Act::Complete, change("A-1"))).unwrap();
    let text = ledger.text("TODO.md");
    assert!(
        text.contains("**Last Completed**: A-1 (first thing)"),
        "{text}"
    );
    assert!(text.contains("2/4 tasks completed"), "{text}");
}

#[test]
fn tasks_that_come_and_go_are_counted() {
    let mut ledger = Ledger::adopting(&[("TODO.md", BOARD)]);
    let add = Command::Add {
        title: "fourth thing".to_owned(),
        id: Some("A-4".to_owned()),
        place: Placement::default(),
        fields: Vec::new(),
    };
    ask(&mut ledger, &add).unwrap();
    assert!(ledger.text("TODO.md").contains("1/5 tasks completed"));
    let remove = Command::Remove {
        task: "A-4".to_owned(),
        reason: None,
        overrides: false,
    };
    ask(&mut ledger, &remove).unwrap();
    assert_eq!(ledger.text("TODO.md"), BOARD);
    let restore = Command::Restore {
        task: "A-4".to_owned(),
    };
    ask(&mut ledger, &restore).unwrap();
    assert!(ledger.text("TODO.md").contains("1/5 tasks completed"));
}

#[test]
fn a_status_is_not_set_as_a_field_is() {
    let plan = "# Plan\n\n### T-1: One\n**Status**: ⏳ Pending\n";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let set = Command::Set {
        task: Some("T-1".to_owned()),
        plan: None,
        label: "status".to_owned(),
        text: "✅ Completed".to_owned(),
    };
    let refused = ask(&mut ledger, &set).unwrap_err();
    assert!(
        matches!(refused, Rejection::StatusByField { .. }),
        "{refused}"
    );
    assert_eq!(ledger.text("TODO.md"), plan);
}

#[test]
fn finishing_a_task_before_what_it_depends_on_is_remarked() {
    let plan = "# Plan\n\n- [ ] **T-1**: One\n- [ ] **T-2**: Two\n  - **Depends on**: T-1\n";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let mut remark = |task: &str| {
        let batch = ask(&mut ledger, &act(Act::Complete, change(task))).unwrap();
        let said = batch.events()[0].event.text(part::REMARK);
        said.map(str::to_owned)
    };
    let said = "T-2 depends on T-1, which is pending";
    assert_eq!(remark("T-2").as_deref(), Some(said));
    assert_eq!(remark("T-1"), None);
}

#[test]
fn a_plan_without_a_last_line_feed_stays_without_one() {
    let plan = "# Plan\n\n## One\n\n- [ ] T-1: One\n\n## Two\n\n- [ ] T-2: Two\n- [ ] T-3: Three";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let to = |section: &str, task: &str| Command::Move {
        task: task.to_owned(),
        place: Placement {
            section: Some(section.to_owned()),
            ..Placement::default()
        },
    };
    ask(&mut ledger, &to("One", "T-3")).unwrap();
    ask(&mut ledger, &to("Two", "T-3")).unwrap();
    assert_eq!(ledger.text("TODO.md"), plan);
    let remove = Command::Remove {
        task: "T-3".to_owned(),
        reason: None,
        overrides: false,
    };
    ask(&mut ledger, &remove).unwrap();
    let restore = Command::Restore {
        task: "T-3".to_owned(),
    };
    ask(&mut ledger, &restore).unwrap();
    assert_eq!(ledger.text("TODO.md"), plan);
}

#[test]
fn a_plan_that_was_read_by_newer_rules_is_not_changed() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let newer = Draft {
        kind: "plan.reinterpreted",
        task: None,
        from: None,
        to: None,
        parts: vec![(part::GRAMMAR, 1_000.into())],
        origin: Origin::Commanded,
        attributed: true,
    };
    let batch = seal(ledger.head.as_ref(), &stamp(0), &[newer], &[], None).unwrap();
    ledger.plan.evolve(&batch).unwrap();
    let refused = ask(&mut ledger, &act(Act::Start, change("S-0"))).unwrap_err();
    assert!(matches!(
        refused,
        Rejection::NewerGrammar { ledger: 1_000, .. }
    ));
}

#[test]
fn a_removed_task_comes_back_where_it_was() {
    let plan = "\
# Plan

## Overview

- [ ] **T-1**: Build the image
- [x] **T-2**: Write it

## Details

### T-1: Build the image

**Status**: ⏳ Pending

Some text.

### T-2: Write it

**Status**: ✅ Completed
";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let (remove, restore) = (
        |task: &str| Command::Remove {
            task: task.to_owned(),
            reason: None,
            overrides: false,
        },
        |task: &str| Command::Restore {
            task: task.to_owned(),
        },
    );
    for task in ["T-1", "T-2"] {
        ask(&mut ledger, &remove(task)).unwrap();
        ask(&mut ledger, &restore(task)).unwrap();
        assert_eq!(ledger.text("TODO.md"), plan);
    }
    // Its neighbours may change, or go as well.
    ask(&mut ledger, &remove("T-1")).unwrap();
    ask(&mut ledger, &act(Act::Reopen, change("T-2"))).unwrap();
    ask(&mut ledger, &restore("T-1")).unwrap();
    let text = ledger.text("TODO.md");
    let order = ["- [ ] **T-1**", "- [ ] **T-2**", "### T-1", "### T-2"];
    let places: Vec<_> = order.iter().map(|line| text.find(line)).collect();
    assert!(places.is_sorted() && !places.contains(&None), "{text}");
}

#[test]
fn a_refused_command_is_recorded_with_what_was_asked_and_why() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let before = ledger.text("TODO.md");
    let command = Command::Unblock(change("S-1"));
    let rejection = ask(&mut ledger, &command).unwrap_err();
    let batch = ledger
        .record(|transaction| {
            transaction.refused(&[&command], &rejection);
            Ok(())
        })
        .unwrap()
        .unwrap();
    let [recorded] = batch.events() else {
        panic!("one event");
    };
    let event = &recorded.event;
    assert_eq!(event.header.kind, "command.rejected");
    assert_eq!(event.header.task, Some(key("S-1")));
    assert!(event.header.docs.is_empty());
    assert_eq!(event.text(part::REASON).unwrap(), rejection.to_string());
    let asked: Command = serde_json::from_str(event.text(part::ASKED).unwrap()).unwrap();
    assert_eq!(asked, command);
    assert_eq!(ledger.text("TODO.md"), before);
    assert_eq!(
        ledger
            .replayed()
            .document_at("TODO.md")
            .unwrap()
            .text
            .text(),
        before
    );
}

#[test]
fn a_refused_batch_about_one_task_names_it_and_keeps_what_fits() {
    let mut ledger = Ledger::adopting(&[("TODO.md", STATUSES)]);
    let long = Command::Note {
        task: "S-0".to_owned(),
        text: "x".repeat(700_000),
    };
    let commands = [&Command::Start(change("S-0")), &long, &long];
    let rejection = Rejection::Nothing("no".to_owned());
    let batch = ledger
        .record(|transaction| {
            transaction.refused(&commands, &rejection);
            Ok(())
        })
        .unwrap()
        .unwrap();
    let event = &batch.events()[0].event;
    assert_eq!(event.header.task, Some(key("S-0")));
    let count = |wanted: &str| {
        let named = |part: &&Part| matches!(part, Part::Open { name, .. } if name == wanted);
        event.body.iter().filter(named).count()
    };
    assert_eq!((count(part::ASKED), count(part::REMARK)), (2, 1));
}
