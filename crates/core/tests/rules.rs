//! Rules that a project has set: what they refuse, what they let stand, and what is recorded.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::ledger::Ledger;
use ledger_core::decide::{
    Act, Change, Completion, Placement, StepName, Work, WorkNews, dependencies,
};
use ledger_core::document::Document;
use ledger_core::rules::{Level, Promise, RULES, Rules, Setting, Violation};
use ledger_core::{
    Actor, ActorKind, Batch, Claim, Command, Edited, Plan, Rejection, Status, Transaction, Verified,
};
use proptest::prelude::*;

const PLAN: &str = "\
# Plan

### T-1: Brew
**Status**: ⏳ Pending
**Priority**: High

### T-2: Drink
**Status**: ⏳ Pending
**Priority**: High
**Dependencies**: T-1
**Output**: `cup.md`

- [ ] pour
- [ ] sip

### T-3: Wash up
**Status**: ⏳ Pending
";

fn set(rule: &str, level: Level) -> Rules {
    let mut rules = Rules::default();
    let fields = match rule {
        "required-fields" => vec!["Priority".to_owned()],
        _ => Vec::new(),
    };
    let setting = Setting {
        level,
        fields,
        ..Setting::default()
    };
    rules.set(rule, setting);
    rules
}

/// A ledger with this plan, and one rule.
fn under(rule: &str, level: Level) -> Ledger {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    put(&mut ledger, Some(set(rule, level)));
    ledger
}

fn put(ledger: &mut Ledger, rules: Option<Rules>) -> Option<Verified<Batch>> {
    let set = |tx: &mut Transaction<'_>| {
        tx.set_rules("ledger.toml", rules);
        Ok(())
    };
    ledger.record(set).unwrap()
}

fn change(act: Act, task: &str) -> Command {
    common::plans::act(
        act,
        Change {
            task: task.to_owned(),
            ..Change::default()
        },
    )
}

fn because(act: Act, task: &str, reason: &str) -> Command {
    common::plans::act(
        act,
        Change {
            task: task.to_owned(),
            reason: Some(reason.to_owned()),
            overrides: true,
            ..Change::default()
        },
    )
}

fn remove(task: &str, reason: Option<&str>) -> Command {
    Command::Remove {
        task: task.to_owned(),
        reason: reason.map(str::to_owned),
        overrides: reason.is_some(),
    }
}

fn unset(task: &str, label: &str) -> Command {
    Command::Unset {
        task: Some(task.to_owned()),
        plan: None,
        label: label.to_owned(),
    }
}

/// Records commands where none of the promised files exist.
fn run(ledger: &mut Ledger, commands: &[Command]) -> Result<Vec<Violation>, Rejection> {
    run_as(ledger, common::stamp(0).actor, commands)
}

fn run_as(
    ledger: &mut Ledger,
    actor: Actor,
    commands: &[Command],
) -> Result<Vec<Violation>, Rejection> {
    let batch = ledger.record_as(actor, |tx| {
        for command in commands {
            tx.command(command)?;
        }
        let promised = tx.promises();
        tx.knowing_files(promised.into_iter().map(|promise| (promise, false)));
        Ok(())
    })?;
    Ok(batch.as_ref().map(violations).unwrap_or_default())
}

fn violations(batch: &Verified<Batch>) -> Vec<Violation> {
    let events = batch.events().iter();
    events
        .flat_map(|recorded| Violation::all_of(&recorded.event))
        .collect()
}

fn actor(kind: ActorKind, id: &str, session: Option<&str>) -> Actor {
    Actor {
        kind,
        id: id.to_owned(),
        session: session.map(str::to_owned),
        tool: None,
    }
}

/// For each rule, commands that break it, and a word of what is missing.
fn breaking() -> Vec<(&'static str, Vec<Command>, &'static str)> {
    vec![
        (
            "dependencies-completed",
            vec![change(Act::Complete, "T-2")],
            "T-2 depends on T-1, which is pending",
        ),
        (
            "steps-checked",
            vec![change(Act::Complete, "T-2")],
            "T-2 has 2 open steps: 'pour' and 'sip'",
        ),
        (
            "outputs-exist",
            vec![change(Act::Complete, "T-2")],
            "T-2 promises cup.md, which is not there",
        ),
        (
            "evidence",
            vec![change(Act::Complete, "T-1")],
            "there is no evidence for T-1",
        ),
        (
            "no-open-deletion",
            vec![remove("T-3", None)],
            "T-3 is removed and is pending",
        ),
        (
            "one-in-progress",
            vec![change(Act::Start, "T-1"), change(Act::Start, "T-3")],
            "in progress",
        ),
        (
            "required-fields",
            vec![unset("T-2", "Priority")],
            "T-2 has no field 'Priority'",
        ),
    ]
}

#[test]
fn a_rule_that_is_off_is_as_if_nobody_had_set_it() {
    assert_eq!(breaking().len(), RULES.len(), "every rule is tried");
    for (rule, commands, _) in breaking() {
        let mut ledger = under(rule, Level::Off);
        assert_eq!(run(&mut ledger, &commands), Ok(Vec::new()), "{rule}");
        let mut without = Ledger::adopting(&[("TODO.md", PLAN)]);
        assert_eq!(run(&mut without, &commands), Ok(Vec::new()), "{rule}");
    }
}

#[test]
fn a_rule_that_warns_is_recorded_and_stops_nothing() {
    for (rule, commands, missing) in breaking() {
        let mut ledger = under(rule, Level::Warn);
        let found = run(&mut ledger, &commands).unwrap();
        assert!(!found.is_empty(), "{rule}");
        for violation in found {
            assert_eq!((&*violation.rule, violation.level), (rule, Level::Warn));
            let said = violation.missing.unwrap();
            assert!(said.contains(missing), "{said}");
            assert_eq!(violation.overridden, None);
        }
    }
}

#[test]
fn a_rule_that_denies_refuses_the_command_and_says_what_is_missing() {
    for (rule, commands, missing) in breaking() {
        let mut ledger = under(rule, Level::Deny);
        let before = ledger.plan.clone();
        let rejection = run(&mut ledger, &commands).unwrap_err();
        let said = rejection.to_string();
        assert!(
            said.contains(&format!("the rule '{rule}' forbids it")),
            "{said}"
        );
        assert!(said.contains(missing), "{said}");
        assert!(rejection.hint().is_some());
        assert!(ledger.plan == before);
    }
}

#[test]
fn an_override_needs_a_reason_and_is_recorded_with_it() {
    let mut ledger = under("dependencies-completed", Level::Deny);
    let blank = Command::Complete(Change {
        task: "T-2".to_owned(),
        reason: Some(" ".to_owned()),
        overrides: true,
        ..Change::default()
    });
    let refused = run(&mut ledger, &[blank]).unwrap_err();
    assert!(
        matches!(refused, Rejection::NoReasonToOverride { .. }),
        "{refused}"
    );
    let found = run(&mut ledger, &[because(Act::Complete, "T-2", "tea will do")]).unwrap();
    let [violation] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(violation.overridden.as_deref(), Some("tea will do"));
    assert_eq!(violation.level, Level::Deny);
    let mut ledger = under("no-open-deletion", Level::Deny);
    let found = run(&mut ledger, &[remove("T-3", Some("no cups"))]).unwrap();
    assert_eq!(found[0].overridden.as_deref(), Some("no cups"));
    // Where nothing is broken there is nothing to override.
    let found = run(&mut ledger, &[because(Act::Complete, "T-1", "it is done")]).unwrap();
    assert_eq!(found, []);
}

#[test]
fn an_override_counts_for_its_own_task_only() {
    let mut ledger = under("one-in-progress", Level::Deny);
    run(&mut ledger, &[change(Act::Start, "T-1")]).unwrap();
    let both = [
        because(Act::Start, "T-2", "in parallel"),
        change(Act::Start, "T-3"),
    ];
    let said = run(&mut ledger, &both).unwrap_err().to_string();
    assert!(said.contains("T-3 is begun"), "{said}");
    assert!(!said.contains("T-2 is begun"), "{said}");
}

#[test]
fn who_may_not_override_a_rule_is_refused() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let mut rules = Rules::default();
    let setting = Setting {
        level: Level::Deny,
        may_override: Some(vec!["alice".to_owned(), "kind:human".to_owned()]),
        fields: Vec::new(),
    };
    rules.set("dependencies-completed", setting);
    put(&mut ledger, Some(rules));
    let command = [because(Act::Complete, "T-2", "tea will do")];
    let builder = actor(ActorKind::Agent, "builder", None);
    let said = run_as(&mut ledger, builder, &command)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("only alice and kind:human may override it"),
        "{said}"
    );
    let bob = actor(ActorKind::Human, "bob", None);
    assert_eq!(run_as(&mut ledger, bob, &command).unwrap().len(), 1);
}

#[test]
fn a_batch_is_judged_by_what_it_comes_to() {
    let mut ledger = under("dependencies-completed", Level::Deny);
    let both = [change(Act::Complete, "T-2"), change(Act::Complete, "T-1")];
    assert_eq!(run(&mut ledger, &both), Ok(Vec::new()));
    // What the completed task does not do itself is not its violation.
    let flag = [change(Act::Flag, "T-1")];
    assert_eq!(run(&mut ledger, &flag), Ok(Vec::new()));
    let mut ledger = under("dependencies-completed", Level::Deny);
    run(&mut ledger, &[change(Act::Complete, "T-3")]).unwrap();
    let depend = Command::Depend {
        task: "T-3".to_owned(),
        on: "T-1".to_owned(),
    };
    assert!(run(&mut ledger, &[depend]).is_err(), "nor by the back door");
}

#[test]
fn steps_and_outputs_of_a_completed_task_are_kept_to_too() {
    let mut ledger = under("steps-checked", Level::Deny);
    let step = |undo| Command::Step {
        task: "T-2".to_owned(),
        step: StepName::Number(1),
        undo,
    };
    let sip = Command::Step {
        task: "T-2".to_owned(),
        step: StepName::Number(2),
        undo: false,
    };
    let done = [step(false), sip, change(Act::Complete, "T-2")];
    assert_eq!(run(&mut ledger, &done), Ok(Vec::new()));
    assert!(run(&mut ledger, &[step(true)]).is_err());
    let mut ledger = under("outputs-exist", Level::Deny);
    run(&mut ledger, &[change(Act::Complete, "T-1")]).unwrap();
    let promise = Command::Set {
        task: Some("T-1".to_owned()),
        plan: None,
        label: "Output".to_owned(),
        text: "`pot.md`".to_owned(),
    };
    assert!(run(&mut ledger, &[promise]).is_err());
}

#[test]
fn what_was_so_before_is_let_be() {
    let done = PLAN.replacen("⏳ Pending", "✅ Completed", 3).replacen(
        "**Status**: ✅ Completed",
        "**Status**: ⏳ Pending",
        1,
    );
    for rule in [
        "dependencies-completed",
        "steps-checked",
        "outputs-exist",
        "required-fields",
    ] {
        let mut ledger = Ledger::adopting(&[("TODO.md", &done)]);
        put(&mut ledger, Some(set(rule, Level::Deny)));
        for task in ["T-2", "T-3"] {
            let note = Command::Note {
                task: task.to_owned(),
                text: "it was so".to_owned(),
            };
            assert_eq!(run(&mut ledger, &[note]), Ok(Vec::new()), "{rule} {task}");
        }
        let check = Command::Step {
            task: "T-2".to_owned(),
            step: StepName::Number(1),
            undo: false,
        };
        assert_eq!(run(&mut ledger, &[check]), Ok(Vec::new()), "{rule}");
        let rekey = Command::Rekey {
            task: "T-2".to_owned(),
            id: "T-22".to_owned(),
        };
        assert_eq!(run(&mut ledger, &[rekey]), Ok(Vec::new()), "{rule}");
    }
}

#[test]
fn an_edit_is_recorded_with_the_rules_that_it_breaks() {
    for (rule, from, to) in [
        (
            "dependencies-completed",
            "### T-2: Drink\n**Status**: ⏳ Pending",
            "### T-2: Drink\n**Status**: ✅ Completed",
        ),
        (
            "no-open-deletion",
            "### T-3: Wash up\n**Status**: ⏳ Pending\n",
            "",
        ),
        ("required-fields", "**Priority**: High\n**Dep", "**Dep"),
    ] {
        for level in [Level::Warn, Level::Deny] {
            let mut ledger = under(rule, level);
            assert!(PLAN.contains(from));
            let text = Document::from(PLAN.replace(from, to).as_str());
            let batch = ledger.observe(&[(ledger.id("TODO.md"), text)]).unwrap();
            let found = violations(&batch);
            let [violation] = &found[..] else {
                panic!("{rule}: {found:?}")
            };
            assert_eq!((&*violation.rule, violation.level), (rule, level));
            assert_eq!(violation.overridden, None);
        }
    }
}

#[test]
fn a_task_in_progress_is_whose_who_began_it() {
    let mut ledger = under("one-in-progress", Level::Deny);
    let ada = actor(ActorKind::Human, "ada", None);
    let one = actor(ActorKind::Agent, "claude-code", Some("s-1"));
    let two = actor(ActorKind::Agent, "claude-code", Some("s-2"));
    let any = actor(ActorKind::Agent, "claude-code", None);
    let start = |ledger: &mut Ledger, actor: &Actor, task| {
        run_as(ledger, actor.clone(), &[change(Act::Start, task)]).is_ok()
    };
    assert!(start(&mut ledger, &one, "T-1"));
    assert!(!start(&mut ledger, &one, "T-2"));
    assert!(
        !start(&mut ledger, &any, "T-2"),
        "it may be the same session"
    );
    assert!(
        start(&mut ledger, &two, "T-2"),
        "another session is another"
    );
    assert!(start(&mut ledger, &ada, "T-3"));
    let rekey = Command::Rekey {
        task: "T-3".to_owned(),
        id: "T-33".to_owned(),
    };
    run_as(&mut ledger, one.clone(), &[rekey]).unwrap();
    let doer = |ledger: &Ledger, task: &str| {
        let task = ledger.plan.resolve(task).unwrap();
        ledger.plan.doer(&task.key).map(|doer| doer.id.clone())
    };
    assert_eq!(doer(&ledger, "T-33").as_deref(), Some("ada"));
    assert_eq!(ledger.replayed(), ledger.plan);
    run_as(&mut ledger, one.clone(), &[change(Act::Complete, "T-1")]).unwrap();
    assert_eq!(doer(&ledger, "T-1"), None);
    let edited = ledger
        .text("TODO.md")
        .replacen("✅ Completed", "🔄 In Progress", 1);
    let text = Document::from(edited.as_str());
    let edits = [Edited::plain(ledger.id("TODO.md"), text)];
    let batch = ledger.record_as(one, |tx| tx.observe(&edits, &Claim::Nothing));
    assert_eq!(violations(&batch.unwrap().unwrap()), [], "nobody's");
    assert_eq!(doer(&ledger, "T-1"), None);
    assert!(!start(&mut ledger, &ada, "T-1"), "it is begun already");
}

#[test]
fn an_agents_own_list_takes_on_only_what_the_rules_allow() {
    let mut ledger = under("outputs-exist", Level::Deny);
    let news = |title: &str| WorkNews {
        title: Some(title.to_owned()),
        status: Some(Status::Completed),
        ..WorkNews::default()
    };
    let work = Work {
        agent: common::stamp(0).actor.id,
        session: common::stamp(0).actor.session,
        all: true,
        items: vec![news("T-2"), news("T-1")],
    };
    let promised = work.promises(&ledger.plan);
    assert_eq!(promised[0].path, "cup.md");
    let batch = ledger
        .record(|tx| {
            tx.knowing_files(promised.iter().map(|promise| (promise.clone(), false)));
            tx.command(&Command::Work(work))
        })
        .unwrap()
        .unwrap();
    let kinds: Vec<&str> = batch
        .events()
        .iter()
        .map(|recorded| &*recorded.event.header.kind)
        .collect();
    assert_eq!(kinds, ["task.completed", "work.recorded"]);
    assert_eq!(
        ledger.plan.resolve("T-2").unwrap().status(),
        Status::Pending
    );
}

#[test]
fn rules_are_events_and_state() {
    let mut ledger = under("steps-checked", Level::Deny);
    let batch = put(&mut ledger, Some(set("steps-checked", Level::Warn))).unwrap();
    let event = &batch.events()[0].event;
    assert_eq!(event.header.kind, "rules.changed");
    assert_eq!(event.text("path"), Some("ledger.toml"));
    assert_eq!(
        event.values("rules").next().unwrap().to_string(),
        r#"{"steps-checked":{"level":"warn"}}"#
    );
    assert!(put(&mut ledger, Some(set("steps-checked", Level::Warn))).is_none());
    let file = ledger.plan.rules_for("docs/PLAN.md").unwrap();
    assert_eq!(file.path, "ledger.toml");
    assert_eq!(ledger.replayed(), ledger.plan);
    put(&mut ledger, None).unwrap();
    assert!(ledger.plan.rule_files().is_empty());
    assert!(put(&mut ledger, None).is_none());
    assert_eq!(ledger.replayed(), ledger.plan);
}

#[test]
fn the_nearest_file_sets_the_rules_of_a_plan() {
    let plans = [("TODO.md", PLAN), ("docs/LATER.md", PLAN)];
    let mut ledger = Ledger::adopting(&plans);
    put(&mut ledger, Some(set("no-open-deletion", Level::Deny)));
    let nearer = |tx: &mut Transaction<'_>| {
        tx.set_rules("docs/ledger.toml", Some(Rules::default()));
        Ok(())
    };
    ledger.record(nearer).unwrap();
    let key = |path: &str| {
        let document = ledger.id(path);
        ledger.plan.tasks_of(&document)[0].key.to_string()
    };
    let (here, there) = (key("TODO.md"), key("docs/LATER.md"));
    assert!(run(&mut ledger, &[remove(&here, None)]).is_err());
    assert_eq!(run(&mut ledger, &[remove(&there, None)]), Ok(Vec::new()));
}

/// A command that is drawn: its kind and the tasks it is about.
type Drawn = (u8, usize, usize);

fn drawn(plan: &Plan, (kind, at, other): Drawn) -> Command {
    let tasks = plan.tasks_in_order();
    let name = |at: usize| match tasks.len() {
        0 => "none".to_owned(),
        count => tasks[at % count].key.to_string(),
    };
    let (task, on) = (name(at), name(other));
    match kind % 20 {
        0..=2 => change(Act::Start, &task),
        3..=6 => change(Act::Complete, &task),
        7 => common::plans::act(
            Act::Block,
            Change {
                task,
                reason: Some("rain".to_owned()),
                ..Change::default()
            },
        ),
        8 => change(Act::Unblock, &task),
        9 => change(Act::Reopen, &task),
        10 => change(Act::Flag, &task),
        11 => change(Act::Cancel, &task),
        12 => remove(&task, None),
        13 => Command::Restore {
            task: plan
                .gone()
                .last()
                .map_or("none".to_owned(), |gone| gone.key.to_string()),
        },
        14 => Command::Add {
            title: format!("Task {at} {other}"),
            id: Some(format!("N-{}", at * 64 + other)),
            place: Placement::default(),
            fields: match other % 2 {
                0 => vec![("Priority".to_owned(), "Low".to_owned())],
                _ => Vec::new(),
            },
        },
        15 => unset(&task, "Priority"),
        16 => Command::Step {
            task,
            step: StepName::Number(1 + other % 2),
            undo: other % 5 == 0,
        },
        17 => Command::Depend { task, on },
        18 => Command::Undepend { task, on },
        _ => Command::Complete(Change {
            task,
            completion: Completion {
                fields: vec![("Output".to_owned(), format!("`made-{}.md`", other % 4))],
                ..Completion::default()
            },
            ..Change::default()
        }),
    }
}

/// All rules, each denying.
fn all_denying() -> Rules {
    let mut rules = Rules::default();
    for rule in RULES {
        let fields = match rule.takes_fields {
            true => vec!["Priority".to_owned()],
            false => Vec::new(),
        };
        let setting = Setting {
            level: Level::Deny,
            fields,
            ..Setting::default()
        };
        rules.set(rule.name, setting);
    }
    rules
}

fn exists(promise: &Promise) -> bool {
    promise.path != "made-3.md" && promise.path != "cup.md"
}

/// What a text says of each task, read anew: completed, open steps, promises kept, has a priority.
fn read(plan: &Plan) -> BTreeMap<String, (Status, usize, bool, bool)> {
    let outline = plan.document_at("TODO.md").unwrap().outline();
    let mut said = BTreeMap::new();
    for task in plan.tasks().values() {
        let group = &outline.tasks[Plan::place(task, &outline).unwrap()];
        let entries: Vec<_> = group
            .iter()
            .map(|at| outline.entries.get(*at).unwrap())
            .collect();
        let fields = || entries.iter().flat_map(|entry| &entry.fields);
        let open = entries.iter().flat_map(|entry| &entry.steps);
        let open = open.filter(|step| !step.checked).count();
        let lacks = fields().any(|field| {
            field.label == "Output"
                && ["made-3.md", "cup.md"]
                    .iter()
                    .any(|name| field.value.text.contains(name))
        });
        let priority = fields().any(|field| field.label == "Priority");
        said.insert(
            task.key.to_string(),
            (entries[0].status, open, !lacks, priority),
        );
    }
    said
}

/// More cases: `PROPTEST_CASES=5000 cargo test -p ledger-core --test rules`.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: match default.cases {
            256 => 150,
            asked => asked,
        },
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever is asked for, in whatever order: without an override, no plan breaks a rule that
    /// denies, but for what it broke before and for tasks that were reopened or flagged under one
    /// that is completed.
    #[test]
    fn no_commands_lead_to_a_plan_that_breaks_a_rule(
        batches in prop::collection::vec(
            prop::collection::vec((any::<u8>(), 0..16usize, 0..16usize), 1..4),
            1..24,
        ),
    ) {
        let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
        put(&mut ledger, Some(all_denying()));
        let lacking: BTreeSet<String> = ["T-3".to_owned()].into();
        let mut reopened: BTreeSet<(String, String)> = BTreeSet::new();
        for batch in batches {
            let before = ledger.plan.clone();
            let asked = ledger.record(|tx| {
                for drawn in &batch {
                    tx.command(&self::drawn(&tx.plan().clone(), *drawn))?;
                }
                let files = tx.promises();
                tx.knowing_files(files.into_iter().map(|promise| {
                    let exists = exists(&promise);
                    (promise, exists)
                }));
                Ok(())
            });
            match asked {
                Err(_) => prop_assert!(ledger.plan == before),
                Ok(None) => {}
                Ok(Some(batch)) => prop_assert_eq!(violations(&batch), []),
            }
            let (was, is) = (read(&before), read(&ledger.plan));
            let closed = |status| matches!(status, Status::Completed | Status::Cancelled);
            for wait in dependencies(&ledger.plan) {
                let (task, on) = (wait.task.to_string(), wait.on.to_string());
                if is[&task].0 != Status::Completed || closed(is[&on].0) {
                    continue;
                }
                if was.get(&on).is_some_and(|on| closed(on.0)) && was.get(&task).is_some_and(|own| own.0 == Status::Completed) {
                    reopened.insert((task.clone(), on.clone()));
                }
                prop_assert!(reopened.contains(&(task, on)), "{}", ledger.text("TODO.md"));
            }
            for (task, (status, open, kept, priority)) in &is {
                prop_assert!(*priority || lacking.contains(task), "{task}\n{}", ledger.text("TODO.md"));
                if *status == Status::Completed {
                    prop_assert!(*open == 0 && *kept, "{task}\n{}", ledger.text("TODO.md"));
                }
            }
            let left = |key: &String| !is.contains_key(key);
            for (key, own) in was.iter().filter(|(key, _)| left(key)) {
                prop_assert!(closed(own.0), "{key} was open");
            }
            let begun = is.values().filter(|own| own.0 == Status::InProgress).count();
            prop_assert!(begun <= 1, "{}", ledger.text("TODO.md"));
            prop_assert_eq!(ledger.replayed() == ledger.plan, true);
        }
    }

    /// An edit that is on disk is recorded whatever it breaks, with just what was found to be
    /// broken beforehand; and commands that are refused leave nothing behind.
    #[test]
    fn an_edit_by_hand_is_never_refused(
        text in common::plans::plan(),
        steps in common::plans::steps(8),
    ) {
        let mut ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
        put(&mut ledger, Some(all_denying()));
        for step in steps {
            match step {
                common::plans::Step::Hand(draws) => {
                    let id = ledger.id("TODO.md");
                    let own = ledger.plan.document(&id).unwrap();
                    let mut lines = own.text.lines().to_vec();
                    draws.iter().for_each(|draw| draw.edit(&mut lines));
                    let text: String = lines.iter().map(|line| &**line).collect();
                    let edits = [Edited::plain(id, Document::from(text.as_str()))];
                    let mut found = Vec::new();
                    let batch = ledger
                        .record(|tx| {
                            tx.observe(&edits, &Claim::Everything)?;
                            found = tx.breaches();
                            Ok(())
                        })
                        .unwrap();
                    let recorded = batch.as_ref().map(violations).unwrap_or_default();
                    let mut recorded: Vec<(String, String)> = recorded
                        .into_iter()
                        .map(|own| (own.rule, own.missing.unwrap()))
                        .collect();
                    let mut found: Vec<(String, String)> =
                        found.into_iter().map(|own| (own.rule, own.missing)).collect();
                    recorded.sort();
                    found.sort();
                    prop_assert_eq!(recorded, found);
                }
                common::plans::Step::Commands(draws) => {
                    let before = ledger.plan.clone();
                    let asked = ledger.record(|tx| {
                        draws.iter().try_for_each(|draw| {
                            let command = draw.command(tx.plan());
                            tx.command(&command)
                        })
                    });
                    if asked.is_err() {
                        prop_assert!(ledger.plan == before);
                    }
                }
            }
            if ledger.plan.document_at("TODO.md").is_none() {
                break;
            }
        }
        prop_assert_eq!(ledger.replayed() == ledger.plan, true);
    }
}
