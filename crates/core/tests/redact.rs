//! What holds whatever is redacted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use common::plans::{Step, commanded, plan, steps};
use ledger_core::document::{Document, Line};
use ledger_core::plan::wire::REDACTED;
use ledger_core::project::Along;
use ledger_core::redact::{Removal, Secret, Trace, needed, unmarked};
use ledger_core::{Batch, DocumentId, Part, Plan, TaskKey, Verified, Verifier};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: ProptestConfig::default().cases.min(120),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A ledger to which these things were done.
fn ledger(text: &Document, steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
    for step in steps {
        play(&mut ledger, step);
    }
    ledger
}

fn play(ledger: &mut Ledger, step: &Step) {
    match step {
        Step::Commands(draws) => {
            commanded(ledger, draws);
        }
        Step::Hand(draws) => {
            let documents = ledger.plan.documents();
            let mut files: Vec<(DocumentId, Vec<Line>)> = documents
                .map(|document| (document.id.clone(), document.text.lines().to_vec()))
                .collect();
            for draw in draws {
                let count = files.len();
                draw.edit(&mut files[draw.other % count].1);
            }
            let edited: Vec<(DocumentId, Document)> = files
                .into_iter()
                .map(|(id, lines)| (id, Document::from(lines.concat().as_str())))
                .collect();
            ledger.observe(&edited);
        }
    }
}

/// The plan after each batch, with the id of the event that led to it.
fn moments(lines: &[Vec<u8>]) -> Vec<(String, Plan)> {
    let mut verifier = Verifier::new();
    let mut plan = Plan::default();
    let mut moments = Vec::new();
    for line in lines {
        if let Some(batch) = verifier.line(line).unwrap() {
            plan.evolve(&batch).unwrap();
            moments.push((batch.head().id.to_string(), plan.clone()));
        }
    }
    moments
}

/// The batches of a journal.
fn batches(lines: &[Vec<u8>]) -> Vec<Verified<Batch>> {
    let mut verifier = Verifier::new();
    let batches = lines.iter().map(|line| verifier.line(line).unwrap());
    batches.flatten().collect()
}

/// What has to go of a journal so that nobody can read or guess a text.
fn removal_of(secret: &Secret, batches: &[Verified<Batch>]) -> Removal {
    let mut removal = Removal::default();
    let events = || batches.iter().flat_map(|batch| batch.events());
    for recorded in events() {
        for (at, part) in recorded.event.body.iter().enumerate() {
            if let Part::Open { value, .. } = part
                && secret.is_in_value(value)
                && needed(&recorded.event, at).is_none()
            {
                removal.add(recorded.event.id, at);
            }
        }
    }
    let mut trace = Along::new(Trace::default(), []);
    for batch in batches {
        trace.take(batch).unwrap();
        for (seq, part) in trace.state().holding(secret) {
            let by = events().find(|own| own.seq == seq).unwrap();
            removal.add(by.event.id, part);
        }
    }
    let mut trace = Along::new(Trace::of(removal.clone()), []);
    for batch in batches {
        trace.take(batch).unwrap();
        for (event, part) in trace.state().clues(batch) {
            removal.add(event, part);
        }
    }
    removal
}

fn without(removal: &Removal, lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let lines = lines.iter();
    let taken = lines.map(|line| {
        removal
            .take_from(line)
            .unwrap()
            .unwrap_or_else(|| line.clone())
    });
    taken.collect()
}

/// Every part that may go, in the order of the journal.
fn removable(lines: &[Vec<u8>]) -> Vec<(ledger_core::EventId, usize)> {
    let mut verifier = Verifier::new();
    let mut parts = Vec::new();
    for line in lines {
        if let Some(batch) = verifier.line(line).unwrap() {
            for recorded in batch.events() {
                let event = &recorded.event;
                let open = |at: &usize| matches!(event.body[*at], Part::Open { .. });
                let can = (0..event.body.len()).filter(open);
                let can = can.filter(|at| needed(event, *at).is_none());
                parts.extend(can.map(|at| (event.id, at)));
            }
        }
    }
    parts
}

/// A task with where it is written, and with what status.
type Standing = (TaskKey, Option<String>, Vec<(usize, String)>);

fn statuses(plan: &Plan) -> Vec<Standing> {
    let tasks = plan.tasks().values();
    let tasks = tasks.map(|task| {
        let writings = task.writings.iter();
        let writings = writings.map(|writing| (writing.line, writing.status.name().to_owned()));
        (task.key.clone(), task.id.clone(), writings.collect())
    });
    tasks.collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_redacted_the_chain_stands_and_every_moment_has_its_statuses(
        text in plan(),
        steps in steps(7),
        chosen in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let ledger = ledger(&text, &steps);
        let parts = removable(&ledger.lines);
        let mut removal = Removal::default();
        for (event, part) in chosen.iter().filter(|_| !parts.is_empty()).map(|at| parts[at.index(parts.len())]) {
            removal.add(event, part);
        }
        let redacted = without(&removal, &ledger.lines);
        for (line, without) in ledger.lines.iter().zip(&redacted) {
            prop_assert!(removal.take_from(without).unwrap().is_none(), "it can be taken out twice");
            // What is not named is not touched.
            prop_assert!(line == without || removal.take_from(line).unwrap().is_some());
        }
        let (before, after) = (moments(&ledger.lines), moments(&redacted));
        prop_assert_eq!(before.len(), after.len());
        for ((id, was), (same, is)) in before.iter().zip(&after) {
            prop_assert_eq!(id, same);
            prop_assert_eq!(statuses(was), statuses(is));
            is.agrees().unwrap();
            for (was, is) in was.all_documents().iter().zip(is.all_documents()) {
                prop_assert_eq!(&was.path, &is.path);
                prop_assert_eq!(was.text.len(), is.text.len());
                // Line by line it is as it was, or marked.
                let lines = was.text.lines().iter().zip(is.text.lines());
                let mut marks = 0;
                for (was, is) in lines.filter(|(was, is)| was != is) {
                    prop_assert_eq!(&**is, format!("{REDACTED}\n"), "instead of {:?}", was);
                    marks += 1;
                }
                prop_assert!(marks == 0 || is.uncertain);
            }
        }
    }

    #[test]
    fn a_text_that_is_taken_out_of_the_plan_is_not_in_it(
        text in plan(),
        at in any::<prop::sample::Index>(),
        secret in "[a-z|\"]{4,9} ?[A-Z0-9]{3,6}",
    ) {
        let secret_text = secret.trim().to_owned();
        let mut lines = text.lines().to_vec();
        let at = at.index(lines.len() + 1);
        lines.insert(at, Line::from(format!("Prose with {secret_text} and {secret_text}.\n").as_str()));
        let mut ledger = Ledger::adopting(&[("TODO.md", &lines.concat())]);
        let secret = Secret::new(&secret_text).unwrap();
        let before = statuses(&ledger.plan).len();
        ledger.record(|tx| tx.redact(&secret).map(drop)).unwrap().unwrap();
        let now = ledger.text("TODO.md");
        prop_assert!(!secret.is_in(&now), "{}", now);
        prop_assert!(now.contains(REDACTED));
        prop_assert_eq!(statuses(&ledger.plan).len(), before);
    }

    #[test]
    fn nobody_can_guess_what_went_and_every_other_moment_is_certain(
        text in plan(),
        steps in steps(5),
        at in any::<prop::sample::Index>(),
        when in 0..5usize,
    ) {
        const SECRET: &str = "hunter2 of Ada";
        let secret = Secret::new(SECRET).unwrap();
        let mut ledger = ledger(&text, &steps[..when.min(steps.len())]);
        let id = ledger.plan.documents().next().unwrap().id.clone();
        let mut lines = ledger.plan.document(&id).unwrap().text.lines().to_vec();
        let prose = format!("Prose with {SECRET}.\n");
        lines.insert(at.index(lines.len() + 1), Line::from(prose.as_str()));
        ledger.observe(&[(id.clone(), Document::from(lines.concat().as_str()))]);
        for step in steps.iter().skip(when) {
            play(&mut ledger, step);
        }
        ledger.record(|tx| tx.redact(&secret).map(drop)).unwrap();
        let removal = removal_of(&secret, &batches(&ledger.lines));
        let redacted = without(&removal, &ledger.lines);
        let (before, after) = (moments(&ledger.lines), moments(&redacted));
        let mut had_it = false;
        for (((_, was), (_, is)), batch) in before.iter().zip(&after).zip(batches(&redacted)) {
            let (was, is) = (was.document(&id).unwrap(), is.document(&id).unwrap());
            let last = &batch.events().last().unwrap().event;
            let is_salted = last.body.iter()
                .any(|part| matches!(part, Part::Open { name, .. } if name == "document_salt"));
            let has_hash = !last.header.docs.is_empty();
            if secret.is_in(&was.text.text()) {
                had_it = true;
                prop_assert!(!is_salted, "its hash tells whether a guess is right");
                prop_assert!(is.uncertain && !secret.is_in(&is.text.text()));
            } else {
                prop_assert_eq!(was.text.text(), is.text.text());
                prop_assert!(is_salted == has_hash && (!is.uncertain || !has_hash));
            }
        }
        prop_assert!(had_it);
        for line in &redacted {
            prop_assert!(!secret.is_in_bytes(line), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn lines_that_came_one_by_one_go_as_one_text(
        text in plan(),
        pieces in prop::collection::btree_set("[a-z]{2,5} [A-Z]{3}", 2..5),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
        at in any::<prop::sample::Index>(),
        indent in " {0,4}",
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let pieces: Vec<String> = pieces.into_iter().collect();
        let secret = Secret::new(&pieces.join("\n")).unwrap();
        let text = Document::from(format!("{}\n", text.text()).as_str());
        let mut ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
        let id = ledger.id("TODO.md");
        let lines = text.lines().to_vec();
        let at = at.index(lines.len() + 1);
        // Which of them are there, in their order.
        let mut there: Vec<usize> = Vec::new();
        for piece in order.into_iter().filter(|piece| *piece < pieces.len()) {
            there.push(piece);
            there.sort_unstable();
            let mut lines = lines.clone();
            let new = there.iter().map(|piece| {
                let (before, behind) = match *piece {
                    0 => ("key ", ""),
                    piece if piece + 1 == pieces.len() => ("", " and more"),
                    _ => ("", ""),
                };
                let piece = &pieces[*piece];
                Line::from(format!("{indent}{before}{piece}{behind}{end}").as_str())
            });
            lines.splice(at..at, new.collect::<Vec<_>>());
            ledger.observe(&[(id.clone(), Document::from(lines.concat().as_str()))]);
        }
        let count = ledger.text("TODO.md").lines().count();
        prop_assert!(secret.is_in(&ledger.text("TODO.md")));
        ledger.record(|tx| tx.redact(&secret).map(drop)).unwrap();
        let now = ledger.text("TODO.md");
        prop_assert!(pieces.iter().all(|piece| !now.contains(piece.as_str())), "{}", now);
        prop_assert_eq!(now.lines().count(), count);
        prop_assert!(now.contains("key [redacted]") && now.contains("[redacted] and more"));
        let removal = removal_of(&secret, &batches(&ledger.lines));
        let redacted = without(&removal, &ledger.lines);
        moments(&redacted);
        for line in &redacted {
            let line = String::from_utf8_lossy(line);
            prop_assert!(pieces.iter().all(|piece| !line.contains(piece.as_str())), "{}", line);
        }
    }

    #[test]
    fn what_was_redacted_is_nobodys_edit(
        text in plan(),
        gone in prop::collection::btree_set(0..12usize, 1..4),
        edits in prop::collection::btree_set(0..12usize, 0..3),
    ) {
        // Where no line beside a redacted one was edited, the older text is as it was.
        let lines: Vec<Line> = text.lines().to_vec();
        let mark = Line::from(format!("{REDACTED}\n").as_str());
        let near = |at: usize| gone.iter().any(|gone| gone.abs_diff(at) <= 1);
        let marked: Vec<Line> = lines.iter().enumerate()
            .map(|(at, line)| if gone.contains(&at) { mark.clone() } else { line.clone() })
            .collect();
        let found: Vec<Line> = lines.iter().enumerate()
            .map(|(at, line)| match edits.contains(&at) && !near(at) {
                true => Line::from(format!("edited {at}\n").as_str()),
                false => line.clone(),
            })
            .collect();
        let document = |lines: &[Line]| Document::from(lines.concat().as_str());
        let unmarked = unmarked(&document(&marked), &document(&found));
        if edits.iter().all(|at| near(*at)) {
            prop_assert_eq!(unmarked.text(), document(&lines).text());
        }
        prop_assert_eq!(unmarked.len(), document(&lines).len());
    }
}

#[test]
fn a_secret_is_found_in_every_form_and_never_shown() {
    let secret = Secret::new("a|b \"c\"").unwrap();
    for text in [
        "a|b \"c\"",
        "x a\\|b \"c\" y",
        "{\"asked\":\"a|b \\\"c\\\"\"}",
    ] {
        assert!(secret.is_in(text), "{text}");
        assert!(secret.is_in_bytes(text.as_bytes()), "{text}");
        assert!(!secret.is_in(&secret.taken_from(text)), "{text}");
    }
    assert!(secret.is_in_value(&serde_json::json!({"deep": ["a|b \"c\""]})));
    assert!(!format!("{secret:?}").contains("a|b"));
    for unfit in ["", "  ", " \n\n", "redacted", "[", "[\nred\nacted"] {
        assert!(Secret::new(unfit).is_err(), "{unfit:?}");
    }
}
