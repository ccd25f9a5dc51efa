//! Lines that are known to be in step are not filled again, and need not be.

use proptest::prelude::*;

use super::*;
use crate::edit::{Details, set_status};

const STATUSES: [Status; 5] = [
    Status::Pending,
    Status::InProgress,
    Status::Completed,
    Status::Cancelled,
    Status::Blocked,
];

/// A plan of nested sections with tasks and lines that repeat them.
fn plan(phases: &[Vec<bool>]) -> String {
    let box_of = |done: &bool| if *done { 'x' } else { ' ' };
    let mark_of = |done: &bool| if *done { '✅' } else { '⏳' };
    let all: Vec<bool> = phases.concat();
    let done = |of: &[bool]| of.iter().filter(|done| **done).count();
    let mut text = format!(
        "# Plan\n\n**Last Updated**: 2025-01-02\n**Total**: {}/{} tasks completed\n**Next**: K-11\n\n",
        done(&all),
        all.len()
    );
    for (phase, tasks) in phases.iter().enumerate() {
        let percent = done(tasks) * 100 / tasks.len().max(1);
        text.push_str(&format!(
            "## Phase {phase}\n\n**Progress**: {}/{} tasks completed ({percent}%)\n\n",
            done(tasks),
            tasks.len()
        ));
        let names = tasks.iter().enumerate();
        let names: Vec<String> = names
            .map(|(nth, done)| format!("K-{phase}{nth} {}", mark_of(done)))
            .collect();
        text.push_str(&format!("{}\n\n### Part {phase}\n\n", names.join(" → ")));
        for (nth, done) in tasks.iter().enumerate() {
            let (id, letter) = (format!("K-{phase}{nth}"), box_of(done));
            text.push_str(&match nth % 3 {
                0 => format!("- [{letter}] **{id}**: Thing {nth}\n"),
                1 => format!("  - [{letter}] **{id}**: Thing {nth} (3 SP)\n"),
                _ => format!(
                    "\n#### {id}: Thing {nth}\n\n**Status**: {} {}\n\n",
                    mark_of(done),
                    if *done { "Completed" } else { "Pending" }
                ),
            });
        }
        text.push('\n');
    }
    text
}

/// What filling gives after each of some changes, with what is known and without.
fn hold(text: &str, changes: &[(prop::sample::Index, usize)]) {
    let Plan {
        mut document,
        mut outline,
        mut bindings,
    } = Plan::read(text);
    if outline.tasks.is_empty() {
        return;
    }
    let mut known = InStep::default();
    for (day, (task, to)) in changes.iter().enumerate() {
        let task = task.index(outline.tasks.len());
        let (to, date) = (STATUSES[*to], format!("2025-02-{:02}", day + 1));
        let details = Details {
            date: Some(date.clone()),
            ..Details::default()
        };
        let Ok(edit) = set_status(&document, &outline, task, to, &details) else {
            continue;
        };
        document.apply_all(&edit.hunks).unwrap();
        bindings = Binding::carry_all(&bindings, &edit.hunks);
        if let Some(after) = edit.outline {
            outline = Outline::clone(&after);
        }
        let change = Change {
            flipped: (task < outline.tasks.len()).then_some((task, to)),
            date: Some(date),
            ..Change::default()
        };
        let rest = refill_rest(&document, &outline, &bindings, &change, known);
        let mut all = refill(&document, &outline, &bindings, &change);
        // The rest knows more of the lines that it did not look at.
        all.in_step.clone_from(&rest.in_step);
        assert_eq!(rest, all);
        document.apply_all(&rest.hunks).unwrap();
        bindings = rest.bindings.unwrap_or(bindings);
        known = rest.in_step;
        match rest.outline {
            Some(after) => outline = Outline::clone(&after),
            None if rest.hunks.is_empty() => {}
            None => outline = Outline::parse(&document),
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, usize)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..STATUSES.len()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn filling_the_rest_is_filling_all(
        phases in prop::collection::vec(prop::collection::vec(any::<bool>(), 1..5), 1..5),
        changes in changes(),
    ) {
        hold(&plan(&phases), &changes);
    }

    #[test]
    fn filling_the_rest_is_filling_all_on_any_plan(
        lines in prop::collection::vec(super::laws::line(), 0..25),
        changes in changes(),
    ) {
        hold(&lines.join("\n"), &changes);
    }
}

#[test]
fn a_line_that_is_in_step_is_looked_at_again_only_where_its_tasks_changed() {
    let Plan {
        document,
        outline,
        mut bindings,
    } = Plan::read(&plan(&[vec![false, true], vec![true, false]]));
    let change = |task: usize| Change {
        flipped: Some((task, Status::Pending)),
        ..Change::default()
    };
    let known = refill(&document, &outline, &bindings, &change(0)).in_step;
    let counts = |binding: &Binding| matches!(binding.subject, Subject::Group(_));
    assert_eq!(bindings.iter().filter(|one| counts(one)).count(), 5);
    // Whoever looks at one of them finds that it was rewritten.
    for binding in bindings.iter_mut().filter(|binding| counts(binding)) {
        binding.template = vec![Part::Text("otherwise".to_owned())];
    }
    let looked_at = |outline: &Outline, known: InStep| {
        let filled = refill_rest(&document, outline, &bindings, &change(0), known);
        let rewritten = |one: &&Unfilled| one.why == Why::Rewritten;
        filled.unfilled.iter().filter(rewritten).count()
    };
    assert_eq!(looked_at(&outline, InStep::default()), 5);
    // Those of its phase, and the one of the whole plan.
    assert_eq!(looked_at(&outline, known.clone()), 3);
    // An outline that was read anew may have other sections.
    assert_eq!(looked_at(&Outline::parse(&document), known), 5);
}
